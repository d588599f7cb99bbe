package rules

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/rules/packs"
	"github.com/shopwright/shopwright/rules/packs/catering"
	"github.com/shopwright/shopwright/rules/packs/fitness"
	"github.com/shopwright/shopwright/rules/packs/membership"
	"github.com/shopwright/shopwright/rules/packs/retail"
	"github.com/shopwright/shopwright/rules/packs/salon"
	"github.com/shopwright/shopwright/sdk/rule"
	"github.com/shopwright/shopwright/sdk/rule/ruletest"
)

var ctx = context.Background()

// cacheDir is one directory for the whole run: compiling a Go guest takes seconds.
var cache string

func cacheDir(tb testing.TB) string {
	tb.Helper()
	return cache
}

func TestMain(m *testing.M) {
	ChildMain()
	dir, err := os.MkdirTemp("", "rules")
	if err != nil {
		panic(err)
	}
	cache = dir
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

var native = map[string]func() rule.Rule{
	"salon":      func() rule.Rule { return &salon.Rule{} },
	"retail":     func() rule.Rule { return &retail.Rule{} },
	"catering":   func() rule.Rule { return &catering.Rule{} },
	"fitness":    func() rule.Rule { return &fitness.Rule{} },
	"membership": func() rule.Rule { return &membership.Rule{} },
}

// file reads a file of a built bundle.
func file(tb testing.TB, pack, name string) []byte {
	tb.Helper()
	b := packs.Bundles()[pack]
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		tb.Fatal(err)
	}
	f, err := z.Open(name)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	out, err := io.ReadAll(f)
	if err != nil {
		tb.Fatal(err)
	}
	return out
}

// TestPacksAgree runs every case of every bundle as a module: it must give the
// bytes that the same source gives natively, the same bytes and fuel a second
// time, and the same after the reverse order on another host that copies memory.
func TestPacksAgree(t *testing.T) {
	if len(packs.Bundles()) != len(native) {
		t.Fatalf("%d bundles, %d packs known here", len(packs.Bundles()), len(native))
	}
	s := shelf{}
	h, portable := newHost(t, s, Limits{}), newHost(t, s, Limits{Instances: 1})
	portable.newKeeper = func() keeper { return &copyKeeper{} }
	for id, newRule := range native {
		cases, err := ruletest.Load(filepath.Join("packs", id, "cases"))
		if err != nil {
			t.Fatal(err)
		}
		module := file(t, id, "rule.wasm")
		type ran struct {
			out  []byte
			fuel int64
		}
		first := make([]ran, len(cases))
		for i := range cases {
			c := &cases[i]
			want, err := c.Native(newRule())
			if err != nil {
				t.Fatal(err)
			}
			msg := rule.AppendInput(nil, &c.Input)
			ref := s.add(module, string(c.Config))
			for n := range 3 { // the second and third are on a restored instance
				out, fuel, err := h.Replay(ctx, ref, msg)
				if err != nil {
					t.Fatalf("%s %s/%s: %v", id, c.File, c.Name, err)
				}
				if !bytes.Equal(out, want) {
					t.Fatalf("%s %s/%s run %d: module and native differ: %s", id, c.File, c.Name, n, c.Check(out))
				}
				if n > 0 && fuel != first[i].fuel {
					t.Fatalf("%s %s/%s: fuel %d then %d", id, c.File, c.Name, first[i].fuel, fuel)
				}
				first[i] = ran{out, fuel}
			}
		}
		for i := len(cases) - 1; i >= 0; i-- {
			ref := s.add(module, string(cases[i].Config))
			out, fuel, err := portable.Replay(ctx, ref, rule.AppendInput(nil, &cases[i].Input))
			if err != nil || !bytes.Equal(out, first[i].out) || fuel != first[i].fuel {
				t.Fatalf("%s %s: elsewhere %d bytes, fuel %d, not %d: %v", id, cases[i].Name, len(out), fuel, first[i].fuel, err)
			}
		}
	}
}

