package acquirersim

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/shopwright/shopwright/sdk/driver"
)

func configured(t *testing.T, raw string) *Acquirer {
	t.Helper()
	a := &Acquirer{}
	if err := a.Configure(t.Context(), json.RawMessage(raw)); err != nil {
		t.Fatal(err)
	}
	return a
}

func pay(ref string, amount int64) driver.Payment {
	return driver.Payment{Reference: ref, Amount: amount, Currency: "CNY", Method: "card"}
}

func TestAnswersByAmount(t *testing.T) {
	a := configured(t, `{"delay_ms":1,"later_ms":60}`)
	for digits, c := range map[int64]struct{ first, later driver.PaymentState }{
		0: {driver.PaymentPaid, driver.PaymentPaid}, 1: {driver.PaymentRefused, driver.PaymentRefused}, 2: {driver.PaymentPaid, driver.PaymentPaid}, 3: {-1, driver.PaymentPaid},
		4: {driver.PaymentPending, driver.PaymentPaid}, 5: {driver.PaymentRefused, driver.PaymentPaid}, 6: {-1, driver.PaymentPaid}, 7: {driver.PaymentPending, driver.PaymentPaid}, 99: {driver.PaymentPaid, driver.PaymentPaid},
	} {
		ref := fmt.Sprint("p", digits)
		st, err := a.Authorise(t.Context(), pay(ref, 1200+digits))
		if c.first < 0 && err == nil || c.first >= 0 && (err != nil || st.State != c.first) {
			t.Errorf("%02d: %+v %v", digits, st, err)
		}
		time.Sleep(70 * time.Millisecond)
		for range 2 {
			st, err = a.QueryPayment(t.Context(), ref)
			if err != nil || st.State != c.later || st.State == driver.PaymentPaid && st.Paid != 1200+digits {
				t.Errorf("%02d later: %+v %v", digits, st, err)
			}
		}
	}
	if st, err := a.QueryPayment(t.Context(), "never"); err != nil || st.State != driver.PaymentNone {
		t.Error(st, err)
	}
}

func TestTheBookOutlivesTheProcess(t *testing.T) {
	config := fmt.Sprintf(`{"folder":%q}`, t.TempDir())
	a := configured(t, config)
	if _, err := a.Authorise(t.Context(), pay("../p/1", 106)); err == nil {
		t.Fatal("the answer is not lost")
	}
	r := driver.Repayment{Reference: "../p/1", Refund: "r", Amount: 50}
	if st, err := a.Refund(t.Context(), r); err != nil || st.State != driver.RefundDone {
		t.Fatal(st, err)
	}
	b := configured(t, config)
	if st, err := b.Authorise(t.Context(), pay("../p/1", 106)); err != nil || st.State != driver.PaymentPaid {
		t.Error(st, err)
	}
	for range 2 {
		if st, err := b.Refund(t.Context(), r); err != nil || st.State != driver.RefundDone {
			t.Error(st, err)
		}
	}
	if st, err := b.QueryRefund(t.Context(), r); err != nil || st.State != driver.RefundDone {
		t.Error(st, err)
	}
	r.Refund, r.Amount = "r2", 57
	if st, err := b.Refund(t.Context(), r); err != nil || st.State != driver.RefundRefused {
		t.Error(st, err)
	}
	if st, err := b.CancelPayment(t.Context(), "../p/1"); err != nil || st.State != driver.PaymentCancelled {
		t.Error(st, err)
	}
	if st, err := b.CancelPayment(t.Context(), "never"); err != nil || st.State != driver.PaymentNone {
		t.Error(st, err)
	}
}

func TestWrongSettings(t *testing.T) {
	for _, raw := range []string{`{"answer":"x"}`, `{"later_ms":-1}`, `{"delay_ms":99999999}`, `{"other":1}`, `[]`} {
		if err := (&Acquirer{}).Configure(t.Context(), json.RawMessage(raw)); err == nil {
			t.Errorf("%s is taken", raw)
		}
	}
	if _, err := (&Acquirer{}).Authorise(t.Context(), pay("p", 1)); err == nil {
		t.Error("it takes money without settings")
	}
}
