package drivertest

import (
	"net/url"
	"strings"
	"time"

	"github.com/shopwright/shopwright/sdk/driver"
)

func hasMessages(s *suite) string {
	switch {
	case !s.info.Serves("Messenger") && !s.info.Serves("MemberCard"):
		return "the driver serves neither Messenger nor MemberCard"
	case s.Messages == nil && s.Card == nil:
		return "no message is given that may be sent"
	}
	return ""
}

// sends: one key is one message, whatever is asked how often.
func sends(t *T) {
	if !t.info.Serves("Messenger") || t.Messages == nil {
		t.skip("no message is given that may be sent")
	}
	p, m := t.start(true), *t.Messages
	m.Key, m.Attempt = newJob(), 1
	ask := func(k driver.MessageKey) driver.MessageStatus {
		st, err := p.MessageStatus(t.timeout(20*time.Second), k)
		if err != nil {
			t.fatalf("Status answers %v", err)
		}
		return st
	}
	if st := ask(driver.MessageKey{Key: newJob(), Recipient: m.Recipient, Sent: time.Now()}); st.State != driver.MessageNone && st.State != driver.MessageUnknown {
		t.errorf("a message that never was is %v", st.State)
	}
	first, err := p.SendMessage(t.timeout(30*time.Second), m)
	if err != nil {
		t.fatalf("Send answers %v", err)
	}
	if first.State != driver.MessageAccepted && first.State != driver.MessageSent && first.State != driver.MessageDelivered {
		t.fatalf("Send says %v: %s", first.State, first.Reason)
	}
	again, err := p.SendMessage(t.timeout(30*time.Second), m)
	if err != nil {
		t.fatalf("Send answers %v the second time", err)
	}
	if first.ProviderID != "" && again.ProviderID != "" && first.ProviderID != again.ProviderID {
		t.errorf("one key became two messages: %s and %s", first.ProviderID, again.ProviderID)
	}
	if st := ask(driver.MessageKey{Key: m.Key, ProviderID: first.ProviderID, Recipient: m.Recipient, Sent: time.Now()}); st.State == driver.MessageNone || st.State == driver.MessageRefused {
		t.errorf("Status says %v of a message that was taken on", st.State)
	}
	for _, bad := range []driver.Message{{Attempt: 1, Recipient: m.Recipient}, {Key: newJob(), Recipient: m.Recipient}, {Key: newJob(), Attempt: 1}} {
		if st, err := p.SendMessage(t.timeout(10*time.Second), bad); err == nil && st.State != driver.MessageRefused {
			t.errorf("a message without key, attempt or recipient is %v", st.State)
		}
	}
	wrong := m
	wrong.Key, wrong.Recipient = newJob(), "nobody-"+newJob()
	st, err := p.SendMessage(t.timeout(30*time.Second), wrong)
	if err == nil && strings.Contains(st.Reason, wrong.Recipient) || err != nil && strings.Contains(err.Error(), wrong.Recipient) {
		t.errorf("the recipient is in the reason")
	}
}

// signsIn: the address carries the state untouched, and a code that is none is refused.
func signsIn(t *T) {
	p := t.start(true)
	const state, back = "a state/+&=?", "https://shop.example/back?x=1"
	raw, err := p.AuthorizeURL(t.timeout(5*time.Second), state, back, false)
	if err != nil {
		t.fatalf("AuthorizeURL answers %v", err)
	}
	u, err := url.Parse(raw)
	if err != nil {
		t.fatalf("AuthorizeURL answers no address: %v", err)
	}
	if u.Query().Get("state") != state {
		t.errorf("the state comes back as %q", u.Query().Get("state"))
	}
	st, err := p.Exchange(t.timeout(20*time.Second), "no-code-"+newJob())
	if err == nil && st.State == driver.IdentityKnown {
		t.errorf("a code that is none is somebody's")
	}
}

// keepsCards: the same update may come again, and an older one changes nothing.
func keepsCards(t *T) {
	if !t.info.Serves("MemberCard") || t.Card == nil {
		t.skip("no card is given that may be updated")
	}
	p, u := t.start(true), *t.Card
	for i, seq := range []int64{2, 2, 1} {
		u.Key, u.Sequence = newJob(), seq
		u.Points = 10 * seq
		st, err := p.UpdateCard(t.timeout(20*time.Second), u)
		if err != nil || st.State != driver.CardAccepted {
			t.errorf("update %d of the card is %v %s %v", i+1, st.State, st.Reason, err)
		}
	}
}
