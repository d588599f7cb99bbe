package checkout

import (
	"context"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/event"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/loyalty"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/core/setting"
	"github.com/shopwright/shopwright/core/tenant"
)

// TierReview is what a review of one member came to.
type TierReview struct {
	Member        id.ID
	Before, After string
	Reason        string // loyalty.ReasonRisen and the others; "" nothing to say
	State         loyalty.State
}

// TierStanding is how a member stands now, for a screen.
type TierStanding struct {
	Member   id.ID
	Tier     string
	Since    clock.Instant
	Deserved string // what the figures deserve today; "" no tier
	Known    bool   // every pack has answered: Deserved is true
	State    loyalty.State
	Notes    []TraceNote // of the packs, tier_next_… and others of their own
	Next     string      // the next tier up, "" where the packs name none
	Missing  int64       // to the next tier, in minor units where InMoney
	Need     int64       // what the next tier asks for; 0 where the pack does not say
	InMoney  bool
	Metric   string // spend, visits, points
}

// TierSet is a tier that a person gives a member.
type TierSet struct {
	Merchant, Member id.ID
	Tier             string     // "" no tier
	Until            clock.Date // the last day on which it stays whatever the figures say; loyalty.Forever; "" the policy goes on
	Reason           string
	Actor            id.ID
}

// EventTierChanged says that a member's tier was changed by a review or by hand; a
// change by a sale is in the sale's own event.
const EventTierChanged = "member.tier_changed.v1"

var errTierMoved = errors.New("checkout: the member's tier has moved under the review")

// ReviewTier looks at a member's figures after a refund: it applies what the policy
// says for today, and takes a rise back that rested on what was refunded. The packs
// are asked outside any transaction.
// Faults: checkout.unknown_member.
func (d *Desk) ReviewTier(ctx context.Context, merchant, memberID id.ID) (TierReview, error) {
	r, err := d.reviewer(ctx, merchant)
	if err != nil {
		return TierReview{}, err
	}
	return r.review(ctx, memberID, true)
}

// ReviewTiers reviews members whose day has come, at most limit, and answers how
// many it dealt with; 0 is that none is left for today. Where it is broken off the
// next call goes on. A member whose review fails is tried again the next day.
func (d *Desk) ReviewTiers(ctx context.Context, merchant id.ID, limit int) (int, error) {
	r, err := d.reviewer(ctx, merchant)
	if err != nil || len(r.tiers) == 0 || len(r.shops) == 0 {
		return 0, err
	}
	zone := r.shops[0].Zone
	today := zone.BusinessDate(d.DB.Now())
	for i := range r.shops { // the date that has begun in every shop
		today = min(today, r.shops[i].Zone.BusinessDate(d.DB.Now()))
	}
	due, err := loyalty.ListDue(ctx, d.DB, merchant, today, limit)
	if err != nil {
		return 0, err
	}
	for _, m := range due {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		if _, err := r.review(ctx, m, false); err != nil {
			d.Log.WarnContext(ctx, "a member's tier could not be reviewed", "member", m, "error", err)
			if err := r.postpone(ctx, m, today); err != nil {
				return 0, err
			}
		}
	}
	if len(due) > 0 {
		return len(due), nil
	}
	entered := 0
	err = d.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		entered, err = loyalty.Enter(ctx, tx, merchant, r.policy, today, zone, limit)
		return err
	})
	return entered, err
}

// TierStanding reads how a member stands and asks the packs what is missing; it
// writes nothing. Fault: checkout.unknown_member.
func (d *Desk) TierStanding(ctx context.Context, merchant, memberID id.ID) (TierStanding, error) {
	r, err := d.reviewer(ctx, merchant)
	if err != nil {
		return TierStanding{}, err
	}
	v, err := r.read(ctx, memberID)
	if err != nil {
		return TierStanding{}, err
	}
	a, err := r.ask(ctx, v, v.today)
	if err != nil {
		return TierStanding{}, err
	}
	s := TierStanding{Member: memberID, Tier: v.profile.Tier, Since: v.profile.TierSince, Deserved: a.tier, Known: a.known && !a.failed, State: v.state, Notes: a.notes}
	s.progress()
	return s, nil
}

