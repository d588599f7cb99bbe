package sim

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sort"
	"strings"
	"sync"
	"time"
)

// MessageFate is what becomes of a message with a simulated gateway.
type MessageFate int

// The fates.
const (
	MessageArrives  MessageFate = iota
	MessageRefused              // nothing is sent
	MessageLimited              // nothing is sent, later perhaps
	MessageNoAnswer             // sent, and the connection is cut instead of an answer
	MessageBroken               // sent, and the answer is an internal error
	MessageLost                 // sent, and it does not arrive
)

// SentMessage is a message in a simulated gateway's books.
type SentMessage struct {
	ID, Key, To, Text, Template, Params, Sender string
	State                                       string // sent, delivered, failed
}

// SMS is a gateway of text messages in the language of Aliyun, Tencent Cloud, Twilio,
// or one of its own ("/own/send" with a signature in a header).
type SMS struct {
	KeyID, Secret, App string

	srv  *http.Server
	addr string

	mu    sync.Mutex
	fates []MessageFate
	sent  []*SentMessage
	wrong []string
	nonce map[string]bool
}

// NewSMS listens on a free port.
func NewSMS(keyID, secret, app string) (*SMS, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &SMS{KeyID: keyID, Secret: secret, App: app, addr: "http://" + l.Addr().String(), nonce: map[string]bool{}}
	s.srv = &http.Server{ReadHeaderTimeout: 5 * time.Second, Handler: s}
	go func() { _ = s.srv.Serve(l) }()
	return s, nil
}

// URL is where it listens.
func (s *SMS) URL() string { return s.addr }

// Close ends it.
func (s *SMS) Close() { _ = s.srv.Close() }

// Next says what becomes of the next messages; those after them arrive.
func (s *SMS) Next(fates ...MessageFate) {
	s.mu.Lock()
	s.fates = append(s.fates, fates...)
	s.mu.Unlock()
}

// Sent are the messages that have left.
func (s *SMS) Sent() (out []SentMessage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.sent {
		out = append(out, *m)
	}
	return out
}

// Wrong is what was sent to it that a gateway would not take.
func (s *SMS) Wrong() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.wrong...)
}

// Arrive has all messages arrive that are on their way.
func (s *SMS) Arrive() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.sent {
		if m.State == "sent" {
			m.State = "delivered"
		}
	}
}

// ServeHTTP answers a call.
func (s *SMS) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, _ := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case r.Header.Get("X-Tc-Action") != "":
		s.tencent(w, r, raw)
	case strings.HasPrefix(r.URL.Path, "/2010-04-01/"):
		s.twilio(w, r, raw)
	case strings.HasPrefix(r.URL.Path, "/own/"):
		s.own(w, r, raw)
	default:
		s.aliyun(w, r, raw)
	}
}

func (s *SMS) bad(what string) { s.wrong = append(s.wrong, what) }

// take books a message; left says that it was sent.
func (s *SMS) take(m SentMessage) (got *SentMessage, fate MessageFate) {
	if len(s.fates) > 0 {
		fate, s.fates = s.fates[0], s.fates[1:]
	}
	if m.To == "" || m.Text == "" && m.Template == "" {
		fate = MessageRefused
	}
	m.ID, m.State = fmt.Sprintf("sms%d", len(s.sent)+1), "sent"
	if fate == MessageLost {
		m.State = "failed"
	}
	if fate != MessageRefused && fate != MessageLimited {
		s.sent = append(s.sent, &m)
	}
	return &m, fate
}

func reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

type object = map[string]any

