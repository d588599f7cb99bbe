package escposnet

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/shopwright/shopwright/hw/escpos"
	"github.com/shopwright/shopwright/hw/wire"
	"github.com/shopwright/shopwright/sdk/driver"
)

// Name is the driver's name.
const Name = "escpos-net"

// The limits. They are variables of the driver so that tests need not wait.
type limits struct {
	dial   time.Duration // to connect
	ask    time.Duration // for the answer to a real-time question
	write  time.Duration // without progress while sending
	finish time.Duration // for the answer that the job was processed
	probe  time.Duration // between two looks at an idle printer
}

var usual = limits{dial: 3 * time.Second, ask: 400 * time.Millisecond, write: 8 * time.Second, finish: 10 * time.Second, probe: 10 * time.Second}

// Printer is the driver.
type Printer struct {
	journal driver.Journal
	lim     limits

	mu      sync.Mutex
	set     settings
	health  driver.Health
	opened  map[string]bool // drawer ids, see Open
	probing bool

	line chan struct{} // holds one token: a printer takes one connection at a time
}

type settings struct {
	Address  string      `json:"address"`
	Columns  int         `json:"columns"`
	Text     escpos.Text `json:"text"`
	QRRaster bool        `json:"qr_raster"`
	NoCutter bool        `json:"no_cutter"`
	NoStatus bool        `json:"no_status"`
}

var (
	_ driver.Driver       = (*Printer)(nil)
	_ driver.Printer      = (*Printer)(nil)
	_ driver.Drawer       = (*Printer)(nil)
	_ driver.Configurable = (*Printer)(nil)
	_ driver.Checker      = (*Printer)(nil)
)

// New makes the driver.
func New() driver.Driver { return newPrinter(usual) }

func newPrinter(l limits) *Printer {
	p := &Printer{lim: l, health: driver.Health{OK: true}, opened: map[string]bool{}, line: make(chan struct{}, 1)}
	p.line <- struct{}{}
	return p
}

// Info implements driver.Driver.
func (p *Printer) Info() driver.Info {
	return driver.Info{ID: Name, Version: "1.0.0", Vendor: "Shopwright", Classes: []string{"POSPrinter", "CashDrawer"}}
}

// ConfigSchema implements driver.Configurable.
func (p *Printer) ConfigSchema() json.RawMessage {
	return json.RawMessage(`{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "additionalProperties": false,
  "required": ["address"],
  "properties": {
    "address": {"type": "string", "minLength": 1, "title": "Address", "description": "Host or IP address, with the port where it is not 9100"},
    "columns": {"type": "integer", "enum": [32, 42, 48], "default": 48, "title": "Characters a line", "description": "32 for 58 mm paper, 42 or 48 for 80 mm"},
    "text": {"type": "string", "enum": ["gb18030", "raster"], "default": "gb18030", "title": "Text", "description": "raster for printers without a Chinese font"},
    "qr_raster": {"type": "boolean", "default": false, "title": "The printer has no QR command"},
    "no_cutter": {"type": "boolean", "default": false, "title": "The printer has no cutter"},
    "no_status": {"type": "boolean", "default": false, "title": "The printer answers no status questions"}
  }
}`)
}

// Configure implements driver.Configurable.
func (p *Printer) Configure(_ context.Context, raw json.RawMessage) error {
	s := settings{Columns: 48, Text: escpos.GB18030}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&s); err != nil {
		return err
	}
	if s.Address == "" {
		return errors.New("the address is missing")
	}
	if host, port, err := net.SplitHostPort(s.Address); err != nil {
		if strings.ContainsAny(s.Address, ":[]/ ") && net.ParseIP(s.Address) == nil {
			return fmt.Errorf("%q is no address", s.Address)
		}
		s.Address = net.JoinHostPort(s.Address, "9100")
	} else if n, err := strconv.Atoi(port); host == "" || err != nil || n < 1 || n > 65535 {
		return fmt.Errorf("%q is no address", s.Address)
	}
	if s.Columns != 32 && s.Columns != 42 && s.Columns != 48 {
		return fmt.Errorf("%d characters a line are not known", s.Columns)
	}
	if s.Text != escpos.GB18030 && s.Text != escpos.Raster {
		return fmt.Errorf("text %q is not known", s.Text)
	}
	p.mu.Lock()
	p.set = s
	start := !p.probing
	p.probing = true
	p.mu.Unlock()
	if start {
		go p.probe()
	}
	return nil
}

