package wechatpay

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/shopwright/shopwright/hw/connectors/internal/gate"
	"github.com/shopwright/shopwright/sdk/driver"
)

// Name is the driver's name.
const Name = "wechat-pay"

// tooEarly is how long after a charge the provider forbids to reverse it.
const tooEarly = 15 * time.Second

type settings struct {
	AppID    string `json:"app_id"`
	MchID    string `json:"mch_id"`
	SubAppID string `json:"sub_app_id"`
	SubMchID string `json:"sub_mch_id"`
	Key      string `json:"api_key"`
	SignType string `json:"sign_type"`
	Cert     string `json:"certificate"`
	CertKey  string `json:"certificate_key"`
	IP       string `json:"machine_ip"`
	Base     string `json:"base_url"`
}

// Acquirer is the driver.
type Acquirer struct {
	wait time.Duration // tooEarly; tests need not wait

	mu      sync.Mutex
	set     settings
	gate    *gate.Gate
	charged map[string]time.Time // when, by reference
}

var (
	_ driver.Driver       = (*Acquirer)(nil)
	_ driver.Configurable = (*Acquirer)(nil)
	_ driver.Checker      = (*Acquirer)(nil)
	_ driver.Acquirer     = (*Acquirer)(nil)
)

// New makes the driver.
func New() driver.Driver { return newAcquirer(tooEarly) }

func newAcquirer(wait time.Duration) *Acquirer {
	return &Acquirer{wait: wait, charged: map[string]time.Time{}}
}

// Info implements driver.Driver.
func (*Acquirer) Info() driver.Info {
	return driver.Info{ID: Name, Version: "1.0.0", Vendor: "Shopwright", Classes: []string{"Acquirer"}}
}

var codeForm = regexp.MustCompile(`^1[0-5][0-9]{16}$`)

// Takes reports whether a code that was read is one of WeChat's: 18 digits that
// begin with 10 to 15.
func Takes(method, code string) bool {
	return method == "qr" && (code == "" || codeForm.MatchString(code))
}

// ConfigSchema implements driver.Configurable.
func (*Acquirer) ConfigSchema() json.RawMessage {
	return json.RawMessage(`{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "additionalProperties": false,
  "required": ["app_id", "mch_id", "api_key"],
  "properties": {
    "app_id": {"type": "string", "minLength": 1, "maxLength": 32, "title": "App id", "x-title": {"zh-Hans": "应用 ID", "zh-Hant": "應用程式 ID"}, "description": "Of the official account", "x-description": {"zh-Hans": "公众账号 ID", "zh-Hant": "公眾帳號 ID"}},
    "mch_id": {"type": "string", "minLength": 1, "maxLength": 32, "title": "Merchant number", "x-title": {"zh-Hans": "商户号", "zh-Hant": "商戶號"}, "description": "Given by WeChat Pay", "x-description": {"zh-Hans": "微信支付分配的商户号", "zh-Hant": "微信支付分配的商戶號"}},
    "sub_app_id": {"type": "string", "maxLength": 32, "default": "", "title": "App id of the sub-merchant", "x-title": {"zh-Hans": "子商户应用 ID", "zh-Hant": "子商戶應用程式 ID"}},
    "sub_mch_id": {"type": "string", "maxLength": 32, "default": "", "title": "Number of the sub-merchant", "x-title": {"zh-Hans": "子商户号", "zh-Hant": "子商戶號"}, "description": "Where a service provider signs", "x-description": {"zh-Hans": "由服务商签名时填写", "zh-Hant": "由服務商簽章時填寫"}},
    "api_key": {"type": "string", "minLength": 32, "maxLength": 32, "x-secret": true, "title": "API key", "x-title": {"zh-Hans": "API 密钥", "zh-Hant": "API 金鑰"}, "description": "APIv2, 32 characters", "x-description": {"zh-Hans": "APIv2 密钥，32 个字符", "zh-Hant": "APIv2 金鑰，32 個字元"}},
    "sign_type": {"type": "string", "enum": ["HMAC-SHA256", "MD5"], "default": "HMAC-SHA256", "title": "Signature", "x-title": {"zh-Hans": "签名方式", "zh-Hant": "簽章方式"}},
    "certificate": {"type": "string", "x-format": "multiline", "default": "", "x-secret": true, "title": "Client certificate (PEM)", "x-title": {"zh-Hans": "客户端证书（PEM）", "zh-Hant": "用戶端憑證（PEM）"}, "description": "apiclient_cert.pem; needed to reverse and to refund", "x-description": {"zh-Hans": "apiclient_cert.pem；撤销和退款需要", "zh-Hant": "apiclient_cert.pem；撤銷和退款需要"}},
    "certificate_key": {"type": "string", "x-format": "multiline", "default": "", "x-secret": true, "title": "Key of the client certificate (PEM)", "x-title": {"zh-Hans": "客户端证书私钥（PEM）", "zh-Hant": "用戶端憑證私鑰（PEM）"}, "description": "apiclient_key.pem", "x-description": {"zh-Hans": "apiclient_key.pem", "zh-Hant": "apiclient_key.pem"}},
    "machine_ip": {"type": "string", "format": "ipv4", "default": "127.0.0.1", "title": "Address of this machine", "x-title": {"zh-Hans": "本机 IP 地址", "zh-Hant": "本機 IP 位址"}, "description": "Told to the provider", "x-description": {"zh-Hans": "提交给支付平台", "zh-Hant": "提交給支付平台"}},
    "base_url": {"type": "string", "format": "uri", "default": "https://api.mch.weixin.qq.com", "title": "Address of the interface", "x-title": {"zh-Hans": "接口地址", "zh-Hant": "介面位址"}}
  }
}`)
}

