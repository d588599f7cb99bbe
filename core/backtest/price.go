package backtest

import (
	"context"
	"slices"

	"github.com/shopwright/shopwright/core/loyalty"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/core/sale"
)

// outcome is what one side of a sale comes to.
type outcome struct {
	lines      []lineOutcome
	gross, net money.Amount
	points     int64
	bonus      money.Amount // of top-ups, and rebates
	commission money.Amount
	tier       string
	grants     map[string]int64 // what else is given, by kind and ":" and what it is of
	failures   []promotion.Failure
	calls      int64 // of the pack that is tried
	fuel       int64
	fuelMax    int64
}

type lineOutcome struct {
	net        money.Amount
	points     int64
	bonus      money.Amount
	commission money.Amount
}

// verdict is a past sale priced on both sides, or why it could not be.
type verdict struct {
	past   *sale.Past
	a, b   outcome
	reason Reason
	drift  bool // points or commission of the receipt are not what its packs come to today
}

// pricer prices sales, one after another; each goroutine has its own.
type pricer struct {
	p  *plan
	ev recall
}

func (p *plan) pricer() *pricer { return &pricer{p: p, ev: recall{s: p.s}} }

// price prices a past sale on both sides. Faults: the context's, and the rule
// host's where it has stopped; a rule that fails is part of the verdict.
func (w *pricer) price(ctx context.Context, past *sale.Past, more *background) (verdict, error) {
	v := verdict{past: past}
	if err := past.Unpack(); err != nil {
		v.reason = Reason{Code: ReasonInput}
		return v, nil
	}
	b, reason := w.p.makeBasket(ctx, past, more)
	if reason.Code != "" {
		v.reason = reason
		return v, ctx.Err()
	}
	for _, bundle := range []*pack.Bundle{w.p.a.bundle, w.p.b.bundle} {
		if v.reason = b.lacks(bundle); v.reason.Code != "" {
			return v, nil
		}
	}
	w.ev.learn(past.Rules)
	v.a = w.side(ctx, b, past, w.p.a.on(b))
	v.b = w.side(ctx, b, past, w.p.b.on(b))
	if w.ev.err != nil {
		return v, w.ev.err
	}
	for _, s := range []struct {
		side *side
		out  *outcome
	}{{&w.p.a, &v.a}, {&w.p.b, &v.b}} {
		if b.recorded && w.p.asRecorded(s.side, past) {
			same, drift := reproduces(past, s.out)
			if v.drift = drift; !same {
				v.reason = Reason{Code: ReasonReplay}
			}
			break
		}
	}
	return v, ctx.Err()
}

// on is the side's pack on a basket, nil where it has none.
func (s *side) on(b *basket) *promotion.Pack {
	if s.Mode == AsWas {
		return b.asWas
	}
	return s.pack
}

// asRecorded reports whether a side is what the receipt names.
func (p *plan) asRecorded(s *side, past *sale.Past) bool {
	if s.Mode == AsWas {
		return true
	}
	for i := range past.Rules {
		if past.Rules[i].PackID == p.pack {
			return false
		}
	}
	return s.Mode == Off
}

// reproduces compares with the receipt: same says that every line has its price,
// drift that points or commission differ.
func reproduces(past *sale.Past, o *outcome) (same, drift bool) {
	for i := range past.Lines {
		l, n := &past.Lines[i], &o.lines[i]
		if l.Net != n.net {
			return false, drift
		}
		drift = drift || l.Points != n.points || l.Commission != n.commission
	}
	return true, drift || past.TierAfter != o.tier
}

// side prices a basket with the packs of the receipt and the one that is tried.
func (w *pricer) side(ctx context.Context, b *basket, past *sale.Past, tried *promotion.Pack) outcome {
	packs := b.others
	if tried != nil {
		packs = append(packs[:len(packs):len(packs)], *tried)
	}
	in := b.in
	run := w.run(ctx, b, past, packs, in, false)
	if run.again {
		// As at the till: once more on the tier that the sale itself reaches.
		first := run
		in.Member.Tier = run.out.tier
		run = w.run(ctx, b, past, packs, in, true)
		run.out.tier = first.out.tier
		run.calls = append(first.calls, run.calls...)
	}
	o := run.out
	for i := range run.calls {
		if c := &run.calls[i]; c.Pack.ID == w.p.pack {
			o.calls++
			o.fuel += c.Fuel
			o.fuelMax = max(o.fuelMax, c.Fuel)
		}
	}
	o.total(past, b)
	return o
}

type pass struct {
	out   outcome
	calls []promotion.Run
	again bool
}

