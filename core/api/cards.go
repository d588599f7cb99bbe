package api

import (
	"context"
	"net/http"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
)

// CardDesign is what cards of one kind have in common.
type CardDesign struct {
	ID          id.ID   `json:"id" format:"uuid"`
	Name        string  `json:"name"`
	Kind        string  `json:"kind" enum:"general,stored_value,discount,count,points"`
	Class       string  `json:"class" doc:"The merchant's own word: VIP, gold, third party."`
	Prefix      string  `json:"prefix" doc:"Of generated numbers."`
	Digits      int     `json:"digits" doc:"Of the counter that follows the prefix."`
	NextNumber  int64   `json:"next_number"`
	Points      bool    `json:"points_enabled" doc:"Showing such a card earns points."`
	PINRequired bool    `json:"pin_required" doc:"Spending with such a card asks for the member's PIN."`
	ValidDays   int     `json:"valid_days" doc:"From the issue; 0 without end. What the member holds does not expire with a card."`
	Colour      string  `json:"colour"`
	Picture     string  `json:"picture"`
	Archived    bool    `json:"archived"`
	UpdatedAt   Instant `json:"updated_at"`
}

func designOut(d member.Design) CardDesign {
	return CardDesign{ID: d.ID, Name: d.Name, Kind: d.Kind, Class: d.Class, Prefix: d.Prefix, Digits: d.Digits, NextNumber: d.Next, Points: d.Points, PINRequired: d.PINRequired,
		ValidDays: d.ValidDays, Colour: d.Colour, Picture: d.Picture, Archived: d.Archived, UpdatedAt: instant(d.UpdatedAt)}
}

// CardDesignPatch makes a design, or changes what it names of one.
type CardDesignPatch struct {
	Name        *string `json:"name,omitempty" doc:"Needed for a new design."`
	Kind        *string `json:"kind,omitempty" enum:"general,stored_value,discount,count,points"`
	Class       *string `json:"class,omitempty"`
	Prefix      *string `json:"prefix,omitempty"`
	Digits      *int    `json:"digits,omitempty" minimum:"1" maximum:"15"`
	NextNumber  *int64  `json:"next_number,omitempty" minimum:"1" doc:"Only moves on."`
	Points      *bool   `json:"points_enabled,omitempty"`
	PINRequired *bool   `json:"pin_required,omitempty"`
	ValidDays   *int    `json:"valid_days,omitempty" minimum:"0"`
	Colour      *string `json:"colour,omitempty" example:"#c0a020"`
	Picture     *string `json:"picture,omitempty"`
	Archived    *bool   `json:"archived,omitempty" doc:"No more cards of it; those that are out stay good."`
}

