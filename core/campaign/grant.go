package campaign

import (
	"context"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/promotion"
)

var (
	ErrGrantNotFound = fault.New(fault.NotFound, "campaign.grant_not_found")
	ErrGrantUsed     = fault.New(fault.Conflict, "campaign.grant_used")    // as much was fetched or played as was given
	ErrGrantExpired  = fault.New(fault.Conflict, "campaign.grant_expired") // its time is over
	ErrGrantOwner    = fault.New(fault.Denied, "campaign.grant_of_another_member")
	ErrUnknownRef    = fault.New(fault.NotFound, "campaign.unknown_ref") // Args: kind, ref, pack: what a pack wants to give does not exist
)

var _ = db.Guard("ck_grants_used", ErrGrantUsed)

// What a grant gives, as it is stored and named in the API.
const (
	Points   = "points"
	Money    = "money"
	CouponOf = "coupon"
	Visits   = "visits"
	GiftOf   = "gift"
	Message  = "message"
	Chances  = "chances"
)

// KindOf is the stored name of a kind.
func KindOf(k promotion.GrantKind) string {
	return [...]string{"", Points, Money, CouponOf, Visits, GiftOf, Message, Chances}[min(k, promotion.GrantChances)]
}

// Where grants come from.
const (
	FromSale    = "sale"
	FromTrigger = "trigger"
	FromDraw    = "draw"
	FromStaff   = "manual"
)

// Grant is something given to a member.
type Grant struct {
	ID         id.ID
	Member     id.ID
	Shop       id.ID
	Source     string
	SourceID   id.ID // the sale, the run of the trigger, the draw; by hand: who gave it
	Line       id.ID // of the sale; none: it belongs to the whole
	Kind       string
	Ref        string // what: the code of a design, service or gift, a message template; chances: the pack that draws
	Target     id.ID  // the design, service, gift
	Count      int64
	Amount     money.Amount
	Used       int64 // gifts fetched, chances played
	TakenBack  int64 // by refunds
	Kept       int64 // a refund would have taken it back, but it was used
	ValidUntil clock.Instant
	PackID     string
	Version    string
	Note       promotion.Note
	Date       clock.Date
	At         clock.Instant
	Replayed   bool // the answer to a repeated request; not stored
}

// Left is how much of a gift or a chance is still there.
func (g *Grant) Left() int64 { return g.Count - g.Used - g.TakenBack }

// Usable says why nothing of a grant can be fetched or played, or nil. Faults:
// campaign.grant_of_another_member, campaign.grant_expired, campaign.grant_used.
func (g *Grant) Usable(member id.ID, now clock.Instant, n int64) error {
	switch {
	case g.Member != member:
		return ErrGrantOwner
	case g.ValidUntil != 0 && now >= g.ValidUntil:
		return ErrGrantExpired
	case g.Left() < n:
		return ErrGrantUsed
	}
	return nil
}

const grantColumns = `id, member_id, shop_id, source, source_id, line_id, kind, ref, target_id, count, amount, used, taken_back, kept, valid_until,
	pack_id, pack_version, code, arg, money, label, business_date, at`

func scanGrant(r db.Row, g *Grant) error {
	return r.Scan(&g.ID, &g.Member, &g.Shop, &g.Source, &g.SourceID, &g.Line, &g.Kind, &g.Ref, &g.Target, &g.Count, &g.Amount, &g.Used, &g.TakenBack, &g.Kept, &g.ValidUntil,
		&g.PackID, &g.Version, &g.Note.Code, &g.Note.Arg, &g.Note.Money, &g.Note.Label, &g.Date, &g.At)
}

// QueueGrant records a grant; its id and instant are the transaction's where they
// are not given. What it gives is written by the caller beside it.
func QueueGrant(tx *db.Tx, m id.ID, g *Grant) {
	if g.ID.IsNone() {
		g.ID = tx.NewID()
	}
	g.At = tx.Now
	tx.Queue(`insert into grants (merchant_id, `+grantColumns+`) values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19,$20,$21,$22,$23,$24)`,
		m, g.ID, g.Member, g.Shop, g.Source, g.SourceID, g.Line, g.Kind, g.Ref, g.Target, g.Count, int64(g.Amount), g.Used, g.TakenBack, g.Kept, g.ValidUntil,
		g.PackID, g.Version, g.Note.Code, g.Note.Arg, int64(g.Note.Money), g.Note.Label, string(g.Date), g.At)
}

// QueueGrantCoupon notes a coupon that a grant issued.
func QueueGrantCoupon(tx *db.Tx, m, grant, coupon id.ID) {
	tx.Queue(`insert into grant_coupons (merchant_id, coupon_id, grant_id) values ($1, $2, $3)`, m, coupon, grant)
}

// QueueUse notes that so much of a grant was fetched or played. More than there is
// is campaign.grant_used as the batch is sent.
func QueueUse(tx *db.Tx, m, grant id.ID, n int64) {
	tx.Queue(`update grants set used = used + $3 where merchant_id = $1 and id = $2`, m, grant, n)
}

