package checkout

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/shopwright/shopwright/core/campaign"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/event"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/setting"
)

// maxLateDays is how far back birthdays and lapses are made up for after the
// program has stood still.
const maxLateDays = 7

// RunTriggers lets the packs look at what has happened since the last time, at most
// limit events, and answers how many it dealt with; 0 is that nothing is left. It
// runs after the fact and may be broken off anywhere: a pack sees an event once. A
// merchant's first run begins with what happens from then on.
func (d *Desk) RunTriggers(ctx context.Context, merchant id.ID, limit int) (int, error) {
	t, err := d.triggers(ctx, merchant)
	if err != nil || len(t.shops) == 0 {
		return 0, err
	}
	cursor, err := campaign.GetCursor(ctx, d.DB, merchant)
	if err != nil {
		return 0, err
	}
	if !t.any || !cursor.Found {
		last, err := event.LastSeq(ctx, d.DB, merchant)
		if err != nil || cursor.Found && last == cursor.Seq {
			return 0, err
		}
		return 0, t.move(ctx, campaign.Cursor{Seq: last})
	}
	es, err := event.After(ctx, d.DB, merchant, cursor.Seq, limit)
	if err != nil || len(es) == 0 {
		return 0, err
	}
	for i := range es {
		if err := ctx.Err(); err != nil {
			return i, err
		}
		happened, err := t.means(ctx, &es[i])
		for k := 0; k < len(happened) && err == nil; k++ {
			err = t.fire(ctx, &happened[k])
		}
		if err != nil {
			return i, err
		}
		if err := t.move(ctx, campaign.Cursor{Seq: es[i].Seq}); err != nil {
			return i, err
		}
	}
	return len(es), nil
}

// RunTriggerDates lets the packs look at the birthdays and lapses of the dates that
// have begun since the last time.
func (d *Desk) RunTriggerDates(ctx context.Context, merchant id.ID) error {
	t, err := d.triggers(ctx, merchant)
	if err != nil || len(t.shops) == 0 {
		return err
	}
	cursor, err := campaign.GetCursor(ctx, d.DB, merchant)
	if err != nil {
		return err
	}
	now := d.DB.Now()
	today := t.shops[0].Zone.BusinessDate(now)
	for i := range t.shops { // the date that has begun in every shop
		today = min(today, t.shops[i].Zone.BusinessDate(now))
	}
	from := today
	if cursor.Date != "" {
		from = max(cursor.Date.AddDays(1), today.AddDays(1-maxLateDays))
	}
	for date := from; date <= today; date = date.AddDays(1) {
		if t.any {
			if err := t.date(ctx, date); err != nil {
				return err
			}
		}
		if !cursor.Found { // the events begin where the dates do
			if cursor.Seq, err = event.LastSeq(ctx, d.DB, merchant); err != nil {
				return err
			}
			cursor.Found = true
		}
		if err := t.move(ctx, campaign.Cursor{Seq: cursor.Seq, Date: date}); err != nil {
			return err
		}
	}
	return nil
}

// triggers is what the triggers of one merchant have in common.
type triggers struct {
	*reviewer
	any    bool // some shop has a pack on that serves the hook
	levels int
	lapses []int
}

func (d *Desk) triggers(ctx context.Context, merchant id.ID) (*triggers, error) {
	r, err := d.reviewer(ctx, merchant)
	if err != nil {
		return nil, err
	}
	t := &triggers{reviewer: r, levels: min(int(setting.ReferralLevels.In(r.settings)), campaign.MaxLevels)}
	for n := range strings.SplitSeq(setting.TriggerLapseDays.In(r.settings), ",") {
		if days, err := strconv.Atoi(strings.TrimSpace(n)); err == nil && days > 0 {
			t.lapses = append(t.lapses, days)
		}
	}
	for i := range r.shops {
		packs, err := r.packsOf(ctx, r.shops[i].ID)
		if err != nil {
			return nil, err
		}
		for k := range packs {
			t.any = t.any || packs[k].Serves(promotion.HookTrigger)
		}
	}
	return t, nil
}

