package rules

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"math"
	"runtime"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/experimental"
)

// Stage is a step of an installation.
type Stage string

// The stages, in their order; the last is one of two.
const (
	StageVerify  Stage = "verify"
	StageCompile Stage = "compile"
	StageReady   Stage = "ready"
	StageFailed  Stage = "failed"
)

// Progress says how far the installation of a module is.
type Progress struct {
	Module string // hex SHA-256 of the rule.wasm
	Stage  Stage
	Done   float64 // 0..1 of the whole; an estimate while it compiles
}

// installer brings modules from bytes to compiled code.
type installer struct {
	lim     Limits
	child   *Child // nil: in this process
	trusted func(string) bool
	report  func(Progress)
	store   *store // nil: nothing is kept
	one     chan struct{}
}

func newInstaller(ctx context.Context, o Options) (*installer, error) {
	in := &installer{lim: o.Limits.withDefaults(), trusted: o.Trusted, report: o.Progress, one: make(chan struct{}, 1)}
	if o.Child != nil {
		if !childReady.Load() {
			return nil, ErrNoCompiler.Wrap(errors.New("rules.ChildMain is not called by this program"))
		}
		if o.CacheDir == "" {
			return nil, ErrNoCompiler.Wrap(errors.New("a child process needs a directory for what it compiles"))
		}
		c := o.Child.withDefaults()
		in.child = &c
	}
	if o.CacheDir != "" {
		var err error
		if in.store, err = openStore(ctx, o.CacheDir); err != nil {
			return nil, ErrCompile.Wrap(err)
		}
	}
	if in.report == nil {
		in.report = func(Progress) {}
	}
	return in, nil
}

// runtimeConfig is how modules are compiled, by whichever process.
func runtimeConfig(pages uint32) wazero.RuntimeConfig {
	return wazero.NewRuntimeConfig().WithCoreFeatures(features).WithMemoryLimitPages(pages).
		WithDebugInfoEnabled(false).WithCustomSections(false)
}

// VerifyFor is Verify for a bundle whose manifest does, or does not, ask for
// floating point. Faults: those of installation, rules.floats_not_allowed.
func (h *Host) VerifyFor(module []byte, floats bool) error {
	_, info, err := instrument(module, h.lim)
	if err != nil {
		return err
	}
	return info.allow(floats)
}

func (i *Info) allow(floats bool) error {
	if !floats && i.Floats > 0 {
		return ErrFloats.With("floats", i.Floats)
	}
	return nil
}

// Inspect verifies a module under the default limits and answers what it found.
// Faults: those of installation.
func Inspect(module []byte) (Info, error) {
	_, info, err := instrument(module, Limits{}.withDefaults())
	return info, err
}

// Install verifies a module and compiles it into the cache, so that Prepare is
// quick; no code of it runs. floats is what the manifest says. Faults: those of
// installation; a canceled context's error.
func (h *Host) Install(ctx context.Context, module []byte, floats bool) (Info, error) {
	sum := sha256.Sum256(module)
	hash := hex.EncodeToString(sum[:])
	ctx, cancel := h.untilClosed(ctx)
	defer cancel()
	info, err := h.install.run(ctx, hash, module, func(i *Info) error { return i.allow(floats) }, func(out []byte) error {
		if h.install.store != nil {
			return nil
		}
		cm, err := h.rt.CompileModule(ctx, out)
		if err != nil {
			return ErrCompile.Wrap(err)
		}
		return cm.Close(ctx)
	})
	if err != nil {
		h.log.WarnContext(ctx, "rule not installed", "module", hash, "err", err)
	}
	return info, err
}

// untilClosed is a context that also ends when the host is closed.
func (h *Host) untilClosed(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	go func() {
		select {
		case <-h.stop:
			cancel(ErrClosed)
		case <-ctx.Done():
		}
	}()
	return ctx, func() { cancel(nil) }
}

