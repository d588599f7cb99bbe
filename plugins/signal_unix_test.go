//go:build !windows

package plugins

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
)

func signal(pid int, name string) error {
	return exec.Command("kill", "-"+name, strconv.Itoa(pid)).Run()
}

// lives reports whether a process runs; one that is dead and unburied does not.
func lives(pid int) bool {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return exec.Command("kill", "-0", strconv.Itoa(pid)).Run() == nil && !strings.Contains(err.Error(), "no such file")
	}
	_, rest, _ := strings.Cut(string(b), ") ")
	return !strings.HasPrefix(rest, "Z") && !strings.HasPrefix(rest, "X")
}
