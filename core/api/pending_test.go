package api_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/checkout"
)

// slowAcquirer does not know at first; later it says paid.
type slowAcquirer struct{ checkout.Acquirer }

func (slowAcquirer) Takes(context.Context, checkout.Charge) bool { return true }

func (slowAcquirer) Authorise(context.Context, checkout.Charge) (checkout.Outcome, error) {
	return checkout.Unknown, nil
}

func (slowAcquirer) Query(context.Context, checkout.Charge) (checkout.Outcome, error) {
	return checkout.Paid, nil
}

func TestPaymentPending(t *testing.T) {
	each(t, func(s *shop) {
		s.desk.Acquirer = slowAcquirer{}
		body := strings.Replace(s.sale("2", "15.30"), `"cash"`, `"card"`, 1)
		send := func() *answer { return s.call("POST", "/api/v1/sales", body, "Idempotency-Key: card") }
		first := s.want(202, send())
		s.is(first, "state", "open")
		s.is(first, "code", "checkout.payment_pending")
		path := "/api/v1/sales/" + first.text("id")
		s.is(s.get(path), "state", "open")
		if again := s.want(202, send()); again.raw != first.raw {
			t.Error(again.raw)
		}
		s.clock.Advance(2 * time.Minute)
		if n, err := s.desk.Recover(context.Background(), s.merchant); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		s.is(s.get(path), "state", "completed")
		done := s.want(201, send())
		s.is(done, "id", first.text("id"))
		if done.header.Get("Idempotency-Replayed") != "true" {
			t.Error(done.header)
		}
	})
}
