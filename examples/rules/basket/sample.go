package basket

import "github.com/shopwright/shopwright/sdk/rule"

// Config is the configuration under which the twenty lines of Input get nineteen
// candidates.
var Config = []byte(`{"cap":5000,"off":1000,"prices":[
	{"category":"drinks","percent":3,"tier":"silver"},
	{"category":"snacks","percent":4.5,"tier":"silver"},
	{"category":"hair","percent":6,"tier":"silver"},
	{"category":"nails","percent":7.5,"tier":"silver"},
	{"category":"drinks","percent":5.5,"tier":"gold"},
	{"category":"snacks","percent":7,"tier":"gold"},
	{"category":"hair","percent":8.5,"tier":"gold"},
	{"category":"nails","percent":10,"tier":"gold"},
	{"category":"drinks","percent":8,"tier":"platinum"},
	{"category":"snacks","percent":9.5,"tier":"platinum"},
	{"category":"hair","percent":11,"tier":"platinum"},
	{"category":"nails","percent":12.5,"tier":"platinum"}],
	"spend":10000,"third_free":"drinks"}`)

var categories = []string{"drinks", "snacks", "hair", "nails", "retail"}

// Input is a gold member's basket of n lines; with twenty, Rule proposes nineteen
// candidates.
func Input(n int) rule.Input {
	in := rule.Input{Hook: rule.HookBenefit, Date: 20260113, Now: 1_768_272_000_000_000, Seed: 7, Weekday: 2, MinuteOfDay: 900,
		Currency: "CNY", CurrencyDigits: 2, Shop: "s1", Member: rule.Member{Present: true, Tier: "gold", JoinedDays: 400}}
	for i := range n {
		l := rule.Line{ID: uint32(i + 1), Kind: rule.KindGoods, SKU: "SKU-" + string(rune('A'+i%26)) + "00017", Category: categories[i%5],
			Quantity: rule.Quantity(1+i%4) * rule.One, Unit: rule.UnitPrice(1299+137*i) * 100}
		l.Gross = rule.Amount(1299+137*i) * rule.Amount(1+i%4)
		l.Net = l.Gross
		in.Lines = append(in.Lines, l)
	}
	return in
}
