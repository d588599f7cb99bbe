package office

import (
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/backtest"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
)

// backtestReport is a report with the names that it does not store.
type backtestReport struct {
	*backtest.Report
	members map[id.ID]string
	staff   map[id.ID]string
	tiers   map[string]string
}

func intSigned(p *page, n int64) string {
	if n > 0 {
		return "+" + p.Int(n)
	}
	return p.Int(n)
}

// stats are the figures that a reader wants first.
func (v *backtestReport) stats(p *page) []ui.StatProps {
	net, points, commission := v.B.Net-v.A.Net, v.B.Points-v.A.Points, v.B.Commission-v.A.Commission
	out := []ui.StatProps{
		{Label: p.T("office.backtest.changed"), Value: p.Int(v.Changed), Note: p.T("office.backtest.of_sales", "n", p.Int(v.Priced()))},
		{Label: p.T("office.backtest.customers_pay"), Value: p.MoneySigned(net), Note: p.T("office.backtest.instead_of", "amount", p.Money(v.A.Net))},
		{Label: p.T("office.col.points"), Value: intSigned(p, points), Note: p.T("office.backtest.instead_of", "amount", p.Int(v.A.Points))},
		{Label: p.T("office.backtest.commission"), Value: p.MoneySigned(commission), Note: p.T("office.backtest.instead_of", "amount", p.Money(v.A.Commission))},
	}
	if v.A.Bonus != 0 || v.B.Bonus != 0 {
		out = append(out, ui.StatProps{Label: p.T("office.backtest.bonus"), Value: p.MoneySigned(v.B.Bonus - v.A.Bonus), Note: p.T("office.backtest.instead_of", "amount", p.Money(v.A.Bonus))})
	}
	return out
}

// days is the chart of what customers pay a day on both sides.
func (v *backtestReport) days(p *page) ui.ChartProps {
	c := ui.ChartProps{ID: "days", Title: p.T("office.backtest.days"), Desc: p.T("office.backtest.days_desc"), Kind: "bar", Wide: true,
		Format: func(n int64) string { return p.Money(money.Amount(n)) }, Series: []ui.Series{{Name: p.T("office.backtest.side_a")}, {Name: p.T("office.backtest.side_b")}}}
	if len(v.Days) > 45 {
		c.Kind = "line"
	}
	for _, d := range v.Days {
		c.Labels = append(c.Labels, monthDay(d.Date))
		c.Series[0].Values = append(c.Series[0].Values, int64(d.NetA))
		c.Series[1].Values = append(c.Series[1].Values, int64(d.NetB))
	}
	return c
}

// sides sets the two sides beside each other.
func (v *backtestReport) sides(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.backtest.both"), HideCaption: true, Dense: true,
		Columns: []ui.Column{{Title: p.T("office.backtest.figure")}, {Title: p.T("office.backtest.side_a"), Numeric: true}, {Title: p.T("office.backtest.side_b"), Numeric: true}, {Title: p.T("office.backtest.difference"), Numeric: true, Key: true}}}
	money := func(key string, a, b money.Amount) {
		t.Rows = append(t.Rows, ui.Row(p.T(key), p.Money(a), p.Money(b), p.MoneySigned(b-a)))
	}
	number := func(key string, a, b int64) {
		t.Rows = append(t.Rows, ui.Row(p.T(key), p.Int(a), p.Int(b), intSigned(p, b-a)))
	}
	money("office.backtest.gross", v.A.Gross, v.B.Gross)
	money("office.backtest.discount", v.A.Discount(), v.B.Discount())
	money("office.backtest.net", v.A.Net, v.B.Net)
	number("office.col.points", v.A.Points, v.B.Points)
	money("office.backtest.bonus", v.A.Bonus, v.B.Bonus)
	money("office.backtest.commission", v.A.Commission, v.B.Commission)
	number("office.backtest.calls", v.A.Calls, v.B.Calls)
	number("office.backtest.fuel", v.A.Fuel, v.B.Fuel)
	return t
}

// directions says how many sales become cheaper and dearer, and by how much.
func (v *backtestReport) directions(p *page) []ui.Pair {
	text := func(d backtest.Direction) templ.Component {
		return ui.Text(p.T("office.backtest.sales_by", "n", p.Int(d.Sales), "amount", p.Money(d.Amount)))
	}
	out := []ui.Pair{{Key: p.T("office.backtest.cheaper"), Value: text(v.Cheaper)}, {Key: p.T("office.backtest.dearer"), Value: text(v.Dearer)},
		{Key: p.T("office.backtest.members_changed"), Value: ui.Text(p.Int(int64(v.MemberCount)))}}
	if v.B.Calls > 0 {
		out = append(out, ui.Pair{Key: p.T("office.backtest.fuel_call"), Value: ui.Text(p.T("office.backtest.fuel_of", "mean", p.Int(v.B.Fuel/v.B.Calls), "max", p.Int(v.B.FuelMax)))})
	}
	return out
}

