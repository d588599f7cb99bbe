package rules

import (
	"math/rand/v2"
	"slices"
)

// generator makes modules that are valid and random: what they do is of no use,
// but they do all that a module may. Everything ends: loops and functions count
// a global down and trap at zero.
type generator struct {
	r      *rand.Rand
	out    []byte
	labels []bool // of the open blocks, innermost last: whether a branch to it carries nothing
	funcs  []signature
}

// The generator's functions have two locals of each type behind their
// parameters; the ABI's functions have none.
const (
	genGlobals = 3 // i32, i64 and the counter
	genCounter = 2
)

var genTypes = []signature{{"", ""}, {"\x7f\x7e", "\x7f"}, {"\x7e", "\x7e"}, {"\x7f", ""}, {"\x7c", "\x7c"}}

// generate answers a module with the exports of the ABI; its sw_evaluate calls
// the random functions.
func generate(r *rand.Rand) []byte {
	g := &generator{r: r}
	n := 1 + r.IntN(6)
	for range n {
		g.funcs = append(g.funcs, genTypes[r.IntN(len(genTypes))])
	}
	var bodies, types, table [][]byte
	for i, f := range g.funcs {
		bodies = append(bodies, sized(g.body(f)))
		table = append(table, putU(nil, uint64(i)))
	}
	for _, t := range genTypes {
		types = append(types, cat([]byte{0x60}, sized([]byte(t.params)), sized([]byte(t.results))))
	}
	var funcs [][]byte
	for _, f := range g.funcs {
		funcs = append(funcs, []byte{byte(slices.Index(genTypes, f))})
	}
	w := &wrapper{
		types: types, funcs: funcs, bodies: bodies, called: len(bodies),
		sections: map[byte][]byte{
			secTable:   {1, typeFunc, 1, byte(n + 2), byte(n + 2)},
			secElement: vec(cat([]byte{0, opI32Const, 1, opEnd}, vec(table...))),
			secData:    vec(cat([]byte{0, opI32Const, 8, opEnd}, sized([]byte("some data")))),
			secMemory:  {1, 1, 1, 3},
		},
		globals: [][]byte{
			{typeI32, 1, opI32Const, 7, opEnd}, {typeI64, 1, opI64Const, 9, opEnd},
			cat([]byte{typeI32, 1}, i32c(300), []byte{opEnd}),
		},
	}
	if r.IntN(4) == 0 {
		i := slices.IndexFunc(g.funcs, func(s signature) bool { return s == genTypes[0] })
		if i >= 0 {
			w.sections[secStart] = putU(nil, uint64(i))
		}
	}
	return w.bytes(g.funcs)
}

func (g *generator) emit(b ...byte) { g.out = append(g.out, b...) }

func (g *generator) body(f signature) []byte {
	g.out = nil
	g.emit(4, 2, typeI32, 2, typeI64, 2, typeF64, 1, typeI32)
	g.count()
	for range 1 + g.r.IntN(6) {
		g.statement(f, 3)
	}
	if f.results != "" {
		g.value(f, f.results[0], 3)
	}
	g.emit(opEnd)
	return g.out
}

// count takes one from the counter.
func (g *generator) count() {
	g.emit(opGlobalGet, genCounter, 0x45, opIf, blockVoid, opUnreachable, opEnd)
	g.emit(opGlobalGet, genCounter, opI32Const, 1, 0x6b, opGlobalSet, genCounter)
}

// local picks a local of a type.
func (g *generator) local(f signature, t byte) byte {
	var fit []byte
	for i := range len(f.params) {
		if f.params[i] == t {
			fit = append(fit, byte(i))
		}
	}
	at := byte(len(f.params)) + map[byte]byte{typeI32: 0, typeI64: 2, typeF64: 4}[t]
	fit = append(fit, at, at+1)
	return fit[g.r.IntN(len(fit))]
}

var genValues = []byte{typeI32, typeI64, typeF64}

func (g *generator) any() byte { return genValues[g.r.IntN(3)] }

func (g *generator) constant(t byte) {
	v := []int64{0, 1, -1, 2, 7, 8, 63, 64, 255, 4096, 65535, 1 << 31, -1 << 31, g.r.Int64(), g.r.Int64N(100_000)}[g.r.IntN(15)]
	switch t {
	case typeI32:
		g.out = putS(append(g.out, opI32Const), int64(int32(v)))
	case typeI64:
		g.out = putS(append(g.out, opI64Const), v)
	default:
		g.out = append(g.out, i64const(v)...)
		g.emit(0xb9) // no constant that is not a number
	}
}

