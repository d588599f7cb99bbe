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

// instance is one instantiated module. Its own goroutine runs the calls, so that
// a caller can walk away from a call that the watchdog gave up on.
type instance struct {
	lim     *Limits
	mod     api.Module
	keep    keeper
	ctx     context.Context // carries guest
	guest   guest
	alloc   api.Function
	eval    api.Function
	text    api.Function // sw_error; nil where the module has none
	fuel    api.MutableGlobal
	depth   api.MutableGlobal
	full    api.MutableGlobal
	kept    []api.MutableGlobal // the module's own mutable globals
	initial []uint64            // their values in the snapshot
	pages   uint32              // of the snapshot
	stack   [2]uint64
	timer   *time.Timer
	jobs    chan []byte
	done    chan result
}

// result is one call as the instance's goroutine saw it.
type result struct {
	output []byte // a copy
	fuel   int64
	nanos  int64
	reuse  bool // restored: fit for another call
	err    error
}

// instantiate makes an instance whose memory is still the module's own.
func instantiate(rt wazero.Runtime, cm wazero.CompiledModule, lim *Limits, keep keeper) (*instance, error) {
	in := &instance{lim: lim, keep: keep, jobs: make(chan []byte), done: make(chan result, 1)}
	in.guest.reset(initCalls)
	in.ctx = context.WithValue(context.Background(), guestKey{}, &in.guest)
	mod, err := rt.InstantiateModule(keep.context(in.ctx), cm, wazero.NewModuleConfig().WithName("").WithStartFunctions())
	if err != nil {
		return nil, err
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
	in.timer = time.NewTimer(lim.Wall)
	in.timer.Stop()
	return in, nil
}

// start runs _initialize and sw_configure.
func (in *instance) start(config []byte) error {
	if f := in.mod.ExportedFunction("_initialize"); f != nil {
		if _, err := f.Call(in.ctx); err != nil {
			return in.classify(err, ErrStart)
		}
	}
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

// seal makes the snapshot of the instance as it stands.
func (in *instance) seal() (snapshot, error) {
	for _, g := range in.kept {
		in.initial = append(in.initial, g.Get())
	}
	s, err := in.keep.seal(in.mod.Memory())
	if err == nil {
		in.pages = s.pages()
	}
	return s, err
}

// adopt makes a fresh instance equal to the one that the snapshot was taken of.
func (in *instance) adopt(s snapshot, initial []uint64) error {
	in.initial, in.pages = initial, s.pages()
	if err := in.keep.attach(in.mod.Memory(), s); err != nil {
		return err
	}
	for i, g := range in.kept {
		g.Set(initial[i])
	}
	return nil
}

// serve runs calls until jobs is closed, then frees the instance.
func (in *instance) serve() {
	for msg := range in.jobs {
		in.done <- in.run(msg)
	}
	_ = in.mod.Close(context.Background())
}

// call runs one evaluation; after a time-out the instance must not be used again.
func (in *instance) call(msg []byte) (result, bool) {
	in.timer.Reset(in.lim.Wall)
	in.jobs <- msg
	select {
	case r := <-in.done:
		in.timer.Stop()
		return r, true
	case <-in.timer.C:
		return result{err: ErrTooSlow}, false
	}
}

// close frees the instance once its present call has ended.
func (in *instance) close() { close(in.jobs) }

func (in *instance) run(msg []byte) (r result) {
	begin := time.Now()
	defer contain(&r.err, ErrTrapped) // before reuse is set: not fit for another call
	in.guest.reset(evalCalls)
	in.fuel.Set(uint64(in.lim.Fuel))
	in.depth.Set(uint64(in.lim.Depth))
	in.full.Set(0)
	var view []byte
	if view, r.err = in.evaluate(msg); r.err == nil {
		r.output = append(make([]byte, 0, len(view)), view...)
	}
	r.fuel = in.lim.Fuel - max(int64(in.fuel.Get()), 0)
	ended := r.err == nil || errors.Is(r.err, ErrNoAnswer) || errors.Is(r.err, ErrOutputSize) || errors.Is(r.err, ErrBadOutput)
	r.reuse = ended && in.restore()
	r.nanos = time.Since(begin).Nanoseconds()
	return r
}

// restore brings memory and globals back; false where the memory grew.
func (in *instance) restore() bool {
	mem := in.mod.Memory()
	if mem.Size() != in.pages*wasmPage || in.keep.restore(mem) != nil {
		return false
	}
	for i, g := range in.kept {
		g.Set(in.initial[i])
	}
	return true
}

// evaluate answers a view of the output in the guest's memory.
func (in *instance) evaluate(msg []byte) ([]byte, error) {
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
	if int64(n) > int64(in.lim.OutputBytes) {
		return nil, ErrOutputSize.With("bytes", n).With("limit", in.lim.OutputBytes)
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
