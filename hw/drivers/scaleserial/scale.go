package scaleserial

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/shopwright/shopwright/hw/drivers/link"
	"github.com/shopwright/shopwright/hw/port"
	"github.com/shopwright/shopwright/sdk/driver"
)

// Name is the driver's name.
const Name = "scale-serial"

// limits are variables of the driver so that tests need not wait.
type limits struct {
	every  time.Duration // between two questions
	silent time.Duration // without a reading, until the scale is not well
	weigh  time.Duration // the longest that Weigh waits
	zero   time.Duration // for the scale to show nothing
	steady time.Duration // of equal readings, where the scale does not say
}

var usual = limits{every: 150 * time.Millisecond, silent: 3 * time.Second, weigh: 10 * time.Second, zero: 3 * time.Second, steady: 300 * time.Millisecond}

// What a scale can suffer from.
var (
	errForeign = errors.New("what the scale says is not understood: its profile or its speed is another")
	errMoving  = errors.New("the scale moves")
	errBelow   = errors.New("the scale is below zero")
	errNotZero = errors.New("the scale did not go to zero")
)

// Scale is the driver.
type Scale struct {
	driver.Stream
	line link.Link
	lim  limits

	mu      sync.Mutex
	profile profile
	now     reading
	count   uint64        // readings so far
	changed chan struct{} // closed at the next reading
	told    driver.Weight // by the last event
}

type settings struct {
	Address  string `json:"address"`
	Profile  string `json:"profile"`
	Unit     string `json:"unit"`
	Decimals int    `json:"decimals"`
	Pattern  string `json:"pattern"`
	Ask      string `json:"ask"`
	Zero     string `json:"zero"`
}

var (
	_ driver.Driver       = (*Scale)(nil)
	_ driver.Configurable = (*Scale)(nil)
	_ driver.Checker      = (*Scale)(nil)
	_ driver.Eventful     = (*Scale)(nil)
	_ driver.Scale        = (*Scale)(nil)
)

// New makes the driver.
func New() driver.Driver { return newScale(usual) }

func newScale(l limits) *Scale {
	return &Scale{lim: l, changed: make(chan struct{})}
}

// Info implements driver.Driver.
func (s *Scale) Info() driver.Info {
	return driver.Info{ID: Name, Version: "1.0.0", Vendor: "Shopwright", Classes: []string{"Scale"}}
}

// ConfigSchema implements driver.Configurable.
func (s *Scale) ConfigSchema() json.RawMessage {
	return link.Schema("address", link.AddressMember, members)
}

// Configure implements driver.Configurable.
func (s *Scale) Configure(_ context.Context, raw json.RawMessage) error {
	set := settings{Profile: "continuous", Unit: "kg", Decimals: 3}
	if err := link.Decode(raw, &set); err != nil {
		return err
	}
	a, err := port.Parse(set.Address)
	if err != nil {
		return err
	}
	p, err := set.profile()
	if err != nil {
		return err
	}
	s.line.Close()
	s.mu.Lock()
	s.profile = p
	s.mu.Unlock()
	s.line.Start(a, func(ctx context.Context, c *port.Conn) error { return s.serve(ctx, c, p) })
	return nil
}

// Health implements driver.Checker.
func (s *Scale) Health(context.Context) driver.Health { return s.line.Health() }

