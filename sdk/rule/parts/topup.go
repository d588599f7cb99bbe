package parts

import "github.com/shopwright/shopwright/sdk/rule"

// TopUps gives a bonus on top-ups by a ladder, 500 gets 100, and other things
// besides: points, visits, coupons, gifts.
//
// Settings: topup_on, topup_repeat (1500 gets three times what 500 gets),
// topup_steps (list of amount and bonus, minor units; tier "" is everybody; first
// holds for a member's first top-up only), topup_gifts (list of amount and a
// gift; the rows of the highest amount that is reached). Notes: topup_bonus,
// topup_<kind of gift>. Fact: money topped up in the whole life, for first.
type TopUps struct {
	on, repeat bool
	steps      []rung
	gifts      []topUpGift
}

type rung struct {
	amount, bonus rule.Amount
	tier          string
	first         bool
}

type topUpGift struct {
	amount rule.Amount
	gift   gift
}

// Configure reads the part's settings.
func (t *TopUps) Configure(v rule.Value) {
	t.on, t.repeat = v.Bool("topup_on", true), v.Bool("topup_repeat", false)
	t.steps, t.gifts = t.steps[:0], t.gifts[:0]
	for _, x := range v.List("topup_steps") {
		t.steps = append(t.steps, rung{x.Amount("amount", 0), x.Amount("bonus", 0), x.Text("tier", ""), x.Bool("first", false)})
	}
	for _, x := range v.List("topup_gifts") {
		t.gifts = append(t.gifts, topUpGift{x.Amount("amount", 0), giftOf(x)})
	}
}

// TopUp proposes, for each top-up line, the bonus of the highest step that it
// reaches, of several such the one that gives most, and the gifts of its amount.
func (t *TopUps) TopUp(in *rule.Input, out *rule.Output) error {
	if !t.on {
		return nil
	}
	first := firstTopUp(in)
	for i := range in.Lines {
		l := &in.Lines[i]
		if l.Kind != rule.KindTopUp {
			continue
		}
		if in.Member.Present {
			t.give(l, out)
		}
		best := t.best(in, l.Gross, l == first)
		if best == nil {
			continue
		}
		n := t.times(l.Gross, best.amount)
		bonus := rule.Amount(rule.MulDiv(int64(best.bonus), n, 1, rule.Down))
		out.Bonuses = append(out.Bonuses, rule.Bonus{Line: l.ID, Amount: bonus,
			Note: rule.Note{Code: "topup_bonus", Arg: n, Money: bonus, LineNo: l.ID}})
	}
	return nil
}

// firstTopUp is the line that is the member's first top-up, of several the largest;
// nil where there were some before or the host does not say.
func firstTopUp(in *rule.Input) (first *rule.Line) {
	if before, known := in.Fact(rule.FactTopUps, 0); !known || before != 0 || !in.Member.Present {
		return nil
	}
	for i := range in.Lines {
		if l := &in.Lines[i]; l.Kind == rule.KindTopUp && (first == nil || l.Gross > first.Gross) {
			first = l
		}
	}
	return first
}

func (t *TopUps) times(gross, step rule.Amount) int64 {
	if t.repeat {
		return int64(gross / step)
	}
	return 1
}

func (t *TopUps) best(in *rule.Input, gross rule.Amount, first bool) *rung {
	var best *rung
	for j := range t.steps {
		s := &t.steps[j]
		if s.amount <= 0 || s.bonus <= 0 || gross < s.amount || s.first && !first || s.tier != "" && s.tier != in.Member.Tier {
			continue
		}
		if best == nil || s.amount > best.amount || s.amount == best.amount && s.bonus > best.bonus {
			best = s
		}
	}
	return best
}

func (t *TopUps) give(l *rule.Line, out *rule.Output) {
	var best rule.Amount
	for j := range t.gifts {
		if a := t.gifts[j].amount; a > 0 && a <= l.Gross && a > best {
			best = a
		}
	}
	if best == 0 {
		return
	}
	for j := range t.gifts {
		if g := &t.gifts[j]; g.amount == best {
			g.gift.give(out, "topup", t.times(l.Gross, best), rule.Note{Money: best, LineNo: l.ID})
		}
	}
}
