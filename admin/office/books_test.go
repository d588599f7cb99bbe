package office_test

import (
	"context"
	"encoding/csv"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/i18n"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/report"
)

// bookPages are the pages of the books with something on them.
func (s *shop) bookPages() []string {
	member := "/office/members/" + s.members[1].String() + "/statement"
	return []string{"/office/proof", member, member + "?from=2026-01-01&to=2026-12-31", member + "?from=2020-01-01&to=2020-02-01", "/office/statement", "/office/statement?from=2026-01-01&to=2026-12-31",
		"/office/statement?from=2026-01-01&to=2026-12-31&class=tender:cash", "/office/statement?kind=gift_card&owner=" + s.members[0].String(),
		"/office/liabilities", "/office/liabilities?from=2026-01-01&to=2026-12-31", "/office/liabilities?from=2026-01-01&to=2026-12-31&by=shop", "/office/liabilities?from=2026-01-01&to=2026-12-31&by=origin", "/office/liabilities?from=2020-01-01&to=2020-01-31"}
}

func TestThePagesOfTheBooksInEveryLanguage(t *testing.T) {
	eachShop(t, func(t *testing.T, s *shop) {
		b := s.signIn("owner")
		made := b.post("/office/proof", "kind", "incremental").want(t, http.StatusOK)
		for _, lang := range i18n.Tags() {
			b.lang = lang
			for _, path := range append(s.bookPages(), made.path) {
				got := b.get(path)
				if got.status != http.StatusOK {
					t.Errorf("%s %s: %d %s", lang, path, got.status, textOf(t, got.body))
					continue
				}
				checkPage(t, lang+" "+path, got.body, lang)
			}
		}
	})
}

func TestProofsAreRecordedAndShown(t *testing.T) {
	eachShop(t, func(t *testing.T, s *shop) {
		b := s.signIn("owner")
		full := b.post("/office/proof", "kind", "full").want(t, http.StatusOK, "Everything follows from its entries", "Audit log")
		s.clock.Advance(time.Minute)
		b.post("/office/proof", "kind", "incremental").want(t, http.StatusOK, "Everything follows from its entries", "What is new")
		b.get("/office/proof").want(t, http.StatusOK, "Earlier proofs", "No difference", full.path, "What is new")
		s.tx(func(_ context.Context, tx *db.Tx) error {
			tx.Queue(`update lots set remaining = remaining - 1 where merchant_id = $1 and remaining > 0 and account_id in (select id from accounts where class = 'principal')`, s.m.ID)
			return nil
		})
		s.clock.Advance(time.Minute)
		b.post("/office/proof", "kind", "full").want(t, http.StatusOK, "do not follow", "ledger.lot", "What is left of a lot is not the sum of its entries")
		b.get("/office/proof").want(t, http.StatusOK, "do not follow", "differences")
		b.get("/office/proof/"+s.m.ID.String()).want(t, http.StatusNotFound, "ledger.proof_not_found")
		rows, err := ledger.ListProofs(context.Background(), s.db, s.m.ID, db.Page{})
		if err != nil || len(rows) != 3 || rows[0].Differences == 0 || rows[2].Differences != 0 {
			t.Errorf("%+v %v", rows, err)
		}
		s.signIn("wang").post("/office/proof").want(t, http.StatusForbidden, "auth.denied")
	})
}

func (b *browser) file(t *testing.T, path string) [][]string {
	t.Helper()
	got := b.get(path).want(t, http.StatusOK)
	text, marked := strings.CutPrefix(got.body, report.BOM)
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || !marked {
		t.Fatalf("%v: %.200s", err, got.body)
	}
	return rows
}

func TestStatementsAndLiabilitiesAreShownAndDownloaded(t *testing.T) {
	eachShop(t, func(t *testing.T, s *shop) {
		b := s.signIn("manager")
		var of string
		for _, m := range s.members {
			path := "/office/members/" + m.String() + "/statement?from=2026-01-01&to=2026-12-31"
			if strings.Contains(b.get(path).body, "Stored value, paid") {
				of = path
			}
		}
		if of == "" {
			t.Fatal("no member has stored value")
		}
		rows := b.file(t, of+"&format=csv")
		shown := b.get(of).want(t, http.StatusOK, "Opening", "Closing", "format=csv")
		closing := rows[len(rows)-1]
		if closing[0] != "closing" || len(rows) < 5 {
			t.Fatal(rows)
		}
		if !strings.Contains(shown.body, rows[len(rows)/2][4]) {
			t.Errorf("the receipt %q of the file is not on the page", rows[len(rows)/2][4])
		}
		owed := b.file(t, "/office/liabilities?from=2026-01-01&to=2026-12-31&format=csv")
		b.get("/office/liabilities?from=2026-01-01&to=2026-12-31").want(t, http.StatusOK, "Topped up", "Bonus granted", "ties out with the accounts", "format=csv")
		if len(owed) < 3 || owed[1][2] != "principal" {
			t.Error(owed)
		}
		b.get("/office/liabilities?from=2026-12-31&to=2026-01-01").want(t, http.StatusBadRequest, "report.bad_period")
		b.get("/office/liabilities?by=staff").want(t, http.StatusBadRequest, "report.bad_split_by")
		b.get("/office/statement?kind=nothing").want(t, http.StatusNotFound)
		desk := s.signIn("wang")
		desk.get(of).want(t, http.StatusOK)
		for _, path := range []string{"/office/liabilities", "/office/statement", "/office/proof"} {
			desk.get(path).want(t, http.StatusForbidden, "auth.denied")
		}
		// Another merchant's member is not there.
		other := newShopBeside(t, s)
		other.signIn("owner").get(of).want(t, http.StatusNotFound)
	})
}
