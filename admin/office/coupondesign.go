package office

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/catalog"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/coupon"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/tenant"
)

func couponDesignURL(d id.ID) string { return "/office/coupons/design/" + d.String() }

// couponForm is the form of a design, new or known.
type couponForm struct {
	d    coupon.Definition // known: with an id
	in   form
	cats []catalog.Category
}

func (v *couponForm) title(p *page) string {
	if v.d.ID.IsNone() {
		return p.T("office.coupons.new")
	}
	return v.d.Name
}

func (v *couponForm) action() string {
	if v.d.ID.IsNone() {
		return "/office/coupons/new"
	}
	return couponDesignURL(v.d.ID) + "/edit"
}

func (v *couponForm) back() string {
	if v.d.ID.IsNone() {
		return "/office/coupons"
	}
	return couponDesignURL(v.d.ID)
}

// kinds lists the kinds of coupons; of a known design there is only its own.
func (v *couponForm) kinds(p *page) (out []ui.Option) {
	for _, k := range []string{coupon.KindPercent, coupon.KindCash, coupon.KindProduct} {
		if v.d.ID.IsNone() || k == v.d.Kind {
			out = append(out, ui.Option{Value: k, Text: p.T("office.coupons.kind_" + k)})
		}
	}
	return out
}

func (f *office) showCouponForm(w http.ResponseWriter, r *http.Request, p *page, v *couponForm) (err error) {
	if v.cats, err = catalog.ListCategories(r.Context(), f.db, p.Merchant.ID); err != nil {
		return err
	}
	if v.in.err != nil {
		return f.again(w, r, v.in.err, couponDesignForm(p, v))
	}
	return f.show(w, r, couponDesignForm(p, v))
}

func (f *office) couponNew(w http.ResponseWriter, r *http.Request, p *page) error {
	return f.showCouponForm(w, r, p, &couponForm{in: values("kind", coupon.KindPercent, "uses", "1", "claim_per_member", "1")})
}

func (f *office) couponDesignEdit(w http.ResponseWriter, r *http.Request, p *page) error {
	d, err := f.couponDesignOf(r, p)
	if err != nil {
		return err
	}
	return f.showCouponForm(w, r, p, &couponForm{d: d, in: couponFormOf(p, d)})
}

func (f *office) couponDesignOf(r *http.Request, p *page) (coupon.Definition, error) {
	of, err := pathID(r, "id")
	if err != nil {
		return coupon.Definition{}, err
	}
	return coupon.GetDefinition(r.Context(), f.db, p.Merchant.ID, of)
}

func (f *office) couponDefine(w http.ResponseWriter, r *http.Request, p *page) error {
	in, err := formOf(r)
	if err != nil {
		return err
	}
	d, err := f.definitionIn(r.Context(), p, in)
	if err == nil {
		err = f.audited(r.Context(), "coupon.defined", "coupon_definition", map[string]string{"kind": d.Kind}, func(_ context.Context, tx *db.Tx) (string, error) {
			err := coupon.Define(tx, p.Merchant.ID, &d)
			return d.ID.String(), err
		})
	}
	if err != nil {
		in.err = err
		return f.showCouponForm(w, r, p, &couponForm{in: in})
	}
	return done(w, r, p, couponDesignURL(d.ID), "office.coupons.defined", "name", d.Name)
}

func (f *office) couponDesignChange(w http.ResponseWriter, r *http.Request, p *page) error {
	old, err := f.couponDesignOf(r, p)
	if err != nil {
		return err
	}
	in, err := formOf(r)
	if err != nil {
		return err
	}
	d, err := f.definitionIn(r.Context(), p, in)
	for _, s := range old.Shops { // those that this reader does not see stay
		if !slices.ContainsFunc(p.Shops, func(seen tenant.Shop) bool { return seen.ID == s }) {
			d.Shops = append(d.Shops, s)
		}
	}
	if err == nil {
		err = f.audited(r.Context(), "coupon.definition_changed", "coupon_definition", nil, func(ctx context.Context, tx *db.Tx) (string, error) {
			d.ID = old.ID
			err := coupon.Update(ctx, tx, p.Merchant.ID, &d)
			return d.ID.String(), err
		})
	}
	if err != nil {
		in.err = err
		return f.showCouponForm(w, r, p, &couponForm{d: old, in: in})
	}
	return done(w, r, p, couponDesignURL(old.ID), "office.coupons.changed", "name", d.Name)
}

