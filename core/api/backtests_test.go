package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/shopwright/shopwright/core/backtest"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/event"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/core/promotion"
)

// replaying is tenOff as the backtests see it.
type replaying struct{ tenOff }

func (*replaying) Replay(context.Context, promotion.PackRef, []byte) ([]byte, int64, error) {
	return []byte("other"), 7, nil
}

// backtests is the service over the pack of these tests, whose recorded bytes
// nobody can read.
func backtests(d *db.DB, reg *pack.Registry, vault *member.Vault) *backtest.Service {
	unreadable := errors.New("no message")
	return &backtest.Service{DB: d, Rules: &replaying{}, Vault: vault, Packs: func(ctx context.Context, m id.ID) backtest.Bundles { return reg.For(ctx, m) }, Codec: backtest.Codec{
		Encode:      func(in *promotion.Input) []byte { b, _ := json.Marshal(in); return b },
		DecodeInput: func([]byte) (promotion.Input, error) { return promotion.Input{}, unreadable },
		Decode:      func([]byte) (promotion.Output, error) { return promotion.Output{}, unreadable },
	}}
}

func (s *shop) tenOffOn(on bool) {
	s.t.Helper()
	body := `{"enabled":false}`
	if on {
		body = `{"enabled":true}`
	}
	s.want(200, s.call("PUT", "/api/v1/packs/ten-off", body))
}

func (s *shop) service() *backtest.Service {
	return backtests(s.d, s.desk.Packs, s.desk.Vault)
}

const period = `"from":"2026-05-01","to":"2026-05-31"`

func TestBacktests(t *testing.T) {
	each(t, func(s *shop) {
		s.post("/api/v1/sales", s.sale("2", "20.00")) // its bytes cannot be read
		s.tenOffOn(false)
		s.post("/api/v1/sales", s.sale("2", "20.00"))
		s.post("/api/v1/sales", s.sale("4", "40.00"))
		body := `{"pack_id":"ten-off",` + period + `}`
		made := s.again("/api/v1/backtests", body)
		s.is(made, "state", "queued")
		s.is(made, "b.version", "1.0.0")
		s.is(made, "b.config.rate", "0.1")
		path := "/api/v1/backtests/" + made.text("id")
		run, _ := id.Parse(made.text("id"))
		if err := s.service().Run(context.Background(), s.merchant, run); err != nil {
			t.Fatal(err)
		}
		got := s.get(path)
		for p, v := range map[string]string{
			"state": "done", "sales": "3", "done": "3", "report.sales": "3", "report.unavailable": "1", "report.not_available.0.code": "input", "report.changed": "2", "report.a.net": "51.00", "report.b.net": "45.90",
			"report.b.discount": "5.10", "report.b.points": "6", "report.cheaper.sales": "2", "report.cheaper.amount": "5.10", "report.dearer.sales": "0", "report.members.0.member_id": s.member.String(),
			"report.members.0.net_b": "45.90", "report.products.0.sku": "tea", "report.products.0.name": "Tea", "report.largest.0.net_a": "34.00", "report.largest.0.net_b": "30.60", "report.days.0.date": "2026-05-04", "report.currency": "CNY",
		} {
			s.is(got, p, v)
		}
		s.is(s.get("/api/v1/backtests?pack_id=ten-off"), "items.0.id", made.text("id"))
		s.is(s.get("/api/v1/backtests?pack_id=other"), "items", "[]")
		quick := s.want(200, s.call("POST", "/api/v1/backtest-quotes", `{"pack_id":"ten-off"}`))
		s.is(quick, "b.net", "45.90")
		s.is(quick, "cut", "false")
		s.is(s.want(409, s.call("POST", path+"/cancel", "")), "code", "backtest.ended")
		other := s.post("/api/v1/backtests", body)
		s.is(s.post2("/api/v1/backtests/"+other.text("id")+"/cancel", ""), "state", "cancelled")
		for _, bad := range []struct{ body, code, at string }{
			{`{"pack_id":"none",` + period + `}`, "pack.not_installed", "pack_id"},
			{`{"pack_id":"ten-off","from":"2026-05-02","to":"2026-05-01"}`, "backtest.bad_period", "to"},
			{`{"pack_id":"ten-off",` + period + `,"b":{"mode":"set","version":"2.0.0"}}`, "pack.not_installed", "b.version"},
			{`{"pack_id":"ten-off",` + period + `,"b":{"mode":"off"}}`, "backtest.same_sides", "b"},
			{`{"pack_id":"ten-off",` + period + `,"shop_ids":["00000000-0000-7000-8000-000000000001"]}`, "tenant.shop_not_found", "shop_ids"},
		} {
			r := s.call("POST", "/api/v1/backtest-quotes", bad.body)
			s.is(r, "code", bad.code)
			s.is(r, "param", bad.at)
		}
		if s.audits("backtest.started") != 2 || s.audits("backtest.cancelled") != 1 {
			t.Error(s.audits("backtest.started"), s.audits("backtest.cancelled"))
		}
		_, _, _, stranger := s.newMerchant("two")
		s.is(s.want(404, s.call("GET", path, "", "Authorization: Bearer "+stranger)), "code", "backtest.not_found")
	})
}

