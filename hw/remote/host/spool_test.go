package host

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/receipt"
	"github.com/shopwright/shopwright/hw"
	"github.com/shopwright/shopwright/hw/remote"
	"github.com/shopwright/shopwright/hw/wire"
)

var ctx = context.Background()

func jobNo(n int, dev id.ID) remote.Job {
	doc, _ := proto.Marshal(wire.To(receipt.Document{Title: "r", Blocks: []receipt.Block{receipt.Text{Text: fmt.Sprintf("receipt %d", n)}}}))
	return remote.Job{Job: device.Job{Merchant: id.Derived("m"), ID: id.Derived("job", fmt.Sprint(n)), Device: dev, Sale: id.Derived("s", fmt.Sprint(n)), Kind: device.KindReceipt, Attempt: 1, State: device.Claimed},
		Document: doc, CopyMark: "COPY"}
}

type spooled struct {
	*Spool
	t   *testing.T
	dir string
}

func openSpool(t *testing.T, dir string) *spooled {
	t.Helper()
	s, err := OpenSpool(dir)
	if err != nil {
		t.Fatal(err)
	}
	return &spooled{s, t, dir}
}

// again is the spool after the process was killed.
func (s *spooled) again() *spooled {
	s.t.Helper()
	_ = s.Close()
	return openSpool(s.t, s.dir)
}

func (s *spooled) put(jobs ...remote.Job) {
	s.t.Helper()
	if err := s.Put(jobs); err != nil {
		s.t.Fatal(err)
	}
}

func (s *spooled) claim() []device.Job {
	s.t.Helper()
	js, err := s.Claim(ctx, "", 100)
	if err != nil {
		s.t.Fatal(err)
	}
	return js
}

func (s *spooled) step(j device.Job, from, to device.State) {
	s.t.Helper()
	if err := s.Advance(ctx, j.ID, j.Merchant, from, to, j.Attempt, "hw.printer_unavailable"); err != nil {
		s.t.Fatal(err)
	}
}

// tell lets the server know and answers what it heard.
func (s *spooled) tell() []device.Standing {
	s.t.Helper()
	list := s.Untold(100)
	if err := s.Told(list); err != nil {
		s.t.Fatal(err)
	}
	return list
}

func TestAJobSurvivesAKillWhereItStands(t *testing.T) {
	dev := id.Derived("dev")
	s := openSpool(t, t.TempDir())
	s.put(jobNo(1, dev), jobNo(2, dev), jobNo(3, dev))
	s.put(jobNo(1, dev)) // the same answer once more
	js := s.claim()
	if len(js) != 3 || len(s.claim()) != 0 {
		t.Fatalf("%+v", js)
	}
	s.step(js[0], device.Claimed, device.Sending)
	s.step(js[1], device.Claimed, device.Sending)
	s.step(js[1], device.Sending, device.Confirmed)

	s = s.again()
	got := s.claim()
	if _, _, err := s.Label(ctx, js[2]); !errors.Is(err, device.ErrJobNotFound) {
		t.Errorf("a receipt is a label: %v", err)
	}
	if len(got) != 2 || got[0].State != device.Sending || got[0].ID != js[0].ID || got[1].State != device.Claimed || got[1].ID != js[2].ID {
		t.Fatalf("after the kill: %+v", got)
	}
	doc, err := s.Document(ctx, got[1])
	if err != nil || doc.CopyMark != "COPY" || !strings.Contains(receipt.PlainText(doc, 32), "receipt 3") {
		t.Errorf("%+v %v", doc, err)
	}
	told := s.tell()
	if len(told) != 2 || told[0].State != device.Sending || told[1].State != device.Confirmed || told[1].Seq != 2 {
		t.Fatalf("%+v", told)
	}
	if have := s.Have(); len(have) != 2 {
		t.Errorf("what the server has written down is kept: %v", have)
	}
	s = s.again()
	s.step(s.claim()[0], device.Sending, device.Uncertain)
	rest := s.claim()
	if len(rest) != 0 {
		t.Fatalf("%+v", rest)
	}
	s.tell()
	if err := s.Stand(func(id.ID) bool { return true }); err != nil || len(s.Have()) != 1 {
		t.Fatal(err, s.Have())
	}
}

func TestWhatWasBeingWrittenAtTheKillIsNoRecord(t *testing.T) {
	dir, dev := t.TempDir(), id.Derived("dev")
	s := openSpool(t, dir)
	s.put(jobNo(1, dev))
	_ = s.Close()
	file := filepath.Join(dir, spoolName)
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, torn := range []string{`{"at":{"Job":"`, `{"put"`, "\x00\x00\x00\x00", "{}"} {
		if err := os.WriteFile(file, append(append([]byte{}, whole...), torn...), 0o600); err != nil {
			t.Fatal(err)
		}
		s := openSpool(t, dir)
		if len(s.Have()) != 1 {
			t.Fatalf("after %q: %v", torn, s.Have())
		}
		s.put(jobNo(2, dev)) // goes on behind the last whole line
		if s = s.again(); len(s.Have()) != 2 {
			t.Fatalf("after %q: %v", torn, s.Have())
		}
		_ = s.Close()
	}
}

