package office

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"github.com/shopwright/shopwright/admin/shell"
	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/payment"
	"github.com/shopwright/shopwright/core/sale"
)

func (f *office) mountPayments() {
	f.on("GET /office/payments", auth.PermReports, f.paymentsPage)
	f.on("POST /office/payments/{id}/ask", auth.PermSell, f.paymentAsk)
	f.on("POST /office/payments/{id}/give-up", auth.PermSell, f.paymentGiveUp)
	f.on("POST /office/payment-refunds/{id}/retry", auth.PermRefund, f.paymentRetry)
}

// paymentStates in the order in which they are offered.
var paymentStates = []payment.State{payment.Pending, payment.Unknown, payment.Paid, payment.Refused, payment.Cancelled, payment.Created}

type paymentList struct {
	filter      payment.Filter
	items       []payment.Intent
	refunds     map[id.ID][]payment.Refund
	numbers     map[id.ID]string
	first, next string
	waiting     bool // something wants attention, whatever is shown
}

func (f *office) paymentsPage(w http.ResponseWriter, r *http.Request, p *page) error {
	q := r.URL.Query()
	l := &paymentList{refunds: map[id.ID][]payment.Refund{}, numbers: map[id.ID]string{}}
	l.filter = payment.Filter{State: payment.State(q.Get("state")), Attention: q.Get("all") == ""}
	if q.Has("state") {
		l.filter.Attention = false
	}
	if one, err := id.Parse(q.Get("sale")); err == nil {
		l.filter.Sale, l.filter.Attention = one, false
	}
	at, err := pageOf(r, 50)
	if err != nil {
		return err
	}
	ctx, m := r.Context(), p.Merchant.ID
	var next string
	if l.items, next, err = payment.List(ctx, f.db, m, l.filter, at); err != nil {
		return err
	}
	l.first, l.next = pager(r, next)
	if l.waiting = l.filter.Attention && len(l.items) > 0; !l.filter.Attention {
		some, _, err := payment.List(ctx, f.db, m, payment.Filter{Attention: true}, db.Page{Limit: 1})
		if err != nil {
			return err
		}
		l.waiting = len(some) > 0
	}
	ids, heads, asks := make([]id.ID, len(l.items)), make([]sale.Sale, len(l.items)), make([]db.Ask, len(l.items))
	for i := range l.items {
		ids[i] = l.items[i].ID
		asks[i] = sale.AskWhole(m, l.items[i].Sale, &heads[i])[0]
	}
	if len(asks) > 0 {
		if err = f.db.Batch(ctx, asks...); err != nil {
			return err
		}
	}
	for i := range heads {
		l.numbers[l.items[i].Sale] = heads[i].ReceiptNumber()
	}
	refunds, err := payment.RefundsOf(ctx, f.db, m, ids)
	if err != nil {
		return err
	}
	for _, x := range refunds {
		l.refunds[x.Intent] = append(l.refunds[x.Intent], x)
	}
	return f.show(w, r, paymentsView(p, l))
}

// standing is how a payment stands, in one word of the screens.
func (l *paymentList) standing(i *payment.Intent) (ui.Tone, string) {
	switch {
	case i.Reason == payment.ErrAmount.Reason:
		return ui.Bad, "other_amount"
	case i.State == payment.Paid && i.Outcome == payment.Abandoned && l.undone(i):
		return ui.Bad, "late"
	case i.State == payment.Paid && i.Outcome == payment.Abandoned:
		return ui.Neutral, "late_returned"
	case i.State == payment.Paid && l.undone(i):
		return ui.Warn, "refunding"
	case i.State == payment.Paid && i.Refunded >= i.Amount:
		return ui.Neutral, "refunded"
	case i.State == payment.Paid && i.Refunded > 0:
		return ui.Ok, "refunded_partly"
	case i.State == payment.Paid && i.Outcome == payment.Open:
		return ui.Warn, "paid_open"
	case i.State == payment.Paid:
		return ui.Ok, "paid"
	case !i.State.Settled() && i.Outcome == payment.Abandoned:
		return ui.Warn, "given_up"
	case !i.State.Settled():
		return ui.Warn, string(i.State)
	}
	return ui.Neutral, string(i.State)
}

// undone reports whether money is still on its way back.
func (l *paymentList) undone(i *payment.Intent) bool {
	for _, r := range l.refunds[i.ID] {
		if r.State != payment.RefundDone {
			return true
		}
	}
	return i.Outcome == payment.Abandoned && i.Rest() > 0
}

// refused is the refund that a person has to look at; nil: there is none.
func (l *paymentList) refused(i *payment.Intent) *payment.Refund {
	for k := range l.refunds[i.ID] {
		if r := &l.refunds[i.ID][k]; r.State == payment.RefundRefused {
			return r
		}
	}
	return nil
}

// paymentReason is a provider's words, or ours in the reader's language.
func paymentReason(p *page, reason string) string {
	if p.Words.Has(reason) {
		return p.T(reason)
	}
	return reason
}

func (l *paymentList) back(p *page, i *payment.Intent) templ.Component {
	list := l.refunds[i.ID]
	if len(list) == 0 {
		return ui.Text("–")
	}
	return refundsOfPayment(p, list)
}

