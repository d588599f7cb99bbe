package client

import (
	"context"
	"time"
)

// Wallet gets what a member holds.
func (c *Client) Wallet(ctx context.Context, member string) (Wallet, error) {
	return get[Wallet](ctx, c, at("members", member, "wallet"), nil)
}

// TopUp sells stored value. Faults: those of Sell, and wallet.law.… where the law
// sets a bound.
func (c *Client) TopUp(ctx context.Context, member string, in TopUpIn, o ...Option) (Prepaid, error) {
	return post[Prepaid](ctx, c, at("members", member, "top-ups"), in, o)
}

// SellPunchCard sells visits of a service. A plan's card is sold as a line of a
// sale (LineIn with the kind punch_card and PlanID).
func (c *Client) SellPunchCard(ctx context.Context, member string, in PunchCardIn, o ...Option) (Prepaid, error) {
	return post[Prepaid](ctx, c, at("members", member, "punch-cards"), in, o)
}

// TransferValue gives stored value or points to another member; every part keeps
// its origin, price and end. Faults: wallet.insufficient_funds,
// wallet.insufficient_points, wallet.frozen, wallet.transfer_to_self,
// wallet.amount_required.
func (c *Client) TransferValue(ctx context.Context, from string, in WalletTransferIn, o ...Option) (WalletTransfer, error) {
	return post[WalletTransfer](ctx, c, at("members", from, "transfers"), in, o)
}

// FreezeWallet stops a member's wallet: nothing can be taken from it until it is
// restored; it still earns and can be topped up. Fault: wallet.already_frozen.
func (c *Client) FreezeWallet(ctx context.Context, member string, in WalletReason, o ...Option) (WalletStop, error) {
	return post[WalletStop](ctx, c, at("members", member, "freeze"), in, o)
}

// RestoreWallet lets a stopped wallet be used again. Fault: wallet.not_frozen.
func (c *Client) RestoreWallet(ctx context.Context, member string, in WalletReason, o ...Option) (WalletStop, error) {
	return post[WalletStop](ctx, c, at("members", member, "restore"), in, o)
}

// AdjustPoints changes a member's points by hand. Fault:
// wallet.insufficient_points.
func (c *Client) AdjustPoints(ctx context.Context, member string, in PointAdjustmentIn, o ...Option) (WalletAdjustment, error) {
	return post[WalletAdjustment](ctx, c, at("members", member, "point-adjustments"), in, o)
}

// AdjustBonus changes a member's bonus money by hand. Fault:
// wallet.insufficient_funds.
func (c *Client) AdjustBonus(ctx context.Context, member string, in BonusAdjustmentIn, o ...Option) (WalletAdjustment, error) {
	return post[WalletAdjustment](ctx, c, at("members", member, "bonus-adjustments"), in, o)
}

// Wallet is what a member holds.
type Wallet struct {
	ID            string      `json:"id"` // The member's
	MemberID      string      `json:"member_id"`
	Available     string      `json:"available"` // Balance less what open sales hold, what is pending and what is past its end
	Balance       string      `json:"balance"`   // Principal and bonus
	Bonus         string      `json:"bonus"`
	Currency      string      `json:"currency"`
	Expired       string      `json:"expired"`  // Of the balance: past its end, to be booked as expired with the next run
	Expiring      []Expiring  `json:"expiring"` // What ends within 30 days
	Frozen        bool        `json:"frozen"`   // Nothing may be taken from it
	Held          string      `json:"held"`
	Lots          []Lot       `json:"lots"`           // What still holds something, the oldest first
	Movements     []Movement  `json:"movements"`      // The newest 100
	Pending       string      `json:"pending"`        // Of the balance: not yet active
	Points        int64       `json:"points"`         // Spendable now; negative is a debt from a refund
	PointsExpired int64       `json:"points_expired"` // Past their end, to be booked as expired with the next run
	PointsPending int64       `json:"points_pending"` // Earned, not yet active
	Principal     string      `json:"principal"`
	PunchCards    []PunchCard `json:"punch_cards"`
}

// PunchCard is what is left of the visits of a service.
type PunchCard struct {
	Remaining    int64  `json:"remaining"`
	ServiceSKUID string `json:"service_sku_id"`
}

// Lot is a part of a wallet with its own origin and end.
type Lot struct {
	ID           string    `json:"id"`
	Amount       string    `json:"amount"` // As it came in: money, points or visits, by the class
	AvailableAt  time.Time `json:"available_at"`
	Class        string    `json:"class"` // principal, bonus, points or punch
	CreatedAt    time.Time `json:"created_at"`
	ExpiresAt    time.Time `json:"expires_at"`
	GroupID      string    `json:"group_id"` // The principal and the bonus of one top-up share it: the line that sold them
	OriginSaleID string    `json:"origin_sale_id"`
	OriginShopID string    `json:"origin_shop_id"`
	Paid         string    `json:"paid"`   // Principal and punches: what was paid for the amount
	Policy       string    `json:"policy"` // Principal and bonus: in which order a spend takes them; as it was when they were bought. One of proportional, principal_first, bonus_first
	Remaining    string    `json:"remaining"`
	ServiceSKUID string    `json:"service_sku_id"` // Punches: the service
	State        string    `json:"state"`          // One of active, pending, expired
}

