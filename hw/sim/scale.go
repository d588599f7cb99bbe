package sim

import (
	"fmt"
	"strings"
	"sync"
	"time"
)

// Scale is a scale with 15 kg and steps of 1 g. It speaks by itself as CAS and A&D
// scales do ("ST,GS,+  1.250kg"), or answers "W" as Toledo's do; "Z" sets it to zero.
type Scale struct {
	*Device
	toledo bool
	stop   chan struct{}
	done   chan struct{}

	mu     sync.Mutex
	grams  int64 // what lies on it
	zero   int64 // what it takes for nothing
	moving bool
	silent bool
}

const scaleMost = 15_000 // grams

// NewScale makes a scale that speaks by itself, ten times a second.
func NewScale() (*Scale, error) {
	s, err := newScale(false)
	if err != nil {
		return nil, err
	}
	go func() {
		defer close(s.done)
		t := time.NewTicker(100 * time.Millisecond)
		defer t.Stop()
		for {
			select {
			case <-t.C:
				s.Say(s.line())
			case <-s.stop:
				return
			}
		}
	}()
	return s, nil
}

// NewToledoScale makes a scale that answers when it is asked.
func NewToledoScale() (*Scale, error) {
	s, err := newScale(true)
	if err == nil {
		close(s.done)
	}
	return s, err
}

func newScale(toledo bool) (*Scale, error) {
	s := &Scale{toledo: toledo, stop: make(chan struct{}), done: make(chan struct{})}
	var err error
	s.Device, err = NewDevice(s.took)
	return s, err
}

// Close switches it off.
func (s *Scale) Close() {
	close(s.stop)
	<-s.done
	s.Device.Close()
}

// Put says what lies on it, in grams; it stands still.
func (s *Scale) Put(grams int64) { s.change(func() { s.grams, s.moving = grams, false }) }

// Move makes it move until something is put.
func (s *Scale) Move() { s.change(func() { s.moving = true }) }

// Silence makes it say nothing, or speak again.
func (s *Scale) Silence(silent bool) { s.change(func() { s.silent = silent }) }

// Shows is what it shows, in grams.
func (s *Scale) Shows() (grams int64) { s.change(func() { grams = s.grams - s.zero }); return grams }

func (s *Scale) change(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

func (s *Scale) took(b []byte) {
	for _, c := range b {
		switch c {
		case 'Z':
			s.change(func() { s.zero = s.grams })
		case 'W':
			if s.toledo {
				s.Say(s.answer())
			}
		}
	}
}

// line is what a scale says that speaks by itself.
func (s *Scale) line() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.grams - s.zero
	switch {
	case s.silent:
		return nil
	case s.grams > scaleMost:
		return []byte("OL,GS,       kg\r\n")
	}
	state, sign := "ST", "+"
	if s.moving {
		state = "US"
	}
	if g < 0 {
		sign, g = "-", -g
	}
	return fmt.Appendf(nil, "%s,GS,%s%3d.%03dkg\r\n", state, sign, g/1000, g%1000)
}

// answer is what a Toledo scale says.
func (s *Scale) answer() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.grams - s.zero
	status := byte(0x40)
	switch {
	case s.silent:
		return nil
	case s.moving:
		status |= 1
	case s.grams > scaleMost:
		status |= 2
	case g < 0:
		status |= 4
	default:
		return []byte("\x02" + strings.ReplaceAll(fmt.Sprintf("%2d.%03d", g/1000, g%1000), " ", "0") + "\r")
	}
	return []byte{2, '?', status, '\r'}
}
