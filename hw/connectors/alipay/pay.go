package alipay

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/shopwright/shopwright/hw/connectors/internal/gate"
	"github.com/shopwright/shopwright/sdk/driver"
)

const (
	codeOK      = "10000"
	codeWaiting = "10003" // the customer enters a password
	codeRefused = "40004" // the sub-code says why

	subNoTrade = "ACQ.TRADE_NOT_EXIST"
)

// unsure are the sub-codes after which something may be charged nevertheless.
var unsure = map[string]bool{"ACQ.SYSTEM_ERROR": true, "AOP.ACQ.SYSTEM_ERROR": true, "aop.ACQ.SYSTEM_ERROR": true, "ACQ.CONTEXT_INCONSISTENT": true, "": true}

// badRequest are the codes of a request that was not let in.
var badRequest = map[string]bool{"20001": true, "40001": true, "40002": true, "40003": true, "40006": true}

var states = map[string]driver.PaymentState{
	"WAIT_BUYER_PAY": driver.PaymentPending, "TRADE_CLOSED": driver.PaymentCancelled, "TRADE_SUCCESS": driver.PaymentPaid, "TRADE_FINISHED": driver.PaymentPaid,
}

// number is a reference as the interface takes it: letters, digits, underscores.
// References of the program are letters and digits, so that notices find them.
func number(reference string) string { return strings.ReplaceAll(reference, "-", "_") }

func (r *answer) paid() (driver.PaymentStatus, error) {
	n, err := fen(r.TotalAmount)
	return driver.PaymentStatus{State: driver.PaymentPaid, ProviderID: r.TradeNo, Paid: n}, err
}

// Authorise implements driver.Acquirer.
func (a *Acquirer) Authorise(ctx context.Context, p driver.Payment) (driver.PaymentStatus, error) {
	switch {
	case p.Currency != "CNY":
		return driver.PaymentStatus{State: driver.PaymentRefused, Reason: "only CNY is taken"}, nil
	case !codeForm.MatchString(p.Code):
		return driver.PaymentStatus{State: driver.PaymentRefused, Reason: "this is no payment code of Alipay"}, nil
	}
	subject := p.Subject
	if subject == "" {
		subject = p.Reference
	}
	a.mu.Lock()
	store := a.set.StoreID
	a.mu.Unlock()
	if p.Shop != "" {
		store = p.Shop
	}
	r, err := a.call(ctx, "alipay.trade.pay", map[string]string{"out_trade_no": number(p.Reference), "scene": "bar_code", "auth_code": p.Code, "product_code": "FACE_TO_FACE_PAYMENT",
		"subject": subject, "total_amount": yuan(p.Amount), "store_id": store, "timeout_express": "5m"}, true)
	switch {
	case err != nil:
		return driver.PaymentStatus{}, err
	case r.Code == codeOK && r.OutTradeNo == number(p.Reference):
		return r.paid()
	case r.Code == codeWaiting:
		return driver.PaymentStatus{State: driver.PaymentPending, ProviderID: r.TradeNo, Reason: r.why()}, nil
	case r.SubCode == "ACQ.TRADE_HAS_SUCCESS": // asked before: nothing was charged anew
		return a.QueryPayment(ctx, p.Reference)
	case r.Code == codeRefused && !unsure[r.SubCode], badRequest[r.Code]:
		return driver.PaymentStatus{State: driver.PaymentRefused, Reason: r.why()}, nil
	}
	return driver.PaymentStatus{State: driver.PaymentUnknown, Reason: r.why()}, nil
}

// QueryPayment implements driver.Acquirer.
func (a *Acquirer) QueryPayment(ctx context.Context, reference string) (driver.PaymentStatus, error) {
	r, err := a.call(ctx, "alipay.trade.query", map[string]string{"out_trade_no": number(reference)}, false)
	switch {
	case err != nil:
		return driver.PaymentStatus{}, err
	case r.Code == codeRefused && r.SubCode == subNoTrade:
		return driver.PaymentStatus{State: driver.PaymentNone, Reason: r.why()}, nil
	case r.Code != codeOK:
		return driver.PaymentStatus{State: driver.PaymentUnknown, Reason: r.why()}, nil
	case r.OutTradeNo != number(reference):
		return driver.PaymentStatus{}, errors.New("the answer is for another payment")
	}
	if states[r.TradeStatus] == driver.PaymentPaid {
		return r.paid()
	}
	return driver.PaymentStatus{State: states[r.TradeStatus], ProviderID: r.TradeNo, Reason: r.TradeStatus}, nil
}

