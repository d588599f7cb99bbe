package device_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/id"
)

// merchantRows gives hosts a merchant to belong to.
func (h *house) merchantRows() {
	h.t.Helper()
	h.must(func(ctx context.Context, tx *db.Tx) error {
		for _, m := range []id.ID{h.m, fake(50)} {
			if _, err := tx.Exec(ctx, `insert into merchants (merchant_id, handle, name, edition, currency, locale, created_at) values ($1, $2, 'M', 'retail', 'EUR', 'en', 0)`, m, m.String()); err != nil {
				return err
			}
		}
		return nil
	})
}

func (h *house) host(shop id.ID) (out device.Host, code string) {
	h.t.Helper()
	h.must(func(_ context.Context, tx *db.Tx) (err error) {
		out, code, err = device.CreateHost(tx, h.m, shop, " Till  1 ")
		return err
	})
	return out, code
}

func (h *house) pair(code string) (out device.Host, token string, err error) {
	h.t.Helper()
	err = h.try(func(ctx context.Context, tx *db.Tx) (err error) {
		out, token, err = device.PairHost(ctx, tx, code, "1.2.3", "linux/amd64")
		return err
	})
	return out, token, err
}

func (h *house) paired() (device.Host, string) {
	h.t.Helper()
	_, code := h.host(h.shop)
	out, token, err := h.pair(code)
	if err != nil {
		h.t.Fatal(err)
	}
	return out, token
}

func (h *house) hold(x device.Host, have ...id.ID) []device.Job {
	h.t.Helper()
	js, err := device.ClaimHostJobs(ctx, h.d, x, 10, have)
	if err != nil {
		h.t.Fatal(err)
	}
	return js
}

func (h *house) tell(x device.Host, told ...device.Standing) {
	h.t.Helper()
	if err := device.TellHostJobs(ctx, h.d, x, told); err != nil {
		h.t.Fatal(err)
	}
}

func TestPairing(t *testing.T) {
	each(t, func(h *house) {
		h.merchantRows()
		x, code := h.host(h.shop)
		if x.Name != "Till 1" || len(code) != device.HostCodeLength {
			h.t.Fatalf("%+v %q", x, code)
		}
		for _, wrong := range []string{"", "2222", "22222222", code + "2", strings.Repeat("0", 8), "' or 1=1"} {
			if _, _, err := h.pair(wrong); wrong != code {
				h.want(err, device.ErrHostCode)
			}
		}
		typed := strings.ToLower(code[:4]) + "-" + code[4:] + " "
		got, token, err := h.pair(typed)
		if err != nil || got.ID != x.ID || got.PairedAt != h.c.Now() || got.Version != "1.2.3" {
			h.t.Fatalf("%+v %v", got, err)
		}
		_, _, err = h.pair(code) // it was used
		h.want(err, device.ErrHostCode)
		who, err := device.HostOfToken(ctx, h.d, token)
		if err != nil || who.ID != x.ID || who.Merchant != h.m {
			h.t.Fatalf("%+v %v", who, err)
		}
		other := []byte(token)
		other[20] ^= 1 // in the merchant's part or in the random one: either way nobody's
		for _, wrong := range []string{"", token[:len(token)-1], string(other), "swh_" + strings.Repeat("A", 64)} {
			_, err := device.HostOfToken(ctx, h.d, wrong)
			h.want(err, device.ErrHostUnknown)
		}

		_, late := h.host(h.shop)
		h.c.Advance(device.HostCodeLife)
		_, _, err = h.pair(late)
		h.want(err, device.ErrHostCode)

		var again string // for another machine: the earlier token is void from the pairing on
		h.must(func(ctx context.Context, tx *db.Tx) (err error) {
			_, again, err = device.RenewHostCode(ctx, tx, h.m, x.ID)
			return err
		})
		if _, err := device.HostOfToken(ctx, h.d, token); err != nil {
			h.t.Fatal(err)
		}
		_, second, err := h.pair(again)
		if err != nil {
			h.t.Fatal(err)
		}
		_, err = device.HostOfToken(ctx, h.d, token)
		h.want(err, device.ErrHostUnknown)

		h.want(h.try(func(ctx context.Context, tx *db.Tx) error { return device.RevokeHost(ctx, tx, fake(50), x.ID) }), device.ErrHostNotFound)
		h.must(func(ctx context.Context, tx *db.Tx) error { return device.RevokeHost(ctx, tx, h.m, x.ID) })
		who, err = device.HostOfToken(ctx, h.d, second)
		h.want(err, device.ErrHostRevoked)
		if who.ID != x.ID {
			h.t.Error("who was shut out is not told")
		}
		h.want(h.try(func(ctx context.Context, tx *db.Tx) error {
			_, _, err := device.RenewHostCode(ctx, tx, h.m, x.ID)
			return err
		}), device.ErrHostShutOut)
		hosts, err := device.ListHosts(ctx, h.d, h.m)
		if err != nil || len(hosts) != 2 {
			h.t.Errorf("%+v %v", hosts, err)
		}
		h.want(h.try(func(_ context.Context, tx *db.Tx) error {
			_, _, err := device.CreateHost(tx, h.m, h.shop, "\x00")
			return err
		}), device.ErrHostName)
	})
}

