package member

import (
	"context"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/event"
	"github.com/shopwright/shopwright/core/id"
)

// In is a person to be enrolled. Only the name is required.
type In struct {
	Merchant id.ID
	Name     string
	Phone    string // also serves as the card number
	Birthday string // "1990-05-17" or "--05-17"
	Sex      string
	Address  string
	Note     string
	Email    string
	Card     string // number of a card handed out at once, blank ones too; "" for none
	CardKind string // default KindCard
	Shop     id.ID  // where the member enrolled
	Tier     string // code to begin with; "" for none

	DocumentKind string // with Document
	Document     string // number of an identity document
	Occupation   string
}

// EventJoined tells that a member was enrolled.
const EventJoined = "member.joined.v1"

// Joined is the data of EventJoined.
type Joined struct {
	Member id.ID `json:"member_id"`
}

// Create enrols a member and sends the statements, so that a phone or card
// number that is taken shows here. Faults: member.name_required,
// member.name_too_long, member.phone_invalid, member.birthday_invalid,
// member.sex_invalid, member.email_invalid, member.text_too_long,
// member.document_invalid, member.document_kind, member.card_invalid,
// member.phone_taken, member.document_taken, member.card_taken.
func Create(ctx context.Context, tx *db.Tx, v *Vault, in In) (Member, error) {
	mb, err := QueueCreate(tx, v, in)
	if err != nil {
		return Member{}, err
	}
	return mb, tx.Flush(ctx)
}

