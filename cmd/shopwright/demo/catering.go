package demo

import (
	"strings"
	"time"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/catalog"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/coupon"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/setting"
)

// catering sells dishes: combos, prices by the hour, a member day.
type catering struct{ dessert, teatime *coupon.Definition }

func newCatering() business { return &catering{} }

func (*catering) about() about {
	return about{
		edition: "catering", handle: "catering", name: "巷口面馆 Lane Noodles", shop: "徐家汇店 Xujiahui", address: "上海市徐汇区天钥桥路 66 号",
		settings: map[string]string{setting.PointsValidity.Key(): "year_end", setting.PointsValidityCount.Key(): "1", setting.BonusDays.Key(): "365"}, evens: 0.06, apologies: 0.02,
		footer: "吃好再来 Come again hungry", taxRate: 60_000, registers: []string{"堂食 Dine-in", "外带 Takeaway"},
		perDay: 24, week: [7]float64{1.15, 0.85, 0.9, 0.9, 0.95, 1.15, 1.25}, open: 10,
		hours: []float64{0.5, 2.6, 3, 1.2, 0.6, 0.5, 0.8, 2.2, 2.8, 1.8, 0.7}, members: 220,
		people: []hire{
			{"owner", "陈老板 Chen", "", auth.Owner, true}, {"manager", "孙倩 Sun Qian", "", auth.Manager, true},
			{"cashier", "小何 He", "", auth.Cashier, true}, {"finance", "钱会计 Qian", "", auth.Finance, true},
		},
	}
}

var dishes = []struct {
	code, name, category string
	price, weight        float64
}{
	{"BEEF-NOODLE", "红烧牛肉面 Braised beef noodles", "noodles", 32, 6}, {"DAN-DAN", "担担面 Dan dan noodles", "noodles", 24, 4}, {"SCALLION", "葱油拌面 Scallion noodles", "noodles", 18, 4},
	{"WONTON", "鲜肉大馄饨 Pork wontons", "noodles", 26, 3.5}, {"SOUR-FISH", "酸菜鱼米线 Sour fish rice noodles", "noodles", 36, 2}, {"COLD-NOODLE", "四川凉面 Cold noodles", "noodles", 22, 1.5},
	{"LU-RICE", "卤肉饭 Braised pork rice", "rice", 28, 4}, {"CHICKEN-RICE", "海南鸡饭 Hainan chicken rice", "rice", 34, 3}, {"EEL-RICE", "鳗鱼饭 Eel rice", "rice", 58, 1}, {"EGG-RICE", "蛋炒饭 Egg fried rice", "rice", 20, 3},
	{"GYOZA", "煎饺 6只 Fried dumplings", "snacks", 22, 3}, {"XLB", "小笼包 6只 Soup dumplings", "snacks", 24, 4}, {"SPRING-ROLL", "春卷 Spring rolls", "snacks", 16, 2}, {"CUCUMBER", "拍黄瓜 Smashed cucumber", "snacks", 12, 3},
	{"TOFU", "皮蛋豆腐 Tofu with century egg", "snacks", 15, 2}, {"TEA-EGG", "茶叶蛋 Tea egg", "snacks", 3, 5}, {"WINGS", "盐酥鸡翅 Chicken wings", "snacks", 26, 2}, {"GREENS", "蒜蓉时蔬 Garlic greens", "snacks", 18, 2.5},
	{"SOUP", "紫菜蛋花汤 Seaweed egg soup", "soups", 8, 4}, {"BEEF-SOUP", "牛肉清汤 Beef broth", "soups", 18, 1.5}, {"HOT-SOUR", "酸辣汤 Hot and sour soup", "soups", 14, 2},
	{"SOY-MILK", "现磨豆浆 Soy milk", "drinks", 8, 3}, {"PLUM", "酸梅汤 Plum juice", "drinks", 10, 4}, {"COLA", "可乐 Cola", "drinks", 6, 3}, {"MILK-TEA", "港式奶茶 Milk tea", "drinks", 16, 3}, {"BEER", "青岛啤酒 Beer", "drinks", 12, 1.5},
	{"MANGO", "杨枝甘露 Mango sago", "desserts", 22, 2}, {"TARO", "芋圆 Taro balls", "desserts", 18, 2}, {"GRASS-JELLY", "仙草冻 Grass jelly", "desserts", 14, 1.5},
}

