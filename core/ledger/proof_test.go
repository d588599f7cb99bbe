package ledger_test

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/db/dbtest"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/money"
)

type verifier func(context.Context, db.Reader, id.ID, ledger.Found) (ledger.Run, error)

// prove runs a verification, records it and answers the names of what it found.
func prove(t *testing.T, d *db.DB, f verifier) (ledger.Run, []string) {
	t.Helper()
	var names []string
	var diffs []ledger.Difference
	run, err := f(context.Background(), d, merchant, func(check, subject string, want, got int64) {
		names = append(names, check)
		diffs = append(diffs, ledger.Difference{Check: check, Subject: subject, Want: want, Got: got})
	})
	if err != nil {
		t.Fatal(err)
	}
	err = d.InTx(context.Background(), func(_ context.Context, tx *db.Tx) error {
		p := ledger.Proof{Kind: run.Kind, FromSeal: run.FromSeal, ToSeal: run.ToSeal, Head: run.Head, Checked: run.Checked(), Parts: run.Parts, Differences: len(diffs), Found: diffs}
		ledger.QueueProof(tx, merchant, &p)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return run, names
}

func clean(t *testing.T, d *db.DB, f verifier) ledger.Run {
	t.Helper()
	run, names := prove(t, d, f)
	if len(names) > 0 {
		t.Fatalf("%s: %v", run.Kind, names)
	}
	return run
}

func parts(r ledger.Run) string {
	var out []string
	for _, p := range r.Parts {
		out = append(out, fmt.Sprint(p.Name, " ", p.Checked))
	}
	return strings.Join(out, ", ")
}

func mustBook(t *testing.T, d *db.DB, b *ledger.Book, amounts ...money.Amount) {
	t.Helper()
	if err := book(t, d, b, amounts...); err != nil {
		t.Fatal(err)
	}
}

// tamperings are changes beside the program, by the check that must name them.
// Those of the second seal lie in what an incremental proof covers.
var tamperings = []struct {
	check, change string
	incremental   bool
}{
	{"ledger.balance", `update accounts set balance = balance + 1 where owner_kind = 'member'`, true},
	{"ledger.floor", `update accounts set floor = balance + 1 where owner_kind = 'member'`, true},
	{"ledger.held", `update accounts set held = held + 1 where owner_kind = 'member'`, true},
	{"ledger.held", `update holds set amount = amount + 1`, true},
	{"ledger.held", `update holds set state = 'released'`, true},
	{"ledger.lots_of_account", `update lots set remaining = remaining - 1 where seq = 4`, true},
	{"ledger.lot", `update lots set remaining = remaining - 1 where seq = 4`, true},
	{"ledger.lot", `update lots set remaining = remaining - 1 where seq = 2`, false},
	{"ledger.debt", `update postings set lot_id = null where amount > 0 and lot_id is not null`, true},
	{"ledger.posting", `update postings set lot_id = '01890000-0000-7000-8000-0000000000ff' where lot_id is not null and amount < 0`, true},
	{"ledger.posting", `update postings set unit = 'USD' where no = 1`, true},
	{"ledger.posting", `update postings set account_id = '01890000-0000-7000-8000-0000000000ff' where no = 1`, true},
	{"ledger.entry_sum", `update postings set amount = amount + 1 where no = 1`, true},
	{"ledger.entry_hash", `update postings set amount = amount + 1 where no = 1`, true},
	{"ledger.entry_hash", `update entries set kind = 'other' where seal_no = 2`, true},
	{"ledger.entry_hash", `update entries set kind = 'other' where seal_no = 1`, false},
	{"ledger.entry_hash", `update entries set business_date = '2026-05-21' where seal_no is null`, true},
	{"ledger.reverses", `update entries set reverses_id = '01890000-0000-7000-8000-0000000000ff' where seal_no = 2`, true},
	{"ledger.checkpoint", `update account_checkpoints set balance = balance + 1 where seal_no = 2`, true},
	{"ledger.checkpoint", `delete from account_checkpoints`, true},
	{"ledger.checkpoint", `update postings set amount = amount * 2`, true},
	{"ledger.seal", `update seals set count = count + 1 where no = 2`, true},
	{"ledger.seal", `update seals set at = at + 1 where no = 1`, true}, // the proof noted its hash
	{"ledger.seal", `delete from seals where no = 1`, true},
	{"ledger.seal", `update entries set seal_no = null where seal_no = 2`, true},
	{"ledger.seal", `update entries set seal_no = 2 where seal_no = 1`, true},
	{"ledger.seal_missing", `update entries set seal_no = 9 where seal_no = 2`, true},
	{"ledger.seal_missing", `delete from seals where no = 2`, true},
}

func TestEveryTamperingIsNamed(t *testing.T) {
	for i, x := range tamperings {
		t.Run(fmt.Sprint(i, " ", x.check), func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, d *db.DB) {
				b := &ledger.Book{}
				for _, a := range [][]money.Amount{{300, 200}, {-100}, {50, -25}} {
					mustBook(t, d, b, a...)
				}
				if n := seal(t, d); n != 3 {
					t.Fatalf("%d sealed", n)
				}
				clean(t, d, ledger.VerifyIncremental)
				mustBook(t, d, b, 7)
				mustBook(t, d, b, 8, -3)
				if n := seal(t, d); n != 2 || seal(t, d) != 0 {
					t.Fatal("the second seal")
				}
				mustBook(t, d, b, 5)
				hold(t, d, 11)
				for _, f := range []verifier{ledger.VerifyAll, ledger.VerifyIncremental} {
					if run, err := f(context.Background(), d, merchant, func(check, subject string, want, got int64) { t.Fatal(check, subject, want, got) }); err != nil || run.Checked() < 6 {
						t.Fatal(run, err)
					}
				}
				tamper(t, d, x.change)
				if run, names := prove(t, d, ledger.VerifyAll); !has(names, x.check) {
					t.Errorf("%s: %s is not among %v", run.Kind, x.check, names)
				}
				run, names := prove(t, d, ledger.VerifyIncremental)
				if run.FromSeal != 1 {
					t.Errorf("it starts from seal %d", run.FromSeal)
				}
				if x.incremental && !has(names, x.check) {
					t.Errorf("%s: %s is not among %v", run.Kind, x.check, names)
				}
			})
		})
	}
}

