package api

import (
	"cmp"
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/message"
	"github.com/shopwright/shopwright/core/setting"
)

// SignIns are the accounts elsewhere that members sign in with.
type SignIns interface {
	// Authorize answers the account's app and where the browser has to go; app "" is
	// the merchant's first. Fault: sign_in.unavailable.
	Authorize(ctx context.Context, merchant id.ID, app string, state func(app string) string, redirect string) (address, usedApp string, err error)
	// Exchange turns a code into who signed in, and what they are called where that is
	// known. Faults: sign_in.unavailable, sign_in.refused, sign_in.no_answer.
	Exchange(ctx context.Context, merchant id.ID, app, code string) (s member.Subject, name string, err error)
}

var (
	ErrSignInOff   = fault.New(fault.Conflict, "sign_in.unavailable") // no connector for it is running
	ErrSignIn      = fault.New(fault.Denied, "sign_in.refused")       // the code is none, was used, or is too old
	ErrSignInNone  = fault.New(fault.Unavailable, "sign_in.no_answer")
	ErrSignInOften = fault.New(fault.Exceeded, "sign_in.too_often")
)

const (
	stateLife  = 10 * time.Minute
	ticketLife = 15 * time.Minute
	signInMost = 120 // a minute, by one caller
)

// signInLimit counts what each caller asks for in a minute.
type signInLimit struct {
	mu    sync.Mutex
	since clock.Instant
	asked map[id.ID]int
}

func (l *signInLimit) take(who id.ID, now clock.Instant) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.asked == nil || now >= l.since.Add(time.Minute) {
		l.since, l.asked = now, map[id.ID]int{}
	}
	if l.asked[who]++; l.asked[who] > signInMost {
		return ErrSignInOften
	}
	return nil
}

// MemberMessage is one thing that a member was told, or is to be told.
type MemberMessage struct {
	ID        id.ID             `json:"id" format:"uuid"`
	MemberID  id.ID             `json:"member_id" format:"uuid"`
	ShopID    id.ID             `json:"shop_id,omitzero" format:"uuid"`
	Kind      string            `json:"kind"`
	Code      string            `json:"code,omitempty" doc:"Of a rule pack's message: its name."`
	Figures   map[string]string `json:"figures" doc:"What the text is made with; no personal data."`
	State     string            `json:"state" enum:"queued,held,claimed,sending,accepted,delivered,failed,uncertain,skipped" doc:"uncertain: it may have been sent; the provider is asked, and it is not sent again by itself."`
	Reason    string            `json:"reason,omitempty" doc:"A code of ours, and the provider's words after a colon."`
	Channel   string            `json:"channel,omitempty"`
	Attempt   int               `json:"attempt"`
	Segments  int               `json:"segments" doc:"Parts that a text message is billed as."`
	Cost      Money             `json:"cost"`
	CreatedAt Instant           `json:"created_at"`
	SentAt    Instant           `json:"sent_at,omitzero"`
}

// MessageTemplate is the words of a kind of message.
type MessageTemplate struct {
	Kind             string `json:"kind" maxLength:"40"`
	Code             string `json:"code,omitempty" maxLength:"100" doc:"Of a rule pack's message; none: all of them."`
	Channel          string `json:"channel" enum:"sms,wechat"`
	Language         string `json:"language,omitempty" maxLength:"35" doc:"None: where there is no template of the reader's own."`
	Body             string `json:"body" maxLength:"2000" doc:"With {variables}."`
	ProviderTemplate string `json:"provider_template,omitempty" maxLength:"100" doc:"What the provider registered it as."`
	ProviderParams   string `json:"provider_params,omitempty" maxLength:"500" doc:"their=ours, separated by commas."`
	Link             string `json:"link,omitempty" maxLength:"500"`
}

// MessageOptOut is something that a member wants no more of.
type MessageOptOut struct {
	Subject string `json:"subject" maxLength:"40" doc:"all, transactional, marketing, or a kind."`
	Out     bool   `json:"out"`
}

// NewCode asks for a verification code.
type NewCode struct {
	Purpose string `json:"purpose" minLength:"1" maxLength:"40"`
}

// SentCode says that a code is on its way.
type SentCode struct {
	ExpiresAt Instant `json:"expires_at"`
}

// CodeEntry is a code as it was typed in.
type CodeEntry struct {
	Purpose string `json:"purpose" minLength:"1" maxLength:"40"`
	Code    string `json:"code" maxLength:"12"`
}

