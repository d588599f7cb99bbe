package rules

// function rewrites one body. It cuts the code into straight segments: code that
// no branch enters or leaves but at its ends. Each segment's cost is taken at
// its head; fuel is compared with zero at function entries and loop heads only,
// so that a call can overdraw by at most one body's length.
type function struct {
	m   *module
	in  *scan
	sig signature

	out   []byte
	seg   []byte // the segment so far
	cost  int64  // of the segment
	entry bool   // the segment begins at the function's entry
	check bool   // the segment begins at a loop head
	spare uint64 // index of the local that the host adds
	used  bool   // whether it is needed
	parts int64  // basic blocks, those of the host's checks included
}

// blocksOf counts the basic blocks that an instruction begins, with those of the
// checks that come with it.
var blocksOf = [256]int64{opIf: 2, opElse: 1, opEnd: 1, opBr: 1, opBrIf: 1, opBrTable: 1, opReturn: 1, opUnreachable: 1, opLoop: 3, opMemoryGrow: 4, opPrefix: 2}

// rewrite answers the body with fuel and depth in it.
func (f *function) rewrite() []byte {
	groups, start := f.locals()
	f.entry = true
	for depth := 1; depth > 0; {
		at := f.in.p
		op := f.in.byte()
		f.before(op)
		f.immediates(op)
		f.cost++
		if op == opCall || op == opCallInd {
			f.global(&f.seg, f.depth(), -1) // compared at the entry of the function that is called
			f.seg = append(f.seg, f.in.b[at:f.in.p]...)
			f.global(&f.seg, f.depth(), 1)
			continue
		}
		f.seg = append(f.seg, f.in.b[at:f.in.p]...)
		f.parts += blocksOf[op]
		if depth > f.m.info.Nesting {
			if f.m.info.Nesting = depth; depth > f.m.lim.Nesting {
				refuse(ErrFunctionTooLarge.With("nesting", depth).With("limit", f.m.lim.Nesting))
			}
		}
		switch op {
		case opBlock:
			depth++ // nothing can branch to a block's start: the segment goes on
		case opLoop:
			depth++
			f.flush()
			f.check = true
		case opIf:
			depth++
			f.flush()
		case opEnd:
			depth--
			f.flush()
		case opElse, opBr, opBrIf, opBrTable, opReturn, opUnreachable:
			f.flush()
		case opMemoryGrow:
			f.afterGrow()
		}
	}
	f.in.end()
	// The compiler takes time by the square of a function's basic blocks: some two
	// seconds for all that is allowed.
	if f.m.work += f.parts * f.parts; f.m.work > f.m.lim.Work {
		refuse(ErrFunctionTooLarge.With("work", f.m.work).With("limit", f.m.lim.Work))
	}
	return f.assemble(groups, start)
}

// locals reads the declarations and finds the index of a further local.
func (f *function) locals() (groups uint32, start int) {
	groups = uint32(f.in.count())
	start = f.in.p
	n := uint64(len(f.sig.params))
	for i := uint32(0); i < groups; i++ {
		n += uint64(f.in.u32())
		valueType(f.in.byte())
		if n > 20_000 {
			refuse(ErrFunctionTooLarge.With("locals", n))
		}
	}
	f.spare = n
	return groups, start
}

// assemble puts the declarations before the code, with one more local where the
// body needs it.
func (f *function) assemble(groups uint32, start int) []byte {
	decl := f.in.b[start:f.declEnd(groups, start)]
	n := groups
	if f.used {
		n++
	}
	b := putU(make([]byte, 0, len(f.out)+len(decl)+8), uint64(n))
	b = append(b, decl...)
	if f.used {
		b = append(b, 1, typeI32)
	}
	return append(b, f.out...)
}

func (f *function) declEnd(groups uint32, start int) int {
	r := &scan{f.in.b, start}
	for ; groups > 0; groups-- {
		r.u32()
		r.byte()
	}
	return r.p
}

func (f *function) fuel() int  { return f.m.globals }
func (f *function) depth() int { return f.m.globals + 1 }
func (f *function) full() int  { return f.m.globals + 2 }

// global adds n to a global.
func (f *function) global(to *[]byte, index int, n int64) {
	b := putU(append(*to, opGlobalGet), uint64(index))
	b = putS(append(b, opI64Const), n)
	*to = putU(append(b, opI64Add, opGlobalSet), uint64(index))
}

// stop traps where a global is below zero.
func (f *function) stop(to *[]byte, index int) {
	b := putU(append(*to, opGlobalGet), uint64(index))
	*to = append(b, opI64Const, 0, opI64LtS, opIf, blockVoid, opUnreachable, opEnd)
}

func (f *function) flush() {
	if f.cost > 0 {
		f.global(&f.out, f.fuel(), -f.cost)
		switch {
		case f.entry:
			f.stopBoth()
		case f.check:
			f.stop(&f.out, f.fuel())
		}
	}
	f.out = append(f.out, f.seg...)
	f.seg, f.cost, f.check, f.entry = f.seg[:0], 0, false, false
}

