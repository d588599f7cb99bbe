package drivertest

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/shopwright/shopwright/sdk/driver"
)

// Target is the driver to be checked, and what the suite may do with its device.
type Target struct {
	Command []string        // how to start it; it gets no environment but the protocol's
	Config  json.RawMessage // settings it works with
	Wrong   json.RawMessage // settings it must refuse; nil: it has none that are wrong

	// Printed counts how often a job's attempt came out of the device. The
	// suite prints documents (a label printer: labels) with the text
	// "<job> #<attempt>". nil: counted on Paper, where there is one.
	Printed func(job string, attempt int) int

	// Paper is the device, for a driver that prints text as a stream of bytes; the
	// settings name its address. With it the suite pulls plugs, stalls and kills in
	// the middle of a job.
	Paper *Paper

	// Happen has the device report one event.
	Happen func()

	// Pulses counts the pulses that the drawer got.
	Pulses func() int

	// Unplug takes the device away and Plug gives it back, for drivers whose Health
	// knows. Both or none; Paper's are used where there is one and they are nil.
	Unplug, Plug func()

	// Payments says that the settings are of a provider's test account, so that
	// payments may be made.
	Payments bool

	// Messages is a message that may be sent: the settings are of a provider's test
	// account, and the recipient is one that expects it. Its key and attempt are the
	// suite's. A driver of cards gets Card as well.
	Messages *driver.Message
	Card     *driver.CardUpdate
}

// Result is what came of one check.
type Result struct {
	Name     string
	Skipped  string   // why it was not made; "" = it was
	Failures []string // none = passed
	Took     time.Duration
}

// Run runs the suite as tests.
func Run(t *testing.T, target Target) {
	s := newSuite(target)
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) {
			r := s.do(t.Context(), c)
			if r.Skipped != "" {
				t.Skip(r.Skipped)
			}
			for _, f := range r.Failures {
				t.Error(f)
			}
		})
	}
}

// Suite runs the suite outside of tests, reports each check as it ends, and answers
// whether all of them passed or were skipped.
func Suite(ctx context.Context, target Target, report func(Result)) bool {
	s, passed := newSuite(target), true
	for _, c := range checks {
		r := s.do(ctx, c)
		passed = passed && len(r.Failures) == 0
		report(r)
	}
	return passed && ctx.Err() == nil
}

// check is one thing that a driver must do.
type check struct {
	name  string
	needs func(*suite) string // why it cannot be made, or ""
	run   func(*T)
}

var checks = []check{
	{"says who it is", nil, identity},
	{"serves what it says", nil, serves},
	{"refuses wrong settings", hasWrong, wrong},
	{"answers health in time", nil, healthy},
	{"lists its devices at once", nil, lists},
	{"ends when asked", nil, ends},
	{"ends with its parent", nil, orphan},
	{"is not run by hand", nil, byHand},
	{"survives junk", nil, junk},
	{"survives 10,000 fuzzed frames", nil, frames},
	{"survives fuzzed messages", nil, fuzzedMessages},
	{"leaks nothing", hasProc, leaks},
	{"knows when its device is away", hasPlug, unplugged},

	{"prints an attempt once", prints, replay},
	{"prints an attempt once when asked at once", prints, concurrent},
	{"prints the next attempt", prints, reprint},
	{"never guesses after a kill", prints, killed},
	{"cancels nothing that is printed", cancels, cancelled},
	{"refuses jobs without a name", serve("Printer"), nameless},
	{"cancels what waits", onPaper, cancelWaiting},
	{"prints to a slow reader", onPaper, slowReader},
	{"gives up on a device that hangs", onPaper, hanging},
	{"tells what was cut off", onPaper, cutOff},
	{"prints again when plugged in again", onPaper, pluggedIn},
	{"never guesses after a kill at byte k", onPaper, killedAt},

	{"numbers its events", hasEvents, numbered},
	{"repeats events after a number", hasEvents, repeats},
	{"reports to two listeners", hasEvents, listeners},

	{"opens a drawer once", hasPulses, opensOnce},
	{"never opens a drawer late", hasPulses, opensLate},
	{"shows what it is told", serve("Display"), shows},
	{"weighs in time", serve("Scale"), weighs},
	{"arms and disarms", serve("PayBox"), arms},
	{"waits for a card no longer than asked", serve("CardStation"), readsCards},
	{"moves no money twice", hasPayments, pays},
	{"tells orders again and pages them", hasShop, tellsOrders},
	{"sends no message twice", hasMessages, sends},
	{"says who signs in", serve("Identity"), signsIn},
	{"keeps cards up to date", hasMessages, keepsCards},
}

