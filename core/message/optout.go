package message

import (
	"context"
	"slices"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
)

// ErrSubject: not one of Subjects.
var ErrSubject = fault.New(fault.Invalid, "message.subject_unknown")

// OptOut notes that a member wants no more of something (one of Subjects), or does
// again. Fault: message.subject_unknown.
func OptOut(tx *db.Tx, m, memberID id.ID, subject string, out bool) error {
	if !slices.Contains(Subjects(), subject) {
		return ErrSubject.On("subject")
	}
	if !out {
		tx.Queue(`delete from message_optouts where merchant_id = $1 and member_id = $2 and subject = $3`, m, memberID, subject)
		return nil
	}
	tx.Queue(`insert into message_optouts (merchant_id, member_id, subject, at) values ($1, $2, $3, $4) on conflict (merchant_id, member_id, subject) do nothing`, m, memberID, subject, tx.Now)
	return nil
}

// ListOptOuts lists what a member wants no more of.
func ListOptOuts(ctx context.Context, r db.Reader, m, memberID id.ID) ([]string, error) {
	return db.All(ctx, r, func(row db.Row, s *string) error { return row.Scan(s) },
		`select subject from message_optouts where merchant_id = $1 and member_id = $2 order by subject`, m, memberID)
}

// stops reports whether a list of opt-outs covers a kind. A code is what the member
// has just asked for.
func stops(out []string, k Kind) bool {
	return k.Name != KindVerification && (slices.Contains(out, SubjectAll) || slices.Contains(out, k.Class()) || slices.Contains(out, k.Name))
}
