package staff

import (
	"context"
	"fmt"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
)

// Kinds of entries.
const (
	KindSale       = "sale"
	KindClawBack   = "claw_back"  // a refund took it back
	KindSettlement = "settlement" // what a plan gives beyond what was booked
	KindManual     = "manual"     // by hand, with a reason
)

// Kinds lists them.
func Kinds() []string { return []string{KindSale, KindClawBack, KindSettlement, KindManual} }

// What commission goes by.
const (
	MetricAmount = "amount"
	MetricCount  = "count"
	MetricMargin = "margin"
)

// Metrics lists them.
func Metrics() []string { return []string{MetricAmount, MetricCount, MetricMargin} }

// CommissionEntry is an amount in favour of staff: for a line of a sale, against
// one of a refund, by a settlement, or by hand.
type CommissionEntry struct {
	ID           id.ID // none: QueueCommission makes one
	Kind         string
	Staff        id.ID
	Role         Role
	Share        money.Rate // of the line
	Shop         id.ID
	Sale         id.ID // none: settlement, manual
	Line         id.ID
	OfSale       id.ID        // claw-back: the sale that was refunded
	OfEntry      id.ID        // claw-back: what it reverses
	Settlement   id.ID        // settlement: the run
	Plan         id.ID        // settlement: what it paid by
	Amount       money.Amount // negative where a refund takes it back
	Basis        money.Amount // what it was computed on
	Rate         money.Rate   // 0 for a fixed amount
	Metric       string
	LineKind     string
	SKUCode      string
	Category     string
	Quantity     money.Quantity // the person's part of the line's
	Margin       money.Amount   // likewise
	PackID       string         // which rule said so
	PackVersion  string
	Code         string // the pack's own reason
	Reason       string // manual: why
	Actor        id.ID  // manual, settlement: who
	BusinessDate clock.Date
	At           clock.Instant
}

// QueueCommission notes an entry of the transaction's instant and answers it as
// it will be stored: kind, role, share and metric have their plain values where
// they are not given.
func QueueCommission(tx *db.Tx, m id.ID, e CommissionEntry) CommissionEntry {
	if e.ID.IsNone() {
		e.ID = tx.NewID()
	}
	if e.Kind == "" {
		e.Kind = KindSale
		if e.Code == KindClawBack {
			e.Kind = KindClawBack
		}
	}
	if e.Role == "" {
		e.Role = RolePerformer
	}
	if e.Share == 0 {
		e.Share = money.Whole
	}
	if e.Metric == "" {
		e.Metric = metricOf(e.Rate)
	}
	e.At = tx.Now
	tx.Queue(`insert into commission_entries (merchant_id, `+columns+`)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29)`,
		m, e.ID, e.Kind, e.Staff, string(e.Role), int64(e.Share), e.Shop, e.Sale, e.Line, e.OfSale, e.OfEntry, e.Settlement, e.Plan, int64(e.Amount), int64(e.Basis), int64(e.Rate), e.Metric,
		e.LineKind, e.SKUCode, e.Category, int64(e.Quantity), int64(e.Margin), e.PackID, e.PackVersion, e.Code, e.Reason, e.Actor, string(e.BusinessDate), e.At)
	return e
}

const columns = `id, kind, staff_id, role, share, shop_id, sale_id, line_id, of_sale_id, of_entry_id, settlement_id, plan_id, amount, basis, rate, metric,
	line_kind, sku_code, category, quantity, margin, pack_id, pack_version, code, reason, actor_id, business_date, at`

func scan(r db.Row, e *CommissionEntry) error {
	return r.Scan(&e.ID, &e.Kind, &e.Staff, &e.Role, &e.Share, &e.Shop, &e.Sale, &e.Line, &e.OfSale, &e.OfEntry, &e.Settlement, &e.Plan, &e.Amount, &e.Basis, &e.Rate, &e.Metric,
		&e.LineKind, &e.SKUCode, &e.Category, &e.Quantity, &e.Margin, &e.PackID, &e.PackVersion, &e.Code, &e.Reason, &e.Actor, &e.BusinessDate, &e.At)
}

// Filter narrows what is read of the entries; zero fields do not.
type Filter struct {
	Staff    id.ID
	Shop     id.ID
	Sale     id.ID // with what refunds of it took back
	From, To clock.Date
	Kind     string
	Metric   string
}

// where writes the filter's condition; $1 is the merchant.
func (f Filter) where(m id.ID) (sql string, args []any) {
	sql, args = `merchant_id = $1`, []any{m}
	and := func(use bool, condition string, arg any) {
		if use {
			args = append(args, arg)
			sql += fmt.Sprintf(" and "+condition, len(args))
		}
	}
	and(!f.Staff.IsNone(), "staff_id = $%d", f.Staff)
	and(!f.Shop.IsNone(), "shop_id = $%d", f.Shop)
	and(!f.Sale.IsNone(), "(sale_id = $%[1]d or of_sale_id = $%[1]d)", f.Sale)
	and(f.From != "", "business_date >= $%d", string(f.From))
	and(f.To != "", "business_date <= $%d", string(f.To))
	and(f.Kind != "", "kind = $%d", f.Kind)
	and(f.Metric != "", "metric = $%d", f.Metric)
	return sql, args
}

