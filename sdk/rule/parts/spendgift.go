package parts

import "github.com/shopwright/shopwright/sdk/rule"

// SpendGifts gives a member something for what a sale comes to: 100 gets a
// coupon of 10, 200 one of 30. The highest step that is reached holds; a step may
// have several rows.
//
// Settings: spend_gifts_on, spend_gifts (list of spend and a gift),
// spend_gifts_repeat (twice the sum gives twice), spend_gifts_category ("" counts
// everything). Notes: spend_<kind of gift>.
type SpendGifts struct {
	on, repeat bool
	category   string
	rows       []spendGift
}

type spendGift struct {
	spend rule.Amount
	gift  gift
}

// Configure reads the part's settings.
func (s *SpendGifts) Configure(v rule.Value) {
	s.on, s.repeat = v.Bool("spend_gifts_on", false), v.Bool("spend_gifts_repeat", false)
	s.category = v.Text("spend_gifts_category", "")
	s.rows = s.rows[:0]
	for _, x := range v.List("spend_gifts") {
		s.rows = append(s.rows, spendGift{x.Amount("spend", 0), giftOf(x)})
	}
}

// Earn proposes the gifts of the sale.
func (s *SpendGifts) Earn(in *rule.Input, out *rule.Output) error {
	if !s.on || !in.Member.Present {
		return nil
	}
	var sum, best rule.Amount
	for i := range in.Lines {
		if l := &in.Lines[i]; l.Merchandise() && l.Net > 0 && (s.category == "" || l.Category == s.category) {
			sum += l.Net
		}
	}
	for i := range s.rows {
		if at := s.rows[i].spend; at > 0 && at <= sum && at > best {
			best = at
		}
	}
	if best == 0 {
		return nil
	}
	times := int64(1)
	if s.repeat {
		times = int64(sum / best)
	}
	for i := range s.rows {
		if r := &s.rows[i]; r.spend == best {
			r.gift.give(out, "spend", times, rule.Note{Money: best})
		}
	}
	return nil
}
