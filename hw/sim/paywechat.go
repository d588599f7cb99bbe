package sim

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"encoding/xml"
	"fmt"
	"hash"
	"io"
	"net/http"
	"sort"
	"strconv"
	"strings"
	"time"
)

// WeChatPay is the merchant interface of WeChat Pay (version 2) as far as codes at
// a till need it.
type WeChatPay struct {
	payBooks
	AppID, MchID, Key string
	reverseFirst      bool
}

// NewWeChatPay listens on a free port.
func NewWeChatPay(appID, mchID, key string) (*WeChatPay, error) {
	s := &WeChatPay{AppID: appID, MchID: mchID, Key: key}
	return s, s.open(s)
}

// RecallOnce has it answer the next reversal with "ask again".
func (s *WeChatPay) RecallOnce() { s.mu.Lock(); s.reverseFirst = true; s.mu.Unlock() }

type wxPair struct {
	XMLName xml.Name
	Text    string `xml:",chardata"`
}

// wxSign signs by the published rule: sorted, joined, the key behind.
func wxSign(m map[string]string, key string) string {
	names := make([]string, 0, len(m))
	for n, v := range m {
		if n != "sign" && v != "" {
			names = append(names, n)
		}
	}
	sort.Strings(names)
	var h hash.Hash = md5.New()
	if m["sign_type"] == "HMAC-SHA256" {
		h = hmac.New(sha256.New, []byte(key))
	}
	for _, n := range names {
		fmt.Fprintf(h, "%s=%s&", n, m[n])
	}
	fmt.Fprintf(h, "key=%s", key)
	return fmt.Sprintf("%X", h.Sum(nil))
}

// ServeHTTP answers a call.
func (s *WeChatPay) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, _ := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	var doc struct {
		Pairs []wxPair `xml:",any"`
	}
	in := map[string]string{}
	if err := xml.Unmarshal(raw, &doc); err != nil {
		s.bad("no XML")
	}
	for _, p := range doc.Pairs {
		in[p.XMLName.Local] = p.Text
	}
	if in["appid"] != s.AppID || in["mch_id"] != s.MchID || in["nonce_str"] == "" || in["sign"] != wxSign(in, s.Key) || r.Method != http.MethodPost {
		s.bad("signature or names of " + r.URL.Path)
		fmt.Fprint(w, `<xml><return_code><![CDATA[FAIL]]></return_code><return_msg><![CDATA[签名错误]]></return_msg></xml>`)
		return
	}
	s.mu.Lock()
	s.asked[r.URL.Path]++
	out, fate := s.answer(r.URL.Path, in)
	s.mu.Unlock()
	key := s.Key
	switch fate {
	case PayNoAnswer:
		cut(w)
		return
	case PaySlow:
		time.Sleep(2 * time.Second)
	case PayLiar:
		key = "somebody else's"
	}
	out["return_code"], out["appid"], out["mch_id"], out["nonce_str"] = "SUCCESS", s.AppID, s.MchID, "n"
	out["sign_type"] = in["sign_type"] // for the signature's kind only
	out["sign"] = wxSign(out, key)
	var b strings.Builder
	b.WriteString("<xml>\n")
	for n, v := range out {
		fmt.Fprintf(&b, "<%s><![CDATA[%s]]></%s>\n", n, v, n)
	}
	b.WriteString("</xml>")
	_, _ = io.WriteString(w, b.String())
}

func wxFail(code, text string) map[string]string {
	return map[string]string{"result_code": "FAIL", "err_code": code, "err_code_des": text}
}

func (s *WeChatPay) answer(path string, in map[string]string) (map[string]string, PayFate) {
	o := s.orders[in["out_trade_no"]]
	switch path {
	case "/pay/micropay":
		return s.micropay(in)
	case "/pay/refundquery":
		for _, o := range s.orders {
			if n, ok := o.Refunds[in["out_refund_no"]]; ok {
				return map[string]string{"result_code": "SUCCESS", "out_trade_no": o.Reference, "out_refund_no_0": in["out_refund_no"], "refund_id_0": "50" + in["out_refund_no"], "refund_fee_0": strconv.FormatInt(n, 10), "refund_status_0": "SUCCESS"}, PayPaid
			}
		}
		return wxFail("REFUNDNOTEXIST", "not exist"), PayPaid
	}
	if o == nil {
		code := "ORDERNOTEXIST"
		if path != "/pay/orderquery" {
			code = "INVALID_TRANSACTIONID"
		}
		return wxFail(code, "此交易订单号不存在"), PayPaid
	}
	switch path {
	case "/pay/orderquery":
		out := map[string]string{"result_code": "SUCCESS", "out_trade_no": o.Reference, "transaction_id": o.ID, "total_fee": strconv.FormatInt(o.Amount, 10), "trade_state": "USERPAYING"}
		switch {
		case o.Closed:
			out["trade_state"] = "REVOKED"
		case o.Paid:
			out["trade_state"] = "SUCCESS"
		case o.Fate == PayRefused:
			out["trade_state"] = "PAYERROR"
		}
		return out, PayPaid
	case "/secapi/pay/reverse":
		if s.reverseFirst {
			s.reverseFirst = false
			return map[string]string{"result_code": "SUCCESS", "recall": "Y"}, PayPaid
		}
		o.end()
		return map[string]string{"result_code": "SUCCESS", "recall": "N"}, PayPaid
	case "/secapi/pay/refund":
		n, _ := strconv.ParseInt(in["refund_fee"], 10, 64)
		if in["total_fee"] != strconv.FormatInt(o.Amount, 10) {
			return wxFail("REFUND_FEE_MISMATCH", "订单金额不一致"), PayPaid
		}
		if !s.refund(o, in["out_refund_no"], n) {
			return wxFail("NOTENOUGH", "余额不足"), PayPaid
		}
		return map[string]string{"result_code": "SUCCESS", "refund_id": "50" + in["out_refund_no"], "out_refund_no": in["out_refund_no"]}, PayPaid
	}
	return wxFail("PARAM_ERROR", "no such path"), PayPaid
}

func (s *WeChatPay) micropay(in map[string]string) (map[string]string, PayFate) {
	n, err := strconv.ParseInt(in["total_fee"], 10, 64)
	if err != nil || n <= 0 || in["body"] == "" || in["spbill_create_ip"] == "" || in["out_trade_no"] == "" || len(in["out_trade_no"]) > 32 {
		return wxFail("PARAM_ERROR", "参数错误"), PayPaid
	}
	if len(in["auth_code"]) != 18 {
		return wxFail("AUTH_CODE_INVALID", "请扫描微信支付付款码"), PayPaid
	}
	o, known := s.begin(in["out_trade_no"], n, in["auth_code"])
	switch {
	case known:
		return wxFail("OUT_TRADE_NO_USED", "商户订单号重复"), PayPaid
	case o.Fate == PayRefused:
		return wxFail("NOTENOUGH", "余额不足"), PayPaid
	case o.Fate == PayWaits:
		return wxFail("USERPAYING", "需要用户输入支付密码"), PayPaid
	case o.Fate == PaySystemError:
		return wxFail("SYSTEMERROR", "系统错误"), PayPaid
	}
	return map[string]string{"result_code": "SUCCESS", "out_trade_no": o.Reference, "transaction_id": o.ID, "total_fee": in["total_fee"], "trade_type": "MICROPAY"}, o.Fate
}