// address leaves an offset that lies in memory most of the time.
func (g *generator) address(f signature, d int) {
	g.value(f, typeI32, d)
	if g.r.IntN(8) > 0 {
		g.out = append(g.out, i32c(0xffff)...)
		g.emit(0x71)
	}
}

var (
	genBinary = map[byte][]byte{
		typeI32: {0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f, 0x70, 0x71, 0x72, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x46, 0x48, 0x4d},
		typeI64: {0x7c, 0x7d, 0x7e, 0x7f, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a},
		typeF64: {0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5},
	}
	genUnary = map[byte][]byte{typeI32: {0x67, 0x68, 0x69, 0x45, 0xc0, 0xc1}, typeI64: {0x79, 0x7a, 0x7b, 0xc2, 0xc3, 0xc4}, typeF64: {0x99, 0x9b, 0x9c, 0x9d, 0x9e, 0x9f}}
	genLoad  = map[byte][]byte{typeI32: {0x28, 0x2c, 0x2f}, typeI64: {0x29, 0x31, 0x34}, typeF64: {}}
	genStore = map[byte][]byte{typeI32: {0x36, 0x3a, 0x3b}, typeI64: {0x37, 0x3c, 0x3e}}
)

// value leaves a value of a type.
func (g *generator) value(f signature, t byte, d int) {
	if d <= 0 {
		if g.r.IntN(2) == 0 {
			g.constant(t)
		} else {
			g.emit(opLocalGet, g.local(f, t))
		}
		return
	}
	switch g.r.IntN(13) {
	case 0, 1, 2:
		g.value(f, t, d-1)
		g.value(f, t, d-1)
		g.emit(genBinary[t][g.r.IntN(len(genBinary[t]))])
	case 3:
		g.value(f, t, d-1)
		g.emit(genUnary[t][g.r.IntN(len(genUnary[t]))])
	case 4:
		if ops := genLoad[t]; len(ops) > 0 {
			g.address(f, d-1)
			g.emit(ops[g.r.IntN(len(ops))], 0, byte(g.r.IntN(100)))
			return
		}
		g.constant(t)
	case 5:
		g.value(f, typeI32, d-1)
		g.scope(opIf, t, func() {
			g.value(f, t, d-1)
			g.emit(opElse)
			g.value(f, t, d-1)
		})
	case 6:
		g.scope(opBlock, t, func() {
			g.statement(f, d-1)
			g.value(f, t, d-1)
		})
	case 7:
		g.value(f, t, d-1)
		g.value(f, t, d-1)
		g.value(f, typeI32, d-1)
		g.emit(0x1b)
	case 8:
		g.value(f, t, d-1)
		g.emit(opLocalTee, g.local(f, t))
	case 9:
		g.callFor(f, t, d)
	case 10:
		g.convert(f, t, d)
	case 11:
		g.special(f, t, d)
	default:
		g.value(f, t, 0)
	}
}

// convert leaves a value that was of another type.
func (g *generator) convert(f signature, t byte, d int) {
	from := g.any()
	g.value(f, from, d-1)
	switch {
	case from == t:
	case t == typeI32 && from == typeI64:
		g.emit(0xa7)
	case t == typeI64 && from == typeI32:
		g.emit(0xac + byte(g.r.IntN(2)))
	case t == typeF64 && from == typeI32:
		g.emit(0xb7)
	case t == typeF64:
		g.emit(0xb9)
	case t == typeI32 && g.r.IntN(3) == 0:
		g.emit(0xaa)
	case t == typeI32:
		g.emit(opPrefix, 2)
	default:
		g.emit(opPrefix, 6)
	}
}

// special leaves a global, or something about memory or the table.
func (g *generator) special(f signature, t byte, d int) {
	switch {
	case t == typeI32 && g.r.IntN(3) == 0:
		g.value(f, typeI32, d-1)
		g.out = append(g.out, i32c(3)...)
		g.emit(0x71, opMemoryGrow, 0)
	case t == typeI32 && g.r.IntN(3) == 0:
		g.emit(0x3f, 0)
	case t == typeI32 && g.r.IntN(3) == 0:
		g.emit(opRefFunc, byte(g.r.IntN(len(g.funcs))), 0xd1)
	case t == typeF64:
		g.constant(t)
	default:
		g.emit(opGlobalGet, map[byte]byte{typeI32: 0, typeI64: 1}[t])
	}
}

