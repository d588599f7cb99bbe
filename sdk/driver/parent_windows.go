package driver

import (
	"os"
	"strconv"
)

// watchParent ends the process when its parent is gone. Windows keeps naming
// the dead parent, so the process waits on a handle of it.
func watchParent() {
	pid, err := strconv.Atoi(os.Getenv(ParentEnv))
	if err != nil {
		pid = os.Getppid()
	}
	go func() {
		if p, err := os.FindProcess(pid); err == nil {
			_, _ = p.Wait() // ends when the process does, whoever started it
		}
		os.Exit(3)
	}()
}
