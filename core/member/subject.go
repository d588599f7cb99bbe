package member

import (
	"context"
	"crypto/hmac"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
)

var (
	ErrSubject      = fault.New(fault.Invalid, "member.subject_invalid")      // no account, or no app
	ErrSubjectTaken = fault.New(fault.Conflict, "member.subject_taken")       // the account belongs to another member
	ErrAppTaken     = fault.New(fault.Conflict, "member.subject_app_taken")   // the member has another account of that app
	ErrTicket       = fault.New(fault.Invalid, "member.link_ticket_invalid")  // none of ours, or altered
	ErrTicketOld    = fault.New(fault.Conflict, "member.link_ticket_expired") // too late
)

var (
	_ = db.Guard("member_subjects_pkey", ErrSubjectTaken)
	_ = db.Guard("ux_member_subjects_member_id_app", ErrAppTaken)
)

// Subject is a person's account elsewhere.
type Subject struct {
	App string `json:"a"` // whose account: an official account's id
	ID  string `json:"s"` // its name there (openid)
}

// Subjects are a member's accounts elsewhere, as JSON of the account by the app: a
// text, so that Private stays comparable.
type Subjects string

func (s Subjects) all() map[string]string {
	out := map[string]string{}
	_ = json.Unmarshal([]byte(s), &out) // written by with alone; "" is none
	return out
}

// Of is the account of an app, "" where the member has none.
func (s Subjects) Of(app string) string { return s.all()[app] }

func (s Subjects) with(app, account string) Subjects {
	all := s.all()
	if all[app] = account; account == "" {
		delete(all, app)
	}
	if len(all) == 0 {
		return ""
	}
	text, err := json.Marshal(all)
	if err != nil {
		panic(err) // strings always marshal
	}
	return Subjects(text)
}

func (s Subject) check() error {
	if s.App == "" || s.ID == "" || len(s.App) > 100 || len(s.ID) > 200 {
		return ErrSubject
	}
	return nil
}

func (v *Vault) subjectIndex(m id.ID, s Subject) string {
	return blind(v.of(m).subject, s.App+"\x00"+s.ID)
}

// Link notes that an account is the member's; again it does nothing. Faults:
// member.subject_invalid, member.subject_taken, member.subject_app_taken,
// member.not_found, member.erased.
func Link(ctx context.Context, tx *db.Tx, v *Vault, m, memberID id.ID, s Subject) error {
	if err := s.check(); err != nil {
		return err
	}
	mb, err := lockForChange(ctx, tx, v, m, memberID, 0)
	switch {
	case err != nil:
		return err
	case mb.Private.Subjects.Of(s.App) == s.ID:
		return nil
	case mb.Private.Subjects.Of(s.App) != "":
		return ErrAppTaken
	}
	mb.Private.Subjects = mb.Private.Subjects.with(s.App, s.ID)
	tx.Queue(`insert into member_subjects (merchant_id, app, subject_index, member_id, linked_at) values ($1, $2, $3, $4, $5)`, m, s.App, v.subjectIndex(m, s), memberID, tx.Now)
	return v.reseal(ctx, tx, mb)
}

// Unlink forgets the member's account of an app; without one it does nothing.
// Faults: member.not_found, member.erased.
func Unlink(ctx context.Context, tx *db.Tx, v *Vault, m, memberID id.ID, app string) error {
	mb, err := lockForChange(ctx, tx, v, m, memberID, 0)
	if err != nil || mb.Private.Subjects.Of(app) == "" {
		return err
	}
	mb.Private.Subjects = mb.Private.Subjects.with(app, "")
	tx.Queue(`delete from member_subjects where merchant_id = $1 and member_id = $2 and app = $3`, m, memberID, app)
	return v.reseal(ctx, tx, mb)
}

