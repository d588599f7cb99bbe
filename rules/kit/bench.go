package kit

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/rules"
)

// BenchOptions vary a measurement.
type BenchOptions struct {
	Time time.Duration // for each hook; 0: one second
}

// HookCost is what the calls of one hook cost.
type HookCost struct {
	Hook        promotion.Hook
	Cases       int
	Calls       int
	FuelMin     int64
	FuelMedian  int64 // over the cases
	FuelMax     int64
	P50, P99    time.Duration // of one call with the codec on both sides
	InputBytes  int           // the largest
	OutputBytes int
}

// prepared is a case that is ready to be called.
type prepared struct {
	ref  promotion.PackRef
	in   promotion.Input
	cost caseCost
}

type caseCost struct {
	fuel    int64
	in, out int
}

// Bench measures a pack on its golden cases, hook by hook. Times are of this
// machine as it is now; fuel and bytes are the same on every machine. Faults:
// kit.bad_cases, kit.no_cases, and the rule's where a case fails.
func (r *Runner) Bench(ctx context.Context, o BenchOptions) ([]HookCost, error) {
	if o.Time <= 0 {
		o.Time = time.Second
	}
	cases, err := Cases(r.Bundle)
	if err != nil {
		return nil, err
	}
	byHook := map[promotion.Hook][]*prepared{}
	for i := range cases {
		c := &cases[i]
		in, err := rules.DecodeInput(c.Message())
		if err != nil {
			return nil, ErrCases.With("file", "cases/"+c.File).Wrap(err)
		}
		p := &prepared{ref: r.Bundle.Ref(written(c.Config), 0), in: in}
		a, err := r.host.Evaluate(ctx, p.ref, &p.in)
		if err != nil {
			return nil, err
		}
		p.cost = caseCost{a.Fuel, len(a.InputBytes), len(a.OutputBytes)}
		byHook[in.Hook] = append(byHook[in.Hook], p)
	}
	var all []HookCost
	for _, h := range slices.Sorted(maps.Keys(byHook)) {
		c, err := r.measure(ctx, byHook[h], o.Time)
		if err != nil {
			return nil, err
		}
		c.Hook = h
		all = append(all, c)
	}
	return all, nil
}

// measure calls the cases of one hook in turn for as long as is asked.
func (r *Runner) measure(ctx context.Context, cases []*prepared, long time.Duration) (HookCost, error) {
	c := HookCost{Cases: len(cases)}
	var fuels []int64
	for _, p := range cases {
		fuels = append(fuels, p.cost.fuel)
		c.InputBytes, c.OutputBytes = max(c.InputBytes, p.cost.in), max(c.OutputBytes, p.cost.out)
	}
	slices.Sort(fuels)
	c.FuelMin, c.FuelMedian, c.FuelMax = fuels[0], fuels[len(fuels)/2], fuels[len(fuels)-1]
	var took []time.Duration
	const warm = 50 // calls that make images and instances
	begin := time.Now()
	for n := 0; n < warm+len(cases) || time.Since(begin) < long; n++ {
		p := cases[n%len(cases)]
		one := time.Now()
		if _, err := r.host.Evaluate(ctx, p.ref, &p.in); err != nil {
			return c, err
		}
		if n >= warm {
			took = append(took, time.Since(one))
		}
	}
	slices.Sort(took)
	c.Calls = len(took)
	c.P50, c.P99 = took[len(took)/2], took[len(took)*99/100]
	return c, nil
}
