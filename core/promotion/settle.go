package promotion

import (
	"context"
	"slices"

	"github.com/shopwright/shopwright/core/money"
)

// LineBonus is bonus money that a line gives.
type LineBonus struct {
	Line   uint32
	Amount money.Amount
	Pack   PackRef
	Note
}

// TopUp settles the bonus of the top-up lines: of each line the best wins. Every
// bonus is in In, too.
func (p *Pipeline) TopUp(ctx context.Context) []LineBonus {
	won := make([]LineBonus, len(p.In.Lines))
	g := givers{}
	p.Ask(ctx, HookTopUp, func(ref *PackRef, out *Output) {
		for _, b := range out.Bonuses {
			if i := p.at(b.Line); i >= 0 && p.In.Lines[i].Kind == KindTopUp && b.Amount > won[i].Amount {
				won[i] = LineBonus{b.Line, b.Amount, *ref, b.Note}
			}
		}
		g.offer(ref, out.Grants)
	})
	var out []LineBonus
	for i := range won {
		if b := &won[i]; b.Amount > 0 {
			p.In.Lines[i].Bonus = b.Amount
			p.Trace.Grant("bonus", &b.Pack, b.Note, b.Line, int64(b.Amount))
			out = append(out, *b)
		}
	}
	p.give(&g)
	return out
}

// LinePoints is points that a line earns; what a pack gives for the whole sale is
// the first line's of goods or services.
type LinePoints struct {
	Line   uint32
	Points int64
	Pack   PackRef
	Note
}

// Earned is what the earn hook came to.
type Earned struct {
	Points  []LinePoints
	Rebates []LineBonus // money that goes back into the wallet
}

// Earn settles points and rebates. Of several packs the one that gives the sale
// most points wins whole, so that a pack's own steps (per sale, per line) stay
// together; likewise the one that gives most back as money.
//
// The packs see base as Net of the lines, by position: what the merchant lets
// points be earned on. nil is what the lines cost.
func (p *Pipeline) Earn(ctx context.Context, base []money.Amount) Earned {
	if base != nil {
		net := make([]money.Amount, len(p.In.Lines))
		for i := range p.In.Lines {
			net[i], p.In.Lines[i].Net = p.In.Lines[i].Net, base[i]
		}
		defer func() {
			for i := range p.In.Lines {
				p.In.Lines[i].Net = net[i]
			}
		}()
	}
	var best, giver *PackRef
	var earns []Earn
	var rebates []TopUpBonus
	var most int64
	var mostBack money.Amount
	g := givers{}
	p.Ask(ctx, HookEarn, func(ref *PackRef, out *Output) {
		var sum int64
		var back money.Amount
		for _, b := range out.Bonuses {
			back += b.Amount
		}
		if back > mostBack {
			giver, rebates, mostBack = ref, out.Bonuses, back
		}
		for _, e := range out.Earns {
			sum += e.Points
		}
		if sum > most {
			best, earns, most = ref, out.Earns, sum
		}
		g.offer(ref, out.Grants)
	})
	var e Earned
	for _, b := range rebates {
		if p.at(b.Line) >= 0 {
			e.Rebates = append(e.Rebates, LineBonus{b.Line, b.Amount, *giver, b.Note})
			p.Trace.Grant("rebate", giver, b.Note, b.Line, int64(b.Amount))
		}
	}
	for _, v := range earns {
		line := v.Line
		if p.at(line) < 0 {
			line = p.firstSold()
		}
		e.Points = append(e.Points, LinePoints{line, v.Points, *best, v.Note})
		p.Trace.Grant("points", best, v.Note, v.Line, v.Points)
	}
	p.give(&g)
	return e
}

// firstSold is the first line of goods or services, else the first of all.
func (p *Pipeline) firstSold() uint32 {
	for i := range p.In.Lines {
		if p.In.Lines[i].sold() {
			return p.In.Lines[i].ID
		}
	}
	return p.In.Lines[0].ID
}

// TierOutcome is the tier that the packs propose; Code "" is no opinion.
type TierOutcome struct {
	Code string
	Rank int
	Pack PackRef
	Note
}

// Tier settles the member's tier: the highest proposed one that the merchant has.
// Whether it is applied is the merchant's policy and the caller's; GrantTier puts
// it into the trace.
func (p *Pipeline) Tier(ctx context.Context) TierOutcome {
	best := TierOutcome{Rank: -1}
	p.Ask(ctx, HookTier, func(ref *PackRef, out *Output) {
		i := slices.IndexFunc(p.In.Tiers, func(t TierView) bool { return t.Code == out.Tier.Code })
		if out.Tier.Code != "" && i >= 0 && p.In.Tiers[i].Rank > best.Rank {
			best = TierOutcome{out.Tier.Code, p.In.Tiers[i].Rank, *ref, out.Tier.Note}
		}
	})
	return best
}

// GrantTier notes that a proposed tier was given.
func (p *Pipeline) GrantTier(t TierOutcome) {
	p.Trace.Grant("tier", &t.Pack, t.Note, 0, int64(t.Rank))
}

// LineCommission is what a line pays its staff.
type LineCommission struct {
	CommissionProposal
	Pack PackRef
}

// Commission settles commission: the best proposal of each line with staff wins.
// They come in the order of the lines.
func (p *Pipeline) Commission(ctx context.Context) []LineCommission {
	won := make([]LineCommission, len(p.In.Lines))
	p.Ask(ctx, HookCommission, func(ref *PackRef, out *Output) {
		for _, c := range out.Commissions {
			if i := p.at(c.Line); i >= 0 && p.In.Lines[i].HasStaff && c.Amount > won[i].Amount {
				won[i] = LineCommission{c, *ref}
			}
		}
	})
	var out []LineCommission
	for i := range won {
		if c := &won[i]; c.Amount > 0 {
			p.Trace.Grant("commission", &c.Pack, c.Note, c.Line, int64(c.Amount))
			out = append(out, *c)
		}
	}
	return out
}
