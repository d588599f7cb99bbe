package scaleserial

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shopwright/shopwright/hw/port"
	"github.com/shopwright/shopwright/hw/sim"
	"github.com/shopwright/shopwright/sdk/driver"
)

var quick = limits{every: 30 * time.Millisecond, silent: 400 * time.Millisecond, weigh: 2 * time.Second, zero: time.Second, steady: 60 * time.Millisecond}

func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for n := 0; !ok(); n++ {
		if n > 2000 {
			t.Fatalf("not within ten seconds: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func joined(t *testing.T, address, more string) *Scale {
	t.Helper()
	s := newScale(quick)
	t.Cleanup(s.line.Close)
	if err := s.Configure(t.Context(), json.RawMessage(fmt.Sprintf(`{"address":%q%s}`, address, more))); err != nil {
		t.Fatal(err)
	}
	return s
}

// each runs a test with both kinds of scale.
func each(t *testing.T, f func(t *testing.T, s *Scale, dev *sim.Scale)) {
	for name, build := range map[string]func() (*sim.Scale, error){"continuous": sim.NewScale, "toledo8217": sim.NewToledoScale} {
		t.Run(name, func(t *testing.T) {
			dev, err := build()
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(dev.Close)
			s := joined(t, dev.Address(), fmt.Sprintf(`,"profile":%q`, name))
			until(t, "connected", func() bool { return dev.Connected() == 1 && s.Health(t.Context()).OK })
			f(t, s, dev)
		})
	}
}

func TestWeighs(t *testing.T) {
	each(t, func(t *testing.T, s *Scale, dev *sim.Scale) {
		for _, grams := range []int64{1250, 0, 5, 14999} {
			dev.Put(grams)
			time.Sleep(120 * time.Millisecond) // what was on its way before has arrived
			w, err := s.Weigh(t.Context(), "")
			if err != nil || w != (driver.Weight{Milligrams: grams * 1000, Stable: true}) {
				t.Errorf("%d g: %+v %v", grams, w, err)
			}
		}
	})
}

func TestAMovingScaleIsWaitedFor(t *testing.T) {
	each(t, func(t *testing.T, s *Scale, dev *sim.Scale) {
		dev.Put(100)
		dev.Move()
		time.Sleep(150 * time.Millisecond)
		go func() {
			time.Sleep(300 * time.Millisecond)
			dev.Put(777)
		}()
		began := time.Now()
		w, err := s.Weigh(t.Context(), "")
		if took := time.Since(began); err != nil || w != (driver.Weight{Milligrams: 777_000, Stable: true}) || took < 250*time.Millisecond {
			t.Errorf("%+v %v after %v", w, err, took)
		}
		dev.Move()
		time.Sleep(150 * time.Millisecond)
		ctx, cancel := context.WithTimeout(t.Context(), 400*time.Millisecond)
		defer cancel()
		w, err = s.Weigh(ctx, "")
		if ctx.Err() != nil {
			t.Error("the answer comes after the caller's limit")
		}
		if err == nil && (w.Stable || w.Milligrams != 777_000) || err != nil && !errors.Is(err, errMoving) {
			t.Errorf("%+v %v", w, err)
		}
	})
}

func TestTooHeavyIsToldAtOnce(t *testing.T) {
	each(t, func(t *testing.T, s *Scale, dev *sim.Scale) {
		dev.Put(20_000)
		time.Sleep(120 * time.Millisecond)
		if w, err := s.Weigh(t.Context(), ""); err != nil || !w.Overload || w.Stable {
			t.Errorf("%+v %v", w, err)
		}
		if h := s.Health(t.Context()); !h.OK {
			t.Errorf("a load is no illness: %+v", h)
		}
	})
}

func TestZero(t *testing.T) {
	each(t, func(t *testing.T, s *Scale, dev *sim.Scale) {
		dev.Put(33)
		time.Sleep(120 * time.Millisecond)
		if err := s.Zero(t.Context(), ""); err != nil || dev.Shows() != 0 {
			t.Errorf("%v, it shows %d", err, dev.Shows())
		}
		dev.Put(133)
		time.Sleep(120 * time.Millisecond)
		if w, err := s.Weigh(t.Context(), ""); err != nil || w.Milligrams != 100_000 {
			t.Errorf("%+v %v", w, err)
		}
		dev.Move() // a moving scale does not go to zero
		if err := s.Zero(t.Context(), ""); err == nil {
			t.Error("it is said to be at zero")
		}
	})
}

func TestASilentScaleIsNotWell(t *testing.T) {
	each(t, func(t *testing.T, s *Scale, dev *sim.Scale) {
		dev.Put(10)
		dev.Silence(true)
		until(t, "not well", func() bool { return s.Health(t.Context()).Reason == port.ErrSilent.Error() })
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		if w, err := s.Weigh(ctx, ""); !errors.Is(err, port.ErrSilent) {
			t.Errorf("%+v %v", w, err)
		}
		dev.Silence(false)
		until(t, "well", func() bool { return s.Health(t.Context()).OK })
		dev.HangUp()
		if w, err := s.Weigh(t.Context(), ""); err != nil || w.Milligrams != 10_000 {
			t.Errorf("it does not weigh after the line broke: %+v %v", w, err)
		}
	})
}

func TestSettledWeightsAreEvents(t *testing.T) {
	each(t, func(t *testing.T, s *Scale, dev *sim.Scale) {
		events := sim.Listen(t.Context(), &s.Stream)
		for _, grams := range []int64{500, 0, 20_000} {
			dev.Put(grams)
			for {
				var w *driver.Event
				select {
				case w = <-events:
				case <-time.After(5 * time.Second):
					t.Fatalf("no event of %d g", grams)
				}
				if g := w.GetWeight(); g.GetOverload() && grams > 15_000 || g.GetStable() && g.GetMilligrams() == grams*1000 {
					break
				} else if g.GetMilligrams() != 0 {
					t.Errorf("an event of %d mg", g.GetMilligrams())
				}
			}
		}
		time.Sleep(200 * time.Millisecond)
		if len(events) > 0 {
			t.Errorf("the same weight again: %v", <-events)
		}
	})
}

// A scale that says no more than numbers is stable when they stand still.
func TestGenericJudgesByItself(t *testing.T) {
	dev, err := sim.NewDevice(func([]byte) {})
	if err != nil {
		t.Fatal(err)
	}
	defer dev.Close()
	s := joined(t, dev.Address(), `,"profile":"generic","pattern":"^W(?P<weight>[0-9]+)$","unit":"g"`)
	until(t, "connected", func() bool { return dev.Connected() == 1 })
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			case <-time.After(20 * time.Millisecond):
				dev.Say(fmt.Appendf(nil, "W%d\r\n", min(i, 20)))
			}
		}
	}()
	if w, err := s.Weigh(t.Context(), ""); err != nil || w != (driver.Weight{Milligrams: 20_000, Stable: true}) {
		t.Errorf("%+v %v", w, err)
	}
	if err := s.Zero(t.Context(), ""); !errors.Is(err, driver.ErrUnsupported) {
		t.Error(err)
	}
}

