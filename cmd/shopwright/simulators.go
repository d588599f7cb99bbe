package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/text/encoding/charmap"

	"github.com/shopwright/shopwright/admin/office"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/hw/sim"
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

// newSimulated switches a simulated device on.
func newSimulated(class string) (simulated, error) {
	switch class {
	case device.ClassPrinter:
		p, err := sim.NewNetPrinter(sim.Behaviour{Status: true})
		return &simPrinter{p: p}, err
	case "label":
		p, err := sim.NewLabelPrinter(sim.LabelState{})
		return &simLabels{p: p}, err
	}
	var c simCounter
	var err error
	switch class {
	case "scanner":
		var d *sim.Scanner
		if d, err = sim.NewScanner(); err == nil {
			c = simCounter{line: d.Device, takes: "scan", sample: "6901234567892", take: says(d.Scan)}
		}
	case "card":
		var d *sim.CardStation
		if d, err = sim.NewCardStation(); err == nil {
			c = simCounter{line: d.Device, takes: "present", sample: "M-000213", take: says(func(number string) {
				d.Put(sim.SimCard{Technology: "rfid", UID: []byte{4, 1, 2, 3}, Number: number})
			}), more: map[string]func(){"take": func() { d.Take() }}}
		}
	case "scale":
		var d *sim.Scale
		if d, err = sim.NewScale(); err == nil {
			c = simCounter{line: d.Device, takes: "put", sample: "1.250", take: func(v string) error { return putOn(d, v) }, more: map[string]func(){"move": d.Move, "silence": func() { d.Silence(true) }, "speak": func() { d.Silence(false) }},
				shows: func() []string { return []string{money.Quantity(d.Shows()).String() + " kg"} }, end: d.Close}
		}
	case "display":
		var d *sim.Display
		if d, err = sim.NewDisplay(20, 2, charmap.CodePage437); err == nil {
			c = simCounter{line: d.Device, shows: d.Screen}
		}
	case "paybox":
		var d *sim.PayBox
		if d, err = sim.NewPayBox(); err == nil {
			c = simCounter{line: d.Device, takes: "pay", sample: "134567890123456789", take: says(d.Pay), shows: func() []string { return []string{d.Shows()} }}
		}
	case "callerid":
		var d *sim.Caller
		if d, err = sim.NewModem(); err == nil {
			c = simCounter{line: d.Device, takes: "ring", sample: "13800000001", take: says(d.Ring)}
		}
	default:
		err = device.ErrClass
	}
	return &c, err
}

func says(f func(string)) func(string) error { return func(v string) error { f(v); return nil } }

func putOn(s *sim.Scale, kilograms string) error {
	q, err := money.ParseQuantity(kilograms)
	if err != nil {
		return err
	}
	s.Put(int64(q)) // thousandths of a kilogram
	return nil
}

// maxSimValue bounds what is typed for a simulated device.
const maxSimValue = 200

// simCounter is a device on a line.
type simCounter struct {
	line   *sim.Device
	takes  string // the act that has a value
	sample string
	take   func(string) error
	more   map[string]func()
	shows  func() []string
	end    func()

	mu   sync.Mutex
	away bool
}

func (c *simCounter) address() string { return c.line.Address() }

func (c *simCounter) Close() {
	if c.end != nil {
		c.end()
		return
	}
	c.line.Close()
}

func (c *simCounter) do(act, value string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case act == "unplug":
		c.away = true
		c.line.Unplug()
	case act == "plug":
		c.away = false
		return c.line.Plug()
	case act == c.takes && c.take != nil && value != "" && len(value) <= maxSimValue && !strings.ContainsAny(value, "\r\n"):
		return c.take(value)
	case c.more[act] != nil:
		c.more[act]()
	default:
		return office.ErrSimulated
	}
	return nil
}