// compileModule verifies, instruments and compiles; where there is a cache the
// code comes from it.
func (h *Host) compileModule(hash string, module []byte) (cm wazero.CompiledModule, err error) {
	ctx, cancel := h.untilClosed(context.Background())
	defer cancel()
	_, err = h.install.run(ctx, hash, module, nil, func(out []byte) (err error) {
		if cm, err = h.rt.CompileModule(workers(context.Background()), out); err != nil {
			return ErrCompile.Wrap(err)
		}
		return nil
	})
	return cm, err
}

// workers lets the compiler use some of the machine.
func workers(ctx context.Context) context.Context {
	return experimental.WithCompilationWorkers(ctx, min(4, runtime.GOMAXPROCS(0)))
}

// run is an installation with its progress; load ends it with the code, which is
// in the store by then where there is one.
func (in *installer) run(ctx context.Context, hash string, module []byte, allow func(*Info) error, load func([]byte) error) (info Info, err error) {
	in.report(Progress{hash, StageVerify, 0})
	defer func() {
		if err != nil {
			in.report(Progress{hash, StageFailed, 1})
		} else {
			in.report(Progress{hash, StageReady, 1})
		}
	}()
	out, info, err := instrument(module, in.lim)
	if err == nil && allow != nil {
		err = allow(&info)
	}
	if err != nil {
		return info, err
	}
	defer in.estimate(hash, len(out))()
	if err := in.ensure(ctx, hash, out); err != nil {
		return info, err
	}
	return info, load(out)
}

// ensure sees to it that the store has the code.
func (in *installer) ensure(ctx context.Context, hash string, out []byte) (err error) {
	if in.store == nil {
		return nil
	}
	sum := sha256.Sum256(out)
	key := hex.EncodeToString(sum[:])
	if in.store.has(key) {
		return nil
	}
	select { // one at a time: the limits of a child hold for all of them together
	case in.one <- struct{}{}:
		defer func() { <-in.one }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	if in.store.has(key) {
		return nil
	}
	dir, err := in.store.workplace()
	if err != nil {
		return ErrNoCompiler.Wrap(err)
	}
	defer in.store.clear(dir)
	if in.child == nil || in.trusted != nil && in.trusted(hash) {
		err = compileInto(ctx, dir, in.lim.MemoryPages, out)
	} else {
		err = in.child.compile(ctx, dir, in.lim.MemoryPages, out)
	}
	if err != nil {
		return err
	}
	if err := in.store.adopt(key, dir); err != nil {
		return ErrNoCompiler.Wrap(err)
	}
	return nil
}

// compileInto compiles a module into a directory, in this process. Faults:
// rules.compile_failed, rules.compiler_unavailable.
func compileInto(ctx context.Context, dir string, pages uint32, module []byte) (err error) {
	defer contain(&err, ErrCompile)
	cache, err := wazero.NewCompilationCacheWithDir(dir)
	if err != nil {
		return ErrNoCompiler.Wrap(err)
	}
	rt := wazero.NewRuntimeWithConfig(ctx, runtimeConfig(pages).WithCompilationCache(cache))
	_, err = rt.CompileModule(workers(ctx), module)
	if e := rt.Close(context.Background()); err == nil {
		err = e
	}
	if e := cache.Close(context.Background()); err == nil {
		err = e
	}
	var file *fs.PathError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &file): // a full disk is not the module's fault
		return ErrNoCompiler.Wrap(err)
	}
	return ErrCompile.Wrap(err)
}

// estimate reports progress until the answer is called: the compiler itself does
// not say how far it is, but takes about a second for a megabyte.
func (in *installer) estimate(hash string, size int) func() {
	expected := float64(size)/(1<<20) + 0.05
	end, ended := make(chan struct{}), make(chan struct{})
	in.report(Progress{hash, StageCompile, 0.05})
	go func() {
		defer close(ended)
		t := time.NewTicker(100 * time.Millisecond)
		defer t.Stop()
		for n := 1; ; n++ {
			select {
			case <-t.C:
				in.report(Progress{hash, StageCompile, 0.05 + 0.94*(1-math.Exp(-float64(n)/10/expected))})
			case <-end:
				return
			}
		}
	}()
	return func() { close(end); <-ended }
}