// SignInStart is where a browser has to go to sign in.
type SignInStart struct {
	URL   string `json:"url"`
	App   string `json:"app"`
	State string `json:"state" doc:"Comes back with the browser; good for ten minutes."`
}

// SignInReturn is what the browser brought back.
type SignInReturn struct {
	App   string `json:"app" minLength:"1" maxLength:"100"`
	Code  string `json:"code" minLength:"1" maxLength:"500"`
	State string `json:"state" maxLength:"2000"`
	Nonce string `json:"nonce" minLength:"8" maxLength:"200" doc:"What the browser's session was begun with."`
}

// SignedIn is who signed in.
type SignedIn struct {
	MemberID id.ID  `json:"member_id,omitzero" format:"uuid" doc:"None: nobody is linked to the account yet."`
	Ticket   string `json:"ticket,omitempty" doc:"Links the account to a member, for 15 minutes."`
	Name     string `json:"name,omitempty"`
}

// NewSubject links an account to a member.
type NewSubject struct {
	Ticket string `json:"ticket" minLength:"1" maxLength:"2000"`
}

type messagesIn struct {
	PageIn
	MemberID id.ID  `query:"member_id" format:"uuid"`
	State    string `query:"state" enum:"queued,held,claimed,sending,accepted,delivered,failed,uncertain,skipped"`
	Kind     string `query:"kind" maxLength:"40"`
}

func (a *api) messages() {
	members, settings := []auth.Permission{auth.PermMembers}, []auth.Permission{auth.PermSettings}
	add(a, route{id: "list-messages", method: http.MethodGet, path: "/messages", tag: "messages", summary: "List messages to members, the newest first", any: members},
		func(ctx context.Context, c caller, in *messagesIn) (*read[List[MemberMessage]], error) {
			p, err := in.page()
			if err != nil {
				return nil, err
			}
			rows, next, err := message.List(ctx, a.DB, c.Merchant, message.Filter{Member: in.MemberID, State: message.State(in.State), Kind: in.Kind}, p)
			return listOf(rows, next, c.message), err
		})
	add(a, route{id: "resend-message", method: http.MethodPut, path: "/messages/{id}/resend", tag: "messages", summary: "Send a message again that failed, was skipped, or may not have been sent", any: members,
		doc: "It becomes another message; asked for twice it is one."}, a.resendMessage)
	add(a, route{id: "list-message-templates", method: http.MethodGet, path: "/message-templates", tag: "messages", summary: "List the merchant's own templates", any: settings},
		func(ctx context.Context, c caller, _ *struct{}) (*read[List[MessageTemplate]], error) {
			rows, err := message.ListTemplates(ctx, a.DB, c.Merchant)
			return listOf(rows, "", func(t message.Template) MessageTemplate {
				return MessageTemplate{t.Kind, t.Code, t.Channel, t.Language, t.Body, t.ProviderTemplate, t.ProviderParams, t.Link}
			}), err
		})
	add(a, route{id: "set-message-template", method: http.MethodPut, path: "/message-templates", tag: "messages", summary: "Set the words of a kind of message", any: settings}, a.setMessageTemplate)
	add(a, route{id: "list-message-opt-outs", method: http.MethodGet, path: "/members/{id}/message-opt-outs", tag: "messages", summary: "List what a member wants no more of", any: members},
		func(ctx context.Context, c caller, in *IDIn) (*read[List[MessageOptOut]], error) {
			return a.optOuts(ctx, c, in.ID)
		})
	add(a, route{id: "set-message-opt-out", method: http.MethodPut, path: "/members/{id}/message-opt-outs", tag: "messages", summary: "Note what a member wants no more of, or does again", any: members}, a.setOptOut)
	add(a, route{id: "send-code", method: http.MethodPost, path: "/members/{id}/codes", tag: "messages", summary: "Send a member a verification code", any: members, key: mayKey, often: true, status: http.StatusCreated,
		doc: "Once a minute and five times an hour."}, a.sendCode)
	add(a, route{id: "check-code", method: http.MethodPut, path: "/members/{id}/codes/check", tag: "messages", summary: "Compare a verification code", any: members, status: http.StatusNoContent,
		doc: "Good once, for five minutes; five wrong ones end it."}, a.checkCode)
	add(a, route{id: "unlink-account", method: http.MethodDelete, path: "/members/{id}/accounts/{app}", tag: "messages", summary: "Forget a member's account elsewhere", any: members, status: http.StatusNoContent}, a.unlinkAccount)
	if a.SignIns == nil {
		return
	}
	add(a, route{id: "begin-sign-in", method: http.MethodGet, path: "/sign-in", tag: "messages", summary: "Answer where a member's browser signs in with an account elsewhere", any: members, often: true}, a.beginSignIn)
	add(a, route{id: "end-sign-in", method: http.MethodPut, path: "/sign-in", tag: "messages", summary: "Say who has signed in", any: members, often: true,
		doc: "Answers the member, or a ticket to link the account to one."}, a.endSignIn)
	add(a, route{id: "link-account", method: http.MethodPut, path: "/members/{id}/accounts", tag: "messages", summary: "Link an account that somebody has just signed in with to a member", any: members}, a.linkAccount)
}

