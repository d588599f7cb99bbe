package sim

import (
	"context"
	"errors"
	"sync"

	"github.com/shopwright/shopwright/core/receipt"
	"github.com/shopwright/shopwright/hw/wire"
	"github.com/shopwright/shopwright/sdk/driver"
)

// Point is a moment in the printing of a job.
type Point int

// The points at which a driver's process can die.
const (
	Never          Point = iota
	OnArrival            // the job has reached the driver
	BeforeByte           // the driver is about to send the first byte
	Midway               // half of the paper is printed
	AfterPaper           // the paper is out, the answer is not
	AfterAnswer          // right after the answer
	NumberOfPoints       // how many there are
)

// ErrDied is what a call to a driver answers whose process died.
var ErrDied = errors.New("sim: the driver's process died")

// Sheet is what came out of a printer.
type Sheet struct {
	driver.JobKey
	Text  string
	Whole bool // false: it died midway
}

// Printer is a printer with the process of its driver. Killing the process
// loses its journal; the paper stays.
type Printer struct {
	// Certain printers can see their paper after a restart, as the virtual
	// printer does; others cannot tell.
	Certain bool
	// Confirms says whether the device answers that it has printed.
	Confirms bool

	mu      sync.Mutex
	journal *driver.Journal
	dieAt   Point
	down    int // calls of Printers.Printer until it runs again
	refuse  int // jobs that it refuses before the first byte
	paper   []Sheet
}

// DieAt has the process die at a point of the next job.
func (p *Printer) DieAt(at Point) { p.mu.Lock(); p.dieAt = at; p.mu.Unlock() }

// Refuse has it refuse the next n jobs before the first byte.
func (p *Printer) Refuse(n int) { p.mu.Lock(); p.refuse = n; p.mu.Unlock() }

// Paper answers what came out.
func (p *Printer) Paper() []Sheet {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]Sheet(nil), p.paper...)
}

// die ends the process where it was told to at that point.
func (p *Printer) die(at Point) bool {
	if p.dieAt != at {
		return false
	}
	p.dieAt, p.journal, p.down = Never, nil, 2
	return true
}

// Submit implements driver.Printer.
func (p *Printer) Submit(_ context.Context, j driver.Job) (driver.JobStatus, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.die(OnArrival) {
		return driver.JobStatus{}, ErrDied
	}
	st, started := p.log().Begin(j.JobKey)
	if !started {
		return st, nil
	}
	if p.refuse > 0 {
		p.refuse--
		return p.log().Finish(j.JobKey, driver.JobStatus{State: driver.JobFailed, Reason: "no paper"}), nil
	}
	if p.Certain && p.out(j.JobKey) {
		return p.log().Finish(j.JobKey, driver.JobStatus{State: driver.JobConfirmed}), nil
	}
	if p.die(BeforeByte) {
		return driver.JobStatus{}, ErrDied
	}
	p.log().Sending(j.JobKey)
	sheet := Sheet{JobKey: j.JobKey, Text: receipt.PlainText(wire.From(j.Document), 32), Whole: true}
	if !p.Certain && p.die(Midway) { // a certain printer prints whole or not at all
		sheet.Whole = false
		p.paper = append(p.paper, sheet)
		return driver.JobStatus{}, ErrDied
	}
	if p.die(Midway) {
		return driver.JobStatus{}, ErrDied
	}
	p.paper = append(p.paper, sheet)
	if p.die(AfterPaper) {
		return driver.JobStatus{}, ErrDied
	}
	state := driver.JobSent
	if p.Confirms || p.Certain {
		state = driver.JobConfirmed
	}
	st = p.log().Finish(j.JobKey, driver.JobStatus{State: state})
	p.die(AfterAnswer)
	return st, nil
}

// JobStatus implements driver.Printer.
func (p *Printer) JobStatus(_ context.Context, key driver.JobKey) (driver.JobStatus, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	st := p.log().Status(key)
	if st.State == driver.JobUnknown && p.Certain {
		if p.out(key) {
			return driver.JobStatus{State: driver.JobConfirmed}, nil
		}
		return driver.JobStatus{State: driver.JobFailed}, nil
	}
	return st, nil
}

// Cancel implements driver.Printer.
func (p *Printer) Cancel(_ context.Context, key driver.JobKey) (driver.JobStatus, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log().Cancel(key), nil
}

func (p *Printer) log() *driver.Journal {
	if p.journal == nil {
		p.journal = &driver.Journal{}
	}
	return p.journal
}

func (p *Printer) out(key driver.JobKey) bool {
	for _, s := range p.paper {
		if s.JobKey == key {
			return true
		}
	}
	return false
}

// Printers is a set of simulated printers by device id.
type Printers map[string]*Printer

// Printer answers a printer that runs; one that died is away for a moment.
func (ps Printers) Printer(id string) (driver.Printer, bool) {
	p, ok := ps[id]
	if !ok {
		return nil, false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.down > 0 {
		p.down--
		return nil, false
	}
	return p, true
}
