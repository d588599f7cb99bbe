package member

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
)

var (
	ErrCard         = fault.New(fault.Invalid, "member.card_invalid") // not 1 to 64 printable characters
	ErrCardKind     = fault.New(fault.Invalid, "member.card_kind_invalid")
	ErrCardTaken    = fault.New(fault.Conflict, "member.card_taken") // the number was handed out before
	ErrCardNotFound = fault.New(fault.NotFound, "member.card_not_found")
	ErrCardBlocked  = fault.New(fault.Conflict, "member.card_blocked") // reported lost, or replaced
	ErrCardExpired  = fault.New(fault.Conflict, "member.card_expired")
	ErrCardBlank    = fault.New(fault.Conflict, "member.card_blank")   // made ahead, not handed out yet
	ErrCardSwitch   = fault.New(fault.Invalid, "member.card_switch")   // not "", "on", "off"
	ErrCardExpiry   = fault.New(fault.Invalid, "member.card_expiry")   // not after now
	ErrCardNumber   = fault.New(fault.Invalid, "member.card_required") // neither a number nor a design to make one
)

var (
	_ = db.Guard("member_cards_pkey", ErrCardTaken)
	_ = db.Guard("ck_member_cards_status", ErrCardTaken) // see queueCard
)

// The kinds of card.
const (
	KindCard     = "card"     // plastic with a bar code, a stripe or a chip
	KindVirtual  = "virtual"  // shown on a phone
	KindDocument = "document" // an identity document; its number is stored as a blind index
)

// The states of a card.
const (
	CardBlank    = "blank" // made ahead; nobody has it
	CardActive   = "active"
	CardLost     = "lost"
	CardReplaced = "replaced"
	CardErased   = "erased"
)

// Stored numbers that no card bears.
const (
	documentPrefix = "doc:"
	erasedPrefix   = "erased:"
)

// Switch is a single card's word on what its design switches.
type Switch string

const (
	AsDesigned Switch = ""
	On         Switch = "on"
	Off        Switch = "off"
)

func (s Switch) stored() (any, error) {
	switch s {
	case AsDesigned:
		return nil, nil
	case On, Off:
		return s == On, nil
	}
	return nil, ErrCardSwitch.On("points")
}

// Card is a number under which a member is found, with what its design says.
// Number is the stored form: for a document it is an opaque key, not what is
// printed on it. The zero Card is "none was shown": see Usable and Earns.
type Card struct {
	ID         id.ID // names the card where its number should not be seen, as in an address
	Number     string
	Member     id.ID // none: blank
	Kind       string
	Status     string
	IssuedAt   clock.Instant
	ExpiresAt  clock.Instant // 0: without end
	ReplacedBy string        // the stored number that took its place
	Points     Switch        // the card's own; AsDesigned: its design's
	Design     id.ID         // none: a card without a design, which earns and asks for no PIN
	DesignName string
	DesignKind string
	Class      string
	Colour     string
	DesignEarn bool // the design's points switch
	AsksPIN    bool // spending with it needs the member's PIN
}

// Earns tells whether a sale on which this card was shown earns points. The zero
// Card earns: a member found by phone has no card to switch it off.
func (c *Card) Earns() bool {
	switch {
	case c.Points != AsDesigned:
		return c.Points == On
	case c.Design.IsNone():
		return true
	}
	return c.DesignEarn
}

// Usable tells why a card that was shown is not to be taken. Faults:
// member.card_not_found, member.card_blank, member.card_blocked,
// member.card_expired.
func (c *Card) Usable(now clock.Instant) error {
	switch {
	case c.Number == "":
		return ErrCardNotFound
	case c.Status == CardBlank:
		return ErrCardBlank
	case c.Status != CardActive:
		return ErrCardBlocked.With("status", c.Status)
	case c.ExpiresAt != 0 && now >= c.ExpiresAt:
		return ErrCardExpired
	}
	return nil
}

// storedNumber brings what was typed or scanned into the stored form.
func storedNumber(v *Vault, m id.ID, number, kind string) (string, error) {
	n := strings.TrimSpace(number)
	if n == "" || len(n) > 64 || !printable(n) || strings.HasPrefix(n, documentPrefix) || strings.HasPrefix(n, erasedPrefix) {
		return "", ErrCard.On("card")
	}
	if kind == KindDocument {
		return documentPrefix + v.documentIndex(m, n), nil
	}
	return n, nil
}

