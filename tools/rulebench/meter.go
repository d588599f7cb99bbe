package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"

	"github.com/shopwright/shopwright/examples/rules/basket"
	"github.com/shopwright/shopwright/rules"
)

// bare is an instance without a host: no pool, no restore, so that nothing but the
// module's own code is measured. What a call leaves behind is put back outside of
// the time that is taken.
type bare struct {
	mod     api.Module
	eval    api.Function
	alloc   api.Function
	fuel    api.MutableGlobal
	depth   api.MutableGlobal
	globals []api.MutableGlobal
	initial []uint64
	memory  []byte
	took    []float64
}

// overhead is the median of evaluations of a module as it came and metered, in turn.
func overhead(ctx context.Context, module, msg []byte, rounds int) (plain, metered float64, err error) {
	code, same, err := rules.Metered(module)
	if err != nil {
		return 0, 0, err
	}
	rt := wazero.NewRuntime(ctx)
	defer func() { _ = rt.Close(ctx) }()
	if _, err := wasi_snapshot_preview1.Instantiate(ctx, rt); err != nil {
		return 0, 0, err
	}
	var both [2]*bare
	for i, b := range [][]byte{same, code} {
		if both[i], err = start(ctx, rt, b); err != nil {
			return 0, 0, err
		}
	}
	for range max(200, 40*rounds) {
		for _, b := range both {
			if err := b.call(ctx, msg); err != nil {
				return 0, 0, err
			}
		}
	}
	return median(both[0].took), median(both[1].took), nil
}

func start(ctx context.Context, rt wazero.Runtime, module []byte) (*bare, error) {
	mod, err := rt.InstantiateWithConfig(ctx, module, wazero.NewModuleConfig().WithName("").WithStartFunctions("_initialize"))
	if err != nil {
		return nil, err
	}
	b := &bare{mod: mod, eval: mod.ExportedFunction("sw_evaluate"), alloc: mod.ExportedFunction("sw_alloc")}
	b.fuel, _ = mod.ExportedGlobal("__sw_fuel").(api.MutableGlobal)
	b.depth, _ = mod.ExportedGlobal("__sw_depth").(api.MutableGlobal)
	p, err := b.alloc.Call(ctx, uint64(len(basket.Config)))
	if err != nil {
		return nil, err
	}
	mod.Memory().Write(uint32(p[0]), basket.Config)
	if r, err := mod.ExportedFunction("sw_configure").Call(ctx, p[0], uint64(len(basket.Config))); err != nil || r[0] != 0 {
		return nil, errors.Join(err, errors.New("refused"))
	}
	for i := 0; ; i++ {
		g, ok := mod.ExportedGlobal(fmt.Sprintf("__sw_g%d", i)).(api.MutableGlobal)
		if !ok {
			break
		}
		b.globals, b.initial = append(b.globals, g), append(b.initial, g.Get())
	}
	all, _ := mod.Memory().Read(0, mod.Memory().Size())
	b.memory = append(b.memory, all...)
	return b, nil
}

func (b *bare) call(ctx context.Context, msg []byte) error {
	b.fuel.Set(1 << 40)
	b.depth.Set(1000)
	p, err := b.alloc.Call(ctx, uint64(len(msg)))
	if err != nil {
		return err
	}
	b.mod.Memory().Write(uint32(p[0]), msg)
	var stack [2]uint64
	stack[0], stack[1] = p[0], uint64(len(msg))
	begin := time.Now()
	err = b.eval.CallWithStack(ctx, stack[:])
	b.took = append(b.took, float64(time.Since(begin).Nanoseconds()))
	if err != nil || stack[0] == 0 {
		return errors.Join(err, errors.New("no answer"))
	}
	b.mod.Memory().Write(0, b.memory)
	for i, g := range b.globals {
		g.Set(b.initial[i])
	}
	return nil
}
