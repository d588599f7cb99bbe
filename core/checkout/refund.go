package checkout

import (
	"context"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/setting"
	"github.com/shopwright/shopwright/core/tenant"
	"github.com/shopwright/shopwright/core/wallet"
)

// RefundIn asks for lines of a sale to be taken back; no lines: all that is left.
type RefundIn struct {
	Merchant id.ID
	Sale     id.ID
	Reason   string
	Lines    []RefundLine
	Register id.ID // where the money is given back; none: where the sale was made
	Actor    id.ID
	Idem     db.Idem `json:"-"`
	Origin   string
	Plan     RefundPlan
	Voucher  money.Amount `json:",omitempty"` // so much of it goes on a new gift card: an exchange pays with it

	// Prepaid says what the law or an agreement gives back of a top-up, a punch card
	// or a gift card that was partly used. Without it such a line is refused.
	Prepaid    wallet.Claim
	UsedAtList money.Amount // for wallet.CaseConsumer: the used part at the prices before any discount; 0: what was used
	// OnShort decides about earned points that were spent meanwhile: ShortNegative
	// (a debt that later points pay off) or ShortRefuse; "" is the merchant's setting.
	OnShort string
	// Expected, where set, is the total that the screen showed: another one is
	// refused with checkout.total_changed.
	Expected *money.Amount `json:"-"`

	request  id.ID // the request that this refund was waiting as
	decision string
	told     *toldBack // by an online shop
}

// RefundPlan says which tenders the refund goes to. None of it: pro rata, in
// proportion to what is left of each.
type RefundPlan struct {
	Order   []string   `json:",omitempty"` // types that are filled first, in this order
	Amounts []TenderIn `json:",omitempty"` // stated amounts by type, which must add up
}

// Decisions about points that are not there any more.
const (
	ShortNegative = "negative"
	ShortRefuse   = "refuse"
)

// RefundLine is a quantity of a line.
type RefundLine struct {
	Line     id.ID
	Quantity money.Quantity
}

// Refund takes lines back. The allocation that was stored with the sale decides
// every share, never today's prices; the refund that takes the rest of a line
// takes exactly what is left of it. Faults: sale.not_found,
// sale.line_not_found, sale.refund_exceeds_rest, checkout.nothing_left_to_refund,
// checkout.not_a_sale, checkout.bad_refund_plan, checkout.prepaid_used,
// checkout.points_spent, checkout.total_changed, wallet.*.
func (d *Desk) Refund(ctx context.Context, in RefundIn) (*sale.Sale, error) {
	return d.takeBack(ctx, in, sale.KindRefund)
}

// Void takes a whole sale back within its own shift. Faults: those of Refund,
// checkout.void_after_shift, checkout.void_after_refund.
func (d *Desk) Void(ctx context.Context, in RefundIn) (*sale.Sale, error) {
	in.Lines, in.Register = nil, id.None
	return d.takeBack(ctx, in, sale.KindVoid)
}

// prepared is what a refund needs to know before its transaction.
type prepared struct {
	of       *sale.Sale
	desk     tenant.Desk
	settings setting.Values
	owners   []ledger.Owner // whose wallets the sale touched
	given    given
	terms    terms
}

func (d *Desk) prepare(ctx context.Context, in *RefundIn) (p prepared, err error) {
	in.Reason = strings.TrimSpace(in.Reason)
	if in.Reason == "" || utf8.RuneCountInString(in.Reason) > 500 {
		return p, ErrReason.On("reason")
	}
	if in.OnShort != "" && in.OnShort != ShortNegative && in.OnShort != ShortRefuse {
		return p, ErrRefundPlan.On("on_short")
	}
	if p.of, err = sale.Get(ctx, d.DB, in.Merchant, in.Sale); err != nil {
		return p, err
	}
	if p.of.Kind != sale.KindSale || p.of.State != sale.StateCompleted {
		return p, ErrNotASale
	}
	if in.Register.IsNone() {
		in.Register = p.of.Register
	}
	asks := []db.Ask{tenant.AskDesk(in.Merchant, in.Register, &p.desk), setting.AskAll(in.Merchant, p.of.Shop, in.Register, &p.settings), ledger.AskOwnersOf(in.Merchant, p.of.ID, &p.owners)}
	if !p.of.Member.IsNone() {
		asks = append(asks, p.given.asks(in.Merchant, p.of.ID)...)
	}
	if err = d.DB.Batch(ctx, asks...); err != nil {
		return p, err
	}
	return p, p.desk.Check()
}

