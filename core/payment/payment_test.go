package payment_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/db/dbtest"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/payment"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/tenant"
)

var states = []payment.State{payment.Created, payment.Pending, payment.Unknown, payment.Refused, payment.Cancelled, payment.Paid}

func TestStatesOnlyMoveForward(t *testing.T) {
	allowed := map[payment.State]string{
		payment.Created: "pending unknown refused cancelled paid", payment.Pending: "unknown refused cancelled paid", payment.Unknown: "pending refused cancelled paid",
		payment.Refused: "paid", payment.Cancelled: "paid", payment.Paid: "",
	}
	for _, from := range states {
		for _, to := range append(states, "", "charged") {
			want := false
			for _, s := range strings.Fields(allowed[from]) {
				want = want || s == string(to)
			}
			if payment.Forward(from, to) != want {
				t.Errorf("%s -> %s: %v", from, to, !want)
			}
		}
	}
	if payment.Forward("charged", payment.Paid) {
		t.Error("an unknown state moves")
	}
}

func TestReferencesFitEveryProvider(t *testing.T) {
	seen := map[string]bool{}
	for n := range 20 {
		for _, d := range []id.ID{id.Derived("a"), id.Derived("b")} {
			r := payment.Reference(d, n)
			if len(r) != 28 || seen[r] || strings.Trim(r, "0123456789abcdefghijklmnopqrstuvwxyz") != "" {
				t.Error(r)
			}
			seen[r] = true
		}
	}
}

func TestDivide(t *testing.T) {
	is := []payment.Intent{
		{Reference: "a", Method: "card", Amount: 1000, Refunded: 400, State: payment.Paid, Outcome: payment.Used},
		{Reference: "b", Method: "qr", Amount: 1000, State: payment.Paid, Outcome: payment.Used},
		{Reference: "c", Method: "card", Amount: 500, State: payment.Refused, Outcome: payment.Open},
		{Reference: "d", Method: "card", Amount: 500, State: payment.Paid, Outcome: payment.Used},
	}
	shares, left := payment.Divide(is, "card", 900)
	if len(shares) != 2 || shares[0].Amount != 600 || shares[1].Amount != 300 || shares[1].Intent.Reference != "d" || left != 0 {
		t.Error(shares, left)
	}
	if shares, left = payment.Divide(is, "card", 2000); left != 900 || len(shares) != 2 {
		t.Error(shares, left)
	}
	if shares, left = payment.Divide(is, "cash", 5); left != 5 || len(shares) != 0 {
		t.Error(shares, left)
	}
}

type books struct {
	*testing.T
	d        *db.DB
	merchant id.ID
	intent   payment.Intent // to be begun
}

func each(t *testing.T, f func(b *books)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := &books{T: t, d: d}
		var m tenant.Merchant
		var sh tenant.Shop
		b.ok(func(ctx context.Context, tx *db.Tx) (err error) {
			if m, err = tenant.CreateMerchant(tx, tenant.NewMerchant{Handle: "pay", Name: "Pay", Currency: "CNY"}); err != nil {
				return err
			}
			sh, err = tenant.CreateShop(ctx, tx, m.ID, tenant.NewShop{Name: "Shop", TimeZone: "Asia/Shanghai", CutOff: 240})
			return err
		})
		b.merchant = m.ID
		b.ok(func(ctx context.Context, tx *db.Tx) error {
			r, err := tenant.CreateRegister(ctx, tx, m.ID, sh.ID, tenant.NewRegister{Name: "till"})
			if err != nil {
				return err
			}
			s := &sale.Sale{Merchant: m.ID, ID: tx.NewID(), Kind: sale.KindSale, Shop: sh.ID, Register: r.ID, Currency: money.MustCurrency("CNY"), Total: 1000, BusinessDate: "2026-05-20", OccurredAt: tx.Now, RecordedAt: tx.Now, Origin: sale.OriginTill}
			sale.QueueOpen(tx, s, "{}")
			b.intent = payment.Intent{Merchant: m.ID, Sale: s.ID, Shop: sh.ID, Register: r.ID, Reference: payment.Reference(s.ID, 0), Connector: id.Derived("c"), Method: "card", Amount: 1000, Currency: "CNY"}
			return nil
		})
		f(b)
	})
}

func (b *books) ok(f func(context.Context, *db.Tx) error) {
	b.Helper()
	if err := b.d.InTx(context.Background(), f); err != nil {
		b.Fatal(err)
	}
}

func (b *books) settle(a payment.Answer) (i payment.Intent) {
	b.Helper()
	b.ok(func(ctx context.Context, tx *db.Tx) (err error) {
		i, err = payment.Settle(ctx, tx, b.merchant, b.intent.Reference, a)
		return err
	})
	return i
}

func (b *books) now() payment.Intent {
	b.Helper()
	i, err := payment.Get(context.Background(), b.d, b.merchant, b.intent.Reference)
	if err != nil {
		b.Fatal(err)
	}
	return i
}

func (b *books) begin() (first bool) {
	b.Helper()
	b.ok(func(ctx context.Context, tx *db.Tx) (err error) {
		_, first, err = payment.Begin(ctx, tx, b.intent)
		return err
	})
	return first
}

