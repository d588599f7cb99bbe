package kit

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/shopwright/shopwright/core/backtest"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/rules"
)

// ReplayOptions vary a replay.
type ReplayOptions struct {
	Config  []byte // settings in place of the recorded ones, over the pack's defaults
	Details int    // how many differences are kept one by one
}

// ReplayResult is what became of recorded calls.
type ReplayResult struct {
	Currency money.Currency
	Sales    int // in the file
	Calls    int // of this pack

	// Of the version that ran, with the settings that it ran with: compared by byte.
	Exact, Differ int
	// Of another version or other settings: compared by what they come to.
	Compared, Changed int
	// Figures are the changes of all compared calls together, by hook.
	Figures map[promotion.Hook][]Figure

	Failed      map[string]int // a fault's reason -> calls that fail now and did not then, or otherwise
	Unavailable map[string]int // why a call could not be made -> how many
	Details     []ReplayDetail
}

// ReplayDetail is one call that does not give what it gave.
type ReplayDetail struct {
	Sale    string // the pseudonym in the file
	Date    clock.Date
	Hook    promotion.Hook
	Fault   string // reason; "" where it answered
	Bytes   bool   // the answer differs by byte
	Figures []Figure
}

// OK reports whether the version that ran gives what it gave, and nothing fails.
func (r *ReplayResult) OK() bool { return r.Differ == 0 && len(r.Failed) == 0 }

// asked is one question that a sale put to its packs: a hook and its input, with
// what each answered.
type asked struct {
	hook  promotion.Hook
	input []byte
	calls []*backtest.ExportCall
}

// of is the call of one pack; nil where it was not asked.
func (a *asked) of(pack string) *backtest.ExportCall {
	for _, c := range a.calls {
		if c.Pack == pack {
			return c
		}
	}
	return nil
}

// replayer carries a replay through the file.
type replayer struct {
	*Runner
	in  *backtest.ExportReader
	o   ReplayOptions
	res *ReplayResult
}

// Replay asks a pack again what a shop's sales have asked it: calls of the very
// module and settings are compared by byte with what was recorded, those of another
// version or with other settings by what they come to beside the recorded answers
// of the other packs. Each hook is looked at by itself, on the input that was
// recorded for it. A fact that this version wants and the input lacks makes a call
// unavailable, and never zero. Faults: backtest.export_malformed,
// backtest.export_cut, kit.other_pack, pack.config_invalid for ReplayOptions.Config.
func (r *Runner) Replay(ctx context.Context, file io.Reader, o ReplayOptions) (*ReplayResult, error) {
	if len(o.Config) > 0 {
		var err error
		if o.Config, err = r.Bundle.CheckConfig(o.Config); err != nil {
			return nil, err
		}
	}
	p := &replayer{r, backtest.NewExportReader(file), o, &ReplayResult{
		Figures: map[promotion.Hook][]Figure{}, Failed: map[string]int{}, Unavailable: map[string]int{}}}
	others := map[string]bool{}
	for {
		s, err := p.in.Next()
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		h := p.in.Header()
		p.res.Currency = money.Currency{Code: h.Currency, Digits: h.Digits}
		if err != nil {
			break
		}
		p.res.Sales++
		for i := range s.Calls {
			others[s.Calls[i].Pack] = true
		}
		if err := p.sale(ctx, &s); err != nil {
			return nil, err
		}
	}
	if p.res.Calls == 0 && len(others) > 0 && !others[r.Bundle.ID] {
		return nil, ErrForeign.With("id", r.Bundle.ID).With("have", strings.Join(slices.Sorted(maps.Keys(others)), ", "))
	}
	return p.res, nil
}

// sale puts a sale's questions again.
func (p *replayer) sale(ctx context.Context, s *backtest.ExportSale) error {
	var all []*asked
	mine := false
	for i := range s.Calls {
		c := &s.Calls[i]
		mine = mine || c.Pack == p.Bundle.ID
		h := promotion.HookOf(c.Hook)
		at := slices.IndexFunc(all, func(a *asked) bool {
			return a.hook == h && bytes.Equal(a.input, c.Input) && a.of(c.Pack) == nil
		})
		if at < 0 {
			at = len(all)
			all = append(all, &asked{hook: h, input: c.Input})
		}
		all[at].calls = append(all[at].calls, c)
	}
	if !mine { // the pack was not on
		return nil
	}
	for _, a := range all {
		if err := p.question(ctx, s, a); err != nil {
			return err
		}
	}
	return nil
}

// question puts one question to the pack, where it was or would now be asked.
func (p *replayer) question(ctx context.Context, s *backtest.ExportSale, a *asked) error {
	then := a.of(p.Bundle.ID)
	if then == nil && !p.Bundle.Serves(a.hook) {
		return nil
	}
	p.res.Calls++
	if then != nil && then.Module == p.Bundle.ModuleHash() && len(p.o.Config) == 0 {
		return p.exact(ctx, s, then)
	}
	return p.compare(ctx, s, a, then)
}

