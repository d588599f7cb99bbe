// Command sample-printer is a driver for printers that take plain text on a TCP port.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"github.com/shopwright/shopwright/sdk/driver"
)

type printer struct {
	journal driver.Journal // remembers jobs: none is printed twice
	line    chan struct{}  // holds a token while nothing prints
	away    atomic.Value   // why the printer cannot be reached; "" = it can
	address string
}

func (p *printer) Info() driver.Info {
	return driver.Info{ID: "sample-printer", Version: "1.0.0", Vendor: "Sample", Classes: []string{"POSPrinter"}}
}

func (p *printer) ConfigSchema() json.RawMessage {
	return json.RawMessage(`{"type": "object", "required": ["address"], "properties": {"address": {"type": "string", "title": "Address"}}}`)
}

func (p *printer) Configure(_ context.Context, settings json.RawMessage) error {
	var s struct{ Address string }
	if json.Unmarshal(settings, &s) != nil || !strings.Contains(s.Address, ":") {
		return errors.New("the address needs a host and a port: 192.168.1.20:9100")
	}
	p.address = s.Address
	go func() { // tries once a second, so that Health need not
		for ; ; time.Sleep(time.Second) {
			if c, err := net.DialTimeout("tcp", p.address, time.Second); err != nil {
				p.away.Store(err.Error())
			} else {
				p.away.Store("")
				c.Close()
			}
		}
	}()
	return nil
}

func (p *printer) Health(context.Context) driver.Health {
	why, _ := p.away.Load().(string)
	return driver.Health{OK: why == "", Reason: why}
}

func (p *printer) Submit(ctx context.Context, j driver.Job) (driver.JobStatus, error) {
	if st, started := p.journal.Begin(j.JobKey); !started {
		return st, nil
	}
	return p.journal.Finish(j.JobKey, p.print(ctx, j)), nil
}

func (p *printer) print(ctx context.Context, j driver.Job) driver.JobStatus {
	select {
	case <-p.line:
		defer func() { p.line <- struct{}{} }()
	case <-ctx.Done():
		return driver.JobStatus{State: driver.JobFailed, Reason: "the printer is busy"}
	}
	c, err := (&net.Dialer{Timeout: 3 * time.Second}).DialContext(ctx, "tcp", p.address)
	if err != nil { // up to the first byte it is FAILED, after it UNCERTAIN
		return driver.JobStatus{State: driver.JobFailed, Reason: err.Error()}
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { c.SetDeadline(time.Unix(1, 0)) })() // ends every wait
	var b strings.Builder
	b.Write(j.Raw)
	for _, block := range j.Document.GetBlocks() {
		fmt.Fprint(&b, block.GetText().GetText(), block.GetQr().GetContent(), block.GetBarcode().GetContent(), "\n")
		for _, row := range block.GetColumns().GetRows() {
			fmt.Fprintln(&b, strings.Join(row.GetCells(), "  "))
		}
	}
	if !p.journal.Sending(j.JobKey) {
		return driver.JobStatus{State: driver.JobCancelled}
	}
	if _, err = io.WriteString(c, b.String()); err == nil {
		c.(*net.TCPConn).CloseWrite()
		_, err = io.Copy(io.Discard, c) // the printer hangs up when it has read everything
	}
	if err != nil {
		return driver.JobStatus{State: driver.JobUncertain, Reason: "perhaps not everything was printed: " + err.Error()}
	}
	return driver.JobStatus{State: driver.JobSent}
}

func (p *printer) JobStatus(_ context.Context, k driver.JobKey) (driver.JobStatus, error) {
	return p.journal.Status(k), nil
}
func (p *printer) Cancel(_ context.Context, k driver.JobKey) (driver.JobStatus, error) {
	return p.journal.Cancel(k), nil
}

func main() {
	p := &printer{line: make(chan struct{}, 1)}
	p.line <- struct{}{}
	driver.Serve(p)
}
