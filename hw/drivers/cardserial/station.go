package cardserial

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/hw/drivers/cards"
	"github.com/shopwright/shopwright/hw/drivers/link"
	"github.com/shopwright/shopwright/hw/drivers/scan"
	"github.com/shopwright/shopwright/hw/port"
	"github.com/shopwright/shopwright/sdk/driver"
)

// Name is the driver's name.
const Name = "card-serial"

// limits are variables of the driver so that tests need not wait.
type limits struct {
	answer time.Duration // to a question
	write  time.Duration // to a write
	look   time.Duration // between two looks whether a card is there
	probe  time.Duration // between two looks at an idle station
	pause  time.Duration // within a frame
}

var usual = limits{answer: time.Second, write: 4 * time.Second, look: 150 * time.Millisecond, probe: 2 * time.Second, pause: 200 * time.Millisecond}

// Station is the driver.
type Station struct {
	driver.Stream
	line   link.Link
	desk   cards.Desk
	log    *slog.Logger
	lim    limits
	writes writes

	turn    chan struct{} // one token: whoever asks
	answers chan frame
	set     settings // set by Configure, before any call
	asked   counter  // calls that wait for a card
}

type settings struct {
	Address    string `json:"address"`
	Protocol   string `json:"protocol"`
	Technology string `json:"technology"`
}

var (
	_ driver.Driver       = (*Station)(nil)
	_ driver.Configurable = (*Station)(nil)
	_ driver.Checker      = (*Station)(nil)
	_ driver.Eventful     = (*Station)(nil)
	_ driver.CardStation  = (*Station)(nil)
)

// New makes the driver.
func New() driver.Driver { return newStation(usual) }

func newStation(l limits) *Station {
	s := &Station{log: driver.Logger(), lim: l, turn: make(chan struct{}, 1), answers: make(chan frame, 16)}
	s.desk = cards.Desk{Clock: clock.System{}, Unasked: func(c driver.Card) { s.Presented("", c) }}
	return s
}

// Info implements driver.Driver.
func (s *Station) Info() driver.Info {
	return driver.Info{ID: Name, Version: "1.0.0", Vendor: "Shopwright", Classes: []string{"MSR", "RFIDScanner", "SmartCardRW"}}
}

// ConfigSchema implements driver.Configurable.
func (s *Station) ConfigSchema() json.RawMessage {
	return link.Schema("address", link.AddressMember, `    "protocol": {"type": "string", "enum": ["lines", "frames"], "default": "lines", "title": "Protocol",
      "x-title": {"en": "Protocol", "zh-Hans": "协议", "zh-Hant": "協定"},
      "x-labels": {"lines": {"en": "Lines: a reader", "zh-Hans": "逐行：只读读卡器", "zh-Hant": "逐行：唯讀讀卡機"}, "frames": {"en": "Frames: a station that reads and writes", "zh-Hans": "帧：可读写的发卡机", "zh-Hant": "訊框：可讀寫的發卡機"}}}`,
		cards.TechnologyMember)
}

// Configure implements driver.Configurable.
func (s *Station) Configure(_ context.Context, raw json.RawMessage) error {
	set := settings{Protocol: "lines", Technology: cards.RFID}
	if err := link.Decode(raw, &set); err != nil {
		return err
	}
	a, err := port.Parse(set.Address)
	if err != nil {
		return err
	}
	serve := s.frames
	switch {
	case set.Protocol == "lines":
		serve = s.lines
	case set.Protocol != "frames":
		return fmt.Errorf("the protocol %q is not known", set.Protocol)
	}
	if !cards.Known(set.Technology) {
		return fmt.Errorf("the technology %q is not known", set.Technology)
	}
	s.line.Close()
	s.set = set
	s.line.Start(a, serve)
	return nil
}

// Health implements driver.Checker.
func (s *Station) Health(context.Context) driver.Health { return s.line.Health() }

// lines reads each line as a card.
func (s *Station) lines(ctx context.Context, c *port.Conn) error {
	lines := scan.Assembler{
		Rules: scan.Rules{Ends: "\r\n\t", Pause: s.lim.pause, Longest: cards.LongestLine, Prefix: "\x02", Suffix: "\x03", KeepAIM: true},
		Got: func(code scan.Code) {
			card, err := cards.Parse(code.Data, s.set.Technology)
			if err != nil {
				s.log.Warn("something that is no member card was dropped", "why", err)
				return
			}
			s.desk.Present(card)
		},
		Dropped: scan.Drops(s.log),
	}
	return lines.Run(ctx, c, nil)
}

// frames hands answers to whoever asked, and looks at the station when nobody does.
func (s *Station) frames(ctx context.Context, c *port.Conn) error {
	probing, end := context.WithCancel(ctx)
	defer end()
	go s.probe(probing)
	var in frames
	dropped := scan.Drops(s.log)
	for {
		wait, cancel := ctx, context.CancelFunc(func() {})
		if len(in.rest) > 0 {
			wait, cancel = context.WithTimeout(ctx, s.lim.pause)
		}
		b, err := c.Read(wait)
		cancel()
		if errors.Is(err, port.ErrSilent) && ctx.Err() == nil {
			in.paused()
			continue
		}
		if err != nil {
			return err
		}
		for _, f := range in.feed(b) {
			s.take(f)
		}
		if in.junk > 0 {
			dropped(errFrame, in.junk)
			in.junk = 0
		}
	}
}

// take takes a frame of the station.
func (s *Station) take(f frame) {
	if f.command != 'P' {
		select {
		case s.answers <- f:
		default: // nobody asked for so many
		}
		return
	}
	c, err := card(f.data)
	switch {
	case err != nil:
		s.log.Warn("something that is no member card was dropped", "why", err)
	case s.asked.any(): // whoever waits reads it by itself
	case c.Number == "":
		s.log.Info("a card without a number was presented")
	default:
		s.desk.Present(c)
	}
}

// probe notices a station that fell silent.
func (s *Station) probe(ctx context.Context) {
	t := time.NewTicker(s.lim.probe)
	defer t.Stop()
	for {
		if _, err := s.ask(ctx, frame{'S', nil}, s.lim.answer); ctx.Err() == nil {
			s.line.Ill(err)
		}
		select {
		case <-t.C:
		case <-ctx.Done():
			return
		}
	}
}

// ask asks the station and waits for the answer: the question's letter in lower case,
// or e.
func (s *Station) ask(ctx context.Context, q frame, limit time.Duration) (frame, error) {
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return frame{}, ctx.Err()
	}
	for len(s.answers) > 0 {
		<-s.answers // of a question that was given up
	}
	if err := s.line.Send(ctx, q.bytes()); err != nil {
		return frame{}, err
	}
	over := time.NewTimer(limit)
	defer over.Stop()
	for {
		select {
		case f := <-s.answers:
			switch f.command {
			case 'e':
				return f, failure(f.data)
			case q.command | 0x20:
				return f, nil
			}
		case <-over.C:
			return frame{}, errSilent
		}
	}
}
