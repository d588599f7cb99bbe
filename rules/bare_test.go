package rules

import (
	"context"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// unmetered answers a module with the host's globals and exports but its code as it
// came: what the instrumented one is compared with.
func unmetered(b []byte) (out []byte, err error) {
	m, err := parseModule(b, Limits{}.withDefaults())
	if err != nil {
		return nil, err
	}
	defer guard(&err)
	m.rewriteCode()
	return m.assemble(m.sections[secCode]), nil
}

// bare runs a module without a host: no restore, no pool, no limits but its own.
type bare struct {
	mod   api.Module
	fuel  api.MutableGlobal
	depth api.MutableGlobal
	kept  []api.MutableGlobal
	mem   []byte // copy of memory, once sealed
	init  []uint64
	ctx   context.Context
	guest guest
	code  wazero.CompiledModule
}

func (b *bare) close() {
	_ = b.mod.Close(ctx)
	_ = b.code.Close(ctx)
}

// bareRuntime compiles and makes instances; metered or as it came.
type bareRuntime struct{ rt wazero.Runtime }

// newBareRuntime keeps what it compiles for the next run where it is told to.
func newBareRuntime(tb testing.TB, kept bool) *bareRuntime {
	cache := wazero.NewCompilationCache()
	if kept {
		c, err := wazero.NewCompilationCacheWithDir(filepath.Join(cacheDir(tb), "bare"))
		if err != nil {
			tb.Fatal(err)
		}
		cache = c
	}
	rt := wazero.NewRuntimeWithConfig(ctx, runtimeConfig(512).WithCompilationCache(cache))
	if err := stubWASI(ctx, rt); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		_ = rt.Close(ctx)
		_ = cache.Close(ctx)
	})
	return &bareRuntime{rt}
}

func (r *bareRuntime) instance(code []byte) (*bare, error) {
	cm, err := r.rt.CompileModule(workers(ctx), code)
	if err != nil {
		return nil, err
	}
	b := &bare{code: cm}
	b.guest.reset(initCalls)
	b.ctx = context.WithValue(ctx, guestKey{}, &b.guest)
	mod, err := r.rt.InstantiateModule(b.ctx, cm, wazero.NewModuleConfig().WithName("").WithStartFunctions())
	if err != nil {
		_ = cm.Close(ctx)
		return nil, err
	}
	b.mod = mod
	global := func(name string) api.MutableGlobal {
		g, _ := mod.ExportedGlobal(name).(api.MutableGlobal)
		return g
	}
	b.fuel, b.depth = global(globalFuel), global(globalDepth)
	for i := 0; ; i++ {
		g := global(globalKept + strconv.Itoa(i))
		if g == nil {
			return b, nil
		}
		b.kept = append(b.kept, g)
	}
}

// configured runs _initialize and sw_configure and keeps the state.
func (b *bare) configured(tb testing.TB, config string) {
	tb.Helper()
	b.fuel.Set(1 << 40)
	b.depth.Set(1000)
	if f := b.mod.ExportedFunction("_initialize"); f != nil {
		if _, err := f.Call(b.ctx); err != nil {
			tb.Fatal(err)
		}
	}
	if r, err := b.call("sw_configure", b.place(tb, []byte(config)), uint64(len(config))); err != nil || r != 0 {
		tb.Fatalf("configure: %d %v", r, err)
	}
	m, _ := b.mod.Memory().Read(0, b.mod.Memory().Size())
	b.mem = append([]byte(nil), m...)
	for _, g := range b.kept {
		b.init = append(b.init, g.Get())
	}
}

func (b *bare) place(tb testing.TB, msg []byte) uint64 {
	tb.Helper()
	p, err := b.call("sw_alloc", uint64(len(msg)))
	if err != nil || !b.mod.Memory().Write(uint32(p), msg) {
		tb.Fatalf("alloc: %v", err)
	}
	return p
}

func (b *bare) call(name string, args ...uint64) (uint64, error) {
	r, err := b.mod.ExportedFunction(name).Call(b.ctx, args...)
	if err != nil || len(r) == 0 {
		return 0, err
	}
	return r[0], nil
}

// again brings back the state of configured.
func (b *bare) again() {
	b.mod.Memory().Write(0, b.mem)
	for i, g := range b.kept {
		g.Set(b.init[i])
	}
	b.guest.reset(initCalls)
	b.fuel.Set(1 << 40)
	b.depth.Set(1000)
}
