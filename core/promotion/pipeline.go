package promotion

import (
	"cmp"
	"context"
	"slices"

	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/money"
)

// Evaluator runs one hook of one pack; the rule host satisfies it.
type Evaluator interface {
	// Evaluate runs the hook of in by one pack. Faults: rules.*.
	Evaluate(ctx context.Context, p PackRef, in *Input) (Answer, error)
}

// Pack is a pack that takes part in a pipeline.
type Pack struct {
	Ref   PackRef
	Hooks []Hook
}

// Serves reports whether the pack takes part in a hook.
func (p *Pack) Serves(h Hook) bool { return slices.Contains(p.Hooks, h) }

// Run is one call of one pack. Outcome is "ok" or the reason of Err.
type Run struct {
	Hook    Hook
	Pack    PackRef
	Outcome string
	Err     error
	Fuel    int64
	Nanos   int64
	Input   []byte // the messages as the module saw and gave them
	Output  []byte
}

// Failure is a pack that failed, whose hook was answered by its fallback. Costly
// says that the customer may pay more for it.
type Failure struct {
	Pack   PackRef
	Hook   Hook
	Reason string
	Costly bool
}

// Pipeline asks packs hook by hook over one input and settles what they answer
// between them. The steps are called in the order of the methods below; each sees
// in In what those before it have left. It writes nothing and reads nothing: what
// it comes to follows from the packs, the input and the evaluator alone.
//
// A pack that fails at a hook is left out of it: that is the hook's fallback.
type Pipeline struct {
	In       Input
	Runs     []Run
	Failures []Failure
	Trace    Trace
	Grants   []Given // of topup, earn, trigger and draw, that won

	ev    Evaluator
	packs []Pack
}

// NewPipeline begins over an input. The packs have their turns in the order of
// their ids, so that the order of installation never matters. The input's lines
// are copied.
func NewPipeline(ev Evaluator, packs []Pack, in Input) *Pipeline {
	packs = slices.Clone(packs)
	slices.SortStableFunc(packs, func(a, b Pack) int { return cmp.Compare(a.Ref.ID, b.Ref.ID) })
	in.Lines = slices.Clone(in.Lines)
	return &Pipeline{In: in, ev: ev, packs: packs}
}

// Packs are those that take part, in the order of their turns.
func (p *Pipeline) Packs() []Pack { return p.packs }

// Serves reports whether any pack takes part in a hook.
func (p *Pipeline) Serves(h Hook) bool {
	return slices.ContainsFunc(p.packs, func(x Pack) bool { return x.Serves(h) })
}

// costly are the hooks whose absence the customer may pay for.
func costly(h Hook) bool {
	return h == HookPrice || h == HookBenefit || h == HookEarn || h == HookTopUp
}

// Ask runs one hook of every pack that serves it and hands over the answers of
// those that succeeded. Where ctx ends it stops: that is no failure of a rule, and
// the caller sees it in ctx.
func (p *Pipeline) Ask(ctx context.Context, hook Hook, take func(ref *PackRef, out *Output)) {
	p.In.Hook = hook
	for i := range p.packs {
		ref := &p.packs[i].Ref
		if !p.packs[i].Serves(hook) {
			continue
		}
		run := Run{Hook: hook, Pack: *ref, Outcome: "ok"}
		a, err := p.ev.Evaluate(ctx, *ref, &p.In)
		if ctx.Err() != nil {
			return
		}
		run.Fuel, run.Nanos, run.Input, run.Output = a.Fuel, a.Nanos, a.InputBytes, a.OutputBytes
		if err != nil {
			run.Outcome, run.Err = fault.Of(err).Reason, err
			p.Failures = append(p.Failures, Failure{*ref, hook, run.Outcome, costly(hook)})
		} else {
			take(ref, &a.Output)
			for _, n := range a.Output.Notes {
				p.Trace.Note(hook, ref, n)
			}
		}
		p.Runs = append(p.Runs, run)
	}
}

// Priced is what the price or the benefit hook came to. Lines are the goods and
// services that it looked at; Result speaks of them by position.
type Priced struct {
	Lines []Line
	Result
}

// Price settles unit prices.
func (p *Pipeline) Price(ctx context.Context) Priced {
	ps := p.proposals(ctx, HookPrice)
	if len(ps) == 0 {
		return Priced{}
	}
	lines := p.sold()
	units, res := ResolvePrice(p.In.Currency, p.In.Rounding, lines, ps)
	for i := range lines {
		v := p.line(lines[i].ID)
		v.Unit, v.Gross, v.Net = units[i], res.Net[i], res.Net[i]
	}
	return p.priced(HookPrice, lines, res)
}

// Benefit settles discounts, free units, coupons and visits.
func (p *Pipeline) Benefit(ctx context.Context) Priced {
	ps := p.proposals(ctx, HookBenefit)
	if len(ps) == 0 {
		return Priced{}
	}
	lines := p.sold()
	net := make([]money.Amount, len(lines))
	for i := range lines {
		net[i] = p.line(lines[i].ID).Net
	}
	visits := map[string]int64{}
	for _, v := range p.In.Punches {
		visits[v.SKU] = v.Available
	}
	res := Resolve(p.In.Currency, p.In.Rounding, lines, net, visits, ps)
	for i := range lines {
		p.line(lines[i].ID).Net = res.Net[i]
	}
	return p.priced(HookBenefit, lines, res)
}

// TakeOff lowers a line by what a person gives, between the benefits and what
// looks at what is really paid.
func (p *Pipeline) TakeOff(line uint32, off money.Amount) {
	if v := p.line(line); v != nil {
		v.Net -= off
	}
}

func (p *Pipeline) priced(h Hook, lines []Line, res Result) Priced {
	for i := range res.Lost {
		p.Trace.lost(h, &res.Lost[i])
	}
	return Priced{lines, res}
}

func (p *Pipeline) proposals(ctx context.Context, hook Hook) []Proposal {
	var ps []Proposal
	p.Ask(ctx, hook, func(ref *PackRef, out *Output) {
		if len(out.Candidates) > 0 {
			ps = append(ps, Proposal{Pack: *ref, Candidates: out.Candidates})
		}
	})
	return ps
}

// sold lists the goods and services for the resolver.
func (p *Pipeline) sold() []Line {
	var out []Line
	for i := range p.In.Lines {
		if v := &p.In.Lines[i]; v.sold() {
			out = append(out, Line{ID: v.ID, Kind: v.Kind, SKU: v.SKU, Quantity: v.Quantity, Unit: v.Unit, Gross: v.Gross})
		}
	}
	return out
}

func (v *LineView) sold() bool { return v.Kind == KindGoods || v.Kind == KindService }

// line finds a line; usually they are numbered from one.
func (p *Pipeline) line(no uint32) *LineView {
	if i := p.at(no); i >= 0 {
		return &p.In.Lines[i]
	}
	return nil
}

// at is the position of a line, -1 where there is none.
func (p *Pipeline) at(no uint32) int {
	if i := int(no) - 1; i >= 0 && i < len(p.In.Lines) && p.In.Lines[i].ID == no {
		return i
	}
	return slices.IndexFunc(p.In.Lines, func(v LineView) bool { return v.ID == no })
}
