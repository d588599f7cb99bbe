package sim

import (
	"net"
	"sync"
)

// printerPort is the TCP port of a simulated printer; one connection is served
// at a time, as printers do.
type printerPort struct {
	l  net.Listener
	wg sync.WaitGroup

	mu     sync.Mutex
	closed bool
	conn   net.Conn
}

func listen(serve func(net.Conn)) (*printerPort, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &printerPort{l: l}
	p.wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			if p.take(c) {
				serve(c)
			}
			c.Close()
		}
	})
	return p, nil
}

func (p *printerPort) take(c net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conn = c
	return !p.closed
}

// Addr is where it listens.
func (p *printerPort) Addr() string { return p.l.Addr().String() }

// Close pulls the plug.
func (p *printerPort) Close() {
	p.mu.Lock()
	p.closed = true
	if p.conn != nil {
		p.conn.Close()
	}
	p.mu.Unlock()
	p.l.Close()
	p.wg.Wait()
}
