package demo

import (
	"context"
	"time"

	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/coupon"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/loyalty"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/tax"
)

// foundMore adds two rates of tax, gifts for points, a coupon for weekends and the
// people who buy and bring back.
func (b *retail) foundMore(t *trader) error {
	err := t.each(func(_ context.Context, tx *db.Tx) error {
		for _, c := range []tax.Category{{Code: "standard", Name: "标准税率 Standard"}, {Code: "food", Name: "农产品 Farm produce"}} {
			if err := tax.PutCategory(tx, t.m.ID, &c); err != nil {
				return err
			}
		}
		return nil
	}, func(ctx context.Context, tx *db.Tx) error {
		return tax.PutRate(ctx, tx, t.m.ID, &tax.Rate{Category: "standard", Name: "增值税 VAT", Rate: 130_000})
	}, func(ctx context.Context, tx *db.Tx) error {
		return tax.PutRate(ctx, tx, t.m.ID, &tax.Rate{Category: "food", Name: "增值税 VAT", Rate: 90_000})
	}, func(_ context.Context, tx *db.Tx) error {
		b.bag = &loyalty.Gift{Name: "帆布购物袋 Canvas bag", Points: 120, Counted: true, OnHand: 400, PerMember: 2}
		b.flask = &loyalty.Gift{Name: "保溫杯 Flask", Points: 300, Money: 1000, Counted: true, OnHand: 30}
		if err := loyalty.CreateGift(tx, t.m.ID, b.bag); err != nil {
			return err
		}
		return loyalty.CreateGift(tx, t.m.ID, b.flask)
	})
	if err != nil {
		return err
	}
	b.weekend, err = t.define(coupon.Definition{Name: "周末满 50 减 5 Weekends: ¥5 off ¥50", Kind: coupon.KindCash, Amount: 500, MinSpend: 5000, ValidDays: 45, PerMember: 2,
		Weekdays: coupon.On(time.Saturday, time.Sunday), Shops: []id.ID{t.shop.ID}, IssueLimit: 500})
	if err != nil {
		return err
	}
	b.cards = []*giftCard{{number: "6688000000000108", face: 50000, price: 47500, left: 50000}, {number: "6688000000000116", face: 20000, price: 19000, left: 20000}}
	t.hero(StoryGiftCard, "李鲤 Li Li", "", "买了两张礼品卡，用了一部分。Bought two gift cards, used a part.")
	t.hero(StoryRefunds, "温退思 Wen Tuisi", "", "有一笔退款待审批。A refund waits for approval.")
	t.hero(StoryFrozen, "凌冻 Ling Dong", "", "手机遗失，钱包已冻结。Lost the phone; the wallet is frozen.")
	return nil
}

func (b *retail) morningMore(t *trader, day int) error {
	if err := t.consents(day); err != nil {
		return err
	}
	switch day {
	case 0:
		s := t.stories[StoryGiftCard]
		s.GiftCard = b.cards[0].number
		t.stories[StoryGiftCard] = s
		return t.cards(designs(77, "邻里储值卡 Neighbour prepaid card", "會員折扣卡 Member discount card", "鲜奶月卡 Milk card")...)
	case t.ago(41):
		var to []*person
		for i, p := range t.members {
			if p.joins == 0 && !p.hero && i%9 == 3 {
				to = append(to, p)
			}
		}
		return t.issue(b.weekend, to, time.Time{})
	case t.ago(21): // flyers: whoever brings one may use it
		return t.tx(func(ctx context.Context, tx *db.Tx) error {
			_, err := coupon.CreateBatch(ctx, tx, t.m.ID, coupon.NewBatch{Definition: b.offer.ID, Count: 40, Prefix: "FLYER-", Note: "社区传单 flyers"})
			return err
		})
	case t.ago(20): // given to the wrong person
		wrong := t.heroes[StoryFrozen]
		if err := t.issue(b.drinks, []*person{wrong}, time.Time{}); err != nil {
			return err
		}
		return t.tx(func(ctx context.Context, tx *db.Tx) error {
			_, err := coupon.Void(ctx, tx, t.m.ID, wrong.vouchers[0].ID, "发错会员 issued to the wrong member")
			return err
		})
	case t.ago(10):
		return t.freeze(t.heroes[StoryFrozen], "手机遗失，本人来电 phone lost, called in")
	}
	return nil
}

// basket takes n things off the shelf that are there, none of them loose.
func (b *retail) basket(t *trader, v *visit, n int) {
	for _, it := range b.shelf {
		if len(v.lines) < n && !it.loose && !v.has(it) {
			t.line(v, it, money.One)
		}
	}
}

func (b *retail) storiesMore(t *trader, day int, open time.Time) []visit {
	var out []visit
	come := func(story string, ago int, v visit, things int, with func(visit) []visit) {
		if day != t.ago(ago) {
			return
		}
		v.at, v.who, v.plain = open.Add(time.Duration(45+13*len(out))*time.Minute), t.heroes[story], true
		b.basket(t, &v, len(v.lines)+things)
		if with == nil {
			out = append(out, v)
		} else {
			out = append(out, with(v)...)
		}
	}
	come(StoryGiftCard, 32, visit{lines: []checkout.LineIn{b.cards[0].line(), b.cards[1].line()}, pays: paid(sale.TenderCard)}, 0, nil)
	for _, ago := range []int{23, 11} {
		come(StoryGiftCard, ago, visit{pays: b.cards[0].pays}, 4, nil)
	}
	come(StoryGiftCard, 16, visit{pays: b.cards[1].pays}, 3, nil)
	come(StoryGiftCard, 4, visit{gift: b.flask, pays: paid(sale.TenderQR)}, 2, nil)

	for _, r := range []struct {
		ago  int
		pays []string
		back func(context.Context, *lane, checkout.RefundIn, *sale.Sale) error
	}{
		{44, []string{sale.TenderCard, sale.TenderCash}, refund(checkout.RefundPlan{}, "尺寸不合 wrong size")},
		{30, []string{sale.TenderQR, sale.TenderCard}, refund(checkout.RefundPlan{Order: []string{sale.TenderCard, sale.TenderQR}}, "包裝破損 damaged")},
		{17, []string{sale.TenderQR, sale.TenderCard}, refundStated("买错了 bought by mistake")},
		{2, []string{sale.TenderQR}, ask("称已坏，待店长确认 said to be broken, the manager decides")},
	} {
		come(StoryRefunds, r.ago, visit{pays: paid(r.pays...)}, 3, func(v visit) []visit { return bringsBack(v, 80*time.Minute, r.back) })
	}

	come(StoryFrozen, 37, visit{lines: []checkout.LineIn{{Kind: sale.LineTopUp, Amount: 30000}}, pays: paid(sale.TenderQR)}, 0, nil)
	come(StoryFrozen, 24, visit{pays: paid(sale.TenderQR), by: "manager", even: true, discounts: []checkout.Discount{{Line: 1, Rate: 150_000, Reason: "临期 close to its date"}}}, 3, nil)
	return out
}
