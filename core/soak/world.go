package soak

import (
	"context"
	"fmt"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/catalog"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/coupon"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/loyalty"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/core/setting"
	"github.com/shopwright/shopwright/core/stock"
	"github.com/shopwright/shopwright/core/tenant"
)

// World is the merchant of a run: what a register has to know to go on after it was
// cut off.
type World struct {
	Merchant  id.ID
	Shop      id.ID
	Registers []id.ID
	Staff     []id.ID
	Goods     []id.ID // sold by the piece
	Weighed   []id.ID
	Scarce    id.ID // of which there is never much
	Services  []id.ID
	Plans     []id.ID
	Gifts     []id.ID
	Coupons   []id.ID // designs
}

// packsOn are the rule packs of the shop with their settings.
var packsOn = map[string]string{
	"salon":    `{"topup_steps": [{"amount": 10000, "bonus": 1500}, {"amount": 50000, "bonus": 10000}]}`,
	"retail":   `{"full_on": true, "commission_on": true, "buy_get_on": true, "buy_get": [{"category": "drinks", "buy": 2, "free": 1}], "tier_steps": [{"tier": "silver", "spend": 100000}, {"tier": "gold", "spend": 500000}]}`,
	"catering": `{}`,
}

// Make makes a merchant in business with a register for each worker.
func Make(ctx context.Context, desk *checkout.Desk, registers int) (*World, error) {
	w := &World{}
	b := builder{ctx: ctx, desk: desk, w: w}
	b.place(registers)
	b.people()
	b.shelf()
	b.offers()
	b.rules()
	return w, b.err
}

// builder runs one transaction after another until one fails.
type builder struct {
	ctx  context.Context
	desk *checkout.Desk
	w    *World
	err  error
}

func (b *builder) tx(f func(context.Context, *db.Tx) error) {
	if b.err == nil {
		b.err = b.desk.DB.InTx(b.ctx, f)
	}
}

func (b *builder) place(registers int) {
	w := b.w
	b.tx(func(ctx context.Context, tx *db.Tx) error {
		m, err := tenant.CreateMerchant(tx, tenant.NewMerchant{Handle: "soak" + tx.NewID().String()[24:], Name: "Soak", Currency: "CNY"})
		if err != nil {
			return err
		}
		w.Merchant = m.ID
		s, err := tenant.CreateShop(ctx, tx, m.ID, tenant.NewShop{Name: "Shop", TimeZone: "Asia/Shanghai", CutOff: 240})
		w.Shop = s.ID
		return err
	})
	b.tx(func(ctx context.Context, tx *db.Tx) error {
		w.Registers = nil
		stock.CreateFloor(tx, w.Merchant, w.Shop, "floor")
		for i := range registers {
			r, err := tenant.CreateRegister(ctx, tx, w.Merchant, w.Shop, tenant.NewRegister{Name: fmt.Sprint(i + 1)})
			if err != nil {
				return err
			}
			w.Registers = append(w.Registers, r.ID)
		}
		return nil
	})
}

func (b *builder) people() {
	w := b.w
	b.tx(func(ctx context.Context, tx *db.Tx) error {
		w.Staff = nil
		for i, code := range []string{"silver", "gold"} {
			if err := member.CreateTier(ctx, tx, w.Merchant, member.Tier{Code: code, Name: code, Rank: i + 1}); err != nil {
				return err
			}
		}
		for i, level := range []string{"senior", "junior", ""} {
			s, err := auth.CreateStaff(ctx, tx, w.Merchant, auth.NewStaff{Profile: auth.Profile{Name: fmt.Sprint("Staff ", i), Role: auth.Cashier, Level: level}, Login: fmt.Sprint("staff", i)})
			if err != nil {
				return err
			}
			w.Staff = append(w.Staff, s.ID)
		}
		return nil
	})
	for i := range circle {
		b.tx(func(ctx context.Context, tx *db.Tx) error { return enrol(ctx, tx, b.desk.Vault, w.Merchant, i) })
	}
}

const perYuan = money.UnitPrice(10_000)

