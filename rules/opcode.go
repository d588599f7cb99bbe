package rules

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
	opLocalSet    = 0x21
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
	opRefFunc     = 0xd2
	opPrefix      = 0xfc
	blockVoid     = 0x40
)

// weights is what an instruction costs in fuel where it is not one: dear ones
// cost so much that no mix of them takes much longer than simple ones of the
// same fuel.
var weights = [256]int64{
	opCall: 4, opCallInd: 8, opMemoryGrow: 500, opRefFunc: 300,
	0x6d: 8, 0x6e: 8, 0x6f: 8, 0x70: 8, // i32 division
	0x7f: 12, 0x80: 12, 0x81: 12, 0x82: 12, // i64 division
	0x91: 8, 0x9f: 8, 0x94: 25, 0xa2: 25, 0x95: 40, 0xa3: 40, // roots; products and quotients, slow for the smallest numbers
	0x8d: 3, 0x8e: 3, 0x8f: 3, 0x90: 3, 0x9b: 3, 0x9c: 3, 0x9d: 3, 0x9e: 3, // rounding of floats
	0x67: 2, 0x68: 2, 0x69: 2, 0x79: 2, 0x7a: 2, 0x7b: 2, // counting bits
}

func init() {
	for _, r := range [][2]int{{0xa8, 0xab}, {0xae, 0xbf}} { // between integers and floats
		for op := r[0]; op <= r[1]; op++ {
			weights[op] = 3
		}
	}
}

func (f *function) weight(op byte, code []byte) int64 {
	if op == opPrefix {
		r := scan{code, 1}
		switch sub := r.u32(); {
		case sub <= 7:
			return 5
		case sub == 8 || sub == 10 || sub == 11: // bulk, besides its bytes
			return 30
		}
	}
	return max(weights[op], 1)
}

// immediates skips what follows an opcode and refuses what is not allowed:
// vectors, threads, exceptions, tail calls, garbage collection, writes to tables.
func (f *function) immediates(op byte) {
	r := f.in
	switch {
	case op == 0x00 || op == 0x01 || op == 0x05 || op == 0x0b || op == 0x0f || op == 0x1a || op == 0x1b || op == 0xd1:
	case op >= 0x02 && op <= 0x04:
		f.blockType()
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
			f.m.valueType(r.byte())
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
		f.m.valueType(r.byte())
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

// blockType reads nothing, a value's type, or the index of a function type.
func (f *function) blockType() {
	at := f.in.p
	switch b := f.in.byte(); {
	case b == blockVoid:
	case b&0xc0 == 0x40: // a negative number of one byte
		f.m.valueType(b)
	default:
		f.in.p = at
		f.m.typeAt(f.in.u32())
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
