package checkout

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/shopwright/shopwright/core/coupon"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/setting"
)

// terms is what the packs of a sale say about its refund, beyond the stored
// allocation: asked before the transaction, about what would go back as things
// stand.
type terms struct {
	lines   []goingBack
	list    []promotion.Term
	trace   promotion.Trace
	rules   []sale.RuleRun
	failed  []Fallback
	coupons []coupon.Coupon // by the refs that the packs were given
}

// goingBack is a line of the sale with what of it goes back.
type goingBack struct {
	line     id.ID
	refunded money.Quantity // before
	quantity money.Quantity
	net      money.Amount
	points   int64
}

// errRefundedMeanwhile: another refund was quicker, and the packs were asked about
// something else.
var errRefundedMeanwhile = errors.New("checkout: the sale was refunded meanwhile")

// returnTries is how often a refund asks the packs anew.
const returnTries = 3

// bound lists the packs of a sale that speak at its refund, in the versions and
// configurations that it was priced with.
func (d *Desk) bound(ctx context.Context, s *sale.Sale) (packs []promotion.Pack, failed []Fallback, err error) {
	have := d.Packs.For(ctx, s.Merchant)
	var refs []sale.RuleRun
	var hashes []string
	for _, r := range s.Rules {
		same := func(o sale.RuleRun) bool {
			return o.PackID == r.PackID && o.PackVersion == r.PackVersion && o.ConfigHash == r.ConfigHash
		}
		if !slices.ContainsFunc(refs, same) {
			refs, hashes = append(refs, r), append(hashes, r.ConfigHash)
		}
	}
	if len(refs) == 0 {
		return nil, nil, nil
	}
	type found struct {
		run sale.RuleRun
		b   *pack.Bundle
	}
	var speak []found
	for _, r := range refs {
		b, err := have.Get(r.PackID, r.PackVersion)
		if err != nil {
			continue // gone with its program: the stored allocation alone
		}
		if b.Serves(promotion.HookReturn) {
			speak = append(speak, found{r, b})
		}
	}
	if len(speak) == 0 {
		return nil, nil, nil
	}
	var configs map[string][]byte
	if err := d.DB.Batch(ctx, pack.AskConfigs(s.Merchant, hashes, &configs)); err != nil {
		return nil, nil, err
	}
	for _, f := range speak {
		config, ok := configs[f.run.PackID+" "+f.run.ConfigHash]
		if !ok || f.b.ModuleHash() != f.run.ModuleHash {
			failed = append(failed, Fallback{f.run.PackID, f.run.PackVersion, promotion.HookReturn.String(), pack.ErrNotInstalled.Reason, false})
			continue
		}
		packs = append(packs, promotion.Pack{Ref: f.b.Ref(config, 0), Hooks: []promotion.Hook{promotion.HookReturn}})
	}
	return packs, failed, nil
}

// askTerms asks them. Where a pack fails the stored allocation alone decides.
func (d *Desk) askTerms(ctx context.Context, p *prepared, in *RefundIn) (err error) {
	p.terms = terms{}
	packs, failed, err := d.bound(ctx, p.of)
	if err != nil || len(packs)+len(failed) == 0 {
		return err
	}
	t := &p.terms
	t.failed = failed
	var states []sale.LineState
	if err := d.DB.Batch(ctx, sale.AskStates(in.Merchant, p.of.ID, false, &states), coupon.AskUsing(in.Merchant, p.of.ID, &t.coupons)); err != nil {
		return err
	}
	input := p.termInput(d, in, states)
	if len(t.lines) == 0 {
		return nil
	}
	run := promotion.NewPipeline(d.Rules, packs, input)
	t.list = run.Return(ctx)
	if err := ctx.Err(); err != nil {
		return err
	}
	t.trace = run.Trace
	for i := range run.Runs {
		t.rules = append(t.rules, ruleRun(&run.Runs[i]))
	}
	for _, f := range run.Failures {
		t.failed = append(t.failed, Fallback{f.Pack.ID, f.Pack.Version, f.Hook.String(), f.Reason, f.Costly})
	}
	return nil
}

// termInput is what the packs see: the lines of goods and services that go back,
// each at what the stored allocation gives.
func (p *prepared) termInput(d *Desk, in *RefundIn, states []sale.LineState) promotion.Input {
	of, now := p.of, d.DB.Now()
	zone := p.desk.Shop.Zone
	local := zone.Local(now)
	out := promotion.Input{Now: now, Date: zone.BusinessDate(now), Weekday: int(local.Weekday()), MinuteOfDay: local.Hour()*60 + local.Minute(), Seed: seedOf("return:" + of.ID.String()),
		Currency: of.Currency, Rounding: setting.Rounding(p.settings), Shop: of.Shop.String(), Member: promotion.MemberView{Present: !of.Member.IsNone(), Tier: of.TierAfter},
		Refund: promotion.RefundView{Present: true, Full: true, Days: int(zone.BusinessDate(now).Time().Sub(of.BusinessDate.Time()).Hours() / 24)}}
	want := map[id.ID]money.Quantity{}
	for _, w := range in.Lines {
		want[w.Line] += w.Quantity
	}
	for i := range of.Lines {
		l := &of.Lines[i]
		k := slices.IndexFunc(states, func(s sale.LineState) bool { return s.Line == l.ID })
		if k < 0 {
			continue
		}
		st := &states[k]
		q := st.Rest()
		if len(in.Lines) > 0 {
			q = min(want[l.ID], q)
		}
		if st.Refunded+q < st.Quantity || st.Refunded > 0 {
			out.Refund.Full = false
		}
		if q <= 0 || l.Kind != sale.LineGoods && l.Kind != sale.LineService {
			continue
		}
		g := goingBack{l.ID, st.Refunded, q, part(st.Net, st, q), int64(part(money.Amount(st.Points), st, q))}
		p.terms.lines = append(p.terms.lines, g)
		out.Lines = append(out.Lines, promotion.LineView{ID: uint32(len(p.terms.lines)), Kind: lineKinds[l.Kind], SKU: l.SKUCode, Category: l.Category, Quantity: q, Unit: l.UnitPrice,
			Gross: part(l.Gross, st, q), Net: g.net, HasStaff: !l.Staff.IsNone(), Points: g.points})
		out.Refund.Amount += g.net
		out.Refund.Points += g.points
	}
	for i := range p.terms.coupons {
		out.Coupons = append(out.Coupons, p.terms.coupons[i].View(uint32(i+1)))
	}
	return out
}

