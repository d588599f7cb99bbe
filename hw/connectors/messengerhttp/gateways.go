package messengerhttp

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopwright/shopwright/sdk/driver"
)

func object(params []driver.MessageParameter) string {
	out := make(map[string]string, len(params))
	for _, p := range params {
		out[p.Name] = p.Value
	}
	raw, _ := json.Marshal(out) // strings always marshal
	return string(raw)
}

func list(params []driver.MessageParameter) []string {
	out := make([]string, len(params))
	for i, p := range params {
		out[i] = p.Value
	}
	return out
}

func needKey(s *settings) error {
	if s.KeyID == "" || s.Secret == "" {
		return errors.New("the key id or the secret is missing")
	}
	return nil
}

// unread is an answer that says nothing about the message.
func unread(status int) driver.MessageStatus {
	return driver.MessageStatus{Reason: "the gateway answers " + strconv.Itoa(status)}
}

// aliyun is dysmsapi, version 2017-05-25.
type aliyun struct{}

func (aliyun) check(s *settings) error {
	s.Base, s.Region = cmp.Or(s.Base, "https://dysmsapi.aliyuncs.com"), cmp.Or(s.Region, "cn-hangzhou")
	return needKey(s)
}

func (aliyun) call(s *settings, action string, c call, params map[string]string) request {
	for n, v := range map[string]string{"Action": action, "Version": "2017-05-25", "RegionId": s.Region, "Format": "JSON", "AccessKeyId": s.KeyID, "SignatureMethod": "HMAC-SHA1",
		"SignatureVersion": "1.0", "SignatureNonce": c.nonce, "Timestamp": c.now.UTC().Format("2006-01-02T15:04:05Z")} {
		params[n] = v
	}
	params["Signature"] = signRPC(http.MethodPost, params, s.Secret)
	form := url.Values{}
	for n, v := range params {
		form.Set(n, v)
	}
	return request{http.MethodPost, s.Base + "/", form.Encode(), http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}}
}

func (a aliyun) send(s *settings, m *driver.Message, c call) (request, error) {
	if m.Template == "" {
		return request{}, errors.New("this gateway sends registered templates alone")
	}
	p := map[string]string{"PhoneNumbers": national(m.Recipient), "SignName": m.Sender, "TemplateCode": m.Template, "OutId": m.Key}
	if len(m.Parameters) > 0 {
		p["TemplateParam"] = object(m.Parameters)
	}
	return a.call(s, "SendSms", c, p), nil
}

// later are the codes after which a message may be tried again.
var aliyunLater = []string{"isv.BUSINESS_LIMIT_CONTROL", "isv.DAY_LIMIT_CONTROL", "isv.AMOUNT_NOT_ENOUGH", "isv.OUT_OF_SERVICE", "Throttling", "Throttling.User", "Throttling.Api"}

func (aliyun) sent(_ *settings, status int, body []byte) driver.MessageStatus {
	var v struct{ Code, Message, BizId string }
	if json.Unmarshal(body, &v) != nil || v.Code == "" {
		return unread(status)
	}
	why := v.Code + ": " + v.Message
	switch {
	case v.Code == "OK":
		return driver.MessageStatus{State: driver.MessageAccepted, ProviderID: v.BizId}
	case v.Code == "isp.SYSTEM_ERROR", v.Code == "isp.RAM_PERMISSION_DENY" && status >= 500, status >= 500:
		return driver.MessageStatus{Reason: why}
	}
	return driver.MessageStatus{State: driver.MessageRefused, Reason: why, Again: slices.Contains(aliyunLater, v.Code)}
}

// china is where Aliyun's days begin.
var china = time.FixedZone("CST", 8*3600)

func (a aliyun) ask(s *settings, k driver.MessageKey, c call) (request, bool) {
	if k.Recipient == "" || k.Sent.Unix() <= 0 {
		return request{}, false
	}
	p := map[string]string{"PhoneNumber": national(k.Recipient), "SendDate": k.Sent.In(china).Format("20060102"), "PageSize": "50", "CurrentPage": "1"}
	if k.ProviderID != "" {
		p["BizId"] = k.ProviderID
	}
	return a.call(s, "QuerySendDetails", c, p), true
}

