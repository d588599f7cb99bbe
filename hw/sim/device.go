package sim

import (
	"net"
	"sync"
	"time"

	"github.com/shopwright/shopwright/core/clock"
)

// Device is the end of a device's line: it listens on a port of this machine, and a
// driver set to its Address talks to the device. What the device says goes to
// everyone who is connected.
type Device struct {
	l    net.Listener
	took func(b []byte) // called with what the device is told, one call at a time
	wg   sync.WaitGroup

	order sync.Mutex // around took

	mu     sync.Mutex
	conns  map[net.Conn]bool
	closed bool
	away   bool
}

// NewDevice listens on a free port; took is called with what comes.
func NewDevice(took func(b []byte)) (*Device, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	n := &Device{l: l, took: took, conns: map[net.Conn]bool{}}
	n.wg.Go(func() { n.accept(l) })
	return n, nil
}

// Address is what a driver is set to: "tcp:127.0.0.1:40000".
func (n *Device) Address() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return "tcp:" + n.l.Addr().String()
}

// Connected is how many are connected.
func (n *Device) Connected() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.conns)
}

// Say sends to everyone who is connected.
func (n *Device) Say(b []byte) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for c := range n.conns {
		_ = c.SetWriteDeadline(clock.System{}.Now().Add(sayLimit).Time()) // who does not listen does not hold up the device
		_, _ = c.Write(b)
	}
}

// sayLimit is how long a listener may hold up a device.
const sayLimit = time.Second

// HangUp ends every connection; who connects again is connected again.
func (n *Device) HangUp() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for c := range n.conns {
		c.Close()
	}
}

// Unplug takes the device away until Plug.
func (n *Device) Unplug() {
	n.mu.Lock()
	n.away = true
	n.l.Close()
	n.mu.Unlock()
	n.HangUp()
}

// Plug brings it back at the same address; the error says that another program has
// taken the port meanwhile.
func (n *Device) Plug() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.away || n.closed {
		return nil
	}
	l, err := net.Listen("tcp", n.l.Addr().String())
	if err != nil {
		return err
	}
	n.l, n.away = l, false
	n.wg.Go(func() { n.accept(l) })
	return nil
}

// Close switches the device off.
func (n *Device) Close() {
	n.mu.Lock()
	n.closed = true
	for c := range n.conns {
		c.Close()
	}
	n.l.Close()
	n.mu.Unlock()
	n.wg.Wait()
}

func (n *Device) accept(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		n.mu.Lock()
		if n.closed || n.away {
			n.mu.Unlock()
			c.Close()
			return
		}
		n.conns[c] = true
		n.mu.Unlock()
		n.wg.Go(func() {
			buf := make([]byte, 4096)
			for {
				k, err := c.Read(buf)
				if k > 0 {
					n.order.Lock()
					n.took(buf[:k])
					n.order.Unlock()
				}
				if err != nil {
					break
				}
			}
			c.Close()
			n.mu.Lock()
			delete(n.conns, c)
			n.mu.Unlock()
		})
	}
}
