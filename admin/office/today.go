package office

import (
	"context"
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/catalog"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/core/report"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/stock"
)

func (f *office) mountToday() {
	f.on("GET /office", "", f.todayPage)
}

const dashboardDays = 30

// dashboard is what the first page shows.
type dashboard struct {
	date    clock.Date
	days    []report.Day // of the last 30 dates, one for each
	today   report.Day
	before  report.Day // the same weekday a week ago
	best    []report.Seller
	tenders []report.TenderSum
	low     []lowItem
	latest  []sale.Sale
	notices []packNotice
	waiting int // refund requests that somebody has to decide
}

type lowItem struct {
	stock.Level
	name string
}

// packNotice is a pack that has something to say: it failed, or was switched off.
type packNotice struct{ name, text, href string }

func (f *office) todayPage(w http.ResponseWriter, r *http.Request, p *page) error {
	if !p.Actor.May(auth.PermReports) { // a cashier's office is the members' desk
		http.Redirect(w, r, "/office/members", http.StatusSeeOther)
		return nil
	}
	d, err := f.readDashboard(r.Context(), p)
	if err != nil {
		return err
	}
	return f.show(w, r, todayView(p, d))
}

func (f *office) readDashboard(ctx context.Context, p *page) (*dashboard, error) {
	m, shop := p.Merchant.ID, p.Shop.ID
	d := &dashboard{date: f.today(p)}
	days, err := report.Days(ctx, f.db, m, shop, d.date.AddDays(1-dashboardDays), d.date)
	if err != nil {
		return nil, err
	}
	d.fill(days)
	if d.best, err = report.BestSellers(ctx, f.db, m, shop, d.date, d.date, 8); err != nil {
		return nil, err
	}
	if d.tenders, err = report.Tenders(ctx, f.db, m, shop, d.date, d.date); err != nil {
		return nil, err
	}
	if d.latest, err = sale.List(ctx, f.db, m, sale.Filter{Shop: shop}, db.Page{Limit: 6}); err != nil {
		return nil, err
	}
	d.latest, _ = db.Cut(db.Page{Limit: 6}, d.latest, saleID)
	if d.low, err = f.lowStock(ctx, m, shop, 8); err != nil {
		return nil, err
	}
	if p.Actor.May(auth.PermRefund) {
		pending, err := f.pendingRequests(ctx, m)
		if err != nil {
			return nil, err
		}
		d.waiting = len(pending)
	}
	d.notices, err = f.notices(ctx, p)
	return d, err
}

func saleID(s sale.Sale) id.ID { return s.ID }

// fill puts the days into a row without gaps.
func (d *dashboard) fill(days []report.Day) {
	by := map[clock.Date]report.Day{}
	for _, x := range days {
		by[x.Date] = x
	}
	for i := range dashboardDays {
		date := d.date.AddDays(i + 1 - dashboardDays)
		x := by[date]
		x.Date = date
		d.days = append(d.days, x)
	}
	d.today, d.before = d.days[dashboardDays-1], d.days[dashboardDays-8]
}

func (f *office) lowStock(ctx context.Context, m, shop id.ID, limit int) ([]lowItem, error) {
	levels, err := stock.List(ctx, f.db, m, stock.Floor(m, shop), true, db.Page{Limit: limit})
	if err != nil {
		return nil, err
	}
	levels = levels[:min(len(levels), limit)]
	names, err := f.skuNames(ctx, m, levels)
	if err != nil {
		return nil, err
	}
	out := make([]lowItem, len(levels))
	for i, l := range levels {
		out[i] = lowItem{l, names[l.SKU].Name}
	}
	return out, nil
}

func (f *office) skuNames(ctx context.Context, m id.ID, levels []stock.Level) (map[id.ID]catalog.SKU, error) {
	ids := make([]id.ID, len(levels))
	for i, l := range levels {
		ids[i] = l.SKU
	}
	return f.skus(ctx, m, ids)
}

// skus reads SKUs by their ids.
func (f *office) skus(ctx context.Context, m id.ID, ids []id.ID) (map[id.ID]catalog.SKU, error) {
	out := map[id.ID]catalog.SKU{}
	if len(ids) == 0 {
		return out, nil
	}
	var hits []catalog.Hit
	if err := f.db.Batch(ctx, catalog.AskSKUs(m, ids, nil, &hits)); err != nil {
		return nil, err
	}
	for _, h := range hits {
		out[h.ID] = h.SKU
	}
	return out, nil
}

// notices lists the packs of the shop that failed.
func (f *office) notices(ctx context.Context, p *page) ([]packNotice, error) {
	acts, err := pack.ListFor(ctx, f.db, p.Merchant.ID, p.Shop.ID)
	if err != nil {
		return nil, err
	}
	var out []packNotice
	for _, a := range acts {
		if a.Notice != "" || a.Failures > 0 {
			out = append(out, packNotice{f.packName(p, a.PackID, a.Version), noticeText(p, a.Notice, a.Failures), "/office/packs/" + a.PackID})
		}
	}
	more, err := f.replayNotices(ctx, p)
	return append(out, more...), err
}

