package remote

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/sdk/driver"
	hwv1 "github.com/shopwright/shopwright/sdk/driver/proto/shopwright/hw/v1"
)

// Faults.
var (
	ErrAway         = fault.New(fault.Unavailable, "hw.host_away")           // the device's host is not connected
	ErrNotRun       = fault.New(fault.Unavailable, "hw.host_not_running")    // it is, and runs no driver for it
	ErrPairingLimit = fault.New(fault.Exceeded, "hw.too_many_pairing_tries") // {retry_after_seconds}
	errRequest      = fault.New(fault.Invalid, "hw.host_request_malformed")
)

// Store is what the server keeps of hosts; core/device has the rules.
type Store interface {
	Pair(ctx context.Context, code, version, platform string) (device.Host, string, error)
	// Host finds the host of a token. With device.host_revoked it answers the host too.
	Host(ctx context.Context, token string) (device.Host, error)
	Seen(ctx context.Context, h device.Host, version, platform string) error
	Started(ctx context.Context, h device.Host, have []id.ID) error
	Claim(ctx context.Context, h device.Host, n int, have []id.ID) ([]Job, error)
	Tell(ctx context.Context, h device.Host, told []device.Standing) error
	// WithWork lists the hosts that may claim something.
	WithWork(ctx context.Context) ([]id.ID, error)
}

// Options are what Hosts work with.
type Options struct {
	Store   Store
	Clock   clock.Clock
	Log     *slog.Logger
	Events  func(device string, e *driver.Event) // as plugins.Options.Events
	Closing <-chan struct{}                      // closed when the program ends: streams let go; nil: never

	Beat time.Duration // how often a stream shows that it lives; default 10 s
}

// Hosts are the device hosts of this server. Safe for concurrent use.
type Hosts struct {
	o       Options
	limiter limiter

	mu      sync.Mutex
	hosts   map[id.ID]*hosted
	devices map[id.ID]id.ID // the host that a device is at
	calls   map[string]*waiting
}

// hosted is one host; its fields are guarded by Hosts.mu.
type hosted struct {
	merchant id.ID
	config   []Instance
	line     *line // nil: it is away
	status   map[id.ID]Status
	seen     clock.Instant // by this process; 0: never
	noted    clock.Instant // when seen was written down last
	version  string
	platform string
	boot     string
	told     uint64 // the last Happening of that boot
}

// line is a host's stream.
type line struct {
	calls  chan Call
	ring   chan struct{} // config or work changed
	gone   chan struct{} // closed when another stream took its place, or the host was shut out
	why    string        // the reason, set before gone is closed
	once   sync.Once
	config bool // to be sent; guarded by Hosts.mu, like work
	work   bool
}

func (l *line) nudge() {
	select {
	case l.ring <- struct{}{}:
	default:
	}
}

func (l *line) end(why string) { l.once.Do(func() { l.why = why; close(l.gone) }) }

// waiting is a call that has no answer yet.
type waiting struct {
	host   id.ID
	answer chan Answer
	line   *line
}

// Live is what is known of a host at this moment.
type Live struct {
	Connected bool
	Seen      clock.Instant // 0: not since the program started
}

// NewHosts makes the server's side; Run works.
func NewHosts(o Options) *Hosts {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Beat == 0 {
		o.Beat = 10 * time.Second
	}
	return &Hosts{o: o, hosts: map[id.ID]*hosted{}, devices: map[id.ID]id.ID{}, calls: map[string]*waiting{}, limiter: limiter{count: map[string]*tries{}}}
}

// lookForWork is how often jobs are looked for that other processes wrote.
const lookForWork = time.Second

// Run tells hosts of print jobs until ctx ends. wake rings when some were written; what
// other processes write is looked for.
func (h *Hosts) Run(ctx context.Context, wake <-chan struct{}) {
	t := time.NewTicker(lookForWork)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		case <-wake:
		}
		if !h.anybody() {
			continue
		}
		due, err := h.o.Store.WithWork(ctx)
		if err != nil {
			if ctx.Err() == nil {
				h.o.Log.Warn("print jobs of device hosts could not be looked for", "error", err)
			}
			continue
		}
		h.mu.Lock()
		for _, k := range due {
			if v := h.hosts[k]; v != nil && v.line != nil {
				v.line.work = true
				v.line.nudge()
			}
		}
		h.mu.Unlock()
	}
}

func (h *Hosts) anybody() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, v := range h.hosts {
		if v.line != nil {
			return true
		}
	}
	return false
}

// Stand says what every host runs; hosts that are connected hear of changes at once.
func (h *Hosts) Stand(wanted map[id.ID][]Instance) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.devices = map[id.ID]id.ID{}
	for k, list := range wanted {
		for _, d := range list {
			h.devices[d.ID] = k
		}
		h.of(k)
	}
	for k, v := range h.hosts {
		if same(v.config, wanted[k]) {
			continue
		}
		v.config = wanted[k]
		if v.line != nil {
			v.line.config = true
			v.line.nudge()
		}
	}
}

