package api

import (
	"context"
	"net/http"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/report"
	"github.com/shopwright/shopwright/core/tenant"
)

// PINState says whether a member has a PIN, never which.
type PINState struct {
	Set         bool    `json:"set"`
	SetAt       Instant `json:"set_at,omitzero"`
	LockedUntil Instant `json:"locked_until,omitzero" doc:"After five wrong ones."`
}

// PINEntry is a PIN as it was entered.
type PINEntry struct {
	PIN string `json:"pin" maxLength:"8"`
}

// NewPIN sets one.
type NewPIN struct {
	PIN     string `json:"pin" maxLength:"8" doc:"4 to 8 digits, no row such as 1234."`
	Current string `json:"current,omitempty" maxLength:"8" doc:"The one in force; needed where there is one, unless the caller has the permission adjust."`
}

// MemberConsent is one thing that a member said.
type MemberConsent struct {
	ID      id.ID   `json:"id" format:"uuid"`
	Purpose string  `json:"purpose" enum:"marketing,messages,profiling,sharing"`
	Granted bool    `json:"granted"`
	At      Instant `json:"at"`
	Source  string  `json:"source" enum:"register,paper,portal,api,import"`
	ActorID id.ID   `json:"actor_id,omitzero" format:"uuid"`
	InForce bool    `json:"in_force" doc:"The newest of its purpose."`
}

// NewConsent records one.
type NewConsent struct {
	Purpose string `json:"purpose" enum:"marketing,messages,profiling,sharing"`
	Granted bool   `json:"granted"`
	Source  string `json:"source,omitempty" enum:"register,paper,portal,api,import" doc:"Default api."`
}

// Relative is one of a member's family.
type Relative struct {
	MemberID id.ID   `json:"member_id" format:"uuid"`
	Name     string  `json:"name"`
	Head     bool    `json:"head"`
	JoinedAt Instant `json:"joined_at"`
}

// NewRelative joins a family.
type NewRelative struct {
	MemberID id.ID `json:"member_id" format:"uuid" doc:"Who joins the family that the member in the path is, or becomes, the head of."`
}

// personDoc is a report.Person: its form is said by its field format.
type personDoc = map[string]any

func (a *api) privacy() {
	members, adjust := []auth.Permission{auth.PermMembers}, []auth.Permission{auth.PermAdjust}
	seeing := []auth.Permission{auth.PermMembers, auth.PermSell}
	add(a, route{id: "get-pin", method: http.MethodGet, path: "/members/{id}/pin", tag: "members", summary: "Say whether a member has a PIN", any: seeing},
		func(ctx context.Context, c caller, in *IDIn) (*read[PINState], error) {
			return a.pinState(ctx, c, in.ID)
		})
	add(a, route{id: "set-pin", method: http.MethodPut, path: "/members/{id}/pin", tag: "members", summary: "Set or change a member's PIN", any: members}, a.setPIN)
	add(a, route{id: "reset-pin", method: http.MethodDelete, path: "/members/{id}/pin", tag: "members", summary: "Take a member's PIN away", any: adjust}, a.resetPIN)
	add(a, route{id: "check-pin", method: http.MethodPut, path: "/members/{id}/pin/check", tag: "members", summary: "Compare a PIN",
		doc: "Five wrong ones lock it for 15 minutes.", any: seeing}, a.checkPIN)

	add(a, route{id: "list-consents", method: http.MethodGet, path: "/members/{id}/consents", tag: "members", summary: "List what a member consented to, the newest first", any: members},
		func(ctx context.Context, c caller, in *IDIn) (*read[List[MemberConsent]], error) {
			return a.consents(ctx, c, in.ID)
		})
	add(a, route{id: "record-consent", method: http.MethodPost, path: "/members/{id}/consents", tag: "members", summary: "Record a consent or its withdrawal", any: members, key: mayKey, status: http.StatusCreated}, a.recordConsent)

	add(a, route{id: "get-family", method: http.MethodGet, path: "/members/{id}/family", tag: "members", summary: "List a member's family, the head first", any: seeing},
		func(ctx context.Context, c caller, in *IDIn) (*read[List[Relative]], error) {
			return a.family(ctx, c, in.ID)
		})
	add(a, route{id: "join-family", method: http.MethodPost, path: "/members/{id}/family", tag: "members", summary: "Put a member into a family", any: members, key: mayKey, status: http.StatusCreated,
		doc: "They may then use each other's punch cards, as far as those may be shared."}, a.joinFamily)
	add(a, route{id: "leave-family", method: http.MethodDelete, path: "/members/{id}/family", tag: "members", summary: "Take a member out of the family", any: members,
		doc: "Where it is the head, the family ends."}, a.leaveFamily)

	add(a, route{id: "export-member", method: http.MethodGet, path: "/members/{id}/export", tag: "members", summary: "All that is held about a member", any: adjust,
		doc: "Each export is audited."}, a.exportMember)
	add(a, route{id: "erase-member", method: http.MethodDelete, path: "/members/{id}", tag: "members", summary: "Erase a member's personal data", any: []auth.Permission{auth.PermSettings},
		doc: "What was booked stays. Refused for five years after the last purchase of prepaid value."}, a.eraseMember)
}

