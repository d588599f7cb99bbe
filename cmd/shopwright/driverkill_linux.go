package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/shopwright/shopwright/sdk/driver"
)

// driverProcesses lists the drivers that a program has started and that live.
func driverProcesses(host int) ([]int, error) {
	all, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		return nil, err
	}
	mark := []byte(driver.ParentEnv + "=" + strconv.Itoa(host))
	var out []int
	for _, file := range all {
		env, err := os.ReadFile(file) // that of a dead process, or of somebody else's, cannot be read
		if err != nil {
			continue
		}
		for v := range bytes.SplitSeq(env, []byte{0}) {
			if bytes.Equal(v, mark) {
				pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
				if err != nil {
					return nil, err
				}
				out = append(out, pid)
			}
		}
	}
	return out, nil
}

// tick is the unit that the kernel counts a processor's time in.
const tick = 10 * time.Millisecond

// machineWork is how long all processors have worked, and how much of it was this
// program's and that of its children that have ended.
func machineWork() (all, own time.Duration, err error) {
	raw, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, 0, err
	}
	line, _, _ := strings.Cut(string(raw), "\n")
	f := strings.Fields(line) // cpu user nice system idle iowait irq softirq steal guest …
	if len(f) < 9 || f[0] != "cpu" {
		return 0, 0, errors.ErrUnsupported
	}
	for _, i := range []int{1, 2, 3, 6, 7, 8} {
		n, err := strconv.ParseInt(f[i], 10, 64)
		if err != nil {
			return 0, 0, err
		}
		all += time.Duration(n) * tick
	}
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var u syscall.Rusage
		if err := syscall.Getrusage(who, &u); err != nil {
			return 0, 0, err
		}
		own += time.Duration(u.Utime.Nano()) + time.Duration(u.Stime.Nano())
	}
	return all, own, nil
}

// machineWaited is for how long some program has waited for a processor; 0 where the
// kernel does not say.
func machineWaited() time.Duration {
	raw, err := os.ReadFile("/proc/pressure/cpu") // "some avg10=0.00 avg60=0.00 avg300=0.00 total=1234"
	if err != nil {
		return 0
	}
	line, _, _ := strings.Cut(string(raw), "\n")
	_, total, _ := strings.Cut(line, "total=")
	n, err := strconv.ParseInt(strings.TrimSpace(total), 10, 64)
	if err != nil {
		return 0
	}
	return time.Duration(n) * time.Microsecond
}
