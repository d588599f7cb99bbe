package pack

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/promotion"
)

// script answers each pack's hook with fixed candidates.
type script map[string]func(in *promotion.Input) []promotion.Candidate

var cny = money.Currency{Code: "CNY", Digits: 2}

var errScript = errors.New("the rule failed")

func (s script) Evaluate(_ context.Context, p promotion.PackRef, in *promotion.Input) (promotion.Answer, error) {
	f := s[p.ID+" "+in.Hook.String()]
	if f == nil {
		return promotion.Answer{}, nil
	}
	cs := f(in)
	if cs == nil {
		return promotion.Answer{}, errScript
	}
	return promotion.Answer{Output: promotion.Output{Candidates: cs}}, nil
}

func fixed(cs ...promotion.Candidate) func(*promotion.Input) []promotion.Candidate {
	return func(*promotion.Input) []promotion.Candidate { return cs }
}

func percent(category string, exclusive bool, rate money.Rate, priority int32) promotion.Candidate {
	return promotion.Candidate{Kind: promotion.Percent, Class: promotion.ClassLine, Basis: promotion.Remaining, Category: category, Exclusive: exclusive, Rate: rate, Priority: priority,
		Note: promotion.Note{Code: category}}
}

func placed(t *testing.T, id string, priority int32, change func(*Manifest, map[string][]byte)) Placed {
	t.Helper()
	m := Manifest{ID: id, Version: "1.0.0", ABI: ABIRange{1, 1}, Hooks: []string{"price", "benefit"}, Powers: []string{"price", "discount"}}
	files := map[string][]byte{"rule.wasm": []byte(id), "config.schema.json": []byte(`{"type":"object","additionalProperties":false,"properties":{"rate":{"type":"number"}}}`),
		"locales/en.json": []byte(`{"a":"A","b":"B","c":"C","coupon":"Coupon"}`), "locales/zh-Hans.json": []byte(`{"a":"甲","b":"乙","c":"丙","coupon":"券"}`), "locales/zh-Hant.json": []byte(`{"a":"甲","b":"乙","c":"丙","coupon":"券"}`)}
	if change != nil {
		change(&m, files)
	}
	return Placed{Bundle: open(t, build(t, m, files)), Config: []byte("{}"), Priority: priority}
}

func basket(hook promotion.Hook) Sample {
	return Sample{Name: "basket", Past: true, Input: promotion.Input{Hook: hook, Currency: cny, Lines: []promotion.LineView{
		{ID: 1, Kind: promotion.KindGoods, SKU: "A", Quantity: money.One, Unit: 1000000, Gross: 10000, Net: 10000},
		{ID: 2, Kind: promotion.KindGoods, SKU: "B", Quantity: money.One, Unit: 500000, Gross: 5000, Net: 5000},
	}, Coupons: []promotion.CouponView{{Ref: 1, Kind: promotion.CouponCash, Amount: 100}}}}
}