func same(a, b []Instance) bool {
	x, err := json.Marshal(a)
	y, err2 := json.Marshal(b)
	return err == nil && err2 == nil && len(a) == len(b) && bytes.Equal(x, y)
}

func (h *Hosts) of(k id.ID) *hosted {
	v, ok := h.hosts[k]
	if !ok {
		v = &hosted{status: map[id.ID]Status{}}
		h.hosts[k] = v
	}
	return v
}

// Live answers what is known of a host.
func (h *Hosts) Live(host id.ID) Live {
	h.mu.Lock()
	defer h.mu.Unlock()
	v := h.hosts[host]
	if v == nil {
		return Live{}
	}
	return Live{v.line != nil, v.seen}
}

// Drop ends a host's stream, because it was shut out.
func (h *Hosts) Drop(host id.ID, why string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if v := h.hosts[host]; v != nil && v.line != nil {
		v.line.end(why)
	}
}

// Status answers where a device's driver stands at its host. Faults: hw.host_away,
// hw.host_not_running.
func (h *Hosts) Status(dev id.ID) (Status, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	v := h.hosts[h.devices[dev]]
	if v == nil || v.line == nil {
		return Status{}, ErrAway
	}
	st, ok := v.status[dev]
	if !ok {
		return Status{}, ErrNotRun
	}
	return st, nil
}

// At reports whether a device is at a host.
func (h *Hosts) At(dev id.ID) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	_, ok := h.devices[dev]
	return ok
}

// attach makes a stream the host's own and ends an earlier one.
func (h *Hosts) attach(host device.Host) *line {
	l := &line{calls: make(chan Call, 32), ring: make(chan struct{}, 1), gone: make(chan struct{}), config: true, work: true}
	l.nudge()
	h.mu.Lock()
	defer h.mu.Unlock()
	v := h.of(host.ID)
	if v.line != nil {
		v.line.end("")
	}
	v.merchant, v.line, v.seen = host.Merchant, l, h.o.Clock.Now()
	clear(v.status) // it says anew what it runs
	return l
}

// detach ends a stream and every call that went over it.
func (h *Hosts) detach(host id.ID, l *line) {
	l.end("")
	h.mu.Lock()
	defer h.mu.Unlock()
	if v := h.hosts[host]; v != nil && v.line == l {
		v.line, v.seen = nil, h.o.Clock.Now()
	}
}

// seenEvery is how often it is written down that a host is there.
const seenEvery = 20 * time.Second

// saw notes that a host was heard of.
func (h *Hosts) saw(ctx context.Context, host device.Host) {
	h.mu.Lock()
	v := h.of(host.ID)
	v.seen = h.o.Clock.Now()
	due := v.noted == 0 || v.seen.Sub(v.noted) >= seenEvery
	if due {
		v.noted = v.seen
	}
	version, platform := v.version, v.platform
	h.mu.Unlock()
	if !due {
		return
	}
	if version == "" {
		version, platform = host.Version, host.Platform
	}
	if err := h.o.Store.Seen(ctx, host, version, platform); err != nil && ctx.Err() == nil {
		h.o.Log.Warn("that a device host is there was not written down", "host", host.ID, "error", err)
	}
}

// hello notes what a host runs on.
func (h *Hosts) hello(host device.Host, in Hello) {
	h.mu.Lock()
	defer h.mu.Unlock()
	v := h.of(host.ID)
	v.version, v.platform, v.noted = in.Version, in.Platform, 0
}

// reported takes what a host has to say. What it tells of another's devices is passed
// over.
func (h *Hosts) reported(host id.ID, in Report) {
	h.mu.Lock()
	v := h.of(host)
	if in.Full {
		clear(v.status)
	}
	for _, s := range in.Status {
		if h.devices[s.Device] == host {
			v.status[s.Device] = s
		}
	}
	for _, a := range in.Answers {
		if w := h.calls[a.ID]; w != nil && w.host == host {
			delete(h.calls, a.ID)
			w.answer <- a
		}
	}
	if v.boot != in.Boot {
		v.boot, v.told = in.Boot, 0
	}
	var told []Happening
	for _, e := range in.Happenings {
		if e.Seq <= v.told {
			continue
		}
		v.told = e.Seq
		if h.devices[e.Device] == host {
			told = append(told, e)
		}
	}
	h.mu.Unlock()
	now := h.o.Clock.Now()
	for _, x := range told {
		var e driver.Event
		if proto.Unmarshal(x.Event, &e) != nil || !tellable(&e) || h.o.Events == nil {
			continue
		}
		e.AtUnixMicro = min(x.Micros, int64(now))
		h.o.Events(x.Device.String(), &e)
	}
}

// tellable are the events of things on a counter. A connector's are none of a host's.
func tellable(e *driver.Event) bool {
	switch e.GetBody().(type) {
	case *hwv1.Event_Scan, *hwv1.Event_Card, *hwv1.Event_Call, *hwv1.Event_Weight, *hwv1.Event_Drawer, *hwv1.Event_Paper:
		return true
	}
	return false
}
