package staff

import (
	"context"
	"fmt"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
)

// CommissionEntry is an amount in favour of staff for a line of a sale.
type CommissionEntry struct {
	ID           id.ID // none: QueueCommission makes one
	Staff        id.ID
	Sale         id.ID
	Line         id.ID
	Amount       money.Amount // negative where a refund takes it back
	Basis        money.Amount // what it was computed on
	Rate         money.Rate   // 0 for a fixed amount
	PackID       string       // which rule said so
	PackVersion  string
	Code         string // the pack's own reason
	BusinessDate clock.Date
	At           clock.Instant
}

// QueueCommission notes an entry of the transaction's instant and answers it as
// it will be stored.
func QueueCommission(tx *db.Tx, m id.ID, e CommissionEntry) CommissionEntry {
	if e.ID.IsNone() {
		e.ID = tx.NewID()
	}
	e.At = tx.Now
	tx.Queue(`insert into commission_entries (merchant_id, id, staff_id, sale_id, line_id, amount, basis, rate, pack_id, pack_version, code, business_date, at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
		m, e.ID, e.Staff, e.Sale, e.Line, int64(e.Amount), int64(e.Basis), int64(e.Rate), e.PackID, e.PackVersion, e.Code, string(e.BusinessDate), e.At)
	return e
}

const columns = `id, staff_id, sale_id, line_id, amount, basis, rate, pack_id, pack_version, code, business_date, at`

func scan(r db.Row, e *CommissionEntry) error {
	return r.Scan(&e.ID, &e.Staff, &e.Sale, &e.Line, &e.Amount, &e.Basis, &e.Rate, &e.PackID, &e.PackVersion, &e.Code, &e.BusinessDate, &e.At)
}

// ListCommission lists the entries of one member of staff (none: of all) with
// business dates from first to last, both included, in the order of booking.
func ListCommission(ctx context.Context, r db.Reader, m, staff id.ID, first, last clock.Date, page db.Page) (items []CommissionEntry, next string, err error) {
	args := []any{m, string(first), string(last)}
	where := `merchant_id = $1 and business_date >= $2 and business_date <= $3`
	if !staff.IsNone() {
		args = append(args, staff)
		where += fmt.Sprintf(` and staff_id = $%d`, len(args))
	}
	if !page.After.IsNone() {
		args = append(args, page.After)
		where += fmt.Sprintf(` and id > $%d`, len(args))
	}
	args = append(args, page.Size()+1)
	rows, err := db.All(ctx, r, scan, `select `+columns+` from commission_entries where `+where+fmt.Sprintf(` order by id limit $%d`, len(args)), args...)
	if err != nil {
		return nil, "", err
	}
	items, next = db.Cut(page, rows, func(e CommissionEntry) id.ID { return e.ID })
	return items, next, nil
}

// CommissionOfSale lists what a sale gave to staff: what a refund takes a share of.
func CommissionOfSale(ctx context.Context, r db.Reader, m, sale id.ID) ([]CommissionEntry, error) {
	return db.All(ctx, r, scan, `select `+columns+` from commission_entries where merchant_id = $1 and sale_id = $2 order by id`, m, sale)
}

// AskCommissionOfSale reads what a sale gave to staff, for a flow.
func AskCommissionOfSale(m, sale id.ID, out *[]CommissionEntry) db.Ask {
	*out = nil
	return db.Ask{SQL: `select ` + columns + ` from commission_entries where merchant_id = $1 and sale_id = $2 order by id`, Args: []any{m, sale},
		Scan: func(r db.Row) error {
			var e CommissionEntry
			err := scan(r, &e)
			*out = append(*out, e)
			return err
		}}
}

// Statement is what one member of staff has coming for a period.
type Statement struct {
	Staff   id.ID
	Amount  money.Amount
	Basis   money.Amount
	Entries int64
	Sales   int64 // different sales and refunds
}

// Summary adds up the entries with business dates from first to last, both
// included, for each member of staff (or one, where given), by staff id.
func Summary(ctx context.Context, r db.Reader, m, staff id.ID, first, last clock.Date) ([]Statement, error) {
	args := []any{m, string(first), string(last)}
	one := ""
	if !staff.IsNone() {
		args, one = append(args, staff), ` and staff_id = $4`
	}
	return db.All(ctx, r, func(row db.Row, s *Statement) error {
		return row.Scan(&s.Staff, &s.Amount, &s.Basis, &s.Entries, &s.Sales)
	},
		`select staff_id, cast(sum(amount) as bigint), cast(sum(basis) as bigint), count(*), count(distinct sale_id) from commission_entries
		where merchant_id = $1 and business_date >= $2 and business_date <= $3`+one+` group by staff_id order by staff_id`, args...)
}
