package report

import (
	"context"
	"strconv"
	"strings"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
)

// Payment is one tender of one document.
type Payment struct {
	Sale      id.ID
	No        int // of the tender within the document
	Kind      string
	Series    string
	Number    int64
	Of        id.ID // refund, void: the sale
	Date      clock.Date
	At        clock.Instant
	Shop      id.ID
	Register  id.ID
	Shift     id.ID
	ShiftNo   int64
	Member    id.ID
	Staff     id.ID
	Type      string
	Amount    money.Amount // negative where it was given back
	Tendered  money.Amount // as handed over, or given back
	Points    int64
	Reference string
}

// Receipt is the document's printed number.
func (p *Payment) Receipt() string {
	s := sale.Sale{Series: p.Series, Number: p.Number}
	return s.ReceiptNumber()
}

// PaymentFilter narrows a list of payments; zero fields do not.
type PaymentFilter struct {
	Shop, Register, Shift, Staff id.ID
	From, To                     clock.Date // inclusive
	Type                         string
	Kind                         string
}

// PaymentPage asks for a part of a list of payments, the newest document first.
type PaymentPage struct {
	After   id.ID
	AfterNo int
	Limit   int // 1..200; 0: 50
}

// ParsePaymentCursor reads a cursor of Payments; "" is the start. Fault: page.bad_cursor.
func ParsePaymentCursor(cursor string, limit int) (PaymentPage, error) {
	p := PaymentPage{Limit: limit}
	if cursor == "" {
		return p, nil
	}
	doc, no, found := strings.Cut(cursor, ".")
	var err error
	if p.After, err = db.ParseCursor(doc); err != nil {
		return p, err
	}
	if p.AfterNo, err = strconv.Atoi(no); err != nil || !found || p.AfterNo < 0 || p.After.IsNone() {
		return p, db.ErrBadCursor
	}
	return p, nil
}

// Payments lists the tenders of completed documents, and the cursor of the next
// page ("" at the end).
func Payments(ctx context.Context, r db.Reader, m id.ID, f PaymentFilter, p PaymentPage) (items []Payment, next string, err error) {
	size := db.Page{Limit: p.Limit}.Size()
	rows, err := db.All(ctx, r, scanPayment, `select s.id, t.no, s.kind, s.series, s.number, s.of_sale_id, s.business_date, s.occurred_at, s.shop_id, s.register_id, s.shift_id, coalesce(h.no, 0),
		s.member_id, s.actor_id, t.type, t.amount, t.tendered, t.points, t.reference
		from sales s join sale_tenders t on t.merchant_id = s.merchant_id and t.sale_id = s.id
		left join shifts h on h.merchant_id = s.merchant_id and h.id = s.shift_id
		where s.merchant_id = $1 and s.state = 'completed' and (s.shop_id = $2 or cast($2 as text) is null) and (s.register_id = $3 or cast($3 as text) is null)
		and (s.shift_id = $4 or cast($4 as text) is null) and (s.actor_id = $5 or cast($5 as text) is null) and (s.business_date >= $6 or $6 = '') and (s.business_date <= $7 or $7 = '')
		and (t.type = $8 or $8 = '') and (s.kind = $9 or $9 = '') and (s.id < $10 or s.id = $10 and t.no > $11 or cast($10 as text) is null)
		order by s.id desc, t.no limit $12`,
		m, f.Shop, f.Register, f.Shift, f.Staff, f.From, f.To, f.Type, f.Kind, p.After, p.AfterNo, size+1)
	if err != nil {
		return nil, "", err
	}
	if len(rows) > size {
		rows = rows[:size]
		last := rows[size-1]
		next = last.Sale.String() + "." + strconv.Itoa(last.No)
	}
	return rows, next, nil
}

func scanPayment(r db.Row, p *Payment) error {
	var number *int64
	err := r.Scan(&p.Sale, &p.No, &p.Kind, &p.Series, &number, &p.Of, &p.Date, &p.At, &p.Shop, &p.Register, &p.Shift, &p.ShiftNo, &p.Member, &p.Staff, &p.Type, &p.Amount, &p.Tendered, &p.Points, &p.Reference)
	if number != nil {
		p.Number = *number
	}
	if p.Kind != sale.KindSale {
		p.Amount, p.Tendered, p.Points = -p.Amount, -p.Tendered, -p.Points
	}
	return err
}

// EachPayment gives all payments of a filter to f, page by page, for a download.
func EachPayment(ctx context.Context, r db.Reader, m id.ID, f PaymentFilter, do func(*Payment) error) error {
	cursor := ""
	for {
		page, err := ParsePaymentCursor(cursor, 200)
		if err != nil {
			return err
		}
		items, next, err := Payments(ctx, r, m, f, page)
		if err != nil {
			return err
		}
		for i := range items {
			if err := do(&items[i]); err != nil {
				return err
			}
		}
		if cursor = next; cursor == "" {
			return nil
		}
	}
}
