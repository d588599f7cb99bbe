package rules

import (
	"container/list"
	"context"
	"log/slog"
	"runtime"
	"sync"

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
}

// Host runs rules. It is safe for concurrent use.
type Host struct {
	lim       Limits
	load      func(string) ([]byte, error)
	log       *slog.Logger
	rt        wazero.Runtime
	cache     wazero.CompilationCache
	newKeeper func() keeper
	slots     chan struct{} // one for each call that runs at the same time
	stop      chan struct{} // closed by Close

	builds  sync.WaitGroup // of images, and calls given up on
	serving sync.WaitGroup // goroutines of instances

	mu      sync.Mutex
	closed  bool
	images  map[imageKey]*image
	modules map[string]*compiled
	recent  *list.List // images, the one used last in front
	held    int64      // bytes of all images
}

// features: WebAssembly 2.0 as far as the verifier lets it through.
const features = api.CoreFeatureMutableGlobal | api.CoreFeatureSignExtensionOps | api.CoreFeatureNonTrappingFloatToIntConversion |
	api.CoreFeatureMultiValue | api.CoreFeatureBulkMemoryOperations | api.CoreFeatureReferenceTypes

// New starts a host. Fault: rules.compile_failed where the cache directory or the
// runtime cannot be used.
func New(ctx context.Context, o Options) (*Host, error) {
	h := &Host{
		lim: o.Limits.withDefaults(), load: o.Load, log: o.Log, newKeeper: newKeeper,
		slots: make(chan struct{}, max(4, 2*runtime.GOMAXPROCS(0))), stop: make(chan struct{}),
		images: map[imageKey]*image{}, modules: map[string]*compiled{}, recent: list.New(),
	}
	if h.log == nil {
		h.log = slog.New(slog.DiscardHandler)
	}
	h.cache = wazero.NewCompilationCache()
	if o.CacheDir != "" {
		c, err := wazero.NewCompilationCacheWithDir(o.CacheDir)
		if err != nil {
			return nil, ErrCompile.Wrap(err)
		}
		h.cache = c
	}
	cfg := wazero.NewRuntimeConfig().WithCoreFeatures(features).WithMemoryLimitPages(h.lim.MemoryPages).
		WithCompilationCache(h.cache).WithDebugInfoEnabled(false).WithCustomSections(false)
	h.rt = wazero.NewRuntimeWithConfig(ctx, cfg)
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
	img, err := h.acquire(ctx, ref)
	if err != nil {
		h.log.WarnContext(ctx, "rule not prepared", "pack", ref.ID, "version", ref.Version, "err", err)
		return err
	}
	h.release(img)
	return nil
}

// Evaluate runs one hook of one pack. The answer is checked against the hook's
// power; it is never partial: with an error only InputBytes, Fuel and Nanos are
// set. Faults: see fault.go; the sale goes on with the hook's fallback.
func (h *Host) Evaluate(ctx context.Context, ref promotion.PackRef, in *promotion.Input) (promotion.Answer, error) {
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	a := promotion.Answer{InputBytes: s.encode(in)}
	r, err := h.call(ctx, ref, a.InputBytes)
	a.Fuel, a.Nanos = r.fuel, r.nanos
	if err == nil {
		a.Output, err = s.decode(r.output)
	}
	if err == nil {
		err = checkOutput(in, &a.Output, &h.lim)
	}
	if err != nil {
		a.Output = promotion.Output{}
		h.log.WarnContext(ctx, "rule failed", "pack", ref.ID, "version", ref.Version, "hook", in.Hook.String(), "err", err)
		return a, err
	}
	a.OutputBytes = r.output
	return a, nil
}

// Replay runs a stored input again and answers the bytes and the fuel, which are
// those of the first time. Faults: as Evaluate, but for the check of the answer.
func (h *Host) Replay(ctx context.Context, ref promotion.PackRef, input []byte) (output []byte, fuel int64, err error) {
	r, err := h.call(ctx, ref, input)
	return r.output, r.fuel, err
}

// Decode reads stored output bytes.
func Decode(output []byte) (promotion.Output, error) {
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	return s.decode(output)
}

// Encode answers the message of an input, as a module would see it.
func Encode(in *promotion.Input) []byte {
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	return s.encode(in)
}

// call runs a message on an instance of its own.
func (h *Host) call(ctx context.Context, ref promotion.PackRef, msg []byte) (result, error) {
	if len(msg) > h.lim.InputBytes {
		return result{}, ErrInput.With("bytes", len(msg)).With("limit", h.lim.InputBytes)
	}
	img, err := h.acquire(ctx, ref)
	if err != nil {
		return result{}, err
	}
	select {
	case h.slots <- struct{}{}:
	case <-h.stop:
		h.release(img)
		return result{}, ErrClosed
	case <-ctx.Done():
		h.release(img)
		return result{}, ctx.Err()
	}
	defer func() { <-h.slots }()
	in, err := h.take(img)
	if err != nil {
		h.release(img)
		return result{}, err
	}
	r, ended := in.call(msg)
	switch {
	case !ended: // it may still read the snapshot: the image is held until it ends
		h.builds.Go(func() {
			<-in.done
			in.close()
			h.release(img)
		})
		return r, r.err
	case r.reuse:
		h.put(img, in)
	default:
		in.close()
	}
	h.release(img)
	return r, r.err
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
		h.slots <- struct{}{}
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
	h.serving.Wait()
	err := h.rt.Close(ctx)
	if e := h.cache.Close(ctx); err == nil {
		err = e
	}
	return err
}
