package coupon

import (
	"context"
	"errors"
	"unicode/utf8"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/event"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
)

var (
	ErrPersonal       = fault.New(fault.Conflict, "coupon.not_transferable")
	ErrSameMember     = fault.New(fault.Conflict, "coupon.same_member")
	ErrReason         = fault.New(fault.Invalid, "coupon.reason_needed")             // empty or over 200 characters
	ErrNote           = fault.New(fault.Invalid, "coupon.note_too_long")             // over 200 characters
	ErrClaimed        = fault.New(fault.Conflict, "coupon.belongs_to_someone")       // the code is not a bearer coupon's any more
	ErrClaimedOut     = fault.New(fault.Conflict, "coupon.claimed_out")              // as many were claimed as there are
	ErrClaimsOfMember = fault.New(fault.Conflict, "coupon.claimed_by_member_before") // the member claimed as many as one member may
	ErrClaimClosed    = fault.New(fault.Conflict, "coupon.claim_closed")             // before or after the claim window
	ErrClaimCodeTaken = fault.New(fault.Conflict, "coupon.claim_code_taken")
)

var (
	_ = db.Guard("ck_coupon_definitions_claimed", ErrClaimedOut)
	_ = db.Guard("ck_coupon_members_claimed", ErrClaimsOfMember)
	_ = db.Guard("ux_coupon_definitions_claim_code", ErrClaimCodeTaken)
)

// Kinds of changes of hands.
const (
	MoveTransfer = "transfer" // its member gave it to another
	MoveAssign   = "assign"   // staff gave it to a member
	MoveClaim    = "claim"    // a member made a bearer coupon theirs
)

// Move is a coupon's change of hands.
type Move struct {
	ID        id.ID
	Coupon    id.ID
	Kind      string
	From, To  id.ID // From none: it was a bearer's
	At        clock.Instant
	ActorKind string
	ActorID   id.ID
	Note      string
}

// EventMoved tells that a coupon has another owner: coupon_id, from and to member.
const EventMoved = "coupon.moved.v1"

const maxNote = 200

func noteOK(s string) bool { return utf8.ValidString(s) && utf8.RuneCountInString(s) <= maxNote }

// Transfer gives a member's coupon to another member, as its owner wants it.
// Faults: coupon.not_found, coupon.belongs_to_another_member,
// coupon.not_transferable, coupon.same_member, coupon.note_too_long, and those of
// UsableBy but for coupon.not_yet_valid.
func Transfer(ctx context.Context, tx *db.Tx, m, coupon, from, to id.ID, note string) (Coupon, error) {
	c, err := lock(ctx, tx, m, coupon)
	switch {
	case err != nil:
		return c, err
	case c.Member != from || from.IsNone():
		return c, ErrNotOwner
	case c.Definition.Personal:
		return c, ErrPersonal
	}
	return c, c.moveTo(ctx, tx, m, to, MoveTransfer, note)
}

// Assign gives a coupon to a member, as staff want it: a bearer's or another
// member's, transferable or not. Faults: as Transfer.
func Assign(ctx context.Context, tx *db.Tx, m, coupon, to id.ID, note string) (Coupon, error) {
	c, err := lock(ctx, tx, m, coupon)
	if err != nil {
		return c, err
	}
	return c, c.moveTo(ctx, tx, m, to, MoveAssign, note)
}

// moveTo changes the owner of a coupon that is locked.
func (c *Coupon) moveTo(ctx context.Context, tx *db.Tx, m, to id.ID, kind, note string) error {
	switch {
	case to.IsNone():
		return fault.ErrInternal
	case c.Member == to:
		return ErrSameMember
	case !noteOK(note):
		return ErrNote.On("note")
	}
	if err := c.UsableBy(c.Member, id.None, tx.Now); err != nil && !errors.Is(err, ErrNotYet) {
		return err
	}
	a := auth.ActorOf(ctx)
	tx.Queue(`insert into coupon_moves (merchant_id, id, coupon_id, kind, from_member, to_member, at, actor_kind, actor_id, note) values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10)`,
		m, tx.NewID(), c.ID, kind, c.Member, to, tx.Now, string(a.Kind), a.ID, note)
	tx.Queue(`update coupons set member_id = $3, claimed = $4 where merchant_id = $1 and id = $2`, m, c.ID, to, c.Claimed || kind == MoveClaim)
	event.Emit(tx, event.Event{Merchant: m, Type: EventMoved, Data: event.JSON(struct {
		Coupon id.ID  `json:"coupon_id"`
		Kind   string `json:"kind"`
		From   id.ID  `json:"from_member_id,omitzero"`
		To     id.ID  `json:"to_member_id"`
	}{c.ID, kind, c.Member, to})})
	c.Member, c.MemberUsed, c.MemberHeld, c.Claimed = to, 0, 0, c.Claimed || kind == MoveClaim
	return nil
}

