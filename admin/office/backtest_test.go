package office_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/shopwright/shopwright/core/backtest"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/event"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/rules"
)

func (s *shop) backtests(reg *pack.Registry, host backtest.Rules) *backtest.Service {
	return &backtest.Service{DB: s.db, Rules: host, Vault: s.vault, Packs: func(ctx context.Context, m id.ID) backtest.Bundles { return reg.For(ctx, m) },
		Codec: backtest.Codec{Encode: rules.Encode, DecodeInput: rules.DecodeInput, Decode: rules.Decode}}
}

func (s *shop) trials() *backtest.Service {
	reg, host := ruleHost()
	return s.backtests(reg, host)
}

// flipped answers replays with one bit turned.
type flipped struct{ backtest.Rules }

func (f flipped) Replay(ctx context.Context, p promotion.PackRef, in []byte) ([]byte, int64, error) {
	out, fuel, err := f.Rules.Replay(ctx, p, in)
	if len(out) > 0 {
		out = append([]byte{}, out...)
		out[len(out)-1] ^= 1
	}
	return out, fuel, err
}

// retailSet is the retail pack with a price off for everybody who spends enough.
func (s *shop) retailSet() backtest.Variant {
	s.t.Helper()
	b, err := s.desk.Packs.Latest("retail")
	if err != nil {
		s.t.Fatal(err)
	}
	config, err := b.CheckConfig([]byte(`{"full_on":true,"commission_on":true}`))
	if err != nil {
		s.t.Fatal(err)
	}
	return backtest.Variant{Mode: backtest.Set, Version: b.Version, Config: config}
}

var trialURLs sync.Map // *shop -> []string

// trialPages are the pages about trials, with something in each of them.
func (s *shop) trialPages() []string {
	s.t.Helper()
	if urls, ok := trialURLs.Load(s); ok {
		return urls.([]string)
	}
	ctx := context.Background()
	must := func(err error) {
		s.t.Helper()
		if err != nil {
			s.t.Fatal(err)
		}
	}
	spec := backtest.Spec{Pack: "retail", From: "2026-05-01", To: "2026-05-31", A: backtest.Variant{Mode: backtest.Off}, B: s.retailSet()}
	must(s.trials().Check(ctx, s.m.ID, &spec))
	var runs []backtest.Run
	for range 3 {
		s.tx(func(ctx context.Context, tx *db.Tx) error {
			r, err := backtest.Create(ctx, tx, s.m.ID, spec, s.stylist)
			runs = append(runs, r)
			return err
		})
	}
	// All was sold in one shift; for the chart of days some of it is booked later, and put back.
	move := func(day string) {
		s.tx(func(_ context.Context, tx *db.Tx) error {
			tx.Queue("update sales set business_date = $3 where merchant_id = $1 and id in_ids($2)", s.m.ID, []id.ID{s.sales[1].ID, s.sales[4].ID}, day)
			return nil
		})
	}
	day := s.sales[1].BusinessDate
	move(string(day.AddDays(1)))
	must(s.trials().Run(ctx, s.m.ID, runs[0].ID))
	move(string(day))
	s.tx(func(ctx context.Context, tx *db.Tx) error { return backtest.Cancel(ctx, tx, s.m.ID, runs[1].ID) })

	x := event.New(s.db, event.Options{})
	x.Start()
	shadow := backtest.Shadow{Shop: s.shop.ID, Pack: "retail", Version: spec.B.Version, Config: spec.B.Config}
	s.tx(func(ctx context.Context, tx *db.Tx) (err error) {
		shadow, err = backtest.StartShadow(ctx, tx, s.m.ID, shadow)
		return err
	})
	s.sell(s.members[0], []checkout.LineIn{{SKU: s.skus["colour"].ID, Quantity: money.One, Staff: s.stylist}}, nil)
	n, err := db.Value[int64](ctx, s.db, "select count(*) from events where merchant_id = $1", s.m.ID)
	must(err)
	must(x.Wait(ctx, s.m.ID, n-1))
	must(s.trials().ShadowRound(ctx, s.m.ID))
	must(x.Stop(ctx))

	_, host := ruleHost()
	bad := s.trials()
	bad.Rules = flipped{host}
	differs, err := bad.ReplayDay(ctx, s.m.ID, s.sales[0].BusinessDate)
	must(err)
	same, err := s.trials().ReplayDay(ctx, s.m.ID, s.sales[len(s.sales)-1].BusinessDate)
	must(err)
	urls := []string{"/office/packs/retail/backtest", "/office/packs/salon/backtest", "/office/replays"}
	for _, r := range runs {
		urls = append(urls, "/office/packs/retail/backtest/"+r.ID.String())
	}
	urls = append(urls, "/office/packs/retail/shadow/"+shadow.ID.String(), "/office/replays/"+differs.ID.String(), "/office/replays/"+same.ID.String())
	trialURLs.Store(s, urls)
	return urls
}

