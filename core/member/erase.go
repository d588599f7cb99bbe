package member

import (
	"context"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
)

// Erase destroys what tells who the member is: the data key, what was sealed
// under it, the name, the blind indexes and the card numbers. Whether the law
// lets it happen already is the caller's question. Erasing again does nothing.
// Fault: member.not_found.
func Erase(ctx context.Context, tx *db.Tx, m, memberID id.ID) error {
	if err := tx.Flush(ctx); err != nil {
		return err
	}
	var known bool
	var status Status
	var numbers []string
	tx.Ask(func(r db.Row) error { known = true; return r.Scan(&status) },
		`select status from members where merchant_id = $1 and id = $2 for update`, m, memberID)
	tx.Ask(func(r db.Row) error {
		var n string
		err := r.Scan(&n)
		numbers = append(numbers, n)
		return err
	}, `select number from member_cards where merchant_id = $1 and member_id = $2`, m, memberID)
	if err := tx.Flush(ctx); err != nil {
		return err
	}
	if !known {
		return ErrNotFound
	}
	if status == Erased {
		return nil
	}
	tx.Queue(`update members set status = $3, home_shop_id = null, version = version + 1, updated_at = $4 where merchant_id = $1 and id = $2`,
		m, memberID, string(Erased), tx.Now)
	tx.Queue(`update member_private set display_name = '', search_name = '', phone_index = null, phone_tail = null, birth_month = 0, wrapped_key = null, sealed = null
		where merchant_id = $1 and member_id = $2`, m, memberID)
	for _, n := range numbers {
		tx.Queue(`update member_cards set number = $3, status = $4 where merchant_id = $1 and number = $2`, m, n, erasedPrefix+tx.NewID().String(), CardErased)
	}
	return tx.Flush(ctx)
}
