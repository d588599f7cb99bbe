package shell

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/db/dbtest"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/tenant"
	"github.com/shopwright/shopwright/core/web"
)

const password = "correct horse battery"

type site struct {
	t   *testing.T
	d   *db.DB
	sh  *Shell
	h   http.Handler
	m   tenant.Merchant
	log *bytes.Buffer
}

func newSite(t *testing.T, d *db.DB, o Options) *site {
	t.Helper()
	s := &site{t: t, d: d, log: &bytes.Buffer{}}
	service := auth.New(d, auth.Options{Hash: auth.CheapHash, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	t.Cleanup(service.Close)
	hash, err := service.HashPassword(context.Background(), password)
	if err != nil {
		t.Fatal(err)
	}
	err = d.InTx(context.Background(), func(ctx context.Context, tx *db.Tx) error {
		if s.m, err = tenant.CreateMerchant(tx, tenant.NewMerchant{Handle: "lily", Name: "Lily", Currency: "CNY", Edition: "salon", Locale: "zh-Hant"}); err != nil {
			return err
		}
		for _, n := range []string{"West", "East"} {
			if _, err := tenant.CreateShop(ctx, tx, s.m.ID, tenant.NewShop{Name: n, TimeZone: "Asia/Shanghai"}); err != nil {
				return err
			}
		}
		for _, r := range auth.Roles() {
			if _, err := auth.CreateStaff(ctx, tx, s.m.ID, auth.NewStaff{Profile: auth.Profile{Name: "The " + string(r), Role: r}, Login: string(r), Password: hash}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	o.DB, o.Auth, o.Log = d, service, slog.New(slog.NewTextHandler(s.log, nil))
	s.sh = New(o)
	mux := http.NewServeMux()
	s.sh.Mount(mux)
	mux.Handle("GET /office", s.sh.Handle(auth.PermReports, func(w http.ResponseWriter, r *http.Request, p *Page) error {
		return s.sh.Render(w, r, ui.Page(p.Ctx, p.Frame("Today at "+p.Shop.Name)))
	}))
	mux.Handle("GET /broken", s.sh.Handle("", func(http.ResponseWriter, *http.Request, *Page) error { return errors.New("the secret detail") }))
	mux.Handle("POST /do", s.sh.Handle("", func(w http.ResponseWriter, r *http.Request, p *Page) error {
		return Redirect(w, r, "/office", ui.Ok, `Done <b>"`)
	}))
	s.h = web.Wrap(mux, web.Options{Auth: service, Dress: s.sh.Dress, Log: slog.New(slog.NewTextHandler(s.log, nil))})
	return s
}

// client keeps cookies between requests.
type client struct {
	s       *site
	cookies map[string]*http.Cookie
	header  http.Header
}

func (s *site) client() *client {
	return &client{s: s, cookies: map[string]*http.Cookie{}, header: http.Header{"Accept-Language": {"en"}}}
}

func (c *client) do(method, path string, pairs ...string) *httptest.ResponseRecorder {
	c.s.t.Helper()
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	r := httptest.NewRequest(method, path, strings.NewReader(v.Encode()))
	for k, h := range c.header {
		r.Header[k] = h
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, k := range c.cookies {
		r.AddCookie(k)
	}
	w := httptest.NewRecorder()
	c.s.h.ServeHTTP(w, r)
	for _, k := range w.Result().Cookies() {
		if k.MaxAge < 0 {
			delete(c.cookies, k.Name)
		} else {
			c.cookies[k.Name] = k
		}
	}
	return w
}

func (c *client) signIn(role string) *client {
	c.s.t.Helper()
	if w := c.do("POST", "/signin", "login", role+"@lily", "password", password); w.Code != http.StatusSeeOther {
		c.s.t.Fatalf("sign-in of %s: %d %s", role, w.Code, w.Body)
	}
	return c
}

func TestSignInAndOut(t *testing.T) {
	s := newSite(t, dbtest.SQLite(t), Options{})
	c := s.client()
	if w := c.do("GET", "/office?x=1"); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/signin?next=%2Foffice%3Fx%3D1" {
		t.Fatalf("a stranger: %d %s", w.Code, w.Header().Get("Location"))
	}
	if w := c.do("GET", "/signin?next=%2Foffice%3Fx%3D1"); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `value="/office?x=1"`) {
		t.Fatalf("the form forgets where to go: %s", w.Body)
	}
	w := c.do("POST", "/signin", "login", "owner@lily", "password", "wrong", "next", "/office?x=1")
	if w.Code != http.StatusUnauthorized || !strings.Contains(w.Body.String(), "auth.wrong_login") || !strings.Contains(w.Body.String(), `value="owner@lily"`) || strings.Contains(w.Body.String(), `value="wrong"`) {
		t.Fatalf("a wrong password: %d %s", w.Code, w.Body)
	}
	w = c.do("POST", "/signin", "login", " Owner@lily ", "password", password, "next", "/office?x=1")
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/office?x=1" {
		t.Fatalf("%d %s", w.Code, w.Header().Get("Location"))
	}
	if k := c.cookies[web.SessionCookie]; k == nil || !k.HttpOnly || k.SameSite != http.SameSiteLaxMode {
		t.Fatalf("the session's cookie: %+v", k)
	}
	if w := c.do("GET", "/office"); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "Today at West") || !strings.Contains(w.Body.String(), "The owner") {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	token := c.cookies[web.SessionCookie]
	if w := c.do("POST", "/signout"); w.Header().Get("Location") != "/signin" {
		t.Fatal(w.Header())
	}
	c.cookies[web.SessionCookie] = token
	if w := c.do("GET", "/office"); w.Code != http.StatusSeeOther {
		t.Fatalf("the session has outlived its end: %d", w.Code)
	}
}

func TestNobodyIsSentElsewhere(t *testing.T) {
	for next, want := range map[string]string{
		"/office/sales?x=1": "/office/sales?x=1", "": "home", "https://evil.example/": "home", "//evil.example": "home", `/\evil.example`: "home", "javascript:alert(1)": "home",
		"office": "home", "/signin?next=/signin": "home", "http:/office": "home", "/ok#frag": "/ok", "///evil.example": "home",
	} {
		if got := localPath(next, "home"); got != want {
			t.Errorf("%q leads to %q instead of %q", next, got, want)
		}
	}
}

func TestHomeGoesByRole(t *testing.T) {
	s := newSite(t, dbtest.SQLite(t), Options{})
	for role, want := range map[string]string{"": "/signin", "cashier": "/pos", "owner": "/office", "finance": "/office"} {
		c := s.client()
		if role != "" {
			c.signIn(role)
		}
		if w := c.do("GET", "/"); w.Header().Get("Location") != want {
			t.Errorf("%q begins at %q", role, w.Header().Get("Location"))
		}
	}
	own := newSite(t, dbtest.SQLite(t), Options{Home: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "who are you?") })})
	if w := own.client().do("GET", "/"); w.Body.String() != "who are you?" {
		t.Errorf("the hook was not asked: %s", w.Body)
	}
}

func TestPreferences(t *testing.T) {
	s := newSite(t, dbtest.SQLite(t), Options{})
	c := s.client().signIn("owner")
	if w := c.do("GET", "/office"); !strings.Contains(w.Body.String(), `lang="zh-Hant"`) {
		t.Error("the merchant's language is not followed")
	}
	c.do("POST", "/prefs", "locale", "zh-Hans", "back", "/office")
	if w := c.do("POST", "/prefs", "theme", "dark", "back", "//evil.example"); w.Header().Get("Location") != "/" {
		t.Errorf("back leads to %s", w.Header().Get("Location"))
	}
	shops, err := tenant.ListShops(context.Background(), s.d, s.m.ID)
	if err != nil {
		t.Fatal(err)
	}
	c.do("POST", "/prefs", "shop", shops[1].ID.String(), "back", "/office")
	w := c.do("GET", "/office")
	for _, want := range []string{`lang="zh-Hans"`, `data-theme="dark"`, "Today at East", "顾客"} { // the salon's word for members
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("no %s in %.400s", want, w.Body)
		}
	}
	c.do("POST", "/prefs", "theme", "", "back", "/office")
	c.do("POST", "/prefs", "locale", "tlh", "back", "/office")
	if w := c.do("GET", "/office"); strings.Contains(w.Body.String(), "data-theme=") || !strings.Contains(w.Body.String(), `lang="zh-Hans"`) {
		t.Error("the preferences do not go back, or an unknown language was taken")
	}
}