func TestADeviceAtAHost(t *testing.T) {
	each(t, func(h *house) {
		h.merchantRows()
		x, _ := h.paired()
		elsewhere, _ := h.host(fake(9))
		d := device.Device{Name: "Far", Class: device.ClassPrinter, Driver: "virtual-printer", Enabled: true, Host: x.ID}
		if got := h.device(d); got.Host != x.ID {
			h.t.Errorf("%+v", got)
		}
		for _, c := range []struct {
			change func(*device.Device)
			want   error
		}{
			{func(d *device.Device) { d.Host = elsewhere.ID }, device.ErrHostElsewhere},
			{func(d *device.Device) { d.Host = fake(77) }, device.ErrHostNotFound},
			{func(d *device.Device) { d.Merchant = fake(50) }, device.ErrHostNotFound},
			{func(d *device.Device) { d.Class = "acquirer" }, device.ErrHostClass},
		} {
			bad := d
			c.change(&bad)
			_, err := h.createErr(bad)
			h.want(err, c.want)
		}
		h.must(func(ctx context.Context, tx *db.Tx) error { return device.RevokeHost(ctx, tx, h.m, x.ID) })
		_, err := h.createErr(d)
		h.want(err, device.ErrHostShutOut)
	})
}

// remote is a register whose printer stands at a host.
func (h *house) remote() (x device.Host) {
	h.t.Helper()
	h.merchantRows()
	x, _ = h.paired()
	d := h.printer
	d.Host = x.ID
	h.must(func(ctx context.Context, tx *db.Tx) error {
		var err error
		h.printer, err = device.Update(ctx, tx, d)
		return err
	})
	return x
}

