package office

import (
	"github.com/a-h/templ"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/sale"
)

// wide is the frame of a page that draws its own head.
func wide(p *page, title string, crumbs ...ui.Crumb) ui.Frame {
	f := p.Frame(title)
	f.Wide, f.Crumbs = true, crumbs
	return f
}

func crumb(title, href string) ui.Crumb { return ui.Crumb{Title: title, Href: href} }

// today is the business date of the shop that is looked at.
func (f *office) today(p *page) clock.Date { return dateOf(p, f.db.Now()) }

func dateOf(p *page, at clock.Instant) clock.Date {
	if p.Shop.Zone.Loc == nil {
		return clock.Date(at.Time().Format("2006-01-02"))
	}
	return p.Shop.Zone.BusinessDate(at)
}

// kindBadge says what a document is.
func kindBadge(p *page, kind string) templ.Component {
	tone := ui.Neutral
	switch kind {
	case sale.KindRefund:
		tone = ui.Warn
	case sale.KindVoid:
		tone = ui.Bad
	}
	return ui.Badge(tone, p.T("office.kind."+kind))
}

// saleLink leads to a document by its receipt number.
func saleLink(number string, sale id.ID) templ.Component {
	if sale.IsNone() {
		return ui.Text("–")
	}
	if number == "" {
		number = "…"
	}
	return numberLink(number, "/office/sales/"+sale.String())
}

func count(p *page, n int) string { return p.Int(int64(n)) }

func dash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

// stampText is an instant in the shop's time, to the minute.
func stampText(p *page, at clock.Instant) string {
	t := at.Time()
	if p.Zone != nil {
		t = t.In(p.Zone)
	}
	return t.Format("2006-01-02 15:04")
}
