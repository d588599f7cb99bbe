package messengerhttp

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/shopwright/shopwright/hw/connectors/internal/gate"
	"github.com/shopwright/shopwright/sdk/driver"
)

// Name is the driver's name.
const Name = "messenger-http"

// The gateways.
const (
	Aliyun  = "aliyun"
	Tencent = "tencent"
	Twilio  = "twilio"
	Custom  = "custom"
)

type settings struct {
	Gateway string `json:"gateway"`
	KeyID   string `json:"key_id"`
	Secret  string `json:"secret"`
	App     string `json:"app"`
	Region  string `json:"region"`
	From    string `json:"from"`
	Base    string `json:"base_url"`

	Method    string `json:"method"`
	Headers   string `json:"headers"`
	Form      string `json:"form"`
	Body      string `json:"body"`
	Sign      string `json:"sign"`
	SignText  string `json:"sign_text"`
	OKPath    string `json:"ok_path"`
	OKValue   string `json:"ok_value"`
	OKPattern string `json:"ok_pattern"`
	WhyPath   string `json:"why_path"`
	IDPath    string `json:"id_path"`
	CostPath  string `json:"cost_path"`
	Currency  string `json:"currency"`
	Again     string `json:"again"`

	AskPath   string `json:"ask_url"`
	StatePath string `json:"state_path"`
	Delivered string `json:"delivered"`
	Failed    string `json:"failed"`

	Listen    string `json:"notice_listen"`
	NoticeKey string `json:"notice_secret"`
	NoticeURL string `json:"notice_url"`
	KeyPath   string `json:"notice_key_path"`
}

// request is one call of a gateway.
type request struct {
	method, address, body string
	header                http.Header
}

// shape is the language of a gateway.
type shape interface {
	check(*settings) error
	send(s *settings, m *driver.Message, c call) (request, error)
	sent(s *settings, status int, body []byte) driver.MessageStatus
	// ask answers false where the gateway cannot be asked about this message.
	ask(s *settings, k driver.MessageKey, c call) (request, bool)
	told(s *settings, k driver.MessageKey, status int, body []byte) driver.MessageStatus
	// notice reads what the gateway told by itself.
	notice(s *settings, r *http.Request, body []byte) ([]noticed, error)
}

type noticed struct {
	key string
	st  driver.MessageStatus
}

// call is what is drawn anew for each call.
type call struct {
	now   time.Time
	nonce string
}

var shapes = map[string]shape{Aliyun: aliyun{}, Tencent: tencent{}, Twilio: twilio{}, Custom: custom{}}

// Messenger is the driver.
type Messenger struct {
	driver.Stream

	mu     sync.Mutex
	set    settings
	shape  shape
	gate   *gate.Gate
	stop   context.CancelFunc
	done   map[string]*entry // by key
	order  []string
	listen string // where notices are listened for, as it came out
}

// entry is a message that this process has handed over, or is handing over.
type entry struct {
	ready chan struct{}
	st    driver.MessageStatus
	err   error
	again bool // nothing was sent: the next attempt may be made
}

// remembered is how many messages are: days of a busy shop.
const remembered = 10_000

var (
	_ driver.Driver       = (*Messenger)(nil)
	_ driver.Configurable = (*Messenger)(nil)
	_ driver.Checker      = (*Messenger)(nil)
	_ driver.Messenger    = (*Messenger)(nil)
	_ driver.Eventful     = (*Messenger)(nil)
)

// New makes the driver.
func New() driver.Driver { return &Messenger{done: map[string]*entry{}} }

// Info implements driver.Driver.
func (*Messenger) Info() driver.Info {
	return driver.Info{ID: Name, Version: "1.0.0", Vendor: "Shopwright", Classes: []string{"Messenger"}}
}

