package shell

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/web"
)

const year = 365 * 24 * 3600

// prefs takes what a person likes: language, theme, which shop to look at.
func (s *Shell) prefs(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		s.Fail(w, r, web.ErrMalformed.Wrap(err))
		return
	}
	if tag := r.PostForm.Get("locale"); tag != "" {
		web.RememberLanguage(w, r, tag)
	}
	if r.PostForm.Has("theme") {
		switch t := r.PostForm.Get("theme"); t {
		case "light", "dark":
			setTheme(w, r, t, year)
		default:
			setTheme(w, r, "", -1)
		}
	}
	if shop, err := id.Parse(r.PostForm.Get("shop")); err == nil {
		setCookie(w, r, ShopCookie, shop.String(), year)
	}
	http.Redirect(w, r, localPath(r.PostForm.Get("back"), "/"), http.StatusSeeOther)
}

// setTheme leaves the cookie open to the script, which switches without a reload.
func setTheme(w http.ResponseWriter, r *http.Request, value string, maxAge int) {
	http.SetCookie(w, &http.Cookie{Name: themeCookie, Value: value, Path: "/", MaxAge: maxAge, SameSite: http.SameSiteLaxMode, //nolint:gosec // read by the script, no secret
		Secure: r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https"})
}

// editionCSS is the style sheet of the actor's edition. It is asked for with
// every page and answered by its tag, so that a new edition shows at once.
func (s *Shell) editionCSS(w http.ResponseWriter, r *http.Request) {
	e := s.fallback
	if a := auth.ActorOf(r.Context()); a.Kind != "" {
		if m, err := s.merchants.get(r.Context(), s.o.DB, a.Merchant); err == nil {
			e = s.EditionOf(m)
		}
	}
	serveTagged(w, r, "text/css; charset=utf-8", []byte(e.CSS()))
}

func (s *Shell) editionLogo(w http.ResponseWriter, r *http.Request) {
	e, err := s.o.Editions(r.PathValue("id"))
	if err != nil || e.Brand.Logo.IsZero() {
		http.NotFound(w, r)
		return
	}
	serveTagged(w, r, e.Brand.Logo.Type, e.Brand.Logo.Bytes)
}

func serveTagged(w http.ResponseWriter, r *http.Request, kind string, body []byte) {
	sum := sha256.Sum256(body)
	tag := strconv.Quote(hex.EncodeToString(sum[:8]))
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Cache-Control", "private, no-cache")
	h.Set("ETag", tag)
	h.Set("X-Content-Type-Options", "nosniff")
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	_, _ = w.Write(body) // the reader has gone away: nobody is left to tell
}
