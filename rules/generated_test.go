package rules

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/promotion"
)

// trial runs generated modules through all that a module goes through.
type trial struct {
	h      *Host
	s      shelf
	rt     *bareRuntime
	in     *promotion.Input
	seen   int
	alike  int // ran as they came and metered, with the same end
	traps  int
	refuse map[string]int
}

func newTrial(t *testing.T) *trial {
	s := shelf{}
	h, err := New(ctx, Options{Limits: Limits{Fuel: 2_000_000, InitFuel: 2_000_000, ImageBytes: 256 << 10, Instances: 1}, Load: func(h string) ([]byte, error) { return s[h], nil }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close(context.Background()) })
	rt := newBareRuntime(t, false)
	return &trial{h: h, s: s, rt: rt, in: basket(promotion.HookPrice, 1), refuse: map[string]int{}}
}

// take runs one module through the host, and compares it with itself unmetered.
func (tr *trial) take(t *testing.T, name string, m []byte) {
	t.Helper()
	tr.seen++
	ref := tr.s.add(m, "{}")
	defer delete(tr.s, ref.ModuleHash)
	if _, err := tr.h.Install(ctx, m, true); err != nil {
		tr.refuse[fault.Of(err).Reason]++
		return
	}
	a, err := tr.h.Evaluate(ctx, ref, tr.in)
	if b, e := tr.h.Evaluate(ctx, ref, tr.in); a.Fuel != b.Fuel || (err == nil) != (e == nil) || !bytes.Equal(a.OutputBytes, b.OutputBytes) {
		t.Errorf("%s: %v with fuel %d, then %v with %d", name, err, a.Fuel, e, b.Fuel)
	}
	same, trapped, err := tr.compare(m)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		keepModule(t, name, m)
		return
	}
	if same {
		tr.alike++
	}
	if trapped {
		tr.traps++
	}
}

// keepModule writes what failed to where it can be looked at.
func keepModule(t *testing.T, name string, m []byte) {
	t.Helper()
	if dir := os.Getenv("SHOPWRIGHT_MODULES_KEEP"); dir != "" {
		_ = os.WriteFile(filepath.Join(dir, strings.ReplaceAll(name, " ", "-")+".wasm"), m, 0o600)
	}
}

// compare runs a module as it came and metered: both must trap or answer the
// same, and leave the same memory and globals.
func (tr *trial) compare(m []byte) (same, trapped bool, err error) {
	metered, _, err := instrument(m, Limits{}.withDefaults())
	if err != nil {
		return false, false, err
	}
	asItCame, err := unmetered(m)
	if err != nil {
		return false, false, err
	}
	var ins [2]*bare
	var errs [2]error
	for i, code := range [][]byte{asItCame, metered} {
		if ins[i], errs[i] = tr.rt.instance(code); ins[i] != nil {
			defer ins[i].close()
			ins[i].fuel.Set(1 << 50)
			ins[i].depth.Set(1 << 40)
			ins[i].guest.reset(1 << 30)
		}
	}
	if (errs[0] == nil) != (errs[1] == nil) {
		return false, false, fmt.Errorf("started: %v; metered: %v", errs[0], errs[1])
	}
	if errs[0] != nil {
		return true, true, nil
	}
	for n := range 100 {
		r0, e0 := ins[0].call("sw_evaluate", 0, uint64(n))
		r1, e1 := ins[1].call("sw_evaluate", 0, uint64(n))
		if overflowed(e0) || overflowed(e1) { // frames differ in size
			return false, true, nil
		}
		if reason(e0) != reason(e1) || r0 != r1 {
			return false, false, fmt.Errorf("function %d: %d %v; metered: %d %v", n, r0, e0, r1, e1)
		}
		trapped = trapped || e0 != nil
		if e0 == nil && n%10 != 0 {
			continue
		}
		m0, m1 := ins[0].mod.Memory(), ins[1].mod.Memory()
		b0, _ := m0.Read(0, m0.Size())
		b1, _ := m1.Read(0, m1.Size())
		if !bytes.Equal(b0, b1) {
			return false, false, fmt.Errorf("function %d: memory differs", n)
		}
		for i := range ins[0].kept {
			if ins[0].kept[i].Get() != ins[1].kept[i].Get() {
				return false, false, fmt.Errorf("function %d: global %d differs", n, i)
			}
		}
	}
	if int64(ins[1].fuel.Get()) >= 1<<50 {
		return false, false, errors.New("ran for nothing")
	}
	return true, trapped, nil
}

