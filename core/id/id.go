package id

import (
	"crypto/rand"
	"crypto/sha256"
	"database/sql/driver"
	"encoding/binary"
	"encoding/hex"
	"sync"

	"github.com/shopwright/shopwright/core/fault"
)

// ErrMalformed: a text that should be an id is none.
var ErrMalformed = fault.New(fault.Invalid, "id.malformed")

// ID is a UUID. The zero value means "none".
type ID [16]byte

// None is the absent id.
var None ID

var gen struct {
	sync.Mutex
	ms  int64
	seq uint16
}

// New makes a UUIDv7 for the instant given as microseconds since 1970 (the
// injected clock's, so that a seeded past has ids of that past). 12 bits count
// within the millisecond (RFC 9562, method 1).
func New(unixMicro int64) ID {
	var u ID
	if _, err := rand.Read(u[8:]); err != nil {
		panic(err) // the operating system has no randomness: nothing can go on
	}
	ms := unixMicro / 1000
	gen.Lock()
	if ms > gen.ms || ms < gen.ms-5000 { // a clock that was set back on purpose (the demo) starts anew
		gen.ms, gen.seq = ms, uint16(u[8])<<1
	} else {
		gen.seq++
		if gen.seq > 0xfff {
			gen.ms, gen.seq = gen.ms+1, 0
		}
	}
	ms, seq := gen.ms, gen.seq
	gen.Unlock()
	binary.BigEndian.PutUint64(u[:8], uint64(ms)<<16|0x7000|uint64(seq&0xfff))
	u[8] = u[8]&0x3f | 0x80
	return u
}

// From is the least id that New gives for an instant or later, for ranges of a table
// that is ordered by its ids. Ids that were made in a rush may carry the millisecond
// after their own.
func From(unixMicro int64) ID {
	var u ID
	binary.BigEndian.PutUint64(u[:8], uint64(unixMicro/1000)<<16|0x7000)
	u[8] = 0x80
	return u
}

// Derived makes a stable id from names: the same names give the same id on any
// machine (UUIDv8 over SHA-256). Used for house accounts, which need no look-up.
func Derived(parts ...string) ID {
	h := sha256.New()
	for _, p := range parts {
		var n [4]byte
		binary.BigEndian.PutUint32(n[:], uint32(len(p)))
		h.Write(n[:])
		h.Write([]byte(p))
	}
	var u ID
	copy(u[:], h.Sum(nil))
	u[6] = u[6]&0x0f | 0x80
	u[8] = u[8]&0x3f | 0x80
	return u
}

// Parse reads the canonical form of 36 characters. Fault: id.malformed.
func Parse(s string) (ID, error) {
	var u ID
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return None, ErrMalformed
	}
	j := 0
	for i := 0; i < 36; {
		if s[i] == '-' {
			i++
			continue
		}
		hi, lo := nibble(s[i]), nibble(s[i+1])
		if hi > 15 || lo > 15 {
			return None, ErrMalformed
		}
		u[j] = hi<<4 | lo
		j++
		i += 2
	}
	return u, nil
}

// MustParse is Parse for constants.
func MustParse(s string) ID {
	u, err := Parse(s)
	if err != nil {
		panic("id: " + s)
	}
	return u
}

func nibble(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10
	}
	return 255
}

// IsNone reports whether u is the zero id.
func (u ID) IsNone() bool { return u == None }

// String is the canonical form, or "" for none.
func (u ID) String() string {
	if u == None {
		return ""
	}
	var b [36]byte
	hex.Encode(b[:8], u[:4])
	hex.Encode(b[9:13], u[4:6])
	hex.Encode(b[14:18], u[6:8])
	hex.Encode(b[19:23], u[8:10])
	hex.Encode(b[24:], u[10:])
	b[8], b[13], b[18], b[23] = '-', '-', '-', '-'
	return string(b[:])
}

// MarshalText makes ids strings in JSON.
func (u ID) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// UnmarshalText reads the canonical form; "" is none.
func (u *ID) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*u = None
		return nil
	}
	v, err := Parse(string(b))
	*u = v
	return err
}

// Value stores the id as text (PostgreSQL casts it to uuid) and none as NULL.
func (u ID) Value() (driver.Value, error) {
	if u == None {
		return nil, nil
	}
	return u.String(), nil
}

// Scan reads text, 16 raw bytes or NULL.
func (u *ID) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*u = None
		return nil
	case string:
		return u.UnmarshalText([]byte(v))
	case []byte:
		if len(v) == 16 {
			copy(u[:], v)
			return nil
		}
		return u.UnmarshalText(v)
	case [16]byte:
		*u = v
		return nil
	}
	return ErrMalformed
}

// Less orders ids by their bytes, which is by time for ids of New.
func (u ID) Less(o ID) bool {
	for i := range u {
		if u[i] != o[i] {
			return u[i] < o[i]
		}
	}
	return false
}
