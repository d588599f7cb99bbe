package checkout

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/campaign"
	"github.com/shopwright/shopwright/core/catalog"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/coupon"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/loyalty"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/setting"
	"github.com/shopwright/shopwright/core/tax"
	"github.com/shopwright/shopwright/core/tenant"
	"github.com/shopwright/shopwright/core/wallet"
)

// loaded is all that a quote reads, in one trip.
type loaded struct {
	now      clock.Instant
	desk     tenant.Desk
	settings setting.Values
	hits     []catalog.Hit
	profile  member.Profile
	accounts []ledger.Account
	facts    []promotion.FactValue
	tiers    []member.Tier
	staff    []auth.Staff
	coupons  []coupon.Coupon
	active   []pack.Activation
	rates    tax.Table
	sold     []catalog.PunchPlan // that this basket sells
	plans    []catalog.PunchPlan // that cover one of its services
	gifts    []loyalty.Gift
	fetched  []campaign.Grant          // that gift lines are fetched of
	family   []wallet.Wallet           // of those whose punch cards the member may use
	card     member.Card               // the card that was shown
	weighed  map[string]money.Quantity // by weight code

	usable         []wallet.Usable
	giftCounts     map[id.ID]int64 // how many of each gift the member took before
	giftSKUs       []catalog.Hit
	tierState      loyalty.State
	stage          *stage // the rules' work on the quote
	reached        string // the tier that this basket itself raises the member to, where it is priced on that
	pin            member.PIN
	relatives      []id.ID
	familyAccounts [][]ledger.Account
	familyUsable   [][]wallet.Usable
}

// zoneEntry remembers a register's time zone for a while: the date of the facts'
// windows is needed before the trip that would read it.
type zoneEntry struct {
	zone  clock.Zone
	until clock.Instant
}

func (d *Desk) zoneOf(ctx context.Context, m, register id.ID, now clock.Instant) (clock.Zone, error) {
	key := [2]id.ID{m, register}
	if e, ok := d.zones.Load(key); ok && e.(zoneEntry).until > now && e.(zoneEntry).until < now.Add(2*time.Minute) {
		return e.(zoneEntry).zone, nil
	}
	var desk tenant.Desk
	if err := d.DB.Batch(ctx, tenant.AskDesk(m, register, &desk)); err != nil {
		return clock.Zone{}, err
	}
	if err := desk.Check(); err != nil {
		return clock.Zone{}, err
	}
	d.zones.Store(key, zoneEntry{desk.Shop.Zone, now.Add(time.Minute)})
	return desk.Shop.Zone, nil
}

