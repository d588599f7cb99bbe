package rules

import (
	"container/list"
	"context"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/shopwright/shopwright/core/promotion"
)

// Options of a Host.
type Options struct {
	CacheDir string                                  // where compiled code is kept; "" = in memory only
	Load     func(moduleHash string) ([]byte, error) // the bytes of a rule.wasm by their SHA-256
	Log      *slog.Logger                            // nil = discarded
	Limits   Limits                                  // zero fields take their defaults
	Child    *Child                                  // compiles in a process of its own; nil = in this one
	Trusted  func(moduleHash string) bool            // compiled in this process though Child is set; nil = none
	Progress func(Progress)                          // told how an installation goes; nil = nobody; must not block
}

// Host runs rules. It is safe for concurrent use.
type Host struct {
	lim       Limits
	load      func(string) ([]byte, error)
	log       *slog.Logger
	rt        wazero.Runtime
	cache     wazero.CompilationCache
	install   *installer
	newKeeper func() keeper
	slots     chan *slot    // one for each call that runs at the same time
	stop      chan struct{} // closed by Close
	meters    meters
	instances atomic.Int64 // idle or at work
	evicted   atomic.Int64 // images

	builds sync.WaitGroup // of images

	mu             sync.Mutex
	closed         bool
	images         map[imageKey]*image
	roots          map[rootKey]*root
	modules        map[string]*compiled
	recent         *list.List // images, the one used last in front
	held           int64      // bytes of all images and roots
	newest, oldest *instance  // of the idle ones
	idle           int        // how many these are
}

// features: WebAssembly 2.0 as far as the verifier lets it through.
const features = api.CoreFeatureMutableGlobal | api.CoreFeatureSignExtensionOps | api.CoreFeatureNonTrappingFloatToIntConversion |
	api.CoreFeatureMultiValue | api.CoreFeatureBulkMemoryOperations | api.CoreFeatureReferenceTypes

// New starts a host. Fault: rules.compile_failed where the cache directory or the
// runtime cannot be used.
func New(ctx context.Context, o Options) (*Host, error) {
	h := &Host{
		lim: o.Limits.withDefaults(), load: o.Load, log: o.Log, newKeeper: newKeeper,
		slots: make(chan *slot, max(4, 2*runtime.GOMAXPROCS(0))), stop: make(chan struct{}), meters: meters{all: map[[2]string]*meter{}},
		images: map[imageKey]*image{}, roots: map[rootKey]*root{}, modules: map[string]*compiled{}, recent: list.New(),
	}
	for range cap(h.slots) {
		h.slots <- newSlot()
	}
	if h.log == nil {
		h.log = slog.New(slog.DiscardHandler)
	}
	var err error
	if h.install, err = newInstaller(ctx, o); err != nil {
		return nil, err
	}
	h.cache = wazero.NewCompilationCache()
	if o.CacheDir != "" {
		c, err := wazero.NewCompilationCacheWithDir(o.CacheDir)
		if err != nil {
			return nil, ErrCompile.Wrap(err)
		}
		h.cache = c
	}
	h.rt = wazero.NewRuntimeWithConfig(ctx, runtimeConfig(h.lim.MemoryPages).WithCompilationCache(h.cache))
	if err := stubWASI(ctx, h.rt); err != nil {
		_ = h.rt.Close(ctx)
		return nil, ErrCompile.Wrap(err)
	}
	return h, nil
}

// Verify checks and instruments a module without compiling it. Faults: those of
// installation, see fault.go.
func (h *Host) Verify(module []byte) error {
	_, err := h.Inspect(module)
	return err
}

// Inspect is Verify that answers what it found.
func (h *Host) Inspect(module []byte) (Info, error) {
	_, info, err := instrument(module, h.lim)
	return info, err
}

// Prepare compiles, configures and snapshots now, so that the first sale need
// not wait. Faults: those of installation, rules.config_refused.
func (h *Host) Prepare(ctx context.Context, ref promotion.PackRef) error {
	img, in, err := h.acquire(ctx, &ref)
	if err == nil {
		err = h.await(ctx, img)
		h.release(img, in)
	}
	if err != nil {
		h.log.WarnContext(ctx, "rule not prepared", "pack", ref.ID, "version", ref.Version, "err", err)
	}
	return err
}

// Close waits for the calls that run, then frees everything. Calls after it
// answer rules.closed.
func (h *Host) Close(ctx context.Context) error {
	h.mu.Lock()
	if h.closed {
		h.mu.Unlock()
		return nil
	}
	h.closed = true
	close(h.stop)
	h.mu.Unlock()
	for range cap(h.slots) {
		<-h.slots
	}
	h.builds.Wait()
	h.mu.Lock()
	var dead []*image
	for _, img := range h.images {
		h.drop(img)
		if img.users == 0 {
			dead = append(dead, img)
		}
	}
	h.mu.Unlock()
	for _, img := range dead {
		h.free(img)
	}
	err := h.rt.Close(ctx)
	if e := h.cache.Close(ctx); err == nil {
		err = e
	}
	return err
}