// aliyun checks a call by the published rule of the RPC style: POST&%2F& and the
// sorted, twice encoded parameters, under the secret and an ampersand.
func (s *SMS) aliyun(w http.ResponseWriter, r *http.Request, raw []byte) {
	form, _ := url.ParseQuery(string(raw))
	var pairs []string
	enc := func(t string) string {
		var b strings.Builder
		for _, c := range []byte(t) {
			if c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || strings.IndexByte("-_.~", c) >= 0 {
				b.WriteByte(c)
			} else {
				fmt.Fprintf(&b, "%%%02X", c)
			}
		}
		return b.String()
	}
	for k := range form {
		if k != "Signature" {
			pairs = append(pairs, k)
		}
	}
	sort.Strings(pairs)
	for i, k := range pairs {
		pairs[i] = enc(k) + "=" + enc(form.Get(k))
	}
	mac := hmac.New(sha1.New, []byte(s.Secret+"&"))
	mac.Write([]byte(r.Method + "&%2F&" + enc(strings.Join(pairs, "&"))))
	at, err := time.Parse("2006-01-02T15:04:05Z", form.Get("Timestamp"))
	switch {
	case form.Get("AccessKeyId") != s.KeyID || form.Get("Signature") != base64.StdEncoding.EncodeToString(mac.Sum(nil)):
		s.bad("signature of " + form.Get("Action"))
		reply(w, http.StatusBadRequest, object{"Code": "SignatureDoesNotMatch", "Message": "Specified signature is not matched with our calculation."})
		return
	case err != nil || time.Since(at).Abs() > 15*time.Minute || s.nonce[form.Get("SignatureNonce")] || form.Get("SignatureNonce") == "":
		s.bad("time or nonce")
		reply(w, http.StatusBadRequest, object{"Code": "SignatureNonceUsed", "Message": "Specified signature nonce was used already."})
		return
	}
	s.nonce[form.Get("SignatureNonce")] = true
	if form.Get("Action") == "QuerySendDetails" {
		var list []object
		for _, m := range s.sent {
			if m.To == form.Get("PhoneNumber") && (form.Get("BizId") == "" || form.Get("BizId") == m.ID) {
				list = append(list, object{"OutId": m.Key, "SendStatus": map[string]int{"sent": 1, "failed": 2, "delivered": 3}[m.State], "ErrCode": map[string]string{"failed": "UNDELIV"}[m.State]})
			}
		}
		reply(w, http.StatusOK, object{"Code": "OK", "Message": "OK", "TotalCount": len(list), "SmsSendDetailDTOs": object{"SmsSendDetailDTO": list}})
		return
	}
	m, fate := s.take(SentMessage{Key: form.Get("OutId"), To: form.Get("PhoneNumbers"), Template: form.Get("TemplateCode"), Params: form.Get("TemplateParam"), Sender: form.Get("SignName")})
	switch fate {
	case MessageNoAnswer:
		cut(w)
	case MessageBroken:
		reply(w, http.StatusOK, object{"Code": "isp.SYSTEM_ERROR", "Message": "system error"})
	case MessageRefused:
		reply(w, http.StatusOK, object{"Code": "isv.MOBILE_NUMBER_ILLEGAL", "Message": m.To + " invalid"})
	case MessageLimited:
		reply(w, http.StatusOK, object{"Code": "isv.BUSINESS_LIMIT_CONTROL", "Message": "触发小时级流控"})
	default:
		reply(w, http.StatusOK, object{"Code": "OK", "Message": "OK", "BizId": m.ID})
	}
}

// tencent checks a call by the published rule of TC3-HMAC-SHA256.
func (s *SMS) tencent(w http.ResponseWriter, r *http.Request, raw []byte) {
	mac := func(key []byte, text string) []byte {
		h := hmac.New(sha256.New, key)
		h.Write([]byte(text))
		return h.Sum(nil)
	}
	sum := func(b string) string { h := sha256.Sum256([]byte(b)); return hex.EncodeToString(h[:]) }
	var at int64
	_, _ = fmt.Sscan(r.Header.Get("X-Tc-Timestamp"), &at)
	day := time.Unix(at, 0).UTC().Format("2006-01-02")
	canonical := strings.Join([]string{r.Method, "/", "", "content-type:" + strings.ToLower(r.Header.Get("Content-Type")), "host:" + r.Host, "", "content-type;host", sum(string(raw))}, "\n")
	key := mac(mac(mac([]byte("TC3"+s.Secret), day), "sms"), "tc3_request")
	sign := hex.EncodeToString(mac(key, fmt.Sprintf("TC3-HMAC-SHA256\n%d\n%s/sms/tc3_request\n%s", at, day, sum(canonical))))
	fail := func(code, why string) {
		reply(w, http.StatusOK, object{"Response": object{"Error": object{"Code": code, "Message": why}, "RequestId": "r"}})
	}
	if r.Header.Get("Authorization") != "TC3-HMAC-SHA256 Credential="+s.KeyID+"/"+day+"/sms/tc3_request, SignedHeaders=content-type;host, Signature="+sign || time.Since(time.Unix(at, 0)).Abs() > 5*time.Minute {
		s.bad("signature of " + r.Header.Get("X-Tc-Action"))
		fail("AuthFailure.SignatureFailure", "The provided credentials could not be validated.")
		return
	}
	var in struct {
		PhoneNumberSet, TemplateParamSet                               []string
		PhoneNumber, SmsSdkAppId, SignName, TemplateId, SessionContext string
	}
	if json.Unmarshal(raw, &in) != nil || in.SmsSdkAppId != s.App || r.Header.Get("X-Tc-Version") != "2021-01-11" || r.Header.Get("X-Tc-Region") == "" {
		s.bad("form of " + r.Header.Get("X-Tc-Action"))
		fail("InvalidParameter", "app")
		return
	}
	if r.Header.Get("X-Tc-Action") == "PullSmsSendStatusByPhoneNumber" {
		var list []object
		for _, m := range s.sent {
			if m.To == in.PhoneNumber && m.State != "sent" {
				list = append(list, object{"SerialNo": m.ID, "ReportStatus": map[string]string{"delivered": "SUCCESS", "failed": "FAIL"}[m.State], "Description": "report"})
			}
		}
		reply(w, http.StatusOK, object{"Response": object{"PullSmsSendStatusSet": list, "RequestId": "r"}})
		return
	}
	to := ""
	if len(in.PhoneNumberSet) == 1 {
		to = in.PhoneNumberSet[0]
	}
	m, fate := s.take(SentMessage{Key: in.SessionContext, To: to, Template: in.TemplateId, Params: strings.Join(in.TemplateParamSet, "|"), Sender: in.SignName})
	one := object{"SerialNo": m.ID, "PhoneNumber": m.To, "Fee": 1, "Code": "Ok", "Message": "send success"}
	switch fate {
	case MessageNoAnswer:
		cut(w)
		return
	case MessageBroken:
		fail("InternalError.Timeout", "timeout")
		return
	case MessageRefused:
		one["SerialNo"], one["Code"], one["Message"], one["Fee"] = "", "InvalidParameterValue.IncorrectPhoneNumber", "number "+m.To, 0
	case MessageLimited:
		one["SerialNo"], one["Code"], one["Message"], one["Fee"] = "", "LimitExceeded.PhoneNumberDailyLimit", "limit", 0
	}
	reply(w, http.StatusOK, object{"Response": object{"SendStatusSet": []object{one}, "RequestId": "r"}})
}

