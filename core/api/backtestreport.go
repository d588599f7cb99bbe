package api

import (
	"github.com/shopwright/shopwright/core/backtest"
	"github.com/shopwright/shopwright/core/id"
)

// BacktestReport is what a comparison has come to. A and b are its two sides; a
// row's figures are over the sales (of a product: over the lines) that change.
type BacktestReport struct {
	Currency    string               `json:"currency"`
	Sales       int64                `json:"sales" doc:"Looked at."`
	Unavailable int64                `json:"unavailable" doc:"Of them, left out: see not_available."`
	Changed     int64                `json:"changed"`
	Drift       int64                `json:"drift" doc:"Sales whose points, commission or tier the packs of the receipt do not come to any more, since a setting has changed."`
	Cut         bool                 `json:"cut" doc:"There are more sales than were looked at."`
	Missing     []BacktestMissing    `json:"not_available"`
	A           BacktestSums         `json:"a"`
	B           BacktestSums         `json:"b"`
	Cheaper     BacktestDirection    `json:"cheaper"`
	Dearer      BacktestDirection    `json:"dearer"`
	Tiers       []BacktestTier       `json:"tiers"`
	Grants      []BacktestGrant      `json:"grants"`
	Failures    []BacktestFailure    `json:"failures"`
	Days        []BacktestDay        `json:"days"`
	Members     []BacktestRow        `json:"members" doc:"Those for whom most changes, at most 200."`
	MemberCount int                  `json:"member_count" doc:"Members for whom something changes."`
	Products    []BacktestRow        `json:"products"`
	Categories  []BacktestRow        `json:"categories"`
	Staff       []BacktestRow        `json:"staff"`
	Largest     []BacktestDifference `json:"largest" doc:"The sales that change most, at most 100."`
}

// BacktestSums are one side's totals.
type BacktestSums struct {
	Gross      Money `json:"gross" doc:"At list price."`
	Net        Money `json:"net" doc:"What the customers pay for the lines."`
	Discount   Money `json:"discount"`
	Points     int64 `json:"points"`
	Bonus      Money `json:"bonus" doc:"Of top-ups, and rebates."`
	Commission Money `json:"commission"`
	Calls      int64 `json:"calls" doc:"Of the pack that is tried."`
	Fuel       int64 `json:"fuel"`
	FuelMax    int64 `json:"fuel_max" doc:"Of one call."`
}

// BacktestDirection is sales that become cheaper, or dearer, and by how much.
type BacktestDirection struct {
	Sales  int64 `json:"sales"`
	Amount Money `json:"amount"`
}

// BacktestMissing is why sales could not be compared.
type BacktestMissing struct {
	Code  string `json:"code" enum:"fact,punches,member,pack,config,input,not_reproduced"`
	Arg   string `json:"arg,omitempty" doc:"fact: the one that was not recorded; pack, config: of what."`
	Sales int64  `json:"sales"`
}

// BacktestTier is a move from one tier to another.
type BacktestTier struct {
	From string `json:"from"`
	To   string `json:"to"`
	A    int64  `json:"a"`
	B    int64  `json:"b"`
}

// BacktestGrant is something else that is given.
type BacktestGrant struct {
	Kind string `json:"kind"`
	Ref  string `json:"ref,omitempty"`
	A    int64  `json:"a"`
	B    int64  `json:"b"`
}

// BacktestFailure is calls of a pack that failed.
type BacktestFailure struct {
	PackID  string `json:"pack_id"`
	Version string `json:"version"`
	Hook    string `json:"hook"`
	Code    string `json:"code"`
	A       int64  `json:"a"`
	B       int64  `json:"b"`
}

// BacktestDay is one business date.
type BacktestDay struct {
	Date  string `json:"date" format:"date"`
	Sales int64  `json:"sales"`
	NetA  Money  `json:"net_a"`
	NetB  Money  `json:"net_b"`
}

// BacktestRow is what changes for a member, a product, a category or staff.
type BacktestRow struct {
	MemberID    id.ID  `json:"member_id,omitzero" format:"uuid"`
	StaffID     id.ID  `json:"staff_id,omitzero" format:"uuid"`
	SKU         string `json:"sku,omitempty" doc:"Its code; @ and a kind for what is prepaid."`
	Name        string `json:"name,omitempty" doc:"Of the product."`
	Category    string `json:"category,omitempty"`
	Sales       int64  `json:"sales"`
	NetA        Money  `json:"net_a"`
	NetB        Money  `json:"net_b"`
	PointsA     int64  `json:"points_a"`
	PointsB     int64  `json:"points_b"`
	BonusA      Money  `json:"bonus_a"`
	BonusB      Money  `json:"bonus_b"`
	CommissionA Money  `json:"commission_a"`
	CommissionB Money  `json:"commission_b"`
}

