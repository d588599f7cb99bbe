package coupon

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
)

const (
	termColumns = `t.version, t.rate, t.amount, t.sku_id, t.sku_code, t.category, t.min_spend, t.stacking, t.uses, t.per_member, t.personal,
	t.shops, t.weekdays, t.slots, t.valid_after, t.valid_days, t.from_date, t.until_date`

	headColumns = `d.id, d.name, d.kind, d.remind_days, d.issue_limit, coalesce(d.claim_code, ''), coalesce(d.claim_from, 0), coalesce(d.claim_until, 0),
	d.claim_limit, d.claim_per_member, d.claimed, d.archived, d.created_at, d.issued, coalesce(d.code, '')`

	columns = `c.id, c.code, c.member_id, c.state, c.uses, c.used, c.use_seq, c.locked_by, c.valid_from, coalesce(c.valid_until, 0), c.from_date, c.until_date,
	c.batch_id, c.claimed, c.issued_at, c.void_reason, coalesce(mm.used, 0),
	coalesce(mm.held, 0) - case when c.locked_by is not null and c.locked_member = mm.member_id then 1 else 0 end, ` + headColumns + `, ` + termColumns

	joins = ` from coupons c
	join coupon_definitions d on d.merchant_id = c.merchant_id and d.id = c.definition_id
	join coupon_terms t on t.merchant_id = c.merchant_id and t.definition_id = c.definition_id and t.version = c.version
	left join coupon_members mm on mm.merchant_id = c.merchant_id and mm.definition_id = c.definition_id and mm.member_id = `

	// from counts what the coupon's own member has used.
	from = joins + `c.member_id `
)

// packed are the fields of a definition that are stored as text.
type packed struct{ shops, slots string }

func (d *Definition) headDest() []any {
	return []any{&d.ID, &d.Name, &d.Kind, &d.RemindDays, &d.IssueLimit, &d.Claim.Code, &d.Claim.From, &d.Claim.Until,
		&d.Claim.Limit, &d.Claim.PerMember, &d.Claim.Claimed, &d.Archived, &d.CreatedAt, &d.Issued, &d.Code}
}

func (d *Definition) termDest(p *packed) []any {
	return []any{&d.Version, &d.Rate, &d.Amount, &d.SKU, &d.SKUCode, &d.Category, &d.MinSpend, &d.Stacking, &d.Uses, &d.PerMember, &d.Personal,
		&p.shops, &d.Weekdays, &p.slots, &d.ValidAfter, &d.ValidDays, &d.FromDate, &d.UntilDate}
}

func (d *Definition) unpack(p packed) error {
	d.Shops, d.Slots = nil, nil
	for s := range strings.FieldsSeq(p.shops) {
		shop, err := id.Parse(s)
		if err != nil {
			return err
		}
		d.Shops = append(d.Shops, shop)
	}
	for s := range strings.FieldsSeq(p.slots) {
		a, b, _ := strings.Cut(s, "-")
		f, err1 := strconv.Atoi(a)
		t, err2 := strconv.Atoi(b)
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		d.Slots = append(d.Slots, Slot{f, t})
	}
	return nil
}

func (d *Definition) pack() packed {
	var shops, slots []string
	for _, s := range d.Shops {
		shops = append(shops, s.String())
	}
	for _, s := range d.Slots {
		slots = append(slots, strconv.Itoa(s.From)+"-"+strconv.Itoa(s.To))
	}
	return packed{strings.Join(shops, " "), strings.Join(slots, " ")}
}

func scan(r db.Row, c *Coupon) error {
	var p packed
	d := &c.Definition
	dest := []any{&c.ID, &c.Code, &c.Member, &c.State, &c.Uses, &c.Used, &c.UseSeq, &c.LockedBy, &c.ValidFrom, &c.ValidUntil, &c.FromDate, &c.UntilDate,
		&c.Batch, &c.Claimed, &c.IssuedAt, &c.VoidReason, &c.MemberUsed, &c.MemberHeld}
	if err := r.Scan(append(append(dest, d.headDest()...), d.termDest(&p)...)...); err != nil {
		return err
	}
	return d.unpack(p)
}