func (b *builder) shelf() {
	w := b.w
	sku := func(code string, kind catalog.Kind, category string, price money.UnitPrice, onHand int64) (out id.ID) {
		b.tx(func(ctx context.Context, tx *db.Tx) error {
			cost := price / 2
			v, err := catalog.Create(ctx, tx, catalog.In{Merchant: w.Merchant, Code: code, Name: code, Kind: kind, Category: category, UnitPrice: price, Cost: cost, Stocked: kind == catalog.Goods})
			out = v.ID
			return err
		})
		if onHand > 0 {
			b.tx(func(_ context.Context, tx *db.Tx) error { return receive(tx, w, out, onHand) })
		}
		return out
	}
	w.Goods = []id.ID{sku("tea", catalog.Goods, "drinks", 8*perYuan+5000, 100_000_000), sku("soap", catalog.Goods, "home", 25*perYuan, 100_000_000), sku("cent", catalog.Goods, "home", 100, 100_000_000)}
	w.Weighed = []id.ID{sku("rice", catalog.Goods, "food", 3*perYuan+3300, 100_000_000), sku("odd", catalog.Goods, "food", 333, 100_000_000)}
	w.Scarce = sku("scarce", catalog.Goods, "home", 12*perYuan, 20)
	w.Services = []id.ID{sku("cut", catalog.Service, "hair", 120*perYuan, 0), sku("wash", catalog.Service, "hair", 40*perYuan, 0)}
}

func receive(tx *db.Tx, w *World, sku id.ID, units int64) error {
	return stock.Adjust(tx, stock.Adjustment{Merchant: w.Merchant, Shop: w.Shop, Kind: stock.KindReceipt, Moves: []stock.Move{{SKU: sku, Quantity: money.Quantity(units) * money.One}}})
}

func (b *builder) offers() {
	w := b.w
	b.tx(func(ctx context.Context, tx *db.Tx) error {
		w.Plans, w.Gifts, w.Coupons = nil, nil, nil
		for _, p := range []catalog.PunchPlan{
			{Name: "shared", Price: 99999, Visits: 10, FreeVisits: 2, ValidDays: 10, Shareable: true, Services: w.Services},
			{Name: "own", Price: 30000, Visits: 3, Services: w.Services[:1]},
		} {
			p, err := catalog.CreatePlan(ctx, tx, w.Merchant, p)
			if err != nil {
				return err
			}
			w.Plans = append(w.Plans, p.ID)
		}
		for _, g := range []loyalty.Gift{
			{Name: "cup", Points: 30, Money: 33, Counted: true, OnHand: 1000},
			{Name: "soap", Points: 70, SKU: w.Goods[1]},
			{Name: "once", Points: 5, PerMember: 3},
		} {
			if err := loyalty.CreateGift(tx, w.Merchant, &g); err != nil {
				return err
			}
			w.Gifts = append(w.Gifts, g.ID)
		}
		for _, d := range []coupon.Definition{
			{Name: "cash", Kind: coupon.KindCash, Amount: 777, Uses: 3, PerMember: 200},
			{Name: "part", Kind: coupon.KindPercent, Rate: 123456, Uses: 1, ValidDays: 3},
			{Name: "tea", Kind: coupon.KindProduct, SKU: w.Goods[0], SKUCode: "tea", Uses: 2, MinSpend: 2000},
		} {
			if err := coupon.Define(tx, w.Merchant, &d); err != nil {
				return err
			}
			w.Coupons = append(w.Coupons, d.ID)
		}
		return nil
	})
}

func (b *builder) rules() {
	w := b.w
	for name, config := range packsOn {
		bundle, err := b.desk.Packs.Latest(name)
		if err != nil && b.err == nil {
			b.err = err
		}
		if b.err != nil {
			return
		}
		canonical, err := bundle.CheckConfig([]byte(config))
		if err != nil {
			b.err = err
			return
		}
		b.tx(func(ctx context.Context, tx *db.Tx) error {
			return pack.Set(ctx, tx, pack.Change{Merchant: w.Merchant, Shops: []id.ID{w.Shop}, PackID: name, Enabled: true, Version: bundle.Version, Config: canonical})
		})
	}
	for key, value := range map[string]string{"points.validity": "days", "points.validity_count": "4", "tier.period": "day", "tier.downgrade": "one_step"} {
		b.tx(func(_ context.Context, tx *db.Tx) error {
			return setting.Set(tx, setting.Place{Merchant: w.Merchant}, key, value)
		})
	}
}
