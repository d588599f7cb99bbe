package checkout_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/job"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/payment"
	"github.com/shopwright/shopwright/core/sale"
)

// A payment that is refused and succeeds afterwards: the customer has paid anew by
// then, and gets the late money back, once.
func TestA26_FailedThenSucceeded(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 1)
		b, p := s.withBank()
		b.answer = payment.Refused
		if _, err := s.desk.Complete(s.ctx, s.soapBy("one", sale.TenderQR, "281234567890123456")); !errors.Is(err, checkout.ErrPaymentRefused) {
			t.Fatal(err)
		}
		first := s.intents()[0]
		if first.State != payment.Refused || first.Outcome != payment.Abandoned || b.codes[0] != "281234567890123456" {
			t.Fatalf("%+v %v", first, b.codes)
		}
		b.set(func() { b.answer = payment.Paid })
		got, err := s.desk.Complete(s.ctx, s.soapBy("two", sale.TenderCard, ""))
		if err != nil || got.State != sale.StateCompleted {
			t.Fatal(got, err)
		}
		b.set(func() { b.paid[first.Reference] = 5000 }) // the late success
		for range 3 {
			if _, err := p.Notice(s.ctx, s.m.ID, b.connector, paidNotice("n1", first)); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := p.Notice(s.ctx, s.m.ID, b.connector, paidNotice("n2", first)); err != nil { // the same news under another number
			t.Fatal(err)
		}
		late, err := payment.Get(s.ctx, d, s.m.ID, first.Reference)
		if err != nil || late.State != payment.Paid || late.Outcome != payment.Abandoned || late.Refunded != 5000 {
			t.Fatalf("the late success is not attached: %+v %v", late, err)
		}
		seen, _, err := payment.List(s.ctx, d, s.m.ID, payment.Filter{Attention: true}, db.Page{})
		if err != nil || len(seen) != 1 || seen[0].ID != first.ID {
			t.Fatalf("nobody is told: %+v %v", seen, err)
		}
		if failed := s.work(p); failed != 0 {
			t.Fatal(failed)
		}
		if rs := s.refunds(late); len(rs) != 1 || rs[0].State != payment.RefundDone || b.payback[first.Reference] != 5000 || len(b.back) != 1 {
			t.Fatalf("%+v %v", rs, b.back)
		}
		if s.sales("completed") != 1 || s.sales("abandoned") != 1 {
			t.Error("another sale was made")
		}
		s.proven()
	})
}

// A call that fails after the provider has charged.
func TestA26_TimeoutThatWasPaid(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 1)
		b, p := s.withBank()
		b.answer, b.charges = payment.Unknown, true
		got, err := s.desk.Complete(s.ctx, s.soapBy("quick", sale.TenderCard, "")) // it is asked while the customer waits
		if err != nil || got.State != sale.StateCompleted || got.Tenders[0].Reference != payment.Reference(got.ID, 0) {
			t.Fatal(got, err)
		}
		b.set(func() { b.then = payment.Unknown }) // now nobody answers at all
		if _, err = s.desk.Complete(s.ctx, s.soapBy("slow", sale.TenderCard, "")); !errors.Is(err, checkout.ErrPaymentPending) {
			t.Fatal(err)
		}
		if failed := s.work(p); failed != 1 {
			t.Fatal("unknown was guessed", failed)
		}
		if _, err = s.desk.Complete(s.ctx, s.soapBy("slow", sale.TenderCard, "")); !errors.Is(err, checkout.ErrPaymentPending) {
			t.Fatal(err)
		}
		b.set(func() { b.then = "" })
		if failed := s.work(p); failed != 0 {
			t.Fatal(failed)
		}
		again, err := s.desk.Complete(s.ctx, s.soapBy("slow", sale.TenderCard, ""))
		if err != nil || again.State != sale.StateCompleted || !again.Replayed {
			t.Fatal(again, err)
		}
		for ref, n := range b.calls {
			if n != 1 || b.paid[ref] != 5000 {
				t.Errorf("%s was charged %d times", ref, n)
			}
		}
		if s.sales("completed") != 2 || len(s.intents()) != 2 {
			t.Error("another sale or payment was made")
		}
		s.proven()
	})
}

