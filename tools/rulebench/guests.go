package main

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/examples/rules/basket"
	"github.com/shopwright/shopwright/rules"
	"github.com/shopwright/shopwright/sdk/rule"
)

//go:embed plugin/runaway.wasm
var runaway []byte

// natives are the rule in this process: with the codec on both sides, as a module
// needs it, which is what the others are compared with; and alone.
func natives() []*engine {
	r := &basket.Rule{}
	if err := r.Configure(basket.Config); err != nil {
		panic(err) // a constant
	}
	view := view()
	var in rule.Input
	var out, back rule.Output
	var buf []byte
	coded := func() error {
		msg := rules.Encode(&view)
		if err := rule.DecodeInput(msg, string(msg), &in); err != nil {
			return err
		}
		if err := rule.Evaluate(r, &in, &out); err != nil {
			return err
		}
		buf = rule.AppendOutput(buf[:0], &out)
		_, err := rules.Decode(buf)
		return err
	}
	plain := basket.Input(20)
	return []*engine{
		{name: "native Go with the codec", run: coded, answer: func() ([]rule.Candidate, error) {
			return back.Candidates, rule.DecodeOutput(buf, string(buf), &back)
		}},
		{name: "native Go, the rule alone", run: func() error { return rule.Evaluate(r, &plain, &out) }, answer: func() ([]rule.Candidate, error) { return out.Candidates, nil }},
	}
}

// view is the basket as the pipeline has it.
func view() promotion.Input {
	in := basket.Input(20)
	v, err := rules.DecodeInput(rule.AppendInput(nil, &in))
	if err != nil {
		panic(err) // its own message
	}
	return v
}

// guests are the modules and the host that runs them.
type guests struct {
	dir     string
	host    *rules.Host
	modules map[string][]byte // by hash
	names   []string
	refs    map[string]promotion.PackRef
}

func newGuests(ctx context.Context) (*guests, error) {
	dir, err := os.MkdirTemp("", "rulebench")
	if err != nil {
		return nil, err
	}
	g := &guests{dir: dir, modules: map[string][]byte{}, refs: map[string]promotion.PackRef{}}
	g.host, err = rules.New(ctx, rules.Options{Load: func(hash string) ([]byte, error) {
		if b := g.modules[hash]; b != nil {
			return b, nil
		}
		return nil, os.ErrNotExist
	}})
	if err != nil {
		return nil, err
	}
	root := filepath.Join("..", "..")
	for _, l := range []struct{ name, path string }{{"C", "c/rule.wasm"}, {"AssemblyScript", "as/rule.wasm"}} {
		b, err := os.ReadFile(filepath.Join(root, "examples", "rules", "basket", filepath.FromSlash(l.path)))
		if err != nil {
			return nil, err
		}
		g.add(l.name, b)
	}
	out := filepath.Join(dir, "go.wasm")
	cmd := exec.CommandContext(ctx, "go", "build", "-buildmode=c-shared", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid=", "-o", out, "./examples/rules/basket/guest")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0")
	if text, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w\n%s", err, text)
	}
	b, err := os.ReadFile(out)
	if err != nil {
		return nil, err
	}
	g.add("Go", b)
	return g, nil
}

func (g *guests) add(name string, module []byte) promotion.PackRef {
	r := promotion.PackRef{ID: name, Version: "1.0.0", ModuleHash: hash(module), ConfigHash: hash(basket.Config), Config: basket.Config}
	g.modules[r.ModuleHash] = module
	g.refs[name] = r
	g.names = append(g.names, name)
	return r
}

func hash(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

// engines call the host as the flows do, into an answer that is used again.
func (g *guests) engines(ctx context.Context) ([]*engine, error) {
	var es []*engine
	for _, name := range g.names {
		ref, in := g.refs[name], view()
		if err := g.host.Prepare(ctx, ref); err != nil {
			return nil, err
		}
		var a promotion.Answer
		var out rule.Output
		es = append(es, &engine{name: "host, " + name + " guest", run: func() error { return g.evaluate(ctx, ref, &in, &a) },
			answer: func() ([]rule.Candidate, error) {
				return out.Candidates, rule.DecodeOutput(a.OutputBytes, string(a.OutputBytes), &out)
			}})
	}
	return es, nil
}

func (g *guests) evaluate(ctx context.Context, ref promotion.PackRef, in *promotion.Input, a *promotion.Answer) error {
	return g.host.EvaluateInto(ctx, ref, in, a)
}

// report is what is no engine: fuel, what metering costs, how soon a runaway ends.
func (g *guests) report(ctx context.Context, rounds int) error {
	fmt.Printf("\n%-40s %10s %10s %10s %9s\n", "the call of the module alone", "plain µs", "metered µs", "overhead", "fuel")
	for _, name := range g.names {
		ref, in := g.refs[name], view()
		var a promotion.Answer
		if err := g.evaluate(ctx, ref, &in, &a); err != nil {
			return err
		}
		plain, metered, err := overhead(ctx, g.modules[ref.ModuleHash], rules.Encode(&in), rounds)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		fmt.Printf("%-40s %10.2f %10.2f %9.1f%% %9d\n", name, plain/1000, metered/1000, 100*(metered/plain-1), a.Fuel)
	}
	ref, in := g.add("runaway", runaway), view()
	if err := g.host.Prepare(ctx, ref); err != nil {
		return err
	}
	var took []float64
	for range rounds {
		begin := time.Now()
		_, err := g.host.Evaluate(ctx, ref, &in)
		took = append(took, float64(time.Since(begin).Nanoseconds()))
		if !fault.ReasonIs(err, "rules.out_of_fuel") {
			return fmt.Errorf("the runaway ended with %v", err)
		}
	}
	fmt.Printf("\na runaway is stopped after %.2f ms\n", median(took)/1e6)
	return nil
}

func (g *guests) close(ctx context.Context) {
	_ = g.host.Close(ctx)
	_ = os.RemoveAll(g.dir)
}
