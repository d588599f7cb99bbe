package host

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/hw"
	"github.com/shopwright/shopwright/hw/remote"
	"github.com/shopwright/shopwright/sdk/driver"
	hwv1 "github.com/shopwright/shopwright/sdk/driver/proto/shopwright/hw/v1"
)

func TestPairingOverTheLine(t *testing.T) {
	s := newShop(t, "")
	server := "http://" + s.wire.l.Addr().String()
	if _, err := Pair(ctx, s.dir, server, "WRONG234", "1", "x"); !errors.Is(err, device.ErrHostCode) {
		t.Fatal(err)
	}
	if _, err := Load(s.dir); !errors.Is(err, ErrNotPaired) {
		t.Fatal(err)
	}
	if _, err := Pair(ctx, s.dir, server, "ABCD2345", "1", "x"); err != nil {
		t.Fatal(err)
	}
	who, err := Load(s.dir)
	if err != nil || who.Token != "t" || who.Server != server || who.Name != "Till 1" {
		t.Fatalf("%+v %v", who, err)
	}
	for range 20 { // a guesser
		if _, err = Pair(ctx, s.dir, server, "ABCD2345", "1", "x"); !errors.Is(err, device.ErrHostCode) {
			break
		}
	}
	if !errors.Is(err, remote.ErrPairingLimit) {
		t.Errorf("nobody stops a guesser: %v", err)
	}
	for server, want := range map[string]error{"https://shop.example": nil, "http://127.0.0.1:8080": nil, "http://localhost": nil, "http://shop.example": ErrPlain, "ftp://x": ErrAddress, "shop.example": ErrAddress, "": ErrAddress} {
		if err := CheckServer(server, false); !errors.Is(err, want) {
			t.Errorf("%s: %v", server, err)
		}
	}
	unlock, err := Lock(s.dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Lock(s.dir); !errors.Is(err, ErrBusy) {
		t.Errorf("two processes in one folder: %v", err)
	}
	unlock()
	if unlock, err = Lock(s.dir); err != nil {
		t.Fatal(err)
	}
	unlock()
}

func TestCallsReachDevicesAtTheHost(t *testing.T) {
	s := newShop(t, "")
	if _, ok := s.hosts.Drawer(things.String()); ok {
		t.Fatal("a host that was never there answers")
	}
	s.start()
	s.running()
	call, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	scale, ok := s.hosts.Scale(things.String())
	if !ok {
		t.Fatal("no scale")
	}
	if w, err := scale.Weigh(call, ""); err != nil || w.Milligrams != 1234 || !w.Stable {
		t.Errorf("%+v %v", w, err)
	}
	if err := scale.Zero(call, ""); err == nil || !strings.Contains(err.Error(), "it is sealed") {
		t.Errorf("what the driver says is lost: %v", err)
	}
	if _, ok := s.hosts.Scale(printer.String()); ok {
		t.Error("a printer weighs")
	}
	display, _ := s.hosts.Display(things.String())
	if err := display.Show(call, driver.Shown{Kind: driver.ShowTotal, Amount: "12.50"}); err != nil || !slices.Equal(s.thing.shown, []string{"12.50"}) {
		t.Error(err, s.thing.shown)
	}
	if err := hw.OpenDrawer(call, s.hosts, skewed{}, things, id.Derived("wish"), skewed{}.Now(), 0); err != nil || len(s.thing.opened) != 1 {
		t.Error(err, s.thing.opened)
	}
	p, _ := s.hosts.Printer(printer.String())
	if st, err := p.Submit(call, driver.Job{JobKey: driver.JobKey{ID: "test", Attempt: 1}, Document: &driver.Document{Title: "t"}}); err != nil || st.State != driver.JobConfirmed {
		t.Errorf("%+v %v", st, err)
	}
	if b, err := s.hosts.Do(call, things, remote.AskRecord); err != nil || len(b) == 0 || len(b) > answerBytes || b[0] != '{' {
		t.Errorf("%d bytes, %v", len(b), err)
	}
	if _, err := s.hosts.Do(call, things, remote.AskKill); err != nil {
		t.Error(err)
	}
	if _, err := s.hosts.Do(call, things, remote.AskRestart); !errors.Is(err, remote.ErrNotRun) {
		t.Error(err)
	}
	for _, m := range []string{"/shopwright.hw.v1.Driver/Configure", "/shopwright.hw.v1.Drawer/Nothing", "/os/exec", ""} {
		if _, _, err := messages(m); err == nil {
			t.Errorf("%q can be called", m)
		}
	}

	s.thing.slow = time.Hour // it never answers: nobody waits longer than they said
	short, cancel2 := context.WithTimeout(ctx, 100*time.Millisecond)
	defer cancel2()
	began := time.Now()
	if err := display.Show(short, driver.Shown{Amount: "x"}); err == nil || time.Since(began) > 2*time.Second {
		t.Errorf("%v after %v", err, time.Since(began))
	}
	go func() { time.Sleep(100 * time.Millisecond); s.wire.down(true) }()
	began = time.Now()
	if err := display.Show(call, driver.Shown{Amount: "y"}); err == nil || time.Since(began) > 4*time.Second {
		t.Errorf("%v after %v", err, time.Since(began))
	}
	s.soon("it is away", func() bool { _, ok := s.hosts.Scale(things.String()); return !ok })
	if _, err := s.hosts.Status(printer); !errors.Is(err, remote.ErrAway) {
		t.Error(err)
	}
	s.wire.down(false)
	s.running() // it comes back by itself
}

// A line that stands still opens no drawer late and makes no scan look fresh, although
// the two clocks are three hours apart.
func TestAStandingLineMakesNothingLateLookFresh(t *testing.T) {
	s := newShop(t, "")
	s.start()
	s.running()
	s.thing.Scanned("", []byte("6901"), "", "")
	s.soon("a scan arrives", func() bool { return s.heard() == 1 })
	if age := (skewed{}).Now().Sub(clock.Instant(s.events[0].GetAtUnixMicro())); age < 0 || age > time.Second {
		t.Errorf("it is %v old", age)
	}
	s.wire.still(true)
	kicked := make(chan error, 1)
	go func() {
		kicked <- hw.OpenDrawer(ctx, s.hosts, skewed{}, things, id.Derived("late"), skewed{}.Now(), 0)
	}()
	s.thing.Scanned("", []byte("6902"), "", "")
	time.Sleep(hw.InputLife + 300*time.Millisecond)
	s.wire.still(false)
	if err := <-kicked; !errors.Is(err, hw.ErrKickFailed) {
		t.Error(err)
	}
	s.thing.Scanned("", []byte("6903"), "", "")
	last := func() (code string, age time.Duration) {
		s.mu.Lock()
		defer s.mu.Unlock()
		e := s.events[len(s.events)-1]
		return string(e.GetScan().GetData()), (skewed{}).Now().Sub(clock.Instant(e.GetAtUnixMicro()))
	}
	s.soon("the next scan arrives", func() bool { code, _ := last(); return code == "6903" })
	s.thing.mu.Lock()
	if len(s.thing.opened) != 0 {
		t.Error("the drawer opened late")
	}
	s.thing.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := map[string]int{}
	for _, e := range s.events {
		code := string(e.GetScan().GetData())
		seen[code]++
		if age := (skewed{}).Now().Sub(clock.Instant(e.GetAtUnixMicro())); code == "6902" && age <= hw.InputLife {
			t.Errorf("a scan of before looks %v old", age)
		}
	}
	if seen["6901"] != 1 || seen["6903"] != 1 || seen["6902"] > 1 {
		t.Errorf("%v", seen)
	}
}

// What is told twice, because the first answer was lost, happens once; what another's
// device tells happens not at all.
func TestWhatIsToldTwiceHappensOnce(t *testing.T) {
	s := newShop(t, "")
	l, err := newLink("http://"+s.wire.l.Addr().String(), "t")
	if err != nil {
		t.Fatal(err)
	}
	r := newReporter("boot")
	for _, e := range []*driver.Event{
		{Body: &hwv1.Event_Scan{Scan: &hwv1.Scan{Data: []byte("1")}}},
		{Body: &hwv1.Event_Payment{Payment: &hwv1.PaymentNotice{Id: "x"}}}, // no connector stands at a host
	} {
		e.AtUnixMicro = int64(clock.System{}.Now())
		r.happened(things.String(), e)
		r.happened(id.Derived("another's").String(), e)
	}
	out, told, _, _ := r.collect(l, nil)
	for range 2 {
		if err := l.post(ctx, remote.PathReport, out, &struct{}{}); err != nil {
			t.Fatal(err)
		}
	}
	r.putBack(told, nil)
	if s.heard() != 1 {
		t.Errorf("%d events", s.heard())
	}
	for _, bad := range []string{"", "nobody's"} {
		l.token = bad
		if err := l.post(ctx, remote.PathReport, out, &struct{}{}); !errors.Is(err, device.ErrHostUnknown) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
