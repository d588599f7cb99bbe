package rules

import (
	"bytes"
	"context"
	"os"

	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
)

// What every call starts from is kept in two parts: the base, the memory of a
// module after _initialize, which all configurations share; and the delta, the
// pages that sw_configure changed.

// base is a memory as it was after _initialize. It never changes.
type base interface {
	view() []byte // to be read only; zeros at the end may be missing
	size() int    // of the memory, in bytes
	bytes() int64 // what it costs the process
	close()
}

// delta is the pages of a memory that differ from its base.
type delta struct {
	size int      // of the memory, in bytes
	at   []uint32 // numbers of the pages, rising
	data []byte   // their bytes, one page after another; to be read only

	saved   bool   // data lies in a file
	file    int    // where in it
	release func() // gives data back; may be nil
}

// keeper brings one instance's memory back to a base and a delta.
type keeper interface {
	// context is what the module must be instantiated with; its memory then does not
	// grow beyond the limit, in pages of 64 KiB.
	context(ctx context.Context, limit uint32) context.Context
	// seal takes a base of the instance's memory.
	seal(mem api.Memory) (base, error)
	// save may move a new delta to where instances can share it.
	save(d *delta)
	// attach makes the memory of a new instance that of a base and a delta.
	attach(mem api.Memory, b base, d *delta) error
	// begin and end stand around a call and the restore after it, on one goroutine.
	begin()
	end()
	// restore undoes what a call wrote. The memory must not have grown.
	restore(mem api.Memory) error
}

const wasmPage = 65536

// pageSize is the grain of deltas and restores; it divides wasmPage.
var pageSize = min(os.Getpagesize(), wasmPage)

var zeroPage = make([]byte, pageSize)

// page is a page of a base, zero behind its end.
func page(b []byte, n int) []byte {
	if n*pageSize < len(b) {
		return b[n*pageSize : (n+1)*pageSize]
	}
	return zeroPage
}

// compare answers the delta between a base and a memory.
func compare(b base, mem api.Memory) *delta {
	now, _ := mem.Read(0, mem.Size())
	d := &delta{size: len(now)}
	for n := range len(now) / pageSize {
		if p := page(now, n); !bytes.Equal(p, page(b.view(), n)) {
			d.at = append(d.at, uint32(n))
			d.data = append(d.data, p...)
		}
	}
	return d
}

func (d *delta) bytes() int64 { return int64(len(d.data) + 4*len(d.at)) }

// page is the n-th of the delta's pages.
func (d *delta) page(n int) []byte { return d.data[n*pageSize : (n+1)*pageSize] }

// write puts the pages where they belong.
func (d *delta) write(mem []byte) {
	for i, n := range d.at {
		copy(mem[int(n)*pageSize:], d.page(i))
	}
}

func (d *delta) close() {
	if d.release != nil {
		d.release()
	}
}

// fit makes the memory as large as the delta's.
func (d *delta) fit(mem api.Memory) error {
	if have := int(mem.Size()); have < d.size {
		if _, ok := mem.Grow(uint32((d.size - have) / wasmPage)); !ok {
			return ErrOutOfMemory
		}
	}
	return nil
}

// copyKeeper works everywhere: it compares every page with what it should be and
// copies those that differ. A fresh instance instead would have to copy all of
// them, after an instantiation.
type copyKeeper struct {
	base  base
	delta *delta
	heap  heapMemory
}

// copyBase is a base on the heap.
type copyBase struct {
	b    []byte
	full int
}

func (b *copyBase) view() []byte { return b.b }
func (b *copyBase) size() int    { return b.full }
func (b *copyBase) bytes() int64 { return int64(len(b.b)) }
func (b *copyBase) close()       {}

func (k *copyKeeper) context(ctx context.Context, limit uint32) context.Context {
	k.heap.limit = uint64(limit) * wasmPage
	return experimental.WithMemoryAllocator(ctx, &k.heap)
}

func (k *copyKeeper) seal(mem api.Memory) (base, error) {
	b, _ := mem.Read(0, mem.Size())
	end := len(b)
	for end > 0 && bytes.Equal(b[end-pageSize:end], zeroPage) {
		end -= pageSize
	}
	return &copyBase{append([]byte(nil), b[:end]...), len(b)}, nil
}

func (k *copyKeeper) save(*delta) {}

func (k *copyKeeper) attach(mem api.Memory, b base, d *delta) error {
	k.base, k.delta = b, d
	if err := d.fit(mem); err != nil {
		return err
	}
	return k.restore(mem)
}

func (k *copyKeeper) begin() {}
func (k *copyKeeper) end()   {}

func (k *copyKeeper) restore(mem api.Memory) error {
	now, _ := mem.Read(0, mem.Size())
	from, next := k.base.view(), 0
	for n := range len(now) / pageSize {
		want := page(from, n)
		if next < len(k.delta.at) && int(k.delta.at[next]) == n {
			want = k.delta.page(next)
			next++
		}
		if p := page(now, n); !bytes.Equal(p, want) {
			copy(p, want)
		}
	}
	return nil
}

// heapMemory is a linear memory on the heap with a limit of its own.
type heapMemory struct {
	b     []byte
	limit uint64
}

func (m *heapMemory) Allocate(_, _ uint64) experimental.LinearMemory { return m }

func (m *heapMemory) Reallocate(size uint64) []byte {
	if size > m.limit {
		return nil
	}
	if size > uint64(cap(m.b)) {
		b := make([]byte, size)
		copy(b, m.b)
		m.b = b
	}
	m.b = m.b[:size]
	return m.b
}

func (m *heapMemory) Free() { m.b = nil }
