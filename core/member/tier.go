package member

import (
	"context"
	"strings"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
)

var (
	ErrTier         = fault.New(fault.Invalid, "member.tier_invalid") // code or name missing or too long
	ErrTierTaken    = fault.New(fault.Conflict, "member.tier_taken")  // the code exists
	ErrTierNotFound = fault.New(fault.NotFound, "member.tier_not_found")
)

var _ = db.Guard("tiers_pkey", ErrTierTaken)

// ReasonJoined is the reason of a tier that a member began with; the reasons of
// rule packs are codes of their own catalogues, a person's is what was typed.
const ReasonJoined = "joined"

// Tier is a level that the merchant has; a higher Rank is a better tier.
type Tier struct {
	Code string
	Name string
	Rank int
}

func (t *Tier) check() error {
	t.Code, t.Name = strings.TrimSpace(t.Code), strings.TrimSpace(t.Name)
	if t.Code == "" || len(t.Code) > 40 || strings.ContainsAny(t.Code, " \t\r\n") {
		return ErrTier.On("code")
	}
	if t.Name == "" || len(t.Name) > 160 {
		return ErrTier.On("name")
	}
	return nil
}

// CreateTier adds a tier. Faults: member.tier_invalid, member.tier_taken.
func CreateTier(ctx context.Context, tx *db.Tx, m id.ID, t Tier) error {
	if err := t.check(); err != nil {
		return err
	}
	tx.Queue(`insert into tiers (merchant_id, code, name, rank) values ($1, $2, $3, $4)`, m, t.Code, t.Name, t.Rank)
	return tx.Flush(ctx)
}

// UpdateTier renames a tier or moves its rank; the code stays. Faults:
// member.tier_invalid, member.tier_not_found.
func UpdateTier(ctx context.Context, tx *db.Tx, m id.ID, t Tier) error {
	if err := t.check(); err != nil {
		return err
	}
	n, err := tx.Exec(ctx, `update tiers set name = $3, rank = $4 where merchant_id = $1 and code = $2`, m, t.Code, t.Name, t.Rank)
	if err == nil && n == 0 {
		return ErrTierNotFound
	}
	return err
}

const tiersQuery = `select code, name, rank from tiers where merchant_id = $1 order by rank, code`

func scanTier(r db.Row, t *Tier) error { return r.Scan(&t.Code, &t.Name, &t.Rank) }

// ListTiers lists the merchant's tiers in rising rank.
func ListTiers(ctx context.Context, r db.Reader, m id.ID) ([]Tier, error) {
	return db.All(ctx, r, scanTier, tiersQuery, m)
}

// AskTiers reads the merchant's tiers in rising rank.
func AskTiers(m id.ID, out *[]Tier) db.Ask {
	*out = nil
	return db.Ask{SQL: tiersQuery, Args: []any{m}, Scan: func(r db.Row) error {
		var t Tier
		err := scanTier(r, &t)
		*out = append(*out, t)
		return err
	}}
}

// TierMove is a member on the way from one tier to another.
type TierMove struct {
	Member    id.ID
	From, To  string
	Sale      id.ID // that reached the step; none otherwise
	Pack      string
	Reason    string
	Actor     id.ID      // the person; none where the policy moved the member
	HeldUntil clock.Date // until when a person's decision holds; "" no hold
}

// QueueTier is QueueTierMove for what a rule decided. saleID and packID may be
// none.
func QueueTier(tx *db.Tx, m, memberID id.ID, from, to string, saleID id.ID, packID, reason string) {
	QueueTierMove(tx, m, TierMove{Member: memberID, From: from, To: to, Sale: saleID, Pack: packID, Reason: reason})
}

// QueueTierMove moves a member and notes why. Where the member is not in From any
// more (a sale at another register was first), nothing is written: that sale has
// decided on newer figures. From and To are the same where a person only holds or
// frees a tier, which is noted in the history too. A transaction that began before the
// last move and comes after it notes a later instant than that, so that the history
// ends where the member stands.
func QueueTierMove(tx *db.Tx, m id.ID, v TierMove) {
	if v.From == v.To && v.Actor.IsNone() {
		return
	}
	change := tx.NewID()
	// The history row goes by the same condition, before the update makes it false.
	tx.Queue(`insert into tier_history (merchant_id, id, member_id, from_tier, to_tier, at, sale_id, reason, pack_id, actor_id, held_until)
		select merchant_id, $3, id, tier, $5, case when tier_since >= $6 then tier_since + 1 else $6 end, $7, $8, $9, $10, $11
		from members where merchant_id = $1 and id = $2 and tier = $4 for update`,
		m, v.Member, change, v.From, v.To, tx.Now, v.Sale, v.Reason, v.Pack, v.Actor, string(v.HeldUntil))
	if v.From != v.To {
		tx.Queue(`update members set tier = $4, tier_since = case when tier_since >= $5 then tier_since + 1 else $5 end, updated_at = $5 where merchant_id = $1 and id = $2 and tier = $3`,
			m, v.Member, v.From, v.To, tx.Now)
	}
}

// TierChange is one line of a member's tier history.
type TierChange struct {
	ID     id.ID
	From   string
	To     string
	At     clock.Instant
	Sale   id.ID
	Pack   string
	Reason string
	// Actor is the person who changed it by hand, none otherwise; HeldUntil is until
	// when that holds.
	Actor     id.ID
	HeldUntil clock.Date
}

// ListTierHistory lists a member's tier changes, the newest first.
func ListTierHistory(ctx context.Context, r db.Reader, m, memberID id.ID, page db.Page) ([]TierChange, string, error) {
	rows, err := db.All(ctx, r, func(row db.Row, c *TierChange) error {
		return row.Scan(&c.ID, &c.From, &c.To, &c.At, &c.Sale, &c.Pack, &c.Reason, &c.Actor, &c.HeldUntil)
	}, `select id, from_tier, to_tier, at, sale_id, pack_id, reason, actor_id, held_until from tier_history
		where merchant_id = $1 and member_id = $2 and id < $3 order by id desc limit $4`, m, memberID, startOf(page), page.Size()+1)
	if err != nil {
		return nil, "", err
	}
	items, next := db.Cut(page, rows, func(c TierChange) id.ID { return c.ID })
	return items, next, nil
}

// AskTierLocked reads the tier that a member has now and keeps it from changing
// until the transaction ends; a member who is not there has none.
func AskTierLocked(m, memberID id.ID, out *string) db.Ask {
	*out = ""
	return db.Ask{SQL: `select tier from members where merchant_id = $1 and id = $2 for no key update`, Args: []any{m, memberID},
		Scan: func(r db.Row) error { return r.Scan(out) }}
}

// AskShop reads the shop that a member belongs to: the one of enrolment, else the
// one of the latest visit, else none.
func AskShop(m, memberID id.ID, out *id.ID) db.Ask {
	*out = id.None
	return db.Ask{SQL: `select coalesce(home_shop_id, (select d.shop_id from member_day d where d.merchant_id = $1 and d.member_id = $2 order by d.date desc, d.shop_id limit 1))
		from members where merchant_id = $1 and id = $2`, Args: []any{m, memberID},
		Scan: func(r db.Row) error { return r.Scan(out) }}
}