// However many begin it and hand it over, one is first, and one may ask to charge.
func TestOneIntentIsOneCharge(t *testing.T) {
	each(t, func(b *books) {
		var wg sync.WaitGroup
		var mu sync.Mutex
		firsts, handed := 0, 0
		for range 8 {
			wg.Go(func() {
				first, may := b.begin(), false
				b.ok(func(ctx context.Context, tx *db.Tx) (err error) {
					may, err = payment.Hand(ctx, tx, b.merchant, b.intent.Reference)
					return err
				})
				mu.Lock()
				defer mu.Unlock()
				if first {
					firsts++
				}
				if may {
					handed++
				}
			})
		}
		wg.Wait()
		if firsts != 1 || handed != 1 {
			b.Errorf("%d began, %d may charge", firsts, handed)
		}
	})
}

func TestSettling(t *testing.T) {
	each(t, func(b *books) {
		b.begin()
		use := func() error {
			return b.d.InTx(context.Background(), func(_ context.Context, tx *db.Tx) error {
				payment.QueueUsed(tx, b.merchant, b.intent.Sale)
				return nil
			})
		}
		if err := use(); !errors.Is(err, payment.ErrNotPaid) {
			b.Error("a sale uses what nobody paid", err)
		}
		if i := b.settle(payment.Answer{State: payment.Refused, Reason: "no  money\n" + strings.Repeat("长", 400)}); i.State != payment.Refused || len([]rune(i.Reason)) != 300 {
			b.Errorf("%+v", i)
		}
		for _, s := range []payment.State{payment.Pending, payment.Unknown, payment.Cancelled} {
			if i := b.settle(payment.Answer{State: s}); i.State != payment.Refused {
				b.Errorf("refused becomes %s", i.State)
			}
		}
		if i := b.settle(payment.Answer{State: payment.Paid, Paid: 999}); i.State != payment.Refused {
			b.Errorf("another amount counts: %+v", i)
		}
		if seen, _, err := payment.List(context.Background(), b.d, b.merchant, payment.Filter{Attention: true}, db.Page{}); err != nil || len(seen) != 1 || seen[0].Reason != payment.ErrAmount.Reason {
			b.Error("nobody is told of another amount", seen, err)
		}
		if i := b.settle(payment.Answer{State: payment.Paid, Paid: 1000, Provider: "p"}); i.State != payment.Paid || i.PaidAt == 0 || b.now().Provider != "p" {
			b.Errorf("%+v", i)
		}
		if i := b.settle(payment.Answer{State: payment.Refused}); i.State != payment.Paid {
			b.Errorf("paid becomes %s", i.State)
		}
		if err := use(); err != nil || b.now().Outcome != payment.Used {
			b.Error(err)
		}
	})
}

func TestRefundsNeverExceedThePayment(t *testing.T) {
	each(t, func(b *books) {
		b.begin()
		b.settle(payment.Answer{State: payment.Paid, Paid: 1000})
		refund := func(ref string, n money.Amount) error {
			return b.d.InTx(context.Background(), func(ctx context.Context, tx *db.Tx) error {
				i, err := payment.Lock(ctx, tx, b.merchant, b.intent.Reference)
				if err == nil {
					payment.QueueRefund(tx, &i, payment.Refund{Reference: ref, Amount: n})
				}
				return err
			})
		}
		if err := errors.Join(refund("r1", 600), refund("r2", 400)); err != nil {
			b.Fatal(err)
		}
		if err := refund("r3", 1); !errors.Is(err, payment.ErrOverpaid) {
			b.Error(err)
		}
		hand := func() (tries int, err error) {
			err = b.d.InTx(context.Background(), func(ctx context.Context, tx *db.Tx) error {
				r, err := payment.HandRefund(ctx, tx, b.merchant, "r1")
				tries = r.Tries
				return err
			})
			return tries, err
		}
		for want := range 3 {
			if n, err := hand(); err != nil || n != want {
				b.Error(n, err)
			}
		}
		done := func(s payment.RefundState) (r payment.Refund) {
			b.ok(func(ctx context.Context, tx *db.Tx) (err error) {
				r, err = payment.SettleRefund(ctx, tx, b.merchant, "r1", payment.RefundAnswer{State: s})
				return err
			})
			return r
		}
		if r := done(payment.RefundDone); r.State != payment.RefundDone {
			b.Errorf("%+v", r)
		}
		if r := done(payment.RefundRefused); r.State != payment.RefundDone {
			b.Errorf("done becomes %s", r.State)
		}
		if _, err := hand(); !errors.Is(err, payment.ErrRefund) {
			b.Error("what is done is asked for again", err)
		}
		if _, err := payment.GetRefund(context.Background(), b.d, b.merchant, "r9"); !errors.Is(err, payment.ErrNotFound) {
			b.Error(err)
		}
		if _, _, err := payment.List(context.Background(), b.d, b.merchant, payment.Filter{State: "odd"}, db.Page{}); !errors.Is(err, payment.ErrState) {
			b.Error(err)
		}
	})
}
