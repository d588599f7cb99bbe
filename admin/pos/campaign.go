package pos

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/campaign"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/loyalty"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/core/sale"
)

const (
	maxGrants = 50 // of a member that the panel looks at, the newest
	// A check-in is told to the packs within moments; the cashier waits no longer
	// than this for what they give, which the panel shows later all the same.
	rewardTries = 8
	rewardPause = 25 * time.Millisecond
	rewardLimit = 20 // events that one look may deal with
)

// campaignView is what campaigns have for the member at hand.
type campaignView struct {
	Streak    int64 // of today's check-in; 0: not checked in yet
	CheckedIn string
	Given     []string // for today's check-in
	Gifts     []grantView
	Draws     []drawView
}

// grantView is a gift that was given and not fetched yet.
type grantView struct {
	ID              id.ID
	Name, Left, Why string // Why it cannot be had; "" it can
	Until           string
}

// drawView are the chances that a member has in a pack's draw. Do plays the one
// that ends first, once however often it is sent.
type drawView struct {
	Name, Left, Until, Do string
	count                 int64
}

// fillCampaign reads what campaigns have for the member. What cannot be read is
// left out: it must not keep anybody from selling.
func (h *screens) fillCampaign(ctx context.Context, v *view, p *memberView, now clock.Instant) {
	var last campaign.CheckIn
	var open []campaign.Grant
	err := h.db.Batch(ctx, campaign.AskLatest(v.Desk.Merchant.ID, p.ID, &last), campaign.AskOpenGrants(v.Desk.Merchant.ID, p.ID, maxGrants, &open))
	if err != nil {
		h.o.Log.WarnContext(ctx, "what campaigns have for a member could not be read", "error", err)
		return
	}
	today := v.Desk.Shop.Zone.BusinessDate(now)
	if last.Date == today {
		p.Campaign.Streak, p.Campaign.CheckedIn = last.Streak, v.T("pos.checked_in_today", "days", last.Streak)
		if len(v.Basket.Lines) == 0 { // never between two scans
			if p.Campaign.Given, err = h.rewards(ctx, v.desk, p.ID, today); err != nil {
				h.o.Log.WarnContext(ctx, "what a check-in gave could not be read", "error", err)
			}
		}
	}
	if err := h.fillGrants(ctx, v, p, open, now); err != nil {
		h.o.Log.WarnContext(ctx, "what a member was given could not be read", "error", err)
		p.Campaign.Gifts, p.Campaign.Draws = nil, nil
	}
}

// fillGrants lists gifts that wait and chances, those that end first at the top.
func (h *screens) fillGrants(ctx context.Context, v *view, p *memberView, open []campaign.Grant, now clock.Instant) error {
	m, zone := v.Desk.Merchant.ID, v.Desk.Shop.Zone
	open = slices.DeleteFunc(open, func(g campaign.Grant) bool { return g.Usable(p.ID, now, 1) != nil })
	slices.SortStableFunc(open, func(a, b campaign.Grant) int { return cmp.Compare(endOf(&a), endOf(&b)) })
	var ids []id.ID
	for i := range open {
		if open[i].Kind == campaign.GiftOf {
			ids = append(ids, open[i].Target)
		}
	}
	var gifts []loyalty.Gift
	if len(ids) > 0 {
		if err := h.db.Batch(ctx, loyalty.AskGifts(m, ids, &gifts)); err != nil {
			return err
		}
	}
	until := func(g *campaign.Grant) string {
		if g.ValidUntil == 0 {
			return ""
		}
		return v.Date(zone.BusinessDate(g.ValidUntil))
	}
	for i := range open {
		g := &open[i]
		if g.Kind == campaign.Chances {
			p.Campaign.addChances(v, g, h.packName(v.desk, g.Ref, ""), until(g))
			continue
		}
		k := slices.IndexFunc(gifts, func(x loyalty.Gift) bool { return x.ID == g.Target })
		left := g.Left() - v.Basket.fetched(g.ID)
		if k < 0 || left <= 0 {
			continue
		}
		x := grantView{ID: g.ID, Name: gifts[k].Name, Left: v.Int(left), Until: until(g)}
		if gifts[k].Counted && gifts[k].OnHand <= v.Basket.taken(g.Target) {
			x.Why, _ = v.FaultText(loyalty.ErrGiftGone.With("name", x.Name))
		}
		p.Campaign.Gifts = append(p.Campaign.Gifts, x)
	}
	return nil
}

