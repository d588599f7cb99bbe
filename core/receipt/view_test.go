package receipt

import (
	"fmt"

	"github.com/shopwright/shopwright/core/money"
)

// labels are the texts of the three languages as the catalogues have them.
var labels = map[string]map[string]string{
	"en": {
		"receipt.title": "Receipt", "receipt.refund_title": "Refund", "receipt.duplicate": "DUPLICATE 补打", "receipt.training": "TRAINING - NOT A SALE",
		"receipt.number": "No.", "receipt.time": "Time", "receipt.register": "Register", "receipt.cashier": "Cashier", "receipt.refund_of": "Refund of", "receipt.void_of": "Reverses",
		"receipt.member": "Member", "receipt.card": "Card", "receipt.tier": "Tier", "receipt.staff": "Served by", "receipt.item": "Item", "receipt.amount": "Amount",
		"receipt.subtotal": "Subtotal", "receipt.rounding": "Rounding", "receipt.total": "Total", "receipt.refund_total": "Refunded", "receipt.saved": "You saved", "receipt.tax_included": "incl.",
		"receipt.change": "Change", "receipt.points_earned": "Points earned", "receipt.points_spent": "Points spent", "receipt.points_balance": "Points balance",
		"receipt.stored_value_spent": "Stored value spent", "receipt.stored_value_topped_up": "Topped up", "receipt.stored_value_bonus": "Bonus", "receipt.stored_value_balance": "Stored value balance",
		"receipt.punches_used": "used", "receipt.punches_left": "left",
	},
	"zh-Hans": {
		"receipt.title": "小票", "receipt.refund_title": "退款单", "receipt.duplicate": "DUPLICATE 补打", "receipt.training": "练习模式 - 非销售",
		"receipt.number": "单号", "receipt.time": "时间", "receipt.register": "收银台", "receipt.cashier": "收银员", "receipt.refund_of": "原单号", "receipt.void_of": "冲销单号",
		"receipt.member": "会员", "receipt.card": "卡号", "receipt.tier": "等级", "receipt.staff": "服务", "receipt.item": "品名", "receipt.amount": "金额",
		"receipt.subtotal": "小计", "receipt.rounding": "抹零", "receipt.total": "合计", "receipt.refund_total": "退款合计", "receipt.saved": "已优惠", "receipt.tax_included": "含",
		"receipt.change": "找零", "receipt.points_earned": "本次积分", "receipt.points_spent": "使用积分", "receipt.points_balance": "积分余额",
		"receipt.stored_value_spent": "储值消费", "receipt.stored_value_topped_up": "充值", "receipt.stored_value_bonus": "赠送", "receipt.stored_value_balance": "储值余额",
		"receipt.punches_used": "本次扣次", "receipt.punches_left": "剩余次数",
	},
	"zh-Hant": {
		"receipt.title": "收據", "receipt.refund_title": "退款單", "receipt.duplicate": "DUPLICATE 補印", "receipt.training": "練習模式 - 非銷售",
		"receipt.number": "單號", "receipt.time": "時間", "receipt.register": "收銀機", "receipt.cashier": "收銀員", "receipt.refund_of": "原單號", "receipt.void_of": "沖銷單號",
		"receipt.member": "會員", "receipt.card": "卡號", "receipt.tier": "等級", "receipt.staff": "服務", "receipt.item": "品名", "receipt.amount": "金額",
		"receipt.subtotal": "小計", "receipt.rounding": "尾數調整", "receipt.total": "合計", "receipt.refund_total": "退款合計", "receipt.saved": "已優惠", "receipt.tax_included": "含",
		"receipt.change": "找零", "receipt.points_earned": "本次點數", "receipt.points_spent": "使用點數", "receipt.points_balance": "點數餘額",
		"receipt.stored_value_spent": "儲值消費", "receipt.stored_value_topped_up": "儲值", "receipt.stored_value_bonus": "贈送", "receipt.stored_value_balance": "儲值餘額",
		"receipt.punches_used": "本次扣次", "receipt.punches_left": "剩餘次數",
	},
}

// speak answers the labels of a language and panics for a key that Build does
// not declare in LabelKeys.
func speak(lang string) func(string, ...any) string {
	return func(key string, _ ...any) string {
		s, ok := labels[lang][key]
		if !ok {
			panic(fmt.Sprintf("label %s is not declared for %s", key, lang))
		}
		return s
	}
}

