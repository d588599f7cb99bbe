//go:build unix

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/hw/drivers/virtualprinter"
)

// till is a machine beside a register with a device host on it.
type till struct {
	*server
	rows   *db.DB
	dir    string
	folder string
	host   id.ID
	code   string
	cmd    *exec.Cmd
	logs   *tail
	done   chan error
}

// newTill makes a host with a virtual printer at the register.
func newTill(s *server, delayMS int) *till {
	s.t.Helper()
	x := &till{server: s, rows: s.open(), dir: s.t.TempDir(), folder: filepath.Join(s.t.TempDir(), "paper"), logs: &tail{}}
	config, _ := json.Marshal(map[string]any{"folder": x.folder, "delay_ms": delayMS})
	err := x.rows.InTx(context.Background(), func(ctx context.Context, tx *db.Tx) error {
		h, code, err := device.CreateHost(tx, s.Merchant, s.Shop, "Till 1")
		if err != nil {
			return err
		}
		x.host, x.code = h.ID, code
		_, err = device.Create(ctx, tx, device.Device{Merchant: s.Merchant, Shop: s.Shop, Register: s.Register, Host: h.ID, Name: "Counter", Class: device.ClassPrinter, Driver: virtualprinter.Name, Config: config, Enabled: true})
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return x
}

// run starts the host's program.
func (x *till) run(args ...string) {
	x.t.Helper()
	cmd := exec.Command(os.Args[0], append([]string{"devicehost", "--server", x.url, "--data", x.dir, "--log", "warn"}, args...)...)
	cmd.Env = append(os.Environ(), tiedToStdin+"=1")
	cmd.Stderr, cmd.Stdout = x.logs, x.logs
	tie, err := cmd.StdinPipe()
	if err != nil {
		x.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		x.t.Fatal(err)
	}
	x.cmd, x.done = cmd, make(chan error, 1)
	go func(done chan error) { done <- cmd.Wait(); _ = tie.Close() }(x.done)
	x.t.Cleanup(func() { _ = cmd.Process.Kill() })
}

func (x *till) killHost() {
	x.t.Helper()
	if err := x.cmd.Process.Kill(); err != nil {
		x.t.Fatal(err)
	}
	<-x.done
}

func (x *till) jobs() []device.JobRecord {
	x.t.Helper()
	list, _, err := device.ListJobs(context.Background(), x.rows, x.Merchant, device.JobFilter{}, db.Page{Limit: 200})
	if err != nil {
		x.t.Fatal(err)
	}
	return list
}

func (x *till) count(states ...device.State) (n int) {
	for _, j := range x.jobs() {
		for _, s := range states {
			if j.State == s {
				n++
			}
		}
	}
	return n
}

// once sees that no receipt is on paper twice without its mark.
func (x *till) once() {
	x.t.Helper()
	all, _ := virtualprinter.List(x.folder)
	seen := map[string]int{}
	for _, p := range all {
		text, err := os.ReadFile(filepath.Join(x.folder, p.Text))
		if err != nil {
			x.t.Fatal(err)
		}
		if !strings.Contains(string(text), "DUPLICATE") {
			seen[p.JobID]++
		}
	}
	for j, n := range seen {
		if n > 1 {
			x.t.Errorf("job %s is on paper %d times without a mark", j, n)
		}
	}
}

// TestADeviceHostPrintsForAServerElsewhere pairs a host, sells, kills the host in the
// middle of printing, restarts the server, and shuts the host out in the end.
func TestADeviceHostPrintsForAServerElsewhere(t *testing.T) {
	each(t, "retail", func(s *server) {
		x := newTill(s, 40)
		soap := s.sku("soap", "goods", "2.50", "1000")
		sell := func() *answer {
			return s.post("/sales", s.here().with("lines", []body{line(soap, "1")}).with("tenders", []body{tender("cash", "2.50")}))
		}
		if _, errs, code := program(t, "devicehost", "--server", s.url, "--data", t.TempDir(), "--code", "ABCD-2345"); code == 0 || !strings.Contains(errs, "device.host_code_wrong") {
			t.Errorf("a wrong code: exit %d: %s", code, errs)
		}
		x.run("--code", x.code)
		first := sell()
		s.printed(x.folder, first)
		eventually(t, "the server knows it", func() bool { return x.count(device.Confirmed) == 1 })
		if info, err := os.Stat(filepath.Join(x.dir, "host.json")); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("the token: %v %v", info, err)
		}
		if _, errs, code := program(t, "devicehost", "--server", s.url, "--data", x.dir); code == 0 || !strings.Contains(errs, "hw.host_already_running") {
			t.Errorf("a second process: exit %d: %s", code, errs)
		}

		const sales = 12
		for range sales {
			sell()
		}
		for range 3 { // in the middle of printing
			n := x.count(device.Confirmed)
			eventually(t, "some are printed", func() bool {
				return x.count(device.Confirmed) > n || x.count(device.Queued, device.Claimed, device.Sending, device.Failed) == 0
			})
			x.killHost()
			x.run()
		}
		eventually(t, "all are settled", func() bool { return x.count(device.Confirmed, device.Uncertain, device.Sent) == sales+1 })
		x.once()
		if n := x.count(device.Confirmed); n != sales+1 { // this printer can always tell
			t.Errorf("%d of %d are confirmed: %+v", n, sales+1, x.jobs())
		}

		s.kill() // the server: the host comes back by itself
		s.printed(x.folder, sell())
		s.papers(x.folder, sales+2)

		if err := x.rows.InTx(context.Background(), func(ctx context.Context, tx *db.Tx) error {
			return device.RevokeHost(ctx, tx, s.Merchant, x.host)
		}); err != nil {
			t.Fatal(err)
		}
		err := <-x.done
		var exit *exec.ExitError
		if !errors.As(err, &exit) || !strings.Contains(x.logs.String(), "device.host_revoked") {
			t.Errorf("the host that was shut out ended with %v:\n%s", err, x.logs)
		}
		s.printed(x.folder, first)
		if bytes.Contains([]byte(x.logs.String()), []byte("swh_")) {
			t.Error("the token is in the log")
		}
	})
}
