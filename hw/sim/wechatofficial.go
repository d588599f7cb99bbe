package sim

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// WeChatOfficial is the interface of an official account of WeChat: tokens, template
// and subscription messages, web authorisation, members' cards.
type WeChatOfficial struct {
	App, Secret string

	srv  *http.Server
	addr string

	mu      sync.Mutex
	token   string
	tokens  int // how many were given out
	codes   map[string]string
	errcode []int // of the next calls with a token; 0: none
	sent    []SentMessage
	keys    map[string]bool
	cards   map[string]map[string]any
	refused bool // of tokens
}

// NewWeChatOfficial listens on a free port.
func NewWeChatOfficial(app, secret string) (*WeChatOfficial, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &WeChatOfficial{App: app, Secret: secret, addr: "http://" + l.Addr().String(), codes: map[string]string{}, keys: map[string]bool{}, cards: map[string]map[string]any{}}
	s.srv = &http.Server{ReadHeaderTimeout: 5 * time.Second, Handler: s}
	go func() { _ = s.srv.Serve(l) }()
	return s, nil
}

// URL is where it listens.
func (s *WeChatOfficial) URL() string { return s.addr }

// Close ends it.
func (s *WeChatOfficial) Close() { _ = s.srv.Close() }

// SignIn makes a code of a person's, good once.
func (s *WeChatOfficial) SignIn(openid string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	code := fmt.Sprintf("code%d", len(s.codes)+1)
	s.codes[code] = openid
	return code
}

// Next has the next calls with a token answered with error codes; 0 is none, -2 a cut
// line.
func (s *WeChatOfficial) Next(codes ...int) {
	s.mu.Lock()
	s.errcode = append(s.errcode, codes...)
	s.mu.Unlock()
}

// Expire makes the token bad that is out.
func (s *WeChatOfficial) Expire() { s.mu.Lock(); s.token = "gone"; s.mu.Unlock() }

// RefuseTokens has it give out no tokens, or give them out again.
func (s *WeChatOfficial) RefuseTokens(yes bool) { s.mu.Lock(); s.refused = yes; s.mu.Unlock() }

// Tokens is how many were made.
func (s *WeChatOfficial) Tokens() int { s.mu.Lock(); defer s.mu.Unlock(); return s.tokens }

// Sent are the messages that have left.
func (s *WeChatOfficial) Sent() []SentMessage {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]SentMessage(nil), s.sent...)
}

// Card is what a member's card shows.
func (s *WeChatOfficial) Card(code string) map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cards[code]
}

var wechatErrors = map[int]string{-1: "system error", 40001: "invalid credential, access_token is invalid or not latest", 40003: "invalid openid", 40013: "invalid appid", 40029: "invalid code", 40125: "invalid appsecret", 40163: "code been used",
	42001: "access_token expired", 43004: "require subscribe", 43101: "user refuse to accept the msg", 45009: "reach max api daily quota limit", 40037: "invalid template_id"}

func (s *WeChatOfficial) fail(w http.ResponseWriter, code int) {
	reply(w, http.StatusOK, object{"errcode": code, "errmsg": wechatErrors[code] + " rid: 6"})
}

// ServeHTTP answers a call.
func (s *WeChatOfficial) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, _ := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	s.mu.Lock()
	defer s.mu.Unlock()
	in := map[string]any{}
	if len(raw) > 0 && json.Unmarshal(raw, &in) != nil {
		s.fail(w, 47001)
		return
	}
	q := r.URL.Query()
	switch r.URL.Path {
	case "/cgi-bin/stable_token":
		s.giveToken(w, in)
		return
	case "/sns/oauth2/access_token":
		openid, ok := s.codes[q.Get("code")]
		switch {
		case q.Get("appid") != s.App || q.Get("secret") != s.Secret:
			s.fail(w, 40125)
		case !ok:
			s.fail(w, 40029)
		case openid == "":
			s.fail(w, 40163)
		default:
			s.codes[q.Get("code")] = ""
			reply(w, http.StatusOK, object{"access_token": "web", "expires_in": 7200, "refresh_token": "r", "openid": openid, "scope": "snsapi_base", "unionid": "u-" + openid})
		}
		return
	}
	code := 0
	if len(s.errcode) > 0 {
		code, s.errcode = s.errcode[0], s.errcode[1:]
	}
	switch {
	case q.Get("access_token") != s.token || s.token == "":
		s.fail(w, 40001)
	case code == -2:
		s.book(r.URL.Path, in)
		cut(w)
	case code != 0:
		s.fail(w, code)
	default:
		reply(w, http.StatusOK, s.book(r.URL.Path, in))
	}
}

func (s *WeChatOfficial) giveToken(w http.ResponseWriter, in map[string]any) {
	switch {
	case in["appid"] != s.App || in["grant_type"] != "client_credential" || s.refused:
		s.fail(w, 40013)
		return
	case in["secret"] != s.Secret:
		s.fail(w, 40125)
		return
	}
	if s.token == "" || s.token == "gone" || in["force_refresh"] == true {
		s.tokens++
		s.token = fmt.Sprintf("token-%d", s.tokens)
	}
	reply(w, http.StatusOK, object{"access_token": s.token, "expires_in": 7200})
}

func (s *WeChatOfficial) book(path string, in map[string]any) object {
	text := func(name string) string { t, _ := in[name].(string); return t }
	switch {
	case strings.HasSuffix(path, "/send"), strings.HasSuffix(path, "/bizsend"):
		to := text("touser")
		switch {
		case !strings.HasPrefix(to, "o"):
			return object{"errcode": 40003, "errmsg": "invalid openid " + to}
		case text("template_id") == "":
			return object{"errcode": 40037, "errmsg": wechatErrors[40037]}
		}
		key := text("client_msg_id")
		if key == "" || !s.keys[to+key] {
			s.keys[to+key] = true
			data, _ := json.Marshal(in["data"])
			s.sent = append(s.sent, SentMessage{ID: fmt.Sprint(1000 + len(s.sent)), Key: key, To: to, Template: text("template_id"), Params: string(data)})
		}
		out := object{"errcode": 0, "errmsg": "ok"}
		if strings.HasSuffix(path, "/send") {
			out["msgid"] = 999 + len(s.sent)
		}
		return out
	case path == "/card/create":
		return object{"errcode": 0, "errmsg": "ok", "card_id": "pCard1"}
	case path == "/card/update":
		return object{"errcode": 0, "errmsg": "ok", "send_check": false}
	case path == "/card/membercard/updateuser":
		s.cards[text("code")] = in
		return object{"errcode": 0, "errmsg": "ok", "result_bonus": in["bonus"]}
	}
	return object{"errcode": 40066, "errmsg": "invalid url"}
}
