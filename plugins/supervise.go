package plugins

import (
	"context"
	"errors"
	"log/slog"
	"os/exec"
	"sync"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/sdk/driver"
)

// supervised is one driver and its supervisor.
type supervised struct {
	h      *Host
	in     Instance
	log    *slog.Logger
	ctx    context.Context
	cancel context.CancelFunc
	ended  chan struct{} // closed when the supervisor has ended
	retry  chan struct{} // Restart
	rec    *recorder
	meter  meter

	mu      sync.Mutex
	status  Status
	changed chan struct{} // closed and replaced at each change
	current *running      // nil where none is up
	byHand  bool          // the death that comes was asked for

	deaths  []clock.Instant // within the window; only the supervisor touches it
	renewed int             // starts that it asked for; likewise
}

func newSupervised(h *Host, in Instance) *supervised {
	ctx, cancel := context.WithCancel(context.Background())
	var called func(context.Context, string)
	if h.o.Called != nil {
		called = func(ctx context.Context, method string) { h.o.Called(ctx, in.ID, method) }
	}
	return &supervised{
		h: h, in: in, ctx: ctx, cancel: cancel,
		log:     h.o.Log.With("driver", in.Driver, "instance", in.ID),
		rec:     &recorder{clock: h.o.Clock, scrub: h.scrub, called: called},
		ended:   make(chan struct{}),
		retry:   make(chan struct{}, 1),
		changed: make(chan struct{}),
		status:  Status{ID: in.ID, Driver: in.Driver, Version: in.Version, State: Verified, Since: h.o.Clock.Now()},
	}
}

// run is the supervisor: verify once, then start, watch, bury and start again
// until the instance is stopped.
func (s *supervised) run() {
	defer close(s.ended)
	defer s.enter(Stopped, nil)
	cmd, err := s.h.store.command(s.in.Driver, s.in.Version, s.in.Trust)
	for err != nil {
		s.log.Error("driver refused", "err", err)
		s.enter(Quarantined, err)
		if !s.sleep(-1) {
			return
		}
		cmd, err = s.h.store.command(s.in.Driver, s.in.Version, s.in.Trust)
	}
	for first := true; ; first = false {
		if !first {
			s.mu.Lock()
			s.status.Restarts++
			s.mu.Unlock()
		}
		s.enter(Starting, nil)
		r, err := s.h.launch(s.ctx, cmd, s.in.Config, true, s.log, s.rec)
		if err == nil {
			s.up(r)
			listening, hush := context.WithCancel(s.ctx)
			heard := make(chan struct{})
			go func() { defer close(heard); s.listen(listening, r) }()
			err = s.watch(r)
			hush()
			s.down()
			<-heard // no event follows Stop, and none of the next process comes before it
			if s.ctx.Err() != nil {
				r.stop()
				return
			}
			s.enter(Killed, err)
			r.end()
		}
		if s.ctx.Err() != nil {
			return
		}
		s.log.Warn("driver died", "err", err)
		s.meter.died(err)
		if !s.rest(err) {
			return
		}
	}
}

// rest decides after a death what comes next, and waits for it. It answers
// false where the instance was stopped meanwhile.
func (s *supervised) rest(why error) bool {
	if errors.Is(why, errSettings) { // another start would be refused likewise
		s.enter(Quarantined, why)
		return s.sleep(-1)
	}
	if errors.Is(why, errRenewed) && s.renewed < renewMost { // it asked for a start: that is no crash
		s.renewed++
		s.enter(Backoff, why)
		return s.sleep(s.h.o.RenewRest)
	}
	now := s.h.o.Clock.Now()
	kept := s.deaths[:0]
	for _, at := range s.deaths {
		if now.Sub(at) < crashWindow {
			kept = append(kept, at)
		}
	}
	s.deaths = append(kept, now)
	if len(s.deaths) >= crashLimit {
		s.log.Error("driver quarantined", "deaths", len(s.deaths), "err", why)
		s.enter(Quarantined, errTooOften.With("times", len(s.deaths)).Wrap(why))
		return s.sleep(-1)
	}
	d := backoff(len(s.deaths))
	if d == 0 {
		return true
	}
	s.enter(Backoff, why)
	return s.sleep(d)
}

