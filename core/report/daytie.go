package report

import (
	"context"
	"slices"
	"strings"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
)

// Tie is a figure that two rooms of the books have to agree on.
type Tie struct {
	Name      string // "tender:cash", "sales", "tax", "shift:drawer", …
	Documents int64  // what documents and shifts say
	Books     int64  // what the ledger says, or a shift's own report
}

// Holds reports whether both are the same, to the minor unit.
func (t Tie) Holds() bool { return t.Documents == t.Books }

// TieOut compares the documents of a span with the ledger's accounts and with the
// shifts, and answers the figures that differ: none where all is well. Names are
// those of the house accounts where there is one. Fault: report.bad_span.
func TieOut(ctx context.Context, r db.Reader, m, shop id.ID, from, to clock.Date) ([]Tie, error) {
	all, err := Ties(ctx, r, m, Span{Shop: shop, From: from, To: to})
	return slices.DeleteFunc(all, Tie.Holds), err
}

// Ties lists every figure that TieOut compares. Fault: report.bad_span.
func Ties(ctx context.Context, r db.Reader, m id.ID, s Span) ([]Tie, error) {
	_, d, err := Daily(ctx, r, m, s)
	if err != nil {
		return nil, err
	}
	b := &tieBook{sums: map[tieKey]legs{}}
	shifts := &shiftTies{}
	if err := r.Batch(ctx, append([]db.Ask{b.askDocuments(m, s), b.askOthers(m, s)}, shifts.asks(m, s)...)...); err != nil {
		return nil, err
	}
	return append(b.ties(&d), shifts.ties()...), nil
}

// tieKey is a class of accounts in a kind of unit, as a kind of entry moved it.
type tieKey struct {
	owner, class, unit string // unit: "money", "points", "punches"
	doc                string // kind of the document; "" for an entry of none
}

// legs are the postings apart by their sign.
type legs struct{ in, out money.Amount }

func (l legs) net() money.Amount { return l.in - l.out }

// tieBook is the ledger's side of a span.
type tieBook struct {
	sums    map[tieKey]legs
	tenders []string // house accounts of tenders
}

const legSums = `a.owner_kind, a.class, p.unit, cast(sum(case when p.amount > 0 then p.amount else 0 end) as bigint), cast(sum(case when p.amount < 0 then -p.amount else 0 end) as bigint)`

const legJoins = ` join postings p on p.merchant_id = e.merchant_id and p.entry_id = e.id
	join accounts a on a.merchant_id = p.merchant_id and a.id = p.account_id`

func (b *tieBook) askDocuments(m id.ID, s Span) db.Ask {
	return db.Ask{SQL: `select s.kind, ` + legSums + ` from sales s join entries e on e.merchant_id = s.merchant_id and e.sale_id = s.id` + legJoins + `
		where ` + inSpan + ` group by s.kind, a.owner_kind, a.class, p.unit`, Args: s.args(m), Scan: b.scan}
}

// askOthers reads the entries that belong to no document: none of them may touch
// what documents alone move.
func (b *tieBook) askOthers(m id.ID, s Span) db.Ask {
	return db.Ask{SQL: `select '', ` + legSums + ` from entries e` + legJoins + ` where e.merchant_id = $1 and e.sale_id is null and (e.shop_id = $2 or cast($2 as text) is null)
		and e.business_date >= $3 and e.business_date <= $4 group by a.owner_kind, a.class, p.unit`, Args: s.args(m), Scan: b.scan}
}

func (b *tieBook) scan(r db.Row) error {
	var k tieKey
	var unit string
	var v legs
	if err := r.Scan(&k.doc, &k.owner, &k.class, &unit, &v.in, &v.out); err != nil {
		return err
	}
	switch {
	case unit == ledger.UnitPoints:
		k.unit = "points"
	case strings.HasPrefix(unit, "punch:"):
		k.unit = "punches"
	default:
		k.unit = "money"
	}
	sum := b.sums[k]
	b.sums[k] = legs{sum.in + v.in, sum.out + v.out}
	if strings.HasPrefix(k.class, "tender:") && k.owner == ledger.OwnerHouse && !slices.Contains(b.tenders, k.class) {
		b.tenders = append(b.tenders, k.class)
	}
	return nil
}

// house sums a house account over all that moved it.
func (b *tieBook) house(unit string, classes ...string) (n money.Amount) {
	for k, v := range b.sums {
		if k.owner == ledger.OwnerHouse && k.unit == unit && slices.Contains(classes, k.class) {
			n += v.net()
		}
	}
	return n
}

// of is what the documents of one kind, or all but sales ("-"), did to a class.
func (b *tieBook) of(doc, owner, unit string, classes ...string) (l legs) {
	for k, v := range b.sums {
		if k.owner == owner && k.unit == unit && slices.Contains(classes, k.class) && (k.doc == doc || doc == "-" && (k.doc == sale.KindRefund || k.doc == sale.KindVoid)) {
			l.in, l.out = l.in+v.in, l.out+v.out
		}
	}
	return l
}

// docs is what all documents did to a house account.
func (b *tieBook) docs(unit, class string) (n money.Amount) {
	for k, v := range b.sums {
		if k.owner == ledger.OwnerHouse && k.unit == unit && k.class == class && k.doc != "" {
			n += v.net()
		}
	}
	return n
}

