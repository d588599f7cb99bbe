package notice

import (
	"context"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopwright/shopwright/core/campaign"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/coupon"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/event"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/message"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/setting"
	"github.com/shopwright/shopwright/core/tenant"
	"github.com/shopwright/shopwright/core/wallet"
)

// Reader turns what happens into messages.
type Reader struct {
	DB    *db.DB
	Vault *member.Vault
	Log   *slog.Logger
	// Cards says whether a merchant's cards on telephones are to be kept up to date.
	Cards func(merchant id.ID) bool
}

// round is one look at one merchant.
type round struct {
	*Reader
	m      tenant.Merchant
	zone   clock.Zone
	policy message.Policy
	cards  bool
	tiers  []member.Tier // read where needed
}

// Follow reads the events since the last time, at most limit, and answers how many;
// 0 is that nothing is left.
func (r *Reader) Follow(ctx context.Context, merchant id.ID, limit int) (int, error) {
	values, err := setting.All(ctx, r.DB, merchant, id.None, id.None)
	if err != nil {
		return 0, err
	}
	x := &round{Reader: r, policy: message.PolicyOf(values), cards: r.Cards != nil && r.Cards(merchant)}
	cursor, err := message.GetCursor(ctx, r.DB, merchant)
	if err != nil {
		return 0, err
	}
	switch {
	case !x.policy.Any() && !x.cards && !cursor.Found:
		return 0, nil
	case !x.policy.Any() && !x.cards:
		return 0, r.DB.InTx(ctx, func(_ context.Context, tx *db.Tx) error { message.DropCursor(tx, merchant); return nil })
	}
	if x.m, err = tenant.GetMerchant(ctx, r.DB, merchant); err != nil {
		return 0, err
	}
	shops, err := tenant.ListShops(ctx, r.DB, merchant)
	if err != nil {
		return 0, err
	}
	x.zone = clock.Zone{Loc: time.UTC}
	if len(shops) > 0 {
		x.zone = shops[0].Zone
	}
	if !cursor.Found {
		last, err := event.LastSeq(ctx, r.DB, merchant)
		if err != nil {
			return 0, err
		}
		return 0, r.DB.InTx(ctx, func(_ context.Context, tx *db.Tx) error {
			message.QueueCursor(tx, merchant, message.Cursor{Seq: last, Coupons: tx.Now, Born: x.zone.BusinessDate(tx.Now)})
			return nil
		})
	}
	es, err := event.After(ctx, r.DB, merchant, cursor.Seq, limit)
	if err != nil {
		return 0, err
	}
	n := 0
	for i := range es {
		if err := x.take(ctx, &es[i]); err != nil {
			return n, err
		}
		n++
	}
	return n, x.coupons(ctx, cursor)
}

// take writes what an event means, and that it was read, in one transaction.
func (x *round) take(ctx context.Context, e *event.Event) error {
	said, touched, err := x.means(ctx, e)
	if err != nil {
		return err
	}
	said = slices.DeleteFunc(said, func(n message.New) bool { return !x.policy.Sends(n.Kind) || n.Member.IsNone() })
	return x.DB.InTx(ctx, func(_ context.Context, tx *db.Tx) error {
		for _, n := range said {
			n.Merchant = x.m.ID
			message.Queue(tx, n)
		}
		if x.cards && !touched.IsNone() {
			message.QueueCard(tx, x.m.ID, touched, e.Seq)
		}
		message.QueueCursor(tx, x.m.ID, message.Cursor{Seq: e.Seq})
		return nil
	})
}

