package client

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

// StartBacktest tries a rule pack on past sales, in the background. Faults:
// backtest.bad_period, backtest.same_sides, backtest.too_many,
// tenant.shop_not_found, pack.not_installed, pack.config_invalid.
func (c *Client) StartBacktest(ctx context.Context, in NewBacktest, o ...Option) (Backtest, error) {
	return post[Backtest](ctx, c, "/backtests", in, o)
}

// Backtests lists backtests, the newest first; pack "" is every pack's.
func (c *Client) Backtests(ctx context.Context, pack string, p Page) (List[Backtest], error) {
	return get[List[Backtest]](ctx, c, "/backtests", p.query("pack_id", pack))
}

// Backtest gets a backtest, with its report once it is done. Fault:
// backtest.not_found.
func (c *Client) Backtest(ctx context.Context, id string) (Backtest, error) {
	return get[Backtest](ctx, c, at("backtests", id), nil)
}

// CancelBacktest cancels a backtest. Faults: backtest.not_found, backtest.ended.
func (c *Client) CancelBacktest(ctx context.Context, id string, o ...Option) (Backtest, error) {
	return post[Backtest](ctx, c, at("backtests", id, "cancel"), nil, o)
}

// TryPack tries a rule pack on a few past sales and answers at once; nothing is
// stored. Faults: as StartBacktest.
func (c *Client) TryPack(ctx context.Context, in NewBacktest) (BacktestReport, error) {
	return ask[BacktestReport](ctx, c, "/backtest-quotes", in)
}

// StartShadow runs a rule pack beside the live ones of a shop, without effect.
// Faults: backtest.shadow_on, tenant.shop_not_found, pack.not_installed,
// pack.config_invalid.
func (c *Client) StartShadow(ctx context.Context, in NewShadow, o ...Option) (Shadow, error) {
	return post[Shadow](ctx, c, "/shadows", in, o)
}

// Shadows lists shadows, the newest first; "" is every shop's and every pack's.
func (c *Client) Shadows(ctx context.Context, shop, pack string, p Page) (List[Shadow], error) {
	return get[List[Shadow]](ctx, c, "/shadows", p.query("shop_id", shop, "pack_id", pack))
}

// Shadow gets a shadow. Fault: backtest.no_shadow.
func (c *Client) Shadow(ctx context.Context, id string) (Shadow, error) {
	return get[Shadow](ctx, c, at("shadows", id), nil)
}

// ShadowDifferences lists what a shadow would have priced otherwise, the newest
// first. Fault: backtest.no_shadow.
func (c *Client) ShadowDifferences(ctx context.Context, id string, p Page) (List[BacktestDifference], error) {
	return get[List[BacktestDifference]](ctx, c, at("shadows", id, "differences"), p.query())
}

// StopShadow stops a shadow; what it found stays. Faults: backtest.no_shadow,
// backtest.shadow_ended.
func (c *Client) StopShadow(ctx context.Context, id string, o ...Option) (Shadow, error) {
	return post[Shadow](ctx, c, at("shadows", id, "stop"), nil, o)
}

// RuleReplays lists the nightly replays of recorded rule calls, the newest first.
func (c *Client) RuleReplays(ctx context.Context, p Page) (List[RuleReplay], error) {
	return get[List[RuleReplay]](ctx, c, "/rule-replays", p.query())
}

// RuleReplay gets a nightly replay with its differences. Fault: backtest.no_replay.
func (c *Client) RuleReplay(ctx context.Context, id string) (RuleReplay, error) {
	return get[RuleReplay](ctx, c, at("rule-replays", id), nil)
}

// ExportRuleCalls gets the recorded rule calls of business dates, both included,
// without personal data: lines of JSON in the form shopwright.replay.v1.
func (c *Client) ExportRuleCalls(ctx context.Context, f RuleExport) (out []byte, err error) {
	limit := ""
	if f.Limit > 0 {
		limit = strconv.Itoa(f.Limit)
	}
	q := Page{}.query("from", f.From, "to", f.To, "shop_id", f.ShopID, "pack_id", f.PackID, "limit", limit)
	return out, c.do(ctx, request{method: http.MethodGet, path: "/rule-exports", query: q, again: true}, &out)
}

// RuleExport says which sales are exported: of business dates, 2026-05-17.
type RuleExport struct {
	From, To       string
	ShopID, PackID string
	Limit          int
}

