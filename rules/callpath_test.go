package rules

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/promotion"
)

// TestNothingIsAllocated: a call into an answer that the caller owns allocates
// nothing on the host.
func TestNothingIsAllocated(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector allocates")
	}
	s := shelf{}
	h := newHost(t, s, Limits{})
	ref := s.add(file(t, "retail", "rule.wasm"), benchConfig)
	for _, hook := range []promotion.Hook{promotion.HookPrice, promotion.HookBenefit, promotion.HookEarn} {
		in := basket(hook, 20)
		var a promotion.Answer
		if n := testing.AllocsPerRun(100, func() {
			if err := h.EvaluateInto(ctx, ref, in, &a); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations a call", hook, n)
		}
		if len(a.OutputBytes) == 0 || len(a.Output.Candidates)+len(a.Output.Earns) == 0 {
			t.Errorf("%s: an empty answer proves nothing", hook)
		}
	}
}

// TestIntoIsEvaluate: an answer used again and again is each time what a new one
// would be, and the strings of one outlive the next.
func TestIntoIsEvaluate(t *testing.T) {
	s := shelf{}
	h := newHost(t, s, Limits{})
	ref := s.add(file(t, "retail", "rule.wasm"), benchConfig)
	var a promotion.Answer
	var codes, want []string
	r := rand.New(rand.NewPCG(1, 2))
	for n := range 60 {
		hook := []promotion.Hook{promotion.HookPrice, promotion.HookBenefit, promotion.HookEarn, promotion.HookDraw}[r.IntN(4)]
		in := basket(hook, r.IntN(30))
		if n%7 == 0 {
			in.Member.Tier = "silver"
		}
		fresh, err := h.Evaluate(ctx, ref, in)
		err2 := h.EvaluateInto(ctx, ref, in, &a)
		if (err == nil) != (err2 == nil) || a.Fuel != fresh.Fuel || !bytes.Equal(a.InputBytes, fresh.InputBytes) || !bytes.Equal(a.OutputBytes, fresh.OutputBytes) {
			t.Fatalf("call %d, hook %s: %v and %v, fuel %d and %d", n, hook, err, err2, fresh.Fuel, a.Fuel)
		}
		if x, y := fmt.Sprintf("%+v", fresh.Output), fmt.Sprintf("%+v", a.Output); x != y {
			t.Fatalf("call %d:\n%s\n%s", n, x, y)
		}
		for _, e := range a.Output.Earns {
			codes, want = append(codes, e.Code, e.Label), append(want, fmt.Sprint(e.Code), string([]byte(e.Label)))
		}
	}
	if len(codes) == 0 || !slices.Equal(codes, want) {
		t.Errorf("%d strings changed after their call", len(codes))
	}
}