// QueueCreate is Create without sending: for imports of many members. The
// guards' faults come with the transaction's next flush.
func QueueCreate(tx *db.Tx, v *Vault, in In) (Member, error) {
	mb := Member{
		Merchant: in.Merchant, ID: tx.NewID(), Status: Active, Tier: in.Tier, JoinedAt: tx.Now, HomeShop: in.Shop, Version: 1, UpdatedAt: tx.Now,
		Private: Private{Name: in.Name, Phone: in.Phone, Birthday: in.Birthday, Sex: in.Sex, Address: in.Address, Note: in.Note, Email: in.Email,
			DocumentKind: in.DocumentKind, Document: in.Document, Occupation: in.Occupation},
	}
	if err := mb.Private.normalise(); err != nil {
		return Member{}, err
	}
	mb.DisplayName = mb.Private.Name
	mb.BirthMonth, _, _ = parseBirthday(mb.Private.Birthday)
	if in.Tier != "" {
		mb.TierSince = tx.Now
	}
	tx.Queue(`insert into members (merchant_id, id, status, tier, tier_since, joined_at, home_shop_id, version, updated_at)
		values ($1, $2, $3, $4, $5, $6, $7, 1, $6)`, in.Merchant, mb.ID, string(Active), in.Tier, mb.TierSince, tx.Now, in.Shop)
	wrapped, sealed := v.seal(in.Merchant, mb.ID, mb.Private)
	whole, tail := v.phoneIndexes(in.Merchant, mb.Private.Phone)
	tx.Queue(`insert into member_private (merchant_id, member_id, display_name, search_name, phone_index, phone_tail, birth_month, wrapped_key, sealed, document_index)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		in.Merchant, mb.ID, mb.DisplayName, searchForm(mb.DisplayName), whole, tail, mb.BirthMonth, wrapped, sealed, v.documentOrNil(in.Merchant, mb.Private.Document))
	event.Emit(tx, event.Event{Merchant: in.Merchant, Type: EventJoined, Shop: in.Shop, Data: event.JSON(Joined{mb.ID})})
	if in.Tier != "" {
		tx.Queue(`insert into tier_history (merchant_id, id, member_id, from_tier, to_tier, at, reason) values ($1, $2, $3, '', $4, $5, $6)`,
			in.Merchant, tx.NewID(), mb.ID, in.Tier, tx.Now, ReasonJoined)
	}
	if p, err := NormalisePhone(in.Card); in.Card == "" || err == nil && p == mb.Private.Phone {
		return mb, nil // the phone number is a card by itself
	}
	_, err := queueCard(tx, v, in.Merchant, mb.ID, newCard{number: in.Card, kind: in.CardKind})
	return mb, err
}

// Patch changes a profile: nil fields stay as they are.
type Patch struct {
	Version  int64 // the version that the caller has seen
	Name     *string
	Phone    *string
	Birthday *string
	Sex      *string
	Address  *string
	Note     *string
	Email    *string
	HomeShop *id.ID

	DocumentKind *string
	Document     *string
	Occupation   *string
}

func (p Patch) apply(mb *Member) {
	set := func(to *string, from *string) {
		if from != nil {
			*to = *from
		}
	}
	d := &mb.Private
	set(&d.Name, p.Name)
	set(&d.Phone, p.Phone)
	set(&d.Birthday, p.Birthday)
	set(&d.Sex, p.Sex)
	set(&d.Address, p.Address)
	set(&d.Note, p.Note)
	set(&d.Email, p.Email)
	set(&d.DocumentKind, p.DocumentKind)
	set(&d.Document, p.Document)
	set(&d.Occupation, p.Occupation)
	if p.HomeShop != nil {
		mb.HomeShop = *p.HomeShop
	}
}

// Update changes a profile. Faults: those of Create, member.not_found,
// member.erased, member.version_stale.
func Update(ctx context.Context, tx *db.Tx, v *Vault, m, memberID id.ID, p Patch) (Member, error) {
	mb, err := lockForChange(ctx, tx, v, m, memberID, p.Version)
	if err != nil {
		return Member{}, err
	}
	p.apply(&mb)
	if err := mb.Private.normalise(); err != nil {
		return Member{}, err
	}
	mb.DisplayName = mb.Private.Name
	mb.BirthMonth, _, _ = parseBirthday(mb.Private.Birthday)
	mb.Version, mb.UpdatedAt = mb.Version+1, tx.Now
	// A new data key each time: nonces never meet, and an old backup's key opens
	// only what that backup holds.
	wrapped, sealed := v.seal(m, memberID, mb.Private)
	whole, tail := v.phoneIndexes(m, mb.Private.Phone)
	tx.Queue(`update members set home_shop_id = $3, version = $4, updated_at = $5 where merchant_id = $1 and id = $2`,
		m, memberID, mb.HomeShop, mb.Version, tx.Now)
	tx.Queue(`update member_private set display_name = $3, search_name = $4, phone_index = $5, phone_tail = $6, birth_month = $7, wrapped_key = $8, sealed = $9, document_index = $10
		where merchant_id = $1 and member_id = $2`,
		m, memberID, mb.DisplayName, searchForm(mb.DisplayName), whole, tail, mb.BirthMonth, wrapped, sealed, v.documentOrNil(m, mb.Private.Document))
	return mb, tx.Flush(ctx)
}

// lockForChange reads a member with its row locked and checks that it may be
// changed. Version 0 is any version.
func lockForChange(ctx context.Context, tx *db.Tx, v *Vault, m, memberID id.ID, version int64) (Member, error) {
	if err := tx.Flush(ctx); err != nil {
		return Member{}, err
	}
	mb, err := one(ctx, tx, v, `select `+columns+from+` where m.merchant_id = $1 and m.id = $2 for update of m`, m, memberID)
	switch {
	case err != nil:
		return Member{}, err
	case mb.Status == Erased:
		return Member{}, ErrErased
	case version != 0 && version != mb.Version:
		return Member{}, ErrStale.With("version", mb.Version)
	}
	return mb, nil
}

// SetStatus freezes, archives or restores a member (Active). Faults:
// member.status_invalid, member.not_found, member.erased, member.version_stale.
func SetStatus(ctx context.Context, tx *db.Tx, v *Vault, m, memberID id.ID, to Status, version int64) (Member, error) {
	if to != Active && to != Frozen && to != Archived {
		return Member{}, ErrStatus.On("status")
	}
	mb, err := lockForChange(ctx, tx, v, m, memberID, version)
	if err != nil || mb.Status == to {
		return mb, err
	}
	mb.Status, mb.Version, mb.UpdatedAt = to, mb.Version+1, tx.Now
	tx.Queue(`update members set status = $3, version = $4, updated_at = $5 where merchant_id = $1 and id = $2`, m, memberID, string(to), mb.Version, tx.Now)
	return mb, tx.Flush(ctx)
}

// Archive leaves a member out of lists; an exact look-up still finds it.
// Faults: those of SetStatus.
func Archive(ctx context.Context, tx *db.Tx, v *Vault, m, memberID id.ID, version int64) (Member, error) {
	return SetStatus(ctx, tx, v, m, memberID, Archived, version)
}
