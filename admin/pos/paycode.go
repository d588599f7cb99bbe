package pos

import (
	"context"
	"errors"
	"net/http"
	"regexp"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/web"
)

var (
	errPayMoment = fault.New(fault.Conflict, "pos.pay_code_moment") // no payment by code is open
	errPayBy     = fault.New(fault.Conflict, "pos.pay_code_nobody") // no provider at this register takes such a code
	errPayChoose = fault.New(fault.Conflict, "pos.pay_code_choose") // nothing is to be paid by QR
)

// payCodeForm is a customer's payment code: WeChat Pay's have 18 digits and begin with
// 10 to 15, Alipay's 16 to 24 and begin with 25 to 30.
var payCodeForm = regexp.MustCompile(`^(?:1[0-5][0-9]{16}|(?:2[5-9]|30)[0-9]{14,22})$`)

func isPayCode(s string) bool { return payCodeForm.MatchString(s) }

// takesCode reports whether a provider takes QR payments at the register, by this code
// where there is one.
func (h *screens) takesCode(ctx context.Context, d *desk, code string) bool {
	if h.o.Desk.Acquirer == nil {
		return false
	}
	return h.o.Desk.Acquirer.Takes(ctx, checkout.Charge{Merchant: d.Desk.Merchant.ID, Shop: d.Desk.Shop.ID, Register: d.Register.ID, Type: sale.TenderQR, Currency: d.Currency.Code, Code: code})
}

func (h *screens) takesCodes(ctx context.Context, d *desk) bool { return h.takesCode(ctx, d, "") }

// checkPayCode refuses a payment code that nobody would charge: it is no slip of a
// terminal, and the goods would leave unpaid.
func (h *screens) checkPayCode(ctx context.Context, d *desk, tenders []checkout.TenderIn) error {
	for _, t := range tenders {
		if t.Type == sale.TenderQR && isPayCode(t.Reference) && !h.takesCode(ctx, d, t.Reference) {
			return errPayBy.On(sale.TenderQR)
		}
	}
	return nil
}

// wantsCode reports whether the sheet waits for a customer's code.
func (f *payForm) wantsCode() bool {
	return f.ByCode && f.Amounts[sale.TenderQR] != "" && f.Refs[sale.TenderQR] == ""
}

// payByCode takes a customer's payment code that was read while the sheet is open, and
// starts the payment where everything is paid with it.
func (h *screens) payByCode(w http.ResponseWriter, r *http.Request, v *view) error {
	refuse := func(err error) error {
		v.Pay.Refs[sale.TenderQR], v.Pay.Err = "", err
		return h.draw(w, r, v)
	}
	first := &view{desk: v.desk, Basket: v.Basket, Sheet: sheetPay, Pay: v.Pay}
	if err := h.fill(r.Context(), first); err != nil {
		return err
	}
	if first.Quote == nil {
		return refuse(checkout.ErrEmpty)
	}
	v.Pay = first.Pay
	a, err := v.Pay.amount(first, sale.TenderQR)
	switch {
	case err != nil:
		return refuse(err)
	case a <= 0:
		return refuse(errPayChoose)
	case !h.takesCode(r.Context(), v.desk, v.Pay.Refs[sale.TenderQR]):
		return refuse(errPayBy)
	case v.Pay.Rest > 0: // the rest is not taken for cash by itself
		v.Pay.Say = v.T("pos.pay_code_rest", "amount", v.Money(v.Pay.Rest))
		return h.draw(w, r, v)
	}
	return h.sell(w, r, v)
}

// armFor has the pay box announce what is to be paid by code, or take it back.
func (h *screens) armFor(v *view) {
	if h.o.Counter == nil {
		return
	}
	if v.Sheet == sheetPay && v.Quote != nil && v.Pay.ByCode && !v.Pay.Waits {
		if a, err := v.Pay.amount(v, sale.TenderQR); err == nil && a > 0 && a <= v.Quote.Total && v.Pay.Refs[sale.TenderQR] == "" {
			h.o.Counter.Arm(v.Desk.Merchant.ID, v.Register.ID, v.Pay.Sale, v.Currency.Format(a))
			return
		}
	}
	h.disarm(v.desk)
}