// stopBoth traps where fuel or depth is below zero, with one branch: the sign of
// the two or'ed together.
func (f *function) stopBoth() {
	b := putU(append(f.out, opGlobalGet), uint64(f.fuel()))
	b = putU(append(b, opGlobalGet), uint64(f.depth()))
	f.out = append(b, opI64Or, opI64Const, 0, opI64LtS, opIf, blockVoid, opUnreachable, opEnd)
}

// before charges operations whose cost depends on their operand, which is on top
// of the stack: growth by pages, bulk memory operations by bytes.
func (f *function) before(op byte) {
	switch {
	case op == opMemoryGrow:
		f.charge(opI64Mul, fuelPerPage)
	case op == opPrefix:
		r := scan{f.in.b, f.in.p}
		if sub := r.u32(); sub == 8 || sub == 10 || sub == 11 {
			f.charge(opI64ShrU, 3)
		}
	}
}

func (f *function) charge(by byte, n int64) {
	f.used = true
	b := putU(append(f.seg, opLocalTee), f.spare)
	b = putU(append(b, opGlobalGet), uint64(f.fuel()))
	b = putU(append(b, opLocalGet), f.spare)
	b = putS(append(b, opI64ExtendU, opI64Const), n)
	f.seg = putU(append(b, by, opI64Sub, opGlobalSet), uint64(f.fuel()))
	f.stop(&f.seg, f.fuel())
}

// afterGrow remembers that memory could not grow: a trap that follows is then
// known for what it is.
func (f *function) afterGrow() {
	b := putU(append(f.seg, opLocalTee), f.spare)
	b = append(b, opI32Const, 0x7f, opI32Eq, opIf, blockVoid, opI32Const, 1)
	b = putU(append(b, opGlobalSet), uint64(f.full()))
	f.seg = putU(append(b, opEnd, opLocalGet), f.spare)
}

// immediates skips what follows an opcode and refuses what is not allowed:
// vectors, threads, exceptions, tail calls, garbage collection, writes to tables.
func (f *function) immediates(op byte) {
	r := f.in
	switch {
	case op == 0x00 || op == 0x01 || op == 0x05 || op == 0x0b || op == 0x0f || op == 0x1a || op == 0x1b || op == 0xd1:
	case op >= 0x02 && op <= 0x04: // block type: a signed index of 33 bits
		r.leb(5)
	case op == 0x0c || op == 0x0d || op == 0x10 || op >= 0x20 && op <= 0x25 || op == 0xd2:
		r.u32()
	case op == 0x0e:
		for n := r.count(); n > 0; n-- {
			r.u32()
		}
		r.u32()
	case op == 0x11:
		r.u32()
		r.u32()
	case op == 0x1c:
		for n := r.count(); n > 0; n-- {
			valueType(r.byte())
		}
	case op >= 0x28 && op <= 0x3e:
		if op == 0x2a || op == 0x2b || op == 0x38 || op == 0x39 {
			f.m.info.Floats++
		}
		if r.u32() > 16 { // alignment; a larger one would name another memory
			refuseOp(op)
		}
		r.u32()
	case op == 0x3f || op == 0x40:
		if r.byte() != 0 {
			refuseOp(op)
		}
	case op == 0xd0:
		valueType(r.byte())
	case op == 0x41:
		r.leb(5)
	case op == 0x42:
		r.leb(10)
	case op == 0x43:
		f.m.info.Floats++
		r.bytes(4)
	case op == 0x44:
		f.m.info.Floats++
		r.bytes(8)
	case op >= 0x45 && op <= 0xc4:
		if op >= 0x5b && op <= 0x66 || op >= 0x8b && op <= 0xa6 || op >= 0xa8 && op <= 0xab || op >= 0xae && op <= 0xbf {
			f.m.info.Floats++
		}
	case op == opPrefix:
		f.prefixed()
	default:
		refuseOp(op)
	}
}

func (f *function) prefixed() {
	switch sub := f.in.u32(); {
	case sub <= 7: // saturating conversions
		f.m.info.Floats++
	case sub == 8: // memory.init
		f.in.u32()
		f.in.byte()
	case sub == 10: // memory.copy
		f.in.byte()
		f.in.byte()
	case sub == 11: // memory.fill
		f.in.byte()
	case sub == 16: // table.size
		f.in.u32()
	default: // data.drop, elem.drop, table.init, table.copy, table.grow, table.fill
		refuse(ErrInstruction.With("opcode", "0xfc "+itoa(sub)))
	}
}

func refuseOp(op byte) { refuse(ErrInstruction.With("opcode", "0x"+hex2(op))) }

func hex2(b byte) string {
	const digits = "0123456789abcdef"
	return string([]byte{digits[b>>4], digits[b&15]})
}

func itoa(v uint32) string {
	if v > 255 {
		return "?"
	}
	return hex2(byte(v))
}