func (c *simCounter) look() office.Simulated {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := office.Simulated{Takes: c.takes, Sample: c.sample, Connected: c.line.Connected() > 0}
	for name := range c.more {
		out.Acts = append(out.Acts, name)
	}
	slices.Sort(out.Acts)
	out.Acts = append(out.Acts, plugAct(c.away))
	if c.shows != nil {
		out.Shows = c.shows()
	}
	return out
}

func (c *simCounter) picture(int) ([]byte, error) { return nil, device.ErrNotFound }

func plugAct(away bool) string {
	if away {
		return "plug"
	}
	return "unplug"
}

// newest is how many papers are shown, the newest first.
const newest = 6

// simPrinter is a receipt printer with a drawer.
type simPrinter struct {
	p *sim.NetPrinter

	mu   sync.Mutex
	how  string
	away bool
}

func (s *simPrinter) address() string { return s.p.Addr() }
func (s *simPrinter) Close()          { s.p.Close() }

var printerWays = map[string]sim.Behaviour{"well": {Status: true}, "paper_out": {Status: true, PaperOut: true}, "cover_open": {Status: true, Offline: true}, "stall": {Status: true, StallAt: 1}, "mute": {}}

func (s *simPrinter) do(act, _ string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch how, ok := printerWays[act]; {
	case ok:
		s.how = act
		s.p.Behave(how)
	case act == "unplug":
		s.away = true
		s.p.Unplug()
	case act == "plug":
		s.away = false
		return s.p.Plug()
	default:
		return office.ErrSimulated
	}
	return nil
}

func (s *simPrinter) look() office.Simulated {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := office.Simulated{Acts: []string{"well", "paper_out", "cover_open", "stall", "mute", plugAct(s.away)}, Is: s.how, Drawer: true}
	papers := s.p.Papers()
	for i := len(papers) - 1; i >= 0; i-- {
		out.Kicks += papers[i].Kicks
		if len(out.Papers) < newest && len(papers[i].Lines) > 0 {
			out.Papers = append(out.Papers, office.SimulatedPaper{No: i, Text: papers[i].Text()})
		}
	}
	return out
}

func (s *simPrinter) picture(n int) ([]byte, error) {
	papers := s.p.Papers()
	if n < 0 || n >= len(papers) {
		return nil, device.ErrNotFound
	}
	var b bytes.Buffer
	err := papers[n].PNG(&b)
	return b.Bytes(), err
}

// simLabels is a label printer.
type simLabels struct {
	p *sim.LabelPrinter

	mu   sync.Mutex
	how  string
	away bool
}

func (s *simLabels) address() string { return "tcp:" + s.p.Addr() }
func (s *simLabels) Close()          { s.p.Close() }

var labelWays = map[string]sim.LabelState{"well": {}, "paper_out": {PaperOut: true}, "cover_open": {HeadOpen: true}, "ribbon_out": {RibbonOut: true}, "pause": {Paused: true}, "mute": {Mute: true}}

func (s *simLabels) do(act, _ string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch how, ok := labelWays[act]; {
	case ok:
		s.how = act
		s.p.Be(how)
	case act == "unplug":
		s.away = true
		s.p.Unplug()
	case act == "plug":
		s.away = false
		return s.p.Plug()
	default:
		return office.ErrSimulated
	}
	return nil
}

func (s *simLabels) look() office.Simulated {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := office.Simulated{Acts: []string{"well", "paper_out", "cover_open", "ribbon_out", "pause", "mute", plugAct(s.away)}, Is: s.how}
	labels := s.p.Labels()
	for i := len(labels) - 1; i >= 0 && len(out.Papers) < newest; i-- {
		text := labels[i].Text()
		if n := labels[i].Copies; n > 1 {
			text += "× " + strconv.Itoa(n)
		}
		out.Papers = append(out.Papers, office.SimulatedPaper{No: i, Text: text})
	}
	return out
}

func (s *simLabels) picture(n int) ([]byte, error) {
	labels := s.p.Labels()
	if n < 0 || n >= len(labels) {
		return nil, device.ErrNotFound
	}
	var b bytes.Buffer
	err := labels[n].PNG(&b)
	return b.Bytes(), err
}
