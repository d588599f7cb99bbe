package main

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/hw/sim"
	"github.com/shopwright/shopwright/plugins"
)

// killActor does harm to drivers and devices, one deed after another.
type killActor struct {
	k    *killRun
	s    *killServer
	rnd  *rand.Rand
	undo []undo
}

// undo is how a deed ends.
type undo struct {
	when time.Time
	f    func()
}

// deed is one kind of harm; weight says how often it is drawn.
type deed struct {
	name   string
	weight int
	do     func(a *killActor) bool // false: nothing was there to be harmed
}

var deeds = []deed{
	{"drivers killed", 20, func(a *killActor) bool { return a.victim(slay) }},
	{"drivers stopped", 8, func(a *killActor) bool { return canFreeze && a.victim(freeze) }},
	{"printers stalled", 6, func(a *killActor) bool {
		return a.behave(sim.Behaviour{Status: true, StallAt: 1 + a.rnd.IntN(900)}, 150, 600)
	}},
	{"connections reset", 8, func(a *killActor) bool {
		return a.behave(sim.Behaviour{Status: true, ResetAt: 1 + a.rnd.IntN(900)}, 100, 500)
	}},
	{"printers silent", 5, func(a *killActor) bool { return a.behave(sim.Behaviour{Deaf: true}, 100, 2500) }},
	{"printers mute behind the job", 3, func(a *killActor) bool { return a.behave(sim.Behaviour{Status: true, Mute: true}, 100, 300) }},
	{"paper ended", 4, func(a *killActor) bool { return a.behave(sim.Behaviour{Status: true, PaperOut: true}, 100, 800) }},
	{"network cables pulled", 6, func(a *killActor) bool { return a.pull(a.k.counter.cable, 20, 400) }},
	{"serial lines pulled", 6, func(a *killActor) bool { return a.pull(a.k.counter.line, 20, 400) }},
	{"other devices pulled", 4, func(a *killActor) bool { return a.pullSmall() }},
	{"floods of scans", 5, func(a *killActor) bool { return a.flood() }},
}

// chaos does harm every few hundredths of a second, until ctx ends.
func (a *killActor) chaos(ctx context.Context) {
	total := 0
	for _, d := range deeds {
		total += d.weight
	}
	person := time.Now()
	for wait(ctx, time.Duration(10+a.rnd.IntN(60))*time.Millisecond) == nil {
		a.end(false)
		if time.Since(person) > time.Second { // somebody looks at the devices page
			person = time.Now()
			a.k.attend(ctx, a.s.a, true)
		}
		n := a.rnd.IntN(total)
		for _, d := range deeds {
			if n -= d.weight; n < 0 {
				if d.do(a) {
					a.k.done[d.name]++
				}
				break
			}
		}
	}
	a.end(true)
}

// end ends the deeds whose time is over.
func (a *killActor) end(all bool) {
	a.undo = slices.DeleteFunc(a.undo, func(u undo) bool {
		if !all && time.Now().Before(u.when) {
			return false
		}
		u.f()
		return true
	})
}

func (a *killActor) later(fromMS, toMS int, f func()) {
	a.undo = append(a.undo, undo{time.Now().Add(time.Duration(fromMS+a.rnd.IntN(toMS-fromMS)) * time.Millisecond), f})
}

func slay(pid int) error {
	p, err := os.FindProcess(pid)
	if err != nil {
		return err
	}
	return p.Kill()
}

// victim harms a driver's process.
func (a *killActor) victim(how func(pid int) error) bool {
	var pids []int
	for _, st := range a.s.a.plugins.Status() {
		if st.PID != 0 {
			pids = append(pids, st.PID)
		}
	}
	return len(pids) > 0 && how(pids[a.rnd.IntN(len(pids))]) == nil
}

// behave has one of the printers on a line treat jobs badly for a while.
func (a *killActor) behave(how sim.Behaviour, fromMS, toMS int) bool {
	p := a.k.counter.network
	if a.rnd.IntN(3) == 0 {
		p = a.k.counter.serial
	}
	p.Behave(how)
	a.later(fromMS, toMS, func() { p.Behave(healthy) })
	return true
}

