package packs_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"pgregory.net/rapid"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/rules"
	"github.com/shopwright/shopwright/rules/packs"
)

var cny = money.MustCurrency("CNY")

// everything switches all that the packs can do on at once.
const everything = `{
	"punches_on":true,"punch_hours_on":true,"punch_hours":[{"sku":"YOGA","days":"all","from":"08:00","to":"20:00"}],"punches_most":4,
	"birthday_on":true,"birthday_percent":12,"birthday_goods":true,
	"tier_prices_on":true,"tier_prices":[{"tier":"silver","percent":3},{"tier":"gold","percent":7},{"tier":"gold","category":"food","percent":11}],
	"member_prices_on":true,"member_percent":2.5,"member_prices":[{"sku":"TEA","price":2777},{"sku":"CUT","price":9900,"tier":"gold"},{"sku":"YOGA","price":100,"first":true}],
	"member_days_on":true,"member_days":[{"weekday":"tue","percent":9},{"weekday":"none","day_of_month":15,"category":"drinks","percent":33}],
	"slots_on":true,"slots":[{"days":"weekdays","from":"14:00","to":"17:00","percent":20},{"days":"all","from":"22:00","to":"02:00","category":"drinks","price":1999,"percent":0}],
	"combos_on":true,"combos":[{"name":"Set","price":9900,"items":"TEA, CUP"},{"name":"Two","price":15000,"items":"JAM*2, COLA"}],
	"buy_get_on":true,"buy_get":[{"category":"drinks","buy":2,"free":1},{"sku":"JAM","buy":3,"free":1}],
	"nth_on":true,"nth":[{"category":"food","nth":2,"percent":50}],"pieces_on":true,"pieces":[{"category":"home","count":3,"percent":15}],
	"full_on":true,"full_steps":[{"spend":10000,"off":1000},{"spend":30000,"off":0,"percent":12.5},{"spend":5000,"off":700,"category":"food"}],"full_repeat":true,"full_cap":7000,"full_joint":true,
	"coupons_on":true,"coupons_most":3,"coupons_cap":3000,"coupons_excluded":["home"],
	"points_pay_on":true,"points_pay_percent":40,"points_pay_step":100,"points_pay_most":20000,"points_pay_min":3000,"points_pay_first":false,"points_pay_excluded":["drinks"],
	"stored_value_on":true,"stored_value_percent":90,"stored_value_order":"bonus","stored_value_excluded":["home"],
	"points_on":true,"points_per_unit":1.37,"rebate_percent":1.5,"points_categories":[{"category":"food","times":2.5},{"category":"home","times":0}],
	"points_products":[{"sku":"TEA","times":3}],"points_tiers":[{"tier":"gold","times":1.5}],"points_days":[{"weekday":"tue","times":2}],"points_birthday":3,"points_combine":"multiply",
	"rebate_tiers":[{"tier":"gold","percent":2.25}],
	"spend_gifts_on":true,"spend_gifts":[{"spend":10000,"kind":"coupon","code":"C10"},{"spend":20000,"kind":"points","count":33},{"spend":20000,"kind":"chances","count":1}],"spend_gifts_repeat":true,
	"tier_on":true,"tier_topups":[{"tier":"gold","amount":300000}],
	"topup_on":true,"topup_repeat":true,"topup_steps":[{"amount":50000,"bonus":10000},{"amount":50000,"bonus":12000,"tier":"gold"},{"amount":100000,"bonus":30000,"first":true}],
	"topup_gifts":[{"amount":50000,"kind":"points","count":50},{"amount":100000,"kind":"visits","code":"CUT","count":1}],
	"commission_on":true,"commission_basis":"margin","commission_progressive":true,"commission_rates":[{"percent":2},{"level":"senior","kind":"service","percent":8,"per_unit":300},
		{"category":"hair","percent":5},{"category":"hair","from":10000,"percent":9},{"sku":"TEA","percent":1.25},{"kind":"topup","percent":1}],
	"return_on":true,"return_fees":[{"kind":"punch_card","days":7,"percent":10},{"category":"food","days":0,"percent":3.5,"fee":150},{"kind":"any","days":30,"percent":50}],"return_coupons":"kept","return_points":"kept",
	"joined_on":true,"joined_gifts":[{"kind":"coupon","code":"HELLO"}],"birthday_gift_on":true,"birthday_gifts":[{"kind":"money","money":5000,"tier":"gold"},{"kind":"message","code":"birthday"}],
	"checkin_on":true,"checkin_points":2,"checkin_gifts":[{"days":7,"repeat":true,"kind":"coupon","code":"WEEK"}],"lapse_on":true,"lapse_gifts":[{"days":60,"kind":"coupon","code":"BACK"}],
	"tier_gift_on":true,"tier_gifts":[{"tier":"gold","kind":"visits","code":"CUT"}],
	"referral_on":true,"referral_levels":2,"referral_gifts":[{"level":1,"kind":"points","count":10,"percent":10},{"level":2,"kind":"money","percent":1}],
	"draw_on":true,"draw_prizes":[{"prize":"bike","weight":1,"kind":"gift","code":"BIKE"},{"prize":"ten","weight":5,"kind":"coupon","code":"C10"},{"prize":"blank","weight":6,"kind":"none"}]
}`

