package kit

import (
	"cmp"
	"context"
	"slices"

	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/promotion"
)

// LineOutcome is one line before and after the hooks.
type LineOutcome struct {
	ID         uint32
	SKU        string
	Category   string
	Quantity   money.Quantity
	Before     money.Amount // the input's net
	After      money.Amount
	Points     int64
	Bonus      money.Amount // of a top-up, or a rebate
	Commission money.Amount
}

// Applied is what a pack took off a line; Why explains a candidate that lost.
type Applied struct {
	Hook   promotion.Hook
	Line   uint32 // 0: the whole
	Amount money.Amount
	promotion.Note
}

// Outcome is what the answers of packs come to on one input, as the resolver
// settles them.
type Outcome struct {
	Hooks    []promotion.Hook // that were asked, in their order
	Lines    []LineOutcome
	Applied  []Applied
	Lost     []promotion.TraceLost
	Given    []promotion.TraceGrant // points, bonuses, tiers, commission, limits, terms, grants
	Notes    []promotion.TraceNote
	Runs     []promotion.Run
	Failures []promotion.Failure
	// Before and After are the sums over the lines of goods and services.
	Before, After money.Amount
}

// Points is all points that the lines earn.
func (o *Outcome) Points() (sum int64) {
	for i := range o.Lines {
		sum += o.Lines[i].Points
	}
	return sum
}

// steps is the order in which a quote asks its hooks.
var steps = []promotion.Hook{
	promotion.HookPrice, promotion.HookBenefit, promotion.HookTopUp, promotion.HookEarn, promotion.HookTier, promotion.HookCommission, promotion.HookTender,
}

// Settle asks packs for the hooks in the order of a quote, each on what those
// before it have left, and settles their answers. Hooks that no pack serves are left
// out. A pack that fails is in Failures. Where ctx ends, what is answered is
// incomplete.
func Settle(ctx context.Context, ev promotion.Evaluator, packs []promotion.Pack, in promotion.Input, hooks ...promotion.Hook) *Outcome {
	o := &Outcome{}
	p := promotion.NewPipeline(ev, packs, in)
	for i := range in.Lines {
		l := &in.Lines[i]
		o.Lines = append(o.Lines, LineOutcome{ID: l.ID, SKU: l.SKU, Category: l.Category, Quantity: l.Quantity, Before: l.Net})
	}
	hooks = slices.Clone(hooks)
	slices.SortStableFunc(hooks, func(a, b promotion.Hook) int { return cmp.Compare(turnOf(a), turnOf(b)) })
	for _, h := range hooks {
		if p.Serves(h) {
			o.Hooks = append(o.Hooks, h)
			o.step(ctx, p, h)
		}
	}
	for i := range p.In.Lines {
		l := &p.In.Lines[i]
		o.Lines[i].After = l.Net
		if l.Kind == promotion.KindGoods || l.Kind == promotion.KindService {
			o.Before += o.Lines[i].Before
			o.After += l.Net
		}
	}
	o.Lost, o.Given, o.Notes = p.Trace.Lost, p.Trace.Grants, p.Trace.Notes
	o.Runs, o.Failures = p.Runs, p.Failures
	return o
}

// turnOf puts the hooks of a quote into its order and the others behind them.
func turnOf(h promotion.Hook) int {
	if i := slices.Index(steps, h); i >= 0 {
		return i
	}
	return len(steps) + int(h)
}

func (o *Outcome) step(ctx context.Context, p *promotion.Pipeline, h promotion.Hook) {
	switch h {
	case promotion.HookPrice:
		o.priced(h, p.Price(ctx))
	case promotion.HookBenefit:
		o.priced(h, p.Benefit(ctx))
	case promotion.HookTopUp:
		o.bonuses(p.TopUp(ctx))
	case promotion.HookEarn:
		if len(p.In.Lines) == 0 { // nothing was sold that could earn; the rule is asked all the same
			p.Ask(ctx, h, func(*promotion.PackRef, *promotion.Output) {})
			return
		}
		e := p.Earn(ctx, nil)
		o.bonuses(e.Rebates)
		for _, v := range e.Points {
			if l := o.line(v.Line); l != nil {
				l.Points += v.Points
			}
		}
	case promotion.HookTier:
		if t := p.Tier(ctx); t.Code != "" {
			p.GrantTier(t)
		}
	case promotion.HookCommission:
		for _, c := range p.Commission(ctx) {
			if l := o.line(c.Line); l != nil {
				l.Commission = c.Amount
			}
		}
	case promotion.HookTender:
		p.Tender(ctx, nil)
	case promotion.HookTrigger:
		p.Trigger(ctx)
	case promotion.HookDraw:
		p.Draw(ctx)
	case promotion.HookReturn:
		p.Return(ctx)
	}
}

func (o *Outcome) line(id uint32) *LineOutcome {
	for i := range o.Lines {
		if o.Lines[i].ID == id {
			return &o.Lines[i]
		}
	}
	return nil
}

func (o *Outcome) bonuses(bs []promotion.LineBonus) {
	for _, b := range bs {
		if l := o.line(b.Line); l != nil {
			l.Bonus += b.Amount
		}
	}
}

func (o *Outcome) priced(h promotion.Hook, r promotion.Priced) {
	for i := range r.Adjustments {
		a := &r.Adjustments[i]
		o.Applied = append(o.Applied, Applied{Hook: h, Line: a.Line, Amount: a.Amount, Note: a.Note})
	}
}

// answered is an evaluator that gives an answer which is there already.
type answered struct{ promotion.Answer }

func (a answered) Evaluate(context.Context, promotion.PackRef, *promotion.Input) (promotion.Answer, error) {
	return a.Answer, nil
}

// settled is what one output comes to on its input.
func settled(in promotion.Input, out promotion.Output) *Outcome {
	pk := promotion.Pack{Ref: promotion.PackRef{ID: "pack"}, Hooks: []promotion.Hook{in.Hook}}
	return Settle(context.Background(), answered{promotion.Answer{Output: out}}, []promotion.Pack{pk}, in, in.Hook)
}
