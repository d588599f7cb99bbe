package ledger_test

import (
	"context"
	"database/sql"
	"strings"
	"testing"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/db/dbtest"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/ledger"
)

// What a sale or a refund reads of lots follows from its member and its sale: no step
// goes through all that a merchant ever had. PostgreSQL plans by what is in the tables:
// rowsTouched looks at that.
func TestLotsAreFoundFromTheirOwnerAndTheirSale(t *testing.T) {
	d := dbtest.SQLite(t)
	var out []ledger.Lot
	for name, a := range map[string]db.Ask{
		"at a refund":         ledger.AskLots(id.New(1), ledger.OwnerMember, id.New(2), id.New(3), &out),
		"at a sale":           ledger.AskLots(id.New(1), ledger.OwnerMember, id.New(2), id.None, &out),
		"at a sale, by units": ledger.AskLotsOf(id.New(1), ledger.OwnerMember, id.New(2), []string{"CNY"}, &out),
	} {
		for _, s := range plan(t, d, a.SQL, a.Args...) {
			if strings.HasPrefix(s, "SCAN ") && !strings.Contains(s, "json_each") || strings.HasSuffix(s, "(merchant_id=?)") {
				t.Errorf("%s: %s", name, s)
			}
		}
	}
}

func plan(t *testing.T, d *db.DB, query string, args ...any) []string {
	t.Helper()
	steps, err := db.All(context.Background(), d, func(r db.Row, v *string) error {
		var a, b, c int
		return r.Scan(&a, &b, &c, v)
	}, "explain query plan "+query, args...)
	if err != nil {
		t.Fatal(err)
	}
	return steps
}

// spy notes how every query is carried out.
type spy struct {
	*db.DB
	t     *testing.T
	steps []string
}

func (s *spy) Rows(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	s.steps = append(s.steps, plan(s.t, s.DB, query, args...)...)
	return s.DB.Rows(ctx, query, args...)
}

// A proof of what is new starts from the new entries: its cost does not follow the
// size of the books.
func TestAnIncrementalProofIsPlannedFromTheNewEntries(t *testing.T) {
	s := &spy{DB: dbtest.SQLite(t), t: t}
	if _, err := ledger.VerifyIncremental(context.Background(), s, id.New(1), func(check, subject string, want, got int64) {}); err != nil {
		t.Fatal(err)
	}
	read := false
	for _, step := range s.steps {
		read = read || strings.Contains(step, "ix_entries_sealed")
		if step == "MERGE (UNION)" { // in the order of an index over everything
			t.Error(step)
		}
		for _, table := range []string{"SCAN p", "SCAN e", "SCAN l", "SCAN a"} {
			if step == table || strings.HasPrefix(step, table+" ") {
				t.Error(step)
			}
		}
		if strings.HasSuffix(step, "(merchant_id=?)") && !strings.Contains(step, "ix_holds_open") && !strings.Contains(step, "ix_proofs_clean") { // few, and the first of them
			t.Error(step)
		}
	}
	if !read {
		t.Errorf("no step finds the new entries: %q", s.steps)
	}
}
