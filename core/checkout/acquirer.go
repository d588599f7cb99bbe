package checkout

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/shopwright/shopwright/core/coupon"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/stock"
	"github.com/shopwright/shopwright/core/tenant"
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
func (d *Desk) completeWithAcquirer(ctx context.Context, q *Quote, s *sale.Sale, in SaleIn) (*sale.Sale, error) {
	if err := d.reserve(ctx, q, s, in.Idem); err != nil {
		return d.orReplay(ctx, in, err)
	}
	d.quotes.drop(q)
	outcome, err := d.takePayment(ctx, s, d.Acquirer.Authorise)
	if err != nil {
		d.Log.WarnContext(ctx, "the acquirer gave no answer", "sale", s.ID, "error", err)
	}
	// From here on the caller may go away: what was paid is booked.
	return d.conclude(context.WithoutCancel(ctx), &draft{q, s, in.Idem, true}, outcome)
}

// reserve is transaction 1: the open sale, holds on stored value and points,
// locks on coupons, gifts, reservations of stock.
func (d *Desk) reserve(ctx context.Context, q *Quote, s *sale.Sale, idem db.Idem) error {
	if s.ID.IsNone() {
		s.ID = id.New(int64(d.DB.Now()))
	}
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
		demand := map[id.ID]money.Quantity{}
		for _, mv := range stockMoves(s, 1) {
			demand[mv.SKU] += mv.Quantity
		}
		b.holdGifts()
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

type askAcquirer func(ctx context.Context, merchant, sale id.ID, reference, tenderType string, amount money.Amount) (Outcome, error)

// takePayment asks the acquirer for each card or QR tender. All paid, or the
// first answer that is not.
func (d *Desk) takePayment(ctx context.Context, s *sale.Sale, ask askAcquirer) (Outcome, error) {
	for i := range s.Tenders {
		t := &s.Tenders[i]
		if t.Type != sale.TenderCard && t.Type != sale.TenderQR {
			continue
		}
		t.Reference = reference(s, i)
		o, err := ask(ctx, s.Merchant, s.ID, t.Reference, t.Type, t.Amount)
		if err != nil {
			return Unknown, err
		}
		if o != Paid {
			return o, nil
		}
	}
	return Paid, nil
}

func reference(s *sale.Sale, tender int) string { return fmt.Sprintf("%s-%d", s.ID, tender) }

// conclude goes on with an open sale by the acquirer's answer.
func (d *Desk) conclude(ctx context.Context, dr *draft, o Outcome) (*sale.Sale, error) {
	switch o {
	case Paid:
		return d.bookOpen(ctx, dr)
	case Refused:
		if err := d.abandon(ctx, dr, "payment refused"); err != nil {
			return nil, err
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

// abandon ends an open sale that came to nothing and gives everything back.
func (d *Desk) abandon(ctx context.Context, dr *draft, why string) error {
	s := dr.Sale
	for i, t := range s.Tenders {
		if t.Type == sale.TenderCard || t.Type == sale.TenderQR {
			if err := d.Acquirer.Release(ctx, s.Merchant, s.ID, reference(s, i)); err != nil {
				return err
			}
		}
	}
	return d.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		b := newBooking(d, tx, dr.Quote, s)
		var st openState
		b.askOpen(&st)
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
		sale.QueueAbandon(tx, s.Merchant, s.ID, why)
		tx.ForgetKey(s.Merchant, dr.Idem)
		return nil
	})
}

// recoverAfter is how long a sale may be open before recovery asks.
const recoverAfter = time.Minute

// maxOpen is how many open sales recovery looks at.
const maxOpen = 10_000

// Recover ends open sales that were cut off, by asking the acquirer what became
// of their payments: paid is booked, refused is released, unknown is asked again
// later, ever less often. It answers how many it ended.
func (d *Desk) Recover(ctx context.Context, m id.ID) (int, error) {
	if d.Acquirer == nil {
		return 0, nil
	}
	ids, err := sale.ListOpen(ctx, d.DB, m, d.DB.Now().Add(-recoverAfter), maxOpen)
	if err != nil {
		return 0, err
	}
	ended := 0
	for _, sid := range d.asks.due(m, ids, d.DB.Now()) {
		dr, err := d.takeUp(ctx, m, sid)
		if err != nil {
			return ended, err
		}
		if dr == nil {
			continue
		}
		o, err := d.takePayment(ctx, dr.Sale, func(ctx context.Context, m, s id.ID, ref, _ string, _ money.Amount) (Outcome, error) {
			return d.Acquirer.Query(ctx, m, s, ref)
		})
		if err != nil {
			d.Log.WarnContext(ctx, "the acquirer gave no answer", "sale", sid, "error", err)
			continue
		}
		switch _, err = d.conclude(ctx, dr, o); {
		case err == nil, errors.Is(err, ErrPaymentRefused):
			ended++
		case errors.Is(err, ErrPaymentPending):
		default:
			d.Log.ErrorContext(ctx, "an open sale could not be ended", "sale", sid, "reason", fault.Of(err).Reason, "error", err)
		}
	}
	return ended, nil
}

// takeUp reads an open sale's draft; nil where it is not open any more.
func (d *Desk) takeUp(ctx context.Context, m, sid id.ID) (*draft, error) {
	var open sale.OpenSale
	if err := d.DB.Batch(ctx, sale.AskOpen(m, sid, false, &open)); err != nil {
		return nil, err
	}
	if open.Sale.State != sale.StateOpen {
		return nil, nil
	}
	dr := &draft{}
	if err := json.Unmarshal([]byte(open.Draft), dr); err != nil {
		return nil, err
	}
	var desk tenant.Desk
	if err := d.DB.Batch(ctx, tenant.AskDesk(m, dr.Sale.Register, &desk)); err != nil {
		return nil, err
	}
	dr.Quote.Desk = desk
	return dr, desk.Check()
}
