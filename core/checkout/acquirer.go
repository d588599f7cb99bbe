package checkout

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/shopwright/shopwright/core/coupon"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/payment"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/stock"
	"github.com/shopwright/shopwright/core/till"
	"github.com/shopwright/shopwright/core/wallet"
)

// draft is what an open sale keeps to go on with, after a crash too.
type draft struct {
	Quote     *Quote
	Sale      *sale.Sale
	Idem      db.Idem
	GiftsHeld bool // missing in what was opened before gifts were held
}

// completeWithAcquirer is the sale in two transactions with the acquirer between:
// reserve, take the payment outside any transaction, then book.
func (d *Desk) completeWithAcquirer(ctx context.Context, q *Quote, s *sale.Sale, in SaleIn, codes map[int]string) (*sale.Sale, error) {
	if err := d.reserve(ctx, q, s, in.Idem); err != nil {
		return d.orReplay(ctx, in, err)
	}
	d.quotes.drop(q)
	outcome, err := d.takePayment(ctx, s, func(ctx context.Context, c Charge) (Outcome, error) {
		c.Code = codes[c.Tender]
		return d.Acquirer.Authorise(ctx, c)
	})
	if err != nil {
		d.Log.WarnContext(ctx, "the acquirer gave no answer", "sale", s.ID, "error", err)
	}
	// From here on the caller may go away: what was paid is booked.
	return d.conclude(context.WithoutCancel(ctx), &draft{q, s, in.Idem, true}, outcome)
}

// reserve is transaction 1: the open sale, holds on stored value and points,
// locks on coupons, gifts, reservations of stock.
func (d *Desk) reserve(ctx context.Context, q *Quote, s *sale.Sale, idem db.Idem) error {
	return d.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		claim := tx.ClaimKey(s.Merchant, idem)
		b := newBooking(d, tx, q, s)
		b.ask()
		if err := tx.Flush(ctx); err != nil {
			return err
		}
		if err := priorOf(claim); err != nil {
			return err
		}
		if q.StrictShift && b.counter.Shift.ID.IsNone() { // before anything is charged
			return till.ErrNoShift
		}
		s.RecordedAt, s.BusinessDate = tx.Now, q.Desk.Shop.Zone.BusinessDate(tx.Now)
		if s.OccurredAt == 0 {
			s.OccurredAt = tx.Now
		}
		raw, err := json.Marshal(draft{q, s, idem, true})
		if err != nil {
			return err
		}
		sale.QueueOpen(tx, s, string(raw))
		if err := b.hold(); err != nil {
			return err
		}
		for i := range b.coupons.rows {
			u := b.couponUse()
			if err := b.coupons.rows[i].UsableIn(u); err != nil {
				return err
			}
			coupon.QueueHold(tx, s.Merchant, &b.coupons.rows[i], u)
		}
		b.holdGifts()
		demand := map[id.ID]money.Quantity{}
		for _, mv := range stockMoves(s, 1) {
			demand[mv.SKU] += mv.Quantity
		}
		stock.QueueReserve(tx, s.Merchant, stock.Floor(s.Merchant, s.Shop), s.ID, demand, q.AllowNegative)
		tx.NameKey(s.Merchant, idem, s.ID)
		return nil
	})
}

