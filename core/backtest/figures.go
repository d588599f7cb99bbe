package backtest

import (
	"cmp"
	"maps"
	"slices"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
)

// Sums are one side's totals. Gross is at list price; points, bonus and
// commission are what the sales would give.
type Sums struct {
	Gross      money.Amount `json:"gross"`
	Net        money.Amount `json:"net"`
	Points     int64        `json:"points"`
	Bonus      money.Amount `json:"bonus"`
	Commission money.Amount `json:"commission"`
	Calls      int64        `json:"calls"` // of the pack that is tried
	Fuel       int64        `json:"fuel"`
	FuelMax    int64        `json:"fuel_max"`
}

// Discount is what the customers pay less than at list price.
func (s *Sums) Discount() money.Amount { return s.Gross - s.Net }

func (s *Sums) add(o *outcome) {
	s.Gross += o.gross
	s.Net += o.net
	s.Points += o.points
	s.Bonus += o.bonus
	s.Commission += o.commission
	s.Calls += o.calls
	s.Fuel += o.fuel
	s.FuelMax = max(s.FuelMax, o.fuelMax)
}

// Direction counts the sales that become cheaper, or dearer, and by how much.
type Direction struct {
	Sales  int64        `json:"sales"`
	Amount money.Amount `json:"amount"`
}

// Delta is what changes for a member, a product, a category or a person of the
// staff: over the sales (of a product: over the lines) that change.
type Delta struct {
	Name        string       `json:"name,omitempty"` // of a product
	Sales       int64        `json:"sales"`
	NetA        money.Amount `json:"net_a"`
	NetB        money.Amount `json:"net_b"`
	PointsA     int64        `json:"points_a"`
	PointsB     int64        `json:"points_b"`
	BonusA      money.Amount `json:"bonus_a"`
	BonusB      money.Amount `json:"bonus_b"`
	CommissionA money.Amount `json:"commission_a"`
	CommissionB money.Amount `json:"commission_b"`
}

func (d *Delta) add(a, b *lineOutcome) {
	d.NetA, d.NetB = d.NetA+a.net, d.NetB+b.net
	d.PointsA, d.PointsB = d.PointsA+a.points, d.PointsB+b.points
	d.BonusA, d.BonusB = d.BonusA+a.bonus, d.BonusB+b.bonus
	d.CommissionA, d.CommissionB = d.CommissionA+a.commission, d.CommissionB+b.commission
}

// weight orders deltas: money first, then points.
func (d *Delta) weight() (money.Amount, int64) {
	return (d.NetB - d.NetA).Abs() + (d.BonusB - d.BonusA).Abs() + (d.CommissionB - d.CommissionA).Abs(), abs(d.PointsB - d.PointsA)
}

func abs(v int64) int64 { return max(v, -v) }

// Day is one business date: what was sold on it, on both sides.
type Day struct {
	Sales int64        `json:"sales"`
	NetA  money.Amount `json:"net_a"`
	NetB  money.Amount `json:"net_b"`
}

// Pair counts on both sides.
type Pair struct {
	A int64 `json:"a"`
	B int64 `json:"b"`
}

func (p *Pair) count(b bool, n int64) {
	if b {
		p.B += n
	} else {
		p.A += n
	}
}

// Difference is a sale that comes out otherwise.
type Difference struct {
	Sale        id.ID        `json:"sale_id"`
	Receipt     string       `json:"receipt"`
	Shop        id.ID        `json:"shop_id"`
	Member      id.ID        `json:"member_id,omitzero"`
	Date        clock.Date   `json:"date"`
	NetA        money.Amount `json:"net_a"`
	NetB        money.Amount `json:"net_b"`
	PointsA     int64        `json:"points_a"`
	PointsB     int64        `json:"points_b"`
	BonusA      money.Amount `json:"bonus_a"`
	BonusB      money.Amount `json:"bonus_b"`
	CommissionA money.Amount `json:"commission_a"`
	CommissionB money.Amount `json:"commission_b"`
	TierBefore  string       `json:"tier_before,omitempty"`
	TierA       string       `json:"tier_a,omitempty"`
	TierB       string       `json:"tier_b,omitempty"`
	Failed      string       `json:"failed,omitempty"` // the fault of the tried pack on side B
}

func (d *Difference) weight() money.Amount {
	return (d.NetB - d.NetA).Abs() + (d.BonusB - d.BonusA).Abs() + (d.CommissionB - d.CommissionA).Abs()
}

// Limits of what is kept for the report.
const (
	maxLargest = 100
	maxRows    = 200
	maxMembers = 200_000 // that change; beyond them a member's row is left out, the totals are not
)

// Figures are what a run has found so far, or a shadow. The maps are keyed by
// what their rows are of.
type Figures struct {
	Sales       int64               `json:"sales"` // looked at
	Unavailable int64               `json:"unavailable"`
	Changed     int64               `json:"changed"`
	Drift       int64               `json:"drift"` // points or commission of the receipt are not what its packs come to today
	Reasons     map[string]int64    `json:"reasons,omitempty"`
	A           Sums                `json:"a"`
	B           Sums                `json:"b"`
	Cheaper     Direction           `json:"cheaper"`
	Dearer      Direction           `json:"dearer"`
	Tiers       map[string]*Pair    `json:"tiers,omitempty"`    // "from>to"
	Grants      map[string]*Pair    `json:"grants,omitempty"`   // "kind:ref"
	Failures    map[string]*Pair    `json:"failures,omitempty"` // "pack version hook reason"
	Days        map[clock.Date]*Day `json:"days,omitempty"`
	Members     map[id.ID]*Delta    `json:"members,omitempty"`
	Products    map[string]*Delta   `json:"products,omitempty"` // by SKU code
	Categories  map[string]*Delta   `json:"categories,omitempty"`
	Staff       map[id.ID]*Delta    `json:"staff,omitempty"`
	Largest     []Difference        `json:"largest,omitempty"`
}