// BacktestSide is how one side of a comparison has the pack.
type BacktestSide struct {
	Mode     string          `json:"mode"`              // One of off, as_was, set; off: not at all; as_was: as each receipt has it; set: the version and configuration given here
	Version  string          `json:"version,omitempty"` // With set; default: the newest
	Config   json.RawMessage `json:"config,omitempty"`  // With set, by the pack's schema; what is not there has its default
	Priority int64           `json:"priority,omitempty"`
}

// NewBacktest says what to try.
type NewBacktest struct {
	PackID  string        `json:"pack_id"`
	ShopIDs []string      `json:"shop_ids,omitempty"` // Default: all shops
	From    string        `json:"from,omitempty"`     // Business date, included; default: six days before to
	To      string        `json:"to,omitempty"`       // Business date, included; default: today
	A       *BacktestSide `json:"a,omitempty"`        // Default: off
	B       *BacktestSide `json:"b,omitempty"`        // Default: set, the newest version with its defaults
}

// Backtest is a pack tried on past sales.
type Backtest struct {
	ID        string          `json:"id"`
	PackID    string          `json:"pack_id"`
	State     string          `json:"state"` // One of queued, running, done, failed, cancelled
	ShopIDs   []string        `json:"shop_ids"`
	From      string          `json:"from"`
	To        string          `json:"to"`
	A         BacktestSide    `json:"a"`
	B         BacktestSide    `json:"b"`
	Sales     int64           `json:"sales"`  // To look at; 0 until they were counted
	Done      int64           `json:"done"`   // Looked at so far
	Reason    string          `json:"reason"` // With failed: the code of the fault
	CreatedAt time.Time       `json:"created_at"`
	CreatedBy string          `json:"created_by"`
	StartedAt time.Time       `json:"started_at"`
	EndedAt   time.Time       `json:"ended_at"`
	Report    *BacktestReport `json:"report"` // With done, where one run is asked for
}

// BacktestReport is what a comparison has come to. A and b are its two sides; a
// row's figures are over the sales (of a product: over the lines) that change.
type BacktestReport struct {
	Currency    string               `json:"currency"`
	Sales       int64                `json:"sales"`       // Looked at
	Unavailable int64                `json:"unavailable"` // Of them, left out: see not_available
	Changed     int64                `json:"changed"`
	Drift       int64                `json:"drift"` // Sales whose points, commission or tier the packs of the receipt do not come to any more, since a setting has changed
	Cut         bool                 `json:"cut"`   // There are more sales than were looked at
	Missing     []BacktestMissing    `json:"not_available"`
	A           BacktestSums         `json:"a"`
	B           BacktestSums         `json:"b"`
	Cheaper     BacktestDirection    `json:"cheaper"`
	Dearer      BacktestDirection    `json:"dearer"`
	Tiers       []BacktestTier       `json:"tiers"`
	Grants      []BacktestGrant      `json:"grants"`
	Failures    []BacktestFailure    `json:"failures"`
	Days        []BacktestDay        `json:"days"`
	Members     []BacktestRow        `json:"members"`      // Those for whom most changes, at most 200
	MemberCount int64                `json:"member_count"` // Members for whom something changes
	Products    []BacktestRow        `json:"products"`
	Categories  []BacktestRow        `json:"categories"`
	Staff       []BacktestRow        `json:"staff"`
	Largest     []BacktestDifference `json:"largest"` // The sales that change most, at most 100
}

// BacktestSums are one side's totals.
type BacktestSums struct {
	Gross      string `json:"gross"` // At list price
	Net        string `json:"net"`   // What the customers pay for the lines
	Discount   string `json:"discount"`
	Points     int64  `json:"points"`
	Bonus      string `json:"bonus"` // Of top-ups, and rebates
	Commission string `json:"commission"`
	Calls      int64  `json:"calls"` // Of the pack that is tried
	Fuel       int64  `json:"fuel"`
	FuelMax    int64  `json:"fuel_max"` // Of one call
}

// BacktestDirection is sales that become cheaper, or dearer, and by how much.
type BacktestDirection struct {
	Sales  int64  `json:"sales"`
	Amount string `json:"amount"`
}

// BacktestMissing is why sales could not be compared.
type BacktestMissing struct {
	Code  string `json:"code"` // One of fact, punches, member, pack, config, input, not_reproduced
	Arg   string `json:"arg"`  // fact: the one that was not recorded; pack, config: of what
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
	Ref  string `json:"ref"`
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
	Date  string `json:"date"`
	Sales int64  `json:"sales"`
	NetA  string `json:"net_a"`
	NetB  string `json:"net_b"`
}