// believed is after how long a gateway that does not list a message is taken at its word.
const believed = 10 * time.Minute

func (aliyun) told(_ *settings, k driver.MessageKey, status int, body []byte) driver.MessageStatus {
	var v struct {
		Code, Message     string
		SmsSendDetailDTOs struct {
			SmsSendDetailDTO []struct {
				OutId, ErrCode string
				SendStatus     int
			}
		}
	}
	if json.Unmarshal(body, &v) != nil || v.Code != "OK" {
		st := unread(status)
		if v.Code != "" {
			st.Reason = v.Code + ": " + v.Message
		}
		return st
	}
	all := v.SmsSendDetailDTOs.SmsSendDetailDTO
	for _, d := range all {
		if d.OutId != k.Key {
			continue
		}
		switch d.SendStatus {
		case 3:
			return driver.MessageStatus{State: driver.MessageDelivered, ProviderID: k.ProviderID}
		case 2:
			return driver.MessageStatus{State: driver.MessageFailed, ProviderID: k.ProviderID, Reason: d.ErrCode}
		}
		return driver.MessageStatus{State: driver.MessageSent, ProviderID: k.ProviderID}
	}
	if k.ProviderID == "" && len(all) < 50 && time.Since(k.Sent) > believed {
		return driver.MessageStatus{State: driver.MessageNone}
	}
	return driver.MessageStatus{Reason: "the gateway does not list it yet"}
}

func (aliyun) notice(_ *settings, _ *http.Request, body []byte) ([]noticed, error) {
	var vs []struct {
		BizID   string `json:"biz_id"`
		OutID   string `json:"out_id"`
		Success bool   `json:"success"`
		ErrCode string `json:"err_code"`
	}
	if err := json.Unmarshal(body, &vs); err != nil {
		return nil, errors.New("the notice is not readable")
	}
	var out []noticed
	for _, v := range vs {
		st := driver.MessageStatus{State: driver.MessageDelivered, ProviderID: v.BizID}
		if !v.Success {
			st.State, st.Reason = driver.MessageFailed, v.ErrCode
		}
		out = append(out, noticed{v.OutID, st})
	}
	return out, nil
}

// tencent is sms, version 2021-01-11.
type tencent struct{}

func (tencent) check(s *settings) error {
	s.Base, s.Region = cmp.Or(s.Base, "https://sms.tencentcloudapi.com"), cmp.Or(s.Region, "ap-guangzhou")
	if s.App == "" {
		return errors.New("the application (SdkAppId) is missing")
	}
	return needKey(s)
}

const tencentType = "application/json; charset=utf-8"

func (tencent) call(s *settings, action string, c call, in any) request {
	raw, _ := json.Marshal(in) // of strings and numbers
	u, _ := url.Parse(s.Base)  // was checked
	return request{http.MethodPost, s.Base + "/", string(raw), http.Header{"Content-Type": {tencentType}, "X-Tc-Action": {action}, "X-Tc-Version": {"2021-01-11"}, "X-Tc-Region": {s.Region},
		"X-Tc-Timestamp": {strconv.FormatInt(c.now.Unix(), 10)}, "Authorization": {signTC3(s.KeyID, s.Secret, "sms", u.Host, tencentType, string(raw), c.now)}}}
}

func (t tencent) send(s *settings, m *driver.Message, c call) (request, error) {
	if m.Template == "" {
		return request{}, errors.New("this gateway sends registered templates alone")
	}
	return t.call(s, "SendSms", c, map[string]any{"PhoneNumberSet": []string{m.Recipient}, "SmsSdkAppId": s.App, "SignName": m.Sender, "TemplateId": m.Template,
		"TemplateParamSet": list(m.Parameters), "SessionContext": m.Key}), nil
}

type tencentError struct {
	Error *struct{ Code, Message string }
}