func (b *tieBook) ties(d *DayReport) []Tie {
	var out []Tie
	add := func(name string, documents, books money.Amount) {
		out = append(out, Tie{name, int64(documents), int64(books)})
	}
	for _, t := range d.Tenders {
		if t.Type == sale.TenderStoredValue || t.Type == sale.TenderGiftCard { // the accounts of those who hold it
			continue
		}
		if class := "tender:" + t.Type; !slices.Contains(b.tenders, class) {
			b.tenders = append(b.tenders, class)
		}
	}
	slices.Sort(b.tenders)
	for _, class := range b.tenders {
		var got money.Amount
		for _, t := range d.Tenders {
			if "tender:"+t.Type == class {
				got = t.Net()
			}
		}
		add(class, got, -b.house("money", class))
	}
	add("tax", d.TaxTotal(), b.house("money", "tax"))
	// Visits that a punch card pays become revenue when they are had.
	const punches = "deferred:punches"
	had := b.of(sale.KindSale, ledger.OwnerHouse, "money", punches).out - b.of("-", ledger.OwnerHouse, "money", punches).in
	add("sales", d.Revenue+had, b.house("money", "sales"))
	add(punches, d.sold(sale.LinePunchCard).Sold, b.of(sale.KindSale, ledger.OwnerHouse, "money", punches).in)
	add("cash_rounding", d.Rounding, b.house("money", "cash_rounding"))
	add("stored_value", d.tender(sale.TenderStoredValue), d.Stored.Principal+d.Stored.Bonus)
	add("gift_card", d.tender(sale.TenderGiftCard), d.Stored.GiftCards)
	add("top_up", d.sold(sale.LineTopUp).Sold, b.of(sale.KindSale, ledger.OwnerMember, "money", ledger.ClassPrincipal).in)
	add("bonus_granted", d.sold(sale.LineTopUp).Bonus, -b.of(sale.KindSale, ledger.OwnerHouse, "money", "bonus_granted").net())
	add("points_issued", money.Amount(d.Points.Earned), -b.docs("points", "points_issued"))
	add("points_redeemed", money.Amount(d.Points.Redeemed), b.docs("points", "points_redeemed")+b.docs("points", "gifts_redeemed"))
	add("punches_redeemed", money.Amount(d.Punches), b.docs("punches", "punches_redeemed"))
	return out
}

func (d *DayReport) tender(kind string) (n money.Amount) {
	for _, t := range d.Tenders {
		if t.Type == kind {
			n = t.Net()
		}
	}
	return n
}

func (d *DayReport) sold(kind string) PrepaidSum {
	for _, v := range d.Prepaid {
		if v.Kind == kind {
			return v
		}
	}
	return PrepaidSum{Kind: kind}
}

// shiftTies are the shifts' own figures against the documents that they hold.
type shiftTies struct {
	expected, drawer money.Amount // closed shifts: of the Z reports, and computed anew
	strangers        int64        // documents on another date than their shift, entries on another than their document
}

func (t *shiftTies) asks(m id.ID, s Span) []db.Ask {
	add := func(to *money.Amount) func(db.Row) error {
		return func(r db.Row) error {
			var v money.Amount
			err := r.Scan(&v)
			*to += v
			return err
		}
	}
	count := func(r db.Row) error {
		var n int64
		err := r.Scan(&n)
		t.strangers += n
		return err
	}
	return []db.Ask{
		{SQL: `select cast(coalesce(sum(h.expected_cash), 0) as bigint) from shifts h where ` + inShifts + ` and h.state = 'closed'`, Args: s.args(m), Scan: add(&t.expected)},
		{SQL: `select cast(coalesce(sum(h.float_amount), 0) as bigint) from shifts h where ` + inShifts + ` and h.state = 'closed'`, Args: s.args(m), Scan: add(&t.drawer)},
		{SQL: `select cast(coalesce(sum(c.amount), 0) as bigint) from shifts h join cash_moves c on c.merchant_id = h.merchant_id and c.shift_id = h.id where ` + inShifts + ` and h.state = 'closed'`,
			Args: s.args(m), Scan: add(&t.drawer)},
		{SQL: `select cast(coalesce(sum(t.amount * ` + minus + `), 0) as bigint) from shifts h join sales s on s.merchant_id = h.merchant_id and s.shift_id = h.id and s.state = 'completed'
			join sale_tenders t on t.merchant_id = s.merchant_id and t.sale_id = s.id and t.type = 'cash' where ` + inShifts + ` and h.state = 'closed'`, Args: s.args(m), Scan: add(&t.drawer)},
		{SQL: `select count(*) from sales s left join shifts h on h.merchant_id = s.merchant_id and h.id = s.shift_id where ` + inSpan + ` and (h.id is null or h.business_date <> s.business_date or h.shop_id <> s.shop_id)`,
			Args: s.args(m), Scan: count},
		{SQL: `select count(*) from sales s join entries e on e.merchant_id = s.merchant_id and e.sale_id = s.id where ` + inSpan + ` and (e.business_date <> s.business_date or e.shop_id <> s.shop_id)`,
			Args: s.args(m), Scan: count},
	}
}

func (t *shiftTies) ties() []Tie {
	return []Tie{{"shift:drawer", int64(t.drawer), int64(t.expected)}, {"shift:date", 0, t.strangers}}
}