// newCard is a card to be handed out.
type newCard struct {
	number string // as typed
	kind   string
	design Design // the zero Design: none
	points Switch
	until  clock.Instant // 0: as the design says
}

// queueCard hands a number out: a new one, or one of the blank cards, which keeps
// its own design. A number that somebody has or had gets the state "taken", which
// the table refuses, so that no read has to come before.
func queueCard(tx *db.Tx, v *Vault, m, memberID id.ID, in newCard) (string, error) {
	switch in.kind {
	case "":
		in.kind = KindCard
	case KindCard, KindVirtual, KindDocument:
	default:
		return "", ErrCardKind.On("card_kind")
	}
	stored, err := storedNumber(v, m, in.number, in.kind)
	if err != nil {
		return "", err
	}
	points, err := in.points.stored()
	if err != nil {
		return "", err
	}
	var until any
	if in.until != 0 {
		until = in.until
	} else if in.design.ValidDays > 0 {
		until = tx.Now.Add(time.Duration(in.design.ValidDays) * 24 * time.Hour)
	}
	tx.Queue(`insert into member_cards (merchant_id, number, member_id, kind, status, issued_at, design_id, points_enabled, expires_at, updated_at, id)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $6, $10)
		on conflict (merchant_id, number) do update set status = case when member_cards.status = 'blank' then 'active' else 'taken' end,
		member_id = excluded.member_id, issued_at = excluded.issued_at, points_enabled = excluded.points_enabled, updated_at = excluded.updated_at,
		expires_at = coalesce(excluded.expires_at, (select case when d.valid_days > 0 then excluded.issued_at + d.valid_days * 86400000000 end
			from card_designs d where d.merchant_id = member_cards.merchant_id and d.id = member_cards.design_id))`,
		m, stored, memberID, in.kind, CardActive, tx.Now, in.design.ID, points, until, tx.NewID())
	return stored, nil
}

// Issue says how a card is handed out. Number "" takes the design's next.
type Issue struct {
	Number string
	Kind   string // default KindCard
	Design id.ID
	Points Switch
	Until  clock.Instant // 0: as the design says
}

// HandOut gives a card to a member and answers it. The number of a blank card
// hands that one out, with its own design. Faults: member.card_required,
// member.card_invalid, member.card_kind_invalid, member.card_taken,
// member.card_switch, member.card_expiry, member.card_design_not_found,
// member.card_design_archived, member.card_numbers_used_up, member.not_found,
// member.erased.
func HandOut(ctx context.Context, tx *db.Tx, v *Vault, m, memberID id.ID, in Issue) (Card, error) {
	if _, err := lockForChange(ctx, tx, nil, m, memberID, 0); err != nil {
		return Card{}, err
	}
	if in.Until != 0 && in.Until <= tx.Now {
		return Card{}, ErrCardExpiry.On("expires_at")
	}
	c := newCard{number: strings.TrimSpace(in.Number), kind: in.Kind, points: in.Points, until: in.Until}
	var err error
	switch {
	case c.number == "" && (in.Design.IsNone() || in.Kind == KindDocument):
		return Card{}, ErrCardNumber.On("card")
	case c.number == "":
		var numbers []string
		if c.design, numbers, err = takeNumbers(ctx, tx, m, in.Design, 1); err == nil {
			c.number = numbers[0]
		}
	case !in.Design.IsNone():
		if c.design, err = GetDesign(ctx, tx, m, in.Design); err == nil && c.design.Archived {
			err = ErrDesignArchived.On("design_id")
		}
	}
	if err != nil {
		return Card{}, err
	}
	stored, err := queueCard(tx, v, m, memberID, c)
	if err != nil {
		return Card{}, err
	}
	if err := tx.Flush(ctx); err != nil {
		return Card{}, err
	}
	return getCard(ctx, tx, m, stored)
}

// IssueCard is HandOut of a card without a design.
func IssueCard(ctx context.Context, tx *db.Tx, v *Vault, m, memberID id.ID, number, kind string) error {
	_, err := HandOut(ctx, tx, v, m, memberID, Issue{Number: number, Kind: kind})
	return err
}

