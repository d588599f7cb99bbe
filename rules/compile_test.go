package rules

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/promotion"
)

// costly is a module that the compiler has some tenths of a second to do with.
func costly() []byte {
	return asm{extra: bytes.Repeat([]byte{opI32Const, 0, opBrIf, 0}, 9000), data: message(nil)}.bytes()
}

func childHost(t *testing.T, s shelf, o Options) *Host {
	t.Helper()
	o.Load = func(hash string) ([]byte, error) {
		if b, ok := s[hash]; ok {
			return b, nil
		}
		return nil, errors.New("no such module")
	}
	if o.CacheDir == "" {
		o.CacheDir = t.TempDir()
	}
	if o.Child == nil {
		o.Child = &Child{}
	}
	h, err := New(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close(ctx) })
	return h
}

// TestCompiledInAChild: the code that a child leaves is what the host runs, and
// the stages are reported in their order.
func TestCompiledInAChild(t *testing.T) {
	var mu sync.Mutex
	var seen []Progress
	dir := t.TempDir()
	o := Options{CacheDir: dir, Progress: func(p Progress) {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, p)
	}}
	s := shelf{}
	h := childHost(t, s, o)
	ref := s.add(file(t, "salon", "rule.wasm"), "{}")
	if _, err := h.Install(ctx, s[ref.ModuleHash], true); err != nil {
		t.Fatal(err)
	}
	var stages []Stage
	last := 0.0
	for _, p := range seen {
		if p.Module != ref.ModuleHash || p.Done < last || p.Done > 1 {
			t.Fatalf("%+v after %v", p, last)
		}
		if last = p.Done; !slices.Contains(stages, p.Stage) {
			stages = append(stages, p.Stage)
		}
	}
	if !slices.Equal(stages, []Stage{StageVerify, StageCompile, StageReady}) || last != 1 || len(seen) < 4 {
		t.Fatalf("%v, %d reports", stages, len(seen))
	}
	before := entries(t, dir)
	if len(before) != 1 {
		t.Fatalf("entries: %v", before)
	}
	// From here on a child could not do anything: what is there is used.
	h.install.child.Wall = time.Nanosecond
	if err := h.Prepare(ctx, ref); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Evaluate(ctx, ref, basket(promotion.HookPrice, 3)); err != nil {
		t.Fatal(err)
	}
	if after := entries(t, dir); !slices.Equal(before, after) {
		t.Fatalf("compiled again: %v", after)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, workPrefix+"*")); len(left) > 0 {
		t.Fatalf("left behind: %v", left)
	}
}