// reasonText explains why sales are not available.
func reasonText(p *page, r backtest.Reason) string {
	switch r.Code {
	case backtest.ReasonFact:
		return p.T("office.backtest.reason_fact", "fact", factText(p, r.Arg))
	case backtest.ReasonPack, backtest.ReasonConfig:
		return p.T("office.backtest.reason_"+r.Code, "pack", r.Arg)
	}
	return p.T("office.backtest.reason_" + r.Code)
}

// factText says a fact's name in words.
func factText(p *page, name string) string {
	kind, window, _ := strings.Cut(name, "/")
	text := kind
	if key := "office.backtest.fact_" + kind; p.Words.Has(key) {
		text = p.T(key)
	}
	window, shop := strings.CutSuffix(window, "shop")
	if days, err := strconv.Atoi(strings.Trim(window, "/")); err == nil && days > 0 && days <= 100_000 {
		text += " · " + p.T("office.backtest.fact_days", "n", days)
	}
	if shop {
		text += " · " + p.T("office.shop")
	}
	return text
}

func (v *backtestReport) missing(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.backtest.unavailable"), HideCaption: true, Dense: true, Columns: []ui.Column{{Title: p.T("office.col.reason")}, {Title: p.T("office.backtest.sales"), Numeric: true, Key: true}}}
	for _, r := range v.Reasons {
		t.Rows = append(t.Rows, ui.Row(reasonText(p, r.Reason), p.Int(r.Sales)))
	}
	return t
}

func (v *backtestReport) tierName(code string) string {
	if name := v.tiers[code]; name != "" {
		return name
	}
	return dash(code)
}

func (v *backtestReport) pairTable(p *page, title, what string) ui.TableProps {
	return ui.TableProps{Caption: title, HideCaption: true, Dense: true,
		Columns: []ui.Column{{Title: what}, {Title: p.T("office.backtest.side_a"), Numeric: true}, {Title: p.T("office.backtest.side_b"), Numeric: true, Key: true}}}
}

func (v *backtestReport) tierTable(p *page) ui.TableProps {
	t := v.pairTable(p, p.T("office.backtest.tier_moves"), p.T("office.col.tier"))
	for _, x := range v.Tiers {
		t.Rows = append(t.Rows, ui.Row(v.tierName(x.From)+" → "+v.tierName(x.To), p.Int(x.A), p.Int(x.B)))
	}
	return t
}

func (v *backtestReport) grantTable(p *page) ui.TableProps {
	t := v.pairTable(p, p.T("office.backtest.grants"), p.T("office.col.kind"))
	for _, x := range v.Grants {
		name := x.Kind
		if key := "office.backtest." + x.Kind; p.Words.Has(key) {
			name = p.T(key)
		}
		if x.Ref != "" {
			name += " · " + x.Ref
		}
		t.Rows = append(t.Rows, ui.Row(name, p.Int(x.A), p.Int(x.B)))
	}
	return t
}

func (v *backtestReport) failureTable(p *page) ui.TableProps {
	t := v.pairTable(p, p.T("office.backtest.failures"), p.T("office.col.reason"))
	for _, x := range v.Failures {
		t.Rows = append(t.Rows, ui.Row(two(ui.Text(x.Pack+" "+x.Version+" · "+p.T("office.hook."+x.Hook)), x.Reason), p.Int(x.A), p.Int(x.B)))
	}
	return t
}

// deltaTable is what changes for some kind of thing.
func deltaTable(p *page, title, what string, extra ...ui.Column) ui.TableProps {
	t := ui.TableProps{Caption: title, HideCaption: true, Dense: true,
		Columns: []ui.Column{{Title: what}, {Title: p.T("office.backtest.sales"), Numeric: true}, {Title: p.T("office.backtest.side_a"), Numeric: true}, {Title: p.T("office.backtest.side_b"), Numeric: true}, {Title: p.T("office.backtest.difference"), Numeric: true, Key: true}}}
	t.Columns = append(t.Columns, extra...)
	return t
}

func deltaRow(p *page, name any, d *backtest.Delta, extra ...any) ui.TableRow {
	return ui.Row(append([]any{name, p.Int(d.Sales), p.Money(d.NetA), p.Money(d.NetB), p.MoneySigned(d.NetB - d.NetA)}, extra...)...)
}

// shownRows is how many rows of a table a page shows; the API has more.
const shownRows = 25

