package main

import (
	"context"
	"encoding/json"
	"time"

	"github.com/shopwright/shopwright/core/api"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/event"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/job"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/message"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/notice"
	"github.com/shopwright/shopwright/sdk/driver"
)

// messageDesk joins messages, sign-in and cards on telephones to the connectors'
// processes.
type messageDesk struct {
	a       *app
	reader  *notice.Reader
	courier *message.Courier
	cards   *message.Cards
	wake    chan id.ID // merchants of which something has happened
	notices chan messageNotice
}

type messageNotice struct {
	connector, key string
	status         driver.MessageStatus
}

const (
	readLimit    = 200         // events at a time
	readEvery    = time.Minute // where nothing has woken it: what other processes published
	wakesWaiting = 256
	classMessage = "messenger"
)

func newMessageDesk(a *app) *messageDesk {
	d := &messageDesk{a: a, wake: make(chan id.ID, wakesWaiting), notices: make(chan messageNotice, noticesWaiting)}
	d.reader = &notice.Reader{DB: a.db, Vault: a.vault, Log: a.log, Cards: func(m id.ID) bool { _, ok := d.card(m); return ok }}
	d.courier = &message.Courier{DB: a.db, Vault: a.vault, Connectors: d, Log: a.log}
	d.cards = &message.Cards{DB: a.db, Log: a.log, Connector: d.cardConnector, View: d.reader.CardView}
	for _, kind := range notice.Events() {
		a.events.Subscribe(kind, func(_ context.Context, e event.Event) {
			select {
			case d.wake <- e.Merchant:
			default: // the slow look finds it
			}
		})
	}
	a.jobs.Register(job.Kind{Name: "message.birthdays", Every: time.Hour, Timeout: time.Hour, Run: func(ctx context.Context, j job.Job) error {
		return d.reader.Birthdays(ctx, j.Merchant)
	}})
	a.jobs.Register(job.Kind{Name: notice.JobCampaign, Timeout: time.Hour, Run: func(ctx context.Context, j job.Job) error {
		var c notice.Campaign
		if err := j.Decode(&c); err != nil {
			return job.Permanent(err)
		}
		_, err := d.reader.Broadcast(ctx, j.Merchant, c)
		return err
	}})
	// The look that misses nothing: what other processes published, coupons, and a
	// merchant that has just switched messages on.
	a.jobs.Register(job.Kind{Name: "message.read", Every: readEvery, Run: func(ctx context.Context, j job.Job) error { return d.read(ctx, j.Merchant) }})
	return d
}

func (d *messageDesk) read(ctx context.Context, merchant id.ID) error {
	for {
		if n, err := d.reader.Follow(ctx, merchant, readLimit); err != nil || n == 0 {
			return err
		}
	}
}

// run reads what happens, hands messages over and keeps cards up to date until ctx ends.
func (d *messageDesk) run(ctx context.Context) {
	ended := make(chan struct{}, 2)
	go func() { d.courier.Run(ctx); ended <- struct{}{} }()
	go func() { d.cards.Run(ctx); ended <- struct{}{} }()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case m := <-d.wake:
			if err := d.read(ctx, m); err != nil && ctx.Err() == nil {
				d.a.log.Warn("what happened was not turned into messages, it is tried again", "error", err)
			}
		case n := <-d.notices:
			if err := d.noticed(ctx, n); err != nil && ctx.Err() == nil {
				d.a.log.Warn("a message's notice came to nothing", "connector", n.connector, "error", err)
			}
		}
	}
	<-ended
	<-ended
}

// event takes a notice from a connector, and does not wait.
func (d *messageDesk) event(connector string, e *driver.Event) {
	n := e.GetMessage()
	if n == nil {
		return
	}
	select {
	case d.notices <- messageNotice{connector, n.GetKey(), driver.MessageOf(n.GetMessage())}:
	default:
		d.a.log.Warn("a message's notice was dropped, the provider is asked instead")
	}
}

func (d *messageDesk) noticed(ctx context.Context, n messageNotice) error {
	devs, _ := d.a.counter.running()
	for _, dev := range devs {
		if dev.ID.String() == n.connector {
			_, err := d.courier.Notice(ctx, dev.Merchant, dev.ID, n.key, answerOfMessage(n.status))
			return err
		}
	}
	return device.ErrNotFound
}

// connectors lists the merchant's messengers: the shop's own before the others.
func (d *messageDesk) connectors(merchant, shop id.ID) (own, others []device.Device) {
	devs, _ := d.a.counter.running()
	for _, dev := range devs {
		switch {
		case dev.Merchant != merchant || dev.Class != classMessage:
		case dev.Shop == shop:
			own = append(own, dev)
		default:
			others = append(others, dev)
		}
	}
	return own, others
}

// app is the official account of a connector, "" where it has none. It is no secret.
func appOf(dev device.Device) string {
	var c struct {
		App string `json:"app_id"`
	}
	_ = json.Unmarshal(dev.Config, &c)
	return c.App
}

// For implements message.Connectors. A connector with an account of its own carries
// WeChat's messages, any other text messages.
func (d *messageDesk) For(merchant, shop id.ID, channel string) (message.Connector, bool) {
	own, others := d.connectors(merchant, shop)
	for _, dev := range append(own, others...) {
		if (appOf(dev) != "") != (channel == message.ChannelWeChat) {
			continue
		}
		if k, ok := d.running(dev); ok {
			return k, true
		}
	}
	return nil, false
}

// Running implements message.Connectors.
func (d *messageDesk) Running(connector id.ID) (message.Connector, bool) {
	devs, _ := d.a.counter.running()
	for _, dev := range devs {
		if dev.ID == connector {
			return d.running(dev)
		}
	}
	return nil, false
}