// means says what an event has a member told, and whose card it changes.
func (x *round) means(ctx context.Context, e *event.Event) (said []message.New, touched id.ID, err error) {
	one := func(kind string, of id.ID, params map[string]string) []message.New {
		return []message.New{{Member: of, Shop: e.Shop, Kind: kind, Origin: kind + ":" + e.ID.String(), Params: params}}
	}
	switch e.Type {
	case "sale.completed.v1", "sale.refunded.v1", "sale.cashed_out.v1":
		var v struct {
			Sale   id.ID `json:"sale_id"`
			Member id.ID `json:"member_id"`
		}
		if err := e.Decode(&v); err != nil || v.Member.IsNone() {
			return nil, id.None, err
		}
		said, err = x.sale(ctx, e, v.Sale)
		return said, v.Member, err
	case "member.tier_changed.v1":
		var v struct {
			Member   id.ID `json:"member_id"`
			From, To string
		}
		if err := e.Decode(&v); err != nil {
			return nil, id.None, err
		}
		name, rose, err := x.tier(ctx, v.From, v.To)
		if err != nil || !rose {
			return nil, v.Member, err
		}
		return one(message.KindTier, v.Member, map[string]string{"tier": name}), v.Member, nil
	case campaign.EventMessageDue:
		var v campaign.MessageDue
		if err := e.Decode(&v); err != nil {
			return nil, id.None, err
		}
		n := one(message.KindRule, v.Member, map[string]string{"arg": strconv.FormatInt(v.Arg, 10), "money": x.m.Currency.Format(money.Amount(v.Money)), "label": v.Label})
		n[0].Code, n[0].Origin = v.Template, "rule:"+v.Grant.String()
		return n, id.None, nil
	case wallet.EventExpiring:
		var v struct {
			Member id.ID        `json:"member_id"`
			Class  string       `json:"class"`
			Amount money.Amount `json:"amount"`
			At     string       `json:"expires_at"`
		}
		if err := e.Decode(&v); err != nil {
			return nil, id.None, err
		}
		amount := strconv.FormatInt(int64(v.Amount), 10)
		if v.Class == ledger.ClassPrincipal || v.Class == ledger.ClassBonus {
			amount = x.m.Currency.Format(v.Amount)
		}
		return one(message.KindExpiring, v.Member, map[string]string{"what": v.Class, "amount": amount, "until": x.day(v.At)}), id.None, nil
	case coupon.EventExpiring:
		var v coupon.Expiring
		if err := e.Decode(&v); err != nil {
			return nil, id.None, err
		}
		d, err := coupon.GetDefinition(ctx, x.DB, x.m.ID, v.Definition)
		if err != nil {
			return nil, id.None, err
		}
		return one(message.KindCouponExpiring, v.Member, map[string]string{"coupon": d.Name, "until": x.until(v.ValidUntil, v.UntilDate)}), id.None, nil
	case "campaign.granted.v1":
		var v struct {
			Member id.ID `json:"member_id"`
		}
		err := e.Decode(&v) // points and money given outside a sale: the card shows them
		return nil, v.Member, err
	}
	return nil, id.None, nil
}

// day is the date of an instant that is written as text, by the clock of the first shop.
func (x *round) day(text string) string {
	var at clock.Instant
	if at.UnmarshalText([]byte(text)) != nil {
		return text
	}
	return x.until(at, "")
}

func (x *round) until(at clock.Instant, date clock.Date) string {
	if date != "" || at == 0 {
		return string(date)
	}
	return x.zone.Local(at.Add(-time.Microsecond)).Format(time.DateOnly) // the last day, not the midnight after it
}

// tier names a tier and says whether it is above the one before.
func (x *round) tier(ctx context.Context, from, to string) (name string, rose bool, err error) {
	if x.tiers == nil {
		if x.tiers, err = member.ListTiers(ctx, x.DB, x.m.ID); err != nil {
			return "", false, err
		}
	}
	rank := func(code string) (int, string) {
		for _, t := range x.tiers {
			if t.Code == code {
				return t.Rank, t.Name
			}
		}
		return -1, code
	}
	before, _ := rank(from)
	after, name := rank(to)
	return name, to != "" && after > before, nil
}