func (f *office) couponDesignArchive(w http.ResponseWriter, r *http.Request, p *page) error {
	d, err := f.couponDesignOf(r, p)
	if err != nil {
		return err
	}
	in, err := formOf(r)
	if err != nil {
		return err
	}
	do, action, said := coupon.Restore, "coupon.restored", "office.coupons.was_restored"
	if in.on("archived") {
		do, action, said = coupon.Archive, "coupon.archived", "office.coupons.was_archived"
	}
	if err := f.audited(r.Context(), action, "coupon_definition", nil, func(ctx context.Context, tx *db.Tx) (string, error) {
		return d.ID.String(), do(ctx, tx, p.Merchant.ID, d.ID)
	}); err != nil {
		return err
	}
	return done(w, r, p, couponDesignURL(d.ID), said, "name", d.Name)
}

// couponCount reads a count; "" is 0. Fault: coupon.bad_definition.
func couponCount(in form, name string) (int64, error) {
	s := in.get(name)
	if s == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(plainNumber(s), 10, 32)
	if err != nil {
		return 0, coupon.ErrDefinition.On(name)
	}
	return n, nil
}

// definitionIn reads the form; a product is named by its code or barcode.
func (f *office) definitionIn(ctx context.Context, p *page, in form) (d coupon.Definition, err error) {
	d = coupon.Definition{Name: in.get("name"), Code: in.get("code"), Kind: in.get("kind"), Category: in.get("category"), Stacking: in.get("stacking"), Personal: in.on("personal"),
		FromDate: clock.Date(in.get("from_date")), UntilDate: clock.Date(in.get("until_date")), Claim: coupon.Claim{Code: in.get("claim_code")}}
	if s := in.get("rate"); s != "" && d.Kind == coupon.KindPercent {
		if d.Rate, err = percent(plainNumber(s)); err != nil {
			return d, fault.Of(err).On("rate")
		}
	}
	if d.Kind == coupon.KindCash {
		if d.Amount, err = amountIn(p, in.get("amount"), "amount"); err != nil {
			return d, err
		}
	}
	if d.MinSpend, err = amountIn(p, in.get("min_spend"), "min_spend"); err != nil {
		return d, err
	}
	for name, to := range map[string]*int64{"uses": &d.Uses, "per_member": &d.PerMember, "issue_limit": &d.IssueLimit, "claim_limit": &d.Claim.Limit, "claim_per_member": &d.Claim.PerMember} {
		if *to, err = couponCount(in, name); err != nil {
			return d, err
		}
	}
	for name, to := range map[string]*int{"valid_after_days": &d.ValidAfter, "valid_days": &d.ValidDays, "remind_days": &d.RemindDays} {
		n, err := couponCount(in, name)
		if err != nil {
			return d, err
		}
		*to = int(n)
	}
	for name, to := range map[string]*clock.Instant{"claim_from": &d.Claim.From, "claim_until": &d.Claim.Until} {
		if *to, err = couponMomentIn(p, in, name); err != nil {
			return d, err
		}
	}
	if err := couponConditionsIn(p, in, &d); err != nil {
		return d, err
	}
	if d.Kind == coupon.KindProduct && in.get("sku_id") != "" {
		var hits []catalog.Hit
		if err := f.db.Batch(ctx, catalog.AskSKUs(p.Merchant.ID, nil, []string{in.get("sku_id")}, &hits)); err != nil {
			return d, err
		}
		if len(hits) == 0 {
			return d, catalog.ErrNotFound.On("sku_id")
		}
		d.SKU, d.SKUCode = hits[0].ID, hits[0].Code
	}
	return d, nil
}

