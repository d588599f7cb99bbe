package alipay

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

const code = "281234567890123456"

func config(s *sim.Alipay, listen string) json.RawMessage {
	raw, _ := json.Marshal(map[string]string{"app_id": s.AppID, "private_key": s.AppKey, "alipay_public_key": s.PublicKey, "base_url": s.URL() + "/gateway.do", "notify_listen": listen, "notify_url": "http://example.com/notify"})
	return raw
}

func paired(t *testing.T) (*Acquirer, *sim.Alipay) {
	t.Helper()
	s, err := sim.NewAlipay("2021000000000001")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	a := &Acquirer{}
	if err := a.Configure(t.Context(), config(s, "127.0.0.1:0")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.stop)
	return a, s
}

func pay(ref string) driver.Payment {
	return driver.Payment{Reference: ref, Amount: 1905, Currency: "CNY", Method: "qr", Code: code, Subject: "茶 & 饼 = \"好\" <1>"}
}

func want(t *testing.T, what string, st driver.PaymentStatus, err error, state driver.PaymentState) {
	t.Helper()
	if err != nil || st.State != state || state == driver.PaymentPaid && st.Paid != 1905 {
		t.Errorf("%s: %+v %v", what, st, err)
	}
}

func TestPayments(t *testing.T) {
	a, s := paired(t)
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
	st, err = a.Authorise(ctx, pay("p-4"))
	want(t, "a hyphen", st, err, driver.PaymentPaid)
	st, err = a.QueryPayment(ctx, "p-4")
	want(t, "a hyphen", st, err, driver.PaymentPaid)
	if o, _ := s.Order("p1"); o.Charges != 1 || o.Code != code {
		t.Error(o)
	}
	if w := s.Wrong(); len(w) > 0 {
		t.Error(w)
	}
}

func TestWhatIsNoAnswer(t *testing.T) {
	a, s := paired(t)
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
	if _, err := a.QueryPayment(t.Context(), "cut"); err == nil || a.Health(t.Context()).OK {
		t.Error(err)
	}
}

func TestCancel(t *testing.T) {
	a, s := paired(t)
	ctx := t.Context()
	s.Next(sim.PayPaid, sim.PayWaits)
	_, _ = a.Authorise(ctx, pay("paid"))
	_, _ = a.Authorise(ctx, pay("waits"))
	s.RetryOnce()
	st, err := a.CancelPayment(ctx, "waits")
	want(t, "again", st, err, driver.PaymentUnknown)
	for _, ref := range []string{"waits", "paid"} {
		st, err = a.CancelPayment(ctx, ref)
		want(t, ref, st, err, driver.PaymentCancelled)
		st, err = a.QueryPayment(ctx, ref)
		want(t, ref, st, err, driver.PaymentCancelled)
	}
	if o, _ := s.Order("paid"); o.Back != 1905 {
		t.Errorf("%+v", o)
	}
	st, err = a.CancelPayment(ctx, "never")
	want(t, "never", st, err, driver.PaymentNone)
}

func TestRefunds(t *testing.T) {
	a, s := paired(t)
	ctx := t.Context()
	_, _ = a.Authorise(ctx, pay("p"))
	r := driver.Repayment{Reference: "p", Refund: "r1", Amount: 905, Paid: 1905, Currency: "CNY", Reason: "one too many"}
	if st, err := a.QueryRefund(ctx, r); err != nil || st.State != driver.RefundUnknown {
		t.Errorf("%+v %v", st, err)
	}
	s.RefuseRefunds(true)
	if st, err := a.Refund(ctx, r); err != nil || st.State != driver.RefundRefused || st.Reason == "" {
		t.Errorf("%+v %v", st, err)
	}
	s.RefuseRefunds(false)
	for range 2 {
		if st, err := a.Refund(ctx, r); err != nil || st.State != driver.RefundDone {
			t.Errorf("%+v %v", st, err)
		}
	}
	if o, _ := s.Order("p"); o.Back != 905 {
		t.Errorf("%+v", o)
	}
}

// The same notice twice is two events with one number; a forged one is none.
func TestNotices(t *testing.T) {
	a, s := paired(t)
	s.Next(sim.PayWaits)
	_, _ = a.Authorise(t.Context(), pay("p"))
	s.Pay("p")
	var got []*driver.Event
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	a.Noticed("begin", "", driver.PaymentStatus{})
	go func() {
		defer close(done)
		_ = a.Events(ctx, 1, func(e *driver.Event) error {
			if got = append(got, e); len(got) == 2 {
				cancel()
			}
			return nil
		})
	}()
	for n, forged := range []bool{true, false, false} {
		said, err := s.Notify("http://"+a.addr.String(), "n1", "p", forged)
		if err != nil || (said == "success") == forged {
			t.Errorf("notice %d: %q %v", n, said, err)
		}
	}
	select {
	case <-done:
	case <-time.After(5 * time.Second):
		t.Fatal("events are missing")
	}
	for _, e := range got {
		n := e.GetPayment()
		if n.GetId() != "n1" || n.GetReference() != "p" || n.GetPayment().GetState() != driver.PaymentPaid || n.GetPayment().GetPaid() != 1905 {
			t.Errorf("%v", n)
		}
	}
}

func TestAmountsCodesAndSettings(t *testing.T) {
	for n, s := range map[int64]string{0: "0.00", 5: "0.05", 1905: "19.05", 100000: "1000.00"} {
		if got, err := fen(s); yuan(n) != s || got != n || err != nil {
			t.Errorf("%d %s: %s %d %v", n, s, yuan(n), got, err)
		}
	}
	if got, err := fen("1.5"); got != 150 || err != nil {
		t.Error(got, err)
	}
	for _, s := range []string{"", "-1", "1.234", "1e3", ".5"} {
		if _, err := fen(s); err == nil {
			t.Errorf("%q is an amount", s)
		}
	}
	for c, yes := range map[string]bool{code: true, "": true, "134567890123456789": false, "301234567890123456": true, "311234567890123456": false, "28123": false} {
		if Takes("qr", c) != yes {
			t.Errorf("%q: %v", c, !yes)
		}
	}
	a, s := paired(t)
	for _, change := range []map[string]string{{"app_id": ""}, {"private_key": "bm90IGEga2V5"}, {"alipay_public_key": "x"}, {"base_url": "http://example.com"}, {"notify_listen": "nowhere"}, {"secret": "x"}} {
		var m map[string]string
		_ = json.Unmarshal(config(s, ""), &m)
		for k, v := range change {
			m[k] = v
		}
		raw, _ := json.Marshal(m)
		if err := a.Configure(t.Context(), raw); err == nil || strings.Contains(fmt.Sprint(err), s.AppKey[:40]) {
			t.Errorf("%v: %v", change, err)
		}
	}
}