// applyTerms changes what goes back by the packs' terms, as far as the host lets
// them: never more than the stored allocation, never below nothing. The refund's
// trace has what each of them took in fact, and the refund's line that it was of.
func (r *returning) applyTerms(t *terms) error {
	r.keptCoupons = map[id.ID]bool{}
	if len(t.lines) == 0 {
		return nil
	}
	at := make([]int, len(t.lines)) // of the lines that the packs were asked about, in the refund
	for i, g := range t.lines {
		at[i] = slices.IndexFunc(r.s.Lines, func(l sale.Line) bool { return l.Of == g.line })
		if k := at[i]; k < 0 || r.s.Lines[k].Quantity != g.quantity || r.state(g.line).Refunded != g.refunded || r.s.Lines[k].Net != g.net {
			return errRefundedMeanwhile
		}
	}
	nets, points := make([]money.Amount, len(at)), make([]money.Amount, len(at))
	for i, k := range at {
		nets[i], points[i] = r.s.Lines[k].Net, money.Amount(r.s.Lines[k].Points)
	}
	r.before = make([]money.Amount, len(r.s.Lines))
	for i := range r.s.Lines {
		r.before[i] = r.s.Lines[i].Net
	}
	t.trace.Grants = slices.Clone(t.trace.Grants)
	for n, term := range t.list {
		g, of := &t.trace.Grants[n], nets // one for each term, in their order
		switch term.Kind {
		case promotion.ReturnKeepCoupon:
			if c := int(term.Coupon) - 1; c >= 0 && c < len(t.coupons) {
				r.keptCoupons[t.coupons[c].ID] = true
			}
			continue
		case promotion.ReturnKeepPoints:
			of = points
		}
		if i := int(term.Line); i > len(at) {
			of = nil
		} else if i > 0 {
			of, g.Line = of[i-1:i], uint32(at[i-1]+1)
		}
		g.Amount = int64(less(of, max(term.Amount, money.Amount(term.Points))))
	}
	for i, k := range at {
		r.giveLess(k, nets[i], int64(points[i]))
	}
	r.explain(t.trace)
	r.s.Rules = append(r.s.Rules, t.rules...)
	var failed []string
	for _, f := range t.failed {
		failed = append(failed, f.PackID)
	}
	r.s.Fallbacks = strings.Join(failed, ",")
	return nil
}

// less takes an amount off several, in proportion, none below zero, and answers what
// was there to be taken.
func less(of []money.Amount, amount money.Amount) money.Amount {
	take := min(max(amount, 0), total(of))
	parts, _ := money.Allocate(take, of, of)
	for i := range parts {
		of[i] -= parts[i]
	}
	return take
}

// giveLess sets what a line of the refund gives back, with its tax in proportion.
func (r *returning) giveLess(k int, net money.Amount, points int64) {
	l, b, s := &r.s.Lines[k], &r.back[k], r.s
	if fee := l.Net - net; fee > 0 {
		tax := l.Tax.MulDiv(int64(net), int64(l.Net), money.Down)
		s.Tax -= l.Tax - tax
		s.Total -= fee
		s.Subtotal -= fee
		l.Gross, l.Net, l.Tax = l.Gross-fee, net, tax
		b.NetBack, b.TaxBack = net, tax
		r.withheld = true
	}
	s.Points -= l.Points - points
	l.Points, b.PointsBack = points, points
	s.Discount = s.Subtotal - s.Total
}

// settleLines computes what comes back of each line, by the stored allocation and
// the packs' terms.
func (r *returning) settleLines(t *terms) error {
	if err := r.choose(r.in.Lines); err != nil {
		return err
	}
	if r.s.Kind == sale.KindVoid {
		return nil // as if it had never been
	}
	return r.applyTerms(t)
}

// withTerms runs a refund's transaction, and asks the packs anew where another
// refund was quicker.
func (d *Desk) withTerms(ctx context.Context, p *prepared, in *RefundIn, kind string, f func(context.Context, *db.Tx) error) (err error) {
	for range returnTries {
		if kind != sale.KindVoid {
			if err := d.askTerms(ctx, p, in); err != nil {
				return err
			}
		}
		if err = d.DB.InTx(ctx, f); !errors.Is(err, errRefundedMeanwhile) {
			return err
		}
	}
	return sale.ErrOverRefund.Wrap(err)
}

// speakers notes in the quote which packs will speak at a refund and were not
// asked for anything else, so that the sale knows their versions.
func (s *stage) speakers() {
	for i := range s.Packs() {
		p := &s.Packs()[i]
		ran := slices.ContainsFunc(s.q.Rules, func(r sale.RuleRun) bool { return r.PackID == p.Ref.ID })
		if p.Serves(promotion.HookReturn) && !ran {
			s.q.Rules = append(s.q.Rules, ruleRun(&promotion.Run{Hook: promotion.HookReturn, Pack: p.Ref, Outcome: "ok"}))
		}
	}
}
