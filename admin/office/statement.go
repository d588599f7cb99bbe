package office

import (
	"context"
	"io"
	"net/http"

	"github.com/a-h/templ"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/catalog"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/report"
	"github.com/shopwright/shopwright/core/web"
)

// mountStatements: a member's statement is /office/members/{id}/statement, a
// shop's or a gift card's /office/statement?kind=house|gift_card&owner=ID.
func (f *office) mountStatements() {
	f.on("GET /office/members/{id}/statement", auth.PermMembers, f.memberStatement)
	f.on("GET /office/statement", auth.PermReports, f.ownerStatement)
}

const (
	linesAtOnce     = 100
	memberPeriod    = 90 // days that are shown where nobody chose
	housePeriod     = 7
	ownerOfGiftCard = "gift_card"
)

// statementPage is a statement as it is shown.
type statementPage struct {
	title, lead string
	crumbs      []ui.Crumb
	action      string // address without the period
	hidden      []string
	house       bool
	from, to    clock.Date
	class       string
	s           *report.Statement
	lines       []report.StatementLine
	skus        map[id.ID]catalog.SKU
	csv         string
	first, next string
}

func (f *office) memberStatement(w http.ResponseWriter, r *http.Request, p *page) error {
	m, err := f.memberOf(r, p)
	if err != nil {
		return err
	}
	home := "/office/members/" + m.ID.String()
	name := memberName(p, m.Private.Name)
	v := &statementPage{title: p.T("office.statement.of", "name", name), lead: p.T("office.statement.lead"), action: home + "/statement",
		crumbs: []ui.Crumb{crumb(p.T("office.members.title"), "/office/members"), crumb(name, home), crumb(p.T("office.statement.title"), "")}}
	return f.showStatement(w, r, p, v, ledger.OwnerMember, m.ID, memberPeriod)
}

func (f *office) ownerStatement(w http.ResponseWriter, r *http.Request, p *page) error {
	q := r.URL.Query()
	kind, owner := q.Get("kind"), p.Shop.ID
	if s := q.Get("owner"); s != "" {
		var err error
		if owner, err = id.Parse(s); err != nil {
			return web.ErrNoRoute
		}
	}
	v := &statementPage{lead: p.T("office.statement.lead"), action: "/office/statement"}
	switch kind {
	case "", ledger.OwnerHouse:
		kind, v.house = ledger.OwnerHouse, true
		v.title = p.T("office.statement.of", "name", dash(p.ShopName(owner)))
	case ownerOfGiftCard:
		v.title = p.T("office.statement.of_gift_card")
	default:
		return web.ErrNoRoute
	}
	v.hidden = []string{"kind", kind, "owner", owner.String()}
	v.crumbs = []ui.Crumb{crumb(p.T("office.liabilities.title"), "/office/liabilities"), crumb(p.T("office.statement.title"), "")}
	return f.showStatement(w, r, p, v, kind, owner, housePeriod)
}

// showStatement reads the period and answers the page, or with format=csv the
// whole period as a file that is written while it is read.
func (f *office) showStatement(w http.ResponseWriter, r *http.Request, p *page, v *statementPage, kind string, owner id.ID, period int) error {
	at, err := pageOf(r, linesAtOnce)
	if err != nil {
		return err
	}
	ctx, q := r.Context(), r.URL.Query()
	v.from, v.to, v.class = dateIn(q.Get("from")), dateIn(q.Get("to")), q.Get("class")
	if v.to == "" {
		v.to = clock.Date(stampText(p, f.db.Now())[:10])
	}
	if v.from == "" {
		v.from = v.to.AddDays(-period)
	}
	of := ledger.StatementOf{Merchant: p.Merchant.ID, OwnerKind: kind, Owner: owner, From: midnight(p, v.from), To: midnight(p, v.to.AddDays(1)), Class: v.class}
	if v.s, err = report.OpenStatement(ctx, f.db, of); err != nil {
		return err
	}
	if q.Get("format") == "csv" {
		return download(w, "statement-"+string(v.from)+"-"+string(v.to), func(out io.Writer) error { return report.WriteStatement(ctx, out, v.s, p.ShopName) })
	}
	var next id.ID
	if v.lines, next, err = v.s.Page(ctx, at.After, at.Size()); err != nil {
		return err
	}
	v.first, v.next = pager(r, next.String())
	v.csv = with(r, "format", "csv", "after", "", "from", string(v.from), "to", string(v.to))
	if v.skus, err = f.statementSKUs(ctx, p, v.s); err != nil {
		return err
	}
	return f.show(w, r, statementView(p, v))
}

