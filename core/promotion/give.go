package promotion

import (
	"context"
	"slices"

	"github.com/shopwright/shopwright/core/money"
)

// Given is a grant of a pack that won.
type Given struct {
	Grant
	Hook Hook
	Pack PackRef
}

var grantNames = map[GrantKind]string{
	GrantPoints: "grant_points", GrantMoney: "grant_money", GrantCoupon: "grant_coupon", GrantVisits: "grant_visits",
	GrantGift: "grant_gift", GrantMessage: "grant_message", GrantChances: "grant_chances",
}

// String is the name that a grant has in a trace.
func (k GrantKind) String() string { return grantNames[k] }

// thing is what grants of several packs have in common: of one thing the pack that
// gives most wins whole, at a tie the one whose turn is earlier. Different things
// stand beside each other.
type thing struct {
	kind GrantKind
	ref  string
}

type givers struct {
	order []thing
	most  map[thing]int64
	won   map[thing][]Given
}

func (g *givers) offer(ref *PackRef, grants []Grant) {
	sum := map[thing]int64{}
	mine := map[thing][]Given{}
	var order []thing
	for _, v := range grants {
		t := thing{v.Kind, v.Ref}
		if mine[t] == nil {
			order = append(order, t)
		}
		sum[t] += max(v.Count, int64(v.Amount), 1)
		mine[t] = append(mine[t], Given{Grant: v, Pack: *ref})
	}
	if g.most == nil {
		g.most, g.won = map[thing]int64{}, map[thing][]Given{}
	}
	for _, t := range order {
		if g.most[t] == 0 {
			g.order = append(g.order, t)
		}
		if sum[t] > g.most[t] {
			g.most[t], g.won[t] = sum[t], mine[t]
		}
	}
}

// give takes what won over into Grants and the trace.
func (p *Pipeline) give(g *givers) {
	for _, t := range g.order {
		for _, v := range g.won[t] {
			v.Hook = p.In.Hook
			p.Grants = append(p.Grants, v)
			x := TraceGrant{TraceNote: MakeNote(v.Hook.String(), &v.Pack, v.Note), Kind: v.Kind.String(), Amount: max(v.Count, int64(v.Amount)), Ref: v.Ref}
			x.Line = v.Line
			p.Trace.Grants = append(p.Trace.Grants, x)
		}
	}
}

// Trigger asks what an event sets off. The input has the event and no lines.
func (p *Pipeline) Trigger(ctx context.Context) []Given { return p.grants(ctx, HookTrigger) }

func (p *Pipeline) grants(ctx context.Context, h Hook) []Given {
	g := givers{}
	p.Ask(ctx, h, func(ref *PackRef, out *Output) { g.offer(ref, out.Grants) })
	from := len(p.Grants)
	p.give(&g)
	return p.Grants[from:]
}

// Draw asks for the prizes of one chance. Prizes of several packs are no rivals:
// a chance belongs to one pack, and the caller puts that pack alone in.
func (p *Pipeline) Draw(ctx context.Context) []Given { return p.grants(ctx, HookDraw) }

// TenderCap is what one of the member's own tenders may pay. PackID "" is the
// merchant's own setting.
type TenderCap struct {
	TenderLimit
	PackID, PackVersion string
}

// Effective is the most that can really be paid: whole steps.
func (c *TenderLimit) Effective() money.Amount {
	if c.Step > 0 {
		return c.Most - c.Most%c.Step
	}
	return c.Most
}

// Allows reports whether an amount may be paid.
func (c *TenderLimit) Allows(a money.Amount) bool {
	return a <= c.Most && (c.Step == 0 || a%c.Step == 0)
}

// Tender settles what the member's own tenders may pay: of several limits on a
// tender the one that leaves least holds, with its step; own are the merchant's
// settings, which hold whatever the packs say and are all there is where they
// fail. The lots' order is of the first pack that has an opinion. They come in the
// order of the kinds.
func (p *Pipeline) Tender(ctx context.Context, own []TenderLimit) []TenderCap {
	caps := make([]TenderCap, 0, len(own)+1)
	for _, l := range own {
		caps = append(caps, TenderCap{TenderLimit: l})
	}
	p.Ask(ctx, HookTender, func(ref *PackRef, out *Output) {
		for _, l := range out.Tenders {
			caps = append(caps, TenderCap{l, ref.ID, ref.Version})
		}
	})
	var out []TenderCap
	for k := TenderStoredValue; k <= TenderGiftCard; k++ {
		var low *TenderCap
		consume := ConsumeDefault
		for i := range caps {
			c := &caps[i]
			if c.Tender != k {
				continue
			}
			if consume == ConsumeDefault {
				consume = c.Consume
			}
			if low == nil || c.Effective() < low.Effective() || c.Effective() == low.Effective() && c.Step > low.Step {
				low = c
			}
		}
		if low != nil {
			won := *low
			won.Consume = consume
			out = append(out, won)
			if won.PackID != "" {
				g := TraceGrant{TraceNote: MakeNote(HookTender.String(), &PackRef{ID: won.PackID, Version: won.PackVersion}, won.Note), Kind: "tender_limit", Amount: int64(won.Effective()), Ref: TenderName(k)}
				p.Trace.Grants = append(p.Trace.Grants, g)
			}
		}
	}
	return out
}

// TenderName is the name of a tender in the books and in the API.
func TenderName(k TenderKind) string {
	switch k {
	case TenderStoredValue:
		return "stored_value"
	case TenderPoints:
		return "points"
	case TenderGiftCard:
		return "gift_card"
	}
	return ""
}

// Term is a return term with the pack that sets it.
type Term struct {
	ReturnTerm
	Pack PackRef
}

// Return settles what a refund does beyond the stored allocation. The fees of
// several packs do not add up: of each line (and of the whole) the highest one
// holds; likewise of the points that the member keeps. A coupon that one pack
// keeps stays used.
func (p *Pipeline) Return(ctx context.Context) []Term {
	type slot struct {
		kind         ReturnKind
		line, coupon uint32
	}
	best := map[slot]Term{}
	var order []slot
	p.Ask(ctx, HookReturn, func(ref *PackRef, out *Output) {
		mine := map[slot]bool{}
		for _, t := range out.Returns {
			s := slot{t.Kind, t.Line, t.Coupon}
			if mine[s] {
				continue // one term of a kind and line from a pack
			}
			mine[s] = true
			had, seen := best[s]
			if !seen {
				order = append(order, s)
			}
			if !seen || t.Amount > had.Amount || t.Points > had.Points {
				best[s] = Term{t, *ref}
			}
		}
	})
	slices.SortStableFunc(order, func(a, b slot) int { return int(a.line) - int(b.line) })
	var out []Term
	for _, s := range order {
		t := best[s]
		out = append(out, t)
		names := map[ReturnKind]string{ReturnFee: TraceReturnFee, ReturnKeepPoints: TraceKeepPoints, ReturnKeepCoupon: TraceKeepCoupon}
		p.Trace.Grant(names[t.Kind], &t.Pack, t.Note, t.Line, max(int64(t.Amount), t.Points))
	}
	return out
}
