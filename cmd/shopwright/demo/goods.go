package demo

import (
	"fmt"
	"math/rand/v2"

	"github.com/shopwright/shopwright/core/catalog"
	"github.com/shopwright/shopwright/core/money"
)

// ware is a kind of goods; brands and sizes make SKUs of it.
type ware struct {
	name  string
	price float64
	sizes string // of the catalogue's sizes below
}

// shelf is a category with what stands on it.
type shelf struct {
	code, name string
	brands     []string
	wares      []ware
	popular    float64
	loose      bool // by weight: one SKU for each ware and brand, priced by the kilogram
}

var sizes = map[string][]struct {
	label  string
	factor float64
}{
	"bottle": {{"330ml", 0.8}, {"500ml", 1}, {"1.5L", 2.1}},
	"bag":    {{"70g", 0.6}, {"150g", 1}, {"400g", 2.3}},
	"big":    {{"1kg", 1}, {"2.5kg", 2.3}, {"5kg", 4.2}},
	"tube":   {{"90g", 0.8}, {"150g", 1.2}},
	"liquid": {{"300ml", 1}, {"750ml", 2}},
	"pack":   {{"单包 single", 1}, {"3 包装 3-pack", 2.7}},
	"one":    {{"", 1}},
	"kg":     {{"散装 per kg", 1}},
}

