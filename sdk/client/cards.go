package client

import (
	"context"
	"time"
)

// FindCard finds who holds a card, by its number, a phone number or an identity
// document. Faults: member.card_not_found, member.card_blocked,
// member.card_expired, member.card_blank.
func (c *Client) FindCard(ctx context.Context, number string) (CardFound, error) {
	return get[CardFound](ctx, c, "/cards", Page{}.query("number", number))
}

// Cards lists a member's cards.
func (c *Client) Cards(ctx context.Context, member string) (List[MemberCard], error) {
	return get[List[MemberCard]](ctx, c, at("members", member, "cards"), nil)
}

// IssueCard hands a card out. Faults: member.card_required, member.card_taken,
// member.card_design_not_found, member.card_design_archived.
func (c *Client) IssueCard(ctx context.Context, member string, in NewCard, o ...Option) (MemberCard, error) {
	return post[MemberCard](ctx, c, at("members", member, "cards"), in, o)
}

// UpdateCard changes a card's switch or end.
func (c *Client) UpdateCard(ctx context.Context, member, card string, in CardPatch) (MemberCard, error) {
	return patch[MemberCard](ctx, c, at("members", member, "cards", card), in)
}

// BlockCard reports a card lost.
func (c *Client) BlockCard(ctx context.Context, member, card string) (MemberCard, error) {
	return put[MemberCard](ctx, c, at("members", member, "cards", card, "loss"), nil)
}

// UnblockCard takes a lost card back into use.
func (c *Client) UnblockCard(ctx context.Context, member, card string) (MemberCard, error) {
	return remove[MemberCard](ctx, c, at("members", member, "cards", card, "loss"))
}

// ReplaceCard gives a card's place to another number.
func (c *Client) ReplaceCard(ctx context.Context, member, card string, in CardReplacement, o ...Option) (MemberCard, error) {
	return post[MemberCard](ctx, c, at("members", member, "cards", card, "replacement"), in, o)
}

// CardDesigns lists the card designs.
func (c *Client) CardDesigns(ctx context.Context) (List[CardDesign], error) {
	return get[List[CardDesign]](ctx, c, "/card-designs", nil)
}

// CreateCardDesign adds a card design; it needs a name. Fault:
// member.card_design_taken.
func (c *Client) CreateCardDesign(ctx context.Context, in CardDesignPatch, o ...Option) (CardDesign, error) {
	return post[CardDesign](ctx, c, "/card-designs", in, o)
}

// UpdateCardDesign changes a card design. Fault: member.card_design_not_found.
func (c *Client) UpdateCardDesign(ctx context.Context, id string, in CardDesignPatch) (CardDesign, error) {
	return patch[CardDesign](ctx, c, at("card-designs", id), in)
}

// MakeBlankCards makes the numbers of blank cards of a design. Faults:
// member.card_batch_size, member.card_numbers_used_up.
func (c *Client) MakeBlankCards(ctx context.Context, design string, in NewBatch, o ...Option) (CardBatch, error) {
	return post[CardBatch](ctx, c, at("card-designs", design, "batches"), in, o)
}

// CardBatches lists the batches of blank cards.
func (c *Client) CardBatches(ctx context.Context, p Page) (List[CardBatch], error) {
	return get[List[CardBatch]](ctx, c, "/card-batches", p.query())
}

// CardBatch gets a batch with its numbers.
func (c *Client) CardBatch(ctx context.Context, id string) (CardBatch, error) {
	return get[CardBatch](ctx, c, at("card-batches", id), nil)
}

// CardFound is what a number that was shown leads to.
type CardFound struct {
	Card   *MemberCard `json:"card,omitempty"` // Absent where the number is a phone number or a document of the profile
	Member Member      `json:"member"`
}