// returning begins the work of one try.
func (p *prepared) returning(d *Desk, tx *db.Tx, in *RefundIn, kind string) *returning {
	of := p.of
	q := &Quote{Desk: p.desk, Currency: of.Currency, StrictShift: setting.StrictShift.In(p.settings), AllowNegative: setting.StockAllowNegative.In(p.settings), Inclusive: !addsTax(of), Paper: paperOf(p.settings)}
	back := &sale.Sale{Merchant: in.Merchant, Kind: kind, Of: of.ID, Reason: in.Reason, Shop: p.desk.Shop.ID, Register: in.Register, Member: of.Member, Actor: in.Actor, Currency: of.Currency, Origin: in.Origin}
	r := &returning{booking: newBooking(d, tx, q, back), of: of, in: in, settings: p.settings, known: p.given}
	for _, o := range p.owners {
		r.purses.of(o.Kind, o.ID)
	}
	return r
}

func (d *Desk) takeBack(ctx context.Context, in RefundIn, kind string) (*sale.Sale, error) {
	p, err := d.prepare(ctx, &in)
	if err != nil {
		return nil, err
	}
	var back *sale.Sale
	err = d.withTerms(ctx, &p, &in, kind, func(ctx context.Context, tx *db.Tx) error {
		claim := tx.ClaimKey(in.Merchant, in.Idem)
		r := p.returning(d, tx, &in, kind)
		back = r.s
		r.ask()
		if err := tx.Flush(ctx); err != nil {
			return err
		}
		if err := priorOf(claim); err != nil {
			return err
		}
		if err := r.endRequest(); err != nil {
			return err
		}
		if err := r.seesTold(); err != nil {
			return err
		}
		if err := r.settleLines(&p.terms); err != nil {
			return err
		}
		if kind == sale.KindVoid {
			if err := r.mayVoid(); err != nil {
				return err
			}
		}
		if err := r.write(); err != nil {
			return err
		}
		if err := in.expects(back.Currency, back.Total); err != nil {
			return err
		}
		r.decide(sale.RequestApproved)
		tx.SettleKey(in.Merchant, in.Idem, back.ID)
		return nil
	})
	var again replay
	if errors.As(err, &again) {
		return d.replayed(ctx, in.Merchant, again.sale)
	}
	if err != nil {
		return nil, err
	}
	d.recordFailures(ctx, in.Merchant, p.of.Shop, p.terms.failed, back.ID)
	if !p.of.Member.IsNone() {
		d.reviewAfterRefund(ctx, in.Merchant, p.of.Member)
	}
	return back, nil
}

// expects refuses a total that is not the one that was shown. Fault:
// checkout.total_changed.
func (in *RefundIn) expects(ccy money.Currency, total money.Amount) error {
	if in.Expected == nil || *in.Expected == total {
		return nil
	}
	return ErrTotalChanged.With("shown", ccy.Format(*in.Expected)).With("now", ccy.Format(total))
}

// reviewAfterRefund looks at the member's tier again: what was refunded lowers the
// figures that it stands on. The refund holds whatever becomes of the review; the
// nightly run makes up for one that failed.
func (d *Desk) reviewAfterRefund(ctx context.Context, m, member id.ID) {
	if _, err := d.ReviewTier(context.WithoutCancel(ctx), m, member); err != nil {
		d.Log.WarnContext(ctx, "a member's tier could not be reviewed", "member", member, "error", err)
	}
}

// addsTax reports whether tax came on top of the lines.
func addsTax(s *sale.Sale) bool { return s.Tax != 0 && s.Total == s.Subtotal-s.Discount+s.Tax }
