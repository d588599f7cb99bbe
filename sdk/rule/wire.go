package rule

import (
	"encoding/binary"
	"math/bits"
)

// Limits of a message; beyond them it is malformed.
const (
	MaxRecords = 16384 // records of all tables together
	MaxString  = 1024  // bytes of one string
)

// ErrMalformed answers for bytes that are no message of this ABI.
var ErrMalformed error = failure("malformed message")

// failure is an error without the formatting machinery, which would double the
// size of a guest.
type failure string

func (f failure) Error() string { return string(f) }

var le = binary.LittleEndian

// shape is what a reader must know of a record to read a shorter or longer form.
type shape struct {
	size     int
	cuts     uint64 // words between two fields: where a shorter form may end
	defaults []fill
}

// fill is a default that is not zero.
type fill struct {
	at    int
	value uint32
}

// reader decodes a message; every access is checked against its bytes.
type reader struct {
	b    []byte
	s    string // the same bytes: strings are parts of it
	left int    // records that may still be read
	bad  bool
}

// header checks the start of a message; nil where it is none.
func (d *reader) header(magic uint32, sh *shape) []byte {
	if len(d.b) < 8 || len(d.s) != len(d.b) || le.Uint32(d.b) != magic {
		return nil
	}
	size := uint64(le.Uint32(d.b[4:]))
	if size < 8 || size > uint64(len(d.b)) {
		return nil
	}
	h := d.record(0, int(size), sh)
	if d.bad {
		return nil
	}
	return h
}

// table reads a table's reference. After a fault every table is empty.
func (d *reader) table(ref []byte) (at, n, stride int) {
	off, count, step := uint64(le.Uint32(ref)), uint64(le.Uint32(ref[4:])), uint64(le.Uint32(ref[8:]))
	if count == 0 || d.bad {
		return 0, 0, 0
	}
	if count > uint64(d.left) || step < 8 || step%4 != 0 || off+count*step > uint64(len(d.b)) {
		d.bad = true
		return 0, 0, 0
	}
	d.left -= int(count)
	return int(off), int(count), int(step)
}

// record is the bytes of one record, at least as many as sh.size.
func (d *reader) record(at, stride int, sh *shape) []byte {
	if stride < sh.size {
		return d.short(at, stride, sh)
	}
	return d.b[at : at+stride]
}

// short completes a shorter form with the defaults of the fields that it lacks.
// Only messages of an older form come here.
func (d *reader) short(at, stride int, sh *shape) []byte {
	if stride%4 != 0 || sh.cuts>>(stride/4)&1 == 0 {
		d.bad = true
	}
	b := make([]byte, sh.size)
	for _, f := range sh.defaults {
		le.PutUint32(b[f.at:], f.value)
	}
	copy(b, d.b[at:at+stride])
	return b
}

// str reads a string's reference: the offset in the low half, the length in the
// high one.
func (d *reader) str(ref uint64) string {
	if ref>>32 == 0 {
		return ""
	}
	return d.text(int(uint32(ref)), int(ref>>32))
}

func (d *reader) text(off, n int) string {
	if n > MaxString || off+n > len(d.s) {
		d.bad = true
		return ""
	}
	return d.s[off : off+n]
}

// narrow keeps an enumeration's unknown value unknown: 257 must not become 1.
func narrow(v uint32) uint8 {
	if v > 255 {
		return 255
	}
	return uint8(v)
}

// resize answers n elements, reusing s where it is large enough.
func resize[T any](s []T, n int) []T {
	if n <= cap(s) {
		return s[:n]
	}
	return make([]T, n)
}

// writer encodes a message. Equal strings that follow each other closely are
// written once.
type writer struct {
	b      []byte
	base   int // where the message starts in b
	keys   [8]uint64
	recent [8]placed
	turn   int
}

// placed is a string that was written. Its key is its length with the first and
// the last byte: strings are compared where keys are equal.
type placed struct {
	s   string
	off uint32
}

// find answers a bit for each recent string with the key. It has no branches,
// which a guest pays dearly for.
func (e *writer) find(key uint64) uint64 {
	k := &e.keys
	return (k[0]^key-1)>>63 | (k[1]^key-1)>>63<<1 | (k[2]^key-1)>>63<<2 | (k[3]^key-1)>>63<<3 |
		(k[4]^key-1)>>63<<4 | (k[5]^key-1)>>63<<5 | (k[6]^key-1)>>63<<6 | (k[7]^key-1)>>63<<7
}

// grow appends n zero bytes at a multiple of eight and answers where.
func (e *writer) grow(n int) int {
	at := len(e.b)
	if over := (at - e.base) & 7; over != 0 {
		at += 8 - over
	}
	if at+n <= cap(e.b) {
		old := len(e.b)
		e.b = e.b[:at+n]
		clear(e.b[old:])
		return at
	}
	b := make([]byte, at+n, 2*(at+n)+512)
	copy(b, e.b)
	e.b = b
	return at
}

// table writes a table's reference and answers where its records go.
func (e *writer) table(ref, n, stride int) int {
	if n == 0 {
		return 0
	}
	at := e.grow(n * stride)
	e.u32(ref, uint32(at-e.base))
	e.u32(ref+4, uint32(n))
	e.u32(ref+8, uint32(stride))
	return at
}

func (e *writer) str(at int, s string) {
	n := len(s)
	if n == 0 {
		return
	}
	key := uint64(n)<<16&(1<<62-1) | uint64(s[0])<<8 | uint64(s[n-1])
	for found := e.find(key); found != 0; found &= found - 1 {
		if p := &e.recent[bits.TrailingZeros64(found)&7]; p.s == s {
			e.u64(at, uint64(p.off)|uint64(n)<<32)
			return
		}
	}
	off := len(e.b) - e.base
	e.u64(at, uint64(off)|uint64(n)<<32)
	e.b = append(e.b, s...)
	e.keys[e.turn&7] = key
	e.recent[e.turn&7] = placed{s, uint32(off)}
	e.turn++
}

func (e *writer) u32(at int, v uint32) { le.PutUint32(e.b[at:], v) }
func (e *writer) u64(at int, v uint64) { le.PutUint64(e.b[at:], v) }

func (e *writer) flag(at int, v bool) {
	if v {
		le.PutUint32(e.b[at:], 1)
	}
}
