package wechatofficial

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopwright/shopwright/hw/sim"
	"github.com/shopwright/shopwright/sdk/driver"
)

func paired(t *testing.T, more string) (*Account, *sim.WeChatOfficial) {
	t.Helper()
	s, err := sim.NewWeChatOfficial("wx1", "app-secret-1")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	a := New().(*Account)
	if err := a.Configure(t.Context(), json.RawMessage(`{"app_id":"wx1","app_secret":"app-secret-1","card_id":"pCard1","base_url":"`+s.URL()+`"`+more+`}`)); err != nil {
		t.Fatal(err)
	}
	return a, s
}

func note(key string) driver.Message {
	return driver.Message{Key: key, Attempt: 1, Channel: driver.ChannelWeChat, Recipient: "o-ann", Template: "t1", Parameters: []driver.MessageParameter{{Name: "amount1", Value: "88"}}, Text: "x"}
}

func send(t *testing.T, a *Account, m driver.Message, state driver.MessageState, again bool) driver.MessageStatus {
	t.Helper()
	st, err := a.SendMessage(t.Context(), m)
	if err != nil || st.State != state || st.Again != again || strings.Contains(st.Reason, "o-ann") || strings.Contains(st.Reason, "app-secret-1") {
		t.Fatalf("%s: %+v %v", m.Key, st, err)
	}
	return st
}

func TestMessages(t *testing.T) {
	for _, kind := range []string{kindTemplate, kindSubscribe} {
		t.Run(kind, func(t *testing.T) {
			a, s := paired(t, `,"messages":"`+kind+`"`)
			first := send(t, a, note("k-1"), driver.MessageAccepted, false)
			if again := send(t, a, note("k-1"), driver.MessageAccepted, false); again != first || len(s.Sent()) != 1 || s.Sent()[0].Params != `{"amount1":{"value":"88"}}` {
				t.Fatalf("%+v %+v", again, s.Sent())
			}
			if kind == kindTemplate && first.ProviderID != "1000" {
				t.Errorf("%+v", first)
			}
			s.Next(43004, 45009, 43101, -1)
			send(t, a, note("k-2"), driver.MessageRefused, false)
			send(t, a, note("k-3"), driver.MessageRefused, true)
			send(t, a, note("k-4"), driver.MessageRefused, false)
			send(t, a, note("k-5"), driver.MessageUnknown, false)
			send(t, a, note("k-5"), driver.MessageUnknown, false) // it may have been sent
			send(t, a, note("k-3"), driver.MessageAccepted, false)
			s.Next(-2)
			if _, err := a.SendMessage(t.Context(), note("k-6")); err == nil || strings.Contains(err.Error(), "token-") {
				t.Error(err)
			}
			if _, err := a.SendMessage(t.Context(), note("k-6")); err == nil {
				t.Error("it was sent again")
			}
			if n := len(s.Sent()); n != 3 {
				t.Errorf("%d have left", n)
			}
			if st, err := a.MessageStatus(t.Context(), driver.MessageKey{Key: "k-1"}); err != nil || st.State != driver.MessageAccepted {
				t.Errorf("%+v %v", st, err)
			}
			if st, err := a.MessageStatus(t.Context(), driver.MessageKey{Key: "k-6"}); err != nil || st.State != driver.MessageUnknown {
				t.Errorf("%+v %v", st, err)
			}
			other := note("k-7")
			other.Recipient = "nobody"
			if st, _ := a.SendMessage(t.Context(), other); st.State != driver.MessageRefused || strings.Contains(st.Reason, "nobody") {
				t.Errorf("%+v", st)
			}
		})
	}
}

func TestOneTokenForAllWhoAsk(t *testing.T) {
	a, s := paired(t, "")
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() { _, _ = a.SendMessage(context.Background(), note(fmt.Sprint("k", i))) })
	}
	wg.Wait()
	if s.Tokens() != 1 || len(s.Sent()) != 8 {
		t.Fatal(s.Tokens(), len(s.Sent()))
	}
	s.Expire() // somebody else has fetched one
	send(t, a, note("x1"), driver.MessageAccepted, false)
	s.Next(42001)
	send(t, a, note("x2"), driver.MessageAccepted, false)
	if s.Tokens() != 3 || len(s.Sent()) != 10 {
		t.Error(s.Tokens(), len(s.Sent()))
	}
	s.Next(40001, 40001) // it goes on and on: not for ever
	send(t, a, note("x3"), driver.MessageRefused, true)
	a.token = ""
	s.RefuseTokens(true)
	send(t, a, note("x4"), driver.MessageRefused, false)
	if h := a.Health(t.Context()); h.OK || strings.Contains(h.Reason, "app-secret-1") {
		t.Errorf("%+v", h)
	}
}

