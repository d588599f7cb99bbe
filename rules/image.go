package rules

import (
	"container/list"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"

	"github.com/tetratelabs/wazero"

	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/promotion"
)

// compiled is one module, verified, instrumented and compiled; images share it.
type compiled struct {
	hash  string
	once  sync.Once
	mod   wazero.CompiledModule
	err   error
	users int // images, under Host.mu
}

// imageKey names what a call starts from.
type imageKey struct{ module, config string }

// image is a module with a configuration: the snapshot that every call starts
// from, and the idle instances that stand on it.
type image struct {
	key     imageKey
	from    *compiled
	ready   chan struct{} // closed once built
	err     error
	snap    snapshot
	globals []uint64
	cost    int64
	place   *list.Element // in Host.recent

	// Under Host.mu.
	idle   []*instance
	users  int // callers that hold it
	doomed bool
}

// failedCost is what the memory of a refusal is counted as.
const failedCost = 16 << 10

// acquire finds or builds the image; the caller releases it.
func (h *Host) acquire(ctx context.Context, ref promotion.PackRef) (*image, error) {
	key := imageKey{ref.ModuleHash, ref.ConfigHash}
	h.mu.Lock()
	if h.closed {
		h.mu.Unlock()
		return nil, ErrClosed
	}
	img := h.images[key]
	if img == nil {
		img = &image{key: key, ready: make(chan struct{})}
		img.place = h.recent.PushFront(img)
		h.images[key] = img
		img.from = h.modules[key.module]
		if img.from == nil {
			img.from = &compiled{hash: key.module}
			h.modules[key.module] = img.from
		}
		img.from.users++
		img.users++ // the builder's own
		config := append([]byte(nil), ref.Config...)
		h.builds.Go(func() { h.build(img, config) })
	} else {
		h.recent.MoveToFront(img.place)
	}
	img.users++
	h.mu.Unlock()
	select {
	case <-img.ready:
	case <-ctx.Done():
		h.release(img)
		return nil, ctx.Err()
	}
	if img.err != nil {
		h.release(img)
		return nil, img.err
	}
	return img, nil
}

// release lets go of an image; one that was dropped meanwhile is freed by its
// last user.
func (h *Host) release(img *image) {
	h.mu.Lock()
	img.users--
	free := img.doomed && img.users == 0
	h.mu.Unlock()
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
		img.cost = img.snap.bytes()
		img.idle = append(img.idle, first)
	}
	h.held += img.cost
	dead := h.shrink(img)
	h.mu.Unlock()
	for _, d := range dead {
		h.free(d)
	}
	close(img.ready)
	h.release(img)
}

// transient reports whether trying again may help: the file may come, the module
// will not change.
func transient(err error) bool { return errors.Is(err, ErrModuleUnknown) }

// first compiles, starts, configures and seals.
func (h *Host) first(img *image, config []byte) (in *instance, err error) {
	defer contain(&err, ErrCompile)
	if sum := sha256.Sum256(config); hex.EncodeToString(sum[:]) != img.key.config {
		return nil, ErrHash.With("what", "config")
	}
	img.from.once.Do(func() { img.from.mod, img.from.err = h.compile(img.from.hash) })
	if img.from.err != nil {
		return nil, img.from.err
	}
	if in, err = h.instantiate(img); err != nil {
		return nil, err
	}
	if err := in.start(config); err != nil {
		in.close()
		return nil, err
	}
	if img.snap, err = in.seal(); err != nil {
		in.close()
		return nil, ErrStart.Wrap(err)
	}
	img.globals = in.initial
	return in, nil
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
	out, _, err := instrument(b, h.lim)
	if err != nil {
		return nil, err
	}
	if cm, err = h.rt.CompileModule(context.Background(), out); err != nil {
		return nil, ErrCompile.Wrap(err)
	}
	return cm, nil
}

// contain turns a panic of the runtime into a fault: a module must not be able
// to end the program, whatever it finds.
func contain(err *error, f *fault.Fault) {
	if x := recover(); x != nil {
		*err = f.Wrap(fmt.Errorf("panic: %v", x))
	}
}

// instantiate makes an instance and starts its goroutine.
func (h *Host) instantiate(img *image) (*instance, error) {
	in, err := instantiate(h.rt, img.from.mod, &h.lim, h.newKeeper())
	if err != nil {
		return nil, ErrStart.Wrap(err)
	}
	h.serving.Go(in.serve)
	return in, nil
}

// take answers an idle instance of the image or makes one.
func (h *Host) take(img *image) (*instance, error) {
	h.mu.Lock()
	if n := len(img.idle); n > 0 {
		in := img.idle[n-1]
		img.idle = img.idle[:n-1]
		h.mu.Unlock()
		return in, nil
	}
	h.mu.Unlock()
	in, err := h.instantiate(img)
	if err != nil {
		return nil, err
	}
	if err := in.adopt(img.snap, img.globals); err != nil {
		in.close()
		return nil, ErrStart.Wrap(err)
	}
	return in, nil
}

// put gives a restored instance back, or closes it where enough are idle.
func (h *Host) put(img *image, in *instance) {
	h.mu.Lock()
	if !img.doomed && len(img.idle) < h.lim.Instances {
		img.idle = append(img.idle, in)
		in = nil
	}
	h.mu.Unlock()
	if in != nil {
		in.close()
	}
}

// shrink drops the images used longest ago until all fit; under h.mu. It answers
// those that nobody holds.
func (h *Host) shrink(keep *image) (dead []*image) {
	for e := h.recent.Back(); e != nil && h.held > h.lim.ImageBytes; {
		img := e.Value.(*image)
		e = e.Prev()
		if img == keep || img.cost == 0 { // cost 0: still being built
			continue
		}
		h.drop(img)
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
	h.recent.Remove(img.place)
	delete(h.images, img.key)
	if transient(img.err) {
		delete(h.modules, img.key.module) // so that the next one loads again
	}
}

// free releases what a dropped image that nobody holds has.
func (h *Host) free(img *image) {
	for _, in := range img.idle {
		in.close()
	}
	img.idle = nil
	if img.snap != nil {
		img.snap.close()
	}
	h.mu.Lock()
	h.held -= img.cost
	img.from.users--
	last := img.from.users == 0
	if last && h.modules[img.from.hash] == img.from {
		delete(h.modules, img.from.hash)
	}
	h.mu.Unlock()
	if last && img.from.mod != nil {
		_ = img.from.mod.Close(context.Background())
	}
}
