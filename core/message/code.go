package message

import (
	"context"
	"crypto/subtle"
	"errors"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
)

var (
	ErrCode     = fault.New(fault.Denied, "message.code_wrong")         // wrong, used, or none asked for
	ErrCodeOld  = fault.New(fault.Conflict, "message.code_expired")     // ask for another
	ErrCodeSoon = fault.New(fault.Exceeded, "message.code_too_soon")    // one was asked for a moment ago
	ErrCodeMany = fault.New(fault.Exceeded, "message.code_too_many")    // enough for this hour
	ErrCodeOff  = fault.New(fault.Conflict, "message.code_unavailable") // codes are not sent here
)

const (
	// CodeLife is for how long a code may be typed in.
	CodeLife = 5 * time.Minute

	codeRest   = time.Minute // between two codes
	codeHourly = 5
	codeTries  = 5
)

// AskCode writes a verification code for a member and a purpose ("sign_in"). The code
// is kept nowhere: it is made from the id whenever it is needed. Faults:
// message.code_unavailable, message.code_too_soon, message.code_too_many.
func AskCode(ctx context.Context, tx *db.Tx, p Policy, m, shop, memberID id.ID, purpose string) (id.ID, error) {
	if !p.Sends(KindVerification) {
		return id.None, ErrCodeOff
	}
	var n int
	var last clock.Instant
	// The member's row is locked, so that two requests at once are one after the other.
	tx.Ask(func(r db.Row) error { var s string; return r.Scan(&s) }, `select status from members where merchant_id = $1 and id = $2 for update`, m, memberID)
	tx.Ask(func(r db.Row) error { return r.Scan(&n, &last) }, `select count(*), coalesce(max(expires_at), 0) from message_codes where merchant_id = $1 and member_id = $2 and expires_at > $3`,
		m, memberID, tx.Now.Add(CodeLife-time.Hour))
	if err := tx.Flush(ctx); err != nil {
		return id.None, err
	}
	switch {
	case last > tx.Now.Add(CodeLife-codeRest):
		return id.None, ErrCodeSoon
	case n >= codeHourly:
		return id.None, ErrCodeMany
	}
	code := tx.NewID()
	tx.Queue(`insert into message_codes (merchant_id, id, member_id, purpose, expires_at) values ($1, $2, $3, $4, $5)`, m, code, memberID, purpose, tx.Now.Add(CodeLife))
	Queue(tx, New{Merchant: m, Member: memberID, Shop: shop, Kind: KindVerification, Origin: "code:" + code.String()})
	return code, nil
}

// CodeEnds is until when a code may be typed in. Fault: message.not_found.
func CodeEnds(ctx context.Context, r db.Reader, m, code id.ID) (clock.Instant, error) {
	at, err := db.Value[clock.Instant](ctx, r, `select expires_at from message_codes where merchant_id = $1 and id = $2`, m, code)
	if errors.Is(err, db.ErrNoRow) {
		return 0, ErrNotFound
	}
	return at, err
}

// CheckCode answers nil where it is the newest code that the member was sent for the
// purpose; it is good once, and five wrong ones end it. The caller commits what
// CheckCode wrote in any case. Faults: message.code_wrong, message.code_expired.
func CheckCode(ctx context.Context, tx *db.Tx, v *member.Vault, m, memberID id.ID, purpose, typed string) error {
	type row struct {
		id            id.ID
		expires, used clock.Instant
		tries         int
	}
	c, err := db.One(ctx, tx, func(r db.Row, c *row) error { return r.Scan(&c.id, &c.expires, &c.used, &c.tries) },
		`select id, expires_at, used_at, tries from message_codes where merchant_id = $1 and member_id = $2 and purpose = $3 order by id desc limit 1 for update`, m, memberID, purpose)
	switch {
	case errors.Is(err, db.ErrNoRow):
		return ErrCode
	case err != nil:
		return err
	case c.used > 0 || c.tries >= codeTries:
		return ErrCode
	case tx.Now >= c.expires:
		return ErrCodeOld
	}
	if subtle.ConstantTimeCompare([]byte(typed), []byte(v.Code(m, c.id))) != 1 {
		tx.Queue(`update message_codes set tries = tries + 1 where merchant_id = $1 and id = $2`, m, c.id)
		return ErrCode
	}
	tx.Queue(`update message_codes set used_at = $3 where merchant_id = $1 and id = $2`, m, c.id, tx.Now)
	return nil
}