func put[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

func (b *CardDesignPatch) apply(d *member.Design) {
	put(&d.Name, b.Name)
	put(&d.Kind, b.Kind)
	put(&d.Class, b.Class)
	put(&d.Prefix, b.Prefix)
	put(&d.Digits, b.Digits)
	put(&d.Next, b.NextNumber)
	put(&d.Points, b.Points)
	put(&d.PINRequired, b.PINRequired)
	put(&d.ValidDays, b.ValidDays)
	put(&d.Colour, b.Colour)
	put(&d.Picture, b.Picture)
	put(&d.Archived, b.Archived)
}

// MemberCard is a card of a member.
type MemberCard struct {
	ID         id.ID   `json:"id" format:"uuid"`
	Number     string  `json:"number" doc:"\"\" for a document: its number is not stored."`
	MemberID   id.ID   `json:"member_id,omitzero" format:"uuid" doc:"Absent while the card is blank."`
	Kind       string  `json:"kind" enum:"card,virtual,document"`
	Status     string  `json:"status" enum:"blank,active,lost,replaced,erased"`
	DesignID   id.ID   `json:"design_id,omitzero" format:"uuid"`
	DesignName string  `json:"design_name,omitempty"`
	Class      string  `json:"class,omitempty"`
	IssuedAt   Instant `json:"issued_at,omitzero"`
	ExpiresAt  Instant `json:"expires_at,omitzero"`
	ReplacedBy string  `json:"replaced_by,omitempty" doc:"The number that took its place."`
	Points     string  `json:"points" enum:"design,on,off" doc:"The card's own switch."`
	Earns      bool    `json:"earns_points" doc:"What its switch and its design come to."`
	AsksPIN    bool    `json:"pin_required"`
}

func cardOut(c member.Card) MemberCard {
	out := MemberCard{ID: c.ID, Number: c.Number, MemberID: c.Member, Kind: c.Kind, Status: c.Status, DesignID: c.Design, DesignName: c.DesignName, Class: c.Class, IssuedAt: instant(c.IssuedAt),
		ExpiresAt: instant(c.ExpiresAt), ReplacedBy: c.ReplacedBy, Points: string(c.Points), Earns: c.Earns(), AsksPIN: c.AsksPIN}
	if c.Points == member.AsDesigned {
		out.Points = "design"
	}
	if c.Kind == member.KindDocument || c.Status == member.CardErased {
		out.Number, out.ReplacedBy = "", ""
	}
	return out
}

// NewCard hands a card out.
type NewCard struct {
	Number    string  `json:"number,omitempty" doc:"Also that of a blank card; without it the design's next."`
	Kind      string  `json:"kind,omitempty" enum:"card,virtual,document"`
	DesignID  id.ID   `json:"design_id,omitzero" format:"uuid"`
	Points    string  `json:"points,omitempty" enum:"design,on,off"`
	ExpiresAt Instant `json:"expires_at,omitzero"`
}

// CardPatch changes what a single card decides.
type CardPatch struct {
	Points    *string  `json:"points,omitempty" enum:"design,on,off"`
	ExpiresAt *Instant `json:"expires_at,omitempty"`
	NoEnd     bool     `json:"no_end,omitempty" doc:"Takes the end away."`
}

// CardReplacement is the number that takes a card's place.
type CardReplacement struct {
	Number string `json:"number,omitempty" doc:"Also that of a blank card; without it the next of the old card's design."`
}

// CardBatch is blank cards that were made together.
type CardBatch struct {
	ID       id.ID        `json:"id" format:"uuid"`
	DesignID id.ID        `json:"design_id" format:"uuid"`
	Count    int          `json:"count"`
	Left     int          `json:"left" doc:"Not handed out yet."`
	First    string       `json:"first_number"`
	Last     string       `json:"last_number"`
	MadeAt   Instant      `json:"made_at"`
	Cards    []MemberCard `json:"cards,omitempty" doc:"Only where one batch is asked for."`
}

func batchOut(b member.Batch) CardBatch {
	return CardBatch{ID: b.ID, DesignID: b.Design, Count: b.Count, Left: b.Left, First: b.First, Last: b.Last, MadeAt: instant(b.MadeAt)}
}

// NewBatch asks for blank cards.
type NewBatch struct {
	Count int `json:"count" minimum:"1" maximum:"1000"`
}

// CardFound is what a number that was shown leads to.
type CardFound struct {
	Member Member      `json:"member"`
	Card   *MemberCard `json:"card,omitempty" doc:"Absent where the number is a phone number or a document of the profile."`
}

// CardIn is a member and one of its cards in a path.
type CardIn struct {
	IDIn
	Card id.ID `path:"card" format:"uuid"`
}

type cardNumberIn struct {
	Number string `query:"number" required:"true" maxLength:"64"`
}

func (a *api) cards() {
	seeing, members, designs := []auth.Permission{auth.PermMembers, auth.PermSell}, []auth.Permission{auth.PermMembers}, []auth.Permission{auth.PermCatalog}
	add(a, route{id: "list-card-designs", method: http.MethodGet, path: "/card-designs", tag: "cards", summary: "List the card designs", any: seeing},
		func(ctx context.Context, c caller, _ *struct{}) (*read[List[CardDesign]], error) {
			items, err := member.ListDesigns(ctx, a.DB, c.Merchant)
			return listOf(items, "", designOut), err
		})
	add(a, route{id: "create-card-design", method: http.MethodPost, path: "/card-designs", tag: "cards", summary: "Add a card design", any: designs, key: mayKey, status: http.StatusCreated}, a.createDesign)
	add(a, route{id: "update-card-design", method: http.MethodPatch, path: "/card-designs/{id}", tag: "cards", summary: "Change a card design", any: designs}, a.updateDesign)
	add(a, route{id: "make-blank-cards", method: http.MethodPost, path: "/card-designs/{id}/batches", tag: "cards", summary: "Make the numbers of blank cards", any: designs, key: mayKey, status: http.StatusCreated}, a.makeBlanks)
	add(a, route{id: "list-card-batches", method: http.MethodGet, path: "/card-batches", tag: "cards", summary: "List the batches of blank cards", any: designs},
		func(ctx context.Context, c caller, in *PageIn) (*read[List[CardBatch]], error) {
			p, err := in.page()
			if err != nil {
				return nil, err
			}
			items, next, err := member.ListBatches(ctx, a.DB, c.Merchant, p)
			return listOf(items, next, batchOut), err
		})
	add(a, route{id: "get-card-batch", method: http.MethodGet, path: "/card-batches/{id}", tag: "cards", summary: "Get a batch with its numbers", any: designs},
		func(ctx context.Context, c caller, in *IDIn) (*read[CardBatch], error) {
			b, cards, err := member.GetBatch(ctx, a.DB, c.Merchant, in.ID)
			out := batchOut(b)
			out.Cards = listOf(cards, "", cardOut).Body.Items
			return reads(out), err
		})
	add(a, route{id: "find-card", method: http.MethodGet, path: "/cards", tag: "cards", summary: "Find who holds a card", any: seeing,
		doc: "By the number of a card or document, or by phone number. A card that is lost, replaced, expired or blank is refused."},
		func(ctx context.Context, c caller, in *cardNumberIn) (*read[CardFound], error) {
			card, m, err := member.FindCard(ctx, a.DB, a.Vault, c.Merchant, in.Number)
			if err != nil {
				return nil, err
			}
			out := CardFound{Member: memberOut(m)}
			if card.Number != "" {
				shown := cardOut(card)
				out.Card = &shown
			}
			return reads(out), nil
		})
	add(a, route{id: "list-member-cards", method: http.MethodGet, path: "/members/{id}/cards", tag: "cards", summary: "List a member's cards", any: seeing},
		func(ctx context.Context, c caller, in *IDIn) (*read[List[MemberCard]], error) {
			if _, err := member.Get(ctx, a.DB, nil, c.Merchant, in.ID); err != nil {
				return nil, err
			}
			cards, err := member.ListCards(ctx, a.DB, c.Merchant, in.ID)
			return listOf(cards, "", cardOut), err
		})
	add(a, route{id: "issue-card", method: http.MethodPost, path: "/members/{id}/cards", tag: "cards", summary: "Hand out a card", any: members, key: mayKey, status: http.StatusCreated}, a.issueCard)
	add(a, route{id: "update-card", method: http.MethodPatch, path: "/members/{id}/cards/{card}", tag: "cards", summary: "Change a card's switch or end", any: []auth.Permission{auth.PermAdjust}}, a.updateCard)
	add(a, route{id: "block-card", method: http.MethodPut, path: "/members/{id}/cards/{card}/loss", tag: "cards", summary: "Report a card lost", any: members}, a.moveCard("member.card_blocked", member.BlockCard))
	add(a, route{id: "unblock-card", method: http.MethodDelete, path: "/members/{id}/cards/{card}/loss", tag: "cards", summary: "Take a lost card back into use", any: members}, a.moveCard("member.card_unblocked", member.UnblockCard))
	add(a, route{id: "replace-card", method: http.MethodPost, path: "/members/{id}/cards/{card}/replacement", tag: "cards", summary: "Replace a card", any: members, key: mayKey, status: http.StatusCreated,
		doc: "The old number stays blocked and names the new one. Balances are the member's, so nothing moves."}, a.replaceCard)
}

// audited notes what was done with a member, never what it was about in words:
// the audit log cannot be erased.
func (c caller) audited(ctx context.Context, tx *db.Tx, action, kind string, subject id.ID, detail any) error {
	return auth.Audit(ctx, tx, auth.Record{Merchant: c.Merchant, Action: action, SubjectKind: kind, SubjectID: subject.String(), Detail: detail})
}

func (a *api) createDesign(ctx context.Context, c caller, in *struct{ Body CardDesignPatch }) (*made[CardDesign], error) {
	d, again, err := once(ctx, a, c, func(ctx context.Context, tx *db.Tx) (id.ID, member.Design, error) {
		d := member.Design{Points: true}
		in.Body.apply(&d)
		if err := member.CreateDesign(ctx, tx, c.Merchant, &d); err != nil {
			return id.None, d, err
		}
		return d.ID, d, c.audited(ctx, tx, "card.designed", "card_design", d.ID, map[string]string{"kind": d.Kind})
	}, func(ctx context.Context, made id.ID) (member.Design, error) {
		return member.GetDesign(ctx, a.DB, c.Merchant, made)
	})
	if err != nil {
		return nil, err
	}
	return madeAt("/card-designs/"+d.ID.String(), designOut(d), again), nil
}

func (a *api) updateDesign(ctx context.Context, c caller, in *struct {
	IDIn
	Body CardDesignPatch
}) (*read[CardDesign], error) {
	var out member.Design
	err := a.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		d, err := member.GetDesign(ctx, tx, c.Merchant, in.ID)
		if err != nil {
			return err
		}
		in.Body.apply(&d)
		if out, err = member.UpdateDesign(ctx, tx, c.Merchant, d); err != nil {
			return err
		}
		return c.audited(ctx, tx, "card.design_changed", "card_design", in.ID, map[string]bool{"archived": out.Archived, "points": out.Points, "pin": out.PINRequired})
	})
	return reads(designOut(out)), err
}

