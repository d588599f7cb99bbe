package checkout

import (
	"context"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/campaign"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/core/tenant"
)

// CheckInIn says who is where.
type CheckInIn struct {
	Merchant, Member, Shop id.ID
	Idem                   db.Idem
}

// CheckIn notes that a member is there today. Faults: campaign.checked_in_today,
// checkout.unknown_member, checkout.member_not_active, tenant.shop_not_found.
func (d *Desk) CheckIn(ctx context.Context, in CheckInIn) (campaign.CheckIn, error) {
	shops, err := tenant.ListShops(ctx, d.DB, in.Merchant)
	if err != nil {
		return campaign.CheckIn{}, err
	}
	var p member.Profile
	if err := d.DB.Batch(ctx, member.AskProfile(in.Merchant, in.Member, &p)); err != nil {
		return campaign.CheckIn{}, err
	}
	at := slices.IndexFunc(shops, func(s tenant.Shop) bool { return s.ID == in.Shop })
	switch {
	case p.ID.IsNone():
		return campaign.CheckIn{}, ErrUnknownMember.On("member_id")
	case p.Status != member.Active:
		return campaign.CheckIn{}, ErrMemberBlocked.On("member_id")
	case at < 0:
		return campaign.CheckIn{}, tenant.ErrShopNotFound.On("shop_id")
	}
	var c campaign.CheckIn
	err = d.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		claim := tx.ClaimKey(in.Merchant, in.Idem)
		if err := tx.Flush(ctx); err != nil {
			return err
		}
		if err := priorOf(claim); err != nil {
			return err
		}
		if c, err = campaign.Enter(ctx, tx, in.Merchant, in.Member, in.Shop, shops[at].Zone.BusinessDate(tx.Now)); err != nil {
			return err
		}
		tx.SettleKey(in.Merchant, in.Idem, in.Member)
		return auth.Audit(ctx, tx, auth.Record{Merchant: in.Merchant, Action: "member.checked_in", SubjectKind: "member", SubjectID: in.Member.String(), Detail: map[string]any{"date": c.Date, "streak": c.Streak}})
	})
	var again replay
	if errors.As(err, &again) {
		c, err = campaign.Latest(ctx, d.DB, in.Merchant, in.Member)
		c.Replayed = true
	}
	return c, err
}

// ChancesIn gives chances of a pack's draw by hand.
type ChancesIn struct {
	Merchant, Member, Shop id.ID
	PackID                 string
	Count                  int64
	Reason                 string
	Idem                   db.Idem
}

// GiveChances gives a member chances of a pack's draw by hand. Faults:
// checkout.unknown_member, checkout.reason_required, checkout.bad_quantity,
// campaign.no_draw.
func (d *Desk) GiveChances(ctx context.Context, in ChancesIn) (campaign.Grant, error) {
	if in.Reason = strings.TrimSpace(in.Reason); in.Reason == "" || utf8.RuneCountInString(in.Reason) > 200 {
		return campaign.Grant{}, ErrReason.On("reason")
	}
	if in.Count < 1 || in.Count > 100 {
		return campaign.Grant{}, ErrQuantity.On("count")
	}
	r, err := d.reviewer(ctx, in.Merchant)
	if err != nil {
		return campaign.Grant{}, err
	}
	v, err := r.read(ctx, in.Member)
	if err != nil {
		return campaign.Grant{}, err
	}
	packs, err := r.packsOf(ctx, in.Shop)
	if err != nil {
		return campaign.Grant{}, err
	}
	i := slices.IndexFunc(packs, func(p promotion.Pack) bool { return p.Ref.ID == in.PackID && p.Serves(promotion.HookDraw) })
	k := slices.IndexFunc(r.shops, func(s tenant.Shop) bool { return s.ID == in.Shop })
	if i < 0 || k < 0 {
		return campaign.Grant{}, campaign.ErrNoDraw.With("pack", in.PackID).On("pack_id")
	}
	g := campaign.Grant{Member: in.Member, Shop: in.Shop, Source: campaign.FromStaff, SourceID: auth.ActorOf(ctx).ID, Kind: campaign.Chances, Ref: in.PackID, Count: in.Count,
		PackID: in.PackID, Version: packs[i].Ref.Version, Note: promotion.Note{Label: in.Reason}, Date: r.shops[k].Zone.BusinessDate(v.now)}
	err = d.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		claim := tx.ClaimKey(in.Merchant, in.Idem)
		if err := tx.Flush(ctx); err != nil {
			return err
		}
		if err := priorOf(claim); err != nil {
			return err
		}
		g.ID = tx.NewID()
		if g.SourceID.IsNone() {
			g.SourceID = g.ID
		}
		campaign.QueueGrant(tx, in.Merchant, &g)
		tx.SettleKey(in.Merchant, in.Idem, g.ID)
		return auth.Audit(ctx, tx, auth.Record{Merchant: in.Merchant, Action: "campaign.chances_given", SubjectKind: "member", SubjectID: in.Member.String(),
			Detail: map[string]any{"pack": in.PackID, "count": in.Count}})
	})
	var again replay
	if errors.As(err, &again) {
		g, err = campaign.GetGrant(ctx, d.DB, in.Merchant, again.sale)
		g.Replayed = true
	}
	return g, err
}
