package drivertest

import (
	"bytes"
	"net"
	"sync"
	"time"
)

// Paper is a device that takes a stream of bytes on a TCP port of this machine and
// keeps it: whatever a driver of a network printer sends to. It never answers. It
// can be made slow, stuck, cut off and unplugged. Safe for concurrent use.
type Paper struct {
	addr string

	mu      sync.Mutex
	changed *sync.Cond
	l       net.Listener // nil while it is unplugged
	conns   map[net.Conn]bool
	data    []byte // everything, in the order in which it came
	since   int    // bytes since the last change of behaviour
	how     paperHow
	closed  bool
	wg      sync.WaitGroup
}

// paperHow is how it behaves; the zero value takes everything at once.
type paperHow struct {
	stuck bool          // takes nothing
	cut   int           // hangs up after that many bytes; 0 = never
	at    int           // calls on once after that many bytes
	on    func()        // runs beside
	chunk int           // bytes at a time; 0 = many
	rest  time.Duration // between them
}

// NewPaper listens on a free port. Close it.
func NewPaper() (*Paper, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &Paper{addr: l.Addr().String(), conns: map[net.Conn]bool{}}
	p.changed = sync.NewCond(&p.mu)
	p.listen(l)
	return p, nil
}

// Addr is where it listens, unplugged or not: "127.0.0.1:40123".
func (p *Paper) Addr() string { return p.addr }

// Count says how often a job's attempt is on the paper, by the text
// "<job> #<attempt>" as ASCII.
func (p *Paper) Count(job string, attempt int) int { return p.count(mark(job, attempt)) }

// Bytes is what came so far.
func (p *Paper) Bytes() []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	return bytes.Clone(p.data)
}

func (p *Paper) count(text string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return bytes.Count(p.data, []byte(text))
}

func (p *Paper) behave(how paperHow) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.how, p.since = how, 0
	p.changed.Broadcast()
}

// Unplug hangs up on everybody and listens no more. Idempotent.
func (p *Paper) Unplug() {
	p.mu.Lock()
	l := p.l
	p.l = nil
	for c := range p.conns {
		hangUp(c)
	}
	p.mu.Unlock()
	if l != nil {
		l.Close()
	}
}

// Plug listens again, on the same port. Idempotent.
func (p *Paper) Plug() {
	p.mu.Lock()
	plugged := p.l != nil || p.closed
	p.mu.Unlock()
	if plugged {
		return
	}
	for range 100 { // the port may be in use for a moment
		if l, err := net.Listen("tcp", p.addr); err == nil {
			p.listen(l)
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// Close ends it for good.
func (p *Paper) Close() {
	p.mu.Lock()
	p.closed = true
	p.changed.Broadcast()
	p.mu.Unlock()
	p.Unplug()
	p.wg.Wait()
}

func hangUp(c net.Conn) {
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	c.Close()
}

func (p *Paper) listen(l net.Listener) {
	p.mu.Lock()
	p.l = l
	p.mu.Unlock()
	p.wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			if tcp, ok := c.(*net.TCPConn); ok {
				_ = tcp.SetReadBuffer(4096) // the system takes little on its behalf
			}
			p.mu.Lock()
			if p.l != l {
				p.mu.Unlock()
				hangUp(c)
				continue
			}
			p.conns[c] = true
			p.mu.Unlock()
			p.wg.Go(func() { p.serve(c) })
		}
	})
}

func (p *Paper) serve(c net.Conn) {
	defer func() {
		c.Close()
		p.mu.Lock()
		delete(p.conns, c)
		p.mu.Unlock()
	}()
	buf := make([]byte, 4096)
	for {
		p.mu.Lock()
		for p.how.stuck && !p.closed {
			p.changed.Wait()
		}
		how, closed := p.how, p.closed
		p.mu.Unlock()
		if closed {
			return
		}
		most := len(buf)
		if how.chunk > 0 {
			most = min(most, how.chunk)
		}
		n, err := c.Read(buf[:most])
		p.mu.Lock()
		p.data = append(p.data, buf[:n]...)
		p.since += n
		if p.how.on != nil && p.since >= p.how.at {
			go p.how.on()
			p.how.on = nil
		}
		cut := p.how.cut > 0 && p.since >= p.how.cut
		p.mu.Unlock()
		switch {
		case cut:
			hangUp(c)
			return
		case err != nil:
			return
		case how.rest > 0:
			time.Sleep(how.rest)
		}
	}
}
