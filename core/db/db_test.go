package db_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"testing"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/db/dbtest"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
)

var errTooLow = fault.New(fault.Conflict, "dbtest.too_low")
var _ = db.Guard("ck_guarded_balance", errTooLow)
var errTaken = fault.New(fault.Conflict, "dbtest.taken")
var _ = db.Guard("ux_guarded_name", errTaken)

func makeTable(t *testing.T, d *db.DB) {
	t.Helper()
	err := d.InTx(context.Background(), func(ctx context.Context, tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `create table guarded (merchant_id integer, name text, balance bigint, constraint ck_guarded_balance check (balance >= 0))`); err != nil {
			return err
		}
		tx.Queue(`create unique index ux_guarded_name on guarded (merchant_id, name)`)
		tx.Queue(`insert into guarded values (1, 'a', 100)`)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func balance(t *testing.T, d *db.DB) int64 {
	t.Helper()
	v, err := db.Value[int64](context.Background(), d, `select balance from guarded where name = $1`, "a")
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestGuardInTheCommitBatchRollsEverythingBack(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		makeTable(t, d)
		err := d.InTx(context.Background(), func(ctx context.Context, tx *db.Tx) error {
			tx.Queue(`insert into guarded values (1, 'b', 5)`)
			tx.Queue(`update guarded set balance = balance - $1 where name = 'a'`, 101)
			return nil
		})
		if !errors.Is(err, errTooLow) {
			t.Fatalf("want the guard's fault, got %v", err)
		}
		n, err := db.Value[int64](context.Background(), d, `select count(*) from guarded`)
		if err != nil || n != 1 || balance(t, d) != 100 {
			t.Fatalf("something stayed: n=%d balance=%d err=%v", n, balance(t, d), err)
		}
		err = d.InTx(context.Background(), func(ctx context.Context, tx *db.Tx) error {
			tx.Queue(`insert into guarded values (1, 'a', 5)`)
			return nil
		})
		if !errors.Is(err, errTaken) {
			t.Fatalf("want the unique index's fault, got %v", err)
		}
	})
}

func TestConcurrentTransactionsLoseNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		makeTable(t, d)
		var wg sync.WaitGroup
		var mu sync.Mutex
		ok := 0
		for range 64 {
			wg.Add(1)
			go func() {
				defer wg.Done()
				err := d.InTx(context.Background(), func(ctx context.Context, tx *db.Tx) error {
					var b int64
					tx.Ask(func(r db.Row) error { return r.Scan(&b) }, `select balance from guarded where name = $1 for update`, "a")
					if err := tx.Flush(ctx); err != nil {
						return err
					}
					if b < 7 {
						return errTooLow
					}
					tx.Queue(`update guarded set balance = $1 where name = 'a'`, b-7)
					return nil
				})
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					ok++
				} else if !errors.Is(err, errTooLow) {
					t.Error(err)
				}
			}()
		}
		wg.Wait()
		if ok != 14 || balance(t, d) != 2 {
			t.Fatalf("ok=%d balance=%d, want 14 and 2", ok, balance(t, d))
		}
	})
}

// PostgreSQL's own race between an abort and the next update of the row (twoUpdaters).
func TestTwoUpdatersOfARowAreNoFaultOfTheCaller(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		if d.Dialect() != db.Postgres {
			return // SQLite has one writer
		}
		makeTable(t, d)
		tries := 0
		err := d.InTx(context.Background(), func(ctx context.Context, tx *db.Tx) error {
			tries++
			tx.Queue(`update guarded set balance = balance - 1 where name = 'a'`)
			if tries == 1 {
				tx.Queue(`do $$ begin raise exception 'new multixact has more than one updating member: 0 2[8 (nokeyupd), 9 (nokeyupd)]' using errcode = 'XX000'; end $$`)
			}
			return nil
		})
		if err != nil || tries != 2 || balance(t, d) != 99 {
			t.Fatalf("%d tries, a balance of %d, %v", tries, balance(t, d), err)
		}
	})
}

func TestAFailedMemberOfAGroupHarmsNobody(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		makeTable(t, d)
		var wg sync.WaitGroup
		for i := range 40 {
			wg.Add(1)
			go func() {
				defer wg.Done()
				defer func() { _ = recover() }()
				_ = d.InTx(context.Background(), func(ctx context.Context, tx *db.Tx) error {
					tx.Queue(`insert into guarded values (1, $1, 1)`, fmt.Sprint("m", i))
					if i%4 == 1 {
						return errTaken
					}
					if i%4 == 2 {
						tx.Queue(`update guarded set balance = -1 where name = 'a'`)
					}
					if i%4 == 3 {
						panic("the flow is broken")
					}
					return nil
				})
			}()
		}
		wg.Wait()
		n, err := db.Value[int64](context.Background(), d, `select count(*) from guarded`)
		if err != nil || n != 11 || balance(t, d) != 100 {
			t.Fatalf("n=%d balance=%d err=%v, want 11 and 100", n, balance(t, d), err)
		}
	})
}

