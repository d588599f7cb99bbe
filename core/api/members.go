package api

import (
	"context"
	"net/http"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
)

// Member is a person enrolled with the merchant.
type Member struct {
	ID         id.ID   `json:"id" format:"uuid"`
	Name       string  `json:"name"`
	Phone      string  `json:"phone,omitempty" doc:"Digits, a leading + where foreign. It finds the member like a card."`
	Birthday   string  `json:"birthday,omitempty" example:"1990-05-17" doc:"--05-17 where the year is not known."`
	Sex        string  `json:"sex,omitempty"`
	Address    string  `json:"address,omitempty"`
	Note       string  `json:"note,omitempty"`
	Email      string  `json:"email,omitempty"`
	Status     string  `json:"status" enum:"active,frozen,archived,erased"`
	Tier       string  `json:"tier" doc:"The code of the tier, \"\" without one."`
	TierSince  Instant `json:"tier_since,omitzero"`
	JoinedAt   Instant `json:"joined_at"`
	HomeShopID id.ID   `json:"home_shop_id,omitzero" format:"uuid"`
	Version    int64   `json:"version" doc:"Name it in a PATCH to change what you have seen."`
	UpdatedAt  Instant `json:"updated_at"`

	DocumentKind string  `json:"document_kind,omitempty" enum:"id_card,passport,permit,driving_licence,other"`
	Document     string  `json:"document,omitempty" doc:"The number of an identity document. It finds the member like a card."`
	Occupation   string  `json:"occupation,omitempty"`
	RetainUntil  Instant `json:"retain_until,omitzero" doc:"Before it the law forbids to erase the member."`
}

func memberOut(m member.Member) Member {
	p := m.Private
	return Member{
		ID: m.ID, Name: m.DisplayName, Phone: p.Phone, Birthday: p.Birthday, Sex: p.Sex, Address: p.Address, Note: p.Note, Email: p.Email,
		Status: string(m.Status), Tier: m.Tier, TierSince: Instant(m.TierSince), JoinedAt: Instant(m.JoinedAt), HomeShopID: m.HomeShop, Version: m.Version, UpdatedAt: Instant(m.UpdatedAt),
		DocumentKind: p.DocumentKind, Document: p.Document, Occupation: p.Occupation, RetainUntil: Instant(m.RetainUntil),
	}
}

// NewMember is a person to be enrolled.
type NewMember struct {
	Name     string `json:"name" example:"Lin Mei"`
	Phone    string `json:"phone,omitempty" example:"13800001234"`
	Birthday string `json:"birthday,omitempty" example:"1990-05-17"`
	Sex      string `json:"sex,omitempty" enum:"female,male,other"`
	Address  string `json:"address,omitempty"`
	Note     string `json:"note,omitempty"`
	Email    string `json:"email,omitempty"`
	Card     string `json:"card,omitempty" doc:"The number of a card handed out at once."`
	CardKind string `json:"card_kind,omitempty" enum:"card,virtual,document"`
	ShopID   id.ID  `json:"shop_id,omitzero" format:"uuid" doc:"Where the member enrols."`
	Tier     string `json:"tier,omitempty" doc:"The code of a tier to begin with."`
	Referrer id.ID  `json:"referrer_id,omitzero" format:"uuid" doc:"The member who brought this one."`

	DocumentKind string `json:"document_kind,omitempty" enum:"id_card,passport,permit,driving_licence,other"`
	Document     string `json:"document,omitempty"`
	Occupation   string `json:"occupation,omitempty"`
}

// MemberPatch changes what it names; a field that is not there stays.
type MemberPatch struct {
	Version  int64   `json:"version,omitempty" minimum:"0" doc:"The version you have seen; without it any."`
	Name     *string `json:"name,omitempty"`
	Phone    *string `json:"phone,omitempty"`
	Birthday *string `json:"birthday,omitempty"`
	Sex      *string `json:"sex,omitempty"`
	Address  *string `json:"address,omitempty"`
	Note     *string `json:"note,omitempty"`
	Email    *string `json:"email,omitempty"`
	ShopID   *id.ID  `json:"home_shop_id,omitempty" format:"uuid"`

	DocumentKind *string `json:"document_kind,omitempty"`
	Document     *string `json:"document,omitempty"`
	Occupation   *string `json:"occupation,omitempty"`
}

type membersIn struct {
	PageIn
	Q string `query:"q" maxLength:"100" doc:"A phone number, its last four digits, a card number, or a part of the name."`
}

