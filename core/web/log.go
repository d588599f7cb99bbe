package web

import (
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/shopwright/shopwright/core/fault"
)

// recorder notes what was answered.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 && status >= 200 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Flush sends what is written so far, for streams.
func (w *recorder) Flush() { _ = http.NewResponseController(w.ResponseWriter).Flush() }

// logged writes one line for each request. Of the URL only the path: a query may
// hold a phone number, a path holds ids alone.
func logged(o Options, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		rec := &recorder{ResponseWriter: w}
		next.ServeHTTP(rec, r)
		c := callOf(r.Context())
		level := slog.LevelInfo
		attrs := []slog.Attr{
			slog.String("method", r.Method), slog.String("path", shown(r.URL.Path)), slog.Int("status", rec.status), slog.Int64("bytes", rec.bytes),
			slog.Duration("took", time.Since(began).Round(time.Microsecond)), slog.String("request_id", c.id),
		}
		if c.actor != "" {
			attrs = append(attrs, slog.String("actor", c.actor))
		}
		if f := fault.Of(c.fault); f != nil {
			attrs = append(attrs, slog.String("code", f.Reason))
			if f.Kind == fault.Internal {
				level = slog.LevelError
				attrs = append(attrs, slog.String("error", c.fault.Error()))
			}
		}
		o.Log.LogAttrs(r.Context(), level, "request", attrs...)
	})
}

const maxShownPath = 200

func shown(path string) string {
	if len(path) > maxShownPath {
		return path[:maxShownPath] + "…"
	}
	return path
}

// recovered turns a panic into one 500 and one log line with its stack.
func recovered(o Options, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			p := recover()
			if p == nil {
				return
			}
			if p == http.ErrAbortHandler { //nolint:errorlint // the documented sentinel
				panic(p)
			}
			o.Log.ErrorContext(r.Context(), "panic", "request_id", RequestID(r.Context()), "panic", p, "stack", string(debug.Stack()))
			if rec, ok := w.(*recorder); ok && rec.status != 0 {
				panic(http.ErrAbortHandler) // the answer has begun: cut it off rather than end it as if it were whole
			}
			WriteProblem(w, r, fault.ErrInternal)
		}()
		next.ServeHTTP(w, r)
	})
}
