package till

import (
	"context"
	"encoding/json"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
)

// Report is an X report, or a Z report once the shift is closed.
type Report struct {
	Shift     id.ID          `json:"shift_id"`
	No        int64          `json:"no"` // of the shift, and so of the Z report
	Date      clock.Date     `json:"business_date"`
	OpenedAt  clock.Instant  `json:"opened_at"`
	ClosedAt  clock.Instant  `json:"closed_at,omitempty"`
	Float     money.Amount   `json:"float"`
	PaidIn    money.Amount   `json:"paid_in"`
	PaidOut   money.Amount   `json:"paid_out"`
	Outs      []Outlay       `json:"paid_out_for,omitempty"` // PaidOut by purpose
	Tenders   []sale.Total   `json:"tenders"`
	Summaries []sale.Summary `json:"summaries"`
	Open      sale.Open      `json:"open_sales,omitzero"` // that have not ended; on a Z report: carried over
	Expected  money.Amount   `json:"expected_cash"`
	Counts    []Count        `json:"counts,omitempty"`
	Counted   money.Amount   `json:"counted_cash"`
	OverShort money.Amount   `json:"over_short"`
	OffReason string         `json:"over_short_reason,omitempty"`
	Final     bool           `json:"final"`
	Hidden    bool           `json:"-"` // the drawer is to be counted blind
}

// Outlay is what was paid out for one purpose.
type Outlay struct {
	Category string       `json:"category"`
	Amount   money.Amount `json:"amount"`
}

// Blind is the report of an open shift for somebody who is about to count the
// drawer: without what is expected, and without the sums from which it follows. A
// Z report shows all.
func (rep Report) Blind() Report {
	if rep.Final {
		return rep
	}
	rep.Hidden, rep.Expected = true, 0
	var tenders []sale.Total
	for _, t := range rep.Tenders {
		if t.Tender != sale.TenderCash {
			tenders = append(tenders, t)
		}
	}
	rep.Tenders = tenders
	var sums []sale.Summary
	for _, s := range rep.Summaries {
		sums = append(sums, sale.Summary{Kind: s.Kind, Count: s.Count, Points: s.Points})
	}
	rep.Summaries = sums
	return rep
}

// X computes the totals so far; nothing is closed. For a closed shift it is the Z
// report as it was made. Fault: till.shift_not_found.
func X(ctx context.Context, r db.Reader, m, shift id.ID) (Report, Shift, error) {
	var s Shift
	var d drawer
	asks := append([]db.Ask{askShift(m, shift, &s)}, d.ask(m, shift)...)
	asks = append(asks, sale.AskOpenOfShift(m, shift, &d.open))
	if err := r.Batch(ctx, asks...); err != nil {
		return Report{}, s, err
	}
	if s.ID.IsNone() {
		return Report{}, s, ErrNotFound
	}
	if !s.IsOpen() {
		rep, err := s.final()
		return rep, s, err
	}
	return d.report(&s), s, nil
}

// Z reads a register's Z report by its number. Fault: till.shift_not_found.
func Z(ctx context.Context, r db.Reader, m, register id.ID, no int64) (Report, Shift, error) {
	found, err := db.All(ctx, r, scan, `select `+columns+` from shifts where merchant_id = $1 and register_id = $2 and no = $3 and state = 'closed'`, m, register, no)
	if err != nil {
		return Report{}, Shift{}, err
	}
	if len(found) == 0 {
		return Report{}, Shift{}, ErrNotFound
	}
	rep, err := found[0].final()
	return rep, found[0], err
}

func askShift(m, shift id.ID, s *Shift) db.Ask {
	return db.Ask{SQL: `select ` + columns + ` from shifts where merchant_id = $1 and id = $2`, Args: []any{m, shift}, Scan: func(row db.Row) error { return scan(row, s) }}
}

// final is the Z report as it was made.
func (s *Shift) final() (Report, error) {
	var rep Report
	err := json.Unmarshal([]byte(s.Z), &rep)
	return rep, err
}

// drawer is what a report is made of.
type drawer struct {
	tenders []sale.Total
	sums    []sale.Summary
	moves   []Move
	open    sale.Open
}

func (d *drawer) ask(m, shift id.ID) []db.Ask {
	return append(sale.AskShiftTotals(m, shift, &d.tenders, &d.sums), askMoves(m, shift, &d.moves))
}

func (d *drawer) report(s *Shift) Report {
	rep := Report{Shift: s.ID, No: s.No, Date: s.BusinessDate, OpenedAt: s.OpenedAt, Float: s.Float, Tenders: d.tenders, Summaries: d.sums, Open: d.open}
	out := map[string]money.Amount{}
	for _, v := range d.moves {
		if v.Amount > 0 {
			rep.PaidIn += v.Amount
			continue
		}
		rep.PaidOut -= v.Amount
		if v.Category == "" { // of a version without categories
			v.Category = OutOther
		}
		out[v.Category] -= v.Amount
	}
	for _, c := range Categories() {
		if out[c] != 0 {
			rep.Outs = append(rep.Outs, Outlay{c, out[c]})
		}
	}
	rep.Expected = s.Float + rep.PaidIn - rep.PaidOut
	for _, t := range rep.Tenders {
		if t.Tender == sale.TenderCash {
			rep.Expected += t.Signed()
		}
	}
	return rep
}
