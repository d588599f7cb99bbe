package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/shopwright/shopwright/examples/rules/basket"
	"github.com/shopwright/shopwright/sdk/rule"
)

// engine is one way to evaluate the basket.
type engine struct {
	name   string
	run    func() error                     // one call, from the host's structures to the host's structures
	answer func() ([]rule.Candidate, error) // what the last call answered
	rounds []float64                        // nanoseconds a call
	calls  int                              // in a round
	allocs float64
	bytes  float64
}

func main() {
	rounds := flag.Int("rounds", 200, "interleaved rounds")
	span := flag.Duration("span", time.Millisecond, "how long an engine runs in a round; a short one fits between the turns of other programs")
	only := flag.String("only", "", "engines whose names contain one of these words; native always runs")
	flag.Parse()
	if err := bench(context.Background(), *rounds, *span, strings.Split(*only, ",")); err != nil {
		fmt.Fprintln(os.Stderr, "rulebench:", err)
		os.Exit(1)
	}
}

func bench(ctx context.Context, rounds int, span time.Duration, only []string) error {
	g, err := newGuests(ctx)
	if err != nil {
		return err
	}
	defer g.close(ctx)
	engines := natives()
	for _, more := range []func(context.Context) ([]*engine, error){g.engines, extisms, scripts} {
		es, err := more(ctx)
		if err != nil {
			return err
		}
		engines = append(engines, es...)
	}
	engines = slices.DeleteFunc(engines, func(e *engine) bool {
		return !strings.HasPrefix(e.name, "native") && !slices.ContainsFunc(only, func(w string) bool { return strings.Contains(e.name, w) })
	})
	want, err := expected()
	if err != nil {
		return err
	}
	for _, e := range engines {
		if err := e.verify(want); err != nil {
			return fmt.Errorf("%s: %w", e.name, err)
		}
		if err := e.calibrate(span); err != nil {
			return fmt.Errorf("%s: %w", e.name, err)
		}
	}
	for range rounds {
		for _, i := range rand.Perm(len(engines)) {
			if err := engines[i].round(); err != nil {
				return fmt.Errorf("%s: %w", engines[i].name, err)
			}
		}
	}
	fmt.Printf("20 lines, 19 candidates; medians of %d interleaved rounds; %s %s/%s\n\n", rounds, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	print(engines)
	return g.report(ctx, rounds)
}

// expected is the native answer.
func expected() (string, error) {
	in := basket.Input(20)
	r := &basket.Rule{}
	if err := r.Configure(basket.Config); err != nil {
		return "", err
	}
	var out rule.Output
	if err := rule.Evaluate(r, &in, &out); err != nil {
		return "", err
	}
	if len(out.Candidates) != 19 {
		return "", fmt.Errorf("%d candidates", len(out.Candidates))
	}
	return text(out.Candidates), nil
}

// text writes candidates in one order, since engines may list them by kind.
func text(cs []rule.Candidate) string {
	lines := make([]string, len(cs))
	for i, c := range cs {
		lines[i] = fmt.Sprintf("%+v", c)
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func (e *engine) verify(want string) error {
	for range 3 { // the second and third show that nothing is left of the first
		if err := e.run(); err != nil {
			return err
		}
		cs, err := e.answer()
		if err != nil {
			return err
		}
		if got := text(cs); got != want {
			return fmt.Errorf("answers\n%s\ninstead of\n%s", got, want)
		}
	}
	return nil
}

// calibrate finds how many calls fill the span, and what one allocates.
func (e *engine) calibrate(span time.Duration) error {
	for e.calls = 1; ; e.calls *= 2 {
		d, err := e.time()
		if err != nil {
			return err
		}
		if d >= span/2 || e.calls > 1<<20 {
			break
		}
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	const n = 200
	for range n {
		if err := e.run(); err != nil {
			return err
		}
	}
	runtime.ReadMemStats(&after)
	e.allocs, e.bytes = float64(after.Mallocs-before.Mallocs)/n, float64(after.TotalAlloc-before.TotalAlloc)/n
	return nil
}

func (e *engine) time() (time.Duration, error) {
	begin := time.Now()
	for range e.calls {
		if err := e.run(); err != nil {
			return 0, err
		}
	}
	return time.Since(begin), nil
}

func (e *engine) round() error {
	d, err := e.time()
	e.rounds = append(e.rounds, float64(d.Nanoseconds())/float64(e.calls))
	return err
}

func (e *engine) median() float64 { return median(e.rounds) }

func median(x []float64) float64 {
	if len(x) == 0 {
		return 0
	}
	s := slices.Clone(x)
	slices.Sort(s)
	return s[len(s)/2]
}

func print(engines []*engine) {
	base := engines[0].median()
	best := slices.Min(engines[0].rounds)
	fmt.Printf("%-40s %10s %8s %10s %8s %9s %9s\n", "", "µs a call", "ratio", "best round", "ratio", "allocs", "bytes")
	for _, e := range engines {
		low := slices.Min(e.rounds)
		fmt.Printf("%-40s %10.2f %8.2f %10.2f %8.2f %9.1f %9.0f\n", e.name, e.median()/1000, e.median()/base, low/1000, low/best, e.allocs, e.bytes)
	}
}
