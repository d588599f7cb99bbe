package rules

import (
	"sync"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/sdk/rule"
)

// scratch is what a call needs on the way; it is reused.
type scratch struct {
	in  rule.Input
	out rule.Output
	buf []byte
}

var scratches = sync.Pool{New: func() any { return new(scratch) }}

// encode answers the message of an input, in a slice of its own.
func (s *scratch) encode(in *promotion.Input) []byte {
	toInput(&s.in, in)
	s.buf = rule.AppendInput(s.buf[:0], &s.in)
	return append(make([]byte, 0, len(s.buf)), s.buf...)
}

// decode reads an answer. The strings of the output are parts of one copy of it.
func (s *scratch) decode(b []byte) (promotion.Output, error) {
	if err := rule.DecodeOutput(b, string(b), &s.out); err != nil {
		return promotion.Output{}, ErrBadOutput.With("what", "message").Wrap(err)
	}
	return fromOutput(&s.out), nil
}

func toInput(r *rule.Input, in *promotion.Input) {
	r.Hook = rule.Hook(in.Hook)
	r.Date = dateNumber(in.Date)
	r.Now = int64(in.Now)
	r.Seed = in.Seed
	r.Weekday = uint32(in.Weekday)
	r.MinuteOfDay = uint32(in.MinuteOfDay)
	r.Currency = in.Currency.Code
	r.CurrencyDigits = uint32(in.Currency.Digits)
	r.Rounding = rule.Rounding(in.Rounding)
	r.Shop = in.Shop
	m := &in.Member
	r.Member = rule.Member{Present: m.Present, BirthdayMonth: m.BirthdayMonth, BirthdayToday: m.BirthdayToday,
		JoinedDays: int32(m.JoinedDays), Tier: m.Tier, Points: m.Points}
	r.Lines = r.Lines[:0]
	for i := range in.Lines {
		l := &in.Lines[i]
		r.Lines = append(r.Lines, rule.Line{ID: l.ID, Kind: rule.LineKind(l.Kind), SKU: l.SKU, Category: l.Category,
			Quantity: rule.Quantity(l.Quantity), Unit: rule.UnitPrice(l.Unit), Gross: rule.Amount(l.Gross), Net: rule.Amount(l.Net),
			Cost: rule.Amount(l.Cost), StaffLevel: l.StaffLevel, HasStaff: l.HasStaff, Visits: l.Visits, Bonus: rule.Amount(l.Bonus), Points: l.Points})
	}
	r.Coupons = r.Coupons[:0]
	for i := range in.Coupons {
		c := &in.Coupons[i]
		r.Coupons = append(r.Coupons, rule.Coupon{Ref: c.Ref, Kind: rule.CouponKind(c.Kind), Rate: rule.Rate(c.Rate), Amount: rule.Amount(c.Amount),
			SKU: c.SKU, Category: c.Category, MinSpend: rule.Amount(c.MinSpend), Stacking: c.Stacking})
	}
	r.Punches = r.Punches[:0]
	for _, p := range in.Punches {
		r.Punches = append(r.Punches, rule.PunchBalance{SKU: p.SKU, Available: p.Available})
	}
	r.Facts = r.Facts[:0]
	for _, f := range in.Facts {
		scope := rule.ScopeMerchant
		if f.Shop {
			scope = rule.ScopeShop
		}
		r.Facts = append(r.Facts, rule.Fact{Kind: rule.FactKind(f.Kind), WindowDays: uint32(f.WindowDays), Value: f.Value, Scope: scope})
	}
	r.Tiers = r.Tiers[:0]
	for _, t := range in.Tiers {
		r.Tiers = append(r.Tiers, rule.Tier{Code: t.Code, Rank: int32(t.Rank)})
	}
	v := &in.Event
	r.Event = rule.Event{Kind: rule.EventKind(v.Kind), Level: uint32(v.Level), Value: v.Value, Amount: rule.Amount(v.Amount), At: int64(v.At), Label: v.Label}
	r.Prizes = r.Prizes[:0]
	for _, p := range in.Prizes {
		r.Prizes = append(r.Prizes, rule.Prize{Code: p.Code, Left: p.Left})
	}
	r.Refund = rule.Refund{}
	if b := &in.Refund; b.Present {
		r.Refund = rule.Refund{Days: uint32(b.Days), Full: b.Full, Amount: rule.Amount(b.Amount), Points: b.Points}
	}
}

