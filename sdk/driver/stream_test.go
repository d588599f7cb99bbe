package driver

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"
)

// emit adds scans numbered in their data from 1 on.
func emit(s *Stream, n int) {
	for range n {
		s.mu.Lock()
		next := s.last + 1
		s.mu.Unlock()
		s.Scanned("1", fmt.Append(nil, next), "", "")
	}
}

// hear collects events until it has n of them.
func hear(t *testing.T, s Eventful, since uint64, n int) []*Event {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	enough := errors.New("enough")
	var got []*Event
	err := s.Events(ctx, since, func(e *Event) error {
		if got = append(got, e); len(got) == n {
			return enough
		}
		return nil
	})
	if !errors.Is(err, enough) {
		t.Fatalf("%d events, not %d: %v", len(got), n, err)
	}
	return got
}

// inOrder reports events that do not rise by one from first, or are not of their number.
func inOrder(t *testing.T, got []*Event, first uint64) {
	t.Helper()
	for i, e := range got {
		want := first + uint64(i)
		if e.GetSequence() != want || string(e.GetScan().GetData()) != fmt.Sprint(want) || e.GetDevice() != "1" || e.GetAtUnixMicro() == 0 {
			t.Fatalf("in place %d: %v, want %d", i, e, want)
		}
	}
}

func TestStreamRepeatsWhatCameAfterANumber(t *testing.T) {
	var s Stream
	emit(&s, 100)
	inOrder(t, hear(t, &s, 1, 99), 2)
	inOrder(t, hear(t, &s, 60, 40), 61)
	inOrder(t, hear(t, &s, 99, 1), 100)
}

func TestStreamFromNowOn(t *testing.T) {
	var s Stream
	emit(&s, 5)
	got := make(chan *Event, 10)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- s.Events(ctx, 0, func(e *Event) error { got <- e; return nil }) }()
	for waits := false; !waits; time.Sleep(time.Millisecond) {
		s.mu.Lock()
		waits = s.changed != nil
		s.mu.Unlock()
	}
	if len(got) > 0 {
		t.Errorf("an event of before: %v", <-got)
	}
	emit(&s, 2)
	inOrder(t, []*Event{<-got, <-got}, 6)
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	emit(&s, 1)
	if len(got) > 0 {
		t.Errorf("an event after the end: %v", <-got)
	}
}

func TestStreamKnowsEveryKindOfEvent(t *testing.T) {
	var s Stream
	s.Scanned("d", []byte("690"), "ean13", ScanToPay)
	s.Presented("d", Card{Number: "1", Technology: "ic", Data: []byte{7}})
	s.Weighed("d", Weight{Milligrams: 5, Stable: true, Overload: true})
	s.DrawerIs("d", true)
	s.Called("d", "110")
	s.PaperIs("d", true, true)
	s.Noticed("n", "ref", PaymentStatus{State: PaymentPaid, ProviderID: "p", Paid: 3})
	s.Scanned("last", nil, "", "")
	got := hear(t, &s, 1, 7)
	s.mu.Lock()
	first := s.kept[0]
	s.mu.Unlock()
	if e := first.GetScan(); string(e.GetData()) != "690" || e.GetSymbology() != "ean13" || e.GetPurpose() != "pay" {
		t.Errorf("%v", first)
	}
	if e := got[0].GetCard(); e.GetNumber() != "1" || e.GetTechnology() != "ic" || len(e.GetData()) != 1 {
		t.Errorf("%v", got[0])
	}
	if e := got[1].GetWeight(); e.GetMilligrams() != 5 || !e.GetStable() || !e.GetOverload() {
		t.Errorf("%v", got[1])
	}
	if !got[2].GetDrawer().GetOpen() || got[3].GetCall().GetNumber() != "110" || !got[4].GetPaper().GetOut() || !got[4].GetPaper().GetLow() {
		t.Errorf("%v", got)
	}
	if e := got[5].GetPayment(); e.GetId() != "n" || e.GetReference() != "ref" || e.GetPayment().GetPaid() != 3 || e.GetPayment().GetProviderId() != "p" {
		t.Errorf("%v", got[5])
	}
}

// A listener that takes its time holds up neither the driver nor another listener, and
// misses nothing that is kept.
func TestStreamWithAListenerThatIsAway(t *testing.T) {
	var s Stream
	emit(&s, 1)
	back, away, slow := make(chan struct{}), make(chan struct{}), make(chan []*Event)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		var got []*Event
		_ = s.Events(ctx, 1, func(e *Event) error {
			if got = append(got, e); len(got) == 1 {
				close(away)
				<-back
			}
			if len(got) == 500 {
				slow <- got
			}
			return nil
		})
	}()
	emit(&s, 1)
	<-away
	emit(&s, 499)
	inOrder(t, hear(t, &s, 1, 500), 2)
	close(back)
	inOrder(t, <-slow, 2)
}

// What is no longer kept is missing at the front, never in the middle.
func TestStreamKeepsTheLatest(t *testing.T) {
	for _, n := range []int{streamSize - 1, streamSize, streamSize + 1, 3*streamSize + 17} {
		var s Stream
		emit(&s, n)
		s.mu.Lock()
		kept := len(s.kept)
		s.mu.Unlock()
		if kept > streamSize || kept < min(n, streamSize/2) {
			t.Errorf("%d of %d are kept", kept, n)
		}
		if n > streamSize {
			inOrder(t, hear(t, &s, 1, kept), uint64(n-kept+1))
		} else {
			inOrder(t, hear(t, &s, 1, n-1), 2)
		}
	}
}

func TestStreamIsSafeForConcurrentUse(t *testing.T) {
	var s Stream
	s.Scanned("1", nil, "", "")
	const writers, each = 8, 100 // fewer than are kept
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i, e := range hear(t, &s, 1, writers*each) {
				if e.GetSequence() != uint64(i)+2 {
					t.Errorf("in place %d: %d", i, e.GetSequence())
					return
				}
			}
		})
	}
	for range writers {
		wg.Go(func() {
			for range each {
				s.Called("1", "110")
			}
		})
	}
	wg.Wait()
}

// streaming is a driver with a stream and nothing else.
type streaming struct {
	plain
	Stream
}

// A host whose connection broke takes up the stream where it was.
func TestStreamAcrossAReconnection(t *testing.T) {
	d := &streaming{}
	c := dialed(t, d)
	emit(&d.Stream, 10)
	first := hear(t, c, 1, 4)
	inOrder(t, first, 2)
	emit(&d.Stream, 10)
	inOrder(t, hear(t, c, first[3].GetSequence(), 15), 6)
}
