package member

import (
	"context"
	"database/sql"
	"errors"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
)

const cardQuery = `select c.id, c.number, c.member_id, c.kind, c.status, c.issued_at, coalesce(c.expires_at, 0), coalesce(c.replaced_by, ''), c.points_enabled, c.design_id,
	coalesce(d.name, ''), coalesce(d.kind, ''), coalesce(d.class, ''), coalesce(d.colour, ''), d.points_enabled, d.pin_required
	from member_cards c left join card_designs d on d.merchant_id = c.merchant_id and d.id = c.design_id`

func scanCard(r db.Row, c *Card) error {
	var own, earns, pin sql.NullBool
	err := r.Scan(&c.ID, &c.Number, &c.Member, &c.Kind, &c.Status, &c.IssuedAt, &c.ExpiresAt, &c.ReplacedBy, &own, &c.Design,
		&c.DesignName, &c.DesignKind, &c.Class, &c.Colour, &earns, &pin)
	c.DesignEarn, c.AsksPIN = earns.Bool, pin.Bool
	if own.Valid {
		c.Points = Off
		if own.Bool {
			c.Points = On
		}
	}
	return err
}

func getCard(ctx context.Context, r db.Reader, m id.ID, stored string) (Card, error) {
	c, err := db.One(ctx, r, scanCard, cardQuery+` where c.merchant_id = $1 and c.number = $2`, m, stored)
	if errors.Is(err, db.ErrNoRow) {
		return Card{}, ErrCardNotFound
	}
	return c, err
}

// GetCard reads a card by its stored number, whatever its state. Fault:
// member.card_not_found.
func GetCard(ctx context.Context, r db.Reader, m id.ID, number string) (Card, error) {
	return getCard(ctx, r, m, number)
}

// CardOf reads a member's card by its id, whatever its state. Fault:
// member.card_not_found.
func CardOf(ctx context.Context, r db.Reader, m, memberID, card id.ID) (Card, error) {
	c, err := db.One(ctx, r, scanCard, cardQuery+` where c.merchant_id = $1 and c.member_id = $2 and c.id = $3`, m, memberID, card)
	if errors.Is(err, db.ErrNoRow) {
		return Card{}, ErrCardNotFound
	}
	return c, err
}

// ListCards lists a member's cards, the newest first.
func ListCards(ctx context.Context, r db.Reader, m, memberID id.ID) ([]Card, error) {
	return db.All(ctx, r, scanCard, cardQuery+` where c.merchant_id = $1 and c.member_id = $2 order by c.issued_at desc, c.number`, m, memberID)
}

// AskCard reads for a flow the card that was shown, with its design's switches:
// number is what was typed or scanned, of a card or a document. out.Number is ""
// where there is no such card, and also where the number is a phone number. The
// flow then checks out.Usable(now) and that out.Member is the sale's member;
// out.Earns() is the points switch and out.AsksPIN goes to PIN.Needed.
func AskCard(v *Vault, m id.ID, number string, out *Card) db.Ask {
	*out = Card{}
	return db.Ask{
		SQL:  cardQuery + ` where c.merchant_id = $1 and c.number in_texts($2) order by c.status`,
		Args: []any{m, v.exactKeys(m, number).numbers},
		Scan: func(r db.Row) error {
			var c Card
			err := scanCard(r, &c)
			if out.Number == "" { // "active" sorts before all states but those that name nobody
				*out = c
			}
			return err
		},
	}
}

// FindByCard finds who holds a card that was scanned or typed: a card's number,
// a document's number or, as the last, a phone number. Faults:
// member.card_not_found, member.card_blocked, member.card_expired,
// member.card_blank.
func FindByCard(ctx context.Context, r db.Reader, v *Vault, m id.ID, number string) (Member, error) {
	_, mb, err := FindCard(ctx, r, v, m, number)
	return mb, err
}

// FindCard is FindByCard with the card; it is the zero Card where the member was
// found by a phone number or by the document of the profile.
func FindCard(ctx context.Context, r db.Reader, v *Vault, m id.ID, number string) (Card, Member, error) {
	var c Card
	if err := r.Batch(ctx, AskCard(v, m, number, &c)); err != nil {
		return Card{}, Member{}, err
	}
	if c.Number != "" {
		if err := c.Usable(nowOf(r)); err != nil {
			return c, Member{}, err
		}
		mb, err := Get(ctx, r, v, m, c.Member)
		return c, mb, err
	}
	keys := v.exactKeys(m, number)
	mb, err := one(ctx, r, v, `select `+columns+from+` where p.merchant_id = $1 and (p.phone_index = $2 or p.document_index = $3) order by case when p.phone_index = $2 then 0 else 1 end`, m, keys.phone, keys.document)
	if errors.Is(err, ErrNotFound) {
		return Card{}, Member{}, ErrCardNotFound
	}
	return Card{}, mb, err
}

// nowOf is the instant of a reader: a transaction's, or the database's clock.
func nowOf(r db.Reader) clock.Instant {
	switch r := r.(type) {
	case *db.Tx:
		return r.Now
	case *db.DB:
		return r.Now()
	}
	return 0
}