// download answers a file. An error after its first bytes cuts the answer off, so
// that half a file does not pass for a whole one.
func download(w http.ResponseWriter, name string, write func(io.Writer) error) error {
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`.csv"`)
	if _, err := io.WriteString(w, report.BOM); err != nil {
		return nil //nolint:nilerr // the reader has gone
	}
	if err := write(w); err != nil {
		panic(http.ErrAbortHandler)
	}
	return nil
}

func (f *office) statementSKUs(ctx context.Context, p *page, s *report.Statement) (map[id.ID]catalog.SKU, error) {
	var ids []id.ID
	for _, a := range s.Sections {
		if sku, ok := punchSKU(a.Unit); ok {
			ids = append(ids, sku)
		}
	}
	return f.skus(ctx, p.Merchant.ID, ids)
}

// account names an account: a member's by what it is, a shop's by its code.
func (v *statementPage) account(p *page, unit, class string) templ.Component {
	name := class
	switch class {
	case ledger.ClassPoints:
		name = p.T("office.col.points")
	case ledger.ClassPunch:
		name = p.T("office.member.punches")
	default:
		if key := "office.class." + class; !v.house && p.Words.Has(key) {
			name = p.T(key)
		} else {
			return two(code(class), unitText(p, v.skus, unit))
		}
	}
	if sku, ok := punchSKU(unit); ok {
		return two(ui.Text(name), v.skus[sku].Name)
	}
	return ui.Text(name)
}

// unitText says what an amount counts where that is not the currency.
func unitText(p *page, skus map[id.ID]catalog.SKU, unit string) string {
	if sku, ok := punchSKU(unit); ok {
		return skus[sku].Name
	}
	if unit == ledger.UnitPoints {
		return p.T("office.col.points")
	}
	return ""
}

// unitAmount writes an amount of a unit: money, points or visits.
func unitAmount(p *page, unit string, a money.Amount) string {
	if unit == p.Currency.Code {
		return p.Money(a)
	}
	if _, err := money.CurrencyOf(unit); err == nil {
		return report.FormatUnit(unit, a) + " " + unit
	}
	return p.Int(int64(a))
}

func unitSigned(p *page, unit string, a money.Amount) string {
	if a > 0 {
		return "+" + unitAmount(p, unit, a)
	}
	return unitAmount(p, unit, a)
}

// entryKind says what an entry was; one that the catalogue lacks shows its code.
func entryKind(p *page, kind string) templ.Component {
	if key := "office.entry." + kind; p.Words.Has(key) {
		return ui.Text(p.T(key))
	}
	return code(kind)
}

func (v *statementPage) accounts(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.statement.accounts"), HideCaption: true, Dense: true, Empty: ui.EmptyState{Icon: "wallet", Title: p.T("office.statement.none")},
		Columns: []ui.Column{{Title: p.T("office.statement.account")}, {Title: p.T("office.statement.opening"), Numeric: true}, {Title: p.T("office.statement.movements"), Numeric: true}, {Title: p.T("office.statement.closing"), Numeric: true, Key: true}}}
	for _, a := range v.s.Sections {
		t.Rows = append(t.Rows, ui.Row(v.account(p, a.Unit, a.Class), unitAmount(p, a.Unit, a.Opening), p.Int(a.Movements), unitAmount(p, a.Unit, a.Closing)))
	}
	return t
}

func (v *statementPage) table(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.statement.lines"), HideCaption: true, Dense: true, First: v.first, Next: v.next, Empty: ui.EmptyState{Icon: "wallet", Title: p.T("office.statement.no_lines")},
		Columns: []ui.Column{{Title: p.T("office.col.date")}, {Title: p.T("office.col.kind")}, {Title: p.T("office.statement.account")}, {Title: p.T("office.col.receipt")}, {Title: p.T("office.col.amount"), Numeric: true, Key: true}, {Title: p.T("office.statement.balance"), Numeric: true}}}
	for _, l := range v.lines {
		t.Rows = append(t.Rows, ui.Row(stamp(p, l.At), entryKind(p, l.Kind), v.account(p, l.Unit, l.Class), saleLink(l.Number, l.Sale), unitSigned(p, l.Unit, l.Amount), unitAmount(p, l.Unit, l.Balance)))
	}
	return t
}
