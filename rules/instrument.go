package rules

import "strconv"

// Names of the globals that the host adds and sets before each call.
const (
	globalFuel  = reserved + "fuel"  // left; below zero traps
	globalDepth = reserved + "depth" // calls left for the function that is entered; below zero traps
	globalFull  = reserved + "full"  // 1 after memory could not grow
	globalKept  = reserved + "g"     // + number: a mutable global of the module
)

const (
	fuelPerPage = 65536 / 8 // memory.grow
	bulkShift   = 2         // bulk operations cost one for four bytes
)

// instrument verifies a module and answers the rewritten one: it counts fuel,
// bounds the depth of calls and exports every mutable global, so that the host
// can restore them.
func instrument(b []byte, lim Limits) (out []byte, info Info, err error) {
	m, err := parseModule(b, lim)
	if err != nil {
		return nil, Info{}, err
	}
	defer guard(&err)
	return m.assemble(m.rewriteCode()), m.info, nil
}

// assemble puts the module together again around that code.
func (m *module) assemble(code []byte) []byte {
	out := append(make([]byte, 0, m.info.Bytes*3/2), magicWasm...)
	for _, id := range sectionOrder {
		body := m.sections[id]
		switch id {
		case secMemory:
			body = m.memorySection()
		case secGlobal:
			body = m.addGlobals()
		case secExport:
			body = m.addExports()
		case secCode:
			body = code
		default:
			if !m.present[id] {
				continue
			}
		}
		out = append(out, id)
		out = putU(out, uint64(len(body)))
		out = append(out, body...)
	}
	if names := m.nameSection(); names != nil {
		out = putU(append(out, secCustom), uint64(len(names)))
		out = append(out, names...)
	}
	return out
}

// memorySection states the host's limit as the maximum, or a lower one of the module's.
func (m *module) memorySection() []byte {
	return putU(putU([]byte{1, 1}, uint64(m.minPages)), uint64(m.maxPages))
}

// addGlobals appends the host's three. Their initial values bound what a start
// function may do before the host can set them.
func (m *module) addGlobals() []byte {
	old := m.sections[secGlobal]
	if m.present[secGlobal] {
		r := &scan{old, 0}
		r.u32()
		old = old[r.p:]
	}
	out := putU(nil, uint64(m.globals+3))
	out = append(out, old...)
	for _, v := range []int64{m.lim.InitFuel, m.lim.Depth} {
		out = putS(append(out, typeI64, 1, opI64Const), v)
		out = append(out, opEnd)
	}
	return append(out, typeI32, 1, opI32Const, 0, opEnd)
}

func (m *module) addExports() []byte {
	r := &scan{m.sections[secExport], 0}
	n := r.u32()
	out := putU(nil, uint64(n)+3+uint64(len(m.mutable)))
	out = append(out, r.b[r.p:]...)
	export := func(name string, global int) {
		out = putU(out, uint64(len(name)))
		out = append(out, name...)
		out = putU(append(out, 3), uint64(global))
	}
	export(globalFuel, m.globals)
	export(globalDepth, m.globals+1)
	export(globalFull, m.globals+2)
	for i, g := range m.mutable {
		export(globalKept+strconv.Itoa(i), g)
	}
	return out
}

func (m *module) rewriteCode() []byte {
	if !m.present[secCode] {
		malformed("no code")
	}
	r := &scan{m.sections[secCode], 0}
	n := r.count()
	if n != m.info.Functions {
		malformed("code and functions differ")
	}
	bodies := make([][]byte, n)
	for i := range bodies {
		bodies[i] = r.bytes(r.u32())
		if len(bodies[i]) > m.lim.FunctionBytes {
			refuse(ErrFunctionTooLarge.With("bytes", len(bodies[i])).With("limit", m.lim.FunctionBytes))
		}
		m.info.Largest = max(m.info.Largest, len(bodies[i]))
	}
	r.end()
	m.findLeaves(bodies)
	out := putU(make([]byte, 0, len(r.b)*3/2), uint64(n))
	for i, body := range bodies {
		f := &function{m: m, in: &scan{body, 0}, sig: m.typeAt(m.funcs[m.imported+i])}
		b := f.rewrite()
		out = putU(out, uint64(len(b)))
		if out = append(out, b...); len(out) > 3*m.lim.ModuleBytes { // calls grow fourfold
			refuse(ErrModuleTooLarge.With("bytes", len(out)).With("limit", 3*m.lim.ModuleBytes))
		}
	}
	return out
}

// findLeaves finds the functions that call none: what is called by them alone
// needs no depth.
func (m *module) findLeaves(bodies [][]byte) {
	m.leaves = make([]bool, len(m.funcs))
	for i := range m.imported { // the host's never call back
		m.leaves[i] = true
	}
	quiet := *m // what is counted here will be counted again
	for i, body := range bodies {
		f := &function{m: &quiet, in: &scan{body, 0}, sig: m.typeAt(m.funcs[m.imported+i])}
		f.locals()
		leaf := true
		for f.in.p < len(body) && leaf {
			op := f.in.byte()
			f.immediates(op)
			leaf = op != opCall && op != opCallInd
		}
		m.leaves[m.imported+i] = leaf
	}
}

func (m *module) leaf(i uint32) bool { return int64(i) < int64(len(m.leaves)) && m.leaves[i] }
