package office

import (
	"io"
	"net/http"

	"github.com/a-h/templ"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/report"
)

func (f *office) mountLiabilities() {
	f.on("GET /office/liabilities", auth.PermReports, f.liabilitiesPage)
}

// liabilityPage is what is owed over a period, as it is shown.
type liabilityPage struct {
	report.Liabilities
	csv   string
	err   error
	today clock.Date
}

func (f *office) liabilitiesPage(w http.ResponseWriter, r *http.Request, p *page) error {
	ctx, q := r.Context(), r.URL.Query()
	v := &liabilityPage{today: f.today(p)}
	of := report.LiabilitiesOf{Merchant: p.Merchant.ID, From: dateIn(q.Get("from")), To: dateIn(q.Get("to")), By: q.Get("by")}
	if of.To == "" {
		of.To = v.today
	}
	if of.From == "" {
		of.From = of.To[:8] + "01"
	}
	v.LiabilitiesOf = of
	if v.err = of.Check(); v.err != nil {
		return f.again(w, r, v.err, liabilitiesView(p, v))
	}
	var err error
	if v.Liabilities, err = report.AskLiabilities(ctx, f.db, of); err != nil {
		return err
	}
	if q.Get("format") == "csv" {
		return download(w, "liabilities-"+string(of.From)+"-"+string(of.To), func(out io.Writer) error { return report.WriteLiabilities(out, &v.Liabilities, p.ShopName) })
	}
	v.csv = with(r, "format", "csv", "from", string(of.From), "to", string(of.To))
	return f.show(w, r, liabilitiesView(p, v))
}

func (v *liabilityPage) splits(p *page) []ui.Option {
	return []ui.Option{{Value: report.Whole, Text: p.T("office.liabilities.by_whole")}, {Value: report.ByShop, Text: p.T("office.liabilities.by_shop")}, {Value: report.ByOrigin, Text: p.T("office.liabilities.by_origin")}}
}

// liabilityName names a class, with the service whose visits they are.
func liabilityName(p *page, l *report.Liability) string {
	name := l.Class
	switch {
	case l.Class == ledger.ClassPoints:
		name = p.T("office.col.points")
	case p.Words.Has("office.liability." + l.Class):
		name = p.T("office.liability." + l.Class)
	}
	if l.Service != "" {
		name += " · " + l.Service
	}
	return name
}

// liabilityTitle is the name with the shop, where they are split by it.
func (v *liabilityPage) liabilityTitle(p *page, l *report.Liability) string {
	if v.By == report.Whole {
		return liabilityName(p, l)
	}
	return liabilityName(p, l) + " · " + dash(p.ShopName(l.Shop))
}

// liabilityKind says what a movement was; one that the catalogue lacks shows its code.
func liabilityKind(p *page, kind string) templ.Component {
	if key := "office.liability_kind." + kind; p.Words.Has(key) {
		return ui.Text(p.T(key))
	}
	return code(kind)
}

// table is the summary: opening, movements, closing.
func (v *liabilityPage) table(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.liabilities.title"), HideCaption: true, Empty: ui.EmptyState{Icon: "wallet", Title: p.T("office.liabilities.none"), Text: p.T("office.liabilities.none_text")},
		Columns: []ui.Column{{Title: p.T("office.liabilities.what")}}}
	if v.By != report.Whole {
		t.Columns = append(t.Columns, ui.Column{Title: p.T("office.shop")})
	}
	t.Columns = append(t.Columns, ui.Column{Title: p.T("office.statement.opening"), Numeric: true}, ui.Column{Title: p.T("office.statement.movements"), Numeric: true}, ui.Column{Title: p.T("office.statement.closing"), Numeric: true, Key: true})
	for i := range v.Rows {
		l := &v.Rows[i]
		cells := []any{liabilityName(p, l)}
		if v.By != report.Whole {
			cells = append(cells, dash(p.ShopName(l.Shop)))
		}
		t.Rows = append(t.Rows, ui.Row(append(cells, unitAmount(p, l.Unit, l.Opening), unitSigned(p, l.Unit, l.Closing-l.Opening), unitAmount(p, l.Unit, l.Closing))...))
	}
	return t
}

// moves are the movements of one liability by kind.
func (v *liabilityPage) moves(p *page, l *report.Liability) ui.TableProps {
	t := ui.TableProps{Caption: v.liabilityTitle(p, l), HideCaption: true, Dense: true,
		Columns: []ui.Column{{Title: p.T("office.col.kind")}, {Title: p.T("office.col.amount"), Numeric: true, Key: true}},
		Foot:    []templ.Component{ui.Text(p.T("office.statement.closing")), ui.Text(unitAmount(p, l.Unit, l.Closing))}}
	t.Rows = append(t.Rows, ui.Row(p.T("office.statement.opening"), unitAmount(p, l.Unit, l.Opening)))
	for _, m := range l.Movements {
		t.Rows = append(t.Rows, ui.Row(liabilityKind(p, m.Kind), unitSigned(p, l.Unit, m.Amount)))
	}
	return t
}

func (v *liabilityPage) untied(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.proof.differences"), HideCaption: true,
		Columns: []ui.Column{{Title: p.T("office.proof.check")}, {Title: p.T("office.proof.subject")}, {Title: p.T("office.proof.want"), Numeric: true}, {Title: p.T("office.proof.got"), Numeric: true, Key: true}}}
	for _, d := range v.Untied {
		t.Rows = append(t.Rows, ui.Row(code(d.Check), code(d.Subject), p.Int(d.Want), p.Int(d.Got)))
	}
	return t
}
