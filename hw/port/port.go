package port

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"go.bug.st/serial"
)

// Address says where a device is:
//
//	serial:/dev/ttyUSB0?baud=9600&bits=8&parity=none&stop=1   (or serial:COM3)
//	tcp:192.168.1.20:9100
//	file:/dev/usb/lp0
//
// The parameters of a serial line are optional; those are the defaults.
type Address struct {
	kind, at string
	mode     serial.Mode
}

var (
	// ErrStalled: the device took no more bytes in time.
	ErrStalled = errors.New("the device takes no more data")
	// ErrSilent: the device said nothing in time.
	ErrSilent = errors.New("the device does not answer")
)

var parities = map[string]serial.Parity{"none": serial.NoParity, "even": serial.EvenParity, "odd": serial.OddParity}

// Parse reads an address; its errors are for the shop.
func Parse(s string) (Address, error) {
	kind, at, ok := strings.Cut(s, ":")
	if !ok || at == "" {
		return Address{}, fmt.Errorf("%q is no address: serial:, tcp: or file: must stand before the place", s)
	}
	a := Address{kind: kind, at: at}
	switch kind {
	case "tcp":
		host, p, err := net.SplitHostPort(at)
		if n, e := strconv.Atoi(p); err != nil || e != nil || host == "" || n < 1 || n > 65535 {
			return Address{}, fmt.Errorf("%q is no host and port", at)
		}
	case "file":
		if !filepath.IsAbs(at) && !strings.HasPrefix(at, `\\`) {
			return Address{}, fmt.Errorf("%q is no whole path", at)
		}
	case "serial":
		return parseSerial(a)
	default:
		return Address{}, fmt.Errorf("%q is no address: serial:, tcp: or file: must stand before the place", s)
	}
	return a, nil
}

func parseSerial(a Address) (Address, error) {
	path, query, _ := strings.Cut(a.at, "?")
	v, err := url.ParseQuery(query)
	if err != nil || path == "" {
		return Address{}, fmt.Errorf("%q is no serial line", a.at)
	}
	a.at, a.mode = path, serial.Mode{BaudRate: 9600, DataBits: 8}
	for k, s := range v {
		n, err := strconv.Atoi(s[0])
		parity, known := parities[s[0]]
		switch {
		case k == "baud" && err == nil && n >= 300 && n <= 4_000_000:
			a.mode.BaudRate = n
		case k == "bits" && (n == 7 || n == 8):
			a.mode.DataBits = n
		case k == "stop" && n == 1:
		case k == "stop" && n == 2:
			a.mode.StopBits = serial.TwoStopBits
		case k == "parity" && known:
			a.mode.Parity = parity
		default:
			return Address{}, fmt.Errorf("%s=%s is not known of a serial line", k, s[0])
		}
	}
	return a, nil
}

// String is the address without its parameters.
func (a Address) String() string { return a.kind + ":" + a.at }

// openLimit is how long a connection may take.
const openLimit = 3 * time.Second

// open opens the stream itself.
func (a Address) open(ctx context.Context) (io.ReadWriteCloser, error) {
	switch a.kind {
	case "tcp":
		d := net.Dialer{Timeout: openLimit}
		return d.DialContext(ctx, "tcp", a.at)
	case "file":
		f, err := os.OpenFile(a.at, os.O_RDWR, 0)
		if errors.Is(err, os.ErrPermission) { // printers that only take
			if w, e := os.OpenFile(a.at, os.O_WRONLY, 0); e == nil {
				return w, nil
			}
			if r, e := os.OpenFile(a.at, os.O_RDONLY, 0); e == nil {
				return r, nil
			}
		}
		return f, err
	}
	mode := a.mode
	return serial.Open(a.at, &mode)
}

// Open opens a device. Its errors are for the shop.
func (a Address) Open(ctx context.Context) (*Conn, error) {
	type result struct {
		rw  io.ReadWriteCloser
		err error
	}
	done := make(chan result, 1)
	go func() { // a system that hangs over a device does not hang the driver
		rw, err := a.open(ctx)
		done <- result{rw, err}
	}()
	limit := time.NewTimer(openLimit + time.Second)
	defer limit.Stop()
	var r result
	select {
	case r = <-done:
	case <-ctx.Done():
		r.err = ctx.Err()
	case <-limit.C:
		r.err = ErrSilent
	}
	if r.err != nil {
		go func() {
			if late := <-done; late.rw != nil && late.err == nil {
				late.rw.Close()
			}
		}()
		if r.rw == nil && (ctx.Err() != nil || errors.Is(r.err, ErrSilent)) {
			return nil, fmt.Errorf("no connection to %s: %w", a, r.err)
		}
		done <- result{}
		return nil, fmt.Errorf("no connection to %s: %w", a, r.err)
	}
	return newConn(r.rw), nil
}

// Conn is an open device. One reader and one writer may use it at once.
type Conn struct {
	rw    io.ReadWriteCloser
	once  sync.Once
	gone  chan struct{} // closed by Close
	in    chan []byte
	ended chan struct{} // closed when reading has ended, why is in err
	err   error
	rest  []byte // read and not taken yet
}

