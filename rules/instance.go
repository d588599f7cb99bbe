package rules

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/shopwright/shopwright/core/fault"
)

// instance is one instantiated module. A call runs on its caller's goroutine.
type instance struct {
	lim     *Limits
	img     *image // nil until it has one
	mod     api.Module
	keep    keeper
	ctx     context.Context // carries guest
	guest   guest
	dog     *watchdog // of the present call, nil before the first
	alloc   api.Function
	eval    api.Function
	text    api.Function // sw_error; nil where the module has none
	fuel    api.MutableGlobal
	depth   api.MutableGlobal
	full    api.MutableGlobal
	kept    []api.MutableGlobal // the module's own mutable globals
	initial []uint64            // their values in the image
	size    uint32              // of the memory in the image
	stack   [2]uint64

	newer, older *instance // in Host.idle, under Host.mu
}

// bounds of one call: the host's limits, lowered by the pack's.
type bounds struct {
	fuel, depth int64
	output      int
	wall        time.Duration
}

// result is what a call cost and how it ended.
type result struct {
	output []byte // appended to what the caller gave
	fuel   int64
	nanos  int64
	reuse  bool // restored: fit for another call
	err    error
}

// instantiate makes an instance whose memory is still the module's own. limit is
// in pages of 64 KiB.
func instantiate(rt wazero.Runtime, cm wazero.CompiledModule, lim *Limits, keep keeper, limit uint32) (in *instance, err error) {
	defer contain(&err, ErrStart) // the runtime panics where memory cannot be reserved
	if m := cm.ExportedMemories()["memory"]; m != nil && m.Min() > limit {
		return nil, ErrOutOfMemory.With("pages", m.Min()).With("limit", limit)
	}
	in = &instance{lim: lim, keep: keep}
	in.guest.reset(initCalls)
	in.ctx = context.WithValue(context.Background(), guestKey{}, &in.guest)
	mod, err := rt.InstantiateModule(keep.context(in.ctx, limit), cm, wazero.NewModuleConfig().WithName("").WithStartFunctions())
	if err != nil {
		return nil, ErrStart.Wrap(err)
	}
	in.mod = mod
	in.alloc, in.eval, in.text = mod.ExportedFunction("sw_alloc"), mod.ExportedFunction("sw_evaluate"), mod.ExportedFunction("sw_error")
	global := func(name string) api.MutableGlobal {
		g, _ := mod.ExportedGlobal(name).(api.MutableGlobal)
		return g
	}
	in.fuel, in.depth, in.full = global(globalFuel), global(globalDepth), global(globalFull)
	for i := 0; ; i++ {
		g := global(globalKept + strconv.Itoa(i))
		if g == nil {
			break
		}
		in.kept = append(in.kept, g)
	}
	return in, nil
}

// initialise runs _initialize.
func (in *instance) initialise() error {
	if f := in.mod.ExportedFunction("_initialize"); f != nil {
		if _, err := f.Call(in.ctx); err != nil {
			return in.classify(err, ErrStart)
		}
	}
	return nil
}

// configure runs sw_configure.
func (in *instance) configure(config []byte) error {
	p, err := in.place(config)
	if err != nil {
		return err
	}
	in.stack[0], in.stack[1] = uint64(p), uint64(len(config))
	if err := in.mod.ExportedFunction("sw_configure").CallWithStack(in.ctx, in.stack[:]); err != nil {
		return in.classify(err, ErrConfig)
	}
	if uint32(in.stack[0]) != 0 {
		return ErrConfig.Wrap(in.why())
	}
	return nil
}

// globals are the values of the module's own mutable globals.
func (in *instance) globals() []uint64 {
	vs := make([]uint64, 0, len(in.kept))
	for _, g := range in.kept {
		vs = append(vs, g.Get())
	}
	return vs
}

// adopt makes the instance equal to the one that base and delta were taken of.
func (in *instance) adopt(b base, d *delta, globals []uint64) error {
	in.initial, in.size = globals, uint32(d.size)
	if err := in.keep.attach(in.mod.Memory(), b, d); err != nil {
		return err
	}
	for i, g := range in.kept {
		g.Set(globals[i])
	}
	return nil
}

// close frees the instance; no call may run.
func (in *instance) close() { _ = in.mod.Close(context.Background()) }

