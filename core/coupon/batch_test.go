package coupon_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/coupon"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/event"
	"github.com/shopwright/shopwright/core/id"
)

func (e env) batch(in coupon.NewBatch) (b coupon.Batch, err error) {
	err = e.try(func(ctx context.Context, tx *db.Tx) (err error) {
		b, err = coupon.CreateBatch(ctx, tx, m, in)
		return err
	})
	return b, err
}

func (e env) batchNow(b id.ID) coupon.Batch {
	e.Helper()
	got, err := coupon.GetBatch(context.Background(), e.d, m, b)
	e.must(err)
	return got
}

func (e env) step(b id.ID) (left bool) {
	e.Helper()
	e.must(e.try(func(ctx context.Context, tx *db.Tx) (err error) {
		left, err = coupon.StepBatch(ctx, tx, m, b)
		return err
	}))
	return left
}

func TestABatchIsIssuedOnceHoweverItIsInterrupted(t *testing.T) {
	each(t, func(e env) {
		ctx := context.Background()
		d := e.cash(func(d *coupon.Definition) { d.ValidDays = 30 })
		b, err := e.batch(coupon.NewBatch{Definition: d.ID, Count: 1050, Prefix: "sp-", Note: "spring"})
		e.must(err)
		if !e.step(b.ID) || e.batchNow(b.ID).Issued != 200 {
			e.Fatalf("%+v", e.batchNow(b.ID))
		}
		// A definition that changes meanwhile does not change the batch.
		d.Amount = 5
		e.must(e.update(d))
		// Cut off in the middle of a step: nothing of it is left.
		cut := errors.New("cut off")
		e.want(e.try(func(ctx context.Context, tx *db.Tx) error {
			if _, err := coupon.StepBatch(ctx, tx, m, b.ID); err != nil {
				return err
			}
			if err := tx.Flush(ctx); err != nil {
				return err
			}
			return cut
		}), cut)
		// Two runners at once.
		e.race(2, nil, func(int) error { return coupon.RunBatch(ctx, e.d, m, b.ID) })
		e.must(coupon.RunBatch(ctx, e.d, m, b.ID))
		got := e.batchNow(b.ID)
		if got.Issued != 1050 || got.State != coupon.BatchDone || got.EndedAt == 0 || got.Note != "spring" || got.Name != "ten off" {
			e.Fatalf("%+v", got)
		}
		var out bytes.Buffer
		e.must(coupon.ExportBatch(ctx, e.d, m, b.ID, &out))
		rows, err := csv.NewReader(&out).ReadAll()
		e.must(err)
		codes := map[string]bool{}
		for _, r := range rows[1:] {
			codes[r[0]] = true
			if !strings.HasPrefix(r[0], "SP-") || len(r[0]) != 15 || r[1] != "active" || r[4] == "" {
				e.Fatal(r)
			}
		}
		if len(codes) != 1050 || len(rows) != 1051 || rows[0][0] != "code" {
			e.Fatal(len(codes), len(rows))
		}
		for code := range codes {
			if c, err := coupon.FindByCode(ctx, e.d, m, code); err != nil || !c.Member.IsNone() || c.Definition.Amount != 1000 || c.Batch != b.ID {
				e.Fatalf("%+v %v", c, err)
			}
			break
		}
		n, err := db.Value[int64](ctx, e.d, `select count(*) from jobs where kind = 'coupon.batch'`)
		if err != nil || n != 1 {
			e.Fatal(n, err)
		}
		list, err := coupon.ListBatches(ctx, e.d, m, d.ID, db.Page{})
		if err != nil || len(list) != 1 {
			e.Fatalf("%+v %v", list, err)
		}
		if other, err := coupon.ListBatches(ctx, e.d, m, fake(3), db.Page{}); err != nil || len(other) != 0 {
			e.Fatalf("%+v %v", other, err)
		}
	})
}