// reseal writes the personal data of a locked member under a new key. The profile's
// version stays: nobody who edits it has seen what was changed.
func (v *Vault) reseal(ctx context.Context, tx *db.Tx, mb Member) error {
	wrapped, sealed := v.seal(mb.Merchant, mb.ID, mb.Private)
	tx.Queue(`update member_private set wrapped_key = $3, sealed = $4 where merchant_id = $1 and member_id = $2`, mb.Merchant, mb.ID, wrapped, sealed)
	return tx.Flush(ctx)
}

// FindBySubject answers whose account it is; none where nobody's.
func FindBySubject(ctx context.Context, r db.Reader, v *Vault, m id.ID, s Subject) (id.ID, error) {
	if err := s.check(); err != nil {
		return id.None, err
	}
	found, err := db.One(ctx, r, scanID, `select member_id from member_subjects where merchant_id = $1 and app = $2 and subject_index = $3`, m, s.App, v.subjectIndex(m, s))
	if errors.Is(err, db.ErrNoRow) {
		return id.None, nil
	}
	return found, err
}

type ticket struct {
	Subject
	Until clock.Instant `json:"u"`
}

// Ticket is a sealed word that whoever holds it has just signed in with an account,
// good until an instant and for Link alone. It is of use once: an account that is
// linked cannot be linked to another member.
func (v *Vault) Ticket(m id.ID, s Subject, until clock.Instant) string {
	plain, err := json.Marshal(ticket{s, until})
	if err != nil {
		panic(err) // strings always marshal
	}
	return base64.RawURLEncoding.EncodeToString(sealWith(v.of(m).ticket, plain, []byte("link")))
}

// OpenTicket reads a ticket. Faults: member.link_ticket_invalid,
// member.link_ticket_expired.
func (v *Vault) OpenTicket(m id.ID, text string, now clock.Instant) (Subject, error) {
	var t ticket
	if err := v.openToken(m, "link", text, &t); err != nil {
		return Subject{}, err
	}
	if now >= t.Until {
		return Subject{}, ErrTicketOld
	}
	return t.Subject, nil
}

// SignInState is what goes with a browser to an app's sign-in and comes back: letters
// and digits alone, bound to the app and to the nonce that the caller's own session
// remembers, good until an instant.
func (v *Vault) SignInState(m id.ID, app, nonce string, until clock.Instant) string {
	return v.stateOf(m, app, nonce, int64(until)/1_000_000)
}

func (v *Vault) stateOf(m id.ID, app, nonce string, second int64) string {
	mac := blindBytes(v.of(m).code, fmt.Appendf(nil, "state\x00%d\x00%s\x00%s", second, app, nonce))
	return fmt.Sprintf("%012x%x", second, mac[:20])
}

// CheckSignInState looks at what came back. Faults: member.link_ticket_invalid,
// member.link_ticket_expired.
func (v *Vault) CheckSignInState(m id.ID, text, app, nonce string, now clock.Instant) error {
	if len(text) != 52 {
		return ErrTicket
	}
	second, err := strconv.ParseInt(text[:12], 16, 64)
	switch {
	case err != nil || !hmac.Equal([]byte(text), []byte(v.stateOf(m, app, nonce, second))):
		return ErrTicket
	case int64(now)/1_000_000 >= second:
		return ErrTicketOld
	}
	return nil
}

func (v *Vault) openToken(m id.ID, purpose, text string, into any) error {
	box, err := base64.RawURLEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil || len(text) > 2000 {
		return ErrTicket
	}
	plain, err := openWith(v.of(m).ticket, box, []byte(purpose))
	if err != nil || json.Unmarshal(plain, into) != nil {
		return ErrTicket
	}
	return nil
}

// Code is the six digits that belong to an id, the same each time: what is sent to a
// member to be typed in again need not be kept.
func (v *Vault) Code(m, of id.ID) string {
	sum := blindBytes(v.of(m).code, of[:])
	return fmt.Sprintf("%06d", binary.BigEndian.Uint64(sum)%1_000_000)
}
