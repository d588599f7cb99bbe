package wechatpay

import (
	"context"
	"errors"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/shopwright/shopwright/sdk/driver"
)

// refusals are the codes that say for certain that nothing was charged and nothing
// will be. Every other one is asked again.
var refusals = map[string]bool{
	"AUTHCODEEXPIRE": true, "AUTH_CODE_ERROR": true, "AUTH_CODE_INVALID": true, "NOTENOUGH": true, "NOTSUPORTCARD": true, "ORDERCLOSED": true, "ORDERREVERSED": true,
	"NOAUTH": true, "PARAM_ERROR": true, "LACK_PARAMS": true, "XML_FORMAT_ERROR": true, "REQUIRE_POST_METHOD": true, "SIGNERROR": true, "NOT_UTF8": true,
	"BUYER_MISMATCH": true, "APPID_NOT_EXIST": true, "MCHID_NOT_EXIST": true, "APPID_MCHID_NOT_MATCH": true, "INVALID_REQUEST": true, "TRADE_ERROR": true,
}

// states are the provider's words for how a payment stands.
var states = map[string]driver.PaymentState{
	"SUCCESS": driver.PaymentPaid, "NOTPAY": driver.PaymentPending, "USERPAYING": driver.PaymentPending, "ACCEPT": driver.PaymentPending,
	"CLOSED": driver.PaymentCancelled, "REVOKED": driver.PaymentCancelled, "PAYERROR": driver.PaymentRefused,
}

func (f fields) ok() bool { return f["result_code"] == "SUCCESS" }

func (f fields) why() string {
	if d := f["err_code_des"]; d != "" {
		return f["err_code"] + ": " + d
	}
	return f["err_code"]
}

func (f fields) paid() (driver.PaymentStatus, error) {
	n, err := strconv.ParseInt(f["total_fee"], 10, 64)
	if err != nil {
		return driver.PaymentStatus{}, errors.New("the provider names no amount")
	}
	return driver.PaymentStatus{State: driver.PaymentPaid, ProviderID: f["transaction_id"], Paid: n}, nil
}

// Authorise implements driver.Acquirer.
func (a *Acquirer) Authorise(ctx context.Context, p driver.Payment) (driver.PaymentStatus, error) {
	switch {
	case p.Currency != "CNY":
		return driver.PaymentStatus{State: driver.PaymentRefused, Reason: "only CNY is taken"}, nil
	case !codeForm.MatchString(p.Code):
		return driver.PaymentStatus{State: driver.PaymentRefused, Reason: "this is no payment code of WeChat"}, nil
	case !referenceFits(p.Reference):
		return driver.PaymentStatus{State: driver.PaymentRefused, Reason: "the reference does not fit"}, nil
	}
	a.mu.Lock()
	if len(a.charged) > 1000 {
		clear(a.charged)
	}
	a.charged[p.Reference] = time.Now()
	ip := a.set.IP
	a.mu.Unlock()
	subject := p.Subject
	for len(subject) > 120 { // bytes, and no half character
		_, n := utf8.DecodeLastRuneInString(subject)
		subject = subject[:len(subject)-n]
	}
	if subject == "" {
		subject = p.Reference
	}
	r, err := a.call(ctx, "/pay/micropay", fields{"body": subject, "out_trade_no": p.Reference, "total_fee": strconv.FormatInt(p.Amount, 10), "fee_type": "CNY",
		"spbill_create_ip": ip, "auth_code": p.Code, "device_info": p.Shop}, false)
	switch {
	case err != nil:
		return driver.PaymentStatus{}, err
	case r.ok() && r["out_trade_no"] == p.Reference:
		return r.paid()
	case r["err_code"] == "USERPAYING":
		return driver.PaymentStatus{State: driver.PaymentPending, Reason: r.why()}, nil
	case r["err_code"] == "ORDERPAID", r["err_code"] == "OUT_TRADE_NO_USED": // asked before: nothing was charged anew
		return a.QueryPayment(ctx, p.Reference)
	case refusals[r["err_code"]]:
		return driver.PaymentStatus{State: driver.PaymentRefused, Reason: r.why()}, nil
	}
	return driver.PaymentStatus{State: driver.PaymentUnknown, Reason: r.why()}, nil
}

// referenceFits: the provider takes 32 letters, digits and a few signs.
func referenceFits(s string) bool {
	for _, c := range s {
		if !('0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '-' || c == '_') {
			return false
		}
	}
	return s != "" && len(s) <= 32
}

