package rules

import (
	"unicode/utf8"

	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/promotion"
)

// What one grant may give at most; the limits of the merchant's own budget are
// the flow's.
const (
	maxGrant     = 1_000_000
	maxValidDays = 36_500
)

func (c *checker) tender(t *promotion.TenderLimit) {
	c.ensure(t.Tender >= promotion.TenderStoredValue && t.Tender <= promotion.TenderGiftCard, "tender kind")
	c.ensure(t.Consume <= promotion.ConsumeBonus, "consumption")
	c.ensure(t.Consume == promotion.ConsumeDefault || t.Tender == promotion.TenderStoredValue, "consumption")
	c.amount(int64(t.Most), "tender limit")
	c.amount(int64(t.Step), "tender step")
	c.note(&t.Note)
}

// grant: of a kind that the hook can give, of a prize that is there.
func (c *checker) grant(g *promotion.Grant) {
	c.ensure(g.Kind >= promotion.GrantPoints && g.Kind <= promotion.GrantChances, "grant kind")
	c.ensure(g.Line == 0 || c.line(g.Line) != nil, "grant line")
	c.ensure(g.Count >= 0 && g.Count <= maxGrant, "grant count")
	c.ensure(g.ValidDays >= 0 && g.ValidDays <= maxValidDays, "grant validity")
	c.ensure(len(g.Ref) <= maxCode && utf8.ValidString(g.Ref), "grant code")
	c.amount(int64(g.Amount), "grant amount")
	switch g.Kind {
	case promotion.GrantMoney:
		c.ensure(g.Amount > 0 && g.Count == 0, "grant amount")
	case promotion.GrantMessage:
		c.ensure(g.Ref != "", "grant code")
	case promotion.GrantCoupon, promotion.GrantVisits, promotion.GrantGift:
		c.ensure(g.Count > 0 && g.Ref != "" && g.Amount == 0, "grant count")
	default:
		c.ensure(g.Count > 0 && g.Amount == 0, "grant count")
	}
	if c.hook == promotion.HookDraw {
		c.ensure(c.prize(g.Prize), "prize")
	} else {
		c.ensure(g.Prize == "", "prize")
	}
	c.note(&g.Note)
}

func (c *checker) prize(code string) bool {
	for i := range c.in.Prizes {
		if p := &c.in.Prizes[i]; p.Code == code && p.Left != 0 {
			return true
		}
	}
	return false
}

// term: a refund keeps no more than it would give back.
func (c *checker) term(t *promotion.ReturnTerm) {
	c.ensure(t.Kind >= promotion.ReturnFee && t.Kind <= promotion.ReturnKeepCoupon, "return kind")
	l := c.line(t.Line)
	c.ensure(t.Line == 0 || l != nil, "return line")
	c.amount(int64(t.Amount), "return amount")
	c.ensure(t.Points >= 0 && money.Fits(t.Points), "return points")
	most, points := c.in.Refund.Amount, c.in.Refund.Points
	if l != nil {
		most, points = l.Net, l.Points
	}
	switch t.Kind {
	case promotion.ReturnFee:
		c.ensure(t.Amount > 0 && t.Amount <= most && t.Points == 0 && t.Coupon == 0, "return amount")
	case promotion.ReturnKeepPoints:
		c.ensure(t.Points > 0 && t.Points <= points && t.Amount == 0 && t.Coupon == 0, "return points")
	case promotion.ReturnKeepCoupon:
		c.ensure(c.coupon(t.Coupon) && t.Amount == 0 && t.Points == 0, "return coupon")
	}
	c.note(&t.Note)
}