func (c caller) message(v message.Message) MemberMessage {
	return MemberMessage{ID: v.ID, MemberID: v.Member, ShopID: v.Shop, Kind: v.Kind, Code: v.Code, Figures: v.Params, State: string(v.State), Reason: v.Reason, Channel: v.Channel, Attempt: v.Attempt,
		Segments: v.Segments, Cost: c.money(v.Cost), CreatedAt: instant(v.CreatedAt), SentAt: instant(v.SentAt)}
}

// writes is one audited transaction.
func (a *api) writes(ctx context.Context, c caller, action, kind, subject string, detail any, do func(context.Context, *db.Tx) error) error {
	return a.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := do(ctx, tx); err != nil {
			return err
		}
		return auth.Audit(ctx, tx, auth.Record{Merchant: c.Merchant, Action: action, SubjectKind: kind, SubjectID: subject, Detail: detail})
	})
}

func (a *api) resendMessage(ctx context.Context, c caller, in *IDIn) (*read[MemberMessage], error) {
	err := a.writes(ctx, c, "message.resent", "message", in.ID.String(), nil, func(ctx context.Context, tx *db.Tx) error {
		_, err := message.Resend(ctx, tx, c.Merchant, in.ID)
		return err
	})
	if err != nil {
		return nil, err
	}
	v, err := message.FindOrigin(ctx, a.DB, c.Merchant, message.AgainOf(in.ID))
	return reads(c.message(v)), err
}

func (a *api) setMessageTemplate(ctx context.Context, c caller, in *struct{ Body MessageTemplate }) (*read[MessageTemplate], error) {
	b := in.Body
	t := message.Template{Kind: b.Kind, Code: b.Code, Channel: b.Channel, Language: b.Language, Body: b.Body, ProviderTemplate: b.ProviderTemplate, ProviderParams: b.ProviderParams, Link: b.Link}
	err := a.writes(ctx, c, "message.template_set", "message_template", b.Kind, map[string]string{"channel": b.Channel, "language": b.Language}, func(_ context.Context, tx *db.Tx) error {
		return message.SetTemplate(tx, c.Merchant, t)
	})
	return reads(b), err
}

func (a *api) optOuts(ctx context.Context, c caller, who id.ID) (*read[List[MessageOptOut]], error) {
	if err := a.known(ctx, a.DB, c, who); err != nil {
		return nil, err
	}
	rows, err := message.ListOptOuts(ctx, a.DB, c.Merchant, who)
	return listOf(rows, "", func(s string) MessageOptOut { return MessageOptOut{s, true} }), err
}

func (a *api) setOptOut(ctx context.Context, c caller, in *struct {
	IDIn
	Body MessageOptOut
}) (*read[List[MessageOptOut]], error) {
	if err := a.known(ctx, a.DB, c, in.ID); err != nil {
		return nil, err
	}
	err := a.writes(ctx, c, "member.message_opt_out", "member", in.ID.String(), map[string]any{"subject": in.Body.Subject, "out": in.Body.Out}, func(_ context.Context, tx *db.Tx) error {
		return message.OptOut(tx, c.Merchant, in.ID, in.Body.Subject, in.Body.Out)
	})
	if err != nil {
		return nil, err
	}
	return a.optOuts(ctx, c, in.ID)
}

