package checkout

import (
	"cmp"
	"context"
	"hash/fnv"
	"sort"

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

// activePack is a pack that is on in this shop, with its manifest.
type activePack struct {
	bundle *pack.Bundle
	ref    promotion.PackRef
}

// stage runs the hooks of a quote one after another over one input.
type stage struct {
	d     *Desk
	q     *Quote
	packs []activePack
	in    promotion.Input
	draws map[id.ID][]sale.Draw // visits set aside for each service
}

var lineKinds = map[string]promotion.LineKind{
	sale.LineGoods: promotion.KindGoods, sale.LineService: promotion.KindService,
	sale.LineTopUp: promotion.KindTopUp, sale.LinePunchCard: promotion.KindPunchCard, sale.LineGiftCard: promotion.KindGiftCard,
	sale.LineGift: promotion.KindGiftCard, // nothing that packs discount or pay points for
}

// applyRules asks the packs: price, benefit, top-up, earn, tier, commission. The
// packs go in the order of their ids, so that installation order never matters.
func (d *Desk) applyRules(ctx context.Context, q *Quote, l *loaded) error {
	s := &stage{d: d, q: q}
	for i := range l.active {
		a := &l.active[i]
		if a.Failures > 0 {
			q.failing = append(q.failing, a.PackID)
		}
		b, err := d.Packs.Get(a.PackID, a.Version)
		if err != nil {
			q.Fallbacks = append(q.Fallbacks, Fallback{PackID: a.PackID, Version: a.Version, Reason: fault.Of(err).Reason, Costly: true})
			continue
		}
		s.packs = append(s.packs, activePack{b, b.Ref(a.Config, a.Priority)})
	}
	sort.Slice(s.packs, func(i, j int) bool { return s.packs[i].ref.ID < s.packs[j].ref.ID })
	if err := s.fill(l); err != nil {
		return err
	}
	rounding := setting.Rounding(l.settings)
	goods := q.sells(sale.LineGoods) || q.sells(sale.LineService)
	if goods {
		s.price(ctx, rounding)
		s.benefit(ctx, rounding)
	}
	if err := s.byHand(ctx, l); err != nil {
		return err
	}
	if q.sells(sale.LineTopUp) {
		s.topUp(ctx)
	}
	if !q.Basket.Member.IsNone() {
		if goods && l.earns() {
			s.earn(ctx, l.settings)
		}
		if l.reached == "" && s.tier(ctx, l) {
			return d.repriced(ctx, q, l)
		}
	}
	if len(l.staff) > 0 {
		s.commission(ctx)
	}
	return ctx.Err()
}

// fill makes the input: everything that a rule may know, and nothing personal.
func (s *stage) fill(l *loaded) error {
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
	s.in = in
	if !b.Member.IsNone() {
		s.setAside(l)
	}
	return nil
}

// ask runs one hook of every pack that serves it and hands over the answers of
// those that succeeded. A failure is noted and the sale goes on without it.
func (s *stage) ask(ctx context.Context, hook promotion.Hook, costly bool, take func(p *activePack, out *promotion.Output)) {
	s.in.Hook = hook
	for i := range s.packs {
		p := &s.packs[i]
		if !p.bundle.Serves(hook) {
			continue
		}
		run := sale.RuleRun{Hook: hook.String(), PackID: p.ref.ID, PackVersion: p.ref.Version, ModuleHash: p.ref.ModuleHash, ConfigHash: p.ref.ConfigHash, Outcome: "ok"}
		a, err := s.d.Rules.Evaluate(ctx, p.ref, &s.in)
		if ctx.Err() != nil { // the caller went away: that is no failure of the rule
			return
		}
		run.Fuel, run.Nanos, run.Input, run.Output = a.Fuel, a.Nanos, a.InputBytes, a.OutputBytes
		if err != nil {
			run.Outcome = fault.Of(err).Reason
			s.q.Fallbacks = append(s.q.Fallbacks, Fallback{p.ref.ID, p.ref.Version, hook.String(), run.Outcome, costly})
			s.d.Log.WarnContext(ctx, "a rule failed, its fallback is used", "pack", p.ref.ID, "version", p.ref.Version, "hook", hook.String(), "reason", run.Outcome, "error", err)
		} else {
			take(p, &a.Output)
			for _, n := range a.Output.Notes {
				s.q.Trace.note(hook, p, n)
			}
		}
		s.q.Rules = append(s.q.Rules, run)
	}
}

func (s *stage) resolverLines() []promotion.Line {
	var out []promotion.Line
	for i := range s.in.Lines {
		v := &s.in.Lines[i]
		if v.Kind == promotion.KindGoods || v.Kind == promotion.KindService {
			out = append(out, promotion.Line{ID: v.ID, Kind: v.Kind, SKU: v.SKU, Quantity: v.Quantity, Unit: v.Unit, Gross: v.Gross})
		}
	}
	return out
}

func (s *stage) proposals(ctx context.Context, hook promotion.Hook) []promotion.Proposal {
	var ps []promotion.Proposal
	s.ask(ctx, hook, true, func(p *activePack, out *promotion.Output) {
		if len(out.Candidates) > 0 {
			ps = append(ps, promotion.Proposal{Pack: p.ref, Candidates: out.Candidates})
		}
	})
	return ps
}

func (s *stage) price(ctx context.Context, m money.Rounding) {
	ps := s.proposals(ctx, promotion.HookPrice)
	if len(ps) == 0 {
		return
	}
	lines := s.resolverLines()
	units, res := promotion.ResolvePrice(s.q.Currency, m, lines, ps)
	for i := range lines {
		v := &s.in.Lines[lines[i].ID-1]
		v.Unit, v.Gross, v.Net = units[i], res.Net[i], res.Net[i]
	}
	s.record(promotion.HookPrice, lines, res)
}

func (s *stage) benefit(ctx context.Context, m money.Rounding) {
	ps := s.proposals(ctx, promotion.HookBenefit)
	if len(ps) == 0 {
		return
	}
	lines := s.resolverLines()
	net := make([]money.Amount, len(lines))
	for i := range lines {
		net[i] = s.in.Lines[lines[i].ID-1].Net
	}
	visits := map[string]int64{}
	for _, p := range s.in.Punches {
		visits[p.SKU] = p.Available
	}
	res := promotion.Resolve(s.q.Currency, m, lines, net, visits, ps)
	for i := range lines {
		s.in.Lines[lines[i].ID-1].Net = res.Net[i]
	}
	s.record(promotion.HookBenefit, lines, res)
}

// record takes the resolver's result over into the quote and its trace.
func (s *stage) record(hook promotion.Hook, lines []promotion.Line, res promotion.Result) {
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
	for i := range lines {
		s.q.Lines[lines[i].ID-1].Net = res.Net[i]
	}
	for i := range res.Lost {
		s.q.Trace.lost(hook, &res.Lost[i])
	}
}

var kindNames = map[promotion.CandidateKind]string{
	promotion.Percent: "percent", promotion.AmountOff: "amount", promotion.FixedPrice: "fixed_price", promotion.FreeUnits: "free_units", promotion.Punch: "punch",
}

// topUp: the best bonus of each top-up line wins.
func (s *stage) topUp(ctx context.Context) {
	s.ask(ctx, promotion.HookTopUp, true, func(p *activePack, out *promotion.Output) {
		for _, b := range out.Bonuses {
			line := s.line(b.Line)
			if line == nil || line.Kind != sale.LineTopUp || b.Amount <= line.Bonus {
				continue
			}
			line.Bonus = b.Amount
			s.in.Lines[b.Line-1].Bonus = b.Amount
			s.q.Trace.grant("bonus", p, b.Note, b.Line, int64(b.Amount))
		}
	})
}

// earn: of several packs the one that gives the sale most points wins whole, so
// that a pack's own steps (per sale, per line) stay together; likewise the one
// that gives most back as bonus money.
//
// The packs see as Net what points are earned on: what is left after discounts,
// or the price before them, as the merchant declares it.
func (s *stage) earn(ctx context.Context, v setting.Values) {
	for i := range s.in.Lines {
		l := &s.in.Lines[i]
		net := l.Net
		l.Net = loyalty.EarnBase(v, s.q.Lines[i].Gross, net)
		defer func() { l.Net = net }()
	}
	var best, giver *activePack
	var bestEarns []promotion.Earn
	var rebates []promotion.TopUpBonus
	var most int64
	var mostBack money.Amount
	s.ask(ctx, promotion.HookEarn, true, func(p *activePack, out *promotion.Output) {
		var sum int64
		var back money.Amount
		for _, b := range out.Bonuses {
			back += b.Amount
		}
		if back > mostBack {
			giver, rebates, mostBack = p, out.Bonuses, back
		}
		for _, e := range out.Earns {
			sum += e.Points
		}
		if sum > most {
			best, bestEarns, most = p, out.Earns, sum
		}
	})
	s.rebate(giver, rebates)
	for _, e := range bestEarns {
		line := s.line(e.Line)
		if line == nil {
			line = s.firstGoods()
		}
		line.Points += e.Points
		s.q.Trace.grant("points", best, e.Note, e.Line, e.Points)
	}
}

// rebate notes money that goes back into the wallet with the lines that give it.
func (s *stage) rebate(p *activePack, bonuses []promotion.TopUpBonus) {
	for _, b := range bonuses {
		if line := s.line(b.Line); line != nil {
			line.Bonus += b.Amount
			s.q.Trace.grant("rebate", p, b.Note, b.Line, int64(b.Amount))
		}
	}
}

func (s *stage) firstGoods() *sale.Line {
	for i := range s.q.Lines {
		if k := s.q.Lines[i].Kind; k == sale.LineGoods || k == sale.LineService {
			return &s.q.Lines[i]
		}
	}
	return &s.q.Lines[0]
}

// tier: the highest proposed tier that the merchant has wins, as far as the
// merchant lets a sale raise its member. It reports whether the sale itself is to
// be priced on the new tier.
func (s *stage) tier(ctx context.Context, l *loaded) (reprice bool) {
	rank := map[string]int{}
	var ladder []string
	for _, t := range l.tiers {
		rank[t.Code] = t.Rank
		ladder = append(ladder, t.Code)
	}
	proposed, best := "", -1
	var grants []func()
	s.ask(ctx, promotion.HookTier, false, func(p *activePack, out *promotion.Output) {
		r, known := rank[out.Tier.Code]
		if out.Tier.Code == "" || !known || r <= best {
			return
		}
		proposed, best = out.Tier.Code, r
		s.q.TierPack = p.ref.ID
		note := out.Tier.Note
		grants = []func(){func() { s.q.Trace.grant("tier", p, note, 0, int64(r)) }}
	})
	s.q.TierAfter = s.q.Tier
	if proposed == "" || proposed == s.q.Tier {
		return false
	}
	policy := loyalty.PolicyOf(l.settings, ladder)
	s.q.TierAfter, reprice = loyalty.AtSale(policy, l.tierState, s.q.Tier, proposed, s.in.Date)
	if s.q.TierAfter != s.q.Tier {
		grants[0]()
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
	q.Lines, q.Adjustments, q.Commissions, q.Coupons, q.Fallbacks, q.failing = nil, nil, nil, nil, nil, nil
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

// commission: the best proposal of each line wins.
func (s *stage) commission(ctx context.Context) {
	won := map[uint32]Commission{}
	notes := map[uint32]func(){}
	s.ask(ctx, promotion.HookCommission, false, func(p *activePack, out *promotion.Output) {
		sums := map[uint32]*promotion.CommissionProposal{}
		for i := range out.Commissions {
			c := &out.Commissions[i]
			if sums[c.Line] == nil || c.Amount > sums[c.Line].Amount {
				sums[c.Line] = c
			}
		}
		for n, c := range sums {
			line := s.line(n)
			if line == nil || line.Staff.IsNone() || c.Amount <= won[n].Amount {
				continue
			}
			won[n] = Commission{Line: int(n) - 1, Amount: c.Amount, Basis: c.Basis, Rate: c.Rate, PackID: p.ref.ID, PackVersion: p.ref.Version, Code: c.Code}
			notes[n] = func() { s.q.Trace.grant("commission", p, c.Note, n, int64(c.Amount)) }
		}
	})
	for i := range s.q.Lines {
		if c, ok := won[uint32(i+1)]; ok {
			s.q.Lines[i].Commission = c.Amount
			s.q.Commissions = append(s.q.Commissions, c)
			notes[uint32(i+1)]()
		}
	}
}

func (s *stage) line(n uint32) *sale.Line {
	if n == 0 || int(n) > len(s.q.Lines) {
		return nil
	}
	return &s.q.Lines[n-1]
}
