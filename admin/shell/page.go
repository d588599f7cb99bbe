package shell

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/edition"
	"github.com/shopwright/shopwright/core/i18n"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/core/tenant"
	"github.com/shopwright/shopwright/core/web"
)

// Page is what a screen knows about its request.
type Page struct {
	ui.Ctx
	Words    i18n.Locale // the language, with the edition's own words
	Edition  *edition.Edition
	Actor    auth.Actor // Kind "" before sign-in
	Merchant tenant.Merchant
	Shops    []tenant.Shop // the merchant's, oldest first
	Packs    *pack.View    // the merchant's rule packs
	Shop     tenant.Shop   // the one that is looked at; no ID where there is none

	flash []ui.Flash
}

// ShopCookie remembers which shop is looked at.
const ShopCookie = "sw_shop"

// themeCookie is written by the script as well, so that a switch is instant.
const themeCookie = "theme"

// Page makes the context of a request; for a stranger that of the sign-in page.
// Faults: tenant.merchant_not_found, those of the database.
func (s *Shell) Page(r *http.Request) (*Page, error) {
	p := &Page{Actor: auth.ActorOf(r.Context()), Edition: s.fallback}
	p.Packs = s.o.Packs.For(r.Context(), p.Actor.Merchant)
	if p.Actor.Kind != "" {
		var err error
		if p.Merchant, err = s.merchants.get(r.Context(), s.o.DB, p.Actor.Merchant); err != nil {
			return p.dress(r), err
		}
		p.Edition = s.EditionOf(p.Merchant)
		if p.Shops, err = tenant.ListShops(r.Context(), s.o.DB, p.Merchant.ID); err != nil {
			return p.dress(r), err
		}
		p.Shop = chooseShop(r, p.Shops)
		p.Currency, p.Zone = p.Merchant.Currency, p.Shop.Zone.Loc
	}
	return p.dress(r), nil
}

// dress fills in what the components need.
func (p *Page) dress(r *http.Request) *Page {
	p.Words = p.Edition.Locale(web.Locale(r.Context()).Tag())
	p.Ctx.Translate = func(key string, args map[string]any) string { return p.Words.T(key, args) }
	p.Ctx.Locale = p.Words.Tag()
	p.Ctx.Locales = languages(p.Edition)
	p.Ctx.Brand = BrandOf(p.Edition)
	p.Ctx.Path = r.URL.Path
	p.Ctx.PrefsURL = "/prefs"
	p.Ctx.Can = func(permission string) bool { return p.Actor.May(auth.Permission(permission)) }
	if c, err := r.Cookie(themeCookie); err == nil && (c.Value == "light" || c.Value == "dark") {
		p.Ctx.Theme = c.Value
	}
	return p
}

// BrandOf is an edition's brand as the components take it.
func BrandOf(e *edition.Edition) ui.Brand {
	b := ui.Brand{Name: e.Brand.Name}
	if !e.Brand.Logo.IsZero() {
		b.LogoURL = "/edition/logo/" + url.PathEscape(e.ID)
	}
	return b
}

// names are the languages in themselves: a person must find their own.
var names = map[string]string{i18n.English: "English", i18n.Simplified: "简体中文", i18n.Traditional: "繁體中文"}

func languages(e *edition.Edition) []ui.Locale {
	var out []ui.Locale
	for _, tag := range e.Offered() {
		out = append(out, ui.Locale{Code: tag, Name: names[tag]})
	}
	return out
}

// chooseShop takes ?shop=, then what was chosen before, then the first.
func chooseShop(r *http.Request, shops []tenant.Shop) tenant.Shop {
	want := r.URL.Query().Get("shop")
	if want == "" {
		if c, err := r.Cookie(ShopCookie); err == nil {
			want = c.Value
		}
	}
	for _, s := range shops {
		if s.ID.String() == want {
			return s
		}
	}
	if len(shops) == 0 {
		return tenant.Shop{}
	}
	return shops[0]
}

// ShopName is the name of one of the merchant's shops, "" for another id.
func (p *Page) ShopName(shop id.ID) string {
	for _, s := range p.Shops {
		if s.ID == shop {
			return s.Name
		}
	}
	return ""
}