// change is today against a week ago, in words for a Stat.
func change(now, before int64) (text string, up, down bool) {
	if before <= 0 {
		return "", false, false
	}
	pct := money.Amount(now-before).MulDiv(100, before, money.HalfUp)
	switch {
	case pct > 0:
		return "+" + money.Currency{}.Format(pct) + "\u00a0%", true, false
	case pct < 0:
		return "\u2212" + money.Currency{}.Format(-pct) + "\u00a0%", false, true
	}
	return "±0\u00a0%", false, false
}

func (d *dashboard) stats(p *page) []ui.StatProps {
	var turnover, tickets []int64
	for _, x := range d.days {
		turnover, tickets = append(turnover, int64(x.Total)), append(tickets, x.Sales)
	}
	stat := func(key, value string, now, before int64, trend []int64) ui.StatProps {
		c, up, down := change(now, before)
		s := ui.StatProps{Label: p.T("office.today." + key), Value: value, Change: c, Up: up, Down: down, Trend: trend}
		if c != "" {
			s.Note = p.T("office.today.than_last_week")
		}
		return s
	}
	s := []ui.StatProps{
		stat("turnover", p.Money(d.today.Total), int64(d.today.Total), int64(d.before.Total), turnover),
		stat("tickets", p.Int(d.today.Sales), d.today.Sales, d.before.Sales, tickets),
		stat("average", p.Money(d.today.AvgTicket), int64(d.today.AvgTicket), int64(d.before.AvgTicket), nil),
		{Label: p.T("office.today.topups"), Value: p.Money(d.today.TopUps), Note: p.T("office.today.members_note", "n", d.today.Members)},
	}
	s[0].Href = "/office/sales?from=" + string(d.date)
	return s
}

func (d *dashboard) chart(p *page) ui.ChartProps {
	c := ui.ChartProps{ID: "turnover", Title: p.T("office.today.chart"), Desc: p.T("office.today.chart_desc"), Kind: "bar", Wide: true,
		Format: func(v int64) string { return p.Money(money.Amount(v)) }, Series: []ui.Series{{Name: p.T("office.today.turnover")}}}
	for _, x := range d.days {
		c.Labels = append(c.Labels, dayMonth(p, x.Date))
		c.Series[0].Values = append(c.Series[0].Values, int64(x.Total))
	}
	return c
}

func dayMonth(p *page, d clock.Date) string {
	if strings.HasPrefix(p.Ctx.Locale, "zh") {
		return d.Time().Format("1月2日")
	}
	return d.Time().Format("2 Jan")
}

func (d *dashboard) bestTable(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.today.best"), HideCaption: true, Dense: true,
		Columns: []ui.Column{{Title: p.T("office.col.name")}, {Title: p.T("office.col.quantity"), Numeric: true}, {Title: p.T("office.col.amount"), Numeric: true, Key: true}},
		Empty:   ui.EmptyState{Icon: "sale", Title: p.T("office.today.no_sales"), Text: p.T("office.today.no_sales_text")}}
	for _, s := range d.best {
		t.Rows = append(t.Rows, ui.Row(ui.Link(s.Name, "/office/catalog/"+s.SKU.String()), s.Quantity.String(), ui.Amount(p.Ctx, s.Amount)))
	}
	return t
}

func (d *dashboard) tenderTable(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.today.tenders"), HideCaption: true, Dense: true,
		Columns: []ui.Column{{Title: p.T("office.col.tender")}, {Title: p.T("office.col.count"), Numeric: true}, {Title: p.T("office.col.amount"), Numeric: true, Key: true}},
		Empty:   ui.EmptyState{Icon: "cash", Title: p.T("office.today.no_sales")}}
	var sum money.Amount
	for _, s := range d.tenders {
		t.Rows = append(t.Rows, ui.Row(p.T("tender."+s.Type), p.Int(s.Count), ui.Amount(p.Ctx, s.Amount)))
		sum += s.Amount
	}
	if len(t.Rows) > 1 {
		t.Foot = []templ.Component{ui.Text(p.T("office.col.total")), ui.Text(""), ui.Amount(p.Ctx, sum)}
	}
	return t
}

func (d *dashboard) lowTable(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.today.low"), HideCaption: true, Dense: true,
		Columns: []ui.Column{{Title: p.T("office.col.name")}, {Title: p.T("office.col.available"), Numeric: true, Key: true}, {Title: p.T("office.col.low_at"), Numeric: true}},
		Empty:   ui.EmptyState{Icon: "stock", Title: p.T("office.today.no_low")}}
	for _, l := range d.low {
		t.Rows = append(t.Rows, ui.Row(ui.Link(dash(l.name), "/office/catalog/"+l.SKU.String()), l.Available().String(), l.LowAt.String()))
	}
	return t
}

func (d *dashboard) latestSteps(p *page) []ui.Step {
	var out []ui.Step
	for i := range d.latest {
		s := &d.latest[i]
		step := ui.Step{Tone: ui.Ok, Title: s.ReceiptNumber(), Text: p.T("office.kind." + s.Kind), Time: ui.When(p.Ctx, s.OccurredAt), Amount: p.Money(s.Total)}
		if s.Kind != sale.KindSale {
			step.Tone, step.Amount, step.Text = ui.Bad, p.Money(-s.Total), step.Text+" · "+s.Reason
		}
		out = append(out, step)
	}
	return out
}