// Configure implements driver.Configurable.
func (a *Acquirer) Configure(_ context.Context, raw json.RawMessage) (err error) {
	s := settings{SignType: signHMAC, IP: "127.0.0.1", Base: "https://api.mch.weixin.qq.com"}
	if err = gate.Decode(raw, &s); err != nil {
		return err
	}
	if s.Base, err = gate.Address(s.Base); err != nil {
		return err
	}
	switch {
	case s.AppID == "" || s.MchID == "":
		return errors.New("the app id or the merchant number is missing")
	case len(s.Key) != 32:
		return errors.New("the API key does not have 32 characters")
	case s.SignType != signHMAC && s.SignType != signMD5:
		return errors.New("the kind of signature is not known")
	case (s.Cert == "") != (s.CertKey == ""):
		return errors.New("the client certificate and its key belong together")
	}
	var cert *tls.Certificate
	if s.Cert != "" {
		c, err := tls.X509KeyPair([]byte(s.Cert), []byte(s.CertKey))
		if err != nil {
			return errors.New("the client certificate and its key do not match, or are no PEM")
		}
		cert = &c
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.set, a.gate = s, gate.New(cert, s.Key, s.CertKey)
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

var errSettings = errors.New("no settings yet")

// call asks the provider. An error means that nothing is known.
func (a *Acquirer) call(ctx context.Context, path string, f fields, withCert bool) (fields, error) {
	a.mu.Lock()
	s, g := a.set, a.gate
	a.mu.Unlock()
	if g == nil {
		return nil, errSettings
	}
	if withCert && s.Cert == "" && strings.HasPrefix(s.Base, "https://") {
		g.Trouble("the client certificate is missing: nothing can be reversed or refunded")
		return nil, errors.New("the client certificate is missing")
	}
	f["appid"], f["mch_id"], f["sub_appid"], f["sub_mch_id"] = s.AppID, s.MchID, s.SubAppID, s.SubMchID
	f["nonce_str"], f["sign_type"] = rand.Text(), s.SignType
	f["sign"] = sign(f, s.SignType, s.Key)
	status, raw, err := g.Send(ctx, http.MethodPost, s.Base+path, http.Header{"Content-Type": {"text/xml; charset=utf-8"}}, f.encode())
	if err != nil {
		return nil, err
	}
	if status != http.StatusOK {
		return nil, errors.New("the provider answers " + strconv.Itoa(status))
	}
	r, err := decode(raw)
	switch {
	case err != nil:
		return nil, err
	case r["return_code"] != "SUCCESS": // not signed: it says nothing about the money
		g.Trouble(r["return_msg"])
		return nil, errors.New("the provider did not take the request: " + g.Clean(r["return_msg"]))
	case !r.signed(s.SignType, s.Key):
		g.Trouble("the provider's signature is wrong: is the API key right?")
		return nil, errors.New("the provider's signature is wrong")
	case r["mch_id"] != s.MchID || r["appid"] != s.AppID:
		return nil, errors.New("the answer is for another merchant")
	}
	return r, nil
}
