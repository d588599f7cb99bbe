package web

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/fault"
)

// SessionCookie holds a session's token.
const SessionCookie = "sw_session"

// Authenticator finds who a secret belongs to; auth.Service satisfies it.
// Faults: auth.unauthenticated and its kin for a secret that is not valid, or
// not any more.
type Authenticator interface {
	Session(ctx context.Context, token string) (auth.Actor, error)
	Key(ctx context.Context, secret string) (auth.Actor, error)
}

// identified finds out who is calling. A key that is not valid is refused here:
// whoever sends one means it. A session that has ended makes the caller nobody,
// so that the sign-in page can be shown.
func identified(o Options, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, err := identify(o, w, r)
		if err != nil {
			WriteProblem(w, r.WithContext(dressed(r.Context(), o, choose(r))), err)
			return
		}
		if a.Kind != "" {
			callOf(r.Context()).actor = a.Kind + ":" + a.ID.String()
			r = r.WithContext(auth.WithActor(r.Context(), a))
			w.Header().Set("Cache-Control", "no-store") // what it answers is for this caller alone
		}
		next.ServeHTTP(w, r)
	})
}

func identify(o Options, w http.ResponseWriter, r *http.Request) (auth.Actor, error) {
	if h := r.Header.Get("Authorization"); h != "" {
		scheme, secret, _ := strings.Cut(h, " ")
		if !strings.EqualFold(scheme, "Bearer") {
			return auth.Actor{}, auth.ErrUnauthenticated
		}
		return o.Auth.Key(r.Context(), strings.TrimSpace(secret))
	}
	c, err := r.Cookie(SessionCookie)
	if err != nil || c.Value == "" {
		return auth.Actor{}, nil
	}
	a, err := o.Auth.Session(r.Context(), c.Value)
	if err != nil {
		if fault.KindOf(err) == fault.Unauthenticated {
			ForgetSession(w, r)
			err = nil
		}
		return auth.Actor{}, err
	}
	return a, nil
}

// KeepSession sets the cookie of a new session.
func KeepSession(w http.ResponseWriter, r *http.Request, token string, now, expires clock.Instant) {
	setSession(w, r, token, max(int(expires.Sub(now)/time.Second), 1))
}

// ForgetSession takes the cookie away.
func ForgetSession(w http.ResponseWriter, r *http.Request) { setSession(w, r, "", -1) }

func setSession(w http.ResponseWriter, r *http.Request, token string, maxAge int) {
	http.SetCookie(w, &http.Cookie{Name: SessionCookie, Value: token, Path: "/", MaxAge: maxAge, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: secure(r)})
}

// secure reports whether the browser came over TLS, here or at a proxy. The demo
// on plain HTTP keeps its cookies.
func secure(r *http.Request) bool {
	return r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https"
}
