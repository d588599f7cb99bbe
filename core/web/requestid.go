package web

import (
	"context"
	"crypto/rand"
	"net/http"
)

// RequestIDHeader carries the request id both ways.
const RequestIDHeader = "X-Request-Id"

// call is what the layers of one request tell one another. The outer layers see
// through it what the inner ones found out.
type call struct {
	id    string
	actor string // kind and id, for the log
	fault error  // what was answered with a problem
}

type callKey struct{}

func callOf(ctx context.Context) *call {
	if c, ok := ctx.Value(callKey{}).(*call); ok {
		return c
	}
	return &call{}
}

// RequestID is the id of the request that ctx belongs to, "" outside of one.
func RequestID(ctx context.Context) string { return callOf(ctx).id }

// withRequestID takes the caller's request id where it is harmless, else makes one.
func withRequestID(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &call{id: r.Header.Get(RequestIDHeader)}
		if !isRequestID(c.id) {
			c.id = rand.Text()
		}
		w.Header().Set(RequestIDHeader, c.id)
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), callKey{}, c)))
	})
}

func isRequestID(s string) bool {
	if len(s) < 8 || len(s) > 64 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.') {
			return false
		}
	}
	return true
}
