package pos

import (
	"context"

	"github.com/shopwright/shopwright/core/catalog"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/coupon"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/wallet"
)

// fillMember reads the member's panel.
func (h *screens) fillMember(ctx context.Context, v *view) error {
	if v.Basket.Member.IsNone() {
		return nil
	}
	m := v.Desk.Merchant.ID
	mem, err := member.Get(ctx, h.db, h.o.Vault, m, v.Basket.Member)
	if err != nil || mem.Status != member.Active {
		if err == nil {
			err = checkout.ErrMemberBlocked
		}
		if k := fault.KindOf(err); k != fault.NotFound && k != fault.Conflict {
			return err
		}
		v.Basket.mend(checkout.ErrUnknownMember)
		v.Err = err
		return nil
	}
	p := &memberView{Member: mem, Phone: mem.Private.MaskedPhone()}
	tiers, err := member.ListTiers(ctx, h.db, m)
	if err != nil {
		return err
	}
	p.TierName = tierName(tiers, mem.Tier)
	if v.Quote != nil {
		p.Wallet = v.Quote.Wallet
		if v.Quote.TierAfter != v.Quote.Tier {
			p.NextTier = tierName(tiers, v.Quote.TierAfter)
		}
		if v.Quote.Points != 0 {
			p.Points = "+" + v.Int(v.Quote.Points)
		}
	} else if p.Wallet, err = wallet.Get(ctx, h.db, m, mem.ID); err != nil {
		return err
	}
	now := h.db.Now()
	date := v.Desk.Shop.Zone.BusinessDate(now)
	p.Birthday = isBirthday(mem.Private.Birthday, date)
	p.BirthdayMonth = mem.BirthMonth != 0 && mem.BirthMonth == int(date.Time().Month())
	if err := h.fillPunches(ctx, m, p); err != nil {
		return err
	}
	if err := h.fillCoupons(ctx, v, p, now); err != nil {
		return err
	}
	v.Member = p
	return nil
}

func tierName(tiers []member.Tier, code string) string {
	for _, t := range tiers {
		if t.Code == code {
			return t.Name
		}
	}
	return code
}

// isBirthday takes "1990-05-17" or "--05-17".
func isBirthday(birthday string, today clock.Date) bool {
	if len(birthday) < 5 {
		return false
	}
	md := birthday[len(birthday)-5:]
	t := today.Time()
	month, day := int(md[0]-'0')*10+int(md[1]-'0'), int(md[3]-'0')*10+int(md[4]-'0')
	return !t.IsZero() && member.BirthdayWithin(month, day, today, 0)
}

func (h *screens) fillPunches(ctx context.Context, m id.ID, p *memberView) error {
	var ids []id.ID
	for _, x := range p.Wallet.Punches {
		if x.Remaining > 0 {
			ids = append(ids, x.SKU)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	var hits []catalog.Hit
	if err := h.db.Batch(ctx, catalog.AskSKUs(m, ids, nil, &hits)); err != nil {
		return err
	}
	for _, x := range p.Wallet.Punches {
		for i := range hits {
			if hits[i].ID == x.SKU && x.Remaining > 0 {
				p.Punches = append(p.Punches, punchView{hits[i].Name, x.Remaining})
			}
		}
	}
	return nil
}

// fillCoupons lists what the member may use now, and what is in the basket.
func (h *screens) fillCoupons(ctx context.Context, v *view, p *memberView, now clock.Instant) error {
	owned, err := coupon.List(ctx, h.db, v.Desk.Merchant.ID, p.ID, "", db.Page{Limit: 50})
	if err != nil {
		return err
	}
	for i := range owned {
		c := &owned[i]
		if c.UsableBy(p.ID, id.None, now) != nil {
			continue
		}
		x := couponView{Code: c.Code, Name: c.Definition.Name}
		if c.ValidUntil != 0 {
			x.Until = v.Date(v.Desk.Shop.Zone.BusinessDate(c.ValidUntil))
		}
		if c.Definition.MinSpend > 0 {
			x.From = v.Money(c.Definition.MinSpend)
		}
		for _, code := range v.Basket.Coupons {
			x.Applied = x.Applied || code == c.Code
		}
		x.Idle = x.Applied && v.Quote != nil && !takesOff(v.Quote, c.ID)
		p.Coupons = append(p.Coupons, x)
	}
	return nil
}

func takesOff(q *checkout.Quote, c id.ID) bool {
	for i := range q.Adjustments {
		if q.Adjustments[i].Coupon == c {
			return true
		}
	}
	return false
}
