package client

import (
	"context"
	"time"
)

// Commissions lists commission entries, in the order of booking.
func (c *Client) Commissions(ctx context.Context, f CommissionFilter, p Page) (List[CommissionEntry], error) {
	return get[List[CommissionEntry]](ctx, c, "/commissions", p.query(append(f.pairs(), "sale_id", f.SaleID)...))
}

// CommissionFilter narrows commission entries; the zero value is all.
type CommissionFilter struct {
	From, To        string // business dates, 2026-05-17
	StaffID, ShopID string
	Kind            string // sale, claw_back, settlement, manual
	Metric          string // amount, count, margin
	SaleID          string // only in Commissions
}

func (f CommissionFilter) pairs() []string {
	return []string{"from", f.From, "to", f.To, "staff_id", f.StaffID, "shop_id", f.ShopID, "kind", f.Kind, "metric", f.Metric}
}

// AddCommission adds commission by hand, or takes it back. Faults:
// commission.amount_malformed, commission.reason_required,
// commission.period_settled.
func (c *Client) AddCommission(ctx context.Context, in NewCommission, o ...Option) (CommissionEntry, error) {
	return post[CommissionEntry](ctx, c, "/commissions", in, o)
}

// CommissionStatements says what each person has coming, beside what they did.
func (c *Client) CommissionStatements(ctx context.Context, f CommissionFilter) (List[CommissionStatement], error) {
	return get[List[CommissionStatement]](ctx, c, "/commissions/statements", Page{}.query(f.pairs()...))
}

// CommissionSummary sums by staff, metric, kind of entry, kind of line and
// category.
func (c *Client) CommissionSummary(ctx context.Context, f CommissionFilter) (List[CommissionSum], error) {
	return get[List[CommissionSum]](ctx, c, "/commissions/summary", Page{}.query(f.pairs()...))
}

// CommissionPlans lists commission plans, in the order in which they take lines,
// also those out of use where archived is asked for.
func (c *Client) CommissionPlans(ctx context.Context, archived bool) (List[CommissionPlan], error) {
	return get[List[CommissionPlan]](ctx, c, "/commissions/plans", Page{}.query("archived", flag(archived)))
}

// CommissionPlan gets a commission plan. Fault: commission.plan_not_found.
func (c *Client) CommissionPlan(ctx context.Context, id string) (CommissionPlan, error) {
	return get[CommissionPlan](ctx, c, at("commissions", "plans", id), nil)
}

// CreateCommissionPlan creates a commission plan. Faults:
// commission.plan_steps_malformed, commission.plan_scope_malformed,
// commission.plan_dates_malformed, commission.plan_reaches_back.
func (c *Client) CreateCommissionPlan(ctx context.Context, in CommissionPlanIn, o ...Option) (CommissionPlan, error) {
	return post[CommissionPlan](ctx, c, "/commissions/plans", in, o)
}

// UpdateCommissionPlan changes a commission plan. Faults: commission.plan_paid_by
// where a settlement went by it, and those of CreateCommissionPlan.
func (c *Client) UpdateCommissionPlan(ctx context.Context, id string, in CommissionPlanIn) (CommissionPlan, error) {
	return put[CommissionPlan](ctx, c, at("commissions", "plans", id), in)
}

// ArchiveCommissionPlan takes a commission plan out of use.
func (c *Client) ArchiveCommissionPlan(ctx context.Context, id string) (CommissionPlan, error) {
	return remove[CommissionPlan](ctx, c, at("commissions", "plans", id))
}

// CommissionSettlements lists settlements, the newest first.
func (c *Client) CommissionSettlements(ctx context.Context, p Page) (List[CommissionSettlement], error) {
	return get[List[CommissionSettlement]](ctx, c, "/commissions/settlements", p.query())
}

// CommissionSettlement gets a settlement with its difference report. Fault:
// commission.settlement_not_found.
func (c *Client) CommissionSettlement(ctx context.Context, id string) (CommissionSettlement, error) {
	return get[CommissionSettlement](ctx, c, at("commissions", "settlements", id), nil)
}

// DraftCommissionSettlement computes the settlement of a period as a draft.
// Faults: commission.period_settled, commission.later_period_settled.
func (c *Client) DraftCommissionSettlement(ctx context.Context, in NewCommissionSettlement, o ...Option) (CommissionSettlement, error) {
	return post[CommissionSettlement](ctx, c, "/commissions/settlements", in, o)
}

// FinaliseCommissionSettlement books a settlement and closes its period. Faults:
// commission.period_not_over, commission.plans_changed.
func (c *Client) FinaliseCommissionSettlement(ctx context.Context, id string, o ...Option) (CommissionSettlement, error) {
	return post[CommissionSettlement](ctx, c, at("commissions", "settlements", id, "finalise"), nil, o)
}

