package sale

import (
	"context"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
)

// Verify recomputes each completed document's total from its lines, its tenders
// and its adjustments, the numbers of each series, and what was refunded of each
// line; found gets (check, subject, want, got).
func Verify(ctx context.Context, r db.Reader, m id.ID, found func(check, subject string, want, got int64)) (int, error) {
	type row struct {
		id                                        string
		total, rounding, paid, change             int64
		lines, tenders, gross, adjustments, extra int64
	}
	rows, err := db.All(ctx, r, func(s db.Row, v *row) error {
		return s.Scan(&v.id, &v.total, &v.rounding, &v.paid, &v.change, &v.lines, &v.extra, &v.tenders, &v.gross, &v.adjustments)
	}, `select cast(s.id as text), s.total, s.cash_rounding, s.paid, s.change_given,
		coalesce((select sum(l.net) from sale_lines l where l.merchant_id = s.merchant_id and l.sale_id = s.id), 0),
		s.subtotal - s.discount,
		coalesce((select sum(t.amount) from sale_tenders t where t.merchant_id = s.merchant_id and t.sale_id = s.id), 0),
		coalesce((select sum(l.gross) from sale_lines l where l.merchant_id = s.merchant_id and l.sale_id = s.id), 0),
		coalesce((select sum(a.amount) from sale_adjustments a where a.merchant_id = s.merchant_id and a.sale_id = s.id), 0)
		from sales s where s.merchant_id = $1 and s.state = 'completed'`, m)
	if err != nil {
		return 0, err
	}
	for _, v := range rows {
		if v.lines != v.extra {
			found("sale.lines", v.id, v.lines, v.extra)
		}
		if v.tenders != v.total+v.rounding || v.paid-v.change != v.tenders {
			found("sale.tenders", v.id, v.total+v.rounding, v.tenders)
		}
		if v.adjustments != 0 && v.gross+v.adjustments != v.lines {
			found("sale.adjustments", v.id, v.lines, v.gross+v.adjustments)
		}
	}
	n, err := verifyNumbers(ctx, r, m, found)
	if err != nil {
		return len(rows), err
	}
	k, err := verifyRefunded(ctx, r, m, found)
	return len(rows) + n + k, err
}

func verifyNumbers(ctx context.Context, r db.Reader, m id.ID, found func(string, string, int64, int64)) (int, error) {
	type row struct {
		series     string
		count, max int64
		next       int64
	}
	rows, err := db.All(ctx, r, func(s db.Row, v *row) error { return s.Scan(&v.series, &v.next, &v.count, &v.max) },
		`select g.series, g.next_number, (select count(*) from sales s where s.merchant_id = g.merchant_id and s.series = g.series and s.number is not null),
		coalesce((select max(s.number) from sales s where s.merchant_id = g.merchant_id and s.series = g.series), 0)
		from registers g where g.merchant_id = $1`, m)
	for _, v := range rows {
		if v.count != v.max || v.next != v.max+1 {
			found("sale.numbers", v.series, v.max, v.count)
		}
	}
	return len(rows), err
}

func verifyRefunded(ctx context.Context, r db.Reader, m id.ID, found func(string, string, int64, int64)) (int, error) {
	type row struct {
		id              string
		want, got       int64
		wantNet, gotNet int64
	}
	rows, err := db.All(ctx, r, func(s db.Row, v *row) error { return s.Scan(&v.id, &v.got, &v.gotNet, &v.want, &v.wantNet) },
		`select cast(t.line_id as text), t.refunded, t.net_back,
		coalesce((select sum(l.quantity) from sale_lines l where l.merchant_id = t.merchant_id and l.of_line_id = t.line_id), 0),
		coalesce((select sum(l.net) from sale_lines l where l.merchant_id = t.merchant_id and l.of_line_id = t.line_id), 0)
		from sale_line_state t where t.merchant_id = $1`, m)
	for _, v := range rows {
		if v.want != v.got {
			found("sale.refunded_quantity", v.id, v.want, v.got)
		}
		if v.wantNet != v.gotNet {
			found("sale.refunded_amount", v.id, v.wantNet, v.gotNet)
		}
	}
	return len(rows), err
}
