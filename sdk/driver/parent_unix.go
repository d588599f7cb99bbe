//go:build !windows

package driver

import (
	"os"
	"strconv"
	"time"
)

// parentPoll is how often a driver looks whether its parent lives.
const parentPoll = 500 * time.Millisecond

// watchParent ends the process when its parent is gone: the kernel then gives
// it another one. On Linux the host also has the kernel do so at once.
func watchParent() {
	parent, err := strconv.Atoi(os.Getenv(ParentEnv))
	if err != nil {
		parent = os.Getppid()
	}
	go func() {
		for os.Getppid() == parent {
			time.Sleep(parentPoll)
		}
		os.Exit(3)
	}()
}
