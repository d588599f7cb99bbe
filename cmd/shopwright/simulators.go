package main

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/shopwright/shopwright/admin/office"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/id"
)

// simulated is a simulated device: what listens, what can happen to it, what it shows.
type simulated interface {
	address() string
	do(act, value string) error
	look() office.Simulated
	picture(n int) ([]byte, error)
	Close()
}

// simDesk runs the simulated devices of a demo, by the device's id. Which there are is
// kept in a file beside the database, so that they come back with the program.
type simDesk struct {
	a    *app
	file string

	mu      sync.Mutex
	running map[id.ID]simRow
}

type simRow struct {
	Merchant id.ID  `json:"merchant"`
	Class    string `json:"class"`
	dev      simulated
}

// openSims brings the simulated devices back, each on a free port of its own.
func openSims(ctx context.Context, a *app) (*simDesk, error) {
	s := &simDesk{a: a, file: filepath.Join(a.cfg.Data, "simulators.json"), running: map[id.ID]simRow{}}
	raw, err := os.ReadFile(s.file)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	had := map[id.ID]simRow{}
	if err == nil {
		err = json.Unmarshal(raw, &had)
	}
	if err != nil {
		return nil, err
	}
	for dev, row := range had {
		if err := s.revive(ctx, dev, row); err != nil {
			a.log.Warn("a simulated device does not come back", "device", dev, "error", err)
		}
	}
	return s, nil
}

func (s *simDesk) revive(ctx context.Context, dev id.ID, row simRow) error {
	made, err := newSimulated(row.Class)
	if err != nil {
		return err
	}
	err = s.a.db.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		d, err := device.Get(ctx, tx, row.Merchant, dev)
		if err != nil {
			return err
		}
		if d.Config, err = withAddress(d.Config, made.address()); err != nil {
			return err
		}
		_, err = device.Update(ctx, tx, d)
		return err
	})
	if err != nil {
		made.Close()
		return err
	}
	row.dev = made
	s.running[dev] = row
	return nil
}

func withAddress(config json.RawMessage, address string) (json.RawMessage, error) {
	all := map[string]any{}
	if err := json.Unmarshal(config, &all); err != nil {
		return nil, err
	}
	all["address"] = address
	return json.Marshal(all)
}

// close ends them all.
func (s *simDesk) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.running {
		r.dev.Close()
	}
	s.running = map[id.ID]simRow{}
}

// Classes implements office.Simulators.
func (s *simDesk) Classes() []string {
	return []string{device.ClassPrinter, "label", "scanner", "card", "scale", "display", "paybox", "callerid"}
}

// simDrivers are the drivers of the simulated devices, with their settings.
var simDrivers = map[string]struct{ driver, config string }{
	device.ClassPrinter: {"escpos-net", `{}`},
	"label":             {"label-zpl", `{}`},
	"scanner":           {"scanner-serial", `{}`},
	"card":              {"card-serial", `{"protocol":"frames"}`},
	"scale":             {"scale-serial", `{}`},
	"display":           {"display-vfd", `{}`},
	"paybox":            {"paybox-serial", `{}`},
	"callerid":          {"callerid-serial", `{}`},
}

// Add implements office.Simulators.
func (s *simDesk) Add(ctx context.Context, d device.Device) (id.ID, error) {
	kind, ok := simDrivers[d.Class]
	if !ok {
		return id.None, device.ErrClass.On("class")
	}
	made, err := newSimulated(d.Class)
	if err != nil {
		return id.None, err
	}
	d.Driver, d.Enabled = kind.driver, true
	if d.Config, err = withAddress(json.RawMessage(kind.config), made.address()); err == nil {
		err = s.a.db.InTx(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
			if d, err = device.Create(ctx, tx, d); err != nil {
				return err
			}
			return auth.Audit(ctx, tx, auth.Record{Action: "device.created", SubjectKind: "device", SubjectID: d.ID.String(), Detail: map[string]string{"driver": d.Driver, "simulated": "yes"}})
		})
	}
	if err != nil {
		made.Close()
		return id.None, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running[d.ID] = simRow{d.Merchant, d.Class, made}
	return d.ID, s.save()
}

func (s *simDesk) save() error {
	raw, err := json.Marshal(s.running)
	if err != nil {
		return err
	}
	return os.WriteFile(s.file, raw, 0o600)
}

func (s *simDesk) find(m, dev id.ID) (simulated, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.running[dev]
	return r.dev, ok && r.Merchant == m
}

// Look implements office.Simulators.
func (s *simDesk) Look(m, dev id.ID) (office.Simulated, bool) {
	d, ok := s.find(m, dev)
	if !ok {
		return office.Simulated{}, false
	}
	return d.look(), true
}

// Do implements office.Simulators.
func (s *simDesk) Do(m, dev id.ID, act, value string) error {
	d, ok := s.find(m, dev)
	if !ok {
		return device.ErrNotFound
	}
	return d.do(act, strings.TrimSpace(value))
}

// Picture implements office.Simulators.
func (s *simDesk) Picture(m, dev id.ID, n int) ([]byte, error) {
	d, ok := s.find(m, dev)
	if !ok {
		return nil, device.ErrNotFound
	}
	return d.picture(n)
}
