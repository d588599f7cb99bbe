package fault

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sort"
	"sync"
)

// Kind groups faults by what the caller can do about them.
type Kind uint8

const (
	Internal        Kind = iota // our own mistake or a broken environment
	Invalid                     // the input is wrong; the same call can never succeed
	Unauthenticated             // we do not know who is calling
	Denied                      // we know, and they may not
	NotFound                    // no such thing for this merchant
	Conflict                    // right in itself, but not in the present state
	Exceeded                    // a limit or quota
	Unavailable                 // try again later
)

// Fault is an error with a stable reason. Compare with errors.Is against the
// declared variable; With, On and Wrap return copies, so that a declared fault
// is never changed.
type Fault struct {
	Kind   Kind
	Reason string         // "wallet.insufficient_funds"
	Param  string         // the input field that is wrong, where one is: "lines[2].quantity"
	Args   map[string]any // figures for the message; never personal data, never a secret
	Hint   any            // what the caller needs to go on, e.g. the new quote; rendered by the edge
	cause  error
}

var (
	mu      sync.Mutex
	reasons = map[string]Kind{}
)

// New declares a fault. It panics where the reason is already declared.
func New(kind Kind, reason string) *Fault {
	mu.Lock()
	defer mu.Unlock()
	if _, dup := reasons[reason]; dup {
		panic("fault: reason declared twice: " + reason)
	}
	reasons[reason] = kind
	return &Fault{Kind: kind, Reason: reason}
}

// Reasons lists every declared reason in order; the catalogue test reads it.
func Reasons() []string {
	mu.Lock()
	defer mu.Unlock()
	out := make([]string, 0, len(reasons))
	for r := range reasons {
		out = append(out, r)
	}
	sort.Strings(out)
	return out
}

func (f *Fault) Error() string {
	s := f.Reason
	if f.Param != "" {
		s += " (" + f.Param + ")"
	}
	if len(f.Args) > 0 {
		s += " " + fmt.Sprint(f.Args)
	}
	if f.cause != nil {
		s += ": " + f.cause.Error()
	}
	return s
}

func (f *Fault) Unwrap() error { return f.cause }

// Is reports whether target is a fault of the same reason.
func (f *Fault) Is(target error) bool {
	t, ok := target.(*Fault)
	return ok && t.Reason == f.Reason
}

// With returns a copy that carries one more figure for the message.
func (f *Fault) With(key string, value any) *Fault {
	c := *f
	c.Args = maps.Clone(f.Args)
	if c.Args == nil {
		c.Args = map[string]any{}
	}
	c.Args[key] = value
	return &c
}

// On returns a copy that names the input field which is wrong.
func (f *Fault) On(param string) *Fault {
	c := *f
	c.Param = param
	return &c
}

// WithHint returns a copy that carries what the caller needs to go on.
func (f *Fault) WithHint(h any) *Fault {
	c := *f
	c.Hint = h
	return &c
}

// Wrap returns a copy with its cause; the cause is for logs, never for callers.
func (f *Fault) Wrap(cause error) *Fault {
	c := *f
	c.cause = cause
	return &c
}

// Faults that belong to no feature.
var (
	ErrInternal = New(Internal, "internal.error")
	ErrCanceled = New(Unavailable, "internal.canceled")
)

// Of finds the fault in err. An error that is none becomes internal.error (or
// internal.canceled where the caller went away), with err as its cause.
func Of(err error) *Fault {
	var f *Fault
	switch {
	case err == nil:
		return nil
	case errors.As(err, &f):
		return f
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return ErrCanceled.Wrap(err)
	}
	return ErrInternal.Wrap(err)
}

// KindOf is Of(err).Kind.
func KindOf(err error) Kind { return Of(err).Kind }

// ReasonIs reports whether err carries that reason.
func ReasonIs(err error, reason string) bool {
	var f *Fault
	return errors.As(err, &f) && f.Reason == reason
}
