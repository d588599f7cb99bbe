package checkout

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"slices"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/campaign"
	"github.com/shopwright/shopwright/core/coupon"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/core/tenant"
	"github.com/shopwright/shopwright/core/wallet"
)

var (
	// ErrDrawFailed: the pack has not answered; the chance is still there.
	ErrDrawFailed = fault.New(fault.Unavailable, "checkout.draw_failed") // Args: reason
	// ErrPrizeUnknown: the prize refers to something that does not exist; the chance
	// is still there.
	ErrPrizeUnknown = fault.New(fault.Conflict, "checkout.prize_unknown") // Args: kind, ref
)

// DrawIn plays a member's chance.
type DrawIn struct {
	Merchant id.ID
	Chance   id.ID // the grant
	Shop     id.ID // where it is played; none: where it was given
	Idem     db.Idem
}

// Drawn is what came of it. Grants are what the prize gives.
type Drawn struct {
	campaign.Draw
	Grants   []campaign.Grant
	Replayed bool // the answer to a repeated request
}

// playTries is how often a draw begins anew because somebody else was quicker at
// the last of a prize.
const playTries = 8

// Draw plays a chance: the host supplies the seed, the pack answers one of the
// prizes that are left, and the chance, the prize's stock and what the prize gives
// are written together or not at all. Faults: campaign.grant_not_found,
// campaign.grant_expired, campaign.grant_used, campaign.no_draw,
// campaign.no_prizes, checkout.draw_failed, checkout.prize_unknown,
// checkout.unknown_member, idempotency.*.
func (d *Desk) Draw(ctx context.Context, in DrawIn) (Drawn, error) {
	chance, err := campaign.GetGrant(ctx, d.DB, in.Merchant, in.Chance)
	if err != nil {
		return Drawn{}, err
	}
	if chance.Kind != campaign.Chances {
		return Drawn{}, campaign.ErrGrantNotFound
	}
	r, err := d.reviewer(ctx, in.Merchant)
	if err != nil {
		return Drawn{}, err
	}
	v, err := r.read(ctx, chance.Member)
	if err != nil {
		return Drawn{}, err
	}
	if v.profile.Status != member.Active {
		return Drawn{}, ErrMemberBlocked
	}
	if in.Shop.IsNone() {
		in.Shop = chance.Shop
	}
	i := slices.IndexFunc(r.shops, func(s tenant.Shop) bool { return s.ID == in.Shop })
	if i < 0 {
		return Drawn{}, campaign.ErrNoDraw
	}
	v.shop = &r.shops[i]
	v.today = v.shop.Zone.BusinessDate(v.now)
	for range playTries {
		out, err := d.play(ctx, r, v, &in, &chance)
		var again replay
		switch {
		case errors.As(err, &again):
			return d.drawnBefore(ctx, in.Merchant, again.sale)
		case errors.Is(err, campaign.ErrPrizeGone):
			continue
		}
		return out, err
	}
	return Drawn{}, campaign.ErrPrizeGone
}

func (d *Desk) play(ctx context.Context, r *reviewer, v *reviewed, in *DrawIn, chance *campaign.Grant) (Drawn, error) {
	if prior, err := d.findPrior(ctx, in.Merchant, in.Idem); err != nil {
		return Drawn{}, err
	} else if prior != nil {
		return Drawn{}, *prior
	}
	if err := chance.Usable(chance.Member, v.now, 1); err != nil {
		return Drawn{}, err
	}
	packs, err := r.packsOf(ctx, v.shop.ID)
	if err != nil {
		return Drawn{}, err
	}
	i := slices.IndexFunc(packs, func(p promotion.Pack) bool { return p.Ref.ID == chance.Ref && p.Serves(promotion.HookDraw) })
	if i < 0 {
		return Drawn{}, campaign.ErrNoDraw.With("pack", chance.Ref)
	}
	prizes, err := campaign.ListPrizes(ctx, d.DB, in.Merchant, v.shop.ID, chance.Ref)
	if err != nil {
		return Drawn{}, err
	}
	input, err := r.input(ctx, v, v.today)
	if err != nil {
		return Drawn{}, err
	}
	if input.Prizes = campaign.Views(prizes); len(input.Prizes) == 0 {
		return Drawn{}, campaign.ErrNoPrizes
	}
	var seed [8]byte
	if _, err := rand.Read(seed[:]); err != nil {
		return Drawn{}, fault.ErrInternal.Wrap(err)
	}
	input.Seed = binary.LittleEndian.Uint64(seed[:])
	p := promotion.NewPipeline(d.Rules, packs[i:i+1], input)
	p.Draw(ctx)
	if err := ctx.Err(); err != nil {
		return Drawn{}, err
	}
	if len(p.Failures) > 0 {
		f := p.Failures[0]
		d.recordFailures(ctx, in.Merchant, v.shop.ID, []Fallback{{f.Pack.ID, f.Pack.Version, f.Hook.String(), f.Reason, false}}, id.None)
		return Drawn{}, ErrDrawFailed.With("reason", f.Reason)
	}
	return d.win(ctx, r, v, in, chance, p)
}

