package checkout

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/shopwright/shopwright/core/catalog"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/stock"
	"github.com/shopwright/shopwright/core/till"
	"github.com/shopwright/shopwright/core/wallet"
)

// SaleIn is a basket that is paid.
type SaleIn struct {
	Basket        Basket
	ID            id.ID         // made by the till; none: made here
	QuoteRef      string        // the quote that the screen showed
	ExpectedTotal *money.Amount // what the screen showed
	Tenders       []TenderIn
	Idem          db.Idem
	Actor         id.ID // the staff member or API key
	Origin        string
	OccurredAt    clock.Instant // 0: now
	DeviceSeq     int64
}

// Complete sells a basket. With immediate tenders it is one transaction; with an
// acquirer the sale is open while the acquirer is asked. Faults: checkout.*
// (checkout.total_changed with the new quote where the price has moved),
// wallet.*, coupon.*, stock.insufficient, till.no_open_shift, idempotency.*.
func (d *Desk) Complete(ctx context.Context, in SaleIn) (*sale.Sale, error) {
	q, err := d.binding(ctx, &in) // prices, benefits, points, commission: rule packs, no writes
	if err != nil {
		return d.orReplay(ctx, in, err)
	}
	paid, err := d.settle(ctx, q, in.Tenders)
	if err != nil {
		return d.orReplay(ctx, in, err)
	}
	s := q.sale(&in, paid)
	if codes := d.charged(ctx, s); codes != nil {
		return d.completeWithAcquirer(ctx, q, s, in, codes)
	}
	sell := func(ctx context.Context, tx *db.Tx) error {
		s = q.sale(&in, paid) // anew at each try
		claim := tx.ClaimKey(s.Merchant, in.Idem)
		b := newBooking(d, tx, q, s)
		b.ask() // trip 1: lock accounts, coupons, the register; read lots and shift
		if err := tx.Flush(ctx); err != nil {
			return err
		}
		if err := priorOf(claim); err != nil {
			return err
		}
		if err := b.write(); err != nil {
			return err
		}
		tx.SettleKey(s.Merchant, in.Idem, s.ID)
		return nil // trip 2: all writes and COMMIT
	}
	err = d.DB.InTx(ctx, sell)
	if less := q.withoutLimited(err); less != nil {
		q = less
		err = d.DB.InTx(ctx, sell)
	}
	if err != nil {
		return d.orReplay(ctx, in, err)
	}
	d.quotes.drop(q)
	d.noteFailures(ctx, q, s.ID)
	return s, nil
}

// replay says that the key was used before, by the request that made this sale.
type replay struct {
	sale  id.ID
	ended bool
}

func (replay) Error() string { return "checkout: this request was answered before" }

func priorOf(c *db.Claim) error {
	resource, ended, found, err := c.Prior()
	if err != nil || !found {
		return err
	}
	return replay{resource, ended}
}

// orReplay answers a repeated request with the result of the first, also where
// the repetition fails before it comes to its key: the coupon is used by now, the
// price has moved. A sale id that exists already is a repetition where it is the
// same sale.
func (d *Desk) orReplay(ctx context.Context, in SaleIn, cause error) (*sale.Sale, error) {
	m := in.Basket.Merchant
	var r replay
	if !errors.As(cause, &r) {
		found, err := d.findPrior(ctx, m, in.Idem)
		if err != nil {
			return nil, err
		}
		if found == nil {
			return d.orSameSale(ctx, in, cause)
		}
		r = *found
	}
	if !r.ended {
		return nil, ErrPaymentPending.With("sale", r.sale.String())
	}
	return d.replayed(ctx, m, r.sale)
}

// replayed reads the first request's result for a repetition of it.
func (d *Desk) replayed(ctx context.Context, m, first id.ID) (*sale.Sale, error) {
	s, err := sale.Get(ctx, d.DB, m, first)
	if err == nil {
		s.Replayed = true
	}
	return s, err
}

func (d *Desk) findPrior(ctx context.Context, m id.ID, k db.Idem) (*replay, error) {
	c, err := db.FindKey(ctx, d.DB, m, k)
	if err != nil {
		return nil, err
	}
	var r replay
	if err = priorOf(c); errors.As(err, &r) {
		return &r, nil
	}
	return nil, err
}

func (d *Desk) orSameSale(ctx context.Context, in SaleIn, cause error) (*sale.Sale, error) {
	if !errors.Is(cause, sale.ErrIDTaken) || in.ID.IsNone() {
		return nil, cause
	}
	s, err := sale.Get(ctx, d.DB, in.Basket.Merchant, in.ID)
	if err == nil && s.State == sale.StateAbandoned && s.Register == in.Basket.Register && s.Member == in.Basket.Member {
		return nil, ErrPaymentRefused // the answer to the first request was lost
	}
	if err != nil || s.State != sale.StateCompleted || s.Register != in.Basket.Register || s.Member != in.Basket.Member || len(s.Lines) != len(in.Basket.Lines) {
		return nil, cause
	}
	for i := range s.Lines {
		weighed := catalog.LooksWeighed(in.Basket.Lines[i].Barcode) // its code says how much
		if !weighed && s.Lines[i].Quantity != in.Basket.Lines[i].Quantity || !in.Basket.Lines[i].SKU.IsNone() && s.Lines[i].SKU != in.Basket.Lines[i].SKU {
			return nil, cause
		}
	}
	s.Replayed = true
	return s, nil
}

