package packs_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/promotion"
)

// fuelLimit is what the packs' manifests ask for.
const fuelLimit = 11_000_000

// TestFuelOfALargeBasket: 200 lines with everything on, with 20 rows in every list
// at once, and of one SKU at many prices, stay under the limits of a call.
func TestFuelOfALargeBasket(t *testing.T) {
	w := newWorld(t)
	r := rand.New(rand.NewPCG(1, 2))
	for name, c := range map[string]struct {
		shelf    []thing
		settings []string
	}{
		"everything": {shelf, []string{everything, `{"coupons_most":0,"punches_most":0}`}},
		"crowded":    {manyThings(), []string{everything, crowded(t)}},
		"one":        {oneThing(), []string{everything, crowded(t)}},
	} {
		in := largeBasket(r, w, c.shelf)
		var report []string
		for _, id := range ids {
			p := w.ref(t, id, c.settings...)
			for _, h := range p.Hooks {
				in.Hook = h
				a, err := w.host.Evaluate(ctx, p.Ref, &in)
				if err != nil {
					t.Errorf("%s: %s %s: %v", name, id, h, err)
					continue
				}
				if a.Fuel >= fuelLimit {
					t.Errorf("%s: %s %s: fuel %d", name, id, h, a.Fuel)
				}
				report = append(report, fmt.Sprintf("%s %s/%s %d fuel, %d bytes", name, id, h, a.Fuel, len(a.OutputBytes)))
			}
		}
		t.Log(strings.Join(report, "\n"))
	}
}

func largeBasket(r *rand.Rand, w *world, shelf []thing) promotion.Input {
	in := promotion.Input{Now: 1, Date: "2026-01-13", Weekday: 2, MinuteOfDay: 900, Currency: cny, Shop: "s1", Tiers: []promotion.TierView{{Code: "silver", Rank: 1}, {Code: "gold", Rank: 2}},
		Member: promotion.MemberView{Present: true, Tier: "gold", BirthdayMonth: true, Points: 100_000}, Punches: []promotion.PunchView{{SKU: "CUT", Available: 500}, {SKU: "YOGA", Available: 500}},
		Refund: promotion.RefundView{Present: true, Full: true, Days: 40}, Event: promotion.EventView{Kind: promotion.EventCheckIn, Value: 7},
		Prizes: []promotion.PrizeView{{Code: "ten", Left: 3}}}
	for n := range 200 {
		x := shelf[r.IntN(len(shelf))]
		q := money.One
		if x.kind == promotion.KindGoods || x.kind == promotion.KindService {
			q *= money.Quantity(1 + r.IntN(4))
		}
		l := lineOf(n+1, x, q, []string{"", "junior", "senior"}[r.IntN(3)])
		l.Points = 3
		in.Lines, in.Refund.Amount, in.Refund.Points = append(in.Lines, l), in.Refund.Amount+l.Net, in.Refund.Points+3
	}
	for n := range 10 {
		in.Coupons = append(in.Coupons, promotion.CouponView{Ref: uint32(n + 1), Kind: promotion.CouponPercent, Rate: money.Rate(10_000 * (n + 1))})
	}
	seen := map[promotion.FactRef]bool{}
	for _, id := range ids {
		for _, f := range w.bundles[id].FactRefs() {
			if !seen[f] {
				seen[f] = true
				in.Facts = append(in.Facts, promotion.FactValue{FactRef: f, Value: 100_000})
			}
		}
	}
	return in
}

func code(kind string, n int) string { return fmt.Sprintf("%s-%04d", kind, n) }

func manyThings() []thing {
	var all []thing
	for n := range rows {
		all = append(all, thing{promotion.KindGoods, code("article", n), code("section", n), money.Amount(1000 + 37*n), 500})
	}
	return append(all, thing{promotion.KindService, "CUT", "hair", 12800, 0}, thing{promotion.KindTopUp, "TOPUP", "", 120_000, 0})
}

// oneThing is one article and one service at many prices, which parts that choose
// among the lines of an SKU have to put in order.
func oneThing() []thing {
	var all []thing
	for n := range 10 * rows {
		all = append(all, thing{promotion.KindGoods, code("article", 0), code("section", 0), money.Amount(1000 + 37*n), 500},
			thing{promotion.KindService, "CUT", "hair", money.Amount(12800 + 100*n), 0})
	}
	return all
}

// rows is how long every list is at once, more than a merchant will have.
const rows = 20

// crowded fills every list with so many rows, each of which is
// for something else of the same length.
func crowded(t *testing.T) string {
	t.Helper()
	all := map[string]any{"commission_progressive": true, "coupons_most": 0, "punches_most": 0}
	fill := func(key string, row func(n int) map[string]any) {
		var list []map[string]any
		for n := range rows {
			list = append(list, row(n))
		}
		all[key] = list
	}
	type m = map[string]any
	fill("tier_prices", func(n int) m { return m{"tier": "gold", "category": code("section", n), "percent": 5} })
	fill("member_prices", func(n int) m { return m{"sku": code("article", n), "price": 900} })
	fill("member_days", func(n int) m { return m{"weekday": "tue", "category": code("section", n), "percent": 5} })
	fill("slots", func(n int) m {
		return m{"days": "all", "from": "00:00", "to": "24:00", "sku": code("article", n), "percent": 9}
	})
	fill("combos", func(n int) m {
		return m{"name": code("set", n), "price": 100, "items": code("article", n) + ", " + code("article", (n+1)%rows) + "*2, " + code("article", (n+2)%rows)}
	})
	fill("buy_get", func(n int) m { return m{"sku": code("article", n), "buy": 2, "free": 1} })
	fill("nth", func(n int) m { return m{"category": code("section", n), "nth": 2, "percent": 50} })
	fill("pieces", func(n int) m { return m{"category": code("section", n), "count": 3, "percent": 5} })
	fill("full_steps", func(n int) m { return m{"spend": 1000 + n, "off": 10 + n, "category": code("section", n)} })
	fill("points_products", func(n int) m { return m{"sku": code("article", n), "times": 2} })
	fill("points_categories", func(n int) m { return m{"category": code("section", rows-1-n), "times": 2} })
	fill("spend_gifts", func(n int) m { return m{"spend": 1000, "kind": "coupon", "code": code("coupon", n)} })
	fill("topup_gifts", func(n int) m { return m{"amount": 1000, "kind": "coupon", "code": code("coupon", n)} })
	fill("commission_rates", func(n int) m { return m{"from": n * 100, "percent": float64(n) / 4} })
	fill("return_fees", func(n int) m { return m{"category": code("section", n), "percent": 5, "days": 0} })
	fill("checkin_gifts", func(n int) m { return m{"days": 7, "kind": "coupon", "code": code("coupon", n)} })
	fill("draw_prizes", func(n int) m { return m{"prize": code("prize", n), "weight": 1, "kind": "none"} })
	b, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
