package host

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/web"
	"github.com/shopwright/shopwright/hw/drivers/virtualprinter"
	"github.com/shopwright/shopwright/hw/remote"
	"github.com/shopwright/shopwright/sdk/driver"
)

// rows is what the server keeps, in memory, by the rules of core/device.
type rows struct {
	mu      sync.Mutex
	host    device.Host
	code    string
	token   string
	order   []id.ID
	jobs    map[id.ID]*row
	handed  map[id.ID]int // how often a job was given out
	started int
}

type row struct {
	remote.Job
	state device.State
	held  bool
	seq   int64
}

func (r *rows) Pair(_ context.Context, code, _, _ string) (device.Host, string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if code == "" || code != r.code {
		return device.Host{}, "", device.ErrHostCode
	}
	r.code = ""
	return r.host, r.token, nil
}

func (r *rows) Host(_ context.Context, token string) (device.Host, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case token != r.token:
		return device.Host{}, device.ErrHostUnknown
	case r.host.Revoked():
		return r.host, device.ErrHostRevoked
	}
	return r.host, nil
}

func (r *rows) revoke() { r.mu.Lock(); defer r.mu.Unlock(); r.host.RevokedAt = 1 }

func (r *rows) Seen(context.Context, device.Host, string, string) error { return nil }

func (r *rows) Started(context.Context, device.Host, []id.ID) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.started++
	return nil
}

func (r *rows) add(j remote.Job) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.jobs[j.Job.ID] = &row{Job: j, state: device.Queued}
	r.order = append(r.order, j.Job.ID)
}

func (r *rows) Claim(_ context.Context, _ device.Host, n int, have []id.ID) (out []remote.Job, _ error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, k := range r.order {
		j := r.jobs[k]
		again := j.held && j.state == device.Claimed && !slices.Contains(have, k)
		if len(out) < n && (again || !j.held && (j.state == device.Queued || j.state == device.Failed)) {
			j.held, j.state = true, device.Claimed
			if !again {
				j.seq = 0
				r.handed[k]++
			}
			out = append(out, j.Job)
		}
	}
	return out, nil
}

func (r *rows) Tell(_ context.Context, _ device.Host, told []device.Standing) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range told {
		j := r.jobs[s.Job]
		if j == nil || !j.held || s.Seq <= j.seq {
			continue
		}
		j.state, j.seq, j.held = s.State, s.Seq, s.Held()
	}
	return nil
}

func (r *rows) WithWork(context.Context) ([]id.ID, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, j := range r.jobs {
		if !j.held && (j.state == device.Queued || j.state == device.Failed) {
			return []id.ID{r.host.ID}, nil
		}
	}
	return nil, nil
}

func (r *rows) states() map[device.State]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := map[device.State]int{}
	for _, j := range r.jobs {
		out[j.state]++
	}
	return out
}

type nobody struct{}

func (nobody) Session(context.Context, string) (auth.Actor, error) { return auth.Actor{}, nil }
func (nobody) Key(context.Context, string) (auth.Actor, error) {
	return auth.Actor{}, auth.ErrUnauthenticated
}

// thing is everything on a counter but a printer.
type thing struct {
	driver.Stream
	mu     sync.Mutex
	opened []string
	shown  []string
	slow   time.Duration
}

func (t *thing) Info() driver.Info {
	return driver.Info{ID: "thing", Version: "1.0.0", Classes: []string{"Scanner"}}
}

func (t *thing) Open(ctx context.Context, id, _ string, _ int) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.opened = append(t.opened, id)
	return ctx.Err()
}

func (t *thing) Show(_ context.Context, s driver.Shown) error {
	time.Sleep(t.slow)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.shown = append(t.shown, s.Amount)
	return nil
}

func (t *thing) Clear(context.Context, string) error { return nil }

func (t *thing) Weigh(context.Context, string) (driver.Weight, error) {
	return driver.Weight{Milligrams: 1234, Stable: true}, nil
}
func (t *thing) Zero(context.Context, string) error { return errors.New("it is sealed") }

// counter runs drivers in this process instead of in their own.
type counter struct {
	t     *testing.T
	build map[string]func() driver.Driver
	tell  func(string, *driver.Event)

	mu sync.Mutex
	up map[id.ID]*up
}

type up struct {
	conn *grpc.ClientConn
	info driver.Info
	end  func()
}

func (c *counter) Start(ctx context.Context, in remote.Instance) error {
	impl := c.build[in.Driver]()
	s, l := grpc.NewServer(), bufconn.Listen(1<<20)
	driver.Register(s, impl)
	go func() { _ = s.Serve(l) }()
	conn, err := grpc.NewClient("passthrough:///x", grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return l.DialContext(ctx) }))
	if err != nil {
		return err
	}
	d := driver.Dial(conn)
	info, err := d.Info(ctx)
	if err == nil && len(in.Config) > 0 {
		err = d.Configure(ctx, in.Config)
	}
	if err != nil {
		return err
	}
	listening, hush := context.WithCancel(context.Background())
	go func() {
		_ = d.Events(listening, 0, func(e *driver.Event) error { c.tell(in.ID.String(), e); return nil })
	}()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.up[in.ID] = &up{conn, info, func() { hush(); s.Stop(); _ = conn.Close() }}
	return nil
}

