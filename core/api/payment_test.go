package api_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/payment"
)

// till is a connector that answers what the test says.
type till struct{ answer payment.State }

func (c *till) For(context.Context, checkout.Charge) (id.ID, error) { return id.Derived("till"), nil }

func (c *till) Provider(id.ID) (checkout.Provider, bool) { return c, true }

func (c *till) say() (payment.Answer, error) {
	if c.answer == payment.Unknown {
		return payment.Answer{}, errors.New("no line")
	}
	return payment.Answer{State: c.answer, Paid: 1530, Provider: "p1"}, nil
}

func (c *till) Authorise(context.Context, checkout.Charge) (payment.Answer, error) { return c.say() }

func (c *till) Query(context.Context, string) (payment.Answer, error) { return c.say() }

func (c *till) Cancel(context.Context, string) (payment.Answer, error) {
	return payment.Answer{State: payment.Cancelled}, nil
}

func (c *till) Refund(context.Context, checkout.Repayment) (payment.RefundAnswer, error) {
	return payment.RefundAnswer{State: payment.RefundRefused, Reason: "too low"}, nil
}

func (c *till) QueryRefund(context.Context, checkout.Repayment) (payment.RefundAnswer, error) {
	return payment.RefundAnswer{State: payment.RefundUnknown}, nil
}

func TestProviderPayments(t *testing.T) {
	each(t, func(s *shop) {
		c := &till{answer: payment.Unknown}
		p := &checkout.Payments{DB: s.d, Connectors: c, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Patience: checkout.Patience{Answer: 20 * time.Millisecond, First: 5 * time.Millisecond}}
		s.desk.Acquirer = p
		sell := func(key string) *answer {
			return s.call("POST", "/api/v1/sales", strings.Replace(s.sale("2", "15.30"), `"cash"`, `"card"`, 1), "Idempotency-Key: "+key)
		}
		first := s.want(202, sell("a"))
		list := s.get("/api/v1/provider-payments?attention=true")
		item := list.at("items").([]any)[0].(map[string]any)
		if item["state"] != "unknown" || item["outcome"] != "open" || item["amount"] != "15.30" || item["sale_id"] != first.text("id") {
			t.Fatal(item)
		}
		path := "/api/v1/sales/" + first.text("id") + "/payment"
		s.want(202, s.call("PUT", path, ""))
		c.answer = payment.Paid
		s.is(s.want(200, s.call("PUT", path, "")), "state", "completed")
		s.is(s.want(200, s.call("PUT", path, "")), "state", "completed")

		c.answer = payment.Unknown
		second := s.want(202, sell("b"))
		path = "/api/v1/sales/" + second.text("id") + "/payment"
		s.is(s.want(200, s.call("DELETE", path, "")), "state", "abandoned")
		s.is(s.want(409, s.call("PUT", path, "")), "code", "checkout.payment_refused")
		if log, _, err := auth.ListAudit(context.Background(), s.d, s.merchant, auth.AuditFilter{Action: "payment."}, db.Page{}); err != nil || len(log) != 1 || log[0].Action != "payment.given_up" {
			t.Error(log, err)
		}
		s.want(404, s.call("DELETE", "/api/v1/sales/"+id.Derived("none").String()+"/payment", ""))

		// The provider refuses to give back; a person has it tried again.
		s.want(201, s.call("POST", "/api/v1/sales/"+first.text("id")+"/refunds", `{"reason":"broken"}`, "Idempotency-Key: r"))
		is, _, err := payment.List(context.Background(), s.d, s.merchant, payment.Filter{State: payment.Paid}, db.Page{})
		if err != nil || len(is) != 1 || is[0].Refunded != 1530 {
			t.Fatal(is, err)
		}
		rs, err := payment.RefundsOf(context.Background(), s.d, s.merchant, []id.ID{is[0].ID})
		if err != nil || len(rs) != 1 {
			t.Fatal(rs, err)
		}
		retry := "/api/v1/provider-refunds/" + rs[0].ID.String() + "/retry"
		s.is(s.want(409, s.call("PUT", retry, "")), "code", "payment.refund_state")
		if err := p.RunRefund(context.Background(), s.merchant, payment.Subject{Reference: rs[0].Reference}); err != nil {
			t.Fatal(err)
		}
		list = s.get("/api/v1/provider-payments?attention=true&state=paid")
		back := list.at("items").([]any)[0].(map[string]any)["refunds"].([]any)[0].(map[string]any)
		if back["state"] != "refused" || back["reason"] != "too low" || back["amount"] != "15.30" {
			t.Error(back)
		}
		s.is(s.want(200, s.call("PUT", retry, "")), "state", "unknown")
	})
}
