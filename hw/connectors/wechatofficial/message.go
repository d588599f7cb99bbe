package wechatofficial

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/shopwright/shopwright/hw/connectors/internal/gate"
	"github.com/shopwright/shopwright/sdk/driver"
)

// SendMessage implements driver.Messenger.
func (a *Account) SendMessage(ctx context.Context, m driver.Message) (driver.MessageStatus, error) {
	switch {
	case m.Channel != "" && m.Channel != driver.ChannelWeChat:
		return driver.MessageStatus{State: driver.MessageRefused, Reason: "only messages of WeChat are carried"}, nil
	case m.Template == "":
		return driver.MessageStatus{State: driver.MessageRefused, Reason: "the account sends registered templates alone"}, nil
	}
	e, first := a.begin(m.Key)
	if !first {
		select {
		case <-e.ready:
			return e.st, e.err
		case <-ctx.Done():
			return driver.MessageStatus{}, ctx.Err()
		}
	}
	e.st, e.err = a.hand(ctx, &m)
	close(e.ready)
	return e.st, e.err
}

// begin answers what is known of a key; first says that the caller hands it over.
// What was refused may be tried again.
func (a *Account) begin(key string) (*entry, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if e := a.done[key]; e != nil {
		select {
		case <-e.ready:
			if e.err != nil || e.st.State != driver.MessageRefused {
				return e, false
			}
		default:
			return e, false
		}
	} else {
		if len(a.order) >= remembered {
			delete(a.done, a.order[0])
			a.order = a.order[1:]
		}
		a.order = append(a.order, key)
	}
	e := &entry{ready: make(chan struct{})}
	a.done[key] = e
	return e, true
}

func (a *Account) hand(ctx context.Context, m *driver.Message) (driver.MessageStatus, error) {
	s, g, err := a.now()
	if err != nil {
		return driver.MessageStatus{}, err
	}
	data := map[string]map[string]string{}
	for _, p := range m.Parameters {
		data[p.Name] = map[string]string{"value": p.Value}
	}
	in, path := map[string]any{"touser": m.Recipient, "template_id": m.Template, "data": data}, "/cgi-bin/message/template/send"
	if s.Kind == kindSubscribe {
		path = "/cgi-bin/message/subscribe/bizsend"
		if m.Link != "" {
			in["page"] = m.Link
		}
	} else {
		in["client_msg_id"] = strings.ReplaceAll(m.Key, "-", "") // the provider sends one of them
		if m.Link != "" {
			in["url"] = m.Link
		}
	}
	var out struct {
		reply
		ID int64 `json:"msgid"`
	}
	if err := a.call(ctx, path, in, &out); err != nil {
		if r, ok := errors.AsType[refusal](err); ok { // without a token nothing was sent
			return driver.MessageStatus{State: driver.MessageRefused, Reason: clean(g, r.text, m.Recipient), Again: r.code <= 0 || later[r.code] || badToken[r.code]}, nil
		}
		return driver.MessageStatus{}, errors.New(clean(g, err.Error(), m.Recipient))
	}
	why := clean(g, fmt.Sprintf("%d: %s", out.Code, out.Message), m.Recipient)
	switch {
	case out.Code == 0:
		id := ""
		if out.ID > 0 {
			id = strconv.FormatInt(out.ID, 10)
		}
		return driver.MessageStatus{State: driver.MessageAccepted, ProviderID: id}, nil
	case out.Code < 0: // busy: it may have been sent
		return driver.MessageStatus{Reason: why}, nil
	}
	return driver.MessageStatus{State: driver.MessageRefused, Reason: why, Again: later[out.Code] || badToken[out.Code]}, nil
}

// MessageStatus implements driver.Messenger: the provider cannot be asked, it tells by
// itself. What this process knows is answered.
func (a *Account) MessageStatus(_ context.Context, k driver.MessageKey) (driver.MessageStatus, error) {
	a.mu.Lock()
	e := a.done[k.Key]
	a.mu.Unlock()
	if e != nil {
		select {
		case <-e.ready:
			if e.err == nil {
				return e.st, nil
			}
		default:
		}
	}
	return driver.MessageStatus{ProviderID: k.ProviderID, Reason: "the provider tells by itself and cannot be asked"}, nil
}

// signed is the provider's signature of a notice: the sorted words, joined.
func signed(token, timestamp, nonce string) string {
	words := []string{token, timestamp, nonce}
	slices.Sort(words)
	sum := sha1.Sum([]byte(strings.Join(words, "")))
	return hex.EncodeToString(sum[:])
}

// serve takes the provider's notices, and answers its question whether we are we.
func (a *Account) serve(w http.ResponseWriter, r *http.Request) {
	s, g, err := a.now()
	q := r.URL.Query()
	if err != nil || !hmac.Equal([]byte(q.Get("signature")), []byte(signed(s.Token, q.Get("timestamp"), q.Get("nonce")))) {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if r.Method == http.MethodGet {
		_, _ = w.Write([]byte(q.Get("echostr")))
		return
	}
	body, err := gate.Body(w, r)
	if err != nil {
		http.Error(w, "too long", http.StatusRequestEntityTooLarge)
		return
	}
	var v struct {
		Event  string `xml:"Event"`
		MsgID  string `xml:"MsgID"`
		Status string `xml:"Status"`
	}
	if xml.Unmarshal(body, &v) != nil {
		http.Error(w, "not readable", http.StatusBadRequest)
		return
	}
	if v.Event == "TEMPLATESENDJOBFINISH" && v.MsgID != "" {
		st := driver.MessageStatus{State: driver.MessageDelivered, ProviderID: v.MsgID}
		if v.Status != "success" {
			st.State, st.Reason = driver.MessageFailed, clean(g, v.Status, "")
		}
		a.MessageTold("", "", st)
	}
	_, _ = w.Write([]byte("success"))
}