func (h *screens) disarm(d *desk) {
	if h.o.Counter != nil {
		h.o.Counter.Disarm(d.Desk.Merchant.ID, d.Register.ID)
	}
}

// askPayment asks what became of a payment that had no answer.
func (h *screens) askPayment(w http.ResponseWriter, r *http.Request, v *view) error {
	s, err := h.o.Desk.RecoverSale(r.Context(), v.Desk.Merchant.ID, v.Pay.Sale)
	return h.answered(w, r, v, s, err)
}

// leavePayment waits no longer: the basket is paid otherwise. What was paid at the last
// moment is a sale; money that comes later is given back and shown to the office.
func (h *screens) leavePayment(w http.ResponseWriter, r *http.Request, v *view) error {
	s, err := h.giveUpSale(r.Context(), v.desk, v.Pay.Sale)
	if errors.Is(err, checkout.ErrPaymentRefused) {
		v.Pay.Say = v.T("pos.pay_given_up")
		v.Pay.Sale = id.New(int64(h.db.Now()))
		v.Pay.Amounts, v.Pay.Refs = map[string]string{}, map[string]string{}
		return h.draw(w, r, v)
	}
	return h.answered(w, r, v, s, err)
}

// answered goes on with what is known of a payment now.
func (h *screens) answered(w http.ResponseWriter, r *http.Request, v *view, s *sale.Sale, err error) error {
	switch {
	case err == nil:
		agreed := v.Basket.checkout(&v.Desk)
		h.signed.end(&agreed)
		h.cashed(v.desk, s)
		return h.goTo(w, r, v.path("sales", s.ID.String()+"?paid=1"))
	case errors.Is(err, checkout.ErrPaymentPending):
		v.Pay.Waits = true
	case errors.Is(err, checkout.ErrPaymentRefused):
		v.Pay.Sale = id.New(int64(h.db.Now()))
	case fault.KindOf(err) == fault.Internal, fault.KindOf(err) == fault.Unavailable:
		return err
	}
	v.Pay.Err = err
	return h.draw(w, r, v)
}

// giveUpSale ends an open sale whose payment nobody waits for, and notes who did.
func (h *screens) giveUpSale(ctx context.Context, d *desk, sid id.ID) (*sale.Sale, error) {
	s, err := h.o.Desk.GiveUp(ctx, d.Desk.Merchant.ID, sid)
	if err != nil && !errors.Is(err, checkout.ErrPaymentRefused) {
		return nil, err
	}
	state := sale.StateAbandoned
	if s != nil {
		state = s.State
	}
	if noted := h.db.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		return auth.Audit(ctx, tx, auth.Record{Action: "payment.given_up", SubjectKind: "sale", SubjectID: sid.String(), Detail: map[string]any{"state": state}})
	}); noted != nil {
		return nil, noted
	}
	return s, err
}

// giveUp is the same while the request that pays still waits for the provider: it says
// what came of it, and that request shows the rest.
func (h *screens) giveUp(w http.ResponseWriter, r *http.Request, d *desk) error {
	if err := r.ParseForm(); err != nil {
		return web.ErrMalformed.Wrap(err)
	}
	sid, err := id.Parse(r.PostForm.Get("sale"))
	if err != nil {
		return web.ErrValidation.On("sale").With("param", "sale").With("problem", "")
	}
	said := d.T("pos.pay_was_paid")
	if _, err = h.giveUpSale(r.Context(), d, sid); errors.Is(err, checkout.ErrPaymentRefused) {
		said, err = d.T("pos.pay_given_up"), nil
	} else if errors.Is(err, sale.ErrNotFound) {
		said, err = d.T("pos.pay_not_begun"), nil
	}
	if err != nil {
		return err
	}
	return h.sh.Render(w, r, givenUp(said))
}
