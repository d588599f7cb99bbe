package kit

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"

	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/rules"
	"github.com/shopwright/shopwright/sdk/rule"
	"github.com/shopwright/shopwright/sdk/rule/rulecase"
)

// TestOptions vary a test.
type TestOptions struct {
	Runner RunnerOptions
	Seed   uint64 // of the order of the second round
}

// CaseResult is what became of one golden case.
type CaseResult struct {
	File, Name  string
	Hook        promotion.Hook
	Fuel        int64
	InputBytes  int
	OutputBytes int
	Problems    []string // empty: it passed
	Got, Want   string   // the outputs as they stand in a case file, where they differ
	Money       []Figure // what the difference comes to
	Currency    money.Currency

	output []byte
}

// OK reports whether the case passed.
func (c *CaseResult) OK() bool { return len(c.Problems) == 0 && c.Got == c.Want }

// TestResult is what became of a pack's cases.
type TestResult struct {
	ID, Version string
	Cases       []CaseResult
	Seed        uint64
	Untold      []string // codes that the pack answered and has no English text for
	Updated     []string // case files that were written
	Native      string   // what go test said; "" where it was not run
	NativeOK    bool
}

// OK reports whether all went well.
func (t *TestResult) OK() bool {
	return len(t.Untold) == 0 && (t.Native == "" || t.NativeOK) && !slices.ContainsFunc(t.Cases, func(c CaseResult) bool { return !c.OK() })
}