// sampleSale uses every field.
func sampleSale(lang string) SaleView {
	v := SaleView{
		Lang: lang, Currency: money.MustCurrency("CNY"),
		Merchant: "Lotus Hair & Beauty", Shop: "West Lake shop", Address: "88 Nanshan Road, Hangzhou", Phone: "0571-8888 6666",
		Number: "W1-01-000123", At: "2026-09-12 14:03", Register: "01", Cashier: "Xiao Lin",
		Member: &MemberView{Name: "Ms Wang", Card: "**** 6688", Tier: "Gold"},
		Lines: []LineView{
			{Name: "Haircut and styling", Quantity: 1000, Price: 1280000, Amount: 12800, Staff: "Anna", Adjustments: []AdjustmentView{{"Gold member 10 % off", -1280}}},
			{Name: "Shampoo with ginseng extract for dry and damaged hair", Quantity: 2000, Price: 450000, Amount: 9000},
			{Name: "Tea by weight", Quantity: 250, Unit: "kg", Price: 3200000, Amount: 8000, Note: "gift box"},
		},
		Subtotal: 28520, Adjustments: []AdjustmentView{{"Coupon NEW20", -2000}}, Rounding: -20, Total: 26500, Saved: 3300,
		Taxes:   []TaxView{{Name: "VAT 13 %", Base: 23451, Amount: 3049, Included: true}},
		Tenders: []TenderView{{Name: "Stored value", Amount: 20000}, {Name: "Cash", Amount: 10000}}, Change: 3500,
		Points: &PointsView{Earned: 265, Balance: 1830}, StoredValue: &StoredValueView{Spent: 20000, Balance: 30000},
		Punches: []PunchView{{Name: "Care x10", Used: 1, Left: 7}},
		QR:      "https://lotus.example/r/W1-01-000123?k=7f3a", QRCaption: "Scan for your e-receipt", Footer: []string{"Thank you!"},
	}
	switch lang {
	case "zh-Hans":
		v.Merchant, v.Shop, v.Address = "莲花美容美发", "西湖店", "杭州市上城区南山路88号"
		v.Cashier, v.Member.Name, v.Member.Tier = "小林", "王女士", "金卡"
		v.Lines[0].Name, v.Lines[0].Staff, v.Lines[0].Adjustments[0].Text = "精剪造型", "安娜", "金卡会员九折"
		v.Lines[1].Name = "人参修护洗发水（干枯受损发质适用）500ml家庭装"
		v.Lines[2].Name, v.Lines[2].Unit, v.Lines[2].Note = "龙井茶（散装）", "公斤", "礼盒"
		v.Adjustments[0].Text, v.Taxes[0].Name = "新客优惠券", "增值税 13%"
		v.Tenders[0].Name, v.Tenders[1].Name = "储值", "现金"
		v.Punches[0].Name, v.QRCaption, v.Footer = "护理十次卡", "扫码查看电子小票", []string{"谢谢惠顾，欢迎再来！"}
	case "zh-Hant":
		v.Currency = money.MustCurrency("TWD")
		v.Merchant, v.Shop, v.Address, v.Phone = "蓮花美容美髮", "信義店", "臺北市信義區松壽路12號", "02-8888 6666"
		v.Cashier, v.Member.Name, v.Member.Tier = "小林", "王小姐", "金卡"
		v.Lines[0].Name, v.Lines[0].Staff, v.Lines[0].Adjustments[0].Text = "精緻剪髮", "安娜", "金卡會員九折"
		v.Lines[1].Name = "人參修護洗髮精（乾枯受損髮質適用）500ml家庭號"
		v.Lines[2].Name, v.Lines[2].Unit, v.Lines[2].Note = "高山烏龍茶（散裝）", "公斤", "禮盒"
		v.Adjustments[0].Text, v.Taxes[0].Name = "新客折價券", "營業稅 5%"
		v.Tenders[0].Name, v.Tenders[1].Name = "儲值金", "現金"
		v.Punches[0].Name, v.QRCaption, v.Footer = "護髮十次卡", "掃碼查看電子收據", []string{"謝謝惠顧，歡迎再來！"}
	}
	return v
}
