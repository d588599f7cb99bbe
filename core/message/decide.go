package message

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/i18n"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/setting"
	"github.com/shopwright/shopwright/core/tenant"
)

const capDays = 30

// decision is what is to become of a claimed message.
type decision struct {
	to        State // Sending, or where it goes instead
	why       string
	at        clock.Instant
	connector Connector
	parcel    Parcel
	segments  int
	cost      money.Amount
	currency  string
}

func skip(why string) decision { return decision{to: Skipped, why: why} }

func (c *Courier) merchant(ctx context.Context, m id.ID) (tenant.Merchant, error) {
	return tenant.GetMerchant(ctx, c.DB, m)
}

// place is where a message comes from.
type place struct {
	merchant tenant.Merchant
	shop     tenant.Shop
	policy   Policy
}

func (c *Courier) place(ctx context.Context, v *Message) (p place, err error) {
	if p.merchant, err = c.merchant(ctx, v.Merchant); err != nil {
		return p, err
	}
	shops, err := tenant.ListShops(ctx, c.DB, v.Merchant)
	if err != nil {
		return p, err
	}
	for i, s := range shops {
		if i == 0 || s.ID == v.Shop {
			p.shop = s
		}
	}
	values, err := setting.All(ctx, c.DB, v.Merchant, v.Shop, id.None)
	p.policy = PolicyOf(values)
	return p, err
}

// decide looks at everything that may keep a message from being sent, as it is now.
func (c *Courier) decide(ctx context.Context, v *Message) (decision, error) {
	k, _ := KindOf(v.Kind)
	now := c.DB.Now()
	if now >= v.ExpiresAt {
		why := WhyLate
		if v.Reason != "" { // what has kept it waiting says more
			why = v.Reason
		}
		return skip(why), nil
	}
	p, err := c.place(ctx, v)
	if err != nil {
		return decision{}, err
	}
	if !p.policy.Sends(v.Kind) {
		return skip(WhyOff), nil
	}
	mb, err := member.Get(ctx, c.DB, c.Vault, v.Merchant, v.Member)
	switch {
	case errors.Is(err, member.ErrNotFound):
		return skip(WhyGone), nil
	case err != nil:
		return decision{}, err
	case mb.Status != member.Active && mb.Status != member.Frozen, k.Marketing && mb.Status != member.Active:
		return skip(WhyGone), nil
	}
	if why, err := c.unwanted(ctx, v, k); err != nil || why != "" {
		return skip(why), err
	}
	if k.Marketing {
		if end := p.policy.Quiet.End(now, p.shop.Zone.Loc); end > now {
			return decision{to: Held, why: WhyQuiet, at: end}, nil
		}
		if p.policy.Cap > 0 {
			n, err := db.Value[int64](ctx, c.DB, `select count(*) from messages where merchant_id = $1 and member_id = $2 and kind in_texts($3) and sent_at > $4`,
				v.Merchant, v.Member, marketing(), now.Add(-capDays*24*time.Hour))
			if err != nil || n >= p.policy.Cap {
				return skip(WhyCap), err
			}
		}
	}
	return c.address(ctx, v, p, mb)
}

// unwanted answers why the member is not to be told, "" where nothing speaks against it.
func (c *Courier) unwanted(ctx context.Context, v *Message, k Kind) (string, error) {
	out, err := ListOptOuts(ctx, c.DB, v.Merchant, v.Member)
	if err != nil {
		return "", err
	}
	if stops(out, k) {
		return WhyOptedOut, nil
	}
	if k.Name == KindVerification {
		return "", nil
	}
	purpose := member.PurposeMessages
	if k.Marketing {
		purpose = member.PurposeMarketing
	}
	yes, err := member.Consented(ctx, c.DB, v.Merchant, purpose, []id.ID{v.Member})
	if err == nil && !yes[v.Member] {
		return WhyNoConsent, nil
	}
	return "", err
}

