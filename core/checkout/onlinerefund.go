package checkout

import (
	"context"
	"errors"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/i18n"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/stock"
	"github.com/shopwright/shopwright/core/storefront"
)

// What is taken back of an online order is known in two places: the channel says how
// much of each line it has paid back, the books how much was refunded. Where the
// channel is ahead, the difference is refunded here, by the allocation stored with the
// sale. Where the books are ahead, the channel is asked to pay out. Both look at
// totals, so that either may happen twice, late or at the same time.

// onlineBack is the order of a sale that is refunded; no ID where it is none.
type onlineBack struct {
	order storefront.Order
	lines []storefront.Line
}

func (r *returning) askOnline() {
	if r.of.Origin == sale.OriginOnline {
		r.tx.AskAll(storefront.AskOfSale(r.of.Merchant, r.of.ID, &r.online.order, &r.online.lines)...)
	}
}

// seesTold refuses to refund on a channel's word that is out of date: somebody has
// refunded meanwhile.
func (r *returning) seesTold() error {
	if r.in.told == nil {
		return nil
	}
	want, all := wantBack(&r.online.order, r.online.lines, r.of, r.states)
	if r.online.order.Version != r.in.told.version || all != r.in.told.all || len(want) != len(r.in.Lines) && !all {
		return errRefundedMeanwhile
	}
	for i := range want {
		if !all && want[i] != r.in.Lines[i] {
			return errRefundedMeanwhile
		}
	}
	return nil
}

// writeOnline notes what a refund means to the order: what was never taken from the
// shelf does not come back to it, and the channel has to pay out what it has not told.
func (r *returning) writeOnline() {
	o := &r.online.order
	if o.ID.IsNone() {
		return
	}
	s, tx, m := r.s, r.tx, r.of.Merchant
	var moves []stock.Move
	left := false
	for k := range r.online.lines {
		ol := &r.online.lines[k]
		for i := range s.Lines {
			if l := &s.Lines[i]; l.Of == ol.SaleLine && l.Stocked && ol.Short > 0 {
				n := min(ol.Short, l.Quantity)
				moves = append(moves, stock.Move{SKU: l.SKU, Quantity: n, Line: l.ID})
				ol.Short -= n
				storefront.QueueShort(tx, m, ol)
			}
		}
		left = left || ol.Short > 0
	}
	if len(moves) > 0 {
		stock.QueueDeliver(tx, m, r.of.Shop, s.ID, s.Actor, moves)
		if !left {
			storefront.QueueCovered(tx, o)
		}
	}
	if r.in.told == nil {
		for _, t := range s.Tenders {
			if storefront.IsTender(t.Type) && t.Amount > 0 {
				storefront.QueueRefund(tx, m, o.ID, s.ID)
				break
			}
		}
	}
	storefront.QueueTouched(tx, m, r.of.ID)
}

// toldBack is what a channel's word was when a refund was made on it.
type toldBack struct {
	version int64
	all     bool
}

// wantBack is what has to be refunded to come to what the channel says: lines, or all
// that is left, shipping with it.
func wantBack(o *storefront.Order, lines []storefront.Line, of *sale.Sale, states []sale.LineState) (want []RefundLine, all bool) {
	rest := map[id.ID]money.Quantity{}
	left := false
	for i := range states {
		rest[states[i].Line] = states[i].Rest()
		left = left || states[i].Rest() > 0
	}
	whole := true
	for i := range lines {
		l := &lines[i]
		back := l.Quantity - rest[l.SaleLine]
		if more := l.Refunded - back; more > 0 {
			want = append(want, RefundLine{Line: l.SaleLine, Quantity: min(more, rest[l.SaleLine])})
		}
		whole = whole && l.Refunded >= l.Quantity
	}
	if o.Told == storefront.Cancelled || whole && (o.Refunded == 0 || o.Refunded >= of.Total) {
		return nil, left
	}
	return want, false
}

// OnlinePushes is what a channel has still to be told of an order.
type OnlinePushes struct {
	Order   storefront.Order
	Lines   []storefront.Line
	Refunds []OnlineRefund
	Ship    bool
	Refused bool // the buyer's request
}

// OnlineRefund is a refund that the channel has to pay out.
type OnlineRefund struct {
	Document *sale.Sale
	Amount   money.Amount
}

// Any reports whether there is anything.
func (p *OnlinePushes) Any() bool { return len(p.Refunds) > 0 || p.Ship || p.Refused }

// SettleOnline does the next things with an order, whatever they are: books it,
// refunds what the channel has paid back, and answers what the channel has to be told;
// where that is nothing the order is settled. It may be called at any time and any
// number of times. Faults: those of BookOnline and Refund.
func (d *Desk) SettleOnline(ctx context.Context, m, order id.ID) (p OnlinePushes, err error) {
	o, err := storefront.Get(ctx, d.DB, m, order)
	if err != nil {
		return p, err
	}
	if o.Sale.IsNone() {
		if never, err := d.neverSold(ctx, &o); never || err != nil {
			return p, err
		}
		sold, err := d.BookOnline(ctx, m, order)
		if err != nil || sold.IsNone() {
			return p, err
		}
		if o, err = storefront.Get(ctx, d.DB, m, order); err != nil {
			return p, err
		}
	}
	if err := d.refundTold(ctx, &o); err != nil {
		return p, err
	}
	return d.onlinePushes(ctx, m, order)
}

