package stripe

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/shopwright/shopwright/hw/connectors/internal/gate"
	"github.com/shopwright/shopwright/sdk/driver"
)

// Name is the driver's name.
const Name = "stripe"

type settings struct {
	Key     string `json:"secret_key"`
	Reader  string `json:"reader_id"`
	Account string `json:"account"`
	Hook    string `json:"webhook_secret"`
	Listen  string `json:"webhook_listen"`
	Base    string `json:"base_url"`
}

// Acquirer is the driver.
type Acquirer struct {
	driver.Stream

	mu    sync.Mutex
	set   settings
	gate  *gate.Gate
	stop  context.CancelFunc
	addr  net.Addr          // where webhooks are taken
	known map[string]string // PaymentIntents by reference
}

var (
	_ driver.Driver       = (*Acquirer)(nil)
	_ driver.Configurable = (*Acquirer)(nil)
	_ driver.Checker      = (*Acquirer)(nil)
	_ driver.Eventful     = (*Acquirer)(nil)
	_ driver.Acquirer     = (*Acquirer)(nil)
)

// New makes the driver.
func New() driver.Driver { return &Acquirer{known: map[string]string{}} }

// Info implements driver.Driver.
func (*Acquirer) Info() driver.Info {
	return driver.Info{ID: Name, Version: "1.0.0", Vendor: "Shopwright", Classes: []string{"Acquirer"}}
}

// Takes reports whether the connector is meant for a tender: cards.
func Takes(method, _ string) bool { return method == "card" }

// ConfigSchema implements driver.Configurable.
func (*Acquirer) ConfigSchema() json.RawMessage {
	return json.RawMessage(`{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "additionalProperties": false,
  "required": ["secret_key"],
  "properties": {
    "secret_key": {"type": "string", "minLength": 8, "x-secret": true, "title": "Secret key", "x-title": {"zh-Hans": "密钥", "zh-Hant": "金鑰"}, "description": "sk_… or rk_…", "x-description": {"zh-Hans": "sk_… 或 rk_…", "zh-Hant": "sk_… 或 rk_…"}},
    "reader_id": {"type": "string", "default": "", "title": "Reader", "x-title": {"zh-Hans": "读卡器", "zh-Hant": "讀卡機"}, "description": "tmr_…: the card reader of this register", "x-description": {"zh-Hans": "tmr_…：本收银台的读卡器", "zh-Hant": "tmr_…：本收銀機的讀卡機"}},
    "account": {"type": "string", "default": "", "title": "Connected account", "x-title": {"zh-Hans": "关联账户", "zh-Hant": "關聯帳戶"}, "description": "acct_…, where a platform acts for the merchant", "x-description": {"zh-Hans": "acct_…，由平台代商户收款时填写", "zh-Hant": "acct_…，由平台代商戶收款時填寫"}},
    "webhook_secret": {"type": "string", "default": "", "x-secret": true, "title": "Secret of the webhook", "x-title": {"zh-Hans": "Webhook 密钥", "zh-Hant": "Webhook 金鑰"}, "description": "whsec_…", "x-description": {"zh-Hans": "whsec_…", "zh-Hant": "whsec_…"}},
    "webhook_listen": {"type": "string", "default": "", "title": "Where webhooks arrive", "x-title": {"zh-Hans": "接收 Webhook 的本机地址", "zh-Hant": "接收 Webhook 的本機位址"}, "description": "HOST:PORT of this machine that the webhook's address leads to", "x-description": {"zh-Hans": "Webhook 地址转发到的本机 主机:端口", "zh-Hant": "Webhook 位址轉送到的本機 主機:連接埠"}},
    "base_url": {"type": "string", "format": "uri", "default": "https://api.stripe.com", "title": "Address of the interface", "x-title": {"zh-Hans": "接口地址", "zh-Hant": "介面位址"}}
  }
}`)
}

// Configure implements driver.Configurable.
func (a *Acquirer) Configure(_ context.Context, raw json.RawMessage) error {
	s := settings{Base: "https://api.stripe.com"}
	err := gate.Decode(raw, &s)
	if err != nil {
		return err
	}
	if s.Base, err = gate.Address(s.Base); err != nil {
		return err
	}
	switch {
	case len(s.Key) < 8:
		return errors.New("the secret key is missing")
	case s.Listen != "" && s.Hook == "":
		return errors.New("webhooks cannot be taken without their secret")
	case s.Reader != "" && url.PathEscape(s.Reader) != s.Reader:
		return errors.New("the reader's id is none")
	}
	ctx, stop := context.WithCancel(context.Background())
	addr, err := gate.Listen(ctx, s.Listen, http.HandlerFunc(a.webhook))
	if err != nil {
		stop()
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.stop != nil {
		a.stop()
	}
	a.set, a.gate, a.stop, a.addr = s, gate.New(nil, s.Key, s.Hook), stop, addr
	return nil
}

// Health implements driver.Checker.
func (a *Acquirer) Health(context.Context) driver.Health {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.gate == nil {
		return driver.Health{Reason: "no settings yet"}
	}
	return a.gate.Health()
}

// failure is an answer that says no.
type failure struct {
	Status  int     `json:"-"`
	Type    string  `json:"type"`
	Code    string  `json:"code"`
	Decline string  `json:"decline_code"`
	Message string  `json:"message"`
	Intent  *intent `json:"payment_intent"`
}

func (f *failure) Error() string {
	parts := []string{f.Type, f.Code, f.Decline, f.Message}
	var out []string
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	return strings.Join(out, ": ")
}

// sure reports whether the request certainly did nothing.
func (f *failure) sure() bool {
	return f.Type == "invalid_request_error" && f.Status >= 400 && f.Status < 500 && f.Status != http.StatusConflict && f.Status != http.StatusTooManyRequests
}

// call asks the provider. A *failure is its answer; every other error means that
// nothing is known.
func (a *Acquirer) call(ctx context.Context, method, path, key string, form url.Values, into any) error {
	a.mu.Lock()
	s, g := a.set, a.gate
	a.mu.Unlock()
	if g == nil {
		return errors.New("no settings yet")
	}
	h := http.Header{"Authorization": {"Bearer " + s.Key}, "Stripe-Version": {"2024-06-20"}}
	if s.Account != "" {
		h.Set("Stripe-Account", s.Account)
	}
	if key != "" {
		h.Set("Idempotency-Key", key)
	}
	address, body := s.Base+path, form.Encode()
	if method == http.MethodGet {
		if body != "" {
			address += "?" + body
		}
		body = ""
	} else {
		h.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	status, raw, err := g.Send(ctx, method, address, h, body)
	if err != nil {
		return err
	}
	if status == http.StatusOK {
		if json.Unmarshal(raw, into) != nil {
			return errors.New("the provider's answer is not readable")
		}
		return nil
	}
	var e struct{ Error failure }
	if json.Unmarshal(raw, &e) != nil || e.Error.Type == "" || status >= 500 {
		return errors.New("the provider answers " + http.StatusText(status))
	}
	e.Error.Status, e.Error.Message = status, g.Clean(e.Error.Message)
	if status == http.StatusUnauthorized || status == http.StatusForbidden {
		g.Trouble("the key is not accepted: " + e.Error.Message)
	}
	return &e.Error
}