// BacktestRow is what changes for a member, a product, a category or staff.
type BacktestRow struct {
	MemberID    string `json:"member_id"`
	StaffID     string `json:"staff_id"`
	SKU         string `json:"sku"`  // Its code; @ and a kind for what is prepaid
	Name        string `json:"name"` // Of the product
	Category    string `json:"category"`
	Sales       int64  `json:"sales"`
	NetA        string `json:"net_a"`
	NetB        string `json:"net_b"`
	PointsA     int64  `json:"points_a"`
	PointsB     int64  `json:"points_b"`
	BonusA      string `json:"bonus_a"`
	BonusB      string `json:"bonus_b"`
	CommissionA string `json:"commission_a"`
	CommissionB string `json:"commission_b"`
}

// BacktestDifference is a sale that comes out otherwise.
type BacktestDifference struct {
	SaleID      string    `json:"sale_id"`
	Receipt     string    `json:"receipt"`
	ShopID      string    `json:"shop_id"`
	MemberID    string    `json:"member_id"`
	Date        string    `json:"date"`
	NetA        string    `json:"net_a"`
	NetB        string    `json:"net_b"`
	PointsA     int64     `json:"points_a"`
	PointsB     int64     `json:"points_b"`
	BonusA      string    `json:"bonus_a"`
	BonusB      string    `json:"bonus_b"`
	CommissionA string    `json:"commission_a"`
	CommissionB string    `json:"commission_b"`
	TierBefore  string    `json:"tier_before"`
	TierA       string    `json:"tier_a"`
	TierB       string    `json:"tier_b"`
	Failed      string    `json:"failed"` // The code of the fault of the pack that is tried
	At          time.Time `json:"at"`     // Of a shadow: when it was looked at
}

// NewShadow puts a pack beside the live ones of a shop.
type NewShadow struct {
	ShopID   string          `json:"shop_id"`
	PackID   string          `json:"pack_id"`
	Version  string          `json:"version,omitempty"` // Default: the newest
	Config   json.RawMessage `json:"config,omitempty"`  // By the pack's schema; what is not there has its default
	Priority int64           `json:"priority,omitempty"`
}

// Shadow is a pack that runs beside the live ones, without effect. A of its
// figures is what the receipts have, b what it would have come to.
type Shadow struct {
	ID        string          `json:"id"`
	ShopID    string          `json:"shop_id"`
	PackID    string          `json:"pack_id"`
	Version   string          `json:"version"`
	Config    json.RawMessage `json:"config"`
	Priority  int64           `json:"priority"`
	State     string          `json:"state"`  // One of on, off
	Reason    string          `json:"reason"` // Why the program stopped it
	CreatedAt time.Time       `json:"created_at"`
	CreatedBy string          `json:"created_by"`
	EndedAt   time.Time       `json:"ended_at"`
	LookedAt  time.Time       `json:"looked_at"` // When it last looked at new sales
	Figures   BacktestReport  `json:"figures"`
}

// RuleReplay is a night's replay of recorded rule calls.
type RuleReplay struct {
	ID          string                 `json:"id"`
	Day         string                 `json:"day"` // The business date whose sales were taken
	At          time.Time              `json:"at"`
	DaySales    int64                  `json:"day_sales"`
	Sales       int64                  `json:"sales"` // Of the day's, those in the sample
	Calls       int64                  `json:"calls"`
	Same        int64                  `json:"same"`
	Differing   int64                  `json:"differing"`
	Unavailable int64                  `json:"unavailable"`
	OtherFuel   int64                  `json:"other_fuel"`  // The same bytes at another cost: the program counts otherwise since
	Differences []RuleReplayDifference `json:"differences"` // Where one replay is asked for; at most 200
}

// RuleReplayDifference is a recorded call that came out otherwise.
type RuleReplayDifference struct {
	SaleID      string `json:"sale_id"`
	Call        int64  `json:"call"` // Its position among the calls of the sale
	Hook        string `json:"hook"`
	PackID      string `json:"pack_id"`
	PackVersion string `json:"pack_version"`
	ModuleHash  string `json:"module_hash"`
	Why         string `json:"why"` // One of output, failed, worked, failure
	FuelThen    int64  `json:"fuel_then"`
	FuelNow     int64  `json:"fuel_now"`
	Then        string `json:"then"` // SHA-256 of the output, or the code of the fault
	Now         string `json:"now"`
}