// Moves lists a coupon's changes of hands, the oldest first.
func Moves(ctx context.Context, r db.Reader, m, coupon id.ID) ([]Move, error) {
	return db.All(ctx, r, func(row db.Row, v *Move) error {
		return row.Scan(&v.ID, &v.Coupon, &v.Kind, &v.From, &v.To, &v.At, &v.ActorKind, &v.ActorID, &v.Note)
	}, `select id, coupon_id, kind, from_member, to_member, at, actor_kind, actor_id, note from coupon_moves where merchant_id = $1 and coupon_id = $2 order by id`, m, coupon)
}

// ClaimByCode makes a coupon the member's: a bearer coupon of that code, or a new
// one of the definition of that claim code. Faults: coupon.not_found,
// coupon.belongs_to_someone, coupon.definition_archived, coupon.claim_closed, and
// those of UsableBy but for coupon.not_yet_valid; at the COMMIT
// coupon.claimed_out, coupon.claimed_by_member_before, coupon.issue_limit.
func ClaimByCode(ctx context.Context, tx *db.Tx, m id.ID, code string, member id.ID) (Coupon, error) {
	code = foldCode(code)
	if member.IsNone() || code == "" {
		return Coupon{}, ErrNotFound
	}
	var bearer []id.ID
	var designs []Definition
	if err := tx.Batch(ctx,
		db.Ask{SQL: `select id from coupons where merchant_id = $1 and code = $2`, Args: []any{m, code}, Scan: func(r db.Row) error {
			var c id.ID
			err := r.Scan(&c)
			bearer = append(bearer, c)
			return err
		}},
		db.Ask{SQL: `select ` + headColumns + `, ` + termColumns + definitionFrom + `where d.merchant_id = $1 and d.claim_code = $2`, Args: []any{m, code}, Scan: func(r db.Row) error {
			var d Definition
			err := scanDefinition(r, &d)
			designs = append(designs, d)
			return err
		}}); err != nil {
		return Coupon{}, err
	}
	switch {
	case len(bearer) > 0:
		return claimBearer(ctx, tx, m, bearer[0], member)
	case len(designs) > 0:
		return claimNew(tx, m, &designs[0], member)
	}
	return Coupon{}, ErrNotFound
}

func claimBearer(ctx context.Context, tx *db.Tx, m, coupon, member id.ID) (Coupon, error) {
	c, err := lock(ctx, tx, m, coupon)
	switch {
	case err != nil:
		return c, err
	case c.Member == member:
		return c, ErrSameMember
	case !c.Member.IsNone():
		return c, ErrClaimed
	}
	return c, c.moveTo(ctx, tx, m, member, MoveClaim, "")
}

func claimNew(tx *db.Tx, m id.ID, d *Definition, member id.ID) (Coupon, error) {
	if err := d.MayIssue(); err != nil {
		return Coupon{}, err
	}
	if tx.Now < d.Claim.From || d.Claim.Until != 0 && tx.Now >= d.Claim.Until {
		return Coupon{}, ErrClaimClosed
	}
	c := draw(tx, d, member, "", 0)
	c.Claimed = true
	queueInsert(tx, m, &c)
	tx.Queue(`update coupon_definitions set claimed = claimed + 1, issued = issued + case when issue_limit > 0 then 1 else 0 end where merchant_id = $1 and id = $2`, m, d.ID)
	tx.Queue(`insert into coupon_members (merchant_id, definition_id, member_id, claimed, claim_ceiling) values ($1,$2,$3,1,$4)
		on conflict (merchant_id, definition_id, member_id) do update set claimed = coupon_members.claimed + 1, claim_ceiling = $4`, m, d.ID, member, ceiling(d.Claim.PerMember))
	return c, nil
}

// Void ends a coupon for good. What was used of it stays used. Faults:
// coupon.not_found, coupon.void, coupon.already_used, coupon.locked,
// coupon.reason_needed.
func Void(ctx context.Context, tx *db.Tx, m, coupon id.ID, reason string) (Coupon, error) {
	if reason == "" || !noteOK(reason) {
		return Coupon{}, ErrReason.On("reason")
	}
	c, err := lock(ctx, tx, m, coupon)
	switch {
	case err != nil:
		return c, err
	case c.State == StateVoid:
		return c, ErrVoid
	case c.Used >= c.Uses:
		return c, ErrUsed
	case !c.LockedBy.IsNone():
		return c, ErrLocked
	}
	tx.Queue(`update coupons set state = 'void', void_at = $3, void_reason = $4 where merchant_id = $1 and id = $2`, m, coupon, tx.Now, reason)
	c.State, c.VoidReason = StateVoid, reason
	return c, nil
}
