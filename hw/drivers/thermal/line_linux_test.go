package thermal

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/shopwright/shopwright/hw/escpos"
	"github.com/shopwright/shopwright/hw/sim"
	"github.com/shopwright/shopwright/sdk/driver"
)

func line(t *testing.T, how sim.Behaviour) (*sim.Line, *sim.NetPrinter) {
	t.Helper()
	n, err := sim.NewNetPrinter(how)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Close)
	l, err := sim.NewLine(n.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l, n
}

// Serial lines and device files: jobs are confirmed, the line stays open, a
// drawer's pulse goes between them.
func TestLinesThatStay(t *testing.T) {
	for _, kind := range []string{"serial:", "file:"} {
		t.Run(kind, func(t *testing.T) {
			l, n := line(t, sim.Behaviour{Status: true})
			d := configured(t, kind+l.Path, "")
			for _, id := range []string{"a", "b", "a"} {
				if st := submit(t, d, id, "job "+id+"\n"); st.State != driver.JobConfirmed {
					t.Fatalf("%+v", st)
				}
			}
			if err := d.Open(t.Context(), "k", "", 0); err != nil {
				t.Fatal(err)
			}
			if st := submit(t, d, "c", "job c\n"); st.State != driver.JobConfirmed {
				t.Fatalf("%+v", st)
			}
			jobs := n.Jobs()
			want := "job a\njob b\n" + string(escpos.Kick(0)) + "job c\n"
			if len(jobs) != 1 || string(jobs[0]) != want {
				t.Errorf("%q", jobs)
			}
		})
	}
}

// Another process of the driver was killed behind its job: what the printer has
// said since confirms no job of this one.
func TestALineIsSettledAtFirst(t *testing.T) {
	var old atomic.Bool
	old.Store(true)
	p := newPrinter(t, func(_ int, in []byte) []byte {
		if old.Load() && bytes.Contains(in, escpos.AskDone) {
			return make([]byte, bytes.Count(in, escpos.AskDone))
		}
		return state(in)
	})
	l, err := sim.NewLine(p.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	killed, err := os.OpenFile(l.Path, os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := killed.Write(bytes.Repeat(escpos.AskDone, 3)); err != nil {
		t.Fatal(err)
	}
	killed.Close()
	for p.printed(string(escpos.AskDone)) < 3 {
		time.Sleep(time.Millisecond)
	}
	time.Sleep(20 * time.Millisecond) // the answers are on the line
	old.Store(false)
	d := configured(t, "serial:"+l.Path, "")
	if st := submit(t, d, "a", "job\n"); st.State != driver.JobSent {
		t.Fatalf("%+v", st)
	}
	p.wait(t, "job")
}

// Nobody is at the other end of a serial line, which takes bytes all the same.
func TestASerialLineToNobody(t *testing.T) {
	l, n := line(t, sim.Behaviour{})
	d := configured(t, "serial:"+l.Path, "")
	if st := submit(t, d, "a", "job\n"); st.State != driver.JobFailed || !strings.Contains(st.Reason, "does not answer") {
		t.Fatalf("%+v", st)
	}
	quiet := configured(t, "file:"+l.Path, `,"no_status":true`)
	if st := submit(t, quiet, "b", "job\n"); st.State != driver.JobSent {
		t.Fatalf("%+v", st)
	}
	for range 200 {
		if len(n.Jobs()) > 0 {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	if jobs := n.Jobs(); len(jobs) != 1 || string(jobs[0]) != "job\n" {
		t.Errorf("%q", jobs)
	}
}

// What cannot pass in the caller's time is refused before its first byte.
func TestASlowLine(t *testing.T) {
	l, n := line(t, sim.Behaviour{Status: true})
	d := configured(t, "serial:"+l.Path+"?baud=300", "")
	if st := submit(t, d, "a", strings.Repeat("x", 200)); st.State != driver.JobFailed || !strings.Contains(st.Reason, "30 bytes a second") || len(n.Jobs()) != 0 {
		t.Fatalf("%+v", st)
	}
	if st := submit(t, d, "b", "short\n"); st.State != driver.JobConfirmed {
		t.Fatalf("%+v", st)
	}
	fast := configured(t, "serial:"+l.Path, `,"baud":115200`)
	if got := fast.pace.Load(); got != 11520 {
		t.Errorf("%d bytes a second", got)
	}
	if got := configured(t, "tcp:127.0.0.1:1", "").pace.Load(); got != 0 {
		t.Errorf("a network has a pace of %d", got)
	}
}

func TestAnUnpluggedLineFailsAndComesBack(t *testing.T) {
	l, n := line(t, sim.Behaviour{Status: true})
	link := filepath.Join(t.TempDir(), "lp0")
	if err := os.Symlink(l.Path, link); err != nil {
		t.Fatal(err)
	}
	d := configured(t, "serial:"+link, "")
	if st := submit(t, d, "a", "job a\n"); st.State != driver.JobConfirmed {
		t.Fatalf("%+v", st)
	}
	l.Close()
	time.Sleep(20 * time.Millisecond)
	if st := submit(t, d, "b", "job b\n"); st.State != driver.JobFailed || st.Reason == "" {
		t.Fatalf("unplugged: %+v", st)
	}
	again, err := sim.NewLine(n.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(again.Close)
	if err := os.Remove(link); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(again.Path, link); err != nil {
		t.Fatal(err)
	}
	if st := submit(t, d, "b", "job b\n"); st.State != driver.JobConfirmed {
		t.Fatalf("plugged in again: %+v", st)
	}
	if got := string(bytes.Join(n.Jobs(), nil)); got != "job a\njob b\n" {
		t.Errorf("%q", got)
	}
}

// A device file that only takes, as some printers' are: a pipe's writing end.
func TestAFileThatOnlyTakesIsSent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lp0")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	d := configured(t, "file:"+path, `,"no_status":true`)
	if st := submit(t, d, "a", "job a\n"); st.State != driver.JobSent {
		t.Fatalf("%+v", st)
	}
}

// A printer that takes no more in the middle of a job: it may have printed a
// part, and the line is opened anew for the next job.
func TestAStalledLineIsUncertain(t *testing.T) {
	l, n := line(t, sim.Behaviour{Deaf: true})
	d := configured(t, "file:"+l.Path, `,"no_status":true`)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	big := driver.Job{JobKey: driver.JobKey{ID: "a", Attempt: 1}, Raw: make([]byte, 8<<20)}
	st, err := d.Submit(ctx, big)
	if err != nil || st.State != driver.JobUncertain || !strings.Contains(st.Reason, "stopped after") {
		t.Fatalf("%+v %v", st, err)
	}
	before := len(n.Jobs())
	if again, err := d.Submit(ctx, big); err != nil || again != st || len(n.Jobs()) != before {
		t.Errorf("it was sent again: %+v %v", again, err)
	}
}
