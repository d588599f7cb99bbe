package wechatofficial

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/hw/connectors/internal/gate"
	"github.com/shopwright/shopwright/sdk/driver"
)

// Name is the driver's name.
const Name = "wechat-official"

type settings struct {
	App    string `json:"app_id"`
	Secret string `json:"app_secret"`
	Kind   string `json:"messages"`
	Card   string `json:"card_id"`
	Listen string `json:"notice_listen"`
	Token  string `json:"notice_token"`
	Base   string `json:"base_url"`
	Open   string `json:"open_url"`
}

// Kinds of message.
const (
	kindTemplate  = "template"
	kindSubscribe = "subscribe"
)

// Account is the driver.
type Account struct {
	driver.Stream

	mu     sync.Mutex
	set    settings
	gate   *gate.Gate
	stop   context.CancelFunc
	listen string
	done   map[string]*entry // messages, by key
	order  []string
	told   map[string]int64 // the last sequence of a card, by its code

	tokenMu sync.Mutex // held while a token is fetched
	token   string
	ends    clock.Instant
}

type entry struct {
	ready chan struct{}
	st    driver.MessageStatus
	err   error
}

const remembered = 10_000

var (
	_ driver.Driver       = (*Account)(nil)
	_ driver.Configurable = (*Account)(nil)
	_ driver.Checker      = (*Account)(nil)
	_ driver.Messenger    = (*Account)(nil)
	_ driver.Identity     = (*Account)(nil)
	_ driver.MemberCard   = (*Account)(nil)
	_ driver.Eventful     = (*Account)(nil)
)

// New makes the driver.
func New() driver.Driver { return &Account{done: map[string]*entry{}, told: map[string]int64{}} }

// Info implements driver.Driver.
func (*Account) Info() driver.Info {
	return driver.Info{ID: Name, Version: "1.0.0", Vendor: "Shopwright", Classes: []string{"Messenger"}}
}

// ConfigSchema implements driver.Configurable.
func (*Account) ConfigSchema() json.RawMessage {
	return json.RawMessage(`{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "additionalProperties": false,
  "required": ["app_id", "app_secret"],
  "properties": {
    "app_id": {"type": "string", "minLength": 1, "maxLength": 40, "title": "App id", "x-title": {"zh-Hans": "应用 ID", "zh-Hant": "應用程式 ID"}, "description": "AppID", "x-description": {"zh-Hans": "AppID", "zh-Hant": "AppID"}},
    "app_secret": {"type": "string", "minLength": 1, "maxLength": 100, "x-secret": true, "title": "App secret", "x-title": {"zh-Hans": "应用密钥", "zh-Hant": "應用程式密鑰"}, "description": "AppSecret", "x-description": {"zh-Hans": "AppSecret", "zh-Hant": "AppSecret"}},
    "messages": {"type": "string", "enum": ["template", "subscribe"], "x-labels": {"template": {"en": "Template messages", "zh-Hans": "模板消息", "zh-Hant": "範本訊息"}, "subscribe": {"en": "Subscription messages", "zh-Hans": "订阅通知", "zh-Hant": "訂閱通知"}}, "default": "template", "title": "Kind of messages", "x-title": {"zh-Hans": "消息类型", "zh-Hant": "訊息類型"}},
    "card_id": {"type": "string", "maxLength": 100, "default": "", "title": "Member card", "x-title": {"zh-Hans": "会员卡", "zh-Hant": "會員卡"}, "description": "card_id; empty: no cards are kept up to date", "x-description": {"zh-Hans": "card_id；留空则不更新卡片", "zh-Hant": "card_id；留空則不更新卡片"}},
    "notice_listen": {"type": "string", "maxLength": 100, "default": "", "title": "Notices: address to listen on", "x-title": {"zh-Hans": "回执：监听地址", "zh-Hant": "回執：監聽位址"}, "description": "127.0.0.1:7081 behind a proxy; empty: none", "x-description": {"zh-Hans": "代理后的 127.0.0.1:7081；留空则不接收", "zh-Hant": "代理後的 127.0.0.1:7081；留空則不接收"}},
    "notice_token": {"type": "string", "maxLength": 100, "default": "", "x-secret": true, "title": "Notices: token", "x-title": {"zh-Hans": "回执：令牌", "zh-Hant": "回執：權杖"}, "description": "Of the server configuration", "x-description": {"zh-Hans": "服务器配置 Token", "zh-Hant": "伺服器配置 Token"}},
    "base_url": {"type": "string", "format": "uri", "default": "https://api.weixin.qq.com", "title": "Address of the interface", "x-title": {"zh-Hans": "接口地址", "zh-Hant": "介面位址"}},
    "open_url": {"type": "string", "format": "uri", "default": "https://open.weixin.qq.com", "title": "Address of the sign-in page", "x-title": {"zh-Hans": "登录页地址", "zh-Hant": "登入頁位址"}}
  }
}`)
}

