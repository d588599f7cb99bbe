package coupon_test

import (
	"context"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/coupon"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
)

func TestA08OfManyUsesOfTheLastOneWins(t *testing.T) {
	each(t, func(e env) {
		c := e.issue(e.cash(func(d *coupon.Definition) { d.Uses = 3 }), id.None)
		e.must(e.use(c.ID, ann, fake(500)))
		e.must(e.use(c.ID, ann, fake(501)))
		if won := e.race(32, coupon.ErrUsed, func(i int) error { return e.use(c.ID, fake(600+i), fake(700+i)) }); won != 1 {
			e.Fatalf("%d won", won)
		}
		if got := e.get(c.ID); got.Used != 3 || got.Uses != 3 {
			e.Fatalf("%+v", got)
		}
	})
}

// The guard alone: nobody looks before the use, as if every checkout had read the
// coupon at the same moment.
func TestA08TheConstraintHoldsWhereNobodyLooked(t *testing.T) {
	each(t, func(e env) {
		c := e.issue(e.cash(nil), id.None)
		if won := e.race(16, coupon.ErrUsed, func(i int) error {
			return e.try(func(_ context.Context, tx *db.Tx) error {
				seen := c
				coupon.QueueUse(tx, m, &seen, coupon.Use{Member: fake(600 + i), Shop: shop, Sale: fake(700 + i)})
				return nil
			})
		}); won != 1 {
			e.Fatalf("%d won", won)
		}
	})
}

func TestA08AMembersLimitHoldsOverManyCoupons(t *testing.T) {
	each(t, func(e env) {
		d := e.cash(func(d *coupon.Definition) { d.PerMember = 2 })
		var cs []coupon.Coupon
		for i := range 24 {
			to := ann
			if i%2 == 1 {
				to = id.None // a bearer's: counts for whoever uses it
			}
			cs = append(cs, e.issue(d, to))
		}
		if won := e.race(24, coupon.ErrMemberLimit, func(i int) error { return e.use(cs[i].ID, ann, fake(700+i)) }); won != 2 {
			e.Fatalf("%d won", won)
		}
		var left, used []id.ID
		var sale id.ID
		for i, c := range cs {
			if e.get(c.ID).Used == 0 {
				left = append(left, c.ID)
			} else {
				used, sale = append(used, c.ID), fake(700+i)
			}
		}
		if len(used) != 2 {
			e.Fatal(used)
		}
		// Another member has their own two; a bearer's coupon needs somebody named.
		for _, c := range cs {
			if got := e.get(c.ID); got.Used == 0 && got.Member.IsNone() {
				e.want(e.use(c.ID, id.None, fake(800)), coupon.ErrMemberNeeded)
				e.must(e.use(c.ID, ben, fake(801)))
				break
			}
		}
		// What is given back may be used again, once.
		e.restore(sale)
		won := 0
		for i, c := range left {
			if err := e.use(c, ann, fake(900+i)); err == nil {
				won++
			}
		}
		if won != 1 {
			e.Fatalf("%d after a refund", won)
		}
	})
}

func TestA08AnOpenSaleHoldsTheMembersLimit(t *testing.T) {
	each(t, func(e env) {
		d := e.cash(func(d *coupon.Definition) { d.PerMember = 1 })
		a, b := e.issue(d, ann), e.issue(d, ann)
		e.must(e.hold(a.ID, ann, fake(500)))
		e.want(e.use(b.ID, ann, fake(501)), coupon.ErrMemberLimit)
		e.want(e.hold(b.ID, ann, fake(501)), coupon.ErrMemberLimit)
		e.want(e.use(a.ID, ann, fake(501)), coupon.ErrLocked)
		e.unlock(a.ID, fake(501)) // not its holder: changes nothing
		e.want(e.use(a.ID, ann, fake(501)), coupon.ErrLocked)
		e.unlock(a.ID, fake(500))
		e.unlock(a.ID, fake(500))
		e.must(e.hold(b.ID, ann, fake(502)))
		e.must(e.use(b.ID, ann, fake(502))) // the sale that holds it
		e.want(e.use(a.ID, ann, fake(503)), coupon.ErrMemberLimit)
		e.restore(fake(502))
		// As if both sales had looked while nothing was held: the constraint decides.
		if won := e.race(2, coupon.ErrMemberLimit, func(i int) error {
			return e.try(func(_ context.Context, tx *db.Tx) error {
				seen := []coupon.Coupon{a, b}[i]
				coupon.QueueHold(tx, m, &seen, e.at(ann, fake(504+i)))
				return nil
			})
		}); won != 1 {
			e.Fatalf("%d hold", won)
		}
	})
}

func TestA08AHeldCouponOutlivesItsSlotAndItsEnd(t *testing.T) {
	each(t, func(e env) {
		d := e.cash(func(d *coupon.Definition) { d.Slots = []coupon.Slot{{From: 11 * 60, To: 14 * 60}}; d.ValidDays = 1 })
		a, b := e.issue(d, ann), e.issue(d, ann)
		e.must(e.hold(a.ID, ann, fake(500)))
		e.c.Advance(25 * time.Hour)
		e.want(e.use(b.ID, ann, fake(501)), coupon.ErrExpired)
		e.must(e.use(a.ID, ann, fake(500)))
		if got := e.get(a.ID); got.Used != 1 || !got.LockedBy.IsNone() {
			e.Fatalf("%+v", got)
		}
	})
}

