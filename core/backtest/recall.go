package backtest

import (
	"bytes"
	"context"

	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/core/sale"
)

// recall answers a rule call that was made before with the same module,
// configuration and input from what it answered then. It belongs to one sale and
// one goroutine.
type recall struct {
	s     *Service
	known []known
	err   error // why nothing more is to be asked: the rule host has stopped
}

type known struct {
	module, config string
	in             []byte
	a              promotion.Answer
	err            error
	packed         []byte // recorded and not yet decoded
}

// learn takes over what a sale has recorded.
func (r *recall) learn(runs []sale.RuleRun) {
	r.known = r.known[:0]
	for i := range runs {
		v := &runs[i]
		if v.Input == nil {
			continue
		}
		k := known{module: v.ModuleHash, config: v.ConfigHash, in: v.Input, packed: v.Output, a: promotion.Answer{InputBytes: v.Input, OutputBytes: v.Output, Fuel: v.Fuel}}
		if v.Outcome != "ok" {
			k.err, k.packed = &fault.Fault{Kind: fault.Internal, Reason: v.Outcome}, nil
		} else if v.Output == nil {
			continue
		}
		r.known = append(r.known, k)
	}
}

// Evaluate implements promotion.Evaluator.
func (r *recall) Evaluate(ctx context.Context, ref promotion.PackRef, in *promotion.Input) (promotion.Answer, error) {
	msg := r.s.Codec.Encode(in)
	for i := range r.known {
		k := &r.known[i]
		if len(k.in) != len(msg) || k.module != ref.ModuleHash || k.config != ref.ConfigHash || !bytes.Equal(k.in, msg) {
			continue
		}
		if k.packed != nil {
			out, err := r.s.Codec.Decode(k.packed)
			if err != nil {
				break // unreadable: asked anew
			}
			k.a.Output, k.packed = out, nil
		}
		return k.a, k.err
	}
	a, err := r.s.Rules.Evaluate(ctx, ref, in)
	if err != nil && fault.Of(err).Kind == fault.Unavailable {
		a, err = r.s.Rules.Evaluate(ctx, ref, in) // too slow on a busy machine says nothing about the rule
		if err != nil && fault.Of(err).Reason == hostClosed {
			r.err = err
		}
	}
	if ctx.Err() == nil {
		r.known = append(r.known, known{module: ref.ModuleHash, config: ref.ConfigHash, in: msg, a: a, err: err})
	}
	return a, err
}

// hostClosed is what the rule host answers once it has stopped.
const hostClosed = "rules.closed"
