package messengerhttp

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/shopwright/shopwright/hw/sim"
	"github.com/shopwright/shopwright/sdk/driver"
)

const own = `"method":"POST","headers":"X-App: {key_id}","body":"{\"id\":\"{key}\",\"to\":\"{recipient_digits}\",\"text\":\"{text}\",\"time\":\"{timestamp}\",\"sign\":\"{sign}\"}",
	"sign":"hmac-sha256","sign_text":"{key_id}{timestamp}{recipient_digits}","ok_path":"code","ok_value":"0","why_path":"msg","id_path":"data.id","cost_path":"data.fee","currency":"CNY","again":"28,29",
	"state_path":"data.state","delivered":"delivered","failed":"failed"`

func paired(t *testing.T, gateway, more string) (*Messenger, *sim.SMS) {
	t.Helper()
	s, err := sim.NewSMS("key-1", "secret-1", "1400006666")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	base := s.URL()
	switch gateway {
	case Custom:
		base += "/own/send"
		more += "," + own + `,"ask_url":"` + s.URL() + `/own/ask?id={key}"`
	case Tencent:
		more += `,"app":"1400006666"`
	case Twilio:
		more += `,"from":"+15005550006"`
	}
	d := New().(*Messenger)
	if err := d.Configure(t.Context(), json.RawMessage(`{"gateway":"`+gateway+`","key_id":"key-1","secret":"secret-1","base_url":"`+base+`"`+more+`}`)); err != nil {
		t.Fatal(err)
	}
	return d, s
}

func note(key string) driver.Message {
	return driver.Message{Key: key, Attempt: 1, Channel: driver.ChannelSMS, Recipient: "+8613800000001", Template: "SMS_1", Parameters: []driver.MessageParameter{{Name: "amount", Value: `+10.00 "&~* 元`}, {Name: "b", Value: "88"}},
		Text: "茶 \"quoted\" & {nonce}\n88", Sender: "阿里云短信测试专用"}
}

func send(t *testing.T, d *Messenger, m driver.Message, state driver.MessageState, again bool) driver.MessageStatus {
	t.Helper()
	st, err := d.SendMessage(t.Context(), m)
	if err != nil || st.State != state || st.Again != again || strings.Contains(st.Reason, "13800000001") || strings.Contains(st.Reason, "secret-1") {
		t.Fatalf("%s: %+v %v", m.Key, st, err)
	}
	return st
}

func TestMessagesByEveryGateway(t *testing.T) {
	for _, gateway := range []string{Aliyun, Tencent, Twilio, Custom} {
		t.Run(gateway, func(t *testing.T) {
			d, s := paired(t, gateway, "")
			first := send(t, d, note("k1"), driver.MessageAccepted, false)
			if again := send(t, d, note("k1"), driver.MessageAccepted, false); again != first {
				t.Fatalf("%+v, then %+v", first, again)
			}
			sent := s.Sent()
			if len(sent) != 1 || !strings.HasSuffix(sent[0].To, "13800000001") {
				t.Fatalf("%+v", sent)
			}
			switch m := sent[0]; gateway {
			case Aliyun:
				if m.Template != "SMS_1" || m.Params != `{"amount":"+10.00 \"\u0026~* 元","b":"88"}` || m.Sender != "阿里云短信测试专用" || m.Key != "k1" {
					t.Errorf("%+v", m)
				}
			case Tencent:
				if m.Params != `+10.00 "&~* 元|88` || m.Key != "k1" || m.To != "+8613800000001" || first.Segments != 1 {
					t.Errorf("%+v", m)
				}
			default: // what looks like a placeholder in the text stays what it is
				if m.Text != note("").Text {
					t.Errorf("%q", m.Text)
				}
			}
			if gateway == Custom && (first.Cost != 5 || first.Currency != "CNY") {
				t.Errorf("%+v", first)
			}
			ask := func(key string, p string, state driver.MessageState) driver.MessageStatus {
				t.Helper()
				st, err := d.MessageStatus(t.Context(), driver.MessageKey{Key: key, ProviderID: p, Recipient: "+8613800000001", Sent: time.Now()})
				if err != nil || st.State != state {
					t.Errorf("%s is %+v %v, not %v", key, st, err, state)
				}
				return st
			}
			if gateway != Twilio {
				ask("k1", first.ProviderID, driver.MessageSent)
			}
			s.Arrive()
			st := ask("k1", first.ProviderID, driver.MessageDelivered)
			if gateway == Twilio && (st.Cost != 1 || st.Currency != "USD" || st.Segments != 1) {
				t.Errorf("%+v", st)
			}
			ask("never", "", driver.MessageUnknown)

			s.Next(sim.MessageRefused, sim.MessageLimited, sim.MessageArrives, sim.MessageLost)
			send(t, d, note("k2"), driver.MessageRefused, false)
			send(t, d, note("k3"), driver.MessageRefused, true)
			send(t, d, note("k3"), driver.MessageAccepted, false) // nothing was sent, so it may be tried again
			st = send(t, d, note("k4"), map[bool]driver.MessageState{true: driver.MessageFailed, false: driver.MessageAccepted}[gateway == Twilio], false)
			ask("k4", st.ProviderID, driver.MessageFailed)

			s.Next(sim.MessageNoAnswer)
			if st, err := d.SendMessage(t.Context(), note("k5")); err == nil {
				t.Errorf("no answer is %+v", st)
			}
			if _, err := d.SendMessage(t.Context(), note("k5")); err == nil {
				t.Error("what may have been sent was sent again")
			}
			s.Next(sim.MessageBroken)
			send(t, d, note("k6"), driver.MessageUnknown, false)
			if n := len(s.Sent()); n != 5 {
				t.Errorf("%d messages have left", n)
			}
			if gateway == Aliyun { // it is found by our key
				s.Arrive()
				ask("k5", "", driver.MessageDelivered)
			}
			if w := s.Wrong(); len(w) > 0 {
				t.Error(w)
			}
		})
	}
}

