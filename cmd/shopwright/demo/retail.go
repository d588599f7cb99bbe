package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/catalog"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/coupon"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/loyalty"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/setting"
	"github.com/shopwright/shopwright/core/stock"
)

// retail sells goods by the bar code: many of them, at two registers.
type retail struct {
	weights []float64
	shelf   []*item // what chance visitors buy, in the order of weights
	offer   *coupon.Definition
	drinks  *coupon.Definition
	scarce  *item
	weekend *coupon.Definition
	bag     *loyalty.Gift
	flask   *loyalty.Gift
	cards   []*giftCard
}

func newRetail() business { return &retail{} }

const retailSKUs = 1000

func (*retail) about() about {
	return about{
		edition: "retail", handle: "retail", name: "好邻居超市 Good Neighbour", shop: "长宁店 Changning", address: "上海市长宁区武夷路 320 号",
		settings: map[string]string{setting.CashRoundingStep.Key(): "10", setting.PointsPendingDays.Key(): "3", setting.PointsValidity.Key(): "days", setting.PointsValidityCount.Key(): "58",
			setting.GiftCardMonths.Key(): "36"}, evens: 0.02, apologies: 0.008,
		footer: "七日内凭小票退换 Returns within 7 days with this receipt", taxRate: 130_000, registers: []string{"1 号收银台 Till 1", "2 号收银台 Till 2", "3 号收银台 Till 3"},
		perDay: 49, week: [7]float64{1.25, 0.85, 0.85, 0.9, 0.95, 1.1, 1.3}, open: 8,
		hours: []float64{0.7, 0.8, 1, 1.1, 1.3, 1, 0.8, 0.8, 1, 1.6, 1.9, 1.6, 1.2, 0.6}, members: 498,
		people: []hire{
			{"owner", "黄建国 Huang", "", auth.Owner, true}, {"manager", "刘洋 Liu Yang", "", auth.Manager, true},
			{"cashier", "小芳 Fang", "", auth.Cashier, true}, {"finance", "郑会计 Zheng", "", auth.Finance, true},
			{"guide1", "导购阿杰 Jie", "guide", auth.Cashier, false}, {"guide2", "导购婷婷 Ting", "guide", auth.Cashier, false},
		},
	}
}

func (b *retail) found(t *trader) error {
	var cats [][2]string
	for _, s := range shelves {
		cats = append(cats, [2]string{s.code, s.name})
	}
	if err := t.categories(cats); err != nil {
		return err
	}
	n := max(int(retailSKUs*t.opts.Scale), 40)
	ins, targets, weights, loose, err := assortment(t.rng, n-1)
	if err != nil {
		return err
	}
	code, err := catalog.EAN13("690000099999")
	if err != nil {
		return err
	}
	ins = append(ins, catalog.In{Code: "LAST-TIN", Name: "限量月饼礼盒 Mooncake gift tin", Category: "snacks", UnitPrice: yuan(168), Cost: yuan(92), Stocked: true, Barcodes: []string{code}})
	targets, loose = append(targets, 0), append(loose, false)
	if err := t.stocked(ins, targets, func(i int) bool { return loose[i] }); err != nil {
		return err
	}
	b.weights, b.shelf = weights, t.goods[:len(t.goods)-1]
	b.scarce = t.byCode["LAST-TIN"]
	t.stories[StoryNearlyOut] = Story{SKUID: b.scarce.ID.String(), Name: b.scarce.Name, Barcode: b.scarce.barcode}
	err = t.tx(func(_ context.Context, tx *db.Tx) error {
		stock.SetPolicy(tx, t.m.ID, stock.Floor(t.m.ID, t.shop.ID), b.scarce.ID, false, 5*money.One)
		return stock.Adjust(tx, stock.Adjustment{Merchant: t.m.ID, Shop: t.shop.ID, Kind: stock.KindReceipt, Actor: t.staff["manager"], Reason: "delivery",
			Moves: []stock.Move{{SKU: b.scarce.ID, Quantity: 15 * money.One, UnitCost: 9200}}})
	})
	if err != nil {
		return err
	}
	t.hero(StoryAway, "久薇 Jiu Wei", "", "三十五天没来了。Has not come for 35 days.")
	t.hero(StoryCoupon, "全明到 Quan Mingdao", "", "优惠券明天到期。Has a coupon that expires tomorrow.")
	if b.offer, err = t.define(coupon.Definition{Name: "满 100 减 12 ¥12 off ¥100", Kind: coupon.KindCash, Amount: 1200, MinSpend: 10000, ValidDays: 30}); err != nil {
		return err
	}
	if b.drinks, err = t.define(coupon.Definition{Name: "饮料 8 折 20% off drinks", Kind: coupon.KindPercent, Rate: 200_000, Category: "drinks", ValidDays: 21}); err != nil {
		return err
	}
	if err := b.foundMore(t); err != nil {
		return err
	}
	return t.configure("retail", map[string]any{
		"tier_prices": []map[string]any{{"tier": "silver", "category": "", "percent": 2}, {"tier": "gold", "category": "", "percent": 4}, {"tier": "gold", "category": "baby", "percent": 8}},
		"full_on":     true, "full_steps": []map[string]any{{"spend": 20000, "off": 1500}}, "full_repeat": true, "full_cap": 4500,
		"buy_get_on": true, "buy_get": []map[string]any{{"category": "dairy", "buy": 3, "free": 1}},
		"points_categories": []map[string]any{{"category": "snacks", "times": 2}},
		"commission_on":     true, "commission_rates": []map[string]any{{"level": "guide", "kind": "any", "percent": 2}},
		"tier_steps": []map[string]any{{"tier": "silver", "spend": 60000}, {"tier": "gold", "spend": 200000}},
	}, "opening")
}

