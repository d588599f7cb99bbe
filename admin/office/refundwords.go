package office

import (
	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/wallet"
)

func shortOptions(p *page) []ui.Option {
	return []ui.Option{{Value: checkout.ShortNegative, Text: p.T("office.refund.short.negative")}, {Value: checkout.ShortRefuse, Text: p.T("office.refund.short.refuse")}}
}

// refundWord is what the actor may do: refund, or ask for it.
func refundWord(p *page) string {
	if p.Actor.May("refund") {
		return p.T("office.sales.refund")
	}
	return p.T("office.refund.ask")
}

func (v *refundView) title(p *page) string { return refundWord(p) + " · " + v.s.ReceiptNumber() }

// shortField is the decision about points that are missing; at first the shop's
// own setting.
func shortField(p *page, in form, mayOwe bool) ui.FieldProps {
	f := in.field("on_short", p.T("office.refund.short"))
	if f.Value == "" {
		f.Value = checkout.ShortRefuse
		if mayOwe {
			f.Value = checkout.ShortNegative
		}
	}
	return f
}

func (v *refundView) tenderTable(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.refund.tenders"), HideCaption: true, Dense: true,
		Columns: []ui.Column{{Title: p.T("office.col.tender")}, {Title: p.T("office.refund.was_paid"), Numeric: true}, {Title: p.T("office.refund.left"), Numeric: true, Key: true}}}
	for _, x := range v.tenders {
		t.Rows = append(t.Rows, ui.Row(p.T("tender."+x.kind), ui.Amount(p.Ctx, x.paid), ui.Amount(p.Ctx, x.left)))
	}
	return t
}

func (v *refundView) tenderOptions(p *page) []ui.Option {
	out := []ui.Option{{Value: "", Text: "–"}}
	for _, t := range v.tenders {
		if t.left > 0 {
			out = append(out, ui.Option{Value: t.kind, Text: p.T("tender." + t.kind)})
		}
	}
	return out
}

// quotePairs are a refund that was worked out: what comes back, to which tender,
// what is taken of the member. A line shows what it gave before the packs' terms,
// and each term follows as a line of its own.
func quotePairs(p *page, q *checkout.RefundQuote, terms *refundTerms) []ui.Pair {
	s := q.Refund
	var out []ui.Pair
	add := func(key string, value string) { out = append(out, ui.Pair{Key: key, Value: ui.Text(value)}) }
	for i := range s.Lines {
		l := &s.Lines[i]
		gives := l.Net
		if terms.before != nil {
			gives = terms.before[i]
		}
		text := p.Money(gives)
		if l.Withheld != 0 {
			text += " · " + withheldWords(p, l.Withheld)
		}
		add(lineName(p, l)+" × "+l.Quantity.String(), text)
	}
	for _, k := range terms.list {
		add(k.pair(p))
	}
	for _, t := range s.Tenders {
		text := p.Money(t.Amount)
		if t.Points > 0 {
			text += " · " + p.T("office.sales.points", "n", t.Points)
		}
		add(p.T("office.refund.to", "tender", p.T("tender."+t.Type)), text)
	}
	if s.CashRounding != 0 {
		add(p.T("office.sales.rounding"), p.MoneySigned(s.CashRounding))
	}
	if s.Points != 0 {
		add(p.T("office.refund.points_back"), p.Int(s.Points))
	}
	if s.Commission != 0 && p.Actor.May("reports") {
		add(p.T("office.sales.commission"), p.Money(-s.Commission))
	}
	add(p.T("office.col.total"), p.Money(s.Total))
	return out
}

// withheldWords say what was paid for and is not given back; beyond it, that more
// is given back than was left.
func withheldWords(p *page, a money.Amount) string {
	if a < 0 {
		return p.T("office.refund.beyond", "amount", p.Money(-a))
	}
	return p.T("office.refund.withheld", "amount", p.Money(a))
}

func faultWords(p *page, err error) string {
	text, _ := p.Ctx.FaultText(err)
	return text
}

// caseTable shows what every case gives back and keeps, one below the other.
func caseTable(p *page, in form, cases []caseView) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.refund.case"), HideCaption: true,
		Columns: []ui.Column{{Title: p.T("office.refund.case")}, {Title: p.T("office.refund.how")}, {Title: p.T("office.cash_out.withheld"), Numeric: true}, {Title: p.T("office.refund.gives"), Numeric: true, Key: true}}}
	for _, c := range cases {
		withheld, gives, why := "–", "–", ""
		if c.err != nil {
			why = faultWords(p, c.err)
		} else {
			withheld, gives = p.Money(c.withheld), p.Money(c.refund)
		}
		t.Rows = append(t.Rows, ui.Row(caseCell(p, c, in.get("case") == string(c.Case)), two(ui.Text(p.T("office.refund.case_text."+string(c.Case))), why), withheld, gives))
	}
	return t
}

func caseName(p *page, c wallet.Case) string {
	if c == "" {
		return "–"
	}
	return p.T("office.refund.case." + string(c))
}