func TestAHostsJobsAreItsOwn(t *testing.T) {
	each(t, func(h *house) {
		x := h.remote()
		q := device.NewPrintQueue(h.d)
		defer q.Close()
		h.print(fake(10))
		if js := claim(h, q); len(js) != 0 {
			h.t.Fatalf("the server took a host's job: %+v", js)
		}
		due, err := device.HostsWithWork(ctx, h.d)
		if err != nil || len(due) != 1 || due[0] != x.ID {
			h.t.Fatalf("%v %v", due, err)
		}
		js := h.hold(x)
		if len(js) != 1 || js[0].State != device.Claimed || js[0].Attempt != 1 {
			h.t.Fatalf("%+v", js)
		}
		j := js[0]
		if again := h.hold(x, j.ID); len(again) != 0 {
			h.t.Fatalf("given twice: %+v", again)
		}
		if again := h.hold(x); len(again) != 1 || again[0].ID != j.ID {
			h.t.Fatalf("the answer that was lost does not come again: %+v", again)
		}
		h.c.Advance(2 * device.Lease) // however long the line is cut
		other, _ := h.paired()
		if js := append(claim(h, q), h.hold(other)...); len(js) != 0 {
			h.t.Fatalf("given to somebody else: %+v", js)
		}
		tell := func(seq int64, s device.State, failures int) {
			h.tell(x, device.Standing{Job: j.ID, Attempt: 1, Seq: seq, State: s, Failures: failures, Reason: "hw.printer_unavailable"})
		}
		tell(1, device.Failed, 1)
		if got := h.only(fake(10)); got.State != device.Failed || got.Failures != 1 {
			h.t.Fatalf("%+v", got)
		}
		h.want(h.try(func(ctx context.Context, tx *db.Tx) error { return device.Reprint(ctx, tx, h.m, j.ID) }), device.ErrAtHost)
		tell(3, device.Sending, 1)
		tell(2, device.Claimed, 1) // late: it was overtaken
		if got := h.only(fake(10)); got.State != device.Sending {
			h.t.Fatalf("%+v", got)
		}
		h.tell(other, device.Standing{Job: j.ID, Attempt: 1, Seq: 9, State: device.Confirmed}) // not its job
		h.tell(x, device.Standing{Job: j.ID, Attempt: 2, Seq: 9, State: device.Confirmed})     // not this copy
		if got := h.only(fake(10)); got.State != device.Sending {
			h.t.Fatalf("%+v", got)
		}
		tell(4, device.Confirmed, 0)
		tell(4, device.Confirmed, 0)
		tell(5, device.Failed, 1) // it let go
		if got := h.only(fake(10)); got.State != device.Confirmed {
			h.t.Fatalf("%+v", got)
		}
		h.want(device.TellHostJobs(ctx, h.d, x, []device.Standing{{Job: j.ID, Attempt: 1, Seq: 9, State: device.Queued}}), device.ErrJobState)
		h.want(device.TellHostJobs(ctx, h.d, x, []device.Standing{{Job: j.ID, Attempt: 1, Seq: 9, State: "eaten"}}), device.ErrJobState)
		h.must(func(ctx context.Context, tx *db.Tx) error { return device.Reprint(ctx, tx, h.m, j.ID) })
		if js := h.hold(x); len(js) != 1 || js[0].Attempt != 2 {
			h.t.Fatalf("the reprint is no second copy: %+v", js)
		}
	})
}

// What a host gives back is anybody's; what it can tell nothing of any more may be on
// paper.
func TestWhatBecomesOfTheJobsOfALostHost(t *testing.T) {
	each(t, func(h *house) {
		x := h.remote()
		for i := range 3 {
			h.print(fake(10 + i))
		}
		js := h.hold(x)
		if len(js) != 3 {
			h.t.Fatalf("%+v", js)
		}
		h.tell(x, device.Standing{Job: js[1].ID, Attempt: 1, Seq: 1, State: device.Sending})
		state := func(i int) device.State { h.t.Helper(); return h.only(js[i].Sale).State }

		if err := device.HostStarted(ctx, h.d, x, []id.ID{js[0].ID}); err != nil {
			h.t.Fatal(err)
		}
		if state(0) != device.Claimed || state(1) != device.Uncertain || state(2) != device.Claimed {
			h.t.Fatalf("%s %s %s", state(0), state(1), state(2))
		}
		h.must(func(ctx context.Context, tx *db.Tx) error { return device.RevokeHost(ctx, tx, h.m, x.ID) })
		h.tell(x, device.Standing{Job: js[0].ID, Attempt: 1, Seq: 1, State: device.Failed, Reason: "hw.shutting_down", Release: true})
		if n, err := device.EndHostJobs(ctx, h.d); n != 0 || err != nil {
			h.t.Fatal(n, err)
		}
		h.c.Advance(time.Minute)
		if n, err := device.EndHostJobs(ctx, h.d); n != 1 || err != nil {
			h.t.Fatal(n, err)
		}
		if state(0) != device.Failed || state(2) != device.Uncertain {
			h.t.Fatalf("%s %s", state(0), state(2))
		}
		h.must(func(ctx context.Context, tx *db.Tx) error {
			d := h.printer
			d.Host = id.None
			_, err := device.Update(ctx, tx, d)
			return err
		})
		q := device.NewPrintQueue(h.d)
		defer q.Close()
		if got := claim(h, q); len(got) != 1 || got[0].ID != js[0].ID || got[0].Attempt != 1 {
			h.t.Fatalf("what was given back is not printed at the server: %+v", got)
		}
	})
}