// Expiring is what a member is about to lose.
type Expiring struct {
	Amount       string    `json:"amount"`   // Money, points or visits, by the class
	Class        string    `json:"class"`    // principal, bonus, points or punch
	FirstAt      time.Time `json:"first_at"` // When the first of it ends
	ServiceSKUID string    `json:"service_sku_id"`
}

// Movement is one posting on one of a member's accounts.
type Movement struct {
	ID           string    `json:"id"` // The entry; its postings share it
	Kind         string    `json:"kind"`
	Amount       string    `json:"amount"` // Money, points or visits, by the class
	At           time.Time `json:"at"`
	Class        string    `json:"class"`
	LotID        string    `json:"lot_id"`
	SaleID       string    `json:"sale_id"`
	ServiceSKUID string    `json:"service_sku_id"`
}

// TopUpIn buys stored value. The bonus is what the rule packs say.
type TopUpIn struct {
	ShopID     string   `json:"shop_id"`
	RegisterID string   `json:"register_id"`
	Amount     string   `json:"amount"`
	StaffID    string   `json:"staff_id,omitempty"`
	Tender     TenderIn `json:"tender"`
}

// PunchCardIn buys visits of a service.
type PunchCardIn struct {
	ShopID       string   `json:"shop_id"`
	RegisterID   string   `json:"register_id"`
	Amount       string   `json:"amount"`
	FreeVisits   int64    `json:"free_visits,omitempty"`
	ServiceSKUID string   `json:"service_sku_id"`
	StaffID      string   `json:"staff_id,omitempty"`
	Tender       TenderIn `json:"tender"`
	Visits       int64    `json:"visits"`
}

// Prepaid is a sale of stored value or visits.
type Prepaid struct {
	ID           string   `json:"id"` // The sale's
	MemberID     string   `json:"member_id"`
	Amount       string   `json:"amount"` // What was bought: the principal, or the price of the visits
	Bonus        string   `json:"bonus"`
	BusinessDate string   `json:"business_date"`
	Change       string   `json:"change"`
	Currency     string   `json:"currency"`
	Number       string   `json:"number"`
	SaleID       string   `json:"sale_id"`
	ServiceSKUID string   `json:"service_sku_id"`
	Tenders      []Tender `json:"tenders"`
	Total        string   `json:"total"`
	Visits       int64    `json:"visits"` // Paid and free ones
}

// WalletTransferIn gives stored value, points or both to another member.
type WalletTransferIn struct {
	ShopID     string `json:"shop_id"`          // Where it is done
	Amount     string `json:"amount,omitempty"` // Stored value, principal and bonus together
	Points     int64  `json:"points,omitempty"`
	Reason     string `json:"reason,omitempty"`
	ToMemberID string `json:"to_member_id"`
}

// WalletTransfer is a transfer as it was booked.
type WalletTransfer struct {
	ID           string `json:"id"` // The entry in the books
	Bonus        string `json:"bonus"`
	Currency     string `json:"currency"`
	FromMemberID string `json:"from_member_id"`
	Points       int64  `json:"points"`
	Principal    string `json:"principal"`
	ToMemberID   string `json:"to_member_id"`
}

// WalletReason says why a wallet is stopped or let go again.
type WalletReason struct {
	Reason string `json:"reason"`
}

// WalletStop is a freeze of a wallet, past or present.
type WalletStop struct {
	ID            string    `json:"id"` // The member's
	Frozen        bool      `json:"frozen"`
	FrozenAt      time.Time `json:"frozen_at"`
	FrozenBy      string    `json:"frozen_by"`
	Reason        string    `json:"reason"`
	RestoreReason string    `json:"restore_reason"`
	RestoredAt    time.Time `json:"restored_at"`
	RestoredBy    string    `json:"restored_by"`
}

// PointAdjustmentIn changes points by hand.
type PointAdjustmentIn struct {
	ShopID    string    `json:"shop_id"`             // Whose books take the other side
	ExpiresAt time.Time `json:"expires_at,omitzero"` // Of points given; default: never
	Points    int64     `json:"points"`              // Positive gives, negative takes
	Reason    string    `json:"reason"`
}

// BonusAdjustmentIn changes bonus money by hand.
type BonusAdjustmentIn struct {
	ShopID    string    `json:"shop_id"`             // Whose books take the other side
	Amount    string    `json:"amount"`              // Positive gives, negative takes
	ExpiresAt time.Time `json:"expires_at,omitzero"` // Of money given; default: never
	Reason    string    `json:"reason"`
}

// WalletAdjustment is a change by hand, and what the member has after it.
type WalletAdjustment struct {
	ID       string `json:"id"` // The entry in the books
	MemberID string `json:"member_id"`
	Bonus    string `json:"bonus"`
	Currency string `json:"currency"`
	Points   int64  `json:"points"` // Spendable now
}