// progress takes the figures out of the notes that the first-party packs give.
func (s *TierStanding) progress() {
	for _, n := range s.Notes {
		value := n.Arg
		if metric, ok := strings.CutPrefix(n.Code, "tier_next_"); ok && s.Next == "" {
			s.Next, s.Missing, s.Metric, s.InMoney = n.Label, value, metric, n.Money != 0
		}
		if metric, ok := strings.CutPrefix(n.Code, "tier_from_"); ok && s.Next == n.Label && s.Metric == metric && s.Need == 0 {
			s.Need = value
		}
	}
}

// SetTier gives a member a tier by hand, with the record of who did it. Faults:
// checkout.unknown_member, checkout.reason_required, member.tier_not_found,
// loyalty.bad_until.
func (d *Desk) SetTier(ctx context.Context, in TierSet) (TierReview, error) {
	in.Reason = strings.TrimSpace(in.Reason)
	if in.Reason == "" || utf8.RuneCountInString(in.Reason) > 200 {
		return TierReview{}, ErrReason.On("reason")
	}
	r, err := d.reviewer(ctx, in.Merchant)
	if err != nil {
		return TierReview{}, err
	}
	v, err := r.read(ctx, in.Member)
	if err != nil {
		return TierReview{}, err
	}
	if _, known := r.rank[in.Tier]; !known && in.Tier != "" {
		return TierReview{}, member.ErrTierNotFound.On("tier")
	}
	if err := loyalty.CheckUntil(in.Until, v.today); err != nil {
		return TierReview{}, err
	}
	out := TierReview{Member: in.Member, After: in.Tier, Reason: loyalty.ReasonHeld}
	err = d.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		var state loyalty.State
		tx.AskAll(member.AskTierLocked(in.Merchant, in.Member, &out.Before), loyalty.AskState(in.Merchant, in.Member, &state))
		if err := tx.Flush(ctx); err != nil {
			return err
		}
		state.Joined = v.state.Joined
		out.State = loyalty.Hold(r.policy, state, in.Tier, in.Until, v.today)
		member.QueueTierMove(tx, in.Merchant, member.TierMove{Member: in.Member, From: out.Before, To: in.Tier, Reason: in.Reason, Actor: in.Actor, HeldUntil: in.Until})
		loyalty.QueueState(tx, in.Merchant, in.Member, out.State)
		r.emit(tx, out)
		return auth.Audit(ctx, tx, auth.Record{Merchant: in.Merchant, Action: "member.tier_set", SubjectKind: "member", SubjectID: in.Member.String(),
			Detail: map[string]string{"from": out.Before, "to": in.Tier, "until": string(in.Until)}})
	})
	return out, err
}

// reviewer is what the reviews of one merchant have in common.
type reviewer struct {
	d        *Desk
	m        tenant.Merchant
	shops    []tenant.Shop
	settings setting.Values
	policy   loyalty.Policy
	tiers    []member.Tier
	rank     map[string]int
	packs    map[id.ID][]promotion.Pack // by shop
	facts    map[id.ID][]promotion.FactRef
	missing  map[id.ID]bool // shops that have a pack on which is not installed
}

func (d *Desk) reviewer(ctx context.Context, merchant id.ID) (*reviewer, error) {
	r := &reviewer{d: d, rank: map[string]int{}, packs: map[id.ID][]promotion.Pack{}, facts: map[id.ID][]promotion.FactRef{}, missing: map[id.ID]bool{}}
	var err error
	if r.m, err = tenant.GetMerchant(ctx, d.DB, merchant); err != nil {
		return nil, err
	}
	if r.shops, err = tenant.ListShops(ctx, d.DB, merchant); err != nil {
		return nil, err
	}
	if err = d.DB.Batch(ctx, setting.AskAll(merchant, id.None, id.None, &r.settings), member.AskTiers(merchant, &r.tiers)); err != nil {
		return nil, err
	}
	var ladder []string
	for _, t := range r.tiers {
		r.rank[t.Code] = t.Rank
		ladder = append(ladder, t.Code)
	}
	r.policy = loyalty.PolicyOf(r.settings, ladder)
	return r, nil
}

// reviewed is one member under review.
type reviewed struct {
	profile member.Profile
	state   loyalty.State
	shop    *tenant.Shop
	now     clock.Instant
	today   clock.Date
}