// The provider tells the same success five times, and once more under a new number.
func TestA26_DuplicateNotice(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 1)
		b, p := s.withBank()
		b.answer, b.then = payment.Pending, payment.Pending
		const code = "287777777777777777"
		if _, err := s.desk.Complete(s.ctx, s.soapBy("k", sale.TenderQR, code)); !errors.Is(err, checkout.ErrPaymentPending) {
			t.Fatal(err)
		}
		if kept, err := db.Value[int](s.ctx, d, `select count(*) from sales where merchant_id = $1 and draft like $2`, s.m.ID, "%"+code+"%"); err != nil || kept != 0 || b.codes[0] != code {
			t.Error("the customer's code is stored, or did not arrive", kept, b.codes, err)
		}
		i := s.intents()[0]
		if _, err := p.Notice(s.ctx, s.m.ID, id.Derived("somebody else"), paidNotice("n1", i)); !errors.Is(err, payment.ErrNotFound) {
			t.Fatal("another connector's word counts", err)
		}
		short := paidNotice("n0", i)
		short.Answer.Paid-- // somebody paid something else
		if _, err := p.Notice(s.ctx, s.m.ID, b.connector, short); err != nil {
			t.Fatal(err)
		}
		if now, _ := payment.Get(s.ctx, d, s.m.ID, i.Reference); now.State != payment.Unknown || now.Reason != payment.ErrAmount.Reason {
			t.Fatalf("another amount: %+v", now)
		}
		var wg sync.WaitGroup
		counted := make([]bool, 6)
		for k := range counted {
			wg.Go(func() {
				name := "n1"
				if k == 5 {
					name = "n2"
				}
				sid, err := p.Notice(s.ctx, s.m.ID, b.connector, paidNotice(name, i))
				if err != nil {
					t.Error(err)
				}
				if counted[k] = !sid.IsNone(); counted[k] {
					if got, err := s.desk.RecoverSale(s.ctx, s.m.ID, sid); err != nil || got.State != sale.StateCompleted {
						t.Error(got, err)
					}
				}
			})
		}
		wg.Wait()
		n := 0
		for _, yes := range counted {
			if yes {
				n++
			}
		}
		if n != 2 {
			t.Errorf("%d of the notices counted", n)
		}
		is := s.intents()
		if len(is) != 1 || is[0].State != payment.Paid || is[0].Outcome != payment.Used || b.calls[i.Reference] != 1 || s.sales("completed") != 1 || len(s.refunds(is[0])) != 0 {
			t.Fatalf("%+v", is)
		}
		s.proven()
	})
}

// A power cut at each point: recovery asks, and never charges.
func TestA26_RecoveryAsksFirst(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 1)
		b, p := s.withBank()
		cut := func(at, key string) {
			b.set(func() { b.cutAt = at })
			func() {
				defer func() { _ = recover() }()
				_, _ = s.desk.Complete(s.ctx, s.soapBy(key, sale.TenderCard, ""))
			}()
			b.set(func() { b.cutAt = "" })
		}
		cut("for", "before")
		if i := s.intents()[0]; i.State != payment.Created {
			t.Fatalf("%+v", i)
		}
		cut("charge", "after")
		if i := s.intents()[0]; i.State != payment.Pending {
			t.Fatalf("%+v", i)
		}
		c.Advance(2 * time.Minute)
		if n, err := s.desk.Recover(s.ctx, s.m.ID); n != 2 || err != nil {
			t.Fatal(n, err)
		}
		is := s.intents()
		if is[0].State != payment.Paid || is[0].Outcome != payment.Used || is[1].State != payment.Refused || is[1].Reason != payment.ErrNeverSent.Reason || b.calls[is[1].Reference] != 0 || b.calls[is[0].Reference] != 1 {
			t.Fatalf("%+v %v", is, b.calls)
		}
		// What the provider has never heard of is given up only when it cannot arrive any more.
		b.set(func() { b.answer, b.then = payment.Unknown, payment.Unknown })
		if _, err := s.desk.Complete(s.ctx, s.soapBy("lost", sale.TenderCard, "")); !errors.Is(err, checkout.ErrPaymentPending) {
			t.Fatal(err)
		}
		b.set(func() { b.then = ""; clear(b.calls) })
		if failed := s.work(p); failed != 1 || s.sales("open") != 1 {
			t.Fatal("a payment that may be on its way is given up", failed)
		}
		c.Advance(4 * time.Minute)
		if failed := s.work(p); failed != 0 || s.sales("open") != 0 || s.intents()[0].State != payment.Cancelled {
			t.Fatal(failed, s.intents()[0])
		}
		s.proven()
	})
}

