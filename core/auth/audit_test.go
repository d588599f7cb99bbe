package auth_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
)

func (w *world) audit(ctx context.Context, action, subject string) error {
	return w.d.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		return auth.Audit(ctx, tx, auth.Record{Merchant: w.m, Action: action, SubjectKind: "thing", SubjectID: subject, Detail: map[string]int{"n": 1}})
	})
}

func (w *world) verify(t *testing.T) (int64, error) {
	t.Helper()
	return auth.VerifyAudit(ctx, w.d, w.m)
}

func TestTheAuditLogIsAChain(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		other, _ := w.merchant(t, "rose")
		const people = 24
		var wg sync.WaitGroup
		var runs atomic.Int64
		for i := range people {
			wg.Go(func() {
				for range 3 {
					err := w.d.InTx(as(w.m, w.owner), func(ctx context.Context, tx *db.Tx) error {
						runs.Add(1)
						return auth.Audit(ctx, tx, auth.Record{Action: "thing.changed", SubjectKind: "thing", SubjectID: fmt.Sprint(i), Detail: map[string]int{"n": 1}})
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		if runs.Load() != people*3 {
			t.Errorf("%d transactions for %d entries: they should wait for one another, not run again", runs.Load(), people*3)
		}
		w.clock.Advance(-48 * time.Hour) // a clock that was set back
		if err := w.audit(ctx, "thing.changed", "late"); err != nil {
			t.Fatal(err)
		}
		n, err := w.verify(t)
		if err != nil || n != people*3+2 {
			t.Fatalf("%d entries, %v", n, err)
		}
		if n, err := auth.VerifyAudit(ctx, w.d, other); err != nil || n != 1 {
			t.Fatalf("another merchant's chain: %d %v", n, err)
		}
		items, _, err := auth.ListAudit(ctx, w.d, w.m, auth.AuditFilter{}, db.Page{Limit: 2})
		if err != nil || items[0].SubjectID != "late" || items[0].ActorKind != "program" || items[0].Prev != items[1].Hash ||
			items[1].ActorID != w.owner.ID || string(items[1].Detail) != `{"n":1}` {
			t.Fatalf("%+v %v", items, err)
		}
	})
}

func TestTwoEntriesInOneTransaction(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.must(t, func(ctx context.Context, tx *db.Tx) error {
			return errors.Join(auth.Audit(ctx, tx, auth.Record{Merchant: w.m, Action: "a.b"}), auth.Audit(ctx, tx, auth.Record{Merchant: w.m, Action: "a.c"}))
		})
		if n, err := w.verify(t); err != nil || n != 3 {
			t.Fatalf("%d %v", n, err)
		}
	})
}

func TestTamperingIsFound(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for i := range 5 {
			if err := w.audit(as(w.m, w.owner), "thing.changed", fmt.Sprint(i)); err != nil {
				t.Fatal(err)
			}
		}
		all, _, err := auth.ListAudit(ctx, w.d, w.m, auth.AuditFilter{}, db.Page{})
		if err != nil || len(all) != 6 {
			t.Fatalf("%d %v", len(all), err)
		}
		victim := all[2]
		for column, value := range map[string]any{"detail": "{}", "actor_id": nil, "action": "thing.seen", "at": 5, "subject_id": "9", "subject_kind": "thin", "actor_kind": "job"} {
			old, err := db.Value[any](ctx, w.d, `select `+column+` from audit_log where merchant_id = $1 and id = $2`, w.m, victim.ID)
			if err != nil {
				t.Fatal(err)
			}
			w.exec(t, `update audit_log set `+column+` = $3 where merchant_id = $1 and id = $2`, w.m, victim.ID, value)
			n, err := w.verify(t)
			if !errors.Is(err, auth.ErrAuditBroken) || n != 3 {
				t.Errorf("%s was changed: %d %v", column, n, err)
			}
			w.exec(t, `update audit_log set `+column+` = $3 where merchant_id = $1 and id = $2`, w.m, victim.ID, old)
		}
		if n, err := w.verify(t); err != nil || n != 6 {
			t.Fatalf("put back: %d %v", n, err)
		}
		w.exec(t, `delete from audit_log where merchant_id = $1 and id = $2`, w.m, victim.ID)
		if _, err := w.verify(t); !errors.Is(err, auth.ErrAuditBroken) {
			t.Fatalf("an entry was removed: %v", err)
		}
	})
}

func TestAuditStaysWithItsMerchant(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		other, boss := w.merchant(t, "rose")
		want(t, w.audit(as(other, boss), "thing.changed", "1"), auth.ErrDenied)
		err := w.d.InTx(as(other, boss), func(ctx context.Context, tx *db.Tx) error { // the merchant is the actor's
			return auth.Audit(ctx, tx, auth.Record{Action: "a.b"})
		})
		if n, err2 := auth.VerifyAudit(ctx, w.d, other); err != nil || err2 != nil || n != 2 {
			t.Fatalf("%d %v %v", n, err, err2)
		}
	})
}

func TestListAuditFiltersAndPages(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		anna := w.staff(t, "anna", auth.Cashier)
		begin := w.clock.Now()
		w.clock.Advance(time.Minute)
		for i := range 5 {
			if err := w.audit(as(w.m, anna), "thing.changed", fmt.Sprint(i)); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.audit(as(w.m, w.owner), "things.seen", "1"); err != nil {
			t.Fatal(err)
		}
		count := func(f auth.AuditFilter) (n int) {
			p := db.Page{Limit: 2}
			var last id.ID
			for {
				items, next, err := auth.ListAudit(ctx, w.d, w.m, f, p)
				if err != nil {
					t.Fatal(err)
				}
				for _, e := range items {
					if !last.IsNone() && !e.ID.Less(last) {
						t.Fatal("not newest first")
					}
					last = e.ID
				}
				n += len(items)
				if next == "" {
					return n
				}
				if p.After, err = db.ParseCursor(next); err != nil {
					t.Fatal(err)
				}
			}
		}
		for i, c := range []struct {
			f    auth.AuditFilter
			want int
		}{
			{auth.AuditFilter{}, 8},
			{auth.AuditFilter{Action: "staff."}, 2},
			{auth.AuditFilter{Action: "thing."}, 5},
			{auth.AuditFilter{Action: "things.seen"}, 1},
			{auth.AuditFilter{Action: "%."}, 0},
			{auth.AuditFilter{Actor: anna.ID}, 5},
			{auth.AuditFilter{SubjectKind: "thing", SubjectID: "1"}, 2},
			{auth.AuditFilter{SubjectKind: "staff", SubjectID: anna.ID.String()}, 1},
			{auth.AuditFilter{From: begin + 1}, 6},
			{auth.AuditFilter{Until: begin + 1}, 2},
		} {
			if got := count(c.f); got != c.want {
				t.Errorf("filter %d: %d, want %d", i, got, c.want)
			}
		}
	})
}