// neverSold settles an order that is no sale and becomes none: not paid yet, or all
// taken back before it was booked.
func (d *Desk) neverSold(ctx context.Context, o *storefront.Order) (bool, error) {
	lines, err := storefront.LinesOf(ctx, d.DB, o.Merchant, o.ID)
	if err != nil {
		return false, err
	}
	whole := o.Told == storefront.Refunded && (o.Refunded == 0 || o.Refunded >= o.Paid)
	for i := range lines {
		whole = whole && lines[i].Refunded >= lines[i].Quantity
	}
	if o.Told.IsPaid() && !whole {
		return false, nil
	}
	return true, d.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		return storefront.Settle(ctx, tx, o, storefront.Settled{Closed: o.Told != storefront.Placed, Attention: storefront.Without(o.Attention, storefront.Unmapped)})
	})
}

// refundTold refunds what the channel has paid back and the books do not know of.
func (d *Desk) refundTold(ctx context.Context, o *storefront.Order) error {
	of, err := sale.Get(ctx, d.DB, o.Merchant, o.Sale)
	if err != nil {
		return err
	}
	var states []sale.LineState
	var now storefront.Order
	var lines []storefront.Line
	asks := append(storefront.AskOfSale(o.Merchant, of.ID, &now, &lines), sale.AskStates(o.Merchant, of.ID, false, &states))
	if err := d.DB.Batch(ctx, asks...); err != nil {
		return err
	}
	want, all := wantBack(&now, lines, of, states)
	if len(want) == 0 && !all {
		return nil
	}
	in := RefundIn{Merchant: o.Merchant, Sale: of.ID, Lines: want, Origin: sale.OriginOnline, OnShort: ShortNegative, Reason: d.onlineReason(ctx, &now), told: &toldBack{now.Version, all}}
	if _, err = d.Refund(ctx, in); errors.Is(err, ErrNothingLeft) {
		return nil
	}
	return err
}

// onlineReason says why, in the merchant's language.
func (d *Desk) onlineReason(ctx context.Context, o *storefront.Order) string {
	words := i18n.Must(i18n.English)
	if tag, err := db.Value[string](ctx, d.DB, `select locale from merchants where id = $1`, o.Merchant); err == nil {
		if w, ok := i18n.Get(tag); ok {
			words = w
		}
	}
	return words.T("online.refund_reason."+string(o.Told), "order", o.OrderNo)
}

// onlinePushes finds what a channel has to be told; where that is nothing the order is
// settled.
func (d *Desk) onlinePushes(ctx context.Context, m, order id.ID) (p OnlinePushes, err error) {
	if p.Order, err = storefront.Get(ctx, d.DB, m, order); err != nil {
		return p, err
	}
	o := &p.Order
	if p.Lines, err = storefront.LinesOf(ctx, d.DB, m, order); err != nil {
		return p, err
	}
	made, err := storefront.RefundsOf(ctx, d.DB, m, order)
	if err != nil {
		return p, err
	}
	for _, r := range made {
		if r.State != storefront.RefundDue {
			continue
		}
		doc, err := sale.Get(ctx, d.DB, m, r.Refund)
		if err != nil {
			return p, err
		}
		out := OnlineRefund{Document: doc}
		for _, t := range doc.Tenders {
			if storefront.IsTender(t.Type) {
				out.Amount += t.Amount
			}
		}
		p.Refunds = append(p.Refunds, out)
	}
	p.Ship = o.Stage == storefront.Shipped && !o.ShipPushed
	p.Refused = o.Decision != "" && !o.DecisionPushed && o.Told == storefront.RefundRequested
	if p.Any() {
		return p, nil
	}
	return p, d.settled(ctx, o, made)
}

func (d *Desk) settled(ctx context.Context, o *storefront.Order, made []storefront.Refund) error {
	var states []sale.LineState
	var back []sale.Tender
	var rounding money.Amount
	asks := append(sale.AskRefundedTenders(o.Merchant, o.Sale, &back, &rounding), sale.AskStates(o.Merchant, o.Sale, false, &states))
	if err := d.DB.Batch(ctx, asks...); err != nil {
		return err
	}
	s := storefront.Settled{Closed: true, Attention: o.Attention}
	for i := range states {
		s.Closed = s.Closed && states[i].Rest() == 0
	}
	var sum money.Amount
	for _, t := range back {
		if storefront.IsTender(t.Type) {
			sum += t.Amount
		}
	}
	// A refund of ours that the channel has not told of yet is no difference.
	if o.Told == storefront.Refunded && (o.Refunded > sum || o.Refunded > 0 && o.Refunded < sum && len(made) == 0) {
		s.Attention = storefront.With(s.Attention, storefront.RefundDiffers)
	}
	return d.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) error { return storefront.Settle(ctx, tx, o, s) })
}
