package report

import (
	"context"
	"slices"
	"strings"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/money"
)

var (
	ErrPeriod  = fault.New(fault.Invalid, "report.bad_period")   // the first date lies behind the last, or one is no date
	ErrSplitBy = fault.New(fault.Invalid, "report.bad_split_by") // not "", shop, origin
)

// What liabilities are split by.
const (
	Whole    = ""       // the merchant
	ByShop   = "shop"   // the shop where something was booked
	ByOrigin = "origin" // the shop that the lot comes from; what names no lot: where it was booked
)

// Classes of liabilities that are not an account's class of their own.
const (
	ClassGiftCard        = "gift_card"        // the accounts of gift cards
	ClassDeferredPunches = "deferred_punches" // what was paid for visits that are not yet used
)

// ownerGiftCard and classDeferred are how the ledger names them.
const (
	ownerGiftCard = "gift_card"
	classDeferred = "deferred:punches"
)

// Kinds of movement of a liability, in the order in which they are shown. What a
// merchant's own entries are called beyond these stands after them under its name.
var liabilityKinds = []string{"top_up", "bonus_granted", "earned", "sold", "spent", "redeemed", "used", "returned", "taken_back",
	"transferred_in", "transferred_out", "adjusted", "expired", "cashed_out"}

// LiabilityKinds lists the kinds that there are by themselves.
func LiabilityKinds() []string { return slices.Clone(liabilityKinds) }

// LiabilitiesOf says which liabilities are wanted: business dates, both included.
type LiabilitiesOf struct {
	Merchant id.ID
	From, To clock.Date
	By       string // Whole, ByShop, ByOrigin
}

// Check validates it. Faults: report.bad_period, report.bad_split_by.
func (q LiabilitiesOf) Check() error {
	for _, d := range []clock.Date{q.From, q.To} {
		if t := d.Time(); t.IsZero() || clock.Date(t.Format("2006-01-02")) != d {
			return ErrPeriod.On("from")
		}
	}
	if q.From > q.To {
		return ErrPeriod.On("to")
	}
	if q.By != Whole && q.By != ByShop && q.By != ByOrigin {
		return ErrSplitBy.On("by")
	}
	return nil
}

// Liability is what is owed in one class and unit: money, points or visits.
// Opening and all movements together are the closing, exactly.
type Liability struct {
	Class     string // principal, bonus, points, punch, gift_card, deferred_punches
	Unit      string
	Service   string // the name of the service whose visits they are
	Shop      id.ID  // none where the whole merchant is asked for
	Opening   money.Amount
	Movements []LiabilityMovement
	Closing   money.Amount
	After     money.Amount // what was booked on later business dates
}

// LiabilityMovement is what one kind of business did to a liability.
type LiabilityMovement struct {
	Kind   string
	Amount money.Amount
}

// Moved is the amount of one kind, 0 where there is none.
func (l *Liability) Moved(kind string) money.Amount {
	for _, m := range l.Movements {
		if m.Kind == kind {
			return m.Amount
		}
	}
	return 0
}

// Liabilities is what a merchant owes its members over a period.
type Liabilities struct {
	LiabilitiesOf
	Rows []Liability // by class, unit, shop
	// Untied lists classes whose closing and what was booked after it is not what
	// the accounts stand at: never in books that prove.
	Untied []Difference
}

// Kinds lists the kinds of movement that any row has, in their order.
func (l *Liabilities) Kinds() []string {
	seen := map[string]bool{}
	var others []string
	for _, r := range l.Rows {
		for _, m := range r.Movements {
			if !seen[m.Kind] && !slices.Contains(liabilityKinds, m.Kind) {
				others = append(others, m.Kind)
			}
			seen[m.Kind] = true
		}
	}
	slices.Sort(others)
	out := slices.DeleteFunc(LiabilityKinds(), func(k string) bool { return !seen[k] })
	return append(out, others...)
}

type liabilityKey struct {
	class, unit string
	shop        id.ID
}

