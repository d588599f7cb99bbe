package host

import (
	"net"
	"sync"
	"testing"
)

// cable is the line between both: it can be cut, and it can stand still.
type cable struct {
	l    net.Listener
	to   string
	mu   sync.Mutex
	cut  bool
	held chan struct{} // closed where it flows
	all  map[net.Conn]bool
}

func newCable(t *testing.T, to string) *cable {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &cable{l: l, to: to, held: make(chan struct{}), all: map[net.Conn]bool{}}
	close(w.held)
	t.Cleanup(func() { _ = l.Close(); w.down(true) })
	go func() {
		for {
			a, err := l.Accept()
			if err != nil {
				return
			}
			go w.join(a)
		}
	}()
	return w
}

func (w *cable) join(a net.Conn) {
	b, err := net.Dial("tcp", w.to)
	w.mu.Lock()
	if err != nil || w.cut {
		w.mu.Unlock()
		_ = a.Close()
		return
	}
	w.all[a], w.all[b] = true, true
	w.mu.Unlock()
	pipe := func(from, to net.Conn) {
		buf := make([]byte, 32<<10)
		for {
			n, err := from.Read(buf)
			w.mu.Lock()
			held := w.held
			w.mu.Unlock()
			<-held
			if err != nil {
				break
			}
			if _, err := to.Write(buf[:n]); err != nil {
				break
			}
		}
		_, _ = from.Close(), to.Close()
	}
	go pipe(a, b)
	go pipe(b, a)
}

// down cuts the line, or mends it.
func (w *cable) down(cut bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = cut
	if cut {
		for c := range w.all {
			_ = c.Close()
		}
		clear(w.all)
	}
}

// still lets nothing through, or everything that waits.
func (w *cable) still(on bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if on {
		w.held = make(chan struct{})
	} else {
		close(w.held)
	}
}
