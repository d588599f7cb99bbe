package report

import (
	"cmp"
	"context"
	"slices"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/till"
)

// ErrSpan: the first date lies behind the last, one is no date, or the span is too long.
var ErrSpan = fault.New(fault.Invalid, "report.bad_span")

// MaxDays bounds a span: a year and what hangs over it.
const MaxDays = 400

// Span is a shop (none: all of the merchant's) and business dates, both included.
type Span struct {
	Shop     id.ID
	From, To clock.Date
}

// Check validates it. Fault: report.bad_span.
func (s Span) Check() error {
	for _, d := range []clock.Date{s.From, s.To} {
		if d.Time().IsZero() || clock.Date(d.Time().Format("2006-01-02")) != d {
			return ErrSpan.On("from").With("limit", int64(MaxDays))
		}
	}
	if s.From > s.To || s.From.AddDays(MaxDays) < s.To {
		return ErrSpan.On("to").With("limit", int64(MaxDays))
	}
	return nil
}

func (s Span) args(m id.ID) []any { return []any{m, s.Shop, s.From, s.To} }

// inSpan narrows sales s to a span's documents.
const inSpan = `s.merchant_id = $1 and s.state = 'completed' and (s.shop_id = $2 or cast($2 as text) is null) and s.business_date >= $3 and s.business_date <= $4`

// minus is -1 for every kind of document but a sale.
const minus = `case when s.kind = 'sale' then 1 else -1 end`

// DayReport is what was done on a business date, or on the dates of a span.
type DayReport struct {
	From, To  clock.Date
	Documents []DocumentSum // by kind; amounts are positive, as on the documents
	Taxes     []TaxSum      // by rate, what was given back deducted
	Tenders   []TenderDay   // by type
	Prepaid   []PrepaidSum  // top-ups, punch cards, gift cards: owed, not earned
	Revenue   money.Amount  // goods and services without tax, less what was given back
	Stored    StoredUse
	Points    PointsUse
	Punches   int64        // visits paid from punch cards, less those given back
	Rounding  money.Amount // what rounding of cash brought
	Shifts    ShiftSum
	Receipts  int64        // sales that stand: voided ones deducted
	Average   money.Amount // what a receipt came to, voided ones deducted
}

// DocumentSum is what the documents of one kind add up to.
type DocumentSum struct {
	Kind                                     string
	Count                                    int64
	Subtotal, Discount, Tax, Total, Rounding money.Amount
}

// TaxSum is what was sold at one rate.
type TaxSum struct {
	Rate money.Rate
	Base money.Amount // without the tax
	Tax  money.Amount
}

// TenderDay is what one type of tender brought and took.
type TenderDay struct {
	Type    string
	Count   int64
	In, Out money.Amount
}

// Net is what is left of it.
func (t TenderDay) Net() money.Amount { return t.In - t.Out }

// PrepaidSum is what was sold and taken back of one kind of prepayment.
type PrepaidSum struct {
	Kind   string // a kind of line
	Count  int64
	Sold   money.Amount
	Bonus  money.Amount // given with it
	Visits int64
	Back   money.Amount // paid back by refunds and voids
}

// StoredUse is prepaid money that paid for something, less what was given back to it.
type StoredUse struct {
	Principal, Bonus, GiftCards money.Amount
}

// PointsUse is points of documents, less what was taken or given back.
type PointsUse struct{ Earned, Redeemed int64 }

// ShiftSum is the drawers of the shifts of the dates.
type ShiftSum struct {
	Open, Closed    int64
	PaidIn, PaidOut money.Amount
	OverShort       money.Amount // of the closed ones
}

// Document is the sum of one kind; zero where there is none.
func (d *DayReport) Document(kind string) DocumentSum {
	for _, v := range d.Documents {
		if v.Kind == kind {
			return v
		}
	}
	return DocumentSum{Kind: kind}
}

// GivenBack is what refunds, voids and cash-outs gave back.
func (d *DayReport) GivenBack() (n money.Amount) {
	for _, v := range d.Documents {
		if v.Kind != sale.KindSale {
			n += v.Total
		}
	}
	return n
}

