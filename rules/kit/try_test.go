package kit

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/i18n"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/core/promotion"
)

const basket = `{"name":"Tuesday","input":{"hook":"benefit","date":20260113,"currency":"CNY","currency_digits":2,"member":{"present":true},"lines":[
 {"id":1,"kind":"goods","sku":"TEA","category":"drinks","quantity":2000,"unit":180000,"gross":3600,"net":3600},
 {"id":2,"kind":"goods","sku":"茶杯","category":"bakery","quantity":1000,"unit":125000,"gross":1250,"net":1250}]}}`

func TestRunShowsTheBasketBeforeAndAfter(t *testing.T) {
	r := runner(t, teaClub(t))
	res, err := r.Run(ctx, "basket.json", []byte(basket), RunOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if res.Before != 4850 || res.After != 4490 || len(res.Applied) != 1 || res.Lines[0].After != 3240 || res.Lines[1].After != 1250 {
		t.Errorf("%+v", res.Outcome)
	}
	var w bytes.Buffer
	res.Write(&w, r.Bundle, i18n.Must("zh-Hans"))
	for _, s := range []string{"TEA", "36.00", "32.40", "会员优惠：drinks 减 10%", "48.50", "44.90"} {
		if !strings.Contains(w.String(), s) {
			t.Errorf("no %q in\n%s", s, w.String())
		}
	}
	lines := strings.Split(w.String(), "\n")
	if a, b := columns(lines[4][:strings.Index(lines[4], "36.00")]), columns(lines[5][:strings.Index(lines[5], "12.50")]); a != b {
		t.Errorf("the columns do not stand below each other: %d, %d\n%s", a, b, w.String())
	}
	other, err := r.Run(ctx, "basket.json", []byte(basket), RunOptions{All: true, Config: []byte(`{"percent":50}`)})
	if err != nil || other.After != 3050 {
		t.Errorf("%+v %v", other, err)
	}
}

func TestRunRefuses(t *testing.T) {
	r := runner(t, teaClub(t))
	for reason, c := range map[string]struct {
		input string
		o     RunOptions
	}{
		"kit.bad_cases":       {`[{"name":"a","input":{"line":[]}}]`, RunOptions{}},
		"kit.case_unknown":    {basket, RunOptions{Case: "Wednesday"}},
		"kit.hook_not_served": {basket, RunOptions{Hooks: []promotion.Hook{promotion.HookEarn}}},
		"pack.config_invalid": {basket, RunOptions{Config: []byte(`{"percent":"many"}`)}},
	} {
		if _, err := r.Run(ctx, "b.json", []byte(c.input), c.o); !fault.ReasonIs(err, reason) {
			t.Errorf("%s: %v", reason, err)
		}
	}
	if _, err := r.Run(ctx, "b.json", []byte("[]"), RunOptions{}); !fault.ReasonIs(err, "kit.bad_cases") {
		t.Error(err)
	}
}

func TestBench(t *testing.T) {
	r := runner(t, teaClub(t))
	costs, err := r.Bench(ctx, BenchOptions{Time: 50 * time.Millisecond})
	if err != nil || len(costs) != 1 {
		t.Fatal(costs, err)
	}
	c := costs[0]
	if c.Hook != promotion.HookBenefit || c.Cases != 2 || c.Calls < 2 || c.FuelMin <= 0 || c.FuelMax <= c.FuelMin || c.P50 <= 0 || c.P99 < c.P50 || c.InputBytes == 0 || c.OutputBytes == 0 {
		t.Errorf("%+v", c)
	}
	var w bytes.Buffer
	WriteBench(&w, r.Bundle, costs)
	if !strings.Contains(w.String(), "benefit") || !strings.Contains(w.String(), "µs") {
		t.Error(w.String())
	}
}

func TestInspectSaysWhatIsThere(t *testing.T) {
	data := teaClub(t)
	b, err := pack.Open(data)
	if err != nil {
		t.Fatal(err)
	}
	files, err := pack.Files(data)
	if err != nil {
		t.Fatal(err)
	}
	delete(files, "locales/zh-Hant.json")
	files["locales/zh-Hans.json"] = []byte(`{"pack.name":"茶会"}`)
	b.Floats = false
	b.Facts = []pack.Fact{{Kind: "spend", WindowDays: 90}, {Kind: "spend", WindowDays: promotion.WindowMonth}, {Kind: "visits"}}
	if data, err = pack.Build(b.Manifest, files, nil); err != nil {
		t.Fatal(err)
	}
	x, err := Inspect(data, pack.KeyRing{})
	if err != nil {
		t.Fatal(err)
	}
	if !fault.ReasonIs(x.Refused, "rules.floats_not_allowed") || !fault.ReasonIs(x.Judged, "pack.unsigned") || len(x.Missing["zh-Hant"]) != 3 || len(x.Missing["zh-Hans"]) != 2 || len(x.Missing["en"]) != 0 {
		t.Errorf("%+v", x)
	}
	if _, err := NewRunner(ctx, x.Bundle, RunnerOptions{}); !fault.ReasonIs(err, "rules.floats_not_allowed") {
		t.Error(err)
	}
	var w bytes.Buffer
	x.Write(&w)
	for _, s := range []string{"tea-club 0.1.0", "spend (90 days, this month), visits (whole life)", "wasi_snapshot_preview1.fd_write", "sw_evaluate", x.Hash, x.ModuleHash(),
		"without a text in zh-Hant: member_percent, pack.description, pack.name", "rules.floats_not_allowed", `{"category":"drinks","percent":10}`, "rule.wasm", "unsigned"} {
		if !strings.Contains(w.String(), s) {
			t.Errorf("no %q in\n%s", s, w.String())
		}
	}
	files["rule.wasm"] = []byte("\x00asm\x01\x00\x00\x00")
	if data, err = pack.Build(b.Manifest, files, nil); err != nil {
		t.Fatal(err)
	}
	if x, err := Inspect(data, pack.KeyRing{}); err != nil || x.Refused == nil {
		t.Error("an empty module passes for a rule", err)
	}
}

func TestInspectNamesTheSigner(t *testing.T) {
	key := testKey(3)
	data, err := pack.Sign(teaClub(t), key)
	if err != nil {
		t.Fatal(err)
	}
	for want, ring := range map[string]pack.KeyRing{
		"Acme (reseller)":     {Keys: []pack.Key{{Name: "Acme", Level: pack.TrustReseller, Public: publicOf(key)}}},
		"pack.signer_unknown": {},
		"(development)":       {Development: true},
	} {
		x, err := Inspect(data, ring)
		if err != nil {
			t.Fatal(err)
		}
		var w bytes.Buffer
		if x.Write(&w); !strings.Contains(w.String(), want) {
			t.Errorf("no %q in\n%s", want, w.String())
		}
	}
}

// TestEveryHookIsSettled: what each kind of answer comes to is among the figures.
func TestEveryHookIsSettled(t *testing.T) {
	line := promotion.LineView{ID: 1, Kind: promotion.KindGoods, SKU: "TEA", Quantity: 1000, Unit: 180000, Gross: 1800, Net: 1800, HasStaff: true}
	top := promotion.LineView{ID: 2, Kind: promotion.KindTopUp, SKU: "TOP", Quantity: 1000, Gross: 10000, Net: 10000}
	note := promotion.Note{Code: "x"}
	for h, c := range map[promotion.Hook]struct {
		out  promotion.Output
		what string
		got  int64
	}{
		promotion.HookPrice:      {promotion.Output{Candidates: []promotion.Candidate{{Kind: promotion.FixedPrice, Class: promotion.ClassLine, Price: 100000, Note: note}}}, "to pay", 1000},
		promotion.HookBenefit:    {promotion.Output{Candidates: []promotion.Candidate{{Kind: promotion.AmountOff, Class: promotion.ClassOrder, Amount: 300, Note: note}}}, "to pay", 1500},
		promotion.HookTopUp:      {promotion.Output{Bonuses: []promotion.TopUpBonus{{Line: 2, Amount: 500, Note: note}}}, "bonus", 500},
		promotion.HookEarn:       {promotion.Output{Earns: []promotion.Earn{{Line: 1, Points: 18, Note: note}}}, "points", 18},
		promotion.HookTier:       {promotion.Output{Tier: promotion.TierProposal{Code: "gold", Note: note}}, "tier", 2},
		promotion.HookCommission: {promotion.Output{Commissions: []promotion.CommissionProposal{{Line: 1, Amount: 90, Note: note}}}, "commission", 90},
		promotion.HookTender:     {promotion.Output{Tenders: []promotion.TenderLimit{{Tender: promotion.TenderPoints, Most: 700, Note: note}}}, "tender_limit", 700},
		promotion.HookTrigger:    {promotion.Output{Grants: []promotion.Grant{{Kind: promotion.GrantCoupon, Ref: "C", Count: 2, Note: note}}}, "grant_coupon", 2},
		promotion.HookReturn:     {promotion.Output{Returns: []promotion.ReturnTerm{{Kind: promotion.ReturnFee, Amount: 50, Note: note}}}, "return_fee", 50},
	} {
		in := promotion.Input{Hook: h, Currency: money.MustCurrency("CNY"), Lines: []promotion.LineView{line, top}, Tiers: []promotion.TierView{{Code: "gold", Rank: 2}},
			Member: promotion.MemberView{Present: true}, Refund: promotion.RefundView{Present: true}}
		fs := Differences(settled(in, promotion.Output{}), settled(in, c.out))
		if len(fs) != 1 || fs[0].What != c.what || fs[0].Got != c.got {
			t.Errorf("%s: %+v", h, fs)
		}
		in.Lines = nil // a rule may answer what there is no line for
		if h != promotion.HookPrice && h != promotion.HookBenefit {
			Differences(settled(in, promotion.Output{}), settled(in, c.out))
		}
	}
}