// exact compares by byte.
func (p *replayer) exact(ctx context.Context, s *backtest.ExportSale, then *backtest.ExportCall) error {
	config := p.in.Config(then.Pack, then.Config)
	if config == nil {
		p.res.Unavailable["settings"]++
		return nil
	}
	in, a, err := p.message(ctx, config, then.Input)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	outcome := "ok"
	if err != nil {
		outcome = fault.Of(err).Reason
	}
	d := ReplayDetail{Sale: s.Sale, Date: s.Date, Hook: promotion.HookOf(then.Hook)}
	switch {
	case outcome != then.Outcome:
		d.Fault = outcome
		p.res.Failed[outcome]++
	case err != nil || bytes.Equal(a.OutputBytes, then.Output):
		p.res.Exact++
		return nil
	default:
		d.Bytes = true
		p.res.Differ++
		if old, err := rules.Decode(then.Output); err == nil {
			d.Figures = Differences(settled(in, old), settled(in, a.Output))
		}
	}
	p.keep(d)
	return nil
}

// recorded answers as the file says, but for the one pack that is asked anew.
type recorded struct {
	outputs map[string]promotion.Output
}

func (r recorded) Evaluate(_ context.Context, p promotion.PackRef, _ *promotion.Input) (promotion.Answer, error) {
	return promotion.Answer{Output: r.outputs[p.ID]}, nil
}

// compare compares what the answers of all packs come to, with the recorded answer
// of this one and with its answer now.
func (p *replayer) compare(ctx context.Context, s *backtest.ExportSale, a *asked, then *backtest.ExportCall) error {
	in, err := rules.DecodeInput(a.input)
	if err != nil {
		return backtest.ErrExportFormat.Wrap(err)
	}
	ref, why := p.ref(s, then)
	if why == "" {
		why = p.lacks(&in)
	}
	if why != "" {
		p.res.Unavailable[why]++
		return nil
	}
	answers := recorded{map[string]promotion.Output{}}
	var packs []promotion.Pack
	for _, c := range a.calls {
		if c.Outcome != "ok" {
			continue // it was left out then
		}
		out, err := rules.Decode(c.Output)
		if err != nil {
			return backtest.ErrExportFormat.Wrap(err)
		}
		answers.outputs[c.Pack] = out
		packs = append(packs, promotion.Pack{Ref: promotion.PackRef{ID: c.Pack, Version: c.Version, ConfigHash: c.Config, Priority: c.Priority}, Hooks: []promotion.Hook{a.hook}})
	}
	before := Settle(ctx, answers, packs, in, a.hook)
	d := ReplayDetail{Sale: s.Sale, Date: s.Date, Hook: a.hook}
	packs = slices.DeleteFunc(slices.Clone(packs), func(x promotion.Pack) bool { return x.Ref.ID == ref.ID })
	delete(answers.outputs, ref.ID)
	if p.Bundle.Serves(a.hook) {
		now, err := p.host.Evaluate(ctx, ref, &in)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			if d.Fault = fault.Of(err).Reason; then == nil || then.Outcome != d.Fault {
				p.res.Failed[d.Fault]++
			}
		} else {
			answers.outputs[ref.ID] = now.Output
			packs = append(packs, promotion.Pack{Ref: ref, Hooks: []promotion.Hook{a.hook}})
		}
	}
	p.res.Compared++
	d.Figures = Differences(before, Settle(ctx, answers, packs, in, a.hook))
	if len(d.Figures) > 0 {
		p.res.Changed++
		p.res.Figures[a.hook] = sum(p.res.Figures[a.hook], d.Figures)
	}
	if len(d.Figures) > 0 || d.Fault != "" {
		p.keep(d)
	}
	return nil
}

// ref is the pack with the settings that it is to be asked with. why says what is
// missing for it.
func (p *replayer) ref(s *backtest.ExportSale, then *backtest.ExportCall) (ref promotion.PackRef, why string) {
	if then == nil { // a hook that it has begun to serve: its settings are those of its other calls
		for i := range s.Calls {
			if s.Calls[i].Pack == p.Bundle.ID {
				then = &s.Calls[i]
				break
			}
		}
	}
	config := p.o.Config
	if len(config) == 0 {
		old := p.in.Config(then.Pack, then.Config)
		if old == nil {
			return ref, "settings"
		}
		var err error
		if config, err = p.Bundle.CheckConfig(old); err != nil {
			return ref, fault.Of(err).Reason
		}
	}
	return p.Bundle.Ref(config, then.Priority), ""
}

// lacks names a fact that this version wants and the recorded input does not have;
// without a member there are no facts.
func (p *replayer) lacks(in *promotion.Input) string {
	if !in.Member.Present {
		return ""
	}
	for i, want := range p.Bundle.FactRefs() {
		if !slices.ContainsFunc(in.Facts, func(f promotion.FactValue) bool { return f.FactRef == want }) {
			return "fact " + p.Bundle.Facts[i].Kind + " (" + window(want.WindowDays) + ")"
		}
	}
	return ""
}

func (p *replayer) keep(d ReplayDetail) {
	if len(p.res.Details) < p.o.Details {
		p.res.Details = append(p.res.Details, d)
	}
}

// sum adds changes up over lines, by what has changed.
func sum(all, more []Figure) []Figure {
	for _, f := range more {
		if f.Line > 0 {
			f.Line, f.SKU = 0, ""
		}
		at := slices.IndexFunc(all, func(x Figure) bool { return x.What == f.What && x.SKU == f.SKU })
		if at < 0 {
			all = append(all, f)
			continue
		}
		all[at].Want += f.Want
		all[at].Got += f.Got
	}
	return all
}
