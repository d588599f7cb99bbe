package rules

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/promotion"
)

// i32c is i32.const.
func i32c(v int64) []byte { return putS([]byte{opI32Const}, v) }

// spin repeats code, which leaves nothing on the stack, until the fuel is gone.
func spin(code ...[]byte) []byte {
	return cat([]byte{opLoop, blockVoid}, cat(code...), []byte{opBr, 0, opEnd, opUnreachable})
}

// locals of a spin: two of each type after the two parameters.
var spinLocals = []byte{4, 2, typeI32, 2, typeI64, 2, typeF64, 2, typeF32}

// dear are loops that do nothing but what takes long. Where the fuel of an
// instruction were less than its time, one of them would run on and on.
func dear() map[string]asm {
	get := func(i byte) []byte { return []byte{opLocalGet, i} }
	set := func(i byte) []byte { return []byte{opLocalSet, i} }
	times := func(n int, code ...[]byte) []byte { return bytes.Repeat(cat(code...), n) }
	two := func(op byte, l byte, c []byte) []byte { // l = l op c, twenty times
		return cat(get(l), times(20, c, []byte{op}), set(l))
	}
	f64c := append([]byte{0x44}, 0x9a, 0x99, 0x99, 0x99, 0x99, 0x99, 0xf1, 0x3f) // 1.1
	tiny := append([]byte{0x44}, 1, 0, 0, 0, 0, 0, 0, 0)                         // denormal
	f32c := append([]byte{0x43}, 0xcd, 0xcc, 0x8c, 0x3f)                         // 1.1
	big := cat([]byte{1, 1}, putU(nil, 500), putU(nil, 512))                     // memory of 500 pages
	walk := cat(get(2), i32c(1103515245), []byte{0x6c}, i32c(12345), []byte{0x6a, opLocalTee, 2}, i32c(0x1ffffc), []byte{0x71}, i32c(16-1), []byte{0x6c})
	out := map[string]asm{
		"add":              {evaluate: spin(two(0x7c, 4, i64const(3)))},
		"multiply":         {evaluate: spin(two(0x7e, 4, i64const(3)))},
		"divide i32":       {evaluate: spin(get(2), times(20, i32c(7), []byte{0x6d}, i32c(0x7ffffff), []byte{0x72}), set(2))},
		"divide i64":       {evaluate: spin(get(4), times(20, i64const(7), []byte{0x7f}, i64const(0x7fffffffffffff), []byte{0x84}), set(4))},
		"remainder i64":    {evaluate: spin(times(20, i64const(0x7fffffffffffff), get(4), i64const(1), []byte{0x84, 0x82}, set(4)))},
		"divide f64":       {evaluate: spin(two(0xa3, 6, f64c))},
		"divide f32":       {evaluate: spin(two(0x95, 8, f32c))},
		"multiply f64":     {evaluate: spin(two(0xa2, 6, f64c))},
		"denormal":         {locals: spinLocals, evaluate: cat(tiny, set(6), spin(two(0xa2, 6, f64c)))},
		"denormal sum":     {evaluate: cat(tiny, set(6), tiny, set(7), spin(get(6), times(20, get(7), []byte{0xa0}), tiny, []byte{0xa3, 0x9d}, tiny, []byte{0xa2}, set(6)))},
		"denormal f32":     {evaluate: cat([]byte{0x43, 1, 0, 0, 0}, set(8), spin(two(0x94, 8, f32c)))},
		"denormal divide":  {evaluate: cat(tiny, set(6), spin(two(0xa3, 6, f64c)))},
		"denormal root":    {evaluate: cat(tiny, set(6), spin(get(6), times(10, []byte{0x9f}, tiny, []byte{0xa2}), set(6)))},
		"denormal demote":  {evaluate: cat(tiny, set(6), spin(get(6), times(10, []byte{0xb6, 0xbb}, tiny, []byte{0xa0}), set(6)))},
		"root f64":         {evaluate: spin(get(6), times(20, []byte{0x9f}, f64c, []byte{0xa0}), set(6))},
		"floor f64":        {evaluate: spin(get(6), times(20, []byte{0x9c}, f64c, []byte{0xa0}), set(6))},
		"nearest f32":      {evaluate: spin(get(8), times(20, []byte{0x90}, f32c, []byte{0x92}), set(8))},
		"min f64":          {evaluate: spin(two(0xa4, 6, f64c))},
		"copysign":         {evaluate: spin(two(0xa6, 6, f64c))},
		"convert":          {evaluate: spin(get(4), times(20, []byte{0xb9, 0xb0}), set(4))},
		"convert unsigned": {evaluate: spin(get(4), times(20, []byte{0xba, 0xfc, 7}), set(4))},
		"count bits":       {evaluate: spin(get(4), times(20, []byte{0x7b}), set(4))},
		"leading zeros":    {evaluate: spin(get(4), times(20, []byte{0x79}), set(4))},
		"rotate":           {evaluate: spin(two(0x89, 4, i64const(7)))},
		"load":             {evaluate: spin(times(20, get(2), i32c(0xff8), []byte{0x71, 0x28, 0, 0, opLocalSet, 2}))},
		"load far":         {memory: big, evaluate: spin(times(20, walk, []byte{0x28, 0, 0}, get(3), []byte{0x6a}, set(3)))},
		"load in a chain":  {memory: big, evaluate: spin(times(20, walk, []byte{0x28, 0, 0}, get(2), []byte{0x72}, set(2)))},
		"store far":        {memory: big, evaluate: spin(times(20, walk, i32c(1), []byte{0x36, 0, 0}))},
		"store unaligned":  {memory: big, evaluate: spin(times(20, walk, i32c(1), []byte{0x36, 0, 61}))},
		"call":             {evaluate: spin(times(20, []byte{opCall, 4}))},
		"call that calls":  {evaluate: spin(times(20, []byte{opCall, 4})), extra: []byte{opCall, 0}},
		"call indirect":    {table: []byte{1, typeFunc, 0, 2}, sections: map[byte][]byte{secElement: {1, 0, opI32Const, 1, opEnd, 1, 4}}, evaluate: spin(times(20, i32c(1), []byte{opCallInd, 0, 0}))},
		"reference":        {evaluate: spin(times(20, []byte{opRefFunc, 4, 0x1a})), table: []byte{1, typeFunc, 0, 2}, sections: map[byte][]byte{secElement: {1, 0, opI32Const, 1, opEnd, 1, 4}}},
		"table get":        {evaluate: spin(times(20, i32c(0), []byte{0x25, 0, 0xd1}, set(2))), table: []byte{1, typeFunc, 0, 2}},
		"table size":       {evaluate: spin(times(20, []byte{opPrefix, 16, 0, 0x1a})), table: []byte{1, typeFunc, 0, 2}},
		"memory size":      {evaluate: spin(times(20, []byte{0x3f, 0, 0x1a}))},
		"grow by nothing":  {evaluate: spin(times(20, i32c(0), []byte{opMemoryGrow, 0, 0x1a}))},
		"fill nothing":     {evaluate: spin(times(20, i32c(0), i32c(0), i32c(0), []byte{opPrefix, 11, 0}))},
		"fill":             {memory: big, evaluate: spin(i32c(0), i32c(1), i32c(32_000_000), []byte{opPrefix, 11, 0})},
		"fill a little":    {evaluate: spin(times(20, i32c(0), i32c(1), i32c(7), []byte{opPrefix, 11, 0}))},
		"copy":             {memory: big, evaluate: spin(i32c(0), i32c(16_000_000), i32c(16_000_000), []byte{opPrefix, 10, 0, 0})},
		"copy pages":       {memory: big, evaluate: spin(times(20, walk, walk, i32c(4096), []byte{opPrefix, 10, 0, 0}))},
		"copy far":         {memory: big, evaluate: spin(times(20, walk, walk, i32c(8), []byte{opPrefix, 10, 0, 0}))},
		"copy over itself": {memory: big, evaluate: spin(i32c(1), i32c(0), i32c(32_000_000), []byte{opPrefix, 10, 0, 0})},
		"globals":          {globals: [][]byte{{typeI64, 1, opI64Const, 0, opEnd}}, evaluate: spin(times(20, []byte{opGlobalGet, 0}, i64const(1), []byte{0x7c, opGlobalSet, 0}))},
		"branch table":     {evaluate: spin(times(10, []byte{opBlock, blockVoid, opBlock, blockVoid, opBlock, blockVoid}, get(2), i32c(1), []byte{0x6a, opLocalTee, 2}, i32c(3), []byte{0x71, opBrTable, 2, 0, 1, 2, opEnd, opEnd, opEnd}))},
		"guess":            {evaluate: spin(times(20, get(2), i32c(1103515245), []byte{0x6c}, i32c(12345), []byte{0x6a, opLocalTee, 2}, i32c(16), []byte{0x76}, i32c(1), []byte{0x71, opIf, blockVoid}, get(3), i32c(1), []byte{0x6a}, set(3), []byte{opElse}, get(3), i32c(3), []byte{0x6c}, set(3), []byte{opEnd}))},
	}
	for name, a := range out {
		if a.evaluate == nil {
			a.evaluate = spin(two(0x7c, 4, i64const(3)))
		}
		a.locals = spinLocals
		out[name] = a
	}
	return out
}

