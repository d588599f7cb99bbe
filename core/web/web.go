package web

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/shopwright/shopwright/core/i18n"
)

const (
	// MaxBody is how many bytes a request body may have.
	MaxBody = 1 << 20
	// MaxWork is how long a request may take, in all.
	MaxWork = 30 * time.Second
)

// Options is what the middleware needs.
type Options struct {
	Auth Authenticator
	Log  *slog.Logger // default: slog.Default()
	// Dress lets an edition lay its own words over a locale; nil: as it is.
	Dress func(ctx context.Context, l i18n.Locale) i18n.Locale
	// TrustedOrigins may send cookie-authenticated requests from other sites:
	// "https://shop.example".
	TrustedOrigins []string
	// LongLived tells streams and large uploads from plain requests: they get
	// neither MaxWork nor MaxBody. nil: none.
	LongLived func(*http.Request) bool
}

// Wrap puts the whole middleware around a handler, in the only order that is
// right: what fails further in is logged, has its request id and its headers.
func Wrap(next http.Handler, o Options) http.Handler {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	h := localised(o, next)
	h = identified(o, h)
	h = sameSite(o, h)
	h = limited(o, h)
	h = withHeaders(h)
	h = recovered(o, h)
	h = logged(o, h)
	return withRequestID(h)
}

// NewServer is an HTTP server with limits on what a slow or hostile client can hold.
func NewServer(addr string, h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Addr: addr, Handler: h,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       60 * time.Second,
		WriteTimeout:      0, // streams; each other request has its deadline in its context
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}

// limited bounds a request's body and time, and refuses addresses with what no
// text of ours contains and no database takes.
func limited(o Options, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if q, err := url.QueryUnescape(r.URL.RawQuery); err != nil || !isText(q) || !isText(r.URL.Path) {
			WriteProblem(w, r, ErrMalformed)
			return
		}
		if o.LongLived != nil && o.LongLived(r) {
			next.ServeHTTP(w, r)
			return
		}
		if r.ContentLength > MaxBody {
			w.Header().Set("Connection", "close") // nobody reads the rest
			WriteProblem(w, r, ErrTooLarge.With("limit", int64(MaxBody)))
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, MaxBody)
		ctx, cancel := context.WithTimeout(r.Context(), MaxWork)
		defer cancel()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

func isText(s string) bool { return utf8.ValidString(s) && !strings.Contains(s, "\x00") }