func TestFailedJobsAreTriedHereAndOnlyGivenBackForGood(t *testing.T) {
	here, gone := id.Derived("here"), id.Derived("gone")
	s := openSpool(t, t.TempDir())
	s.put(jobNo(1, here), jobNo(2, gone), jobNo(3, gone))
	js := s.claim()
	s.step(js[0], device.Claimed, device.Failed)
	if told := s.tell(); len(told) != 1 || told[0].Release || told[0].Failures != 1 || !told[0].Held() {
		t.Fatalf("%+v", told)
	}
	if len(s.claim()) != 0 {
		t.Error("it did not rest")
	}
	s.jobs[js[0].ID].due = s.jobs[js[0].ID].due.Add(-device.RetryAfter(1))
	if again := s.claim(); len(again) != 1 || again[0].State != device.Claimed || again[0].Failures != 1 {
		t.Fatalf("%+v", again)
	}
	s.step(js[1], device.Claimed, device.Sending)
	if err := s.Stand(func(d id.ID) bool { return d == here }); err != nil {
		t.Fatal(err)
	}
	if told := s.tell(); len(told) != 1 || told[0].State != device.Sending { // in hand, both: nothing is given back
		t.Fatalf("%+v", told)
	}
	s.step(js[2], device.Claimed, device.Failed) // its printer is not here any more
	s.step(js[1], device.Sending, device.Uncertain)
	told := s.tell()
	if len(told) != 2 || told[0].State != device.Uncertain || !told[1].Release {
		t.Fatalf("%+v", told)
	}
	if err := s.Release(ctx, js[:1], hw.ErrShutdown.Reason); err != nil {
		t.Fatal(err)
	}
	if told := s.tell(); len(told) != 0 {
		t.Errorf("an end of the program is told as a failure: %+v", told)
	}
	if err := s.GiveBack(); err != nil {
		t.Fatal(err)
	}
	if len(s.claim()) != 0 || len(s.again().claim()) != 0 {
		t.Error("what is given back is printed")
	}
	for _, bad := range []struct{ from, to device.State }{{device.Sending, device.Confirmed}, {device.Claimed, device.Confirmed}} {
		if err := s.Advance(ctx, js[0].ID, js[0].Merchant, bad.from, bad.to, 1, ""); !errors.Is(err, device.ErrNotOurs) {
			t.Errorf("%v: %v", bad, err)
		}
	}
}

// The disk takes nothing: nothing is printed. It takes no result: the job is known as
// sent, and after a kill the driver is asked.
func TestADiskThatFails(t *testing.T) {
	dev := id.Derived("dev")
	s := openSpool(t, t.TempDir())
	s.put(jobNo(1, dev), jobNo(2, dev))
	js := s.claim()
	s.step(js[0], device.Claimed, device.Sending)
	real := s.f
	broken, err := os.Open(s.file) // for reading alone
	if err != nil {
		t.Fatal(err)
	}
	s.f = broken
	if err := s.Advance(ctx, js[1].ID, js[1].Merchant, device.Claimed, device.Sending, 1, ""); !errors.Is(err, ErrSpool) {
		t.Errorf("a byte may leave: %v", err)
	}
	s.step(js[0], device.Sending, device.Confirmed)
	if err := s.Put([]remote.Job{jobNo(3, dev)}); !errors.Is(err, ErrSpool) {
		t.Errorf("a job counts as kept: %v", err)
	}
	s.f = real
	if told := s.Untold(10); len(told) != 1 || told[0].State != device.Confirmed {
		t.Errorf("%+v", told)
	}
	s = s.again()
	if got := s.claim(); len(got) != 2 || got[0].State != device.Sending || got[1].State != device.Claimed {
		t.Errorf("%+v", got)
	}
}

func TestTheSpoolStaysShort(t *testing.T) {
	dir, dev := t.TempDir(), id.Derived("dev")
	s := openSpool(t, dir)
	size := func() int64 {
		st, err := os.Stat(filepath.Join(dir, spoolName))
		if err != nil {
			t.Fatal(err)
		}
		if st.Mode().Perm()&0o077 != 0 {
			t.Errorf("others can read it: %v", st.Mode())
		}
		return st.Size()
	}
	stays := jobNo(0, dev)
	s.put(stays)
	big := jobNo(1, dev)
	big.Document = make([]byte, 3<<20)
	for i := range 4 { // 16 MB in all
		big.Job.ID = id.Derived("big", fmt.Sprint(i))
		s.put(big)
		for _, j := range s.claim() {
			if j.ID != stays.Job.ID {
				s.step(j, device.Claimed, device.Sending)
				s.step(j, device.Sending, device.Sent)
			}
		}
		s.tell()
	}
	if n := size(); n > spoolMost {
		t.Errorf("%d bytes for one small job", n)
	}
	if s = s.again(); len(s.Have()) != 1 {
		t.Fatal(s.Have())
	}
	j := s.claim()[0]
	s.step(j, device.Claimed, device.Sending)
	s.step(j, device.Sending, device.Sent)
	s.tell()
	if n := size(); n != 0 {
		t.Errorf("nothing is left to do, and %d bytes are kept", n)
	}
}

func TestAReprintIsANewJobHere(t *testing.T) {
	dev := id.Derived("dev")
	s := openSpool(t, t.TempDir())
	s.put(jobNo(1, dev))
	j := s.claim()[0]
	s.step(j, device.Claimed, device.Sending)
	s.step(j, device.Sending, device.Sent)
	list := s.Untold(10) // the server writes it down, and the answer is lost
	second := jobNo(1, dev)
	second.Job.Attempt = 2
	s.put(second)
	if err := s.Told(list); err != nil {
		t.Fatal(err)
	}
	got := s.claim()
	if len(got) != 1 || got[0].Attempt != 2 {
		t.Fatalf("%+v", got)
	}
	s.step(got[0], device.Claimed, device.Sending)
	if told := s.Untold(10); len(told) != 1 || told[0].Attempt != 2 || told[0].State != device.Sending {
		t.Errorf("%+v", told)
	}
}