// run is one call and the restore after it. The output is appended to dst.
func (in *instance) run(ctx context.Context, dog *watchdog, b *bounds, msg, dst []byte) (r result) {
	begin := time.Now()
	defer contain(&r.err, ErrTrapped) // before reuse is set: not fit for another call
	in.keep.begin()
	defer in.keep.end()
	in.guest.reset(evalCalls)
	in.fuel.Set(uint64(b.fuel))
	in.depth.Set(uint64(b.depth))
	in.full.Set(0)
	r.output = dst
	in.dog = dog
	dog.watch(ctx, in, begin, b.wall)
	view, err := in.evaluate(msg, b.output)
	if cut := dog.rest(); cut != nil {
		r.fuel, r.err = b.fuel, cut // whatever the module answered: the next time it might
		r.nanos = time.Since(begin).Nanoseconds()
		return r
	}
	left := int64(in.fuel.Get())
	r.fuel = b.fuel - max(left, 0)
	if r.err = err; err == nil && left < 0 { // overdrawn behind the last check
		r.err = ErrOutOfFuel
	}
	if r.err == nil {
		r.output = append(dst, view...)
	}
	ended := r.err == nil || errors.Is(r.err, ErrNoAnswer) || errors.Is(r.err, ErrOutputSize) || errors.Is(r.err, ErrBadOutput)
	r.reuse = ended && in.restore()
	r.nanos = time.Since(begin).Nanoseconds()
	return r
}

// restore brings memory and globals back; false where the memory grew.
func (in *instance) restore() bool {
	mem := in.mod.Memory()
	if mem.Size() != in.size || in.keep.restore(mem) != nil {
		return false
	}
	for i, g := range in.kept {
		g.Set(in.initial[i])
	}
	return true
}

// evaluate answers a view of the output in the guest's memory.
func (in *instance) evaluate(msg []byte, most int) ([]byte, error) {
	p, err := in.place(msg)
	if err != nil {
		return nil, err
	}
	in.stack[0], in.stack[1] = uint64(p), uint64(len(msg))
	if err := in.eval.CallWithStack(in.ctx, in.stack[:]); err != nil {
		return nil, in.classify(err, ErrTrapped)
	}
	at, n := uint32(in.stack[0]>>32), uint32(in.stack[0])
	if in.stack[0] == 0 {
		return nil, ErrNoAnswer.Wrap(in.why())
	}
	if int64(n) > int64(most) {
		return nil, ErrOutputSize.With("bytes", n).With("limit", most)
	}
	b, ok := in.mod.Memory().Read(at, n)
	if !ok {
		return nil, ErrBadOutput.With("what", "pointer")
	}
	return b, nil
}

// place copies a message to where the guest wants it.
func (in *instance) place(msg []byte) (uint32, error) {
	in.stack[0] = uint64(len(msg))
	if err := in.alloc.CallWithStack(in.ctx, in.stack[:]); err != nil {
		return 0, in.classify(err, ErrTrapped)
	}
	p := uint32(in.stack[0])
	if !in.mod.Memory().Write(p, msg) {
		return 0, ErrTrapped.With("what", "sw_alloc")
	}
	return p, nil
}

// classify says why a call ended: the host's globals tell a limit from a mistake.
func (in *instance) classify(cause error, other *fault.Fault) error {
	if in.dog != nil {
		if cut := in.dog.rest(); cut != nil {
			return cut
		}
	}
	if len(in.guest.stderr) > 0 {
		cause = errors.Join(cause, errors.New(clip(string(in.guest.stderr))))
	}
	switch {
	case int64(in.fuel.Get()) < 0, errors.Is(cause, errHostCalls):
		other = ErrOutOfFuel
	case int64(in.depth.Get()) < 0:
		other = ErrTooDeep
	case in.full.Get() != 0:
		other = ErrOutOfMemory
	}
	return other.Wrap(cause)
}

// why reads sw_error: the author's own words about a refusal, for the log.
func (in *instance) why() error {
	if in.text == nil {
		return nil
	}
	in.stack[0] = 0
	if err := in.text.CallWithStack(in.ctx, in.stack[:]); err != nil {
		return err
	}
	b, ok := in.mod.Memory().Read(uint32(in.stack[0]>>32), min(uint32(in.stack[0]), 200))
	if !ok || len(b) == 0 {
		return nil
	}
	return errors.New(clip(string(b)))
}
