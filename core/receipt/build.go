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

func (b *builder) isRefund() bool { return b.v.RefundOf != "" || b.v.VoidOf != "" }

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
	for _, l := range b.v.Lines {
		rows = append(rows, []string{l.Name, c.Format(l.Amount)})
		if l.Quantity != money.One || l.Unit != "" {
			unit := l.Unit
			if unit != "" {
				unit = " " + unit
			}
			rows = append(rows, []string{"  " + l.Quantity.String() + unit + " × " + c.FormatPrice(l.Price), ""})
		}
		for _, a := range l.Adjustments {
			rows = append(rows, []string{"  " + a.Text, c.Format(a.Amount)})
		}
		if l.Staff != "" {
			rows = append(rows, []string{"  " + b.t("receipt.staff") + " " + l.Staff, ""})
		}
		if l.Note != "" {
			rows = append(rows, []string{"  " + l.Note, ""})
		}
	}
	b.add(Columns{Cols: priced, Rows: rows, Header: true}, Rule{})
}

func (b *builder) totals() {
	v, c := b.v, b.v.Currency
	var rows [][]string
	if len(v.Adjustments) > 0 || v.Rounding != 0 || v.Subtotal != v.Total {
		rows = append(rows, []string{b.t("receipt.subtotal"), c.Format(v.Subtotal)})
	}
	for _, a := range v.Adjustments {
		rows = append(rows, []string{a.Text, c.Format(a.Amount)})
	}
	var included [][]string
	for _, x := range v.Taxes {
		if x.Included {
			included = append(included, []string{b.t("receipt.tax_included") + " " + x.Name, c.Format(x.Amount)})
		} else {
			rows = append(rows, []string{x.Name, c.Format(x.Amount)})
		}
	}
	if v.Rounding != 0 {
		rows = append(rows, []string{b.t("receipt.rounding"), c.Format(v.Rounding)})
	}
	if len(rows) > 0 {
		b.add(Columns{Cols: priced, Rows: rows})
	}
	label := b.t("receipt.total")
	if b.isRefund() {
		label = b.t("receipt.refund_total")
	}
	b.add(Columns{Cols: priced, Rows: [][]string{{label, b.money(v.Total)}}, Bold: true})
	if v.Saved != 0 {
		included = append(included, []string{b.t("receipt.saved"), c.Format(v.Saved)})
	}
	if len(included) > 0 {
		b.add(Columns{Cols: priced, Rows: included})
	}
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
		count("receipt.points_earned", p.Earned, false)
		count("receipt.points_spent", p.Spent, false)
		count("receipt.points_balance", p.Balance, true)
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
	}
	if len(rows) > 0 {
		b.add(Rule{}, Columns{Cols: priced, Rows: rows})
	}
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