// hold sets aside what the own-wallet tenders and punches will take.
func (b *booking) hold() error {
	want := map[*ledger.Account]money.Amount{}
	var order []*ledger.Account
	var points int64 // of tenders and gifts together
	visits := map[sale.Draw]int64{}
	add := func(a *ledger.Account, n money.Amount) {
		if n > 0 && a != nil {
			if _, seen := want[a]; !seen {
				order = append(order, a)
			}
			want[a] += n
		}
	}
	for _, t := range b.s.Tenders {
		switch t.Type {
		case sale.TenderStoredValue, sale.TenderGiftCard:
			p := b.purse
			if t.Type == sale.TenderGiftCard {
				c, err := b.cardOf(t.GiftCard)
				if err != nil {
					return err
				}
				if err := c.Usable(b.asOf); err != nil {
					return err
				}
				p = b.purses.find(t.GiftCard)
			}
			parts, err := wallet.ReserveBy(p, b.s.Currency.Code, t.Amount, b.asOf, b.q.consumption(t.Type))
			if err != nil {
				return err
			}
			for _, part := range parts {
				add(part.Account, part.Amount)
			}
		case sale.TenderPoints:
			points += t.Points
		}
	}
	for i := range b.s.Lines {
		if l := &b.s.Lines[i]; l.Punches > 0 {
			for _, dr := range l.Draws {
				p, k := b.purses.find(dr.Owner), sale.Draw{Owner: dr.Owner, Unit: dr.Unit}
				if visits[k] += dr.Visits; wallet.PunchesNow(p, dr.Unit, b.asOf) < visits[k] {
					return wallet.ErrPunchesShort.With("wanted", visits[k])
				}
				add(p.Find(ledger.PunchUnit(dr.Unit), ledger.ClassPunch), money.Amount(dr.Visits))
			}
		}
		points += b.s.Lines[i].PointsCost
	}
	if points > 0 { // nothing is charged that could not be booked afterwards: a balance of points has no floor of its own
		if have := wallet.PointsNow(b.purse, b.asOf); have < points {
			return wallet.ErrPointsShort.With("wanted", points).With("available", max(have, 0))
		}
		add(b.purse.Find(ledger.UnitPoints, ledger.ClassPoints), money.Amount(points))
	}
	for _, a := range order {
		ledger.QueueHold(b.tx, b.s.Merchant, a, b.s.ID, want[a])
	}
	return nil
}

// charged finds the tenders that go through a connector, names them, and takes the
// codes away that were read for them: a code is not stored. nil: there are none.
func (d *Desk) charged(ctx context.Context, s *sale.Sale) (codes map[int]string) {
	if d.Acquirer == nil {
		return nil
	}
	if s.ID.IsNone() {
		s.ID = id.New(int64(d.DB.Now()))
	}
	for i := range s.Tenders {
		t := &s.Tenders[i]
		if t.Type != sale.TenderCard && t.Type != sale.TenderQR {
			continue
		}
		c := chargeOf(s, i)
		c.Code = t.Reference
		if d.Acquirer.Takes(ctx, c) {
			if codes == nil {
				codes = map[int]string{}
			}
			codes[i], t.Reference = c.Code, c.Reference
		}
	}
	return codes
}

// chargeOf is a tender as the acquirer is asked for it.
func chargeOf(s *sale.Sale, tender int) Charge {
	t := &s.Tenders[tender]
	return Charge{Merchant: s.Merchant, Sale: s.ID, Shop: s.Shop, Register: s.Register, Tender: tender, Reference: payment.Reference(s.ID, tender), Type: t.Type, Amount: t.Amount, Currency: s.Currency.Code}
}

// charges are the tenders that go through a connector.
func charges(s *sale.Sale) (out []Charge) {
	for i := range s.Tenders {
		if c := chargeOf(s, i); s.Tenders[i].Reference == c.Reference {
			out = append(out, c)
		}
	}
	return out
}

// takePayment asks the acquirer for each tender that it takes. All paid, or the
// first answer that is not.
func (d *Desk) takePayment(ctx context.Context, s *sale.Sale, ask func(context.Context, Charge) (Outcome, error)) (Outcome, error) {
	for _, c := range charges(s) {
		o, err := ask(ctx, c)
		if err != nil {
			return Unknown, err
		}
		if o != Paid {
			return o, nil
		}
	}
	return Paid, nil
}

// conclude goes on with an open sale by the acquirer's answer.
func (d *Desk) conclude(ctx context.Context, dr *draft, o Outcome) (*sale.Sale, error) {
	switch o {
	case Paid:
		return d.bookOpen(ctx, dr)
	case Refused:
		other, err := d.abandon(ctx, dr, "payment refused")
		if err != nil || other != nil {
			return other, err
		}
		return nil, ErrPaymentRefused
	}
	return nil, ErrPaymentPending.With("sale", dr.Sale.ID.String())
}