func (a *api) makeBlanks(ctx context.Context, c caller, in *struct {
	IDIn
	Body NewBatch
}) (*made[CardBatch], error) {
	b, again, err := once(ctx, a, c, func(ctx context.Context, tx *db.Tx) (id.ID, member.Batch, error) {
		b, err := member.MakeBlanks(ctx, tx, c.Merchant, in.ID, in.Body.Count)
		if err != nil {
			return id.None, b, err
		}
		return b.ID, b, c.audited(ctx, tx, "card.batch_made", "card_design", in.ID, map[string]int{"count": b.Count})
	}, func(ctx context.Context, made id.ID) (member.Batch, error) {
		b, _, err := member.GetBatch(ctx, a.DB, c.Merchant, made)
		return b, err
	})
	if err != nil {
		return nil, err
	}
	return madeAt("/card-batches/"+b.ID.String(), batchOut(b), again), nil
}

func switchOf(s string) member.Switch {
	if s == "design" {
		return member.AsDesigned
	}
	return member.Switch(s)
}

func (a *api) issueCard(ctx context.Context, c caller, in *struct {
	IDIn
	Body NewCard
}) (*made[MemberCard], error) {
	b := in.Body
	return a.madeCard(ctx, c, in.ID, "member.card_issued", func(ctx context.Context, tx *db.Tx) (member.Card, error) {
		return member.HandOut(ctx, tx, a.Vault, c.Merchant, in.ID, member.Issue{Number: b.Number, Kind: b.Kind, Design: b.DesignID, Points: switchOf(b.Points), Until: clock.Instant(b.ExpiresAt)})
	})
}