// binding finds the quote that the sale is sold on. A quote that is at hand binds
// for its life; otherwise the basket is priced now, and where that gives another
// total than the screen showed, the sale is refused with the new quote.
func (d *Desk) binding(ctx context.Context, in *SaleIn) (*Quote, error) {
	if in.QuoteRef != "" {
		if err := in.Basket.check(); err != nil {
			return nil, err
		}
		q := d.quotes.get(in.QuoteRef, d.DB.Now())
		if q != nil && q.hash == in.Basket.hash() && q.HasLines(&in.Basket) && (in.ExpectedTotal == nil || *in.ExpectedTotal == q.Total) {
			told := *q // the stations may have been told of it since
			told.Basket = q.Basket.named(&in.Basket)
			return &told, nil
		}
	}
	q, err := d.Quote(ctx, in.Basket)
	if err != nil {
		return nil, err
	}
	want, told := totalOf(in.QuoteRef)
	if in.ExpectedTotal != nil {
		want, told = *in.ExpectedTotal, true
	}
	if told && want != q.Total {
		return nil, ErrTotalChanged.With("shown", q.Currency.Format(want)).With("now", q.Currency.Format(q.Total)).WithHint(q)
	}
	return q, nil
}

// HasLines reports whether the lines of a basket that have an id are this quote's.
func (q *Quote) HasLines(b *Basket) bool {
	for i := range b.Lines {
		if in := &b.Lines[i]; !in.ID.IsNone() && (i >= len(q.Lines) || q.Lines[i].ID != in.ID) {
			return false
		}
	}
	return true
}

// sale makes the document of a quote. The quote is shared and stays as it is.
func (q *Quote) sale(in *SaleIn, paid settlement) *sale.Sale {
	s := &sale.Sale{
		Merchant: q.Basket.Merchant, ID: in.ID, Kind: sale.KindSale, Shop: q.Basket.Shop, Register: q.Basket.Register,
		Member: q.Basket.Member, Actor: in.Actor, Currency: q.Currency, Subtotal: q.Subtotal, Discount: q.Discount, Tax: q.Tax, Total: q.Total,
		Change: paid.change, CashRounding: paid.rounding, Commission: q.Commission, TierBefore: q.Tier, TierAfter: q.TierAfter,
		OccurredAt: in.OccurredAt, Origin: in.Origin, DeviceSeq: in.DeviceSeq, Trace: q.Trace.Text(), Rules: q.Rules, Input: q.Input,
		Lines: append([]sale.Line(nil), q.Lines...), Adjustments: append([]sale.Adjustment(nil), q.Adjustments...), Tenders: slices.Clone(paid.tenders),
	}
	for _, t := range paid.tenders {
		s.Paid += t.Tendered
	}
	for i := range s.Lines {
		s.Lines[i].Points = paid.points[i]
		s.Points += paid.points[i]
		if s.Lines[i].Kind != sale.LineTopUp {
			s.Lines[i].Bonus = money.Amount(paid.rebates[i])
		}
	}
	var failed []string
	for _, f := range q.Fallbacks {
		failed = append(failed, f.PackID)
	}
	s.Fallbacks = strings.Join(failed, ",")
	return s
}

// booking is one transaction's work on a sale.
type booking struct {
	d         *Desk
	tx        *db.Tx
	q         *Quote
	s         *sale.Sale
	purses    purses
	purse     *ledger.Purse          // the member's among them, nil without a member
	cards     []wallet.GiftCard      // that pay, under their locks
	issued    []*ledger.Purse        // of gift cards that are sold
	worth     map[id.ID]money.Amount // of the visits that paid a line
	coupons   couponLocks
	dishes    dishes
	counter   till.Counter
	asOf      clock.Instant            // lots are chosen as of this instant
	opened    bool                     // the sale's row exists already
	giftsHeld bool                     // its gifts were handed out as it was opened
	shelf     []stock.Level            // online orders: what is there, locked
	short     map[id.ID]money.Quantity // online orders: by line, what is not
}

func newBooking(d *Desk, tx *db.Tx, q *Quote, s *sale.Sale) *booking {
	b := &booking{d: d, tx: tx, q: q, s: s, asOf: tx.Now, purses: purses{merchant: s.Merchant}, worth: map[id.ID]money.Amount{}}
	if !s.Member.IsNone() {
		b.purse = b.purses.of(ledger.OwnerMember, s.Member)
	}
	for i := range s.Lines {
		for _, dr := range s.Lines[i].Draws {
			b.purses.of(ledger.OwnerMember, dr.Owner)
		}
	}
	for _, t := range s.Tenders {
		if t.Type == sale.TenderGiftCard {
			b.purses.of(wallet.OwnerGiftCard, t.GiftCard)
		}
	}
	return b
}