var shelves = []shelf{
	{"drinks", "饮料 Drinks", []string{"清泉 Qingquan", "果园 Orchard", "阿尔卑 Alpi", "山之语 Shanyu", "Polar", "嘉果 Jiaguo"}, []ware{{"矿泉水 Mineral water", 2.5, "bottle"}, {"绿茶 Green tea", 4.5, "bottle"}, {"乌龙茶 Oolong tea", 5, "bottle"}, {"橙汁 Orange juice", 7.5, "bottle"}, {"苏打水 Soda water", 4, "bottle"}, {"柠檬茶 Lemon tea", 5, "bottle"}, {"可乐 Cola", 3.5, "bottle"}, {"椰汁 Coconut drink", 6, "bottle"}, {"冷萃咖啡 Cold brew", 11.9, "bottle"}}, 3, false},
	{"snacks", "零食 Snacks", []string{"乐口 Leko", "松鼠记 Squirrel", "旺街 Wangjie", "Mr. Chip", "香香 Xiangxiang", "Crunch & Co"}, []ware{{"原味薯片 Potato chips", 6.9, "bag"}, {"海苔脆 Seaweed crisps", 9.9, "bag"}, {"牛肉干 Beef jerky", 29.9, "bag"}, {"苏打饼干 Crackers", 7.9, "bag"}, {"夹心饼干 Sandwich biscuits", 8.5, "bag"}, {"坚果 Mixed nuts", 26.9, "bag"}, {"果冻 Fruit jelly", 8.9, "bag"}, {"巧克力 Chocolate", 15.9, "bag"}, {"瓜子 Sunflower seeds", 8.9, "bag"}}, 2.6, false},
	{"dairy", "乳品 Dairy", []string{"牧歌 Muge", "晨牛 Morning Cow", "Alpina", "草原 Grassland"}, []ware{{"纯牛奶 Whole milk", 5.9, "liquid"}, {"低脂奶 Low-fat milk", 6.2, "liquid"}, {"原味酸奶 Plain yoghurt", 8.9, "liquid"}, {"草莓酸奶 Strawberry yoghurt", 9.9, "liquid"}, {"奶酪棒 Cheese sticks", 16.9, "pack"}, {"黄油 Butter", 22.9, "pack"}, {"豆奶 Soy milk", 6.5, "liquid"}, {"燕麦奶 Oat milk", 13.9, "liquid"}}, 2.2, false},
	{"fruit", "生鲜 Fresh", []string{"本地 Local", "进口 Imported"}, []ware{{"苹果 Apples", 11.8, "kg"}, {"香蕉 Bananas", 7.6, "kg"}, {"橙子 Oranges", 12.8, "kg"}, {"葡萄 Grapes", 23.8, "kg"}, {"西红柿 Tomatoes", 8.6, "kg"}, {"黄瓜 Cucumbers", 7.2, "kg"}, {"土豆 Potatoes", 5.6, "kg"}, {"胡萝卜 Carrots", 5.9, "kg"}, {"梨 Pears", 10.8, "kg"}, {"猕猴桃 Kiwis", 25.8, "kg"}}, 2.4, true},
	{"grain", "粮油 Staples", []string{"稻香 Daoxiang", "金穗 Golden Ear", "五谷 Wugu", "田园 Tianyuan"}, []ware{{"东北大米 Rice", 9.9, "big"}, {"面粉 Flour", 7.9, "big"}, {"小米 Millet", 13.9, "big"}, {"挂面 Dried noodles", 6.9, "pack"}, {"花生油 Peanut oil", 28.9, "liquid"}, {"橄榄油 Olive oil", 59.9, "liquid"}, {"生抽 Soy sauce", 11.9, "liquid"}, {"香醋 Vinegar", 8.9, "liquid"}, {"豆瓣酱 Bean paste", 12.9, "tube"}, {"食盐 Salt", 3.5, "pack"}}, 1.4, false},
	{"home", "日用 Household", []string{"净白 Jingbai", "小家 Xiaojia", "Homely", "绿叶 Greenleaf", "Everyday", "家友 Jiayou"}, []ware{{"抽纸 Tissues", 6.9, "pack"}, {"卷纸 Toilet paper", 12.9, "pack"}, {"洗洁精 Dish soap", 9.9, "liquid"}, {"洗衣液 Laundry liquid", 26.9, "liquid"}, {"垃圾袋 Bin bags", 7.9, "pack"}, {"保鲜膜 Cling film", 9.9, "one"}, {"抹布 Cloths", 8.9, "pack"}, {"电池 AA batteries", 12.9, "pack"}, {"衣架 Hangers", 15.9, "one"}}, 1.2, false},
	{"care", "个护 Personal care", []string{"花漾 Huayang", "悦肤 Yuefu", "Pure", "北岸 North Shore", "Lumi"}, []ware{{"牙膏 Toothpaste", 12.9, "tube"}, {"牙刷 Toothbrush", 9.9, "pack"}, {"洗发水 Shampoo", 29.9, "liquid"}, {"沐浴露 Body wash", 26.9, "liquid"}, {"香皂 Soap", 5.9, "pack"}, {"面膜 Face mask", 9.9, "pack"}, {"护手霜 Hand cream", 19.9, "tube"}, {"洗面奶 Face wash", 32.9, "tube"}, {"棉签 Cotton buds", 5.9, "one"}}, 1.1, false},
	{"baby", "母婴 Baby", []string{"小象 Baby Elephant", "贝乐 Beile", "Nuvo", "小星 Little Star"}, []ware{{"纸尿裤 Nappies", 79.9, "pack"}, {"湿巾 Baby wipes", 9.9, "pack"}, {"米粉 Baby cereal", 32.9, "tube"}, {"奶瓶 Bottle", 49.9, "one"}, {"洗衣皂 Baby soap", 8.9, "pack"}, {"爽身粉 Talc", 15.9, "tube"}, {"辅食泥 Fruit purée", 8.9, "pack"}, {"口水巾 Bibs", 19.9, "pack"}}, 0.6, false},
	{"stationery", "文具 Stationery", []string{"墨客 Moke", "学士 Scholar", "Papyrus", "Inkwell"}, []ware{{"中性笔 Gel pen", 3.5, "pack"}, {"铅笔 Pencils", 6.9, "pack"}, {"笔记本 Notebook", 9.9, "one"}, {"便利贴 Sticky notes", 7.9, "pack"}, {"胶带 Tape", 4.9, "pack"}, {"剪刀 Scissors", 9.9, "one"}, {"文件夹 Folder", 6.9, "pack"}, {"橡皮 Eraser", 2.5, "pack"}, {"荧光笔 Highlighters", 8.9, "pack"}}, 0.7, false},
	{"pet", "宠物 Pets", []string{"毛球 Furball", "汪喵 Woofmeow", "Paws", "爪印 Pawprint"}, []ware{{"猫粮 Cat food", 39.9, "big"}, {"狗粮 Dog food", 42.9, "big"}, {"猫砂 Cat litter", 19.9, "big"}, {"猫条 Cat treats", 12.9, "pack"}, {"狗咬胶 Dog chews", 15.9, "bag"}, {"宠物湿巾 Pet wipes", 11.9, "pack"}}, 0.5, false},
	{"kitchen", "厨房 Kitchen", []string{"厨语 Chuyu", "好食器 Tableware Co", "Cookwell", "灶台 Zaotai"}, []ware{{"饭碗 Rice bowl", 12.9, "pack"}, {"筷子 Chopsticks", 15.9, "pack"}, {"玻璃杯 Glass", 13.9, "pack"}, {"不粘锅 Frying pan", 129, "one"}, {"砧板 Chopping board", 45.9, "one"}, {"保温杯 Flask", 79.9, "one"}, {"汤勺 Ladle", 16.9, "one"}, {"密封盒 Food box", 18.9, "pack"}, {"削皮刀 Peeler", 9.9, "one"}}, 0.5, false},
	{"noodles", "速食 Instant food", []string{"康面 Kangmian", "一味 Yiwei", "Red Bowl", "山椒 Shanjiao"}, []ware{{"牛肉方便面 Beef instant noodles", 5.5, "pack"}, {"酸辣粉 Hot and sour noodles", 8.9, "pack"}, {"螺蛳粉 Luosifen", 12.9, "pack"}, {"自热米饭 Self-heating rice", 19.9, "one"}, {"火腿肠 Ham sausage", 8.9, "pack"}, {"八宝粥 Congee", 5.9, "pack"}, {"玉米罐头 Sweetcorn tin", 8.9, "one"}, {"金枪鱼罐头 Tuna tin", 16.9, "one"}}, 1.3, false},
	{"tea", "茶咖 Tea and coffee", []string{"云雾 Yunwu", "半山 Halfhill", "Roast & Co", "清晨 Morning"}, []ware{{"龙井 Longjing tea", 88, "tube"}, {"铁观音 Tieguanyin", 68, "tube"}, {"普洱 Pu'er", 96, "tube"}, {"茉莉花茶 Jasmine tea", 42, "tube"}, {"咖啡豆 Coffee beans", 59, "bag"}, {"挂耳咖啡 Drip coffee", 32.9, "pack"}, {"速溶咖啡 Instant coffee", 28.9, "pack"}, {"菊花 Chrysanthemum", 22.9, "bag"}}, 0.6, false},
}

