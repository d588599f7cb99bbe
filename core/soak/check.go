package soak

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/report"
	"github.com/shopwright/shopwright/core/tenant"
)

// Check is what the books held while all registers stood still.
type Check struct {
	Operation int64
	Full      bool
	Checked   int // figures recomputed
	Ties      int // figures of documents compared with the ledger
	Proof     time.Duration
	Rest      time.Duration // the ties and the other invariants
	Documents int64         // completed
	ByHand    int64         // wallet operations
	Open      []id.ID       `json:",omitempty"` // sales that wait for an acquirer
	Abandoned []id.ID       `json:",omitempty"` // sales that came to nothing
	Clock     clock.Instant
	Retries   int64 `json:",omitempty"` // transactions that ran again, in this life
}

// checkpoint is up to where documents were looked at.
type checkpoint struct {
	at   clock.Instant
	date clock.Date
}

// invariants are counts that have to be nothing, whatever was done. $2 is the
// instant since which documents are looked at.
var invariants = []struct{ name, query string }{
	{"accounts below their floor", `select count(*) from accounts where merchant_id = $1 and owner_kind <> 'house' and (balance - held < floor or held < 0) and cast($2 as bigint) >= 0`},
	{"stored value or visits below zero", `select count(*) from accounts where merchant_id = $1 and owner_kind <> 'house' and class <> 'points' and balance - held < 0 and cast($2 as bigint) >= 0`},
	{"lots out of bounds", `select count(*) from lots where merchant_id = $1 and (remaining < 0 or remaining > amount) and cast($2 as bigint) >= 0`},
	{"holds of nothing that waits", `select count(*) from holds h where h.merchant_id = $1 and h.state = 'held' and cast($2 as bigint) >= 0
		and not exists (select 1 from sales s where s.merchant_id = h.merchant_id and s.id = h.sale_id and s.state = 'open')
		and not exists (select 1 from refund_requests q where q.merchant_id = h.merchant_id and q.id = h.sale_id and q.state = 'pending')`},
	{"accounts that hold another sum than their holds", `select count(*) from accounts a
		left join (select account_id, sum(amount) as held from holds where merchant_id = $1 and state = 'held' group by account_id) h on h.account_id = a.id
		where a.merchant_id = $1 and a.owner_kind <> 'house' and cast($2 as bigint) >= 0 and a.held <> coalesce(h.held, 0)`},
	{"stock below zero", `select count(*) from stock_levels where merchant_id = $1 and not allow_negative and (on_hand < reserved or reserved < 0) and cast($2 as bigint) >= 0`},
	{"stock set aside for nothing", `select count(*) from stock_levels l where l.merchant_id = $1 and cast($2 as bigint) >= 0 and l.reserved <> 0
		and not exists (select 1 from sales s where s.merchant_id = l.merchant_id and s.state = 'open')`},
	{"coupons over their uses", `select count(*) from coupons where merchant_id = $1 and (used < 0 or used > uses) and cast($2 as bigint) >= 0`},
	{"coupons used otherwise than noted", `select count(*) from coupons c where c.merchant_id = $1 and cast($2 as bigint) >= 0
		and c.used <> (select count(*) from coupon_uses u where u.merchant_id = c.merchant_id and u.coupon_id = c.id and u.reversed_at is null)`},
	{"coupons locked by nothing that waits", `select count(*) from coupons c where c.merchant_id = $1 and c.locked_by is not null and cast($2 as bigint) >= 0
		and not exists (select 1 from sales s where s.merchant_id = c.merchant_id and s.id = c.locked_by and s.state = 'open')`},
	{"members over a coupon's limit", `select count(*) from coupon_members where merchant_id = $1 and (used + held > ceiling or used < 0 or held < 0) and cast($2 as bigint) >= 0`},
	{"gifts below nothing", `select count(*) from gifts where merchant_id = $1 and on_hand < 0 and cast($2 as bigint) >= 0`},
	{"tiers that the history does not end at", `select count(*) from members m where m.merchant_id = $1 and cast($2 as bigint) >= 0 and m.tier <> coalesce(
		(select h.to_tier from tier_history h where h.merchant_id = m.merchant_id and h.member_id = m.id order by h.at desc, h.id desc limit 1), '')`},
	{"keys that wait without a sale that does", `select count(*) from idempotency k where k.merchant_id = $1 and k.state = 'open' and cast($2 as bigint) >= 0
		and not exists (select 1 from sales s where s.merchant_id = k.merchant_id and s.id = k.resource_id and s.state = 'open')`},
	{"refunds of more than was sold", `select count(*) from sale_line_state where merchant_id = $1 and cast($2 as bigint) >= 0
		and (refunded > quantity or points_back > points or commission_back > commission or punches_back > punches)`},
	{"documents whose tenders are not their total", `select count(*) from sales s where s.merchant_id = $1 and s.state = 'completed' and s.completed_at >= $2
		and (s.total + s.cash_rounding <> coalesce((select sum(t.amount) from sale_tenders t where t.merchant_id = s.merchant_id and t.sale_id = s.id), 0)
			or s.total < 0 or s.paid - s.change_given <> s.total + s.cash_rounding)`},
	{"documents whose lines are not their total", `select count(*) from (select s.total, s.tax, s.subtotal - s.discount as net,
			coalesce((select sum(l.net) from sale_lines l where l.merchant_id = s.merchant_id and l.sale_id = s.id), 0) as lines
			from sales s where s.merchant_id = $1 and s.state = 'completed' and s.completed_at >= $2) d
		where d.lines <> d.net or d.lines <> d.total and d.lines + d.tax <> d.total`},
	{"lines below zero", `select count(*) from sales s join sale_lines l on l.merchant_id = s.merchant_id and l.sale_id = s.id
		where s.merchant_id = $1 and s.completed_at >= $2 and (l.net < 0 or l.quantity <= 0)`},
	{"commission left of what was given back whole", `select count(*) from (select s.of_sale_id as sale from sales s
			where s.merchant_id = $1 and s.kind in ('refund', 'void') and s.state = 'completed' and s.completed_at >= $2 group by s.of_sale_id) b
		where not exists (select 1 from sale_line_state t where t.merchant_id = $1 and t.sale_id = b.sale and t.refunded < t.quantity)
		and (select coalesce(sum(e.amount), 0) from commission_entries e where e.merchant_id = $1 and (e.sale_id = b.sale or e.of_sale_id = b.sale)) <> 0`},
}

