package ledger

import (
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
)

// queueCheckpoints notes, for every account that the entries of a seal touch, what
// its sealed postings add up to: the checkpoint before it and what the seal adds.
// One statement, in the order of accounts; house accounts have theirs too, which
// is all the balance that they have.
func queueCheckpoints(tx *db.Tx, m id.ID, no int64, entries []id.ID) {
	tx.Queue(`insert into account_checkpoints (merchant_id, account_id, seal_no, balance, lotless, postings)
		select s.merchant_id, s.account_id, $2, s.amount + coalesce(c.balance, 0), s.lotless + coalesce(c.lotless, 0), s.n + coalesce(c.postings, 0)
		from (select merchant_id, account_id, cast(sum(amount) as bigint) as amount, cast(sum(case when lot_id is null then amount else 0 end) as bigint) as lotless, count(*) as n
			from postings where merchant_id = $1 and entry_id in_ids($3) group by merchant_id, account_id) s
		left join account_checkpoints c on c.merchant_id = s.merchant_id and c.account_id = s.account_id and c.seal_no = (
			select max(x.seal_no) from account_checkpoints x where x.merchant_id = s.merchant_id and x.account_id = s.account_id)
		order by s.account_id`, m, no, entries)
}

// queuePrune drops the checkpoints that no later proof starts from: of each account
// that moved in the seals after from, those before its last one up to to.
func queuePrune(tx *db.Tx, m id.ID, from, to int64) {
	tx.Queue(`delete from account_checkpoints where merchant_id = $1 and seal_no < $3
		and account_id in (select x.account_id from account_checkpoints x where x.merchant_id = $1 and x.seal_no > $2 and x.seal_no <= $3)
		and seal_no < (select max(x.seal_no) from account_checkpoints x
			where x.merchant_id = account_checkpoints.merchant_id and x.account_id = account_checkpoints.account_id and x.seal_no <= $3)`, m, from, to)
}
