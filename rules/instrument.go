package rules

import "strconv"

// Names of the globals that the host adds and sets before each call.
const (
	globalFuel  = reserved + "fuel"  // left; below zero traps
	globalDepth = reserved + "depth" // calls left; below zero traps
	globalFull  = reserved + "full"  // 1 after memory could not grow
	globalKept  = reserved + "g"     // + number: a mutable global of the module
)

// Opcodes that the rewriting looks at.
const (
	opUnreachable = 0x00
	opBlock       = 0x02
	opLoop        = 0x03
	opIf          = 0x04
	opElse        = 0x05
	opEnd         = 0x0b
	opBr          = 0x0c
	opBrIf        = 0x0d
	opBrTable     = 0x0e
	opReturn      = 0x0f
	opCall        = 0x10
	opCallInd     = 0x11
	opLocalGet    = 0x20
	opLocalTee    = 0x22
	opGlobalGet   = 0x23
	opGlobalSet   = 0x24
	opMemoryGrow  = 0x40
	opI32Const    = 0x41
	opI64Const    = 0x42
	opI32Eq       = 0x46
	opI64LtS      = 0x53
	opI64Add      = 0x7c
	opI64Sub      = 0x7d
	opI64Mul      = 0x7e
	opI64Or       = 0x84
	opI64ShrU     = 0x88
	opI64ExtendU  = 0xad
	opPrefix      = 0xfc
	blockVoid     = 0x40

	fuelPerPage = 65536 / 8 // memory.grow; bulk operations cost one for eight bytes
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
	code := m.rewriteCode()
	out = append(make([]byte, 0, len(b)*3/2), magicWasm...)
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
	return out, m.info, nil
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
	out := putU(make([]byte, 0, len(r.b)*3/2), uint64(n))
	for i := 0; i < n; i++ {
		body := r.bytes(r.u32())
		if len(body) > m.lim.FunctionBytes {
			refuse(ErrFunctionTooLarge.With("bytes", len(body)).With("limit", m.lim.FunctionBytes))
		}
		m.info.Largest = max(m.info.Largest, len(body))
		f := &function{m: m, in: &scan{body, 0}, sig: m.typeAt(m.funcs[m.imported+i])}
		b := f.rewrite()
		out = putU(out, uint64(len(b)))
		if out = append(out, b...); len(out) > 3*m.lim.ModuleBytes { // calls grow tenfold
			refuse(ErrModuleTooLarge.With("bytes", len(out)).With("limit", 3*m.lim.ModuleBytes))
		}
	}
	r.end()
	return out
}
