package rules

import (
	"bytes"
	"context"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/promotion"
)

// TestHostileModules: every one of them ends with its reason, twice at the same
// fuel; the host serves the next call as if nothing had been, and the memory of
// the process stays where it was.
func TestHostileModules(t *testing.T) {
	s := shelf{}
	h := newHost(t, s, Limits{ImageBytes: 4 << 20})
	if err := h.VerifyFor(asm{data: message(nil)}.bytes(), false); err != nil {
		t.Fatalf("the module that all others vary: %v", err)
	}
	fine := s.add(asm{data: note("fine")}.bytes(), "{}")
	want, err := h.Evaluate(ctx, fine, basket(promotion.HookPrice, 2))
	if err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	before := memory()
	peak, stop := peakMemory()
	n := 0
	for _, set := range [][]hostile{refused(), unstartable(), stopped()} {
		for _, m := range set {
			n++
			m.test(t, h, s)
			a, err := h.Evaluate(ctx, fine, basket(promotion.HookPrice, 2))
			if err != nil || !bytes.Equal(a.OutputBytes, want.OutputBytes) || a.Fuel != want.Fuel {
				t.Fatalf("after %s: %v", m.name, err)
			}
		}
	}
	if n < 30 {
		t.Errorf("only %d modules", n)
	}
	stop()
	runtime.GC()
	t.Logf("%d modules; memory %d MB before, %d at most, %d after", n, before>>20, *peak>>20, memory()>>20)
	if *peak-before > 256<<20 {
		t.Errorf("memory rose by %d MB", (*peak-before)>>20)
	}
	if after := memory(); after-before > 96<<20 {
		t.Errorf("memory stayed at %d MB more", (after-before)>>20)
	}
}

func (m *hostile) test(t *testing.T, h *Host, s shelf) {
	t.Helper()
	err := h.VerifyFor(m.module, false)
	if errors.Is(err, m.want) {
		return
	}
	if err != nil {
		t.Errorf("%s: %v, want %s", m.name, err, m.want.Reason)
		return
	}
	ref := s.add(m.module, "{}")
	if err := h.Prepare(ctx, ref); err != nil {
		if !errors.Is(err, m.want) {
			t.Errorf("%s: %v, want %s", m.name, err, m.want.Reason)
		}
		return
	}
	hook := max(m.hook, promotion.HookPrice)
	fuel, best := int64(0), time.Hour
	for n := 0; n < 3 || n < 30 && best > slowest; n++ {
		begin := time.Now()
		a, err := h.Evaluate(ctx, ref, basket(hook, 2))
		best = min(best, time.Since(begin))
		if !errors.Is(err, m.want) {
			t.Errorf("%s: %v, want %s", m.name, err, m.want.Reason)
		}
		if n > 0 && a.Fuel != fuel {
			t.Errorf("%s: stopped at fuel %d, then %d", m.name, fuel, a.Fuel)
		}
		fuel = a.Fuel
	}
	t.Logf("%-36s %-26s %7.2f ms", m.name, m.want.Reason, float64(best.Microseconds())/1000)
	if best > slowest {
		t.Errorf("%s: stopped after %v", m.name, best)
	}
}

// peakMemory watches memory until it is stopped.
func peakMemory() (most *int64, stop func()) {
	most = new(int64)
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		t := time.NewTicker(2 * time.Millisecond)
		defer t.Stop()
		for {
			*most = max(*most, memory())
			select {
			case <-t.C:
			case <-end:
				return
			}
		}
	}()
	return most, func() { close(end); <-ended }
}

// memory is what the process holds: of the kernel where it says so, of the Go
// runtime elsewhere.
func memory() int64 {
	if b, err := os.ReadFile("/proc/self/statm"); err == nil {
		if f := bytes.Fields(b); len(f) > 1 {
			if pages, err := strconv.ParseInt(string(f[1]), 10, 64); err == nil {
				return pages * int64(os.Getpagesize())
			}
		}
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.Sys - m.HeapReleased)
}

// TestOverdraft: fuel is compared at function entries and loop heads only; what a
// module can draw beyond it is less than the limit once more.
func TestOverdraft(t *testing.T) {
	rt := newBareRuntime(t, false)
	lim := Limits{}.withDefaults()
	dearest := bytes.Repeat(cat(i64const(7), i64const(3), []byte{0x7f, 0x1a}), 18_000) // a body of divisions as long as may be
	for name, a := range map[string]asm{
		"one long body":      {evaluate: cat(spin(dearest))},
		"long bodies called": {evaluate: spin(bytes.Repeat([]byte{opCall, 4}, 3000)), extra: dearest[:60_000]},
		"long calls":         {evaluate: spin(bytes.Repeat([]byte{opCall, 0}, 60_000))},
	} {
		code, _, err := instrument(a.bytes(), lim)
		if err != nil {
			t.Fatal(name, err)
		}
		in, err := rt.instance(code)
		if err != nil {
			t.Fatal(name, err)
		}
		in.fuel.Set(uint64(lim.Fuel))
		in.depth.Set(uint64(lim.Depth))
		if _, err := in.call("sw_evaluate", 0, 0); err == nil {
			t.Fatal(name, "was not stopped")
		}
		over := -int64(in.fuel.Get())
		t.Logf("%s: %d beyond %d", name, over, lim.Fuel)
		if over <= 0 || over > lim.Fuel {
			t.Errorf("%s: %d fuel beyond the limit of %d", name, over, lim.Fuel)
		}
	}
}

