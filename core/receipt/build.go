package receipt

import (
	"strconv"

	"github.com/shopwright/shopwright/core/money"
)

// builder collects the blocks of a sale's receipt.
type builder struct {
	v   SaleView
	t   func(key string, args ...any) string
	out []Block
}

var (
	labelled = []Column{{}, {Flex: true, Align: Right}} // label, value
	priced   = []Column{{Flex: true}, {Align: Right}}   // text, amount
	taxed    = []Column{{Flex: true}, {Align: Right}, {Align: Right}}
	centre   = Style{Align: Center}
	strong   = Style{Align: Center, Bold: true}
)

func (b *builder) add(blocks ...Block) { b.out = append(b.out, blocks...) }

func (b *builder) text(s string, st Style) {
	if s != "" {
		b.add(Text{s, st})
	}
}

func (b *builder) money(a money.Amount) string { return Money(b.v.Currency, a) }

func (b *builder) isRefund() bool { return b.v.RefundOf != "" || b.v.VoidOf != "" || b.v.PayOut }

func (b *builder) head() {
	v := b.v
	if v.Logo != nil {
		b.add(Image{v.Logo, v.Merchant})
	}
	b.text(v.Merchant, Style{Align: Center, Bold: true, Size: Large})
	if v.Shop != v.Merchant {
		b.text(v.Shop, strong)
	}
	b.text(v.Address, centre)
	b.text(v.Phone, centre)
	if v.BusinessNo != "" {
		b.text(b.t("receipt.business_number")+" "+v.BusinessNo, centre)
	}
	for _, s := range v.Header {
		b.text(s, centre)
	}
	if b.isRefund() {
		b.text(b.t("receipt.refund_title"), Style{Align: Center, Bold: true, Size: Tall})
	}
	if v.Training {
		b.text(b.t("receipt.training"), strong)
	}
	b.add(Rule{})
	var rows [][]string
	row := func(key, value string) {
		if value != "" {
			rows = append(rows, []string{b.t(key), value})
		}
	}
	row("receipt.number", v.Number)
	row("receipt.time", v.At)
	row("receipt.register", v.Register)
	row("receipt.cashier", v.Cashier)
	row("receipt.refund_of", v.RefundOf)
	row("receipt.void_of", v.VoidOf)
	if m := v.Member; m != nil {
		row("receipt.member", m.Name)
		row("receipt.card", m.Card)
		row("receipt.tier", m.Tier)
	}
	b.add(Columns{Cols: labelled, Rows: rows}, Rule{})
}

func (b *builder) lines() {
	c := b.v.Currency
	rows := [][]string{{b.t("receipt.item"), b.t("receipt.amount")}}
	under := func(text string) { rows = append(rows, []string{"  " + text, ""}) }
	for _, l := range b.v.Lines {
		rows = append(rows, []string{l.Name, c.Format(l.Amount)})
		if l.Code != "" {
			under(l.Code)
		}
		if l.Quantity != money.One || l.Unit != "" {
			under(b.quantity(&l))
		}
		if l.Points != 0 {
			under(b.t("receipt.points_paid") + " " + strconv.FormatInt(l.Points, 10))
		}
		if l.Number != "" {
			under(b.t("receipt.gift_card_number") + " " + l.Number)
		}
		if l.Face != 0 {
			under(b.t("receipt.face") + " " + c.Format(l.Face))
		}
		for _, a := range l.Adjustments {
			rows = append(rows, []string{"  " + a.Text, c.Format(a.Amount)})
		}
		if l.Staff != "" {
			under(b.t("receipt.staff") + " " + l.Staff)
		}
		if l.Note != "" {
			under(l.Note)
		}
	}
	b.add(Columns{Cols: priced, Rows: rows, Header: true}, Rule{})
}

// quantity is what was taken, and at which price; a price of nothing is one that is
// not to be shown.
func (b *builder) quantity(l *LineView) string {
	s := l.Quantity.String()
	if l.Unit != "" {
		s += " " + l.Unit
	}
	if l.Price == 0 && l.Amount != 0 {
		return "× " + s
	}
	return s + " × " + b.v.Currency.FormatPrice(l.Price)
}

