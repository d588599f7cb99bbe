package ledger_test

import (
	"context"
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
		steps, err := db.All(context.Background(), d, func(r db.Row, v *string) error {
			var a, b, c int
			return r.Scan(&a, &b, &c, v)
		}, "explain query plan "+a.SQL, a.Args...)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range steps {
			if strings.HasPrefix(s, "SCAN ") && !strings.Contains(s, "json_each") || strings.HasSuffix(s, "(merchant_id=?)") {
				t.Errorf("%s: %s", name, s)
			}
		}
	}
}