// callFor calls a function that answers a type, where there is one.
func (g *generator) callFor(f signature, t byte, d int) {
	i := g.r.IntN(len(g.funcs))
	s := g.funcs[i]
	if s.results != string(t) {
		g.value(f, t, d-1)
		return
	}
	g.invoke(f, i, d)
}

func (g *generator) invoke(f signature, i, d int) {
	s := g.funcs[i]
	for _, p := range []byte(s.params) {
		g.value(f, p, d-1)
	}
	if g.r.IntN(3) == 0 {
		g.out = append(g.out, i32c(int64(i+1+g.r.IntN(20)/19))...)
		g.emit(opCallInd, byte(slices.Index(genTypes, s)), 0)
		return
	}
	g.emit(opCall, byte(i))
}

// scope puts code into a block; branches to one with a value are not made.
func (g *generator) scope(op, t byte, code func()) {
	g.emit(op, t)
	g.labels = append(g.labels, t == blockVoid)
	code()
	g.labels = g.labels[:len(g.labels)-1]
	g.emit(opEnd)
}

// label finds how far out a block is that can be branched to.
func (g *generator) label() (byte, bool) {
	var fit []byte
	for i, plain := range g.labels {
		if plain {
			fit = append(fit, byte(len(g.labels)-1-i))
		}
	}
	if len(fit) == 0 {
		return 0, false
	}
	return fit[g.r.IntN(len(fit))], true
}

// statement leaves nothing.
func (g *generator) statement(f signature, d int) {
	if d <= 0 {
		g.emit(0x01)
		return
	}
	t := g.any()
	switch g.r.IntN(14) {
	case 0, 1:
		g.value(f, t, d)
		g.emit(opLocalSet, g.local(f, t))
	case 2, 3:
		if ops := genStore[t]; len(ops) > 0 {
			g.address(f, d-1)
			g.value(f, t, d)
			g.emit(ops[g.r.IntN(len(ops))], 0, byte(g.r.IntN(100)))
		}
	case 4:
		if t == typeF64 {
			t = typeI64
		}
		g.value(f, t, d)
		g.emit(opGlobalSet, map[byte]byte{typeI32: 0, typeI64: 1}[t])
	case 5, 6:
		g.value(f, typeI32, d-1)
		g.scope(opIf, blockVoid, func() {
			g.statement(f, d-1)
			if g.r.IntN(2) == 0 {
				g.emit(opElse)
				g.statement(f, d-1)
			}
		})
	case 7:
		g.scope(opBlock, blockVoid, func() {
			for range 1 + g.r.IntN(3) {
				g.statement(f, d-1)
			}
		})
	case 8, 9:
		g.scope(opLoop, blockVoid, func() {
			g.count()
			g.statement(f, d-1)
			g.value(f, typeI32, d-1)
			g.emit(opBrIf, 0)
			g.statement(f, d-1)
		})
	case 10:
		g.jump(f, d)
	case 11:
		i := g.r.IntN(len(g.funcs))
		g.invoke(f, i, d)
		if g.funcs[i].results != "" {
			g.emit(0x1a)
		}
	case 12: // bulk
		g.address(f, 0)
		g.address(f, 0)
		g.out = append(g.out, i32c(int64(g.r.IntN(200)))...)
		if g.r.IntN(2) == 0 {
			g.emit(opPrefix, 10, 0, 0)
		} else {
			g.emit(opPrefix, 11, 0)
		}
	default:
		g.value(f, t, d)
		g.emit(0x1a)
	}
}

// jump leaves the block or the function.
func (g *generator) jump(f signature, d int) {
	l, ok := g.label()
	switch {
	case ok && g.r.IntN(3) == 0:
		o, _ := g.label()
		g.value(f, typeI32, d-1)
		g.scope(opIf, blockVoid, func() {
			g.value(f, typeI32, d-1)
			g.emit(opBrTable, 2, l+1, o+1, l+1)
			g.statement(f, 1) // nothing reaches it
		})
	case ok:
		g.value(f, typeI32, d-1)
		g.emit(opBrIf, l)
	default:
		g.value(f, typeI32, d-1)
		g.scope(opIf, blockVoid, func() {
			if f.results != "" {
				g.value(f, f.results[0], d-1)
			}
			g.emit(opReturn)
		})
	}
}
