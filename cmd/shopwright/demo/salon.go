package demo

import (
	"fmt"
	"time"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/catalog"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/coupon"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/setting"
	"github.com/shopwright/shopwright/core/staff"
)

// salon sells time: services by stylists, punch cards, stored value.
type salon struct {
	gift   *coupon.Definition
	care   *coupon.Definition // for weekday mornings
	family catalog.PunchPlan
	plan   staff.Plan
}

func newSalon() business { return &salon{} }

func (*salon) about() about {
	return about{
		edition: "salon", handle: "salon", name: "青丝美发 Lily Salon", shop: "静安店 Jing'an", address: "上海市静安区愚园路 188 号",
		settings: map[string]string{setting.TierDowngrade.Key(): "one_step", setting.TierGraceDays.Key(): "30"}, evens: 0.03, apologies: 0.02,
		footer: "谢谢光临 Thank you, see you soon", taxRate: 60_000, registers: []string{"前台 Front desk"},
		perDay: 11, week: [7]float64{1.5, 0.6, 0.7, 0.8, 0.9, 1.2, 1.6}, open: 10,
		hours: []float64{0.6, 1, 0.9, 0.7, 1, 1.2, 1.2, 1.3, 1.4, 1.1, 0.6}, members: 160,
		people: []hire{
			{"owner", "李莉 Lily Li", "", auth.Owner, true}, {"manager", "周敏 Min Zhou", "", auth.Manager, true},
			{"cashier", "小美 Mei", "", auth.Cashier, true}, {"finance", "吴会计 Wu", "", auth.Finance, true},
			{"vivian", "薇薇安 Vivian (senior)", "senior", auth.Cashier, false}, {"tony", "托尼 Tony (junior)", "junior", auth.Cashier, false},
		},
	}
}

var salonServices = []struct {
	code, name, category string
	price                float64
	weight               float64
}{
	{"CUT-W", "女士剪发 Women's cut", "cut", 128, 6}, {"CUT-M", "男士剪发 Men's cut", "cut", 88, 6}, {"CUT-K", "儿童剪发 Kids' cut", "cut", 58, 1.5},
	{"WASH", "洗吹 Wash and blow-dry", "wash", 48, 5}, {"STYLE", "造型 Styling", "wash", 98, 1.5},
	{"COLOR", "染发 Colour", "colour", 398, 2}, {"COLOR-T", "补染发根 Root touch-up", "colour", 228, 1.5}, {"HIGHLIGHT", "挑染 Highlights", "colour", 568, 0.7},
	{"PERM", "烫发 Perm", "perm", 498, 1.5}, {"STRAIGHT", "拉直 Straightening", "perm", 458, 0.7}, {"CARE", "头发护理 Hair care", "care", 168, 2.5},
	{"SCALP", "头皮护理 Scalp care", "care", 198, 1.2}, {"KERATIN", "角蛋白护理 Keratin", "care", 368, 0.6},
}

var salonGoods = []struct {
	code, name string
	price      float64
}{
	{"SHAMPOO", "氨基酸洗发水 Shampoo 500ml", 88}, {"COND", "修护护发素 Conditioner 500ml", 88}, {"OIL", "护发精油 Hair oil 100ml", 128}, {"WAX", "发蜡 Styling wax", 68},
	{"SPRAY", "定型喷雾 Hair spray", 78}, {"MASK", "深层发膜 Hair mask", 138}, {"COMB", "气垫梳 Paddle brush", 59}, {"TOWEL", "干发帽 Hair towel", 39},
}

