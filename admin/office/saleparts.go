package office

import (
	"context"
	"strings"

	"github.com/a-h/templ"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/report"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/staff"
	"github.com/shopwright/shopwright/core/tax"
)

// saleParts is what stands behind the lines of a document: which cards paid
// visits, what was taken off by whom, who worked on it and for how much.
type saleParts struct {
	draws   map[id.ID][]sale.Draw
	owners  map[id.ID]string // of the cards
	units   map[id.ID]string // plans, or services of cards without one
	work    []workPart
	reduced []reduction
}

// workPart is one person's part in a line.
type workPart struct {
	line, staff id.ID
	role        staff.Role
	share       money.Rate
	net         money.Amount
	commission  money.Amount
}

// reduction is something that was taken off, by a rule or by hand.
type reduction struct {
	text, by, reason string
	lines            int // on how many lines
	amount           money.Amount
}

// Kinds of adjustment that a person makes, as the flow writes them.
const (
	manualKind = "manual"
	dropKind   = "drop"
)

func (f *office) readParts(ctx context.Context, p *page, s *sale.Sale) (out saleParts, err error) {
	if err := f.db.Batch(ctx, sale.AskDraws(s.Merchant, s.ID, &out.draws)); err != nil {
		return out, err
	}
	var owners, units []id.ID
	for line, ds := range out.draws {
		if len(ds) == 1 { // what a refund gave back was drawn nevertheless
			ds[0].Visits = punchesOf(s, line)
		}
		for _, d := range ds {
			owners, units = append(owners, d.Owner), append(units, d.Unit)
		}
	}
	if out.owners, err = member.Names(ctx, f.db, s.Merchant, owners); err != nil {
		return out, err
	}
	if out.units, err = f.unitNames(ctx, s.Merchant, units); err != nil {
		return out, err
	}
	if p.Actor.May(auth.PermReports) {
		if out.work, err = f.workOf(ctx, s); err != nil {
			return out, err
		}
	}
	people, err := f.staffNames(ctx, s.Merchant)
	out.reduced = f.reductions(p, s, people)
	return out, err
}

func punchesOf(s *sale.Sale, line id.ID) int64 {
	for i := range s.Lines {
		if s.Lines[i].ID == line {
			return s.Lines[i].Punches
		}
	}
	return 0
}

// workOf joins who worked on the lines of a document with what it gave them.
func (f *office) workOf(ctx context.Context, s *sale.Sale) (out []workPart, err error) {
	rows, err := staff.LineStaffOfSale(ctx, f.db, s.Merchant, s.ID)
	if err != nil {
		return nil, err
	}
	entries, err := staff.CommissionOfSale(ctx, f.db, s.Merchant, s.ID)
	if err != nil {
		return nil, err
	}
	at := func(line, person id.ID, role staff.Role) *workPart {
		for i := range out {
			if out[i].line == line && out[i].staff == person && out[i].role == role {
				return &out[i]
			}
		}
		out = append(out, workPart{line: line, staff: person, role: role})
		return &out[len(out)-1]
	}
	for i := range rows {
		if r := &rows[i]; r.Sale == s.ID { // what refunds took back is on their own pages
			w := at(r.Line, r.Staff, r.Role)
			w.share, w.net = r.Share.Share, r.Net
		}
	}
	for i := range entries {
		if e := &entries[i]; e.Sale == s.ID {
			w := at(e.Line, e.Staff, e.Role)
			w.share, w.commission = e.Share, w.commission+e.Amount
		}
	}
	return out, nil
}

// reductions lists what was taken off, shares of one benefit as one.
func (f *office) reductions(p *page, s *sale.Sale, people map[id.ID]string) (out []reduction) {
	at := map[int]int{}
	for _, a := range s.Adjustments {
		n, seen := at[a.Group]
		if !seen || a.Group == 0 {
			n = len(out)
			at[a.Group] = n
			r := reduction{text: report.AdjustmentText(p.Packs, p.Words, s.Currency, a)}
			if byHand(a.Kind) {
				r.by, r.reason = dash(people[s.Actor]), a.Label
			} else {
				r.by = f.packName(p, a.PackID, a.PackVersion)
			}
			out = append(out, r)
		}
		out[n].amount += a.Amount
		out[n].lines++
	}
	return out
}

// byHand reports whether a person made the adjustment.
func byHand(kind string) bool { return kind == manualKind || kind == dropKind }