// known sees that the member is this merchant's.
func (a *api) known(ctx context.Context, r db.Reader, c caller, who id.ID) error {
	_, err := member.Get(ctx, r, nil, c.Merchant, who)
	return err
}

func (a *api) pinState(ctx context.Context, c caller, who id.ID) (*read[PINState], error) {
	if err := a.known(ctx, a.DB, c, who); err != nil {
		return nil, err
	}
	var p member.PIN
	err := a.DB.Batch(ctx, member.AskPIN(c.Merchant, who, &p))
	out := PINState{Set: p.IsSet(), SetAt: instant(p.SetAt)}
	if a.DB.Now() < p.LockedUntil {
		out.LockedUntil = instant(p.LockedUntil)
	}
	return reads(out), err
}

func (a *api) checkPIN(ctx context.Context, c caller, in *struct {
	IDIn
	Body PINEntry
}) (*read[PINState], error) {
	if err := a.known(ctx, a.DB, c, in.ID); err != nil {
		return nil, err
	}
	if err := a.comparePIN(ctx, c, in.ID, in.Body.PIN); err != nil {
		return nil, err
	}
	return a.pinState(ctx, c, in.ID)
}

// comparePIN checks outside of a transaction and notes the result in one.
func (a *api) comparePIN(ctx context.Context, c caller, who id.ID, entered string) error {
	var p member.PIN
	if err := a.DB.Batch(ctx, member.AskPIN(c.Merchant, who, &p)); err != nil {
		return err
	}
	result := p.Check(entered, a.DB.Now())
	if err := a.DB.InTx(ctx, func(_ context.Context, tx *db.Tx) error {
		member.QueuePINResult(tx, c.Merchant, who, result)
		return nil
	}); err != nil {
		return err
	}
	return result
}

func (a *api) setPIN(ctx context.Context, c caller, in *struct {
	IDIn
	Body NewPIN
}) (*read[PINState], error) {
	had, err := a.pinState(ctx, c, in.ID)
	if err != nil {
		return nil, err
	}
	if had.Body.Set && !c.May(auth.PermAdjust) {
		if err := a.comparePIN(ctx, c, in.ID, in.Body.Current); err != nil {
			return nil, on(err, "current")
		}
	}
	hash, err := member.HashPIN(ctx, auth.DefaultHash, in.Body.PIN)
	if err != nil {
		return nil, err
	}
	err = a.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := member.SetPIN(ctx, tx, c.Merchant, in.ID, hash); err != nil {
			return err
		}
		return c.audited(ctx, tx, "member.pin_set", "member", in.ID, nil)
	})
	if err != nil {
		return nil, err
	}
	return a.pinState(ctx, c, in.ID)
}

func (a *api) resetPIN(ctx context.Context, c caller, in *IDIn) (*read[PINState], error) {
	if err := a.known(ctx, a.DB, c, in.ID); err != nil {
		return nil, err
	}
	err := a.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := member.ResetPIN(ctx, tx, c.Merchant, in.ID); err != nil {
			return err
		}
		return c.audited(ctx, tx, "member.pin_reset", "member", in.ID, nil)
	})
	return reads(PINState{}), err
}

func consentOut(c member.Consent, inForce bool) MemberConsent {
	return MemberConsent{ID: c.ID, Purpose: c.Purpose, Granted: c.Granted, At: instant(c.At), Source: c.Source, ActorID: c.Actor, InForce: inForce}
}

func (a *api) consents(ctx context.Context, c caller, who id.ID) (*read[List[MemberConsent]], error) {
	if err := a.known(ctx, a.DB, c, who); err != nil {
		return nil, err
	}
	all, err := member.ListConsents(ctx, a.DB, c.Merchant, who)
	counts := member.InForce(all)
	return listOf(all, "", func(x member.Consent) MemberConsent { return consentOut(x, counts[x.Purpose].ID == x.ID) }), err
}

