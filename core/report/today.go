package report

import (
	"context"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
)

// Day is what a shop did on a business date.
type Day struct {
	Date      clock.Date
	Sales     int64
	Refunds   int64
	Total     money.Amount // sales less refunds
	Discount  money.Amount
	Members   int64 // sales with a member
	Points    int64
	TopUps    money.Amount
	Spent     money.Amount // goods and services less refunds
	AvgTicket money.Amount
}

// Days sums the documents of a shop (none: all) by business date, oldest first.
func Days(ctx context.Context, r db.Reader, m, shop id.ID, from, to clock.Date) ([]Day, error) {
	days, err := db.All(ctx, r, func(row db.Row, d *Day) error {
		return row.Scan(&d.Date, &d.Sales, &d.Refunds, &d.Total, &d.Discount, &d.Members, &d.Points)
	}, `select business_date,
		sum(case when kind = 'sale' then 1 else 0 end), sum(case when kind = 'sale' then 0 else 1 end),
		cast(sum(case when kind = 'sale' then total else -total end) as bigint), cast(sum(case when kind = 'sale' then discount else -discount end) as bigint),
		sum(case when kind = 'sale' and member_id is not null then 1 else 0 end),
		cast(sum(case when kind = 'sale' then points_earned else -points_earned end) as bigint)
		from sales where merchant_id = $1 and state = 'completed' and (shop_id = $2 or cast($2 as text) is null)
		and business_date >= $3 and business_date <= $4 group by business_date order by business_date`, m, shop, from, to)
	if err != nil {
		return nil, err
	}
	type split struct {
		date  clock.Date
		topUp money.Amount
		spent money.Amount
	}
	parts, err := db.All(ctx, r, func(row db.Row, s *split) error { return row.Scan(&s.date, &s.topUp, &s.spent) },
		`select s.business_date,
		cast(sum(case when l.kind in ('top_up', 'punch_card') then case when s.kind = 'sale' then l.net else -l.net end else 0 end) as bigint),
		cast(sum(case when l.kind in ('goods', 'service') then case when s.kind = 'sale' then l.net else -l.net end else 0 end) as bigint)
		from sales s join sale_lines l on l.merchant_id = s.merchant_id and l.sale_id = s.id
		where s.merchant_id = $1 and s.state = 'completed' and (s.shop_id = $2 or cast($2 as text) is null)
		and s.business_date >= $3 and s.business_date <= $4 group by s.business_date`, m, shop, from, to)
	if err != nil {
		return nil, err
	}
	by := map[clock.Date]split{}
	for _, s := range parts {
		by[s.date] = s
	}
	for i := range days {
		d := &days[i]
		d.TopUps, d.Spent = by[d.Date].topUp, by[d.Date].spent
		if d.Sales > 0 {
			d.AvgTicket = d.Total.MulDiv(1, d.Sales, money.HalfUp)
		}
	}
	return days, nil
}

// Seller is a SKU with what it brought.
type Seller struct {
	SKU      id.ID
	Name     string
	Quantity money.Quantity
	Amount   money.Amount
}

// BestSellers ranks SKUs by what they brought, refunds taken off.
func BestSellers(ctx context.Context, r db.Reader, m, shop id.ID, from, to clock.Date, limit int) ([]Seller, error) {
	return db.All(ctx, r, func(row db.Row, s *Seller) error { return row.Scan(&s.SKU, &s.Name, &s.Quantity, &s.Amount) },
		`select l.sku_id, max(l.name), cast(sum(case when s.kind = 'sale' then l.quantity else -l.quantity end) as bigint),
		cast(sum(case when s.kind = 'sale' then l.net else -l.net end) as bigint) as amount
		from sales s join sale_lines l on l.merchant_id = s.merchant_id and l.sale_id = s.id
		where s.merchant_id = $1 and s.state = 'completed' and l.kind in ('goods', 'service') and (s.shop_id = $2 or cast($2 as text) is null)
		and s.business_date >= $3 and s.business_date <= $4
		group by l.sku_id order by amount desc, l.sku_id limit $5`, m, shop, from, to, limit)
}

// TenderSum is what came in by one type of tender, refunds taken off.
type TenderSum struct {
	Type   string
	Count  int64
	Amount money.Amount
}

// Tenders sums the tenders of a shop (none: all) over business dates.
func Tenders(ctx context.Context, r db.Reader, m, shop id.ID, from, to clock.Date) ([]TenderSum, error) {
	return db.All(ctx, r, func(row db.Row, s *TenderSum) error { return row.Scan(&s.Type, &s.Count, &s.Amount) },
		`select t.type, count(*), cast(sum(case when s.kind = 'sale' then t.amount else -t.amount end) as bigint)
		from sales s join sale_tenders t on t.merchant_id = s.merchant_id and t.sale_id = s.id
		where s.merchant_id = $1 and s.state = 'completed' and (s.shop_id = $2 or cast($2 as text) is null)
		and s.business_date >= $3 and s.business_date <= $4 group by t.type order by t.type`, m, shop, from, to)
}
