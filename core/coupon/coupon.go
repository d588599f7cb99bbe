package coupon

import (
	"context"
	"crypto/rand"
	"strings"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/promotion"
)

var (
	ErrNotFound   = fault.New(fault.NotFound, "coupon.not_found")
	ErrUsed       = fault.New(fault.Conflict, "coupon.already_used")
	ErrExpired    = fault.New(fault.Conflict, "coupon.expired")
	ErrNotYet     = fault.New(fault.Conflict, "coupon.not_yet_valid")
	ErrVoid       = fault.New(fault.Conflict, "coupon.void")
	ErrLocked     = fault.New(fault.Conflict, "coupon.locked") // another open sale holds it
	ErrNotOwner   = fault.New(fault.Denied, "coupon.belongs_to_another_member")
	ErrDefinition = fault.New(fault.Invalid, "coupon.bad_definition")
	ErrCodeTaken  = fault.New(fault.Conflict, "coupon.code_taken")
)

var (
	_ = db.Guard("ck_coupons_used", ErrUsed)
	_ = db.Guard("coupon_uses_pkey", ErrUsed)
	_ = db.Guard("ux_coupons_code", ErrCodeTaken)
)

// Kinds as they are stored and named in the API.
const (
	KindPercent = "percent"
	KindCash    = "cash"
	KindProduct = "product"
)

// Definition is what coupons of one design grant.
type Definition struct {
	ID        id.ID
	Name      string
	Kind      string
	Rate      money.Rate   // percent: the part taken off
	Amount    money.Amount // cash: the amount taken off
	SKU       id.ID        // product: one unit of it is free
	SKUCode   string
	Category  string       // "" all
	MinSpend  money.Amount // of the goods and services it may apply to
	Stacking  string       // exclusive category; "" joins with others
	Uses      int64
	ValidDays int // from the issue; 0: without end
}

// Check validates a definition. Fault: coupon.bad_definition.
func (d *Definition) Check() error {
	switch {
	case d.Name == "" || len(d.Name) > 200:
		return ErrDefinition.On("name")
	case d.Kind == KindPercent && (d.Rate <= 0 || d.Rate > money.Whole):
		return ErrDefinition.On("rate")
	case d.Kind == KindCash && (d.Amount <= 0 || !money.Fits(int64(d.Amount))):
		return ErrDefinition.On("amount")
	case d.Kind == KindProduct && (d.SKU.IsNone() || d.SKUCode == ""):
		return ErrDefinition.On("sku_id")
	case d.Kind != KindPercent && d.Kind != KindCash && d.Kind != KindProduct:
		return ErrDefinition.On("kind")
	case d.Uses < 1 || d.Uses > 1_000_000:
		return ErrDefinition.On("uses")
	case d.MinSpend < 0 || !money.Fits(int64(d.MinSpend)):
		return ErrDefinition.On("min_spend")
	case d.ValidDays < 0 || d.ValidDays > 36500:
		return ErrDefinition.On("valid_days")
	}
	return nil
}

// Coupon is an issued right.
type Coupon struct {
	ID         id.ID
	Code       string
	Member     id.ID // none: bearer
	State      string
	Uses, Used int64
	UseSeq     int64
	LockedBy   id.ID
	ValidFrom  clock.Instant
	ValidUntil clock.Instant // 0: without end
	Definition Definition
}

// States.
const (
	StateActive = "active"
	StateVoid   = "void"
)

// UsableBy says why the coupon cannot be used in a sale, or nil.
func (c *Coupon) UsableBy(member, sale id.ID, at clock.Instant) error {
	switch {
	case c.State == StateVoid:
		return ErrVoid
	case c.Used >= c.Uses:
		return ErrUsed
	case !c.LockedBy.IsNone() && c.LockedBy != sale:
		return ErrLocked
	case at < c.ValidFrom:
		return ErrNotYet
	case c.ValidUntil != 0 && at >= c.ValidUntil:
		return ErrExpired
	case !c.Member.IsNone() && c.Member != member:
		return ErrNotOwner
	}
	return nil
}

