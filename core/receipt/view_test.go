package receipt

import (
	"fmt"

	"github.com/shopwright/shopwright/core/money"
)

// labels are the texts of the three languages as the catalogues have them.
var labels = map[string]map[string]string{
	"en": {
		"receipt.business_number": "Registration no.", "receipt.points_before": "Points before", "receipt.coupons": "Coupons to use",
		"receipt.title": "Receipt", "receipt.refund_title": "Refund", "receipt.duplicate": "DUPLICATE 补打", "receipt.training": "TRAINING - NOT A SALE",
		"receipt.number": "No.", "receipt.time": "Time", "receipt.register": "Register", "receipt.cashier": "Cashier", "receipt.refund_of": "Refund of", "receipt.void_of": "Reverses",
		"receipt.member": "Member", "receipt.card": "Card", "receipt.tier": "Tier", "receipt.staff": "Served by", "receipt.item": "Item", "receipt.amount": "Amount",
		"receipt.subtotal": "Subtotal", "receipt.total": "Total", "receipt.refund_total": "Refunded", "receipt.saved": "You saved", "receipt.tax_included": "incl.",
		"receipt.change": "Change", "receipt.points_earned": "Points earned", "receipt.points_spent": "Points spent", "receipt.points_balance": "Points balance",
		"receipt.stored_value_spent": "Stored value spent", "receipt.stored_value_topped_up": "Topped up", "receipt.stored_value_bonus": "Bonus", "receipt.stored_value_balance": "Stored value balance",
		"receipt.punches_used": "used", "receipt.punches_left": "left",
		"receipt.face": "Face value", "receipt.gift_card_number": "Card no.", "receipt.points_paid": "Points paid", "receipt.cash_rounding": "Cash rounding", "receipt.to_pay": "To pay", "receipt.paid_back": "Paid back",
		"receipt.tax": "Tax", "receipt.tax_base": "Net", "receipt.tax_amount": "Tax amount", "receipt.points_pending": "of these not usable yet", "receipt.from": "from", "receipt.until": "valid until",
	},
	"zh-Hans": {
		"receipt.business_number": "税号", "receipt.points_before": "原有积分", "receipt.coupons": "可用优惠券",
		"receipt.title": "小票", "receipt.refund_title": "退款单", "receipt.duplicate": "DUPLICATE 补打", "receipt.training": "练习模式 - 非销售",
		"receipt.number": "单号", "receipt.time": "时间", "receipt.register": "收银台", "receipt.cashier": "收银员", "receipt.refund_of": "原单号", "receipt.void_of": "冲销单号",
		"receipt.member": "会员", "receipt.card": "卡号", "receipt.tier": "等级", "receipt.staff": "服务", "receipt.item": "品名", "receipt.amount": "金额",
		"receipt.subtotal": "小计", "receipt.total": "合计", "receipt.refund_total": "退款合计", "receipt.saved": "已优惠", "receipt.tax_included": "含",
		"receipt.change": "找零", "receipt.points_earned": "本次积分", "receipt.points_spent": "使用积分", "receipt.points_balance": "积分余额",
		"receipt.stored_value_spent": "储值消费", "receipt.stored_value_topped_up": "充值", "receipt.stored_value_bonus": "赠送", "receipt.stored_value_balance": "储值余额",
		"receipt.punches_used": "本次扣次", "receipt.punches_left": "剩余次数",
		"receipt.face": "面值", "receipt.gift_card_number": "卡号", "receipt.points_paid": "所用积分", "receipt.cash_rounding": "现金舍入", "receipt.to_pay": "应付", "receipt.paid_back": "实退",
		"receipt.tax": "税率", "receipt.tax_base": "不含税额", "receipt.tax_amount": "税额", "receipt.points_pending": "其中未生效", "receipt.from": "自", "receipt.until": "有效期至",
	},
	"zh-Hant": {
		"receipt.business_number": "統一編號", "receipt.points_before": "原有點數", "receipt.coupons": "可用折價券",
		"receipt.title": "收據", "receipt.refund_title": "退款單", "receipt.duplicate": "DUPLICATE 補印", "receipt.training": "練習模式 - 非銷售",
		"receipt.number": "單號", "receipt.time": "時間", "receipt.register": "收銀機", "receipt.cashier": "收銀員", "receipt.refund_of": "原單號", "receipt.void_of": "沖銷單號",
		"receipt.member": "會員", "receipt.card": "卡號", "receipt.tier": "等級", "receipt.staff": "服務", "receipt.item": "品名", "receipt.amount": "金額",
		"receipt.subtotal": "小計", "receipt.total": "合計", "receipt.refund_total": "退款合計", "receipt.saved": "已優惠", "receipt.tax_included": "含",
		"receipt.change": "找零", "receipt.points_earned": "本次點數", "receipt.points_spent": "使用點數", "receipt.points_balance": "點數餘額",
		"receipt.stored_value_spent": "儲值消費", "receipt.stored_value_topped_up": "儲值", "receipt.stored_value_bonus": "贈送", "receipt.stored_value_balance": "儲值餘額",
		"receipt.punches_used": "本次扣次", "receipt.punches_left": "剩餘次數",
		"receipt.face": "面額", "receipt.gift_card_number": "卡號", "receipt.points_paid": "所用點數", "receipt.cash_rounding": "現金尾數調整", "receipt.to_pay": "應付", "receipt.paid_back": "實退",
		"receipt.tax": "稅率", "receipt.tax_base": "未稅金額", "receipt.tax_amount": "稅額", "receipt.points_pending": "其中未生效", "receipt.from": "自", "receipt.until": "有效期限至",
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
			{Name: "Gift card", Quantity: 1000, Price: 4500000, Amount: 45000, Number: "8066 1290 4471", Face: 50000},
			{Name: "Tote bag", Quantity: 1000, Points: 500},
		},
		Subtotal: 73520, Adjustments: []AdjustmentView{{"Coupon NEW20", -2000}, {"Rounded down", -7}}, Total: 71513, Rounding: -3, Saved: 3287,
		Taxes:   []TaxView{{Name: "VAT 13 %", Base: 16365, Amount: 2128, Included: true}, {Name: "VAT 6 %", Base: 7566, Amount: 454, Included: true}},
		Tenders: []TenderView{{Name: "Stored value", Amount: 20000}, {Name: "Cash", Amount: 52000}}, Change: 490,
		Points: &PointsView{Earned: 265, Spent: 500, Balance: 1830, Pending: 265, PendingUntil: "2026-09-19"}, StoredValue: &StoredValueView{Spent: 20000, Balance: 30000},
		Punches: []PunchView{{Name: "Care x10", Used: 1, Left: 7, Until: []UntilView{{2, "2026-12-31"}, {5, "2027-09-11"}}}},
		QR:      "https://lotus.example/r/W1-01-000123?k=7f3a", QRCaption: "Scan for your e-receipt", Footer: []string{"Thank you!"},
	}
	switch lang {
	case "zh-Hans":
		v.Merchant, v.Shop, v.Address = "莲花美容美发", "西湖店", "杭州市上城区南山路88号"
		v.Cashier, v.Member.Name, v.Member.Tier = "小林", "王女士", "金卡"
		v.Lines[0].Name, v.Lines[0].Staff, v.Lines[0].Adjustments[0].Text = "精剪造型", "安娜", "金卡会员九折"
		v.Lines[1].Name = "人参修护洗发水（干枯受损发质适用）500ml家庭装"
		v.Lines[2].Name, v.Lines[2].Unit, v.Lines[2].Note = "龙井茶（散装）", "公斤", "礼盒"
		v.Lines[3].Name, v.Lines[4].Name = "礼品卡", "帆布袋"
		v.Adjustments[0].Text, v.Adjustments[1].Text = "新客优惠券", "抹零"
		v.Taxes[0].Name, v.Taxes[1].Name = "增值税 13%", "增值税 6%"
		v.Tenders[0].Name, v.Tenders[1].Name = "储值", "现金"
		v.Punches[0].Name, v.QRCaption, v.Footer = "护理十次卡", "扫码查看电子小票", []string{"谢谢惠顾，欢迎再来！"}
	case "zh-Hant":
		v.Currency = money.MustCurrency("TWD")
		v.Merchant, v.Shop, v.Address, v.Phone = "蓮花美容美髮", "信義店", "臺北市信義區松壽路12號", "02-8888 6666"
		v.Cashier, v.Member.Name, v.Member.Tier = "小林", "王小姐", "金卡"
		v.Lines[0].Name, v.Lines[0].Staff, v.Lines[0].Adjustments[0].Text = "精緻剪髮", "安娜", "金卡會員九折"
		v.Lines[1].Name = "人參修護洗髮精（乾枯受損髮質適用）500ml家庭號"
		v.Lines[2].Name, v.Lines[2].Unit, v.Lines[2].Note = "高山烏龍茶（散裝）", "公斤", "禮盒"
		v.Lines[3].Name, v.Lines[4].Name = "禮物卡", "帆布袋"
		v.Adjustments[0].Text, v.Adjustments[1].Text = "新客折價券", "去零頭"
		v.Taxes = []TaxView{{Name: "營業稅 5%", Base: 25250, Amount: 1263, Included: true}, {Name: "免稅", Base: 1800, Included: true}}
		v.Tenders[0].Name, v.Tenders[1].Name = "儲值金", "現金"
		v.Punches[0].Name, v.QRCaption, v.Footer = "護髮十次卡", "掃碼查看電子收據", []string{"謝謝惠顧，歡迎再來！"}
	}
	return v
}