func (t *triggers) move(ctx context.Context, c campaign.Cursor) error {
	return t.d.DB.InTx(ctx, func(_ context.Context, tx *db.Tx) error {
		campaign.QueueCursor(tx, t.m.ID, c)
		return nil
	})
}

// happening is something that packs are asked about, once for each key.
type happening struct {
	key    string
	member id.ID
	shop   id.ID // none: the member's
	view   promotion.EventView
}

// means says what an event means to the triggers; most mean nothing.
func (t *triggers) means(ctx context.Context, e *event.Event) ([]happening, error) {
	one := func(kind promotion.EventKind, key string, of id.ID, v promotion.EventView) []happening {
		v.Kind, v.At = kind, e.OccurredAt
		return []happening{{key: key, member: of, shop: e.Shop, view: v}}
	}
	switch e.Type {
	case member.EventJoined:
		var v member.Joined
		if err := e.Decode(&v); err != nil {
			return nil, err
		}
		return one(promotion.EventJoined, "joined:"+v.Member.String(), v.Member, promotion.EventView{}), nil
	case campaign.EventCheckedIn:
		var v campaign.CheckedIn
		if err := e.Decode(&v); err != nil {
			return nil, err
		}
		return one(promotion.EventCheckIn, fmt.Sprintf("check_in:%s:%s", v.Member, v.Date), v.Member, promotion.EventView{Value: v.Streak}), nil
	case EventTierChanged:
		var v struct {
			Member id.ID  `json:"member_id"`
			From   string `json:"from"`
			To     string `json:"to"`
		}
		if err := e.Decode(&v); err != nil || !t.policy.Above(v.To, v.From) {
			return nil, err
		}
		return one(promotion.EventTier, "tier:"+e.ID.String(), v.Member, promotion.EventView{Label: v.To}), nil
	case "sale.completed.v1":
		var v saleEvent
		if err := e.Decode(&v); err != nil || v.Member.IsNone() {
			return nil, err
		}
		return t.readSale(ctx, e, v.Sale)
	}
	return nil, nil
}

// readSale says what a sale means: the sale, a top-up, a tier that it reached, and
// to others, that somebody whom they brought has bought for the first time.
func (t *triggers) readSale(ctx context.Context, e *event.Event, saleID id.ID) ([]happening, error) {
	s, err := sale.Get(ctx, t.d.DB, t.m.ID, saleID)
	if err != nil {
		return nil, err
	}
	var out []happening
	add := func(kind promotion.EventKind, key string, of id.ID, v promotion.EventView) {
		v.Kind, v.At = kind, s.OccurredAt
		out = append(out, happening{key: key, member: of, shop: s.Shop, view: v})
	}
	var topUp money.Amount
	for i := range s.Lines {
		if s.Lines[i].Kind == sale.LineTopUp {
			topUp += s.Lines[i].Net
		}
	}
	spend, visit := spendOf(s)
	if visit {
		add(promotion.EventSale, "sale:"+s.ID.String(), s.Member, promotion.EventView{Amount: spend})
	}
	if topUp > 0 {
		add(promotion.EventTopUp, "top_up:"+s.ID.String(), s.Member, promotion.EventView{Amount: topUp})
	}
	if s.TierAfter != s.TierBefore && t.policy.Above(s.TierAfter, s.TierBefore) {
		add(promotion.EventTier, "tier:"+s.ID.String(), s.Member, promotion.EventView{Label: s.TierAfter})
	}
	if !visit {
		return out, nil
	}
	first, err := t.firstSale(ctx, s)
	if err != nil || !first || t.levels == 0 {
		return out, err
	}
	up, err := campaign.Above(ctx, t.d.DB, t.m.ID, s.Member)
	for i := 0; i < min(len(up), t.levels) && err == nil; i++ {
		add(promotion.EventReferral, fmt.Sprintf("referral:%s:%d", s.Member, i+1), up[i], promotion.EventView{Level: i + 1, Amount: spend})
	}
	return out, err
}

