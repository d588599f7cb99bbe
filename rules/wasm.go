package rules

import "github.com/shopwright/shopwright/core/fault"

// Section numbers of the binary format.
const (
	secCustom    = 0
	secType      = 1
	secImport    = 2
	secFunction  = 3
	secTable     = 4
	secMemory    = 5
	secGlobal    = 6
	secExport    = 7
	secStart     = 8
	secElement   = 9
	secCode      = 10
	secData      = 11
	secDataCount = 12
)

// sectionOrder is the order in which sections stand in a module.
var sectionOrder = [...]byte{secType, secImport, secFunction, secTable, secMemory, secGlobal, secExport, secStart, secElement, secDataCount, secCode, secData}

// scan reads a module; the first thing that does not fit ends it with a fault.
type scan struct {
	b []byte
	p int
}

// refusal carries a fault out of a scan.
type refusal struct{ f *fault.Fault }

func refuse(f *fault.Fault) { panic(refusal{f}) }

// guard turns a refusal into an error.
func guard(err *error) {
	if x := recover(); x != nil {
		r, ok := x.(refusal)
		if !ok {
			panic(x)
		}
		*err = r.f
	}
}

func malformed(what string) { refuse(ErrMalformed.With("what", what)) }

func (r *scan) byte() byte {
	if r.p >= len(r.b) {
		malformed("truncated")
	}
	c := r.b[r.p]
	r.p++
	return c
}

// leb skips or reads an integer of up to max bytes; signed ones have the same length.
func (r *scan) leb(max int) uint64 {
	var v uint64
	for i := 0; i < max; i++ {
		c := r.byte()
		v |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			return v
		}
	}
	malformed("integer")
	return 0
}

func (r *scan) u32() uint32 {
	v := r.leb(5)
	if v > 1<<32-1 {
		malformed("integer")
	}
	return uint32(v)
}

func (r *scan) bytes(n uint32) []byte {
	if uint64(len(r.b)-r.p) < uint64(n) {
		malformed("truncated")
	}
	s := r.b[r.p : r.p+int(n)]
	r.p += int(n)
	return s
}

func (r *scan) name() string { return string(r.bytes(r.u32())) }

// count reads the length of a vector, each element of which has at least one byte.
func (r *scan) count() int {
	n := r.u32()
	if int64(n) > int64(len(r.b)-r.p) {
		malformed("vector")
	}
	return int(n)
}

func (r *scan) end() {
	if r.p != len(r.b) {
		malformed("section length")
	}
}

func putU(b []byte, v uint64) []byte {
	for v >= 0x80 {
		b = append(b, byte(v)|0x80)
		v >>= 7
	}
	return append(b, byte(v))
}

func putS(b []byte, v int64) []byte {
	for {
		c := byte(v & 0x7f)
		v >>= 7
		if v == 0 && c&0x40 == 0 || v == -1 && c&0x40 != 0 {
			return append(b, c)
		}
		b = append(b, c|0x80)
	}
}
