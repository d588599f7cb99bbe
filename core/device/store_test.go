package device_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/db/dbtest"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/id"
)

var ctx = context.Background()

type house struct {
	t            *testing.T
	d            *db.DB
	c            *clock.Manual
	m, shop, reg id.ID
	printer      device.Device
}

// each gives a register with one printer.
func each(t *testing.T, f func(h *house)) {
	c := clock.NewManual(time.Time{})
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c.Set(time.Date(2026, 5, 10, 9, 0, 0, 0, time.UTC))
		h := &house{t: t, d: d, c: c, m: fake(1), shop: fake(2), reg: fake(3)}
		h.printer = h.device(device.Device{Name: "Counter", Register: h.reg, Class: device.ClassPrinter, Driver: "virtual-printer", Enabled: true})
		f(h)
	}, dbtest.WithClock(c))
}

func (h *house) try(f func(ctx context.Context, tx *db.Tx) error) error { return h.d.InTx(ctx, f) }

func (h *house) must(f func(ctx context.Context, tx *db.Tx) error) {
	h.t.Helper()
	if err := h.try(f); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) want(err, want error) {
	h.t.Helper()
	if !errors.Is(err, want) {
		h.t.Fatalf("want %v, got %v", want, err)
	}
}

func (h *house) createErr(d device.Device) (out device.Device, err error) {
	if d.Merchant.IsNone() {
		d.Merchant = h.m
	}
	d.Shop = h.shop
	err = h.try(func(ctx context.Context, tx *db.Tx) error {
		var err error
		out, err = device.Create(ctx, tx, d)
		return err
	})
	return out, err
}

func (h *house) device(d device.Device) device.Device {
	h.t.Helper()
	out, err := h.createErr(d)
	if err != nil {
		h.t.Fatal(err)
	}
	return out
}

func (h *house) print(sale id.ID) {
	h.t.Helper()
	h.must(func(_ context.Context, tx *db.Tx) error {
		device.QueuePrint(tx, h.m, h.reg, sale, device.KindReceipt)
		return nil
	})
}

func (h *house) jobs(f device.JobFilter) []device.JobRecord {
	h.t.Helper()
	items, _, err := device.ListJobs(ctx, h.d, h.m, f, db.Page{})
	if err != nil {
		h.t.Fatal(err)
	}
	return items
}

func (h *house) only(sale id.ID) device.JobRecord {
	h.t.Helper()
	j := h.jobs(device.JobFilter{Sale: sale})
	if len(j) != 1 {
		h.t.Fatalf("%d jobs: %+v", len(j), j)
	}
	return j[0]
}

func claim(h *house, q *device.PrintQueue) []device.Job {
	h.t.Helper()
	js, err := q.Claim(ctx, "w", 10)
	if err != nil {
		h.t.Fatal(err)
	}
	return js
}