func TestA26_GivenUpAndPaidAfterwards(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 1)
		b, p := s.withBank()
		b.answer, b.then = payment.Pending, payment.Unknown
		pending := func(key string) payment.Intent {
			t.Helper()
			if _, err := s.desk.Complete(s.ctx, s.soapBy(key, sale.TenderQR, "")); !errors.Is(err, checkout.ErrPaymentPending) {
				t.Fatal(err)
			}
			return s.intents()[0]
		}
		i := pending("a")
		if _, err := s.desk.GiveUp(s.ctx, s.m.ID, i.Sale); !errors.Is(err, checkout.ErrPaymentRefused) {
			t.Fatal(err)
		}
		if failed := s.work(p); failed == 0 { // nobody answers
			t.Fatal("it is released without an answer")
		}
		b.set(func() { b.paid[i.Reference] = 5000; b.then = "" })
		if sid, err := p.Notice(s.ctx, s.m.ID, b.connector, paidNotice("n", i)); err != nil || sid != i.Sale {
			t.Fatal(err)
		}
		if failed := s.work(p); failed != 0 {
			t.Fatal(failed)
		}
		if b.payback[i.Reference] != 5000 {
			t.Fatalf("%v", b.payback)
		}
		// Given up and ended with the provider: nothing to give back.
		b.set(func() { b.then = payment.Pending })
		j := pending("b")
		b.set(func() { b.then = payment.Pending })
		if _, err := s.desk.GiveUp(s.ctx, s.m.ID, j.Sale); !errors.Is(err, checkout.ErrPaymentRefused) {
			t.Fatal(err)
		}
		if now, _ := payment.Get(s.ctx, d, s.m.ID, j.Reference); now.State != payment.Cancelled || len(s.refunds(now)) != 0 {
			t.Fatalf("%+v", now)
		}
		// A notice from before the cancelling changes nothing: the provider is asked.
		b.set(func() { b.then = payment.Cancelled })
		if _, err := p.Notice(s.ctx, s.m.ID, b.connector, paidNotice("old", j)); err != nil {
			t.Fatal(err)
		}
		if now, _ := payment.Get(s.ctx, d, s.m.ID, j.Reference); now.State != payment.Cancelled {
			t.Fatalf("%+v", now)
		}
		// Given up when it was paid: it is sold.
		b.set(func() { b.then = payment.Pending })
		k := pending("c")
		b.set(func() { b.then = ""; b.paid[k.Reference] = 5000 })
		if got, err := s.desk.GiveUp(s.ctx, s.m.ID, k.Sale); err != nil || got.State != sale.StateCompleted {
			t.Fatal(got, err)
		}
		s.proven()
	})
}

func TestARefundGoesBackThroughTheConnector(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 1)
		b, p := s.withBank()
		in := s.soapBy("k", sale.TenderCard, "")
		in.Tenders = []checkout.TenderIn{{Type: sale.TenderCard, Amount: 2000}, {Type: sale.TenderQR, Amount: 3000}}
		sold, err := s.desk.Complete(s.ctx, in)
		if err != nil {
			t.Fatal(err)
		}
		b.set(func() { b.refuseBck = true })
		half := checkout.RefundIn{Merchant: s.m.ID, Sale: sold.ID, Reason: "one is enough", Lines: []checkout.RefundLine{{Line: sold.Lines[0].ID, Quantity: money.One}}, Idem: db.Idem{Key: "r1", Route: "r", BodyHash: "h"}}
		for range 2 { // a repetition asks for nothing anew
			if _, err := s.desk.Refund(s.ctx, half); err != nil {
				t.Fatal(err)
			}
		}
		if failed := s.work(p); failed != 0 {
			t.Fatal("refused is an answer", failed)
		}
		is, _, err := payment.List(s.ctx, d, s.m.ID, payment.Filter{Attention: true, Sale: sold.ID}, db.Page{})
		if err != nil || len(is) != 2 || len(b.back) != 0 {
			t.Fatal(is, err)
		}
		b.set(func() { b.refuseBck = false })
		for _, i := range is {
			r := s.refunds(i)
			if len(r) != 1 || r[0].State != payment.RefundRefused || r[0].Reason != "balance too low" {
				t.Fatalf("%+v", r)
			}
			s.tx(func(ctx context.Context, tx *db.Tx) error {
				_, err := payment.RetryRefund(ctx, tx, s.m.ID, r[0].ID)
				return err
			})
		}
		if failed := s.work(p); failed != 0 {
			t.Fatal(failed)
		}
		if b.payback[payment.Reference(sold.ID, 0)] != 1000 || b.payback[payment.Reference(sold.ID, 1)] != 1500 {
			t.Fatalf("%v", b.payback)
		}
		if _, err := s.desk.Refund(s.ctx, checkout.RefundIn{Merchant: s.m.ID, Sale: sold.ID, Reason: "both"}); err != nil {
			t.Fatal(err)
		}
		if failed := s.work(p); failed != 0 || b.payback[payment.Reference(sold.ID, 0)] != 2000 || b.payback[payment.Reference(sold.ID, 1)] != 3000 {
			t.Fatalf("%d %v", failed, b.payback)
		}
		s.proven()
	})
}