func TestShadows(t *testing.T) {
	each(t, func(s *shop) {
		x := event.New(s.d, event.Options{})
		x.Start()
		t.Cleanup(func() { _ = x.Stop(context.Background()) })
		s.tenOffOn(false)
		made := s.again("/api/v1/shadows", `{"shop_id":"`+s.shop.String()+`","pack_id":"ten-off"}`)
		s.is(made, "state", "on")
		s.is(made, "config.rate", "0.1")
		s.is(s.want(409, s.call("POST", "/api/v1/shadows", `{"shop_id":"`+s.shop.String()+`","pack_id":"ten-off"}`)), "code", "backtest.shadow_on")
		s.is(s.want(404, s.call("POST", "/api/v1/shadows", `{"shop_id":"`+s.merchant.String()+`","pack_id":"ten-off"}`)), "code", "tenant.shop_not_found")
		s.post("/api/v1/sales", s.sale("2", "20.00"))
		n, err := db.Value[int64](context.Background(), s.d, "select count(*) from events where merchant_id = $1", s.merchant)
		if err == nil {
			err = x.Wait(t.Context(), s.merchant, n-1)
		}
		if err == nil {
			err = s.service().ShadowRound(context.Background(), s.merchant)
		}
		if err != nil {
			t.Fatal(err)
		}
		path := "/api/v1/shadows/" + made.text("id")
		got := s.get(path)
		s.is(got, "figures.changed", "1")
		s.is(got, "figures.b.net", "15.30")
		s.is(s.get(path+"/differences"), "items.0.net_b", "15.30")
		s.is(s.get("/api/v1/shadows?pack_id=ten-off&shop_id="+s.shop.String()), "items.0.id", made.text("id"))
		s.is(s.post2(path+"/stop", ""), "state", "off")
		s.is(s.want(409, s.call("POST", path+"/stop", "")), "code", "backtest.shadow_ended")
		if s.audits("shadow.started") != 1 || s.audits("shadow.stopped") != 1 {
			t.Error("not in the audit log")
		}
	})
}

func TestReplaysAndExport(t *testing.T) {
	each(t, func(s *shop) {
		s.post("/api/v1/sales", s.sale("2", "20.00"))
		if _, err := s.service().ReplayDay(context.Background(), s.merchant, "2026-05-04"); err != nil {
			t.Fatal(err)
		}
		list := s.get("/api/v1/rule-replays")
		s.is(list, "items.0.day", "2026-05-04")
		got := s.get("/api/v1/rule-replays/" + list.text("items.0.id"))
		s.is(got, "differences.0.why", "output")
		if got.at("differing") == 0.0 || got.at("differing") != got.at("calls") {
			t.Error(got.raw)
		}
		req, err := http.NewRequestWithContext(t.Context(), "GET", s.server.URL+"/api/v1/rule-exports?from=2026-05-01&to=2026-05-31&pack_id=ten-off", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+s.key)
		resp, err := s.server.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		raw, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "application/x-ndjson" || strings.Contains(string(raw), s.member.String()) {
			t.Fatalf("%d %v %s", resp.StatusCode, err, raw)
		}
		r := backtest.NewExportReader(bufio.NewReader(strings.NewReader(string(raw))))
		v, err := r.Next()
		if err != nil || len(v.Calls) == 0 || string(v.Calls[0].Input) != "in benefit" {
			t.Fatalf("%+v %v", v, err)
		}
		if _, err := r.Next(); !errors.Is(err, io.EOF) {
			t.Error(err)
		}
		s.is(s.want(400, s.call("GET", "/api/v1/rule-exports?from=2026-06-01&to=2026-05-31", "")), "code", "backtest.bad_period")
		if s.audits("rules.exported") != 1 {
			t.Error("not in the audit log")
		}
	})
}
