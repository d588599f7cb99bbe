package checkout

import (
	"cmp"
	"context"
	"hash/fnv"

	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/loyalty"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/setting"
)

// stage runs the hooks of a quote one after another over one input.
type stage struct {
	*promotion.Pipeline
	d     *Desk
	q     *Quote
	draws map[id.ID][]sale.Draw // visits set aside for each service
}

// activePack is a pack that is on in a shop, as the pipeline takes it.
func activePack(b *pack.Bundle, a *pack.Activation) promotion.Pack {
	p := promotion.Pack{Ref: b.Ref(a.Config, a.Priority)}
	for _, name := range b.Hooks {
		p.Hooks = append(p.Hooks, promotion.HookOf(name))
	}
	return p
}

var lineKinds = map[string]promotion.LineKind{
	sale.LineGoods: promotion.KindGoods, sale.LineService: promotion.KindService,
	sale.LineTopUp: promotion.KindTopUp, sale.LinePunchCard: promotion.KindPunchCard, sale.LineGiftCard: promotion.KindGiftCard,
	sale.LineGift: promotion.KindGiftCard, // nothing that packs discount or pay points for
}

// applyRules asks the packs that are on and takes what the pipeline comes to over
// into the quote.
func (d *Desk) applyRules(ctx context.Context, q *Quote, l *loaded) error {
	for i := range l.active {
		if a := &l.active[i]; a.Failures > 0 {
			q.failing = append(q.failing, a.PackID)
		}
	}
	s := &stage{d: d, q: q}
	if err := s.fill(l, d.packsOn(ctx, q, l, true)); err != nil {
		return err
	}
	l.stage = s
	again, err := s.run(ctx, l)
	s.fold()
	s.conclude(ctx)
	s.note()
	switch {
	case err != nil:
		return err
	case again:
		return d.repriced(ctx, q, l)
	}
	return ctx.Err()
}

// packsOn are the packs that are on in the quote's shop; one that is not to be had is
// noted with the quote. costly says whether that may cost the customer something.
func (d *Desk) packsOn(ctx context.Context, q *Quote, l *loaded, costly bool) (packs []promotion.Pack) {
	have := d.Packs.For(ctx, q.Basket.Merchant)
	for i := range l.active {
		a := &l.active[i]
		b, err := have.Get(a.PackID, a.Version)
		if err != nil {
			q.Fallbacks = append(q.Fallbacks, Fallback{PackID: a.PackID, Version: a.Version, Reason: fault.Of(err).Reason, Costly: costly})
			continue
		}
		packs = append(packs, activePack(b, a))
	}
	return packs
}

// run goes through the hooks in their order. It reports whether the basket is to
// be priced once more, on the tier that it has just reached.
func (s *stage) run(ctx context.Context, l *loaded) (again bool, err error) {
	q := s.q
	goods := q.sells(sale.LineGoods) || q.sells(sale.LineService)
	if goods {
		s.price(ctx)
		s.benefit(ctx)
	}
	if err := s.byHand(ctx, l); err != nil {
		return false, err
	}
	if q.sells(sale.LineTopUp) {
		s.topUp(ctx)
	}
	if !q.Basket.Member.IsNone() {
		if goods && l.earns() {
			s.earn(ctx, l.settings)
		}
		if l.reached == "" && s.tier(ctx, l) {
			return true, nil
		}
	}
	if len(l.staff) > 0 {
		s.commission(ctx)
	}
	return false, nil
}

