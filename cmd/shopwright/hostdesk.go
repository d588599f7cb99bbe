package main

import (
	"context"
	"encoding/json"
	"errors"

	"google.golang.org/protobuf/proto"

	"github.com/shopwright/shopwright/admin/office"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/hw"
	"github.com/shopwright/shopwright/hw/remote"
	"github.com/shopwright/shopwright/hw/wire"
	"github.com/shopwright/shopwright/plugins"
	"github.com/shopwright/shopwright/sdk/driver"
)

// reach hands out devices wherever their drivers run: here or at a device host.
type reach struct {
	here  *plugins.Host
	hosts *remote.Hosts
}

func either[T any](dev string, here, there func(string) (T, bool)) (T, bool) {
	if v, ok := here(dev); ok {
		return v, true
	}
	return there(dev)
}

func (r reach) Printer(dev string) (driver.Printer, bool) {
	return either(dev, r.here.Printer, r.hosts.Printer)
}

func (r reach) Drawer(dev string) (driver.Drawer, bool) {
	return either(dev, r.here.Drawer, r.hosts.Drawer)
}

func (r reach) Display(dev string) (driver.Display, bool) {
	return either(dev, r.here.Display, r.hosts.Display)
}

func (r reach) Scale(dev string) (driver.Scale, bool) {
	return either(dev, r.here.Scale, r.hosts.Scale)
}

func (r reach) PayBox(dev string) (driver.PayBox, bool) {
	return either(dev, r.here.PayBox, r.hosts.PayBox)
}

func (r reach) CardStation(dev string) (driver.CardStation, bool) {
	return either(dev, r.here.CardStation, r.hosts.CardStation)
}

func (r reach) Labeler(dev string) (driver.Labeler, bool) {
	return either(dev, r.here.Labeler, r.hosts.Labeler)
}

// newHosts makes the server's side of device hosts.
func newHosts(a *app) *remote.Hosts {
	return remote.NewHosts(remote.Options{Store: hostStore{a}, Clock: a.db.Clock(), Log: a.log, Events: a.counter.hub.Happened, Closing: a.counter.Closing()})
}

// runHosts tells device hosts of print jobs until ctx ends.
func (a *app) runHosts(ctx context.Context) {
	wake, stop := device.Wake.Listen()
	defer stop()
	a.hosts.Run(ctx, wake)
}

// followHosts says what the device hosts run, and answers the devices that are run
// here. Settings are opened for hosts here, and leave over their own streams alone.
func (d *deviceDesk) followHosts(ctx context.Context, devices []device.Device) (here []device.Device, err error) {
	if n, err := device.EndHostJobs(ctx, d.a.db); err != nil {
		return nil, err
	} else if n > 0 {
		d.a.log.Warn("print jobs of device hosts that were shut out are uncertain", "jobs", n)
	}
	wanted := map[id.ID][]remote.Instance{}
	for _, dev := range devices {
		if dev.Host.IsNone() {
			here = append(here, dev)
			continue
		}
		config, err := d.a.secrets.openAll(dev.Merchant, dev.Config)
		if err != nil {
			d.a.log.Error("a device has settings that cannot be read", "device", dev.ID, "error", err)
			config = dev.Config // the driver refuses them, and the page says so
		}
		in := remote.Instance{ID: dev.ID, Name: dev.Name, Class: dev.Class, Driver: dev.Driver, Version: dev.Version, Config: config}
		if dev.Version != "" {
			t, err := d.trust(ctx, dev.Merchant)
			if err != nil {
				return nil, err
			}
			if in.Trust, err = json.Marshal(t); err != nil {
				return nil, fault.ErrInternal.Wrap(err)
			}
		}
		wanted[dev.Host] = append(wanted[dev.Host], in)
	}
	d.a.hosts.Stand(wanted)
	return here, nil
}

// hostStatus is the live state of the devices that stand at hosts.
func (d *deviceDesk) hostStatus(ctx context.Context, m id.ID, devices []device.Device) (out []office.DeviceStatus) {
	names := map[id.ID]device.Host{}
	for _, dev := range devices {
		if dev.Host.IsNone() || !dev.Enabled {
			continue
		}
		if len(names) == 0 {
			list, err := device.ListHosts(ctx, d.a.db, m)
			if err != nil {
				d.a.log.Warn("device hosts could not be read", "error", err)
				return nil
			}
			for _, h := range list {
				names[h.ID] = h
			}
		}
		h := names[dev.Host]
		s := office.DeviceStatus{Device: dev.ID, Host: h.Name, HostSeen: max(h.SeenAt, d.a.hosts.Live(h.ID).Seen), State: "away", Reason: remote.ErrAway.Reason, Since: h.SeenAt}
		switch st, err := d.a.hosts.Status(dev.ID); {
		case err == nil:
			s.State, s.Reason, s.Detail, s.Version, s.PID, s.Restarts, s.Since = stateWords[plugins.State(st.State)], st.Reason, st.Detail, st.Version, st.PID, st.Restarts, clock.Instant(st.SinceMicros)
		case h.Revoked():
			s.Reason = device.ErrHostShutOut.Reason
		case errors.Is(err, remote.ErrNotRun):
			s.State, s.Reason = "starting", ""
		}
		out = append(out, s)
	}
	return out
}

