package coupon_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/coupon"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
)

func show(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

func (e env) transfer(c, from, to id.ID) error {
	return e.try(func(ctx context.Context, tx *db.Tx) error {
		_, err := coupon.Transfer(ctx, tx, m, c, from, to, "for you")
		return err
	})
}

func (e env) claim(code string, member id.ID) (c coupon.Coupon, err error) {
	err = e.try(func(ctx context.Context, tx *db.Tx) (err error) {
		c, err = coupon.ClaimByCode(ctx, tx, m, code, member)
		return err
	})
	return c, err
}

func (e env) void(c id.ID) error {
	return e.try(func(ctx context.Context, tx *db.Tx) error {
		_, err := coupon.Void(ctx, tx, m, c, "misprint")
		return err
	})
}

func TestATransferredCouponIsItsNewOwnersAlone(t *testing.T) {
	each(t, func(e env) {
		c := e.issue(e.cash(nil), ann)
		e.want(e.transfer(c.ID, ben, fake(12)), coupon.ErrNotOwner)
		e.want(e.transfer(c.ID, ann, ann), coupon.ErrSameMember)
		e.want(e.transfer(fake(999), ann, ben), coupon.ErrNotFound)
		e.must(e.hold(c.ID, ann, fake(500)))
		e.want(e.transfer(c.ID, ann, ben), coupon.ErrLocked)
		e.unlock(c.ID, fake(500))
		e.must(e.transfer(c.ID, ann, ben))
		e.want(e.use(c.ID, ann, fake(501)), coupon.ErrNotOwner)
		e.want(e.transfer(c.ID, ann, fake(12)), coupon.ErrNotOwner)
		staff := auth.WithActor(context.Background(), auth.JobActor(m, "test"))
		e.must(e.d.InTx(staff, func(ctx context.Context, tx *db.Tx) error {
			_, err := coupon.Assign(ctx, tx, m, c.ID, fake(12), "mistake")
			return err
		}))
		moves, err := coupon.Moves(context.Background(), e.d, m, c.ID)
		if err != nil || len(moves) != 2 || moves[0].From != ann || moves[0].To != ben || moves[0].Kind != coupon.MoveTransfer || moves[0].Note != "for you" ||
			moves[1].From != ben || moves[1].To != fake(12) || moves[1].Kind != coupon.MoveAssign || moves[1].ActorKind == "" {
			e.Fatalf("%+v %v", moves, err)
		}
		e.must(e.use(c.ID, fake(12), fake(502)))
		e.want(e.transfer(c.ID, fake(12), ann), coupon.ErrUsed)
		bound := e.issue(e.cash(func(d *coupon.Definition) { d.Personal = true }), ann)
		e.want(e.transfer(bound.ID, ann, ben), coupon.ErrPersonal)
		old := e.issue(e.cash(func(d *coupon.Definition) { d.ValidDays = 1 }), ann)
		later := e.issue(e.cash(func(d *coupon.Definition) { d.ValidAfter = 9 }), ann)
		e.must(e.transfer(later.ID, ann, ben)) // what begins later can be given away before
		e.c.Advance(24 * time.Hour)
		e.want(e.transfer(old.ID, ann, ben), coupon.ErrExpired)
		n, err := db.Value[int64](context.Background(), e.d, `select count(*) from events where type = 'coupon.moved.v1' and data not like '%for you%'`)
		if err != nil || n != 3 {
			e.Fatal(n, err)
		}
	})
}

func TestOneOfManyTransfersWins(t *testing.T) {
	each(t, func(e env) {
		c := e.issue(e.cash(nil), ann)
		if won := e.race(16, coupon.ErrNotOwner, func(i int) error { return e.transfer(c.ID, ann, fake(600+i)) }); won != 1 {
			e.Fatalf("%d won", won)
		}
	})
}

func TestA08AVoidCouponCannotBeUsed(t *testing.T) {
	each(t, func(e env) {
		d := e.cash(func(d *coupon.Definition) { d.Uses = 2 })
		c := e.issue(d, ann)
		e.want(e.try(func(ctx context.Context, tx *db.Tx) error { _, err := coupon.Void(ctx, tx, m, c.ID, ""); return err }), coupon.ErrReason)
		e.must(e.hold(c.ID, ann, fake(500)))
		e.want(e.void(c.ID), coupon.ErrLocked)
		e.must(e.use(c.ID, ann, fake(500)))
		e.must(e.void(c.ID)) // its rest
		e.want(e.void(c.ID), coupon.ErrVoid)
		e.want(e.use(c.ID, ann, fake(501)), coupon.ErrVoid)
		e.want(e.transfer(c.ID, ann, ben), coupon.ErrVoid)
		e.restore(fake(500))
		e.want(e.use(c.ID, ann, fake(502)), coupon.ErrVoid)
		if got := e.get(c.ID); got.State != coupon.StateVoid || got.VoidReason != "misprint" || got.Used != 0 {
			e.Fatalf("%+v", got)
		}
		done := e.issue(e.cash(nil), ann)
		e.must(e.use(done.ID, ann, fake(503)))
		e.want(e.void(done.ID), coupon.ErrUsed)
		// Void against use: one of them.
		for i := range 8 {
			x := e.issue(e.cash(nil), ann)
			errs := make([]error, 2)
			e.race(2, nil, func(k int) error {
				if k == 0 {
					errs[0] = e.use(x.ID, ann, fake(700+i))
				} else {
					errs[1] = e.void(x.ID)
				}
				return nil
			})
			if (errs[0] == nil) == (errs[1] == nil) || errs[0] != nil && !errors.Is(errs[0], coupon.ErrVoid) || errs[1] != nil && !errors.Is(errs[1], coupon.ErrUsed) {
				e.Fatal(errs)
			}
		}
	})
}

func TestABearerCouponBecomesTheClaimants(t *testing.T) {
	each(t, func(e env) {
		c := e.issue(e.cash(nil), id.None)
		_, err := e.claim("NO-SUCH", ann)
		e.want(err, coupon.ErrNotFound)
		got, err := e.claim(" "+strings.ToLower(c.Code)+" ", ann)
		if err != nil || got.Member != ann || !got.Claimed || got.ID != c.ID {
			e.Fatalf("%+v %v", got, err)
		}
		e.want(e.use(c.ID, id.None, fake(500)), coupon.ErrNotOwner)
		_, err = e.claim(c.Code, ben)
		e.want(err, coupon.ErrClaimed)
		_, err = e.claim(c.Code, ann)
		e.want(err, coupon.ErrSameMember)
		e.must(e.use(c.ID, ann, fake(501)))
		dead := e.issue(e.cash(nil), id.None)
		e.must(e.void(dead.ID))
		_, err = e.claim(dead.Code, ann)
		e.want(err, coupon.ErrVoid)
		one := e.issue(e.cash(nil), id.None)
		if won := e.race(16, coupon.ErrClaimed, func(i int) error { _, err := e.claim(one.Code, fake(600+i)); return err }); won != 1 {
			e.Fatalf("%d won", won)
		}
	})
}

func TestA08SixtyFourClaimsOfTheLastOne(t *testing.T) {
	each(t, func(e env) {
		d := e.cash(func(d *coupon.Definition) { d.Claim = coupon.Claim{Code: "GIFT", Limit: 2, PerMember: 1} })
		first, err := e.claim("gift", ann)
		if err != nil || first.Member != ann || !first.Claimed || first.Definition.ID != d.ID || first.Code == "GIFT" {
			e.Fatalf("%+v %v", first, err)
		}
		_, err = e.claim("GIFT", ann)
		e.want(err, coupon.ErrClaimsOfMember)
		if won := e.race(64, coupon.ErrClaimedOut, func(i int) error { _, err := e.claim("GIFT", fake(600+i)); return err }); won != 1 {
			e.Fatalf("%d won", won)
		}
		n, err := db.Value[int64](context.Background(), e.d, `select count(*) from coupons where merchant_id = $1`, m)
		if err != nil || n != 2 || e.definition(d.ID).Claim.Claimed != 2 {
			e.Fatal(n, err, e.definition(d.ID).Claim)
		}
	})
}

func TestA08OneMembersClaimsAtOnce(t *testing.T) {
	each(t, func(e env) {
		e.cash(func(d *coupon.Definition) { d.Claim = coupon.Claim{Code: "GIFT", PerMember: 2} })
		if won := e.race(24, coupon.ErrClaimsOfMember, func(int) error { _, err := e.claim("GIFT", ann); return err }); won != 2 {
			e.Fatalf("%d won", won)
		}
	})
}

func TestAClaimKeepsItsWindowAndTheLimitOfIssues(t *testing.T) {
	each(t, func(e env) {
		from, until := clock.Of(start.Add(time.Hour)), clock.Of(start.Add(2*time.Hour))
		d := e.cash(func(d *coupon.Definition) {
			d.IssueLimit, d.Claim = 2, coupon.Claim{Code: "GIFT", From: from, Until: until}
		})
		for i, c := range []struct {
			at   clock.Instant
			want error
		}{{from - 1, coupon.ErrClaimClosed}, {from, nil}, {until - 1, nil}, {until, coupon.ErrClaimClosed}, {from, coupon.ErrIssueLimit}} {
			e.c.Set(c.at.Time())
			if _, err := e.claim("GIFT", fake(600+i)); !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
				e.Fatal(i, err)
			}
		}
		e.must(e.try(func(ctx context.Context, tx *db.Tx) error { return coupon.Archive(ctx, tx, m, d.ID) }))
		_, err := e.claim("GIFT", ann)
		e.want(err, coupon.ErrArchived)
		f, err := coupon.FiguresOf(context.Background(), e.d, m, d.ID, e.d.Now(), "2026-05-15")
		if err != nil || f != (coupon.Figures{Issued: 2, Open: 2, Claimed: 2, Members: 2}) {
			e.Fatalf("%+v %v", f, err)
		}
	})
}