func (a *api) sendCode(ctx context.Context, c caller, in *struct {
	IDIn
	Body NewCode
}) (*made[SentCode], error) {
	if err := a.known(ctx, a.DB, c, in.ID); err != nil {
		return nil, err
	}
	doc, again, err := once(ctx, a, c, func(ctx context.Context, tx *db.Tx) (id.ID, SentCode, error) {
		v, err := setting.All(ctx, tx, c.Merchant, id.None, id.None)
		if err != nil {
			return id.None, SentCode{}, err
		}
		code, err := message.AskCode(ctx, tx, message.PolicyOf(v), c.Merchant, id.None, in.ID, in.Body.Purpose)
		if err != nil {
			return id.None, SentCode{}, err
		}
		return code, SentCode{instant(tx.Now.Add(message.CodeLife))}, auth.Audit(ctx, tx, auth.Record{Merchant: c.Merchant, Action: "member.code_sent", SubjectKind: "member", SubjectID: in.ID.String()})
	}, func(ctx context.Context, code id.ID) (SentCode, error) {
		at, err := message.CodeEnds(ctx, a.DB, c.Merchant, code)
		return SentCode{instant(at)}, err
	})
	if err != nil {
		return nil, err
	}
	return madeAt("/members/"+in.ID.String()+"/codes", doc, again), nil
}

func (a *api) checkCode(ctx context.Context, c caller, in *struct {
	IDIn
	Body CodeEntry
}) (*struct{}, error) {
	var result error
	err := a.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		result = message.CheckCode(ctx, tx, a.Vault, c.Merchant, in.ID, in.Body.Purpose, in.Body.Code)
		return nil // a wrong one is counted
	})
	return nil, cmp.Or(err, result)
}

func (a *api) beginSignIn(ctx context.Context, c caller, in *struct {
	App      string `query:"app" maxLength:"100" doc:"None: the merchant's first."`
	Redirect string `query:"redirect" required:"true" format:"uri" maxLength:"1000" doc:"Where the browser comes back to."`
	Nonce    string `query:"nonce" required:"true" minLength:"8" maxLength:"200" doc:"Random, kept in the browser's session."`
}) (*read[SignInStart], error) {
	if err := a.signIns.take(c.ID, a.DB.Now()); err != nil {
		return nil, err
	}
	state := ""
	address, app, err := a.SignIns.Authorize(ctx, c.Merchant, in.App, func(app string) string {
		state = a.Vault.SignInState(c.Merchant, app, in.Nonce, a.DB.Now().Add(stateLife))
		return state
	}, in.Redirect)
	return reads(SignInStart{address, app, state}), err
}

func (a *api) endSignIn(ctx context.Context, c caller, in *struct{ Body SignInReturn }) (*read[SignedIn], error) {
	now := a.DB.Now()
	if err := a.signIns.take(c.ID, now); err != nil {
		return nil, err
	}
	if err := a.Vault.CheckSignInState(c.Merchant, in.Body.State, in.Body.App, in.Body.Nonce, now); err != nil {
		return nil, err
	}
	s, name, err := a.SignIns.Exchange(ctx, c.Merchant, in.Body.App, in.Body.Code)
	if err != nil {
		return nil, err
	}
	who, err := member.FindBySubject(ctx, a.DB, a.Vault, c.Merchant, s)
	if err != nil || !who.IsNone() {
		return reads(SignedIn{MemberID: who}), err
	}
	return reads(SignedIn{Ticket: a.Vault.Ticket(c.Merchant, s, a.DB.Now().Add(ticketLife)), Name: name}), nil
}

func (a *api) linkAccount(ctx context.Context, c caller, in *struct {
	IDIn
	Body NewSubject
}) (*read[SignedIn], error) {
	s, err := a.Vault.OpenTicket(c.Merchant, in.Body.Ticket, a.DB.Now())
	if err != nil {
		return nil, err
	}
	err = a.writes(ctx, c, "member.account_linked", "member", in.ID.String(), map[string]string{"app": s.App}, func(ctx context.Context, tx *db.Tx) error {
		return member.Link(ctx, tx, a.Vault, c.Merchant, in.ID, s)
	})
	return reads(SignedIn{MemberID: in.ID}), err
}

func (a *api) unlinkAccount(ctx context.Context, c caller, in *struct {
	IDIn
	App string `path:"app" maxLength:"100"`
}) (*struct{}, error) {
	return nil, a.writes(ctx, c, "member.account_unlinked", "member", in.ID.String(), map[string]string{"app": in.App}, func(ctx context.Context, tx *db.Tx) error {
		return member.Unlink(ctx, tx, a.Vault, c.Merchant, in.ID, in.App)
	})
}