func TestAWrongSecretIsSaid(t *testing.T) {
	for _, gateway := range []string{Aliyun, Tencent, Twilio, Custom} {
		d, s := paired(t, gateway, "")
		d.set.Secret = "another"
		send(t, d, note("k1"), driver.MessageRefused, false)
		if len(s.Wrong()) != 1 || len(s.Sent()) != 0 {
			t.Errorf("%s: %v", gateway, s.Wrong())
		}
	}
}

func TestOneKeyAtOnceIsOneMessage(t *testing.T) {
	d, s := paired(t, Aliyun, "")
	done := make(chan driver.MessageStatus)
	for range 8 {
		go func() { st, _ := d.SendMessage(context.Background(), note("k1")); done <- st }()
	}
	for range 8 {
		if st := <-done; st.State != driver.MessageAccepted {
			t.Errorf("%+v", st)
		}
	}
	if len(s.Sent()) != 1 {
		t.Error(len(s.Sent()))
	}
}

// The examples of the providers' own pages.
func TestSignaturesAsPublished(t *testing.T) {
	params := map[string]string{"AccessKeyId": "testId", "Action": "SendSms", "Format": "XML", "OutId": "123", "PhoneNumbers": "15300000001", "RegionId": "cn-hangzhou", "SignName": "阿里云短信测试专用", "SignatureMethod": "HMAC-SHA1",
		"SignatureNonce": "45e25e9b-0a6f-4070-8c85-2956eda1b466", "SignatureVersion": "1.0", "TemplateCode": "SMS_71390007", "TemplateParam": `{"customer":"test"}`, "Timestamp": "2017-07-12T02:42:19Z", "Version": "2017-05-25"}
	if got := signRPC("GET", params, "testSecret"); got != "zJDF+Lrzhj/ThnlvIToysFRq6t4=" {
		t.Error("Aliyun:", got)
	}
	body := `{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}`
	got := signTC3("AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE", "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE", "cvm", "cvm.tencentcloudapi.com", tencentType, body, time.Unix(1551113065, 0))
	if !strings.HasSuffix(got, "Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168") {
		t.Error("Tencent:", got)
	}
	form := url.Values{"CallSid": {"CA1234567890ABCDE"}, "Caller": {"+14158675309"}, "Digits": {"1234"}, "From": {"+14158675309"}, "To": {"+18005551212"}}
	if got := signTwilio("12345", "https://mycompany.com/myapp.php?foo=1&bar=2", form); got != "RSOYDt4T1cUTdK1PDd93/VVr8B8=" {
		t.Error("Twilio:", got)
	}
}

