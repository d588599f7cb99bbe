package rules

import (
	"context"
	"encoding/binary"
	"os"
	"runtime"
	"sync"
	"unsafe"

	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
	"golang.org/x/sys/unix"
)

// newKeeper answers the keeper of this system, by what it is found to be able to
// do: the base lies in a memory file that every instance maps privately, and the
// kernel copies a page when the guest first writes to it. Where that does not
// work, memory is copied.
func newKeeper() keeper { return keeperFor(probe()) }

func keeperFor(c abilities) keeper {
	if !c.maps {
		return &copyKeeper{}
	}
	return &mapKeeper{can: c}
}

// abilities of the kernel, or of the sandbox that plays one.
type abilities struct {
	maps   bool     // memory files can be mapped privately, and dropped
	marks  *os.File // /proc/self/pagemap, where it tells the truth; some sandboxes serve zeros
	faults bool     // a thread's count of page faults grows with a first write
}

// mapBase is a memory file; pages that are all zero are holes in it.
type mapBase struct {
	fd   int
	b    []byte // the file, read-only
	cost int64
}

func (s *mapBase) view() []byte { return s.b }
func (s *mapBase) size() int    { return len(s.b) }
func (s *mapBase) bytes() int64 { return s.cost }

func (s *mapBase) close() {
	_ = unix.Munmap(s.b)
	_ = unix.Close(s.fd)
}

// mapKeeper is also the allocator and the linear memory of its instance.
type mapKeeper struct {
	can    abilities
	limit  int    // bytes that the memory may grow to
	mem    []byte // reserved addresses
	length int
	base   *mapBase
	delta  *delta

	written []written // pages that the kernel has made private, with what they should be
	map0    []byte    // room to read the page map
	locked  bool
	known   bool  // written is complete as of the last restore
	count   int64 // page faults of this thread at begin
}

// written is a private page: once written, it stays one.
type written struct{ page, want []byte }

func (k *mapKeeper) context(ctx context.Context, limit uint32) context.Context {
	k.limit = int(limit) * wasmPage
	return experimental.WithMemoryAllocator(ctx, k)
}

// Allocate reserves addresses; nothing is used before it is written.
func (k *mapKeeper) Allocate(_, _ uint64) experimental.LinearMemory {
	b, err := unix.Mmap(-1, 0, k.limit, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_NORESERVE)
	if err == nil {
		k.mem = b
	}
	return k // without addresses: Reallocate fails, and so does the instantiation
}

// Reallocate answers the memory at its new size, at the same address.
func (k *mapKeeper) Reallocate(size uint64) []byte {
	if size > uint64(len(k.mem)) {
		return nil
	}
	k.length = int(size)
	return k.mem[:size:len(k.mem)]
}

// Free gives the addresses back; the runtime calls it when the instance closes.
func (k *mapKeeper) Free() {
	if k.mem != nil {
		_ = unix.Munmap(k.mem)
		k.mem = nil
	}
}

func (k *mapKeeper) seal(api.Memory) (base, error) {
	fd, err := unix.MemfdCreate("rule-base", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, err
	}
	s := &mapBase{fd: fd}
	if err = unix.Ftruncate(fd, int64(k.length)); err == nil {
		err = s.fill(k.mem[:k.length])
	}
	if err == nil {
		s.b, err = unix.Mmap(fd, 0, k.length, unix.PROT_READ, unix.MAP_SHARED)
	}
	if err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	return s, nil
}

func (s *mapBase) fill(mem []byte) error {
	for n := range len(mem) / pageSize {
		p := page(mem, n)
		if zero(p) {
			continue
		}
		if _, err := unix.Pwrite(s.fd, p, int64(n*pageSize)); err != nil {
			return err
		}
		s.cost += int64(pageSize)
	}
	return nil
}

func (k *mapKeeper) save(d *delta) { deltas().save(d) }

// attach maps the base over the memory's addresses, and over that the delta.
func (k *mapKeeper) attach(mem api.Memory, b base, d *delta) error {
	k.base, k.delta, k.known, k.map0 = b.(*mapBase), d, false, nil
	if err := d.fit(mem); err != nil {
		return err
	}
	if err := k.lay(k.base.fd, 0, 0, len(k.base.b)); err != nil {
		return err
	}
	if !d.saved {
		d.write(k.mem)
		return nil
	}
	return d.runs(func(i, n int) error {
		return k.lay(deltas().fd, d.file+i*pageSize, int(d.at[i])*pageSize, n*pageSize)
	})
}

// lay maps a part of a file over the memory.
func (k *mapKeeper) lay(fd, from, at, n int) error {
	_, err := unix.MmapPtr(fd, int64(from), unsafe.Pointer(&k.mem[at]), uintptr(n), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_FIXED)
	return err
}