// Health implements driver.Checker, from the last contact.
func (p *Printer) Health(context.Context) driver.Health {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.health
}

func (p *Printer) note(err error) {
	h := driver.Health{OK: err == nil}
	if err != nil {
		h.Reason = err.Error()
	}
	p.mu.Lock()
	p.health = h
	p.mu.Unlock()
}

func (p *Printer) settings() settings {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.set
}

// probe looks at the idle printer for as long as the driver lives.
func (p *Printer) probe() {
	for {
		select {
		case <-p.line:
			c, err := p.connect(context.Background())
			if err == nil {
				_, err = p.ask(c)
				c.Close()
			}
			p.note(err)
			p.line <- struct{}{}
		default: // it prints: that is contact enough
		}
		time.Sleep(p.lim.probe)
	}
}

// connect opens the connection.
func (p *Printer) connect(ctx context.Context) (net.Conn, error) {
	d := net.Dialer{Timeout: p.lim.dial}
	c, err := d.DialContext(ctx, "tcp", p.settings().Address)
	if err != nil {
		return nil, fmt.Errorf("no connection: %w", err)
	}
	return c, nil
}

// ask asks a printer how it is. It answers whether the printer answers such
// questions at all, and an error where it says that it cannot print.
func (p *Printer) ask(c net.Conn) (answers bool, err error) {
	if p.settings().NoStatus {
		return false, nil
	}
	online, ok := p.question(c, escpos.AskOnline, p.lim.ask)
	if !ok {
		return false, nil
	}
	if paper, ok := p.question(c, escpos.AskPaper, p.lim.ask); ok && escpos.PaperOut(paper) {
		return true, errors.New("the printer has no paper")
	}
	if escpos.Offline(online) {
		return true, errors.New("the printer is offline: cover open, or an error")
	}
	return true, nil
}

// question sends a real-time question and reads the answer, past other bytes.
func (p *Printer) question(c net.Conn, q []byte, limit time.Duration) (byte, bool) {
	_ = c.SetDeadline(deadline(limit))
	defer c.SetDeadline(time.Time{})
	if _, err := c.Write(q); err != nil {
		return 0, false
	}
	var b [1]byte
	for range 64 {
		if _, err := c.Read(b[:]); err != nil {
			return 0, false
		}
		if escpos.IsStatus(b[0]) {
			return b[0], true
		}
	}
	return 0, false
}

// Submit implements driver.Printer.
func (p *Printer) Submit(ctx context.Context, j driver.Job) (driver.JobStatus, error) {
	st, started := p.journal.Begin(j.JobKey)
	if !started {
		return st, nil
	}
	st = driver.JobStatus{State: driver.JobUncertain, Reason: "interrupted"}
	defer func() { p.journal.Finish(j.JobKey, st) }()
	select {
	case <-p.line:
		defer func() { p.line <- struct{}{} }()
	case <-ctx.Done():
		st = driver.JobStatus{State: driver.JobFailed, Reason: "the printer was busy"}
		return st, nil
	}
	st = p.print(ctx, j)
	if st.State == driver.JobConfirmed || st.State == driver.JobSent {
		p.note(nil)
	} else if st.State != driver.JobCancelled {
		p.note(errors.New(st.Reason))
	}
	return st, nil
}

func (p *Printer) print(ctx context.Context, j driver.Job) driver.JobStatus {
	s := p.settings()
	data := j.Raw
	if j.Document != nil {
		data = escpos.Encode(wire.From(j.Document), escpos.Profile{Columns: s.Columns, Text: s.Text, QRRaster: s.QRRaster, NoCutter: s.NoCutter})
	}
	c, err := p.connect(ctx)
	if err != nil {
		return driver.JobStatus{State: driver.JobFailed, Reason: err.Error()}
	}
	defer c.Close()
	answers, err := p.ask(c)
	if err != nil {
		return driver.JobStatus{State: driver.JobFailed, Reason: err.Error()}
	}
	if ctx.Err() != nil {
		return driver.JobStatus{State: driver.JobFailed, Reason: "too late"}
	}
	if !p.journal.Sending(j.JobKey) {
		return p.journal.Status(j.JobKey) // cancelled
	}
	stop := context.AfterFunc(ctx, func() { _ = c.SetDeadline(past) }) // the caller's deadline ends a write that stalls
	defer stop()
	if sent, err := p.send(ctx, c, data); err != nil {
		if sent == 0 {
			return driver.JobStatus{State: driver.JobFailed, Reason: err.Error()}
		}
		return driver.JobStatus{State: driver.JobUncertain, Reason: fmt.Sprintf("stopped after %d of %d bytes: %v", sent, len(data), err)}
	}
	return p.confirm(ctx, c, answers)
}