// TaxTotal is the tax of all documents, what was given back deducted.
func (d *DayReport) TaxTotal() (n money.Amount) {
	for _, v := range d.Documents {
		n += money.Amount(signOf(v.Kind)) * v.Tax
	}
	return n
}

// PrepaidSold is what was prepaid, less what of it was paid back.
func (d *DayReport) PrepaidSold() (n money.Amount) {
	for _, v := range d.Prepaid {
		n += v.Sold - v.Back
	}
	return n
}

// Empty reports whether nothing happened.
func (d *DayReport) Empty() bool { return len(d.Documents) == 0 && d.Shifts == ShiftSum{} }

// Daily is the daily summary: a report for each date of a span on which anything
// happened, the newest first, and their sum. Fault: report.bad_span.
func Daily(ctx context.Context, r db.Reader, m id.ID, s Span) (days []DayReport, total DayReport, err error) {
	if err := s.Check(); err != nil {
		return nil, total, err
	}
	b := &dayBook{by: map[clock.Date]*DayReport{}, total: &total}
	total.From, total.To = s.From, s.To
	if err := r.Batch(ctx, b.asks(m, s)...); err != nil {
		return nil, total, err
	}
	b.total.finish()
	for _, d := range b.by {
		d.finish()
		days = append(days, *d)
	}
	slices.SortFunc(days, func(x, y DayReport) int { return cmp.Compare(y.From, x.From) })
	return days, total, nil
}

// dayBook sorts figures into their date and into the whole span.
type dayBook struct {
	by    map[clock.Date]*DayReport
	total *DayReport
}

// each gives a figure to its date and to the total.
func (b *dayBook) each(d clock.Date, f func(*DayReport)) {
	day := b.by[d]
	if day == nil {
		day = &DayReport{From: d, To: d}
		b.by[d] = day
	}
	f(day)
	f(b.total)
}

func (b *dayBook) asks(m id.ID, s Span) []db.Ask {
	return []db.Ask{b.askDocuments(m, s), b.askTenders(m, s), b.askLines(m, s), b.askStored(m, s), b.askShifts(m, s), b.askMoves(m, s)}
}

func (b *dayBook) askDocuments(m id.ID, s Span) db.Ask {
	return db.Ask{SQL: `select s.business_date, s.kind, count(*), cast(sum(s.subtotal) as bigint), cast(sum(s.discount) as bigint), cast(sum(s.tax) as bigint), cast(sum(s.total) as bigint),
		cast(sum(s.cash_rounding) as bigint), cast(sum(s.points_earned) as bigint) from sales s where ` + inSpan + ` group by s.business_date, s.kind`,
		Args: s.args(m), Scan: func(r db.Row) error {
			var date clock.Date
			var v DocumentSum
			var points int64
			if err := r.Scan(&date, &v.Kind, &v.Count, &v.Subtotal, &v.Discount, &v.Tax, &v.Total, &v.Rounding, &points); err != nil {
				return err
			}
			sign := signOf(v.Kind)
			b.each(date, func(d *DayReport) {
				x := pick(&d.Documents, func(x *DocumentSum) bool { return x.Kind == v.Kind }, DocumentSum{Kind: v.Kind})
				x.Count += v.Count
				x.Subtotal += v.Subtotal
				x.Discount += v.Discount
				x.Tax += v.Tax
				x.Total += v.Total
				x.Rounding += v.Rounding
				d.Rounding += money.Amount(sign) * v.Rounding
				d.Points.Earned += sign * points
				if v.Kind != sale.KindCashOut { // gives prepaid money back, which was no revenue
					d.Revenue += money.Amount(sign) * (v.Total - v.Tax)
				}
			})
			return nil
		}}
}

func (b *dayBook) askTenders(m id.ID, s Span) db.Ask {
	return db.Ask{SQL: `select s.business_date, t.type, count(*), cast(sum(case when s.kind = 'sale' then t.amount else 0 end) as bigint), cast(sum(case when s.kind = 'sale' then 0 else t.amount end) as bigint),
		cast(sum(t.points * ` + minus + `) as bigint) from sales s join sale_tenders t on t.merchant_id = s.merchant_id and t.sale_id = s.id where ` + inSpan + ` group by s.business_date, t.type`,
		Args: s.args(m), Scan: func(r db.Row) error {
			var date clock.Date
			var v TenderDay
			var points int64
			if err := r.Scan(&date, &v.Type, &v.Count, &v.In, &v.Out, &points); err != nil {
				return err
			}
			b.each(date, func(d *DayReport) {
				x := pick(&d.Tenders, func(x *TenderDay) bool { return x.Type == v.Type }, TenderDay{Type: v.Type})
				x.Count += v.Count
				x.In += v.In
				x.Out += v.Out
				d.Points.Redeemed += points
			})
			return nil
		}}
}

