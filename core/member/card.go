package member

import (
	"context"
	"errors"
	"strings"

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
)

var _ = db.Guard("member_cards_pkey", ErrCardTaken)

// The kinds of card.
const (
	KindCard     = "card"     // plastic with a bar code, a stripe or a chip
	KindVirtual  = "virtual"  // shown on a phone
	KindDocument = "document" // an identity document; its number is stored as a blind index
)

// The states of a card.
const (
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

// Card is a number under which a member is found. Number is the stored form: for
// a document it is an opaque key, not what is printed on it.
type Card struct {
	Number   string
	Member   id.ID
	Kind     string
	Status   string
	IssuedAt clock.Instant
}

// storedNumber brings what was typed or scanned into the stored form.
func storedNumber(v *Vault, m id.ID, number, kind string) (string, error) {
	n := strings.TrimSpace(number)
	if n == "" || len(n) > 64 || strings.HasPrefix(n, documentPrefix) || strings.HasPrefix(n, erasedPrefix) {
		return "", ErrCard.On("card")
	}
	for i := 0; i < len(n); i++ {
		if n[i] <= ' ' || n[i] > '~' {
			return "", ErrCard.On("card")
		}
	}
	if kind == KindDocument {
		return documentPrefix + blind(v.of(m).document, strings.ToUpper(n)), nil
	}
	return n, nil
}

func queueCard(tx *db.Tx, v *Vault, m, memberID id.ID, number, kind string) error {
	switch kind {
	case "":
		kind = KindCard
	case KindCard, KindVirtual, KindDocument:
	default:
		return ErrCardKind.On("card_kind")
	}
	stored, err := storedNumber(v, m, number, kind)
	if err != nil {
		return err
	}
	tx.Queue(`insert into member_cards (merchant_id, number, member_id, kind, status, issued_at) values ($1, $2, $3, $4, $5, $6)`,
		m, stored, memberID, kind, CardActive, tx.Now)
	return nil
}

// IssueCard hands a card to a member. Faults: member.card_invalid,
// member.card_kind_invalid, member.card_taken, member.not_found, member.erased.
func IssueCard(ctx context.Context, tx *db.Tx, v *Vault, m, memberID id.ID, number, kind string) error {
	if _, err := lockForChange(ctx, tx, v, m, memberID, 0); err != nil {
		return err
	}
	if err := queueCard(tx, v, m, memberID, number, kind); err != nil {
		return err
	}
	return tx.Flush(ctx)
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
	n, err := tx.Exec(ctx, `update member_cards set status = $3 where merchant_id = $1 and number = $2 and status in_texts($4)`, m, number, to, from)
	if err == nil && n == 0 {
		return ErrCardNotFound
	}
	return err
}

// ReplaceCard puts a new number in the place of one that is active or lost. The
// member's balances are the member's, so nothing else moves. Faults:
// member.card_not_found, member.card_invalid, member.card_taken.
func ReplaceCard(ctx context.Context, tx *db.Tx, v *Vault, m id.ID, old, number string) error {
	if err := tx.Flush(ctx); err != nil {
		return err
	}
	c, err := db.One(ctx, tx, scanCard, `select `+cardColumns+` from member_cards where merchant_id = $1 and number = $2 for update`, m, old)
	if errors.Is(err, db.ErrNoRow) {
		return ErrCardNotFound
	}
	if err != nil {
		return err
	}
	if err := moveCard(ctx, tx, m, old, CardReplaced, CardActive, CardLost); err != nil {
		return err
	}
	if err := queueCard(tx, v, m, c.Member, number, c.Kind); err != nil {
		return err
	}
	return tx.Flush(ctx)
}

const cardColumns = `number, member_id, kind, status, issued_at`

func scanCard(r db.Row, c *Card) error {
	return r.Scan(&c.Number, &c.Member, &c.Kind, &c.Status, &c.IssuedAt)
}

// ListCards lists a member's cards, the newest first.
func ListCards(ctx context.Context, r db.Reader, m, memberID id.ID) ([]Card, error) {
	return db.All(ctx, r, scanCard, `select `+cardColumns+` from member_cards where merchant_id = $1 and member_id = $2 order by issued_at desc, number`, m, memberID)
}

// FindByCard finds who holds a card that was scanned or typed: a card's number,
// a document's number or, as the last, a phone number. Faults:
// member.card_not_found, member.card_blocked.
func FindByCard(ctx context.Context, r db.Reader, v *Vault, m id.ID, number string) (Member, error) {
	keys := v.exactKeys(m, number)
	cards, err := db.All(ctx, r, scanCard, `select `+cardColumns+` from member_cards where merchant_id = $1 and number in_texts($2) order by status`, m, keys.numbers)
	if err != nil {
		return Member{}, err
	}
	for _, c := range cards {
		if c.Status == CardActive {
			return Get(ctx, r, v, m, c.Member)
		}
	}
	if len(cards) > 0 {
		return Member{}, ErrCardBlocked.With("status", cards[0].Status)
	}
	mb, err := one(ctx, r, v, `select `+columns+from+` where p.merchant_id = $1 and p.phone_index = $2`, m, keys.phone)
	if errors.Is(err, ErrNotFound) {
		return Member{}, ErrCardNotFound
	}
	return mb, err
}