// List reads a page of the entries in the order of booking.
func List(ctx context.Context, r db.Reader, m id.ID, f Filter, page db.Page) (items []CommissionEntry, next string, err error) {
	where, args := f.where(m)
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

// ListCommission lists the entries of one member of staff (none: of all) with
// business dates from first to last, both included, in the order of booking.
func ListCommission(ctx context.Context, r db.Reader, m, staff id.ID, first, last clock.Date, page db.Page) (items []CommissionEntry, next string, err error) {
	return List(ctx, r, m, Filter{Staff: staff, From: first, To: last}, page)
}

// CommissionOfSale lists what a document gave to staff, and what refunds of it
// took back.
func CommissionOfSale(ctx context.Context, r db.Reader, m, sale id.ID) ([]CommissionEntry, error) {
	return db.All(ctx, r, scan, `select `+columns+` from commission_entries where merchant_id = $1 and (sale_id = $2 or of_sale_id = $2) order by id`, m, sale)
}

// AskCommissionOfSale is CommissionOfSale for a flow: what ClawBack starts from.
// It is to be asked after the lock that makes refunds of one sale wait for one
// another.
func AskCommissionOfSale(m, sale id.ID, out *[]CommissionEntry) db.Ask {
	*out = nil
	return db.Ask{SQL: `select ` + columns + ` from commission_entries where merchant_id = $1 and (sale_id = $2 or of_sale_id = $2) order by id`, Args: []any{m, sale},
		Scan: func(r db.Row) error {
			var e CommissionEntry
			err := scan(r, &e)
			*out = append(*out, e)
			return err
		}}
}

// Statement is what one member of staff has coming for a period.
type Statement struct {
	Staff      id.ID
	Earned     money.Amount // by sales
	ClawedBack money.Amount // negative
	Settled    money.Amount // what plans gave beyond it, or less
	Manual     money.Amount
	Amount     money.Amount // all of it
	Basis      money.Amount // of sales less refunds
	Quantity   money.Quantity
	Entries    int64
	Sales      int64 // different sales and refunds
}

// Summary adds up the entries with business dates from first to last, both
// included, for each member of staff (or one, where given), by staff id.
func Summary(ctx context.Context, r db.Reader, m, staff id.ID, first, last clock.Date) ([]Statement, error) {
	return Statements(ctx, r, m, Filter{Staff: staff, From: first, To: last})
}

// Statements is Summary with any filter.
func Statements(ctx context.Context, r db.Reader, m id.ID, f Filter) ([]Statement, error) {
	where, args := f.where(m)
	return db.All(ctx, r, func(row db.Row, s *Statement) error {
		return row.Scan(&s.Staff, &s.Earned, &s.ClawedBack, &s.Settled, &s.Manual, &s.Amount, &s.Basis, &s.Quantity, &s.Entries, &s.Sales)
	},
		`select staff_id, cast(sum(case when kind = 'sale' then amount else 0 end) as bigint), cast(sum(case when kind = 'claw_back' then amount else 0 end) as bigint),
		cast(sum(case when kind = 'settlement' then amount else 0 end) as bigint), cast(sum(case when kind = 'manual' then amount else 0 end) as bigint), cast(sum(amount) as bigint),
		cast(sum(case when kind in ('sale', 'claw_back') then basis else 0 end) as bigint), cast(sum(quantity) as bigint), count(*), count(distinct sale_id)
		from commission_entries where `+where+` group by staff_id order by staff_id`, args...)
}

// Group is what one member of staff has by one metric, kind of entry, kind of line
// and category.
type Group struct {
	Staff    id.ID          `json:"staff_id"`
	Metric   string         `json:"metric"`
	Kind     string         `json:"kind"`
	LineKind string         `json:"line_kind,omitempty"`
	Category string         `json:"category,omitempty"`
	Amount   money.Amount   `json:"amount"`
	Basis    money.Amount   `json:"basis"`
	Quantity money.Quantity `json:"quantity"`
	Entries  int64          `json:"entries"`
}

// Groups adds up entries by staff, metric, kind, kind of line and category.
func Groups(ctx context.Context, r db.Reader, m id.ID, f Filter) ([]Group, error) {
	where, args := f.where(m)
	return db.All(ctx, r, func(row db.Row, g *Group) error {
		return row.Scan(&g.Staff, &g.Metric, &g.Kind, &g.LineKind, &g.Category, &g.Amount, &g.Basis, &g.Quantity, &g.Entries)
	},
		`select staff_id, metric, kind, line_kind, category, cast(sum(amount) as bigint), cast(sum(basis) as bigint), cast(sum(quantity) as bigint), count(*)
		from commission_entries where `+where+` group by staff_id, metric, kind, line_kind, category order by staff_id, metric, kind, line_kind, category`, args...)
}
