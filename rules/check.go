package rules

import (
	"unicode/utf8"

	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/promotion"
)

// What a candidate may state at most; the merchant's own priority is added to
// the pack's, and must not wrap.
const (
	maxPriority = 1_000_000
	maxCode     = 64
	maxLabel    = 256
)

// checker compares an answer with what the hook has power over and with the
// basket that it speaks of.
type checker struct {
	in   *promotion.Input
	lim  *Limits
	hook promotion.Hook
	err  *fault.Fault
}

// checkOutput is the last gate before the resolver. Faults: rules.power_exceeded,
// rules.bad_output.
func checkOutput(in *promotion.Input, out *promotion.Output, lim *Limits) error {
	c := &checker{in: in, lim: lim, hook: in.Hook}
	c.table("candidates", len(out.Candidates), c.is(promotion.HookPrice, promotion.HookBenefit))
	c.table("earns", len(out.Earns), c.is(promotion.HookEarn))
	c.table("commissions", len(out.Commissions), c.is(promotion.HookCommission))
	c.table("bonuses", len(out.Bonuses), c.is(promotion.HookTopUp, promotion.HookEarn))
	c.table("notes", len(out.Notes), true)
	c.table("tenders", len(out.Tenders), c.is(promotion.HookTender))
	c.table("grants", len(out.Grants), c.is(promotion.HookTopUp, promotion.HookEarn, promotion.HookTrigger, promotion.HookDraw))
	c.table("returns", len(out.Returns), c.is(promotion.HookReturn))
	if out.Tier != (promotion.TierProposal{}) {
		c.table("tier", 1, c.is(promotion.HookTier))
	}
	for i := range out.Candidates {
		c.candidate(&out.Candidates[i])
	}
	for i := range out.Earns {
		e := &out.Earns[i]
		c.ensure(e.Line == 0 || c.line(e.Line) != nil, "earn line")
		c.amount(e.Points, "points")
		c.note(&e.Note)
	}
	for i := range out.Commissions {
		p := &out.Commissions[i]
		l := c.line(p.Line)
		c.ensure(l != nil && l.HasStaff, "commission line")
		c.amount(int64(p.Amount), "commission")
		c.amount(int64(p.Basis), "commission basis")
		c.rate(p.Rate)
		c.note(&p.Note)
	}
	for i := range out.Bonuses {
		b := &out.Bonuses[i]
		l := c.line(b.Line)
		if c.hook == promotion.HookTopUp {
			c.ensure(l != nil && l.Kind == promotion.KindTopUp, "bonus line")
		} else { // a rebate: never more than the line costs
			c.ensure(l != nil && (l.Kind == promotion.KindGoods || l.Kind == promotion.KindService) && b.Amount <= l.Net, "rebate line")
		}
		c.amount(int64(b.Amount), "bonus")
		c.note(&b.Note)
	}
	if t := &out.Tier; *t != (promotion.TierProposal{}) {
		c.ensure(t.Code == "" || c.tier(t.Code), "tier")
		c.note(&t.Note)
	}
	for i := range out.Notes {
		c.note(&out.Notes[i])
	}
	for i := range out.Tenders {
		c.tender(&out.Tenders[i])
	}
	for i := range out.Grants {
		c.grant(&out.Grants[i])
	}
	for i := range out.Returns {
		c.term(&out.Returns[i])
	}
	if c.err != nil {
		return c.err
	}
	return nil
}

func (c *checker) is(hooks ...promotion.Hook) bool {
	for _, h := range hooks {
		if h == c.hook {
			return true
		}
	}
	return false
}

func (c *checker) table(name string, n int, power bool) {
	if n > 0 && !power {
		c.exceed(name)
	}
	if n > c.lim.Records {
		c.ensure(false, name+" count")
	}
}

func (c *checker) exceed(what string) {
	if c.err == nil {
		c.err = ErrPower.With("hook", c.hook.String()).With("what", what)
	}
}

// ensure notes the first thing that is wrong.
func (c *checker) ensure(ok bool, what string) {
	if !ok && c.err == nil {
		c.err = ErrBadOutput.With("what", what)
	}
}

func (c *checker) amount(v int64, what string) { c.ensure(v >= 0 && money.Fits(v), what) }

func (c *checker) rate(r money.Rate) { c.ensure(r >= 0 && r <= money.Whole, "rate") }