func TestErrorsHaveTheirPageAndShowNothingOfThemselves(t *testing.T) {
	s := newSite(t, dbtest.SQLite(t), Options{})
	cashier := s.client().signIn("cashier")
	cashier.cookies[web.LangCookie] = &http.Cookie{Name: web.LangCookie, Value: "en"}
	w := cashier.do("GET", "/office")
	if w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "auth.denied") || !strings.Contains(w.Body.String(), "<nav") {
		t.Errorf("not allowed: %d %s", w.Code, w.Body)
	}
	w = cashier.do("GET", "/broken")
	if w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "secret detail") || !strings.Contains(w.Body.String(), "internal.error") || !strings.Contains(w.Body.String(), w.Header().Get("X-Request-Id")) {
		t.Errorf("our own mistake: %d %s", w.Code, w.Body)
	}
	if !strings.Contains(s.log.String(), "secret detail") {
		t.Error("our own mistake is not in the log")
	}
	cashier.header.Set("HX-Request", "true")
	if w := cashier.do("GET", "/broken"); strings.Contains(w.Body.String(), "<html") || !strings.Contains(w.Body.String(), "internal.error") {
		t.Errorf("a script got %s", w.Body)
	}
	stranger := s.client()
	stranger.header.Set("HX-Request", "true")
	if w := stranger.do("GET", "/office"); w.Code != http.StatusUnauthorized || !strings.HasPrefix(w.Header().Get("HX-Redirect"), "/signin") {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	evil := s.client().signIn("owner")
	evil.header.Set("Sec-Fetch-Site", "cross-site")
	if w := evil.do("POST", "/do"); w.Code != http.StatusForbidden {
		t.Errorf("another site's form was obeyed: %d", w.Code)
	}
}

