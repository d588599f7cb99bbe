package plugins

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/sdk/driver"
)

// Options are the host's settings. The zero value starts first-party drivers
// from the program itself.
type Options struct {
	Log   *slog.Logger
	Clock clock.Clock

	// Exec answers the command that runs a built-in driver, plugins.unknown_driver
	// where there is none of that name. Default: this program with
	// "driver-serve NAME".
	Exec func(name string) (path string, args []string, err error)

	// Dir is the folder of installed drivers, <id>/<version>/driver.json.
	Dir string
	// Keys are the public keys that installed drivers may be signed with.
	Keys []ed25519.PublicKey
	// Development lets unsigned drivers run.
	Development bool
	// Permissions answers what a built-in driver is confined to; nil, or unknown: it is
	// not confined.
	Permissions func(name string) (Permissions, bool)

	// Events is called for what a driver's devices report, one event of an instance
	// after another, with the instance's id; it must not wait. A restarted driver
	// begins to count anew. nil: nobody listens.
	Events func(id string, e *driver.Event)

	// Called looks on at each call to a driver before it leaves, in the caller's
	// goroutine and with its context; it must not wait. nil: nobody looks on.
	Called func(ctx context.Context, id, method string)

	// TempDir holds the sockets and private copies; default os.TempDir().
	TempDir string

	HealthEvery    time.Duration // default 800 ms
	RenewRest      time.Duration // before a start that a driver asked for; default 500 ms
	HealthDeadline time.Duration // default 500 ms
	StartDeadline  time.Duration // default 10 s
}

// Instance is one driver to be run.
type Instance struct {
	ID      string          // the device's id; names the instance
	Driver  string          // the driver's name
	Version string          // "" = built in; otherwise the pinned version in Dir
	Config  json.RawMessage // its settings; nil = {}
	Trust   Trust           // who may have signed it, beside the host's own keys
}

// Host runs drivers. Safe for concurrent use.
type Host struct {
	o     Options
	spawn *spawner
	store *store
	scrub scrubber // one key for every recording

	mu        sync.Mutex
	closed    bool
	instances map[string]*supervised
}

// NewHost makes a host; Close ends it and every driver.
func NewHost(o Options) *Host {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	if o.Exec == nil {
		o.Exec = Self
	}
	if o.RenewRest == 0 {
		o.RenewRest = renewRest
	}
	if o.HealthEvery == 0 {
		o.HealthEvery = healthEvery
	}
	if o.HealthDeadline == 0 {
		o.HealthDeadline = healthDeadline
	}
	if o.StartDeadline == 0 {
		o.StartDeadline = startDeadline
	}
	key := make([]byte, 32)
	_, _ = rand.Read(key) // it never fails
	return &Host{o: o, spawn: newSpawner(), store: newStore(o), scrub: scrubber{key}, instances: map[string]*supervised{}}
}

// Self is the command that runs a built-in driver from this program.
func Self(name string) (string, []string, error) {
	path, err := os.Executable()
	if err != nil {
		return "", nil, ErrNoDriver.With("driver", name).Wrap(err)
	}
	return path, []string{"driver-serve", name}, nil
}

// Start puts a driver under supervision and answers at once; WaitReady waits.
// A driver that cannot be verified is listed as quarantined. ctx is for the
// call alone: the driver runs until Stop. Faults: plugins.already_started,
// plugins.closed.
func (h *Host) Start(_ context.Context, in Instance) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return ErrClosed
	}
	if _, ok := h.instances[in.ID]; ok {
		return ErrStarted.With("id", in.ID)
	}
	s := newSupervised(h, in)
	h.instances[in.ID] = s
	go s.run()
	return nil
}

// Stop ends a driver and forgets it. Fault: plugins.unknown_instance.
func (h *Host) Stop(ctx context.Context, id string) error {
	s, err := h.find(id)
	if err != nil {
		return err
	}
	s.cancel()
	select {
	case <-s.ended:
	case <-ctx.Done():
		return ctx.Err()
	}
	h.mu.Lock()
	if h.instances[id] == s {
		delete(h.instances, id)
	}
	h.mu.Unlock()
	return nil
}

// Kill kills a driver's process as a crash would; the supervisor restarts it.
// Faults: plugins.unknown_instance, plugins.not_ready.
func (h *Host) Kill(id string) error {
	s, err := h.find(id)
	if err != nil {
		return err
	}
	return s.killByHand()
}

// Restart starts a driver that is quarantined or waits in backoff; it forgets
// its earlier deaths. Fault: plugins.unknown_instance.
func (h *Host) Restart(id string) error {
	s, err := h.find(id)
	if err != nil {
		return err
	}
	s.again()
	return nil
}

