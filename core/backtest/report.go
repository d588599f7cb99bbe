package backtest

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
)

// Report is what is shown of figures: the same, in order, and cut to what a page
// can bear.
type Report struct {
	Sales       int64          `json:"sales"`
	Unavailable int64          `json:"unavailable"`
	Changed     int64          `json:"changed"`
	Drift       int64          `json:"drift"`
	Reasons     []ReasonCount  `json:"reasons"`
	A           Sums           `json:"a"`
	B           Sums           `json:"b"`
	Cheaper     Direction      `json:"cheaper"`
	Dearer      Direction      `json:"dearer"`
	Tiers       []TierCount    `json:"tiers"`
	Grants      []GrantCount   `json:"grants"`
	Failures    []FailureCount `json:"failures"`
	Days        []DayRow       `json:"days"`
	Members     []MemberRow    `json:"members"` // those for whom most changes
	MemberCount int            `json:"member_count"`
	Products    []ProductRow   `json:"products"`
	Categories  []CategoryRow  `json:"categories"`
	Staff       []StaffRow     `json:"staff"`
	Largest     []Difference   `json:"largest"`
	Cut         bool           `json:"cut"` // a quick look that ended before its last sale
}

// Rows of a report.
type (
	ReasonCount struct {
		Reason
		Sales int64 `json:"sales"`
	}
	TierCount struct {
		From string `json:"from"`
		To   string `json:"to"`
		Pair
	}
	GrantCount struct {
		Kind string `json:"kind"`
		Ref  string `json:"ref,omitempty"` // of what: a coupon design's code, …
		Pair
	}
	FailureCount struct {
		Pack    string `json:"pack_id"`
		Version string `json:"version"`
		Hook    string `json:"hook"`
		Reason  string `json:"reason"`
		Pair
	}
	DayRow struct {
		Date clock.Date `json:"date"`
		Day
	}
	MemberRow struct {
		Member id.ID `json:"member_id"`
		Delta
	}
	ProductRow struct {
		SKU string `json:"sku"` // its code; "@" and a kind for prepaid lines
		Delta
	}
	CategoryRow struct {
		Category string `json:"category"`
		Delta
	}
	StaffRow struct {
		Staff id.ID `json:"staff_id"`
		Delta
	}
)

// Priced is how many sales could be priced on both sides.
func (r *Report) Priced() int64 { return r.Sales - r.Unavailable }

// Report puts the figures in order. What two rows have in equal measure goes by
// their names, so that the same sales give the same report.
func (f *Figures) Report() *Report {
	r := &Report{Sales: f.Sales, Unavailable: f.Unavailable, Changed: f.Changed, Drift: f.Drift, A: f.A, B: f.B, Cheaper: f.Cheaper, Dearer: f.Dearer,
		MemberCount: len(f.Members), Largest: slices.Clone(f.Largest)}
	for _, key := range slices.Sorted(maps.Keys(f.Reasons)) {
		r.Reasons = append(r.Reasons, ReasonCount{parseReason(key), f.Reasons[key]})
	}
	slices.SortStableFunc(r.Reasons, func(a, b ReasonCount) int { return cmp.Compare(b.Sales, a.Sales) })
	for _, key := range slices.Sorted(maps.Keys(f.Tiers)) {
		from, to, _ := strings.Cut(key, ">")
		r.Tiers = append(r.Tiers, TierCount{from, to, *f.Tiers[key]})
	}
	for _, key := range slices.Sorted(maps.Keys(f.Grants)) {
		kind, ref, _ := strings.Cut(key, ":")
		r.Grants = append(r.Grants, GrantCount{kind, ref, *f.Grants[key]})
	}
	for _, key := range slices.Sorted(maps.Keys(f.Failures)) {
		w := append(strings.SplitN(key, " ", 4), "", "", "")
		r.Failures = append(r.Failures, FailureCount{w[0], w[1], w[2], w[3], *f.Failures[key]})
	}
	for _, date := range slices.Sorted(maps.Keys(f.Days)) {
		r.Days = append(r.Days, DayRow{date, *f.Days[date]})
	}
	for _, k := range heaviest(f.Members, func(a, b id.ID) int { return slices.Compare(a[:], b[:]) }) {
		r.Members = append(r.Members, MemberRow{k, *f.Members[k]})
	}
	for _, k := range heaviest(f.Products, cmp.Compare[string]) {
		r.Products = append(r.Products, ProductRow{k, *f.Products[k]})
	}
	for _, k := range heaviest(f.Categories, cmp.Compare[string]) {
		r.Categories = append(r.Categories, CategoryRow{k, *f.Categories[k]})
	}
	for _, k := range heaviest(f.Staff, func(a, b id.ID) int { return slices.Compare(a[:], b[:]) }) {
		r.Staff = append(r.Staff, StaffRow{k, *f.Staff[k]})
	}
	return r
}

// heaviest are the keys of the rows that change most.
func heaviest[K comparable](m map[K]*Delta, byName func(a, b K) int) []K {
	keys := slices.Collect(maps.Keys(m))
	slices.SortFunc(keys, func(a, b K) int {
		moneyA, pointsA := m[a].weight()
		moneyB, pointsB := m[b].weight()
		return cmp.Or(cmp.Compare(moneyB, moneyA), cmp.Compare(pointsB, pointsA), byName(a, b))
	})
	return keys[:min(len(keys), maxRows)]
}

// reasonOf is a fault's reason, for what is stored.
func reasonOf(err error) string { return fault.Of(err).Reason }