func has(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// tamper changes rows as somebody with the database in hand would: the
// constraints that a writer meets are lifted where the dialect lets one.
func tamper(t *testing.T, d *db.DB, q string) {
	t.Helper()
	if d.Dialect() == db.Postgres {
		exec(t, d, `alter table accounts drop constraint ck_accounts_available`)
		exec(t, d, q)
		return
	}
	c, err := sql.Open("sqlite", "file:"+d.File()+"?_pragma=ignore_check_constraints(1)&_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Exec(q); err != nil {
		t.Fatal(err)
	}
}

func hold(t *testing.T, d *db.DB, amount money.Amount) {
	t.Helper()
	err := d.InTx(context.Background(), func(ctx context.Context, tx *db.Tx) error {
		var as []ledger.Account
		tx.AskAll(ledger.AskAccounts(merchant, ledger.OwnerMember, owner, true, &as))
		if err := tx.Flush(ctx); err != nil {
			return err
		}
		ledger.QueueHold(tx, merchant, &as[0], tx.NewID(), amount)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// many books n entries of members of their own.
func many(t *testing.T, d *db.DB, b *ledger.Book, n int) {
	t.Helper()
	for n > 0 {
		k := min(n, 500)
		err := d.InTx(context.Background(), func(ctx context.Context, tx *db.Tx) error {
			for range k {
				p := &ledger.Purse{Merchant: merchant, OwnerKind: ledger.OwnerMember, Owner: tx.NewID()}
				a, h := p.Open(tx, "CNY", ledger.ClassPrincipal, 0), ledger.House(merchant, shop, "CNY", "test")
				e := ledger.Entry{Shop: shop, BusinessDate: "2026-05-20", Kind: "test"}
				e.Add(a, 100, p.AddLot(tx, a, ledger.Lot{Amount: 100, Remaining: 100, Group: tx.NewID(), Policy: "fifo", OriginShop: shop}))
				e.Add(&h, -100, nil)
				if err := b.Post(tx, merchant, &e); err != nil {
					return err
				}
				p.Queue(tx)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		n -= k
	}
}

// watched keeps the queries that go through it.
type watched struct {
	db.Reader
	asked []asked
}

type asked struct {
	text string
	args []any
}

func (w *watched) Rows(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	w.asked = append(w.asked, asked{query, append([]any(nil), args...)})
	return w.Reader.Rows(ctx, query, args...)
}

// rowsTouched is how many rows PostgreSQL read for the queries.
func rowsTouched(t *testing.T, d *db.DB, list []asked) (n int) {
	t.Helper()
	read := regexp.MustCompile(`actual (?:time=\S+ )?rows=(\d+)(?:\.\d+)? loops=(\d+)|Rows Removed by \w+(?: \w+)?: (\d+)`)
	for _, q := range list {
		lines, err := db.All(context.Background(), d, func(r db.Row, s *string) error { return r.Scan(s) }, "explain (analyze, timing off) "+q.text, q.args...)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range read.FindAllStringSubmatch(strings.Join(lines, "\n"), -1) {
			rows, _ := strconv.Atoi(m[1] + m[3])
			loops, _ := strconv.Atoi(m[2] + "")
			n += rows * max(loops, 1)
		}
	}
	return n
}

// scans are the tables that SQLite would read from end to end.
func scans(t *testing.T, d *db.DB, list []asked) (out []string) {
	t.Helper()
	for _, q := range list {
		type row struct{ detail string }
		rows, err := db.All(context.Background(), d, func(r db.Row, v *row) error {
			var a, b, c int
			return r.Scan(&a, &b, &c, &v.detail)
		}, "explain query plan "+q.text, q.args...)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			if regexp.MustCompile(`^SCAN (e|p|a|l|o|c|x|s|entries|postings|accounts|lots|seals|holds|account_checkpoints)\b`).MatchString(r.detail) {
				out = append(out, r.detail)
			}
		}
	}
	return out
}

func TestAnIncrementalProofReadsWhatIsNew(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := &ledger.Book{}
		many(t, d, b, 10_000)
		for seal(t, d) > 0 {
		}
		if got := parts(clean(t, d, ledger.VerifyAll)); got != "seals 5, entries 10000, accounts 10001, lots 10000" {
			t.Fatal(got)
		}
		if d.Dialect() == db.Postgres {
			exec(t, d, "analyze")
		}
		many(t, d, b, 12)
		seal(t, d)
		many(t, d, b, 3)
		w := &watched{Reader: d}
		var run ledger.Run
		run, err := ledger.VerifyIncremental(context.Background(), w, merchant, func(check, subject string, want, got int64) { t.Error(check, subject, want, got) })
		if got := parts(run); err != nil || got != "seals 1, entries 15, accounts 16, lots 15" || run.FromSeal != 5 || run.ToSeal != 6 {
			t.Fatal(got, run, err)
		}
		if d.Dialect() == db.Postgres {
			if n := rowsTouched(t, d, w.asked); n == 0 || n > 1500 {
				t.Errorf("%d rows were read for 15 new entries", n)
			}
		} else if s := scans(t, d, w.asked); len(s) > 0 {
			t.Errorf("whole tables are read: %v", s)
		}
		clean(t, d, ledger.VerifyIncremental)
		if got := parts(clean(t, d, ledger.VerifyIncremental)); got != "seals 0, entries 3, accounts 4, lots 3" {
			t.Errorf("nothing sealed since: %s", got)
		}
		rows, err := db.Value[int](context.Background(), d, `select count(*) from account_checkpoints`)
		if err != nil || rows != 10_013 { // 10,012 members' and the shop's
			t.Errorf("%d checkpoints remain: %v", rows, err)
		}
		clean(t, d, ledger.VerifyAll)
	})
}

func TestRunsAreRecorded(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := &ledger.Book{}
		mustBook(t, d, b, 10)
		seal(t, d)
		clean(t, d, ledger.VerifyAll)
		mustBook(t, d, b, 5)
		seal(t, d)
		exec(t, d, `update lots set remaining = remaining - 1 where seq = 2`)
		prove(t, d, ledger.VerifyIncremental)
		exec(t, d, `update lots set remaining = remaining + 1 where seq = 2`)
		if run := clean(t, d, ledger.VerifyIncremental); run.FromSeal != 1 {
			t.Errorf("a run that found something is no start: %d", run.FromSeal)
		}
		all, err := ledger.ListProofs(context.Background(), d, merchant, db.Page{Limit: 2})
		all, next := db.Cut(db.Page{Limit: 2}, all, func(p ledger.Proof) id.ID { return p.ID })
		if err != nil || len(all) != 2 || all[0].Kind != ledger.ProofIncremental || all[0].ToSeal != 2 || all[0].Differences != 0 || all[1].Differences != 2 || all[1].Found[0].Check != "ledger.lots_of_account" {
			t.Fatalf("%+v %v", all, err)
		}
		after, _ := db.ParseCursor(next)
		rest, err := ledger.ListProofs(context.Background(), d, merchant, db.Page{Limit: 2, After: after})
		if err != nil || len(rest) != 1 || rest[0].Kind != ledger.ProofFull || parts(ledger.Run{Parts: rest[0].Parts}) != "seals 1, entries 1, accounts 2, lots 1" {
			t.Fatalf("%+v %v", rest, err)
		}
		if got, err := ledger.GetProof(context.Background(), d, merchant, rest[0].ID); err != nil || got.Checked != 5 {
			t.Fatal(got, err)
		}
		if _, err := ledger.GetProof(context.Background(), d, merchant, owner); err == nil {
			t.Fatal("a run that is not there")
		}
	})
}

// TestProofsBesideSales: sales, seals and proofs at once never make a difference.
func TestProofsBesideSales(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := &ledger.Book{}
		var wg sync.WaitGroup
		for range 3 {
			wg.Add(1)
			go func() {
				defer wg.Done()
				for range 40 {
					if err := book(t, d, b, 3, -1); err != nil {
						t.Error(err)
					}
				}
			}()
		}
		done := make(chan struct{})
		go func() { wg.Wait(); close(done) }()
		for i := 0; ; i++ {
			seal(t, d)
			clean(t, d, ledger.VerifyIncremental)
			if i%4 == 0 {
				clean(t, d, ledger.VerifyAll)
			}
			select {
			case <-done:
				seal(t, d)
				clean(t, d, ledger.VerifyIncremental)
				if run := clean(t, d, ledger.VerifyAll); run.Parts[1].Checked != 120 {
					t.Fatal(parts(run))
				}
				return
			default:
			}
		}
	})
}