// maskedNumber hides all of a card's number but its end.
func maskedNumber(number string) string {
	if n := len(number); n > 4 {
		return "•••• " + number[n-4:]
	}
	return number
}

// lineNotes is what stands below a line's name.
func (d *saleDetail) lineNotes(p *page, l *sale.Line) (sub []string) {
	note := func(s string) {
		if s != "" {
			sub = append(sub, s)
		}
	}
	note(l.SKUCode)
	note(d.staff[l.Staff])
	if l.Face != 0 {
		note(p.T("office.sales.face", "face", p.Money(l.Face), "price", p.Money(l.Net)))
	}
	if l.PointsCost > 0 {
		note(p.T("office.sales.points", "n", l.PointsCost))
	}
	if l.Bonus > 0 && l.Kind == sale.LineTopUp {
		note(p.T("office.sales.with_bonus", "amount", p.Money(l.Bonus)))
	}
	if l.Withheld != 0 {
		note(withheldWords(p, l.Withheld))
	}
	drawn := d.parts.draws[l.ID]
	for _, x := range drawn {
		if x.Visits > 0 {
			note(p.T("office.sales.drawn", "n", x.Visits, "card", dash(d.parts.units[x.Unit]), "member", memberName(p, d.parts.owners[x.Owner])))
		}
	}
	if l.Punches > 0 && len(drawn) == 0 {
		note(p.T("office.sales.punches", "n", l.Punches))
	}
	return sub
}

// taxPairs are the tax of each rate, as the receipt has them.
func (d *saleDetail) taxPairs(p *page) (out []ui.Pair) {
	s := d.s
	lines := make([]tax.Stored, len(s.Lines))
	for i := range s.Lines {
		l := &s.Lines[i]
		lines[i] = tax.Stored{Line: tax.Line{Net: l.Net, Rate: l.TaxRate, Name: l.TaxName, Prepaid: l.Kind != sale.LineGoods && l.Kind != sale.LineService}, Tax: l.Tax}
	}
	onTop := s.Tax != 0 && s.Total == s.Subtotal-s.Discount+s.Tax
	for _, x := range tax.Breakdown(!onTop, lines) {
		name := dash(strings.TrimSpace(x.Name))
		if x.Name == "" {
			name = p.T("office.sales.tax")
		}
		if x.Rate > 0 {
			name += " " + p.Percent(x.Rate)
		}
		out = append(out, ui.Pair{Key: name, Value: two(ui.Amount(p.Ctx, x.Tax), p.T("office.sales.tax_of", "base", p.Money(x.Base)))})
	}
	return out
}

func (d *saleDetail) reducedTable(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.sales.taken_off"), HideCaption: true, Dense: true,
		Columns: []ui.Column{{Title: p.T("office.col.name")}, {Title: p.T("office.sales.by")}, {Title: p.T("office.col.reason")}, {Title: p.T("office.col.amount"), Numeric: true, Key: true}}}
	for _, r := range d.parts.reduced {
		t.Rows = append(t.Rows, ui.Row(two(ui.Text(r.text), p.T("office.sales.on_lines", "n", r.lines)), r.by, dash(r.reason), ui.Amount(p.Ctx, r.amount)))
	}
	return t
}

func (d *saleDetail) workTable(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.sales.work"), HideCaption: true, Dense: true,
		Columns: []ui.Column{{Title: p.T("office.sales.person")}, {Title: p.T("office.why.line")}, {Title: p.T("office.sales.share"), Numeric: true}, {Title: p.T("office.sales.part"), Numeric: true}, {Title: p.T("office.sales.commission"), Numeric: true, Key: true}}}
	var sum money.Amount
	for _, w := range d.parts.work {
		line := "–"
		for i := range d.s.Lines {
			if d.s.Lines[i].ID == w.line {
				line = lineName(p, &d.s.Lines[i])
			}
		}
		sum += w.commission
		t.Rows = append(t.Rows, ui.Row(two(ui.Text(dash(d.staff[w.staff])), p.T("office.commission.role"+"_"+string(w.role))), line, p.Percent(w.share), ui.Amount(p.Ctx, w.net), ui.Amount(p.Ctx, w.commission)))
	}
	if len(t.Rows) > 1 {
		t.Foot = []templ.Component{ui.Text(p.T("office.col.total")), ui.Text(""), ui.Text(""), ui.Text(""), ui.Amount(p.Ctx, sum)}
	}
	return t
}