// run goes through the hooks in the order of a quote (checkout's rules.go).
func (w *pricer) run(ctx context.Context, b *basket, past *sale.Past, packs []promotion.Pack, in promotion.Input, reached bool) pass {
	p := promotion.NewPipeline(&w.ev, packs, in)
	o := outcome{lines: make([]lineOutcome, len(in.Lines)), tier: past.TierBefore}
	if b.goods {
		p.Price(ctx)
		p.Benefit(ctx)
	}
	for i := range b.hand {
		b.hand[i].give(p)
	}
	if b.topUps {
		for _, v := range p.TopUp(ctx) {
			o.lines[v.Line-1].bonus += v.Amount
		}
	}
	again := false
	if b.earns {
		base := make([]money.Amount, len(b.list))
		for i := range base {
			base[i] = loyalty.EarnBase(b.shop.settings, b.list[i], p.In.Lines[i].Net)
		}
		e := p.Earn(ctx, base)
		for _, v := range e.Rebates {
			o.lines[v.Line-1].bonus += v.Amount
		}
		for _, v := range e.Points {
			o.lines[v.Line-1].points += v.Points
		}
	}
	if b.member && !reached {
		if t := p.Tier(ctx); t.Code != "" && t.Code != o.tier && !b.held {
			o.tier, again = loyalty.AtSale(b.shop.policy(b.in.Tiers), loyalty.State{}, o.tier, t.Code, p.In.Date)
		}
	}
	if b.staffed && !again {
		for _, v := range p.Commission(ctx) {
			o.lines[v.Line-1].commission = v.Amount
		}
	}
	for i := range p.In.Lines {
		o.lines[i].net = p.In.Lines[i].Net
	}
	o.give(p.Grants, in.Lines)
	o.failures = p.Failures
	return pass{o, p.Runs, again}
}

// give takes grants over as the till does: points and money belong to a line, the
// rest is counted by what is given.
func (o *outcome) give(grants []promotion.Given, lines []promotion.LineView) {
	for _, g := range grants {
		at := slices.IndexFunc(lines, func(v promotion.LineView) bool { return v.ID == g.Line })
		if at < 0 {
			at = slices.IndexFunc(lines, func(v promotion.LineView) bool {
				goods := v.Kind == promotion.KindGoods || v.Kind == promotion.KindService
				return g.Hook == promotion.HookTopUp && v.Kind == promotion.KindTopUp || g.Hook == promotion.HookEarn && goods
			})
		}
		switch {
		case at < 0:
		case g.Kind == promotion.GrantPoints:
			o.lines[at].points += g.Count
		case g.Kind == promotion.GrantMoney:
			o.lines[at].bonus += g.Amount
		default:
			if o.grants == nil {
				o.grants = map[string]int64{}
			}
			o.grants[g.Kind.String()+":"+g.Ref] += g.Count
		}
	}
}

// give takes a discount by hand off, as far as there is something left to take it
// from.
func (h *hand) give(p *promotion.Pipeline) {
	net := make([]money.Amount, len(h.lines))
	var base money.Amount
	for k, i := range h.lines {
		net[k] = p.In.Lines[i].Net
		base += net[k]
	}
	off := h.off
	if h.rate > 0 {
		off = base.Times(h.rate, p.In.Rounding)
	}
	shares, _ := money.Allocate(min(off, base), net, net)
	for k, i := range h.lines {
		p.TakeOff(p.In.Lines[i].ID, shares[k])
	}
}

// total sums the lines up. What was paid with tenders that earn nothing takes its
// part of the points and of the rebates.
func (o *outcome) total(past *sale.Past, b *basket) {
	var recorded money.Amount
	points, rebates := make([]int64, len(o.lines)), make([]int64, len(o.lines))
	for i := range o.lines {
		l := &o.lines[i]
		recorded += past.Lines[i].Net
		o.gross += b.list[i]
		o.net += l.net
		o.commission += l.commission
		points[i] = l.points
		if b.in.Lines[i].Kind == promotion.KindTopUp {
			o.bonus += l.bonus
		} else {
			rebates[i] = int64(l.bonus)
		}
	}
	due := past.Total + o.net - recorded // tax on top stays what it was: the part is what matters
	points, rebates = loyalty.EarnOn(points, due, b.noEarn), loyalty.EarnOn(rebates, due, b.noEarn)
	for i := range o.lines {
		l := &o.lines[i]
		l.points = points[i]
		if b.in.Lines[i].Kind != promotion.KindTopUp {
			l.bonus = money.Amount(rebates[i])
		}
		o.points += points[i]
		o.bonus += money.Amount(rebates[i])
	}
}