func (tencent) sent(_ *settings, status int, body []byte) driver.MessageStatus {
	var v struct {
		Response struct {
			tencentError
			SendStatusSet []struct {
				SerialNo, Code, Message string
				Fee                     int
			}
		}
	}
	if json.Unmarshal(body, &v) != nil {
		return unread(status)
	}
	code, why := "", ""
	switch r := v.Response; {
	case r.Error != nil:
		code, why = r.Error.Code, r.Error.Message
	case len(r.SendStatusSet) == 1:
		if one := r.SendStatusSet[0]; one.Code == "Ok" {
			return driver.MessageStatus{State: driver.MessageAccepted, ProviderID: one.SerialNo, Segments: one.Fee}
		}
		code, why = r.SendStatusSet[0].Code, r.SendStatusSet[0].Message
	default:
		return unread(status)
	}
	if strings.HasPrefix(code, "InternalError") { // it may have left
		return driver.MessageStatus{Reason: code + ": " + why}
	}
	return driver.MessageStatus{State: driver.MessageRefused, Reason: code + ": " + why, Again: strings.HasPrefix(code, "LimitExceeded") || strings.HasPrefix(code, "RequestLimitExceeded") || code == "FailedOperation.InsufficientBalanceInSmsPackage"}
}

func (t tencent) ask(s *settings, k driver.MessageKey, c call) (request, bool) {
	if k.ProviderID == "" || k.Recipient == "" {
		return request{}, false
	}
	return t.call(s, "PullSmsSendStatusByPhoneNumber", c, map[string]any{"BeginTime": k.Sent.Add(-time.Minute).Unix(), "Offset": 0, "Limit": 100, "PhoneNumber": k.Recipient, "SmsSdkAppId": s.App}), true
}

func (tencent) told(_ *settings, k driver.MessageKey, status int, body []byte) driver.MessageStatus {
	var v struct {
		Response struct {
			tencentError
			PullSmsSendStatusSet []struct{ SerialNo, ReportStatus, Description string }
		}
	}
	if json.Unmarshal(body, &v) != nil {
		return unread(status)
	}
	if e := v.Response.Error; e != nil {
		return driver.MessageStatus{Reason: e.Code + ": " + e.Message}
	}
	for _, one := range v.Response.PullSmsSendStatusSet {
		switch {
		case one.SerialNo != k.ProviderID:
		case one.ReportStatus == "SUCCESS":
			return driver.MessageStatus{State: driver.MessageDelivered, ProviderID: k.ProviderID}
		case one.ReportStatus == "FAIL":
			return driver.MessageStatus{State: driver.MessageFailed, ProviderID: k.ProviderID, Reason: one.Description}
		}
	}
	return driver.MessageStatus{State: driver.MessageSent, ProviderID: k.ProviderID} // it has a number of the gateway's, and no report yet
}

func (tencent) notice(_ *settings, _ *http.Request, body []byte) ([]noticed, error) {
	var vs []struct {
		SID    string `json:"sid"`
		Report string `json:"report_status"`
		Why    string `json:"description"`
	}
	if err := json.Unmarshal(body, &vs); err != nil {
		return nil, errors.New("the notice is not readable")
	}
	var out []noticed
	for _, v := range vs {
		st := driver.MessageStatus{State: driver.MessageDelivered, ProviderID: v.SID}
		if v.Report != "SUCCESS" {
			st.State, st.Reason = driver.MessageFailed, v.Why
		}
		out = append(out, noticed{"", st})
	}
	return out, nil
}

// twilio is the Messages resource of 2010-04-01.
type twilio struct{}

func (twilio) check(s *settings) error {
	s.Base = cmp.Or(s.Base, "https://api.twilio.com")
	if s.From == "" {
		return errors.New("the sender's number is missing")
	}
	return needKey(s)
}

func (twilio) header(s *settings) http.Header {
	return http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte(s.KeyID+":"+s.Secret))}}
}