// openState is an open sale under its lock, with what it has set aside.
type openState struct {
	open         sale.OpenSale
	holds        []ledger.Hold
	reservations []stock.Reservation
}

// askOpen notes the locks for ending an open sale: its own row first, then the
// lock order.
func (b *booking) askOpen(st *openState) {
	m, sid := b.s.Merchant, b.s.ID
	b.tx.AskAll(sale.AskOpen(m, sid, true, &st.open))
	b.ask()
	b.tx.AskAll(ledger.AskHolds(m, sid, &st.holds), stock.AskReservations(m, sid, &st.reservations))
}

// endHolds ends what was set aside; a spending follows where it is captured.
func (b *booking) endHolds(st *openState, captured bool) {
	for _, h := range st.holds {
		if _, a := b.purses.account(h.Account); a != nil {
			ledger.QueueEndHold(b.tx, b.s.Merchant, a, h, captured)
			b.asOf = min(b.asOf, h.At) // lots as of the hold's instant
		}
	}
	stock.QueueRelease(b.tx, b.s.Merchant, b.s.ID, st.reservations)
	coupon.QueueUnlock(b.tx, b.s.Merchant, b.s.ID, b.coupons.ids)
}

// bookOpen is transaction 2: all or nothing.
func (d *Desk) bookOpen(ctx context.Context, dr *draft) (*sale.Sale, error) {
	s, q := dr.Sale, dr.Quote
	book := func(ctx context.Context, tx *db.Tx) error {
		b := newBooking(d, tx, q, s)
		b.opened, b.giftsHeld = true, dr.GiftsHeld
		var st openState
		b.askOpen(&st)
		if err := tx.Flush(ctx); err != nil {
			return err
		}
		if st.open.Sale.State != sale.StateOpen {
			return sale.ErrNotOpen
		}
		b.endHolds(&st, true)
		if err := b.write(); err != nil {
			return err
		}
		payment.QueueUsed(tx, s.Merchant, s.ID)
		tx.SettleKey(s.Merchant, dr.Idem, s.ID)
		return nil
	}
	err := d.DB.InTx(ctx, book)
	if less := q.withoutLimited(err); less != nil {
		q, s.Trace = less, less.Trace.Text() // stored as the sale is completed
		err = d.DB.InTx(ctx, book)
	}
	if errors.Is(err, sale.ErrNotOpen) { // another went on with it: its result counts
		return sale.Get(ctx, d.DB, s.Merchant, s.ID)
	}
	if err == nil {
		d.noteFailures(ctx, dr.Quote, s.ID)
	}
	return s, err
}

// abandon ends an open sale that came to nothing and gives everything back: first
// the sale, so that nobody books it any more, then its payments. Where another has
// completed the sale meanwhile, that is the answer.
func (d *Desk) abandon(ctx context.Context, dr *draft, why string) (*sale.Sale, error) {
	s := dr.Sale
	var st openState
	err := d.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		b := newBooking(d, tx, dr.Quote, s)
		st = openState{}
		b.askOpen(&st)
		var paid []payment.Intent
		tx.AskAll(payment.AskOfSale(s.Merchant, s.ID, true, &paid))
		if err := tx.Flush(ctx); err != nil {
			return err
		}
		if st.open.Sale.State != sale.StateOpen {
			return nil
		}
		b.endHolds(&st, false)
		if dr.GiftsHeld {
			b.releaseGifts()
		}
		payment.QueueAbandoned(tx, s.Merchant, s.ID, paid)
		sale.QueueAbandon(tx, s.Merchant, s.ID, why)
		tx.ForgetKey(s.Merchant, dr.Idem)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if st.open.Sale.State == sale.StateCompleted {
		return sale.Get(ctx, d.DB, s.Merchant, s.ID)
	}
	for _, c := range charges(s) {
		if err := d.Acquirer.Release(ctx, c); err != nil {
			d.Log.WarnContext(ctx, "a payment could not be ended, it is tried again", "sale", s.ID, "error", err)
		}
	}
	return nil, nil
}
