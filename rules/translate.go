package rules

import (
	"sync"
	"unsafe"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/sdk/rule"
)

// scratch is what a call needs on the way; it is reused.
type scratch struct {
	in    rule.Input
	out   rule.Output
	buf   []byte
	words words
}

var scratches = sync.Pool{New: func() any { return new(scratch) }}

// encode answers the message of an input, valid until the next one.
func (s *scratch) encode(in *promotion.Input) []byte {
	toInput(&s.in, in)
	s.buf = rule.AppendInput(s.buf[:0], &s.in)
	return s.buf
}

// decode reads an answer into out, whose tables are used again. The strings of
// out are its own.
func (s *scratch) decode(b []byte, out *promotion.Output) error {
	if err := rule.DecodeOutput(b, unsafe.String(unsafe.SliceData(b), len(b)), &s.out); err != nil {
		clearOutput(out)
		return ErrBadOutput.With("what", "message").Wrap(err)
	}
	s.words.begin()
	s.fromOutput(&s.out, out)
	return nil
}

// trim gives up what an unusual call has left large.
func (s *scratch) trim() {
	if cap(s.buf) > keptBytes || cap(s.in.Lines) > keptRecords || cap(s.out.Candidates) > keptRecords ||
		cap(s.out.Earns) > keptRecords || cap(s.out.Commissions) > keptRecords || cap(s.out.Grants) > keptRecords {
		s.in, s.out, s.buf = rule.Input{}, rule.Output{}, nil
	}
}

const (
	keptBytes   = 256 << 10
	keptRecords = 1024
)

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