// morning hands out coupons every fortnight, and the one that expires tomorrow.
func (b *retail) morning(t *trader, day int) error {
	if err := b.morningMore(t, day); err != nil {
		return err
	}
	if day == t.ago(29) {
		tomorrow := t.at(t.opts.Days, 23, 59).Add(59 * time.Second)
		hero := t.heroes[StoryCoupon]
		if err := t.issue(b.offer, []*person{hero}, tomorrow); err != nil {
			return err
		}
		s := t.stories[StoryCoupon]
		s.Coupon, s.Until = hero.vouchers[0].code, tomorrow.Format(time.RFC3339)
		t.stories[StoryCoupon] = s
	}
	if day%14 != 1 {
		return nil
	}
	for every, d := range []*coupon.Definition{8: b.offer, 10: b.drinks} {
		if d == nil {
			continue
		}
		var to []*person
		for i, p := range t.members {
			if p.joins <= day && !p.hero && (i+day)%every == 0 {
				to = append(to, p)
			}
		}
		if len(to) > 0 {
			if err := t.issue(d, to, time.Time{}); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *retail) visit(t *trader, v *visit) {
	if t.chance(0.62) {
		v.who = t.regular(t.dayOf(v))
	}
	if v.who != nil && t.chance(0.025) {
		v.lines = []checkout.LineIn{{Kind: sale.LineTopUp, Amount: []money.Amount{20000, 50000, 50000}[t.rng.IntN(3)]}}
		return
	}
	for n := 1 + int(t.rng.ExpFloat64()*1.8); n > 0 && len(v.lines) < 9; n-- {
		it := b.shelf[pick(t.rng, b.weights)]
		if v.has(it) {
			continue
		}
		q := money.One
		switch {
		case it.loose:
			q = money.Quantity(250 + t.rng.IntN(1900))
		case it.Category == "dairy" && t.chance(0.2):
			q = 4 * money.One // three and one free
		case t.chance(0.22):
			q = money.Quantity(2+t.rng.IntN(2)) * money.One
		}
		t.line(v, it, q)
	}
	if t.chance(0.12) {
		guide := t.staff[fmt.Sprintf("guide%d", 1+t.rng.IntN(2))]
		for i := range v.lines {
			v.lines[i].Staff = guide
		}
	}
	t.spendVoucher(v, 0.5)
	if v.who != nil && v.who.gifts < 2 && t.chance(0.06) {
		v.who.gifts++
		v.gift = b.bag
	}
	switch x := t.rng.Float64(); {
	case x < 0.006:
		v.back, v.after = voided, 2*time.Minute
	case x < 0.018:
		v.back, v.after = returnsOne, time.Duration(10+t.rng.IntN(180))*time.Minute
	case x < 0.024:
		v.back, v.after = returnsAll, time.Duration(10+t.rng.IntN(120))*time.Minute
	}
}

func (b *retail) stories(t *trader, day int, open time.Time) []visit {
	var out []visit
	come := func(story string, ago int, lines ...checkout.LineIn) {
		if day == t.ago(ago) {
			out = append(out, visit{at: open.Add(time.Duration(75+11*len(out)) * time.Minute), who: t.heroes[story], lines: lines, plain: true})
		}
	}
	tins := func(n money.Quantity) checkout.LineIn {
		return checkout.LineIn{SKU: b.scarce.ID, Quantity: n * money.One}
	}
	come(StoryAway, 58, tins(2))
	come(StoryAway, 47, tins(1))
	come(StoryAway, 35, tins(2)) // and not since
	for i, ago := range []int{40, 26, 13, 6} {
		come(StoryCoupon, ago, tins(money.Quantity(1+i%2*2))) // fifteen tins less five and eight make two
	}
	return append(out, b.storiesMore(t, day, open)...)
}