// other is what everything leaves out of the choices.
const other = `{"coupons_mode":"one_of_kind","coupons_most":0,"coupons_excluded":[],"coupons_beside_full":false,"full_joint":false,"full_members":true,"full_category":"food",
	"points_combine":"best","points_most":500,"commission_basis":"net","commission_progressive":false,"punch_daily":true,"punches_most":0,
	"stored_value_percent":100,"stored_value_excluded":[],"points_pay_percent":100,"points_pay_first":true,"return_coupons":"back","return_points":"taken","tier_metric":"points"}`

// world is a host with the built packs, and their configurations.
type world struct {
	host    *rules.Host
	bundles map[string]*pack.Bundle
	keys    map[string]map[string]any // the settings that a pack has
}

var cache string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "packs")
	if err != nil {
		panic(err)
	}
	cache = dir
	code := m.Run()
	if shared != nil {
		_ = shared.host.Close(context.Background())
	}
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// newWorld answers the one world of a run: compiling the modules takes seconds.
func newWorld(t testing.TB) *world {
	t.Helper()
	if shared == nil {
		shared = makeWorld(t)
	}
	return shared
}

var shared *world

func makeWorld(t testing.TB) *world {
	t.Helper()
	w := &world{bundles: map[string]*pack.Bundle{}, keys: map[string]map[string]any{}}
	modules := map[string][]byte{}
	for id, data := range packs.Bundles() {
		b, err := pack.Open(data)
		if err != nil {
			t.Fatalf("%s: %v", id, err)
		}
		var form struct{ Properties map[string]any }
		if err := json.Unmarshal(b.Schema(), &form); err != nil {
			t.Fatal(err)
		}
		w.bundles[id], w.keys[id] = b, form.Properties
		modules[b.Ref(nil, 0).ModuleHash] = b.Module()
	}
	h, err := rules.New(context.Background(), rules.Options{CacheDir: cache, Load: func(hash string) ([]byte, error) {
		if m := modules[hash]; m != nil {
			return m, nil
		}
		return nil, fmt.Errorf("no module %s", hash)
	}})
	if err != nil {
		t.Fatal(err)
	}
	w.host = h
	return w
}

// ref is a pack with those of the settings that it has, completed and checked as
// a merchant's would be.
func (w *world) ref(t testing.TB, id string, settings ...string) promotion.Pack {
	t.Helper()
	mine := map[string]any{}
	for _, s := range settings {
		var all map[string]any
		if err := json.Unmarshal([]byte(s), &all); err != nil {
			t.Fatal(err)
		}
		for k, v := range all {
			if w.keys[id][k] != nil {
				mine[k] = v
			}
		}
	}
	raw, err := json.Marshal(mine)
	if err != nil {
		t.Fatal(err)
	}
	config, err := w.bundles[id].CheckConfig(raw)
	if err != nil {
		t.Fatalf("%s: %v", id, err)
	}
	p := promotion.Pack{Ref: w.bundles[id].Ref(config, 0)}
	for _, name := range w.bundles[id].Hooks {
		p.Hooks = append(p.Hooks, promotion.HookOf(name))
	}
	return p
}

type thing struct {
	kind          promotion.LineKind
	sku, category string
	price, cost   money.Amount
}

var shelf = []thing{
	{promotion.KindGoods, "TEA", "drinks", 2990, 1000}, {promotion.KindGoods, "COLA", "drinks", 333, 101}, {promotion.KindGoods, "CUP", "home", 8801, 4000},
	{promotion.KindGoods, "JAM", "food", 4507, 2203}, {promotion.KindGoods, "SALT", "food", 99, 7}, {promotion.KindGoods, "FREE", "", 0, 0},
	{promotion.KindService, "CUT", "hair", 12800, 0}, {promotion.KindService, "YOGA", "class", 9900, 0},
	{promotion.KindTopUp, "TOPUP", "", 50000, 0}, {promotion.KindTopUp, "TOPUP", "", 120000, 0}, {promotion.KindPunchCard, "CARD", "", 98000, 0}, {promotion.KindGiftCard, "GIFT", "", 20000, 0},
}

