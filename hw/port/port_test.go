package port

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestAddresses(t *testing.T) {
	for _, good := range []string{"tcp:192.168.1.20:9100", "tcp:[::1]:9100", "serial:/dev/ttyUSB0", "serial:COM3?baud=115200&bits=7&parity=even&stop=2", "file:/dev/usb/lp0", `file:\\.\USB001`} {
		if _, err := Parse(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	a, err := Parse("serial:COM3?baud=2400")
	if err != nil || a.String() != "serial:COM3" || a.mode.BaudRate != 2400 || a.mode.DataBits != 8 {
		t.Errorf("%+v %v", a, err)
	}
	for _, bad := range []string{"", "x", "tcp:", "tcp:host", "tcp::9100", "tcp:h:0", "tcp:h:99999", "udp:h:1", "file:lp0", "serial:", "serial:?baud=1", "serial:COM3?baud=1", "serial:COM3?parity=maybe", "serial:COM3?colour=red", "serial:COM3?bits=9"} {
		if _, err := Parse(bad); err == nil {
			t.Errorf("%q is an address", bad)
		}
	}
}

// peer is the other end of a connection.
func peer(t *testing.T) (*Conn, net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	a, err := Parse("tcp:" + l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	c, err := a.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	other, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(); other.Close() })
	return c, other
}

func soon(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	t.Cleanup(cancel)
	return ctx
}

func TestLines(t *testing.T) {
	c, other := peer(t)
	go func() {
		for _, s := range []string{"a", "b\r\ncd", "\n", "0123456789abc", "d\nxy"} {
			_, _ = io.WriteString(other, s)
			time.Sleep(5 * time.Millisecond)
		}
	}()
	for _, want := range []string{"ab", "", "cd", "0123456789", "abcd"} {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		got, err := c.ReadLine(ctx, "\r\n", 10)
		cancel()
		if err != nil || string(got) != want {
			t.Fatalf("%q %v, want %q", got, err, want)
		}
	}
	if _, err := c.ReadLine(soon(t), "\n", 10); !errors.Is(err, ErrSilent) {
		t.Error(err)
	}
	_, _ = io.WriteString(other, "z\n") // what came before the silence is not lost
	if got, err := c.ReadLine(t.Context(), "\n", 10); err != nil || string(got) != "xyz" {
		t.Errorf("%q %v", got, err)
	}
	other.Close()
	if _, err := c.Read(t.Context()); !errors.Is(err, io.EOF) {
		t.Error(err)
	}
}

func TestAStalledWriteEndsAndSaysWhatMayHaveLeft(t *testing.T) {
	c, _ := peer(t)
	b := bytes.Repeat([]byte("x"), 64<<20) // more than the network takes on a peer's behalf
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	sent, err := c.Write(ctx, b)
	if !errors.Is(err, ErrStalled) || sent == 0 || sent >= len(b) {
		t.Errorf("%d %v", sent, err)
	}
	if n, err := c.Write(ctx, b); n != 0 || err == nil {
		t.Errorf("a port that stalled is used again: %d %v", n, err)
	}
}

func TestKeepConnectsAgain(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	a, err := Parse("tcp:" + l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	notes, lines := make(chan error, 100), make(chan string, 100)
	over := make(chan struct{})
	go func() {
		defer close(over)
		Keep(ctx, a, func(err error) { notes <- err }, func(ctx context.Context, c *Conn) error {
			for {
				line, err := c.ReadLine(ctx, "\n", 80)
				if err != nil {
					return err
				}
				lines <- string(line)
			}
		})
	}()
	for _, word := range []string{"first", "second"} {
		other, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(other, word+"\n")
		if got := <-lines; got != word {
			t.Errorf("%q", got)
		}
		other.Close()
		if err := <-notes; err != nil {
			t.Error(err)
		}
		if err := <-notes; err == nil || !strings.Contains(err.Error(), "hung up") {
			t.Error(err)
		}
	}
	l.Close()
	for err := range notes {
		if err != nil && strings.Contains(err.Error(), "no connection") {
			break
		}
	}
	cancel()
	<-over
}

// nervous is a line whose calls are interrupted now and then, after a part of the bytes.
type nervous struct {
	calls int
	got   bytes.Buffer
}

func (n *nervous) Read([]byte) (int, error) { return 0, io.EOF }
func (n *nervous) Close() error             { return nil }

func (n *nervous) Write(p []byte) (int, error) {
	if n.calls++; n.calls%2 == 1 {
		return 0, syscall.EINTR
	}
	n.got.Write(p[:(len(p)+1)/2])
	return (len(p) + 1) / 2, nil
}

func (n *nervous) Drain() error {
	if n.calls++; n.calls%3 != 0 {
		return syscall.EINTR
	}
	return nil
}

func TestAnInterruptedCallIsMadeAgain(t *testing.T) {
	line := &nervous{}
	c := newConn(line)
	defer c.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	want := bytes.Repeat([]byte("receipt "), 200)
	if sent, err := c.Write(ctx, want); err != nil || sent != len(want) {
		t.Fatal(sent, err)
	}
	if err := c.Drain(ctx); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(line.got.Bytes(), want) {
		t.Errorf("%d bytes arrived of %d", line.got.Len(), len(want))
	}
}