func (b *builder) totals() {
	v, c := b.v, b.v.Currency
	var rows [][]string
	if len(v.Adjustments) > 0 || v.Subtotal != v.Total {
		rows = append(rows, []string{b.t("receipt.subtotal"), c.Format(v.Subtotal)})
	}
	for _, a := range v.Adjustments {
		rows = append(rows, []string{a.Text, c.Format(a.Amount)})
	}
	for _, x := range v.Taxes {
		if !x.Included {
			rows = append(rows, []string{x.Name, c.Format(x.Amount)})
		}
	}
	if len(rows) > 0 {
		b.add(Columns{Cols: priced, Rows: rows})
	}
	label, paid := "receipt.total", "receipt.to_pay"
	if b.isRefund() {
		label, paid = "receipt.refund_total", "receipt.paid_back"
	}
	b.add(Columns{Cols: priced, Rows: [][]string{{b.t(label), b.money(v.Total)}}, Bold: true})
	if v.Rounding != 0 {
		b.add(Columns{Cols: priced, Rows: [][]string{{b.t("receipt.cash_rounding"), c.Format(v.Rounding)}}})
		b.add(Columns{Cols: priced, Rows: [][]string{{b.t(paid), b.money(v.Total + v.Rounding)}}, Bold: true})
	}
	if v.Saved != 0 {
		b.add(Columns{Cols: priced, Rows: [][]string{{b.t("receipt.saved"), c.Format(v.Saved)}}})
	}
	b.taxes()
}

// taxes lists what is taxed at which rate.
func (b *builder) taxes() {
	v, c := b.v, b.v.Currency
	if len(v.Taxes) == 0 || v.NoTaxTable {
		return
	}
	rows := [][]string{{b.t("receipt.tax"), b.t("receipt.tax_base"), b.t("receipt.tax_amount")}}
	for _, x := range v.Taxes {
		name := x.Name
		if x.Included && x.Amount != 0 {
			name = b.t("receipt.tax_included") + " " + name
		}
		rows = append(rows, []string{name, c.Format(x.Base), c.Format(x.Amount)})
	}
	b.add(Columns{Cols: taxed, Rows: rows, Header: true})
}

func (b *builder) payment() {
	v := b.v
	var rows [][]string
	for _, x := range v.Tenders {
		rows = append(rows, []string{x.Name, b.money(x.Amount)})
		if x.Reference != "" {
			rows = append(rows, []string{"  " + x.Reference, ""})
		}
	}
	if v.Change != 0 {
		rows = append(rows, []string{b.t("receipt.change"), b.money(v.Change)})
	}
	if len(rows) > 0 {
		b.add(Rule{}, Columns{Cols: priced, Rows: rows})
	}
}

func (b *builder) member() {
	v, c := b.v, b.v.Currency
	var rows [][]string
	count := func(key string, n int64, always bool) {
		if n != 0 || always {
			rows = append(rows, []string{b.t(key), strconv.FormatInt(n, 10)})
		}
	}
	amount := func(key string, a money.Amount, always bool) {
		if a != 0 || always {
			rows = append(rows, []string{b.t(key), c.Format(a)})
		}
	}
	if p := v.Points; p != nil {
		if p.Before != nil {
			count("receipt.points_before", *p.Before, true)
		}
		count("receipt.points_earned", p.Earned, false)
		count("receipt.points_spent", p.Spent, false)
		count("receipt.points_balance", p.Balance, true)
		if p.Pending != 0 {
			rows = append(rows, []string{"  " + b.t("receipt.points_pending"), strconv.FormatInt(p.Pending, 10)})
			if p.PendingUntil != "" {
				rows = append(rows, []string{"  " + b.t("receipt.from") + " " + p.PendingUntil, ""})
			}
		}
	}
	if s := v.StoredValue; s != nil {
		amount("receipt.stored_value_topped_up", s.ToppedUp, false)
		amount("receipt.stored_value_bonus", s.Bonus, false)
		amount("receipt.stored_value_spent", s.Spent, false)
		amount("receipt.stored_value_balance", s.Balance, true)
	}
	for _, p := range v.Punches {
		if p.Used != 0 {
			rows = append(rows, []string{p.Name + " " + b.t("receipt.punches_used"), strconv.FormatInt(p.Used, 10)})
		}
		rows = append(rows, []string{p.Name + " " + b.t("receipt.punches_left"), strconv.FormatInt(p.Left, 10)})
		for _, u := range p.Until {
			rows = append(rows, []string{"  " + b.t("receipt.until") + " " + u.Day, strconv.FormatInt(u.Visits, 10)})
		}
	}
	if len(rows) > 0 {
		b.add(Rule{}, Columns{Cols: priced, Rows: rows})
	}
	b.coupons()
}

// coupons lists what the member may still use.
func (b *builder) coupons() {
	if len(b.v.Coupons) == 0 {
		return
	}
	rows := [][]string{{b.t("receipt.coupons"), ""}}
	for _, c := range b.v.Coupons {
		rows = append(rows, []string{"  " + c.Name, c.Code})
		if c.Day != "" {
			rows = append(rows, []string{"  " + b.t("receipt.until") + " " + c.Day, ""})
		}
	}
	b.add(Rule{}, Columns{Cols: priced, Rows: rows})
}

func (b *builder) foot() {
	v := b.v
	b.add(Rule{})
	if v.QR != "" {
		b.add(QR{v.QR, v.QRCaption})
	}
	for _, s := range v.Footer {
		b.text(s, centre)
	}
	b.add(Feed{1}, Cut{})
}