// askLines reads taxes and prepayments. A line's base is its net less its tax
// where the document's total contains the tax already.
func (b *dayBook) askLines(m id.ID, s Span) db.Ask {
	return db.Ask{SQL: `select s.business_date, s.kind, l.kind, l.tax_rate, count(*), cast(sum(l.net) as bigint), cast(sum(l.tax) as bigint), cast(sum(case when s.total = s.subtotal - s.discount then l.tax else 0 end) as bigint),
		cast(sum(l.bonus) as bigint), cast(sum(l.visits) as bigint), cast(sum(l.punches) as bigint), cast(sum(l.points_cost) as bigint)
		from sales s join sale_lines l on l.merchant_id = s.merchant_id and l.sale_id = s.id where ` + inSpan + ` group by s.business_date, s.kind, l.kind, l.tax_rate`,
		Args: s.args(m), Scan: func(r db.Row) error {
			var date clock.Date
			var doc, kind string
			var rate money.Rate
			var n, visits, punches, cost int64
			var net, tax, contained, bonus money.Amount
			if err := r.Scan(&date, &doc, &kind, &rate, &n, &net, &tax, &contained, &bonus, &visits, &punches, &cost); err != nil {
				return err
			}
			sign := signOf(doc)
			b.each(date, func(d *DayReport) {
				d.Punches += sign * punches
				d.Points.Redeemed += sign * cost
				switch {
				case doc == sale.KindCashOut:
				case isPrepaid(kind):
					d.Revenue -= money.Amount(sign) * net
					x := pick(&d.Prepaid, func(x *PrepaidSum) bool { return x.Kind == kind }, PrepaidSum{Kind: kind})
					if doc == sale.KindSale {
						x.Count, x.Sold, x.Bonus, x.Visits = x.Count+n, x.Sold+net, x.Bonus+bonus, x.Visits+visits
					} else {
						x.Back += net
					}
				case kind == sale.LineGoods || kind == sale.LineService:
					x := pick(&d.Taxes, func(x *TaxSum) bool { return x.Rate == rate }, TaxSum{Rate: rate})
					x.Base += money.Amount(sign) * (net - contained)
					x.Tax += money.Amount(sign) * tax
				}
			})
			return nil
		}}
}

// isPrepaid reports whether a kind of line is paid before anything is had of it.
func isPrepaid(kind string) bool {
	return kind == sale.LineTopUp || kind == sale.LinePunchCard || kind == sale.LineGiftCard
}

// askStored reads what documents took from wallets and gift cards and gave back to
// them: in a sale's entry only a spending lowers an account of money, in a refund's
// only a giving back raises one.
func (b *dayBook) askStored(m id.ID, s Span) db.Ask {
	return db.Ask{SQL: `select s.business_date, a.owner_kind, a.class, cast(sum(-p.amount) as bigint)
		from sales s join entries e on e.merchant_id = s.merchant_id and e.sale_id = s.id
		join postings p on p.merchant_id = e.merchant_id and p.entry_id = e.id
		join accounts a on a.merchant_id = p.merchant_id and a.id = p.account_id
		where ` + inSpan + ` and p.unit = s.currency and a.owner_kind <> 'house' and s.kind <> 'cash_out'
		and (s.kind = 'sale' and p.amount < 0 or s.kind <> 'sale' and p.amount > 0) group by s.business_date, a.owner_kind, a.class`,
		Args: s.args(m), Scan: func(r db.Row) error {
			var date clock.Date
			var owner, class string
			var v money.Amount
			if err := r.Scan(&date, &owner, &class, &v); err != nil {
				return err
			}
			b.each(date, func(d *DayReport) {
				switch {
				case owner == "gift_card":
					d.Stored.GiftCards += v
				case class == "bonus":
					d.Stored.Bonus += v
				default:
					d.Stored.Principal += v
				}
			})
			return nil
		}}
}

