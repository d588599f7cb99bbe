package payboxserial

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/shopwright/shopwright/hw/drivers/link"
	"github.com/shopwright/shopwright/hw/drivers/scan"
	"github.com/shopwright/shopwright/hw/port"
	"github.com/shopwright/shopwright/sdk/driver"
)

// Name is the driver's name.
const Name = "paybox-serial"

// armedFor is how long a code may come after Arm: what is shown on a telephone is
// older then than any provider takes.
const armedFor = 2 * time.Minute

var (
	errAmount = errors.New("the amount must be digits with a point")
	errID     = errors.New("an announcement needs an id")
)

// Box is the driver.
type Box struct {
	driver.Stream
	line     link.Link
	log      *slog.Logger
	armedFor time.Duration

	order sync.Mutex // one announcement after another

	mu    sync.Mutex
	set   settings
	armed *arming  // nil where nothing is announced
	ids   []string // announced before: a repeated Arm is not a new one
}

// arming is one announcement.
type arming struct {
	id, amount string
	codes      []string // handed on already
	over       *time.Timer
}

type settings struct {
	Address string `json:"address"`
	Arm     string `json:"arm"`
	Disarm  string `json:"disarm"`
	scan.Settings
}

var (
	_ driver.Driver       = (*Box)(nil)
	_ driver.Configurable = (*Box)(nil)
	_ driver.Checker      = (*Box)(nil)
	_ driver.Eventful     = (*Box)(nil)
	_ driver.PayBox       = (*Box)(nil)
)

// New makes the driver.
func New() driver.Driver { return newBox(armedFor) }

func newBox(armed time.Duration) *Box { return &Box{log: driver.Logger(), armedFor: armed} }

// Info implements driver.Driver.
func (p *Box) Info() driver.Info {
	return driver.Info{ID: Name, Version: "1.0.0", Vendor: "Shopwright", Classes: []string{"PayBox"}}
}

// ConfigSchema implements driver.Configurable.
func (p *Box) ConfigSchema() json.RawMessage {
	return link.Schema("address", link.AddressMember, `    "arm": {"type": "string", "minLength": 8, "maxLength": 200, "pattern": "\\{amount\\}", "default": "AMOUNT {amount}\\r\\n", "title": "What announces an amount", "description": "By the box's handbook, with {amount}; \\r, \\n and \\x02 for keys that cannot be typed",
      "x-title": {"en": "What announces an amount", "zh-Hans": "播报金额的指令", "zh-Hant": "播報金額的指令"},
      "x-description": {"en": "By the box's handbook, with {amount}; \\r, \\n and \\x02 for keys that cannot be typed", "zh-Hans": "按设备说明书填写，含 {amount}；无法键入的写作 \\r、\\n、\\x02", "zh-Hant": "按裝置說明書填寫，含 {amount}；無法鍵入的寫作 \\r、\\n、\\x02"}},
    "disarm": {"type": "string", "maxLength": 200, "default": "CANCEL\\r\\n", "title": "What takes it back", "description": "Empty where the box has nothing for it",
      "x-title": {"en": "What takes it back", "zh-Hans": "取消播报的指令", "zh-Hant": "取消播報的指令"},
      "x-description": {"en": "Empty where the box has nothing for it", "zh-Hans": "设备没有此指令时留空", "zh-Hant": "裝置沒有此指令時留空"}}`, scan.Members)
}

// Configure implements driver.Configurable.
func (p *Box) Configure(_ context.Context, raw json.RawMessage) error {
	set := settings{Arm: `AMOUNT {amount}\r\n`, Disarm: `CANCEL\r\n`, Settings: scan.Usual()}
	if err := link.Decode(raw, &set); err != nil {
		return err
	}
	a, err := port.Parse(set.Address)
	if err != nil {
		return err
	}
	rules, err := set.Rules()
	if err != nil {
		return err
	}
	if !strings.Contains(set.Arm, "{amount}") {
		return errors.New("what announces an amount has no {amount} in it")
	}
	if set.Arm, err = link.Bytes(set.Arm); err != nil {
		return err
	}
	if set.Disarm, err = link.Bytes(set.Disarm); err != nil {
		return err
	}
	p.line.Close()
	p.mu.Lock()
	p.set = set
	p.mu.Unlock()
	p.line.Start(a, func(ctx context.Context, c *port.Conn) error { return p.serve(ctx, c, rules) })
	return nil
}

