package coupon

import (
	"bytes"
	"context"
	"slices"
	"strings"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
)

const definitionFrom = ` from coupon_definitions d
	join coupon_terms t on t.merchant_id = d.merchant_id and t.definition_id = d.id and t.version = d.version `

// Definitions lists the designs that are in use, by name.
func Definitions(ctx context.Context, r db.Reader, m id.ID) ([]Definition, error) {
	return ListDefinitions(ctx, r, m, false)
}

// ListDefinitions lists the designs by name, those that are archived or those
// that are in use.
func ListDefinitions(ctx context.Context, r db.Reader, m id.ID, archived bool) ([]Definition, error) {
	return db.All(ctx, r, scanDefinition, `select `+headColumns+`, `+termColumns+definitionFrom+`where d.merchant_id = $1 and d.archived = $2 order by d.name, d.id`, m, archived)
}

// GetDefinition reads a design with its present terms, archived or not. Fault:
// coupon.definition_not_found.
func GetDefinition(ctx context.Context, r db.Reader, m, definition id.ID) (Definition, error) {
	d, err := db.One(ctx, r, scanDefinition, `select `+headColumns+`, `+termColumns+definitionFrom+`where d.merchant_id = $1 and d.id = $2`, m, definition)
	return d, orNotFound(err, ErrNoDefinition)
}

// tidy brings a definition into the form in which it is stored.
func (d *Definition) tidy() {
	d.Name, d.Code = strings.TrimSpace(d.Name), strings.TrimSpace(d.Code)
	d.Claim.Code = foldCode(d.Claim.Code)
	if d.Uses == 0 {
		d.Uses = 1
	}
	d.Shops = slices.Clone(d.Shops)
	slices.SortFunc(d.Shops, func(a, b id.ID) int { return bytes.Compare(a[:], b[:]) })
	d.Shops = slices.Compact(d.Shops)
	if d.Weekdays == EveryDay {
		d.Weekdays = 0
	}
	if d.Kind != KindPercent {
		d.Rate = 0
	}
	if d.Kind != KindCash {
		d.Amount = 0
	}
	if d.Kind != KindProduct {
		d.SKU, d.SKUCode = id.None, ""
	}
}

// Define stores a design and sets its id. Faults: coupon.bad_definition; at the
// COMMIT coupon.claim_code_taken, coupon.definition_code_taken.
func Define(tx *db.Tx, m id.ID, d *Definition) error {
	d.tidy()
	if err := d.Check(); err != nil {
		return err
	}
	d.ID, d.Version, d.CreatedAt, d.Archived, d.Claim.Claimed = tx.NewID(), 1, tx.Now, false, 0
	tx.Queue(`insert into coupon_definitions (merchant_id, id, name, kind, version, remind_days, issue_limit, claim_code, claim_from, claim_until, claim_limit, claim_per_member, created_at, code)
		values ($1,$2,$3,$4,1,$5,$6,$7,$8,$9,$10,$11,$12,$13)`,
		m, d.ID, d.Name, d.Kind, d.RemindDays, d.IssueLimit, textOrNull(d.Claim.Code), instantOrNull(d.Claim.From), instantOrNull(d.Claim.Until), d.Claim.Limit, d.Claim.PerMember, tx.Now, textOrNull(d.Code))
	queueTerms(tx, m, d)
	return nil
}

func queueTerms(tx *db.Tx, m id.ID, d *Definition) {
	p := d.pack()
	tx.Queue(`insert into coupon_terms (merchant_id, definition_id, version, rate, amount, sku_id, sku_code, category, min_spend, stacking, uses, per_member, personal,
			shops, weekdays, slots, valid_after, valid_days, from_date, until_date, created_at)
		values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19,$20,$21)`,
		m, d.ID, d.Version, d.Rate, d.Amount, d.SKU, d.SKUCode, d.Category, d.MinSpend, d.Stacking, d.Uses, d.PerMember, d.Personal,
		p.shops, int(d.Weekdays), p.slots, d.ValidAfter, d.ValidDays, string(d.FromDate), string(d.UntilDate), tx.Now)
}

// Update changes a design. Coupons already issued keep the terms that they were
// issued under: changed terms become the next version. The kind cannot change; a
// limit cannot go below what there is. Faults: coupon.definition_not_found,
// coupon.definition_archived, coupon.bad_definition; at the COMMIT
// coupon.claim_code_taken, coupon.definition_code_taken, coupon.issue_limit,
// coupon.claimed_out.
func Update(ctx context.Context, tx *db.Tx, m id.ID, d *Definition) error {
	d.tidy()
	old, err := lockDefinition(ctx, tx, m, d.ID)
	switch {
	case err != nil:
		return err
	case old.Archived:
		return ErrArchived
	case d.Kind != old.Kind:
		return ErrDefinition.On("kind")
	}
	if err := d.Check(); err != nil {
		return err
	}
	d.Version, d.CreatedAt, d.Archived, d.Claim.Claimed = old.Version, old.CreatedAt, false, old.Claim.Claimed
	if !d.sameTerms(&old) {
		d.Version++
		queueTerms(tx, m, d)
	}
	// A limit that was not there before begins with what there is: under the lock of
	// the row no coupon of it can be in the making.
	tx.Queue(`update coupon_definitions set name = $3, version = $4, remind_days = $5, issue_limit = $6, claim_code = $7, claim_from = $8, claim_until = $9, claim_limit = $10, claim_per_member = $11, code = $12,
		issued = case when cast($6 as bigint) = 0 then 0 else (select count(*) from coupons c where c.merchant_id = $1 and c.definition_id = $2)
			+ (select coalesce(sum(b.count - b.issued), 0) from coupon_batches b where b.merchant_id = $1 and b.definition_id = $2 and b.state = 'running') end
		where merchant_id = $1 and id = $2`,
		m, d.ID, d.Name, d.Version, d.RemindDays, d.IssueLimit, textOrNull(d.Claim.Code), instantOrNull(d.Claim.From), instantOrNull(d.Claim.Until), d.Claim.Limit, d.Claim.PerMember, textOrNull(d.Code))
	return nil
}

// Archive ends a design: nothing more is issued or claimed, what is issued stays
// good; Restore takes it up again. Fault: coupon.definition_not_found.
func Archive(ctx context.Context, tx *db.Tx, m, definition id.ID) error {
	return setArchived(ctx, tx, m, definition, true)
}

// Restore undoes Archive. Fault: coupon.definition_not_found.
func Restore(ctx context.Context, tx *db.Tx, m, definition id.ID) error {
	return setArchived(ctx, tx, m, definition, false)
}

func setArchived(ctx context.Context, tx *db.Tx, m, definition id.ID, archived bool) error {
	n, err := tx.Exec(ctx, `update coupon_definitions set archived = $3 where merchant_id = $1 and id = $2`, m, definition, archived)
	if err == nil && n == 0 {
		return ErrNoDefinition
	}
	return err
}

// lockDefinition reads a design under a lock that keeps coupons of it from being
// issued until the commit.
func lockDefinition(ctx context.Context, tx *db.Tx, m, definition id.ID) (Definition, error) {
	if err := tx.Batch(ctx, db.Ask{SQL: `select id from coupon_definitions where merchant_id = $1 and id = $2 for update`, Args: []any{m, definition},
		Scan: func(r db.Row) error { var got id.ID; return r.Scan(&got) }}); err != nil {
		return Definition{}, err
	}
	return GetDefinition(ctx, tx, m, definition)
}

func textOrNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func instantOrNull(i clock.Instant) any {
	if i == 0 {
		return nil
	}
	return i
}
