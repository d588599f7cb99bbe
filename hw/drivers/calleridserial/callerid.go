package calleridserial

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/hw/drivers/link"
	"github.com/shopwright/shopwright/hw/port"
	"github.com/shopwright/shopwright/sdk/driver"
)

// Name is the driver's name.
const Name = "callerid-serial"

// limits are variables of the driver so that tests need not wait.
type limits struct {
	call  time.Duration // after the last ring or number the next is another call
	probe time.Duration // between two looks at a modem
	sit   time.Duration // a modem answers within
	pause time.Duration // within a line or a frame
}

var usual = limits{call: 10 * time.Second, probe: 20 * time.Second, sit: 3 * time.Second, pause: 500 * time.Millisecond}

var errModem = errors.New("the modem does not answer")

// Receiver is the driver.
type Receiver struct {
	driver.Stream
	line  link.Link
	log   *slog.Logger
	lim   limits
	clock clock.Clock
}

type settings struct {
	Address string `json:"address"`
	Profile string `json:"profile"`
	Init    string `json:"init"`
}

var (
	_ driver.Driver       = (*Receiver)(nil)
	_ driver.Configurable = (*Receiver)(nil)
	_ driver.Checker      = (*Receiver)(nil)
	_ driver.Eventful     = (*Receiver)(nil)
)

// New makes the driver.
func New() driver.Driver { return &Receiver{log: driver.Logger(), lim: usual, clock: clock.System{}} }

// Info implements driver.Driver.
func (r *Receiver) Info() driver.Info {
	return driver.Info{ID: Name, Version: "1.0.0", Vendor: "Shopwright", Classes: []string{"CallerID"}}
}

// ConfigSchema implements driver.Configurable.
func (r *Receiver) ConfigSchema() json.RawMessage {
	return link.Schema("address", link.AddressMember, `    "profile": {"type": "string", "enum": ["modem", "box", "fsk"], "default": "modem", "title": "Kind of device",
      "x-title": {"en": "Kind of device", "zh-Hans": "设备类型", "zh-Hant": "裝置類型"},
      "x-labels": {"modem": {"en": "Modem (RING, NMBR=…)", "zh-Hans": "调制解调器（RING、NMBR=…）", "zh-Hant": "數據機（RING、NMBR=…）"}, "box": {"en": "Box that sends the number as text (DTMF, FSK)", "zh-Hans": "以文本发送号码的来电盒（DTMF、FSK）", "zh-Hant": "以文字傳送號碼的來電盒（DTMF、FSK）"}, "fsk": {"en": "Box that hands on FSK frames", "zh-Hans": "转发 FSK 数据帧的来电盒", "zh-Hant": "轉送 FSK 訊框的來電盒"}}},
    "init": {"type": "string", "maxLength": 100, "default": "AT+VCID=1", "title": "What makes the modem report numbers", "description": "AT+VCID=1, AT#CID=1 or AT+CLIP=1, by the modem's handbook",
      "x-title": {"en": "What makes the modem report numbers", "zh-Hans": "开启来电显示的指令", "zh-Hant": "開啟來電顯示的指令"},
      "x-description": {"en": "AT+VCID=1, AT#CID=1 or AT+CLIP=1, by the modem's handbook", "zh-Hans": "AT+VCID=1、AT#CID=1 或 AT+CLIP=1，见调制解调器说明书", "zh-Hant": "AT+VCID=1、AT#CID=1 或 AT+CLIP=1，見數據機說明書"}}`)
}

// Configure implements driver.Configurable.
func (r *Receiver) Configure(_ context.Context, raw json.RawMessage) error {
	set := settings{Profile: "modem", Init: "AT+VCID=1"}
	if err := link.Decode(raw, &set); err != nil {
		return err
	}
	a, err := port.Parse(set.Address)
	if err != nil {
		return err
	}
	if strings.ContainsFunc(set.Init, func(c rune) bool { return c < ' ' || c > '~' }) || len(set.Init) > 100 {
		return errors.New("what is said to the modem is one line of letters")
	}
	var serve func(context.Context, *port.Conn, *call) error
	switch set.Profile {
	case "modem":
		serve = func(ctx context.Context, c *port.Conn, now *call) error { return r.modem(ctx, c, now, set.Init) }
	case "box":
		serve = r.box
	case "fsk":
		serve = r.fsk
	default:
		return fmt.Errorf("the profile %q is not known", set.Profile)
	}
	r.line.Start(a, func(ctx context.Context, c *port.Conn) error { return serve(ctx, c, &call{r: r}) })
	return nil
}