func overflowed(err error) bool { return err != nil && strings.Contains(err.Error(), "stack overflow") }

// reason is the first line of a trap: the lines behind it are the stack.
func reason(err error) string {
	if err == nil {
		return ""
	}
	s, _, _ := strings.Cut(err.Error(), "\n")
	return s
}

func (tr *trial) report(t *testing.T, atLeast int) {
	t.Helper()
	t.Logf("%d modules, %d ran alike, of which %d trapped; refused: %v", tr.seen, tr.alike, tr.traps, tr.refuse)
	if tr.alike < atLeast && tr.seen >= 100 {
		t.Errorf("only %d of %d ran", tr.alike, tr.seen)
	}
}

// bounded runs f and fails where the memory of the process grew with it.
func bounded(t *testing.T, f func()) {
	t.Helper()
	runtime.GC()
	before := memory()
	most, stop := peakMemory()
	f()
	stop()
	t.Logf("memory %d MB before, %d at most", before>>20, *most>>20)
	if *most-before > 512<<20 {
		t.Errorf("memory rose by %d MB", (*most-before)>>20)
	}
}

// TestRandomModules: random valid modules, from seeds.
func TestRandomModules(t *testing.T) {
	n := 600
	if testing.Short() {
		n = 100
	}
	if s := os.Getenv("SHOPWRIGHT_MODULES"); s != "" {
		n, _ = strconv.Atoi(s)
	}
	tr := newTrial(t)
	bounded(t, func() {
		for seed := range uint64(n) {
			tr.take(t, fmt.Sprint("seed ", seed), generate(rand.New(rand.NewPCG(seed, 7))))
		}
	})
	tr.report(t, n*9/10)
	if n >= 100 && (tr.traps < n/20 || tr.traps > n*49/50) {
		t.Errorf("%d of %d trapped: the generator is lopsided", tr.traps, n)
	}
}

// TestFuzzedModules: modules of Binaryen's translate-to-fuzz; .ci/hostile
// installs it and names it.
func TestFuzzedModules(t *testing.T) {
	tool := os.Getenv("SHOPWRIGHT_WASM_OPT")
	if tool == "" {
		t.Skip("SHOPWRIGHT_WASM_OPT does not name wasm-opt; TestRandomModules has its own generator")
	}
	n := 10_000
	if s := os.Getenv("SHOPWRIGHT_MODULES"); s != "" {
		n, _ = strconv.Atoi(s)
	}
	const batch = 200
	tr := newTrial(t)
	missing := 0
	bounded(t, func() {
		for first := 0; first < n; first += batch {
			dir := t.TempDir()
			count := min(batch, n-first)
			for i := first; i < first+count; i++ {
				r := rand.New(rand.NewPCG(uint64(i), 11))
				seed := make([]byte, 200+r.IntN(200<<r.IntN(6)))
				for k := range seed {
					seed[k] = byte(r.Uint32())
				}
				if err := os.WriteFile(filepath.Join(dir, strconv.Itoa(i)+".in"), seed, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			cmd := exec.Command("node", filepath.Join("testdata", "ttf.cjs"), tool, dir, strconv.Itoa(first), strconv.Itoa(count), "--mvp-features",
				"--enable-bulk-memory", "--enable-sign-ext", "--enable-nontrapping-float-to-int", "--enable-mutable-globals", "--denan")
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			for i := first; i < first+count; i++ {
				b, err := os.ReadFile(filepath.Join(dir, strconv.Itoa(i)+".wasm"))
				if err != nil {
					missing++
					continue
				}
				if _, err := Inspect(b); err == nil || fault.Of(err).Kind == fault.Internal {
					t.Errorf("module %d as it came: %v", i, err)
				}
				m, err := wrap(b)
				if err != nil {
					t.Errorf("module %d: %v", i, err)
					continue
				}
				tr.take(t, fmt.Sprint("module ", i), m)
			}
			_ = os.RemoveAll(dir)
		}
	})
	tr.report(t, n*8/10)
	if missing > n/20 {
		t.Errorf("%d of %d were not made", missing, n)
	}
}