func (v *backtestReport) memberTable(p *page) ui.TableProps {
	t := deltaTable(p, p.T("office.backtest.by_member"), p.T("office.col.member"), ui.Column{Title: p.T("office.col.points"), Numeric: true})
	for i := range v.Members[:min(len(v.Members), shownRows)] {
		m := &v.Members[i]
		t.Rows = append(t.Rows, deltaRow(p, ui.Link(dash(v.members[m.Member]), "/office/members/"+m.Member.String()), &m.Delta, intSigned(p, m.PointsB-m.PointsA)))
	}
	return t
}

func (v *backtestReport) productTable(p *page) ui.TableProps {
	t := deltaTable(p, p.T("office.backtest.by_product"), p.T("office.backtest.product"), ui.Column{Title: p.T("office.col.points"), Numeric: true})
	for i := range v.Products[:min(len(v.Products), shownRows)] {
		x := &v.Products[i]
		name, sku := x.Name, x.SKU
		if kind, prepaid := strings.CutPrefix(sku, "@"); prepaid {
			sku = ""
			if name == "" {
				name = trialLine(p, kind)
			}
		}
		t.Rows = append(t.Rows, deltaRow(p, two(ui.Text(dash(name)), sku), &x.Delta, intSigned(p, x.PointsB-x.PointsA)))
	}
	return t
}

// trialLine names a kind of line, or shows its code.
func trialLine(p *page, kind string) string {
	if key := "office.backtest.line_" + kind; p.Words.Has(key) {
		return p.T(key)
	}
	return kind
}

func (v *backtestReport) categoryTable(p *page) ui.TableProps {
	t := deltaTable(p, p.T("office.backtest.by_category"), p.T("office.col.category"))
	for i := range v.Categories[:min(len(v.Categories), shownRows)] {
		t.Rows = append(t.Rows, deltaRow(p, dash(v.Categories[i].Category), &v.Categories[i].Delta))
	}
	return t
}

func (v *backtestReport) staffTable(p *page) ui.TableProps {
	t := deltaTable(p, p.T("office.backtest.by_staff"), p.T("office.backtest.staff"), ui.Column{Title: p.T("office.backtest.commission"), Numeric: true})
	for i := range v.Staff[:min(len(v.Staff), shownRows)] {
		x := &v.Staff[i]
		t.Rows = append(t.Rows, deltaRow(p, dash(v.staff[x.Staff]), &x.Delta, p.MoneySigned(x.CommissionB-x.CommissionA)))
	}
	return t
}

// trialDifferences lists sales that come out otherwise, with links to them.
func trialDifferences(p *page, title string, members map[id.ID]string, tier func(string) string, list []backtest.Difference) ui.TableProps {
	t := ui.TableProps{Caption: title, HideCaption: true, Dense: true,
		Columns: []ui.Column{{Title: p.T("office.col.receipt")}, {Title: p.T("office.col.date")}, {Title: p.T("office.col.member")}, {Title: p.T("office.backtest.side_a"), Numeric: true}, {Title: p.T("office.backtest.side_b"), Numeric: true},
			{Title: p.T("office.backtest.difference"), Numeric: true, Key: true}, {Title: p.T("office.col.points"), Numeric: true}, {Title: p.T("office.backtest.commission"), Numeric: true}, {Title: p.T("office.col.tier")}},
		Empty: ui.EmptyState{Icon: "sale", Title: p.T("office.backtest.no_differences")}}
	for _, d := range list {
		moved := ""
		if d.TierA != d.TierB {
			moved = tier(d.TierA) + " → " + tier(d.TierB)
		}
		var who any = "–"
		if !d.Member.IsNone() {
			who = ui.Link(dash(members[d.Member]), "/office/members/"+d.Member.String())
		}
		number := saleLink(d.Receipt, d.Sale)
		if d.Failed != "" {
			number = two(number, d.Failed)
		}
		t.Rows = append(t.Rows, ui.Row(number, p.Date(d.Date), who, p.Money(d.NetA), p.Money(d.NetB), p.MoneySigned(d.NetB-d.NetA), intSigned(p, d.PointsB-d.PointsA), p.MoneySigned(d.CommissionB-d.CommissionA), dash(moved)))
	}
	return t
}

func (v *backtestReport) largestTable(p *page) ui.TableProps {
	return trialDifferences(p, p.T("office.backtest.largest"), v.members, v.tierName, v.Largest[:min(len(v.Largest), shownRows)])
}

// monthDay is a date without its year, for the foot of a chart.
func monthDay(d clock.Date) string { return strings.TrimPrefix(string(d[5:]), "0") }