func TestWhatNoConnectorTakesIsTheCashiersAffair(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 1)
		b, p := s.withBank()
		there := b.connector
		b.connector = id.None
		got, err := s.desk.Complete(s.ctx, s.soapBy("k", sale.TenderCard, "slip 7"))
		if err != nil || got.Tenders[0].Reference != "slip 7" || len(s.intents()) != 0 {
			t.Fatal(got, err)
		}
		b.connector, b.away = there, true
		if _, err := s.desk.Complete(s.ctx, s.soapBy("l", sale.TenderCard, "")); !errors.Is(err, checkout.ErrPaymentRefused) {
			t.Fatal(err)
		}
		if i := s.intents()[0]; i.State != payment.Refused || i.Reason != payment.ErrAway.Reason || len(b.calls) != 0 {
			t.Fatalf("%+v", i)
		}
		// The first of two tenders is paid, the second refused: the first is given back.
		b.away = false
		in := s.soapBy("m", sale.TenderCard, "")
		in.Tenders = []checkout.TenderIn{{Type: sale.TenderCard, Amount: 2000}, {Type: sale.TenderQR, Amount: 3000}}
		s.desk.Acquirer = &secondRefused{p, b}
		if _, err := s.desk.Complete(s.ctx, in); !errors.Is(err, checkout.ErrPaymentRefused) {
			t.Fatal(err)
		}
		if failed := s.work(p); failed != 0 || len(b.payback) != 1 || len(b.back) != 1 {
			t.Fatal(failed, b.payback)
		}
		s.proven()
	})
}

type secondRefused struct {
	*checkout.Payments
	b *bank
}

func (a *secondRefused) Authorise(ctx context.Context, c checkout.Charge) (checkout.Outcome, error) {
	if c.Tender == 1 {
		a.b.set(func() { a.b.answer = payment.Refused })
	}
	return a.Payments.Authorise(ctx, c)
}

// A cashier gives up, a notice comes, recovery runs, all at the same time: either
// the sale has the money, or the customer has it back.
func TestA26_AllAtOnce(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 1)
		b, p := s.withBank()
		b.answer, b.then = payment.Pending, payment.Pending
		for n := range 8 {
			if _, err := s.desk.Complete(s.ctx, s.soapBy(fmt.Sprint(n), sale.TenderQR, "")); !errors.Is(err, checkout.ErrPaymentPending) {
				t.Fatal(err)
			}
		}
		is := s.intents()
		b.set(func() { b.then = "" })
		var wg sync.WaitGroup
		for n, i := range is {
			wg.Go(func() {
				b.set(func() { b.paid[i.Reference] = i.Amount })
				if _, err := p.Notice(s.ctx, s.m.ID, b.connector, paidNotice(fmt.Sprint(n), i)); err != nil {
					t.Error(err)
				}
			})
			wg.Go(func() { _, _ = s.desk.GiveUp(s.ctx, s.m.ID, i.Sale) })
			wg.Go(func() { _, _ = s.desk.RecoverSale(s.ctx, s.m.ID, i.Sale) })
		}
		wg.Wait()
		for range 3 {
			s.work(p)
		}
		for _, i := range s.intents() {
			sold, err := sale.Get(s.ctx, d, s.m.ID, i.Sale)
			if err != nil {
				t.Fatal(err)
			}
			kept := b.paid[i.Reference] - b.back[payment.BackOf(i.Reference)]
			want := money.Amount(0)
			if sold.State == sale.StateCompleted {
				want = 5000
			}
			if kept != want || sold.State == sale.StateOpen {
				t.Errorf("the sale is %s, the payment %s and %s, and the merchant has %d", sold.State, i.State, i.Outcome, kept)
			}
		}
		s.proven()
	})
}

// The jobs' names are kinds, as the runner wants them.
func TestPaymentJobsCanBeRegistered(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		r := job.New(d, job.Options{})
		for _, k := range []string{payment.JobFollow, payment.JobRelease, payment.JobRefund} {
			r.Register(job.Kind{Name: k, MaxAttempts: payment.JobTries, Run: func(context.Context, job.Job) error { return nil }})
		}
	})
}
