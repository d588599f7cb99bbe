package checkout_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/payment"
)

var errLine = errors.New("the line is dead")

// bank is a provider with its books. It takes one connector for everything.
type bank struct {
	mu        sync.Mutex
	connector id.ID
	away      bool
	answer    payment.State // of Authorise; Unknown: the call fails
	charges   bool          // whatever it answers, the money is taken
	then      payment.State // of Query; "" is what the books say
	refuseBck bool
	cutAt     string // panics there, as a power cut would: "for", "charge"

	paid    map[string]money.Amount // by reference
	calls   map[string]int          // how often Authorise came
	codes   []string
	back    map[string]money.Amount // by the refund's reference
	payback map[string]money.Amount // by the payment's
	asked   int                     // calls of Query
}

func newBank() *bank {
	return &bank{connector: id.Derived("bank"), answer: payment.Paid, paid: map[string]money.Amount{}, calls: map[string]int{}, back: map[string]money.Amount{}, payback: map[string]money.Amount{}}
}

func (b *bank) set(f func()) { b.mu.Lock(); f(); b.mu.Unlock() }

func (b *bank) For(context.Context, checkout.Charge) (id.ID, error) { return b.connector, nil }

func (b *bank) Provider(connector id.ID) (checkout.Provider, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.cutAt == "for" {
		panic("the power is gone")
	}
	return b, connector == b.connector && !b.away
}

func (b *bank) Authorise(_ context.Context, c checkout.Charge) (payment.Answer, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.calls[c.Reference]++
	b.codes = append(b.codes, c.Code)
	if b.answer == payment.Paid || b.charges {
		b.paid[c.Reference] += c.Amount
	}
	if b.cutAt == "charge" {
		panic("the power is gone")
	}
	if b.answer == payment.Unknown {
		return payment.Answer{}, errLine
	}
	return payment.Answer{State: b.answer, Provider: "p-" + c.Reference, Paid: b.paid[c.Reference]}, nil
}

func (b *bank) Query(_ context.Context, reference string) (payment.Answer, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asked++
	switch n, ok := b.paid[reference]; {
	case b.then == payment.Unknown:
		return payment.Answer{}, errLine
	case b.then != "":
		return payment.Answer{State: b.then, Paid: n}, nil
	case ok:
		return payment.Answer{State: payment.Paid, Paid: n, Provider: "p-" + reference}, nil
	case b.calls[reference] == 0:
		return payment.Answer{State: payment.Unknown, None: true}, nil
	}
	return payment.Answer{State: payment.Refused}, nil
}

func (b *bank) Cancel(_ context.Context, reference string) (payment.Answer, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.then == payment.Unknown {
		return payment.Answer{}, errLine
	}
	if n := b.paid[reference]; n > 0 {
		b.payback[reference] += n
	}
	delete(b.paid, reference)
	return payment.Answer{State: payment.Cancelled}, nil
}

func (b *bank) Refund(_ context.Context, r checkout.Repayment) (payment.RefundAnswer, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.refuseBck {
		return payment.RefundAnswer{State: payment.RefundRefused, Reason: "balance too low"}, nil
	}
	if _, again := b.back[r.Refund.Reference]; !again {
		b.back[r.Refund.Reference] = r.Refund.Amount
		b.payback[r.Payment.Reference] += r.Refund.Amount
	}
	return payment.RefundAnswer{State: payment.RefundDone, Provider: "r"}, nil
}

func (b *bank) QueryRefund(_ context.Context, r checkout.Repayment) (payment.RefundAnswer, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, done := b.back[r.Refund.Reference]; done {
		return payment.RefundAnswer{State: payment.RefundDone}, nil
	}
	return payment.RefundAnswer{State: payment.RefundUnknown}, nil
}

// withBank lets the shop's card and QR tenders go to a bank.
func (s *shop) withBank() (*bank, *checkout.Payments) {
	b := newBank()
	p := &checkout.Payments{DB: s.db, Connectors: b, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Patience: checkout.Patience{Answer: 60 * time.Millisecond, Call: 40 * time.Millisecond, First: 5 * time.Millisecond, Most: 10 * time.Millisecond}}
	s.desk.Acquirer = p
	return b, p
}

// soapBy is two soaps for 50.00, by card or QR.
func (s *shop) soapBy(key, method, code string) checkout.SaleIn {
	return checkout.SaleIn{Basket: s.basket(0, true, s.line("soap", "2")), Tenders: []checkout.TenderIn{{Type: method, Amount: 5000, Reference: code}}, Idem: db.Idem{Key: key, Route: "r", BodyHash: key}}
}

// work runs the jobs of payments once, and answers how many failed.
func (s *shop) work(p *checkout.Payments) (failed int) {
	s.t.Helper()
	type row struct{ id, kind, args string }
	rows, err := db.All(s.ctx, s.db, func(r db.Row, v *row) error { return r.Scan(&v.id, &v.kind, &v.args) }, `select id, kind, args from jobs where merchant_id = $1 and state = 'queued' order by id`, s.m.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, j := range rows {
		var sub payment.Subject
		if err := json.Unmarshal([]byte(j.args), &sub); err != nil {
			s.t.Fatal(err)
		}
		run := map[string]func() error{
			payment.JobFollow:  func() error { return s.desk.FollowPayment(s.ctx, s.m.ID, sub) },
			payment.JobRelease: func() error { return p.RunRelease(s.ctx, s.m.ID, sub) },
			payment.JobRefund:  func() error { return p.RunRefund(s.ctx, s.m.ID, sub) },
		}[j.kind]
		if run == nil {
			continue
		}
		if err := run(); err != nil {
			failed++
			continue
		}
		s.tx(func(_ context.Context, tx *db.Tx) error {
			tx.Queue(`update jobs set state = 'done' where merchant_id = $1 and id = $2`, s.m.ID, j.id)
			return nil
		})
	}
	return failed
}

func (s *shop) intents() []payment.Intent {
	s.t.Helper()
	is, _, err := payment.List(s.ctx, s.db, s.m.ID, payment.Filter{}, db.Page{})
	if err != nil {
		s.t.Fatal(err)
	}
	return is
}

func (s *shop) sales(state string) int {
	s.t.Helper()
	n, err := db.Value[int](s.ctx, s.db, `select count(*) from sales where merchant_id = $1 and state = $2 and kind = 'sale' and total = 5000`, s.m.ID, state)
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

func (s *shop) refunds(i payment.Intent) []payment.Refund {
	s.t.Helper()
	rs, err := payment.RefundsOf(s.ctx, s.db, s.m.ID, []id.ID{i.ID})
	if err != nil {
		s.t.Fatal(err)
	}
	return rs
}

func paidNotice(noticeID string, i payment.Intent) payment.Notice {
	return payment.Notice{ID: noticeID, Reference: i.Reference, Answer: payment.Answer{State: payment.Paid, Paid: i.Amount}}
}
