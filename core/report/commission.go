package report

import (
	"context"
	"encoding/csv"
	"io"
	"strconv"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/staff"
)

// CommissionLine is a commission entry with what a person reads of it.
type CommissionLine struct {
	staff.CommissionEntry
	StaffName string
	Number    string // the receipt's; "" where there is none
	Name      string // of the line
	PlanName  string // settlement: what it paid by
}

// CommissionDetail reads a page of commission entries with their receipts, in the
// order of booking.
func CommissionDetail(ctx context.Context, r db.Reader, m id.ID, f staff.Filter, page db.Page) (lines []CommissionLine, next string, err error) {
	entries, next, err := staff.List(ctx, r, m, f, page)
	if err != nil || len(entries) == 0 {
		return nil, "", err
	}
	names, err := staffNames(ctx, r, m)
	if err != nil {
		return nil, "", err
	}
	var sales []id.ID
	settled := false
	for i := range entries {
		settled = settled || !entries[i].Plan.IsNone()
		if s := entries[i].Sale; !s.IsNone() {
			sales = append(sales, s)
		}
	}
	type doc struct {
		line         id.ID
		number, name string
	}
	docs, err := db.All(ctx, r, func(row db.Row, d *doc) error {
		var s sale.Sale
		if err := row.Scan(&d.line, &d.name, &s.Series, &s.Number); err != nil {
			return err
		}
		d.number = s.ReceiptNumber()
		return nil
	}, `select l.id, l.name, s.series, coalesce(s.number, 0) from sale_lines l join sales s on s.merchant_id = l.merchant_id and s.id = l.sale_id
		where l.merchant_id = $1 and l.sale_id in_ids($2)`, m, sales)
	if err != nil {
		return nil, "", err
	}
	of := map[id.ID]doc{}
	for _, d := range docs {
		of[d.line] = d
	}
	plans := map[id.ID]string{}
	if settled {
		all, err := staff.Plans(ctx, r, m)
		if err != nil {
			return nil, "", err
		}
		for _, p := range all {
			plans[p.ID] = p.Name
		}
	}
	for _, e := range entries {
		d := of[e.Line]
		lines = append(lines, CommissionLine{CommissionEntry: e, StaffName: names[e.Staff], Number: d.number, Name: d.name, PlanName: plans[e.Plan]})
	}
	return lines, next, nil
}

func staffNames(ctx context.Context, r db.Reader, m id.ID) (map[id.ID]string, error) {
	list, err := auth.ListStaff(ctx, r, m)
	names := map[id.ID]string{}
	for _, s := range list {
		names[s.ID] = s.Name
	}
	return names, err
}

// CommissionStaff is one member of staff beside the others: what they did and
// what it gives them.
type CommissionStaff struct {
	staff.Statement
	Name string
	Work staff.Performance
}

// CommissionCompare puts the staff of a period side by side, by name; whoever
// neither worked nor is paid is left out.
func CommissionCompare(ctx context.Context, r db.Reader, m id.ID, f staff.Filter) ([]CommissionStaff, error) {
	list, err := auth.ListStaff(ctx, r, m)
	if err != nil {
		return nil, err
	}
	sums, err := staff.Statements(ctx, r, m, f)
	if err != nil {
		return nil, err
	}
	done, err := staff.Performances(ctx, r, m, f.Shop, f.From, f.To)
	if err != nil {
		return nil, err
	}
	paid, did := map[id.ID]staff.Statement{}, map[id.ID]staff.Performance{}
	for _, s := range sums {
		paid[s.Staff] = s
	}
	for _, p := range done {
		did[p.Staff] = p
	}
	out := []CommissionStaff{}
	for _, s := range list {
		st, has := paid[s.ID]
		work, worked := did[s.ID]
		if (has || worked) && (f.Staff.IsNone() || f.Staff == s.ID) {
			st.Staff, work.Staff = s.ID, s.ID
			out = append(out, CommissionStaff{Statement: st, Name: s.Name, Work: work})
		}
	}
	return out, nil
}

// WriteCommissions writes every entry that the filter lets through as CSV (RFC
// 4180, UTF-8).
func WriteCommissions(ctx context.Context, r db.Reader, m id.ID, f staff.Filter, cur money.Currency, to io.Writer) error {
	w := csv.NewWriter(to)
	w.UseCRLF = true
	if err := w.Write([]string{"date", "staff_id", "staff", "kind", "role", "share", "receipt", "line", "line_kind", "category", "sku", "quantity", "metric", "basis", "rate", "amount", "currency", "source", "reason"}); err != nil {
		return err
	}
	for page := (db.Page{Limit: 200}); ; {
		lines, next, err := CommissionDetail(ctx, r, m, f, page)
		if err != nil {
			return err
		}
		for i := range lines {
			l := &lines[i]
			source := l.PackID
			if l.PlanName != "" {
				source = l.PlanName
			}
			if err := w.Write([]string{string(l.BusinessDate), l.Staff.String(), cell(l.StaffName), l.Kind, string(l.Role), l.Share.String(), cell(l.Number), cell(l.Name), l.LineKind, cell(l.Category), cell(l.SKUCode),
				l.Quantity.String(), l.Metric, cur.Format(l.Basis), l.Rate.String(), cur.Format(l.Amount), cur.Code, cell(source), cell(l.Reason)}); err != nil {
				return err
			}
		}
		if next == "" {
			w.Flush()
			return w.Error()
		}
		if page.After, err = db.ParseCursor(next); err != nil {
			return err
		}
	}
}

// WriteCommissionSummary writes the sums by staff, metric, kind of entry, kind of
// line and category as CSV (RFC 4180, UTF-8).
func WriteCommissionSummary(ctx context.Context, r db.Reader, m id.ID, f staff.Filter, cur money.Currency, to io.Writer) error {
	names, err := staffNames(ctx, r, m)
	if err != nil {
		return err
	}
	groups, err := staff.Groups(ctx, r, m, f)
	if err != nil {
		return err
	}
	rows := [][]string{{"from", "to", "staff_id", "staff", "metric", "kind", "line_kind", "category", "entries", "quantity", "basis", "amount", "currency"}}
	for _, g := range groups {
		rows = append(rows, []string{string(f.From), string(f.To), g.Staff.String(), cell(names[g.Staff]), g.Metric, g.Kind, g.LineKind, cell(g.Category),
			strconv.FormatInt(g.Entries, 10), g.Quantity.String(), cur.Format(g.Basis), cur.Format(g.Amount), cur.Code})
	}
	w := csv.NewWriter(to)
	w.UseCRLF = true
	return w.WriteAll(rows)
}