// hostLive is a device's state as the register's badge shows it.
func (d *deviceDesk) hostLive(dev id.ID) (plugins.Status, bool) {
	st, err := d.a.hosts.Status(dev)
	if err != nil {
		return plugins.Status{Reason: fault.Of(err).Reason}, true
	}
	return plugins.Status{State: plugins.State(st.State), Reason: st.Reason}, true
}

// askHost asks a device's host for something.
func (d *deviceDesk) askHost(dev id.ID, what string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), testLimit)
	defer cancel()
	return d.a.hosts.Do(ctx, dev, what)
}

// HostLive implements office.Hosts.
func (d *deviceDesk) HostLive(host id.ID) (connected bool, seen clock.Instant) {
	l := d.a.hosts.Live(host)
	return l.Connected, l.Seen
}

// HostRevoked implements office.Hosts.
func (d *deviceDesk) HostRevoked(host id.ID) { d.a.hosts.Drop(host, device.ErrHostRevoked.Reason) }

// hostStore is the rows of device hosts as hw/remote asks for them.
type hostStore struct{ a *app }

// Pair implements remote.Store.
func (s hostStore) Pair(ctx context.Context, code, version, platform string) (h device.Host, token string, err error) {
	err = s.a.db.InTx(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		h, token, err = device.PairHost(ctx, tx, code, version, platform)
		return err
	})
	return h, token, err
}

// Host implements remote.Store.
func (s hostStore) Host(ctx context.Context, token string) (device.Host, error) {
	return device.HostOfToken(ctx, s.a.db, token)
}

// Seen implements remote.Store.
func (s hostStore) Seen(ctx context.Context, h device.Host, version, platform string) error {
	return s.a.db.InTx(ctx, func(_ context.Context, tx *db.Tx) error {
		device.HostSeen(tx, h, version, platform)
		return nil
	})
}

// Started implements remote.Store.
func (s hostStore) Started(ctx context.Context, h device.Host, have []id.ID) error {
	return device.HostStarted(ctx, s.a.db, h, have)
}

// Tell implements remote.Store.
func (s hostStore) Tell(ctx context.Context, h device.Host, told []device.Standing) error {
	return device.TellHostJobs(ctx, s.a.db, h, told)
}

// WithWork implements remote.Store.
func (s hostStore) WithWork(ctx context.Context) ([]id.ID, error) {
	return device.HostsWithWork(ctx, s.a.db)
}

// Claim implements remote.Store: the jobs with what is to be printed. A job whose
// document cannot be made comes back to the queue and is tried again.
func (s hostStore) Claim(ctx context.Context, h device.Host, n int, have []id.ID) ([]remote.Job, error) {
	jobs, err := device.ClaimHostJobs(ctx, s.a.db, h, n, have)
	if err != nil {
		return nil, err
	}
	out := make([]remote.Job, 0, len(jobs))
	var bad []device.Standing
	for _, j := range jobs {
		x, err := s.job(ctx, j)
		if err != nil {
			s.a.log.Error("making a receipt for a device host", "job", j.ID, "error", err)
			bad = append(bad, device.Standing{Job: j.ID, Attempt: j.Attempt, Seq: 1, State: device.Failed, Failures: j.Failures + 1,
				Reason: device.Reason(hw.ErrDocument.Reason, fault.Of(err).Reason), Release: true})
			continue
		}
		out = append(out, x)
	}
	if len(bad) > 0 {
		return out, device.TellHostJobs(ctx, s.a.db, h, bad)
	}
	return out, nil
}

func (s hostStore) job(ctx context.Context, j device.Job) (remote.Job, error) {
	if j.Kind == device.KindLabel {
		l, copies, err := printLabels{s.a.db}.Label(ctx, j)
		if err != nil {
			return remote.Job{}, err
		}
		b, err := proto.Marshal(l)
		if err != nil {
			return remote.Job{}, fault.ErrInternal.Wrap(err)
		}
		return remote.Job{Job: j, Label: b, Copies: copies}, nil
	}
	doc, err := printDocuments{s.a.receipts}.Document(ctx, j)
	if err != nil {
		return remote.Job{}, err
	}
	x := remote.Job{Job: j, CopyMark: doc.CopyMark}
	doc.Copy = 0 // the queue at the host marks copies, as the one here does
	if x.Document, err = proto.Marshal(wire.To(doc)); err != nil {
		return remote.Job{}, fault.ErrInternal.Wrap(err)
	}
	return x, nil
}