// line n of a thing.
func lineOf(n int, x thing, q money.Quantity, staff string) promotion.LineView {
	l := promotion.LineView{ID: uint32(n), Kind: x.kind, SKU: x.sku, Category: x.category, Quantity: q, Unit: cny.Price(x.price)}
	l.Gross, _ = cny.Extend(l.Unit, q, money.HalfUp)
	l.Net, l.Cost = l.Gross, x.cost.MulDiv(int64(q), int64(money.One), money.HalfUp)
	if staff != "" {
		l.HasStaff, l.StaffLevel = true, staff
	}
	if x.kind == promotion.KindPunchCard {
		l.Visits = 10
	}
	return l
}

// factsOf gives every fact that a pack may ask for.
func factsOf(t *rapid.T, w *world) []promotion.FactValue {
	seen := map[promotion.FactRef]bool{}
	var all []promotion.FactValue
	for _, id := range ids {
		for _, r := range w.bundles[id].FactRefs() {
			if seen[r] {
				continue
			}
			seen[r] = true
			v := promotion.FactValue{FactRef: r, Value: rapid.Int64Range(0, 600_000).Draw(t, "fact")}
			if r.Kind == promotion.FactLastVisit {
				v.Value = rapid.Int64Range(-1, 40).Draw(t, "last visit")
			}
			all = append(all, v)
		}
	}
	return all
}

var ids = []string{"catering", "fitness", "membership", "retail", "salon"}

// basket is a basket with whatever may be in one.
func basket(t *rapid.T, w *world, most int) promotion.Input {
	in := promotion.Input{
		Now: 1_768_272_000_000_000, Date: clock.Date(rapid.SampledFrom([]string{"2026-01-13", "2026-01-15", "2026-02-28"}).Draw(t, "date")),
		Seed: rapid.Uint64().Draw(t, "seed"), Currency: cny, Shop: "s1",
		Rounding: rapid.SampledFrom([]money.Rounding{money.HalfUp, money.HalfEven, money.Down}).Draw(t, "rounding"),
		Weekday:  rapid.IntRange(0, 6).Draw(t, "weekday"), MinuteOfDay: rapid.IntRange(0, 1439).Draw(t, "minute"),
		Tiers: []promotion.TierView{{Code: "silver", Rank: 1}, {Code: "gold", Rank: 2}},
	}
	if rapid.IntRange(0, 4).Draw(t, "member") > 0 {
		in.Member = promotion.MemberView{Present: true, Tier: rapid.SampledFrom([]string{"", "silver", "gold"}).Draw(t, "tier"), JoinedDays: 30, Points: 900,
			BirthdayMonth: rapid.Bool().Draw(t, "birthday")}
		in.Facts = factsOf(t, w)
		in.Punches = []promotion.PunchView{{SKU: "CUT", Available: rapid.Int64Range(0, 3).Draw(t, "cuts")}, {SKU: "YOGA", Available: 2}}
	}
	for n := range rapid.IntRange(1, most).Draw(t, "lines") {
		x := rapid.SampledFrom(shelf).Draw(t, "thing")
		q := money.Quantity(rapid.Int64Range(1, 5).Draw(t, "units")) * money.One
		if x.kind == promotion.KindGoods && rapid.IntRange(0, 5).Draw(t, "part") == 0 {
			q = money.Quantity(rapid.Int64Range(1, 4999).Draw(t, "quantity"))
		} else if x.kind != promotion.KindGoods && x.kind != promotion.KindService {
			q = money.One
		}
		if x.kind <= promotion.KindService && rapid.IntRange(0, 4).Draw(t, "agreed") == 0 {
			x.price -= x.price / 8 // a price of the day: lines of one SKU need not cost the same
		}
		in.Lines = append(in.Lines, lineOf(n+1, x, q, rapid.SampledFrom([]string{"", "junior", "senior"}).Draw(t, "staff")))
	}
	cs := []promotion.CouponView{{Kind: promotion.CouponPercent, Rate: 100_000}, {Kind: promotion.CouponCash, Amount: 2000, MinSpend: 5000},
		{Kind: promotion.CouponProduct, SKU: "JAM"}, {Kind: promotion.CouponPercent, Rate: 330_000, Category: "drinks"}, {Kind: promotion.CouponCash, Amount: 1500, Stacking: "x"}}
	for range rapid.IntRange(0, 4).Draw(t, "coupons") {
		c := rapid.SampledFrom(cs).Draw(t, "coupon")
		c.Ref = uint32(len(in.Coupons) + 1)
		in.Coupons = append(in.Coupons, c)
	}
	return in
}

func encode(in *promotion.Input) []byte { return rules.Encode(in) }
