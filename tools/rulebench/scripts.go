package main

import (
	"context"
	"fmt"
	"reflect"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
	"github.com/dop251/goja"
	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/vm"

	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/examples/rules/basket"
	"github.com/shopwright/shopwright/sdk/rule"
)

// settings is the configuration as a script engine gets it: ready before the first
// call, the percentages in a map by tier and category.
type settings struct {
	rates           map[string]int64
	third           string
	spend, off, cap int64
}

func read() (settings, error) {
	v, err := rule.ParseConfig(basket.Config)
	s := settings{map[string]int64{}, v.Text("third_free", ""), v.Int("spend", 0), v.Int("off", 0), v.Int("cap", 0)}
	for _, p := range v.List("prices") {
		s.rates[p.Text("tier", "")+"/"+p.Text("category", "")] = int64(p.Percent("percent", 0))
	}
	return s, err
}

// found is one proposal as every script answers it: its kind and its numbers.
type found struct {
	kind, line, a, b int64
	label            string
}

// candidate is what a proposal stands for.
func (f *found) candidate(s *settings) rule.Candidate {
	targets := []rule.Target{{Line: uint32(f.line)}}
	switch rule.CandidateKind(f.kind) {
	case rule.Percent:
		return rule.Candidate{Kind: rule.Percent, Class: rule.ClassLine, Basis: rule.Remaining, Category: "price", Exclusive: true, Targets: targets, Rate: rule.Rate(f.a),
			Note: rule.Note{Code: "tier_price", Label: f.label, Arg: f.a / 10_000, LineNo: uint32(f.line)}}
	case rule.FreeUnits:
		return rule.Candidate{Kind: rule.FreeUnits, Class: rule.ClassLine, Basis: rule.Remaining, Category: "third_free", Targets: targets, Units: rule.Quantity(f.a) * rule.One,
			Note: rule.Note{Code: "third_free", Label: f.label, Arg: f.a, LineNo: uint32(f.line)}}
	}
	return rule.Candidate{Kind: rule.AmountOff, Class: rule.ClassOrder, Basis: rule.Remaining, Category: "full_reduction", Targets: []rule.Target{},
		Amount: rule.Amount(f.a), Threshold: rule.Amount(s.spend), Repeat: true, Cap: rule.Amount(s.cap), Note: rule.Note{Code: "full_reduction", Arg: f.b, Money: rule.Amount(f.a)}}
}

// script is an engine from a function that answers proposals.
func script(name string, s *settings, ask func(in *promotion.Input, out []found) ([]found, error)) *engine {
	in := view()
	var all []found
	var cs []rule.Candidate
	return &engine{name: name, run: func() (err error) {
		if all, err = ask(&in, all[:0]); err != nil {
			return err
		}
		cs = cs[:0]
		for i := range all {
			cs = append(cs, all[i].candidate(s))
		}
		return nil
	}, answer: func() ([]rule.Candidate, error) { return cs, nil }}
}

func scripts(context.Context) ([]*engine, error) {
	s, err := read()
	if err != nil {
		return nil, err
	}
	var es []*engine
	for _, f := range []func(*settings) (*engine, error){exprEngine, celEngine, gojaEngine} {
		e, err := f(&s)
		if err != nil {
			return nil, err
		}
		es = append(es, e)
	}
	return es, nil
}

type exprEnv struct {
	Lines     []promotion.LineView
	Tier      string
	Rates     map[string]int64
	Third     string
	Spend     int64
	Off       int64
	Candidate func(kind, line, a, b int, label string) found
}

const exprSource = `
let goods = filter(Lines, int(.Kind) == 1 || int(.Kind) == 2);
let total = reduce(goods, #acc + int(.Gross), 0);
concat(
	map(filter(goods, (Rates[Tier + "/" + .Category] ?? 0) > 0), Candidate(1, int(.ID), int(Rates[Tier + "/" + .Category]), 0, Tier)),
	map(filter(goods, .Category == Third && int(.Quantity) >= 3000), Candidate(4, int(.ID), int(int(.Quantity) / 3000), 0, .SKU)),
	Spend > 0 && total >= Spend ? [Candidate(2, 0, int(Off), int(total / int(Spend)), "")] : [])`

func exprEngine(s *settings) (*engine, error) {
	program, err := expr.Compile(exprSource, expr.Env(exprEnv{}))
	if err != nil {
		return nil, err
	}
	env := exprEnv{Rates: s.rates, Third: s.third, Spend: s.spend, Off: s.off,
		Candidate: func(kind, line, a, b int, label string) found {
			return found{int64(kind), int64(line), int64(a), int64(b), label}
		}}
	var machine vm.VM
	return script("expr 1.17.8", s, func(in *promotion.Input, out []found) ([]found, error) {
		env.Lines, env.Tier = in.Lines, in.Member.Tier
		v, err := machine.Run(program, env)
		if err != nil {
			return nil, err
		}
		list, ok := v.([]any)
		if !ok {
			return nil, fmt.Errorf("expr answers %T", v)
		}
		for _, x := range list {
			out = append(out, x.(found))
		}
		return out, nil
	}), nil
}

