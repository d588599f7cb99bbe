package kit

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/rules"
)

// Runner runs one bundle on a rule host of its own, as a server would. It is safe
// for concurrent use.
type Runner struct {
	Bundle *pack.Bundle
	host   *rules.Host
}

// RunnerOptions of NewRunner; the zero value keeps nothing and logs nothing.
type RunnerOptions struct {
	CacheDir string // where compiled code is kept: a Go module takes seconds without; "": in memory
	Log      *slog.Logger
}

// CacheDir is where the command line keeps compiled rules; "" where the machine
// has no such place.
func CacheDir() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "shopwright", "rules")
}

// NewRunner verifies the module and starts a host. Faults: those of installation,
// see package rules.
func NewRunner(ctx context.Context, b *pack.Bundle, o RunnerOptions) (*Runner, error) {
	load := func(hash string) ([]byte, error) {
		if hash != b.ModuleHash() {
			return nil, pack.ErrUnknownModule.With("hash", hash)
		}
		return b.Module(), nil
	}
	h, err := rules.New(ctx, rules.Options{CacheDir: o.CacheDir, Load: load, Log: o.Log})
	if err != nil {
		return nil, err
	}
	r := &Runner{b, h}
	if err := h.VerifyFor(b.Module(), b.Floats); err != nil {
		_ = r.Close()
		return nil, err
	}
	return r, nil
}

// Close ends the host.
func (r *Runner) Close() error { return r.host.Close(context.Background()) }

// Evaluate makes a Runner a promotion.Evaluator.
func (r *Runner) Evaluate(ctx context.Context, p promotion.PackRef, in *promotion.Input) (promotion.Answer, error) {
	return r.host.Evaluate(ctx, p, in)
}

// message runs an input message with a configuration as it stands there, and
// answers what the module gave, checked against the hook's power. Faults: those of
// rules.Host.Evaluate, rules.stored_input_malformed.
func (r *Runner) message(ctx context.Context, config, msg []byte) (promotion.Input, promotion.Answer, error) {
	in, err := rules.DecodeInput(msg)
	if err != nil {
		return in, promotion.Answer{}, err
	}
	a, err := r.host.Evaluate(ctx, r.Bundle.Ref(config, 0), &in)
	return in, a, err
}