// clone is a copy that can be added to while the figures stay as they are.
func (f *Figures) clone() Figures {
	c := *f
	c.Reasons = maps.Clone(f.Reasons)
	c.Tiers, c.Grants, c.Failures = deep(f.Tiers), deep(f.Grants), deep(f.Failures)
	c.Days, c.Members, c.Products, c.Categories, c.Staff = deep(f.Days), deep(f.Members), deep(f.Products), deep(f.Categories), deep(f.Staff)
	c.Largest = slices.Clone(f.Largest)
	return c
}

func deep[K comparable, V any](m map[K]*V) map[K]*V {
	c := maps.Clone(m)
	for k, v := range c {
		x := *v
		c[k] = &x
	}
	return c
}

func row[K comparable, V any](m *map[K]*V, key K) *V {
	if *m == nil {
		*m = map[K]*V{}
	}
	v := (*m)[key]
	if v == nil {
		v = new(V)
		(*m)[key] = v
	}
	return v
}

// add takes a verdict in and answers the difference, nil where there is none.
func (f *Figures) add(v *verdict, tried string) *Difference {
	f.Sales++
	if v.reason.Code != "" {
		f.Unavailable++
		if f.Reasons == nil {
			f.Reasons = map[string]int64{}
		}
		f.Reasons[v.reason.key()]++
		return nil
	}
	a, b, s := &v.a, &v.b, &v.past.Sale
	f.A.add(a)
	f.B.add(b)
	if v.drift {
		f.Drift++
	}
	d := row(&f.Days, s.BusinessDate)
	d.Sales++
	d.NetA, d.NetB = d.NetA+a.net, d.NetB+b.net
	for i, o := range []*outcome{a, b} {
		if o.tier != s.TierBefore {
			row(&f.Tiers, s.TierBefore+">"+o.tier).count(i == 1, 1)
		}
		for kind, n := range o.grants {
			row(&f.Grants, kind).count(i == 1, n)
		}
		for _, x := range o.failures {
			row(&f.Failures, x.Pack.ID+" "+x.Pack.Version+" "+x.Hook.String()+" "+x.Reason).count(i == 1, 1)
		}
	}
	if !differs(a, b) {
		return nil
	}
	f.Changed++
	switch {
	case b.net < a.net:
		f.Cheaper.Sales++
		f.Cheaper.Amount += a.net - b.net
	case b.net > a.net:
		f.Dearer.Sales++
		f.Dearer.Amount += b.net - a.net
	}
	f.breakDown(v)
	diff := Difference{Sale: s.ID, Receipt: s.ReceiptNumber(), Shop: s.Shop, Member: s.Member, Date: s.BusinessDate, NetA: a.net, NetB: b.net, PointsA: a.points, PointsB: b.points,
		BonusA: a.bonus, BonusB: b.bonus, CommissionA: a.commission, CommissionB: b.commission, TierBefore: s.TierBefore, TierA: a.tier, TierB: b.tier}
	for _, x := range b.failures {
		if x.Pack.ID == tried {
			diff.Failed = x.Reason
			break
		}
	}
	f.keep(&diff)
	return &diff
}

func differs(a, b *outcome) bool {
	if a.tier != b.tier || len(a.grants) != len(b.grants) {
		return true
	}
	for kind, n := range a.grants {
		if b.grants[kind] != n {
			return true
		}
	}
	return !slices.Equal(a.lines, b.lines)
}

// breakDown breaks a change down by member, product, category and staff.
func (f *Figures) breakDown(v *verdict) {
	whole := func(o *outcome) *lineOutcome { return &lineOutcome{o.net, o.points, o.bonus, o.commission} }
	if m := v.past.Member; !m.IsNone() && (f.Members[m] != nil || len(f.Members) < maxMembers) {
		d := row(&f.Members, m)
		d.Sales++
		d.add(whole(&v.a), whole(&v.b))
	}
	seen := map[*Delta]bool{}
	for i := range v.past.Lines {
		l, a, b := &v.past.Lines[i], &v.a.lines[i], &v.b.lines[i]
		if *a == *b {
			continue
		}
		var rows []*Delta
		if key := productKey(l); key != "" {
			d := row(&f.Products, key)
			d.Name = l.Name
			rows = append(rows, d)
		}
		rows = append(rows, row(&f.Categories, l.Category))
		if !l.Staff.IsNone() {
			rows = append(rows, row(&f.Staff, l.Staff))
		}
		for _, d := range rows {
			if !seen[d] {
				seen[d] = true
				d.Sales++
			}
			d.add(a, b)
		}
	}
}

// productKey names what a line sells: its SKU, or the kind of a prepaid line.
func productKey(l *sale.Line) string {
	if l.SKUCode != "" {
		return l.SKUCode
	}
	return "@" + l.Kind
}

// keep holds the largest differences; of equal ones the earlier sale's.
func (f *Figures) keep(d *Difference) {
	at, _ := slices.BinarySearchFunc(f.Largest, *d, larger)
	if at == maxLargest {
		return
	}
	f.Largest = slices.Insert(f.Largest, at, *d)
	if len(f.Largest) > maxLargest {
		f.Largest = f.Largest[:maxLargest]
	}
}

func larger(a, b Difference) int {
	return cmp.Or(cmp.Compare(b.weight(), a.weight()), cmp.Compare(abs(b.PointsB-b.PointsA), abs(a.PointsB-a.PointsA)), slices.Compare(a.Sale[:], b.Sale[:]))
}