func (a *killActor) pull(p plug, fromMS, toMS int) bool {
	p.unplug()
	a.later(fromMS, toMS, func() { _ = p.plug() }) // heal plugs it in where this fails
	return true
}

func (a *killActor) pullSmall() bool {
	small := a.k.counter.small
	return a.pull(small[a.rnd.IntN(len(small))], 20, 400)
}

// flood scans 60 codes in a quarter of a second.
func (a *killActor) flood() bool {
	for range 60 {
		a.k.counter.scanner.Scan("6901234567892")
		time.Sleep(4 * time.Millisecond)
	}
	return true
}

// stopAll freezes every driver that runs, and what follows it.
func (a *killActor) stopAll(ctx context.Context) {
	if !canFreeze {
		return
	}
	for frozen := map[int]bool{}; ; {
		for _, st := range a.s.a.plugins.Status() {
			if st.PID != 0 && !frozen[st.PID] && freeze(st.PID) == nil {
				frozen[st.PID] = true
				a.k.done["drivers stopped"]++
			}
		}
		if wait(ctx, 5*time.Millisecond) != nil {
			return
		}
	}
}

// attend does what a person does at the devices page: starts what was given up, has
// printed again, as duplicates, what may have been printed, and, where there is no
// time to wait, what failed.
func (k *killRun) attend(ctx context.Context, a *app, patient bool) {
	for _, st := range a.plugins.Status() {
		if st.State == plugins.Quarantined {
			_ = a.plugins.Restart(st.ID) // it is gone: then nothing is to be started
		}
	}
	states := []device.State{device.Uncertain}
	if !patient {
		states = append(states, device.Failed)
	}
	jobs, _, err := device.ListJobs(ctx, a.db, k.shop.Merchant, device.JobFilter{States: states}, db.Page{Limit: 200})
	if err != nil {
		return
	}
	for i, j := range jobs {
		if patient && i == 2 { // nobody is that quick
			return
		}
		err := a.db.InTx(ctx, func(ctx context.Context, tx *db.Tx) error { return device.Reprint(ctx, tx, k.shop.Merchant, j.ID) })
		if err == nil && j.State == device.Uncertain {
			k.again++
		}
	}
}

// calm mends everything and waits until nothing waits to be printed.
func (k *killRun) calm(ctx context.Context, a *app) error {
	if err := k.counter.heal(); err != nil {
		return err
	}
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); {
		k.attend(ctx, a, false)
		if err := wait(ctx, 200*time.Millisecond); err != nil {
			return err
		}
		n, err := device.CountJobs(ctx, a.db, k.shop.Merchant, a.db.Now().Add(time.Hour))
		if err != nil {
			return err
		}
		uncertain, _, err := device.ListJobs(ctx, a.db, k.shop.Merchant, device.JobFilter{States: []device.State{device.Uncertain}}, db.Page{Limit: 1})
		if err != nil {
			return err
		}
		if n[device.Queued]+n[device.Claimed]+n[device.Sending]+n[device.Failed]+len(uncertain) == 0 {
			return nil
		}
	}
	return nil // the table says what is left
}

// listen is the screen of the register with devices, which takes what they tell, and
// a cashier who weighs.
func (s *killServer) listen(k *killRun) (end func()) {
	inputs, stop := s.a.counter.Listen(k.shop.Register, 0)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for wait(ctx, 250*time.Millisecond) == nil {
			_, _ = s.a.counter.Weigh(ctx, k.shop.Merchant, k.shop.Register) // a scale that is away is no news here
		}
	}()
	go func() {
		for range inputs {
		}
	}()
	return func() { cancel(); stop(); <-ended }
}

// acts lists what was done, as a sentence.
func acts(done map[string]int) string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(done)) {
		out = append(out, fmt.Sprintf("%d %s", done[name], name))
	}
	return strings.Join(out, ", ")
}
