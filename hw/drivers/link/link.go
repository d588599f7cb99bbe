package link

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/shopwright/shopwright/hw/port"
	"github.com/shopwright/shopwright/sdk/driver"
)

var (
	// ErrConnecting: no connection was tried yet.
	ErrConnecting = errors.New("connecting")
	// ErrNotConfigured: there are no settings yet.
	ErrNotConfigured = errors.New("the driver has no settings yet")
	errBusy          = errors.New("the device is busy")
)

// sendLimit is how long a write may take where the caller sets no limit.
const sendLimit = 3 * time.Second

// Link keeps one device connected. The zero value is ready. Safe for concurrent use.
type Link struct {
	mu     sync.Mutex
	stop   context.CancelFunc
	ended  chan struct{}
	name   string
	conn   *port.Conn
	lost   error         // why there is no connection
	tried  chan struct{} // closed when the first try has ended, well or not
	ill    error         // what is wrong with the device although there is one
	sender chan struct{} // one token: whoever writes
}

// Start keeps the device at an address connected. See StartOpen.
func (l *Link) Start(a port.Address, serve func(context.Context, *port.Conn) error) {
	l.StartOpen(a.String(), a.Open, serve)
}

// StartOpen keeps a device connected that has its own way to be opened: open is tried
// until it answers a connection, then serve runs on it, and so on until Close or
// another start, which ends this one first. Send works while serve runs.
func (l *Link) StartOpen(name string, open func(context.Context) (*port.Conn, error), serve func(context.Context, *port.Conn) error) {
	l.Close()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	l.mu.Lock()
	l.stop, l.ended, l.name, l.lost, l.ill, l.tried = stop, ended, name, ErrConnecting, nil, make(chan struct{})
	if l.sender == nil {
		l.sender = make(chan struct{}, 1)
	}
	l.mu.Unlock()
	go func() {
		defer close(ended)
		port.KeepOpen(ctx, name, open, l.noted, func(ctx context.Context, c *port.Conn) error {
			l.mu.Lock()
			l.conn, l.lost, l.ill = c, nil, nil
			l.over()
			l.mu.Unlock()
			defer func() {
				l.mu.Lock()
				l.conn = nil
				l.mu.Unlock()
			}()
			return serve(ctx, c)
		})
	}()
}

// noted takes down why there is no connection. That there is one is noted with it.
func (l *Link) noted(err error) {
	if err == nil {
		return
	}
	l.mu.Lock()
	l.lost = err
	l.over()
	l.mu.Unlock()
}

// over notes that the first try has ended; the caller holds mu.
func (l *Link) over() {
	select {
	case <-l.tried:
	default:
		close(l.tried)
	}
}

// Ready waits for the first try to connect, and answers why the device cannot be used,
// nil where it can.
func (l *Link) Ready(ctx context.Context) error {
	l.mu.Lock()
	tried := l.tried
	l.mu.Unlock()
	if tried == nil {
		return ErrNotConfigured
	}
	select {
	case <-tried:
		return l.Err()
	case <-ctx.Done():
		return ErrConnecting
	}
}

// Close ends the connection and waits until serve has ended.
func (l *Link) Close() {
	l.mu.Lock()
	stop, ended := l.stop, l.ended
	l.stop = nil
	l.mu.Unlock()
	if stop == nil {
		return
	}
	stop()
	<-ended
}

// Ill notes what is wrong with the device although it is connected; nil where
// nothing is.
func (l *Link) Ill(err error) {
	l.mu.Lock()
	l.ill = err
	l.mu.Unlock()
}

// Health answers from what is known.
func (l *Link) Health() driver.Health {
	if err := l.Err(); err != nil {
		return driver.Health{Reason: err.Error()}
	}
	return driver.Health{OK: true}
}

// Err answers why the device cannot be used, nil where it can.
func (l *Link) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.tried == nil:
		return ErrNotConfigured
	case l.lost != nil:
		return l.lost
	}
	return l.ill
}

// Send writes to the device, whole, one sender after another. Right after the start it
// waits for the first try to connect; later it answers at once where there is no
// connection.
func (l *Link) Send(ctx context.Context, b []byte) error {
	ctx, cancel := context.WithTimeout(ctx, sendLimit)
	defer cancel()
	if err := l.Ready(ctx); errors.Is(err, ErrNotConfigured) {
		return err
	}
	l.mu.Lock()
	c, lost, sender := l.conn, l.lost, l.sender
	l.mu.Unlock()
	if c == nil {
		if lost == nil {
			lost = ErrConnecting
		}
		return lost
	}
	select {
	case sender <- struct{}{}:
		defer func() { <-sender }()
	case <-ctx.Done():
		return errBusy
	}
	if _, err := c.Write(ctx, b); err != nil {
		c.Close() // half a command may have left
		return fmt.Errorf("writing to %s: %w", l.name, err)
	}
	return nil
}

// Before is a context that ends a little before its parent's deadline, so that an
// answer given at the end still reaches the caller; and after most at the latest.
func Before(ctx context.Context, most time.Duration) (context.Context, context.CancelFunc) {
	if d, ok := ctx.Deadline(); ok {
		left := time.Until(d)
		most = min(most, left-min(left/4, 150*time.Millisecond))
	}
	return context.WithTimeout(ctx, most)
}