// Frame is the page's frame with the navigation, the shop and who is signed in.
func (p *Page) Frame(title string) ui.Frame {
	return ui.Frame{Title: title, Nav: nav(p), Shop: p.Shop.Name, Register: p.roleName(), Staff: p.Actor.Name, SignOut: "/signout", Flash: p.flash}
}

func (p *Page) roleName() string {
	if p.Actor.Role == "" {
		return ""
	}
	return p.T("office.role." + string(p.Actor.Role))
}

// Flash is the messages that the request before this one left.
func (p *Page) Flash() []ui.Flash { return p.flash }

// Handler shows or does something for a Page. The error that it returns becomes
// an error page.
type Handler func(w http.ResponseWriter, r *http.Request, p *Page) error

// Handle serves h to staff with the permission ("" is any); others are sent to
// sign in, or told that they may not.
func (s *Shell) Handle(permission auth.Permission, h Handler) http.Handler {
	return s.RequireStaff(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if permission != "" {
			if err := auth.Require(r.Context(), permission); err != nil {
				s.Fail(w, r, err)
				return
			}
		}
		p, err := s.Page(r)
		if err == nil {
			p.flash = takeFlash(w, r)
			err = h(w, r, p)
		}
		if err != nil {
			s.Fail(w, r, err)
		}
	}))
}

// RequireStaff lets signed-in staff pass and sends others to sign in; they come
// back to where they wanted to go.
func (s *Shell) RequireStaff(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if auth.ActorOf(r.Context()).Kind == auth.KindStaff {
			next.ServeHTTP(w, r)
			return
		}
		to := "/signin"
		if r.Method == http.MethodGet {
			to += "?next=" + url.QueryEscape(r.URL.RequestURI())
		}
		if r.Header.Get("HX-Request") != "" {
			w.Header().Set("HX-Redirect", to)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		http.Redirect(w, r, to, http.StatusSeeOther)
	})
}

// Render answers with a component.
func (s *Shell) Render(w http.ResponseWriter, r *http.Request, c templ.Component) error {
	return s.RenderStatus(w, r, http.StatusOK, c)
}

// RenderStatus answers with a component under another status.
func (s *Shell) RenderStatus(w http.ResponseWriter, r *http.Request, status int, c templ.Component) error {
	var b strings.Builder
	if err := c.Render(r.Context(), &b); err != nil { // into memory first: half a page is worse than an error page
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-store")
	}
	w.WriteHeader(status)
	_, _ = w.Write([]byte(b.String())) // the reader has gone away: nobody is left to tell
	return nil
}

// Fail answers with an error page, or its message alone where a script asked.
func (s *Shell) Fail(w http.ResponseWriter, r *http.Request, err error) {
	problem := web.ProblemOf(r.Context(), err)
	p, pageErr := s.Page(r)
	if pageErr != nil {
		s.o.Log.ErrorContext(r.Context(), "an error page without its merchant", "error", pageErr, "request_id", problem.RequestID)
	}
	var body templ.Component
	switch {
	case r.Header.Get("HX-Request") != "":
		body = ui.FaultMessage(p.Ctx, err)
	case p.Actor.Kind != "" && pageErr == nil:
		body = faultPage(p, p.Frame(p.T(titleKey(problem.Status))), err, problem)
	default:
		body = faultPlain(p, err, problem)
	}
	if renderErr := s.RenderStatus(w, r, problem.Status, body); renderErr != nil {
		s.o.Log.ErrorContext(r.Context(), "an error page could not be drawn", "error", renderErr)
		web.WriteProblem(w, r, err)
	}
}

func titleKey(status int) string {
	switch status {
	case http.StatusNotFound:
		return "shell.not_found"
	case http.StatusForbidden:
		return "shell.denied"
	case http.StatusInternalServerError:
		return "shell.broken"
	}
	return "shell.not_done"
}

// Redirect sends on after something was done, with a message for the next page
// ("" is none).
func Redirect(w http.ResponseWriter, r *http.Request, to string, tone ui.Tone, text string) error {
	if text != "" {
		keepFlash(w, r, ui.Flash{Tone: tone, Text: text})
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}
