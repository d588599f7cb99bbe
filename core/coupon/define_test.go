package coupon_test

import (
	"context"
	"strings"
	"testing"

	"github.com/shopwright/shopwright/core/coupon"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
)

// full is a definition with everything in it.
func full() coupon.Definition {
	return coupon.Definition{Name: "满 100 减 12", Kind: coupon.KindCash, Amount: 1200, Category: "drinks", MinSpend: 10000, Stacking: "festival", Uses: 3, PerMember: 2, Personal: true,
		Shops: []id.ID{shop, fake(21)}, Weekdays: coupon.On(0, 6), Slots: []coupon.Slot{{From: 60, To: 120}, {From: 1320, To: 30}}, ValidAfter: 1, ValidDays: 30, FromDate: "2026-05-01", UntilDate: "2026-12-31",
		RemindDays: 3, IssueLimit: 5, Claim: coupon.Claim{Code: "MAYDAY", From: 10, Until: 20, Limit: 4, PerMember: 1}}
}

func (e env) update(d coupon.Definition) error {
	return e.try(func(ctx context.Context, tx *db.Tx) error { return coupon.Update(ctx, tx, m, &d) })
}

func (e env) definition(of id.ID) coupon.Definition {
	e.Helper()
	d, err := coupon.GetDefinition(context.Background(), e.d, m, of)
	e.must(err)
	return d
}

func TestADefinitionComesBackAsItWasStored(t *testing.T) {
	each(t, func(e env) {
		d := full()
		d.Claim.Code = " mayday "
		e.must(e.try(func(_ context.Context, tx *db.Tx) error { return coupon.Define(tx, m, &d) }))
		got := e.definition(d.ID)
		if show(got) != show(d) || got.Version != 1 || got.Claim.Code != "MAYDAY" || got.CreatedAt == 0 {
			e.Fatalf("\n%s\n%s", show(got), show(d))
		}
		if list, err := coupon.Definitions(context.Background(), e.d, m); err != nil || len(list) != 1 || show(list[0]) != show(d) {
			e.Fatalf("%+v %v", list, err)
		}
		if list, err := coupon.Definitions(context.Background(), e.d, fake(2)); err != nil || len(list) != 0 {
			e.Fatalf("another merchant's: %+v %v", list, err)
		}
		again := full()
		e.want(e.try(func(_ context.Context, tx *db.Tx) error { return coupon.Define(tx, m, &again) }), coupon.ErrClaimCodeTaken)
	})
}

func TestAnIssuedCouponKeepsItsTerms(t *testing.T) {
	each(t, func(e env) {
		d := e.cash(func(d *coupon.Definition) { d.ValidDays, d.MinSpend = 30, 500 })
		old := e.issue(d, ann)
		d.Name, d.RemindDays = "eleven off", 2
		e.must(e.update(d))
		if got := e.definition(d.ID); got.Version != 1 || got.Name != "eleven off" {
			e.Fatalf("a name is no term: %+v", got)
		}
		d.Amount, d.MinSpend, d.ValidDays, d.Shops, d.Weekdays, d.PerMember, d.Uses = 1100, 900, 5, []id.ID{fake(21)}, coupon.On(1), 1, 7
		e.must(e.update(d))
		d = e.definition(d.ID)
		young := e.issue(d, ann)
		a, b := e.get(old.ID), e.get(young.ID)
		if x := a.Definition; x.Amount != 1000 || x.MinSpend != 500 || len(x.Shops) != 0 || x.Weekdays != 0 || x.PerMember != 0 || x.Version != 1 || a.Uses != 1 || x.Name != "eleven off" || a.ValidUntil != old.ValidUntil {
			e.Fatalf("%+v", a)
		}
		if x := b.Definition; x.Amount != 1100 || x.MinSpend != 900 || len(x.Shops) != 1 || x.PerMember != 1 || x.Version != 2 || b.Uses != 7 || b.ValidUntil >= a.ValidUntil {
			e.Fatalf("%+v", b)
		}
		if v := a.View(1); v.Amount != 1000 || v.MinSpend != 500 {
			e.Fatalf("%+v", v)
		}
		e.must(e.use(a.ID, ann, fake(500)))
		e.want(e.use(b.ID, ann, fake(501)), coupon.ErrWrongShop)

		d.Kind, d.Rate = coupon.KindPercent, 100_000
		e.want(e.update(d), coupon.ErrDefinition)
		e.must(e.try(func(ctx context.Context, tx *db.Tx) error { return coupon.Archive(ctx, tx, m, d.ID) }))
		d = e.definition(d.ID)
		e.want(d.MayIssue(), coupon.ErrArchived)
		e.want(e.update(d), coupon.ErrArchived)
		if list, err := coupon.ListDefinitions(context.Background(), e.d, m, true); err != nil || len(list) != 1 {
			e.Fatalf("%+v %v", list, err)
		}
		e.restore(fake(500))
		e.must(e.use(a.ID, ann, fake(502))) // what is issued stays good
		e.must(e.try(func(ctx context.Context, tx *db.Tx) error { return coupon.Restore(ctx, tx, m, d.ID) }))
		d = e.definition(d.ID)
		e.must(d.MayIssue())
		e.want(e.try(func(ctx context.Context, tx *db.Tx) error { return coupon.Archive(ctx, tx, m, fake(999)) }), coupon.ErrNoDefinition)
	})
}