// reach answers the member's name by a channel, "" where there is none.
func reach(mb *member.Member, channel, app string) string {
	if channel == ChannelWeChat {
		return mb.Private.Subjects.Of(app)
	}
	phone := mb.Private.Phone
	if len(phone) == 11 && phone[0] == '1' { // NormalisePhone takes the mainland's code away
		return "+86" + phone
	}
	return phone
}

func (c *Courier) recipient(ctx context.Context, v *Message, channel, app string) (string, *member.Member, error) {
	mb, err := member.Get(ctx, c.DB, c.Vault, v.Merchant, v.Member)
	if errors.Is(err, member.ErrNotFound) {
		return "", nil, nil
	}
	return reach(&mb, channel, app), &mb, err
}

// address chooses the way and writes the words.
func (c *Courier) address(ctx context.Context, v *Message, p place, mb member.Member) (decision, error) {
	own, err := ListTemplates(ctx, c.DB, v.Merchant)
	if err != nil {
		return decision{}, err
	}
	language := i18n.Match(p.merchant.Locale).Tag()
	away := false
	for _, channel := range p.policy.Channels {
		t, ok := Find(own, v.Kind, v.Code, channel, language)
		if !ok {
			continue
		}
		k, ok := c.Connectors.For(v.Merchant, v.Shop, channel)
		if !ok {
			away = true
			continue
		}
		to := reach(&mb, channel, k.App())
		if to == "" {
			continue
		}
		d := decision{to: Sending, connector: k, currency: p.merchant.Currency.Code}
		values := c.values(v, p, mb.DisplayName)
		text, params, err := t.Render(values)
		if err != nil {
			return decision{to: Failed, why: ErrBody.Reason}, nil
		}
		sender := p.policy.Signature
		if sender == "" {
			sender = p.merchant.Name
		}
		d.parcel = Parcel{Key: v.ID.String(), Channel: channel, Recipient: to, Template: t.ProviderTemplate, Params: params, Text: text, Sender: sender, Link: t.Link}
		if channel == ChannelSMS {
			parts, unicode := Segments(text)
			if unicode && sender != "" && !strings.Contains(text, sender) { // gateways put the signature before it
				parts, _ = Segments("【" + sender + "】" + text)
			}
			d.segments = parts
			d.cost = p.policy.Price * money.Amount(d.segments)
		}
		return c.afford(ctx, v, p, d)
	}
	if away {
		return decision{to: Queued, why: WhyNoConnector, at: c.DB.Now().Add(time.Minute)}, nil
	}
	return skip(WhyNoWay), nil
}

func (c *Courier) values(v *Message, p place, name string) map[string]string {
	out := map[string]string{"name": name, "merchant": p.merchant.Name, "shop": p.shop.Name}
	for k, x := range v.Params {
		out[k] = x
	}
	if v.Kind == KindVerification {
		if code, err := id.Parse(strings.TrimPrefix(v.Origin, "code:")); err == nil {
			out["code"] = c.Vault.Code(v.Merchant, code)
		}
		out["minutes"] = "5"
	}
	return out
}

// afford keeps to the month's limit. A code is sent beyond it: somebody waits for it.
func (c *Courier) afford(ctx context.Context, v *Message, p place, d decision) (decision, error) {
	if p.policy.Limit == 0 || v.Kind == KindVerification {
		return d, nil
	}
	from, to := MonthOf(c.DB.Now(), p.shop.Zone)
	spent, err := db.Value[int64](ctx, c.DB, `select cast(coalesce(sum(cost), 0) as bigint) from messages where merchant_id = $1 and sent_at >= $2 and sent_at < $3 and sent_at > 0`, v.Merchant, from, to)
	if err == nil && money.Amount(spent)+d.cost > p.policy.Limit {
		return skip(WhyLimit), nil
	}
	return d, err
}

// MonthOf is the calendar month of an instant by a shop's clock.
func MonthOf(now clock.Instant, zone clock.Zone) (from, to clock.Instant) {
	loc := zone.Loc
	if loc == nil {
		loc = time.UTC
	}
	t := now.Time().In(loc)
	first := time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, loc)
	return clock.Of(first), clock.Of(first.AddDate(0, 1, 0))
}