// couponConditionsIn reads shops, weekdays and times of day.
func couponConditionsIn(p *page, in form, d *coupon.Definition) error {
	for _, s := range p.Shops {
		if in.on("shop:" + s.ID.String()) {
			d.Shops = append(d.Shops, s.ID)
		}
	}
	for day := range 7 {
		if in.on("day:" + strconv.Itoa(day)) {
			d.Weekdays |= 1 << day
		}
	}
	for s := range strings.FieldsFuncSeq(in.get("slots"), func(r rune) bool { return r == ',' || r == ';' || r == '，' || r == '、' }) {
		if strings.TrimSpace(s) == "" {
			continue
		}
		slot, err := coupon.ParseSlot(strings.NewReplacer("：", ":", "–", "-", "～", "-").Replace(s))
		if err != nil {
			return err
		}
		d.Slots = append(d.Slots, slot)
	}
	return nil
}

const couponMomentForm = "2006-01-02T15:04"

// couponMomentIn reads an input of type datetime-local, in the shop's time. Fault:
// coupon.bad_definition.
func couponMomentIn(p *page, in form, name string) (clock.Instant, error) {
	s := in.get(name)
	if s == "" {
		return 0, nil
	}
	t, err := time.ParseInLocation(couponMomentForm, s, pageZone(p))
	if err != nil {
		return 0, coupon.ErrDefinition.On(name)
	}
	return clock.Of(t), nil
}

func pageZone(p *page) *time.Location {
	if p.Zone != nil {
		return p.Zone
	}
	return time.UTC
}

func couponMoment(p *page, at clock.Instant) string {
	if at == 0 {
		return ""
	}
	return at.Time().In(pageZone(p)).Format(couponMomentForm)
}

func couponCountText(n int64) string {
	if n == 0 {
		return ""
	}
	return itoa(n)
}

// couponFormOf is a design as its form shows it.
func couponFormOf(p *page, d coupon.Definition) form {
	pairs := []string{"name", d.Name, "code", d.Code, "kind", d.Kind, "category", d.Category, "stacking", d.Stacking, "uses", itoa(d.Uses), "per_member", couponCountText(d.PerMember), "sku_id", d.SKUCode,
		"valid_after_days", couponCountText(int64(d.ValidAfter)), "valid_days", couponCountText(int64(d.ValidDays)), "from_date", string(d.FromDate), "until_date", string(d.UntilDate),
		"remind_days", couponCountText(int64(d.RemindDays)), "issue_limit", couponCountText(d.IssueLimit), "claim_code", d.Claim.Code, "claim_from", couponMoment(p, d.Claim.From), "claim_until", couponMoment(p, d.Claim.Until),
		"claim_limit", couponCountText(d.Claim.Limit), "claim_per_member", couponCountText(d.Claim.PerMember), "slots", couponSlots(d)}
	if d.Rate > 0 {
		pairs = append(pairs, "rate", (d.Rate * 100).String())
	}
	if d.Amount > 0 {
		pairs = append(pairs, "amount", p.Currency.Format(d.Amount))
	}
	if d.MinSpend > 0 {
		pairs = append(pairs, "min_spend", p.Currency.Format(d.MinSpend))
	}
	if d.Personal {
		pairs = append(pairs, "personal", "true")
	}
	for _, s := range d.Shops {
		pairs = append(pairs, "shop:"+s.String(), "true")
	}
	for day := range 7 {
		if d.Weekdays != 0 && d.Weekdays.Has(day) {
			pairs = append(pairs, "day:"+strconv.Itoa(day), "true")
		}
	}
	return values(pairs...)
}

func couponSlots(d coupon.Definition) string {
	var out []string
	for _, s := range d.Slots {
		out = append(out, s.String())
	}
	return strings.Join(out, ", ")
}

// couponValidity says in words how long coupons of the design are good.
func couponValidity(p *page, d coupon.Definition) string {
	var out []string
	if d.ValidAfter > 0 {
		out = append(out, p.T("office.coupons.after_days", "count", d.ValidAfter))
	}
	if d.ValidDays > 0 {
		out = append(out, p.T("office.coupons.for_days", "count", d.ValidDays))
	}
	if d.FromDate != "" {
		out = append(out, p.T("office.coupons.from_day", "date", p.Date(d.FromDate)))
	}
	if d.UntilDate != "" {
		out = append(out, p.T("office.coupons.until_day", "date", p.Date(d.UntilDate)))
	}
	if len(out) == 0 {
		return p.T("office.coupons.endless")
	}
	return strings.Join(out, " · ")
}