func TestNotices(t *testing.T) {
	const listen = `,"notice_listen":"127.0.0.1:0","notice_secret":"0123456789abcdef"`
	post := func(d *Messenger, path, kind, body, sign string) int {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+d.listen+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", kind)
		req.Header.Set("X-Twilio-Signature", sign)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp.StatusCode
	}
	const public = "https://shop.example/sms/0123456789abcdef"
	form := url.Values{"MessageSid": {"p1"}, "MessageStatus": {"delivered"}}
	for _, c := range []struct{ gateway, more, body, sign, key string }{
		{Aliyun, "", `[{"biz_id":"p1","out_id":"k1","success":true}]`, "", "k1"},
		{Tencent, "", `[{"sid":"p1","report_status":"SUCCESS"}]`, "", ""},
		{Twilio, `,"notice_url":"` + public + `"`, form.Encode(), signTwilio("secret-1", public, form), ""},
		{Custom, `,"notice_key_path":"key"`, `{"key":"k1","data":{"id":"p1","state":"delivered"}}`, "", "k1"},
	} {
		t.Run(c.gateway, func(t *testing.T) {
			d, _ := paired(t, c.gateway, listen+c.more)
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			told := make(chan *driver.Event, 8)
			go func() { _ = d.Events(ctx, 0, func(e *driver.Event) error { told <- e; return nil }) }()
			time.Sleep(20 * time.Millisecond) // it listens
			if got := post(d, "/sms/wrong", "", c.body, c.sign); got != http.StatusNotFound {
				t.Error("another path:", got)
			}
			if got := post(d, "/sms/0123456789abcdef", "", "{", ""); got != http.StatusBadRequest {
				t.Error("junk:", got)
			}
			if got := post(d, "/sms/0123456789abcdef", "", c.body, c.sign); got != http.StatusOK {
				t.Error(got)
			}
			select {
			case e := <-told:
				n := e.GetMessage()
				if st := driver.MessageOf(n.GetMessage()); n.GetKey() != c.key || st.State != driver.MessageDelivered || st.ProviderID != "p1" {
					t.Errorf("%v", n)
				}
			case <-ctx.Done():
				t.Fatal("nothing was told")
			}
			if len(told) > 0 {
				t.Error("junk was told")
			}
		})
	}
}

func TestWrongSettings(t *testing.T) {
	for _, raw := range []string{`{}`, `{"gateway":"pigeon"}`, `{"gateway":"aliyun","key_id":"k"}`, `{"gateway":"tencent","key_id":"k","secret":"s"}`, `{"gateway":"twilio","key_id":"k","secret":"s"}`, `{"gateway":"custom"}`, `{"key":"k"}`,
		`{"gateway":"aliyun","key_id":"k","secret":"s","base_url":"http://gateway.example"}`, `{"gateway":"aliyun","key_id":"k","secret":"s","notice_listen":"127.0.0.1:0","notice_secret":"short"}`,
		`{"gateway":"custom","base_url":"https://x.example","ok_path":"a","body":"{\"a\":{text}}"}`, `{"gateway":"custom","base_url":"https://x.example","ok_path":"a","body":"{}","headers":"no header"}`,
		`{"gateway":"custom","base_url":"https://x.example","ok_path":"a","body":"{\"a\":\"{secret}\"}"}`, `{"gateway":"custom","base_url":"https://x.example","ok_path":"a","body":"{\"a\":\"{what}\"}"}`,
		`{"gateway":"custom","base_url":"https://x.example","body":"{}"}`, `{"gateway":"custom","base_url":"https://x.example","ok_pattern":"(","body":"{}"}`, `{"gateway":"custom","base_url":"https://x.example","ok_path":"a","body":"{}","sign":"md5"}`,
		`{"gateway":"custom","base_url":"https://x.example","ok_path":"a","body":"{}","ask_url":"http://x.example/{key}"}`} {
		if err := New().(*Messenger).Configure(t.Context(), json.RawMessage(raw)); err == nil {
			t.Errorf("%s is taken", raw)
		}
	}
}

func TestCostsAreRoundedUp(t *testing.T) {
	for _, c := range []struct {
		text, currency string
		want           int64
		ok             bool
	}{{"0.0075", "USD", 1, true}, {"0.045", "CNY", 5, true}, {"1", "CNY", 100, true}, {"3", "JPY", 3, true}, {"0", "CNY", 0, true}, {"-1", "CNY", 0, false}, {"", "CNY", 0, false}, {"x", "CNY", 0, false}, {"1", "", 0, false}} {
		if got, ok := minor(c.text, c.currency); got != c.want || ok != c.ok {
			t.Errorf("%s %s: %d %v", c.text, c.currency, got, ok)
		}
	}
}