// A scale that ends its answers with two characters is asked once for each answer:
// more questions than answers read would make it lag behind.
func TestAQuestionForAnAnswer(t *testing.T) {
	var asked atomic.Int64
	var dev *sim.Device
	dev, err := sim.NewDevice(func(b []byte) {
		for range b {
			dev.Say(fmt.Appendf(nil, "%d g\r\n", asked.Add(1)))
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	defer dev.Close()
	s := joined(t, dev.Address(), `,"profile":"generic","ask":"\\x05","pattern":"^(?P<weight>[0-9]+) (?P<unit>g)(?P<moving>M)?$"`)
	until(t, "thirty answers", func() bool { return asked.Load() >= 30 })
	w, err := s.Weigh(t.Context(), "")
	if lag := asked.Load() - w.Milligrams/1000; err != nil || lag > 2 {
		t.Errorf("%d answers behind: %+v %v", lag, w, err)
	}
}

func TestAnotherLanguageIsToldAsThat(t *testing.T) {
	dev, err := sim.NewScale()
	if err != nil {
		t.Fatal(err)
	}
	defer dev.Close()
	s := joined(t, dev.Address(), `,"profile":"generic","pattern":"^W(?P<weight>[0-9]+)$"`)
	until(t, "told", func() bool { return strings.Contains(s.Health(t.Context()).Reason, "not understood") })
}

func TestWrongSettings(t *testing.T) {
	for _, bad := range []string{`{}`, `{"address":"tcp:h:1","profile":"q"}`, `{"address":"tcp:h:1","unit":"stone"}`, `{"address":"tcp:h:1","profile":"toledo8217","decimals":9}`,
		`{"address":"tcp:h:1","profile":"generic"}`, `{"address":"tcp:h:1","profile":"generic","pattern":"("}`, `{"address":"x"}`, `{"address":"tcp:h:1","colour":1}`} {
		if err := New().(*Scale).Configure(t.Context(), json.RawMessage(bad)); err == nil {
			t.Errorf("%s was taken", bad)
		}
	}
}
