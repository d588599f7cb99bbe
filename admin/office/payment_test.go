package office_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/i18n"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/payment"
)

// intent is a payment of the first sale that the provider was asked for: given up by
// the till or not, and as the provider answered.
func (s *shop) intent(n int, state payment.State, abandoned bool, answer payment.Answer) (i payment.Intent) {
	s.t.Helper()
	sold := s.sales[0]
	s.tx(func(ctx context.Context, tx *db.Tx) (err error) {
		i, _, err = payment.Begin(ctx, tx, payment.Intent{Merchant: s.m.ID, Sale: sold.ID, Shop: s.shop.ID, Register: sold.Register, Tender: n, Reference: payment.Reference(sold.ID, n), Connector: id.Derived("none"), Method: "qr", Amount: 1530, Currency: "CNY"})
		return err
	})
	s.tx(func(ctx context.Context, tx *db.Tx) error {
		_, err := payment.Hand(ctx, tx, s.m.ID, i.Reference)
		return err
	})
	if abandoned {
		s.tx(func(_ context.Context, tx *db.Tx) error {
			payment.QueueAbandoned(tx, s.m.ID, sold.ID, []payment.Intent{i})
			return nil
		})
	}
	if state != payment.Pending {
		s.tx(func(ctx context.Context, tx *db.Tx) (err error) {
			answer.State = state
			i, err = payment.Settle(ctx, tx, s.m.ID, i.Reference, answer)
			return err
		})
	}
	return i
}

// The office sees what needs a person first: no answer, money that came without a sale,
// a refund that the provider refused.
func TestThePaymentsPage(t *testing.T) {
	eachShop(t, func(t *testing.T, s *shop) {
		b := s.signIn("owner")
		b.get("/office/payments").want(t, http.StatusOK, "Nothing needs attention")
		b.get("/office/payments?all=1").want(t, http.StatusOK, "No payments")
		sold := s.sales[0]
		late := s.intent(0, payment.Paid, true, payment.Answer{Paid: 1530, Provider: "p-late"})
		s.intent(1, payment.Unknown, false, payment.Answer{Reason: "no line " + hostile})
		s.intent(2, payment.Refused, false, payment.Answer{Reason: "balance too low"})
		s.intent(3, payment.Paid, false, payment.Answer{Paid: 99}) // another amount
		for _, lang := range i18n.Tags() {
			b.lang = lang
			shown(t, "payments", b.get("/office/payments"), lang, http.StatusOK)
			shown(t, "all payments", b.get("/office/payments?all=1"), lang, http.StatusOK)
		}
		b.lang = "en"
		got := b.get("/office/payments").want(t, http.StatusOK, "Paid after it was given up: being given back", "No answer", "The provider names another amount", "¥15.30", "Ask again", "/office/sales/"+sold.ID.String())
		if strings.Contains(got.body, "balance too low") {
			t.Error("a refused payment needs nobody")
		}
		b.get("/office/payments?all=1").want(t, http.StatusOK, "balance too low", "Some payments need attention")
		b.get("/office/payments?all=1&state=refused").want(t, http.StatusOK, "balance too low")
		if got := b.get("/office/payments?state=none"); got.status != http.StatusBadRequest {
			t.Error(got.status)
		}

		// The provider refuses to give back; a person has it tried again.
		back, err := payment.RefundsOf(context.Background(), s.db, s.m.ID, []id.ID{late.ID})
		if err != nil || len(back) != 1 {
			t.Fatal(back, err)
		}
		retry := "/office/payment-refunds/" + back[0].ID.String() + "/retry"
		if got := b.post(retry); got.status != http.StatusConflict {
			t.Error("it is under way:", got.status)
		}
		if err := s.db.InTx(context.Background(), func(ctx context.Context, tx *db.Tx) error {
			_, err := payment.SettleRefund(ctx, tx, s.m.ID, back[0].Reference, payment.RefundAnswer{State: payment.RefundRefused, Reason: "closed"})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		b.get("/office/payments").want(t, http.StatusOK, "refused by the provider", "closed", "Try the refund again")
		b.post(retry).want(t, http.StatusOK, "The refund is tried again")
		if back, err = payment.RefundsOf(context.Background(), s.db, s.m.ID, []id.ID{late.ID}); err != nil || back[0].State != payment.RefundUnknown {
			t.Error(back, err)
		}
		if got := b.post("/office/payments/" + id.Derived("nobody").String() + "/ask"); got.status != http.StatusNotFound {
			t.Error(got.status)
		}
	})
}
