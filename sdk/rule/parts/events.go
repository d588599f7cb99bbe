package parts

import "github.com/shopwright/shopwright/sdk/rule"

// Events gives members something for what happens: joining, a birthday, a
// check-in, days in a row with one, a tier, somebody brought along, and to win them
// back after a long time away.
//
// Settings, each list with a gift in every row: joined_on, joined_gifts;
// birthday_gift_on, birthday_gifts (tier: "" is every member); checkin_on,
// checkin_points (each time), checkin_gifts (days in a row, repeat: each time so many
// days are full, else the first time only); lapse_on, lapse_gifts (days away);
// tier_gift_on, tier_gifts (tier); referral_on, referral_levels (1, or 2: also for
// members whom the brought ones bring), referral_gifts (level, spend: least sum of
// the first purchase, percent: of that sum, as points or money). Notes:
// <joined|birthday|checkin|streak|lapsed|tier|referral>_<kind of gift>.
type Events struct {
	joined, birthday, streak, lapse, tier, referral []eventGift
	checkIn                                         gift
	levels                                          uint32
}

type eventGift struct {
	gift
	tier   string
	days   int64
	repeat bool
	level  uint32
	spend  rule.Amount
	rate   rule.Rate
}

// Configure reads the part's settings.
func (e *Events) Configure(v rule.Value) {
	*e = Events{
		joined:   eventGifts(v, "joined_on", "joined_gifts"),
		birthday: eventGifts(v, "birthday_gift_on", "birthday_gifts"),
		streak:   eventGifts(v, "checkin_on", "checkin_gifts"),
		lapse:    eventGifts(v, "lapse_on", "lapse_gifts"),
		tier:     eventGifts(v, "tier_gift_on", "tier_gifts"),
		referral: eventGifts(v, "referral_on", "referral_gifts"),
		levels:   uint32(min(max(v.Int("referral_levels", 1), 1), 2)),
	}
	if v.Bool("checkin_on", false) {
		e.checkIn = gift{kind: rule.GrantPoints, name: "points", count: v.Int("checkin_points", 0)}
	}
}

func eventGifts(v rule.Value, on, key string) []eventGift {
	if !v.Bool(on, false) {
		return nil
	}
	var all []eventGift
	for _, x := range v.List(key) {
		all = append(all, eventGift{giftOf(x), x.Text("tier", ""), x.Int("days", 1), x.Bool("repeat", false),
			uint32(x.Int("level", 1)), x.Amount("spend", 0), x.Percent("percent", 0)})
	}
	return all
}

// Trigger proposes what the event sets off.
func (e *Events) Trigger(in *rule.Input, out *rule.Output) error {
	v := &in.Event
	switch v.Kind {
	case rule.EventJoined:
		each(e.joined, out, "joined", rule.Note{}, func(*eventGift) bool { return true })
	case rule.EventBirthday:
		each(e.birthday, out, "birthday", rule.Note{}, func(g *eventGift) bool { return g.tier == "" || g.tier == in.Member.Tier })
	case rule.EventCheckIn:
		e.checkIn.give(out, "checkin", 1, rule.Note{})
		each(e.streak, out, "streak", rule.Note{Arg: v.Value}, func(g *eventGift) bool {
			return g.days > 0 && (v.Value == g.days || g.repeat && v.Value > 0 && v.Value%g.days == 0)
		})
	case rule.EventLapsed:
		each(e.lapse, out, "lapsed", rule.Note{Arg: v.Value}, func(g *eventGift) bool { return v.Value == g.days })
	case rule.EventTier:
		each(e.tier, out, "tier", rule.Note{Label: v.Label}, func(g *eventGift) bool { return g.tier == v.Label })
	case rule.EventReferral:
		if v.Level >= 1 && v.Level <= e.levels {
			e.refer(in, out)
		}
	}
	return nil
}

func each(rows []eventGift, out *rule.Output, why string, n rule.Note, holds func(*eventGift) bool) {
	for i := range rows {
		if g := &rows[i]; holds(g) {
			g.give(out, why, 1, n)
		}
	}
}

// refer gives for a member brought along, also a part of the first purchase.
func (e *Events) refer(in *rule.Input, out *rule.Output) {
	v := &in.Event
	for i := range e.referral {
		g := e.referral[i]
		if g.level != v.Level || v.Amount < g.spend {
			continue
		}
		if a := part(v.Amount, g.rate); a > 0 {
			switch g.kind {
			case rule.GrantMoney:
				g.money += a
			case rule.GrantPoints:
				g.count += int64(a) / in.MajorUnit()
			}
		}
		g.give(out, "referral", 1, rule.Note{Arg: int64(v.Level)})
	}
}