func (a *api) members() {
	seeing := []auth.Permission{auth.PermMembers, auth.PermSell}
	add(a, route{id: "list-members", method: http.MethodGet, path: "/members", tag: "members", summary: "Find members", any: seeing},
		func(ctx context.Context, c caller, in *membersIn) (*read[List[Member]], error) {
			p, err := in.page()
			if err != nil {
				return nil, err
			}
			items, next, err := member.Find(ctx, a.DB, a.Vault, c.Merchant, in.Q, p)
			return listOf(items, next, memberOut), err
		})
	add(a, route{id: "get-member", method: http.MethodGet, path: "/members/{id}", tag: "members", summary: "Get a member", any: seeing},
		func(ctx context.Context, c caller, in *IDIn) (*read[Member], error) {
			m, err := member.Get(ctx, a.DB, a.Vault, c.Merchant, in.ID)
			return reads(memberOut(m)), err
		})
	add(a, route{id: "create-member", method: http.MethodPost, path: "/members", tag: "members", summary: "Enrol a member", any: []auth.Permission{auth.PermMembers}, key: mayKey, status: http.StatusCreated}, a.createMember)
	add(a, route{id: "update-member", method: http.MethodPatch, path: "/members/{id}", tag: "members", summary: "Change a member", any: []auth.Permission{auth.PermMembers}}, a.updateMember)
	add(a, route{id: "list-tiers", method: http.MethodGet, path: "/tiers", tag: "members", summary: "List the tiers, the lowest first"},
		func(ctx context.Context, c caller, _ *struct{}) (*read[List[Tier]], error) {
			tiers, err := member.ListTiers(ctx, a.DB, c.Merchant)
			return listOf(tiers, "", func(t member.Tier) Tier { return Tier{ID: t.Code, Code: t.Code, Name: t.Name, Rank: t.Rank} }), err
		})
	a.wallets()
	a.cards()
	a.privacy()
}

// Tier is a level that the merchant has.
type Tier struct {
	ID   string `json:"id" doc:"The code."`
	Code string `json:"code"`
	Name string `json:"name"`
	Rank int    `json:"rank" doc:"Higher is better."`
}

func (a *api) createMember(ctx context.Context, c caller, in *struct{ Body NewMember }) (*made[Member], error) {
	b := in.Body
	m, again, err := once(ctx, a, c, func(ctx context.Context, tx *db.Tx) (id.ID, member.Member, error) {
		if err := a.checkMemberRefs(ctx, tx, c.Merchant, b.ShopID, b.Tier); err != nil {
			return id.None, member.Member{}, err
		}
		m, err := member.Create(ctx, tx, a.Vault, member.In{Merchant: c.Merchant, Name: b.Name, Phone: b.Phone, Birthday: b.Birthday, Sex: b.Sex, Address: b.Address, Note: b.Note,
			Email: b.Email, Card: b.Card, CardKind: b.CardKind, Shop: b.ShopID, Tier: b.Tier, DocumentKind: b.DocumentKind, Document: b.Document, Occupation: b.Occupation})
		if err != nil {
			return id.None, m, err
		}
		if !b.Referrer.IsNone() {
			if err := a.refer(ctx, tx, c, m.ID, b.Referrer); err != nil {
				return id.None, m, err
			}
		}
		return m.ID, m, c.audited(ctx, tx, "member.created", "member", m.ID, nil)
	}, func(ctx context.Context, made id.ID) (member.Member, error) {
		return member.Get(ctx, a.DB, a.Vault, c.Merchant, made)
	})
	if err != nil {
		return nil, err
	}
	return madeAt("/members/"+m.ID.String(), memberOut(m), again), nil
}

// checkMemberRefs sees that a shop and a tier are this merchant's.
func (a *api) checkMemberRefs(ctx context.Context, r db.Reader, m, shop id.ID, tier string) error {
	if err := checkShop(ctx, r, m, shop); err != nil || tier == "" {
		return err
	}
	tiers, err := member.ListTiers(ctx, r, m)
	if err != nil {
		return err
	}
	for _, t := range tiers {
		if t.Code == tier {
			return nil
		}
	}
	return member.ErrTierNotFound.On("tier")
}

func (a *api) updateMember(ctx context.Context, c caller, in *struct {
	IDIn
	Body MemberPatch
}) (*read[Member], error) {
	b := in.Body
	var out member.Member
	err := a.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		if b.ShopID != nil {
			if err := checkShop(ctx, tx, c.Merchant, *b.ShopID); err != nil {
				return err
			}
		}
		var err error
		out, err = member.Update(ctx, tx, a.Vault, c.Merchant, in.ID, member.Patch{Version: b.Version, Name: b.Name, Phone: b.Phone, Birthday: b.Birthday, Sex: b.Sex,
			Address: b.Address, Note: b.Note, Email: b.Email, HomeShop: b.ShopID, DocumentKind: b.DocumentKind, Document: b.Document, Occupation: b.Occupation})
		if err != nil {
			return err
		}
		// Which fields, never what they hold: the audit log cannot be erased.
		return auth.Audit(ctx, tx, auth.Record{Merchant: c.Merchant, Action: "member.updated", SubjectKind: "member", SubjectID: in.ID.String(), Detail: map[string]any{"fields": b.fields()}})
	})
	return reads(memberOut(out)), err
}

func (p *MemberPatch) fields() []string {
	out := []string{}
	for _, f := range []struct {
		name string
		set  bool
	}{{"name", p.Name != nil}, {"phone", p.Phone != nil}, {"birthday", p.Birthday != nil}, {"sex", p.Sex != nil}, {"address", p.Address != nil}, {"note", p.Note != nil},
		{"email", p.Email != nil}, {"home_shop_id", p.ShopID != nil}, {"document_kind", p.DocumentKind != nil}, {"document", p.Document != nil}, {"occupation", p.Occupation != nil}} {
		if f.set {
			out = append(out, f.name)
		}
	}
	return out
}