func (d *messageDesk) running(dev device.Device) (message.Connector, bool) {
	k, ok := d.a.plugins.Messenger(dev.ID.String())
	if !ok {
		return nil, false
	}
	return messenger{k, dev.ID, appOf(dev)}, true
}

// messenger is a connector's process as the courier sees it.
type messenger struct {
	driver.Messenger
	id  id.ID
	app string
}

// ID implements message.Connector.
func (m messenger) ID() id.ID { return m.id }

// App implements message.Connector.
func (m messenger) App() string { return m.app }

// Send implements message.Connector.
func (m messenger) Send(ctx context.Context, p message.Parcel) (message.Answer, error) {
	out := driver.Message{Key: p.Key, Attempt: p.Attempt, Channel: p.Channel, Recipient: p.Recipient, Template: p.Template, Text: p.Text, Sender: p.Sender, Link: p.Link}
	for _, x := range p.Params {
		out.Parameters = append(out.Parameters, driver.MessageParameter{Name: x.Name, Value: x.Value})
	}
	st, err := m.SendMessage(ctx, out)
	return answerOfMessage(st), err
}

// Ask implements message.Connector.
func (m messenger) Ask(ctx context.Context, q message.Question) (message.Answer, error) {
	st, err := m.MessageStatus(ctx, driver.MessageKey{Key: q.Key, ProviderID: q.Provider, Recipient: q.Recipient, Sent: q.Sent.Time()})
	return answerOfMessage(st), err
}

var messageStates = map[driver.MessageState]message.AnswerState{
	driver.MessageAccepted: message.AnswerAccepted, driver.MessageSent: message.AnswerAccepted, driver.MessageDelivered: message.AnswerDelivered, driver.MessageFailed: message.AnswerFailed,
	driver.MessageRefused: message.AnswerRefused, driver.MessageNone: message.AnswerNone,
}

func answerOfMessage(s driver.MessageStatus) message.Answer {
	a := message.Answer{State: message.AnswerUnknown, Provider: s.ProviderID, Reason: s.Reason, Again: s.Again, Cost: money.Amount(s.Cost), Currency: s.Currency, Segments: s.Segments}
	if known, ok := messageStates[s.State]; ok {
		a.State = known
	}
	return a
}

// card finds the merchant's connector of cards on telephones.
func (d *messageDesk) card(merchant id.ID) (device.Device, bool) {
	own, others := d.connectors(merchant, id.None)
	for _, dev := range append(own, others...) {
		var c struct {
			Card string `json:"card_id"`
		}
		if json.Unmarshal(dev.Config, &c) == nil && c.Card != "" {
			return dev, true
		}
	}
	return device.Device{}, false
}

func (d *messageDesk) cardConnector(merchant id.ID) (message.CardConnector, bool) {
	dev, ok := d.card(merchant)
	if !ok {
		return nil, false
	}
	k, ok := d.a.plugins.MemberCard(dev.ID.String())
	return cardProvider{k, dev}, ok
}

// cardProvider is a connector's process as message.Cards sees it.
type cardProvider struct {
	driver.MemberCard
	dev device.Device
}

// App implements message.CardConnector.
func (c cardProvider) App() string { return appOf(c.dev) }

// Update implements message.CardConnector.
func (c cardProvider) Update(ctx context.Context, v message.CardView, sequence int64) (taken, again bool, reason string, err error) {
	st, err := c.UpdateCard(ctx, driver.CardUpdate{Key: c.dev.ID.String(), Sequence: sequence, Code: v.Code, Subject: v.Subject, Points: v.Points, Balance: v.Balance, Tier: v.Tier})
	return st.State == driver.CardAccepted, st.Again || st.State == driver.CardUnknown, st.Reason, err
}

const signInCall = 15 * time.Second

// Authorize implements api.SignIns.
func (d *messageDesk) Authorize(ctx context.Context, merchant id.ID, app string, state func(string) string, redirect string) (address, used string, err error) {
	k, used, ok := d.identity(merchant, app)
	if !ok {
		return "", "", api.ErrSignInOff
	}
	ctx, cancel := context.WithTimeout(ctx, signInCall)
	defer cancel()
	if address, err = k.AuthorizeURL(ctx, state(used), redirect, false); err != nil {
		return "", "", api.ErrSignInOff.Wrap(err)
	}
	return address, used, nil
}

// Exchange implements api.SignIns.
func (d *messageDesk) Exchange(ctx context.Context, merchant id.ID, app, code string) (member.Subject, string, error) {
	k, used, ok := d.identity(merchant, app)
	if !ok {
		return member.Subject{}, "", api.ErrSignInOff
	}
	ctx, cancel := context.WithTimeout(ctx, signInCall)
	defer cancel()
	st, err := k.Exchange(ctx, code)
	switch {
	case err != nil:
		return member.Subject{}, "", api.ErrSignInNone.Wrap(err)
	case st.State == driver.IdentityRefused:
		return member.Subject{}, "", api.ErrSignIn
	case st.State != driver.IdentityKnown || st.Subject.ID == "":
		return member.Subject{}, "", api.ErrSignInNone
	}
	return member.Subject{App: used, ID: st.Subject.ID}, st.Subject.Name, nil
}

// identity is the connector that a merchant's members sign in by.
func (d *messageDesk) identity(merchant id.ID, app string) (driver.Identity, string, bool) {
	own, others := d.connectors(merchant, id.None)
	for _, dev := range append(own, others...) {
		if a := appOf(dev); a != "" && (app == "" || a == app) {
			if k, ok := d.a.plugins.Identity(dev.ID.String()); ok {
				return k, a, true
			}
		}
	}
	return nil, "", false
}
