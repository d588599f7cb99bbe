package rules

import (
	"context"
	"os"
	"sync"
	"unsafe"

	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
	"golang.org/x/sys/unix"
)

// newKeeper answers the keeper of this system: the snapshot lies in a memory
// file that every instance maps privately. The kernel copies a page when the
// guest first writes to it; restore finds these pages and copies them back.
func newKeeper() keeper { return &mapKeeper{} }

// mapSnapshot is a memory file; pages that are all zero are holes in it.
type mapSnapshot struct {
	fd   int
	view []byte // the file, read-only
	cost int64
}

func (s *mapSnapshot) pages() uint32 { return uint32(len(s.view) / wasmPage) }
func (s *mapSnapshot) bytes() int64  { return s.cost }

func (s *mapSnapshot) close() {
	_ = unix.Munmap(s.view)
	_ = unix.Close(s.fd)
}

// mapKeeper is also the allocator and the linear memory of its instance.
type mapKeeper struct {
	base   []byte // reserved addresses, as much as the memory may grow to
	length int
	snap   *mapSnapshot
	marks  []byte // the kernel's page map of the memory
}

func (k *mapKeeper) context(ctx context.Context) context.Context {
	return experimental.WithMemoryAllocator(ctx, k)
}

// Allocate reserves addresses; nothing is used before it is written.
func (k *mapKeeper) Allocate(_, maxBytes uint64) experimental.LinearMemory {
	b, err := unix.Mmap(-1, 0, int(max(maxBytes, wasmPage)), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_NORESERVE)
	if err == nil {
		k.base = b
	}
	return k // without addresses: Reallocate fails, and so does the instantiation
}

// Reallocate answers the memory at its new size, at the same address.
func (k *mapKeeper) Reallocate(size uint64) []byte {
	if size > uint64(len(k.base)) {
		return nil
	}
	k.length = int(size)
	return k.base[:size:len(k.base)]
}

// Free gives the addresses back; the runtime calls it when the instance closes.
func (k *mapKeeper) Free() {
	if k.base != nil {
		_ = unix.Munmap(k.base)
		k.base = nil
	}
}

func (k *mapKeeper) seal(api.Memory) (snapshot, error) {
	fd, err := unix.MemfdCreate("rule-image", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, err
	}
	s := &mapSnapshot{fd: fd}
	if err := unix.Ftruncate(fd, int64(k.length)); err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	for at := 0; at < k.length; at += pageSize {
		if p := k.base[at : at+pageSize]; !zero(p) {
			if _, err := unix.Pwrite(fd, p, int64(at)); err != nil {
				_ = unix.Close(fd)
				return nil, err
			}
			s.cost += int64(pageSize)
		}
	}
	s.view, err = unix.Mmap(fd, 0, k.length, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	if err := k.bind(s); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (k *mapKeeper) attach(mem api.Memory, s snapshot) error {
	m := s.(*mapSnapshot)
	if have := mem.Size() / wasmPage; have < m.pages() {
		if _, ok := mem.Grow(m.pages() - have); !ok {
			return ErrOutOfMemory
		}
	}
	return k.bind(m)
}

// bind maps the file over the memory's addresses.
func (k *mapKeeper) bind(s *mapSnapshot) error {
	_, err := unix.MmapPtr(s.fd, 0, unsafe.Pointer(unsafe.SliceData(k.base)), uintptr(len(s.view)),
		unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_FIXED)
	k.snap = s
	return err
}

func (k *mapKeeper) restore(api.Memory) error {
	if pm := pageMap(); pm != nil {
		if k.marks == nil {
			k.marks = make([]byte, len(k.snap.view)/pageSize*8)
		}
		at := int64(uintptr(unsafe.Pointer(unsafe.SliceData(k.base)))) / int64(pageSize) * 8
		if n, err := pm.ReadAt(k.marks, at); err == nil && n == len(k.marks) {
			for i := 0; i < n; i += 8 {
				if written(k.marks[i+7]) {
					o := i / 8 * pageSize
					copy(k.base[o:o+pageSize], k.snap.view[o:o+pageSize])
				}
			}
			return nil
		}
	}
	// Dropping the private pages brings the file's back, at the price of a fault each.
	return unix.Madvise(k.base[:len(k.snap.view)], unix.MADV_DONTNEED)
}

// written reads the top byte of a page map entry: bit 63 present, bit 62 swapped,
// bit 61 belongs to a file, which a private copy does not.
func written(top byte) bool { return top&0xc0 != 0 && top&0x20 == 0 }

func zero(b []byte) bool {
	for i := 0; i < len(b); i += 8 {
		if *(*uint64)(unsafe.Pointer(&b[i])) != 0 {
			return false
		}
	}
	return true
}

var pageSize = os.Getpagesize()

// pageMap is /proc/self/pagemap, where it tells the truth; some sandboxes serve
// zeros. It is tried on two pages of a private mapping, one of them written.
var pageMap = sync.OnceValue(func() *os.File {
	f, err := os.Open("/proc/self/pagemap")
	if err != nil {
		return nil
	}
	if !pageMapWorks(f) {
		_ = f.Close()
		return nil
	}
	return f
})

func pageMapWorks(f *os.File) bool {
	fd, err := unix.MemfdCreate("rule-probe", unix.MFD_CLOEXEC)
	if err != nil {
		return false
	}
	defer func() { _ = unix.Close(fd) }()
	if unix.Ftruncate(fd, int64(2*pageSize)) != nil {
		return false
	}
	b, err := unix.Mmap(fd, 0, 2*pageSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE)
	if err != nil {
		return false
	}
	defer func() { _ = unix.Munmap(b) }()
	b[pageSize] = b[0] + 1
	var marks [16]byte
	at := int64(uintptr(unsafe.Pointer(unsafe.SliceData(b)))) / int64(pageSize) * 8
	if n, err := f.ReadAt(marks[:], at); err != nil || n != len(marks) {
		return false
	}
	return !written(marks[7]) && written(marks[15])
}