// twilio checks a call by its basic authentication.
func (s *SMS) twilio(w http.ResponseWriter, r *http.Request, raw []byte) {
	if id, secret, ok := r.BasicAuth(); !ok || id != s.KeyID || secret != s.Secret || !strings.HasPrefix(r.URL.Path, "/2010-04-01/Accounts/"+id+"/Messages") {
		s.bad("authentication")
		reply(w, http.StatusUnauthorized, object{"code": 20003, "message": "Authenticate", "status": 401})
		return
	}
	show := func(m *SentMessage) object {
		o := object{"sid": m.ID, "status": map[string]string{"sent": "queued", "delivered": "delivered", "failed": "undelivered"}[m.State], "num_segments": "1", "price": nil, "price_unit": "USD", "error_message": nil}
		if m.State != "sent" {
			o["price"] = "-0.00750"
		}
		return o
	}
	if r.Method == http.MethodGet {
		for _, m := range s.sent {
			if strings.HasSuffix(r.URL.Path, "/"+m.ID+".json") {
				reply(w, http.StatusOK, show(m))
				return
			}
		}
		reply(w, http.StatusNotFound, object{"code": 20404, "message": "not found", "status": 404})
		return
	}
	form, _ := url.ParseQuery(string(raw))
	m, fate := s.take(SentMessage{To: form.Get("To"), Text: form.Get("Body"), Sender: form.Get("From")})
	switch fate {
	case MessageNoAnswer:
		cut(w)
	case MessageBroken:
		reply(w, http.StatusBadGateway, object{})
	case MessageRefused:
		reply(w, http.StatusBadRequest, object{"code": 21211, "message": "Invalid 'To' Phone Number: " + m.To, "status": 400})
	case MessageLimited:
		reply(w, http.StatusTooManyRequests, object{"code": 20429, "message": "Too Many Requests", "status": 429})
	default:
		reply(w, http.StatusCreated, show(m))
	}
}

// own is a gateway as many are: a signature in the body over the key's name, the time
// and the number, answers with a code of 0.
func (s *SMS) own(w http.ResponseWriter, r *http.Request, raw []byte) {
	if r.URL.Path == "/own/ask" {
		for _, m := range s.sent {
			if m.Key == r.URL.Query().Get("id") {
				reply(w, http.StatusOK, object{"data": object{"state": m.State}})
				return
			}
		}
		reply(w, http.StatusOK, object{"data": object{}})
		return
	}
	var in struct{ ID, To, Text, Time, Sign string }
	if json.Unmarshal(raw, &in) != nil {
		s.bad("no JSON")
	}
	h := hmac.New(sha256.New, []byte(s.Secret))
	h.Write([]byte(s.KeyID + in.Time + in.To))
	if in.Sign != hex.EncodeToString(h.Sum(nil)) || r.Header.Get("X-App") != s.KeyID {
		s.bad("signature")
		reply(w, http.StatusOK, object{"code": 1001, "msg": "sign"})
		return
	}
	m, fate := s.take(SentMessage{Key: in.ID, To: in.To, Text: in.Text})
	switch fate {
	case MessageNoAnswer:
		cut(w)
	case MessageBroken:
		reply(w, http.StatusInternalServerError, object{})
	case MessageRefused:
		reply(w, http.StatusOK, object{"code": 17, "msg": "no number " + m.To})
	case MessageLimited:
		reply(w, http.StatusOK, object{"code": 29, "msg": "slow down"})
	default:
		reply(w, http.StatusOK, object{"code": 0, "data": object{"id": m.ID, "fee": "0.045"}})
	}
}
