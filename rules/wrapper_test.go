package rules

import "bytes"

// wrapper puts a module together that has the exports of the ABI around
// functions from elsewhere. Its sw_evaluate(ptr, len) calls the function that len
// names, or each in turn where len is that of a message.
type wrapper struct {
	types, funcs, bodies, globals [][]byte
	called                        int // functions from the first on that are called
	sections                      map[byte][]byte
}

func (w *wrapper) bytes(sigs []signature) []byte {
	t := byte(len(w.types))
	n := uint64(len(w.bodies))
	types := append(w.types[:t:t], []byte{0x60, 0, 0}, []byte{0x60, 1, typeI32, 1, typeI32},
		[]byte{0x60, 2, typeI32, typeI32, 1, typeI32}, []byte{0x60, 2, typeI32, typeI32, 1, typeI64})
	var evaluate []byte
	for i := range w.called {
		evaluate = cat(evaluate, []byte{opLocalGet, 1}, i32c(int64(i)), []byte{opI32Eq, opLocalGet, 1}, i32c(130), []byte{0x4a, 0x72, opIf, blockVoid})
		for k, p := range []byte(sigs[i].params) {
			evaluate = cat(evaluate, someValue(p, i+k))
		}
		evaluate = cat(evaluate, []byte{opCall}, putU(nil, uint64(i)), bytes.Repeat([]byte{0x1a}, len(sigs[i].results)), []byte{opEnd})
	}
	bodies := append(w.bodies[:n:n],
		sized([]byte{0, opEnd}), sized(cat([]byte{0}, i32c(1024), []byte{opEnd})), sized([]byte{0, opI32Const, 0, opEnd}),
		sized(cat([]byte{0}, evaluate, i64const(0), []byte{opEnd})))
	funcs := append(w.funcs[:n:n], []byte{t}, []byte{t + 1}, []byte{t + 2}, []byte{t + 3})
	export := func(name string, kind byte, i uint64) []byte { return cat(str(name), []byte{kind}, putU(nil, i)) }
	secs := map[byte][]byte{
		secType: vec(types...), secFunction: vec(funcs...), secCode: vec(bodies...),
		secExport: vec(export("memory", 2, 0), export("sw_abi_1", 0, n), export("sw_alloc", 0, n+1), export("sw_configure", 0, n+2), export("sw_evaluate", 0, n+3)),
	}
	if len(w.globals) > 0 {
		secs[secGlobal] = vec(w.globals...)
	}
	for id, b := range w.sections {
		secs[id] = b
	}
	out := []byte(magicWasm)
	for _, id := range sectionOrder {
		if b, ok := secs[id]; ok {
			out = append(append(out, id), sized(b)...)
		}
	}
	return out
}

// someValue is a constant of a type.
func someValue(t byte, i int) []byte {
	switch t {
	case typeI32:
		return i32c([]int64{0, 1, -1, 77, 4096, 1 << 30}[i%6])
	case typeI64:
		return i64const([]int64{0, -1, 1 << 40, 5, 1 << 62}[i%5])
	case typeF32:
		return []byte{0x43, 0, 0, byte(i), 0x40}
	case typeF64:
		return []byte{0x44, 0, 0, 0, 0, 0, 0, byte(i), 0x40}
	default:
		return []byte{0xd0, t}
	}
}

// wrap gives a module of any kind the exports of the ABI: what it imports becomes
// its own at the same index, and its exported functions are what is called.
func wrap(b []byte) (out []byte, err error) {
	m := &module{lim: Limits{}.withDefaults()}
	defer guard(&err)
	if len(b) < 8 || string(b[:8]) != magicWasm {
		malformed("magic")
	}
	m.split(b)
	m.readTypes()
	w := &wrapper{sections: map[byte][]byte{}}
	w.types = raw(m.sections[secType], func(r *scan) { r.byte(); r.bytes(r.u32()); r.bytes(r.u32()) })
	var tables, memories [][]byte
	limits := func(r *scan) {
		if r.byte() == 1 {
			r.u32()
		}
		r.u32()
	}
	if r := (&scan{m.sections[secImport], 0}); m.present[secImport] {
		for n := r.count(); n > 0; n-- {
			r.name()
			r.name()
			switch kind, at := r.byte(), r.p; kind {
			case 0:
				t := r.u32()
				w.funcs = append(w.funcs, putU(nil, uint64(t)))
				stub := []byte{0}
				for _, p := range []byte(m.typeAt(t).results) {
					stub = cat(stub, someValue(p, 0))
				}
				w.bodies = append(w.bodies, sized(append(stub, opEnd)))
			case 1:
				r.byte()
				limits(r)
				tables = append(tables, r.b[at:r.p])
			case 2:
				limits(r)
				memories = append(memories, r.b[at:r.p])
			default:
				t := r.byte()
				r.byte()
				w.globals = append(w.globals, cat(r.b[at:r.p], someValue(t, 0), []byte{opEnd}))
			}
		}
	}
	f := &function{m: m}
	w.funcs = append(w.funcs, raw(m.sections[secFunction], func(r *scan) { r.u32() })...)
	w.bodies = append(w.bodies, raw(m.sections[secCode], func(r *scan) { r.bytes(r.u32()) })...)
	w.globals = append(w.globals, raw(m.sections[secGlobal], func(r *scan) {
		r.byte()
		r.byte()
		f.in = r
		m.constant(r)
	})...)
	if tables = append(tables, raw(m.sections[secTable], func(r *scan) { r.byte(); limits(r) })...); len(tables) > 0 {
		w.sections[secTable] = vec(tables...)
	}
	if memories = append(memories, raw(m.sections[secMemory], limits)...); len(memories) == 0 {
		memories = [][]byte{{0, 1}}
	}
	w.sections[secMemory] = vec(memories...)
	for _, id := range []byte{secStart, secElement, secDataCount, secData} {
		if m.present[id] {
			w.sections[id] = m.sections[id]
		}
	}
	w.called = min(len(w.funcs), 100)
	var sigs []signature
	for _, f := range w.funcs {
		sigs = append(sigs, m.typeAt((&scan{f, 0}).u32()))
	}
	return w.bytes(sigs), nil
}

// raw cuts a vector into its items.
func raw(b []byte, item func(*scan)) (out [][]byte) {
	if len(b) == 0 {
		return nil
	}
	r := &scan{b, 0}
	for n := r.count(); n > 0; n-- {
		at := r.p
		item(r)
		out = append(out, b[at:r.p])
	}
	return out
}