func TestEvaluateChecksAndTranslates(t *testing.T) {
	s := shelf{}
	h := newHost(t, s, Limits{})
	ref := s.add(file(t, "retail", "rule.wasm"), `{"tier_prices":[{"tier":"gold","percent":5}]}`)
	in := basket(promotion.HookPrice, 20)
	a, err := h.Evaluate(ctx, ref, in)
	if err != nil {
		t.Fatal(err)
	}
	c := a.Output.Candidates
	if len(c) != 1 || c[0].Rate != 50_000 || len(c[0].Targets) != 19 || c[0].Code != "tier_price" || c[0].Label != "gold" {
		t.Fatalf("%+v", c)
	}
	if a.Fuel <= 0 || a.Nanos <= 0 || !bytes.Equal(a.InputBytes, Encode(in)) {
		t.Fatalf("fuel %d, nanos %d", a.Fuel, a.Nanos)
	}
	out, fuel, err := h.Replay(ctx, ref, a.InputBytes)
	if err != nil || fuel != a.Fuel || !bytes.Equal(out, a.OutputBytes) {
		t.Fatalf("replay: fuel %d, not %d: %v", fuel, a.Fuel, err)
	}
	if _, err := h.Evaluate(ctx, ref, basket(promotion.HookDraw, 1)); !errors.Is(err, ErrNoAnswer) {
		t.Fatalf("a hook that the pack does not serve: %v", err)
	}
}

func TestTwoConfigurationsAtOnce(t *testing.T) {
	s := shelf{}
	h := newHost(t, s, Limits{})
	module := file(t, "retail", "rule.wasm")
	five := s.add(module, `{"tier_prices":[{"tier":"gold","percent":5}]}`)
	nine := s.add(module, `{"tier_prices":[{"tier":"gold","percent":9}]}`)
	for range 3 {
		for ref, want := range map[*promotion.PackRef]int64{&five: 50_000, &nine: 90_000} {
			a, err := h.Evaluate(ctx, *ref, basket(promotion.HookPrice, 3))
			if err != nil || int64(a.Output.Candidates[0].Rate) != want {
				t.Fatalf("%v %+v", err, a.Output)
			}
		}
	}
	if len(h.modules) != 1 || len(h.images) != 2 {
		t.Fatalf("%d modules, %d images", len(h.modules), len(h.images))
	}
}

// TestConcurrent: eight callers, two packs, three configurations, an image
// budget that holds only some of them.
func TestConcurrent(t *testing.T) {
	s := shelf{}
	module := file(t, "salon", "rule.wasm")
	refs := []promotion.PackRef{
		s.add(module, `{}`), s.add(module, `{"birthday_percent":30}`),
		s.add(asm{data: message(nil)}.bytes(), `{}`),
		s.add(asm{evaluate: []byte{opUnreachable}}.bytes(), `{}`),
	}
	h := newHost(t, s, Limits{ImageBytes: 1 << 20, Instances: 2})
	in := basket(promotion.HookPrice, 5)
	var want [2]promotion.Answer
	for i := range want {
		var err error
		if want[i], err = h.Evaluate(ctx, refs[i], in); err != nil {
			t.Fatal(err)
		}
	}
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for n := range 40 {
				i := (g + n) % len(refs)
				a, err := h.Evaluate(ctx, refs[i], in)
				switch {
				case i == 3:
					if !errors.Is(err, ErrTrapped) {
						t.Errorf("trap: %v", err)
					}
				case err != nil:
					t.Error(err)
				case i < 2 && (!bytes.Equal(a.OutputBytes, want[i].OutputBytes) || a.Fuel != want[i].Fuel):
					t.Errorf("another answer under load: fuel %d, not %d", a.Fuel, want[i].Fuel)
				}
			}
		})
	}
	wg.Wait()
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.held > h.lim.ImageBytes+2<<20 {
		t.Errorf("images hold %d bytes", h.held)
	}
}