// sale says what a document has its member told: one message, of the money before the
// visits before the points; and another where the member has risen.
func (x *round) sale(ctx context.Context, e *event.Event, saleID id.ID) ([]message.New, error) {
	s, err := sale.Get(ctx, x.DB, x.m.ID, saleID)
	if err != nil {
		return nil, err
	}
	moved, err := wallet.Movements(ctx, x.DB, x.m.ID, s.Member, 200)
	if err != nil {
		return nil, err
	}
	var cash money.Amount
	var points, visits int64
	seen := map[string]bool{}
	for _, v := range moved {
		if v.Sale != saleID {
			continue
		}
		switch v.Class {
		case ledger.ClassPrincipal, ledger.ClassBonus:
			cash += v.Amount
		case ledger.ClassPoints:
			points += int64(v.Amount)
		case ledger.ClassPunch:
			visits += int64(v.Amount)
		}
		seen[v.Class] = true
	}
	var out []message.New
	add := func(kind string, params map[string]string) {
		out = append(out, message.New{Member: s.Member, Shop: s.Shop, Kind: kind, Origin: kind + ":" + e.ID.String(), Params: params})
	}
	w := wallet.Wallet{}
	if len(seen) > 0 {
		if w, err = wallet.Get(ctx, x.DB, x.m.ID, s.Member); err != nil {
			return nil, err
		}
	}
	switch c := x.m.Currency; {
	case (seen[ledger.ClassPrincipal] || seen[ledger.ClassBonus]) && x.policy.Sends(message.KindMoney):
		add(message.KindMoney, map[string]string{"amount": signed(c.Format(cash)), "balance": c.Format(w.StoredValue()), "points": signed(strconv.FormatInt(points, 10)), "points_balance": strconv.FormatInt(w.Points, 10)})
	case seen[ledger.ClassPunch] && x.policy.Sends(message.KindPunch):
		rest := int64(0)
		for _, p := range w.Punches {
			rest += p.Remaining
		}
		add(message.KindPunch, map[string]string{"count": signed(strconv.FormatInt(visits, 10)), "rest": strconv.FormatInt(rest, 10)})
	case points != 0 && x.policy.Sends(message.KindPoints):
		add(message.KindPoints, map[string]string{"points": signed(strconv.FormatInt(points, 10)), "balance": strconv.FormatInt(w.Points, 10)})
	}
	if s.TierAfter != s.TierBefore {
		name, rose, err := x.tier(ctx, s.TierBefore, s.TierAfter)
		if err != nil {
			return nil, err
		}
		if rose {
			add(message.KindTier, map[string]string{"tier": name})
		}
	}
	return out, nil
}

// signed shows on which side a figure moved: "+88.00", "-12.00".
func signed(s string) string {
	if strings.HasPrefix(s, "-") {
		return s
	}
	return "+" + s
}

const (
	couponRest = time.Minute     // a coupon is looked for when no transaction that began before may still commit
	couponBack = 5 * time.Minute // and looked for again, as long as one could be late
)