// fill makes the input: everything that a rule may know, and nothing personal.
func (s *stage) fill(l *loaded, packs []promotion.Pack) error {
	q, b := s.q, &s.q.Basket
	local := q.Desk.Shop.Zone.Local(l.now)
	h := fnv.New64a()
	h.Write(b.Register[:])
	h.Write([]byte(l.now.String()))
	in := promotion.Input{
		Now: l.now, Date: q.Desk.Shop.Zone.BusinessDate(l.now), Weekday: int(local.Weekday()), MinuteOfDay: local.Hour()*60 + local.Minute(),
		Seed: h.Sum64(), Currency: q.Currency, Rounding: setting.Rounding(l.settings), Shop: b.Shop.String(), Facts: l.facts,
	}
	if !b.Member.IsNone() {
		month, day, err := l.profile.Birthday(s.d.Vault)
		if err != nil {
			return err
		}
		today := in.Date.Time()
		in.Member = promotion.MemberView{
			Present: true, Tier: cmp.Or(l.reached, l.profile.Tier), BirthdayMonth: month == int(today.Month()), BirthdayToday: member.BirthdayWithin(month, day, in.Date, 0),
			JoinedDays: int(l.now.Sub(l.profile.JoinedAt).Hours() / 24), Points: q.Wallet.Points,
		}
		for _, t := range l.tiers {
			in.Tiers = append(in.Tiers, promotion.TierView{Code: t.Code, Rank: t.Rank})
		}
	}
	for i := range q.Lines {
		line := &q.Lines[i]
		v := promotion.LineView{ID: uint32(i + 1), Kind: lineKinds[line.Kind], SKU: line.SKUCode, Category: line.Category, Quantity: line.Quantity,
			Unit: line.UnitPrice, Gross: line.Gross, Net: line.Net, Cost: line.Cost, Visits: line.Visits}
		if st := l.staffOf(line.Staff); st != nil {
			v.HasStaff, v.StaffLevel = true, st.Level
		}
		in.Lines = append(in.Lines, v)
	}
	for i, code := range b.Coupons {
		c := l.couponOf(code)
		q.Coupons = append(q.Coupons, *c)
		in.Coupons = append(in.Coupons, c.View(uint32(i+1)))
	}
	s.Pipeline = promotion.NewPipeline(s.d.Rules, packs, in)
	if !b.Member.IsNone() {
		s.setAside(l)
	}
	return nil
}

// price and benefit settle what the lines cost.
func (s *stage) price(ctx context.Context)   { s.record(s.Price(ctx)) }
func (s *stage) benefit(ctx context.Context) { s.record(s.Benefit(ctx)) }

// record takes the resolver's result over into the quote and its trace.
func (s *stage) record(res promotion.Priced) {
	base := 0
	for _, a := range s.q.Adjustments {
		base = max(base, a.Group)
	}
	for i := range res.Adjustments {
		a := &res.Adjustments[i]
		line := &s.q.Lines[a.Line-1]
		adj := sale.Adjustment{Line: line.ID, Amount: a.Amount, Group: base + int(a.Group), Kind: kindNames[a.Kind], PackID: a.PackID, PackVersion: a.PackVersion,
			Code: a.Code, Arg: a.Arg, Money: a.Note.Money, Label: a.Label, Units: a.Units}
		if a.Coupon > 0 && int(a.Coupon) <= len(s.q.Coupons) {
			adj.Coupon = s.q.Coupons[a.Coupon-1].ID
		}
		if a.Kind == promotion.Punch {
			s.draw(line, int64(a.Units/money.One))
		}
		s.q.Adjustments = append(s.q.Adjustments, adj)
	}
	for i := range res.Lines {
		s.q.Lines[res.Lines[i].ID-1].Net = res.Net[i]
	}
}

var kindNames = map[promotion.CandidateKind]string{
	promotion.Percent: "percent", promotion.AmountOff: "amount", promotion.FixedPrice: "fixed_price", promotion.FreeUnits: "free_units", promotion.Punch: "punch",
}

// topUp notes the bonus of each top-up line.
func (s *stage) topUp(ctx context.Context) {
	for _, b := range s.TopUp(ctx) {
		s.line(b.Line).Bonus = b.Amount
	}
}

// earn notes points and rebates with the lines that give them. The packs see what
// points are earned on: what is left after discounts, or the price before them, as
// the merchant declares it.
func (s *stage) earn(ctx context.Context, v setting.Values) {
	base := make([]money.Amount, len(s.q.Lines))
	for i := range base {
		base[i] = loyalty.EarnBase(v, s.q.Lines[i].Gross, s.In.Lines[i].Net)
	}
	e := s.Earn(ctx, base)
	for _, b := range e.Rebates {
		s.line(b.Line).Bonus += b.Amount
	}
	for _, p := range e.Points {
		s.line(p.Line).Points += p.Points
	}
}

