package staff

import (
	"context"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
)

// QueueLineStaff notes who worked on lines: a sale's rows (Work.Rows) or those
// that a refund takes back (WorkBack).
func QueueLineStaff(tx *db.Tx, m id.ID, rows ...LineStaff) {
	for i := range rows {
		l := &rows[i]
		tx.Queue(`insert into sale_line_staff (merchant_id, `+workColumns+`)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)`,
			m, l.Sale, l.Line, l.Staff, string(l.Role), int64(l.Share.Share), l.Level, l.Shop, l.OfSale, l.OfLine, string(l.BusinessDate), string(dateOf(*l)), l.LineKind, l.SKUCode, l.Category,
			int64(l.Quantity), int64(l.Gross), int64(l.Net), int64(l.Tax), int64(l.Cost), int64(l.Worth), int64(l.Prepaid), tx.Now)
	}
}

const workColumns = `sale_id, line_id, staff_id, role, share, level, shop_id, of_sale_id, of_line_id, business_date, of_date, line_kind, sku_code, category,
	quantity, gross, net, tax, cost, worth, prepaid, at`

func scanWork(r db.Row, l *LineStaff) error {
	return r.Scan(&l.Sale, &l.Line, &l.Staff, &l.Role, &l.Share.Share, &l.Level, &l.Shop, &l.OfSale, &l.OfLine, &l.BusinessDate, &l.OfDate, &l.LineKind, &l.SKUCode, &l.Category,
		&l.Quantity, &l.Gross, &l.Net, &l.Tax, &l.Cost, &l.Worth, &l.Prepaid, &l.At)
}

const workOfSale = `select ` + workColumns + ` from sale_line_staff where merchant_id = $1 and (sale_id = $2 or of_sale_id = $2) order by sale_id, line_id, staff_id, role`

// AskLineStaffOfSale reads who worked on a document's lines, and what refunds of
// it took back, for a flow: what WorkBack starts from.
func AskLineStaffOfSale(m, sale id.ID, out *[]LineStaff) db.Ask {
	*out = nil
	return db.Ask{SQL: workOfSale, Args: []any{m, sale}, Scan: func(r db.Row) error {
		var l LineStaff
		err := scanWork(r, &l)
		*out = append(*out, l)
		return err
	}}
}

// LineStaffOfSale is AskLineStaffOfSale outside a flow.
func LineStaffOfSale(ctx context.Context, r db.Reader, m, sale id.ID) ([]LineStaff, error) {
	return db.All(ctx, r, scanWork, workOfSale, m, sale)
}

// workOf reads the rows of a period.
func workOf(ctx context.Context, r db.Reader, m id.ID, first, last clock.Date) ([]LineStaff, error) {
	return db.All(ctx, r, scanWork, `select `+workColumns+` from sale_line_staff where merchant_id = $1 and business_date >= $2 and business_date <= $3
		order by staff_id, business_date, sale_id, line_id, role`, m, string(first), string(last))
}

// workBack reads the rows of refunds that were made before a date on a later day
// than the sale's, of sales from the date from on.
func workBack(ctx context.Context, r db.Reader, m id.ID, from, before clock.Date) ([]LineStaff, error) {
	return db.All(ctx, r, scanWork, `select `+workColumns+` from sale_line_staff where merchant_id = $1 and of_date >= $2 and of_date <> business_date and business_date < $3
		order by staff_id, business_date, sale_id, line_id, role`, m, string(from), string(before))
}

// Performance is what one member of staff did: their parts of the lines, less
// what refunds took back.
type Performance struct {
	Staff    id.ID
	Net      money.Amount   // with the worth of the visits that punch cards paid
	Margin   money.Amount   // of it, less tax and cost
	Quantity money.Quantity // of their parts
	Lines    int64          // sold
}

// Performances adds up the rows with business dates from first to last, both
// included, of a shop (none: of all), by staff id.
func Performances(ctx context.Context, r db.Reader, m, shop id.ID, first, last clock.Date) ([]Performance, error) {
	where, args := ``, []any{m, string(first), string(last)}
	if !shop.IsNone() {
		where, args = ` and shop_id = $4`, append(args, shop)
	}
	return db.All(ctx, r, func(r db.Row, p *Performance) error {
		return r.Scan(&p.Staff, &p.Net, &p.Margin, &p.Quantity, &p.Lines)
	}, `select staff_id, cast(sum(net + worth) as bigint), cast(sum(net + worth - tax - cost) as bigint), cast(sum(quantity) as bigint),
		sum(case when of_sale_id is null then 1 else 0 end)
		from sale_line_staff where merchant_id = $1 and business_date >= $2 and business_date <= $3`+where+` group by staff_id order by staff_id`, args...)
}