func TestA08TheLastIssueIsGivenOnce(t *testing.T) {
	each(t, func(e env) {
		d := e.cash(func(d *coupon.Definition) { d.IssueLimit = 3 })
		e.issue(d, ann)
		e.issue(d, ann)
		issue := func(int) error {
			return e.try(func(_ context.Context, tx *db.Tx) error { coupon.Issue(tx, m, &d, ben, "", 0); return nil })
		}
		if won := e.race(24, coupon.ErrIssueLimit, issue); won != 1 {
			e.Fatalf("%d won", won)
		}
		d.IssueLimit = 2
		e.want(e.update(d), coupon.ErrIssueLimit)
		d.IssueLimit = 0
		e.must(e.update(d))
		e.must(issue(0))
		// A limit that comes later begins with what there is.
		d.IssueLimit = 3
		e.want(e.update(d), coupon.ErrIssueLimit)
		d.IssueLimit = 5
		e.must(e.update(d))
		if won := e.race(8, coupon.ErrIssueLimit, issue); won != 1 {
			e.Fatalf("%d won", won)
		}
	})
}

// A limit is set while coupons are being issued: none slips past the count.
func TestALimitSetWhileIssuingCountsAll(t *testing.T) {
	each(t, func(e env) {
		d := e.cash(nil)
		limited := d
		limited.IssueLimit = 20
		e.race(48, coupon.ErrIssueLimit, func(i int) error {
			if i == 12 {
				return e.update(limited)
			}
			return e.try(func(_ context.Context, tx *db.Tx) error { coupon.Issue(tx, m, &d, ann, "", 0); return nil })
		})
		n, err := db.Value[int64](context.Background(), e.d, `select count(*) from coupons where merchant_id = $1`, m)
		e.must(err)
		counted, err := db.Value[int64](context.Background(), e.d, `select issued from coupon_definitions where merchant_id = $1`, m)
		e.must(err)
		if limit := e.definition(d.ID).IssueLimit; limit != 0 && (n > 20 || n != counted) {
			e.Fatalf("%d coupons, counted %d, limit %d", n, counted, limit)
		}
	})
}

func TestBadDefinitions(t *testing.T) {
	for at, f := range map[string]func(d *coupon.Definition){
		"name": func(d *coupon.Definition) { d.Name = strings.Repeat("好", 201) }, "kind": func(d *coupon.Definition) { d.Kind = "gift" }, "amount": func(d *coupon.Definition) { d.Amount = 0 },
		"uses": func(d *coupon.Definition) { d.Uses = -1 }, "min_spend": func(d *coupon.Definition) { d.MinSpend = -1 }, "per_member": func(d *coupon.Definition) { d.PerMember = -1 },
		"shops": func(d *coupon.Definition) { d.Shops = []id.ID{id.None} }, "weekdays": func(d *coupon.Definition) { d.Weekdays = 128 },
		"slots": func(d *coupon.Definition) { d.Slots = []coupon.Slot{{From: 60, To: 60}} }, "valid_after_days": func(d *coupon.Definition) { d.ValidAfter = -1 },
		"valid_days": func(d *coupon.Definition) { d.ValidDays = 36501 }, "from_date": func(d *coupon.Definition) { d.FromDate = "2026-13-01" },
		"until_date": func(d *coupon.Definition) { d.UntilDate = "2026-04-30" }, "remind_days": func(d *coupon.Definition) { d.RemindDays = 366 },
		"issue_limit": func(d *coupon.Definition) { d.IssueLimit = -1 }, "claim_code": func(d *coupon.Definition) { d.Claim.Code = "A B C" },
		"claim_until": func(d *coupon.Definition) { d.Claim.Until = 9 }, "claim_limit": func(d *coupon.Definition) { d.Claim.Limit = -1 },
		"claim_per_member": func(d *coupon.Definition) { d.Claim.PerMember = -1 }, "category": func(d *coupon.Definition) { d.Category = strings.Repeat("x", 65) },
		"stacking": func(d *coupon.Definition) { d.Stacking = strings.Repeat("x", 41) },
		"rate":     func(d *coupon.Definition) { d.Kind, d.Rate = coupon.KindPercent, 1_000_001 },
		"sku_id":   func(d *coupon.Definition) { d.Kind = coupon.KindProduct },
	} {
		d := full()
		if err := d.Check(); err != nil {
			t.Fatal(err)
		}
		f(&d)
		if got := fault.Of(d.Check()); got.Reason != coupon.ErrDefinition.Reason || got.Param != at {
			t.Errorf("%s: %v at %q", at, got, got.Param)
		}
	}
}