// TestEvaluateIsKept: what Evaluate answered is not touched by later calls.
func TestEvaluateIsKept(t *testing.T) {
	s := shelf{}
	h := newHost(t, s, Limits{})
	ref := s.add(file(t, "retail", "rule.wasm"), benchConfig)
	a, err := h.Evaluate(ctx, ref, basket(promotion.HookEarn, 20))
	if err != nil {
		t.Fatal(err)
	}
	in, out, text := slices.Clone(a.InputBytes), slices.Clone(a.OutputBytes), fmt.Sprintf("%+v", a.Output)
	for n := range 20 {
		if _, err := h.Evaluate(ctx, ref, basket(promotion.HookBenefit, n)); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(in, a.InputBytes) || !bytes.Equal(out, a.OutputBytes) || text != fmt.Sprintf("%+v", a.Output) {
		t.Error("an answer changed after it was given")
	}
}

func TestPackLimits(t *testing.T) {
	s := shelf{}
	h := newHost(t, s, Limits{})
	ref := s.add(file(t, "retail", "rule.wasm"), benchConfig)
	in := basket(promotion.HookPrice, 20)
	plain, err := h.Evaluate(ctx, ref, in)
	if err != nil {
		t.Fatal(err)
	}
	images := h.Stats().Images
	for name, c := range map[string]struct {
		l    promotion.Limits
		want error
	}{
		"fuel":         {promotion.Limits{Fuel: plain.Fuel / 2}, ErrOutOfFuel},
		"one short":    {promotion.Limits{Fuel: plain.Fuel - 1}, ErrOutOfFuel},
		"just enough":  {promotion.Limits{Fuel: plain.Fuel}, nil},
		"depth":        {promotion.Limits{Depth: 2}, ErrTooDeep},
		"output":       {promotion.Limits{OutputBytes: int64(len(plain.OutputBytes)) - 1}, ErrOutputSize},
		"output fits":  {promotion.Limits{OutputBytes: int64(len(plain.OutputBytes))}, nil},
		"never higher": {promotion.Limits{Fuel: 1 << 60, Depth: 1 << 60, OutputBytes: 1 << 60, MemoryBytes: 1 << 60}, nil},
	} {
		r := ref
		r.Limits = c.l
		a, err := h.Evaluate(ctx, r, in)
		if !errors.Is(err, c.want) || c.want == nil && (err != nil || !bytes.Equal(a.OutputBytes, plain.OutputBytes) || a.Fuel != plain.Fuel) {
			t.Errorf("%s: %v, fuel %d of %d", name, err, a.Fuel, plain.Fuel)
		}
	}
	if got := h.Stats().Images; got != images {
		t.Errorf("%d images: fuel, depth and output need none of their own", got)
	}
	small := ref
	small.Limits.MemoryBytes = 1 << 20
	if err := h.Prepare(ctx, small); !errors.Is(err, ErrOutOfMemory) {
		t.Errorf("a module that needs more at once: %v", err)
	}
	// Grows by one page at each call of its loop until it may not.
	greedy := asm{evaluate: cat([]byte{opLoop, blockVoid, opI32Const, 1, opMemoryGrow, 0, opI32Const, 0x7f, 0x47, opBrIf, 0, opEnd, opUnreachable})}.bytes()
	for name, k := range keepers() {
		h := newHost(t, s, Limits{})
		h.newKeeper = k
		ref := s.add(greedy, "{}")
		full, _ := h.Evaluate(ctx, ref, in)
		ref.Limits.MemoryBytes = 10*wasmPage + 5
		a, err := h.Evaluate(ctx, ref, in)
		if !errors.Is(err, ErrOutOfMemory) || a.Fuel >= full.Fuel/10 {
			t.Errorf("%s: %v, fuel %d with ten pages, %d with all", name, err, a.Fuel, full.Fuel)
		}
	}
}

func TestStats(t *testing.T) {
	s := shelf{}
	h := newHost(t, s, Limits{Fuel: 1_000_000})
	ref := s.add(file(t, "retail", "rule.wasm"), benchConfig)
	ref.ID, ref.Version = "retail", "1.2.3"
	bad := s.add(asm{evaluate: []byte{opUnreachable}}.bytes(), "{}")
	bad.ID = "bad"
	var fuel, nanos, most int64
	var wg sync.WaitGroup
	var mu sync.Mutex
	for range 4 {
		wg.Go(func() {
			for n := range 25 {
				a, err := h.Evaluate(ctx, ref, basket(promotion.HookPrice, n))
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				fuel, nanos, most = fuel+a.Fuel, nanos+a.Nanos, max(most, a.Fuel)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	for range 3 {
		_, _ = h.Evaluate(ctx, bad, basket(promotion.HookEarn, 1))
	}
	gone, cancel := context.WithCancel(ctx)
	cancel()
	_, _ = h.Evaluate(gone, bad, basket(promotion.HookEarn, 1))
	big := basket(promotion.HookEarn, 1)
	big.Shop = string(make([]byte, 2<<20))
	_, _ = h.Evaluate(ctx, bad, big)
	got := h.Stats()
	if len(got.Calls) != 2 || got.Images != 2 || got.Modules != 2 || got.Instances == 0 || got.ImageBytes == 0 {
		t.Fatalf("%+v", got)
	}
	b, r := got.Calls[0], got.Calls[1]
	if b.PackID != "bad" || b.Hook != promotion.HookEarn || b.Calls != 5 || !reflect.DeepEqual(b.Failures, map[string]int64{"rules.trapped": 3, "rules.input_too_large": 1}) {
		t.Errorf("%+v", b)
	}
	if r.PackID != "retail" || r.Version != "1.2.3" || r.Hook != promotion.HookPrice || r.Calls != 100 || r.Failures != nil ||
		r.Fuel != fuel || r.FuelMax != most || r.Nanos != nanos || r.P50 <= 0 || r.P50 > r.P99 || int64(r.P99) > r.NanosMax {
		t.Errorf("%+v", r)
	}
}

func TestBuckets(t *testing.T) {
	for _, v := range []int64{1, 255, 256, 257, 999, 30_000, 5_800_000, 5_000_000_000, 1 << 62} {
		got := middle(bucket(v))
		if lo, hi := int64(256), int64(1)<<highest; v >= lo && v < hi && (got < v-v/8 || got > v+v/8) {
			t.Errorf("%d is shown as %d", v, got)
		}
	}
	for i := range buckets {
		if got := bucket(middle(i)); got != i {
			t.Errorf("bucket %d: its middle is in %d", i, got)
		}
	}
}

// TestCutOff: a call that its caller's deadline ends is no failure of the rule,
// one that the watchdog ends is; the instance goes, and the next call is clean.
func TestCutOff(t *testing.T) {
	s := shelf{}
	loop := asm{evaluate: []byte{opLoop, blockVoid, opBr, 0, opEnd, opUnreachable}}.bytes()
	fine := s.add(asm{data: message(nil)}.bytes(), "{}")
	h := newHost(t, s, Limits{Fuel: 20_000_000_000, Wall: 20 * time.Millisecond})
	ref := s.add(loop, "{}")
	if err := h.Prepare(ctx, ref); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	if _, err := h.Evaluate(ctx, ref, basket(promotion.HookPrice, 1)); !errors.Is(err, ErrTooSlow) {
		t.Fatal(err)
	}
	if took := time.Since(begin); took > 5*time.Second { // the fuel alone would last longer
		t.Errorf("stopped after %v", took)
	}
	h.lim.Wall = time.Minute
	soon, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	if _, err := h.Evaluate(soon, ref, basket(promotion.HookPrice, 1)); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	if n := h.Stats().Instances; n != 0 {
		t.Errorf("%d instances are left of calls that were cut off", n)
	}
	if f := h.Stats().Calls[0].Failures; f["rules.too_slow"] != 1 || len(f) != 1 {
		t.Errorf("failures: %v", f)
	}
	for range 3 {
		if _, err := h.Evaluate(ctx, fine, basket(promotion.HookPrice, 1)); err != nil {
			t.Fatal(err)
		}
	}
}

// TestLateBite: a timer that fires for a call that has ended does no harm to the
// next one.
func TestLateBite(t *testing.T) {
	s := shelf{}
	h := newHost(t, s, Limits{})
	ref := s.add(asm{data: message(nil)}.bytes(), "{}")
	img, in, err := h.acquire(ctx, &ref)
	if err == nil {
		err = h.await(ctx, img)
	}
	if err == nil && in == nil {
		in, err = h.spawn(img)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer h.release(img, in)
	w := newWatchdog()
	in.fuel.Set(500)
	w.bite()
	w.watch(ctx, in, time.Now(), time.Hour)
	w.bite()
	if got := in.fuel.Get(); got != 500 || w.rest() != nil {
		t.Errorf("fuel %d", got)
	}
	w.watch(ctx, in, time.Now().Add(-time.Hour), time.Minute)
	w.bite()
	if got := int64(in.fuel.Get()); got >= 0 || !errors.Is(w.rest(), ErrTooSlow) {
		t.Errorf("fuel %d after a bite in time", got)
	}
}