// CommissionEntry is an amount in favour of staff.
type CommissionEntry struct {
	ID           string    `json:"id"`
	ShopID       string    `json:"shop_id"`
	Name         string    `json:"name"` // Of the line
	Code         string    `json:"code"`
	Kind         string    `json:"kind"`   // One of sale, claw_back, settlement, manual
	Amount       string    `json:"amount"` // Negative where a refund takes it back
	At           time.Time `json:"at"`
	Basis        string    `json:"basis"`
	BusinessDate string    `json:"business_date"`
	Category     string    `json:"category"`
	Currency     string    `json:"currency"`
	LineID       string    `json:"line_id"`
	LineKind     string    `json:"line_kind"`
	Margin       string    `json:"margin"`
	Metric       string    `json:"metric"`      // What it goes by. One of amount, count, margin
	Number       string    `json:"number"`      // Of the receipt
	OfEntryID    string    `json:"of_entry_id"` // Claw-back: the entry that it reverses
	OfSaleID     string    `json:"of_sale_id"`  // Claw-back: the sale that was refunded
	PackID       string    `json:"pack_id"`
	PackVersion  string    `json:"pack_version"`
	PlanID       string    `json:"plan_id"`
	Quantity     string    `json:"quantity"` // The person's part of the line's
	Rate         string    `json:"rate"`
	Reason       string    `json:"reason"`  // Manual: why
	Role         string    `json:"role"`    // One of performer, assistant, seller, receptionist
	SaleID       string    `json:"sale_id"` // The sale, or the refund that took it back
	SettlementID string    `json:"settlement_id"`
	Share        string    `json:"share"` // The person's part of the line
	SKUCode      string    `json:"sku_code"`
	Staff        string    `json:"staff"`
	StaffID      string    `json:"staff_id"`
}

// NewCommission is commission by hand.
type NewCommission struct {
	ShopID  string `json:"shop_id,omitempty"`
	Amount  string `json:"amount"` // Negative takes it back
	Date    string `json:"date"`   // The business date; not within what is settled
	Reason  string `json:"reason"`
	StaffID string `json:"staff_id"`
}

// CommissionStatement is what one person has coming for some days, beside what
// they did.
type CommissionStatement struct {
	ClawedBack string `json:"clawed_back"` // By refunds; negative
	Currency   string `json:"currency"`
	Documents  int64  `json:"documents"` // Different sales and refunds
	Earned     string `json:"earned"`    // By sales
	From       string `json:"from"`
	Lines      int64  `json:"lines"`
	Manual     string `json:"manual"`
	Margin     string `json:"margin"`
	Quantity   string `json:"quantity"`
	Settled    string `json:"settled"` // What plans gave beyond it, or less
	Staff      string `json:"staff"`
	StaffID    string `json:"staff_id"`
	To         string `json:"to"`
	Total      string `json:"total"`
	Turnover   string `json:"turnover"` // Their parts of the lines, less refunds, with the worth of visits that punch cards paid
}

// CommissionSum is what one person has by metric, kind of entry, kind of line and
// category.
type CommissionSum struct {
	Kind     string `json:"kind"` // One of sale, claw_back, settlement, manual
	Amount   string `json:"amount"`
	Basis    string `json:"basis"`
	Category string `json:"category"`
	Currency string `json:"currency"`
	Entries  int64  `json:"entries"`
	LineKind string `json:"line_kind"`
	Metric   string `json:"metric"` // One of amount, count, margin
	Quantity string `json:"quantity"`
	StaffID  string `json:"staff_id"`
}

// CommissionPlan is a rule over a period.
type CommissionPlan struct {
	ID             string           `json:"id"`
	Name           string           `json:"name"`
	Archived       bool             `json:"archived"`
	BeforeDiscount bool             `json:"before_discount"`
	Categories     []string         `json:"categories"`
	Combination    string           `json:"combination"` // Replace (default): it decides what its lines give. Add: on top of what rule packs booked. One of replace, add
	CreatedAt      time.Time        `json:"created_at"`
	Currency       string           `json:"currency"`
	LessCost       bool             `json:"less_cost"`
	LessPrepaid    bool             `json:"less_prepaid"` // What stored value and punch cards paid does not count; always so where the plan pays for selling them
	LessTax        bool             `json:"less_tax"`
	Levels         []string         `json:"levels"`
	LineKinds      []string         `json:"line_kinds"` // One of goods, service, top_up, punch_card, gift_card
	Metric         string           `json:"metric"`     // One of amount, count, margin
	Mode           string           `json:"mode"`       // Progressive (default): each part at its own step. Retroactive: all of it at the highest step reached. One of progressive, retroactive
	Period         string           `json:"period"`     // One of week, month, quarter
	Roles          []string         `json:"roles"`      // One of performer, assistant, seller, receptionist
	SKUCodes       []string         `json:"sku_codes"`
	StaffIDs       []string         `json:"staff_ids"`
	Steps          []CommissionStep `json:"steps"`
	UpdatedAt      time.Time        `json:"updated_at"`
	ValidFrom      string           `json:"valid_from"`
	ValidUntil     string           `json:"valid_until"` // Included; without: no end
}