// typedTrial is the form of the trial page with a step of the full reduction.
func typedTrial(do string, pairs ...string) []string {
	return append([]string{"pack.version", "1.0.0", "pack.priority", "0", "bt.from", "2026-05-01", "bt.to", "2026-05-31", "bt.against", "off", "bt.shops", "", "do", do, "/full_on", "true", "/full_on", "true"}, pairs...)
}

func TestATrialFromTheFormToTheReport(t *testing.T) {
	eachShop(t, func(t *testing.T, s *shop) {
		b := s.signIn("owner")
		page := b.get("/office/packs/retail/backtest")
		page.want(t, http.StatusOK, "Try on past sales", "Nothing was tried yet", "No pack runs as a shadow")
		b.get("/office/packs/retail").want(t, http.StatusOK, "/office/packs/retail/backtest")

		quick := b.post("/office/packs/retail/backtest", typedTrial("quick")...)
		quick.want(t, http.StatusOK, "The last seven days", "Sales that change", "The largest differences", "/office/sales/")
		if n := s.count("backtests"); n != 0 {
			t.Errorf("a quick look stored %d runs", n)
		}
		started := b.post("/office/packs/retail/backtest", typedTrial("start")...)
		started.want(t, http.StatusOK, "The trial has started", "Waiting", "every 1s")
		run, err := id.Parse(started.path[strings.LastIndex(started.path, "/")+1:])
		if err != nil {
			t.Fatal(started.path)
		}
		if err := s.trials().Run(context.Background(), s.m.ID, run); err != nil {
			t.Fatal(err)
		}
		report, err := backtest.ReportOf(context.Background(), s.db, s.m.ID, run)
		if err != nil || report.Changed == 0 {
			t.Fatalf("%+v %v", report, err)
		}
		got := b.get(started.path)
		got.want(t, http.StatusOK, "Customers pay", "Li Na", "Cut and wash", "/office/members/"+s.members[0].String(), "/office/sales/"+report.Largest[0].Sale.String(), "By staff")
		if strings.Contains(got.body, "every 1s") {
			t.Error("a report that is done goes on asking")
		}
		b.get("/office/packs/retail/backtest").want(t, http.StatusOK, "Done", "/office/packs/retail/backtest/"+run.String())

		other := b.post("/office/packs/retail/backtest", typedTrial("start")...)
		b.post(other.path+"/cancel").want(t, http.StatusOK, "The trial was cancelled", "Cancelled")
		b.post("/office/packs/retail/backtest", typedTrial("start", "bt.from", "2026-06-30")...) // the first of two values holds
		bad := typedTrial("start")
		bad[5], bad[7] = "2026-06-30", "2026-06-01"
		b.post("/office/packs/retail/backtest", bad...).want(t, http.StatusBadRequest, "backtest.bad_period")
		b.get("/office/packs/salon/backtest/"+run.String()).want(t, http.StatusNotFound, "backtest.not_found")
		b.get("/office/packs/retail/backtest/"+s.m.ID.String()).want(t, http.StatusNotFound, "backtest.not_found")
		s.signIn("cashier").get("/office/packs/retail/backtest").want(t, http.StatusForbidden)
	})
}

