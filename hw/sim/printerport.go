package sim

import (
	"net"
	"sync"
)

// printerPort is the TCP port of a simulated printer; one connection is served
// at a time, as printers do.
type printerPort struct {
	wg    sync.WaitGroup
	serve func(net.Conn)

	mu     sync.Mutex
	l      net.Listener
	closed bool
	away   bool
	conn   net.Conn
}

func listen(serve func(net.Conn)) (*printerPort, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &printerPort{l: l, serve: serve}
	p.wg.Go(func() { p.accept(l) })
	return p, nil
}

func (p *printerPort) accept(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		if p.take(c) {
			p.serve(c)
		}
		c.Close()
	}
}

func (p *printerPort) take(c net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conn = c
	return !p.closed && !p.away
}

// Unplug takes the printer away until Plug; a second time changes nothing.
func (p *printerPort) Unplug() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.away = true
	p.l.Close()
	if p.conn != nil {
		p.conn.Close()
	}
}

// Plug brings it back at the same address; the error says that another program has
// taken the port meanwhile.
func (p *printerPort) Plug() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.away || p.closed {
		return nil
	}
	l, err := net.Listen("tcp", p.l.Addr().String())
	if err != nil {
		return err
	}
	p.l, p.away = l, false
	p.wg.Go(func() { p.accept(l) })
	return nil
}

// Addr is where it listens.
func (p *printerPort) Addr() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.l.Addr().String()
}

// Close pulls the plug.
func (p *printerPort) Close() {
	p.mu.Lock()
	p.closed = true
	if p.conn != nil {
		p.conn.Close()
	}
	p.l.Close()
	p.mu.Unlock()
	p.wg.Wait()
}