func (a *api) recordConsent(ctx context.Context, c caller, in *struct {
	IDIn
	Body NewConsent
}) (*made[MemberConsent], error) {
	b := in.Body
	if b.Source == "" {
		b.Source = member.SourceAPI
	}
	doc, again, err := once(ctx, a, c, func(ctx context.Context, tx *db.Tx) (id.ID, MemberConsent, error) {
		x, err := member.RecordConsent(ctx, tx, c.Merchant, in.ID, b.Purpose, b.Granted, b.Source)
		if err != nil {
			return id.None, MemberConsent{}, err
		}
		return x.ID, consentOut(x, true), c.audited(ctx, tx, "member.consent_recorded", "member", in.ID, map[string]any{"purpose": b.Purpose, "granted": b.Granted, "source": b.Source})
	}, func(ctx context.Context, made id.ID) (MemberConsent, error) {
		all, err := a.consents(ctx, c, in.ID)
		if err != nil {
			return MemberConsent{}, err
		}
		for _, x := range all.Body.Items {
			if x.ID == made {
				return x, nil
			}
		}
		return MemberConsent{}, member.ErrNotFound
	})
	if err != nil {
		return nil, err
	}
	return madeAt("/members/"+in.ID.String()+"/consents", doc, again), nil
}

func (a *api) family(ctx context.Context, c caller, who id.ID) (*read[List[Relative]], error) {
	if err := a.known(ctx, a.DB, c, who); err != nil {
		return nil, err
	}
	all, err := member.ListFamily(ctx, a.DB, c.Merchant, who)
	return listOf(all, "", func(r member.Relative) Relative {
		return Relative{MemberID: r.Member, Name: r.Name, Head: r.Head, JoinedAt: instant(r.JoinedAt)}
	}), err
}

func (a *api) joinFamily(ctx context.Context, c caller, in *struct {
	IDIn
	Body NewRelative
}) (*made[List[Relative]], error) {
	_, again, err := once(ctx, a, c, func(ctx context.Context, tx *db.Tx) (id.ID, struct{}, error) {
		if err := member.JoinFamily(ctx, tx, c.Merchant, in.ID, in.Body.MemberID); err != nil {
			return id.None, struct{}{}, err
		}
		return in.ID, struct{}{}, c.audited(ctx, tx, "member.family_joined", "member", in.Body.MemberID, map[string]id.ID{"head": in.ID})
	}, func(context.Context, id.ID) (struct{}, error) { return struct{}{}, nil })
	if err != nil {
		return nil, err
	}
	list, err := a.family(ctx, c, in.ID)
	if err != nil {
		return nil, err
	}
	return madeAt("/members/"+in.ID.String()+"/family", list.Body, again), nil
}

func (a *api) leaveFamily(ctx context.Context, c caller, in *IDIn) (*read[List[Relative]], error) {
	err := a.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := a.known(ctx, tx, c, in.ID); err != nil {
			return err
		}
		if err := member.LeaveFamily(ctx, tx, c.Merchant, in.ID); err != nil {
			return err
		}
		return c.audited(ctx, tx, "member.family_left", "member", in.ID, nil)
	})
	return listOf([]member.Relative(nil), "", func(member.Relative) Relative { return Relative{} }), err
}

func (a *api) exportMember(ctx context.Context, c caller, in *IDIn) (*read[personDoc], error) {
	// The audit comes first: there is no export that nobody knows of.
	err := a.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := a.known(ctx, tx, c, in.ID); err != nil {
			return err
		}
		return c.audited(ctx, tx, "member.exported", "member", in.ID, map[string]string{"as": "json"})
	})
	if err != nil {
		return nil, err
	}
	m, err := tenant.GetMerchant(ctx, a.DB, c.Merchant)
	if err != nil {
		return nil, err
	}
	p, err := report.ReadPerson(ctx, a.DB, a.Vault, m, in.ID)
	if err != nil {
		return nil, err
	}
	doc, err := p.Document()
	return reads(doc), err
}

func (a *api) eraseMember(ctx context.Context, c caller, in *IDIn) (*read[Member], error) {
	err := a.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := member.Erase(ctx, tx, c.Merchant, in.ID); err != nil {
			return err
		}
		return c.audited(ctx, tx, "member.erased", "member", in.ID, nil)
	})
	if err != nil {
		return nil, err
	}
	m, err := member.Get(ctx, a.DB, a.Vault, c.Merchant, in.ID)
	return reads(memberOut(m)), err
}
