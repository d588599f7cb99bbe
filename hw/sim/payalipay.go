package sim

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sort"
	"strconv"
	"strings"
	"time"
)

// Alipay is the open gateway of Alipay as far as codes at a till need it. It makes
// both pairs of keys.
type Alipay struct {
	payBooks
	AppID      string
	AppKey     string // the app's private key, Base64 of PKCS #8
	PublicKey  string // Alipay's own
	retryFirst bool

	app, own *rsa.PrivateKey
	notify   string
}

// NewAlipay listens on a free port.
func NewAlipay(appID string) (*Alipay, error) {
	s := &Alipay{AppID: appID}
	var err error
	if s.app, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		return nil, err
	}
	if s.own, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		return nil, err
	}
	private, err := x509.MarshalPKCS8PrivateKey(s.app)
	if err != nil {
		return nil, err
	}
	public, err := x509.MarshalPKIXPublicKey(&s.own.PublicKey)
	if err != nil {
		return nil, err
	}
	s.AppKey, s.PublicKey = base64.StdEncoding.EncodeToString(private), base64.StdEncoding.EncodeToString(public)
	return s, s.open(s)
}

// RetryOnce has it answer the next cancelling with "ask again".
func (s *Alipay) RetryOnce() { s.mu.Lock(); s.retryFirst = true; s.mu.Unlock() }

func aliContent(q url.Values, without string) string {
	var names []string
	for n := range q {
		if !strings.Contains(without, "|"+n+"|") && q.Get(n) != "" {
			names = append(names, n)
		}
	}
	sort.Strings(names)
	for i, n := range names {
		names[i] = n + "=" + q.Get(n)
	}
	return strings.Join(names, "&")
}

func (s *Alipay) sign(text []byte) string {
	sum := sha256.Sum256(text)
	sig, err := rsa.SignPKCS1v15(rand.Reader, s.own, crypto.SHA256, sum[:])
	if err != nil {
		return ""
	}
	return base64.StdEncoding.EncodeToString(sig)
}

// ServeHTTP answers a call.
func (s *Alipay) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, _ := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	q, err := url.ParseQuery(string(raw))
	sig, derr := base64.StdEncoding.DecodeString(q.Get("sign"))
	sum := sha256.Sum256([]byte(aliContent(q, "|sign|")))
	_, terr := time.Parse("2006-01-02 15:04:05", q.Get("timestamp"))
	method := q.Get("method")
	name := strings.ReplaceAll(method, ".", "_") + "_response"
	if err != nil || derr != nil || terr != nil || q.Get("app_id") != s.AppID || q.Get("sign_type") != "RSA2" || q.Get("version") != "1.0" || rsa.VerifyPKCS1v15(&s.app.PublicKey, crypto.SHA256, sum[:], sig) != nil {
		s.bad("signature or parameters of " + method)
		s.send(w, name, map[string]string{"code": "40002", "msg": "Invalid Arguments", "sub_code": "isv.invalid-signature", "sub_msg": "无效签名"}, false)
		return
	}
	in := map[string]string{}
	if json.Unmarshal([]byte(q.Get("biz_content")), &in) != nil {
		s.bad("biz_content of " + method)
	}
	s.mu.Lock()
	s.asked[method]++
	if u := q.Get("notify_url"); u != "" {
		s.notify = u
	}
	out, fate := s.answer(method, in)
	s.mu.Unlock()
	switch fate {
	case PayNoAnswer:
		cut(w)
		return
	case PaySlow:
		time.Sleep(2 * time.Second)
	}
	s.send(w, name, out, fate == PayLiar)
}

func (s *Alipay) send(w http.ResponseWriter, name string, out map[string]string, lie bool) {
	body, err := json.Marshal(out)
	if err != nil {
		return
	}
	sig := s.sign(body)
	if lie {
		body = []byte(strings.Replace(string(body), `"10000"`, `"10000" `, 1))
	}
	fmt.Fprintf(w, `{%q:%s,"sign":%q}`, name, body, sig)
}

func aliFail(sub, text string) map[string]string {
	return map[string]string{"code": "40004", "msg": "Business Failed", "sub_code": sub, "sub_msg": text}
}

func aliYuan(n int64) string { return strconv.FormatFloat(float64(n)/100, 'f', 2, 64) }

