package main

import (
	"bytes"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/text/encoding/charmap"

	"github.com/shopwright/shopwright/admin/office"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/hw/sim"
)

// newSimulated switches a simulated device on.
func newSimulated(class string) (simulated, error) {
	switch class {
	case device.ClassPrinter:
		return newSimPrinter()
	case "label":
		return newSimLabels()
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

// simPaper is a device that prints: it behaves in one of some ways, and shows what it
// has printed.
type simPaper struct {
	at            string
	plug          func() error
	unplug, close func()
	ways          []string // in the order in which they are offered
	behave        func(way string)
	shows         func(*office.Simulated)
	draw          func(n int, w io.Writer) error // device.ErrNotFound where there is no such paper

	mu   sync.Mutex
	how  string
	away bool
}

func (s *simPaper) address() string { return s.at }
func (s *simPaper) Close()          { s.close() }

func (s *simPaper) do(act, _ string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case slices.Contains(s.ways, act):
		s.how = act
		s.behave(act)
	case act == "unplug":
		s.away = true
		s.unplug()
	case act == "plug":
		s.away = false
		return s.plug()
	default:
		return office.ErrSimulated
	}
	return nil
}

func (s *simPaper) look() office.Simulated {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := office.Simulated{Acts: append(slices.Clone(s.ways), plugAct(s.away)), Is: s.how}
	s.shows(&out)
	return out
}

func (s *simPaper) picture(n int) ([]byte, error) {
	var b bytes.Buffer
	err := s.draw(n, &b)
	return b.Bytes(), err
}

var printerWays = map[string]sim.Behaviour{"well": {Status: true}, "paper_out": {Status: true, PaperOut: true}, "cover_open": {Status: true, Offline: true}, "stall": {Status: true, StallAt: 1}, "mute": {}}

// newSimPrinter is a receipt printer with a drawer.
func newSimPrinter() (simulated, error) {
	p, err := sim.NewNetPrinter(sim.Behaviour{Status: true})
	if err != nil {
		return nil, err
	}
	return &simPaper{
		at: p.Addr(), plug: p.Plug, unplug: p.Unplug, close: func() { p.Close() },
		ways:   []string{"well", "paper_out", "cover_open", "stall", "mute"},
		behave: func(way string) { p.Behave(printerWays[way]) },
		shows: func(out *office.Simulated) {
			out.Drawer = true
			papers := p.Papers()
			for i := len(papers) - 1; i >= 0; i-- {
				out.Kicks += papers[i].Kicks
				if len(out.Papers) < newest && len(papers[i].Lines) > 0 {
					out.Papers = append(out.Papers, office.SimulatedPaper{No: i, Text: papers[i].Text()})
				}
			}
		},
		draw: func(n int, w io.Writer) error {
			papers := p.Papers()
			if n < 0 || n >= len(papers) {
				return device.ErrNotFound
			}
			return papers[n].PNG(w)
		},
	}, nil
}

var labelWays = map[string]sim.LabelState{"well": {}, "paper_out": {PaperOut: true}, "cover_open": {HeadOpen: true}, "ribbon_out": {RibbonOut: true}, "pause": {Paused: true}, "mute": {Mute: true}}

// newSimLabels is a label printer.
func newSimLabels() (simulated, error) {
	p, err := sim.NewLabelPrinter(sim.LabelState{})
	if err != nil {
		return nil, err
	}
	return &simPaper{
		at: "tcp:" + p.Addr(), plug: p.Plug, unplug: p.Unplug, close: func() { p.Close() },
		ways:   []string{"well", "paper_out", "cover_open", "ribbon_out", "pause", "mute"},
		behave: func(way string) { p.Be(labelWays[way]) },
		shows: func(out *office.Simulated) {
			labels := p.Labels()
			for i := len(labels) - 1; i >= 0 && len(out.Papers) < newest; i-- {
				text := labels[i].Text()
				if n := labels[i].Copies; n > 1 {
					text += "× " + strconv.Itoa(n)
				}
				out.Papers = append(out.Papers, office.SimulatedPaper{No: i, Text: text})
			}
		},
		draw: func(n int, w io.Writer) error {
			labels := p.Labels()
			if n < 0 || n >= len(labels) {
				return device.ErrNotFound
			}
			return labels[n].PNG(w)
		},
	}, nil
}