// BacktestDifference is a sale that comes out otherwise.
type BacktestDifference struct {
	SaleID      id.ID   `json:"sale_id" format:"uuid"`
	Receipt     string  `json:"receipt"`
	ShopID      id.ID   `json:"shop_id" format:"uuid"`
	MemberID    id.ID   `json:"member_id,omitzero" format:"uuid"`
	Date        string  `json:"date" format:"date"`
	NetA        Money   `json:"net_a"`
	NetB        Money   `json:"net_b"`
	PointsA     int64   `json:"points_a"`
	PointsB     int64   `json:"points_b"`
	BonusA      Money   `json:"bonus_a"`
	BonusB      Money   `json:"bonus_b"`
	CommissionA Money   `json:"commission_a"`
	CommissionB Money   `json:"commission_b"`
	TierBefore  string  `json:"tier_before,omitempty"`
	TierA       string  `json:"tier_a,omitempty"`
	TierB       string  `json:"tier_b,omitempty"`
	Failed      string  `json:"failed,omitempty" doc:"The code of the fault of the pack that is tried."`
	At          Instant `json:"at,omitzero" doc:"Of a shadow: when it was looked at."`
}

func (c caller) backtestSums(s backtest.Sums) BacktestSums {
	return BacktestSums{Gross: c.money(s.Gross), Net: c.money(s.Net), Discount: c.money(s.Discount()), Points: s.Points, Bonus: c.money(s.Bonus), Commission: c.money(s.Commission),
		Calls: s.Calls, Fuel: s.Fuel, FuelMax: s.FuelMax}
}

func (c caller) backtestRow(d backtest.Delta) BacktestRow {
	return BacktestRow{Name: d.Name, Sales: d.Sales, NetA: c.money(d.NetA), NetB: c.money(d.NetB), PointsA: d.PointsA, PointsB: d.PointsB, BonusA: c.money(d.BonusA), BonusB: c.money(d.BonusB),
		CommissionA: c.money(d.CommissionA), CommissionB: c.money(d.CommissionB)}
}

func (c caller) backtestDifference(d backtest.Difference) BacktestDifference {
	return BacktestDifference{SaleID: d.Sale, Receipt: d.Receipt, ShopID: d.Shop, MemberID: d.Member, Date: string(d.Date), NetA: c.money(d.NetA), NetB: c.money(d.NetB), PointsA: d.PointsA, PointsB: d.PointsB,
		BonusA: c.money(d.BonusA), BonusB: c.money(d.BonusB), CommissionA: c.money(d.CommissionA), CommissionB: c.money(d.CommissionB), TierBefore: d.TierBefore, TierA: d.TierA, TierB: d.TierB, Failed: d.Failed}
}

func (c caller) backtestReport(r *backtest.Report) *BacktestReport {
	out := &BacktestReport{Currency: c.currency.Code, Sales: r.Sales, Unavailable: r.Unavailable, Changed: r.Changed, Drift: r.Drift, Cut: r.Cut, A: c.backtestSums(r.A), B: c.backtestSums(r.B),
		Cheaper: BacktestDirection{r.Cheaper.Sales, c.money(r.Cheaper.Amount)}, Dearer: BacktestDirection{r.Dearer.Sales, c.money(r.Dearer.Amount)}, MemberCount: r.MemberCount}
	out.Missing = mapAll(r.Reasons, func(v backtest.ReasonCount) BacktestMissing { return BacktestMissing{v.Code, v.Arg, v.Sales} })
	out.Tiers = mapAll(r.Tiers, func(v backtest.TierCount) BacktestTier { return BacktestTier{v.From, v.To, v.A, v.B} })
	out.Grants = mapAll(r.Grants, func(v backtest.GrantCount) BacktestGrant { return BacktestGrant{v.Kind, v.Ref, v.A, v.B} })
	out.Failures = mapAll(r.Failures, func(v backtest.FailureCount) BacktestFailure {
		return BacktestFailure{v.Pack, v.Version, v.Hook, v.Reason, v.A, v.B}
	})
	out.Days = mapAll(r.Days, func(v backtest.DayRow) BacktestDay {
		return BacktestDay{string(v.Date), v.Sales, c.money(v.NetA), c.money(v.NetB)}
	})
	out.Members = mapAll(r.Members, func(v backtest.MemberRow) BacktestRow {
		row := c.backtestRow(v.Delta)
		row.MemberID = v.Member
		return row
	})
	out.Products = mapAll(r.Products, func(v backtest.ProductRow) BacktestRow {
		row := c.backtestRow(v.Delta)
		row.SKU = v.SKU
		return row
	})
	out.Categories = mapAll(r.Categories, func(v backtest.CategoryRow) BacktestRow {
		row := c.backtestRow(v.Delta)
		row.Category = v.Category
		return row
	})
	out.Staff = mapAll(r.Staff, func(v backtest.StaffRow) BacktestRow {
		row := c.backtestRow(v.Delta)
		row.StaffID = v.Staff
		return row
	})
	out.Largest = mapAll(r.Largest, c.backtestDifference)
	return out
}
