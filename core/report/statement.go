package report

import (
	"context"
	"encoding/csv"
	"io"
	"strconv"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/sale"
)

// StatementLine is a movement with the number of the receipt it comes from.
type StatementLine struct {
	ledger.Movement
	Number string
}

// Statement is an account statement: what was there before a period, each movement
// with the balance after it, and what is there at its end.
type Statement struct {
	*ledger.Statement
	r db.Reader
}

// OpenStatement reads the openings and closings; the lines are streamed by Each or
// read by Page. Fault: report.bad_period where the period ends before it begins.
func OpenStatement(ctx context.Context, r db.Reader, q ledger.StatementOf) (*Statement, error) {
	if q.To != 0 && q.To < q.From {
		return nil, ErrPeriod.On("to")
	}
	s, err := ledger.OpenStatement(ctx, r, q)
	return &Statement{s, r}, err
}

// linePage is how many lines are named together.
const linePage = 200

// Each streams the lines in the order of their entries; a hundred thousand of them
// are never in memory together.
func (s *Statement) Each(ctx context.Context, f func(StatementLine) error) error {
	page := make([]ledger.Movement, 0, linePage)
	flush := func() error {
		lines, err := s.named(ctx, page)
		if err != nil {
			return err
		}
		for _, l := range lines {
			if err := f(l); err != nil {
				return err
			}
		}
		page = page[:0]
		return nil
	}
	err := s.Statement.Each(ctx, func(m ledger.Movement) error {
		page = append(page, m)
		if len(page) < linePage {
			return nil
		}
		return flush()
	})
	if err != nil {
		return err
	}
	return flush()
}

// Page reads the lines of whole entries after one, about limit of them, and the
// entry to go on from (none at the end).
func (s *Statement) Page(ctx context.Context, after id.ID, limit int) ([]StatementLine, id.ID, error) {
	list, next, err := s.Statement.Page(ctx, after, limit)
	if err != nil {
		return nil, id.None, err
	}
	lines, err := s.named(ctx, list)
	return lines, next, err
}

// named adds the receipt numbers.
func (s *Statement) named(ctx context.Context, list []ledger.Movement) ([]StatementLine, error) {
	seen := map[id.ID]string{}
	var ids []id.ID
	for _, m := range list {
		if _, dup := seen[m.Sale]; !dup && !m.Sale.IsNone() {
			seen[m.Sale] = ""
			ids = append(ids, m.Sale)
		}
	}
	if len(ids) > 0 {
		sales, err := db.All(ctx, s.r, func(row db.Row, v *sale.Sale) error { return row.Scan(&v.ID, &v.Series, &v.Number) },
			`select id, series, coalesce(number, 0) from sales where merchant_id = $1 and id in_ids($2)`, s.Of.Merchant, ids)
		if err != nil {
			return nil, err
		}
		for i := range sales {
			seen[sales[i].ID] = sales[i].ReceiptNumber()
		}
	}
	out := make([]StatementLine, len(list))
	for i, m := range list {
		out[i] = StatementLine{m, seen[m.Sale]}
	}
	return out, nil
}

var statementHead = []string{"row", "at", "business_date", "kind", "receipt", "unit", "class", "amount", "balance", "shop", "entry_id", "posting", "sale_id", "lot_id"}

// WriteStatement writes a statement as CSV (RFC 4180, UTF-8) while it is read: a
// row "opening" for each account, its movements, a row "closing" for each. name
// gives a shop's name.
func WriteStatement(ctx context.Context, w io.Writer, s *Statement, name func(id.ID) string) error {
	c := csv.NewWriter(w)
	c.UseCRLF = true
	if err := c.Write(statementHead); err != nil {
		return err
	}
	edge := func(row string) error {
		for _, a := range s.Sections {
			balance := a.Opening
			if row == "closing" {
				balance = a.Closing
			}
			if a.Opening == 0 && a.Movements == 0 {
				continue
			}
			if err := c.Write([]string{row, "", "", "", "", a.Unit, a.Class, "", FormatUnit(a.Unit, balance), "", "", "", "", ""}); err != nil {
				return err
			}
		}
		return nil
	}
	if err := edge("opening"); err != nil {
		return err
	}
	err := s.Each(ctx, func(l StatementLine) error {
		return c.Write([]string{"movement", l.At.String(), string(l.BusinessDate), l.Kind, cell(l.Number), l.Unit, l.Class, FormatUnit(l.Unit, l.Amount), FormatUnit(l.Unit, l.Balance),
			cell(name(l.Shop)), l.Entry.String(), strconv.FormatInt(l.No, 10), l.Sale.String(), l.Lot.String()})
	})
	if err != nil {
		return err
	}
	if err := edge("closing"); err != nil {
		return err
	}
	c.Flush()
	return c.Error()
}
