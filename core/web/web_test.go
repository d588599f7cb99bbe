package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/web"
)

// secrets knows one key and one session.
type secrets struct{}

var cashier = auth.Actor{Kind: auth.KindStaff, ID: id.MustParse("019a5c1e-7b3a-7cc1-9f52-3d8c6c0a4b11"), Name: "Mei Ling", Role: auth.Cashier, Locale: "zh-Hant"}

func (secrets) Session(_ context.Context, token string) (auth.Actor, error) {
	if token == "good" {
		return cashier, nil
	}
	return auth.Actor{}, auth.ErrUnauthenticated
}

func (secrets) Key(_ context.Context, secret string) (auth.Actor, error) {
	if secret == "swk_good" {
		return auth.Actor{Kind: auth.KindAPIKey, Role: auth.Owner}, nil
	}
	return auth.Actor{}, auth.ErrKeyExpired
}

var errTooManyLines = fault.New(fault.Exceeded, "web_test.limit")

// serve sends one request through the middleware and answers what came back with
// the log.
func serve(t *testing.T, next http.HandlerFunc, method, target, body string, headers ...string) (*http.Response, string, string) {
	t.Helper()
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, nil))
	h := web.Wrap(next, web.Options{Auth: secrets{}, Log: logger, TrustedOrigins: []string{"https://friend.example"}})
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for _, v := range headers {
		name, value, _ := strings.Cut(v, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result(), w.Body.String(), log.String()
}

func hello(w http.ResponseWriter, r *http.Request) {
	_, _ = io.WriteString(w, auth.ActorOf(r.Context()).Kind+" "+web.Locale(r.Context()).Tag())
}

func TestActorAndLanguage(t *testing.T) {
	for name, c := range map[string]struct {
		target  string
		headers []string
		want    string
	}{
		"nobody":                         {"/", nil, " en"},
		"nobody, browser":                {"/", []string{"Accept-Language: zh-TW,zh;q=0.9"}, " zh-Hant"},
		"nobody, unknown browser":        {"/", []string{"Accept-Language: fr"}, " en"},
		"a key":                          {"/", []string{"Authorization: Bearer swk_good"}, "api_key en"},
		"a key, scheme in small letters": {"/", []string{"Authorization: bearer swk_good"}, "api_key en"},
		"a session":                      {"/", []string{"Cookie: sw_session=good"}, "staff zh-Hant"},
		"a session, browser first":       {"/", []string{"Cookie: sw_session=good", "Accept-Language: zh-CN"}, "staff zh-Hans"},
		"a session, any language":        {"/", []string{"Cookie: sw_session=good", "Accept-Language: *"}, "staff zh-Hant"},
		"a session, chosen":              {"/", []string{"Cookie: sw_session=good; sw_lang=en", "Accept-Language: zh-CN"}, "staff en"},
		"the address goes first":         {"/?lang=zh-Hans", []string{"Cookie: sw_lang=en"}, " zh-Hans"},
		"an unknown address":             {"/?lang=xx", []string{"Accept-Language: zh-CN"}, " zh-Hans"},
		"a session that ended":           {"/", []string{"Cookie: sw_session=old"}, " en"},
	} {
		t.Run(name, func(t *testing.T) {
			resp, body, _ := serve(t, hello, "GET", c.target, "", c.headers...)
			if resp.StatusCode != 200 || body != c.want {
				t.Errorf("%d %q, want %q", resp.StatusCode, body, c.want)
			}
		})
	}
	resp, _, _ := serve(t, hello, "GET", "/", "", "Cookie: sw_session=old")
	if c := resp.Header.Get("Set-Cookie"); !strings.HasPrefix(c, "sw_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax") {
		t.Error("a dead session's cookie stays: " + c)
	}
	for _, h := range []string{"Authorization: Bearer swk_old", "Authorization: Basic eDp5", "Authorization: Bearer"} {
		resp, body, _ := serve(t, hello, "GET", "/", "", h, "Cookie: sw_session=good")
		if resp.StatusCode != 401 || resp.Header.Get("WWW-Authenticate") == "" || !strings.Contains(body, `"code":"auth.`) {
			t.Error(h, resp.StatusCode, body)
		}
	}
}

func TestSessionCookie(t *testing.T) {
	w, r := httptest.NewRecorder(), httptest.NewRequest("POST", "https://shop.example/", nil)
	now := clock.Of(time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC))
	web.KeepSession(w, r, "token", now, now.Add(time.Hour))
	if c := w.Header().Get("Set-Cookie"); c != "sw_session=token; Path=/; Max-Age=3600; HttpOnly; Secure; SameSite=Lax" {
		t.Error(c)
	}
	w = httptest.NewRecorder()
	web.RememberLanguage(w, r, "zh-Hans")
	web.RememberLanguage(w, r, "xx")
	if c := w.Header().Values("Set-Cookie"); len(c) != 1 || !strings.HasPrefix(c[0], "sw_lang=zh-Hans") {
		t.Error(c)
	}
}

