package client

import (
	"context"
	"encoding/json"
	"time"
)

// FindMembers lists members by a phone number, a card number, an identity
// document or a part of the name.
func (c *Client) FindMembers(ctx context.Context, q string, p Page) (List[Member], error) {
	return get[List[Member]](ctx, c, "/members", p.query("q", q))
}

// Member gets a member. Fault: member.not_found.
func (c *Client) Member(ctx context.Context, id string) (Member, error) {
	return get[Member](ctx, c, at("members", id), nil)
}

// CreateMember enrols a member. Faults: member.phone_taken, member.card_taken,
// member.document_taken, member.tier_not_found.
func (c *Client) CreateMember(ctx context.Context, in NewMember, o ...Option) (Member, error) {
	return post[Member](ctx, c, "/members", in, o)
}

// UpdateMember changes a member. Faults: member.version_stale and those of
// CreateMember.
func (c *Client) UpdateMember(ctx context.Context, id string, in MemberPatch) (Member, error) {
	return patch[Member](ctx, c, at("members", id), in)
}

// EraseMember erases a member's personal data; what was booked stays. Fault:
// member.retained before RetainUntil.
func (c *Client) EraseMember(ctx context.Context, id string) (Member, error) {
	return remove[Member](ctx, c, at("members", id))
}

// ExportMember gets all that is held about a member; the field format says in
// which form. Each export is audited.
func (c *Client) ExportMember(ctx context.Context, id string) (json.RawMessage, error) {
	return get[json.RawMessage](ctx, c, at("members", id, "export"), nil)
}

// PIN says whether a member has a PIN.
func (c *Client) PIN(ctx context.Context, member string) (PINState, error) {
	return get[PINState](ctx, c, at("members", member, "pin"), nil)
}

// SetPIN sets or changes a member's PIN. Faults: member.pin_weak,
// member.pin_invalid, member.pin_required without the one in force,
// member.pin_wrong, member.pin_locked.
func (c *Client) SetPIN(ctx context.Context, member string, in NewPIN) (PINState, error) {
	return put[PINState](ctx, c, at("members", member, "pin"), in)
}

// ResetPIN takes a member's PIN away.
func (c *Client) ResetPIN(ctx context.Context, member string) (PINState, error) {
	return remove[PINState](ctx, c, at("members", member, "pin"))
}

// CheckPIN compares a PIN; five wrong ones lock it for fifteen minutes. Faults:
// member.pin_wrong, member.pin_locked, member.pin_not_set.
func (c *Client) CheckPIN(ctx context.Context, member string, in PINEntry) (PINState, error) {
	return put[PINState](ctx, c, at("members", member, "pin", "check"), in)
}

// Consents lists what a member consented to, the newest first.
func (c *Client) Consents(ctx context.Context, member string) (List[MemberConsent], error) {
	return get[List[MemberConsent]](ctx, c, at("members", member, "consents"), nil)
}

// RecordConsent records a consent or its withdrawal.
func (c *Client) RecordConsent(ctx context.Context, member string, in NewConsent, o ...Option) (MemberConsent, error) {
	return post[MemberConsent](ctx, c, at("members", member, "consents"), in, o)
}

// Family lists a member's family, the head first.
func (c *Client) Family(ctx context.Context, member string) (List[Relative], error) {
	return get[List[Relative]](ctx, c, at("members", member, "family"), nil)
}

// JoinFamily puts a member into the family of which this one is, or becomes, the
// head. Faults: member.family_taken, member.family_self, member.family_full.
func (c *Client) JoinFamily(ctx context.Context, head string, in NewRelative, o ...Option) (List[Relative], error) {
	return post[List[Relative]](ctx, c, at("members", head, "family"), in, o)
}

// LeaveFamily takes a member out of the family; where it is the head, the family
// ends. Fault: member.family_not_found.
func (c *Client) LeaveFamily(ctx context.Context, member string) (List[Relative], error) {
	return remove[List[Relative]](ctx, c, at("members", member, "family"))
}