// QueueFetch is QueueUse by a line of a sale, whose refund gives it back with
// QueueFetchBack.
func QueueFetch(tx *db.Tx, m, grant, sale, line id.ID, n int64) {
	QueueUse(tx, m, grant, n)
	tx.Queue(`insert into grant_uses (merchant_id, line_id, grant_id, sale_id, count) values ($1, $2, $3, $4, $5)`, m, line, grant, sale, n)
}

// QueueFetchBack gives back what a line has fetched; a line that fetched nothing
// changes nothing.
func QueueFetchBack(tx *db.Tx, m, line id.ID, n int64) {
	tx.Queue(`update grants set used = used - $3 where merchant_id = $1 and id = (select u.grant_id from grant_uses u where u.merchant_id = $1 and u.line_id = $2)`, m, line, n)
}

// QueueFetchReleased undoes QueueFetch for a sale that came to nothing, as if the line
// had never been.
func QueueFetchReleased(tx *db.Tx, m, line id.ID, n int64) {
	QueueFetchBack(tx, m, line, n)
	tx.Queue(`delete from grant_uses where merchant_id = $1 and line_id = $2`, m, line)
}

// QueueTakeBack notes what a refund took back of a grant and what it had to leave.
func QueueTakeBack(tx *db.Tx, m, grant id.ID, taken, kept int64) {
	tx.Queue(`update grants set taken_back = taken_back + $3, kept = kept + $4 where merchant_id = $1 and id = $2`, m, grant, taken, kept)
}

// AskGrantsOf reads and locks the grants of a sale.
func AskGrantsOf(m, sale id.ID, out *[]Grant) db.Ask {
	return askGrants(out, `where merchant_id = $1 and source_id = $2 and source = 'sale' order by id for update`, m, sale)
}

// AskGrants reads grants by their ids.
func AskGrants(m id.ID, ids []id.ID, out *[]Grant) db.Ask {
	return askGrants(out, `where merchant_id = $1 and id in_ids($2)`, m, ids)
}

// AskOpenGrants reads the gifts and chances of a member that are left, the newest first.
func AskOpenGrants(m, member id.ID, limit int, out *[]Grant) db.Ask {
	return askGrants(out, `where merchant_id = $1 and member_id = $2 and kind in ('gift', 'chances') and used + taken_back < count order by id desc limit $3`, m, member, limit)
}

func askGrants(out *[]Grant, where string, args ...any) db.Ask {
	*out = (*out)[:0]
	return db.Ask{SQL: `select ` + grantColumns + ` from grants ` + where, Args: args, Scan: func(r db.Row) error {
		var g Grant
		err := scanGrant(r, &g)
		*out = append(*out, g)
		return err
	}}
}

// AskCouponsOf reads which coupons the grants of a sale issued: coupon -> grant.
func AskCouponsOf(m, sale id.ID, out *map[id.ID]id.ID) db.Ask {
	of := map[id.ID]id.ID{}
	*out = of
	return db.Ask{SQL: `select c.coupon_id, c.grant_id from grants g join grant_coupons c on c.merchant_id = g.merchant_id and c.grant_id = g.id
		where g.merchant_id = $1 and g.source_id = $2 and g.source = 'sale'`, Args: []any{m, sale}, Scan: func(r db.Row) error {
		var c, g id.ID
		err := r.Scan(&c, &g)
		of[c] = g
		return err
	}}
}

// GetGrant reads a grant. Fault: campaign.grant_not_found.
func GetGrant(ctx context.Context, r db.Reader, m, grant id.ID) (Grant, error) {
	gs, err := db.All(ctx, r, scanGrant, `select `+grantColumns+` from grants where merchant_id = $1 and id = $2`, m, grant)
	if err == nil && len(gs) == 0 {
		return Grant{}, ErrGrantNotFound
	}
	if err != nil {
		return Grant{}, err
	}
	return gs[0], nil
}

// ListGrants lists what a member was given, the newest first; open keeps gifts and
// chances that are still there.
func ListGrants(ctx context.Context, r db.Reader, m, member id.ID, open bool, p db.Page) ([]Grant, string, error) {
	q, args := `select `+grantColumns+` from grants where merchant_id = $1 and member_id = $2`, []any{m, member, p.Size() + 1}
	if open {
		q += ` and kind in ('gift', 'chances') and used + taken_back < count`
	}
	if !p.After.IsNone() {
		q, args = q+` and id < $4`, append(args, p.After)
	}
	rows, err := db.All(ctx, r, scanGrant, q+` order by id desc limit $3`, args...)
	if err != nil {
		return nil, "", err
	}
	items, next := db.Cut(p, rows, func(g Grant) id.ID { return g.ID })
	return items, next, nil
}

// ListGrantsOf lists what came of a sale, a run of a trigger or a draw.
func ListGrantsOf(ctx context.Context, r db.Reader, m, source id.ID) ([]Grant, error) {
	return db.All(ctx, r, scanGrant, `select `+grantColumns+` from grants where merchant_id = $1 and source_id = $2 order by id`, m, source)
}
