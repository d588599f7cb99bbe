package soak

import (
	"context"
	"log/slog"
	"sync"
)

// alarm passes records on and remembers the first error among them: what the program
// itself calls one does not hold, whatever the books say.
type alarm struct {
	slog.Handler
	*heard
}

type heard struct {
	mu    sync.Mutex
	first string
}

func (a alarm) Handle(ctx context.Context, r slog.Record) error {
	if r.Level >= slog.LevelError {
		text := r.Message
		r.Attrs(func(v slog.Attr) bool { text += " " + v.String(); return true })
		a.mu.Lock()
		if a.first == "" {
			a.first = text
		}
		a.mu.Unlock()
	}
	return a.Handler.Handle(ctx, r)
}

func (a alarm) WithAttrs(v []slog.Attr) slog.Handler { return alarm{a.Handler.WithAttrs(v), a.heard} }
func (a alarm) WithGroup(v string) slog.Handler      { return alarm{a.Handler.WithGroup(v), a.heard} }

func (h *heard) said() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.first
}