func TestDevices(t *testing.T) {
	each(t, func(h *house) {
		got, err := device.Get(ctx, h.d, h.m, h.printer.ID)
		if err != nil || fmt.Sprint(got) != fmt.Sprint(h.printer) || string(got.Config) != "{}" || got.CreatedAt != h.c.Now() {
			h.t.Fatalf("%+v %v", got, err)
		}
		ok := device.Device{Name: "x", Class: "printer", Driver: "escpos-net"}
		for i, c := range []struct {
			change func(*device.Device)
			want   error
		}{
			{func(d *device.Device) { d.Name = " " }, device.ErrName},
			{func(d *device.Device) { d.Class = "Printer" }, device.ErrClass},
			{func(d *device.Device) { d.Driver = "" }, device.ErrDriver},
			{func(d *device.Device) { d.Config = json.RawMessage(`[]`) }, device.ErrConfig},
			{func(d *device.Device) { d.Config = json.RawMessage(`null`) }, device.ErrConfig},
			{func(d *device.Device) { d.Config = json.RawMessage(`{`) }, device.ErrConfig},
		} {
			d := ok
			c.change(&d)
			if _, err := h.createErr(d); !errors.Is(err, c.want) {
				h.t.Errorf("%d: want %v, got %v", i, c.want, err)
			}
		}
		ok.Register, ok.Enabled = h.reg, true
		var last device.Device
		for range device.MaxPrinters - 1 {
			last = h.device(ok)
		}
		_, err = h.createErr(ok)
		h.want(err, device.ErrTooMany)
		ok.Enabled = false
		spare := h.device(ok) // one that is switched off does not count
		spare.Enabled = true
		h.want(h.try(func(ctx context.Context, tx *db.Tx) error { _, err := device.Update(ctx, tx, spare); return err }), device.ErrTooMany)
		last.Name, last.Register, last.Config = "Kitchen", id.None, json.RawMessage(`{"address":"10.0.0.9:9100"}`)
		h.must(func(ctx context.Context, tx *db.Tx) error {
			out, err := device.Update(ctx, tx, last)
			if err == nil && fmt.Sprint(out) != fmt.Sprint(last) {
				h.t.Errorf("%+v", out)
			}
			return err
		})
		ghost := last
		ghost.ID = fake(9)
		h.want(h.try(func(ctx context.Context, tx *db.Tx) error { _, err := device.Update(ctx, tx, ghost); return err }), device.ErrNotFound)
		_, err = device.Get(ctx, h.d, fake(9), last.ID)
		h.want(err, device.ErrNotFound)
		foreign := h.device(device.Device{Merchant: fake(8), Name: "f", Class: "scale", Driver: "d", Enabled: true})
		all, err := device.List(ctx, h.d, h.m, id.None)
		shop, err2 := device.List(ctx, h.d, h.m, h.shop)
		none, err3 := device.List(ctx, h.d, h.m, fake(9))
		if len(all) != 5 || len(shop) != 5 || len(none) != 0 || errors.Join(err, err2, err3) != nil {
			h.t.Fatal(len(all), len(shop), len(none), err, err2, err3)
		}
		on, err := device.ListEnabled(ctx, h.d)
		if err != nil || len(on) != 5 || on[4].ID != foreign.ID || on[4].Merchant != foreign.Merchant {
			h.t.Fatalf("%+v %v", on, err)
		}
	})
}

func TestOnePrintJobForEachEnabledPrinter(t *testing.T) {
	each(t, func(h *house) {
		second := h.device(device.Device{Name: "Kitchen", Register: h.reg, Class: device.ClassPrinter, Driver: "virtual-printer", Enabled: true})
		h.device(device.Device{Name: "Off", Register: h.reg, Class: device.ClassPrinter, Driver: "virtual-printer"})
		h.device(device.Device{Name: "Elsewhere", Register: fake(4), Class: device.ClassPrinter, Driver: "virtual-printer", Enabled: true})
		h.device(device.Device{Name: "Scale", Register: h.reg, Class: "scale", Driver: "virtual-scale", Enabled: true})
		h.device(device.Device{Merchant: fake(7), Name: "Other's", Register: h.reg, Class: device.ClassPrinter, Driver: "virtual-printer", Enabled: true})
		rings, stop := device.Wake.Listen()
		defer stop()
		s1, s2 := fake(21), fake(22)
		h.want(h.try(func(_ context.Context, tx *db.Tx) error {
			device.QueuePrint(tx, h.m, h.reg, s1, device.KindReceipt)
			return device.ErrName // the sale fails
		}), device.ErrName)
		if n := len(h.jobs(device.JobFilter{})); n != 0 {
			h.t.Fatal("a job of a sale that is not there:", n)
		}
		select {
		case <-rings:
			h.t.Fatal("woken for nothing")
		default:
		}
		h.print(s1)
		h.print(s2)
		select {
		case <-rings:
		default:
			h.t.Fatal("not woken")
		}
		js := h.jobs(device.JobFilter{Sale: s1})
		if len(js) != 2 || js[0].ID == js[1].ID || js[1].Device != h.printer.ID || js[0].Device != second.ID {
			h.t.Fatalf("%+v", js)
		}
		for _, j := range js {
			if j.Merchant != h.m || j.Register != h.reg || j.Sale != s1 || j.Kind != device.KindReceipt || j.Attempt != 1 || j.Failures != 0 || j.State != device.Queued || j.RunAt != h.c.Now() {
				h.t.Fatalf("%+v", j)
			}
		}
		// A reprint is the next copy, on another register too.
		h.must(func(ctx context.Context, tx *db.Tx) error {
			n, err := device.ReprintSale(ctx, tx, h.m, fake(5), s1, device.KindReceipt)
			if n != 0 {
				h.t.Error("printed on a register without a printer")
			}
			if !errors.Is(err, device.ErrNoPrinter) {
				return err
			}
			n, err = device.ReprintSale(ctx, tx, h.m, h.reg, s1, device.KindReceipt)
			if n != 2 || err != nil {
				h.t.Error(n, "copies", err)
			}
			n, err = device.ReprintSale(ctx, tx, h.m, fake(4), s1, device.KindReceipt)
			if n != 1 {
				h.t.Error(n, "copies elsewhere")
			}
			return err
		})
		if js = h.jobs(device.JobFilter{Sale: s1}); len(js) != 5 || js[0].Attempt != 3 || js[0].Register != fake(4) || js[1].Attempt != 2 || js[2].Attempt != 2 || js[3].Attempt != 1 {
			h.t.Fatalf("%+v", js)
		}
		if js = h.jobs(device.JobFilter{Device: second.ID, Register: h.reg, States: []device.State{device.Queued, device.Failed}}); len(js) != 3 {
			h.t.Fatalf("%+v", js)
		}
		page, next, err := device.ListJobs(ctx, h.d, h.m, device.JobFilter{}, db.Page{Limit: 4})
		if err != nil || len(page) != 4 || next != page[3].ID.String() {
			h.t.Fatal(len(page), next, err)
		}
		page, next, err = device.ListJobs(ctx, h.d, h.m, device.JobFilter{}, db.Page{Limit: 4, After: page[3].ID})
		if err != nil || len(page) != 3 || next != "" {
			h.t.Fatal(len(page), next, err)
		}
	})
}

