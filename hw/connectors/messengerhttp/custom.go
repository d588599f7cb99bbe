package messengerhttp

import (
	"crypto/md5"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopwright/shopwright/hw/connectors/internal/gate"
	"github.com/shopwright/shopwright/sdk/driver"
)

// Forms of a body.
const (
	formJSON  = "json"
	formForm  = "form"
	formQuery = "query"
)

// Signatures.
const (
	signNone = "none"
	signHMAC = "hmac-sha256"
	signMD5  = "md5"
)

// custom is a gateway by a template.
type custom struct{}

var place = regexp.MustCompile(`\{[a-z_]+\}`)

var places = []string{"key", "attempt", "recipient", "recipient_digits", "recipient_national", "text", "template", "sender", "link", "params_object", "params_array",
	"key_id", "app", "region", "from", "timestamp", "timestamp_ms", "time", "nonce", "sign", "secret", "provider_id"}

func known(text string) error {
	for _, p := range place.FindAllString(text, -1) {
		if !slices.Contains(places, strings.Trim(p, "{}")) {
			return fmt.Errorf("%s is no placeholder", p)
		}
	}
	return nil
}

func (custom) check(s *settings) error {
	if s.Base == "" {
		return errors.New("the address of the gateway is missing")
	}
	for _, text := range []string{s.Headers, s.Body, s.SignText, s.AskPath} {
		if err := known(text); err != nil {
			return err
		}
	}
	switch {
	case s.Method != http.MethodPost && s.Method != http.MethodGet:
		return errors.New("the method is not known")
	case s.Form != formJSON && s.Form != formForm && s.Form != formQuery:
		return errors.New("the form of the body is not known")
	case s.Sign != signNone && s.Sign != signHMAC && s.Sign != signMD5:
		return errors.New("the signature is not known")
	case s.Sign != signNone && s.Secret == "":
		return errors.New("a signature needs the secret")
	case s.OKPath == "" && s.OKPattern == "":
		return errors.New("it is not said how the gateway says that it has taken a message")
	case strings.Contains(s.Body, "{secret}"):
		return errors.New("the secret itself is not sent; it can be signed with, or stand in a header")
	}
	if _, err := regexp.Compile(s.OKPattern); err != nil {
		return errors.New("the pattern is none")
	}
	if s.Form == formJSON {
		// With text in all places it must be JSON, so that no message finds out that it is not.
		v := values{"params_object": "{}", "params_array": "[]"}
		if !json.Valid([]byte(v.fill(s.Body, asJSON))) {
			return errors.New("the body is no JSON")
		}
	}
	if _, err := headers(s, values{}); err != nil {
		return err
	}
	if s.AskPath != "" {
		if _, err := gate.Address(strings.SplitN((values{}).fill(s.AskPath, url.QueryEscape), "?", 2)[0]); err != nil {
			return err
		}
	}
	return nil
}

type values map[string]string

// fill puts values into a text, each written as the place wants it.
func (v values) fill(text string, escape func(string) string) string {
	return place.ReplaceAllStringFunc(text, func(p string) string {
		name := strings.Trim(p, "{}")
		if strings.HasPrefix(name, "params_") && isJSON(escape) {
			return v[name] // a value of JSON by itself
		}
		return escape(v[name])
	})
}

func asJSON(s string) string {
	raw, _ := json.Marshal(s) // strings always marshal
	return string(raw[1 : len(raw)-1])
}

func isJSON(escape func(string) string) bool { return escape("\n") == `\n` }

func asIs(s string) string { return s }

func (custom) values(s *settings, c call) values {
	return values{"key_id": s.KeyID, "app": s.App, "region": s.Region, "from": s.From, "nonce": c.nonce, "timestamp": strconv.FormatInt(c.now.Unix(), 10), "timestamp_ms": strconv.FormatInt(c.now.UnixMilli(), 10),
		"time": c.now.UTC().Format(time.RFC3339)}
}

func (v values) signed(s *settings) {
	text := values(map[string]string{"secret": s.Secret}).with(v).fill(s.SignText, asIs)
	switch s.Sign {
	case signHMAC:
		v["sign"] = hex.EncodeToString(hmacSHA256([]byte(s.Secret), text))
	case signMD5:
		sum := md5.Sum([]byte(text))
		v["sign"] = hex.EncodeToString(sum[:])
	}
}

func (v values) with(o values) values {
	for n, x := range o {
		v[n] = x
	}
	return v
}

func headers(s *settings, v values) (http.Header, error) {
	out := http.Header{}
	all := values(map[string]string{"secret": s.Secret}).with(v)
	for line := range strings.SplitSeq(s.Headers, "\n") {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		value = all.fill(strings.TrimSpace(value), asIs)
		if !ok || strings.ContainsAny(name, " \t\"(),/;<=>?@[\\]{}") || strings.ContainsAny(value, "\r\n\x00") {
			return nil, errors.New("a header is none")
		}
		out.Set(name, value)
	}
	return out, nil
}

// pairs reads "name=value", one a line, and puts values in.
func (v values) pairs(text string) url.Values {
	out := url.Values{}
	for line := range strings.SplitSeq(text, "\n") {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok {
			out.Add(name, v.fill(value, asIs))
		}
	}
	return out
}