func TestSignIn(t *testing.T) {
	a, s := paired(t, "")
	raw, err := a.AuthorizeURL(t.Context(), "st&te", "https://shop.example/back?x=1&y", false)
	u, e := url.Parse(raw)
	if err != nil || e != nil || u.Host != "open.weixin.qq.com" || u.Fragment != "wechat_redirect" || u.Query().Get("state") != "st&te" || u.Query().Get("redirect_uri") != "https://shop.example/back?x=1&y" || u.Query().Get("scope") != "snsapi_base" || u.Query().Get("appid") != "wx1" {
		t.Error(raw, err)
	}
	code := s.SignIn("o-ann")
	if st, err := a.Exchange(t.Context(), code); err != nil || st.State != driver.IdentityKnown || st.Subject != (driver.Subject{ID: "o-ann", Union: "u-o-ann"}) {
		t.Errorf("%+v %v", st, err)
	}
	for _, bad := range []string{code, "never", ""} {
		if st, err := a.Exchange(t.Context(), bad); err != nil || st.State != driver.IdentityRefused {
			t.Errorf("%q: %+v %v", bad, st, err)
		}
	}
	a.set.Secret = "wrong"
	if st, err := a.Exchange(t.Context(), s.SignIn("o-ben")); err != nil || st.State != driver.IdentityUnknown {
		t.Errorf("%+v %v", st, err)
	}
}

func TestCards(t *testing.T) {
	a, s := paired(t, "")
	if st, err := a.PublishCard(t.Context(), driver.CardDesign{Title: "Lily", Merchant: "Lily", Color: "Color010"}); err != nil || st.State != driver.CardAccepted || st.ProviderID != "pCard1" {
		t.Errorf("%+v %v", st, err)
	}
	tell := func(seq, points int64, state driver.CardState, again bool) {
		t.Helper()
		st, err := a.UpdateCard(t.Context(), driver.CardUpdate{Sequence: seq, Code: "c1", Points: points, Balance: "88.00", Tier: "gold"})
		if err != nil || st.State != state || st.Again != again {
			t.Errorf("%d: %+v %v", seq, st, err)
		}
	}
	tell(2, 20, driver.CardAccepted, false)
	tell(1, 10, driver.CardAccepted, false) // it came late
	if c := s.Card("c1"); c["bonus"] != 20.0 || c["custom_field_value1"] != "88.00" || c["card_id"] != "pCard1" {
		t.Error(c)
	}
	s.Next(45009, -1)
	tell(3, 30, driver.CardRefused, true)
	tell(3, 30, driver.CardUnknown, false)
	tell(3, 30, driver.CardAccepted, false)
	if c := s.Card("c1"); c["bonus"] != 30.0 {
		t.Error(c)
	}
}

func TestNotices(t *testing.T) {
	a, _ := paired(t, `,"notice_listen":"127.0.0.1:0","notice_token":"tok"`)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	told := make(chan *driver.Event, 8)
	go func() { _ = a.Events(ctx, 0, func(e *driver.Event) error { told <- e; return nil }) }()
	time.Sleep(20 * time.Millisecond) // it listens
	post := func(sign, body string) int {
		t.Helper()
		resp, err := http.Post("http://"+a.listen+"/?timestamp=1&nonce=2&signature="+sign, "text/xml", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp.StatusCode
	}
	const good = "<xml><MsgType>event</MsgType><Event>TEMPLATESENDJOBFINISH</Event><MsgID>1000</MsgID><Status>failed:user block</Status></xml>"
	if got := post("wrong", good); got != http.StatusNotFound {
		t.Error(got)
	}
	right := signed("tok", "1", "2")
	if got := post(right, "{"); got != http.StatusBadRequest {
		t.Error(got)
	}
	if got := post(right, good); got != http.StatusOK {
		t.Error(got)
	}
	select {
	case e := <-told:
		if st := driver.MessageOf(e.GetMessage().GetMessage()); st.State != driver.MessageFailed || st.ProviderID != "1000" || st.Reason != "failed:user block" {
			t.Errorf("%+v", st)
		}
	case <-ctx.Done():
		t.Fatal("nothing was told")
	}
	// The published rule: sha1 of the sorted words.
	if got := signed("b", "c", "a"); got != "a9993e364706816aba3e25717850c26c9cd0d89d" {
		t.Error(got)
	}
}

func TestWrongSettings(t *testing.T) {
	for _, raw := range []string{`{}`, `{"app_id":"a"}`, `{"app_id":"a","app_secret":"s","messages":"pigeon"}`, `{"app_id":"a","app_secret":"s","notice_listen":"127.0.0.1:0"}`, `{"app_id":"a","app_secret":"s","base_url":"http://x.example"}`, `{"appid":"a"}`} {
		if err := New().(*Account).Configure(t.Context(), json.RawMessage(raw)); err == nil {
			t.Errorf("%s is taken", raw)
		}
	}
}