// line finds a line; usually they are numbered from one.
func (c *checker) line(id uint32) *promotion.LineView {
	ls := c.in.Lines
	if i := int(id) - 1; i >= 0 && i < len(ls) && ls[i].ID == id {
		return &ls[i]
	}
	for i := range ls {
		if ls[i].ID == id && id != 0 {
			return &ls[i]
		}
	}
	return nil
}

func (c *checker) tier(code string) bool {
	for _, t := range c.in.Tiers {
		if t.Code == code {
			return true
		}
	}
	return false
}

func (c *checker) note(n *promotion.Note) {
	c.ensure(codeOK(n.Code), "code")
	c.ensure(len(n.Label) <= maxLabel && utf8.ValidString(n.Label), "label")
	c.ensure(money.Fits(n.Arg) && money.Fits(int64(n.Money)), "argument")
	c.ensure(n.LineNo == 0 || c.line(n.LineNo) != nil, "note line")
}

// codeOK: a key of a message catalogue.
func codeOK(s string) bool {
	if s == "" || len(s) > maxCode {
		return false
	}
	for i := 0; i < len(s); i++ {
		if b := s[i]; (b < 'a' || b > 'z') && (b < '0' || b > '9') && b != '_' && b != '.' {
			return false
		}
	}
	return true
}

func (c *checker) candidate(p *promotion.Candidate) {
	switch c.hook {
	case promotion.HookPrice:
		if p.Class != promotion.ClassLine || p.Kind != promotion.Percent && p.Kind != promotion.FixedPrice || p.Coupon != 0 {
			c.exceed("candidate kind")
		}
	case promotion.HookBenefit:
		if p.Class == promotion.ClassTender {
			c.exceed("candidate class")
		}
	}
	c.ensure(p.Kind >= promotion.Percent && p.Kind <= promotion.Punch, "candidate kind")
	c.ensure(p.Class >= promotion.ClassLine && p.Class <= promotion.ClassTender, "candidate class")
	c.ensure(p.Basis == promotion.Remaining || p.Basis == promotion.Initial, "candidate basis")
	c.ensure(p.Priority >= -maxPriority && p.Priority <= maxPriority, "priority")
	c.ensure(len(p.Category) <= maxCode && utf8.ValidString(p.Category), "category")
	c.rate(p.Rate)
	c.amount(int64(p.Amount), "amount")
	c.amount(int64(p.Price), "price")
	c.amount(int64(p.Units), "units")
	c.amount(int64(p.Threshold), "threshold")
	c.amount(int64(p.Cap), "cap")
	c.ensure(p.Coupon == 0 || c.coupon(p.Coupon), "coupon")
	c.ensure(!p.Repeat || p.Threshold > 0, "repeat without threshold")
	c.targets(p)
	c.note(&p.Note)
}

func (c *checker) coupon(ref uint32) bool {
	for i := range c.in.Coupons {
		if c.in.Coupons[i].Ref == ref {
			return true
		}
	}
	return false
}

// targets: each a line of the basket, once, with no more units than it has. A
// punch has one target, a service line for which the member has visits.
func (c *checker) targets(p *promotion.Candidate) {
	c.ensure(len(p.Targets) <= len(c.in.Lines), "targets")
	if c.err != nil {
		return
	}
	for i, t := range p.Targets {
		l := c.line(t.Line)
		if l == nil {
			c.ensure(false, "target line")
			return
		}
		c.ensure(t.Units >= 0 && t.Units <= max(l.Quantity, 0), "target units")
		for _, o := range p.Targets[:i] {
			c.ensure(o.Line != t.Line, "target twice")
		}
	}
	switch p.Kind {
	case promotion.FreeUnits:
		c.ensure(len(p.Targets) > 0 && p.Units > 0, "free units")
	case promotion.Punch:
		c.ensure(len(p.Targets) == 1 && p.Units > 0 && p.Units%money.One == 0, "punch units")
		if len(p.Targets) == 1 {
			l := c.line(p.Targets[0].Line)
			c.ensure(p.Units <= l.Quantity && p.Units/money.One <= money.Quantity(c.visits(l.SKU)), "punch visits")
		}
	}
}

func (c *checker) visits(sku string) int64 {
	for i := range c.in.Punches {
		if c.in.Punches[i].SKU == sku {
			return c.in.Punches[i].Available
		}
	}
	return 0
}