func (s *salon) found(t *trader) error {
	if err := t.categories([][2]string{{"cut", "剪发 Cuts"}, {"wash", "洗吹 Wash"}, {"colour", "染发 Colour"}, {"perm", "烫发 Perms"}, {"care", "护理 Care"}, {"products", "产品 Products"}}); err != nil {
		return err
	}
	var ins []catalog.In
	var targets []money.Quantity
	for _, v := range salonServices {
		ins, targets = append(ins, catalog.In{Code: v.code, Name: v.name, Kind: catalog.Service, Category: v.category, UnitPrice: yuan(v.price)}), append(targets, 0)
	}
	for i, v := range salonGoods {
		code, err := catalog.EAN13(fmt.Sprintf("6900001%05d", 100+i))
		if err != nil {
			return err
		}
		ins = append(ins, catalog.In{Code: v.code, Name: v.name, Category: "products", UnitPrice: yuan(v.price), Cost: yuan(v.price * 0.45), Stocked: true, Barcodes: []string{code}})
		targets = append(targets, 40*money.One)
	}
	if err := t.stocked(ins, targets, nil); err != nil {
		return err
	}
	t.hero(StoryAlmostGold, "金差一 Jin Chayi", "", "再来一次升金卡。One visit short of gold.")
	t.hero(StoryBirthday, "盛日 Sheng Ri", "1994-"+string(t.today)[5:], "今天生日。Birthday today.")
	t.hero(StoryLastPunch, "莫次 Mo Ci", "", "次卡剩最后一次。One visit left on the card.")
	t.hero(StoryTwoLots, "储双 Chu Shuang", "", "两笔储值：3000 送 1000，5000 不送。Two top-ups: 3,000 + 1,000 and 5,000 + 0.")
	for story, login := range map[string]string{StorySenior: "vivian", StoryJunior: "tony"} {
		for _, h := range t.about.people {
			if h.login == login {
				t.stories[story] = Story{StaffID: t.staff[login].String(), Name: h.name, Level: h.level}
			}
		}
	}
	var err error
	if s.gift, err = t.define(coupon.Definition{Name: "新客立减 20 Newcomer's ¥20", Kind: coupon.KindCash, Amount: 2000, MinSpend: 10000, ValidDays: 45}); err != nil {
		return err
	}
	if err = s.foundMore(t); err != nil {
		return err
	}
	return t.configure("salon", salonConfig(true, [2]int{50000, 10000}, [2]int{300000, 100000}), "opening offer: 3,000 gets 1,000")
}

// salonConfig is the pack's configuration with a ladder for top-ups.
func salonConfig(topUps bool, steps ...[2]int) map[string]any {
	ladder := []map[string]any{}
	for _, s := range steps {
		ladder = append(ladder, map[string]any{"amount": s[0], "bonus": s[1]})
	}
	return map[string]any{
		"birthday_percent": 20, "topup_on": topUps, "topup_steps": ladder,
		"commission_rates": []map[string]any{
			{"level": "senior", "kind": "service", "percent": 10}, {"level": "junior", "kind": "service", "percent": 6},
			{"kind": "goods", "percent": 5}, {"kind": "punch_card", "percent": 3},
		},
	}
}

// morning changes the top-up offer twice, which is how one member came to a
// top-up with a bonus and one without, and greets those who joined with a coupon.
func (s *salon) morning(t *trader, day int) error {
	if err := s.morningMore(t, day); err != nil {
		return err
	}
	switch day {
	case t.ago(36):
		if err := t.configure("salon", salonConfig(false), "the opening offer has ended"); err != nil {
			return err
		}
	case t.ago(30):
		if err := t.configure("salon", salonConfig(true, [2]int{50000, 10000}), "500 gets 100"); err != nil {
			return err
		}
	}
	var joined []*person
	for _, p := range t.members {
		if p.joins == day && !p.hero && day > 0 {
			joined = append(joined, p)
		}
	}
	if len(joined) == 0 {
		return nil
	}
	return t.issue(s.gift, joined, time.Time{})
}

func (t *trader) service() *item {
	weights := make([]float64, len(salonServices))
	for i := range salonServices {
		weights[i] = salonServices[i].weight
	}
	return t.byCode[salonServices[pick(t.rng, weights)].code]
}

func (t *trader) stylist() id.ID {
	if t.chance(0.55) {
		return t.staff["vivian"]
	}
	return t.staff["tony"]
}