// read reads the member; the shop's zone and packs are those of the shop that the
// member belongs to, else of the first.
func (r *reviewer) read(ctx context.Context, memberID id.ID) (*reviewed, error) {
	v := &reviewed{now: r.d.DB.Now()}
	var shop id.ID
	if err := r.d.DB.Batch(ctx, member.AskProfile(r.m.ID, memberID, &v.profile), loyalty.AskState(r.m.ID, memberID, &v.state), member.AskShop(r.m.ID, memberID, &shop)); err != nil {
		return nil, err
	}
	if v.profile.ID.IsNone() || len(r.shops) == 0 {
		return nil, ErrUnknownMember.On("member_id")
	}
	v.shop = &r.shops[0]
	for i := range r.shops {
		if r.shops[i].ID == shop {
			v.shop = &r.shops[i]
		}
	}
	v.today = v.shop.Zone.BusinessDate(v.now)
	v.state.Joined = v.shop.Zone.BusinessDate(v.profile.JoinedAt)
	return v, nil
}

// verdict is what the packs of a shop say about a member.
type verdict struct {
	tier   string
	pack   string
	known  bool // some pack has an opinion
	failed bool // some pack has failed: nobody falls by this
	serves bool // some pack knows tiers at all
	notes  []TraceNote
}

// ask runs the tier hook over the figures as of a date, without a basket.
func (r *reviewer) ask(ctx context.Context, v *reviewed, asOf clock.Date) (verdict, error) {
	packs, err := r.packsOf(ctx, v.shop.ID)
	if err != nil {
		return verdict{}, err
	}
	out := verdict{failed: r.missing[v.shop.ID]}
	for i := range packs {
		out.serves = out.serves || packs[i].Serves(promotion.HookTier)
	}
	if !out.serves {
		return out, nil
	}
	in, err := r.input(ctx, v, asOf)
	if err != nil {
		return out, err
	}
	best := -1
	p := promotion.NewPipeline(r.d.Rules, packs, in)
	p.Ask(ctx, promotion.HookTier, func(ref *promotion.PackRef, o *promotion.Output) {
		rank, has := r.rank[o.Tier.Code]
		switch {
		case o.Tier.Code == "" && o.Tier.Note.Code != "": // they deserve none
			out.known = true
		case has && (!out.known || rank > best):
			out.known, out.tier, out.pack, best = true, o.Tier.Code, ref.ID, rank
		}
	})
	out.notes = p.Trace.Notes
	out.failed = out.failed || len(p.Failures) > 0
	return out, ctx.Err()
}

// input is what the packs see of a member as of a date, without a basket.
func (r *reviewer) input(ctx context.Context, v *reviewed, asOf clock.Date) (promotion.Input, error) {
	month, day, err := v.profile.Birthday(r.d.Vault)
	if err != nil {
		return promotion.Input{}, err
	}
	local, date := v.shop.Zone.Local(v.now), asOf.Time()
	in := promotion.Input{
		Now: v.now, Date: asOf, Weekday: int(local.Weekday()), MinuteOfDay: local.Hour()*60 + local.Minute(), Currency: r.m.Currency,
		Rounding: setting.Rounding(r.settings), Shop: v.shop.ID.String(),
		Member: promotion.MemberView{Present: true, Tier: v.profile.Tier, BirthdayMonth: month == int(date.Month()), BirthdayToday: member.BirthdayWithin(month, day, asOf, 0),
			JoinedDays: int(v.now.Sub(v.profile.JoinedAt).Hours() / 24)},
	}
	for _, t := range r.tiers {
		in.Tiers = append(in.Tiers, promotion.TierView{Code: t.Code, Rank: t.Rank})
	}
	if err := r.d.DB.Batch(ctx, member.AskFactsAt(v.shop.Zone, r.m.ID, v.profile.ID, v.shop.ID, asOf, r.facts[v.shop.ID], &in.Facts)...); err != nil {
		return promotion.Input{}, err
	}
	return in, nil
}

// packsOf lists the packs that are on in a shop, once in a run.
func (r *reviewer) packsOf(ctx context.Context, shop id.ID) ([]promotion.Pack, error) {
	if ps, ok := r.packs[shop]; ok {
		return ps, nil
	}
	var active []pack.Activation
	if err := r.d.DB.Batch(ctx, pack.AskActive(r.m.ID, shop, &active)); err != nil {
		return nil, err
	}
	ps := []promotion.Pack{}
	for i := range active {
		b, err := r.d.Packs.For(ctx, r.m.ID).Get(active[i].PackID, active[i].Version)
		if err != nil {
			r.missing[shop] = true
			continue
		}
		ps = append(ps, activePack(b, &active[i]))
		r.facts[shop] = append(r.facts[shop], b.FactRefs()...)
	}
	r.packs[shop] = ps
	return ps, nil
}