// coupons writes who got coupons: by a sale, a campaign, a batch or by hand.
func (x *round) coupons(ctx context.Context, cursor message.Cursor) error {
	until := x.DB.Now().Add(-couponRest)
	if !x.policy.Sends(message.KindCoupon) || until <= cursor.Coupons {
		return nil
	}
	type issue struct {
		definition, member id.ID
		at, validUntil     clock.Instant
		untilDate          clock.Date
		n                  int64
	}
	// Ids rise with the time, so the primary key finds the newest.
	list, err := db.All(ctx, x.DB, func(r db.Row, v *issue) error {
		return r.Scan(&v.definition, &v.member, &v.at, &v.n, &v.validUntil, &v.untilDate)
	},
		`select definition_id, member_id, issued_at, count(*), coalesce(max(valid_until), 0), max(until_date) from coupons
		where merchant_id = $1 and id >= $2 and issued_at > $3 and issued_at <= $4 and member_id is not null and state = 'active'
		group by definition_id, member_id, issued_at order by issued_at, member_id, definition_id`,
		x.m.ID, firstOf(cursor.Coupons.Add(-couponBack)), cursor.Coupons.Add(-couponBack), until)
	if err != nil {
		return err
	}
	names := map[id.ID]string{}
	for len(list) > 0 {
		part := list[:min(len(list), 100)]
		list = list[len(part):]
		for _, v := range part {
			if _, known := names[v.definition]; !known {
				d, err := coupon.GetDefinition(ctx, x.DB, x.m.ID, v.definition)
				if err != nil {
					return err
				}
				names[v.definition] = d.Name
			}
		}
		err := x.DB.InTx(ctx, func(_ context.Context, tx *db.Tx) error {
			for _, v := range part {
				message.Queue(tx, message.New{Merchant: x.m.ID, Member: v.member, Kind: message.KindCoupon, Origin: "coupon:" + v.definition.String() + ":" + v.member.String() + ":" + v.at.String(),
					Params: map[string]string{"coupon": names[v.definition], "count": strconv.FormatInt(v.n, 10), "until": x.until(v.validUntil, v.untilDate)}})
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return x.DB.InTx(ctx, func(_ context.Context, tx *db.Tx) error {
		message.QueueCursor(tx, x.m.ID, message.Cursor{Coupons: until})
		return nil
	})
}

// firstOf is an id not above any that is made at or after an instant.
func firstOf(at clock.Instant) id.ID {
	u := id.New(int64(at))
	var out id.ID
	copy(out[:6], u[:6]) // the milliseconds; the rest is zero
	return out
}

// maxLateDays is how far back birthdays are made up for.
const maxLateDays = 3

// Birthdays writes the messages of the birthdays that have begun since the last time.
func (r *Reader) Birthdays(ctx context.Context, merchant id.ID) error {
	values, err := setting.All(ctx, r.DB, merchant, id.None, id.None)
	if err != nil || !message.PolicyOf(values).Sends(message.KindBirthday) {
		return err
	}
	cursor, err := message.GetCursor(ctx, r.DB, merchant)
	shops, e := tenant.ListShops(ctx, r.DB, merchant)
	if err != nil || e != nil || len(shops) == 0 || !cursor.Found {
		return firstError(err, e)
	}
	today := shops[0].Zone.BusinessDate(r.DB.Now())
	for date := max(cursor.Born.AddDays(1), today.AddDays(1-maxLateDays)); date <= today; date = date.AddDays(1) {
		born, err := campaign.ListBornIn(ctx, r.DB, merchant, int(date.Time().Month()))
		if err != nil {
			return err
		}
		var who []id.ID
		for _, m := range born {
			var p member.Profile
			if err := r.DB.Batch(ctx, member.AskProfile(merchant, m, &p)); err != nil {
				return err
			}
			month, day, err := p.Birthday(r.Vault)
			if err != nil {
				return err
			}
			if member.BirthdayWithin(month, day, date, 0) {
				who = append(who, m)
			}
		}
		err = r.DB.InTx(ctx, func(_ context.Context, tx *db.Tx) error {
			for _, m := range who {
				message.Queue(tx, message.New{Merchant: merchant, Member: m, Kind: message.KindBirthday, Origin: "birthday:" + m.String() + ":" + date.Time().Format("2006")})
			}
			message.QueueCursor(tx, merchant, message.Cursor{Born: date})
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// CardView reads what a member's card shows, for message.Cards.
func (r *Reader) CardView(ctx context.Context, merchant, memberID id.ID, app string) (message.CardView, error) {
	mb, err := member.Get(ctx, r.DB, r.Vault, merchant, memberID)
	if err != nil {
		return message.CardView{}, err
	}
	m, err := tenant.GetMerchant(ctx, r.DB, merchant)
	if err != nil {
		return message.CardView{}, err
	}
	cards, err := member.ListCards(ctx, r.DB, merchant, memberID)
	if err != nil {
		return message.CardView{}, err
	}
	w, err := wallet.Get(ctx, r.DB, merchant, memberID)
	if err != nil {
		return message.CardView{}, err
	}
	v := message.CardView{App: app, Subject: mb.Private.Subjects.Of(app), Points: w.Points, Balance: m.Currency.Format(w.StoredValue()), Tier: mb.Tier}
	for _, c := range cards {
		if c.Status == member.CardActive {
			v.Code = c.Number
			break
		}
	}
	return v, nil
}

// Events lists the types of event that members may be told of.
func Events() []string {
	return []string{"sale.completed.v1", "sale.refunded.v1", "sale.cashed_out.v1", "member.tier_changed.v1", "campaign.granted.v1", campaign.EventMessageDue, wallet.EventExpiring, coupon.EventExpiring}
}
