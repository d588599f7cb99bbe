package client

import (
	"context"
	"time"
)

// GiftCards lists gift cards, the newest first. A card is sold as a line of a sale
// (LineIn with the kind gift_card) and pays as a tender gift_card whose Reference
// is its number.
func (c *Client) GiftCards(ctx context.Context, f GiftCardFilter, p Page) (List[GiftCard], error) {
	return get[List[GiftCard]](ctx, c, "/gift-cards", p.query("number", f.Number, "state", f.State, "buyer_member_id", f.BuyerMemberID, "sale_id", f.SaleID))
}

// GiftCardFilter narrows a list; the zero value is all.
type GiftCardFilter struct {
	Number        string // as it is printed; blanks and hyphens do not count
	State         string // active, blocked, void
	BuyerMemberID string
	SaleID        string // the sale that sold it
}

// GiftCard gets a gift card and its movements. Fault: wallet.gift_card_not_found.
func (c *Client) GiftCard(ctx context.Context, id string) (GiftCard, error) {
	return get[GiftCard](ctx, c, at("gift-cards", id), nil)
}

// BlockGiftCard stops a gift card, as when it is lost. Faults:
// wallet.gift_card_blocked, wallet.gift_card_void, wallet.reason_required.
func (c *Client) BlockGiftCard(ctx context.Context, id string, in WalletReason) (GiftCard, error) {
	return put[GiftCard](ctx, c, at("gift-cards", id, "block"), in)
}

// UnblockGiftCard lets a blocked gift card be used again.
func (c *Client) UnblockGiftCard(ctx context.Context, id string) (GiftCard, error) {
	return remove[GiftCard](ctx, c, at("gift-cards", id, "block"))
}

// ExtendGiftCard moves a gift card's end later, also after it has passed. Fault:
// wallet.gift_card_end_earlier.
func (c *Client) ExtendGiftCard(ctx context.Context, id string, in GiftCardEnd) (GiftCard, error) {
	return put[GiftCard](ctx, c, at("gift-cards", id, "end"), in)
}

// GiftCard is a card with what is on it.
type GiftCard struct {
	ID            string     `json:"id"`
	ShopID        string     `json:"shop_id"`
	Available     string     `json:"available"` // What may be paid with it now: nothing of a card that is blocked, void or past its end
	Balance       string     `json:"balance"`
	BuyerMemberID string     `json:"buyer_member_id"`
	Currency      string     `json:"currency"`
	ExpiresAt     time.Time  `json:"expires_at"` // Default: never
	Face          string     `json:"face"`       // What it was loaded with
	HasPIN        bool       `json:"has_pin"`
	IssuedAt      time.Time  `json:"issued_at"`
	Movements     []Movement `json:"movements"` // The newest 100, of one card only
	Number        string     `json:"number"`
	Price         string     `json:"price"`  // What was paid for it
	Reason        string     `json:"reason"` // Why it is blocked or void
	SaleID        string     `json:"sale_id"`
	State         string     `json:"state"` // Past its end a card is still active; its balance stays and it can be extended. One of active, blocked, void
}

// GiftCardEnd is a new end of a card.
type GiftCardEnd struct {
	ExpiresAt time.Time `json:"expires_at,omitzero"` // Later than before; without: never
}