func (l *paymentList) table(p *page) ui.TableProps {
	empty := ui.EmptyState{Icon: "ok", Title: p.T("office.payments.none"), Text: p.T("office.payments.none_text")}
	if l.filter.Attention {
		empty.Title, empty.Text = p.T("office.payments.calm"), p.T("office.payments.calm_text")
	}
	t := ui.TableProps{Caption: p.T("office.payments.title"), HideCaption: true, First: l.first, Next: l.next, Empty: empty,
		Columns: []ui.Column{{Title: p.T("office.col.receipt")}, {Title: p.T("office.col.date")}, {Title: p.T("office.payments.method")}, {Title: p.T("office.col.amount"), Numeric: true, Key: true},
			{Title: p.T("office.col.state")}, {Title: p.T("office.payments.back")}, {Title: p.T("office.col.action"), End: true}}}
	for k := range l.items {
		i := &l.items[k]
		tone, word := l.standing(i)
		t.Rows = append(t.Rows, ui.Row(saleLink(l.numbers[i.Sale], i.Sale), stamp2(p, i.CreatedAt), p.T("pos.tender."+i.Method), p.Money(i.Amount),
			two(ui.Status(tone, p.T("office.payment_state."+word)), paymentReason(p, i.Reason)), l.back(p, i), paymentActions(p, l, i)))
	}
	return t
}

func (l *paymentList) stateOptions(p *page) []ui.Option {
	out := []ui.Option{{Value: "", Text: p.T("office.payments.all_states")}}
	for _, s := range paymentStates {
		out = append(out, ui.Option{Value: string(s), Text: p.T("office.payment_state." + string(s))})
	}
	return out
}

func (f *office) paymentOf(r *http.Request, p *page) (payment.Intent, error) {
	u, err := pathID(r, "id")
	if err != nil {
		return payment.Intent{}, err
	}
	return payment.GetID(r.Context(), f.db, p.Merchant.ID, u)
}

// told goes back to the payments and says how one stands now.
func told(w http.ResponseWriter, r *http.Request, p *page, tone ui.Tone, key string) error {
	return shell.Redirect(w, r, "/office/payments", tone, p.T(key))
}

// paymentAsk asks the provider now: of an open sale's payment, which goes on by the
// answer, or of one whose sale was given up.
func (f *office) paymentAsk(w http.ResponseWriter, r *http.Request, p *page) error {
	i, err := f.paymentOf(r, p)
	if err != nil {
		return err
	}
	if i.Outcome == payment.Abandoned {
		if f.o.Desk.Acquirer == nil {
			return payment.ErrAway
		}
		err = f.o.Desk.Acquirer.Release(r.Context(), checkout.Charge{Merchant: i.Merchant, Sale: i.Sale, Shop: i.Shop, Register: i.Register, Tender: i.Tender, Reference: i.Reference, Type: i.Method, Amount: i.Amount, Currency: i.Currency})
	} else {
		_, err = f.o.Desk.RecoverSale(r.Context(), p.Merchant.ID, i.Sale)
	}
	f.note(r.Context(), "payment.asked", "sale", i.Sale.String(), nil)
	return f.paymentTold(w, r, p, err)
}

func (f *office) paymentTold(w http.ResponseWriter, r *http.Request, p *page, err error) error {
	switch {
	case err == nil:
		return told(w, r, p, ui.Ok, "office.payments.settled")
	case errors.Is(err, checkout.ErrPaymentPending), errors.Is(err, checkout.ErrUnsettled):
		return told(w, r, p, ui.Warn, "office.payments.unsettled")
	case errors.Is(err, checkout.ErrPaymentRefused):
		return told(w, r, p, ui.Ok, "office.payments.ended")
	}
	return err
}

// paymentGiveUp waits no longer for an open sale's payment.
func (f *office) paymentGiveUp(w http.ResponseWriter, r *http.Request, p *page) error {
	i, err := f.paymentOf(r, p)
	if err != nil {
		return err
	}
	s, err := f.o.Desk.GiveUp(r.Context(), p.Merchant.ID, i.Sale)
	if err != nil && !errors.Is(err, checkout.ErrPaymentRefused) {
		return err
	}
	state := sale.StateAbandoned
	if s != nil {
		state = s.State
	}
	f.note(r.Context(), "payment.given_up", "sale", i.Sale.String(), map[string]any{"state": state})
	return f.paymentTold(w, r, p, err)
}

// paymentRetry has a refund tried again that the provider refused.
func (f *office) paymentRetry(w http.ResponseWriter, r *http.Request, p *page) error {
	u, err := pathID(r, "id")
	if err != nil {
		return err
	}
	err = f.audited(r.Context(), "payment.refund_retried", "payment_refund", nil, func(ctx context.Context, tx *db.Tx) (string, error) {
		_, err := payment.RetryRefund(ctx, tx, p.Merchant.ID, u)
		return u.String(), err
	})
	if err != nil {
		return err
	}
	return told(w, r, p, ui.Ok, "office.payments.retried")
}

// refundText is a refund in words.
func refundText(p *page, r *payment.Refund) string {
	return strings.TrimSpace(p.Money(r.Amount) + " · " + p.T("office.refund_state."+string(r.State)))
}
