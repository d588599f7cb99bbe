package stripe

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/shopwright/shopwright/hw/sim"
	"github.com/shopwright/shopwright/sdk/driver"
)

const (
	key  = "sk_test_verysecret"
	hook = "whsec_alsosecret"
)

func paired(t *testing.T, reader string) (*Acquirer, *sim.Stripe) {
	t.Helper()
	s, err := sim.NewStripe(key, hook, reader)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return another(t, s), s
}

// another is a connector that remembers nothing.
func another(t *testing.T, s *sim.Stripe) *Acquirer {
	t.Helper()
	a := New().(*Acquirer)
	raw, _ := json.Marshal(map[string]string{"secret_key": key, "reader_id": s.Reader, "webhook_secret": hook, "webhook_listen": "127.0.0.1:0", "base_url": s.URL()})
	if err := a.Configure(t.Context(), raw); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.stop)
	return a
}

func pay(ref string) driver.Payment {
	return driver.Payment{Reference: ref, Amount: 1999, Currency: "EUR", Method: "card", Code: "pm_card_visa", Subject: "Shop & Co"}
}

func atReader(ref string) driver.Payment { p := pay(ref); p.Code = ""; return p }

func want(t *testing.T, what string, st driver.PaymentStatus, err error, state driver.PaymentState) {
	t.Helper()
	if err != nil || st.State != state || state == driver.PaymentPaid && st.Paid != 1999 {
		t.Errorf("%s: %+v %v", what, st, err)
	}
}

func TestPayments(t *testing.T) {
	a, s := paired(t, "")
	ctx := t.Context()
	s.Next(sim.PayPaid, sim.PayRefused, sim.PayWaits)
	st, err := a.Authorise(ctx, pay("p1"))
	want(t, "paid", st, err, driver.PaymentPaid)
	st, err = a.Authorise(ctx, pay("p2"))
	want(t, "refused", st, err, driver.PaymentRefused)
	if o, _ := s.Order("p2"); !o.Closed {
		t.Error("a refused payment can still be paid")
	}
	st, err = a.Authorise(ctx, pay("p3"))
	want(t, "waits", st, err, driver.PaymentPending)
	s.Pay("p3")
	st, err = a.QueryPayment(ctx, "p3")
	want(t, "paid at last", st, err, driver.PaymentPaid)
	st, err = a.Authorise(ctx, pay("p1"))
	want(t, "the same again", st, err, driver.PaymentPaid)
	st, err = a.Authorise(ctx, atReader("p4"))
	want(t, "no reader", st, err, driver.PaymentRefused)
	st, err = a.QueryPayment(ctx, "never")
	want(t, "none", st, err, driver.PaymentNone)
	if o, _ := s.Order("p1"); o.Charges != 1 {
		t.Errorf("%+v", o)
	}
	if w := s.Wrong(); len(w) > 0 {
		t.Error(w)
	}
}

// What was charged is found by the list, by a connector that has forgotten.
func TestLostAnswers(t *testing.T) {
	a, s := paired(t, "")
	s.Next(sim.PayNoAnswer, sim.PaySystemError, sim.PayPaid, sim.PayPaid, sim.PayPaid)
	for _, ref := range []string{"cut", "broken"} {
		if st, err := a.Authorise(t.Context(), pay(ref)); err == nil {
			t.Errorf("%s: %+v", ref, st)
		}
	}
	for _, ref := range []string{"x", "y", "z"} {
		st, err := a.Authorise(t.Context(), pay(ref))
		want(t, ref, st, err, driver.PaymentPaid)
	}
	b := another(t, s)
	for _, ref := range []string{"cut", "broken", "z"} {
		st, err := b.QueryPayment(t.Context(), ref)
		want(t, ref, st, err, driver.PaymentPaid)
	}
	s.Next(sim.PaySlow)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := a.Authorise(ctx, pay("slow")); err == nil {
		t.Error("it waits without limit")
	}
	s.Away(true)
	if _, err := b.QueryPayment(t.Context(), "cut"); err == nil || strings.Contains(err.Error(), key) || b.Health(t.Context()).OK {
		t.Error(err)
	}
}