func (s *salon) visit(t *trader, v *visit) {
	if t.chance(0.8) {
		v.who = t.regular(t.dayOf(v))
	}
	if v.who != nil {
		switch x := t.rng.Float64(); {
		case x < 0.07:
			v.lines = []checkout.LineIn{{Kind: sale.LineTopUp, Amount: []money.Amount{20000, 50000, 50000, 100000}[t.rng.IntN(4)]}}
			return
		case x < 0.11 && !v.who.card:
			v.who.card = true
			v.lines = []checkout.LineIn{{Kind: sale.LinePunchCard, SKU: t.byCode["WASH"].ID, Amount: 40000, Visits: 10, FreeVisits: 2, Staff: t.stylist()}}
			return
		case x < 0.13 && !v.who.card:
			v.who.card = true
			v.lines = []checkout.LineIn{{Kind: sale.LinePunchCard, SKU: t.byCode["CUT-W"].ID, Amount: 58000, Visits: 5, Staff: t.stylist()}}
			return
		}
	}
	by := t.stylist()
	if v.who != nil && v.who.card && t.chance(0.6) {
		t.line(v, t.byCode["WASH"], money.One)
	} else {
		t.line(v, t.service(), money.One)
	}
	if t.chance(0.25) {
		if extra := t.service(); extra.ID != v.lines[0].SKU {
			t.line(v, extra, money.One)
		}
	}
	if t.chance(0.18) {
		t.line(v, t.byCode[salonGoods[t.rng.IntN(len(salonGoods))].code], money.One)
	}
	for i := range v.lines {
		v.lines[i].Staff = by
		if c := t.byID[v.lines[i].SKU].Category; (c == "colour" || c == "perm") && t.chance(0.5) {
			v.lines[i].Staff, v.lines[i].Splits = id.None, together(t)
		}
	}
	t.spendVoucher(v, 0.5)
	switch x := t.rng.Float64(); {
	case x < 0.006:
		v.back, v.after = voided, 3*time.Minute
	case x < 0.015:
		v.back, v.after = returnsOne, 40*time.Minute
	}
}

// stories brings those with a story in on their days.
func (s *salon) stories(t *trader, day int, open time.Time) []visit {
	var out []visit
	come := func(story string, ago int, lines ...checkout.LineIn) {
		if day == t.ago(ago) {
			out = append(out, visit{at: open.Add(time.Duration(95+7*len(out)) * time.Minute), who: t.heroes[story], lines: lines, plain: true})
		}
	}
	do := func(code, by string) checkout.LineIn {
		return checkout.LineIn{SKU: t.byCode[code].ID, Quantity: money.One, Staff: t.staff[by]}
	}
	for i, ago := range []int{56, 50, 44, 37, 31, 24, 17, 11, 4} { // nine visits: silver at the fifth, gold at the tenth
		come(StoryAlmostGold, ago, do([]string{"CUT-W", "WASH", "CARE"}[i%3], []string{"vivian", "tony"}[i%2]))
	}
	come(StoryBirthday, 41, do("CUT-W", "vivian"), do("WASH", "vivian"))
	come(StoryBirthday, 12, do("COLOR", "vivian"))
	come(StoryLastPunch, 52, checkout.LineIn{Kind: sale.LinePunchCard, SKU: t.byCode["WASH"].ID, Amount: 20000, Visits: 5, Staff: t.staff["tony"]})
	for _, ago := range []int{45, 34, 22, 9} {
		come(StoryLastPunch, ago, do("WASH", "tony"))
	}
	come(StoryTwoLots, 38, checkout.LineIn{Kind: sale.LineTopUp, Amount: 300000})
	come(StoryTwoLots, 33, checkout.LineIn{Kind: sale.LineTopUp, Amount: 500000})
	come(StoryTwoLots, 16, do("CUT-M", "vivian")) // paid by phone: both top-ups are whole
	return append(out, s.storiesMore(t, day, open)...)
}