// TestWatchdogInTime: behind the fuel there is the clock, and it does not let a
// call take twice what it may.
func TestWatchdogInTime(t *testing.T) {
	s := shelf{}
	lim := Limits{Wall: 150 * time.Millisecond, Fuel: 400_000_000}
	h := newHost(t, s, lim)
	ref := s.add(asm{evaluate: spin()}.bytes(), "{}")
	best := time.Hour
	for range 10 { // the machine may have much else to do
		begin := time.Now()
		if _, err := h.Evaluate(ctx, ref, basket(promotion.HookPrice, 1)); !errors.Is(err, ErrTooSlow) {
			t.Fatal(err)
		}
		if best = min(best, time.Since(begin)); best < 2*lim.Wall {
			break
		}
	}
	if best >= 2*lim.Wall {
		t.Errorf("ended after %v", best)
	}
}

// TestEveryReasonHasAModule walks the list of faults: what the host can refuse
// for, some module or situation here shows.
func TestEveryReasonHasAModule(t *testing.T) {
	shown := map[string]bool{}
	for _, set := range [][]hostile{refused(), unstartable(), stopped()} {
		for _, m := range set {
			shown[m.want.Reason] = true
		}
	}
	// What no module causes by itself, and how it comes about.
	for f, cause := range situations() {
		if err := cause(t); !errors.Is(err, f) {
			t.Errorf("%s: %v", f.Reason, err)
		}
		shown[f.Reason] = true
	}
	for _, reason := range reasons(t) {
		if !shown[reason] {
			t.Errorf("%s: no module shows it", reason)
		}
	}
}

// reasons reads fault.go.
func reasons(t *testing.T) (all []string) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), "fault.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(f, func(n ast.Node) bool {
		if c, ok := n.(*ast.CallExpr); ok && len(c.Args) == 2 {
			if lit, ok := c.Args[1].(*ast.BasicLit); ok {
				s, err := strconv.Unquote(lit.Value)
				if err != nil || slices.Contains(all, s) {
					t.Errorf("reason %s: %v or twice", lit.Value, err)
				}
				all = append(all, s)
			}
		}
		return true
	})
	if len(all) < 40 {
		t.Fatalf("only %d reasons found", len(all))
	}
	return all
}

func situations() map[*fault.Fault]func(*testing.T) error {
	fine := asm{data: message(nil)}.bytes()
	price := basket(promotion.HookPrice, 1)
	return map[*fault.Fault]func(*testing.T) error{
		ErrCompileLimit: func(t *testing.T) error {
			_, err := childHost(t, shelf{}, Options{Child: &Child{Wall: time.Millisecond}}).Install(ctx, fine, false)
			return err
		},
		ErrNoCompiler: func(*testing.T) error {
			_, err := New(ctx, Options{Child: &Child{}})
			return err
		},
		ErrModuleUnknown: func(t *testing.T) error {
			return newHost(t, shelf{}, Limits{}).Prepare(ctx, shelf{}.add(fine, "{}"))
		},
		ErrHash: func(t *testing.T) error {
			s := shelf{}
			ref := s.add(fine, "{}")
			s[ref.ModuleHash] = asm{data: note("x")}.bytes()
			return newHost(t, s, Limits{}).Prepare(ctx, ref)
		},
		ErrInput: func(t *testing.T) error {
			s := shelf{}
			big := *price
			big.Shop = string(make([]byte, 2<<20))
			_, err := newHost(t, s, Limits{}).Evaluate(ctx, s.add(fine, "{}"), &big)
			return err
		},
		ErrTooSlow: func(t *testing.T) error {
			s := shelf{}
			_, err := newHost(t, s, Limits{Wall: 20 * time.Millisecond, Fuel: 200_000_000}).Evaluate(ctx, s.add(asm{evaluate: spin()}.bytes(), "{}"), price)
			return err
		},
		ErrClosed: func(t *testing.T) error {
			s := shelf{}
			h := newHost(t, s, Limits{})
			if err := h.Close(context.Background()); err != nil {
				return err
			}
			return h.Prepare(ctx, s.add(fine, "{}"))
		},
	}
}