// check looks at the books while nobody works: everything is sealed, what is new is
// proved (full: all of it), the documents are compared with the ledger, and every
// invariant is counted.
func (r *run) check(ctx context.Context, full bool) error {
	d, m := r.desk.DB, r.w.Merchant
	c := &Check{Operation: r.until, Full: full, Clock: r.clock.Now()}
	began := time.Now()
	if err := r.sealAll(ctx); err != nil {
		return err
	}
	merchant, err := tenant.GetMerchant(ctx, d, m)
	if err != nil {
		return err
	}
	kind := ledger.ProofIncremental
	if full {
		kind = ledger.ProofFull
	}
	p, err := report.ProveAndRecord(ctx, d, merchant, kind)
	if err != nil {
		return err
	}
	c.Checked, c.Proof = p.Checked(), time.Since(began)
	began = time.Now()
	var found []string
	for i, v := range p.Differences {
		if i < 10 {
			found = append(found, fmt.Sprintf("%s %s: recomputed %d, stands at %d", v.Check, v.Subject, v.Want, v.Got))
		}
	}
	if said := r.errors.said(); said != "" {
		found = append(found, "the program logged an error: "+said)
	}
	if found, err = r.tieOut(ctx, c, found); err != nil {
		return err
	}
	for _, v := range invariants {
		n, err := db.Value[int64](ctx, d, v.query, m, r.since.at)
		if err != nil {
			return fmt.Errorf("%s: %w", v.name, err)
		}
		if n != 0 {
			found = append(found, fmt.Sprintf("%d %s", n, v.name))
		}
	}
	if err := r.count(ctx, c); err != nil {
		return err
	}
	c.Rest = time.Since(began)
	if len(found) > 0 {
		return fmt.Errorf("the books do not hold:\n  %s", strings.Join(found, "\n  "))
	}
	r.since = checkpoint{c.Clock, r.zone.BusinessDate(c.Clock)}
	r.tell(Event{Check: c})
	return nil
}

func (r *run) sealAll(ctx context.Context) error {
	for n := 1; n > 0; {
		err := r.desk.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
			n, err = ledger.Seal(ctx, tx, r.w.Merchant)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// tieOut compares the documents of the days since the last check with the ledger.
func (r *run) tieOut(ctx context.Context, c *Check, found []string) ([]string, error) {
	to := r.zone.BusinessDate(c.Clock)
	from := r.since.date
	if from == "" {
		from = to.AddDays(-3)
	}
	from = max(from, to.AddDays(-report.MaxDays))
	ties, err := report.Ties(ctx, r.desk.DB, r.w.Merchant, report.Span{Shop: r.w.Shop, From: from, To: to})
	for _, t := range ties {
		if !t.Holds() {
			found = append(found, fmt.Sprintf("%s to %s, %s: documents say %d, the books %d", from, to, t.Name, t.Documents, t.Books))
		}
	}
	c.Ties = len(ties)
	return found, err
}

// count says how much there is, for the tally to compare with what was answered.
func (r *run) count(ctx context.Context, c *Check) (err error) {
	d, m := r.desk.DB, r.w.Merchant
	if c.Documents, err = db.Value[int64](ctx, d, `select count(*) from sales where merchant_id = $1 and state = 'completed'`, m); err != nil {
		return err
	}
	if c.ByHand, err = db.Value[int64](ctx, d, `select count(*) from wallet_operations where merchant_id = $1`, m); err != nil {
		return err
	}
	for state, out := range map[string]*[]id.ID{"open": &c.Open, "abandoned": &c.Abandoned} {
		if *out, err = db.All(ctx, d, func(row db.Row, v *id.ID) error { return row.Scan(v) }, `select id from sales where merchant_id = $1 and state = $2`, m, state); err != nil {
			return err
		}
	}
	if r.cfg.Retries != nil {
		c.Retries = r.cfg.Retries.Load()
	}
	return nil
}

func unmarshal(s string, into any) error { return json.Unmarshal([]byte(s), into) }
