package alipay

import (
	"context"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/hw/connectors/internal/gate"
	"github.com/shopwright/shopwright/sdk/driver"
)

// Name is the driver's name.
const Name = "alipay"

type settings struct {
	AppID     string `json:"app_id"`
	Key       string `json:"private_key"`
	PublicKey string `json:"alipay_public_key"`
	Token     string `json:"app_auth_token"`
	StoreID   string `json:"store_id"`
	NotifyURL string `json:"notify_url"`
	Listen    string `json:"notify_listen"`
	Base      string `json:"base_url"`
}

// Acquirer is the driver.
type Acquirer struct {
	driver.Stream

	mu     sync.Mutex
	set    settings
	key    *rsa.PrivateKey
	theirs *rsa.PublicKey
	gate   *gate.Gate
	stop   context.CancelFunc
	addr   net.Addr // where notices are taken
}

var (
	_ driver.Driver       = (*Acquirer)(nil)
	_ driver.Configurable = (*Acquirer)(nil)
	_ driver.Checker      = (*Acquirer)(nil)
	_ driver.Eventful     = (*Acquirer)(nil)
	_ driver.Acquirer     = (*Acquirer)(nil)
)

// New makes the driver.
func New() driver.Driver { return &Acquirer{} }

// Info implements driver.Driver.
func (*Acquirer) Info() driver.Info {
	return driver.Info{ID: Name, Version: "1.0.0", Vendor: "Shopwright", Classes: []string{"Acquirer"}}
}

var codeForm = regexp.MustCompile(`^(2[5-9]|30)[0-9]{14,22}$`)

// Takes reports whether a code that was read is one of Alipay's: 16 to 24 digits
// that begin with 25 to 30.
func Takes(method, code string) bool {
	return method == "qr" && (code == "" || codeForm.MatchString(code))
}

// ConfigSchema implements driver.Configurable.
func (*Acquirer) ConfigSchema() json.RawMessage {
	return json.RawMessage(`{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "additionalProperties": false,
  "required": ["app_id", "private_key", "alipay_public_key"],
  "properties": {
    "app_id": {"type": "string", "minLength": 1, "maxLength": 32, "title": "App id", "x-title": {"zh-Hans": "应用 ID", "zh-Hant": "應用程式 ID"}},
    "private_key": {"type": "string", "x-format": "multiline", "minLength": 1, "x-secret": true, "title": "Private key of the app", "x-title": {"zh-Hans": "应用私钥", "zh-Hant": "應用程式私鑰"}, "description": "RSA, 2048 bits; PEM or Base64", "x-description": {"zh-Hans": "RSA 2048 位；PEM 或 Base64", "zh-Hant": "RSA 2048 位元；PEM 或 Base64"}},
    "alipay_public_key": {"type": "string", "x-format": "multiline", "minLength": 1, "title": "Public key of Alipay", "x-title": {"zh-Hans": "支付宝公钥", "zh-Hant": "支付寶公鑰"}, "description": "Not the app's own; PEM or Base64", "x-description": {"zh-Hans": "不是应用公钥；PEM 或 Base64", "zh-Hant": "不是應用程式公鑰；PEM 或 Base64"}},
    "app_auth_token": {"type": "string", "default": "", "x-secret": true, "title": "Token of the merchant", "x-title": {"zh-Hans": "商户授权令牌", "zh-Hant": "商戶授權權杖"}, "description": "Where a service provider signs", "x-description": {"zh-Hans": "由服务商签名时填写", "zh-Hant": "由服務商簽章時填寫"}},
    "store_id": {"type": "string", "maxLength": 32, "default": "", "title": "Number of the shop", "x-title": {"zh-Hans": "门店编号", "zh-Hant": "門市編號"}},
    "notify_url": {"type": "string", "default": "", "title": "Address for notices", "x-title": {"zh-Hans": "通知地址", "zh-Hant": "通知位址"}, "description": "As Alipay reaches it", "x-description": {"zh-Hans": "支付宝可访问的地址", "zh-Hant": "支付寶可存取的位址"}},
    "notify_listen": {"type": "string", "default": "", "title": "Where notices arrive", "x-title": {"zh-Hans": "接收通知的本机地址", "zh-Hant": "接收通知的本機位址"}, "description": "HOST:PORT of this machine that the address for notices leads to", "x-description": {"zh-Hans": "通知地址转发到的本机 主机:端口", "zh-Hant": "通知位址轉送到的本機 主機:連接埠"}},
    "base_url": {"type": "string", "format": "uri", "default": "https://openapi.alipay.com/gateway.do", "title": "Address of the interface", "x-title": {"zh-Hans": "接口地址", "zh-Hant": "介面位址"}}
  }
}`)
}