// CommissionPlanIn is a rule over a period, as it is written. Empty lists mean
// all; categories and SKUs together are one list.
type CommissionPlanIn struct {
	Name           string           `json:"name"`
	BeforeDiscount bool             `json:"before_discount,omitempty"`
	Categories     []string         `json:"categories,omitempty"`
	Combination    string           `json:"combination,omitempty"` // Replace (default): it decides what its lines give. Add: on top of what rule packs booked. One of replace, add
	LessCost       bool             `json:"less_cost,omitempty"`
	LessPrepaid    bool             `json:"less_prepaid,omitempty"` // What stored value and punch cards paid does not count; always so where the plan pays for selling them
	LessTax        bool             `json:"less_tax,omitempty"`
	Levels         []string         `json:"levels,omitempty"`
	LineKinds      []string         `json:"line_kinds,omitempty"` // One of goods, service, top_up, punch_card, gift_card
	Metric         string           `json:"metric"`               // One of amount, count, margin
	Mode           string           `json:"mode,omitempty"`       // Progressive (default): each part at its own step. Retroactive: all of it at the highest step reached. One of progressive, retroactive
	Period         string           `json:"period"`               // One of week, month, quarter
	Roles          []string         `json:"roles,omitempty"`      // One of performer, assistant, seller, receptionist
	SKUCodes       []string         `json:"sku_codes,omitempty"`
	StaffIDs       []string         `json:"staff_ids,omitempty"`
	Steps          []CommissionStep `json:"steps"`
	ValidFrom      string           `json:"valid_from"`
	ValidUntil     string           `json:"valid_until,omitempty"` // Included; without: no end
}

// CommissionStep is what a plan gives from a figure on: a rate of it, an amount
// for each piece (metric count), or a fixed amount.
type CommissionStep struct {
	Each  string `json:"each,omitempty"`
	Fixed string `json:"fixed,omitempty"`
	From  string `json:"from"` // Money, or pieces where the metric is count
	Rate  string `json:"rate,omitempty"`
}

// CommissionSettlement is a run over a period: what was booked, what the plans
// give, and the difference that it books.
type CommissionSettlement struct {
	ID          string                  `json:"id"`
	CreatedAt   time.Time               `json:"created_at"`
	Currency    string                  `json:"currency"`
	FinalisedAt time.Time               `json:"finalised_at"`
	First       string                  `json:"first"`
	Last        string                  `json:"last"`
	Period      string                  `json:"period"`     // One of week, month, quarter
	Plans       []CommissionPlan        `json:"plans"`      // As they were
	Recomputed  []CommissionRecomputing `json:"recomputed"` // What earlier periods would have given had they known of the refunds since. They do not move
	Results     []CommissionResult      `json:"results"`
	Staff       []CommissionStaffTotal  `json:"staff"`
	State       string                  `json:"state"` // One of draft, final
}

// CommissionResult is what one plan gives one person.
type CommissionResult struct {
	Amount     string           `json:"amount"`      // What the plan gives for it
	Back       string           `json:"back"`        // What they take back, at what those periods paid
	BackFigure string           `json:"back_figure"` // Refunds of earlier periods' sales; negative
	Bands      []CommissionBand `json:"bands"`
	Booked     string           `json:"booked"`     // The entries that the plan replaces
	Difference string           `json:"difference"` // What the settlement books
	Figure     string           `json:"figure"`     // Money, or pieces
	PlanID     string           `json:"plan_id"`
	StaffID    string           `json:"staff_id"`
}

// CommissionBand is what one step gives.
type CommissionBand struct {
	Amount string `json:"amount"`
	Figure string `json:"figure"`
	From   string `json:"from"`
}

// CommissionStaffTotal is one person's period.
type CommissionStaffTotal struct {
	ClawedBack string          `json:"clawed_back"`
	Difference string          `json:"difference"`
	Earned     string          `json:"earned"`
	Groups     []CommissionSum `json:"groups"`
	Manual     string          `json:"manual"`
	StaffID    string          `json:"staff_id"`
	Total      string          `json:"total"`
}

// CommissionRecomputing is an earlier period's result with later refunds.
type CommissionRecomputing struct {
	Figure       string `json:"figure"`
	FigureNow    string `json:"figure_now"`
	Paid         string `json:"paid"` // Less what refunds took back
	PlanID       string `json:"plan_id"`
	SettlementID string `json:"settlement_id"`
	StaffID      string `json:"staff_id"`
	WouldBe      string `json:"would_be"`
}

// NewCommissionSettlement names the period by any of its dates.
type NewCommissionSettlement struct {
	Date   string `json:"date"`
	Period string `json:"period"` // One of week, month, quarter
}
