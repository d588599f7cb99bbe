package rules

import (
	"container/list"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/tetratelabs/wazero"

	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/promotion"
)

// compiled is one module, verified, instrumented and compiled; roots share it.
type compiled struct {
	hash  string
	once  sync.Once
	mod   wazero.CompiledModule
	err   error
	users int // roots, under Host.mu
}

// rootKey names a module under a memory limit: what _initialize does may depend
// on how far memory grows. The other limits of a call change no image.
type rootKey struct {
	module string
	pages  uint32
}

// root is a module after _initialize; its images share it.
type root struct {
	key     rootKey
	from    *compiled
	once    sync.Once
	err     error
	base    base
	globals []uint64
	fuel    int64 // of InitFuel that is left to sw_configure
	depth   int64
	cost    int64 // under Host.mu
	users   int   // images, under Host.mu
	leaving int   // of those the ones that were dropped
}

// imageKey names what a call starts from.
type imageKey struct {
	rootKey
	config string
}

// image is a module with a configuration: what every call starts from, and the
// idle instances that stand on it.
type image struct {
	key     imageKey
	root    *root
	ready   chan struct{} // closed once built
	err     error
	delta   *delta
	globals []uint64
	cost    int64
	place   *list.Element         // in Host.recent
	meter   atomic.Pointer[meter] // of the pack that asked last

	// Under Host.mu.
	idle   []*instance
	users  int // callers that hold it
	built  bool
	doomed bool
}

// failedCost is what the memory of a refusal is counted as.
const failedCost = 16 << 10

// acquire finds the image or has it built; the caller awaits and releases it.
// Where one is idle it comes with an instance.
func (h *Host) acquire(ctx context.Context, ref *promotion.PackRef) (*image, *instance, error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	key := imageKey{rootKey{ref.ModuleHash, h.pages(ref.Limits.MemoryBytes)}, ref.ConfigHash}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, nil, ErrClosed
	}
	img := h.images[key]
	if img == nil {
		img = h.plan(key, ref.Config)
	} else {
		h.recent.MoveToFront(img.place)
	}
	img.users++
	return img, h.pick(img), nil
}