func (t twilio) send(s *settings, m *driver.Message, _ call) (request, error) {
	form := url.Values{"To": {m.Recipient}, "Body": {m.Text}}
	if strings.HasPrefix(s.From, "MG") {
		form.Set("MessagingServiceSid", s.From)
	} else {
		form.Set("From", s.From)
	}
	if s.NoticeURL != "" {
		form.Set("StatusCallback", s.NoticeURL)
	}
	return request{http.MethodPost, s.Base + "/2010-04-01/Accounts/" + url.PathEscape(s.KeyID) + "/Messages.json", form.Encode(), t.header(s)}, nil
}

type twilioMessage struct {
	SID      string `json:"sid"`
	Status   string `json:"status"`
	Price    string `json:"price"`
	Unit     string `json:"price_unit"`
	Segments string `json:"num_segments"`
	Why      string `json:"error_message"`
}

var twilioStates = map[string]driver.MessageState{"accepted": driver.MessageAccepted, "scheduled": driver.MessageAccepted, "queued": driver.MessageAccepted, "sending": driver.MessageSent, "sent": driver.MessageSent,
	"delivered": driver.MessageDelivered, "read": driver.MessageDelivered, "undelivered": driver.MessageFailed, "failed": driver.MessageFailed, "canceled": driver.MessageFailed}

func (v twilioMessage) status() driver.MessageStatus {
	st := driver.MessageStatus{State: twilioStates[v.Status], ProviderID: v.SID, Reason: v.Why}
	st.Segments, _ = strconv.Atoi(v.Segments)
	if cost, ok := minor(strings.TrimPrefix(v.Price, "-"), v.Unit); ok {
		st.Cost, st.Currency = cost, v.Unit
	}
	return st
}

func (twilio) sent(_ *settings, status int, body []byte) driver.MessageStatus {
	if status == http.StatusCreated || status == http.StatusOK {
		var v twilioMessage
		if json.Unmarshal(body, &v) != nil || v.SID == "" {
			return unread(status)
		}
		return v.status()
	}
	var v struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	}
	if status >= 500 || json.Unmarshal(body, &v) != nil || v.Code == 0 {
		return unread(status)
	}
	return driver.MessageStatus{State: driver.MessageRefused, Reason: fmt.Sprintf("%d: %s", v.Code, v.Message), Again: status == http.StatusTooManyRequests}
}

func (t twilio) ask(s *settings, k driver.MessageKey, _ call) (request, bool) {
	if k.ProviderID == "" {
		return request{}, false
	}
	return request{http.MethodGet, s.Base + "/2010-04-01/Accounts/" + url.PathEscape(s.KeyID) + "/Messages/" + url.PathEscape(k.ProviderID) + ".json", "", t.header(s)}, true
}

func (twilio) told(_ *settings, _ driver.MessageKey, status int, body []byte) driver.MessageStatus {
	var v twilioMessage
	if status != http.StatusOK || json.Unmarshal(body, &v) != nil {
		return unread(status)
	}
	return v.status()
}

func (twilio) notice(s *settings, r *http.Request, body []byte) ([]noticed, error) {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, errors.New("the notice is not readable")
	}
	if s.NoticeURL != "" && !same(r.Header.Get("X-Twilio-Signature"), signTwilio(s.Secret, s.NoticeURL, form)) {
		return nil, errors.New("the notice's signature is wrong")
	}
	return []noticed{{"", driver.MessageStatus{State: twilioStates[form.Get("MessageStatus")], ProviderID: form.Get("MessageSid"), Reason: form.Get("ErrorCode")}}}, nil
}

// noMinor are currencies without minor units.
var noMinor = map[string]bool{"JPY": true, "KRW": true, "VND": true}

// minor turns "0.0075" into minor units, rounded up: what a gateway takes is never told
// as less.
func minor(text, currency string) (int64, bool) {
	r, ok := new(big.Rat).SetString(text)
	if !ok || r.Sign() < 0 || currency == "" || len(text) > 30 {
		return 0, false
	}
	if !noMinor[currency] {
		r.Mul(r, big.NewRat(100, 1))
	}
	n := new(big.Int).Add(r.Num(), new(big.Int).Sub(r.Denom(), big.NewInt(1)))
	n.Div(n, r.Denom())
	return n.Int64(), n.IsInt64()
}