// serve asks the scale, or listens to it, for as long as it is connected.
func (s *Scale) serve(ctx context.Context, c *port.Conn, p profile) error {
	defer s.took(reading{}) // what it showed does not count any more
	heard, foreign := time.Now(), false
	var steady judge
	for {
		asked := time.Now()
		if p.ask != "" {
			if err := s.line.Send(ctx, []byte(p.ask)); err != nil {
				return err
			}
		}
		wait, cancel := context.WithTimeout(ctx, min(s.lim.silent, 4*s.lim.every))
		line, err := c.ReadLine(wait, p.ends, 80)
		for err == nil && len(line) == 0 { // the second of two ends is no answer to a question
			line, err = c.ReadLine(wait, p.ends, 80)
		}
		cancel()
		if err != nil && (!errors.Is(err, port.ErrSilent) || ctx.Err() != nil) {
			return err
		}
		if err == nil {
			r, ok := p.read(string(line))
			foreign = !ok
			if ok {
				heard = time.Now()
				if r.judge {
					r.stable = steady.stable(r.milligrams, heard, s.lim.steady)
				}
				s.line.Ill(ill(r))
				s.took(r)
			}
		}
		switch {
		case time.Since(heard) < s.lim.silent:
		case foreign:
			s.line.Ill(errForeign)
		default:
			s.line.Ill(port.ErrSilent)
		}
		if p.ask != "" && err == nil {
			rest := time.NewTimer(s.lim.every - time.Since(asked))
			select {
			case <-rest.C:
			case <-ctx.Done():
				rest.Stop()
				return ctx.Err()
			}
		}
	}
}

// ill is what a reading says about the scale itself. Too heavy a load is no illness.
func ill(r reading) error {
	if r.below {
		return errBelow
	}
	return nil
}

// judge tells whether readings stand still, for scales that do not say.
type judge struct {
	milligrams int64
	since      time.Time
	equal      int
}

func (j *judge) stable(mg int64, now time.Time, steady time.Duration) bool {
	if j.equal == 0 || mg != j.milligrams {
		*j = judge{mg, now, 1}
		return false
	}
	j.equal++
	return j.equal >= 3 && now.Sub(j.since) >= steady
}

// took notes a reading, wakes those who wait, and tells of a weight that has settled.
func (s *Scale) took(r reading) {
	s.mu.Lock()
	s.now = r
	if r.known || r.overload {
		s.count++
	}
	close(s.changed)
	s.changed = make(chan struct{})
	w := r.weight()
	tell := (w.Stable || w.Overload) && w != s.told
	if tell {
		s.told = w
	}
	s.mu.Unlock()
	if tell {
		s.Weighed("", w)
	}
}

func (r reading) weight() driver.Weight {
	return driver.Weight{Milligrams: r.milligrams, Stable: r.stable && r.known, Overload: r.overload}
}

// Weigh implements driver.Scale: the first stable weight measured after the call. A
// little before the caller's limit it answers what the scale shows, not stable.
func (s *Scale) Weigh(ctx context.Context, _ string) (driver.Weight, error) {
	return s.until(ctx, s.lim.weigh, func(r reading) bool { return r.overload || r.stable && r.known })
}

// until waits for a reading after the call.
func (s *Scale) until(ctx context.Context, most time.Duration, enough func(reading) bool) (driver.Weight, error) {
	ctx, cancel := link.Before(ctx, most)
	defer cancel()
	s.mu.Lock()
	began := s.count
	s.mu.Unlock()
	for {
		s.mu.Lock()
		r, count, changed := s.now, s.count, s.changed
		s.mu.Unlock()
		if count > began && enough(r) {
			return r.weight(), nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			if err := s.line.Err(); err != nil {
				return driver.Weight{}, err
			}
			switch {
			case !r.known && !r.overload:
				return driver.Weight{}, errMoving
			case count == began:
				return driver.Weight{}, port.ErrSilent
			}
			w := r.weight()
			w.Stable = false
			return w, nil
		}
	}
}

// Zero implements driver.Scale: it sets the scale to zero and answers once it shows
// that.
func (s *Scale) Zero(ctx context.Context, _ string) error {
	s.mu.Lock()
	zero := s.profile.zero
	s.mu.Unlock()
	if zero == "" {
		return fmt.Errorf("%w: a scale of this profile is set to zero by its own key", driver.ErrUnsupported)
	}
	if err := s.line.Send(ctx, []byte(zero)); err != nil {
		return err
	}
	w, err := s.until(ctx, s.lim.zero, func(r reading) bool { return r.stable && r.known && r.milligrams == 0 })
	if err != nil {
		return err
	}
	if !w.Stable {
		return errNotZero
	}
	return nil
}