func (c *catering) found(t *trader) error {
	if err := t.categories([][2]string{{"noodles", "面 Noodles"}, {"rice", "饭 Rice"}, {"snacks", "小吃 Snacks"}, {"soups", "汤 Soups"}, {"drinks", "饮料 Drinks"}, {"desserts", "甜品 Desserts"}}); err != nil {
		return err
	}
	var ins []catalog.In
	for _, d := range dishes {
		ins = append(ins, catalog.In{Code: d.code, Name: d.name, Category: d.category, UnitPrice: yuan(d.price), Cost: yuan(d.price * 0.32)})
	}
	if err := t.stocked(ins, make([]money.Quantity, len(ins)), nil); err != nil {
		return err
	}
	t.hero(StoryPriceMember, "惠元 Hui Yuan", "", "会员日价格示例。Shows the member day's price.")
	var err error
	if c.dessert, err = t.define(coupon.Definition{Name: "赠甜品 Free grass jelly", Kind: coupon.KindProduct, SKU: t.byCode["GRASS-JELLY"].ID, SKUCode: "GRASS-JELLY", MinSpend: 3000, ValidDays: 30}); err != nil {
		return err
	}
	c.teatime, err = t.define(coupon.Definition{Name: "下午茶甜品 7 折 Teatime: 30% off desserts", Kind: coupon.KindPercent, Rate: 300_000, Category: "desserts", ValidDays: 30, PerMember: 3, Uses: 3,
		Weekdays: coupon.On(time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday), Slots: []coupon.Slot{{From: 14 * 60, To: 17 * 60}}, Shops: []id.ID{t.shop.ID}})
	if err != nil {
		return err
	}
	return t.configure("catering", CateringConfig(true, weekdayOf(t.today)), "opening")
}

var weekdays = [7]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

func weekdayOf(d interface{ Time() time.Time }) string { return weekdays[d.Time().Weekday()] }

// CateringConfig is the catering pack's configuration of the demo. The member day
// is the weekday of the day on which the demo was made, so that switching it on
// shows at once.
func CateringConfig(memberDay bool, weekday string) map[string]any {
	return map[string]any{
		"combos": []map[string]any{
			{"name": "牛肉面套餐 Beef noodle set", "price": 4000, "items": "BEEF-NOODLE, CUCUMBER, PLUM"},
			{"name": "卤肉饭套餐 Pork rice set", "price": 3200, "items": "LU-RICE, SOUP, TEA-EGG"},
			{"name": "双人餐 Set for two", "price": 9900, "items": "BEEF-NOODLE*2, XLB, GREENS, COLA*2"},
		},
		"slots_on":       true,
		"slots":          []map[string]any{{"days": "weekdays", "from": "14:00", "to": "17:00", "category": "", "percent": 20}, {"days": "all", "from": "20:00", "to": "21:00", "category": "desserts", "percent": 50}},
		"member_days_on": memberDay,
		"member_days":    []map[string]any{{"weekday": weekday, "percent": 12}},
		"topup_steps":    []map[string]any{{"amount": 20000, "bonus": 2000}, {"amount": 50000, "bonus": 8000}},
	}
}

