package checkout

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
)

// RefundQuote is what a refund would do as things stand.
type RefundQuote struct {
	// Refund is the document as it would be booked: lines, tenders, points and
	// commission. It has no number and is not stored.
	Refund *sale.Sale
	// Before is what each line of it would give without the packs' terms, in minor
	// units; nil where no pack was asked.
	Before []money.Amount
	// Missing is how many of the points to be taken back are not there any more.
	Missing int64
}

// errQuoted ends the transaction of a quote, so that nothing of it is written.
var errQuoted = errors.New("checkout: quoted")

// QuoteRefund computes a refund as Refund would book it, by the same steps under
// the same locks, and writes nothing. Points that were spent meanwhile are
// answered whatever OnShort says. Faults: those of Refund, but for
// checkout.points_spent and those of the register's shift.
func (d *Desk) QuoteRefund(ctx context.Context, in RefundIn) (RefundQuote, error) {
	p, err := d.prepare(ctx, &in)
	if err != nil {
		return RefundQuote{}, err
	}
	in.OnShort = ShortRefuse // so that what is missing is said
	var q RefundQuote
	err = d.withTerms(ctx, &p, &in, sale.KindRefund, func(ctx context.Context, tx *db.Tx) error {
		r := p.returning(d, tx, &in, sale.KindRefund)
		r.ask()
		if err := tx.Flush(ctx); err != nil {
			return err
		}
		if err := r.endRequest(); err != nil {
			return err
		}
		if err := r.settleLines(&p.terms); err != nil {
			return err
		}
		if q.Missing, err = r.rehearse(); err != nil {
			return err
		}
		q.Refund, q.Before = r.s, r.before
		return errQuoted
	})
	if errors.Is(err, errQuoted) {
		return q, nil
	}
	return RefundQuote{}, err
}

// rehearse does what write does in memory, and answers the points that are missing.
func (r *returning) rehearse() (missing int64, err error) {
	if !r.q.Inclusive {
		r.s.Total += r.s.Tax
	}
	if err := r.planTenders(r.in.Plan, r.settings); err != nil {
		return 0, err
	}
	r.clawBack()
	r.planGrants()
	err = r.post(&ledger.Entry{Shop: r.s.Shop, Kind: r.s.Kind, Sale: r.s.ID})
	if errors.Is(err, ErrPointsSpent) { // the last thing that post looks at
		missing, _ = fault.Of(err).Args["missing"].(int64)
		err = nil
	}
	return missing, err
}

// QuoteRequest is QuoteRefund of a refund that waits for its decision: what was
// asked for, at what it comes to now. Faults: those of QuoteRefund,
// sale.refund_request_not_found, sale.refund_request_decided.
func (d *Desk) QuoteRequest(ctx context.Context, m, request id.ID) (RefundQuote, error) {
	req, err := sale.GetRequest(ctx, d.DB, m, request)
	if err != nil {
		return RefundQuote{}, err
	}
	if req.State != sale.RequestPending {
		return RefundQuote{}, sale.ErrRequestDecided
	}
	var in RefundIn
	if err := json.Unmarshal([]byte(req.Body), &in); err != nil {
		return RefundQuote{}, err
	}
	in.request = request
	return d.QuoteRefund(ctx, in)
}
