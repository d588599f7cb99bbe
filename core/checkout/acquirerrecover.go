package checkout

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/tenant"
)

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
		switch _, err := d.RecoverSale(ctx, m, sid); {
		case err == nil, errors.Is(err, ErrPaymentRefused):
			ended++
		case errors.Is(err, ErrPaymentPending):
		default:
			d.Log.ErrorContext(ctx, "an open sale could not be ended", "sale", sid, "reason", fault.Of(err).Reason, "error", err)
		}
	}
	return ended, nil
}

// RecoverSale asks what became of an open sale's payments and ends it by the answer.
// A sale that has ended is answered as it is. Faults: sale.not_found,
// checkout.payment_pending, checkout.payment_refused, and those of Complete.
func (d *Desk) RecoverSale(ctx context.Context, m, sid id.ID) (*sale.Sale, error) {
	dr, err := d.takeUp(ctx, m, sid)
	if err != nil {
		return nil, err
	}
	if dr == nil || d.Acquirer == nil {
		return d.ended(ctx, m, sid)
	}
	return d.conclude(context.WithoutCancel(ctx), dr, d.ask(ctx, dr))
}

// GiveUp ends an open sale whose payment nobody wants to wait for. The acquirer is
// asked a last time: what is paid by then is booked, and the completed sale is the
// answer. Otherwise the sale is abandoned, which is the fault
// checkout.payment_refused; money that comes later is given back by itself. Faults:
// sale.not_found besides.
func (d *Desk) GiveUp(ctx context.Context, m, sid id.ID) (*sale.Sale, error) {
	dr, err := d.takeUp(ctx, m, sid)
	if err != nil {
		return nil, err
	}
	if dr == nil || d.Acquirer == nil {
		return d.ended(ctx, m, sid)
	}
	o := d.ask(ctx, dr)
	if o == Unknown {
		o = Refused // not the provider's word: from here on the sale takes no money
	}
	return d.conclude(context.WithoutCancel(ctx), dr, o)
}

func (d *Desk) ask(ctx context.Context, dr *draft) Outcome {
	o, err := d.takePayment(ctx, dr.Sale, d.Acquirer.Query)
	if err != nil {
		d.Log.WarnContext(ctx, "the acquirer gave no answer", "sale", dr.Sale.ID, "error", err)
		return Unknown
	}
	return o
}

// ended answers a sale that is not open any more.
func (d *Desk) ended(ctx context.Context, m, sid id.ID) (*sale.Sale, error) {
	s, err := sale.Get(ctx, d.DB, m, sid)
	switch {
	case err != nil:
		return nil, err
	case s.State == sale.StateAbandoned:
		return nil, ErrPaymentRefused
	case s.State == sale.StateOpen:
		return nil, ErrPaymentPending.With("sale", sid.String())
	}
	return s, nil
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