// slowest is how long a runaway may take at most on a machine that has much else
// to do; on a quiet one it is 10 ms, and 50 where it does nothing but miss the
// processor's caches.
const slowest = 150 * time.Millisecond

// TestFuelIsTime: whatever a rule does, what its fuel buys takes about the same
// time: none of the loops runs on.
func TestFuelIsTime(t *testing.T) {
	s := shelf{}
	h := newHost(t, s, Limits{})
	in := basket(promotion.HookPrice, 2)
	for name, a := range dear() {
		ref := s.add(a.bytes(), "{}")
		best, fuel := time.Hour, int64(0)
		for n := 0; n < 4 || n < 30 && best > slowest; n++ {
			r, err := h.Evaluate(ctx, ref, in)
			if !errors.Is(err, ErrOutOfFuel) {
				t.Fatalf("%s: %v", name, err)
			}
			if n > 0 && r.Fuel != fuel {
				t.Errorf("%s: fuel %d, then %d", name, fuel, r.Fuel)
			}
			fuel = r.Fuel
			best = min(best, time.Duration(r.Nanos))
		}
		t.Logf("%-18s %6.2f ms", name, float64(best.Microseconds())/1000)
		if best > slowest {
			t.Errorf("%s: %v", name, best)
		}
	}
}

// exactly is a module that pays for each straight segment by itself.
func exactly(t *testing.T, b []byte) []byte {
	t.Helper()
	m, err := parseModule(b, Limits{}.withDefaults())
	if err != nil {
		t.Fatal(err)
	}
	m.ahead = 0
	return m.assemble(m.rewriteCode())
}

