package checkout

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/wallet"
)

// RequestRefund asks for a refund that somebody else is to decide. What it will
// take back of the member's wallet (the rest of a top-up, visits, a gift card,
// earned points) is held until then, so that it is not spent meanwhile; points
// that are already gone are said in the request. Faults: those of Refund,
// sale.refund_request_pending.
func (d *Desk) RequestRefund(ctx context.Context, in RefundIn) (sale.RefundRequest, error) {
	p, err := d.prepare(ctx, &in)
	if err != nil {
		return sale.RefundRequest{}, err
	}
	body, err := json.Marshal(in)
	if err != nil {
		return sale.RefundRequest{}, err
	}
	var req sale.RefundRequest
	err = d.withTerms(ctx, &p, &in, sale.KindRefund, func(ctx context.Context, tx *db.Tx) error {
		claim := tx.ClaimKey(in.Merchant, in.Idem)
		r := p.returning(d, tx, &in, sale.KindRefund)
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
		if err := r.settleLines(&p.terms); err != nil {
			return err
		}
		req = sale.RefundRequest{ID: tx.NewID(), Sale: in.Sale, Member: p.of.Member, Register: in.Register, Reason: in.Reason, Body: string(body), Total: r.s.Total, RequestedBy: in.Actor}
		if !r.q.Inclusive {
			req.Total += r.s.Tax
		}
		if err := in.expects(p.of.Currency, req.Total); err != nil {
			return err
		}
		req.ShortPoints = r.holdBack(req.ID)
		sale.QueueRequest(tx, in.Merchant, &req)
		tx.SettleKey(in.Merchant, in.Idem, req.ID)
		return nil
	})
	var again replay
	if errors.As(err, &again) {
		return sale.GetRequest(ctx, d.DB, in.Merchant, again.sale)
	}
	return req, err
}

// holdBack sets aside what the refund will take, and answers the points that are
// not there any more.
func (r *returning) holdBack(request id.ID) (short int64) {
	want := map[*ledger.Account]money.Amount{}
	var order []*ledger.Account
	add := func(a *ledger.Account, n money.Amount) {
		if a != nil && n > 0 {
			if want[a] == 0 {
				order = append(order, a)
			}
			want[a] += n
		}
	}
	for i := range r.s.Lines {
		switch l := &r.s.Lines[i]; l.Kind {
		case sale.LineTopUp, sale.LinePunchCard:
			for _, g := range *r.groups[l.Of] {
				classes := []string{ledger.ClassPrincipal, ledger.ClassBonus}
				if g.Visits() {
					classes = []string{ledger.ClassPunch}
				}
				for k, n := range []money.Amount{g.PrincipalLeft, g.BonusLeft}[:len(classes)] {
					add(r.purse.Find(g.Unit, classes[k]), n)
				}
			}
		case sale.LineGiftCard:
			if c := r.soldCard(l.Of); c != nil {
				p := r.purses.of(wallet.OwnerGiftCard, c.ID)
				add(p.Find(c.Currency, ledger.ClassPrincipal), wallet.SpendableNow(p, c.Currency, r.tx.Now))
			}
		}
	}
	if r.purse != nil && r.s.Points > 0 {
		have := min(max(wallet.PointsNow(r.purse, r.tx.Now), 0), r.s.Points)
		add(r.purse.Find(ledger.UnitPoints, ledger.ClassPoints), money.Amount(have))
		short = r.s.Points - have
	}
	for _, a := range order {
		ledger.QueueHold(r.tx, r.s.Merchant, a, request, want[a])
	}
	return short
}

// endRequest ends the request that this refund was waiting as, and lets go of
// what it held: the refund takes it now. A sale with another one that waits is not
// refunded past it.
func (r *returning) endRequest() error {
	switch {
	case r.in.request.IsNone() && r.request.ID.IsNone():
		return nil
	case r.in.request.IsNone():
		return sale.ErrRequestPending
	case r.request.ID != r.in.request:
		return sale.ErrRequestDecided
	}
	r.release()
	return nil
}

func (r *returning) release() {
	for _, h := range r.holds {
		if _, a := r.purses.account(h.Account); a != nil {
			ledger.QueueEndHold(r.tx, r.s.Merchant, a, h, false)
		}
	}
	r.holds = nil
}

// Decide is somebody's answer to a refund request.
type Decide struct {
	Merchant id.ID
	Request  id.ID
	Approve  bool
	Note     string
	Actor    id.ID
	OnShort  string // as in RefundIn; "" keeps what the request said
	Idem     db.Idem
}

// DecideRefund makes the refund of a request, or lets go of what it held. It
// answers the document, nil where it was refused. Faults: those of Refund,
// sale.refund_request_not_found, sale.refund_request_decided.
func (d *Desk) DecideRefund(ctx context.Context, in Decide) (*sale.Sale, error) {
	req, err := sale.GetRequest(ctx, d.DB, in.Merchant, in.Request)
	if err != nil {
		return nil, err
	}
	if req.State == sale.RequestApproved && in.Approve {
		return d.replayed(ctx, in.Merchant, req.Refund) // decided the same way before
	}
	if req.State != sale.RequestPending {
		if req.State == sale.RequestRefused && !in.Approve {
			return nil, nil
		}
		return nil, sale.ErrRequestDecided
	}
	var ask RefundIn
	if err := json.Unmarshal([]byte(req.Body), &ask); err != nil {
		return nil, err
	}
	ask.request, ask.Actor, ask.Idem, ask.decision = in.Request, in.Actor, in.Idem, in.Note
	if in.OnShort != "" {
		ask.OnShort = in.OnShort
	}
	if in.Approve {
		return d.takeBack(ctx, ask, sale.KindRefund)
	}
	return nil, d.refuseRefund(ctx, ask)
}

func (d *Desk) refuseRefund(ctx context.Context, in RefundIn) error {
	p, err := d.prepare(ctx, &in)
	if err != nil {
		return err
	}
	err = d.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		claim := tx.ClaimKey(in.Merchant, in.Idem)
		r := p.returning(d, tx, &in, sale.KindRefund)
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
		r.decide(sale.RequestRefused)
		tx.SettleKey(in.Merchant, in.Idem, in.request)
		return nil
	})
	var again replay
	if errors.As(err, &again) {
		return nil
	}
	return err
}

// decide notes the decision on the request.
func (r *returning) decide(state string) {
	if r.in.request.IsNone() {
		return
	}
	r.request.State, r.request.DecidedBy, r.request.Decision = state, r.in.Actor, r.in.decision
	if state == sale.RequestApproved {
		r.request.Refund = r.s.ID
	}
	sale.QueueDecision(r.tx, r.s.Merchant, &r.request)
}