func (a *api) replaceCard(ctx context.Context, c caller, in *struct {
	CardIn
	Body CardReplacement
}) (*made[MemberCard], error) {
	return a.madeCard(ctx, c, in.ID, "member.card_replaced", func(ctx context.Context, tx *db.Tx) (member.Card, error) {
		old, err := member.CardOf(ctx, tx, c.Merchant, in.ID, in.Card)
		if err != nil {
			return old, err
		}
		return member.ReplaceCard(ctx, tx, a.Vault, c.Merchant, old.Number, in.Body.Number)
	})
}

func (a *api) madeCard(ctx context.Context, c caller, who id.ID, action string, write func(context.Context, *db.Tx) (member.Card, error)) (*made[MemberCard], error) {
	card, again, err := once(ctx, a, c, func(ctx context.Context, tx *db.Tx) (id.ID, member.Card, error) {
		card, err := write(ctx, tx)
		if err != nil {
			return id.None, card, err
		}
		return card.ID, card, c.audited(ctx, tx, action, "member", who, nil)
	}, func(ctx context.Context, made id.ID) (member.Card, error) {
		return member.CardOf(ctx, a.DB, c.Merchant, who, made)
	})
	if err != nil {
		return nil, err
	}
	return madeAt("/members/"+who.String()+"/cards", cardOut(card), again), nil
}

func (a *api) moveCard(action string, move func(context.Context, *db.Tx, id.ID, string) error) func(context.Context, caller, *CardIn) (*read[MemberCard], error) {
	return func(ctx context.Context, c caller, in *CardIn) (*read[MemberCard], error) {
		return a.changedCard(ctx, c, in, action, nil, func(ctx context.Context, tx *db.Tx, number string) error { return move(ctx, tx, c.Merchant, number) })
	}
}

func (a *api) changedCard(ctx context.Context, c caller, in *CardIn, action string, detail any, change func(context.Context, *db.Tx, string) error) (*read[MemberCard], error) {
	var out member.Card
	err := a.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		card, err := member.CardOf(ctx, tx, c.Merchant, in.ID, in.Card)
		if err != nil {
			return err
		}
		if err := change(ctx, tx, card.Number); err != nil {
			return err
		}
		if out, err = member.CardOf(ctx, tx, c.Merchant, in.ID, in.Card); err != nil {
			return err
		}
		return c.audited(ctx, tx, action, "member", in.ID, detail)
	})
	return reads(cardOut(out)), err
}

func (a *api) updateCard(ctx context.Context, c caller, in *struct {
	CardIn
	Body CardPatch
}) (*read[MemberCard], error) {
	p := member.CardPatch{ExpiresAt: (*clock.Instant)(in.Body.ExpiresAt)}
	if in.Body.NoEnd {
		p.ExpiresAt = new(clock.Instant)
	}
	detail := map[string]any{"expiry": p.ExpiresAt != nil}
	if in.Body.Points != nil {
		to := switchOf(*in.Body.Points)
		p.Points, detail["points"] = &to, *in.Body.Points
	}
	return a.changedCard(ctx, c, &in.CardIn, "member.card_changed", detail, func(ctx context.Context, tx *db.Tx, number string) error {
		_, err := member.UpdateCard(ctx, tx, c.Merchant, number, p)
		return err
	})
}
