package tour

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// roleCookie remembers in the browser which visitor it is.
const roleCookie = "sw_tour"

const maxForm = 64 << 10

// Observe watches which pages are answered, for the steps that are about looking.
// It stands outside of everything and changes nothing.
func (t *Tour) Observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		form := peek(r)
		rec := &recorder{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(rec, r)
		if rec.status < 400 {
			t.seen(r, form)
		}
	})
}

// recorder remembers the status.
type recorder struct {
	http.ResponseWriter
	status int
}

func (w *recorder) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// peek reads a small form and puts it back.
func peek(r *http.Request) url.Values {
	if r.Method != http.MethodPost || r.ContentLength <= 0 || r.ContentLength > maxForm || !strings.HasPrefix(r.URL.Path, "/pos/") && r.URL.Path != "/prefs" ||
		!strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		return nil
	}
	b, err := io.ReadAll(io.LimitReader(r.Body, maxForm))
	rest := r.Body
	r.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(b), rest), rest}
	if err != nil {
		return nil // the reader behind us meets the same error
	}
	form, err := url.ParseQuery(string(b))
	if err != nil {
		return nil
	}
	return form
}

// seen ticks the steps that an answered request is.
func (t *Tour) seen(r *http.Request, form url.Values) {
	path := r.URL.Path
	if strings.HasPrefix(path, "/api/v1/") && r.Header.Get("Authorization") != "" {
		t.tick("integrator", "api")
		return
	}
	c, err := r.Cookie(roleCookie)
	if err != nil {
		return
	}
	get := r.Method == http.MethodGet
	switch c.Value {
	case "cashier":
		t.seenTill(r, form)
	case "owner":
		t.tickIf(get && path == "/tour/price", "owner", "watch")
		t.tickIf(!get && path == "/office/proof", "owner", "prove") // proved, not just opened
		t.tickIf(get && path == "/office/audit", "owner", "audit")
	case "reseller":
		t.tickIf(!get && path == "/office/edition", "reseller", "switch") // at once: the next page is looked at right away
		switched := t.has("reseller", "switch")
		t.tickIf(get && path == "/office", "reseller", "look")
		t.tickIf(get && switched && path == "/office", "reseller", "brand")
		t.tickIf(get && switched && path == "/office/members", "reseller", "words")
		t.tickIf(path == "/prefs" && form.Get("locale") != "", "reseller", "language")
	case "integrator":
		t.tickIf(get && path == "/docs", "integrator", "docs")
		t.tickIf(get && strings.HasPrefix(path, "/office/sales/") && strings.HasSuffix(path, "/why"), "integrator", "inside")
	case "vendor":
		t.tickIf(get && path == "/office/devices", "vendor", "devices")
	}
}

// seenTill reads the register's steps: what is scanned, the receipt, the question why.
func (t *Tour) seenTill(r *http.Request, form url.Values) {
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	if parts[0] != "pos" {
		return
	}
	m := t.merchant(roleOf("cashier"))
	switch {
	case r.Method == http.MethodGet && len(parts) == 4 && parts[2] == "sales":
		t.tick("cashier", "paper")
	case form != nil && len(parts) == 2:
		do, _, _ := strings.Cut(form.Get("do"), ":")
		code := strings.TrimSpace(form.Get("code"))
		t.tickIf(do == "why", "cashier", "why")
		t.tickIf(do == "member" || do == "enrol" || code != "" && code == m.Member.Code, "cashier", "member")
		if do == "" || do == "code" {
			t.scanned(m, code)
		}
	}
}

// scanned counts the bar codes that the tour showed, each once.
func (t *Tour) scanned(m Merchant, code string) {
	for _, s := range m.Scans {
		if s.Code != code {
			continue
		}
		t.mu.Lock()
		p := t.state["cashier"]
		p.scans[code] = true
		all := len(p.scans) >= len(m.Scans)
		t.mu.Unlock()
		t.tickIf(all, "cashier", "scan")
	}
}

func (t *Tour) tickIf(happened bool, role, step string) {
	if happened {
		t.tick(role, step)
	}
}