func (d *Desk) load(ctx context.Context, b *Basket) (*loaded, error) {
	l := &loaded{now: d.DB.Now()}
	zone, err := d.zoneOf(ctx, b.Merchant, b.Register, l.now)
	if err != nil {
		return nil, err
	}
	var ids, staffIDs, planIDs, giftIDs, grantIDs []id.ID
	var barcodes []string
	for _, in := range b.Lines {
		for _, sh := range in.Splits {
			staffIDs = append(staffIDs, sh.Staff)
		}
		if !in.Plan.IsNone() {
			planIDs = append(planIDs, in.Plan)
		}
		if !in.Gift.IsNone() {
			giftIDs = append(giftIDs, in.Gift)
		}
		if !in.Grant.IsNone() {
			grantIDs = append(grantIDs, in.Grant)
		}
		if !in.SKU.IsNone() {
			ids = append(ids, in.SKU)
		}
		if in.Barcode != "" {
			barcodes = append(append(barcodes, in.Barcode), catalog.WeightArticles(in.Barcode)...)
		}
		if !in.Staff.IsNone() {
			staffIDs = append(staffIDs, in.Staff)
		}
	}
	asks := []db.Ask{
		tenant.AskDesk(b.Merchant, b.Register, &l.desk),
		setting.AskAll(b.Merchant, b.Shop, b.Register, &l.settings),
		pack.AskActive(b.Merchant, b.Shop, &l.active),
		tax.AskRates(b.Merchant, b.Shop, &l.rates),
	}
	if len(planIDs) > 0 {
		asks = append(asks, catalog.AskPlans(b.Merchant, planIDs, &l.sold))
	}
	if len(giftIDs) > 0 {
		asks = append(asks, loyalty.AskGifts(b.Merchant, giftIDs, &l.gifts), loyalty.AskGiftCounts(b.Merchant, b.Member, giftIDs, &l.giftCounts))
	}
	if len(grantIDs) > 0 {
		asks = append(asks, campaign.AskGrants(b.Merchant, grantIDs, &l.fetched))
	}
	if len(ids)+len(barcodes) > 0 {
		asks = append(asks, catalog.AskSKUs(b.Merchant, ids, barcodes, &l.hits))
	}
	if len(staffIDs) > 0 {
		asks = append(asks, auth.AskStaff(b.Merchant, staffIDs, &l.staff))
	}
	if len(b.Coupons) > 0 {
		asks = append(asks, coupon.AskByCodesFor(b.Merchant, b.Coupons, b.Member, &l.coupons))
	}
	known := d.Packs.Generation()
	if !b.Member.IsNone() {
		// Which packs are on is only known from the same trip: the facts of all.
		facts, err := d.Packs.For(ctx, b.Merchant).FactRefs()
		if err != nil {
			return nil, err
		}
		asks = append(asks, member.AskProfile(b.Merchant, b.Member, &l.profile), wallet.AskAccounts(b.Merchant, b.Member, &l.accounts), member.AskTiers(b.Merchant, &l.tiers))
		asks = append(asks, member.AskFactsAt(zone, b.Merchant, b.Member, b.Shop, zone.BusinessDate(l.now), facts, &l.facts)...)
		asks = append(asks, wallet.AskUsable(b.Merchant, b.Member, l.now, &l.usable), member.AskFamily(b.Merchant, b.Member, &l.relatives), member.AskPIN(b.Merchant, b.Member, &l.pin), loyalty.AskState(b.Merchant, b.Member, &l.tierState))
		if len(ids) > 0 {
			asks = append(asks, catalog.AskPlansCovering(b.Merchant, ids, &l.plans))
		}
		if b.Card != "" {
			asks = append(asks, member.AskCard(d.Vault, b.Merchant, b.Card, &l.card))
		}
	}
	if err := d.DB.Batch(ctx, asks...); err != nil {
		return nil, err
	}
	if err := l.check(b); err != nil {
		return nil, err
	}
	if err := d.lateFacts(ctx, b, l, known); err != nil {
		return nil, err
	}
	return l, d.loadMore(ctx, b, l)
}

// loadMore reads what few baskets need and what only the first read could tell:
// the punch cards of relatives, and the plans of a service that was scanned.
func (d *Desk) loadMore(ctx context.Context, b *Basket, l *loaded) error {
	var asks []db.Ask
	services := l.services(b)
	if len(services) > 0 && !b.Member.IsNone() {
		for i, r := range l.relatives {
			if i == 0 {
				l.family = make([]wallet.Wallet, len(l.relatives))
				l.familyAccounts, l.familyUsable = make([][]ledger.Account, len(l.relatives)), make([][]wallet.Usable, len(l.relatives))
			}
			asks = append(asks, wallet.AskAccounts(b.Merchant, r, &l.familyAccounts[i]), wallet.AskUsable(b.Merchant, r, l.now, &l.familyUsable[i]))
		}
		if l.scanned(b) && (len(asks) > 0 || len(wallet.Of(b.Member, l.accounts).Punches) > 0) {
			asks = append(asks, catalog.AskPlansCovering(b.Merchant, services, &l.plans))
		}
	}
	var skus []id.ID
	for i := range l.gifts {
		if !l.gifts[i].SKU.IsNone() {
			skus = append(skus, l.gifts[i].SKU)
		}
	}
	if len(skus) > 0 {
		asks = append(asks, catalog.AskSKUs(b.Merchant, skus, nil, &l.giftSKUs))
	}
	if len(asks) == 0 {
		return nil
	}
	if err := d.DB.Batch(ctx, asks...); err != nil {
		return err
	}
	for i := range l.family {
		l.family[i] = wallet.OfWith(l.relatives[i], l.familyAccounts[i], l.familyUsable[i])
	}
	return nil
}

// giftSKU is the SKU whose stock a gift takes from, nil where it is none.
func (l *loaded) giftSKU(sku id.ID) *catalog.SKU {
	for i := range l.giftSKUs {
		if l.giftSKUs[i].SKU.ID == sku {
			return &l.giftSKUs[i].SKU
		}
	}
	return nil
}

// services lists the services of the basket.
func (l *loaded) services(b *Basket) (out []id.ID) {
	for i := range b.Lines {
		if sku := l.skuOf(&b.Lines[i]); b.Lines[i].Kind == "" && sku != nil && sku.Kind == catalog.Service {
			out = append(out, sku.ID)
		}
	}
	return out
}