func TestListsAndIDs(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		m, a, b := id.New(1), id.New(2), id.New(3)
		err := d.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
			for i, x := range []id.ID{a, b} {
				tx.Queue(`insert into settings (merchant_id, scope_kind, scope_id, key, value, updated_at) values ($1,'shop',$2,$3,'v',$4)`, m, x, fmt.Sprint("k", i), tx.Now)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		got, err := db.All(ctx, d, func(r db.Row, v *id.ID) error { return r.Scan(v) },
			`select scope_id from settings where merchant_id = $1 and scope_id in_ids($2) and key in_texts($3) order by key`, m, []id.ID{a, b, id.New(9)}, []string{"k0", "k1", "x'y"})
		if err != nil || len(got) != 2 || got[0] != a || got[1] != b {
			t.Fatalf("%v %v", got, err)
		}
		none, err := db.All(ctx, d, func(r db.Row, v *id.ID) error { return r.Scan(v) }, `select scope_id from settings where merchant_id = $1 and scope_id in_ids($2)`, m, []id.ID(nil))
		if err != nil || len(none) != 0 {
			t.Fatalf("%v %v", none, err)
		}
	})
}

func TestReadingThePoolInsideATransactionPanics(t *testing.T) {
	d := dbtest.SQLite(t)
	defer func() {
		if recover() == nil {
			t.Fatal("no panic")
		}
		// and the writer is free again
		if err := d.InTx(context.Background(), func(context.Context, *db.Tx) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}()
	_ = d.InTx(context.Background(), func(ctx context.Context, _ *db.Tx) error {
		_, _ = db.Value[int](ctx, d, "select 1")
		return nil
	})
}

func TestIdempotencyKeys(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		m := id.New(1)
		k := db.Idem{Key: "k", Route: "POST /sales", BodyHash: "h"}
		res := id.New(2)
		var first, replay int
		var mu sync.Mutex
		var wg sync.WaitGroup
		for range 50 {
			wg.Add(1)
			go func() {
				defer wg.Done()
				err := d.InTx(context.Background(), func(ctx context.Context, tx *db.Tx) error {
					c := tx.ClaimKey(m, k)
					if err := tx.Flush(ctx); err != nil {
						return err
					}
					got, ended, found, err := c.Prior()
					mu.Lock()
					defer mu.Unlock()
					switch {
					case err != nil:
						return err
					case found && ended && got == res:
						replay++
						return nil
					case found:
						t.Errorf("prior %v ended=%v", got, ended)
					}
					first++
					tx.SettleKey(m, k, res)
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			}()
		}
		wg.Wait()
		if first != 1 || replay != 49 {
			t.Fatalf("first=%d replay=%d", first, replay)
		}
		err := d.InTx(context.Background(), func(ctx context.Context, tx *db.Tx) error {
			c := tx.ClaimKey(m, db.Idem{Key: "k", Route: "POST /sales", BodyHash: "other"})
			if err := tx.Flush(ctx); err != nil {
				return err
			}
			_, _, _, err := c.Prior()
			return err
		})
		if !errors.Is(err, db.ErrKeyReused) {
			t.Fatal(err)
		}
	})
}

func TestMigrationsHaveTheSameNamesInBothFolders(t *testing.T) {
	list := func(dir string) (out []string) {
		es, err := fs.ReadDir(os.DirFS("migrations"), dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range es {
			out = append(out, e.Name())
		}
		return
	}
	a, b := list("sqlite"), list("postgres")
	if fmt.Sprint(a) != fmt.Sprint(b) || len(a) == 0 {
		t.Fatalf("%v\n%v", a, b)
	}
}

func TestMigrateTwiceAndANewerSchemaIsRefused(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		again, err := d.Migrate(ctx)
		if err != nil || len(again) != 0 {
			t.Fatalf("%v %v", again, err)
		}
		err = d.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
			tx.Queue(`insert into schema_migrations (name, group_id) values ('9999', 99)`)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.Migrate(ctx); !errors.Is(err, db.ErrNewerSchema) {
			t.Fatalf("want db.schema_is_newer, got %v", err)
		}
	})
}