// suite is one run over a target.
type suite struct {
	Target
	printer bool // whoever wrote the target takes it for one
	info    driver.Info
	infoErr error
	asked   sync.Once
}

func newSuite(target Target) *suite {
	s := &suite{Target: target, printer: target.Printed != nil}
	if s.Paper != nil {
		if s.Printed == nil {
			s.Printed = s.Paper.Count
		}
		if s.Unplug == nil && s.Plug == nil {
			s.Unplug, s.Plug = s.Paper.Unplug, s.Paper.Plug
		}
	}
	return s
}

// who asks the driver once who it is.
func (s *suite) who(ctx context.Context) {
	s.asked.Do(func() {
		t := &T{ctx: ctx, suite: s}
		defer t.clean()
		defer func() {
			if r := recover(); r != nil && r != any(errStopped) {
				panic(r)
			}
			if s.info.ID == "" && s.infoErr == nil {
				s.infoErr = fmt.Errorf("it does not start: %v", t.failures)
			}
		}()
		s.info, s.infoErr = t.start(false).Info(ctx)
	})
}

func (s *suite) do(ctx context.Context, c check) (r Result) {
	r.Name = c.name
	began := time.Now()
	defer func() { r.Took = time.Since(began) }()
	s.who(ctx)
	if s.infoErr != nil {
		if c.name == checks[0].name {
			r.Failures = []string{s.infoErr.Error()}
		} else {
			r.Skipped = "it does not start"
		}
		return r
	}
	if c.needs != nil {
		if r.Skipped = c.needs(s); r.Skipped != "" {
			return r
		}
	}
	t := &T{ctx: ctx, suite: s}
	func() {
		defer t.clean()
		defer func() {
			if p := recover(); p != nil && p != any(errStopped) {
				panic(p)
			}
		}()
		c.run(t)
	}()
	if r.Failures = t.failures; len(r.Failures) > 0 {
		r.Skipped = ""
	} else {
		r.Skipped = t.skipped
	}
	return r
}

// What checks need.

func serve(capability string) func(*suite) string {
	return func(s *suite) string {
		if !s.info.Serves(capability) {
			return "the driver does not serve " + capability
		}
		return ""
	}
}

func hasWrong(s *suite) string {
	if s.Wrong == nil {
		return "no wrong settings are given"
	}
	return ""
}

func prints(s *suite) string {
	if !s.info.Serves("Printer") && !s.info.Serves("Labeler") {
		return "the driver prints nothing"
	}
	if s.Printed == nil {
		return "nobody counts what is printed"
	}
	return ""
}

func cancels(s *suite) string {
	if !s.info.Prints() {
		return "the driver does not serve Printer"
	}
	return prints(s)
}

func onPaper(s *suite) string {
	if !s.info.Prints() {
		return "the driver does not serve Printer"
	}
	if s.Paper == nil {
		return "its device is no stream that the suite holds"
	}
	return ""
}

func hasEvents(s *suite) string {
	if s.Happen == nil {
		return "nothing can be made to happen"
	}
	return ""
}

func hasPulses(s *suite) string {
	if !s.info.Kicks() {
		return "the driver does not serve Drawer"
	}
	if s.Pulses == nil {
		return "nobody counts the pulses"
	}
	return ""
}

func hasPlug(s *suite) string {
	if s.Unplug == nil || s.Plug == nil {
		return "its device cannot be unplugged"
	}
	return ""
}

func hasPayments(s *suite) string {
	if !s.info.Serves("Acquirer") {
		return "the driver does not serve Acquirer"
	}
	if !s.Payments {
		return "the settings are not of a test account"
	}
	return ""
}
