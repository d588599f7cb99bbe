package host

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"

	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/hw"
	"github.com/shopwright/shopwright/hw/remote"
	"github.com/shopwright/shopwright/sdk/driver"
)

// Drivers runs driver processes; the plugin host does.
type Drivers interface {
	hw.Printers
	hw.Labelers
	Start(ctx context.Context, in remote.Instance) error
	Stop(ctx context.Context, dev id.ID) error
	Kill(dev id.ID) error
	Restart(dev id.ID) error
	// Record writes down what the driver and the program told each other last.
	Record(w io.Writer, dev id.ID) error
	// Status lists the drivers; SinceMicros is by this machine's clock.
	Status() []remote.Status
	// Conn answers the connection to a driver that can be asked now.
	Conn(dev id.ID) (grpc.ClientConnInterface, bool)
}

// Options are what a host works with.
type Options struct {
	Identity Identity
	Dir      string // of the spool; locked by the caller
	Version  string // of the program
	Platform string
	Log      *slog.Logger
}

// Host is a device host. Make it, give its Happened to the drivers, and Run it.
type Host struct {
	o     Options
	log   *slog.Logger
	link  *link
	spool *Spool
	rep   *reporter
	boot  string

	drivers   Drivers
	connected atomic.Bool
	claim     chan struct{}
	configs   chan []remote.Instance // the newest, not yet applied

	mu      sync.Mutex
	over    error // why the server does not want this host any more
	cancel  context.CancelFunc
	running map[id.ID]remote.Instance
}

// New opens the host's spool. Faults: hw.host_server_invalid, hw.spool_failed.
func New(o Options) (*Host, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	l, err := newLink(o.Identity.Server, o.Identity.Token)
	if err != nil {
		return nil, err
	}
	s, err := OpenSpool(o.Dir)
	if err != nil {
		return nil, err
	}
	boot := rand.Text()
	return &Host{o: o, log: o.Log, link: l, spool: s, boot: boot, rep: newReporter(boot), claim: make(chan struct{}, 1), configs: make(chan []remote.Instance, 1), running: map[id.ID]remote.Instance{}}, nil
}

// Happened takes what a driver's device told; it never waits.
func (h *Host) Happened(instance string, e *driver.Event) { h.rep.happened(instance, e) }

// Connected reports whether the server is heard at this moment.
func (h *Host) Connected() bool { return h.connected.Load() }

// Run works until ctx ends, or the server shuts the host out: then it gives its print
// jobs back. The drivers are the caller's to end. Faults: device.host_revoked,
// device.host_unknown.
func (h *Host) Run(ctx context.Context, drivers Drivers) error {
	defer h.spool.Close() //nolint:errcheck // every line was flushed
	h.drivers = drivers
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	h.mu.Lock()
	h.cancel = cancel
	h.mu.Unlock()
	var wg, queue sync.WaitGroup
	name, _ := os.Hostname() // it is for people
	q := hw.NewQueue(hw.QueueOptions{Jobs: h.spool, Documents: h.spool, Printers: drivers, Labels: h.spool, Labelers: drivers, Log: h.log, Worker: name})
	queue.Go(func() { q.Run(ctx) })
	telling, stopTelling := context.WithCancel(context.WithoutCancel(ctx))
	wg.Go(func() { h.tell(telling) })
	if last := recall(h.o.Dir); last != nil {
		h.configs <- last // what waits here is printed although the server is not heard
	}
	wg.Go(func() { h.claims(ctx) })
	wg.Go(func() { h.apply(ctx) })
	wg.Go(func() { h.rep.run(ctx, h.link, h.Connected, drivers.Status, h.failed) })
	h.stayConnected(ctx)
	queue.Wait()
	over := h.ended()
	if over != nil {
		if err := h.spool.GiveBack(); err != nil {
			h.log.Error("print jobs could not be given back", "error", err)
		}
		if err := forget(h.o.Dir); err != nil {
			h.log.Error("the devices' settings could not be removed", "error", err)
		}
	}
	h.lastWords(over)
	stopTelling()
	wg.Wait()
	return over
}

// lastWords waits a little until the server knows how the jobs ended.
func (h *Host) lastWords(over error) {
	limit := 3 * time.Second
	if over != nil {
		limit = 20 * time.Second
	}
	for end := time.Now().Add(limit); len(h.spool.Untold(1)) > 0 && time.Now().Before(end); {
		time.Sleep(20 * time.Millisecond)
	}
}

func (h *Host) ended() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.over
}

// failed takes an error of a call to the server: one of them ends the host.
func (h *Host) failed(err error) {
	if !ended(err) {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.over == nil {
		h.over = err
		h.cancel()
	}
}

const (
	backoffFirst = 250 * time.Millisecond
	backoffMost  = 15 * time.Second
	callLimit    = 15 * time.Second
	steady       = 5 * time.Second // a line that held so long begins anew with the first rest
)

// stayConnected keeps a stream until ctx ends.
func (h *Host) stayConnected(ctx context.Context) {
	rest, started := backoffFirst, true
	for ctx.Err() == nil {
		began := time.Now()
		err := h.session(ctx, &started)
		h.failed(err)
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) > steady {
			rest = backoffFirst
		}
		h.log.Warn("the server is not heard", "error", err, "again_in", rest)
		pause(ctx, rest+time.Duration(float64(rest)*jitter()))
		rest = min(2*rest, backoffMost)
	}
}

// jitter is up to a quarter: the hosts of a chain do not come back all at once.
func jitter() float64 {
	var b [1]byte
	_, _ = rand.Read(b[:]) // it never fails
	return float64(b[0]) / 1024
}