func TestTheQueueKeepsItsContract(t *testing.T) {
	each(t, func(h *house) {
		q := device.NewPrintQueue(h.d)
		defer q.Close()
		if js := claim(h, q); len(js) != 0 {
			h.t.Fatal(js)
		}
		sale := fake(21)
		h.print(sale)
		js := claim(h, q)
		if len(js) != 1 || js[0].State != device.Claimed || js[0].Attempt != 1 || len(claim(h, q)) != 0 {
			h.t.Fatalf("%+v", js)
		}
		j := js[0]
		move := func(from, to device.State, reason string) error {
			return q.Advance(ctx, j.ID, h.m, from, to, j.Attempt, reason)
		}
		must := func(from, to device.State) {
			h.t.Helper()
			if err := move(from, to, "hw.reason: "+string(to)); err != nil {
				h.t.Fatal(err)
			}
		}
		h.want(move(device.Sending, device.Sent, ""), device.ErrNotOurs)
		h.want(move(device.Claimed, device.Confirmed, ""), device.ErrJobState)
		h.want(q.Advance(ctx, j.ID, fake(9), device.Claimed, device.Sending, 1, ""), device.ErrJobNotFound)
		h.want(q.Advance(ctx, j.ID, h.m, device.Claimed, device.Sending, 2, ""), device.ErrNotOurs)
		if js = claim(h, q); len(js) != 0 {
			h.t.Fatal("claimed twice")
		}
		// The refused steps have cost nothing but the claim that was theirs.
		h.c.Advance(device.Lease)
		j = claim(h, q)[0]
		must(device.Claimed, device.Failed)
		if r := h.only(sale); r.State != device.Failed || r.Failures != 1 || r.Reason != "hw.reason: failed" || r.RunAt != h.c.Now().Add(device.RetryAfter(1)) {
			h.t.Fatalf("%+v", r)
		}
		if len(claim(h, q)) != 0 {
			h.t.Fatal("not rested")
		}
		h.c.Advance(device.RetryAfter(1))
		if j = claim(h, q)[0]; j.Failures != 1 || j.Attempt != 1 {
			h.t.Fatalf("%+v", j)
		}
		must(device.Claimed, device.Sending)
		h.c.Advance(device.Lease - time.Second)
		if len(claim(h, q)) != 0 {
			h.t.Fatal("the step to sending has not renewed the lease")
		}
		for range 3 { // it takes long to print
			if err := q.Renew(ctx, j); err != nil {
				h.t.Fatal(err)
			}
			h.c.Advance(device.Lease - time.Second)
			if len(claim(h, q)) != 0 {
				h.t.Fatal("it is given out while it is printed")
			}
		}
		h.want(device.NewPrintQueue(h.d).Renew(ctx, j), device.ErrNotOurs)
		h.c.Advance(time.Second)
		if js = claim(h, q); len(js) != 1 || js[0].State != device.Sending {
			h.t.Fatalf("what was being sent is not asked for: %+v", js)
		}
		must(device.Sending, device.Uncertain)
		h.c.Advance(time.Hour)
		if len(claim(h, q)) != 0 {
			h.t.Fatal("an uncertain job was given out again")
		}
		counts, err := device.CountJobs(ctx, h.d, h.m, 0)
		if err != nil || fmt.Sprint(counts) != "map[uncertain:1]" {
			h.t.Fatal(counts, err)
		}
		if counts, err = device.CountJobs(ctx, h.d, h.m, h.c.Now()); err != nil || len(counts) != 0 {
			h.t.Fatal(counts, err)
		}
		// A person asks for it again: a duplicate.
		h.must(func(ctx context.Context, tx *db.Tx) error { return device.Reprint(ctx, tx, h.m, j.ID) })
		if j = claim(h, q)[0]; j.Attempt != 2 || j.Failures != 0 {
			h.t.Fatalf("%+v", j)
		}
		h.want(h.try(func(ctx context.Context, tx *db.Tx) error { return device.Reprint(ctx, tx, h.m, j.ID) }), device.ErrJobState)
		h.want(h.try(func(ctx context.Context, tx *db.Tx) error { return device.Reprint(ctx, tx, h.m, fake(9)) }), device.ErrJobNotFound)
		must(device.Claimed, device.Failed)
		h.must(func(ctx context.Context, tx *db.Tx) error { return device.Reprint(ctx, tx, h.m, j.ID) })
		if j = claim(h, q)[0]; j.Attempt != 2 || j.Failures != 0 {
			h.t.Fatalf("a retry by hand of what never left counts as a copy: %+v", j)
		}
		must(device.Claimed, device.Sending)
		must(device.Sending, device.Sent)
		must(device.Sent, device.Uncertain)
		h.must(func(ctx context.Context, tx *db.Tx) error { return device.ConfirmPrinted(ctx, tx, h.m, j.ID) })
		if r := h.only(sale); r.State != device.Confirmed || r.Reason != "" {
			h.t.Fatalf("%+v", r)
		}
		h.want(h.try(func(ctx context.Context, tx *db.Tx) error { return device.ConfirmPrinted(ctx, tx, h.m, j.ID) }), device.ErrJobState)
	})
}

