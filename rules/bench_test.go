package rules

import (
	"os"
	"testing"
	"time"
	"unsafe"

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

// BenchmarkRatio runs the module and the same rule natively in turns and reports
// the quickest call of each and their ratio, which a busy machine hardly moves.
// Both sides encode the input, decode it, evaluate, encode the output and decode
// that; neither allocates for the codec.
func BenchmarkRatio(b *testing.B) {
	s := shelf{}
	h := newHost(b, s, Limits{})
	module := file(b, "retail", "rule.wasm")
	if path := os.Getenv("RULES_BENCH_MODULE"); path != "" { // of the same pack
		var err error
		if module, err = os.ReadFile(path); err != nil {
			b.Fatal(err)
		}
	}
	ref := s.add(module, benchConfig)
	for _, hook := range []promotion.Hook{promotion.HookPrice, promotion.HookBenefit, promotion.HookEarn} {
		in := basket(hook, 20)
		b.Run(hook.String(), func(b *testing.B) {
			native, err := nativeCall(in)
			if err != nil {
				b.Fatal(err)
			}
			var a promotion.Answer
			guest := func() error { return h.EvaluateInto(ctx, ref, in, &a) }
			best := [2]time.Duration{time.Hour, time.Hour}
			for b.Loop() {
				for i, f := range []func() error{guest, native} {
					for range 20 {
						begin := time.Now()
						if err := f(); err != nil {
							b.Fatal(err)
						}
						best[i] = min(best[i], time.Since(begin))
					}
				}
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(best[0]), "guest-ns")
			b.ReportMetric(float64(best[1]), "native-ns")
			b.ReportMetric(float64(best[0])/float64(best[1]), "ratio")
			b.ReportMetric(float64(a.Fuel), "fuel")
		})
	}
}

// nativeCall is the benchmark's rule without a module.
func nativeCall(in *promotion.Input) (func() error, error) {
	r := &retail.Rule{}
	if err := r.Configure([]byte(benchConfig)); err != nil {
		return nil, err
	}
	var host scratch
	var seen rule.Input
	var said rule.Output
	var out []byte
	var a promotion.Output
	return func() error {
		msg := host.encode(in)
		if err := rule.DecodeInput(msg, unsafe.String(unsafe.SliceData(msg), len(msg)), &seen); err != nil {
			return err
		}
		if err := rule.Evaluate(r, &seen, &said); err != nil {
			return err
		}
		out = rule.AppendOutput(out[:0], &said)
		return host.decode(out, &a)
	}, nil
}

// BenchmarkInstance is a new instance from an image.
func BenchmarkInstance(b *testing.B) {
	s := shelf{}
	h := newHost(b, s, Limits{})
	ref := s.add(file(b, "retail", "rule.wasm"), "{}")
	img, in, err := h.acquire(ctx, &ref)
	if err == nil {
		err = h.await(ctx, img)
	}
	if err != nil {
		b.Fatal(err)
	}
	defer h.release(img, in)
	for b.Loop() {
		in, err := h.spawn(img)
		if err != nil {
			b.Fatal(err)
		}
		h.closeInstance(in)
	}
}
