package rules

import (
	"sync"

	"golang.org/x/sys/unix"
)

// deltaFile is one memory file for the deltas of all images. An instance maps
// them privately, as it does the base, so that their pages too need no copying
// back before a call writes to them. There is one file, since each would cost a
// file descriptor.
type deltaFile struct {
	mu   sync.Mutex
	fd   int // -1: there is none
	end  int
	free map[int][]int // pages -> where ranges of this length are free
}

var deltas = sync.OnceValue(func() *deltaFile {
	fd, err := unix.MemfdCreate("rule-deltas", unix.MFD_CLOEXEC)
	if err != nil {
		fd = -1
	}
	return &deltaFile{fd: fd, free: map[int][]int{}}
})

// maxRuns bounds the mappings of one instance: a process has some ten thousands.
// A configuration scattered more widely is written into each instance.
const maxRuns = 64

// runs calls f for each row of neighbouring pages: the first one's place in the
// delta, and how many there are.
func (d *delta) runs(f func(i, n int) error) error {
	for i := 0; i < len(d.at); {
		n := 1
		for i+n < len(d.at) && d.at[i+n] == d.at[i]+uint32(n) {
			n++
		}
		if err := f(i, n); err != nil {
			return err
		}
		i += n
	}
	return nil
}

// save moves a delta into the file; where that cannot be, it stays on the heap.
func (f *deltaFile) save(d *delta) {
	count := 0
	_ = d.runs(func(int, int) error { count++; return nil })
	if f.fd < 0 || count == 0 || count > maxRuns {
		return
	}
	n := len(d.at)
	at := f.take(n)
	if at < 0 {
		return
	}
	if _, err := unix.Pwrite(f.fd, d.data, int64(at)); err != nil {
		f.give(at, n)
		return
	}
	view, err := unix.Mmap(f.fd, int64(at), n*pageSize, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		f.give(at, n)
		return
	}
	d.data, d.file, d.saved = view, at, true
	d.release = func() {
		_ = unix.Munmap(view)
		f.give(at, n)
	}
}

// take finds room for n pages; -1 where there is none.
func (f *deltaFile) take(n int) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	if l := f.free[n]; len(l) > 0 {
		f.free[n] = l[:len(l)-1]
		return l[len(l)-1]
	}
	at := f.end
	if unix.Ftruncate(f.fd, int64(at+n*pageSize)) != nil {
		return -1
	}
	f.end += n * pageSize
	return at
}

// give takes a range back; its memory goes at once, its place is used again.
func (f *deltaFile) give(at, n int) {
	_ = unix.Fallocate(f.fd, unix.FALLOC_FL_PUNCH_HOLE|unix.FALLOC_FL_KEEP_SIZE, int64(at), int64(n*pageSize))
	f.mu.Lock()
	f.free[n] = append(f.free[n], at)
	f.mu.Unlock()
}