// Test runs a bundle's golden cases as a server would run its module: each twice,
// the second time in another order, with the same bytes and the same fuel. Faults:
// those of pack.Open and NewRunner, kit.bad_cases, kit.no_cases.
func Test(ctx context.Context, bundle []byte, o TestOptions) (*TestResult, error) {
	b, err := pack.Open(bundle)
	if err != nil {
		return nil, err
	}
	cases, err := Cases(b)
	if err != nil {
		return nil, err
	}
	r, err := NewRunner(ctx, b, o.Runner)
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }()
	t := &TestResult{ID: b.ID, Version: b.Version, Seed: o.Seed, Cases: make([]CaseResult, len(cases))}
	untold := map[string]bool{}
	for i := range cases {
		if t.Cases[i] = r.first(ctx, &cases[i], untold); ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	for _, i := range rand.New(rand.NewPCG(o.Seed, 0)).Perm(len(cases)) {
		if r.again(ctx, &cases[i], &t.Cases[i]); ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	t.Untold = slices.Sorted(maps.Keys(untold))
	return t, nil
}

// Cases reads a bundle's golden cases in the order of their files. Faults:
// kit.bad_cases, kit.no_cases.
func Cases(b *pack.Bundle) ([]rulecase.Case, error) {
	var all []rulecase.Case
	for _, name := range slices.Sorted(maps.Keys(b.Cases)) {
		cs, err := rulecase.Parse(name, b.Cases[name])
		if err != nil {
			return nil, ErrCases.With("file", "cases/"+name).Wrap(err)
		}
		all = append(all, cs...)
	}
	if len(all) == 0 {
		return nil, ErrNoCases.With("pack", b.ID)
	}
	return all, nil
}

// first runs a case for the first time and compares with what it wants.
func (r *Runner) first(ctx context.Context, c *rulecase.Case, untold map[string]bool) CaseResult {
	msg := c.Message()
	res := CaseResult{File: c.File, Name: c.Name, Hook: promotion.Hook(c.Input.Hook), InputBytes: len(msg)}
	fail := func(format string, args ...any) { res.Problems = append(res.Problems, fmt.Sprintf(format, args...)) }
	if !r.Bundle.Serves(res.Hook) {
		fail("the manifest does not name the hook %q", hookName(res.Hook))
		return res
	}
	if _, err := r.Bundle.CheckConfig(c.Config); err != nil {
		fail("its config can never be stored: %v", err)
	}
	in, a, err := r.message(ctx, written(c.Config), msg)
	res.Currency = in.Currency
	if res.Fuel = a.Fuel; err != nil {
		fail("%s", failure(err))
		return res
	}
	res.OutputBytes, res.output = len(a.OutputBytes), a.OutputBytes
	for _, code := range codes(&a.Output) {
		if _, ok := r.Bundle.Text(english, code); !ok {
			untold[code] = true
		}
	}
	var got rule.Output
	if err := rule.DecodeOutput(a.OutputBytes, string(a.OutputBytes), &got); err != nil {
		fail("%v", err)
		return res
	}
	if g, w := rulecase.Show(&got), rulecase.Show(&c.Want); g != w {
		res.Got, res.Want = g, w
		res.Money = r.compare(in, a.Output, c)
	}
	return res
}

// written is a case's settings in the form in which the host writes them: keys
// sorted, no spaces. Defaults are not filled in, since a case says all that its rule
// is to see, natively as well.
func written(config []byte) []byte {
	d := json.NewDecoder(bytes.NewReader(config))
	d.UseNumber()
	var v any
	var w bytes.Buffer
	e := json.NewEncoder(&w)
	e.SetEscapeHTML(false)
	if d.Decode(&v) != nil || e.Encode(v) != nil {
		return config // the rule refuses it
	}
	return bytes.TrimRight(w.Bytes(), "\n")
}

// compare says what a wanted and a given output come to.
func (r *Runner) compare(in promotion.Input, got promotion.Output, c *rulecase.Case) []Figure {
	want, err := decodeWant(c)
	if err != nil {
		return nil // the difference itself is shown
	}
	return Differences(settled(in, want), settled(in, got))
}

// decodeWant is what a case wants, as the host would see it.
func decodeWant(c *rulecase.Case) (promotion.Output, error) {
	return rules.Decode(rule.AppendOutput(nil, &c.Want))
}

// again runs a case for the second time, after others.
func (r *Runner) again(ctx context.Context, c *rulecase.Case, res *CaseResult) {
	if res.output == nil {
		return
	}
	_, a, err := r.message(ctx, written(c.Config), c.Message())
	switch {
	case err != nil:
		res.Problems = append(res.Problems, "the second time: "+failure(err))
	case !bytes.Equal(a.OutputBytes, res.output):
		res.Problems = append(res.Problems, "the second time, after other cases, it gives something else")
	case a.Fuel != res.Fuel:
		res.Problems = append(res.Problems, fmt.Sprintf("the second time it takes %d fuel, not %d", a.Fuel, res.Fuel))
	}
}

// Update writes what a folder's pack answered into its case files: t is the
// result of a test of that folder's bundle. Only files that change are written.
// Cases that gave no answer stop it. Fault: kit.bad_cases.
func Update(dir string, t *TestResult) error {
	outputs := map[string][][]byte{}
	for i := range t.Cases {
		c := &t.Cases[i]
		if c.output == nil || len(c.Problems) > 0 {
			return ErrCases.With("file", c.File).Wrap(fmt.Errorf("%s: %s", c.Name, c.Problems[0]))
		}
		outputs[c.File] = append(outputs[c.File], c.output)
	}
	for _, name := range slices.Sorted(maps.Keys(outputs)) {
		file := filepath.Join(dir, "cases", name)
		old, err := os.ReadFile(file)
		if err == nil {
			var now []byte
			if now, err = rulecase.Rewrite(name, old, outputs[name]); err == nil && !bytes.Equal(old, now) {
				t.Updated = append(t.Updated, name)
				err = os.WriteFile(file, now, 0o644)
			}
		}
		if err != nil {
			return ErrCases.With("file", file).Wrap(err)
		}
	}
	for i := range t.Cases {
		t.Cases[i].Got, t.Cases[i].Want, t.Cases[i].Money = "", "", nil
	}
	return nil
}