// Configure implements driver.Configurable.
func (a *Account) Configure(_ context.Context, raw json.RawMessage) (err error) {
	s := settings{Kind: kindTemplate, Base: "https://api.weixin.qq.com", Open: "https://open.weixin.qq.com"}
	if err = gate.Decode(raw, &s); err != nil {
		return err
	}
	if s.Base, err = gate.Address(s.Base); err != nil {
		return err
	}
	if s.Open, err = gate.Address(s.Open); err != nil {
		return err
	}
	switch {
	case s.App == "" || s.Secret == "":
		return errors.New("the app id or the app secret is missing")
	case s.Kind != kindTemplate && s.Kind != kindSubscribe:
		return errors.New("the kind of messages is not known")
	case s.Listen != "" && s.Token == "":
		return errors.New("notices need the token")
	}
	ctx, stop := context.WithCancel(context.Background())
	addr, err := gate.Listen(ctx, s.Listen, http.HandlerFunc(a.serve))
	if err != nil {
		stop()
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.stop != nil {
		a.stop()
	}
	a.set, a.gate, a.stop = s, gate.New(nil, s.Secret, s.Token), stop
	if a.listen = ""; addr != nil {
		a.listen = addr.String()
	}
	a.tokenMu.Lock()
	a.token = ""
	a.tokenMu.Unlock()
	return nil
}

// Health implements driver.Checker.
func (a *Account) Health(context.Context) driver.Health {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.gate == nil {
		return driver.Health{Reason: "no settings yet"}
	}
	return a.gate.Health()
}

func (a *Account) now() (settings, *gate.Gate, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.gate == nil {
		return settings{}, nil, errors.New("no settings yet")
	}
	return a.set, a.gate, nil
}

// reply is what every answer has.
type reply struct {
	Code    int    `json:"errcode"`
	Message string `json:"errmsg"`
}

// badToken are the codes that say that the token is no longer good, and nothing was done.
var badToken = map[int]bool{40001: true, 40014: true, 42001: true}

// early is how long before its end a token is no longer used.
const early = 5 * time.Minute

// fresh answers a good token. Whoever comes while one is fetched waits for that one; old
// is a token that was refused.
func (a *Account) fresh(ctx context.Context, s *settings, g *gate.Gate, old string) (string, error) {
	a.tokenMu.Lock()
	defer a.tokenMu.Unlock()
	if a.token != "" && a.token != old && (clock.System{}).Now() < a.ends {
		return a.token, nil
	}
	raw, _ := json.Marshal(map[string]any{"grant_type": "client_credential", "appid": s.App, "secret": s.Secret, "force_refresh": old != "" && old == a.token})
	status, body, err := g.Send(ctx, http.MethodPost, s.Base+"/cgi-bin/stable_token", http.Header{"Content-Type": {"application/json"}}, string(raw))
	if err != nil {
		return "", err
	}
	var v struct {
		reply
		Token string `json:"access_token"`
		Lives int64  `json:"expires_in"`
	}
	if json.Unmarshal(body, &v) != nil || v.Token == "" {
		why := fmt.Sprintf("%d %s", v.Code, v.Message)
		if v.Code == 0 {
			why = "it answers " + strconv.Itoa(status)
		}
		g.Trouble("no access token: " + why)
		return "", refusal{v.Code, g.Clean(why)}
	}
	a.token, a.ends = v.Token, clock.System{}.Now().Add(time.Duration(v.Lives)*time.Second-early)
	return a.token, nil
}

// refusal is the provider's no to a token: nothing was done.
type refusal struct {
	code int
	text string
}

func (r refusal) Error() string { return r.text }

// call makes a call with the token, and once more with a new one where it was refused
// for the token. An error means that nothing is known, unless it is a refusal.
func (a *Account) call(ctx context.Context, path string, in any, out interface{ code() int }) error {
	s, g, err := a.now()
	if err != nil {
		return err
	}
	raw, err := json.Marshal(in)
	if err != nil {
		return err
	}
	old := ""
	for {
		token, err := a.fresh(ctx, &s, g, old)
		if err != nil {
			return err
		}
		status, body, err := g.Send(ctx, http.MethodPost, s.Base+path+"?access_token="+url.QueryEscape(token), http.Header{"Content-Type": {"application/json"}}, string(raw))
		if err != nil {
			return errors.New(strings.ReplaceAll(err.Error(), token, "***"))
		}
		if status != http.StatusOK || json.Unmarshal(body, out) != nil {
			return errors.New("the provider answers " + strconv.Itoa(status))
		}
		if !badToken[out.code()] || old != "" {
			return nil
		}
		old = token
	}
}

func (r *reply) code() int { return r.Code }

// later are the codes after which the same may be asked again: limits.
var later = map[int]bool{45009: true, 45011: true, 45047: true, 45033: true}

// clean takes secrets and the person's name out of what the provider says.
func clean(g *gate.Gate, text, subject string) string {
	if text = g.Clean(text); subject != "" {
		text = strings.ReplaceAll(text, subject, "***")
	}
	if r := []rune(text); len(r) > 200 {
		text = string(r[:200])
	}
	return text
}
