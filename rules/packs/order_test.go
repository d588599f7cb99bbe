package packs_test

import (
	"fmt"
	"testing"

	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/promotion"
)

// TestLinesOfOneSKU: where there are more units than a benefit takes, what they are
// says which it takes, and not which line was rung up first.
func TestLinesOfOneSKU(t *testing.T) {
	w := newWorld(t)
	tea, cup, cut := shelf[0], shelf[2], shelf[6]
	at := func(x thing, price money.Amount) thing { x.price = price; return x }
	const set = `"combos_on":true,"combos":[{"name":"Set","price":5000,"items":"TEA, CUP"}]`
	for name, c := range map[string]struct {
		pack, config string
		lines        []promotion.LineView
		visits       int64
		want         money.Amount
	}{
		// The set has its tea of the five, since the single one is free already.
		"a set beside a free unit": {"catering", `{` + set + `,"buy_get_on":true,"buy_get":[{"sku":"TEA","buy":2,"free":1}]}`,
			[]promotion.LineView{lineOf(1, cup, 1000, ""), lineOf(2, tea, 1000, "junior"), lineOf(3, tea, 5000, "")}, 0, 5000 + 3*2990},
		// Three single ones: the free one is not that of the set.
		"a set of single units": {"catering", `{` + set + `,"buy_get_on":true,"buy_get":[{"sku":"TEA","buy":2,"free":1}]}`,
			[]promotion.LineView{lineOf(1, tea, 1000, ""), lineOf(2, tea, 1000, ""), lineOf(3, tea, 1000, ""), lineOf(4, cup, 1000, "")}, 0, 5000 + 2990},
		// The set takes the dearest tea.
		"a set at several prices": {"retail", `{` + set + `}`,
			[]promotion.LineView{lineOf(1, at(tea, 1000), 3000, ""), lineOf(2, tea, 1000, ""), lineOf(3, at(tea, 2000), 1000, ""), lineOf(4, cup, 1000, "")}, 0, 5000 + 3*1000 + 2000},
		// Two visits pay the two dearest cuts.
		"visits at several prices": {"salon", `{"coupons_on":false}`,
			[]promotion.LineView{lineOf(1, at(cut, 9000), 1000, ""), lineOf(2, cut, 1000, "senior"), lineOf(3, at(cut, 20000), 1000, "")}, 2, 9000},
	} {
		t.Run(name, func(t *testing.T) {
			p := []promotion.Pack{w.ref(t, c.pack, c.config)}
			for _, order := range orders(len(c.lines)) {
				in := promotion.Input{Now: 1, Date: "2026-01-13", Currency: cny, Shop: "s1", Member: promotion.MemberView{Present: true}, Lines: c.lines}
				if c.visits > 0 {
					in.Punches = []promotion.PunchView{{SKU: "CUT", Available: c.visits}}
				}
				pl := promotion.NewPipeline(w.host, p, reordered(in, order))
				pl.Price(ctx)
				pl.Benefit(ctx)
				sound(t, pl)
				var total money.Amount
				var left string // what is still paid of each line, however they stand
				for i, from := range order {
					total += pl.In.Lines[i].Net
					left += fmt.Sprintf(" %d:%d", from+1, pl.In.Lines[i].Net)
				}
				if total != c.want {
					t.Errorf("%v: %d, not %d (%s)", order, total, c.want, left)
				}
			}
		})
	}
}

// orders is every order of n lines.
func orders(n int) [][]int {
	if n == 0 {
		return [][]int{{}}
	}
	var all [][]int
	for _, o := range orders(n - 1) {
		for at := range n {
			next := append(append(append([]int{}, o[:at]...), n-1), o[at:]...)
			all = append(all, next)
		}
	}
	return all
}