func observe(t *testing.T, ev Evaluator, samples []Sample, ps ...Placed) *Observation {
	t.Helper()
	o, err := Observe(context.Background(), ev, ps, samples)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// The matrix must say what the resolver does: each relation is compared with what
// was applied on one basket.
func TestTheMatrixSaysWhatTheResolverDoes(t *testing.T) {
	for name, c := range map[string]struct {
		a, b     promotion.Candidate
		hook     promotion.Hook
		pa, pb   int32
		relation Relation
		first    string
		why      string
		both     int
	}{
		"categories of their own stack":      {percent("a", true, 100_000, 0), percent("b", true, 200_000, 0), promotion.HookBenefit, 0, 0, Stacks, "x", WhyID, 1},
		"joint ones of one category stack":   {percent("a", false, 100_000, 0), percent("a", false, 200_000, 0), promotion.HookBenefit, 0, 0, Stacks, "x", WhyID, 1},
		"two exclusive ones: the better":     {percent("a", true, 100_000, 0), percent("a", true, 200_000, 0), promotion.HookBenefit, 0, 0, BestWins, "x", WhyID, 0},
		"an exclusive one shuts out":         {percent("a", true, 100_000, 0), percent("a", false, 200_000, 0), promotion.HookBenefit, 0, 0, NeverBoth, "x", WhyID, 0},
		"the merchant's priority goes first": {percent("a", true, 100_000, 0), percent("b", true, 200_000, 0), promotion.HookBenefit, 0, 5, Stacks, "y", WhyPriority, 1},
		"and so does the pack's own":         {percent("a", true, 100_000, 7), percent("b", true, 200_000, 0), promotion.HookBenefit, 0, 5, Stacks, "x", WhyPriority, 1},
		"one price wins":                     {percent("a", false, 100_000, 0), percent("b", false, 200_000, 0), promotion.HookPrice, 0, 0, BestWins, "x", WhyID, 0},
	} {
		x, y := placed(t, "x", c.pa, nil), placed(t, "y", c.pb, nil)
		ev := script{"x " + c.hook.String(): fixed(c.a), "y " + c.hook.String(): fixed(c.b)}
		o := observe(t, ev, []Sample{basket(c.hook)}, x, y)
		m := MatrixOf(x, []Placed{y}, o)
		if len(m.Meetings) != 1 {
			t.Fatalf("%s: %+v", name, m)
		}
		got := m.Meetings[0]
		if got.Relation != c.relation || got.First != c.first || got.Why != c.why || got.Assumed || got.Seen.Baskets != 1 || got.Seen.Both != c.both {
			t.Errorf("%s: %+v", name, got)
		}
		turned := MatrixOf(y, []Placed{x}, o).Meetings[0]
		if turned.Relation != got.Relation || turned.First != got.First || turned.Seen.Won[0] != got.Seen.Won[1] || turned.Seen.Both != got.Seen.Both {
			t.Errorf("%s: from the other side %+v", name, turned)
		}
		if c.relation == BestWins && got.Seen.Won[1] == 0 {
			t.Errorf("%s: the better one did not win: %+v", name, got.Seen)
		}
	}
}

func TestPhasesGoBeforePriorities(t *testing.T) {
	order := percent("a", true, 100_000, 100)
	order.Class = promotion.ClassOrder
	x, y := placed(t, "x", 0, nil), placed(t, "y", 0, nil)
	o := observe(t, script{"x benefit": fixed(order), "y benefit": fixed(percent("a", true, 100_000, 0), percent("b", true, 50_000, 200))}, []Sample{basket(promotion.HookBenefit)}, x, y)
	m := MatrixOf(x, []Placed{y}, o)
	if len(m.Meetings) != 2 || len(m.Groups) != 1 || len(m.Others) != 2 {
		t.Fatalf("%+v", m)
	}
	for _, x := range m.Meetings {
		if x.Relation != Stacks || x.First != "y" || x.Why != WhyPhase {
			t.Errorf("%+v", x)
		}
	}
}

func TestWhatWasNotSeenIsReadFromTheManifest(t *testing.T) {
	with := func(cs ...string) func(*Manifest, map[string][]byte) {
		return func(m *Manifest, _ map[string][]byte) {
			m.Categories, m.Hooks, m.Powers = cs, []string{"benefit", "earn"}, []string{"discount", "points"}
		}
	}
	x, y := placed(t, "x", 3, with("a", "b")), placed(t, "y", 1, with("a"))
	m := MatrixOf(x, []Placed{y}, observe(t, script{}, nil, x, y))
	var got []string
	for _, k := range m.Meetings {
		got = append(got, fmt.Sprint(k.A.Category, k.B.Category, " ", k.Relation, " ", k.First, " ", k.Why, " ", k.Assumed))
	}
	if want := []string{"aa best_wins x priority true", "ba stacks x priority true"}; !slices.Equal(got, want) {
		t.Error(got)
	}
	if len(m.Hooks) != 1 || m.Hooks[0] != (HookMeeting{"earn", "y", "whole"}) {
		t.Error(m.Hooks)
	}
}

// Each code has a situation that gives it, and is not given where there is nothing
// to say.
func TestLint(t *testing.T) {
	calm := placed(t, "x", 0, nil)
	if fs := Lint(LintIn{Subject: calm, Trust: TrustEmbedded, History: Days{}, Seen: observe(t, script{}, nil, calm)}); len(fs) != 0 {
		t.Fatalf("of a calm pack: %+v", fs)
	}
	all := func(ids ...string) func(*Manifest, map[string][]byte) {
		return func(m *Manifest, _ map[string][]byte) {
			m.Hooks, m.Powers = append(m.Hooks, ids...), append(m.Powers, "points", "topup", "tier", "commission")
		}
	}
	seen := map[string]Severity{}
	expect := func(in LintIn, want ...string) {
		t.Helper()
		got := map[string]bool{}
		for _, f := range Lint(in) {
			seen[f.Code] = f.Severity
			key := strings.TrimSpace(f.Code + " " + f.Other)
			for _, arg := range []string{"category", "fact", "power", "hook", "language"} {
				if v, ok := f.Args[arg]; ok {
					key += fmt.Sprint(" ", v)
				}
			}
			got[key] = true
		}
		for _, w := range want {
			if !got[w] {
				t.Errorf("%q is missing", w)
			}
		}
		if len(got) != len(want) {
			t.Errorf("%v, want %v", slices.Sorted(maps.Keys(got)), want)
		}
	}
	for _, h := range []struct{ hook, code string }{{"earn", LintEarn}, {"topup", LintTopUp}, {"tier", LintTier}, {"commission", LintCommission}} {
		expect(LintIn{Subject: placed(t, "x", 0, all(h.hook)), Others: []Placed{placed(t, "y", 0, all(h.hook))}}, h.code+" y")
		expect(LintIn{Subject: placed(t, "x", 0, all(h.hook)), Others: []Placed{placed(t, "y", 0, nil)}})
	}
	x, y := placed(t, "x", 0, nil), placed(t, "y", 0, nil)
	coupon := percent("coupon", false, 100_000, 0)
	coupon.Category, coupon.Coupon = "coupon:1", 1
	both := script{"x benefit": fixed(coupon), "y benefit": fixed(coupon)}
	expect(LintIn{Subject: x, Others: []Placed{y}, Seen: observe(t, both, []Sample{basket(promotion.HookBenefit)}, x, y)},
		LintCoupon+" y", LintTie+" y coupon")
	expect(LintIn{Subject: x, Seen: observe(t, script{"x benefit": fixed(percent("b", true, 1, 0), percent("c", true, 1, 0))}, []Sample{basket(promotion.HookBenefit)}, x)}, LintCategoryUnknown+" b, c")
	shares := func(m *Manifest, _ map[string][]byte) { m.Categories = []string{"a"} }
	p, q := placed(t, "x", 0, shares), placed(t, "y", 1, shares)
	expect(LintIn{Subject: p, Others: []Placed{q}}, LintCategory+" y a")
	prices := observe(t, script{"x price": fixed(percent("a", false, 100_000, 0)), "y price": fixed(percent("a", false, 100_000, 0))}, []Sample{basket(promotion.HookPrice)}, p, q)
	expect(LintIn{Subject: p, Others: []Placed{q}, Seen: prices}) // prices compete in any case
	expect(LintIn{Subject: x, Seen: observe(t, script{"x benefit": func(*promotion.Input) []promotion.Candidate { return nil }}, []Sample{basket(promotion.HookBenefit)}, x)}, LintFails)
	expect(LintIn{Subject: placed(t, "x", 0, shares), Seen: observe(t, script{"x benefit": fixed(percent("a", true, 1, 0), func() promotion.Candidate { c := percent("a", true, 1, 0); c.Code = "nameless"; return c }())}, []Sample{basket(promotion.HookBenefit)}, p)}, LintCode)
	bad := x
	bad.Config = []byte(`{"unknown":1}`)
	expect(LintIn{Subject: bad, Removed: true, Trust: TrustDevelopment}, LintConfig, LintRemoved, LintUnsigned)
	newer := placed(t, "x", 0, func(m *Manifest, _ map[string][]byte) {
		m.Version, m.Hooks, m.Powers = "2.0.0", append(m.Hooks, "draw"), append(m.Powers, "draw")
	})
	expect(LintIn{Subject: newer, Before: x.Bundle}, LintPower+" draw", LintHook+" draw")
	expect(LintIn{Subject: x, Before: newer.Bundle}, LintOlder)
	facts := placed(t, "x", 0, func(m *Manifest, _ map[string][]byte) {
		m.Facts = []Fact{{Kind: "spend", WindowDays: 30}, {Kind: "spend", WindowDays: 365}, {Kind: "visits"}, {Kind: "spend", WindowDays: promotion.WindowMonth}, {Kind: "points"}}
	})
	expect(LintIn{Subject: facts, History: Days{promotion.FactSpend: 31, promotion.FactVisits: 31}}, LintFact+" spend/365d", LintFactNone+" points")
	half := placed(t, "x", 0, func(_ *Manifest, f map[string][]byte) {
		f["locales/zh-Hans.json"] = []byte(`{"a":"甲"}`)
		delete(f, "locales/zh-Hant.json")
	})
	expect(LintIn{Subject: half}, LintText+" zh-Hans", LintLanguage+" zh-Hant")
	for _, code := range LintCodes() {
		if seen[code] == "" {
			t.Error("no situation gives", code)
		}
	}
	if len(seen) != len(LintCodes()) {
		t.Error("a code is not in the list")
	}
}

func TestGoldenCasesAreBaskets(t *testing.T) {
	b := placed(t, "x", 0, func(_ *Manifest, f map[string][]byte) {
		f["cases/benefit.json"] = []byte(`[{"name":"two","input":{"hook":"benefit","date":20260113,"currency":"CNY","currency_digits":2,"member":{"present":true,"tier":"gold"},
			"lines":[{"id":1,"kind":"service","sku":"CUT","category":"hair","quantity":2000,"unit":800000,"gross":16000,"net":15000}],"coupons":[{"ref":1,"kind":"cash","amount":100}],"punches":[{"sku":"CUT","available":3}]}},
			{"name":"points","input":{"hook":"earn","date":20260113,"lines":[{"id":1}]}},{"name":"odd","input":{"hook":"price","date":1,"lines":[{"id":1}]}},{"name":"bare","input":{"hook":"price","date":20260113}}]`)
		f["cases/other.json"] = []byte(`{"no":"list"}`)
	}).Bundle
	got := b.Samples()
	if len(got) != 1 {
		t.Fatalf("%+v", got)
	}
	in := got[0].Input
	if got[0].Name != "x: two" || in.Hook != promotion.HookBenefit || in.Date != "2026-01-13" || !in.Member.Present || in.Member.Tier != "gold" || len(in.Lines) != 1 ||
		in.Lines[0].Net != 15000 || in.Lines[0].Kind != promotion.KindService || in.Coupons[0].Kind != promotion.CouponCash || in.Punches[0].Available != 3 || in.Currency != cny {
		t.Errorf("%+v", got[0])
	}
}

func TestDifferences(t *testing.T) {
	show := func(ds []Difference) string {
		var out []string
		for _, d := range ds {
			out = append(out, fmt.Sprintf("%s %s>%s", d.Pointer, d.Before, d.After))
		}
		return strings.Join(out, " ")
	}
	for _, c := range [][3]string{
		{`{"a":1,"b":{"c":[1,2],"d":"x"}}`, `{"a":1.0,"b":{"c":[1,3,4],"e":true}}`, `/b/c/1 2>3 /b/c/2 >4 /b/d "x"> /b/e >true`},
		{``, `{"a":null}`, `/a >null`}, {`{"a":[1]}`, `{"a":{}}`, `/a [1]>{}`}, {`{"a/b":1}`, `{}`, `/a~1b 1>`}, {`not json`, `{}`, ``},
	} {
		if got := show(DiffConfigs([]byte(c[0]), []byte(c[1]))); got != c[2] {
			t.Errorf("%s -> %s: %q, want %q", c[0], c[1], got, c[2])
		}
	}
	old := placed(t, "x", 0, nil).Bundle
	if d := DiffVersions(old, old); !d.Same() {
		t.Errorf("%+v", d)
	}
	next := placed(t, "x", 0, func(m *Manifest, f map[string][]byte) {
		m.Version, m.Hooks, m.Powers, m.Facts = "1.1.0", []string{"benefit", "earn"}, []string{"discount", "points"}, []Fact{{Kind: "spend", WindowDays: 30}}
		f["config.schema.json"] = []byte(`{"type":"object","properties":{"rate":{"type":"number","maximum":1},"steps":{"type":"array","items":{"$ref":"#/$defs/s"}}},"$defs":{"s":{"type":"object","properties":{"at":{"type":"integer"},"deep":{"$ref":"#/$defs/s"}}}}}`)
		f["locales/en.json"] = []byte(`{"a":"A"}`)
	}).Bundle
	d := DiffVersions(old, next)
	if d.Same() || fmt.Sprint(d.Hooks, d.Powers, d.Facts, d.Messages) != "{[earn] [price]} {[points] [price]} {[spend/30d] []} {[] [b c coupon]}" {
		t.Errorf("%+v", d)
	}
	if got := show(d.Settings); got != `/rate/maximum >1 /steps >{"type":"array"} /steps[].at >{"type":"integer"} /steps[].deep >{"$ref":"#~1$defs~1s"}` && !strings.HasPrefix(got, `/rate/maximum >1 /steps >{"type":"array"} /steps[].at >{"type":"integer"} /steps[].deep >`) {
		t.Error(got)
	}
}