func (c custom) send(s *settings, m *driver.Message, drawn call) (request, error) {
	v := c.values(s, drawn).with(values{"key": m.Key, "attempt": strconv.Itoa(m.Attempt), "recipient": m.Recipient, "recipient_digits": digits(m.Recipient), "recipient_national": national(m.Recipient),
		"text": m.Text, "template": m.Template, "sender": m.Sender, "link": m.Link, "params_object": object(m.Parameters)})
	raw, _ := json.Marshal(list(m.Parameters))
	v["params_array"] = string(raw)
	v.signed(s)
	h, err := headers(s, v)
	if err != nil {
		return request{}, err
	}
	r := request{method: s.Method, address: s.Base, header: h}
	switch s.Form {
	case formQuery:
		r.address += "?" + v.pairs(s.Body).Encode()
	case formForm:
		r.body = v.pairs(s.Body).Encode()
		setType(h, "application/x-www-form-urlencoded")
	default:
		r.body = v.fill(s.Body, asJSON)
		setType(h, "application/json; charset=utf-8")
	}
	return r, nil
}

func setType(h http.Header, kind string) {
	if h.Get("Content-Type") == "" {
		h.Set("Content-Type", kind)
	}
}

// at reads a value by its path: names and numbers, with dots between them.
func at(body []byte, path string) (string, bool) {
	dec := json.NewDecoder(strings.NewReader(string(body)))
	dec.UseNumber()
	var v any
	if path == "" || dec.Decode(&v) != nil {
		return "", false
	}
	for step := range strings.SplitSeq(path, ".") {
		switch x := v.(type) {
		case map[string]any:
			v = x[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(x) {
				return "", false
			}
			v = x[i]
		default:
			return "", false
		}
	}
	switch x := v.(type) {
	case string:
		return x, true
	case json.Number:
		return x.String(), true
	case bool:
		return strconv.FormatBool(x), true
	}
	return "", false
}

func among(value, list string) bool {
	for x := range strings.SplitSeq(list, ",") {
		if x = strings.TrimSpace(x); x != "" && x == value {
			return true
		}
	}
	return false
}

func (custom) sent(s *settings, status int, body []byte) driver.MessageStatus {
	said, found := at(body, s.OKPath)
	taken := found && said == s.OKValue
	if s.OKPattern != "" {
		taken = regexp.MustCompile(s.OKPattern).Match(body)
		found = found || !taken && status < 300 // the pattern speaks of every answer
	}
	st := driver.MessageStatus{}
	st.Reason, _ = at(body, s.WhyPath)
	if st.Reason == "" {
		st.Reason = said
	}
	switch {
	case status >= 200 && status < 300 && taken:
		st.State, st.Reason = driver.MessageAccepted, ""
		st.ProviderID, _ = at(body, s.IDPath)
		if text, ok := at(body, s.CostPath); ok {
			if cost, ok := minor(text, s.Currency); ok {
				st.Cost, st.Currency = cost, s.Currency
			}
		}
	case status == http.StatusTooManyRequests, found && status < 500 && among(said, s.Again):
		st.State, st.Again = driver.MessageRefused, true
	case status >= 400 && status < 500, found && status < 300:
		st.State = driver.MessageRefused
	default:
		return unread(status)
	}
	return st
}

func (c custom) ask(s *settings, k driver.MessageKey, drawn call) (request, bool) {
	if s.AskPath == "" || strings.Contains(s.AskPath, "{provider_id}") && k.ProviderID == "" {
		return request{}, false
	}
	v := c.values(s, drawn).with(values{"key": k.Key, "provider_id": k.ProviderID, "recipient": k.Recipient, "recipient_digits": digits(k.Recipient), "recipient_national": national(k.Recipient)})
	v.signed(s)
	h, err := headers(s, v)
	return request{method: http.MethodGet, address: v.fill(s.AskPath, url.QueryEscape), header: h}, err == nil
}

func (c custom) told(s *settings, k driver.MessageKey, status int, body []byte) driver.MessageStatus {
	if status != http.StatusOK {
		return unread(status)
	}
	return c.state(s, k.ProviderID, body)
}

func (custom) state(s *settings, provider string, body []byte) driver.MessageStatus {
	said, _ := at(body, s.StatePath)
	st := driver.MessageStatus{ProviderID: provider, Reason: said}
	switch {
	case among(said, s.Delivered):
		st.State, st.Reason = driver.MessageDelivered, ""
	case among(said, s.Failed):
		st.State = driver.MessageFailed
	case said != "":
		st.State, st.Reason = driver.MessageSent, ""
	}
	return st
}

func (c custom) notice(s *settings, _ *http.Request, body []byte) ([]noticed, error) {
	provider, _ := at(body, s.IDPath)
	key, _ := at(body, s.KeyPath)
	if provider == "" && key == "" {
		return nil, errors.New("the notice names no message")
	}
	return []noticed{{key, c.state(s, provider, body)}}, nil
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// serve takes a gateway's notice, under the secret path alone.
func (d *Messenger) serve(w http.ResponseWriter, r *http.Request) {
	s, sh, g, err := d.now()
	path := strings.TrimRight(r.URL.Path, "/")
	if err != nil || r.Method != http.MethodPost || !same(path[strings.LastIndexByte(path, '/')+1:], s.NoticeKey) {
		http.NotFound(w, r)
		return
	}
	body, err := gate.Body(w, r)
	if err != nil {
		http.Error(w, "too long", http.StatusRequestEntityTooLarge)
		return
	}
	all, err := sh.notice(&s, r, body)
	if err != nil {
		http.Error(w, "not readable", http.StatusBadRequest)
		return
	}
	for _, n := range all {
		if n.st.State == driver.MessageDelivered || n.st.State == driver.MessageFailed {
			n.st.Reason = clean(g, n.st.Reason, "")
			d.MessageTold("", n.key, n.st)
		}
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write([]byte(`{"code":0,"msg":"ok","result":0}`))
}
