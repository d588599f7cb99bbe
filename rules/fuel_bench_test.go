package rules

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/promotion"
)

func basketC(tb testing.TB) []byte {
	tb.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "basket.wasm"))
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// BenchmarkFuel is what metering costs: the same guests as they came and
// instrumented, call by call in turn, the median of each.
func BenchmarkFuel(b *testing.B) {
	rt := newBareRuntime(b, true)
	for _, c := range []struct {
		name, config string
		module       []byte
		hook         promotion.Hook
	}{
		{"c", `5`, basketC(b), promotion.HookPrice},
		{"go-price", benchConfig, file(b, "retail", "rule.wasm"), promotion.HookPrice},
		{"go-benefit", benchConfig, file(b, "retail", "rule.wasm"), promotion.HookBenefit},
		{"go-earn", benchConfig, file(b, "retail", "rule.wasm"), promotion.HookEarn},
	} {
		b.Run(c.name, func(b *testing.B) {
			msg := Encode(basket(c.hook, 20))
			code, _, err := instrument(c.module, Limits{}.withDefaults())
			if err != nil {
				b.Fatal(err)
			}
			same, err := unmetered(c.module)
			if err != nil {
				b.Fatal(err)
			}
			var in [2]*bare
			for i, m := range [][]byte{same, code} {
				if in[i], err = rt.instance(m); err != nil {
					b.Fatal(err)
				}
				in[i].configured(b, c.config)
			}
			var took [2][]time.Duration
			var fuel int64
			for b.Loop() {
				for i, x := range in {
					x.again()
					for n := range 5 { // the first one only warms the processor's caches
						p := x.place(b, msg)
						x.fuel.Set(1 << 40)
						f := x.mod.ExportedFunction("sw_evaluate")
						stack := []uint64{p, uint64(len(msg))}
						begin := time.Now()
						err := f.CallWithStack(x.ctx, stack)
						if d := time.Since(begin); n > 0 {
							took[i] = append(took[i], d)
						}
						if err != nil || stack[0] == 0 {
							b.Fatal(err)
						}
					}
				}
				fuel = 1<<40 - int64(in[1].fuel.Get())
			}
			var median [2]float64
			for i := range took {
				slices.Sort(took[i])
				median[i] = float64(took[i][len(took[i])/2].Nanoseconds())
			}
			b.ReportMetric(median[0], "plain-ns")
			b.ReportMetric(median[1], "metered-ns")
			b.ReportMetric(100*(median[1]/median[0]-1), "overhead-%")
			b.ReportMetric(float64(fuel), "fuel")
			b.ReportMetric(float64(len(code))/float64(len(c.module)), "size-x")
		})
	}
}