func TestOtherSites(t *testing.T) {
	cross := "Sec-Fetch-Site: cross-site"
	for name, c := range map[string]struct {
		method  string
		headers []string
		status  int
	}{
		"a page of ours posts":         {"POST", []string{"Cookie: sw_session=good", "Sec-Fetch-Site: same-origin"}, 200},
		"another site posts":           {"POST", []string{"Cookie: sw_session=good", cross}, 403},
		"another site signs in":        {"POST", []string{cross}, 403},
		"another origin, old browser":  {"POST", []string{"Origin: https://evil.example"}, 403},
		"another site deletes":         {"DELETE", []string{cross}, 403},
		"another site links":           {"GET", []string{"Cookie: sw_session=good", cross}, 200},
		"a key comes from anywhere":    {"POST", []string{"Authorization: Bearer swk_good", cross}, 200},
		"a trusted origin":             {"POST", []string{"Origin: https://friend.example", cross}, 200},
		"a program without a browser":  {"POST", nil, 200},
		"a key that is not valid, too": {"POST", []string{"Authorization: Bearer x", cross}, 401},
	} {
		t.Run(name, func(t *testing.T) {
			if resp, body, _ := serve(t, hello, c.method, "/", "", c.headers...); resp.StatusCode != c.status {
				t.Error(resp.StatusCode, body)
			}
		})
	}
}

func TestHeadersAndRequestID(t *testing.T) {
	resp, _, _ := serve(t, hello, "GET", "/", "", "X-Request-Id: trace-0001")
	for name, want := range map[string]string{"Content-Security-Policy": web.Policy, "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin", "X-Request-Id": "trace-0001"} {
		if got := resp.Header.Get(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	if strings.Contains(web.Policy, "unsafe") {
		t.Error(web.Policy)
	}
	for _, bad := range []string{"short", strings.Repeat("a", 65), "line\tbreak-id", "<script>alert</script>"} {
		resp, _, _ := serve(t, hello, "GET", "/", "", "X-Request-Id: "+bad)
		if got := resp.Header.Get("X-Request-Id"); got == bad || len(got) < 8 {
			t.Errorf("%q gave %q", bad, got)
		}
	}
}

func TestLogHoldsNothingPersonal(t *testing.T) {
	_, _, log := serve(t, hello, "POST", "/members?q=13800000001", `{"name":"Wang Fang"}`, "Cookie: sw_session=good", "X-Request-Id: trace-0001")
	for _, secret := range []string{"13800000001", "Wang", "good", "Mei"} {
		if strings.Contains(log, secret) {
			t.Errorf("the log holds %q: %s", secret, log)
		}
	}
	for _, want := range []string{"method=POST", "path=/members", "status=200", "request_id=trace-0001", "actor=staff:" + cashier.ID.String()} {
		if !strings.Contains(log, want) {
			t.Errorf("the log lacks %q: %s", want, log)
		}
	}
	_, body, log := serve(t, func(w http.ResponseWriter, r *http.Request) {
		web.WriteProblem(w, r, errors.New("dial tcp 10.0.0.1: refused"))
	}, "GET", "/", "")
	if strings.Contains(body, "10.0.0.1") || !strings.Contains(body, `"code":"internal.error"`) || !strings.Contains(log, "10.0.0.1") || !strings.Contains(log, "level=ERROR") {
		t.Error(body, log)
	}
}

func TestPanics(t *testing.T) {
	resp, body, log := serve(t, func(http.ResponseWriter, *http.Request) { panic("a secret state") }, "GET", "/", "")
	if resp.StatusCode != 500 || strings.Contains(body, "secret") || !strings.Contains(body, `"code":"internal.error"`) || !strings.Contains(log, "a secret state") || !strings.Contains(log, "status=500") {
		t.Error(resp.StatusCode, body, log)
	}
	defer func() {
		if p := recover(); p != http.ErrAbortHandler { //nolint:errorlint // the documented sentinel
			t.Errorf("an answer that has begun ends as if it were whole: %v", p)
		}
	}()
	serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "half"); panic("late") }, "GET", "/", "")
}