// QueryPayment implements driver.Acquirer.
func (a *Acquirer) QueryPayment(ctx context.Context, reference string) (driver.PaymentStatus, error) {
	r, err := a.call(ctx, "/pay/orderquery", fields{"out_trade_no": reference}, false)
	if err != nil {
		return driver.PaymentStatus{}, err
	}
	if !r.ok() {
		if r["err_code"] == "ORDERNOTEXIST" {
			return driver.PaymentStatus{State: driver.PaymentNone, Reason: r.why()}, nil
		}
		return driver.PaymentStatus{State: driver.PaymentUnknown, Reason: r.why()}, nil
	}
	if r["out_trade_no"] != reference {
		return driver.PaymentStatus{}, errors.New("the answer is for another payment")
	}
	state := states[r["trade_state"]] // PaymentUnknown for one that was refunded elsewhere, and for words that are new
	if state == driver.PaymentPaid {
		return r.paid()
	}
	return driver.PaymentStatus{State: state, ProviderID: r["transaction_id"], Reason: r["trade_state_desc"]}, nil
}

// CancelPayment implements driver.Acquirer.
func (a *Acquirer) CancelPayment(ctx context.Context, reference string) (driver.PaymentStatus, error) {
	st, err := a.QueryPayment(ctx, reference)
	if err == nil && (st.State == driver.PaymentNone || st.State == driver.PaymentCancelled || st.State == driver.PaymentRefused) {
		return st, nil
	}
	a.mu.Lock()
	since, here := a.charged[reference]
	a.mu.Unlock()
	if here && time.Since(since) < a.wait {
		return driver.PaymentStatus{State: driver.PaymentUnknown, Reason: "the provider reverses a payment after fifteen seconds only"}, nil
	}
	r, err := a.call(ctx, "/secapi/pay/reverse", fields{"out_trade_no": reference}, true)
	switch {
	case err != nil:
		return driver.PaymentStatus{}, err
	case r.ok() && r["recall"] != "Y":
		return driver.PaymentStatus{State: driver.PaymentCancelled}, nil
	}
	return driver.PaymentStatus{State: driver.PaymentUnknown, Reason: r.why()}, nil
}

// again are the codes after which a refund is asked for again.
var again = map[string]bool{"SYSTEMERROR": true, "BIZERR_NEED_RETRY": true, "FREQUENCY_LIMITED": true, "INVALID_REQ_TOO_MUCH": true, "ORDER_NOT_READY": true}

// Refund implements driver.Acquirer.
func (a *Acquirer) Refund(ctx context.Context, p driver.Repayment) (driver.RefundStatus, error) {
	r, err := a.call(ctx, "/secapi/pay/refund", fields{"out_trade_no": p.Reference, "out_refund_no": p.Refund, "total_fee": strconv.FormatInt(p.Paid, 10),
		"refund_fee": strconv.FormatInt(p.Amount, 10), "refund_fee_type": p.Currency, "refund_desc": p.Reason}, true)
	switch {
	case err != nil:
		return driver.RefundStatus{}, err
	case r.ok():
		return driver.RefundStatus{State: driver.RefundPending, ProviderID: r["refund_id"]}, nil
	case again[r["err_code"]]:
		return driver.RefundStatus{State: driver.RefundUnknown, Reason: r.why()}, nil
	}
	return driver.RefundStatus{State: driver.RefundRefused, Reason: r.why()}, nil
}

var refundStates = map[string]driver.RefundState{"SUCCESS": driver.RefundDone, "PROCESSING": driver.RefundPending, "REFUNDCLOSE": driver.RefundRefused, "CHANGE": driver.RefundRefused}

// QueryRefund implements driver.Acquirer.
func (a *Acquirer) QueryRefund(ctx context.Context, p driver.Repayment) (driver.RefundStatus, error) {
	r, err := a.call(ctx, "/pay/refundquery", fields{"out_refund_no": p.Refund}, false)
	switch {
	case err != nil:
		return driver.RefundStatus{}, err
	case !r.ok():
		return driver.RefundStatus{State: driver.RefundUnknown, Reason: r.why()}, nil
	case r["out_refund_no_0"] != p.Refund:
		return driver.RefundStatus{}, errors.New("the answer is for another refund")
	}
	return driver.RefundStatus{State: refundStates[r["refund_status_0"]], ProviderID: r["refund_id_0"], Reason: r["refund_status_0"]}, nil
}
