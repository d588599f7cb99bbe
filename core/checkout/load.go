package checkout

import (
	"context"
	"fmt"
	"time"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/catalog"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/coupon"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/setting"
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
	var ids, staffIDs []id.ID
	var barcodes []string
	for _, in := range b.Lines {
		if !in.SKU.IsNone() {
			ids = append(ids, in.SKU)
		}
		if in.Barcode != "" {
			barcodes = append(barcodes, in.Barcode)
		}
		if !in.Staff.IsNone() {
			staffIDs = append(staffIDs, in.Staff)
		}
	}
	asks := []db.Ask{
		tenant.AskDesk(b.Merchant, b.Register, &l.desk),
		setting.AskAll(b.Merchant, b.Shop, b.Register, &l.settings),
		pack.AskActive(b.Merchant, b.Shop, &l.active),
	}
	if len(ids)+len(barcodes) > 0 {
		asks = append(asks, catalog.AskSKUs(b.Merchant, ids, barcodes, &l.hits))
	}
	if len(staffIDs) > 0 {
		asks = append(asks, auth.AskStaff(b.Merchant, staffIDs, &l.staff))
	}
	if len(b.Coupons) > 0 {
		asks = append(asks, coupon.AskByCodes(b.Merchant, b.Coupons, &l.coupons))
	}
	if !b.Member.IsNone() {
		asks = append(asks, member.AskProfile(b.Merchant, b.Member, &l.profile), wallet.AskAccounts(b.Merchant, b.Member, &l.accounts), member.AskTiers(b.Merchant, &l.tiers))
		asks = append(asks, member.AskFacts(b.Merchant, b.Member, zone.BusinessDate(l.now), d.factRefs(), &l.facts)...)
	}
	if err := d.DB.Batch(ctx, asks...); err != nil {
		return nil, err
	}
	return l, l.check(b)
}

// check says what of the basket does not exist. A member or SKU of another
// merchant does not exist.
func (l *loaded) check(b *Basket) error {
	if err := l.desk.CheckShop(b.Shop); err != nil {
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
	for i, in := range b.Lines {
		if !in.Staff.IsNone() && l.staffOf(in.Staff) == nil {
			return ErrUnknownStaff.On(fmt.Sprintf("lines[%d].staff_id", i))
		}
		if in.Kind == sale.LineTopUp {
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
		if err := c.UsableBy(b.Member, id.None, l.now); err != nil {
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

// factRefs is the union of the facts that any installed pack asks for: which
// packs are on is only known from the same trip.
func (d *Desk) factRefs() []promotion.FactRef {
	var out []promotion.FactRef
	seen := map[promotion.FactRef]bool{}
	for _, b := range d.Packs.List() {
		for _, f := range b.FactRefs() {
			if !seen[f] {
				seen[f] = true
				out = append(out, f)
			}
		}
	}
	return out
}