// AskLiabilities reads liabilities in one statement, and what the accounts stand
// at in the same: a sale that commits meanwhile is in both or in neither. It reads
// every posting of what is owed: a report for a period's end, not for each minute.
// Faults: report.bad_period, report.bad_split_by.
func AskLiabilities(ctx context.Context, r db.Reader, q LiabilitiesOf) (Liabilities, error) {
	out := Liabilities{LiabilitiesOf: q}
	if err := q.Check(); err != nil {
		return out, err
	}
	shop, join := `cast(null as text)`, ``
	switch q.By {
	case ByShop:
		shop = `cast(e.shop_id as text)`
	case ByOrigin:
		shop, join = `cast(coalesce(l.origin_shop_id, e.shop_id) as text)`, `left join lots l on l.merchant_id = p.merchant_id and l.id = p.lot_id`
	}
	by := map[liabilityKey]*Liability{}
	stands := map[liabilityKey]money.Amount{}
	rows, err := r.Rows(ctx, strings.NewReplacer("{shop}", shop, "{join}", join).Replace(liabilitySQL), q.Merchant, q.From, q.To)
	if err != nil {
		return out, err
	}
	defer rows.Close()
	for rows.Next() {
		var k liabilityKey
		var owner, kind string
		var in bool
		var opening, moved, after money.Amount
		if err := rows.Scan(&owner, &k.class, &k.unit, &k.shop, &kind, &in, &opening, &moved, &after); err != nil {
			return out, err
		}
		k.class = liabilityClass(owner, k.class)
		if kind == "" {
			stands[k] += opening
			continue
		}
		l := by[k]
		if l == nil {
			l = &Liability{Class: k.class, Unit: k.unit, Shop: k.shop}
			by[k] = l
		}
		l.Opening += opening
		l.After += after
		l.move(liabilityKind(k.class, kind, in), moved)
	}
	if err := rows.Err(); err != nil {
		return out, err
	}
	for _, l := range by {
		l.Closing = l.Opening
		for _, m := range l.Movements {
			l.Closing += m.Amount
		}
		if l.Opening != 0 || l.Closing != 0 || len(l.Movements) > 0 {
			out.Rows = append(out.Rows, *l)
		}
	}
	slices.SortFunc(out.Rows, func(a, b Liability) int { return a.compare(&b) })
	out.Untied = untied(by, stands)
	return out, nameServices(ctx, r, q.Merchant, out.Rows)
}

// liabilitySQL sums the postings by what they mean, and beside them (kind "") what
// the accounts stand at: a balance, and for the house account its checkpoint and
// what no seal covers yet. An inflow is a posting that makes or refills a lot; a
// debt that is paid off is two postings that cancel out.
const liabilitySQL = `select a.owner_kind, a.class, a.unit, {shop} as shop, e.kind, p.amount > 0 and (p.lot_id is not null or a.owner_kind = 'house') as inflow,
		cast(sum(case when e.business_date < $2 then p.amount else 0 end) as bigint) as opening,
		cast(sum(case when e.business_date >= $2 and e.business_date <= $3 then p.amount else 0 end) as bigint) as moved,
		cast(sum(case when e.business_date > $3 then p.amount else 0 end) as bigint) as later
	from accounts a
	join postings p on p.merchant_id = a.merchant_id and p.account_id = a.id
	join entries e on e.merchant_id = p.merchant_id and e.id = p.entry_id
	{join}
	where a.merchant_id = $1 and (a.owner_kind <> 'house' or a.class = '` + classDeferred + `')
	group by a.owner_kind, a.class, a.unit, {shop}, e.kind, p.amount > 0 and (p.lot_id is not null or a.owner_kind = 'house')
	union all
	select a.owner_kind, a.class, a.unit, null, '', false,
		cast(sum(case when a.owner_kind = 'house' then coalesce(c.balance, 0) + coalesce(u.amount, 0) else a.balance end) as bigint), 0, 0
	from accounts a
	left join (select account_id, max(seal_no) as no from account_checkpoints where merchant_id = $1 group by account_id) n on n.account_id = a.id
	left join account_checkpoints c on c.merchant_id = a.merchant_id and c.account_id = a.id and c.seal_no = n.no
	left join (select p.account_id, sum(p.amount) as amount from entries e join postings p on p.merchant_id = e.merchant_id and p.entry_id = e.id
		where e.merchant_id = $1 and e.seal_no is null group by p.account_id) u on u.account_id = a.id
	where a.merchant_id = $1 and (a.owner_kind <> 'house' or a.class = '` + classDeferred + `')
	group by a.owner_kind, a.class, a.unit`

func liabilityClass(owner, class string) string {
	switch {
	case owner == ownerGiftCard:
		return ClassGiftCard
	case class == classDeferred:
		return ClassDeferredPunches
	}
	return class
}

