package main

import (
	"fmt"
	"runtime"
	"time"
)

// machineWatch knows how busy the machine was with other things while something was
// measured.
type machineWatch struct {
	began    time.Time
	all, own time.Duration
	err      error
	waited   time.Duration
}

func watchMachine() *machineWatch {
	m := &machineWatch{began: time.Now()}
	m.all, m.own, m.err = machineWork()
	m.waited = machineWaited()
	return m
}

// Times are not to be trusted where others used more than so many processors, or where
// during more than that part of the time somebody waited for one: a machine that gives
// its programs only a share of itself is busy, too.
const (
	tooBusy   = 0.2
	tooWaited = 0.6
)

// said is a sentence about the machine. Children count as this program's once they
// have ended.
func (m *machineWatch) said() string {
	cpus := runtime.NumCPU()
	all, own, err := machineWork()
	took := time.Since(m.began)
	if m.err != nil || err != nil || took <= 0 {
		return fmt.Sprintf("%d processors; how busy other programs kept them is not known on %s", cpus, runtime.GOOS)
	}
	mine := float64(own-m.own) / float64(took)
	others := max(float64(all-m.all)/float64(took)-mine, 0)
	waited := float64(machineWaited()-m.waited) / float64(took)
	s := fmt.Sprintf("%d processors, %.2f of them at work for this, %.2f for other programs; during %.0f %% of the time a program waited for one", cpus, mine, others, 100*waited)
	if others > tooBusy || waited > tooWaited {
		s += ": THE MACHINE WAS BUSY, the times say little"
	}
	return s
}