// begin counts the page faults of this thread: a call during which there was none
// has written to no further page, and the page map, which is slow, need not be read.
func (k *mapKeeper) begin() {
	if k.known && k.can.faults {
		runtime.LockOSThread()
		k.locked = true
		k.count = pageFaults()
	}
}

func (k *mapKeeper) end() {
	if k.locked {
		runtime.UnlockOSThread()
		k.locked = false
	}
}

func (k *mapKeeper) restore(api.Memory) error {
	if !k.locked || k.count < 0 || pageFaults() != k.count {
		if !k.find() {
			return k.drop()
		}
	}
	for i := range k.written {
		copy(k.written[i].page, k.written[i].want)
	}
	return nil
}

// find reads the page map; false where it does not help.
func (k *mapKeeper) find() bool {
	if k.can.marks == nil {
		return false
	}
	size := k.delta.size
	if k.map0 == nil {
		k.map0 = make([]byte, size/pageSize*8)
	}
	at := int64(uintptr(unsafe.Pointer(unsafe.SliceData(k.mem)))) / int64(pageSize) * 8
	if n, err := k.can.marks.ReadAt(k.map0, at); err != nil || n != len(k.map0) {
		return false
	}
	k.written, k.known = k.written[:0], true
	next := 0
	for n := range size / pageSize {
		want, file := page(k.base.b, n), n*pageSize < len(k.base.b)
		if next < len(k.delta.at) && int(k.delta.at[next]) == n {
			want, file = k.delta.page(next), file || k.delta.saved
			next++
		}
		if private(k.map0[n*8:], file) {
			k.written = append(k.written, written{page(k.mem, n), want})
		}
	}
	return true
}

// drop gives all private pages up, which brings the base's back at the price of a
// fault each.
func (k *mapKeeper) drop() error {
	k.known = false
	if err := unix.Madvise(k.mem[:k.delta.size], unix.MADV_DONTNEED); err != nil {
		return err
	}
	if !k.delta.saved {
		k.delta.write(k.mem)
	}
	return nil
}

// private reads a page map entry: bit 63 present, bit 62 swapped, bit 61 belongs
// to a file, which a private copy does not. Behind the base there is no file: a
// page that is there at all has been touched.
func private(entry []byte, file bool) bool {
	e := binary.NativeEndian.Uint64(entry)
	return e>>62 != 0 && (!file || e>>61&1 == 0)
}

func zero(b []byte) bool {
	for i := 0; i < len(b); i += 8 {
		if *(*uint64)(unsafe.Pointer(&b[i])) != 0 {
			return false
		}
	}
	return true
}

// pageFaults of the thread, minor and major.
func pageFaults() int64 {
	var u unix.Rusage
	// A raw call: it does not block, and need not be announced to the scheduler.
	if _, _, e := unix.RawSyscall(unix.SYS_GETRUSAGE, unix.RUSAGE_THREAD, uintptr(unsafe.Pointer(&u)), 0); e != 0 {
		return -1
	}
	return int64(u.Minflt) + int64(u.Majflt)
}

// probe tries on two pages of a private mapping, one of which is written, what
// this system can do.
var probe = sync.OnceValue(func() (c abilities) {
	fd, err := unix.MemfdCreate("rule-probe", unix.MFD_CLOEXEC)
	if err != nil {
		return c
	}
	defer func() { _ = unix.Close(fd) }()
	size := 2 * os.Getpagesize()
	if size/2 != pageSize || unix.Ftruncate(fd, int64(size)) != nil {
		return c
	}
	if _, err := unix.Pwrite(fd, []byte{7}, int64(pageSize)); err != nil {
		return c
	}
	b, err := unix.Mmap(fd, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE)
	if err != nil {
		return c
	}
	defer func() { _ = unix.Munmap(b) }()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	had := b[0] + b[pageSize]
	before := pageFaults()
	b[pageSize] = had + 1
	after := pageFaults()
	c.faults = before >= 0 && after > before
	f, err := os.Open("/proc/self/pagemap")
	if err == nil {
		var marks [16]byte
		at := int64(uintptr(unsafe.Pointer(unsafe.SliceData(b)))) / int64(pageSize) * 8
		if n, err := f.ReadAt(marks[:], at); err == nil && n == len(marks) && !private(marks[:8], true) && private(marks[8:], true) {
			c.marks = f
		} else {
			_ = f.Close()
		}
	}
	c.faults = c.faults && c.marks != nil
	c.maps = unix.Madvise(b, unix.MADV_DONTNEED) == nil && b[pageSize] == 7
	return c
})