// liabilityKind says what an entry's kind means to a liability that it raises (in)
// or lowers.
func liabilityKind(class, kind string, in bool) string {
	pick := func(raises, lowers string) string {
		if in {
			return raises
		}
		return lowers
	}
	switch kind {
	case "sale":
		switch class {
		case ledger.ClassPrincipal:
			return pick("top_up", "spent")
		case ledger.ClassBonus:
			return pick("bonus_granted", "spent")
		case ledger.ClassPoints:
			return pick("earned", "redeemed")
		case ClassGiftCard:
			return pick("sold", "spent")
		}
		return pick("sold", "used")
	case "refund", "void":
		return pick("returned", "taken_back")
	case "transfer":
		return pick("transferred_in", "transferred_out")
	case "adjust":
		return "adjusted"
	case "cash_out":
		return "cashed_out"
	}
	return kind
}

func (l *Liability) move(kind string, amount money.Amount) {
	if amount == 0 {
		return
	}
	for i := range l.Movements {
		if l.Movements[i].Kind == kind {
			l.Movements[i].Amount += amount
			return
		}
	}
	l.Movements = append(l.Movements, LiabilityMovement{kind, amount})
	slices.SortFunc(l.Movements, func(a, b LiabilityMovement) int {
		if i, j := kindRank(a.Kind), kindRank(b.Kind); i != j {
			return i - j
		}
		return strings.Compare(a.Kind, b.Kind)
	})
}

func kindRank(kind string) int {
	if i := slices.Index(liabilityKinds, kind); i >= 0 {
		return i
	}
	return len(liabilityKinds)
}

var classOrder = []string{ledger.ClassPrincipal, ledger.ClassBonus, ClassGiftCard, ledger.ClassPunch, ClassDeferredPunches, ledger.ClassPoints}

func (l *Liability) compare(o *Liability) int {
	rank := func(c string) int {
		if i := slices.Index(classOrder, c); i >= 0 {
			return i
		}
		return len(classOrder)
	}
	if i, j := rank(l.Class), rank(o.Class); i != j {
		return i - j
	}
	if c := strings.Compare(l.Class+"\x00"+l.Unit, o.Class+"\x00"+o.Unit); c != 0 {
		return c
	}
	return strings.Compare(l.Shop.String(), o.Shop.String())
}

// untied compares the sums of the postings with what the accounts stand at.
func untied(by map[liabilityKey]*Liability, stands map[liabilityKey]money.Amount) (out []Difference) {
	sums := map[liabilityKey]money.Amount{}
	for k, l := range by {
		sums[liabilityKey{class: k.class, unit: k.unit}] += l.Closing + l.After
	}
	for k, stand := range stands {
		if sums[k] != stand {
			out = append(out, Difference{Check: "liability." + k.class, Subject: k.unit, Want: int64(sums[k]), Got: int64(stand)})
		}
	}
	slices.SortFunc(out, func(a, b Difference) int { return strings.Compare(a.Check+a.Subject, b.Check+b.Subject) })
	return out
}

// nameServices names the services whose visits are owed.
func nameServices(ctx context.Context, r db.Reader, m id.ID, rows []Liability) error {
	var ids []id.ID
	for _, l := range rows {
		if sku, ok := punchSKU(l.Unit); ok && !slices.Contains(ids, sku) {
			ids = append(ids, sku)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	names, err := skuNames(ctx, r, m, ids)
	for i := range rows {
		if sku, ok := punchSKU(rows[i].Unit); ok {
			rows[i].Service = names[sku]
		}
	}
	return err
}

func skuNames(ctx context.Context, r db.Reader, m id.ID, skus []id.ID) (map[id.ID]string, error) {
	type named struct {
		id   id.ID
		name string
	}
	list, err := db.All(ctx, r, func(row db.Row, n *named) error { return row.Scan(&n.id, &n.name) }, `select id, name from skus where merchant_id = $1 and id in_ids($2)`, m, skus)
	out := map[id.ID]string{}
	for _, n := range list {
		out[n.id] = n.name
	}
	return out, err
}

// punchSKU is the service that a unit counts the visits of.
func punchSKU(unit string) (id.ID, bool) {
	s, ok := strings.CutPrefix(unit, "punch:")
	if !ok {
		return id.None, false
	}
	u, err := id.Parse(s)
	return u, err == nil
}
