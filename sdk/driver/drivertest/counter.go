package drivertest

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/shopwright/shopwright/sdk/driver"
)

// within calls with a deadline and fails where the driver takes longer: the call
// itself ends at the deadline, so what is looked at is whether the driver answers
// afterwards.
func (t *T) within(p *proc, what string, limit time.Duration, call func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(t.ctx, limit)
	defer cancel()
	err := call(ctx)
	if errors.Is(err, driver.ErrUnsupported) {
		t.errorf("%s: %v", what, err)
	}
	t.alive(p, "after "+what)
	return err
}

func opensOnce(t *T) {
	p, id, before := t.start(true), newJob(), t.Pulses()
	for range 3 {
		if err := t.within(p, "Open", 2*time.Second, func(ctx context.Context) error { return p.Open(ctx, id, "", 0) }); err != nil {
			t.fatalf("Open answers %v", err)
		}
	}
	t.wait(5*time.Second, "the drawer opens", func() bool { return t.Pulses() > before })
	time.Sleep(100 * time.Millisecond)
	if n := t.Pulses() - before; n != 1 {
		t.errorf("one kick, asked for three times, gave %d pulses", n)
	}
}

// opensLate: with the device away until after the deadline, the drawer stays shut.
func opensLate(t *T) {
	if t.Unplug == nil || t.Plug == nil {
		t.skip("its device cannot be unplugged")
	}
	p, before := t.start(true), t.Pulses()
	t.Unplug()
	t.cleanup(t.Plug)
	_ = t.within(p, "Open", 300*time.Millisecond, func(ctx context.Context) error { return p.Open(ctx, newJob(), "", 0) })
	t.Plug()
	time.Sleep(3 * time.Second)
	if n := t.Pulses() - before; n != 0 {
		t.errorf("the drawer opened after the deadline")
	}
}

func shows(t *T) {
	p := t.start(true)
	for _, s := range []driver.Shown{
		{Kind: driver.ShowPrice, Amount: "12.50", Lines: []string{"Tea", "12.50"}},
		{Kind: driver.ShowTotal, Amount: "99999999.99", Lines: []string{strings.Repeat("long ", 200), "茉莉花茶 ¥12.50", "", "four"}},
		{Kind: driver.ShowPaid, Amount: "100.00"}, {Kind: driver.ShowChange, Amount: "0.50"}, {Kind: driver.ShowText}, {Kind: 99, Amount: "none"},
	} {
		if err := t.within(p, "Show", 3*time.Second, func(ctx context.Context) error { return p.Show(ctx, s) }); err != nil && s.Kind != 99 {
			t.errorf("Show %v %q answers %v; what does not fit is left out", s.Kind, s.Amount, err)
		}
	}
	if err := t.within(p, "Clear", 3*time.Second, func(ctx context.Context) error { return p.Clear(ctx, "") }); err != nil {
		t.errorf("Clear answers %v", err)
	}
}

func weighs(t *T) {
	p := t.start(true)
	for range 5 {
		var w driver.Weight
		err := t.within(p, "Weigh", time.Second, func(ctx context.Context) (err error) { w, err = p.Weigh(ctx, ""); return err })
		if err == nil && w.Overload && w.Stable {
			t.errorf("a weight is stable and too much at once: %+v", w)
		}
	}
	_ = t.within(p, "Zero", time.Second, func(ctx context.Context) error { return p.Zero(ctx, "") })
}

func arms(t *T) {
	p, a, b := t.start(true), newJob(), newJob()
	step := func(what string, call func(context.Context) error) {
		if err := t.within(p, what, 3*time.Second, call); err != nil {
			t.errorf("%s answers %v", what, err)
		}
	}
	step("Disarm of nothing", func(ctx context.Context) error { return p.Disarm(ctx, a, "") })
	step("Arm", func(ctx context.Context) error { return p.Arm(ctx, a, "", "12.50") })
	step("Arm again", func(ctx context.Context) error { return p.Arm(ctx, a, "", "12.50") })
	step("Arm another", func(ctx context.Context) error { return p.Arm(ctx, b, "", "3.00") })
	step("Disarm of what was replaced", func(ctx context.Context) error { return p.Disarm(ctx, a, "") })
	step("Disarm", func(ctx context.Context) error { return p.Disarm(ctx, b, "") })
}

// readsCards: nobody holds a card to it, or somebody does; both is an answer in time.
func readsCards(t *T) {
	p := t.start(true)
	for range 3 {
		var c driver.Card
		err := t.within(p, "ReadCard", 500*time.Millisecond, func(ctx context.Context) (err error) { c, err = p.ReadCard(ctx, ""); return err })
		if err == nil && c.Number == "" && len(c.Data) == 0 {
			t.errorf("ReadCard answers a card with nothing on it")
		}
	}
	// A call that was given up must not hold the station for the next.
	began := time.Now()
	_ = t.within(p, "ReadCard", 300*time.Millisecond, func(ctx context.Context) error { _, err := p.ReadCard(ctx, ""); return err })
	if took := time.Since(began); took > 2*time.Second {
		t.errorf("after calls that were given up the next takes %v", took)
	}
}

func pays(t *T) {
	p, ref := t.start(true), newJob()
	query := func(r string) driver.PaymentStatus {
		st, err := p.QueryPayment(t.timeout(20*time.Second), r)
		if err != nil {
			t.fatalf("Query answers %v", err)
		}
		return st
	}
	if st := query(newJob()); st.State != driver.PaymentNone && st.State != driver.PaymentUnknown {
		t.errorf("a payment that never was is %v", st.State)
	}
	pay := driver.Payment{Reference: ref, Amount: 100, Currency: "CNY", Method: "qr", Code: "134500000000000000", Subject: "conformance"}
	first, err := p.Authorise(t.timeout(60*time.Second), pay)
	if err != nil {
		t.fatalf("Authorise answers %v", err)
	}
	again, err := p.Authorise(t.timeout(60*time.Second), pay)
	if err != nil {
		t.fatalf("Authorise answers %v the second time", err)
	}
	if first.ProviderID != "" && again.ProviderID != "" && first.ProviderID != again.ProviderID {
		t.errorf("one reference became two payments: %s and %s", first.ProviderID, again.ProviderID)
	}
	if first.State == driver.PaymentPaid && again.State != driver.PaymentPaid {
		t.errorf("a paid payment becomes %v when asked for again", again.State)
	}
	if st := query(ref); first.State == driver.PaymentPaid && st.State != driver.PaymentPaid {
		t.errorf("Query says %v of a paid payment", st.State)
	}
	if first.State == driver.PaymentPaid && first.Paid != pay.Amount {
		t.errorf("%d was to be paid, and %d was", pay.Amount, first.Paid)
	}
	for _, bad := range []driver.Payment{{Amount: 100}, {Reference: newJob()}, {Reference: newJob(), Amount: -1}} {
		if st, err := p.Authorise(t.timeout(10*time.Second), bad); err == nil && st.State != driver.PaymentRefused {
			t.errorf("a payment of %d under %q is %v", bad.Amount, bad.Reference, st.State)
		}
	}
	if st, err := p.CancelPayment(t.timeout(60*time.Second), ref); err != nil || st.State == driver.PaymentPaid {
		t.errorf("after CancelPayment the payment is %v %v", st.State, err)
	}
}