// await answers once the image is built, with what is wrong with it.
func (h *Host) await(ctx context.Context, img *image) error {
	select {
	case <-img.ready:
		return img.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// done reports whether the image is built.
func (img *image) done() bool {
	select {
	case <-img.ready:
		return true
	default:
		return false
	}
}

// pages is a memory limit in pages of 64 KiB, the host's or a lower one.
func (h *Host) pages(limit int64) uint32 {
	if limit > 0 && limit < int64(h.lim.MemoryPages)*wasmPage {
		return uint32(limit / wasmPage)
	}
	return h.lim.MemoryPages
}

// plan enters an image and has it built; under h.mu.
func (h *Host) plan(key imageKey, config []byte) *image {
	img := &image{key: key, ready: make(chan struct{})}
	img.place = h.recent.PushFront(img)
	h.images[key] = img
	if img.root = h.roots[key.rootKey]; img.root == nil {
		img.root = &root{key: key.rootKey, from: h.modules[key.module]}
		h.roots[key.rootKey] = img.root
		if img.root.from == nil {
			img.root.from = &compiled{hash: key.module}
			h.modules[key.module] = img.root.from
		}
		img.root.from.users++
	}
	img.root.users++
	img.users++ // the builder's own
	config = append([]byte(nil), config...)
	h.builds.Go(func() { h.build(img, config) })
	return img
}

// release lets go of an image, with the restored instance that ran on it or nil.
// An image that was dropped meanwhile is freed by its last user.
func (h *Host) release(img *image, in *instance) {
	h.mu.Lock()
	in = h.keep(img, in)
	img.users--
	free := img.doomed && img.users == 0
	h.mu.Unlock()
	if in != nil {
		h.closeInstance(in)
	}
	if free {
		h.free(img)
	}
}

// build makes the image; every caller of the first moment waits for the one that
// builds.
func (h *Host) build(img *image, config []byte) {
	first, err := h.first(img, config)
	h.mu.Lock()
	if err != nil {
		img.err, img.cost = err, failedCost
		if transient(err) {
			h.drop(img)
		}
	} else {
		img.cost = img.delta.bytes()
	}
	h.held += img.cost
	img.built = true
	over := h.keep(img, first)
	dead := h.shrink(img)
	h.mu.Unlock()
	if over != nil {
		h.closeInstance(over)
	}
	for _, d := range dead {
		h.free(d)
	}
	close(img.ready)
	h.release(img, nil)
}

// transient reports whether trying again may help: the file may come, the module
// will not change.
func transient(err error) bool {
	return errors.Is(err, ErrModuleUnknown) || errors.Is(err, ErrNoCompiler) || errors.Is(err, ErrClosed)
}

// first compiles, starts and configures.
func (h *Host) first(img *image, config []byte) (in *instance, err error) {
	defer contain(&err, ErrCompile)
	if sum := sha256.Sum256(config); hex.EncodeToString(sum[:]) != img.key.config {
		return nil, ErrHash.With("what", "config")
	}
	r := img.root
	r.from.once.Do(func() { r.from.mod, r.from.err = h.compile(r.from.hash) })
	if r.from.err != nil {
		return nil, r.from.err
	}
	r.once.Do(func() { r.err = h.initialise(r) })
	if r.err != nil {
		return nil, r.err
	}
	if in, err = h.instantiate(r); err != nil {
		return nil, err
	}
	none := &delta{size: r.base.size()}
	if err = in.adopt(r.base, none, r.globals); err == nil {
		in.fuel.Set(uint64(r.fuel))
		in.depth.Set(uint64(r.depth))
		err = in.configure(config)
	}
	if err == nil {
		img.delta, img.globals = compare(r.base, in.mod.Memory()), in.globals()
		in.keep.save(img.delta)
		err = in.adopt(r.base, img.delta, img.globals)
	}
	if err != nil {
		h.closeInstance(in)
		return nil, startFault(err)
	}
	return in, nil
}

// initialise runs _initialize and takes the base.
func (h *Host) initialise(r *root) (err error) {
	defer contain(&err, ErrStart)
	in, err := h.instantiate(r)
	if err != nil {
		return err
	}
	defer h.closeInstance(in)
	if err := in.initialise(); err != nil {
		return err
	}
	r.fuel, r.depth, r.globals = int64(in.fuel.Get()), int64(in.depth.Get()), in.globals()
	if r.base, err = in.keep.seal(in.mod.Memory()); err != nil {
		return ErrStart.Wrap(err)
	}
	h.mu.Lock()
	r.cost = r.base.bytes()
	h.held += r.cost
	h.mu.Unlock()
	return nil
}

// startFault gives an error of the system a reason.
func startFault(err error) error {
	var f *fault.Fault
	if errors.As(err, &f) {
		return err
	}
	return ErrStart.Wrap(err)
}

// compile loads, verifies, instruments and compiles a module.
func (h *Host) compile(hash string) (cm wazero.CompiledModule, err error) {
	defer contain(&err, ErrCompile)
	b, err := h.load(hash)
	if err != nil {
		return nil, ErrModuleUnknown.With("module", clip(hash)).Wrap(err)
	}
	if sum := sha256.Sum256(b); hex.EncodeToString(sum[:]) != hash {
		return nil, ErrHash.With("what", "module")
	}
	return h.compileModule(hash, b)
}

// contain turns a panic of the runtime into a fault: a module must not be able
// to end the program, whatever it finds.
func contain(err *error, f *fault.Fault) {
	if x := recover(); x != nil {
		*err = f.Wrap(fmt.Errorf("panic: %v", x))
	}
}

// shrink drops the images used longest ago until all fit; under h.mu. It answers
// those that nobody holds.
func (h *Host) shrink(keep *image) (dead []*image) {
	spare := h.held
	for e := h.recent.Back(); e != nil && spare > h.lim.ImageBytes; {
		img := e.Value.(*image)
		e = e.Prev()
		if img == keep || !img.built {
			continue
		}
		h.drop(img)
		h.evicted.Add(1)
		spare -= img.cost
		if img.root.leaving == img.root.users { // its last image
			spare -= img.root.cost
		}
		if img.users == 0 {
			dead = append(dead, img)
		}
	}
	return dead
}

// drop forgets an image; under h.mu.
func (h *Host) drop(img *image) {
	if img.doomed {
		return
	}
	img.doomed = true
	img.root.leaving++
	h.recent.Remove(img.place)
	delete(h.images, img.key)
	if transient(img.err) { // so that the next one loads again
		if h.roots[img.key.rootKey] == img.root {
			delete(h.roots, img.key.rootKey)
		}
		if h.modules[img.key.module] == img.root.from {
			delete(h.modules, img.key.module)
		}
	}
}

// free releases what a dropped image that nobody holds has, and with the last
// image its root and its module.
func (h *Host) free(img *image) {
	r := img.root
	h.mu.Lock()
	idle := img.idle
	img.idle = nil
	for _, in := range idle {
		h.unlink(in)
	}
	h.held -= img.cost
	r.users--
	r.leaving--
	lastImage, lastRoot := r.users == 0, false
	if lastImage {
		h.held -= r.cost
		if h.roots[r.key] == r {
			delete(h.roots, r.key)
		}
		r.from.users--
		if lastRoot = r.from.users == 0; lastRoot && h.modules[r.from.hash] == r.from {
			delete(h.modules, r.from.hash)
		}
	}
	h.mu.Unlock()
	for _, in := range idle {
		h.closeInstance(in)
	}
	if img.delta != nil {
		img.delta.close()
	}
	if lastImage && r.base != nil {
		r.base.close()
	}
	if lastRoot && r.from.mod != nil {
		_ = r.from.mod.Close(context.Background())
	}
}