// MemberCard is a card of a member.
type MemberCard struct {
	ID          string    `json:"id"`
	MemberID    string    `json:"member_id"` // Absent while the card is blank
	Kind        string    `json:"kind"`      // One of card, virtual, document
	Class       string    `json:"class"`
	DesignID    string    `json:"design_id"`
	DesignName  string    `json:"design_name"`
	EarnsPoints bool      `json:"earns_points"` // What its switch and its design come to
	ExpiresAt   time.Time `json:"expires_at"`
	IssuedAt    time.Time `json:"issued_at"`
	Number      string    `json:"number"` // "" for a document: its number is not stored
	PINRequired bool      `json:"pin_required"`
	Points      string    `json:"points"`      // The card's own switch. One of design, on, off
	ReplacedBy  string    `json:"replaced_by"` // The number that took its place
	Status      string    `json:"status"`      // One of blank, active, lost, replaced, erased
}

// NewCard hands a card out.
type NewCard struct {
	Kind      string    `json:"kind,omitempty"` // One of card, virtual, document
	DesignID  string    `json:"design_id,omitempty"`
	ExpiresAt time.Time `json:"expires_at,omitzero"`
	Number    string    `json:"number,omitempty"` // Also that of a blank card; without it the design's next
	Points    string    `json:"points,omitempty"` // One of design, on, off
}

// CardPatch changes what a single card decides; nil stays as it is.
type CardPatch struct {
	ExpiresAt *time.Time `json:"expires_at,omitempty"`
	NoEnd     bool       `json:"no_end,omitempty"` // Takes the end away
	Points    *string    `json:"points,omitempty"` // One of design, on, off
}

// CardReplacement is the number that takes a card's place.
type CardReplacement struct {
	Number string `json:"number,omitempty"` // Also that of a blank card; without it the next of the old card's design
}

// CardDesign is what cards of one kind have in common.
type CardDesign struct {
	ID            string    `json:"id"`
	Name          string    `json:"name"`
	Kind          string    `json:"kind"` // One of general, stored_value, discount, count, points
	Archived      bool      `json:"archived"`
	Class         string    `json:"class"` // The merchant's own word: VIP, gold, third party
	Colour        string    `json:"colour"`
	Digits        int64     `json:"digits"` // Of the counter that follows the prefix
	NextNumber    int64     `json:"next_number"`
	Picture       string    `json:"picture"`
	PINRequired   bool      `json:"pin_required"`   // Spending with such a card asks for the member's PIN
	PointsEnabled bool      `json:"points_enabled"` // Showing such a card earns points
	Prefix        string    `json:"prefix"`         // Of generated numbers
	UpdatedAt     time.Time `json:"updated_at"`
	ValidDays     int64     `json:"valid_days"` // From the issue; 0 without end. What the member holds does not expire with a card
}

// CardDesignPatch makes a design, or changes what it names of one.
type CardDesignPatch struct {
	Name          *string `json:"name,omitempty"`     // Needed for a new design
	Kind          *string `json:"kind,omitempty"`     // One of general, stored_value, discount, count, points
	Archived      *bool   `json:"archived,omitempty"` // No more cards of it; those that are out stay good
	Class         *string `json:"class,omitempty"`
	Colour        *string `json:"colour,omitempty"`
	Digits        *int64  `json:"digits,omitempty"`
	NextNumber    *int64  `json:"next_number,omitempty"` // Only moves on
	Picture       *string `json:"picture,omitempty"`
	PINRequired   *bool   `json:"pin_required,omitempty"`
	PointsEnabled *bool   `json:"points_enabled,omitempty"`
	Prefix        *string `json:"prefix,omitempty"`
	ValidDays     *int64  `json:"valid_days,omitempty"`
}

// NewBatch asks for blank cards.
type NewBatch struct {
	Count int64 `json:"count"`
}

// CardBatch is blank cards that were made together.
type CardBatch struct {
	ID          string       `json:"id"`
	Cards       []MemberCard `json:"cards"` // Only where one batch is asked for
	Count       int64        `json:"count"`
	DesignID    string       `json:"design_id"`
	FirstNumber string       `json:"first_number"`
	LastNumber  string       `json:"last_number"`
	Left        int64        `json:"left"` // Not handed out yet
	MadeAt      time.Time    `json:"made_at"`
}