// Health implements driver.Checker.
func (r *Receiver) Health(context.Context) driver.Health { return r.line.Health() }

// call is the call that rings, or the last one.
type call struct {
	r    *Receiver
	told string // its number, once it was told
	hid  bool
	seen clock.Instant // its last ring or number
}

// sign takes a sign of a call. The first with a number is the event.
func (c *call) sign(s sign) {
	now := c.r.clock.Now()
	if c.seen != 0 && now.Sub(c.seen) >= c.r.lim.call {
		c.told, c.hid = "", false
	}
	c.seen = now
	switch {
	case s.number != "" && s.number != c.told: // another number is another call, put through while one rings
		c.told = s.number
		c.r.log.Info("a call", "number", scrubbed(s.number))
		c.r.Called("", s.number)
	case s.hidden && !c.hid:
		c.hid = true
		c.r.log.Info("a call that hides its number")
	}
}

// modem listens to a modem and asks it now and then whether it is there.
func (r *Receiver) modem(ctx context.Context, c *port.Conn, now *call, init string) error {
	ask := "ATE0\r"
	if init != "" {
		ask = "ATE0\r" + init + "\r"
	}
	for {
		if err := r.line.Send(ctx, []byte(ask)); err != nil {
			return err
		}
		answered, err := r.listen(ctx, c, now, r.lim.sit)
		if err != nil {
			return err
		}
		if answered {
			r.line.Ill(nil)
			ask = "AT\r"
			if _, err = r.listen(ctx, c, now, r.lim.probe); err != nil {
				return err
			}
			continue
		}
		r.line.Ill(errModem) // asked again from the beginning: it may have been switched on since
	}
}

// listen reads a modem's lines for that long, and answers whether it said something.
func (r *Receiver) listen(ctx context.Context, c *port.Conn, now *call, long time.Duration) (answered bool, err error) {
	listening, cancel := context.WithTimeout(ctx, long)
	defer cancel()
	for {
		line, err := c.ReadLine(listening, "\r\n", 200)
		switch {
		case errors.Is(err, port.ErrSilent) && ctx.Err() == nil:
			return answered, nil
		case err != nil:
			return answered, err
		}
		if s, ok := modem(string(line)); ok {
			now.sign(s)
		}
		answered = answered || len(line) > 0
	}
}

// box listens to a box that sends numbers as text.
func (r *Receiver) box(ctx context.Context, c *port.Conn, now *call) error {
	var text []byte
	end := func() {
		if s, ok := box(string(text)); ok {
			now.sign(s)
		}
		text = text[:0]
	}
	return r.bytes(ctx, c, func(b []byte) bool {
		for _, ch := range b {
			if strings.IndexByte("\r\n#C", ch) >= 0 {
				end()
			} else if len(text) < 200 {
				text = append(text, ch)
			}
		}
		return len(text) > 0
	}, end)
}

// fsk listens to a box that hands on the network's frames.
func (r *Receiver) fsk(ctx context.Context, c *port.Conn, now *call) error {
	var frames network
	return r.bytes(ctx, c, func(b []byte) bool {
		for _, s := range frames.feed(b) {
			now.sign(s)
		}
		return len(frames.rest) > 0
	}, func() { frames.rest = nil })
}

// bytes hands on what comes; took answers whether something is under way, which
// paused ends when nothing follows.
func (r *Receiver) bytes(ctx context.Context, c *port.Conn, took func([]byte) bool, paused func()) error {
	open := false
	for {
		wait, cancel := ctx, context.CancelFunc(func() {})
		if open {
			wait, cancel = context.WithTimeout(ctx, r.lim.pause)
		}
		b, err := c.Read(wait)
		cancel()
		switch {
		case errors.Is(err, port.ErrSilent) && ctx.Err() == nil:
			paused()
			open = false
		case err != nil:
			return err
		default:
			open = took(b)
		}
	}
}
