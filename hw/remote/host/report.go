package host

import (
	"context"
	"reflect"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/hw"
	"github.com/shopwright/shopwright/hw/remote"
	"github.com/shopwright/shopwright/sdk/driver"
)

const (
	reportLimit = 5 * time.Second  // a report takes; what it tells is old by then
	reportEvery = 10 * time.Second // the server hears at least
	lookEvery   = 500 * time.Millisecond
	answerLife  = 30 * time.Second
	answerBytes = 512 << 10 // of answers in one report
	keptTold    = 256
)

// reporter tells the server what devices told, how calls ended and how the drivers
// are. Safe for concurrent use.
type reporter struct {
	boot string
	ring chan struct{}

	mu      sync.Mutex
	seq     uint64
	told    []happening
	answers []answered
	sent    map[id.ID]remote.Status // what the server knows; nil: nothing
}

type happening struct {
	seq   uint64
	dev   id.ID
	at    time.Time
	event []byte
}

type answered struct {
	remote.Answer
	at time.Time
}

func newReporter(boot string) *reporter {
	return &reporter{boot: boot, ring: make(chan struct{}, 1)}
}

// happened takes a driver's event; it never waits.
func (r *reporter) happened(instance string, e *driver.Event) {
	dev, err := id.Parse(instance)
	if err != nil {
		return
	}
	b, err := proto.Marshal(e)
	if err != nil {
		return
	}
	age := max(clock.System{}.Now().Sub(clock.Instant(e.GetAtUnixMicro())), 0)
	r.mu.Lock()
	r.seq++
	if len(r.told) == keptTold {
		r.told = append(r.told[:0:0], r.told[keptTold/2:]...)
	}
	r.told = append(r.told, happening{r.seq, dev, time.Now().Add(-age), b})
	r.mu.Unlock()
	ring(r.ring)
}

func (r *reporter) answer(a remote.Answer) {
	r.mu.Lock()
	r.answers = append(r.answers, answered{a, time.Now()})
	r.mu.Unlock()
	ring(r.ring)
}

// anew says that the server knows nothing of the drivers.
func (r *reporter) anew() {
	r.mu.Lock()
	r.sent = nil
	r.mu.Unlock()
	ring(r.ring)
}

// run tells until ctx ends; connected says whether the server hears.
func (r *reporter) run(ctx context.Context, l *link, connected func() bool, status func() []remote.Status, failed func(error)) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	last := time.Time{}
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.ring:
		case <-tick.C:
		}
		if !connected() {
			continue
		}
		out, happenings, answers, now := r.collect(l, status())
		if len(out.Happenings)+len(out.Answers)+len(out.Status) == 0 && !out.Full && time.Since(last) < reportEvery {
			continue
		}
		limit, cancel := context.WithTimeout(ctx, reportLimit)
		err := l.post(limit, remote.PathReport, out, &struct{}{})
		cancel()
		if err != nil {
			r.putBack(happenings, answers)
			failed(err)
			select {
			case <-ctx.Done():
			case <-time.After(lookEvery):
			}
			continue
		}
		last = time.Now()
		r.mu.Lock()
		r.sent = now
		more := len(r.told)+len(r.answers) > 0
		r.mu.Unlock()
		if more {
			ring(r.ring)
		}
	}
}

// collect takes what there is to tell. What is too old for any register stays here.
func (r *reporter) collect(l *link, status []remote.Status) (out remote.Report, told []happening, answers []answered, now map[id.ID]remote.Status) {
	r.mu.Lock()
	defer r.mu.Unlock()
	out.Boot = r.boot
	t := time.Now()
	earliest := l.times.earliest(t)
	for _, x := range r.told {
		age := t.Sub(x.at)
		if age > hw.InputLife {
			continue
		}
		told = append(told, x)
		out.Happenings = append(out.Happenings, remote.Happening{Seq: x.seq, Device: x.dev, Micros: int64(earliest.Add(-age)), Event: x.event})
	}
	r.told = nil
	size := 0
	var later []answered
	for _, a := range r.answers {
		switch size += len(a.Body); {
		case t.Sub(a.at) > answerLife:
		case size > answerBytes && len(answers) > 0:
			later = append(later, a)
		default:
			answers = append(answers, a)
			out.Answers = append(out.Answers, a.Answer)
		}
	}
	r.answers = later
	now = map[id.ID]remote.Status{}
	changed := len(r.sent) != len(status)
	for _, x := range status {
		now[x.Device] = x
		was, ok := r.sent[x.Device]
		changed = changed || !ok || !reflect.DeepEqual(was, x)
	}
	if !changed && r.sent != nil {
		return out, told, answers, now
	}
	out.Full = true // a host has few devices
	local := clock.System{}.Now()
	for _, x := range status {
		if x.SinceMicros > 0 { // by this machine's clock
			x.SinceMicros = int64(earliest.Add(-local.Sub(clock.Instant(x.SinceMicros))))
		}
		out.Status = append(out.Status, x)
	}
	return out, told, answers, now
}

// putBack keeps what was not heard for the next time.
func (r *reporter) putBack(told []happening, answers []answered) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.told = append(told, r.told...)
	r.answers = append(answers, r.answers...)
	r.sent = nil
}
