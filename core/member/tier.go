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

// QueueTier moves a member from one tier to another and notes why. Where the
// member is not in from any more (a sale at another register was first), nothing
// is written: that sale has decided on newer figures. saleID and packID may be
// none.
func QueueTier(tx *db.Tx, m, memberID id.ID, from, to string, saleID id.ID, packID, reason string) {
	if from == to {
		return
	}
	change := tx.NewID()
	// The history row goes by the same condition, before the update makes it false.
	tx.Queue(`insert into tier_history (merchant_id, id, member_id, from_tier, to_tier, at, sale_id, reason, pack_id)
		select merchant_id, $3, id, tier, $5, $6, $7, $8, $9 from members where merchant_id = $1 and id = $2 and tier = $4 for update`,
		m, memberID, change, from, to, tx.Now, saleID, reason, packID)
	tx.Queue(`update members set tier = $4, tier_since = $5, updated_at = $5 where merchant_id = $1 and id = $2 and tier = $3`,
		m, memberID, from, to, tx.Now)
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
}

// ListTierHistory lists a member's tier changes, the newest first.
func ListTierHistory(ctx context.Context, r db.Reader, m, memberID id.ID, page db.Page) ([]TierChange, string, error) {
	rows, err := db.All(ctx, r, func(row db.Row, c *TierChange) error {
		return row.Scan(&c.ID, &c.From, &c.To, &c.At, &c.Sale, &c.Pack, &c.Reason)
	}, `select id, from_tier, to_tier, at, sale_id, pack_id, reason from tier_history
		where merchant_id = $1 and member_id = $2 and id < $3 order by id desc limit $4`, m, memberID, startOf(page), page.Size()+1)
	if err != nil {
		return nil, "", err
	}
	items, next := db.Cut(page, rows, func(c TierChange) id.ID { return c.ID })
	return items, next, nil
}