// send writes in pieces, so that the limit is one of progress, not of length.
// It answers how many bytes the network accepted.
func (p *Printer) send(ctx context.Context, c net.Conn, data []byte) (sent int, err error) {
	for sent < len(data) {
		_ = c.SetWriteDeadline(deadline(p.lim.write))
		if ctx.Err() != nil {
			return sent, ctx.Err()
		}
		n, err := c.Write(data[sent:min(sent+4096, len(data))])
		sent += n
		if err != nil {
			return sent, err
		}
	}
	return sent, nil
}

// confirm asks, behind the job, whether it was processed. A printer that
// answered before and does not now leaves the job uncertain; one that never
// answers leaves it sent, unless it resets the connection.
func (p *Printer) confirm(ctx context.Context, c net.Conn, answers bool) driver.JobStatus {
	if answers {
		_ = c.SetDeadline(deadline(p.lim.finish))
		if ctx.Err() == nil {
			if b, ok := p.processed(c); ok && escpos.DoneWithoutPaper(b) {
				return driver.JobStatus{State: driver.JobUncertain, Reason: "the paper ended"}
			} else if ok {
				return driver.JobStatus{State: driver.JobConfirmed}
			}
		}
		return driver.JobStatus{State: driver.JobUncertain, Reason: "the printer took the job and did not answer afterwards"}
	}
	_ = c.SetReadDeadline(deadline(p.lim.ask))
	var b [16]byte
	_, err := c.Read(b[:])
	var timeout net.Error
	if err != nil && !(errors.As(err, &timeout) && timeout.Timeout()) && !isEOF(err) {
		return driver.JobStatus{State: driver.JobUncertain, Reason: err.Error()}
	}
	return driver.JobStatus{State: driver.JobSent}
}

// processed asks the in-order question and reads its answer, past late answers
// to earlier ones.
func (p *Printer) processed(c net.Conn) (byte, bool) {
	if _, err := c.Write(escpos.AskDone); err != nil {
		return 0, false
	}
	var b [1]byte
	for range 64 {
		if _, err := c.Read(b[:]); err != nil {
			return 0, false
		}
		if escpos.IsDone(b[0]) {
			return b[0], true
		}
	}
	return 0, false
}

// JobStatus implements driver.Printer. What an earlier process sent nobody can
// tell: the answer is unknown.
func (p *Printer) JobStatus(_ context.Context, key driver.JobKey) (driver.JobStatus, error) {
	return p.journal.Status(key), nil
}

// Cancel implements driver.Printer.
func (p *Printer) Cancel(_ context.Context, key driver.JobKey) (driver.JobStatus, error) {
	return p.journal.Cancel(key), nil
}

// Open implements driver.Drawer. The id is noted before the pulse leaves: a
// second call never kicks again, whatever became of the first.
func (p *Printer) Open(ctx context.Context, id, _ string, pin int) error {
	p.mu.Lock()
	done := p.opened[id]
	if len(p.opened) > 10_000 {
		clear(p.opened) // kicks are void after seconds; these are hours old
	}
	p.opened[id] = true
	p.mu.Unlock()
	if done {
		return nil
	}
	select {
	case <-p.line:
		defer func() { p.line <- struct{}{} }()
	case <-ctx.Done():
		return ctx.Err()
	}
	c, err := p.connect(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := ctx.Err(); err != nil {
		return err
	}
	_ = c.SetWriteDeadline(deadline(p.lim.ask))
	_, err = c.Write(escpos.Kick(pin))
	return err
}
