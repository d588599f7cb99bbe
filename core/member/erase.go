package member

import (
	"context"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
)

// ErrRetained: the law wants the buyer of prepaid value to be known until the
// date in Args ("date", of the form 2031-05-10).
var ErrRetained = fault.New(fault.Conflict, "member.retained")

// retainYears is for how long the buyer of a named prepaid card must be known
// after each purchase and top-up.
const retainYears = 5

// RetainUntil is until when a purchase of prepaid value at an instant keeps the
// buyer's identity from being erased.
func RetainUntil(bought clock.Instant) clock.Instant {
	return clock.Of(bought.Time().AddDate(retainYears, 0, 0))
}

// QueueRetain keeps a member from being erased before an instant; an earlier one
// than there is does nothing. Every sale of stored value or of a punch card to the
// member calls it, with RetainUntil of the sale.
func QueueRetain(tx *db.Tx, m, memberID id.ID, until clock.Instant) {
	tx.Queue(`update members set retain_until = $3 where merchant_id = $1 and id = $2 and (retain_until is null or retain_until < $3)`, m, memberID, until)
}

// Erase destroys what tells who the member is: the data key, what was sealed
// under it, the name, the blind indexes, the card numbers, the PIN, the family
// and the words that staff typed as the reason of a tier. What was booked, and
// what was consented to, stays without a person. Erasing again does nothing.
// Faults: member.not_found, member.retained.
func Erase(ctx context.Context, tx *db.Tx, m, memberID id.ID) error {
	if err := tx.Flush(ctx); err != nil {
		return err
	}
	var known bool
	var status Status
	var retain clock.Instant
	var numbers []string
	tx.Ask(func(r db.Row) error { known = true; return r.Scan(&status, &retain) },
		`select status, coalesce(retain_until, 0) from members where merchant_id = $1 and id = $2 for update`, m, memberID)
	tx.Ask(func(r db.Row) error {
		var n string
		err := r.Scan(&n)
		numbers = append(numbers, n)
		return err
	}, `select number from member_cards where merchant_id = $1 and member_id = $2`, m, memberID)
	if err := tx.Flush(ctx); err != nil {
		return err
	}
	switch {
	case !known:
		return ErrNotFound
	case status == Erased:
		return nil
	case tx.Now < retain:
		return ErrRetained.With("date", retain.Time().Format("2006-01-02"))
	}
	family, err := families(ctx, tx, m, []id.ID{memberID})
	if err != nil {
		return err
	}
	tx.Queue(`update members set status = $3, home_shop_id = null, version = version + 1, updated_at = $4 where merchant_id = $1 and id = $2`,
		m, memberID, string(Erased), tx.Now)
	tx.Queue(`update member_private set display_name = '', search_name = '', phone_index = null, phone_tail = null, document_index = null, birth_month = 0,
		wrapped_key = null, sealed = null where merchant_id = $1 and member_id = $2`, m, memberID)
	for _, n := range numbers {
		tx.Queue(`update member_cards set number = $3, status = $4, replaced_by = null, batch_id = null, updated_at = $5 where merchant_id = $1 and number = $2`,
			m, n, erasedPrefix+tx.NewID().String(), CardErased, tx.Now)
	}
	tx.Queue(`delete from member_subjects where merchant_id = $1 and member_id = $2`, m, memberID)
	tx.Queue(`delete from member_pins where merchant_id = $1 and member_id = $2`, m, memberID)
	if head, there := family[memberID]; there {
		queueLeave(tx, m, memberID, head)
	}
	// A pack's reason is a code of its catalogue; a person's may name anybody.
	tx.Queue(`update tier_history set reason = '' where merchant_id = $1 and member_id = $2 and pack_id = '' and reason <> $3`, m, memberID, ReasonJoined)
	return tx.Flush(ctx)
}
