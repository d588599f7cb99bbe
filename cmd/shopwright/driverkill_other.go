//go:build !linux

package main

import (
	"errors"
	"time"
)

// driverProcesses lists the drivers that a program has started: Linux alone tells.
func driverProcesses(int) ([]int, error) { return nil, errors.ErrUnsupported }

// machineWork is what the processors have done: Linux alone tells in this way.
func machineWork() (all, own time.Duration, err error) { return 0, 0, errors.ErrUnsupported }

// machineWaited is how long programs have waited for a processor: Linux alone tells.
func machineWaited() time.Duration { return 0 }