// session is one stream, from the hello to its end.
func (h *Host) session(ctx context.Context, started *bool) error {
	limit, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	hello := remote.Hello{Version: h.o.Version, Platform: h.o.Platform, Boot: h.boot, Started: *started}
	if *started {
		hello.Have = h.spool.Have()
	}
	if err := h.link.post(limit, remote.PathHello, hello, &remote.Welcome{}); err != nil {
		return err
	}
	*started = false
	defer h.connected.Store(false)
	return h.link.feed(ctx, func() {
		h.log.Info("connected to the server", "server", h.o.Identity.Server)
		h.connected.Store(true)
		h.rep.anew()
		ring(h.claim)
	}, func(event string, data []byte) { h.event(ctx, event, data) })
}

func (h *Host) event(ctx context.Context, event string, data []byte) {
	switch event {
	case remote.EventWork:
		ring(h.claim)
	case remote.EventConfig:
		var c remote.Config
		if err := json.Unmarshal(data, &c); err != nil {
			h.log.Error("the server's configuration cannot be read", "error", err)
			return
		}
		select {
		case <-h.configs: // overtaken
		default:
		}
		h.configs <- c.Devices
	case remote.EventCall:
		var c remote.Call
		if err := json.Unmarshal(data, &c); err == nil {
			go func() { h.rep.answer(h.call(ctx, c)) }()
		}
	case remote.EventEnd:
		var e remote.End
		_ = json.Unmarshal(data, &e) // the stream ends, whatever it says
		h.log.Warn("the server ends the connection", "reason", e.Code)
	}
}

// apply runs what the server wants to be run here.
func (h *Host) apply(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case wanted := <-h.configs:
			if err := remember(h.o.Dir, wanted); err != nil {
				h.log.Error("the devices' settings could not be kept for the next start", "error", err)
			}
			h.follow(ctx, wanted)
		}
	}
}

func (h *Host) follow(ctx context.Context, wanted []remote.Instance) {
	keep := map[id.ID]bool{}
	for _, d := range wanted {
		keep[d.ID] = true
	}
	stop := func(dev id.ID) {
		if err := h.drivers.Stop(ctx, dev); err != nil {
			h.log.Error("a driver was not stopped", "device", dev, "error", err)
		}
		h.mu.Lock()
		delete(h.running, dev)
		h.mu.Unlock()
	}
	for dev := range h.runs() {
		if !keep[dev] {
			stop(dev)
		}
	}
	for _, d := range wanted {
		if was, ok := h.runs()[d.ID]; ok {
			if was.Driver == d.Driver && was.Version == d.Version && bytes.Equal(was.Config, d.Config) && bytes.Equal(was.Trust, d.Trust) {
				continue
			}
			stop(d.ID)
		}
		if err := h.drivers.Start(ctx, d); err != nil {
			h.log.Error("a driver was not started", "device", d.ID, "driver", d.Driver, "error", err)
			continue
		}
		h.mu.Lock()
		h.running[d.ID] = d
		h.mu.Unlock()
	}
	if err := h.spool.Stand(func(dev id.ID) bool { return keep[dev] }); err != nil {
		h.log.Error("print jobs of devices that are elsewhere now could not be given back", "error", err)
	}
	ring(h.rep.ring)
}

func (h *Host) runs() map[id.ID]remote.Instance {
	h.mu.Lock()
	defer h.mu.Unlock()
	return maps.Clone(h.running)
}

// pause sleeps, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

const (
	claimMost  = 16
	claimEvery = 5 * time.Second
	spoolJobs  = 500 // more are left at the server
	tellMost   = 100
)

// claims fetches print jobs while the server is heard.
func (h *Host) claims(ctx context.Context) {
	tick := time.NewTicker(claimEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-h.claim:
		case <-tick.C:
		}
		have := h.spool.Have()
		if !h.Connected() || len(have) >= spoolJobs {
			continue
		}
		var got remote.Claimed
		limit, cancel := context.WithTimeout(ctx, callLimit)
		err := h.link.post(limit, remote.PathClaim, remote.Claim{N: claimMost, Have: have}, &got)
		cancel()
		if err == nil {
			err = h.spool.Put(got.Jobs)
		}
		if err != nil {
			h.failed(err)
			if ctx.Err() == nil {
				h.log.Warn("print jobs were not fetched", "error", err)
			}
			continue
		}
		if len(got.Jobs) == claimMost {
			ring(h.claim)
		}
	}
}

// tell lets the server know how print jobs stand, as soon as it hears.
func (h *Host) tell(ctx context.Context) {
	rest := backoffFirst
	for ctx.Err() == nil {
		list := h.spool.Untold(tellMost)
		if len(list) == 0 {
			select {
			case <-ctx.Done():
			case <-h.spool.news:
			case <-time.After(time.Second):
			}
			continue
		}
		limit, cancel := context.WithTimeout(ctx, callLimit)
		err := h.link.post(limit, remote.PathTell, remote.Tell{Told: list}, &struct{}{})
		cancel()
		if err == nil {
			err = h.spool.Told(list)
		}
		if err != nil {
			h.failed(err)
			pause(ctx, rest)
			rest = min(2*rest, backoffMost/3)
			continue
		}
		rest = backoffFirst
	}
}

// record is the end of a recording: an answer has its limits.
func (h *Host) record(dev id.ID) ([]byte, error) {
	var b bytes.Buffer
	if err := h.drivers.Record(&b, dev); err != nil {
		return nil, err
	}
	out := b.Bytes()
	if n := len(out) - answerBytes; n > 0 {
		out = out[n:]
		if i := bytes.IndexByte(out, '\n'); i >= 0 {
			out = out[i+1:]
		}
	}
	return out, nil
}

var _ hw.Jobs = (*Spool)(nil)
var _ hw.Documents = (*Spool)(nil)
var _ hw.Labels = (*Spool)(nil)