// Over makes a Conn of a stream that is open already; closing the one closes the other.
func Over(rw io.ReadWriteCloser) *Conn { return newConn(rw) }

func newConn(rw io.ReadWriteCloser) *Conn {
	c := &Conn{rw: rw, gone: make(chan struct{}), in: make(chan []byte, 64), ended: make(chan struct{})}
	go c.pump()
	return c
}

func (c *Conn) pump() {
	defer close(c.ended)
	for {
		buf := make([]byte, 512)
		n, err := c.rw.Read(buf)
		if n > 0 {
			select {
			case c.in <- buf[:n]:
			case <-c.gone:
				c.err = os.ErrClosed
				return
			}
		}
		if err != nil {
			c.err = err
			return
		}
	}
}

// Read answers what came, waiting for it until ctx ends. It answers ErrSilent then,
// and the device's own error, io.EOF among them, when it is gone.
func (c *Conn) Read(ctx context.Context) ([]byte, error) {
	if len(c.rest) > 0 {
		b := c.rest
		c.rest = nil
		return b, nil
	}
	select {
	case b := <-c.in:
		return b, nil
	default:
	}
	select {
	case b := <-c.in:
		return b, nil
	case <-c.ended:
		select {
		case b := <-c.in:
			return b, nil
		default:
			return nil, c.err
		}
	case <-ctx.Done():
		return nil, ErrSilent
	}
}

// ReadLine answers the bytes up to the first of the ends, without it. What is longer
// than most is cut into pieces.
func (c *Conn) ReadLine(ctx context.Context, ends string, most int) ([]byte, error) {
	var line []byte
	for {
		b, err := c.Read(ctx)
		if err != nil {
			c.rest = line
			return nil, err
		}
		line = append(line, b...)
		if i := strings.IndexAny(string(line), ends); i >= 0 && i <= most {
			c.rest = line[i+1:]
			return line[:i:i], nil
		}
		if len(line) > most {
			c.rest = line[most:]
			return line[:most:most], nil
		}
	}
}

// piece is how much is under way at a time.
const piece = 512

// Write sends all of b until ctx ends, and answers how many bytes may have left: where
// a piece stalls it counts whole. The port is closed then.
func (c *Conn) Write(ctx context.Context, b []byte) (sent int, err error) {
	for len(b) > 0 {
		if err := ctx.Err(); err != nil {
			return sent, ErrStalled
		}
		n := min(len(b), piece)
		done := make(chan error, 1)
		go func() { done <- writeAll(c.rw, b[:n]) }()
		select {
		case err = <-done:
		case <-ctx.Done():
			c.Close()
			err = ErrStalled
		}
		sent += n
		if err != nil {
			return sent, err
		}
		b = b[n:]
	}
	return sent, nil
}

// writeAll writes all of p, also where a signal interrupts the system's call, with or
// without a part of it written: the library of serial lines hands that on.
func writeAll(w io.Writer, p []byte) error {
	for len(p) > 0 {
		n, err := w.Write(p)
		p = p[n:]
		switch {
		case errors.Is(err, syscall.EINTR):
		case err != nil:
			return err
		case n == 0:
			return io.ErrNoProgress
		}
	}
	return nil
}

// Drain waits until a serial line has sent what it was given, where it can tell.
func (c *Conn) Drain(ctx context.Context) error {
	d, ok := c.rw.(interface{ Drain() error })
	if !ok {
		return nil
	}
	done := make(chan error, 1)
	go func() {
		err := d.Drain()
		for errors.Is(err, syscall.EINTR) { // by a signal of the runtime's own, on a busy machine
			err = d.Drain()
		}
		done <- err
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		c.Close()
		return ErrStalled
	}
}

// Close closes the device.
func (c *Conn) Close() {
	c.once.Do(func() {
		close(c.gone)
		go c.rw.Close() // a system that hangs over it does not hang the driver
	})
}

// The rest between two tries to connect.
const (
	restFirst = 100 * time.Millisecond
	restMost  = 3 * time.Second
)

// Keep keeps a device connected until ctx ends: it opens it, tells noted nil, runs
// serve, tells noted why serve ended, and begins again after a rest.
func Keep(ctx context.Context, a Address, noted func(error), serve func(context.Context, *Conn) error) {
	KeepOpen(ctx, a.String(), a.Open, noted, serve)
}

// KeepOpen is Keep for a device that has a way of its own to be opened; name is what
// people call it.
func KeepOpen(ctx context.Context, name string, open func(context.Context) (*Conn, error), noted func(error), serve func(context.Context, *Conn) error) {
	rest := restFirst
	for ctx.Err() == nil {
		c, err := open(ctx)
		if err == nil {
			noted(nil)
			began := time.Now()
			err = serve(ctx, c)
			c.Close()
			if time.Since(began) > restMost {
				rest = restFirst
			}
			if errors.Is(err, io.EOF) {
				err = fmt.Errorf("%s hung up", name)
			}
		}
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			err = errors.New("it ended")
		}
		noted(err)
		t := time.NewTimer(rest)
		select {
		case <-ctx.Done():
			t.Stop()
			return
		case <-t.C:
		}
		rest = min(rest*2, restMost)
	}
}
