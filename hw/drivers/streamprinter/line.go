package streamprinter

import (
	"context"
	"errors"
	"io"
	"path"
	"strings"
	"time"

	"github.com/shopwright/shopwright/hw/port"
)

// Another try to open a line that was closed a moment ago: the system lets go
// of it only after the last call to it has ended.
const (
	againAfter = 150 * time.Millisecond
	againMost  = 6
)

// connect answers an open line: a new connection on the network, elsewhere the
// one that is open already, as long as it lives.
func (e *Engine) connect(ctx context.Context) (*port.Conn, error) {
	a, _ := e.printer()
	if e.kept != nil {
		if alive(e.kept) {
			return e.kept, nil
		}
		e.release(e.kept, false)
	}
	for try := 1; ; try++ {
		c, err := a.Open(ctx)
		if err == nil {
			e.closed = false
			return c, nil
		}
		if !e.closed || try == againMost {
			return nil, err
		}
		t := time.NewTimer(againAfter)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return nil, err
		}
	}
}

// release gives a line back: kept open where it is whole and no network.
func (e *Engine) release(c *port.Conn, whole bool) {
	if a, _ := e.printer(); whole && !network(a) {
		e.kept = c
		return
	}
	c.Close()
	if e.kept == c {
		e.kept = nil
	}
	a, _ := e.printer()
	e.closed = !network(a)
}

// alive drops what the printer said unasked and reports whether the line is
// still open.
func alive(c *port.Conn) bool {
	for {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Millisecond)
		_, err := c.Read(ctx)
		cancel()
		if err != nil {
			return errors.Is(err, port.ErrSilent)
		}
	}
}

// Drop drops what the printer has said so far, so that half of it is not read
// as the beginning of an answer.
func Drop(c *port.Conn) { _ = alive(c) }

// ended reports whether an error of reading says that no answer came.
func ended(err error) bool { return harmless(err) || errors.Is(err, ErrHungUp) }

// harmless reports whether an error of reading says no more than that nothing
// comes.
func harmless(err error) bool { return errors.Is(err, port.ErrSilent) || errors.Is(err, io.EOF) }

// Ask sends a question and reads until found answers true for what has come
// since, or ctx ends. The error is port.ErrSilent where no answer came, and
// the line's own where it ended.
func Ask(ctx context.Context, c *port.Conn, question []byte, found func([]byte) bool) error {
	if len(question) > 0 {
		if _, err := c.Write(ctx, question); err != nil {
			return err
		}
	}
	var came []byte
	for len(came) < 4096 {
		b, err := c.Read(ctx)
		if err != nil {
			return err
		}
		came = append(came, b...)
		if found(came) {
			return nil
		}
	}
	return port.ErrSilent
}

// Quiet reads and drops until nothing has come for that long.
func Quiet(ctx context.Context, c *port.Conn, quiet time.Duration) {
	for ctx.Err() == nil {
		rest, cancel := context.WithTimeout(ctx, quiet)
		_, err := c.Read(rest)
		cancel()
		if err != nil {
			return
		}
	}
}

// Unheard is what Ready answers for a question that got no answer: nil where
// nothing came, ErrHungUp where the line ended.
func Unheard(err error) error {
	if errors.Is(err, port.ErrSilent) {
		return nil
	}
	return ErrHungUp
}

// ready asks the printer how it is. That a device file cannot be read says
// nothing: many printers only take.
func (e *Engine) ready(ctx context.Context, c *port.Conn) (Answers, error) {
	a, t := e.printer()
	answers, err := t.Ready(ctx, c, e.lim.Ask)
	if errors.Is(err, ErrHungUp) && !network(a) {
		return Nothing, nil
	}
	return answers, err
}

// Silent is the tongue of printers that say nothing.
type Silent struct{}

// Ready implements Tongue.
func (Silent) Ready(context.Context, *port.Conn, time.Duration) (Answers, error) { return Nothing, nil }

// Done implements Tongue.
func (Silent) Done(context.Context, *port.Conn, time.Duration) error { return port.ErrSilent }

// Settle implements Tongue.
func (Silent) Settle(context.Context, *port.Conn, time.Duration) bool { return false }

// AddressMember is the setting that says where a printer on any line is.
const AddressMember = `    "address": {"type": "string", "minLength": 1, "maxLength": 200, "title": "Address", "x-title": {"zh": "地址", "zh-Hant": "位址"},
      "description": "/dev/usb/lp0, serial:COM3?baud=9600 or tcp:192.168.1.20:9100", "x-description": {"zh": "/dev/usb/lp0、serial:COM3?baud=9600 或 tcp:192.168.1.20:9100", "zh-Hant": "/dev/usb/lp0、serial:COM3?baud=9600 或 tcp:192.168.1.20:9100"}}`

// ParseAddress reads such an address: a path alone is a device file's. Its
// errors are for the shop.
func ParseAddress(s string) (port.Address, error) {
	if s == "" {
		return port.Address{}, errors.New("the address is missing")
	}
	if path.IsAbs(s) || strings.HasPrefix(s, `\\`) {
		s = "file:" + s
	}
	return port.Parse(s)
}