func TestFiguresAddUp(t *testing.T) {
	each(t, func(e env) {
		d := e.cash(func(d *coupon.Definition) { d.ValidDays, d.Uses = 2, 2 })
		for i := range 7 {
			c := e.issue(d, []id.ID{ann, ben}[i%2])
			switch i {
			case 0:
				e.must(e.use(c.ID, ann, fake(500)))
				e.must(e.use(c.ID, ann, fake(501)))
			case 1:
				e.must(e.use(c.ID, ben, fake(502)))
			case 2, 3:
				e.must(e.void(c.ID))
			}
		}
		e.issue(e.cash(nil), ann) // of another design
		d.ValidDays = 9
		e.must(e.update(d))
		e.issue(e.definition(d.ID), ann)
		e.c.Advance(48 * time.Hour)
		f, err := coupon.FiguresOf(context.Background(), e.d, m, d.ID, e.d.Now(), "2026-05-17")
		if want := (coupon.Figures{Issued: 8, Open: 1, UsedUp: 1, Void: 2, Expired: 4, Uses: 3, Members: 2}); err != nil || f != want {
			e.Fatalf("%+v %v", f, err)
		}
	})
}

func TestCodesAreWellMade(t *testing.T) {
	seen, letters := map[string]bool{}, map[rune]int{}
	for range 5000 {
		c := coupon.NewCode()
		if len(c) != 12 || seen[c] || strings.ContainsAny(c, "01ILOU") {
			t.Fatal(c)
		}
		seen[c] = true
		for _, r := range c {
			letters[r]++
		}
	}
	for r, n := range letters { // 60000 / 30: five standard deviations are 220
		if n < 1750 || n > 2250 {
			t.Errorf("%c comes %d times", r, n)
		}
	}
	if len(letters) != 30 {
		t.Error(len(letters))
	}
}