func TestFlashIsShownOnceAndEscaped(t *testing.T) {
	s := newSite(t, dbtest.SQLite(t), Options{})
	c := s.client().signIn("owner")
	if w := c.do("POST", "/do"); w.Header().Get("Location") != "/office" {
		t.Fatal(w.Header())
	}
	if w := c.do("GET", "/office"); !strings.Contains(w.Body.String(), "Done &lt;b&gt;") {
		t.Errorf("no message: %s", w.Body)
	}
	if w := c.do("GET", "/office"); strings.Contains(w.Body.String(), "Done ") {
		t.Error("the message is shown again")
	}
	c.cookies[flashCookie] = &http.Cookie{Name: flashCookie, Value: "%%%"}
	if w := c.do("GET", "/office"); w.Code != http.StatusOK {
		t.Errorf("a broken cookie: %d", w.Code)
	}
}

func TestEditionFollowsTheMerchant(t *testing.T) {
	c := clock.NewManual(time.Date(2026, 5, 18, 3, 0, 0, 0, time.UTC))
	s := newSite(t, dbtest.SQLite(t, dbtest.WithClock(c)), Options{})
	stranger, owner := s.client(), s.client().signIn("owner")
	salon := owner.do("GET", "/edition.css")
	if salon.Body.Len() == 0 || salon.Body.String() == stranger.do("GET", "/edition.css").Body.String() {
		t.Fatal("the salon's colours are not its own")
	}
	owner.header.Set("If-None-Match", salon.Header().Get("ETag"))
	if w := owner.do("GET", "/edition.css"); w.Code != http.StatusNotModified {
		t.Errorf("the sheet is sent again: %d", w.Code)
	}
	set := func(id string) {
		t.Helper()
		if err := s.d.InTx(context.Background(), func(ctx context.Context, tx *db.Tx) error { return tenant.SetEdition(ctx, tx, s.m.ID, id) }); err != nil {
			t.Fatal(err)
		}
	}
	set("retail")
	s.sh.Forget(s.m.ID)
	if w := owner.do("GET", "/edition.css"); w.Code != http.StatusOK {
		t.Errorf("the old colours are still in force: %d", w.Code)
	}
	set("of-a-reseller-who-is-gone") // another process wrote it: seen when the memory is over
	c.Advance(merchantFor + time.Millisecond)
	if w := owner.do("GET", "/office"); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "Shopwright") {
		t.Errorf("an unknown edition: %d", w.Code)
	}
	if w := stranger.do("GET", "/edition/logo/salon"); w.Code != http.StatusOK || w.Header().Get("Content-Type") != "image/svg+xml" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	if w := stranger.do("GET", "/edition/logo/nothing"); w.Code != http.StatusNotFound {
		t.Errorf("%d", w.Code)
	}
}

func TestEveryStatusHasATitle(t *testing.T) {
	for status, want := range map[int]string{404: "shell.not_found", 403: "shell.denied", 500: "shell.broken", 409: "shell.not_done"} {
		if got := titleKey(status); got != want {
			t.Errorf("%d: %s", status, got)
		}
	}
	if web.Status(fault.Internal) != http.StatusInternalServerError {
		t.Error("the table of statuses has changed")
	}
}