// View is what a rule pack sees of it.
func (c *Coupon) View(ref uint32) promotion.CouponView {
	d := &c.Definition
	v := promotion.CouponView{Ref: ref, Rate: d.Rate, Amount: d.Amount, SKU: d.SKUCode, Category: d.Category, MinSpend: d.MinSpend, Stacking: d.Stacking}
	switch d.Kind {
	case KindPercent:
		v.Kind = promotion.CouponPercent
	case KindCash:
		v.Kind = promotion.CouponCash
	case KindProduct:
		v.Kind = promotion.CouponProduct
	}
	return v
}

const columns = `c.id, c.code, c.member_id, c.state, c.uses, c.used, c.use_seq, c.locked_by, c.valid_from, c.valid_until,
	d.id, d.name, d.kind, d.rate, d.amount, d.sku_id, d.sku_code, d.category, d.min_spend, d.stacking, d.uses, d.valid_days`

const from = ` from coupons c join coupon_definitions d on d.merchant_id = c.merchant_id and d.id = c.definition_id `

func scan(r db.Row, c *Coupon) error {
	var until *int64
	d := &c.Definition
	err := r.Scan(&c.ID, &c.Code, &c.Member, &c.State, &c.Uses, &c.Used, &c.UseSeq, &c.LockedBy, &c.ValidFrom, &until,
		&d.ID, &d.Name, &d.Kind, &d.Rate, &d.Amount, &d.SKU, &d.SKUCode, &d.Category, &d.MinSpend, &d.Stacking, &d.Uses, &d.ValidDays)
	if until != nil {
		c.ValidUntil = clock.Instant(*until)
	}
	return err
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
	return ask(out, `select `+columns+from+`where c.merchant_id = $1 and c.code in_texts($2) order by c.id`, m, codes)
}

// AskLocked reads coupons by their ids and locks them.
func AskLocked(m id.ID, ids []id.ID, out *[]Coupon) db.Ask {
	return ask(out, `select `+columns+from+`where c.merchant_id = $1 and c.id in_ids($2) order by c.id for no key update of c`, m, ids)
}

// AskUsedBy reads and locks the coupons that a sale has used and not given back.
func AskUsedBy(m, sale id.ID, out *[]Coupon) db.Ask {
	return ask(out, `select `+columns+from+`where c.merchant_id = $1 and c.id in (
		select u.coupon_id from coupon_uses u where u.merchant_id = $1 and u.sale_id = $2 and u.reversed_at is null)
		order by c.id for no key update of c`, m, sale)
}

// List reads coupons, newest first; member and code narrow it.
func List(ctx context.Context, r db.Reader, m, member id.ID, code string, p db.Page) ([]Coupon, error) {
	return db.All(ctx, r, scan, `select `+columns+from+`where c.merchant_id = $1 and (c.member_id = $2 or cast($2 as text) is null)
		and (c.code = $3 or $3 = '') and (c.id < $4 or cast($4 as text) is null) order by c.id desc limit $5`, m, member, code, p.After, p.Size()+1)
}

// Definitions lists the designs, by name.
func Definitions(ctx context.Context, r db.Reader, m id.ID) ([]Definition, error) {
	return db.All(ctx, r, func(row db.Row, d *Definition) error {
		return row.Scan(&d.ID, &d.Name, &d.Kind, &d.Rate, &d.Amount, &d.SKU, &d.SKUCode, &d.Category, &d.MinSpend, &d.Stacking, &d.Uses, &d.ValidDays)
	}, `select id, name, kind, rate, amount, sku_id, sku_code, category, min_spend, stacking, uses, valid_days from coupon_definitions
		where merchant_id = $1 and not archived order by name, id`, m)
}

