package api_test

import (
	"context"
	"encoding/csv"
	"strings"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/report"
	"github.com/shopwright/shopwright/core/tenant"
)

// business is a top-up of 100 with 20 bonus on one date and a sale on the next.
func (s *shop) business() {
	s.t.Helper()
	s.clock.Set(time.Date(2026, 5, 4, 3, 0, 0, 0, time.UTC))
	s.post("/api/v1/members/"+s.member.String()+"/top-ups", `{"shop_id":"`+s.shop.String()+`","register_id":"`+s.register.String()+`","amount":"100.00","tender":"cash"}`)
	s.clock.Advance(time.Hour)
	s.post("/api/v1/sales", s.sale("2", "20.00"))
}

func csvOf(t *testing.T, a *answer) [][]string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(a.raw)).ReadAll()
	if err != nil || !strings.HasPrefix(a.header.Get("Content-Type"), "text/csv") || !strings.Contains(a.header.Get("Content-Disposition"), ".csv") {
		t.Fatalf("%v %v %s", err, a.header, a.raw)
	}
	return rows
}

func TestStatementsAndBalances(t *testing.T) {
	each(t, func(s *shop) {
		s.business()
		of := "/api/v1/ledger/statement?owner_id=" + s.member.String()
		a := s.get(of)
		s.is(a, "accounts.0.class", "bonus")
		s.is(a, "accounts.0.closing", "20.00")
		s.is(a, "accounts.1.closing", "100.00")
		s.is(a, "accounts.2.unit", "points")
		s.is(a, "accounts.2.closing", "3")
		s.is(a, "items.0.amount", "100.00")
		s.is(a, "items.0.kind", "sale")
		s.is(a, "next_cursor", "")
		if a.text("items.0.receipt") == "" || a.text("items.0.lot_id") == "" {
			t.Error(a.raw)
		}
		late := s.get(of + "&from=2026-05-04T03:30:00Z&unit=CNY")
		s.is(late, "accounts.1.opening", "100.00")
		s.is(late, "items.0", "null")
		first := s.get(of + "&limit=1")
		s.is(first, "items.1.class", "bonus") // the whole entry
		s.is(s.get(of+"&limit=1&cursor="+first.text("next_cursor")), "items.0.unit", "points")
		house := s.get("/api/v1/ledger/statement?owner_kind=house&owner_id=" + s.shop.String() + "&class=tender:cash")
		s.is(house, "items.0.balance", "-100.00")
		s.is(house, "accounts.0.closing", house.text("items.1.balance"))
		for _, rows := range [][][]string{csvOf(t, s.get(of, "Accept: text/csv")), csvOf(t, s.get(of+"&format=csv"))} {
			if len(rows) != 1+3+3+3 || rows[1][0] != "opening" || rows[4][0] != "movement" || rows[9][0] != "closing" {
				t.Error(rows)
			}
		}
		b := s.get("/api/v1/ledger/balances?owner_id=" + s.member.String() + "&at=2026-05-04T03:30:00Z")
		s.is(b, "items.1.balance", "100.00")
		s.is(b, "items.2", "null")
		s.is(s.get("/api/v1/ledger/balances?owner_id="+s.member.String()), "items.2.balance", "3")
		s.is(s.want(400, s.call("GET", of+"&from=2026-05-05T00:00:00Z&to=2026-05-04T00:00:00Z", "")), "code", "report.bad_period")
		s.want(400, s.call("GET", "/api/v1/ledger/statement", ""))
	})
}

func TestLiabilitiesAndProofs(t *testing.T) {
	each(t, func(s *shop) {
		s.business()
		a := s.get("/api/v1/liabilities?from=2026-05-01&to=2026-05-31")
		for path, want := range map[string]string{"ties": "true", "untied": "[]", "items.0.class": "principal", "items.0.opening": "0.00", "items.0.closing": "100.00", "items.0.movements.0.kind": "top_up", "items.0.movements.0.amount": "100.00",
			"items.1.movements.0.kind": "bonus_granted", "items.2.class": "points", "items.2.closing": "3", "items.2.movements.0.kind": "earned"} {
			s.is(a, path, want)
		}
		s.is(s.get("/api/v1/liabilities?from=2026-06-01&to=2026-06-30&by=origin"), "items.0.opening", "100.00")
		s.is(s.get("/api/v1/liabilities?from=2026-04-01&to=2026-04-30"), "items", "[]")
		rows := csvOf(t, s.get("/api/v1/liabilities?from=2026-05-01&to=2026-05-31&by=shop&format=csv"))
		if len(rows) != 4 || rows[1][6] != "Shop" || rows[1][2] != "principal" {
			t.Error(rows)
		}
		s.is(s.want(400, s.call("GET", "/api/v1/liabilities?from=2026-06-02&to=2026-06-01", "")), "code", "report.bad_period")

		m, err := tenant.GetMerchant(context.Background(), s.d, s.merchant)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := report.ProveAndRecord(context.Background(), s.d, m, ledger.ProofIncremental); err != nil {
			t.Fatal(err)
		}
		p := s.get("/api/v1/ledger/proofs?limit=1")
		s.is(p, "items.0.kind", "incremental")
		s.is(p, "items.0.differences", "0")
		s.is(p, "items.0.parts.1.checked", "2")
		s.is(p, "next_cursor", "")
	})
}

// TestWhoSeesTheBooks: neither a cashier nor another merchant.
func TestWhoSeesTheBooks(t *testing.T) {
	each(t, func(s *shop) {
		s.business()
		var cashier string
		s.tx(func(ctx context.Context, tx *db.Tx) (err error) {
			_, cashier, err = auth.CreateKey(ctx, tx, s.merchant, auth.NewKey{Name: "till", Role: auth.Cashier})
			return err
		})
		_, _, _, other := s.newMerchant("two")
		for _, path := range []string{"/api/v1/ledger/statement?owner_id=" + s.member.String(), "/api/v1/ledger/balances?owner_id=" + s.member.String(), "/api/v1/liabilities?from=2026-05-01&to=2026-05-31", "/api/v1/ledger/proofs"} {
			s.is(s.want(403, s.call("GET", path, "", "Authorization: Bearer "+cashier)), "code", "auth.denied")
			a := s.get(path, "Authorization: Bearer "+other)
			if strings.Contains(a.raw, "100.00") {
				t.Error(a.raw)
			}
		}
	})
}