// review decides about one member. Where a sale or a person was quicker, it begins
// anew on what they left.
func (r *reviewer) review(ctx context.Context, memberID id.ID, refunded bool) (out TierReview, err error) {
	for range 3 {
		if out, err = r.reviewOnce(ctx, memberID, refunded); !errors.Is(err, errTierMoved) {
			return out, err
		}
	}
	return out, err
}

func (r *reviewer) reviewOnce(ctx context.Context, memberID id.ID, refunded bool) (TierReview, error) {
	v, err := r.read(ctx, memberID)
	if err != nil {
		return TierReview{}, err
	}
	out := TierReview{Member: memberID, Before: v.profile.Tier, After: v.profile.Tier}
	if v.profile.Status != member.Active {
		out.State = loyalty.Rest(v.state, v.today)
		return out, r.apply(ctx, v, out, verdict{})
	}
	a, err := r.ask(ctx, v, loyalty.AsOf(r.policy, v.state, v.today))
	if err != nil {
		return out, err
	}
	switch {
	case !a.serves && !a.failed:
		out.State = loyalty.Rest(v.state, v.today)
	case !a.known || a.failed && r.policy.Above(out.Before, a.tier):
		out.State = loyalty.Keep(v.state, v.today)
	default:
		out.After, out.State, out.Reason = loyalty.Decide(r.policy, v.state, out.Before, a.tier, v.today)
	}
	if refunded && out.After == out.Before && a.known && !a.failed {
		if out.After, out.Reason, err = r.undo(ctx, v, a, out.Reason); err != nil {
			return out, err
		}
	}
	return out, r.apply(ctx, v, out, a)
}

// undo takes a rise back that rested on what was refunded since: the figures of
// the day of the rise are asked for again, which the refunds have lowered.
func (r *reviewer) undo(ctx context.Context, v *reviewed, now verdict, reason string) (string, string, error) {
	current := v.profile.Tier
	last, _, err := member.ListTierHistory(ctx, r.d.DB, r.m.ID, v.profile.ID, db.Page{Limit: 1})
	if err != nil || len(last) == 0 || last[0].Sale.IsNone() || last[0].To != current || !r.policy.Above(current, last[0].From) || !r.policy.Above(current, now.tier) {
		return current, reason, err
	}
	then, err := r.ask(ctx, v, v.shop.Zone.BusinessDate(last[0].At))
	if err != nil || !then.known || then.failed {
		return current, reason, err
	}
	if to, why := loyalty.Undo(r.policy, v.state, current, last[0].From, v.today, now.tier, then.tier); to != current {
		return to, why, nil
	}
	return current, reason, nil
}

// apply writes what was decided, in one transaction, where nothing has moved since.
func (r *reviewer) apply(ctx context.Context, v *reviewed, out TierReview, a verdict) error {
	if out.Before == out.After && out.State == v.state {
		return nil
	}
	return r.d.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		var tier string
		var state loyalty.State
		tx.AskAll(member.AskTierLocked(r.m.ID, out.Member, &tier), loyalty.AskState(r.m.ID, out.Member, &state))
		if err := tx.Flush(ctx); err != nil {
			return err
		}
		state.Joined = v.state.Joined
		if tier != out.Before || state != v.state {
			return errTierMoved
		}
		member.QueueTierMove(tx, r.m.ID, member.TierMove{Member: out.Member, From: out.Before, To: out.After, Pack: a.pack, Reason: "review_" + out.Reason})
		loyalty.QueueState(tx, r.m.ID, out.Member, out.State)
		r.emit(tx, out)
		return nil
	})
}

func (r *reviewer) emit(tx *db.Tx, out TierReview) {
	if out.Before != out.After {
		event.Emit(tx, event.Event{Merchant: r.m.ID, Type: EventTierChanged,
			Data: event.JSON(map[string]string{"member_id": out.Member.String(), "from": out.Before, "to": out.After, "reason": out.Reason})})
	}
}

// postpone lets a member wait whose review has failed, so that the others get their
// turn.
func (r *reviewer) postpone(ctx context.Context, memberID id.ID, today clock.Date) error {
	return r.d.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		var state loyalty.State
		tx.AskAll(loyalty.AskState(r.m.ID, memberID, &state))
		if err := tx.Flush(ctx); err != nil {
			return err
		}
		loyalty.QueueState(tx, r.m.ID, memberID, loyalty.Keep(state, today))
		return nil
	})
}