// Configure implements driver.Configurable.
func (a *Acquirer) Configure(_ context.Context, raw json.RawMessage) error {
	s := settings{Base: "https://openapi.alipay.com/gateway.do"}
	err := gate.Decode(raw, &s)
	if err != nil {
		return err
	}
	if s.Base, err = gate.Address(s.Base); err != nil {
		return err
	}
	if s.AppID == "" {
		return errors.New("the app id is missing")
	}
	key, err := privateKey(s.Key)
	if err != nil {
		return err
	}
	theirs, err := publicKey(s.PublicKey)
	if err != nil {
		return err
	}
	if key.PublicKey.Equal(theirs) {
		return errors.New("the public key is the app's own, not Alipay's")
	}
	ctx, stop := context.WithCancel(context.Background())
	addr, err := gate.Listen(ctx, s.Listen, http.HandlerFunc(a.notice))
	if err != nil {
		stop()
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.stop != nil {
		a.stop()
	}
	a.set, a.key, a.theirs, a.gate, a.stop, a.addr = s, key, theirs, gate.New(nil, s.Key, s.Token), stop, addr
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

// beijing is the time zone that the interface's times are in.
var beijing = time.FixedZone("CST", 8*60*60)

// answer is what the answers have in common, and what of them is read.
type answer struct {
	Code    string `json:"code"`
	Msg     string `json:"msg"`
	SubCode string `json:"sub_code"`
	SubMsg  string `json:"sub_msg"`

	TradeNo      string `json:"trade_no"`
	OutTradeNo   string `json:"out_trade_no"`
	TotalAmount  string `json:"total_amount"`
	TradeStatus  string `json:"trade_status"`
	RetryFlag    string `json:"retry_flag"`
	OutRequestNo string `json:"out_request_no"`
	RefundAmount string `json:"refund_amount"`
	RefundStatus string `json:"refund_status"`
}

func (r *answer) why() string {
	if r.SubCode != "" {
		return r.SubCode + ": " + r.SubMsg
	}
	return r.Code + ": " + r.Msg
}

func (a *Acquirer) call(ctx context.Context, method string, biz map[string]string, notify bool) (*answer, error) {
	a.mu.Lock()
	s, key, theirs, g := a.set, a.key, a.theirs, a.gate
	a.mu.Unlock()
	if g == nil {
		return nil, errors.New("no settings yet")
	}
	for k, v := range biz {
		if v == "" {
			delete(biz, k)
		}
	}
	body, err := json.Marshal(biz)
	if err != nil {
		return nil, err
	}
	p := url.Values{"app_id": {s.AppID}, "method": {method}, "format": {"JSON"}, "charset": {"utf-8"}, "sign_type": {"RSA2"}, "version": {"1.0"},
		"timestamp": {clock.System{}.Now().Time().In(beijing).Format(time.DateTime)}, "biz_content": {string(body)}}
	if s.Token != "" {
		p.Set("app_auth_token", s.Token)
	}
	if notify && s.NotifyURL != "" {
		p.Set("notify_url", s.NotifyURL)
	}
	sig, err := sign(content(p, "sign"), key)
	if err != nil {
		return nil, errors.New("the request cannot be signed")
	}
	p.Set("sign", sig)
	status, raw, err := g.Send(ctx, http.MethodPost, s.Base+"?charset=utf-8", http.Header{"Content-Type": {"application/x-www-form-urlencoded; charset=utf-8"}}, p.Encode())
	if err != nil {
		return nil, err
	}
	if status != http.StatusOK {
		return nil, errors.New("the provider answers " + strconv.Itoa(status))
	}
	text, err := opened(raw, strings.ReplaceAll(method, ".", "_")+"_response", theirs)
	if err != nil {
		g.Trouble(err.Error() + ": are the keys right?")
		return nil, err
	}
	r := &answer{}
	if json.Unmarshal(text, r) != nil {
		return nil, errForm
	}
	if r.Code == "20001" || r.Code == "40001" || r.Code == "40002" || r.Code == "40006" { // the app may not do this: nothing was done
		g.Trouble(r.why())
	}
	return r, nil
}

// yuan writes an amount of minor units as the interface wants it.
func yuan(n int64) string { return fmt.Sprintf("%d.%02d", n/100, n%100) }

var yuanForm = regexp.MustCompile(`^([0-9]{1,12})(?:\.([0-9]{1,2}))?$`)

func fen(s string) (int64, error) {
	m := yuanForm.FindStringSubmatch(s)
	if m == nil {
		return 0, errors.New("the provider names no amount")
	}
	whole, _ := strconv.ParseInt(m[1], 10, 64)
	cents, _ := strconv.ParseInt((m[2] + "00")[:2], 10, 64)
	return whole*100 + cents, nil
}