func (c *counter) Stop(_ context.Context, dev id.ID) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if u := c.up[dev]; u != nil {
		u.end()
		delete(c.up, dev)
	}
	return nil
}

func (c *counter) Kill(id.ID) error    { return nil }
func (c *counter) Restart(id.ID) error { return errors.New("it cannot") }
func (c *counter) Record(w io.Writer, _ id.ID) error {
	_, err := io.WriteString(w, strings.Repeat("{\"line\":1}\n", 200_000))
	return err
}

func (c *counter) Conn(dev id.ID) (grpc.ClientConnInterface, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	u := c.up[dev]
	if u == nil {
		return nil, false
	}
	return u.conn, true
}

func (c *counter) Printer(dev string) (driver.Printer, bool) {
	d, err := id.Parse(dev)
	if err != nil {
		return nil, false
	}
	conn, ok := c.Conn(d)
	if !ok {
		return nil, false
	}
	return driver.Dial(conn), true
}

func (c *counter) Labeler(string) (driver.Labeler, bool) { return nil, false }

func (c *counter) Status() (out []remote.Status) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for k, u := range c.up {
		out = append(out, remote.Status{Device: k, State: "ready", Usable: true, Version: u.info.Version, Capabilities: u.info.Capabilities})
	}
	slices.SortFunc(out, func(a, b remote.Status) int { return strings.Compare(a.Device.String(), b.Device.String()) })
	return out
}

// shop is a server and a host, and the line between them.
type shop struct {
	*testing.T
	rows  *rows
	hosts *remote.Hosts
	wire  *cable
	dir   string
	thing *thing
	box   *counter
	host  *Host

	mu     sync.Mutex
	events []*driver.Event
	ended  chan error
	end    context.CancelFunc
}

var (
	printer = id.Derived("printer")
	things  = id.Derived("things")
)

func newShop(t *testing.T, printerConfig string) *shop {
	t.Helper()
	s := &shop{T: t, dir: t.TempDir(), thing: &thing{}, rows: &rows{host: device.Host{Merchant: id.Derived("m"), ID: id.Derived("host"), Name: "Till 1"}, code: "ABCD2345", token: "t", jobs: map[id.ID]*row{}, handed: map[id.ID]int{}}}
	work, stop := context.WithCancel(context.Background())
	closing := make(chan struct{})
	s.hosts = remote.NewHosts(remote.Options{Store: s.rows, Clock: skewed{}, Closing: closing, Beat: 200 * time.Millisecond, Events: func(_ string, e *driver.Event) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.events = append(s.events, e)
	}})
	go s.hosts.Run(work, nil)
	mux := http.NewServeMux()
	s.hosts.Mount(mux)
	srv := httptest.NewServer(web.Wrap(mux, web.Options{Auth: nobody{}, Log: slog.New(slog.DiscardHandler), LongLived: remote.IsFeed}))
	t.Cleanup(func() { close(closing); stop(); srv.Close() })
	s.wire = newCable(t, srv.Listener.Addr().String())
	if printerConfig == "" {
		printerConfig = `{"folder":"` + t.TempDir() + `"}`
	}
	s.hosts.Stand(map[id.ID][]remote.Instance{s.rows.host.ID: {
		{ID: printer, Class: "printer", Driver: virtualprinter.Name, Config: []byte(printerConfig)},
		{ID: things, Class: "scanner", Driver: "thing"},
	}})
	return s
}

// skewed is a server whose clock is three hours ahead of its hosts'.
type skewed struct{}

func (skewed) Now() clock.Instant { return clock.System{}.Now().Add(3 * time.Hour) }

// start pairs the host where it is nobody yet, and runs it.
func (s *shop) start() {
	s.Helper()
	who, err := Load(s.dir)
	if errors.Is(err, ErrNotPaired) {
		who, err = Pair(ctx, s.dir, "http://"+s.wire.l.Addr().String(), "ABCD2345", "1", "x/y")
	}
	if err != nil {
		s.Fatal(err)
	}
	h, err := New(Options{Identity: who, Dir: s.dir})
	if err != nil {
		s.Fatal(err)
	}
	s.host = h
	s.box = &counter{t: s.T, up: map[id.ID]*up{}, tell: h.Happened, build: map[string]func() driver.Driver{virtualprinter.Name: virtualprinter.New, "thing": func() driver.Driver { return s.thing }}}
	run, end := context.WithCancel(context.Background())
	s.end, s.ended = end, make(chan error, 1)
	go func(box *counter) {
		s.ended <- h.Run(run, box)
		_, _ = box.Stop(ctx, printer), box.Stop(ctx, things)
	}(s.box)
	s.Cleanup(end)
}

// soon waits until something is so.
func (s *shop) soon(what string, so func() bool) {
	s.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if so() {
			return
		}
	}
	s.Fatal("not so: ", what, s.rows.states())
}

func (s *shop) running() {
	s.Helper()
	s.soon("the devices run", func() bool {
		a, err := s.hosts.Status(printer)
		b, err2 := s.hosts.Status(things)
		return err == nil && err2 == nil && a.Usable && b.Usable
	})
}

func (s *shop) heard() int { s.mu.Lock(); defer s.mu.Unlock(); return len(s.events) }