// Member is a person enrolled with the merchant.
type Member struct {
	ID           string    `json:"id"`
	Name         string    `json:"name"`
	Address      string    `json:"address"`
	Birthday     string    `json:"birthday"`      // --05-17 where the year is not known
	Document     string    `json:"document"`      // The number of an identity document. It finds the member like a card
	DocumentKind string    `json:"document_kind"` // One of id_card, passport, permit, driving_licence, other
	Email        string    `json:"email"`
	HomeShopID   string    `json:"home_shop_id"`
	JoinedAt     time.Time `json:"joined_at"`
	Note         string    `json:"note"`
	Occupation   string    `json:"occupation"`
	Phone        string    `json:"phone"`        // Digits, a leading + where foreign. It finds the member like a card
	RetainUntil  time.Time `json:"retain_until"` // Before it the law forbids to erase the member
	Sex          string    `json:"sex"`
	Status       string    `json:"status"` // One of active, frozen, archived, erased
	Tier         string    `json:"tier"`   // The code of the tier, "" without one
	TierSince    time.Time `json:"tier_since"`
	UpdatedAt    time.Time `json:"updated_at"`
	Version      int64     `json:"version"` // Name it in a PATCH to change what you have seen
}

// NewMember is a person to be enrolled.
type NewMember struct {
	ShopID       string `json:"shop_id,omitempty"` // Where the member enrols
	Name         string `json:"name"`
	Address      string `json:"address,omitempty"`
	Birthday     string `json:"birthday,omitempty"`
	Card         string `json:"card,omitempty"`      // The number of a card handed out at once
	CardKind     string `json:"card_kind,omitempty"` // One of card, virtual, document
	Document     string `json:"document,omitempty"`
	DocumentKind string `json:"document_kind,omitempty"` // One of id_card, passport, permit, driving_licence, other
	Email        string `json:"email,omitempty"`
	Note         string `json:"note,omitempty"`
	Occupation   string `json:"occupation,omitempty"`
	Phone        string `json:"phone,omitempty"`
	ReferrerID   string `json:"referrer_id,omitempty"` // The member who brought this one
	Sex          string `json:"sex,omitempty"`         // One of female, male, other
	Tier         string `json:"tier,omitempty"`        // The code of a tier to begin with
}

// MemberPatch changes what it names; nil stays as it is.
type MemberPatch struct {
	Name         *string `json:"name,omitempty"`
	Address      *string `json:"address,omitempty"`
	Birthday     *string `json:"birthday,omitempty"`
	Document     *string `json:"document,omitempty"`
	DocumentKind *string `json:"document_kind,omitempty"`
	Email        *string `json:"email,omitempty"`
	HomeShopID   *string `json:"home_shop_id,omitempty"`
	Note         *string `json:"note,omitempty"`
	Occupation   *string `json:"occupation,omitempty"`
	Phone        *string `json:"phone,omitempty"`
	Sex          *string `json:"sex,omitempty"`
	Version      int64   `json:"version,omitempty"` // The version you have seen; without it any
}

// PINState says whether a member has a PIN, never which.
type PINState struct {
	LockedUntil time.Time `json:"locked_until"` // After five wrong ones
	Set         bool      `json:"set"`
	SetAt       time.Time `json:"set_at"`
}

// NewPIN is a PIN to be set.
type NewPIN struct {
	Current string `json:"current,omitempty"` // The one in force; needed where there is one, unless the caller has the permission adjust
	PIN     string `json:"pin"`               // 4 to 8 digits, no row such as 1234
}

// PINEntry is a PIN as it was entered.
type PINEntry struct {
	PIN string `json:"pin"`
}

// MemberConsent is one thing that a member said.
type MemberConsent struct {
	ID      string    `json:"id"`
	ActorID string    `json:"actor_id"`
	At      time.Time `json:"at"`
	Granted bool      `json:"granted"`
	InForce bool      `json:"in_force"` // The newest of its purpose
	Purpose string    `json:"purpose"`  // One of marketing, messages, profiling, sharing
	Source  string    `json:"source"`   // One of register, paper, portal, api, import
}

// NewConsent is a consent or its withdrawal.
type NewConsent struct {
	Granted bool   `json:"granted"`
	Purpose string `json:"purpose"`          // One of marketing, messages, profiling, sharing
	Source  string `json:"source,omitempty"` // Default api. One of register, paper, portal, api, import
}

// Relative is one of a member's family.
type Relative struct {
	MemberID string    `json:"member_id"`
	Name     string    `json:"name"`
	Head     bool      `json:"head"`
	JoinedAt time.Time `json:"joined_at"`
}

// NewRelative is who joins a family.
type NewRelative struct {
	MemberID string `json:"member_id"` // Who joins the family that the member in the path is, or becomes, the head of
}