const celSource = `
goods.filter(l, (tier + "/" + l.category) in rates).map(l, [1, l.id, rates[tier + "/" + l.category], 0, tier]) +
goods.filter(l, l.category == third && l.quantity >= 3000).map(l, [4, l.id, l.quantity / 1000 / 3, 0, l.sku]) +
(spend > 0 && total >= spend ? [[2, 0, off, total / spend, ""]] : [])`

// celEngine sums and picks the goods outside, since the language has no fold; that
// is in its favour.
func celEngine(s *settings) (*engine, error) {
	env, err := cel.NewEnv(cel.Variable("goods", cel.ListType(cel.MapType(cel.StringType, cel.DynType))), cel.Variable("tier", cel.StringType),
		cel.Variable("rates", cel.MapType(cel.StringType, cel.IntType)), cel.Variable("third", cel.StringType), cel.Variable("spend", cel.IntType),
		cel.Variable("off", cel.IntType), cel.Variable("total", cel.IntType))
	if err != nil {
		return nil, err
	}
	ast, issues := env.Compile(celSource)
	if issues.Err() != nil {
		return nil, issues.Err()
	}
	program, err := env.Program(ast, cel.EvalOptions(cel.OptOptimize))
	if err != nil {
		return nil, err
	}
	vars := map[string]any{"rates": s.rates, "third": s.third, "spend": s.spend, "off": s.off}
	return script("cel-go 0.33.1", s, func(in *promotion.Input, out []found) ([]found, error) {
		total, goods := int64(0), make([]map[string]any, 0, len(in.Lines))
		for i := range in.Lines {
			l := &in.Lines[i]
			if l.Kind != promotion.KindGoods && l.Kind != promotion.KindService {
				continue
			}
			total += int64(l.Gross)
			goods = append(goods, map[string]any{"id": int64(l.ID), "sku": l.SKU, "category": l.Category, "quantity": int64(l.Quantity)})
		}
		vars["goods"], vars["tier"], vars["total"] = goods, in.Member.Tier, total
		v, _, err := program.Eval(vars)
		if err != nil {
			return nil, err
		}
		for it := v.(traits.Lister).Iterator(); it.HasNext() == types.True; {
			row := it.Next().(traits.Lister)
			n := func(i int) int64 { return int64(row.Get(types.Int(i)).(types.Int)) }
			out = append(out, found{n(0), n(1), n(2), n(3), celText(row.Get(types.Int(4)))})
		}
		return out, nil
	}), nil
}

func celText(v ref.Val) string {
	s, _ := v.ConvertToNative(reflect.TypeFor[string]())
	t, _ := s.(string)
	return t
}

const jsSource = `(function (lines, tier, s, emit) {
	let total = 0;
	for (const l of lines) {
		if (l.Kind !== 1 && l.Kind !== 2) continue;
		total += l.Gross;
		const rate = s.rates[tier + "/" + l.Category] || 0, free = Math.floor(l.Quantity / 3000);
		if (rate > 0) emit(1, l.ID, rate, 0, tier);
		if (free > 0 && l.Category === s.third) emit(4, l.ID, free, 0, l.SKU);
	}
	if (s.spend > 0 && total >= s.spend) emit(2, 0, s.off, Math.floor(total / s.spend), "");
})`

func gojaEngine(s *settings) (*engine, error) {
	js := goja.New()
	v, err := js.RunString(jsSource)
	if err != nil {
		return nil, err
	}
	call, ok := goja.AssertFunction(v)
	if !ok {
		return nil, fmt.Errorf("goja: no function")
	}
	rates := js.NewObject()
	for k, r := range s.rates {
		if err := rates.Set(k, r); err != nil {
			return nil, err
		}
	}
	conf := js.NewObject()
	for k, x := range map[string]any{"rates": rates, "third": s.third, "spend": s.spend, "off": s.off} {
		if err := conf.Set(k, x); err != nil {
			return nil, err
		}
	}
	var all []found
	emit := js.ToValue(func(c goja.FunctionCall) goja.Value {
		n := func(i int) int64 { return c.Argument(i).ToInteger() }
		all = append(all, found{n(0), n(1), n(2), n(3), c.Argument(4).String()})
		return goja.Undefined()
	})
	return script("goja", s, func(in *promotion.Input, out []found) ([]found, error) {
		all = out
		lines := make([]any, len(in.Lines)) // plain objects: faster for goja than Go's structures
		for i := range in.Lines {
			l, o := &in.Lines[i], js.NewObject()
			for _, err := range []error{o.Set("ID", l.ID), o.Set("Kind", int(l.Kind)), o.Set("SKU", l.SKU), o.Set("Category", l.Category),
				o.Set("Quantity", int64(l.Quantity)), o.Set("Gross", int64(l.Gross))} {
				if err != nil {
					return nil, err
				}
			}
			lines[i] = o
		}
		_, err := call(goja.Undefined(), js.NewArray(lines...), js.ToValue(in.Member.Tier), conf, emit)
		return all, err
	}), nil
}
