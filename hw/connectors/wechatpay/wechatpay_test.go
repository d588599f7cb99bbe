package wechatpay

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/shopwright/shopwright/hw/sim"
	"github.com/shopwright/shopwright/sdk/driver"
)

const (
	key  = "0123456789abcdef0123456789abcdef"
	code = "134567890123456789"
)

func paired(t *testing.T, kind string) (*Acquirer, *sim.WeChatPay) {
	t.Helper()
	s, err := sim.NewWeChatPay("wx1", "1900000109", key)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	a := newAcquirer(0)
	if err := a.Configure(t.Context(), json.RawMessage(fmt.Sprintf(`{"app_id":"wx1","mch_id":"1900000109","api_key":%q,"sign_type":%q,"base_url":%q}`, key, kind, s.URL()))); err != nil {
		t.Fatal(err)
	}
	return a, s
}

func pay(ref string) driver.Payment {
	return driver.Payment{Reference: ref, Amount: 1999, Currency: "CNY", Method: "qr", Code: code, Subject: strings.Repeat("茶<&>", 30)}
}

func want(t *testing.T, what string, st driver.PaymentStatus, err error, state driver.PaymentState) {
	t.Helper()
	if err != nil || st.State != state || state == driver.PaymentPaid && st.Paid != 1999 {
		t.Errorf("%s: %+v %v", what, st, err)
	}
}

// The example of the provider's own page on signatures.
func TestSignaturesAsPublished(t *testing.T) {
	f := fields{"appid": "wxd930ea5d5a258f4f", "mch_id": "10000100", "device_info": "1000", "body": "test", "nonce_str": "ibuaiVcKdpRxkhJA", "empty": ""}
	const k = "192006250b4c09247ec02edce69f6a2d"
	if got := sign(f, signMD5, k); got != "9A0A8659F005D6984697E2CA0A9CF3B7" {
		t.Error(got)
	}
	if got := sign(f, signHMAC, k); got != "6A9AE1657590FD6257D693A078E1C3E4BB6BA4DC30B23E0EE2496E54170DACD6" {
		t.Error(got)
	}
}

func TestPayments(t *testing.T) {
	for _, kind := range []string{signHMAC, signMD5} {
		t.Run(kind, func(t *testing.T) {
			a, s := paired(t, kind)
			ctx := t.Context()
			s.Next(sim.PayPaid, sim.PayRefused, sim.PayWaits, sim.PaySystemError)
			st, err := a.Authorise(ctx, pay("p1"))
			want(t, "paid", st, err, driver.PaymentPaid)
			st, err = a.Authorise(ctx, pay("p2"))
			want(t, "refused", st, err, driver.PaymentRefused)
			st, err = a.Authorise(ctx, pay("p3"))
			want(t, "waits", st, err, driver.PaymentPending)
			st, err = a.QueryPayment(ctx, "p3")
			want(t, "waits still", st, err, driver.PaymentPending)
			s.Pay("p3")
			st, err = a.QueryPayment(ctx, "p3")
			want(t, "paid at last", st, err, driver.PaymentPaid)
			st, err = a.Authorise(ctx, pay("p4"))
			want(t, "system error", st, err, driver.PaymentUnknown)
			st, err = a.QueryPayment(ctx, "p4")
			want(t, "charged nevertheless", st, err, driver.PaymentPaid)
			st, err = a.Authorise(ctx, pay("p1"))
			want(t, "the same number", st, err, driver.PaymentPaid)
			st, err = a.QueryPayment(ctx, "never")
			want(t, "none", st, err, driver.PaymentNone)
			if o, _ := s.Order("p1"); o.Charges != 1 {
				t.Error(o)
			}
			if w := s.Wrong(); len(w) > 0 {
				t.Error(w)
			}
		})
	}
}

func TestWhatIsNoAnswer(t *testing.T) {
	a, s := paired(t, signHMAC)
	s.Next(sim.PayNoAnswer, sim.PayLiar)
	for _, ref := range []string{"cut", "liar"} {
		if st, err := a.Authorise(t.Context(), pay(ref)); err == nil {
			t.Errorf("%s: %+v", ref, st)
		}
		st, err := a.QueryPayment(t.Context(), ref)
		want(t, ref, st, err, driver.PaymentPaid)
	}
	s.Next(sim.PaySlow)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := a.Authorise(ctx, pay("slow")); err == nil {
		t.Error("it waits without limit")
	}
	s.Away(true)
	if _, err := a.QueryPayment(t.Context(), "cut"); err == nil || strings.Contains(err.Error(), key) {
		t.Error(err)
	}
	if h := a.Health(t.Context()); h.OK || strings.Contains(h.Reason, key) {
		t.Errorf("%+v", h)
	}
}