// dateNumber turns "2006-01-02" into 20060102; 0 where it is no date.
func dateNumber(d clock.Date) rule.Date {
	if len(d) != 10 {
		return 0
	}
	n := rule.Date(0)
	for i := 0; i < len(d); i++ {
		switch c := d[i]; {
		case i == 4 || i == 7:
			if c != '-' {
				return 0
			}
		case c < '0' || c > '9':
			return 0
		default:
			n = n*10 + rule.Date(c-'0')
		}
	}
	return n
}

func fromNote(n *rule.Note) promotion.Note {
	return promotion.Note{Code: n.Code, Arg: n.Arg, Money: money.Amount(n.Money), Label: n.Label, LineNo: n.LineNo}
}

// mapped converts a table; an empty one is nil.
func mapped[A, B any](from []A, f func(*A) B) []B {
	if len(from) == 0 {
		return nil
	}
	to := make([]B, len(from))
	for i := range from {
		to[i] = f(&from[i])
	}
	return to
}

func fromOutput(o *rule.Output) promotion.Output {
	targets := 0
	for i := range o.Candidates {
		targets += len(o.Candidates[i].Targets)
	}
	pool := make([]promotion.Target, 0, targets)
	return promotion.Output{
		Candidates: mapped(o.Candidates, func(c *rule.Candidate) promotion.Candidate {
			from := len(pool)
			for _, t := range c.Targets {
				pool = append(pool, promotion.Target{Line: t.Line, Units: money.Quantity(t.Units)})
			}
			p := promotion.Candidate{
				Kind: promotion.CandidateKind(c.Kind), Class: promotion.Class(c.Class), Basis: promotion.Basis(c.Basis),
				Category: c.Category, Exclusive: c.Exclusive, Priority: c.Priority,
				Rate: money.Rate(c.Rate), Amount: money.Amount(c.Amount), Price: money.UnitPrice(c.Price), Units: money.Quantity(c.Units),
				Threshold: money.Amount(c.Threshold), Repeat: c.Repeat, Cap: money.Amount(c.Cap), Coupon: c.Coupon, Note: fromNote(&c.Note),
			}
			if len(pool) > from {
				p.Targets = pool[from:len(pool):len(pool)]
			}
			return p
		}),
		Earns: mapped(o.Earns, func(e *rule.Earn) promotion.Earn {
			return promotion.Earn{Line: e.Line, Points: e.Points, Note: fromNote(&e.Note)}
		}),
		Tier: promotion.TierProposal{Code: o.Tier.Tier, Note: fromNote(&o.Tier.Note)},
		Commissions: mapped(o.Commissions, func(c *rule.Commission) promotion.CommissionProposal {
			return promotion.CommissionProposal{Line: c.Line, Amount: money.Amount(c.Amount), Basis: money.Amount(c.Basis), Rate: money.Rate(c.Rate), Note: fromNote(&c.Note)}
		}),
		Bonuses: mapped(o.Bonuses, func(b *rule.Bonus) promotion.TopUpBonus {
			return promotion.TopUpBonus{Line: b.Line, Amount: money.Amount(b.Amount), Note: fromNote(&b.Note)}
		}),
		Notes: mapped(o.Notes, fromNote),
		Tenders: mapped(o.Tenders, func(t *rule.TenderLimit) promotion.TenderLimit {
			return promotion.TenderLimit{Tender: promotion.TenderKind(t.Tender), Consume: promotion.Consumption(t.Consume),
				Most: money.Amount(t.Most), Step: money.Amount(t.Step), Note: fromNote(&t.Note)}
		}),
		Grants: mapped(o.Grants, func(g *rule.Grant) promotion.Grant {
			return promotion.Grant{Kind: promotion.GrantKind(g.Kind), Line: g.Line, Count: g.Count, Amount: money.Amount(g.Amount),
				Ref: g.Code, ValidDays: int(g.ValidDays), Prize: g.Prize, Note: fromNote(&g.Note)}
		}),
		Returns: mapped(o.Returns, func(r *rule.ReturnTerm) promotion.ReturnTerm {
			return promotion.ReturnTerm{Kind: promotion.ReturnKind(r.Kind), Line: r.Line, Amount: money.Amount(r.Amount), Points: r.Points,
				Coupon: r.Coupon, Note: fromNote(&r.Note)}
		}),
	}
}