// CancelPayment implements driver.Acquirer.
func (a *Acquirer) CancelPayment(ctx context.Context, reference string) (driver.PaymentStatus, error) {
	st, err := a.QueryPayment(ctx, reference) // cancelling what it has never heard of answers success, and ends nothing
	if err == nil && st.State == driver.PaymentNone {
		return st, nil
	}
	r, err := a.call(ctx, "alipay.trade.cancel", map[string]string{"out_trade_no": number(reference)}, false)
	switch {
	case err != nil:
		return driver.PaymentStatus{}, err
	case r.Code == codeOK && r.RetryFlag != "Y":
		return driver.PaymentStatus{State: driver.PaymentCancelled, ProviderID: r.TradeNo}, nil
	}
	return driver.PaymentStatus{State: driver.PaymentUnknown, Reason: r.why()}, nil
}

// Refund implements driver.Acquirer.
func (a *Acquirer) Refund(ctx context.Context, p driver.Repayment) (driver.RefundStatus, error) {
	r, err := a.call(ctx, "alipay.trade.refund", map[string]string{"out_trade_no": number(p.Reference), "out_request_no": p.Refund, "refund_amount": yuan(p.Amount), "refund_reason": p.Reason}, false)
	switch {
	case err != nil:
		return driver.RefundStatus{}, err
	case r.Code == codeOK: // taken; whether the money moved is what the query says
		return a.QueryRefund(ctx, p)
	case r.Code == codeRefused && !unsure[r.SubCode], badRequest[r.Code]:
		return driver.RefundStatus{State: driver.RefundRefused, Reason: r.why()}, nil
	}
	return driver.RefundStatus{State: driver.RefundUnknown, Reason: r.why()}, nil
}

// QueryRefund implements driver.Acquirer.
func (a *Acquirer) QueryRefund(ctx context.Context, p driver.Repayment) (driver.RefundStatus, error) {
	r, err := a.call(ctx, "alipay.trade.fastpay.refund.query", map[string]string{"out_trade_no": number(p.Reference), "out_request_no": p.Refund}, false)
	if err != nil {
		return driver.RefundStatus{}, err
	}
	if n, err := fen(r.RefundAmount); r.Code == codeOK && r.OutRequestNo == p.Refund && r.RefundStatus == "REFUND_SUCCESS" && err == nil && n == p.Amount {
		return driver.RefundStatus{State: driver.RefundDone, ProviderID: r.TradeNo}, nil
	}
	return driver.RefundStatus{State: driver.RefundUnknown, Reason: r.why()}, nil
}

// notice takes what Alipay tells by itself.
func (a *Acquirer) notice(w http.ResponseWriter, r *http.Request) {
	raw, err := gate.Body(w, r)
	form, perr := url.ParseQuery(string(raw))
	a.mu.Lock()
	app, theirs := a.set.AppID, a.theirs
	a.mu.Unlock()
	if r.Method != http.MethodPost || err != nil || perr != nil || theirs == nil || form.Get("sign_type") != "RSA2" ||
		!verify([]byte(content(form, "sign", "sign_type")), form.Get("sign"), theirs) || form.Get("app_id") != app {
		http.Error(w, "fail", http.StatusBadRequest)
		return
	}
	st := driver.PaymentStatus{State: states[form.Get("trade_status")], ProviderID: form.Get("trade_no"), Reason: form.Get("trade_status")}
	if st.State == driver.PaymentPaid {
		if st.Paid, err = fen(form.Get("total_amount")); err != nil {
			st.State = driver.PaymentUnknown
		}
		st.Reason = ""
	}
	if form.Get("refund_fee") == "" { // a notice of a refund says nothing about the payment
		a.Noticed(form.Get("notify_id"), form.Get("out_trade_no"), st)
	}
	_, _ = io.WriteString(w, "success")
}