// tier applies the proposed tier as far as the merchant lets a sale raise its
// member. It reports whether the sale itself is to be priced on the new tier.
func (s *stage) tier(ctx context.Context, l *loaded) (reprice bool) {
	t := s.Tier(ctx)
	s.q.TierPack = t.Pack.ID
	s.q.TierAfter = s.q.Tier
	if t.Code == "" || t.Code == s.q.Tier {
		return false
	}
	var ladder []string
	for _, t := range l.tiers {
		ladder = append(ladder, t.Code)
	}
	policy := loyalty.PolicyOf(l.settings, ladder)
	s.q.TierAfter, reprice = loyalty.AtSale(policy, l.tierState, s.q.Tier, t.Code, s.In.Date)
	if s.q.TierAfter != s.q.Tier {
		s.GrantTier(t)
	}
	return reprice
}

// repriced prices the basket once more on the tier that it has just reached, and
// keeps that tier whatever it does to the total.
func (d *Desk) repriced(ctx context.Context, q *Quote, l *loaded) error {
	tier, pack := q.TierAfter, q.TierPack
	var runs []sale.RuleRun
	for _, r := range q.Rules {
		if r.Hook == promotion.HookTier.String() {
			runs = append(runs, r)
		}
	}
	var grants []TraceGrant
	for _, g := range q.Trace.Grants {
		if g.Kind == "tier" {
			grants = append(grants, g)
		}
	}
	q.Lines, q.Adjustments, q.Commissions, q.Coupons, q.Fallbacks, q.failing, q.Gives = nil, nil, nil, nil, nil, nil, nil
	q.Rules, q.Trace = runs, Trace{Grants: grants}
	if err := q.makeLines(l); err != nil {
		return err
	}
	l.reached = tier
	if err := d.applyRules(ctx, q, l); err != nil {
		return err
	}
	q.TierAfter, q.TierPack = tier, pack
	return nil
}

// commission notes what each line pays its staff.
func (s *stage) commission(ctx context.Context) {
	for _, c := range s.Commission(ctx) {
		s.line(c.Line).Commission = c.Amount
		s.q.Commissions = append(s.q.Commissions, Commission{Line: int(c.Line) - 1, Amount: c.Amount, Basis: c.Basis, Rate: c.Rate, PackID: c.Pack.ID, PackVersion: c.Pack.Version, Code: c.Code})
	}
}

// conclude takes what the pipeline has to say since the last time over into the
// quote: every call, the fallbacks, the trace.
func (s *stage) conclude(ctx context.Context) {
	for i := range s.Runs {
		r := &s.Runs[i]
		s.q.Rules = append(s.q.Rules, ruleRun(r))
		if r.Err != nil {
			s.d.Log.WarnContext(ctx, "a rule failed, its fallback is used", "pack", r.Pack.ID, "version", r.Pack.Version, "hook", r.Hook.String(), "reason", r.Outcome, "error", r.Err)
		}
	}
	for _, f := range s.Failures {
		s.q.Fallbacks = append(s.q.Fallbacks, Fallback{f.Pack.ID, f.Pack.Version, f.Hook.String(), f.Reason, f.Costly})
	}
	t := &s.q.Trace
	t.Lost, t.Grants, t.Notes = append(t.Lost, s.Trace.Lost...), append(t.Grants, s.Trace.Grants...), append(t.Notes, s.Trace.Notes...)
	s.Runs, s.Failures, s.Trace = nil, nil, promotion.Trace{}
}

// note keeps what a pack would have been told about a member where none was
// asked: the facts of that moment cannot be found out later, and a pack is to be
// tried on sales that were made before it.
func (s *stage) note() {
	if s.d.Encode != nil && len(s.q.Rules) == 0 && s.In.Member.Present {
		s.q.Input = s.d.Encode(&s.In)
	}
}

// ruleRun is a call as it is stored with the sale.
func ruleRun(r *promotion.Run) sale.RuleRun {
	return sale.RuleRun{Hook: r.Hook.String(), PackID: r.Pack.ID, PackVersion: r.Pack.Version, ModuleHash: r.Pack.ModuleHash, ConfigHash: r.Pack.ConfigHash,
		Outcome: r.Outcome, Fuel: r.Fuel, Nanos: r.Nanos, Input: r.Input, Output: r.Output}
}

func (s *stage) line(n uint32) *sale.Line {
	if n == 0 || int(n) > len(s.q.Lines) {
		return nil
	}
	return &s.q.Lines[n-1]
}