func TestAtAReader(t *testing.T) {
	a, s := paired(t, "tmr_1")
	ctx := t.Context()
	st, err := a.Authorise(ctx, atReader("p1"))
	want(t, "asked", st, err, driver.PaymentPending)
	st, err = a.Authorise(ctx, atReader("busy"))
	want(t, "the reader is busy", st, err, driver.PaymentRefused)
	st, err = a.QueryPayment(ctx, "p1")
	want(t, "no card yet", st, err, driver.PaymentPending)
	s.Pay("p1")
	st, err = a.QueryPayment(ctx, "p1")
	want(t, "paid", st, err, driver.PaymentPaid)

	_, _ = a.Authorise(ctx, atReader("p2"))
	s.Decline("p2")
	st, err = a.QueryPayment(ctx, "p2")
	want(t, "declined", st, err, driver.PaymentRefused)
	_, _ = a.Authorise(ctx, atReader("p3"))
	s.GiveUp()
	st, err = a.QueryPayment(ctx, "p3")
	want(t, "red key", st, err, driver.PaymentRefused)
	_, _ = a.Authorise(ctx, atReader("p4"))
	st, err = a.CancelPayment(ctx, "p4")
	want(t, "cancelled", st, err, driver.PaymentCancelled)
	if s.Pay("p4") || s.Pay("p2") {
		t.Error("a payment that has ended is paid")
	}
}

func TestCancelAndRefund(t *testing.T) {
	a, s := paired(t, "")
	ctx := t.Context()
	_, _ = a.Authorise(ctx, pay("c"))
	for range 2 {
		st, err := a.CancelPayment(ctx, "c")
		want(t, "paid and cancelled", st, err, driver.PaymentCancelled)
	}
	if o, _ := s.Order("c"); o.Back != 1999 || len(o.Refunds) != 1 {
		t.Errorf("%+v", o)
	}
	st, err := a.CancelPayment(ctx, "never")
	want(t, "never", st, err, driver.PaymentNone)

	_, _ = a.Authorise(ctx, pay("p"))
	r := driver.Repayment{Reference: "p", Refund: "r1", Amount: 999, Paid: 1999, Currency: "EUR"}
	if st, err := a.QueryRefund(ctx, r); err != nil || st.State != driver.RefundUnknown {
		t.Errorf("%+v %v", st, err)
	}
	for _, c := range []*Acquirer{a, another(t, s), a} {
		if st, err := c.Refund(ctx, r); err != nil || st.State != driver.RefundDone {
			t.Errorf("%+v %v", st, err)
		}
	}
	r.Refund, r.Amount = "r2", 1001
	if st, err := a.Refund(ctx, r); err != nil || st.State != driver.RefundRefused || st.Reason == "" {
		t.Errorf("%+v %v", st, err)
	}
	if o, _ := s.Order("p"); o.Back != 999 {
		t.Errorf("%+v", o)
	}
}

func TestWebhooks(t *testing.T) {
	a, s := paired(t, "")
	s.Next(sim.PayWaits)
	_, _ = a.Authorise(t.Context(), pay("p"))
	s.Pay("p")
	at, now := "http://"+a.addr.String(), time.Now()
	var got []*driver.Event
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	a.Noticed("begin", "", driver.PaymentStatus{})
	go func() {
		defer close(done)
		_ = a.Events(ctx, 1, func(e *driver.Event) error {
			if got = append(got, e); len(got) == 3 {
				cancel()
			}
			return nil
		})
	}()
	for _, w := range []struct {
		id, kind, secret string
		when             time.Time
		status           int
	}{
		{"e0", "payment_intent.succeeded", "wrong", now, 400}, {"e0", "payment_intent.succeeded", hook, now.Add(-time.Hour), 400},
		{"e1", "payment_intent.succeeded", hook, now, 200}, {"e1", "payment_intent.succeeded", hook, now, 200}, {"e2", "charge.updated", hook, now, 200}, {"e3", "payment_intent.payment_failed", hook, now, 200},
	} {
		if status, err := s.Hooked(at, w.id, w.kind, "p", w.secret, w.when); err != nil || status != w.status {
			t.Errorf("%+v: %d %v", w, status, err)
		}
	}
	select {
	case <-done:
	case <-time.After(5 * time.Second):
		t.Fatal("events are missing")
	}
	for k, id := range []string{"e1", "e1", "e3"} {
		n := got[k].GetPayment()
		if n.GetId() != id || n.GetReference() != "p" || (n.GetPayment().GetState() == driver.PaymentPaid) != (id == "e1") {
			t.Errorf("%d: %v", k, n)
		}
	}
}

func TestSettings(t *testing.T) {
	a := New().(*Acquirer)
	for _, raw := range []string{`{}`, `{"secret_key":"short"}`, `{"secret_key":"sk_test_1","webhook_listen":"127.0.0.1:0"}`, `{"secret_key":"sk_test_1","base_url":"http://example.com"}`, `{"secret_key":"sk_test_1","reader_id":"a/b"}`, `{"key":1}`} {
		if err := a.Configure(t.Context(), json.RawMessage(raw)); err == nil {
			t.Errorf("%s is taken", raw)
		}
	}
	if !Takes("card", "") || Takes("qr", "") {
		t.Error("the tenders are wrong")
	}
}
