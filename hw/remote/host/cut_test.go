package host

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/hw/remote"
)

// papers counts the receipts in the folder of a virtual printer, by their text.
func papers(t *testing.T, folder string) map[string]int {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(folder, "*.txt"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]int{}
	for _, f := range list {
		if _, err := os.Stat(strings.TrimSuffix(f, ".txt") + ".png"); err != nil {
			continue // not on paper
		}
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		out[string(b)]++
	}
	return out
}

// The line is cut in the middle of fifty jobs: what has arrived is printed all the
// same, and in the end every one was printed once and the server knows it.
func TestTheLineIsCutInTheMiddleOfFiftyJobs(t *testing.T) {
	folder := t.TempDir()
	s := newShop(t, `{"folder":"`+folder+`","delay_ms":5}`)
	s.start()
	s.running()
	for i := range 50 {
		s.rows.add(jobNo(i, printer))
	}
	s.soon("ten are printed", func() bool { return len(papers(t, folder)) >= 10 })
	s.wire.down(true)
	s.soon("the server sees that it is away", func() bool { return !s.hosts.Live(s.rows.host.ID).Connected })
	held := len(s.host.spool.Have())
	known := s.rows.states()[device.Confirmed]
	s.soon("what had arrived is printed", func() bool { return len(s.host.spool.Untold(100)) == len(s.host.spool.Have()) })
	if after := s.rows.states()[device.Confirmed]; after != known || held == 0 {
		t.Fatalf("the cut was none: %d jobs held, %d, then %d known", held, known, after)
	}
	s.wire.down(false)
	s.soon("the server knows of fifty", func() bool { return s.rows.states()[device.Confirmed] == 50 })
	got := papers(t, folder)
	if len(got) != 50 {
		t.Errorf("%d different receipts", len(got))
	}
	for text, n := range got {
		if n != 1 || strings.Contains(text, "COPY") {
			t.Errorf("%d times: %s", n, text)
		}
	}
	for j, n := range s.rows.handed {
		if n != 1 {
			t.Errorf("%s was handed out %d times", j, n)
		}
	}
	s.soon("nothing is kept", func() bool { return len(s.host.spool.Have()) == 0 })
}

// An answer with jobs in it is lost on its way: they come again, and are printed once.
func TestJobsWhoseAnswerWasLostComeAgain(t *testing.T) {
	folder := t.TempDir()
	s := newShop(t, `{"folder":"`+folder+`"}`)
	for i := range 5 {
		s.rows.add(jobNo(i, printer))
	}
	if lost, err := s.rows.Claim(ctx, s.rows.host, 3, nil); err != nil || len(lost) != 3 {
		t.Fatal(lost, err)
	}
	s.start()
	s.soon("all are printed", func() bool { return s.rows.states()[device.Confirmed] == 5 })
	if got := papers(t, folder); len(got) != 5 {
		t.Errorf("%v", got)
	}
	if s.rows.started != 1 {
		t.Errorf("it has started %d times", s.rows.started)
	}
}

// Whoever was shut out stops, gives back what it has not begun, and says so.
func TestAHostThatIsShutOut(t *testing.T) {
	folder := t.TempDir()
	s := newShop(t, `{"folder":"`+folder+`","delay_ms":300}`)
	s.start()
	s.running()
	for i := range 6 {
		s.rows.add(jobNo(i, printer))
	}
	s.soon("one is printed", func() bool { return len(papers(t, folder)) >= 1 && len(s.host.spool.Have()) > 3 })
	s.rows.revoke()
	s.hosts.Drop(s.rows.host.ID, device.ErrHostRevoked.Reason)
	select {
	case err := <-s.ended:
		if !errors.Is(err, device.ErrHostRevoked) {
			t.Fatal(err)
		}
		s.ended <- nil
	case <-time.After(15 * time.Second):
		t.Fatal("it does not stop")
	}
	states := s.rows.states()
	if states[device.Claimed]+states[device.Sending] != 0 || states[device.Failed] == 0 || states[device.Confirmed] == 0 {
		t.Errorf("what is left: %v", states)
	}
	if n := len(papers(t, folder)); n != states[device.Confirmed] {
		t.Errorf("%d on paper, %v", n, states)
	}
	if list, _ := filepath.Glob(filepath.Join(s.dir, "devices*")); len(list) != 0 {
		t.Errorf("settings are left there: %v", list)
	}
	s.start()
	if err := <-s.ended; !errors.Is(err, device.ErrHostRevoked) {
		t.Error("it starts again: ", err)
	}
	s.ended <- nil
}

// A device that moves elsewhere takes its jobs with it.
func TestADeviceMovesAway(t *testing.T) {
	s := newShop(t, "")
	s.start()
	s.running()
	nowhere := id.Derived("nowhere")
	s.rows.add(jobNo(1, nowhere)) // given out before the device moved
	s.soon("it arrives", func() bool { return len(s.host.spool.Have()) == 1 })
	s.hosts.Stand(map[id.ID][]remote.Instance{s.rows.host.ID: {{ID: things, Class: "scanner", Driver: "thing"}}})
	s.soon("the printer is stopped", func() bool {
		_, err := s.hosts.Status(printer)
		_, runs := s.box.Conn(printer)
		return errors.Is(err, remote.ErrAway) && !runs
	})
	s.soon("its job is given back", func() bool {
		s.rows.mu.Lock()
		defer s.rows.mu.Unlock()
		j := s.rows.jobs[jobNo(1, nowhere).Job.ID]
		return j.state == device.Failed && !j.held || s.rows.handed[j.Job.Job.ID] > 1
	})
	if _, ok := s.hosts.Scale(things.String()); !ok {
		t.Error("what stays was stopped")
	}
}

// A host that is started while the line is cut runs its drivers as the server last
// wanted them, and prints what it holds.
func TestAHostThatIsStartedWhileTheLineIsCut(t *testing.T) {
	folder := t.TempDir()
	s := newShop(t, `{"folder":"`+folder+`","delay_ms":200}`)
	s.start()
	s.running()
	for i := range 8 {
		s.rows.add(jobNo(i, printer))
	}
	s.soon("all arrive", func() bool { return len(papers(t, folder)) > 0 && len(s.host.spool.Have()) > 4 })
	s.wire.down(true)
	s.end()
	<-s.ended
	before := len(papers(t, folder))
	s.start()
	held := len(s.host.spool.Have())
	if before == 8 || held == 0 {
		t.Fatalf("nothing is left to be printed: %d on paper, %d held", before, held)
	}
	s.soon("what it holds is printed", func() bool { return len(papers(t, folder)) == 8 })
	if st, err := os.Stat(filepath.Join(s.dir, devicesName)); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", st, err)
	}
	s.wire.down(false)
	s.soon("the server knows of them", func() bool { return s.rows.states()[device.Confirmed] == 8 })
	for text, n := range papers(t, folder) {
		if n != 1 {
			t.Errorf("%d times: %s", n, text)
		}
	}
}