// inShifts narrows shifts h to a span.
const inShifts = `h.merchant_id = $1 and (h.shop_id = $2 or cast($2 as text) is null) and h.business_date >= $3 and h.business_date <= $4`

func (b *dayBook) askShifts(m id.ID, s Span) db.Ask {
	return db.Ask{SQL: `select h.business_date, h.state, count(*), cast(sum(h.over_short) as bigint) from shifts h where ` + inShifts + ` group by h.business_date, h.state`,
		Args: s.args(m), Scan: func(r db.Row) error {
			var date clock.Date
			var state string
			var n int64
			var off money.Amount
			if err := r.Scan(&date, &state, &n, &off); err != nil {
				return err
			}
			b.each(date, func(d *DayReport) {
				if state == "open" {
					d.Shifts.Open += n
					return
				}
				d.Shifts.Closed += n
				d.Shifts.OverShort += off
			})
			return nil
		}}
}

func (b *dayBook) askMoves(m id.ID, s Span) db.Ask {
	return db.Ask{SQL: `select h.business_date, cast(sum(case when c.amount > 0 then c.amount else 0 end) as bigint), cast(sum(case when c.amount < 0 then -c.amount else 0 end) as bigint)
		from shifts h join cash_moves c on c.merchant_id = h.merchant_id and c.shift_id = h.id where ` + inShifts + ` group by h.business_date`,
		Args: s.args(m), Scan: func(r db.Row) error {
			var date clock.Date
			var in, out money.Amount
			if err := r.Scan(&date, &in, &out); err != nil {
				return err
			}
			b.each(date, func(d *DayReport) { d.Shifts.PaidIn, d.Shifts.PaidOut = d.Shifts.PaidIn+in, d.Shifts.PaidOut+out })
			return nil
		}}
}

// finish puts the lists in order and works out what follows from them.
func (d *DayReport) finish() {
	slices.SortFunc(d.Documents, func(a, b DocumentSum) int { return cmp.Compare(rankOf(a.Kind), rankOf(b.Kind)) })
	slices.SortFunc(d.Taxes, func(a, b TaxSum) int { return cmp.Compare(a.Rate, b.Rate) })
	slices.SortFunc(d.Tenders, func(a, b TenderDay) int { return cmp.Compare(a.Type, b.Type) })
	slices.SortFunc(d.Prepaid, func(a, b PrepaidSum) int { return cmp.Compare(a.Kind, b.Kind) })
	sold, void := d.Document(sale.KindSale), d.Document(sale.KindVoid)
	if d.Receipts = sold.Count - void.Count; d.Receipts > 0 {
		d.Average = (sold.Total - void.Total).MulDiv(1, d.Receipts, money.HalfUp)
	}
}

func rankOf(kind string) int {
	return slices.Index([]string{sale.KindSale, sale.KindRefund, sale.KindVoid, sale.KindCashOut}, kind)
}

func signOf(kind string) int64 {
	if kind == sale.KindSale {
		return 1
	}
	return -1
}

// pick finds an element of a list, and appends it where there is none.
func pick[T any](list *[]T, is func(*T) bool, fresh T) *T {
	for i := range *list {
		if is(&(*list)[i]) {
			return &(*list)[i]
		}
	}
	*list = append(*list, fresh)
	return &(*list)[len(*list)-1]
}

// ShiftsOf lists the shifts of a span, the newest first.
func ShiftsOf(ctx context.Context, r db.Reader, m id.ID, s Span) ([]till.Shift, error) {
	var out []till.Shift
	p := db.Page{Limit: 200}
	for {
		rows, err := till.Find(ctx, r, m, till.Filter{Shop: s.Shop, From: s.From, To: s.To}, p)
		if err != nil {
			return nil, err
		}
		rows, next := db.Cut(p, rows, func(v till.Shift) id.ID { return v.ID })
		if out = append(out, rows...); next == "" {
			return out, nil
		}
		p.After = rows[len(rows)-1].ID
	}
}
