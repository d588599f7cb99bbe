package web

import (
	"context"
	"net/http"
	"time"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/i18n"
)

// LangCookie remembers the language that a person chose.
const LangCookie = "sw_lang"

type localeKey struct{}

// Locale is the language of the answer to ctx's request.
func Locale(ctx context.Context) i18n.Locale {
	l, _ := ctx.Value(localeKey{}).(i18n.Locale)
	return l
}

// WithLocale sets the language, for work outside of requests and for tests.
func WithLocale(ctx context.Context, l i18n.Locale) context.Context {
	return context.WithValue(ctx, localeKey{}, l)
}

// localised chooses the language: what the address says, what was chosen before
// in this browser, what the browser prefers, what the staff member or else the
// merchant has set.
func localised(o Options, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := dressed(r.Context(), o, choose(r))
		w.Header().Add("Vary", "Accept-Language, Cookie")
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

func dressed(ctx context.Context, o Options, l i18n.Locale) context.Context {
	if o.Dress != nil {
		l = o.Dress(ctx, l)
	}
	return WithLocale(ctx, l)
}

func choose(r *http.Request) i18n.Locale {
	if tag := r.URL.Query().Get("lang"); tag != "" {
		if l, ok := i18n.Get(tag); ok {
			return l
		}
	}
	if c, err := r.Cookie(LangCookie); err == nil {
		if l, ok := i18n.Get(c.Value); ok {
			return l
		}
	}
	own := auth.ActorOf(r.Context()).Locale
	if !i18n.Known(own) {
		own = i18n.English
	}
	offered := append([]string{own}, i18n.Tags()...) // where nothing fits, the first
	return i18n.Match(r.Header.Get("Accept-Language"), offered...)
}

// RememberLanguage sets the cookie for a language that the program has.
func RememberLanguage(w http.ResponseWriter, r *http.Request, tag string) {
	if i18n.Known(tag) {
		http.SetCookie(w, &http.Cookie{Name: LangCookie, Value: tag, Path: "/", MaxAge: int((365 * 24 * time.Hour).Seconds()), SameSite: http.SameSiteLaxMode, Secure: secure(r), HttpOnly: true})
	}
}