// Health implements driver.Checker. A box says nothing by itself: it is well while its
// line is there.
func (p *Box) Health(context.Context) driver.Health { return p.line.Health() }

func (p *Box) serve(ctx context.Context, c *port.Conn, rules scan.Rules) error {
	if err := p.again(ctx); err != nil {
		return err
	}
	codes := scan.Assembler{Rules: rules, Got: p.read, Dropped: scan.Drops(p.log)}
	return codes.Run(ctx, c, nil)
}

// again announces to a box that was away what is announced.
func (p *Box) again(ctx context.Context) error {
	p.order.Lock()
	defer p.order.Unlock()
	p.mu.Lock()
	set, a := p.set, p.armed
	p.mu.Unlock()
	if a == nil {
		return nil
	}
	return p.line.Send(ctx, set.announce(a.amount))
}

func (s settings) announce(amount string) []byte {
	return []byte(strings.ReplaceAll(s.Arm, "{amount}", amount))
}

// read takes a code.
func (p *Box) read(code scan.Code) {
	p.mu.Lock()
	defer p.mu.Unlock() // so that none is handed on once Disarm has answered
	switch {
	case p.armed == nil:
		p.log.Warn("a code that nothing was announced for was dropped", "bytes", len(code.Data))
	case slices.Contains(p.armed.codes, string(code.Data)):
		p.log.Info("a code that was read twice was dropped", "bytes", len(code.Data))
	default:
		p.armed.codes = append(p.armed.codes, string(code.Data))
		p.Scanned("", code.Data, code.Symbology, driver.ScanToPay)
	}
}

var plain = regexp.MustCompile(`^[0-9]{1,12}(\.[0-9]{1,4})?$`)

// idsKept is how many announcements are remembered.
const idsKept = 1000

// Arm implements driver.PayBox. An id that was announced before, also one that was
// taken back or ran out, is not announced again.
func (p *Box) Arm(ctx context.Context, id, _, amount string) error {
	if id == "" {
		return errID
	}
	if !plain.MatchString(amount) {
		return errAmount
	}
	p.order.Lock()
	defer p.order.Unlock()
	p.mu.Lock()
	known := slices.Contains(p.ids, id)
	set := p.set
	if !known {
		p.disarm() // a code that comes now belongs to neither
	}
	p.mu.Unlock()
	if known {
		return nil
	}
	if set.Arm == "" {
		return link.ErrNotConfigured
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	p.mu.Lock() // before it is sent: a customer can be quick
	if len(p.ids) >= idsKept {
		p.ids = slices.Clone(p.ids[1:])
	}
	p.ids = append(p.ids, id)
	p.armed = &arming{id: id, amount: amount, over: time.AfterFunc(p.armedFor, func() { p.ranOut(id) })}
	p.mu.Unlock()
	err := p.line.Send(ctx, set.announce(amount))
	if err != nil {
		p.mu.Lock()
		p.disarm()
		p.ids = slices.DeleteFunc(p.ids, func(other string) bool { return other == id }) // it may be tried again
		p.mu.Unlock()
	}
	return err
}

// ranOut ends an announcement whose time is over: first the codes, then what the box
// shows.
func (p *Box) ranOut(id string) {
	p.mu.Lock()
	mine := p.armed != nil && p.armed.id == id
	if mine {
		p.armed = nil
	}
	p.mu.Unlock()
	if !mine {
		return
	}
	p.order.Lock()
	defer p.order.Unlock()
	p.mu.Lock()
	set, other := p.set, p.armed != nil
	p.mu.Unlock()
	if other || set.Disarm == "" {
		return
	}
	if err := p.line.Send(context.Background(), []byte(set.Disarm)); err != nil {
		p.log.Warn("an announcement that ran out could not be taken back", "err", err)
	}
}

// disarm ends what is announced; the caller holds mu.
func (p *Box) disarm() {
	if p.armed != nil {
		p.armed.over.Stop()
		p.armed = nil
	}
}

// Disarm implements driver.PayBox. From its answer on no code is a payment under that
// id, whatever becomes of telling the box.
func (p *Box) Disarm(ctx context.Context, id, _ string) error {
	p.order.Lock()
	defer p.order.Unlock()
	p.mu.Lock()
	mine := p.armed != nil && p.armed.id == id
	if mine {
		p.disarm()
	}
	set := p.set
	p.mu.Unlock()
	if !mine || set.Disarm == "" {
		return nil
	}
	return p.line.Send(ctx, []byte(set.Disarm))
}