func TestLimits(t *testing.T) {
	readAll := func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.ReadAll(r.Body); err != nil {
			web.WriteProblem(w, r, web.ErrTooLarge.With("limit", int64(web.MaxBody)))
		}
		if _, ok := r.Context().Deadline(); !ok {
			t.Error("a request without an end")
		}
	}
	for size, want := range map[int]int{web.MaxBody: 200, web.MaxBody + 1: 413} {
		if resp, body, _ := serve(t, readAll, "POST", "/", strings.Repeat("a", size)); resp.StatusCode != want {
			t.Errorf("%d bytes: %d %s", size, resp.StatusCode, body)
		}
	}
	for _, target := range []string{"/?q=%00", "/?q=%ff", "/?q=%zz"} {
		if resp, body, _ := serve(t, hello, "GET", target, ""); resp.StatusCode != 400 || !strings.Contains(body, "request.malformed") {
			t.Error(target, resp.StatusCode, body)
		}
	}
}

func TestStatuses(t *testing.T) {
	for kind, want := range map[fault.Kind]int{fault.Internal: 500, fault.Invalid: 400, fault.Unauthenticated: 401, fault.Denied: 403, fault.NotFound: 404, fault.Conflict: 409, fault.Exceeded: 413, fault.Unavailable: 503, fault.Kind(99): 500} {
		if got := web.Status(kind); got != want {
			t.Errorf("%d: %d, want %d", kind, got, want)
		}
	}
	for f, want := range map[*fault.Fault]int{auth.ErrTooManyAttempts: 429, web.ErrMediaType: 415, web.ErrSlow: 408, web.ErrMethod: 405, errTooManyLines: 413} {
		if got := web.StatusOf(f); got != want {
			t.Errorf("%s: %d, want %d", f.Reason, got, want)
		}
	}
}

func TestProblem(t *testing.T) {
	resp, body, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		web.WriteProblem(w, r, auth.ErrDenied.On("role").With("permission", "packs"))
	}, "GET", "/", "", "X-Request-Id: trace-0001", "Accept-Language: zh-CN")
	var p map[string]any
	if err := json.Unmarshal([]byte(body), &p); err != nil {
		t.Fatal(err)
	}
	for k, want := range map[string]any{"type": "/docs#error-auth.denied", "title": "Forbidden", "status": 403.0, "code": "auth.denied", "param": "role", "request_id": "trace-0001"} {
		if p[k] != want {
			t.Errorf("%s: %v, want %v", k, p[k], want)
		}
	}
	if resp.Header.Get("Content-Type") != web.ProblemType || resp.Header.Get("Content-Language") != "zh-Hans" {
		t.Error(resp.Header)
	}
}