func (s *shop) count(table string) int64 {
	s.t.Helper()
	n, err := db.Value[int64](context.Background(), s.db, "select count(*) from "+table)
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

func TestAShadowFromTheFormToItsEnd(t *testing.T) {
	eachShop(t, func(t *testing.T, s *shop) {
		b := s.signIn("owner")
		b.post("/office/packs/retail/backtest", typedTrial("shadow")...).want(t, http.StatusOK, "now runs as a shadow in Xujiahui", "Running")
		b.post("/office/packs/retail/backtest", typedTrial("shadow")...).want(t, http.StatusConflict, "backtest.shadow_on")
		list, _, err := backtest.ListShadows(context.Background(), s.db, s.m.ID, id.None, "retail", db.Page{})
		if err != nil || len(list) != 1 {
			t.Fatal(list, err)
		}
		path := "/office/packs/retail/shadow/" + list[0].ID.String()
		b.get(path).want(t, http.StatusOK, "Nothing of it is applied", "Stop the shadow", "No sale comes out otherwise")
		b.post(path+"/stop").want(t, http.StatusOK, "The shadow was stopped", "Stopped")
		b.get("/office/packs/retail/shadow/"+s.m.ID.String()).want(t, http.StatusNotFound, "backtest.no_shadow")
	})
}

func TestReplaysAndTheirNotice(t *testing.T) {
	eachShop(t, func(t *testing.T, s *shop) {
		b := s.signIn("owner")
		b.get("/office/replays").want(t, http.StatusOK, "No night has passed yet")
		_, host := ruleHost()
		bad := s.trials()
		bad.Rules = flipped{host}
		r, err := bad.ReplayDay(context.Background(), s.m.ID, s.sales[0].BusinessDate)
		if err != nil || r.Differing == 0 {
			t.Fatalf("%+v %v", r, err)
		}
		b.get("/office/replays").want(t, http.StatusOK, "calls differ", "/office/replays/"+r.ID.String())
		b.get("/office/replays/"+r.ID.String()).want(t, http.StatusOK, "Another result", "salon 1.0.0", "/office/sales/"+s.sales[0].ID.String()+"/why")
		b.get("/office").want(t, http.StatusOK, "/office/replays/"+r.ID.String())
		b.get("/office/replays/"+s.m.ID.String()).want(t, http.StatusNotFound, "backtest.no_replay")

		file := b.post("/office/replays/export", "from", "2026-05-01", "to", "2026-05-31")
		in := backtest.NewExportReader(bufio.NewReader(strings.NewReader(file.body)))
		sales := 0
		for {
			v, err := in.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%v: %.300s", err, file.body)
			}
			sales += min(len(v.Calls), 1)
		}
		if sales == 0 || strings.Contains(file.body, s.members[0].String()) {
			t.Errorf("%d sales", sales)
		}
		b.post("/office/replays/export", "from", "2026-05-31", "to", "2026-05-01").want(t, http.StatusBadRequest, "backtest.bad_period")
		b.get("/office/audit").want(t, http.StatusOK, "rules.exported")
	})
}

// broken fails whenever it is asked.
type broken struct{}

func (broken) Evaluate(context.Context, promotion.PackRef, *promotion.Input) (promotion.Answer, error) {
	return promotion.Answer{}, &fault.Fault{Kind: fault.Exceeded, Reason: "rules.out_of_fuel"}
}

// TestAPackThatFailsIsSwitchedOffAndTheOfficeSaysSo goes the whole way, from the
// sales to the notice on the first page, the list and the pack's own page.
func TestAPackThatFailsIsSwitchedOffAndTheOfficeSaysSo(t *testing.T) {
	eachShop(t, func(t *testing.T, s *shop) {
		b := s.signIn("owner")
		good := s.desk.Rules
		s.desk.Rules = broken{}
		for range pack.MaxFailures {
			if got := s.sell(s.members[1], []checkout.LineIn{{SKU: s.skus["cut"].ID, Quantity: money.One}}, nil); got.Fallbacks == "" {
				t.Fatal("a sale does not say that a rule failed")
			}
		}
		s.desk.Rules = good
		a, err := pack.GetActivation(context.Background(), s.db, s.m.ID, s.shop.ID, "salon")
		if err != nil || a.Enabled || a.Notice != "rules.out_of_fuel" {
			t.Fatalf("%+v %v", a, err)
		}
		for _, path := range []string{"/office", "/office/packs", "/office/packs/salon"} {
			b.get(path).want(t, http.StatusOK, "witched off", "/office/packs/salon")
		}
		b.lang = "zh-Hans"
		b.get("/office").want(t, http.StatusOK, "/office/packs/salon")
		if s.sell(s.members[1], []checkout.LineIn{{SKU: s.skus["cut"].ID, Quantity: money.One}}, nil).Fallbacks != "" {
			t.Error("a pack that is off was asked")
		}
	})
}
