package client

import (
	"context"
	"time"
)

// Gifts lists the gifts that points buy, the cheapest first, also those
// that are not offered any more where archived is asked for. A gift
// is handed out as a line of a sale (LineIn with the kind gift and GiftID).
func (c *Client) Gifts(ctx context.Context, archived bool) (List[Gift], error) {
	return get[List[Gift]](ctx, c, "/gifts", Page{}.query("archived", flag(archived)))
}

// Gift gets a gift. Fault: loyalty.gift_not_found.
func (c *Client) Gift(ctx context.Context, id string) (Gift, error) {
	return get[Gift](ctx, c, at("gifts", id), nil)
}

// CreateGift offers a gift. Fault: loyalty.bad_gift.
func (c *Client) CreateGift(ctx context.Context, in NewGift, o ...Option) (Gift, error) {
	return post[Gift](ctx, c, "/gifts", in, o)
}

// ReplaceGift replaces or archives a gift. Fault: loyalty.gift_changed.
func (c *Client) ReplaceGift(ctx context.Context, id string, in GiftIn) (Gift, error) {
	return put[Gift](ctx, c, at("gifts", id), in)
}

// GiftRedemptions lists what was handed out for points, the newest first; of one
// gift where it is named.
func (c *Client) GiftRedemptions(ctx context.Context, gift string, p Page) (List[GiftRedemption], error) {
	return get[List[GiftRedemption]](ctx, c, "/gift-redemptions", p.query("gift_id", gift))
}

// Tiers lists the tiers, the lowest first.
func (c *Client) Tiers(ctx context.Context) (List[Tier], error) {
	return get[List[Tier]](ctx, c, "/tiers", nil)
}

// CreateTier adds a tier. Faults: member.tier_taken, member.tier_invalid.
func (c *Client) CreateTier(ctx context.Context, in NewTier, o ...Option) (Tier, error) {
	return post[Tier](ctx, c, "/tiers", in, o)
}

// UpdateTier renames a tier or moves its rank. Fault: member.tier_not_found.
func (c *Client) UpdateTier(ctx context.Context, code string, in TierIn) (Tier, error) {
	return put[Tier](ctx, c, at("tiers", code), in)
}

// MemberTier says how a member stands: tier, progress, history.
func (c *Client) MemberTier(ctx context.Context, member string) (MemberTier, error) {
	return get[MemberTier](ctx, c, at("members", member, "tier"), nil)
}

// SetMemberTier gives a member a tier by hand. Faults: member.tier_not_found,
// loyalty.bad_until.
func (c *Client) SetMemberTier(ctx context.Context, member string, in TierByHand) (MemberTier, error) {
	return put[MemberTier](ctx, c, at("members", member, "tier"), in)
}

// Gift is what points buy.
type Gift struct {
	ID         string    `json:"id"`
	Name       string    `json:"name"`
	Archived   bool      `json:"archived"`
	Code       string    `json:"code"` // By which rules know the gift
	Currency   string    `json:"currency"`
	Money      string    `json:"money"`             // To be paid beside the points, for one
	OnHand     *int64    `json:"on_hand,omitempty"` // The gift's own count; without it none is kept
	PerMember  int64     `json:"per_member"`        // The most that one member takes; 0: any number
	Points     int64     `json:"points"`            // For one
	SKUID      string    `json:"sku_id"`            // Whose stock counts, where the SKU is stocked
	Taken      int64     `json:"taken"`             // So far, what came back not counted
	UpdatedAt  time.Time `json:"updated_at"`
	ValidFrom  time.Time `json:"valid_from"`
	ValidUntil time.Time `json:"valid_until"` // Exclusive
	Version    int64     `json:"version"`
}

// NewGift is a gift to be offered.
type NewGift struct {
	Name       string    `json:"name"`
	Code       string    `json:"code,omitempty"` // By which rules know the gift
	Money      string    `json:"money,omitempty"`
	OnHand     *int64    `json:"on_hand,omitempty"`
	PerMember  int64     `json:"per_member,omitempty"`
	Points     int64     `json:"points"`
	SKUID      string    `json:"sku_id,omitempty"`
	ValidFrom  time.Time `json:"valid_from,omitzero"`
	ValidUntil time.Time `json:"valid_until,omitzero"`
}

// GiftIn replaces a gift whole.
type GiftIn struct {
	NewGift
	Archived bool  `json:"archived,omitempty"`
	Version  int64 `json:"version,omitempty"` // The version you have seen; without it any. What is taken raises it too
}

// GiftRedemption is a sale's line that handed a gift out.
type GiftRedemption struct {
	ID       string    `json:"id"`
	MemberID string    `json:"member_id"`
	At       time.Time `json:"at"`
	Back     int64     `json:"back"` // Of it, what came back
	GiftID   string    `json:"gift_id"`
	Points   int64     `json:"points"` // Of the whole quantity
	Quantity int64     `json:"quantity"`
	SaleID   string    `json:"sale_id"`
}

// Tier is a level that the merchant has.
type Tier struct {
	ID   string `json:"id"` // The code
	Name string `json:"name"`
	Code string `json:"code"`
	Rank int64  `json:"rank"` // Higher is better
}

// NewTier is a tier to be added.
type NewTier struct {
	Name string `json:"name"`
	Code string `json:"code"` // It stays
	Rank int64  `json:"rank"` // Higher is better
}

// TierIn renames a tier or moves it.
type TierIn struct {
	Name string `json:"name"`
	Rank int64  `json:"rank"`
}

// MemberTier is how a member stands.
type MemberTier struct {
	ID            string       `json:"id"` // The member's
	BelowSince    string       `json:"below_since"`
	Currency      string       `json:"currency"`
	Deserved      string       `json:"deserved"`       // What the figures deserve today, "" none
	DeservedKnown bool         `json:"deserved_known"` // Whether every rule pack has answered
	GraceUntil    string       `json:"grace_until"`    // The last day on which the tier is kept although the figures fell short
	HeldUntil     string       `json:"held_until"`     // The last day of a tier set by hand; 9999-12-31 is for ever
	History       []TierChange `json:"history"`        // The newest changes, at most fifty
	Next          *TierNext    `json:"next,omitempty"` // The next tier, where the rule packs name one
	Notes         []RuleNote   `json:"notes"`
	ReviewOn      string       `json:"review_on"`
	Tier          string       `json:"tier"` // The code, "" without one
	TierSince     time.Time    `json:"tier_since"`
}

// TierNext is what is missing to the next tier.
type TierNext struct {
	Metric        string `json:"metric"`         // spend, visits, points
	Missing       int64  `json:"missing"`        // Visits or points
	MissingAmount string `json:"missing_amount"` // Where spend counts
	Need          int64  `json:"need"`
	NeedAmount    string `json:"need_amount"`
	Tier          string `json:"tier"`
}

// TierChange is a line of a member's tier history.
type TierChange struct {
	ID        string    `json:"id"`
	ActorID   string    `json:"actor_id"` // Who did it by hand
	At        time.Time `json:"at"`
	From      string    `json:"from"`
	HeldUntil string    `json:"held_until"`
	PackID    string    `json:"pack_id"`
	Reason    string    `json:"reason"`  // A code, or what a person wrote
	SaleID    string    `json:"sale_id"` // That reached the step
	To        string    `json:"to"`
}

// TierByHand is a tier that a person gives a member.
type TierByHand struct {
	Reason string `json:"reason"`
	Tier   string `json:"tier"`            // The code, "" for none
	Until  string `json:"until,omitempty"` // The last day on which it stays whatever the figures say; 9999-12-31 is for ever; without it the rules go on
}
