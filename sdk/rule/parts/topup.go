package parts

import "github.com/shopwright/shopwright/sdk/rule"

// TopUps gives a bonus on top-ups by a ladder: 500 gets 100.
//
// Settings: topup_on, topup_repeat (1500 gets three times what 500 gets),
// topup_steps (list of amount and bonus, minor units). Note: topup_bonus.
type TopUps struct {
	on, repeat bool
	steps      []rung
}

type rung struct{ amount, bonus rule.Amount }

// Configure reads the part's settings.
func (t *TopUps) Configure(v rule.Value) {
	t.on, t.repeat = v.Bool("topup_on", true), v.Bool("topup_repeat", false)
	t.steps = t.steps[:0]
	for _, x := range v.List("topup_steps") {
		t.steps = append(t.steps, rung{x.Amount("amount", 0), x.Amount("bonus", 0)})
	}
}

// TopUp proposes, for each top-up line, the bonus of the highest step that it reaches.
func (t *TopUps) TopUp(in *rule.Input, out *rule.Output) error {
	if !t.on {
		return nil
	}
	for i := range in.Lines {
		l := &in.Lines[i]
		if l.Kind != rule.KindTopUp {
			continue
		}
		var best *rung
		for j := range t.steps {
			s := &t.steps[j]
			if s.amount > 0 && s.bonus > 0 && l.Gross >= s.amount && (best == nil || s.amount > best.amount) {
				best = s
			}
		}
		if best == nil {
			continue
		}
		n := int64(1)
		if t.repeat {
			n = int64(l.Gross / best.amount)
		}
		bonus := rule.Amount(rule.MulDiv(int64(best.bonus), n, 1, rule.Down))
		out.Bonuses = append(out.Bonuses, rule.Bonus{Line: l.ID, Amount: bonus,
			Note: rule.Note{Code: "topup_bonus", Arg: n, Money: bonus, LineNo: l.ID}})
	}
	return nil
}
