package rules

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// confine bounds this process before it reads a module: processor time, files,
// no core file. The system has no limit of memory that holds; watchMemory is it.
func confine(c Child) error {
	seconds := uint64(max(1, (c.CPU.Milliseconds()+999)/1000))
	for _, l := range []struct {
		what  int
		limit uint64
	}{
		{unix.RLIMIT_CPU, seconds},
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
