package api_test

import (
	"context"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/api"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/message"
	"github.com/shopwright/shopwright/core/setting"
)

// accounts stands in for a provider of accounts: a code is the account's name.
type accounts struct{}

func (accounts) Authorize(_ context.Context, _ id.ID, app string, state func(string) string, redirect string) (string, string, error) {
	if app == "" {
		app = "wx1"
	}
	if app != "wx1" {
		return "", "", api.ErrSignInOff
	}
	return "https://accounts.example/?back=" + url.QueryEscape(redirect) + "&state=" + url.QueryEscape(state(app)), app, nil
}

func (accounts) Exchange(_ context.Context, _ id.ID, app, code string) (member.Subject, string, error) {
	switch code {
	case "used":
		return member.Subject{}, "", api.ErrSignIn
	case "silent":
		return member.Subject{}, "", api.ErrSignInNone
	}
	return member.Subject{App: app, ID: "openid-" + code}, "小李", nil
}

func (s *shop) merchantSetting(key, value string) {
	s.t.Helper()
	s.tx(func(_ context.Context, tx *db.Tx) error {
		return setting.Set(tx, setting.Place{Merchant: s.merchant}, key, value)
	})
}

func TestMessagesAreListedAndSentAgain(t *testing.T) {
	each(t, func(s *shop) {
		var first id.ID
		s.tx(func(_ context.Context, tx *db.Tx) error {
			for i, kind := range []string{message.KindPoints, message.KindMoney} {
				mid := message.Queue(tx, message.New{Merchant: s.merchant, Member: s.member, Shop: s.shop, Kind: kind, Origin: "o" + strconv.Itoa(i), Params: map[string]string{"points": "8"}})
				if i == 0 {
					first = mid
				}
			}
			return nil
		})
		list := s.get("/api/v1/messages?member_id=" + s.member.String() + "&kind=points")
		s.is(list, "items.0.id", first.String())
		s.is(list, "items.0.figures.points", "8")
		s.is(list, "items.0.state", "queued")
		s.is(s.get("/api/v1/messages?state=failed"), "items", "[]")
		again := "/api/v1/messages/" + first.String() + "/resend"
		s.is(s.want(409, s.call("PUT", again, "")), "code", "message.state")
		s.tx(func(_ context.Context, tx *db.Tx) error {
			tx.Queue(`update messages set state = 'failed' where merchant_id = $1 and id = $2`, s.merchant, first)
			return nil
		})
		sent := s.want(200, s.call("PUT", again, ""))
		s.is(s.want(200, s.call("PUT", again, "")), "id", sent.text("id")) // twice is one
		s.is(sent, "state", "queued")
		s.is(s.want(404, s.call("PUT", "/api/v1/messages/"+s.shop.String()+"/resend", "")), "code", "message.not_found")
		other := s.stranger()
		s.is(s.want(404, s.call("PUT", again, "", "Authorization: Bearer "+other.key)), "code", "message.not_found")
		s.is(s.get("/api/v1/messages", "Authorization: Bearer "+other.key), "items", "[]")
	})
}

func TestMessageTemplatesAndOptOuts(t *testing.T) {
	each(t, func(s *shop) {
		s.is(s.get("/api/v1/message-templates"), "items", "[]")
		set := func(body string) *answer { return s.call("PUT", "/api/v1/message-templates", body) }
		s.want(200, set(`{"kind":"points","channel":"sms","language":"en","body":"{name}: {points}"}`))
		s.want(200, set(`{"kind":"points","channel":"sms","language":"en","body":"You have {balance}"}`))
		list := s.get("/api/v1/message-templates")
		s.is(list, "items.0.body", "You have {balance}")
		if n := len(list.at("items").([]any)); n != 1 {
			t.Errorf("%d templates", n)
		}
		for body, code := range map[string]string{
			`{"kind":"points","channel":"sms","body":"{code}"}`:                       "message.variable_unknown",
			`{"kind":"none","channel":"sms","body":"x"}`:                              "message.kind_unknown",
			`{"kind":"points","channel":"sms","body":"{"}`:                            "message.body_invalid",
			`{"kind":"points","channel":"sms","language":"xx","body":"x"}`:            "message.language_unknown",
			`{"kind":"points","channel":"wechat","body":"x","provider_params":"a b"}`: "message.provider_template",
		} {
			if a := set(body); a.text("code") != code {
				t.Errorf("%s: %s", body, a.raw)
			}
		}
		path := s.member0() + "/message-opt-outs"
		s.is(s.get(path), "items", "[]")
		s.is(s.want(200, s.call("PUT", path, `{"subject":"marketing","out":true}`)), "items.0.subject", "marketing")
		s.is(s.want(400, s.call("PUT", path, `{"subject":"what","out":true}`)), "code", "message.subject_unknown")
		s.is(s.want(200, s.call("PUT", path, `{"subject":"marketing","out":false}`)), "items", "[]")
		s.is(s.want(404, s.call("GET", "/api/v1/members/"+s.shop.String()+"/message-opt-outs", "")), "code", "member.not_found")
	})
}