func TestA08ExpiryComesWithTheClock(t *testing.T) {
	each(t, func(e env) {
		days := e.issue(e.cash(func(d *coupon.Definition) { d.ValidAfter, d.ValidDays = 2, 3 }), ann)
		dates := e.issue(e.cash(func(d *coupon.Definition) { d.FromDate, d.UntilDate = "2026-05-17", "2026-05-19" }), ann)
		e.want(e.use(days.ID, ann, fake(500)), coupon.ErrNotYet)
		e.want(e.use(dates.ID, ann, fake(500)), coupon.ErrNotYet)
		// The business day begins at 04:00, so the 17th at 03:59 is still the 16th.
		e.c.Set(time.Date(2026, 5, 16, 19, 59, 0, 0, time.UTC))
		e.want(e.use(dates.ID, ann, fake(500)), coupon.ErrNotYet)
		e.c.Advance(time.Minute)
		e.must(e.use(dates.ID, ann, fake(500)))
		e.restore(fake(500))
		e.c.Set(time.Date(2026, 5, 19, 19, 59, 59, 0, time.UTC)) // the 20th at 03:59:59
		e.must(e.use(dates.ID, ann, fake(501)))
		e.restore(fake(501))
		e.c.Advance(time.Second)
		e.want(e.use(dates.ID, ann, fake(502)), coupon.ErrExpired)
		e.c.Set(start.Add(5*24*time.Hour - time.Microsecond))
		e.must(e.use(days.ID, ann, fake(503)))
		e.restore(fake(503))
		e.c.Advance(time.Microsecond)
		e.want(e.use(days.ID, ann, fake(504)), coupon.ErrExpired)
	})
}

func TestTheSimplerCallsStillWork(t *testing.T) {
	each(t, func(e env) {
		d := e.cash(func(d *coupon.Definition) { d.PerMember = 1 })
		c := e.issue(d, ann)
		ctx := context.Background()
		var rows []coupon.Coupon
		e.must(e.d.Batch(ctx, coupon.AskByCodes(m, []string{c.Code, "NONE"}, &rows)))
		if len(rows) != 1 || rows[0].UsableBy(ann, id.None, e.d.Now()) != nil {
			e.Fatalf("%+v", rows)
		}
		e.must(e.try(func(ctx context.Context, tx *db.Tx) error {
			tx.AskAll(coupon.AskLocked(m, []id.ID{c.ID}, &rows))
			if err := tx.Flush(ctx); err != nil {
				return err
			}
			coupon.QueueLock(tx, m, c.ID, fake(500))
			return nil
		}))
		e.want(e.use(c.ID, ann, fake(501)), coupon.ErrLocked)
		e.must(e.try(func(ctx context.Context, tx *db.Tx) error {
			if err := tx.Batch(ctx, coupon.AskLocked(m, []id.ID{c.ID}, &rows)); err != nil {
				return err
			}
			coupon.QueueUnlock(tx, m, fake(500), []id.ID{c.ID})
			coupon.QueueRedeem(tx, m, &rows[0], fake(500))
			return nil
		}))
		uses, err := coupon.UsesOf(ctx, e.d, m, c.ID)
		if err != nil || len(uses) != 1 || uses[0].Sale != fake(500) || uses[0].Member != ann || uses[0].ReversedAt != 0 {
			e.Fatalf("%+v %v", uses, err)
		}
		if got := e.get(c.ID); got.Used != 1 || got.MemberUsed != 1 {
			e.Fatalf("%+v", got)
		}
		e.restore(fake(500))
		if got := e.get(c.ID); got.Used != 0 || got.MemberUsed != 0 {
			e.Fatalf("%+v", got)
		}
		e.restore(fake(500)) // nothing is left to give back
		e.must(e.use(c.ID, ann, fake(502)))
		if uses, err = coupon.UsesOf(ctx, e.d, m, c.ID); err != nil || len(uses) != 2 || uses[0].ReversedAt == 0 || uses[1].Shop != shop {
			e.Fatalf("%+v %v", uses, err)
		}
	})
}

func TestWhatATillMayOffer(t *testing.T) {
	each(t, func(e env) {
		plain := e.issue(e.cash(nil), ann)
		soon := e.issue(e.cash(func(d *coupon.Definition) { d.ValidDays = 2 }), ann)
		elsewhere := e.issue(e.cash(func(d *coupon.Definition) { d.Shops = []id.ID{fake(21)} }), ann)
		used := e.issue(e.cash(nil), ann)
		e.must(e.use(used.ID, ann, fake(500)))
		e.issue(e.cash(nil), ben)
		e.issue(e.cash(nil), id.None)
		e.issue(e.cash(func(d *coupon.Definition) { d.ValidAfter = 5 }), ann)
		e.issue(e.cash(func(d *coupon.Definition) { d.UntilDate = "2026-05-10" }), ann)
		yesterday := e.issue(e.cash(func(d *coupon.Definition) { d.UntilDate = "2026-05-14" }), ann) // somewhere it may be the 14th
		var got []coupon.Coupon
		ask := coupon.AskOfMember(m, ann, e.d.Now(), &got)
		e.must(e.d.Batch(context.Background(), ask))
		var all []id.ID
		for _, c := range got {
			all = append(all, c.ID)
		}
		if len(all) != 4 || all[0] != soon.ID {
			e.Fatal(all)
		}
		here := coupon.Usable(got, e.at(ann, id.None))
		if len(here) != 2 || here[0].ID != soon.ID || here[1].ID != plain.ID {
			e.Fatalf("%+v", here)
		}
		for _, c := range here {
			if c.ID == elsewhere.ID || c.ID == yesterday.ID {
				e.Fatal(c)
			}
		}
	})
}