func TestAWorkerThatLostItsLeaseCannotGoOn(t *testing.T) {
	each(t, func(h *house) {
		a, b := device.NewPrintQueue(h.d), device.NewPrintQueue(h.d)
		defer a.Close()
		defer b.Close()
		h.print(fake(21))
		j := claim(h, a)[0]
		h.want(b.Advance(ctx, j.ID, h.m, device.Claimed, device.Sending, 1, ""), device.ErrNotOurs)
		h.c.Advance(device.Lease)
		if len(claim(h, b)) != 1 {
			h.t.Fatal("the lease has not run out")
		}
		h.want(a.Advance(ctx, j.ID, h.m, device.Claimed, device.Sending, 1, ""), device.ErrNotOurs)
		if err := b.Advance(ctx, j.ID, h.m, device.Claimed, device.Sending, 1, ""); err != nil {
			h.t.Fatal(err)
		}
	})
}

func TestManyWorkersTakeEachJobOnce(t *testing.T) {
	each(t, func(h *house) {
		const jobs = 60
		for i := range jobs {
			h.print(fake(100 + i))
		}
		var wg sync.WaitGroup
		var mu sync.Mutex
		seen := map[id.ID]int{}
		for range 6 {
			wg.Go(func() {
				q := device.NewPrintQueue(h.d)
				defer q.Close()
				for empty := 0; empty < 3; {
					js, err := q.Claim(ctx, "w", 7)
					if err != nil {
						h.t.Error(err)
						return
					}
					if len(js) == 0 {
						empty++
					}
					mu.Lock()
					for _, j := range js {
						seen[j.ID]++
					}
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		if len(seen) != jobs {
			h.t.Fatal(len(seen))
		}
		for _, n := range seen {
			if n != 1 {
				h.t.Fatal("a job was given out", n, "times")
			}
		}
	})
}

func TestWaitEndsWithAJob(t *testing.T) {
	each(t, func(h *house) {
		q := device.NewPrintQueue(h.d)
		defer q.Close()
		h.print(fake(21))
		done := make(chan struct{})
		go func() { // the ring came before the waiting and is not lost
			defer close(done)
			q.Wait(ctx)
		}()
		select {
		case <-done:
		case <-time.After(500 * time.Millisecond):
			h.t.Error("the ring was lost")
			<-done
		}
		gone, cancel := context.WithCancel(ctx)
		cancel()
		q.Wait(gone)
	})
}

// fake is an id in the order of n. The generator's own ids would begin anew at
// its instant and so spoil the order of those that the database's clock gives.
func fake(n int) id.ID { return id.ID{13: 0xfa, 14: byte(n >> 8), 15: byte(n)} }

// The jobs of a device that is away go back together, and come again when somebody says
// that it has returned; what another worker has meanwhile is not touched.
func TestJobsOfAnAbsentDeviceWaitForIt(t *testing.T) {
	each(t, func(h *house) {
		q, other := device.NewPrintQueue(h.d), device.NewPrintQueue(h.d)
		defer q.Close()
		defer other.Close()
		sales := []id.ID{fake(41), fake(42), fake(43)}
		for _, s := range sales {
			h.print(s)
		}
		js := claim(h, q)
		h.c.Advance(device.Lease)
		theirs, err := other.Claim(ctx, "other", 1) // one that was too long in hand here
		if err != nil || len(js) != 3 || len(theirs) != 1 {
			h.t.Fatal(js, theirs, err)
		}
		if err := q.Release(ctx, js, "hw.away"); err != nil {
			h.t.Fatal(err)
		}
		for _, r := range h.jobs(device.JobFilter{}) {
			want, failures := device.Failed, 1
			if r.ID == theirs[0].ID {
				want, failures = device.Claimed, 0
			}
			if r.State != want || r.Failures != failures || want == device.Failed && (r.Reason != "hw.away" || r.RunAt != h.c.Now().Add(device.AbsentFor(1))) {
				h.t.Errorf("%+v", r)
			}
		}
		due := func(dev id.ID, reason string, want int) {
			h.t.Helper()
			if err := q.Due(ctx, dev, reason); err != nil {
				h.t.Fatal(err)
			}
			got := claim(h, q)
			if len(got) != want {
				h.t.Fatalf("%d came", len(got))
			}
			if err := q.Release(ctx, got, "hw.away"); err != nil {
				h.t.Fatal(err)
			}
		}
		due(fake(99), "hw.away", 0) // another device
		due(h.printer.ID, "hw.refused", 0)
		due(h.printer.ID, "hw.away", 2)
		due(id.None, "hw.away", 2)
		h.c.Advance(device.AbsentFor(3) - time.Second) // they were released three times
		if got := claim(h, q); len(got) != 0 {
			h.t.Fatalf("%+v", got)
		}
		h.c.Advance(time.Second)
		if got := claim(h, q); len(got) != 2 {
			h.t.Fatalf("%+v", got)
		}
		h.c.Advance(device.Lease) // the other worker's is over too
		if got := claim(h, q); len(got) != 3 {
			h.t.Fatalf("%+v", got)
		}
	})
}
