package driver_test

import (
	"context"

	"github.com/shopwright/shopwright/sdk/driver"
)

// acme is a whole printer driver but for the device's own bytes.
type acme struct {
	journal driver.Journal
	send    func(*driver.Document) (sent int, err error)
}

func (*acme) Info() driver.Info {
	return driver.Info{ID: "acme", Version: "1.0.0", Vendor: "Acme", Classes: []string{"POSPrinter"}}
}

func (p *acme) Submit(_ context.Context, j driver.Job) (driver.JobStatus, error) {
	st, started := p.journal.Begin(j.JobKey) // the same attempt is never printed twice
	if !started {
		return st, nil
	}
	if !p.journal.Sending(j.JobKey) { // the next byte is the first
		return p.journal.Status(j.JobKey), nil
	}
	sent, err := p.send(j.Document)
	switch {
	case err != nil && sent == 0:
		st = driver.JobStatus{State: driver.JobFailed, Reason: err.Error()}
	case err != nil:
		st = driver.JobStatus{State: driver.JobUncertain, Reason: err.Error()}
	default:
		st = driver.JobStatus{State: driver.JobSent}
	}
	return p.journal.Finish(j.JobKey, st), nil
}

func (p *acme) JobStatus(_ context.Context, k driver.JobKey) (driver.JobStatus, error) {
	return p.journal.Status(k), nil
}

func (p *acme) Cancel(_ context.Context, k driver.JobKey) (driver.JobStatus, error) {
	return p.journal.Cancel(k), nil
}

// A vendor's main.
func ExampleServe() {
	driver.Serve(&acme{send: func(*driver.Document) (int, error) { return 0, nil }})
}