// scanned reports whether a line came as a barcode, so that its SKU was not known
// before the first read.
func (l *loaded) scanned(b *Basket) bool {
	return slices.ContainsFunc(b.Lines, func(in LineIn) bool { return in.Barcode != "" })
}

func (l *loaded) planOf(plan id.ID) *catalog.PunchPlan {
	for _, list := range [][]catalog.PunchPlan{l.sold, l.plans} {
		for i := range list {
			if list[i].ID == plan {
				return &list[i]
			}
		}
	}
	return nil
}

func (l *loaded) giftOf(gift id.ID) *loyalty.Gift {
	for i := range l.gifts {
		if l.gifts[i].ID == gift {
			return &l.gifts[i]
		}
	}
	return nil
}

func (l *loaded) grantOf(grant id.ID) *campaign.Grant {
	for i := range l.fetched {
		if l.fetched[i].ID == grant {
			return &l.fetched[i]
		}
	}
	return nil
}

// earns reports whether the card that was shown earns points.
func (l *loaded) earns() bool { return l.card.Earns() }

// check says what of the basket does not exist. A member or SKU of another
// merchant does not exist.
func (l *loaded) check(b *Basket) error {
	if err := l.desk.CheckShop(b.Shop); err != nil {
		return err
	}
	if err := l.weigh(b); err != nil {
		return err
	}
	if !b.Member.IsNone() {
		if l.profile.ID.IsNone() {
			return ErrUnknownMember.On("member_id")
		}
		if l.profile.Status != member.Active {
			return ErrMemberBlocked.On("member_id")
		}
	}
	if b.Card != "" && !b.Member.IsNone() && l.card.Member == b.Member { // a phone number or document that found the member is no card
		if err := l.card.Usable(l.now); err != nil {
			return fault.Of(err).On("card")
		}
	}
	for i, in := range b.Lines {
		if !in.Staff.IsNone() && l.staffOf(in.Staff) == nil {
			return ErrUnknownStaff.On(fmt.Sprintf("lines[%d].staff_id", i))
		}
		for k, sh := range in.Splits {
			if l.staffOf(sh.Staff) == nil {
				return ErrUnknownStaff.On(fmt.Sprintf("lines[%d].splits[%d].staff_id", i, k))
			}
		}
		switch {
		case in.Kind == sale.LineTopUp, in.Kind == sale.LineGiftCard:
			continue
		case in.Kind == sale.LineGift:
			if l.giftOf(in.Gift) == nil {
				return loyalty.ErrGiftNotFound.On(fmt.Sprintf("lines[%d].gift_id", i))
			}
			if g := l.grantOf(in.Grant); !in.Grant.IsNone() && (g == nil || g.Kind != campaign.GiftOf || g.Target != in.Gift) {
				return campaign.ErrGrantNotFound.On(fmt.Sprintf("lines[%d].grant_id", i))
			}
			continue
		case !in.Plan.IsNone():
			p := l.planOf(in.Plan)
			if p == nil {
				return catalog.ErrPlanNotFound.On(fmt.Sprintf("lines[%d].plan_id", i))
			}
			if p.Archived {
				return catalog.ErrPlanArchived.On(fmt.Sprintf("lines[%d].plan_id", i))
			}
			continue
		}
		if sku := l.skuOf(&b.Lines[i]); sku == nil || sku.Archived {
			at := "sku_id"
			if in.Barcode != "" {
				at = "barcode"
			}
			return ErrUnknownSKU.On(fmt.Sprintf("lines[%d].%s", i, at))
		}
	}
	for i, code := range b.Coupons {
		c := l.couponOf(code)
		if c == nil {
			return coupon.ErrNotFound.On(fmt.Sprintf("coupons[%d]", i))
		}
		if err := c.UsableIn(coupon.UseAt(l.desk.Shop.Zone, b.Member, b.Shop, id.None, l.now)); err != nil {
			return err
		}
	}
	return nil
}

func (l *loaded) skuOf(in *LineIn) *catalog.SKU {
	for i := range l.hits {
		h := &l.hits[i]
		if in.Barcode != "" && h.Barcode == in.Barcode || in.Barcode == "" && h.SKU.ID == in.SKU {
			return &h.SKU
		}
	}
	return nil
}

func (l *loaded) staffOf(s id.ID) *auth.Staff {
	for i := range l.staff {
		if l.staff[i].ID == s {
			return &l.staff[i]
		}
	}
	return nil
}

func (l *loaded) couponOf(code string) *coupon.Coupon {
	for i := range l.coupons {
		if l.coupons[i].Code == code {
			return &l.coupons[i]
		}
	}
	return nil
}