// Configure implements driver.Configurable.
func (d *Messenger) Configure(_ context.Context, raw json.RawMessage) (err error) {
	s := settings{Gateway: Aliyun, Method: http.MethodPost, Form: formJSON, Sign: signNone}
	if err = gate.Decode(raw, &s); err != nil {
		return err
	}
	sh, ok := shapes[s.Gateway]
	if !ok {
		return errors.New("the gateway is not known")
	}
	if err := sh.check(&s); err != nil {
		return err
	}
	if s.Base, err = gate.Address(s.Base); err != nil {
		return err
	}
	if s.Listen != "" && len(s.NoticeKey) < 16 {
		return errors.New("notices need a secret of at least 16 characters")
	}
	ctx, stop := context.WithCancel(context.Background())
	addr, err := gate.Listen(ctx, s.Listen, http.HandlerFunc(d.serve))
	if err != nil {
		stop()
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.stop != nil {
		d.stop()
	}
	d.set, d.shape, d.gate, d.stop = s, sh, gate.New(nil, s.Secret, s.NoticeKey), stop
	if d.listen = ""; addr != nil {
		d.listen = addr.String()
	}
	return nil
}

// Health implements driver.Checker.
func (d *Messenger) Health(context.Context) driver.Health {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.gate == nil {
		return driver.Health{Reason: "no settings yet"}
	}
	return d.gate.Health()
}

var errSettings = errors.New("no settings yet")

func (d *Messenger) now() (settings, shape, *gate.Gate, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.gate == nil {
		return settings{}, nil, nil, errSettings
	}
	return d.set, d.shape, d.gate, nil
}

// SendMessage implements driver.Messenger.
func (d *Messenger) SendMessage(ctx context.Context, m driver.Message) (driver.MessageStatus, error) {
	s, sh, g, err := d.now()
	if err != nil {
		return driver.MessageStatus{}, err
	}
	switch {
	case m.Channel != "" && m.Channel != driver.ChannelSMS:
		return refused("only text messages are carried"), nil
	case len(digits(m.Recipient)) < 5 || len(digits(m.Recipient)) > 20 || strings.Trim(m.Recipient, "+0123456789") != "":
		return refused("the recipient is no telephone number"), nil
	}
	e, first := d.begin(m.Key)
	if !first {
		select {
		case <-e.ready:
			return e.st, e.err
		case <-ctx.Done():
			return driver.MessageStatus{}, ctx.Err()
		}
	}
	e.st, e.err = d.hand(ctx, &s, sh, g, &m)
	e.again = e.err == nil && e.st.State == driver.MessageRefused
	close(e.ready)
	return e.st, e.err
}

// begin answers what is known of a key; first says that the caller hands it over.
func (d *Messenger) begin(key string) (e *entry, first bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if e = d.done[key]; e != nil {
		select {
		case <-e.ready:
			if !e.again {
				return e, false
			}
		default:
			return e, false
		}
	} else {
		if len(d.order) >= remembered {
			delete(d.done, d.order[0])
			d.order = d.order[1:]
		}
		d.order = append(d.order, key)
	}
	e = &entry{ready: make(chan struct{})}
	d.done[key] = e
	return e, true
}

func (d *Messenger) hand(ctx context.Context, s *settings, sh shape, g *gate.Gate, m *driver.Message) (driver.MessageStatus, error) {
	r, err := sh.send(s, m, drawn())
	if err != nil {
		return refused(err.Error()), nil
	}
	status, body, err := g.Send(ctx, r.method, r.address, r.header, r.body)
	if err != nil {
		return driver.MessageStatus{}, hide(err, m.Recipient)
	}
	st := sh.sent(s, status, body)
	st.Reason = clean(g, st.Reason, m.Recipient)
	if status == http.StatusUnauthorized || status == http.StatusForbidden {
		g.Trouble("the gateway does not know us: " + st.Reason)
	}
	return st, nil
}

// MessageStatus implements driver.Messenger.
func (d *Messenger) MessageStatus(ctx context.Context, k driver.MessageKey) (driver.MessageStatus, error) {
	s, sh, g, err := d.now()
	if err != nil {
		return driver.MessageStatus{}, err
	}
	if k.ProviderID == "" {
		k.ProviderID = d.provider(k.Key)
	}
	r, ok := sh.ask(&s, k, drawn())
	if !ok {
		return driver.MessageStatus{Reason: "the gateway cannot be asked about it"}, nil
	}
	status, body, err := g.Send(ctx, r.method, r.address, r.header, r.body)
	if err != nil {
		return driver.MessageStatus{}, hide(err, k.Recipient)
	}
	st := sh.told(&s, k, status, body)
	st.Reason = clean(g, st.Reason, k.Recipient)
	return st, nil
}

// provider is the gateway's name of a message that this process has handed over.
func (d *Messenger) provider(key string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	e := d.done[key]
	if e == nil {
		return ""
	}
	select {
	case <-e.ready:
		return e.st.ProviderID
	default:
		return ""
	}
}

func refused(why string) driver.MessageStatus {
	return driver.MessageStatus{State: driver.MessageRefused, Reason: why}
}

// digits are a number without its plus sign.
func digits(number string) string { return strings.TrimPrefix(number, "+") }

// national is a mainland number without its country's code, any other with it.
func national(number string) string {
	if rest, ok := strings.CutPrefix(number, "+86"); ok && len(rest) == 11 {
		return rest
	}
	return digits(number)
}

// clean takes secrets and the recipient out of what a gateway says.
func clean(g *gate.Gate, text, recipient string) string {
	text = g.Clean(text)
	for _, r := range []string{recipient, digits(recipient), national(recipient)} {
		if r != "" {
			text = strings.ReplaceAll(text, r, "***")
		}
	}
	if r := []rune(text); len(r) > 200 {
		text = string(r[:200])
	}
	return text
}

func hide(err error, recipient string) error {
	if recipient == "" || !strings.Contains(err.Error(), digits(recipient)) && !strings.Contains(err.Error(), national(recipient)) {
		return err
	}
	return errors.New("the gateway was not reached")
}