// WaitReady waits until a driver can take jobs. Faults:
// plugins.unknown_instance, plugins.not_ready (quarantined or stopped; its
// cause says why), or ctx's error.
func (h *Host) WaitReady(ctx context.Context, id string) error {
	s, err := h.find(id)
	if err != nil {
		return err
	}
	for {
		st, changed := s.look()
		switch {
		case st.Usable():
			return nil
		case st.State == Quarantined || st.State == Stopped:
			return ErrNotReady.With("id", id).With("reason", st.Reason)
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Status lists every driver, by id.
func (h *Host) Status() []Status {
	h.mu.Lock()
	all := make([]*supervised, 0, len(h.instances))
	for _, s := range h.instances {
		all = append(all, s)
	}
	h.mu.Unlock()
	out := make([]Status, len(all))
	for i, s := range all {
		out[i], _ = s.look()
	}
	slices.SortFunc(out, func(a, b Status) int { return strings.Compare(a.ID, b.ID) })
	return out
}

// Printer answers the handle of a driver that can print now.
func (h *Host) Printer(id string) (driver.Printer, bool) { return h.serving(id, "Printer") }

// Drawer answers the handle of a driver that can open a drawer now.
func (h *Host) Drawer(id string) (driver.Drawer, bool) { return h.serving(id, "Drawer") }

// Display answers the handle of a driver that can show something now.
func (h *Host) Display(id string) (driver.Display, bool) { return h.serving(id, "Display") }

// Scale answers the handle of a driver that can weigh now.
func (h *Host) Scale(id string) (driver.Scale, bool) { return h.serving(id, "Scale") }

// PayBox answers the handle of a driver that can announce an amount now.
func (h *Host) PayBox(id string) (driver.PayBox, bool) { return h.serving(id, "PayBox") }

// CardStation answers the handle of a driver that can read and write cards now.
func (h *Host) CardStation(id string) (driver.CardStation, bool) {
	return h.serving(id, "CardStation")
}

// Labeler answers the handle of a driver that can print labels now.
func (h *Host) Labeler(id string) (driver.Labeler, bool) { return h.serving(id, "Labeler") }

// Acquirer answers the handle of a connector that can move money now.
func (h *Host) Acquirer(id string) (driver.Acquirer, bool) { return h.serving(id, "Acquirer") }

// Messenger answers the handle of a connector that can carry messages now.
func (h *Host) Messenger(id string) (driver.Messenger, bool) { return h.serving(id, "Messenger") }

// Identity answers the handle of a connector that people can sign in by now.
func (h *Host) Identity(id string) (driver.Identity, bool) { return h.serving(id, "Identity") }

// MemberCard answers the handle of a connector that keeps members' cards now.
func (h *Host) MemberCard(id string) (driver.MemberCard, bool) { return h.serving(id, "MemberCard") }

// Storefront answers the handle of a connector whose online shop can be asked now.
func (h *Host) Storefront(id string) (driver.Storefront, bool) { return h.serving(id, "Storefront") }

func (h *Host) serving(id, capability string) (*driver.Client, bool) {
	c, info, ok := h.client(id)
	return c, ok && info.Serves(capability)
}

// Schema answers the JSON Schema of a driver's settings; it starts the driver
// for the question where it is built in. Faults: plugins.unknown_driver,
// plugins.start_failed, and those of a manifest.
func (h *Host) Schema(ctx context.Context, name, version string, trust Trust) (json.RawMessage, error) {
	cmd, err := h.store.command(name, version, trust)
	if err != nil {
		return nil, err
	}
	if cmd.schema != nil {
		return cmd.schema, nil
	}
	r, err := h.launch(ctx, cmd, nil, false, h.o.Log.With("driver", name), nil)
	if err != nil {
		return nil, err
	}
	defer r.end()
	ctx, cancel := context.WithTimeout(ctx, h.o.StartDeadline)
	defer cancel()
	s, err := r.drv.ConfigSchema(ctx)
	if err != nil {
		return nil, errStart.Wrap(err)
	}
	return s, nil
}

// Close ends every driver and waits for them.
func (h *Host) Close() {
	h.mu.Lock()
	h.closed = true
	all := make([]*supervised, 0, len(h.instances))
	for _, s := range h.instances {
		s.cancel()
		all = append(all, s)
	}
	h.mu.Unlock()
	for _, s := range all {
		<-s.ended
	}
	h.spawn.close()
	h.store.close()
}

func (h *Host) find(id string) (*supervised, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if s, ok := h.instances[id]; ok {
		return s, nil
	}
	return nil, ErrUnknown.With("id", id)
}

func (h *Host) client(id string) (*driver.Client, driver.Info, bool) {
	s, err := h.find(id)
	if err != nil {
		return nil, driver.Info{}, false
	}
	return s.client()
}
