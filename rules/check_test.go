package rules

import (
	"errors"
	"testing"

	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/promotion"
)

func TestCheckOutput(t *testing.T) {
	note := promotion.Note{Code: "x"}
	candidate := func(change func(*promotion.Candidate)) promotion.Output {
		c := promotion.Candidate{Kind: promotion.Percent, Class: promotion.ClassLine, Basis: promotion.Remaining, Rate: 100_000,
			Targets: []promotion.Target{{Line: 1}}, Note: note}
		change(&c)
		return promotion.Output{Candidates: []promotion.Candidate{c}}
	}
	none := func(*promotion.Candidate) {}
	tender := func(c *promotion.Candidate) { c.Class = promotion.ClassTender }
	order := func(c *promotion.Candidate) { c.Class = promotion.ClassOrder }
	punch := func(line uint32, units money.Quantity) promotion.Output {
		return candidate(func(c *promotion.Candidate) {
			c.Kind, c.Units, c.Targets = promotion.Punch, units, []promotion.Target{{Line: line, Units: units}}
		})
	}
	earn := promotion.Output{Earns: []promotion.Earn{{Line: 1, Points: 3, Note: note}}}
	commission := func(line uint32, a money.Amount) promotion.Output {
		return promotion.Output{Commissions: []promotion.CommissionProposal{{Line: line, Amount: a, Note: note}}}
	}
	bonus := func(line uint32) promotion.Output {
		return promotion.Output{Bonuses: []promotion.TopUpBonus{{Line: line, Amount: 5, Note: note}}}
	}
	tier := func(code string) promotion.Output {
		return promotion.Output{Tier: promotion.TierProposal{Code: code, Note: note}}
	}
	price, benefit := promotion.HookPrice, promotion.HookBenefit
	cases := []struct {
		name string
		hook promotion.Hook
		out  promotion.Output
		want *fault.Fault
	}{
		{"a price", price, candidate(none), nil},
		{"a benefit", benefit, candidate(order), nil},
		{"a tender", promotion.HookTender, promotion.Output{Tenders: []promotion.TenderLimit{{Tender: promotion.TenderPoints, Most: 500, Step: 100, Note: promotion.Note{Code: "c"}}}}, nil},
		{"a candidate of the tender hook", promotion.HookTender, candidate(tender), ErrPower},
		{"points", promotion.HookEarn, earn, nil},
		{"a commission", promotion.HookCommission, commission(1, 5), nil},
		{"a bonus", promotion.HookTopUp, bonus(5), nil},
		{"a tier", promotion.HookTier, tier("gold"), nil},
		{"a note", promotion.HookReturn, promotion.Output{Notes: []promotion.Note{note}}, nil},
		{"a punch", benefit, punch(3, 1000), nil},

		{"price of order class", price, candidate(order), ErrPower},
		{"price with a coupon", price, candidate(func(c *promotion.Candidate) { c.Coupon = 1 }), ErrPower},
		{"price by amount", price, candidate(func(c *promotion.Candidate) { c.Kind = promotion.AmountOff }), ErrPower},
		{"benefit of tender class", benefit, candidate(tender), ErrPower},
		{"tender of line class", promotion.HookTender, candidate(none), ErrPower},
		{"discount from the points hook", promotion.HookEarn, candidate(none), ErrPower},
		{"points from the benefit hook", benefit, earn, ErrPower},
		{"tier from the earn hook", promotion.HookEarn, tier("gold"), ErrPower},
		{"commission from the tier hook", promotion.HookTier, commission(1, 5), ErrPower},
		{"bonus from the benefit hook", benefit, bonus(5), ErrPower},
		{"points from the draw hook", promotion.HookDraw, earn, ErrPower},

		{"unknown kind", benefit, candidate(func(c *promotion.Candidate) { c.Kind = 99 }), ErrBadOutput},
		{"unknown class", benefit, candidate(func(c *promotion.Candidate) { c.Class = 0 }), ErrBadOutput},
		{"unknown basis", price, candidate(func(c *promotion.Candidate) { c.Basis = 7 }), ErrBadOutput},
		{"rate above the whole", price, candidate(func(c *promotion.Candidate) { c.Rate = 1_000_001 }), ErrBadOutput},
		{"negative rate", price, candidate(func(c *promotion.Candidate) { c.Rate = -1 }), ErrBadOutput},
		{"negative amount", benefit, candidate(func(c *promotion.Candidate) { c.Amount = -1 }), ErrBadOutput},
		{"amount beyond meaning", benefit, candidate(func(c *promotion.Candidate) { c.Amount = 1 << 62 }), ErrBadOutput},
		{"priority that could wrap", price, candidate(func(c *promotion.Candidate) { c.Priority = 1 << 30 }), ErrBadOutput},
		{"line that is not there", price, candidate(func(c *promotion.Candidate) { c.Targets[0].Line = 9 }), ErrBadOutput},
		{"line 0", price, candidate(func(c *promotion.Candidate) { c.Targets[0].Line = 0 }), ErrBadOutput},
		{"line twice", price, candidate(func(c *promotion.Candidate) { c.Targets = append(c.Targets, c.Targets[0]) }), ErrBadOutput},
		{"more units than there are", price, candidate(func(c *promotion.Candidate) { c.Targets[0].Units = 1001 }), ErrBadOutput},
		{"coupon that is not there", benefit, candidate(func(c *promotion.Candidate) { c.Coupon = 2 }), ErrBadOutput},
		{"repeat without threshold", benefit, candidate(func(c *promotion.Candidate) { c.Repeat = true }), ErrBadOutput},
		{"free units of nothing", benefit, candidate(func(c *promotion.Candidate) { c.Kind = promotion.FreeUnits }), ErrBadOutput},
		{"punch without visits", benefit, punch(1, 1000), ErrBadOutput},
		{"half a punch", benefit, punch(3, 500), ErrBadOutput},
		{"no code", price, candidate(func(c *promotion.Candidate) { c.Code = "" }), ErrBadOutput},
		{"code with a space", price, candidate(func(c *promotion.Candidate) { c.Code = "a b" }), ErrBadOutput},
		{"label that is no text", price, candidate(func(c *promotion.Candidate) { c.Label = "\xff" }), ErrBadOutput},
		{"note of no line", price, candidate(func(c *promotion.Candidate) { c.LineNo = 77 }), ErrBadOutput},
		{"negative points", promotion.HookEarn, promotion.Output{Earns: []promotion.Earn{{Points: -1, Note: note}}}, ErrBadOutput},
		{"commission without a line", promotion.HookCommission, commission(0, 5), ErrBadOutput},
		{"negative commission", promotion.HookCommission, commission(1, -5), ErrBadOutput},
		{"bonus on goods", promotion.HookTopUp, bonus(1), ErrBadOutput},
		{"tier that is not there", promotion.HookTier, tier("diamond"), ErrBadOutput},
		{"a grant", promotion.HookEarn, grants(promotion.Grant{Kind: promotion.GrantCoupon, Count: 1, Ref: "w"}), nil},
		{"a grant of the price hook", price, grants(promotion.Grant{Kind: promotion.GrantCoupon, Count: 1, Ref: "w"}), ErrPower},
		{"a coupon without a template", promotion.HookTrigger, grants(promotion.Grant{Kind: promotion.GrantCoupon, Count: 1}), ErrBadOutput},
		{"points and money", promotion.HookTopUp, grants(promotion.Grant{Kind: promotion.GrantPoints, Count: 1, Amount: 1}), ErrBadOutput},
		{"a negative count", promotion.HookEarn, grants(promotion.Grant{Kind: promotion.GrantPoints, Count: -1}), ErrBadOutput},
		{"a prize that is not there", promotion.HookDraw, grants(promotion.Grant{Kind: promotion.GrantPoints, Count: 1, Prize: "car"}), ErrBadOutput},
		{"a prize without a draw", promotion.HookEarn, grants(promotion.Grant{Kind: promotion.GrantPoints, Count: 1, Prize: "car"}), ErrBadOutput},
		{"a tender of another kind", promotion.HookTender, promotion.Output{Tenders: []promotion.TenderLimit{{Tender: 9, Note: promotion.Note{Code: "c"}}}}, ErrBadOutput},
		{"a fee above the refund", promotion.HookReturn, promotion.Output{Returns: []promotion.ReturnTerm{{Kind: promotion.ReturnFee, Amount: 1 << 40, Note: promotion.Note{Code: "c"}}}}, ErrBadOutput},
		{"a fee of the earn hook", promotion.HookEarn, promotion.Output{Returns: []promotion.ReturnTerm{{Kind: promotion.ReturnFee, Amount: 1, Note: promotion.Note{Code: "c"}}}}, ErrPower},
		{"too many notes", price, promotion.Output{Notes: make([]promotion.Note, 4097)}, ErrBadOutput},
	}
	lim := Limits{}.withDefaults()
	for _, c := range cases {
		err := checkOutput(basket(c.hook, 5), &c.out, &lim)
		if c.want == nil && err != nil || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func grants(g promotion.Grant) promotion.Output {
	g.Code = "c"
	return promotion.Output{Grants: []promotion.Grant{g}}
}
