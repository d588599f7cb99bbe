package pos

import (
	"context"

	"github.com/shopwright/shopwright/core/catalog"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/coupon"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/money"
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
	if n := p.Wallet.PointsPending; n > 0 {
		p.Pending = v.T("pos.points_pending", "points", v.Int(n))
	}
	p.MayCashOut = p.Wallet.StoredValue() > 0 || len(p.Wallet.Punches) > 0
	if err := h.fillProgress(ctx, v, p, tiers); err != nil {
		return err
	}
	if err := h.fillCoupons(ctx, v, p, now); err != nil {
		return err
	}
	h.fillCampaign(ctx, v, p, now)
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

// holding is the visits of one purse.
type holding struct {
	whose string
	wallet.Punches
}

// fillPunches lists the member's punch cards, then those that a relative shares.
func (h *screens) fillPunches(ctx context.Context, m id.ID, p *memberView) error {
	var all []holding
	for _, x := range p.Wallet.Punches {
		if x.Remaining > 0 {
			all = append(all, holding{"", x})
		}
	}
	relatives, err := member.ListFamily(ctx, h.db, m, p.ID)
	if err != nil {
		return err
	}
	for _, r := range relatives {
		if r.Member == p.ID || r.Status != member.Active {
			continue
		}
		w, err := wallet.Get(ctx, h.db, m, r.Member)
		if err != nil {
			return err
		}
		for _, x := range w.Punches {
			if x.Remaining > 0 && !w.Frozen {
				all = append(all, holding{r.Name, x})
			}
		}
	}
	if len(all) == 0 {
		return nil
	}
	var units []id.ID
	for _, x := range all {
		units = append(units, x.SKU)
	}
	var hits []catalog.Hit
	var plans []catalog.PunchPlan
	if err := h.db.Batch(ctx, catalog.AskSKUs(m, units, nil, &hits), catalog.AskPlans(m, units, &plans)); err != nil {
		return err
	}
	for _, x := range all {
		for i := range plans {
			if plans[i].ID == x.SKU && (x.whose == "" || plans[i].Shareable) {
				p.Punches = append(p.Punches, punchView{plans[i].Name, x.whose, x.Remaining})
			}
		}
		for i := range hits { // a card of one service is its member's alone
			if hits[i].ID == x.SKU && x.whose == "" {
				p.Punches = append(p.Punches, punchView{hits[i].Name, "", x.Remaining})
			}
		}
	}
	return nil
}

// fillProgress says what is missing to the next tier. The packs are asked where
// nothing is rung up yet, which is when a cashier speaks of it, and so never
// between two scans.
func (h *screens) fillProgress(ctx context.Context, v *view, p *memberView, tiers []member.Tier) error {
	if len(tiers) == 0 || len(v.Basket.Lines) > 0 {
		return nil
	}
	s, err := h.o.Desk.TierStanding(ctx, v.Desk.Merchant.ID, p.ID)
	if err != nil {
		h.o.Log.WarnContext(ctx, "a member's standing could not be read", "error", err)
		return nil
	}
	if s.Next == "" || s.Missing <= 0 {
		return nil
	}
	missing := v.Int(s.Missing)
	if s.InMoney {
		missing = v.Money(money.Amount(s.Missing))
	}
	key := "pos.tier_missing"
	if s.Metric == "visits" || s.Metric == "points" {
		key += "_" + s.Metric
	}
	p.Progress = v.T(key, "missing", missing, "tier", tierName(tiers, s.Next))
	return nil
}

// fillCoupons lists what the member may use here and now, and what of it is in the
// basket.
func (h *screens) fillCoupons(ctx context.Context, v *view, p *memberView, now clock.Instant) error {
	var owned []coupon.Coupon
	if err := h.db.Batch(ctx, coupon.AskOfMember(v.Desk.Merchant.ID, p.ID, now, &owned)); err != nil {
		return err
	}
	for _, c := range coupon.Usable(owned, coupon.UseAt(v.Desk.Shop.Zone, p.ID, v.Desk.Shop.ID, id.None, now)) {
		x := couponView{Code: c.Code, Name: c.Definition.Name}
		switch {
		case c.ValidUntil != 0:
			x.Until = v.Date(v.Desk.Shop.Zone.BusinessDate(c.ValidUntil))
		case c.UntilDate != "":
			x.Until = v.Date(c.UntilDate)
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