func (s *Alipay) answer(method string, in map[string]string) (map[string]string, PayFate) {
	if method == "alipay.trade.pay" {
		return s.trade(in)
	}
	o := s.orders[in["out_trade_no"]]
	if o == nil {
		if method == "alipay.trade.cancel" { // as the real one: success, and nothing ends
			return map[string]string{"code": "10000", "msg": "Success", "retry_flag": "N"}, PayPaid
		}
		return aliFail("ACQ.TRADE_NOT_EXIST", "交易不存在"), PayPaid
	}
	ok := map[string]string{"code": "10000", "msg": "Success", "out_trade_no": o.Reference, "trade_no": o.ID}
	switch method {
	case "alipay.trade.query":
		ok["total_amount"], ok["trade_status"] = aliYuan(o.Amount), "WAIT_BUYER_PAY"
		switch {
		case o.Closed || !o.Paid && o.Fate == PayRefused:
			ok["trade_status"] = "TRADE_CLOSED"
		case o.Paid:
			ok["trade_status"] = "TRADE_SUCCESS"
		}
	case "alipay.trade.cancel":
		if ok["retry_flag"] = "N"; s.retryFirst {
			s.retryFirst, ok["retry_flag"] = false, "Y"
			return ok, PayPaid
		}
		o.end()
	case "alipay.trade.refund":
		n, err := strconv.ParseFloat(in["refund_amount"], 64)
		if err != nil || !s.refund(o, in["out_request_no"], int64(n*100+0.5)) {
			return aliFail("ACQ.SELLER_BALANCE_NOT_ENOUGH", "卖家余额不足"), PayPaid
		}
		ok["fund_change"], ok["refund_fee"] = "Y", aliYuan(o.Back)
	case "alipay.trade.fastpay.refund.query":
		if n, done := o.Refunds[in["out_request_no"]]; done {
			ok["out_request_no"], ok["refund_amount"], ok["refund_status"] = in["out_request_no"], aliYuan(n), "REFUND_SUCCESS"
		}
	}
	return ok, PayPaid
}

func (s *Alipay) trade(in map[string]string) (map[string]string, PayFate) {
	n, err := strconv.ParseFloat(in["total_amount"], 64)
	if err != nil || in["scene"] != "bar_code" || in["subject"] == "" || in["out_trade_no"] == "" || strings.Trim(in["out_trade_no"], "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != "" {
		return aliFail("ACQ.INVALID_PARAMETER", "参数无效"), PayPaid
	}
	o, known := s.begin(in["out_trade_no"], int64(n*100+0.5), in["auth_code"])
	ok := map[string]string{"code": "10000", "msg": "Success", "out_trade_no": o.Reference, "trade_no": o.ID, "total_amount": aliYuan(o.Amount)}
	switch {
	case known && o.Paid:
		return aliFail("ACQ.TRADE_HAS_SUCCESS", "交易已被支付"), PayPaid
	case known:
		return aliFail("ACQ.TRADE_HAS_CLOSE", "交易已经关闭"), PayPaid
	case o.Fate == PayRefused:
		return aliFail("ACQ.BUYER_BALANCE_NOT_ENOUGH", "买家余额不足"), PayPaid
	case o.Fate == PayWaits:
		ok["code"], ok["msg"] = "10003", "order success pay inprocess"
		return ok, PayPaid
	case o.Fate == PaySystemError:
		return map[string]string{"code": "20000", "msg": "Service Currently Unavailable", "sub_code": "aop.ACQ.SYSTEM_ERROR", "sub_msg": "系统异常"}, PayPaid
	}
	return ok, o.Fate
}

// Notify tells of a payment by itself, at the address that came with it, or at
// another one; forged signs it with a wrong key. It answers what was answered.
func (s *Alipay) Notify(at, noticeID, reference string, forged bool) (string, error) {
	s.mu.Lock()
	o, ok := s.orders[reference]
	if at == "" {
		at = s.notify
	}
	if !ok {
		s.mu.Unlock()
		return "", fmt.Errorf("sim: no payment %s", reference)
	}
	q := url.Values{"notify_id": {noticeID}, "notify_type": {"trade_status_sync"}, "app_id": {s.AppID}, "out_trade_no": {o.Reference}, "trade_no": {o.ID}, "total_amount": {aliYuan(o.Amount)},
		"trade_status": {"WAIT_BUYER_PAY"}, "charset": {"utf-8"}, "version": {"1.0"}, "subject": {"店 & Co = 1"}}
	if o.Paid {
		q.Set("trade_status", "TRADE_SUCCESS")
	}
	s.mu.Unlock()
	sig := s.sign([]byte(aliContent(q, "|sign|sign_type|")))
	if forged {
		sig = s.sign([]byte("something else"))
	}
	q.Set("sign", sig)
	q.Set("sign_type", "RSA2")
	resp, err := http.PostForm(at, q)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 1000))
	return strings.TrimSpace(string(text)), err
}
