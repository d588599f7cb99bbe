package driver

import (
	"context"
	"sync"
	"time"

	hwv1 "github.com/shopwright/shopwright/sdk/driver/proto/shopwright/hw/v1"
)

// Stream makes a driver Eventful: embed it, and call one of its methods when
// something happens. It numbers events, keeps the last few for a host that
// reconnects, and drops none for one that listens. Safe for concurrent use. The
// zero value is ready.
type Stream struct {
	mu      sync.Mutex
	last    uint64
	kept    []*Event
	changed chan struct{} // closed at the next event
}

// streamSize is how many events are kept: minutes of a busy till.
const streamSize = 1024

// Scanned tells that a code was read.
func (s *Stream) Scanned(device string, data []byte, symbology, purpose string) {
	s.add(&Event{Device: device, Body: &hwv1.Event_Scan{Scan: &hwv1.Scan{Data: data, Symbology: symbology, Purpose: purpose}}})
}

// Presented tells that a card was read.
func (s *Stream) Presented(device string, c Card) {
	s.add(&Event{Device: device, Body: &hwv1.Event_Card{Card: cardOut(c)}})
}

// Weighed tells what lies on a scale.
func (s *Stream) Weighed(device string, w Weight) {
	s.add(&Event{Device: device, Body: &hwv1.Event_Weight{Weight: &hwv1.Weight{Milligrams: w.Milligrams, Stable: w.Stable, Overload: w.Overload}}})
}

// DrawerIs tells that a drawer was opened or closed.
func (s *Stream) DrawerIs(device string, open bool) {
	s.add(&Event{Device: device, Body: &hwv1.Event_Drawer{Drawer: &hwv1.DrawerState{Open: open}}})
}

// Called tells that the telephone rings.
func (s *Stream) Called(device, number string) {
	s.add(&Event{Device: device, Body: &hwv1.Event_Call{Call: &hwv1.Call{Number: number}}})
}

// PaperIs tells how the paper is.
func (s *Stream) PaperIs(device string, out, low bool) {
	s.add(&Event{Device: device, Body: &hwv1.Event_Paper{Paper: &hwv1.Paper{Out: out, Low: low}}})
}

// Noticed tells what a payment provider told by itself; id is the provider's.
func (s *Stream) Noticed(id, reference string, p PaymentStatus) {
	s.add(&Event{Body: &hwv1.Event_Payment{Payment: &hwv1.PaymentNotice{Id: id, Reference: reference, Payment: PaymentMessage(p)}}})
}

func (s *Stream) add(e *Event) {
	e.AtUnixMicro = time.Now().UnixMicro()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last++
	e.Sequence = s.last
	if len(s.kept) == streamSize {
		s.kept = append(s.kept[:0:0], s.kept[streamSize/2:]...)
	}
	s.kept = append(s.kept, e)
	if s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
}

// Events implements Eventful.
func (s *Stream) Events(ctx context.Context, since uint64, happened func(*Event) error) error {
	if since == 0 {
		s.mu.Lock()
		since = s.last
		s.mu.Unlock()
	}
	for {
		s.mu.Lock()
		var next []*Event
		for i := len(s.kept); i > 0 && s.kept[i-1].Sequence > since; i-- {
			next = s.kept[i-1:]
		}
		next = append([]*Event(nil), next...)
		if s.changed == nil {
			s.changed = make(chan struct{})
		}
		changed := s.changed
		s.mu.Unlock()
		for _, e := range next {
			if err := happened(e); err != nil {
				return err
			}
			since = e.Sequence
		}
		if len(next) > 0 {
			continue
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil
		}
	}
}