// Define stores a design and sets its id. Fault: coupon.bad_definition.
func Define(tx *db.Tx, m id.ID, d *Definition) error {
	if d.Uses == 0 {
		d.Uses = 1
	}
	if err := d.Check(); err != nil {
		return err
	}
	d.ID = tx.NewID()
	tx.Queue(`insert into coupon_definitions (merchant_id, id, name, kind, rate, amount, sku_id, sku_code, category, min_spend, stacking, uses, valid_days, created_at)
		values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14)`,
		m, d.ID, d.Name, d.Kind, d.Rate, d.Amount, d.SKU, d.SKUCode, d.Category, d.MinSpend, d.Stacking, d.Uses, d.ValidDays, tx.Now)
	return nil
}

// Issue gives a coupon of a design to a member (none: to the bearer of its code).
// until overrides the design's validity where not 0. At the COMMIT: coupon.code_taken.
func Issue(tx *db.Tx, m id.ID, d *Definition, member id.ID, code string, until clock.Instant) Coupon {
	c := Coupon{ID: tx.NewID(), Code: strings.ToUpper(code), Member: member, State: StateActive, Uses: d.Uses, ValidFrom: tx.Now, ValidUntil: until, Definition: *d}
	if c.Code == "" {
		c.Code = NewCode()
	}
	if until == 0 && d.ValidDays > 0 {
		c.ValidUntil = clock.Of(tx.Now.Time().AddDate(0, 0, d.ValidDays))
	}
	var untilArg any
	if c.ValidUntil != 0 {
		untilArg = c.ValidUntil
	}
	tx.Queue(`insert into coupons (merchant_id, id, definition_id, code, member_id, state, uses, valid_from, valid_until, issued_at) values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10)`,
		m, c.ID, d.ID, c.Code, member, c.State, c.Uses, c.ValidFrom, untilArg, tx.Now)
	return c
}

// codeAlphabet leaves out what is misread: 0 O, 1 I L, U.
const codeAlphabet = "23456789ABCDEFGHJKMNPQRSTVWXYZ"

// NewCode makes a code of 12 characters, 58 bits of randomness.
func NewCode() string {
	b := make([]byte, 12)
	if _, err := rand.Read(b); err != nil {
		panic(err)
	}
	for i := range b {
		b[i] = codeAlphabet[int(b[i])%len(codeAlphabet)]
	}
	return string(b)
}

// QueueRedeem books one use. At the COMMIT: coupon.already_used.
func QueueRedeem(tx *db.Tx, m id.ID, c *Coupon, sale id.ID) {
	c.Used++
	c.UseSeq++
	tx.Queue(`update coupons set used = used + 1, use_seq = use_seq + 1, locked_by = null where merchant_id = $1 and id = $2`, m, c.ID)
	tx.Queue(`insert into coupon_uses (merchant_id, coupon_id, use_no, sale_id, at) values ($1,$2,$3,$4,$5)`, m, c.ID, c.UseSeq, sale, tx.Now)
}

// QueueRestore gives the use of a sale back.
func QueueRestore(tx *db.Tx, m id.ID, c *Coupon, sale id.ID) {
	c.Used--
	tx.Queue(`update coupons set used = used - 1 where merchant_id = $1 and id = $2`, m, c.ID)
	tx.Queue(`update coupon_uses set reversed_at = $4 where merchant_id = $1 and coupon_id = $2 and sale_id = $3 and reversed_at is null`, m, c.ID, sale, tx.Now)
}

// QueueLock reserves a coupon for an open sale; QueueUnlock ends that.
func QueueLock(tx *db.Tx, m, coupon, sale id.ID) {
	tx.Queue(`update coupons set locked_by = $3 where merchant_id = $1 and id = $2`, m, coupon, sale)
}

// QueueUnlock ends the locks of a sale on these coupons.
func QueueUnlock(tx *db.Tx, m, sale id.ID, coupons []id.ID) {
	tx.Queue(`update coupons set locked_by = null where merchant_id = $1 and id in_ids($3) and locked_by = $2`, m, sale, coupons)
}