// BlockCard reports a card lost: it finds nobody any more. number is the stored
// form. Fault: member.card_not_found.
func BlockCard(ctx context.Context, tx *db.Tx, m id.ID, number string) error {
	return moveCard(ctx, tx, m, number, CardLost, CardActive)
}

// UnblockCard takes a lost card back into use. Fault: member.card_not_found.
func UnblockCard(ctx context.Context, tx *db.Tx, m id.ID, number string) error {
	return moveCard(ctx, tx, m, number, CardActive, CardLost)
}

func moveCard(ctx context.Context, tx *db.Tx, m id.ID, number, to string, from ...string) error {
	n, err := tx.Exec(ctx, `update member_cards set status = $3, updated_at = $5 where merchant_id = $1 and number = $2 and status in_texts($4)`, m, number, to, from, tx.Now)
	if err == nil && n == 0 {
		return ErrCardNotFound
	}
	return err
}

// CardPatch changes what a single card may decide; nil fields stay.
type CardPatch struct {
	Points    *Switch
	ExpiresAt *clock.Instant // 0: without end
}

// UpdateCard changes a card that is active or lost; number is the stored form.
// Faults: member.card_not_found, member.card_switch.
func UpdateCard(ctx context.Context, tx *db.Tx, m id.ID, number string, p CardPatch) (Card, error) {
	c, err := lockCard(ctx, tx, m, number)
	if err != nil {
		return Card{}, err
	}
	if p.Points != nil {
		c.Points = *p.Points
	}
	if p.ExpiresAt != nil {
		c.ExpiresAt = *p.ExpiresAt
	}
	points, err := c.Points.stored()
	if err != nil {
		return Card{}, err
	}
	tx.Queue(`update member_cards set points_enabled = $3, expires_at = $4, updated_at = $5 where merchant_id = $1 and number = $2`, m, number, points, orNull(c.ExpiresAt), tx.Now)
	return c, tx.Flush(ctx)
}

func orNull(i clock.Instant) any {
	if i == 0 {
		return nil
	}
	return i
}

// ReplaceCard puts another number in the place of a card that is active or lost:
// a typed one, that of a blank card, or with "" the next of the old card's design.
// The old number stays blocked and names the new one; design, switches and end go
// over. The member's balances are the member's, so nothing else moves. Faults:
// member.card_not_found, member.card_required, member.card_invalid,
// member.card_taken and those of the design.
func ReplaceCard(ctx context.Context, tx *db.Tx, v *Vault, m id.ID, old, number string) (Card, error) {
	c, err := lockCard(ctx, tx, m, old)
	if err != nil {
		return Card{}, err
	}
	in := newCard{number: strings.TrimSpace(number), kind: c.Kind, points: c.Points, until: c.ExpiresAt, design: Design{ID: c.Design}}
	if in.number == "" && (c.Design.IsNone() || c.Kind == KindDocument) {
		return Card{}, ErrCardNumber.On("card")
	}
	if c.ExpiresAt != 0 && c.ExpiresAt <= tx.Now { // an expired card is replaced by one that is not
		in.until = 0
		if !c.Design.IsNone() {
			if in.design, err = GetDesign(ctx, tx, m, c.Design); err != nil {
				return Card{}, err
			}
		}
	}
	if in.number == "" {
		_, numbers, err := takeNumbers(ctx, tx, m, c.Design, 1)
		if err != nil {
			return Card{}, err
		}
		in.number = numbers[0]
	}
	stored, err := queueCard(tx, v, m, c.Member, in)
	if err != nil {
		return Card{}, err
	}
	tx.Queue(`update member_cards set status = $3, replaced_by = $4, updated_at = $5 where merchant_id = $1 and number = $2`, m, old, CardReplaced, stored, tx.Now)
	if err := tx.Flush(ctx); err != nil {
		return Card{}, err
	}
	return getCard(ctx, tx, m, stored)
}

// lockCard reads a member's card that is active or lost, for a change.
func lockCard(ctx context.Context, tx *db.Tx, m id.ID, number string) (Card, error) {
	if err := tx.Flush(ctx); err != nil {
		return Card{}, err
	}
	c, err := db.One(ctx, tx, scanCard, cardQuery+` where c.merchant_id = $1 and c.number = $2 for update of c`, m, number)
	if errors.Is(err, db.ErrNoRow) || err == nil && c.Status != CardActive && c.Status != CardLost {
		return Card{}, ErrCardNotFound
	}
	return c, err
}