// entries lists the runtime's files of a cache.
func entries(t *testing.T, dir string) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(dir, "wazero-*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestChildLimits: time, memory and processor time of a child end with their own
// reason; the host then takes the next module.
func TestChildLimits(t *testing.T) {
	fine := asm{data: message(nil)}.bytes()
	for name, c := range map[string]struct {
		child Child
		what  string
	}{
		"time":   {Child{Wall: 30 * time.Millisecond}, "time"},
		"memory": {Child{Memory: 20 << 20}, "memory"},
		"cpu":    {Child{CPU: time.Second}, "cpu"},
	} {
		s := shelf{}
		h := childHost(t, s, Options{Child: &c.child, Limits: Limits{Work: 1 << 40}})
		module := costly()
		if c.what == "cpu" {
			module = asm{extra: bytes.Repeat([]byte{opI32Const, 0, opBrIf, 0}, 30000), data: message(nil)}.bytes()
		}
		begin := time.Now()
		_, err := h.Install(ctx, module, false)
		took := time.Since(begin)
		if !errors.Is(err, ErrCompileLimit) || fault.Of(err).Args["what"] != c.what {
			t.Errorf("%s: %v", name, err)
		}
		t.Logf("%s: stopped after %v", name, took)
		*h.install.child = Child{}.withDefaults()
		if _, err := h.Install(ctx, fine, false); err != nil {
			t.Errorf("after %s: %v", name, err)
		}
	}
}

// TestChildRefuses: what only the compiler finds comes back as its reason, and
// a program that cannot be started as another.
func TestChildRefuses(t *testing.T) {
	s := shelf{}
	h := childHost(t, s, Options{})
	bad := s.add(asm{evaluate: []byte{opI32Const, 0}}.bytes(), "{}")
	if err := h.Prepare(ctx, bad); !errors.Is(err, ErrCompile) || !strings.Contains(errors.Unwrap(err).Error(), "type") {
		t.Errorf("a body of a wrong type: %v", err)
	}
	if runtime.GOOS != "windows" && os.Getuid() != 0 { // who may write anywhere cannot be kept from it
		dir := t.TempDir()
		if err := os.Chmod(dir, 0o500); err != nil {
			t.Fatal(err)
		}
		if err := compileInto(ctx, dir, 1, asm{}.bytes()); !errors.Is(err, ErrNoCompiler) {
			t.Errorf("a directory that cannot be written to: %v", err)
		}
	}
	if err := compileInto(ctx, filepath.Join(os.Args[0], "x"), 1, asm{}.bytes()); !errors.Is(err, ErrNoCompiler) {
		t.Errorf("a directory that cannot be: %v", err)
	}
	canceled, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := h.Install(canceled, costly(), false); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
	if _, err := New(ctx, Options{Child: &Child{}}); !errors.Is(err, ErrNoCompiler) {
		t.Errorf("no directory: %v", err)
	}
	childReady.Store(false)
	_, err := New(ctx, Options{Child: &Child{}, CacheDir: t.TempDir()})
	childReady.Store(true)
	if !errors.Is(err, ErrNoCompiler) {
		t.Errorf("a program that is not made for it: %v", err)
	}
	if code := childRun("no order", io.Discard); code != 1 {
		t.Errorf("child without an order: %d", code)
	}
}

// TestTrustedInThisProcess: what the program brings with it needs no child.
func TestTrustedInThisProcess(t *testing.T) {
	s := shelf{}
	ours := s.add(asm{data: message(nil)}.bytes(), "{}")
	other := s.add(asm{data: note("x")}.bytes(), "{}")
	h := childHost(t, s, Options{Child: &Child{Wall: time.Nanosecond}, Trusted: func(hash string) bool { return hash == ours.ModuleHash }})
	if err := h.Prepare(ctx, ours); err != nil {
		t.Error(err)
	}
	if err := h.Prepare(ctx, other); !errors.Is(err, ErrCompileLimit) {
		t.Error(err)
	}
}

// TestSpoiledCache: an entry that was cut short, changed, or is of another
// version is never run and never ends the program: it is compiled again.
func TestSpoiledCache(t *testing.T) {
	dir := t.TempDir()
	s := shelf{}
	ref := s.add(asm{data: note("x")}.bytes(), "{}")
	in := basket(promotion.HookPrice, 3)
	run := func() ([]byte, error) {
		h, err := New(ctx, Options{CacheDir: dir, Load: func(h string) ([]byte, error) { return s[h], nil }})
		if err != nil {
			return nil, err
		}
		defer h.Close(ctx)
		a, err := h.Evaluate(ctx, ref, in)
		return a.OutputBytes, err
	}
	want, err := run()
	if err != nil {
		t.Fatal(err)
	}
	entry := entries(t, dir)[0]
	whole, err := os.ReadFile(entry)
	if err != nil {
		t.Fatal(err)
	}
	functions := 7 + int(whole[6]) // after the magic number and the version
	change := func(at int) []byte {
		b := bytes.Clone(whole)
		b[at] ^= 0xff
		return b
	}
	seals, _ := filepath.Glob(filepath.Join(dir, sealsDir, "*", "*"))
	if len(seals) != 1 {
		t.Fatalf("seals: %v", seals)
	}
	sealed, _ := os.ReadFile(seals[0])
	spoilt := map[string]func() error{
		"cut short":   func() error { return os.WriteFile(entry, whole[:len(whole)/2], 0o600) },
		"cut in head": func() error { return os.WriteFile(entry, whole[:9], 0o600) },
		"empty":       func() error { return os.WriteFile(entry, nil, 0o600) },
		// The runtime's checksum covers neither the number of functions nor where they begin.
		"number of functions": func() error { return os.WriteFile(entry, change(functions+3), 0o600) },
		"where one begins":    func() error { return os.WriteFile(entry, change(functions+6), 0o600) },
		"code":                func() error { return os.WriteFile(entry, change(len(whole)/2), 0o600) },
		"gone":                func() error { return os.Remove(entry) },
		"no seal":             func() error { return os.Remove(seals[0]) },
		"seal of nonsense":    func() error { return os.WriteFile(seals[0], []byte("{"), 0o600) },
		"seal elsewhere":      func() error { return os.WriteFile(seals[0], []byte(`{"entry":"../../x","sha256":""}`), 0o600) },
		"another version": func() error {
			return os.Rename(filepath.Dir(seals[0]), filepath.Join(filepath.Dir(filepath.Dir(seals[0])), "of-another-version"))
		},
	}
	for name, spoil := range spoilt {
		if err := spoil(); err != nil {
			t.Fatal(name, err)
		}
		got, err := run()
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("%s: %v", name, err)
		}
		if b, _ := os.ReadFile(entry); !bytes.Equal(b, whole) {
			t.Errorf("%s: the entry was not made again", name)
		}
		if b, _ := os.ReadFile(seals[0]); !bytes.Equal(b, sealed) {
			t.Errorf("%s: the seal was not made again", name)
		}
	}
}
