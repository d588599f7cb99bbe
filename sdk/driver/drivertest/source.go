package drivertest

import (
	"net"
	"sync"
	"time"
)

// Source is a device on a TCP port of this machine that speaks by itself: whatever a
// scanner or a scale sends. What it is told it drops. Safe for concurrent use.
type Source struct {
	addr string

	mu     sync.Mutex
	l      net.Listener // nil while it is unplugged
	conns  map[net.Conn]bool
	closed bool
}

// NewSource listens on a free port. Close it.
func NewSource() (*Source, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &Source{addr: l.Addr().String(), conns: map[net.Conn]bool{}}
	s.listen(l)
	return s, nil
}

// Addr is where it listens, unplugged or not: "127.0.0.1:40123".
func (s *Source) Addr() string { return s.addr }

// Send sends a text to every driver that is connected.
func (s *Source) Send(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		_ = c.SetWriteDeadline(time.Now().Add(time.Second))
		_, _ = c.Write([]byte(text)) // a driver that is gone hears nothing
	}
}

// Unplug hangs up on everybody and listens no more. Idempotent.
func (s *Source) Unplug() {
	s.mu.Lock()
	l := s.l
	s.l = nil
	for c := range s.conns {
		hangUp(c)
		delete(s.conns, c)
	}
	s.mu.Unlock()
	if l != nil {
		l.Close()
	}
}

// Plug listens again, on the same port. Idempotent.
func (s *Source) Plug() {
	s.mu.Lock()
	plugged := s.l != nil || s.closed
	s.mu.Unlock()
	for n := 0; !plugged && n < 100; n++ { // the port may be in use for a moment
		if l, err := net.Listen("tcp", s.addr); err == nil {
			s.listen(l)
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// Close ends it for good.
func (s *Source) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.Unplug()
}

func (s *Source) listen(l net.Listener) {
	s.mu.Lock()
	s.l = l
	s.mu.Unlock()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			if s.l != l {
				s.mu.Unlock()
				hangUp(c)
				continue
			}
			s.conns[c] = true
			s.mu.Unlock()
			go func() {
				buf := make([]byte, 512)
				for {
					if _, err := c.Read(buf); err != nil {
						break
					}
				}
				c.Close()
				s.mu.Lock()
				delete(s.conns, c)
				s.mu.Unlock()
			}()
		}
	}()
}