// sleep waits that long (negative: for ever), or until Restart, which forgets
// the deaths. It answers false where the instance was stopped.
func (s *supervised) sleep(d time.Duration) bool {
	var over <-chan time.Time
	if d >= 0 {
		t := time.NewTimer(d)
		defer t.Stop()
		over = t.C
	}
	select {
	case <-s.ctx.Done():
		return false
	case <-over:
	case <-s.retry:
		s.deaths, s.renewed = nil, 0
	}
	return true
}

// watch asks a driver's health until it dies, hangs or is stopped, and answers
// why.
func (s *supervised) watch(r *running) error {
	tick := time.NewTicker(s.h.o.HealthEvery)
	defer tick.Stop()
	for {
		if h, err := s.health(r); err == nil {
			if h.OK {
				s.enter(Ready, nil)
			} else {
				s.enter(Degraded, errDeviceBad.Wrap(errors.New(h.Reason)))
			}
		} else if s.ctx.Err() == nil && r.proc.alive() {
			s.enter(Suspect, errHung.Wrap(err))
			if _, err := s.health(r); err != nil && r.proc.alive() && s.ctx.Err() == nil {
				return errHung.Wrap(err)
			}
			continue // it came back; ask again at once what it says
		}
		select {
		case <-s.ctx.Done():
			return s.ctx.Err()
		case <-r.proc.done:
			s.mu.Lock()
			hand := s.byHand
			s.byHand = false
			s.mu.Unlock()
			if hand {
				return errKilled
			}
			var code *exec.ExitError
			if errors.As(r.proc.exit, &code) && code.ExitCode() == driver.ExitRenew {
				return errRenewed
			}
			if r.proc.exit != nil {
				return errCrashed.Wrap(r.proc.exit)
			}
			return errCrashed.Wrap(errors.New("the process ended by itself"))
		case <-tick.C:
		}
	}
}

// listen hands on what the driver's devices report, for as long as it lives. A
// stream that breaks is taken up again where it broke.
func (s *supervised) listen(ctx context.Context, r *running) {
	if s.h.o.Events == nil {
		return
	}
	var since uint64
	for ctx.Err() == nil {
		err := r.drv.Events(ctx, since, func(e *driver.Event) error {
			since = e.GetSequence()
			s.h.o.Events(s.in.ID, e)
			return ctx.Err()
		})
		if ctx.Err() != nil || errors.Is(err, driver.ErrUnsupported) {
			return
		}
		s.log.Debug("the stream of events broke", "err", err)
		select {
		case <-ctx.Done():
		case <-r.proc.done:
			return
		case <-time.After(backoffFirst):
		}
	}
}

// health asks once, within the deadline.
func (s *supervised) health(r *running) (driver.Health, error) {
	ctx, cancel := context.WithTimeout(s.ctx, s.h.o.HealthDeadline)
	defer cancel()
	began := time.Now()
	got, err := r.drv.Health(ctx)
	if s.ctx.Err() == nil {
		s.meter.asks(time.Since(began), err)
	}
	return got, err
}

func (s *supervised) up(r *running) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.current = r
	s.byHand = false
	s.status.PID = r.proc.pid()
	s.status.Version = r.info.Version
}

func (s *supervised) down() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.current = nil
	s.status.PID = 0
}

// enter notes a state, with the reason and detail of why where there is one.
func (s *supervised) enter(state State, why error) {
	reason, text := "", ""
	if why != nil {
		reason, text = fault.Of(why).Reason, detail(why)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.status.State == state && s.status.Reason == reason && s.status.Detail == text {
		return
	}
	s.rec.state(state, reason, text)
	s.log.Debug("driver state", "from", s.status.State, "to", state, "reason", reason, "detail", text)
	if s.status.State != state {
		s.status.Since = s.h.o.Clock.Now()
	}
	s.status.State, s.status.Reason, s.status.Detail = state, reason, text
	close(s.changed)
	s.changed = make(chan struct{})
}

// look answers the status and a channel that is closed at its next change.
func (s *supervised) look() (Status, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.status, s.changed
}

func (s *supervised) client() (*driver.Client, driver.Info, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current == nil || !s.status.Usable() {
		return nil, driver.Info{}, false
	}
	return s.current.drv, s.current.info, true
}

func (s *supervised) killByHand() error {
	s.mu.Lock()
	r := s.current
	s.byHand = r != nil
	s.mu.Unlock()
	if r == nil {
		return ErrNotReady.With("id", s.in.ID)
	}
	r.proc.kill()
	return nil
}

func (s *supervised) again() {
	select {
	case s.retry <- struct{}{}:
	default:
	}
}