// endOf is when a grant ends; one without an end ends last.
func endOf(g *campaign.Grant) clock.Instant {
	if g.ValidUntil == 0 {
		return math.MaxInt64
	}
	return g.ValidUntil
}

// addChances adds a grant's to those of the same draw.
func (c *campaignView) addChances(v *view, g *campaign.Grant, name, until string) {
	for i := range c.Draws {
		if d := &c.Draws[i]; d.Name == name {
			d.count += g.Left()
			d.Left = v.T("pos.chances_left", "count", d.count)
			return
		}
	}
	c.Draws = append(c.Draws, drawView{Name: name, Left: v.T("pos.chances_left", "count", g.Left()), Until: until, Do: "draw:" + g.ID.String() + ":" + strconv.FormatInt(g.Used, 10), count: g.Left()})
}

// rewards says what a member was given for checking in on a date.
func (h *screens) rewards(ctx context.Context, d *desk, mem id.ID, date clock.Date) (out []string, err error) {
	runs, err := h.checkInRuns(ctx, d.Desk.Merchant.ID, mem, date)
	for i := 0; i < len(runs) && err == nil; i++ {
		if runs[i].Grants == 0 {
			continue
		}
		var gs []campaign.Grant
		gs, err = campaign.ListGrantsOf(ctx, h.db, d.Desk.Merchant.ID, runs[i].ID)
		out = append(out, h.grantTexts(d, gs)...)
	}
	return out, err
}

// checkInRuns are the runs of packs over a member's check-in.
func (h *screens) checkInRuns(ctx context.Context, m, mem id.ID, date clock.Date) ([]campaign.Run, error) {
	runs, _, err := campaign.ListRuns(ctx, h.db, m, mem, db.Page{Limit: 20})
	return slices.DeleteFunc(runs, func(r campaign.Run) bool {
		return r.Event != campaign.EventNames[promotion.EventCheckIn] || r.Date != date
	}), err
}

// grantTexts says grants in the words of the packs that gave them.
func (h *screens) grantTexts(d *desk, gs []campaign.Grant) (out []string) {
	for i := range gs {
		out = append(out, h.say(d, gs[i].PackID, gs[i].Version, gs[i].Note))
	}
	return out
}

// checkIn notes that the member at hand is there, and says what they get for it.
func (a *action) checkIn(ctx context.Context, _ string) error {
	if a.b.Member.IsNone() {
		return checkout.ErrMemberNeeded
	}
	h, d := a.h, a.v.desk
	c, err := h.o.Desk.CheckIn(ctx, checkout.CheckInIn{Merchant: a.merchant(), Member: a.b.Member, Shop: d.Desk.Shop.ID})
	if err != nil {
		return err
	}
	a.v.Says = append(a.v.Says, a.v.T("pos.checked_in", "days", c.Streak))
	given, err := h.rewarded(ctx, d, c)
	if err != nil { // the job that looks at what has happened makes up for it
		h.o.Log.WarnContext(ctx, "what a check-in gives could not be seen to", "error", err)
	}
	a.v.Says = append(a.v.Says, given...)
	return nil
}

