package sale

import (
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
)

// Total is what a kind of document took or gave with one type of tender.
type Total struct {
	Kind   string // sale, refund, void
	Tender string
	Count  int64
	Amount money.Amount
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
		{SQL: `select s.kind, t.type, count(*), sum(t.amount) from sales s
			join sale_tenders t on t.merchant_id = s.merchant_id and t.sale_id = s.id
			where s.merchant_id = $1 and s.shift_id = $2 and s.state = 'completed' group by s.kind, t.type order by s.kind, t.type`,
			Args: []any{m, shift}, Scan: func(r db.Row) error {
				var v Total
				err := r.Scan(&v.Kind, &v.Tender, &v.Count, &v.Amount)
				*tenders = append(*tenders, v)
				return err
			}},
		{SQL: `select kind, count(*), sum(subtotal), sum(discount), sum(tax), sum(total), sum(cash_rounding), sum(points_earned) from sales
			where merchant_id = $1 and shift_id = $2 and state = 'completed' group by kind order by kind`,
			Args: []any{m, shift}, Scan: func(r db.Row) error {
				var v Summary
				err := r.Scan(&v.Kind, &v.Count, &v.Subtotal, &v.Discount, &v.Tax, &v.Total, &v.Rounding, &v.Points)
				*sums = append(*sums, v)
				return err
			}},
	}
}

// AskOpenInShift counts the open sales that a shift still has.
func AskOpenInShift(m, register id.ID, n *int64) db.Ask {
	return db.Ask{SQL: `select count(*) from sales where merchant_id = $1 and register_id = $2 and state = 'open'`, Args: []any{m, register},
		Scan: func(r db.Row) error { return r.Scan(n) }}
}