func scanDefinition(r db.Row, d *Definition) error {
	var p packed
	if err := r.Scan(append(d.headDest(), d.termDest(&p)...)...); err != nil {
		return err
	}
	return d.unpack(p)
}

func ask(out *[]Coupon, q string, args ...any) db.Ask {
	*out = (*out)[:0]
	return db.Ask{SQL: q, Args: args, Scan: func(r db.Row) error {
		var c Coupon
		err := scan(r, &c)
		*out = append(*out, c)
		return err
	}}
}

// AskByCodes reads coupons by their codes, for a quote.
func AskByCodes(m id.ID, codes []string, out *[]Coupon) db.Ask {
	return AskByCodesFor(m, codes, id.None, out)
}

// AskByCodesFor is AskByCodes with what the member, to whom the basket belongs,
// has used of their definitions, so that UsableIn can tell.
func AskByCodesFor(m id.ID, codes []string, member id.ID, out *[]Coupon) db.Ask {
	return ask(out, `select `+columns+joins+`coalesce(c.member_id, $3) where c.merchant_id = $1 and c.code in_texts($2) order by c.id`, m, codes, member)
}

// AskLocked reads coupons by their ids and locks them.
func AskLocked(m id.ID, ids []id.ID, out *[]Coupon) db.Ask { return AskLockedFor(m, ids, id.None, out) }

// AskLockedFor is AskLocked with what the member has used of their definitions.
func AskLockedFor(m id.ID, ids []id.ID, member id.ID, out *[]Coupon) db.Ask {
	return ask(out, `select `+columns+joins+`coalesce(c.member_id, $3) where c.merchant_id = $1 and c.id in_ids($2) order by c.id for no key update of c`, m, ids, member)
}

// AskUsedBy reads and locks the coupons that a sale has used and not given back.
func AskUsedBy(m, sale id.ID, out *[]Coupon) db.Ask {
	return ask(out, `select `+columns+from+`where c.merchant_id = $1 and c.id in (
		select u.coupon_id from coupon_uses u where u.merchant_id = $1 and u.sale_id = $2 and u.reversed_at is null)
		order by c.id for no key update of c`, m, sale)
}

// AskByRefs reads designs by the codes that rules know them by; one that is not
// there or archived is not in out.
func AskByRefs(m id.ID, refs []string, out *[]Definition) db.Ask {
	*out = nil
	return db.Ask{SQL: `select ` + headColumns + `, ` + termColumns + definitionFrom + `where d.merchant_id = $1 and d.code in_texts($2) and not d.archived`, Args: []any{m, refs}, Scan: func(r db.Row) error {
		var d Definition
		err := scanDefinition(r, &d)
		*out = append(*out, d)
		return err
	}}
}

// QueueVoid ends a coupon that was read under its lock and that nothing holds, as
// what gave it is taken back.
func QueueVoid(tx *db.Tx, m id.ID, c *Coupon, reason string) {
	tx.Queue(`update coupons set state = 'void', void_at = $3, void_reason = $4 where merchant_id = $1 and id = $2`, m, c.ID, tx.Now, reason)
	c.State, c.VoidReason = StateVoid, reason
}

// AskUsing is AskUsedBy without the locks.
func AskUsing(m, sale id.ID, out *[]Coupon) db.Ask {
	return ask(out, `select `+columns+from+`where c.merchant_id = $1 and c.id in (
		select u.coupon_id from coupon_uses u where u.merchant_id = $1 and u.sale_id = $2 and u.reversed_at is null) order by c.id`, m, sale)
}

// maxOfMember is how many coupons of a member are offered at a till.
const maxOfMember = 100