// rewarded lets the packs look at a check-in now rather than with the next round,
// and says what they gave. They see it once, whoever comes first.
func (h *screens) rewarded(ctx context.Context, d *desk, c campaign.CheckIn) ([]string, error) {
	m := d.Desk.Merchant.ID
	on, err := pack.ListFor(ctx, h.db, m, d.Desk.Shop.ID)
	asked := slices.ContainsFunc(on, func(p pack.Activation) bool {
		b, err := d.Packs.Get(p.PackID, p.Version)
		return err == nil && p.Enabled && b.Serves(promotion.HookTrigger)
	})
	if err != nil || !asked {
		return nil, err
	}
	job := auth.WithActor(ctx, auth.JobActor(m, "campaign.triggers")) // what others did is dealt with too
	for try := 0; try < rewardTries; try++ {
		n, err := h.o.Desk.RunTriggers(job, m, rewardLimit)
		if err != nil {
			return nil, err
		}
		runs, err := h.checkInRuns(ctx, m, c.Member, c.Date)
		if err != nil || len(runs) > 0 {
			break
		}
		if n == rewardLimit { // the job is behind: that is not for the cashier to wait for
			break
		}
		if n > 0 {
			continue
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(rewardPause):
		}
	}
	return h.rewards(ctx, d, c.Member, c.Date)
}

// fetch puts a gift that was given into the basket.
func (a *action) fetch(ctx context.Context, arg string) error {
	grant, err := id.Parse(arg)
	if err != nil {
		return campaign.ErrGrantNotFound
	}
	g, err := campaign.GetGrant(ctx, a.h.db, a.merchant(), grant)
	if err != nil {
		return err
	}
	if g.Kind != campaign.GiftOf {
		return campaign.ErrGrantNotFound
	}
	for i := range a.b.Lines {
		if l := &a.b.Lines[i]; l.Grant == grant {
			l.Quantity += money.One
			a.b.Current = i + 1
			return nil
		}
	}
	return a.b.append(line{Kind: sale.LineGift, Quantity: money.One, Gift: g.Target, Grant: grant})
}

// play draws with a chance of the member at hand. arg is the grant and how much of
// it was used as the page was drawn, so that a button that is sent twice plays
// once. A draw that fails is said, and the sale goes on.
func (a *action) play(ctx context.Context, arg string) error {
	of, used, _ := strings.Cut(arg, ":")
	chance, err := id.Parse(of)
	if _, e := strconv.ParseUint(used, 10, 31); err != nil || e != nil {
		return campaign.ErrGrantNotFound
	}
	g, err := campaign.GetGrant(ctx, a.h.db, a.merchant(), chance)
	if err != nil {
		return err
	}
	if g.Member != a.b.Member {
		return campaign.ErrGrantOwner
	}
	got, err := a.h.o.Desk.Draw(ctx, checkout.DrawIn{Merchant: a.merchant(), Chance: chance, Shop: a.v.Desk.Shop.ID,
		Idem: db.Idem{Key: fmt.Sprintf("pos.draw.%s.%s", chance, used), Route: "POST /pos/draw", BodyHash: hashOf(arg)}})
	if err != nil {
		if fault.KindOf(err) == fault.Unavailable {
			a.v.Err = err
			return nil
		}
		return err
	}
	key := "pos.draw_won"
	switch {
	case got.Replayed:
		key = "pos.draw_was"
	case got.Prize == "":
		key = "pos.draw_nothing"
	}
	prize := strings.Join(a.h.grantTexts(a.v.desk, got.Grants), " · ")
	a.v.Says = append(a.v.Says, a.v.T(key, "prize", firstOf(prize, got.Prize, a.v.T("pos.draw_nothing"))))
	return nil
}

// fetched is how many of a grant lie in the basket.
func (b *basket) fetched(grant id.ID) (n int64) {
	for _, l := range b.Lines {
		if l.Grant == grant {
			n += int64(l.Quantity / money.One)
		}
	}
	return n
}

// taken is how many of a gift lie in the basket, for points or given.
func (b *basket) taken(gift id.ID) (n int64) {
	for _, l := range b.Lines {
		if l.Gift == gift {
			n += int64(l.Quantity / money.One)
		}
	}
	return n
}
