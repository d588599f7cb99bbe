//go:build browser

package office_test

import (
	"context"
	"slices"
	"testing"

	"github.com/shopwright/shopwright/admin/office"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/device"
)

// Devices in a browser: a red one says what to do and shows its log, a test page and
// what was not printed are asked for, and a device host is made and shut out.
func TestDevicesInABrowser(t *testing.T) {
	d := newDesk(t)
	s := d.s
	at := "/office/devices/" + s.printer.String()
	s.devices.status = []office.DeviceStatus{{Device: s.printer, State: "failed", Reason: "plugins.crashed_too_often", Detail: "no paper " + hostile, Restarts: 5, Since: s.db.Now(), Log: []string{"the first line", "the second line " + hostile}}}

	d.goTo("/office/devices")
	d.want(".card .badge-bad", "")
	d.want(".card", "press “Start again”")
	d.click(`.card a[href="` + at + `"]`)
	d.want(".alert-bad", "press “Start again”")
	d.want(".kv", "no paper")
	d.gone("pre", "the first line")
	run[bool](t, d.ctx, `document.querySelector("main details:has(pre) summary").focus(), true`)
	d.keys(" ")
	d.want("pre", "the second line")
	d.seen("device-log")
	d.click(`form[action="` + at + `/restart"] button`)
	d.want(".toast", "")
	if !d.asked("restart " + s.printer.String()) {
		t.Error(s.devices.asked)
	}
	s.devices.status[0] = office.DeviceStatus{Device: s.printer, State: "running", Version: "1.0.0", PID: 4711, Since: s.db.Now()}
	d.goTo(at)
	d.gone(".alert", "")
	d.click(`form[action="` + at + `/test"] button`)
	d.want(".toast", "")
	if !d.asked("test " + s.printer.String()) {
		t.Error(s.devices.asked)
	}
	d.want(".papers img", "")
	d.until(`document.querySelector(".papers img").naturalWidth > 0 || (document.querySelector(".papers img").scrollIntoView(), false)`, "the picture of a receipt does not appear")

	// Print jobs: one that may be on paper or not, one that is tried again by itself.
	jobs, _, err := device.ListJobs(context.Background(), s.db, s.m.ID, device.JobFilter{Device: s.printer}, db.Page{})
	if err != nil || len(jobs) < 3 {
		t.Fatal(len(jobs), err)
	}
	s.tx(func(_ context.Context, tx *db.Tx) error {
		for i, state := range []device.State{device.Uncertain, device.Uncertain, device.Failed} {
			tx.Queue(`update print_jobs set state = $3, reason = $4 where merchant_id = $1 and id = $2`, s.m.ID, jobs[i].ID, string(state), "no paper "+hostile)
		}
		return nil
	})
	stateOf := func(n int) device.State {
		t.Helper()
		now, _, err := device.ListJobs(context.Background(), s.db, s.m.ID, device.JobFilter{Device: s.printer}, db.Page{})
		i := slices.IndexFunc(now, func(j device.JobRecord) bool { return j.ID == jobs[n].ID })
		if err != nil || i < 0 {
			t.Fatal(i, err)
		}
		return now[i].State
	}
	d.goTo(at)
	d.want("table .badge-bad", "Uncertain")
	d.want("table .badge-warn", "tried again")
	d.seen("jobs")
	d.click(`form[action="/office/jobs/` + jobs[0].ID.String() + `/confirm"] button`)
	d.want(".toast", "")
	d.goTo(at)
	d.click(`form[action="/office/jobs/` + jobs[1].ID.String() + `/reprint"] button`)
	d.want(".toast", "")
	if a, b := stateOf(0), stateOf(1); a != device.Confirmed || b != device.Queued {
		t.Error(a, b)
	}

	// A device host: its code is shown once; it is shut out after a question.
	d.goTo("/office/device-hosts")
	d.want(`.sidebar [aria-current]`, "Devices")
	d.until(`(() => { const a = document.querySelector(".sidebar [aria-current]").getBoundingClientRect(); return a.bottom <= innerHeight && a.top >= 0; })()`, "the entry of this page is out of sight")
	d.enter("#name", "Counter 1")
	d.keys("\r")
	d.want(".alert-ok code", "-")
	code := run[string](t, d.ctx, `document.getElementById("code").innerText`)
	d.seen("host-code")
	d.goTo("/office/device-hosts")
	d.gone("main", code)
	d.want("table", "Counter 1")
	var host device.Host
	s.tx(func(ctx context.Context, tx *db.Tx) (err error) {
		host, _, err = device.PairHost(ctx, tx, code, "9.9", "linux/amd64")
		return err
	})
	d.click(`[data-dialog-open="revoke-` + host.ID.String() + `"]`)
	d.want("dialog[open]", "for good")
	d.seen("host-revoke")
	d.keys("\x1b")
	d.gone("dialog", "for good")
	if h, err := device.ListHosts(context.Background(), s.db, s.m.ID); err != nil || len(h) != 1 || h[0].Revoked() {
		t.Fatalf("%+v %v", h, err)
	}
	d.click(`[data-dialog-open="revoke-` + host.ID.String() + `"]`)
	d.click("dialog[open] .button-danger")
	d.want(".toast", "shut out")
	d.want("table .badge", "Shut out")

	s.devices.status[0] = office.DeviceStatus{Device: s.printer, State: "failed", Reason: "plugins.wrong_settings", Detail: "folder: there is no such folder as " + hostile, Restarts: 1234, Host: "Counter 1", HostSeen: s.db.Now(), Since: s.db.Now(), Log: []string{"a"}}
	d.look(map[string]string{"devices": "/office/devices", "device-red": at, "device-hosts": "/office/device-hosts", "device-new": "/office/devices/new", "device-form": "/office/devices/new?driver=stripe"})
}