// TestFuelIsAnUpperBound: paying ahead never makes work cheaper, and seldom much
// dearer.
func TestFuelIsAnUpperBound(t *testing.T) {
	rt := newBareRuntime(t, false)
	var exact, paid int64
	for seed := range uint64(150) {
		m := generate(rand.New(rand.NewPCG(seed, 21)))
		code, _, err := instrument(m, Limits{}.withDefaults())
		if err != nil {
			t.Fatal(err)
		}
		var fuel [2]int64
		for i, c := range [][]byte{exactly(t, m), code} {
			in, err := rt.instance(c)
			if err != nil {
				break // traps at its start
			}
			in.fuel.Set(1 << 40)
			in.depth.Set(1 << 40)
			for n := range 6 {
				_, _ = in.call("sw_evaluate", 0, uint64(n))
			}
			fuel[i] = 1<<40 - int64(in.fuel.Get())
			in.close()
		}
		if fuel[1] < fuel[0] {
			t.Errorf("seed %d: %d, and %d segment by segment", seed, fuel[1], fuel[0])
		}
		exact, paid = exact+fuel[0], paid+fuel[1]
	}
	t.Logf("%d, %d segment by segment", paid, exact)
	if exact == 0 || paid > 2*exact {
		t.Errorf("%d, where the work is %d", paid, exact)
	}
}