func TestCodes(t *testing.T) {
	each(t, func(s *shop) {
		ask, check := s.member0()+"/codes", s.member0()+"/codes/check"
		try := func(code string) *answer {
			return s.call("PUT", check, `{"purpose":"sign_in","code":"`+code+`"}`)
		}
		s.is(s.want(409, s.tries(ask, `{"purpose":"sign_in"}`)), "code", "message.code_unavailable")
		s.merchantSetting("message.kinds", "verification")
		s.is(s.want(403, try("000000")), "code", "message.code_wrong")
		s.again(ask, `{"purpose":"sign_in"}`)
		s.is(s.want(429, s.tries(ask, `{"purpose":"sign_in"}`)), "code", "message.code_too_soon")
		newest := func() string {
			of, err := db.Value[id.ID](context.Background(), s.d, `select id from message_codes where member_id = $1 order by id desc limit 1`, s.member)
			if err != nil {
				t.Fatal(err)
			}
			return s.desk.Vault.Code(s.merchant, of)
		}
		code := newest()
		s.is(s.want(403, s.call("PUT", check, `{"purpose":"other","code":"`+code+`"}`)), "code", "message.code_wrong")
		s.want(204, try(code))
		s.is(s.want(403, try(code)), "code", "message.code_wrong") // good once
		s.clock.Advance(time.Minute + time.Second)
		s.post(ask, `{"purpose":"sign_in"}`)
		code = newest()
		wrong := "000000"
		if code == wrong {
			wrong = "111111"
		}
		for range 5 {
			s.is(s.want(403, try(wrong)), "code", "message.code_wrong")
		}
		s.is(s.want(403, try(code)), "code", "message.code_wrong") // five wrong ones ended it
		s.clock.Advance(time.Minute + time.Second)
		s.post(ask, `{"purpose":"sign_in"}`)
		code = newest()
		s.clock.Advance(message.CodeLife)
		s.is(s.want(409, try(code)), "code", "message.code_expired")
	})
}

func TestSignInWithAnAccountElsewhere(t *testing.T) {
	each(t, func(s *shop) {
		start := func() string {
			return s.get("/api/v1/sign-in?redirect=" + url.QueryEscape("https://shop.example/back") + "&nonce=12345678").text("state")
		}
		state := start()
		end := func(code, state, nonce string) *answer {
			return s.call("PUT", "/api/v1/sign-in", `{"app":"wx1","code":"`+code+`","state":"`+state+`","nonce":"`+nonce+`"}`)
		}
		s.is(s.want(409, s.call("GET", "/api/v1/sign-in?app=wx2&redirect=https%3A%2F%2Fx&nonce=12345678", "")), "code", "sign_in.unavailable")
		s.is(s.want(403, end("used", state, "12345678")), "code", "sign_in.refused")
		s.is(s.want(503, end("silent", state, "12345678")), "code", "sign_in.no_answer")
		s.is(s.want(400, end("li", state, "87654321")), "code", "member.link_ticket_invalid") // another browser's
		s.is(s.want(400, end("li", strings.Repeat("A", 40), "12345678")), "code", "member.link_ticket_invalid")
		got := s.want(200, end("li", state, "12345678"))
		s.is(got, "name", "小李")
		link := s.member0() + "/accounts"
		s.is(s.want(400, s.call("PUT", link, `{"ticket":"none"}`)), "code", "member.link_ticket_invalid")
		s.is(s.want(200, s.call("PUT", link, `{"ticket":"`+got.text("ticket")+`"}`)), "member_id", s.member.String())
		s.is(s.want(200, end("li", start(), "12345678")), "member_id", s.member.String())
		second := s.post("/api/v1/members", `{"name":"Wang Fang"}`).text("id")
		s.is(s.want(409, s.call("PUT", "/api/v1/members/"+second+"/accounts", `{"ticket":"`+got.text("ticket")+`"}`)), "code", "member.subject_taken")
		other := s.want(200, end("mei", start(), "12345678")).text("ticket")
		s.is(s.want(409, s.call("PUT", link, `{"ticket":"`+other+`"}`)), "code", "member.subject_app_taken")
		s.clock.Advance(16 * time.Minute)
		s.is(s.want(409, s.call("PUT", "/api/v1/members/"+second+"/accounts", `{"ticket":"`+other+`"}`)), "code", "member.link_ticket_expired")
		s.is(s.want(409, end("li", state, "12345678")), "code", "member.link_ticket_expired")
		s.want(204, s.call("DELETE", link+"/wx1", ""))
		if got := s.want(200, end("li", start(), "12345678")); got.text("ticket") == "" {
			t.Error(got.raw)
		}
		if n := s.audits("member.account_linked") + s.audits("member.account_unlinked"); n != 2 {
			t.Errorf("%d entries in the audit log", n)
		}
	})
}
