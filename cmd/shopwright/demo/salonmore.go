package demo

import (
	"context"
	"time"

	"github.com/shopwright/shopwright/core/catalog"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/coupon"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/staff"
)

// daughter is the second of the family that shares a punch card.
const daughter = "family_second"

// foundMore adds what has to do with the wallet and with commission: a punch plan
// of several services that a family shares, a plan that pays by the month.
func (s *salon) foundMore(t *trader) error {
	t.hero(StoryFamily, "林婉儀 Lin Wanyi", "1985-09-12", "与女儿共用护理次卡。Shares a care card with her daughter.")
	t.hero(daughter, "林小安 Lin Xiaoan", "2008-03-02", "")
	t.hero(StoryHeld, "顾嘉宾 Gu Jiabin", "", "金卡由店长保留。Gold by hand, kept for a guest of honour.")
	t.hero(StoryCashOut, "钱迁 Qian Qian", "", "搬家，退了储值。Moved away, was paid out.")
	err := t.tx(func(ctx context.Context, tx *db.Tx) (err error) {
		s.family, err = catalog.CreatePlan(ctx, tx, t.m.ID, catalog.PunchPlan{Name: "全家护理卡 Family care card", Price: 138000, Visits: 10, FreeVisits: 2, ValidDays: 365, Shareable: true,
			Services: []id.ID{t.byCode["WASH"].ID, t.byCode["CARE"].ID, t.byCode["SCALP"].ID}})
		return err
	})
	if err != nil {
		return err
	}
	err = t.tx(func(ctx context.Context, tx *db.Tx) (err error) {
		s.plan, err = staff.CreatePlan(ctx, tx, t.m.ID, staff.Plan{Name: "服务业绩月提成 Monthly service bonus", Period: staff.Month, Metric: staff.MetricAmount, LineKinds: []string{sale.LineService}, Combination: staff.Adds,
			Steps: []staff.Step{{Rate: 5_000}, {From: 500_000, Rate: 10_000}, {From: 2_000_000, Rate: 20_000}}, ValidFrom: t.date(0)})
		return err
	})
	if err != nil {
		return err
	}
	s.care, err = t.define(coupon.Definition{Name: "上午护理减 30 Mornings: ¥30 off care", Kind: coupon.KindCash, Amount: 3000, MinSpend: 10000, Category: "care", ValidDays: 40, RemindDays: 7,
		Personal: true, PerMember: 2, Shops: []id.ID{t.shop.ID}, Weekdays: coupon.On(time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday), Slots: []coupon.Slot{{From: 10 * 60, To: 13 * 60}}})
	return err
}

// settles is the day on which the month before is settled: the second of a month,
// so that the first is over everywhere.
func (t *trader) settles() clock.Date { return t.today.AddDays(-1).MonthStart().AddDays(1) }

func (s *salon) morningMore(t *trader, day int) error {
	if day == 0 {
		err := t.tx(func(ctx context.Context, tx *db.Tx) error {
			return member.JoinFamily(ctx, tx, t.m.ID, t.heroes[StoryFamily].id, t.heroes[daughter].id)
		})
		if err != nil {
			return err
		}
		if err := t.cards(designs(66, "青丝储值卡 Lily prepaid card", "贵宾折扣卡 VIP discount card", "洗护次卡 Visit card")...); err != nil {
			return err
		}
	}
	if err := t.consents(day); err != nil {
		return err
	}
	if t.date(day) == t.settles() {
		if err := t.settle(); err != nil {
			return err
		}
	}
	switch day {
	case t.ago(34):
		var to []*person
		for i, p := range t.members {
			if p.joins == 0 && !p.hero && i%6 == 0 {
				to = append(to, p)
			}
		}
		return t.issue(s.care, to, time.Time{})
	case t.ago(25):
		return t.hold(t.heroes[StoryHeld], "gold", t.today.AddDays(90), "店长贵宾 guest of honour")
	}
	return nil
}

// settle books the commission of the month before.
func (t *trader) settle() error {
	on := t.settles().AddDays(-2)
	rep, err := staff.Settle(t.ctx, t.db, t.m.ID, staff.Month, on)
	if err != nil {
		return err
	}
	var draft staff.Settlement
	err = t.tx(func(ctx context.Context, tx *db.Tx) (err error) {
		draft, err = staff.SaveDraft(ctx, tx, t.m.ID, rep)
		return err
	})
	if err != nil {
		return err
	}
	if rep, err = staff.Settle(t.ctx, t.db, t.m.ID, staff.Month, on); err != nil {
		return err
	}
	today, err := staff.BusinessToday(t.ctx, t.db, t.m.ID, t.db.Now())
	if err != nil {
		return err
	}
	return t.tx(func(ctx context.Context, tx *db.Tx) error {
		_, err := staff.Finalise(ctx, tx, t.m.ID, draft.ID, rep, today)
		return err
	})
}

// together is work that two do: the senior the colour, the junior the wash.
func together(t *trader) []staff.Share {
	return []staff.Share{{Staff: t.staff["vivian"], Role: staff.RolePerformer, Share: 700_000}, {Staff: t.staff["tony"], Role: staff.RoleAssistant, Share: 300_000}}
}

func (s *salon) storiesMore(t *trader, day int, open time.Time) []visit {
	var out []visit
	come := func(story string, ago int, v visit) {
		if day == t.ago(ago) {
			v.at, v.who, v.plain = open.Add(time.Duration(40+9*len(out))*time.Minute), t.heroes[story], true
			out = append(out, v)
		}
	}
	do := func(code, by string) []checkout.LineIn {
		return []checkout.LineIn{{SKU: t.byCode[code].ID, Quantity: money.One, Staff: t.staff[by]}}
	}
	come(StoryFamily, 48, visit{lines: []checkout.LineIn{{Kind: sale.LinePunchCard, Plan: s.family.ID, Staff: t.staff["vivian"]}}})
	come(daughter, 39, visit{lines: do("CARE", "tony")})
	come(StoryFamily, 30, visit{lines: do("SCALP", "vivian")})
	come(daughter, 18, visit{lines: do("WASH", "tony")})
	come(daughter, 5, visit{lines: do("CARE", "vivian")})

	come(StoryHeld, 27, visit{lines: do("CUT-M", "vivian")})
	colour := do("COLOR", "vivian")
	colour[0].Staff, colour[0].Splits = id.None, together(t)
	come(StoryHeld, 8, visit{lines: colour, by: "manager", even: true, discounts: []checkout.Discount{{Rate: 120_000, Reason: "贵宾礼遇 guest of honour"}}})

	come(StoryCashOut, 40, visit{lines: []checkout.LineIn{{Kind: sale.LineTopUp, Amount: 100000}}, pays: paid(sale.TenderQR)})
	come(StoryCashOut, 28, visit{lines: do("CUT-M", "vivian"), pays: paid(sale.TenderStoredValue)})
	if day == t.ago(14) {
		out = append(out, cashOut(t.heroes[StoryCashOut], open.Add(55*time.Minute), "搬家退卡 moving away"))
	}
	return out
}
