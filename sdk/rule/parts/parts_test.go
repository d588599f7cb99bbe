package parts

import (
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/shopwright/shopwright/sdk/rule"
)

func config(t *testing.T, json string) rule.Value {
	t.Helper()
	v, err := rule.ParseConfig([]byte(json))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func goods(id uint32, net rule.Amount) rule.Line {
	return rule.Line{ID: id, Kind: rule.KindGoods, SKU: "A", Category: "a", Quantity: rule.One, Net: net, Gross: net}
}

// TestPointsOfHugeSums: the sum is exact far beyond 64 bits, and never beyond what
// the host takes.
func TestPointsOfHugeSums(t *testing.T) {
	for _, c := range []struct {
		config string
		nets   []rule.Amount
		want   int64
	}{
		{`{"points_per_unit":1}`, []rule.Amount{199, 1}, 2},
		{`{"points_per_unit":0.01}`, []rule.Amount{9_999, 1}, 1},
		{`{"points_per_unit":1000,"points_categories":[{"category":"a","times":100}],"points_tiers":[{"tier":"","times":10}]}`, []rule.Amount{rule.Max / 4, rule.Max / 4}, rule.Max},
		{`{"points_per_unit":3.33,"points_categories":[{"category":"a","times":1.5}]}`, []rule.Amount{rule.Max / 100}, 499_500_000_000},
		{`{"points_per_unit":1,"points_combine":"multiply","points_tiers":[{"tier":"","times":100}],"points_days":[{"weekday":"all","times":100}]}`, []rule.Amount{100}, 1000},
	} {
		var p Points
		p.Configure(config(t, c.config))
		in := rule.Input{CurrencyDigits: 2, Member: rule.Member{Present: true}}
		for i, n := range c.nets {
			in.Lines = append(in.Lines, goods(uint32(i+1), n))
		}
		var out rule.Output
		if err := p.Earn(&in, &out); err != nil {
			t.Fatal(err)
		}
		var sum int64
		for _, e := range out.Earns {
			if e.Points <= 0 {
				t.Errorf("%s: line %d earns %d", c.config, e.Line, e.Points)
			}
			sum += e.Points
		}
		if sum != c.want {
			t.Errorf("%s: %d points, not %d", c.config, sum, c.want)
		}
	}
}

// TestGiftsKeepTheLimits: what a row says too much is cut to what the host takes,
// and a row that names nothing gives nothing.
func TestGiftsKeepTheLimits(t *testing.T) {
	for _, c := range []struct {
		row   string
		times int64
		want  string
	}{
		{`{"kind":"points","count":1000000}`, 1000, "1000000 0 0"},
		{`{"kind":"money","money":1000000000000}`, 1_000_000, "0 1000000000000000 0"},
		{`{"kind":"coupon","code":"X","valid_days":99999999}`, 1, "1 0 36500"},
		{`{"kind":"coupon","code":"X","valid_days":-5}`, 2, "2 0 0"},
		{`{"kind":"coupon"}`, 1, ""},
		{`{"kind":"gift","code":"X","count":0}`, 1, ""},
		{`{"kind":"message"}`, 1, ""},
		{`{"kind":"treasure","code":"X"}`, 1, ""},
		{`{"kind":"points","count":-4}`, 1, ""},
	} {
		var out rule.Output
		g := giftOf(config(t, c.row))
		gave := g.give(&out, "x", c.times, rule.Note{})
		got := ""
		for _, r := range out.Grants {
			got = strings.Join([]string{text(r.Count), text(int64(r.Amount)), text(int64(r.ValidDays))}, " ")
		}
		if got != c.want || gave != (c.want != "") {
			t.Errorf("%s: %q, not %q", c.row, got, c.want)
		}
	}
}

func text(n int64) string { return strconv.FormatInt(n, 10) }

// TestCategoriesFitTheHost: 64 bytes, and never a broken character.
func TestCategoriesFitTheHost(t *testing.T) {
	for n := range 80 {
		for _, c := range []string{"a", "é", "茶", "🍵"} {
			got := within(fullCategory, strings.Repeat(c, n))
			if len(got) > 64 || !utf8.ValidString(got) {
				t.Fatalf("%d x %s: %q", n, c, got)
			}
		}
	}
}

// TestWheelIsEven: over consecutive seeds each prize comes as often as it weighs,
// and one without weight never.
func TestWheelIsEven(t *testing.T) {
	var w Wheel
	w.Configure(config(t, `{"draw_on":true,"draw_prizes":[{"prize":"a","weight":1,"kind":"points"},{"prize":"never","weight":0,"kind":"points"},{"prize":"b","weight":3,"kind":"points"}]}`))
	won := map[string]int{}
	in := rule.Input{Prizes: []rule.Prize{{Code: "b", Left: -1}, {Code: "a", Left: 9}, {Code: "never", Left: 9}}}
	const n = 40_000
	for in.Seed = range uint64(n) {
		var out rule.Output
		if err := w.Draw(&in, &out); err != nil || len(out.Grants) != 1 {
			t.Fatalf("%+v %v", out, err)
		}
		won[out.Grants[0].Prize]++
	}
	if won["never"] != 0 || won["a"] < n/4*9/10 || won["a"] > n/4*11/10 {
		t.Error(won)
	}
}

// TestPartsOffSayNothing: a part whose switch is off answers nothing, whatever
// else is set.
func TestPartsOffSayNothing(t *testing.T) {
	v := config(t, `{"points_on":false,"spend_gifts_on":false,"topup_on":false,"tier_on":false,"commission_on":false,"coupons_on":false,"punches_on":false,
		"spend_gifts":[{"spend":1,"kind":"points"}],"topup_steps":[{"amount":1,"bonus":1}],"topup_gifts":[{"amount":1,"kind":"points"}],"tier_steps":[{"tier":"t","spend":0}],
		"commission_rates":[{"percent":50}],"full_steps":[{"spend":1,"off":1}],"nth":[{"sku":"A","percent":50}],"pieces":[{"sku":"A","count":1,"percent":50}],"buy_get":[{"sku":"A","buy":1,"free":1}],
		"member_prices":[{"sku":"A","price":1}],"member_percent":50,"member_days":[{"weekday":"tue","percent":50}],"slots":[{"percent":50}],"tier_prices":[{"tier":"t","percent":50}],
		"combos":[{"name":"x","price":1,"items":"A"}],"return_fees":[{"percent":50}],"return_coupons":"kept","return_points":"kept","points_pay_percent":1,"stored_value_percent":1,
		"joined_gifts":[{"kind":"points"}],"checkin_points":5,"draw_prizes":[{"prize":"a","weight":1,"kind":"points"}]}`)
	var (
		points Points
		spend  SpendGifts
		topUps TopUps
		ladder Ladder
		pay    Commissions
		coupon Coupons
		punch  Punches
		full   FullReduction
		multi  MultiBuy
		price  MemberPrices
		days   MemberDays
		slots  Slots
		tiers  TierPrices
		combos Combos
		ret    ReturnTerms
		tender OwnTenders
		events Events
		wheel  Wheel
		birth  Birthday
	)
	points.Configure(v)
	spend.Configure(v)
	topUps.Configure(v)
	ladder.Configure(v, rule.FactSpend)
	pay.Configure(v)
	coupon.Configure(v)
	full.Configure(v)
	multi.Configure(v)
	price.Configure(v)
	days.Configure(v)
	tiers.Configure(v, false)
	ret.Configure(v)
	tender.Configure(v)
	events.Configure(v)
	wheel.Configure(v)
	birth.Configure(v, false, 500_000)
	if slots.Configure(v) != nil || combos.Configure(v, false) != nil || punch.Configure(v) != nil {
		t.Fatal("refused")
	}
	l := goods(1, 10_000)
	l.HasStaff, l.Points = true, 5
	in := rule.Input{Date: 20260113, Weekday: 2, CurrencyDigits: 2, Member: rule.Member{Present: true, Tier: "t", BirthdayMonth: true},
		Lines:   []rule.Line{l, {ID: 2, Kind: rule.KindTopUp, Quantity: rule.One, Gross: 50_000, Net: 50_000}, {ID: 3, Kind: rule.KindService, SKU: "S", Quantity: rule.One}},
		Coupons: []rule.Coupon{{Ref: 1, Kind: rule.CouponPercent, Rate: 100_000}}, Punches: []rule.PunchBalance{{SKU: "S", Available: 3}},
		Facts: []rule.Fact{{Kind: rule.FactSpend, WindowDays: 365}}, Tiers: []rule.Tier{{Code: "t", Rank: 1}},
		Refund: rule.Refund{Days: 9, Amount: 10_000}, Prizes: []rule.Prize{{Code: "a", Left: 1}}}
	for _, kind := range []rule.EventKind{rule.EventJoined, rule.EventCheckIn} {
		in.Event = rule.Event{Kind: kind, Value: 1}
		var out rule.Output
		err := All(&in, &out, points.Earn, spend.Earn, topUps.TopUp, ladder.Tier, pay.Commission, coupon.Benefit, punch.Benefit, full.Benefit, multi.Benefit, price.Price,
			days.Price, slots.Price, tiers.Price, combos.Benefit, ret.Return, tender.Tender, events.Trigger, wheel.Draw, birth.Price)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(out.Candidates) + len(out.Earns) + len(out.Commissions) + len(out.Bonuses) + len(out.Notes) + len(out.Tenders) + len(out.Grants) + len(out.Returns); n > 0 || out.Tier != (rule.TierProposal{}) {
			t.Fatalf("%+v", out)
		}
	}
}

// TestStaffSettlesTies: of two lines that differ in their staff alone a part takes
// the same one whichever was rung up first, since commission depends on it.
func TestStaffSettlesTies(t *testing.T) {
	var (
		punch  Punches
		multi  MultiBuy
		combos Combos
		coupon Coupons
	)
	v := config(t, `{"combos":[{"name":"x","price":1,"items":"A"}],"buy_get_on":true,"buy_get":[{"sku":"A","buy":1,"free":1}],"punches_most":1}`)
	multi.Configure(v)
	coupon.Configure(v)
	if punch.Configure(v) != nil || combos.Configure(v, true) != nil {
		t.Fatal("refused")
	}
	line := func(level string) rule.Line {
		l := goods(0, 1000)
		l.Unit, l.HasStaff, l.StaffLevel = 100_000, level != "", level
		return l
	}
	for name, c := range map[string]struct {
		benefit func(*rule.Input, *rule.Output) error
		kind    rule.LineKind
		want    [2]string // of "" and junior, and of junior and senior
	}{
		"visits":  {punch.Benefit, rule.KindService, [2]string{"junior", "senior"}},
		"free":    {multi.Benefit, rule.KindGoods, [2]string{"", "junior"}},
		"coupons": {coupon.Benefit, rule.KindGoods, [2]string{"junior", "senior"}},
		"combos":  {combos.Benefit, rule.KindGoods, [2]string{"junior", "senior"}},
	} {
		for i, levels := range [2][2]string{{"", "junior"}, {"junior", "senior"}} {
			for range 2 {
				levels[0], levels[1] = levels[1], levels[0]
				in := rule.Input{CurrencyDigits: 2, Coupons: []rule.Coupon{{Ref: 1, Kind: rule.CouponProduct, SKU: "A"}}, Punches: []rule.PunchBalance{{SKU: "A", Available: 1}}}
				for n, level := range levels {
					l := line(level)
					l.ID, l.Kind = uint32(n+1), c.kind
					in.Lines = append(in.Lines, l)
				}
				var out rule.Output
				if err := c.benefit(&in, &out); err != nil || len(out.Candidates) != 1 {
					t.Fatalf("%s: %+v %v", name, out, err)
				}
				// A combo of every line takes both; the first target is its choice.
				if got := levels[out.Candidates[0].Targets[0].Line-1]; got != c.want[i] {
					t.Errorf("%s of %q: %q, not %q", name, levels, got, c.want[i])
				}
			}
		}
	}
}