func TestEviction(t *testing.T) {
	s := shelf{}
	h := newHost(t, s, Limits{ImageBytes: 64 << 10})
	for i := range 40 {
		data := append(message(nil), bytes.Repeat([]byte{1}, 8192)...)
		ref := s.add(asm{data: data, evaluate: i64const(int64(dataAt<<32 | len(message(nil)))), custom: append(str("n"), byte(i))}.bytes(), "{}")
		if _, err := h.Evaluate(ctx, ref, basket(promotion.HookPrice, 1)); err != nil {
			t.Fatal(err)
		}
	}
	// An image that was dropped while it was held is freed by who lets go of it last,
	// which may be a moment after the call.
	for range 200 {
		h.mu.Lock()
		held, images, modules := h.held, len(h.images), len(h.modules)
		h.mu.Unlock()
		if held <= h.lim.ImageBytes && images == modules && images > 0 && images <= 8 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("%d bytes, %d images, %d modules", h.held, len(h.images), len(h.modules))
}

// TestStateIsRestored: a guest that counts its calls in a global and in memory
// answers the first count for ever.
func TestStateIsRestored(t *testing.T) {
	msg := message(func(o *rule.Output) { o.Notes = []rule.Note{{Code: "count"}} })
	at := bytes.Index(msg, []byte("count")) - 40 + 16 // Arg of the one note
	count := cat(
		[]byte{opGlobalGet, 0, opI64Const, 1, opI64Add, opGlobalSet, 0}, // counter++
		[]byte{opI32Const}, putS(nil, int64(dataAt+at)),
		[]byte{opI32Const}, putS(nil, int64(dataAt+at)), []byte{0x29, 3, 0}, // its old value in memory
		[]byte{opGlobalGet, 0, opI64Add, 0x37, 3, 0},
		i64const(dataAt<<32|int64(len(msg))),
	)
	m := asm{evaluate: count, data: msg, globals: [][]byte{{typeI64, 1, opI64Const, 41, opEnd}}}.bytes()
	for _, portable := range []bool{false, true} {
		s := shelf{}
		h := newHost(t, s, Limits{})
		if portable {
			h.newKeeper = func() keeper { return &copyKeeper{} }
		}
		ref := s.add(m, "{}")
		for range 5 {
			a, err := h.Evaluate(ctx, ref, basket(promotion.HookPrice, 1))
			if err != nil || a.Output.Notes[0].Arg != 42 {
				t.Fatalf("portable %v: %v %+v", portable, err, a.Output.Notes)
			}
		}
	}
}

func TestConfigurationRefused(t *testing.T) {
	s := shelf{}
	h := newHost(t, s, Limits{})
	if err := h.Prepare(ctx, s.add(file(t, "salon", "rule.wasm"), `{"broken`)); !errors.Is(err, ErrConfig) {
		t.Fatal(err)
	}
	ref := s.add(file(t, "salon", "rule.wasm"), `{}`)
	if err := h.Prepare(ctx, ref); err != nil {
		t.Fatal(err)
	}
	ref.Config = []byte(`{"birthday_percent":99}`)
	ref.ConfigHash = hash([]byte("something else"))
	if err := h.Prepare(ctx, ref); !errors.Is(err, ErrHash) {
		t.Fatal(err)
	}
}

func TestLoading(t *testing.T) {
	s := shelf{}
	h := newHost(t, s, Limits{})
	m := asm{data: message(nil)}.bytes()
	ref := s.add(m, "{}")
	delete(s, ref.ModuleHash)
	if err := h.Prepare(ctx, ref); !errors.Is(err, ErrModuleUnknown) {
		t.Fatal(err)
	}
	s[ref.ModuleHash] = asm{data: []byte("another")}.bytes()
	if err := h.Prepare(ctx, ref); !errors.Is(err, ErrHash) {
		t.Fatal(err)
	}
	late := s.add(asm{data: message(nil), custom: str("late")}.bytes(), "{}")
	delete(s, late.ModuleHash)
	if err := h.Prepare(ctx, late); !errors.Is(err, ErrModuleUnknown) {
		t.Fatal(err)
	}
	s.add(asm{data: message(nil), custom: str("late")}.bytes(), "{}")
	if err := h.Prepare(ctx, late); err != nil {
		t.Fatalf("the file came, and still: %v", err)
	}
}

func TestWatchdogAndClose(t *testing.T) {
	s := shelf{}
	loop := s.add(asm{evaluate: []byte{opLoop, blockVoid, opBr, 0, opEnd, opUnreachable}}.bytes(), "{}")
	fine := s.add(asm{data: message(nil)}.bytes(), "{}")
	h, err := New(ctx, Options{Load: func(x string) ([]byte, error) { return s[x], nil }, Limits: Limits{Wall: time.Millisecond, Fuel: 2_000_000_000}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Evaluate(ctx, loop, basket(promotion.HookPrice, 1)); !errors.Is(err, ErrTooSlow) {
		t.Fatal(err)
	}
	h.lim.Wall = time.Minute
	if _, err := h.Evaluate(ctx, fine, basket(promotion.HookPrice, 1)); err != nil {
		t.Fatal(err)
	}
	if err := h.Close(ctx); err != nil { // waits for the call that was given up on
		t.Fatal(err)
	}
	if _, err := h.Evaluate(ctx, fine, basket(promotion.HookPrice, 1)); !errors.Is(err, ErrClosed) {
		t.Fatal(err)
	}
	if err := h.Close(ctx); err != nil {
		t.Fatal(err)
	}
}

func TestCanceled(t *testing.T) {
	s := shelf{}
	h := newHost(t, s, Limits{})
	c, cancel := context.WithCancel(ctx)
	cancel()
	_, err := h.Evaluate(c, s.add(file(t, "catering", "rule.wasm"), "{}"), basket(promotion.HookPrice, 1))
	if fault.Of(err).Reason != fault.ErrCanceled.Reason {
		t.Fatal(err)
	}
}