func TestAWrongKeyIsTroubleAndNoRefusal(t *testing.T) {
	a, s := paired(t, signHMAC)
	a.set.Key = strings.Repeat("x", 32)
	if st, err := a.Authorise(t.Context(), pay("p")); err == nil {
		t.Errorf("%+v", st)
	}
	if h := a.Health(t.Context()); h.OK || len(s.Wrong()) != 1 {
		t.Errorf("%+v %v", h, s.Wrong())
	}
}

func TestCancel(t *testing.T) {
	a, s := paired(t, signHMAC)
	ctx := t.Context()
	s.Next(sim.PayPaid, sim.PayWaits)
	_, _ = a.Authorise(ctx, pay("paid"))
	_, _ = a.Authorise(ctx, pay("waits"))
	a.wait = time.Hour
	st, err := a.CancelPayment(ctx, "waits")
	want(t, "too early", st, err, driver.PaymentUnknown)
	if s.Asked("/secapi/pay/reverse") != 0 {
		t.Error("it reverses within fifteen seconds")
	}
	a.wait = 0
	s.RecallOnce()
	st, err = a.CancelPayment(ctx, "waits")
	want(t, "recall", st, err, driver.PaymentUnknown)
	for _, ref := range []string{"waits", "paid"} {
		for range 2 {
			st, err = a.CancelPayment(ctx, ref)
			want(t, ref, st, err, driver.PaymentCancelled)
		}
	}
	if o, _ := s.Order("paid"); o.Back != 1999 {
		t.Errorf("%+v", o)
	}
	st, err = a.CancelPayment(ctx, "never")
	want(t, "never", st, err, driver.PaymentNone)
}

func TestRefunds(t *testing.T) {
	a, s := paired(t, signHMAC)
	ctx := t.Context()
	_, _ = a.Authorise(ctx, pay("p"))
	r := driver.Repayment{Reference: "p", Refund: "r1", Amount: 999, Paid: 1999, Currency: "CNY", Reason: "one too many"}
	if st, err := a.QueryRefund(ctx, r); err != nil || st.State != driver.RefundUnknown {
		t.Errorf("%+v %v", st, err)
	}
	s.RefuseRefunds(true)
	if st, err := a.Refund(ctx, r); err != nil || st.State != driver.RefundRefused || st.Reason == "" {
		t.Errorf("%+v %v", st, err)
	}
	s.RefuseRefunds(false)
	for range 2 {
		if st, err := a.Refund(ctx, r); err != nil || st.State != driver.RefundPending {
			t.Errorf("%+v %v", st, err)
		}
	}
	if st, err := a.QueryRefund(ctx, r); err != nil || st.State != driver.RefundDone {
		t.Errorf("%+v %v", st, err)
	}
	if o, _ := s.Order("p"); o.Back != 999 {
		t.Errorf("%+v", o)
	}
}

func TestCodesAndSettings(t *testing.T) {
	for c, yes := range map[string]bool{code: true, "": true, "281234567890123456": false, "13456789012345678": false, "163456789012345678": false} {
		if Takes("qr", c) != yes {
			t.Errorf("%q: %v", c, !yes)
		}
	}
	if Takes("card", "") {
		t.Error("cards")
	}
	a := newAcquirer(0)
	st, err := a.Authorise(t.Context(), driver.Payment{Reference: "p", Amount: 1, Currency: "HKD", Code: code})
	want(t, "another currency", st, err, driver.PaymentRefused)
	st, err = a.Authorise(t.Context(), driver.Payment{Reference: "p", Amount: 1, Currency: "CNY", Code: "12"})
	want(t, "no code", st, err, driver.PaymentRefused)
	for _, raw := range []string{`{}`, `{"app_id":"a","mch_id":"m","api_key":"short"}`, `{"app_id":"a","mch_id":"m","api_key":"` + key + `","certificate":"x"}`,
		`{"app_id":"a","mch_id":"m","api_key":"` + key + `","certificate":"x","certificate_key":"secret-key"}`, `{"app_id":"a","mch_id":"m","api_key":"` + key + `","base_url":"http://example.com"}`, `{"appid":"a"}`} {
		err := a.Configure(t.Context(), json.RawMessage(raw))
		if err == nil || strings.Contains(err.Error(), "secret-key") || strings.Contains(err.Error(), key) {
			t.Errorf("%s: %v", raw, err)
		}
	}
	for _, raw := range []string{"", "<xml>", "<xml><a>1</a><a>2</a></xml>", "<xml><a><b>1</b></a></xml>", "no xml"} {
		if f, err := decode([]byte(raw)); err == nil {
			t.Errorf("%q: %v", raw, f)
		}
	}
}
