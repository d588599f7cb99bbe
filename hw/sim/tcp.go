package sim

import (
	"bytes"
	"net"
	"sync"
	"time"
)

// Behaviour says how a network printer treats a connection.
type Behaviour struct {
	Status    bool          // answers DLE EOT and GS r 1
	PaperOut  bool          // and says that it has no paper
	Offline   bool          // and says that its cover is open
	Deaf      bool          // accepts and never reads
	ResetAt   int           // resets the connection after that many bytes; 0 = never
	StallAt   int           // stops reading after that many bytes; 0 = never
	Mute      bool          // answers DLE EOT, but never that a job was processed
	Slow      time.Duration // rest after each read
	ReadSizes int           // bytes a read; 0 = many
}

// NetPrinter is a printer that listens on a TCP port of this machine.
type NetPrinter struct {
	wg sync.WaitGroup

	mu     sync.Mutex
	l      net.Listener
	how    Behaviour
	turn   int // rises as the behaviour changes
	away   bool
	conns  map[net.Conn]bool
	jobs   [][]byte // the bytes of each connection, without questions
	closed bool
}

// NewNetPrinter listens on a free port.
func NewNetPrinter(how Behaviour) (*NetPrinter, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &NetPrinter{l: l, how: how, conns: map[net.Conn]bool{}}
	p.wg.Go(func() { p.accept(l) })
	return p, nil
}

// Addr is where it listens.
func (p *NetPrinter) Addr() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.l.Addr().String()
}

// Behave changes how later connections are treated; one that hangs ends.
func (p *NetPrinter) Behave(how Behaviour) {
	p.mu.Lock()
	p.how = how
	p.turn++
	p.mu.Unlock()
}

// Unplug takes the printer away until Plug; a second time changes nothing.
func (p *NetPrinter) Unplug() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.away = true
	p.turn++
	p.l.Close()
	for c := range p.conns {
		c.Close()
	}
}

// Plug brings it back at the same address; the error says that another program has
// taken the port meanwhile.
func (p *NetPrinter) Plug() error {
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

// Jobs answers the bytes of every connection that sent any, questions left out.
func (p *NetPrinter) Jobs() [][]byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out [][]byte
	for _, j := range p.jobs {
		if len(j) > 0 {
			out = append(out, bytes.Clone(j))
		}
	}
	return out
}

// Close ends the printer and every connection: the plug is pulled.
func (p *NetPrinter) Close() {
	p.mu.Lock()
	p.closed = true
	for c := range p.conns {
		c.Close()
	}
	p.l.Close()
	p.mu.Unlock()
	p.wg.Wait()
}

func (p *NetPrinter) accept(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		p.mu.Lock()
		if p.closed || p.away {
			p.mu.Unlock()
			c.Close()
			return
		}
		p.conns[c] = true
		p.jobs = append(p.jobs, nil)
		n, how := len(p.jobs)-1, p.how
		p.mu.Unlock()
		p.wg.Add(1)
		go func() {
			defer p.wg.Done()
			p.serve(c, n, how)
			c.Close()
			p.mu.Lock()
			delete(p.conns, c)
			p.mu.Unlock()
		}()
	}
}

func (p *NetPrinter) serve(c net.Conn, n int, how Behaviour) {
	if how.Deaf || how.StallAt > 0 || how.ResetAt > 0 {
		_ = c.(*net.TCPConn).SetReadBuffer(4096) // the network takes little on its behalf
	}
	if how.Deaf {
		p.hang(c)
		return
	}
	size := how.ReadSizes
	if size == 0 {
		size = 4096
	}
	buf, got := make([]byte, size), 0
	var pending []byte
	dots := 0 // of a picture, still to come
	for {
		k, err := c.Read(buf)
		pending = append(pending, buf[:k]...)
		for {
			answer, rest, data, more := take(pending, &dots, how)
			pending, got = rest, got+len(data)
			p.mu.Lock() // on paper before the answer that says so
			p.jobs[n] = append(p.jobs[n], data...)
			p.mu.Unlock()
			if answer != nil && how.Status {
				_, _ = c.Write(answer)
			}
			if !more {
				break
			}
		}
		switch {
		case err != nil:
			return
		case how.ResetAt > 0 && got >= how.ResetAt:
			_ = c.(*net.TCPConn).SetLinger(0)
			return
		case how.StallAt > 0 && got >= how.StallAt:
			p.hang(c)
			return
		}
		if how.Slow > 0 {
			time.Sleep(how.Slow)
		}
	}
}

// hang keeps the connection without reading until the printer is closed, or is told to
// behave otherwise.
func (p *NetPrinter) hang(net.Conn) {
	p.mu.Lock()
	turn := p.turn
	p.mu.Unlock()
	for {
		p.mu.Lock()
		over := p.closed || p.turn != turn
		p.mu.Unlock()
		if over {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// take parts the questions from the bytes to be printed. It answers one
// answer, what is left, what goes to paper, and whether to go on. What looks
// like a question behind the job is none among a picture's dots; a real-time
// one is, there too.
func take(b []byte, dots *int, how Behaviour) (answer, rest, paper []byte, more bool) {
	for i := range b {
		inside := *dots > 0
		if inside {
			*dots--
		}
		if inside && b[i] != 0x10 {
			continue
		}
		if b[i] != 0x10 && b[i] != 0x1d {
			continue
		}
		if i+2 >= len(b) || b[i] == 0x1d && b[i+1] == 'v' && i+7 >= len(b) {
			if inside {
				*dots++ // it is looked at again
			}
			return nil, b[i:], b[:i], false // perhaps the beginning of a question
		}
		switch {
		case b[i] == 0x1d && b[i+1] == 'v':
			*dots = (int(b[i+4])|int(b[i+5])<<8)*(int(b[i+6])|int(b[i+7])<<8) + 7 // with the rest of the command
		case b[i] == 0x10 && b[i+1] == 4:
			*dots = max(*dots-2, 0)
			a := byte(0x12)
			if b[i+2] == 1 && how.Offline {
				a |= 0x08
			}
			if b[i+2] == 4 && how.PaperOut {
				a |= 0x60
			}
			return []byte{a}, b[i+3:], b[:i], true
		case b[i] == 0x1d && b[i+1] == 'r':
			if how.Mute {
				return nil, b[i+3:], b[:i], true
			}
			return []byte{0}, b[i+3:], b[:i], true
		}
	}
	return nil, nil, b, false
}
