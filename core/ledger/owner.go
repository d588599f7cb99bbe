package ledger

import (
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
)

// Owner names whose accounts they are.
type Owner struct {
	Kind string
	ID   id.ID
}

// AskOwnersOf reads whose wallets a sale touched, by owner. It holds for ever: a
// sale's entries never change.
func AskOwnersOf(m, sale id.ID, out *[]Owner) db.Ask {
	*out = (*out)[:0]
	return db.Ask{SQL: `select distinct a.owner_kind, a.owner_id from entries e
		join postings p on p.merchant_id = e.merchant_id and p.entry_id = e.id
		join accounts a on a.merchant_id = p.merchant_id and a.id = p.account_id
		where e.merchant_id = $1 and e.sale_id = $2 and a.owner_kind <> 'house' order by a.owner_id`, Args: []any{m, sale}, Scan: func(r db.Row) error {
		var o Owner
		err := r.Scan(&o.Kind, &o.ID)
		*out = append(*out, o)
		return err
	}}
}
