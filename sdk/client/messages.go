package client

import (
	"context"
	"time"
)

// Messages lists messages to members, the newest first.
func (c *Client) Messages(ctx context.Context, f MessageFilter, p Page) (List[MemberMessage], error) {
	return get[List[MemberMessage]](ctx, c, "/messages", p.query("member_id", f.MemberID, "state", f.State, "kind", f.Kind))
}

// MessageFilter narrows a list; the zero value is all.
type MessageFilter struct{ MemberID, State, Kind string }

// ResendMessage sends a message again that failed, was skipped, or may not have been
// sent. It becomes another message; asked for twice it is one. Faults:
// message.not_found, message.state.
func (c *Client) ResendMessage(ctx context.Context, id string) (MemberMessage, error) {
	return put[MemberMessage](ctx, c, at("messages", id, "resend"), nil)
}

// MessageTemplates lists the merchant's own templates.
func (c *Client) MessageTemplates(ctx context.Context) (List[MessageTemplate], error) {
	return get[List[MessageTemplate]](ctx, c, "/message-templates", nil)
}

// SetMessageTemplate sets the words of a kind of message. Faults: message.kind_unknown,
// message.channel_unknown, message.language_unknown, message.body_invalid,
// message.variable_unknown, message.provider_template.
func (c *Client) SetMessageTemplate(ctx context.Context, t MessageTemplate) (MessageTemplate, error) {
	return put[MessageTemplate](ctx, c, "/message-templates", t)
}

// MessageOptOuts lists what a member wants no more of. Fault: member.not_found.
func (c *Client) MessageOptOuts(ctx context.Context, member string) (List[MessageOptOut], error) {
	return get[List[MessageOptOut]](ctx, c, at("members", member, "message-opt-outs"), nil)
}

// SetMessageOptOut notes what a member wants no more of, or does again. Fault:
// member.not_found.
func (c *Client) SetMessageOptOut(ctx context.Context, member string, o MessageOptOut) (List[MessageOptOut], error) {
	return put[List[MessageOptOut]](ctx, c, at("members", member, "message-opt-outs"), o)
}

// SendCode sends a member a verification code, once a minute and five times an hour
// at most. Faults: member.not_found, message.code_too_soon, message.code_too_many,
// message.code_unavailable.
func (c *Client) SendCode(ctx context.Context, member string, n NewCode, o ...Option) (SentCode, error) {
	return post[SentCode](ctx, c, at("members", member, "codes"), n, o)
}

// CheckCode compares a verification code. It is good once, for five minutes; five
// wrong ones end it. Faults: message.code_wrong,
// message.code_expired.
func (c *Client) CheckCode(ctx context.Context, member string, e CodeEntry) error {
	_, err := put[struct{}](ctx, c, at("members", member, "codes", "check"), e)
	return err
}

// BeginSignIn answers where a member's browser signs in with an account elsewhere:
// app "" is the merchant's first; nonce is random and kept in the browser's session.
// Fault: sign_in.unavailable.
func (c *Client) BeginSignIn(ctx context.Context, app, redirect, nonce string) (SignInStart, error) {
	return get[SignInStart](ctx, c, "/sign-in", Page{}.query("app", app, "redirect", redirect, "nonce", nonce))
}

// EndSignIn says who has signed in: a member, or nobody yet, with a ticket that links
// the account. Faults: sign_in.refused, sign_in.no_answer.
func (c *Client) EndSignIn(ctx context.Context, r SignInReturn) (SignedIn, error) {
	return put[SignedIn](ctx, c, "/sign-in", r)
}

// LinkAccount links an account that somebody has just signed in with to a member.
// Faults: member.not_found, member.subject_taken, member.subject_app_taken,
// member.link_ticket_invalid, member.link_ticket_expired.
func (c *Client) LinkAccount(ctx context.Context, member string, n NewSubject) (SignedIn, error) {
	return put[SignedIn](ctx, c, at("members", member, "accounts"), n)
}

// UnlinkAccount forgets a member's account elsewhere. Fault: member.not_found.
func (c *Client) UnlinkAccount(ctx context.Context, member, app string) error {
	_, err := remove[struct{}](ctx, c, at("members", member, "accounts", app))
	return err
}

// MemberMessage is one thing that a member was told, or is to be told.
type MemberMessage struct {
	ID        string            `json:"id"`
	MemberID  string            `json:"member_id"`
	ShopID    string            `json:"shop_id"`
	Attempt   int               `json:"attempt"`
	Channel   string            `json:"channel"`
	Code      string            `json:"code"` // Of a rule pack's message: its name
	Cost      string            `json:"cost"`
	CreatedAt time.Time         `json:"created_at"`
	Figures   map[string]string `json:"figures"` // What the text is made with; no personal data
	Kind      string            `json:"kind"`
	Reason    string            `json:"reason"`   // A code of ours, and the provider's words after a colon
	Segments  int               `json:"segments"` // Parts that a text message is billed as
	SentAt    time.Time         `json:"sent_at"`
	State     string            `json:"state"` // uncertain: it may have been sent. One of queued, held, claimed, sending, accepted, delivered, failed, uncertain, skipped
}

// MessageTemplate is the words of a kind of message.
type MessageTemplate struct {
	Kind             string `json:"kind"`
	Code             string `json:"code,omitempty"` // Of a rule pack's message; none: all of them
	Channel          string `json:"channel"`        // One of sms, wechat
	Language         string `json:"language,omitempty"`
	Body             string `json:"body"` // With {variables}
	ProviderTemplate string `json:"provider_template,omitempty"`
	ProviderParams   string `json:"provider_params,omitempty"` // their=ours, separated by commas
	Link             string `json:"link,omitempty"`
}

// MessageOptOut is something that a member wants no more of.
type MessageOptOut struct {
	Subject string `json:"subject"` // all, transactional, marketing, or a kind
	Out     bool   `json:"out"`
}

// NewCode asks for a verification code.
type NewCode struct {
	Purpose string `json:"purpose"`
}

// SentCode says that a code is on its way.
type SentCode struct {
	ExpiresAt time.Time `json:"expires_at"`
}

// CodeEntry is a code as it was typed in.
type CodeEntry struct {
	Purpose string `json:"purpose"`
	Code    string `json:"code"`
}

// SignInStart is where a browser has to go to sign in.
type SignInStart struct {
	URL   string `json:"url"`
	App   string `json:"app"`
	State string `json:"state"` // Comes back with the browser; good for ten minutes
}

// SignInReturn is what the browser brought back.
type SignInReturn struct {
	App   string `json:"app"`
	Code  string `json:"code"`
	State string `json:"state"`
	Nonce string `json:"nonce"` // What the browser's session was begun with
}

// SignedIn is who signed in.
type SignedIn struct {
	MemberID string `json:"member_id"` // None: nobody is linked to the account yet
	Ticket   string `json:"ticket"`    // Links the account to a member, for 15 minutes
	Name     string `json:"name"`
}

// NewSubject links an account to a member.
type NewSubject struct {
	Ticket string `json:"ticket"`
}