func TestTheUnusedRestOfABatchBecomesVoid(t *testing.T) {
	each(t, func(e env) {
		ctx := context.Background()
		d := e.cash(func(d *coupon.Definition) { d.IssueLimit = 1000 })
		b, err := e.batch(coupon.NewBatch{Definition: d.ID, Count: 900})
		e.must(err)
		_, err = e.batch(coupon.NewBatch{Definition: d.ID, Count: 101})
		e.want(err, coupon.ErrIssueLimit) // the whole first batch counts from the start
		e.step(b.ID)
		e.step(b.ID)
		cs, err := coupon.ListBy(ctx, e.d, m, coupon.Filter{Batch: b.ID}, db.Page{})
		e.must(err)
		e.must(e.use(cs[0].ID, ann, fake(500)))
		e.must(e.hold(cs[1].ID, ann, fake(501)))
		_, err = coupon.VoidBatch(ctx, e.d, m, b.ID, "")
		e.want(err, coupon.ErrReason)
		n, err := coupon.VoidBatch(ctx, e.d, m, b.ID, "recalled")
		if err != nil || n != 398 {
			e.Fatal(n, err)
		}
		e.want(e.use(cs[2].ID, ann, fake(502)), coupon.ErrVoid)
		e.unlock(cs[1].ID, fake(501))
		if n, err = coupon.VoidBatch(ctx, e.d, m, b.ID, "recalled"); err != nil || n != 1 {
			e.Fatal(n, err)
		}
		e.must(coupon.RunBatch(ctx, e.d, m, b.ID)) // stopped: issues no more
		got := e.batchNow(b.ID)
		if got.State != coupon.BatchStopped || got.Issued != 400 || got.Used != 1 || got.Voided != 399 || got.EndReason != "recalled" {
			e.Fatalf("%+v", got)
		}
		// What was not issued may be issued otherwise: 1000 - 400.
		_, err = e.batch(coupon.NewBatch{Definition: d.ID, Count: 601})
		e.want(err, coupon.ErrIssueLimit)
		_, err = e.batch(coupon.NewBatch{Definition: d.ID, Count: 600})
		e.must(err)
		// A changed limit counts what a running batch will still issue.
		d.IssueLimit = 999
		e.want(e.update(d), coupon.ErrIssueLimit)
		d.IssueLimit = 1001
		e.must(e.update(d))
	})
}

func TestABatchForMembers(t *testing.T) {
	each(t, func(e env) {
		ctx := context.Background()
		d := e.cash(nil)
		var to []id.ID
		for i := range 450 {
			to = append(to, fake(1000+i))
		}
		until := clock.Of(start.Add(72 * time.Hour))
		b, err := e.batch(coupon.NewBatch{Definition: d.ID, Members: to, Until: until})
		e.must(err)
		e.step(b.ID)
		e.must(coupon.RunBatch(ctx, e.d, m, b.ID))
		for _, who := range []id.ID{to[0], to[199], to[200], to[449]} {
			cs, err := coupon.ListBy(ctx, e.d, m, coupon.Filter{Member: who}, db.Page{})
			if err != nil || len(cs) != 1 || cs[0].Batch != b.ID || cs[0].ValidUntil != until {
				e.Fatalf("%+v %v", cs, err)
			}
		}
		n, err := db.Value[int64](ctx, e.d, `select count(distinct member_id) from coupons where merchant_id = $1`, m)
		if err != nil || n != 450 {
			e.Fatal(n, err)
		}
		for _, bad := range []struct {
			in   coupon.NewBatch
			want error
		}{
			{coupon.NewBatch{Definition: d.ID}, coupon.ErrBatchCount}, {coupon.NewBatch{Definition: d.ID, Count: coupon.MaxBatch + 1}, coupon.ErrBatchCount},
			{coupon.NewBatch{Definition: d.ID, Members: make([]id.ID, coupon.MaxRecipients+1)}, coupon.ErrBatchCount},
			{coupon.NewBatch{Definition: d.ID, Count: 1, Prefix: "=CMD"}, coupon.ErrPrefix}, {coupon.NewBatch{Definition: fake(99), Count: 1}, coupon.ErrNoDefinition},
			{coupon.NewBatch{Definition: d.ID, Count: 1, Note: strings.Repeat("x", 201)}, coupon.ErrNote},
		} {
			_, err := e.batch(bad.in)
			e.want(err, bad.want)
		}
		e.want(coupon.RunBatch(ctx, e.d, m, fake(99)), coupon.ErrBatchNotFound)
		e.must(e.try(func(ctx context.Context, tx *db.Tx) error { return coupon.Archive(ctx, tx, m, d.ID) }))
		_, err = e.batch(coupon.NewBatch{Definition: d.ID, Count: 1})
		e.want(err, coupon.ErrArchived)
	})
}

