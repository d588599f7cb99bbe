package sale

import (
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
)

// Total is what a kind of document took or gave with one type of tender.
type Total struct {
	Kind   string // sale, refund, void, cash_out
	Tender string
	Count  int64
	Amount money.Amount // positive: what it took or gave
}

// Signed is what it brought: every kind but a sale gives money out.
func (t Total) Signed() money.Amount {
	if t.Kind == KindSale {
		return t.Amount
	}
	return -t.Amount
}

// Summary is what the documents of a shift add up to, by kind.
type Summary struct {
	Kind     string
	Count    int64
	Subtotal money.Amount
	Discount money.Amount
	Tax      money.Amount
	Total    money.Amount
	Rounding money.Amount
	Points   int64
}

// AskShiftTotals reads the tenders of a shift's documents, and their sums.
func AskShiftTotals(m, shift id.ID, tenders *[]Total, sums *[]Summary) []db.Ask {
	*tenders, *sums = (*tenders)[:0], (*sums)[:0]
	return []db.Ask{
		{SQL: `select s.kind, t.type, count(*), cast(sum(t.amount) as bigint) from sales s
			join sale_tenders t on t.merchant_id = s.merchant_id and t.sale_id = s.id
			where s.merchant_id = $1 and s.shift_id = $2 and s.state = 'completed' group by s.kind, t.type order by s.kind, t.type`,
			Args: []any{m, shift}, Scan: func(r db.Row) error {
				var v Total
				err := r.Scan(&v.Kind, &v.Tender, &v.Count, &v.Amount)
				*tenders = append(*tenders, v)
				return err
			}},
		{SQL: `select kind, count(*), cast(sum(subtotal) as bigint), cast(sum(discount) as bigint), cast(sum(tax) as bigint), cast(sum(total) as bigint), cast(sum(cash_rounding) as bigint), cast(sum(points_earned) as bigint) from sales
			where merchant_id = $1 and shift_id = $2 and state = 'completed' group by kind order by kind`,
			Args: []any{m, shift}, Scan: func(r db.Row) error {
				var v Summary
				err := r.Scan(&v.Kind, &v.Count, &v.Subtotal, &v.Discount, &v.Tax, &v.Total, &v.Rounding, &v.Points)
				*sums = append(*sums, v)
				return err
			}},
	}
}

// Open is what waits for an acquirer's answer.
type Open struct {
	Count  int64        `json:"count"`
	Amount money.Amount `json:"amount"` // their totals
}

// AskOpenAt reads the open sales of a register.
func AskOpenAt(m, register id.ID, out *Open) db.Ask {
	*out = Open{}
	return db.Ask{SQL: `select count(*), cast(coalesce(sum(total), 0) as bigint) from sales where merchant_id = $1 and register_id = $2 and state = 'open'`, Args: []any{m, register},
		Scan: func(r db.Row) error { return r.Scan(&out.Count, &out.Amount) }}
}

// AskOpenOfShift reads the open sales of the register that a shift belongs to.
func AskOpenOfShift(m, shift id.ID, out *Open) db.Ask {
	*out = Open{}
	return db.Ask{SQL: `select count(*), cast(coalesce(sum(s.total), 0) as bigint) from shifts h join sales s on s.merchant_id = h.merchant_id and s.register_id = h.register_id
		where h.merchant_id = $1 and h.id = $2 and s.state = 'open'`, Args: []any{m, shift},
		Scan: func(r db.Row) error { return r.Scan(&out.Count, &out.Amount) }}
}