// AskOfMember reads the coupons of a member that have uses left and may still or
// already be valid somewhere at now, those that end soonest first. Which of them
// can be used here, UsableIn says of each.
func AskOfMember(m, member id.ID, now clock.Instant, out *[]Coupon) db.Ask {
	return ask(out, `select `+columns+from+`where c.merchant_id = $1 and c.member_id = $2 and c.state = 'active' and c.used < c.uses
		and c.valid_from <= $3 and (c.valid_until is null or c.valid_until > $3)
		and c.from_date <= $4 and (c.until_date = '' or c.until_date >= $5)
		order by case when c.valid_until is null then 1 else 0 end, c.valid_until, c.until_date = '', c.until_date, c.id limit $6`,
		m, member, now, string(Anywhere(now.Add(widest))), string(Anywhere(now.Add(-widest))), maxOfMember)
}

// Usable keeps those of the coupons that can be used there and then.
func Usable(list []Coupon, u Use) []Coupon {
	out := make([]Coupon, 0, len(list))
	for i := range list {
		if list[i].UsableIn(u) == nil {
			out = append(out, list[i])
		}
	}
	return out
}

// Get reads a coupon. Fault: coupon.not_found.
func Get(ctx context.Context, r db.Reader, m, coupon id.ID) (Coupon, error) {
	c, err := db.One(ctx, r, scan, `select `+columns+from+`where c.merchant_id = $1 and c.id = $2`, m, coupon)
	return c, orNotFound(err, ErrNotFound)
}

// FindByCode reads a coupon by its code. Fault: coupon.not_found.
func FindByCode(ctx context.Context, r db.Reader, m id.ID, code string) (Coupon, error) {
	c, err := db.One(ctx, r, scan, `select `+columns+from+`where c.merchant_id = $1 and c.code = $2`, m, foldCode(code))
	return c, orNotFound(err, ErrNotFound)
}

// lock reads a coupon and locks it until the commit. Fault: coupon.not_found.
func lock(ctx context.Context, tx *db.Tx, m, coupon id.ID) (Coupon, error) {
	var found []Coupon
	if err := tx.Batch(ctx, AskLocked(m, []id.ID{coupon}, &found)); err != nil {
		return Coupon{}, err
	}
	if len(found) == 0 {
		return Coupon{}, ErrNotFound
	}
	return found[0], nil
}

// Filter narrows a list of coupons; what is zero does not.
type Filter struct {
	Member, Definition, Batch id.ID
	Code                      string
}

// ListBy reads coupons, newest first.
func ListBy(ctx context.Context, r db.Reader, m id.ID, f Filter, p db.Page) ([]Coupon, error) {
	q, args := `select `+columns+from+`where c.merchant_id = $1`, []any{m}
	and := func(cond string, arg any) {
		args = append(args, arg)
		q += ` and ` + cond + ` $` + strconv.Itoa(len(args))
	}
	if !f.Member.IsNone() {
		and(`c.member_id =`, f.Member)
	}
	if !f.Definition.IsNone() {
		and(`c.definition_id =`, f.Definition)
	}
	if !f.Batch.IsNone() {
		and(`c.batch_id =`, f.Batch)
	}
	if f.Code != "" {
		and(`c.code =`, foldCode(f.Code))
	}
	if !p.After.IsNone() {
		and(`c.id <`, p.After)
	}
	args = append(args, p.Size()+1)
	return db.All(ctx, r, scan, q+` order by c.id desc limit $`+strconv.Itoa(len(args)), args...)
}

// List reads coupons, newest first; member and code narrow it.
func List(ctx context.Context, r db.Reader, m, member id.ID, code string, p db.Page) ([]Coupon, error) {
	return ListBy(ctx, r, m, Filter{Member: member, Code: code}, p)
}

func orNotFound(err, fault error) error {
	if errors.Is(err, db.ErrNoRow) {
		return fault
	}
	return err
}

// foldCode is a code as it is stored and compared.
func foldCode(s string) string { return strings.ToUpper(strings.TrimSpace(s)) }
