package rules

import (
	"testing"

	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/rules/packs/retail"
	"github.com/shopwright/shopwright/sdk/rule"
)

const benchConfig = `{"tier_prices":[{"tier":"gold","percent":5},{"tier":"gold","category":"hair","percent":8}],
	"full_on":true,"full_steps":[{"spend":10000,"off":1000}],"full_cap":5000,
	"buy_get_on":true,"buy_get":[{"category":"drinks","buy":2,"free":1}],
	"points_categories":[{"category":"retail","times":2}]}`

// BenchmarkEvaluate is one hook of the retail pack for 20 lines: codec, call,
// restore and check; a native run of the same rule with its codec stands beside.
func BenchmarkEvaluate(b *testing.B) {
	s := shelf{}
	h := newHost(b, s, Limits{})
	ref := s.add(file(b, "retail", "rule.wasm"), benchConfig)
	if err := h.Prepare(ctx, ref); err != nil {
		b.Fatal(err)
	}
	for _, hook := range []promotion.Hook{promotion.HookPrice, promotion.HookBenefit, promotion.HookEarn} {
		in := basket(hook, 20)
		b.Run(hook.String(), func(b *testing.B) {
			b.ReportAllocs()
			var fuel int64
			for b.Loop() {
				a, err := h.Evaluate(ctx, ref, in)
				if err != nil {
					b.Fatal(err)
				}
				fuel = a.Fuel
			}
			b.ReportMetric(float64(fuel), "fuel/op")
		})
		b.Run(hook.String()+"-native", func(b *testing.B) {
			b.ReportAllocs()
			r := &retail.Rule{}
			if err := r.Configure([]byte(benchConfig)); err != nil {
				b.Fatal(err)
			}
			var guestIn rule.Input
			var out rule.Output
			for b.Loop() {
				msg := Encode(in)
				if rule.DecodeInput(msg, string(msg), &guestIn) != nil || rule.Evaluate(r, &guestIn, &out) != nil {
					b.Fatal("failed")
				}
				if _, err := Decode(rule.AppendOutput(nil, &out)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkInstance is a new instance from a snapshot.
func BenchmarkInstance(b *testing.B) {
	s := shelf{}
	h := newHost(b, s, Limits{})
	img, err := h.acquire(ctx, s.add(file(b, "retail", "rule.wasm"), "{}"))
	if err != nil {
		b.Fatal(err)
	}
	defer h.release(img)
	for _, in := range img.idle {
		in.close()
	}
	img.idle = nil
	for b.Loop() {
		in, err := h.take(img)
		if err != nil {
			b.Fatal(err)
		}
		in.close()
	}
}