// win writes what was drawn.
func (d *Desk) win(ctx context.Context, r *reviewer, v *reviewed, in *DrawIn, chance *campaign.Grant, p *promotion.Pipeline) (Drawn, error) {
	run := &p.Runs[0]
	out := Drawn{Draw: campaign.Draw{Shop: v.shop.ID, Member: chance.Member, Chance: chance.ID, PackID: run.Pack.ID, Version: run.Pack.Version, Module: run.Pack.ModuleHash, Config: run.Pack.ConfigHash,
		Seed: p.In.Seed, Outcome: campaign.OutcomeOK, Fuel: run.Fuel, Input: run.Input, Output: run.Output, Date: v.today}}
	var gives []Give
	for _, g := range p.Grants { // one chance wins one prize, which may give several things
		if out.Prize == "" {
			out.Prize = g.Prize
		}
		if g.Prize == out.Prize {
			gives = append(gives, Give{Grant: g.Grant, PackID: g.Pack.ID, Version: g.Pack.Version})
		}
	}
	packs, err := r.packsOf(ctx, v.shop.ID)
	if err != nil {
		return Drawn{}, err
	}
	gives, unknown, err := resolve(ctx, d.DB, in.Merchant, gives, drawing(packs))
	if err != nil {
		return Drawn{}, err
	}
	if len(unknown) > 0 {
		return Drawn{}, ErrPrizeUnknown.With("kind", campaign.KindOf(unknown[0].Kind)).With("ref", unknown[0].Ref)
	}
	err = d.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		claim := tx.ClaimKey(in.Merchant, in.Idem)
		purse := wallet.NewPurse(in.Merchant, chance.Member)
		purse.Ask(tx, id.None)
		if err := tx.Flush(ctx); err != nil {
			return err
		}
		if err := priorOf(claim); err != nil {
			return err
		}
		out.ID = tx.NewID()
		campaign.QueueDraw(tx, in.Merchant, &out.Draw)
		g := d.giverOf(r, v, tx, chance.Member)
		g.source = campaign.FromDraw
		if err := d.giveAll(ctx, tx, purse, g, gives, func(*Give) id.ID { return out.ID }); err != nil {
			return err
		}
		tx.SettleKey(in.Merchant, in.Idem, out.ID)
		return auth.Audit(ctx, tx, auth.Record{Merchant: in.Merchant, Action: "campaign.drawn", SubjectKind: "member", SubjectID: chance.Member.String(),
			Detail: map[string]string{"draw": out.ID.String(), "pack": out.PackID, "prize": out.Prize}})
	})
	if errors.Is(err, coupon.ErrIssueLimit) {
		return Drawn{}, ErrPrizeUnknown.With("kind", campaign.CouponOf).With("ref", out.Prize)
	}
	if err != nil {
		return Drawn{}, err
	}
	out.Grants, err = campaign.ListGrantsOf(ctx, d.DB, in.Merchant, out.ID)
	return out, err
}

// drawnBefore answers a repeated request with the first one's result.
func (d *Desk) drawnBefore(ctx context.Context, m, draw id.ID) (Drawn, error) {
	v, err := campaign.GetDraw(ctx, d.DB, m, draw)
	if err != nil {
		return Drawn{}, err
	}
	gs, err := campaign.ListGrantsOf(ctx, d.DB, m, draw)
	return Drawn{v, gs, true}, err
}