// assortment is n SKUs with their bar codes; weights say how well each sells, and
// targets what a delivery fills up to. The bar codes are EAN-13s of a company
// number that nobody has.
func assortment(r *rand.Rand, n int) (ins []catalog.In, targets []money.Quantity, weights []float64, loose []bool, err error) {
	for round := 0; len(ins) < n && round < 3; round++ { // more than all there is: once more, as another edition
		for _, s := range shelves {
			for _, b := range s.brands {
				dear := 0.85 + 0.4*r.Float64()
				for _, w := range s.wares {
					for _, z := range sizes[w.sizes] {
						i := len(ins)
						name := b + " " + w.name
						if z.label != "" {
							name += " " + z.label
						}
						if round > 0 {
							name += fmt.Sprintf(" 新装 new %d", round)
						}
						price := shelfPrice(w.price*z.factor*dear, s.loose)
						code, e := catalog.EAN13(fmt.Sprintf("6900000%05d", i+1))
						if e != nil {
							return nil, nil, nil, nil, e
						}
						pop := s.popular * (0.15 + r.ExpFloat64()) / float64(1+round)
						ins = append(ins, catalog.In{Code: fmt.Sprintf("R%05d", i+1), Name: name, Category: s.code, TaxCategory: taxed(s.code), UnitPrice: yuan(price),
							Cost: yuan(price * (0.55 + 0.2*r.Float64())), Stocked: true, Barcodes: []string{code}})
						weights = append(weights, pop)
						targets = append(targets, money.Quantity(24+12*int(2*pop))*money.One)
						loose = append(loose, s.loose)
					}
				}
			}
		}
	}
	r.Shuffle(len(ins), func(i, j int) { // so that a smaller shop has something of every shelf
		ins[i], ins[j] = ins[j], ins[i]
		weights[i], weights[j] = weights[j], weights[i]
		targets[i], targets[j] = targets[j], targets[i]
		loose[i], loose[j] = loose[j], loose[i]
	})
	n = min(n, len(ins))
	return ins[:n], targets[:n], weights[:n], loose[:n], nil
}

// taxed is the tax category of a shelf: what grows is taxed less.
func taxed(shelf string) string {
	switch shelf {
	case "fruit", "grain", "dairy":
		return "food"
	}
	return "standard"
}

// shelfPrice ends in 90 or 50 cents, as prices do; goods by weight in 80.
func shelfPrice(v float64, loose bool) float64 {
	whole := float64(int(v))
	switch {
	case loose:
		return whole + 0.8
	case v < 4:
		return whole + 0.5
	}
	return whole + 0.9
}
