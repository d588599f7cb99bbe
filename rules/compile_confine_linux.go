package rules

import (
	"bytes"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// confine bounds this process before it reads a module: processor time, address
// space, files; no core file, no way to more rights. The address space of a Go
// program is large before it does anything, so that the limit stands on top of it.
func confine(c Child) error {
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return err
	}
	pages, err := strconv.ParseInt(string(b[:max(0, bytes.IndexByte(b, ' '))]), 10, 64)
	if err != nil {
		return err
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("no new privileges: %w", err)
	}
	seconds := uint64(max(1, (c.CPU.Milliseconds()+999)/1000))
	for _, l := range []struct {
		what  int
		limit uint64
	}{
		{unix.RLIMIT_CPU, seconds},
		{unix.RLIMIT_AS, uint64(pages*int64(os.Getpagesize()) + c.Memory*3/2)},
		{unix.RLIMIT_FSIZE, uint64(c.Memory)},
		{unix.RLIMIT_NOFILE, 64},
		{unix.RLIMIT_CORE, 0},
	} {
		if err := unix.Setrlimit(l.what, &unix.Rlimit{Cur: l.limit, Max: l.limit}); err != nil {
			return fmt.Errorf("limit %d: %w", l.what, err)
		}
	}
	return nil
}