func TestAMemberIsToldOnceThatACouponEnds(t *testing.T) {
	each(t, func(e env) {
		ctx := context.Background()
		z := shanghai(e)
		told := func() (out []coupon.Expiring) {
			rows, err := db.All(ctx, e.d, func(r db.Row, s *string) error { return r.Scan(s) }, `select data from events where type = $1 order by id`, coupon.EventExpiring)
			e.must(err)
			for _, r := range rows {
				var v coupon.Expiring
				e.must((event.Event{Data: []byte(r)}).Decode(&v))
				out = append(out, v)
			}
			return out
		}
		days := e.cash(func(d *coupon.Definition) { d.ValidDays, d.RemindDays = 10, 3 })
		dates := e.cash(func(d *coupon.Definition) { d.UntilDate, d.RemindDays = "2026-05-25", 3 })
		a, b := e.issue(days, ann), e.issue(dates, ben)
		e.issue(days, id.None)                                                // a bearer: nobody to tell
		e.issue(e.cash(func(d *coupon.Definition) { d.ValidDays = 10 }), ann) // nobody is to be told
		e.issue(e.cash(func(d *coupon.Definition) { d.RemindDays = 3 }), ann) // has no end
		used, dead := e.issue(days, ann), e.issue(days, ann)
		e.must(e.use(used.ID, ann, fake(500)))
		e.must(e.void(dead.ID))

		remind := func() { e.must(coupon.RemindAll(ctx, e.d, m, z)) }
		e.c.Set(start.Add(7*24*time.Hour - time.Microsecond))
		remind()
		if got := told(); len(got) != 1 || got[0] != (coupon.Expiring{Coupon: b.ID, Definition: dates.ID, Member: ben, UntilDate: "2026-05-25"}) {
			e.Fatalf("the 22nd: %+v", got)
		}
		e.c.Advance(time.Microsecond)
		list, err := coupon.ListExpiring(ctx, e.d, m, e.d.Now(), z.BusinessDate(e.d.Now()))
		if err != nil || len(list) != 1 || list[0].ID != a.ID {
			e.Fatalf("%+v %v", list, err)
		}
		e.race(4, nil, func(int) error { remind(); return nil })
		remind()
		if got := told(); len(got) != 2 || got[1] != (coupon.Expiring{Coupon: a.ID, Definition: days.ID, Member: ann, ValidUntil: a.ValidUntil}) {
			e.Fatalf("%+v", got)
		}
		late := e.issue(dates, ann)
		e.c.Set(time.Date(2026, 5, 26, 4, 0, 0, 0, time.UTC)) // the 26th: it ended yesterday
		remind()
		if got := told(); len(got) != 2 {
			e.Fatalf("%s was told after its end: %+v", late.ID, got)
		}
	})
}

func TestManyRemindersTakeSeveralRounds(t *testing.T) {
	each(t, func(e env) {
		d := e.cash(func(d *coupon.Definition) { d.ValidDays, d.RemindDays = 2, 3 })
		e.must(e.try(func(_ context.Context, tx *db.Tx) error {
			for i := range 450 {
				coupon.Issue(tx, m, &d, fake(1000+i), "", 0)
			}
			return nil
		}))
		e.must(coupon.RemindAll(context.Background(), e.d, m, shanghai(e)))
		n, err := db.Value[int64](context.Background(), e.d, `select count(*) from events where type = $1`, coupon.EventExpiring)
		if err != nil || n != 450 {
			e.Fatal(n, err)
		}
	})
}