// morning ends the member day a few days ago: the owner may bring it back.
func (c *catering) morning(t *trader, day int) error {
	if day == 0 {
		if err := t.cards(designs(88, "巷口储值卡 Lane prepaid card", "熟客折扣卡 Regulars' discount card", "早餐次卡 Breakfast card")...); err != nil {
			return err
		}
	}
	if err := t.consents(day); err != nil {
		return err
	}
	if day == t.ago(26) {
		var to []*person
		for i, p := range t.members {
			if p.joins == 0 && !p.hero && i%7 == 2 {
				to = append(to, p)
			}
		}
		if err := t.issue(c.teatime, to, time.Time{}); err != nil {
			return err
		}
	}
	if day == t.ago(3) {
		return t.configure("catering", CateringConfig(false, weekdayOf(t.today)), "no member day for now")
	}
	if day%10 != 5 {
		return nil
	}
	var to []*person
	for _, p := range t.members {
		if p.joins <= day && !p.hero && t.chance(0.08) {
			to = append(to, p)
		}
	}
	if len(to) == 0 {
		return nil
	}
	return t.issue(c.dessert, to, time.Time{})
}

func (c *catering) visit(t *trader, v *visit) {
	if t.chance(0.55) {
		v.who = t.regular(t.dayOf(v))
	}
	if v.who != nil && t.chance(0.04) {
		v.lines = []checkout.LineIn{{Kind: sale.LineTopUp, Amount: []money.Amount{20000, 20000, 50000}[t.rng.IntN(3)]}}
		return
	}
	order := func(codes string) {
		for _, code := range strings.Fields(codes) {
			t.line(v, t.byCode[code], money.One)
		}
	}
	switch x := t.rng.Float64(); {
	case x < 0.2:
		order("BEEF-NOODLE CUCUMBER PLUM")
	case x < 0.33:
		order("LU-RICE SOUP TEA-EGG")
	case x < 0.38:
		t.line(v, t.byCode["BEEF-NOODLE"], 2*money.One)
		t.line(v, t.byCode["COLA"], 2*money.One)
		order("XLB GREENS")
	}
	weights := make([]float64, len(dishes))
	for i := range dishes {
		weights[i] = dishes[i].weight
	}
	more := 1 + t.rng.IntN(4)
	if len(v.lines) > 0 {
		more = t.rng.IntN(3)
	}
	for range more {
		it := t.byCode[dishes[pick(t.rng, weights)].code]
		if !v.has(it) {
			t.line(v, it, money.Quantity(1+t.rng.IntN(5)/4)*money.One)
		}
	}
	for _, k := range vouchersOf(v) { // the free dish must be ordered to be free
		if !k.used && k.Definition.ID == c.dessert.ID && t.chance(0.6) && !v.has(t.byCode["GRASS-JELLY"]) {
			order("GRASS-JELLY")
			break
		}
	}
	if v.has(t.byCode["GRASS-JELLY"]) || v.has(t.byCode["MANGO"]) || v.has(t.byCode["TARO"]) {
		t.spendVoucher(v, 0.9)
	}
	switch x := t.rng.Float64(); {
	case x < 0.005:
		v.back, v.after = voided, 2*time.Minute
	case x < 0.015:
		v.back, v.after = returnsOne, 15*time.Minute
	}
}

func vouchersOf(v *visit) []*voucher {
	if v.who == nil {
		return nil
	}
	return v.who.vouchers
}

// has reports whether an item is in the basket already.
func (v *visit) has(it *item) bool {
	for i := range v.lines {
		if v.lines[i].SKU == it.ID {
			return true
		}
	}
	return false
}

func (c *catering) stories(t *trader, day int, open time.Time) []visit {
	var out []visit
	for _, ago := range []int{49, 42, 28, 15, 8} { // three of them member days
		if day == t.ago(ago) {
			out = append(out, visit{at: open.Add(130 * time.Minute), who: t.heroes[StoryPriceMember], plain: true,
				lines: []checkout.LineIn{{SKU: t.byCode["DAN-DAN"].ID, Quantity: money.One}, {SKU: t.byCode["PLUM"].ID, Quantity: money.One}}})
		}
	}
	return out
}
