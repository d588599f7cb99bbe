package api_test

import (
	"context"
	"encoding/json"
	"html"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/backtest"
	"github.com/shopwright/shopwright/core/coupon"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/db/dbtest"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/report"
	"github.com/shopwright/shopwright/core/tenant"
	"github.com/shopwright/shopwright/core/wallet"
)

// documentedEvents reads the page: each type with its fields, true where an event
// must have it.
func documentedEvents(page string) map[string]map[string]bool {
	out := map[string]map[string]bool{}
	for _, part := range strings.Split(page, `<section id="event-`)[1:] {
		kind, rest, _ := strings.Cut(part, `"`)
		rest, _, _ = strings.Cut(rest, "</section>")
		out[kind] = map[string]bool{}
		for _, f := range regexp.MustCompile(`<td class="depth-0"><code>([a-z_]+)</code>( <b>required</b>)?`).FindAllStringSubmatch(rest, -1) {
			out[kind][f[1]] = f[2] != ""
		}
	}
	return out
}

// TestThePageKnowsEveryEvent: the types in the source are the types on the page,
// no more and no fewer, and every link of the page leads somewhere.
func TestThePageKnowsEveryEvent(t *testing.T) {
	s := newShop(t, dbtest.SQLite(t), nil)
	page := s.get("/docs", "Authorization: ").raw
	documented := documentedEvents(page)
	emitted := map[string]bool{}
	err := fs.WalkDir(os.DirFS(".."), ".", func(path string, f fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.HasPrefix(path, "api/") || strings.HasPrefix(path, "event/") {
			return err
		}
		src, err := os.ReadFile("../" + path)
		for _, m := range regexp.MustCompile(`"([a-z_]+\.[a-z_]+\.v[0-9]+)"`).FindAllStringSubmatch(string(src), -1) {
			if m[1] != report.PersonFormat && m[1] != backtest.ExportFormat {
				emitted[m[1]] = true
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for kind := range emitted {
		if documented[kind] == nil {
			t.Error("the page lacks the event " + kind)
		}
	}
	for kind, fields := range documented {
		if !emitted[kind] || len(fields) == 0 {
			t.Errorf("nothing emits %s, or it has no data", kind)
		}
	}
	for _, link := range regexp.MustCompile(`href="#([^"]+)"`).FindAllStringSubmatch(page, -1) {
		if !strings.Contains(page, `id="`+html.UnescapeString(link[1])+`"`) {
			t.Error("a link to nowhere: #" + link[1])
		}
	}
}

// TestEventsAreAsDocumented makes one event of each type and holds its data
// against the page.
func TestEventsAreAsDocumented(t *testing.T) {
	each(t, func(s *shop) {
		ctx := context.Background()
		sold := s.post("/api/v1/sales", s.sale("2", "20.00"))
		s.post(path0(sold)+"/refunds", `{"reason":"x"}`)
		s.post(s.member0()+"/top-ups", `{`+s.here()+`,"amount":"10.00","tender":"cash"}`)
		s.post(s.member0()+"/cash-outs", `{"register_id":"`+s.register.String()+`","reason":"x","prepaid":{"case":"policy"}}`)
		s.want(200, s.call("PUT", s.member0()+"/tier", `{"tier":"gold","reason":"friend"}`))
		definition := s.post("/api/v1/coupon-definitions", `{"name":"Five off","kind":"cash","amount":"5.00","valid_days":5,"remind_days":7}`).text("id")
		ticket := s.post("/api/v1/coupons", `{"definition_id":"`+definition+`"}`)
		s.want(200, s.call("POST", "/api/v1/coupons/"+ticket.text("id")+"/transfer", `{"to_member_id":"`+s.member.String()+`"}`))
		s.post(s.member0()+"/point-adjustments", `{"shop_id":"`+s.shop.String()+`","points":9,"reason":"x","expires_at":"`+s.d.Now().Add(24*time.Hour).String()+`"}`)
		s.want(201, s.call("POST", s.member0()+"/check-ins", `{"shop_id":"`+s.shop.String()+`"}`))
		s.want(200, s.call("PUT", "/api/v1/prizes", `{"shop_id":"`+s.shop.String()+`","pack_id":"ten-off","code":"cup","stock":3}`))
		chance := s.want(201, s.call("POST", s.member0()+"/chances", `{"shop_id":"`+s.shop.String()+`","pack_id":"ten-off","count":1,"reason":"opening"}`))
		s.want(201, s.call("POST", "/api/v1/draws", `{"chance_id":"`+chance.text("id")+`"}`))
		s.want(200, s.call("PATCH", s.member0(), `{"birthday":"--05-04"}`))
		if err := s.desk.RunTriggerDates(ctx, s.merchant); err != nil { // the member's birthday is today
			t.Fatal(err)
		}
		s.rules.broken = true
		for range 20 { // at the twentieth failure in a row the pack is switched off
			s.post("/api/v1/sales", s.sale("1", "10.00"))
		}
		s.rules.broken = false
		s.tx(func(ctx context.Context, tx *db.Tx) error {
			_, err := wallet.Remind(ctx, tx, s.merchant, tx.Now.Add(48*time.Hour), 10)
			return err
		})
		s.tx(func(ctx context.Context, tx *db.Tx) error {
			_, err := coupon.Remind(ctx, tx, s.merchant, "2026-05-04")
			return err
		})
		s.tx(func(_ context.Context, tx *db.Tx) error {
			tx.Queue("update stock_levels set on_hand = on_hand + 1000 where merchant_id = $1", s.merchant)
			return nil
		})
		m, err := tenant.GetMerchant(ctx, s.d, s.merchant)
		if err != nil {
			t.Fatal(err)
		}
		if p, err := report.ProveAndRecord(ctx, s.d, m, ledger.ProofFull); err != nil || p.Clean() {
			t.Fatal(p, err)
		}

		if r, err := s.service().ReplayDay(ctx, s.merchant, "2026-05-04"); err != nil {
			t.Fatal(r, err)
		}

		documented := documentedEvents(s.get("/docs", "Authorization: ").raw)
		seen := map[string]bool{}
		type row struct{ kind, data string }
		rows, err := db.All(ctx, s.d, func(r db.Row, v *row) error { return r.Scan(&v.kind, &v.data) }, "select type, data from events where merchant_id = $1", s.merchant)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range rows { // a dispatcher numbers them, which is not here
			kind, raw, data := v.kind, v.data, map[string]any{}
			if err := json.Unmarshal([]byte(raw), &data); err != nil {
				t.Fatal(err)
			}
			seen[kind] = true
			for name := range data {
				if _, ok := documented[kind][name]; !ok {
					t.Errorf("%s: the page lacks %s: %s", kind, name, raw)
				}
			}
			for name, must := range documented[kind] {
				if _, there := data[name]; must && !there {
					t.Errorf("%s has no %s: %s", kind, name, raw)
				}
			}
		}
		for kind := range documented {
			if !seen[kind] {
				t.Error("this test makes no " + kind)
			}
		}
	})
}