// firstSale notes the first sale of a member whom somebody brought, and says
// whether this is the one.
func (t *triggers) firstSale(ctx context.Context, s *sale.Sale) (bool, error) {
	v, found, err := campaign.FindReferral(ctx, t.d.DB, t.m.ID, s.Member)
	if err != nil || !found || !v.Sale.IsNone() {
		return found && v.Sale == s.ID, err
	}
	first := false
	err = t.d.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		first, err = campaign.FirstSale(ctx, tx, t.m.ID, s.Member, s.ID)
		return err
	})
	return first, err
}

// date asks about the birthdays and the lapses of a date.
func (t *triggers) date(ctx context.Context, date clock.Date) error {
	born, err := campaign.ListBornIn(ctx, t.d.DB, t.m.ID, int(date.Time().Month()))
	if err != nil {
		return err
	}
	for _, m := range born {
		var p member.Profile
		if err := t.d.DB.Batch(ctx, member.AskProfile(t.m.ID, m, &p)); err != nil {
			return err
		}
		month, day, err := p.Birthday(t.d.Vault)
		if err != nil {
			return err
		}
		if !member.BirthdayWithin(month, day, date, 0) {
			continue
		}
		h := happening{key: fmt.Sprintf("birthday:%s:%d", m, date.Time().Year()), member: m, view: promotion.EventView{Kind: promotion.EventBirthday, At: t.d.DB.Now()}}
		if err := t.fire(ctx, &h); err != nil {
			return err
		}
	}
	for _, days := range t.lapses {
		last := date.AddDays(-days)
		lapsed, err := campaign.ListLapsed(ctx, t.d.DB, t.m.ID, last)
		if err != nil {
			return err
		}
		for _, m := range lapsed {
			h := happening{key: fmt.Sprintf("lapsed:%s:%s:%d", m, last, days), member: m, view: promotion.EventView{Kind: promotion.EventLapsed, Value: int64(days), At: t.d.DB.Now()}}
			if err := t.fire(ctx, &h); err != nil {
				return err
			}
		}
	}
	return nil
}

// fire asks the packs about something that happened and gives what they answer. A
// member who is gone or not active is not asked about.
func (t *triggers) fire(ctx context.Context, h *happening) error {
	v, err := t.read(ctx, h.member)
	if errors.Is(err, ErrUnknownMember) {
		return nil
	}
	if err != nil {
		return err
	}
	if v.profile.Status != member.Active {
		return nil
	}
	for i := range t.shops {
		if t.shops[i].ID == h.shop {
			v.shop = &t.shops[i]
			v.today = v.shop.Zone.BusinessDate(v.now)
		}
	}
	packs, err := t.packsOf(ctx, v.shop.ID)
	if err != nil {
		return err
	}
	ran, err := campaign.RanBefore(ctx, t.d.DB, t.m.ID, h.key)
	if err != nil || len(ran) > 0 { // all packs of an event run in one transaction
		return err
	}
	in, err := t.input(ctx, v, v.today)
	if err != nil {
		return err
	}
	in.Event, in.Seed = h.view, seedOf(h.key)
	p := promotion.NewPipeline(t.d.Rules, packs, in)
	if !p.Serves(promotion.HookTrigger) {
		return nil
	}
	p.Trigger(ctx)
	if err := ctx.Err(); err != nil {
		return err
	}
	var gives []Give
	for _, g := range p.Grants {
		gives = append(gives, Give{Grant: g.Grant, PackID: g.Pack.ID, Version: g.Pack.Version})
	}
	found, unknown, err := resolve(ctx, t.d.DB, t.m.ID, gives, drawing(packs))
	if err != nil {
		return err
	}
	return t.apply(ctx, h, v, p, found, unknown)
}
