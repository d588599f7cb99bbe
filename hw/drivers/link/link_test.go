package link

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/shopwright/shopwright/hw/port"
)

func TestBytes(t *testing.T) {
	for in, want := range map[string]string{`a\r\n\t\e\\\x02\xfFz`: "a\r\n\t\x1b\\\x02\xffz", "": "", "¥": "¥"} {
		if got, err := Bytes(in); err != nil || got != want {
			t.Errorf("%q: %q %v", in, got, err)
		}
	}
	for _, bad := range []string{`\`, `\q`, `\x`, `\x1`, `\xgg`} {
		if got, err := Bytes(bad); err == nil {
			t.Errorf("%q: %q", bad, got)
		}
	}
}

func TestDecode(t *testing.T) {
	v := struct{ A int }{7}
	if err := Decode(json.RawMessage(`{}`), &v); err != nil || v.A != 7 {
		t.Errorf("%+v %v", v, err)
	}
	for _, bad := range []string{``, `{"b":1}`, `{"a":"x"}`, `{} {}`, `[]`} {
		if Decode(json.RawMessage(bad), &v) == nil {
			t.Errorf("%q was taken", bad)
		}
	}
	if s := Schema("address", AddressMember, `"b": {"type": "boolean"}`); !json.Valid(s) || !strings.Contains(string(s), `"required": ["address"]`) {
		t.Errorf("%s", s)
	}
}

// opened is a way to open one end of a pipe again and again; the other ends come on
// the channel.
func opened() (func(context.Context) (*port.Conn, error), <-chan net.Conn) {
	others := make(chan net.Conn, 10)
	return func(context.Context) (*port.Conn, error) {
		here, there := net.Pipe()
		others <- there
		return port.Over(here), nil
	}, others
}

func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for n := 0; !ok(); n++ {
		if n > 2000 {
			t.Fatalf("not within ten seconds: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func TestHealthFollowsTheConnection(t *testing.T) {
	var l Link
	if h := l.Health(); h.OK || h.Reason != ErrNotConfigured.Error() || !errors.Is(l.Send(t.Context(), nil), ErrNotConfigured) {
		t.Errorf("%+v", h)
	}
	open, others := opened()
	l.StartOpen("the box", open, func(ctx context.Context, c *port.Conn) error {
		for {
			if _, err := c.Read(ctx); err != nil {
				return err
			}
		}
	})
	defer l.Close()
	other := <-others
	until(t, "well", func() bool { return l.Health().OK })
	ill := errors.New("it has no ink")
	l.Ill(ill)
	if h := l.Health(); h.OK || h.Reason != ill.Error() {
		t.Errorf("%+v", h)
	}
	other.Close()
	until(t, "gone", func() bool { h := l.Health(); return !h.OK && strings.Contains(h.Reason, "the box hung up") })
	other = <-others
	until(t, "well again: the illness was of the old connection", func() bool { return l.Health().OK })
	got := make(chan string)
	go func() {
		b := make([]byte, 5)
		_, _ = io.ReadFull(other, b)
		got <- string(b)
	}()
	if err := l.Send(t.Context(), []byte("hello")); err != nil {
		t.Error(err)
	}
	if s := <-got; s != "hello" {
		t.Errorf("%q", s)
	}
	l.Close()
	if err := l.Send(t.Context(), []byte("x")); err == nil {
		t.Error("it writes to a closed device")
	}
}

// A device that takes nothing is hung up on, and the next connection works.
func TestAStalledWriteEndsTheConnection(t *testing.T) {
	var l Link
	open, others := opened()
	l.StartOpen("the box", open, func(ctx context.Context, c *port.Conn) error {
		_, err := c.Read(ctx)
		return err
	})
	defer l.Close()
	<-others // nobody reads from it
	until(t, "connected", func() bool { return l.Err() == nil })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := l.Send(ctx, []byte("hello")); !errors.Is(err, port.ErrStalled) {
		t.Error(err)
	}
	<-others
	until(t, "connected again", func() bool { return l.Err() == nil })
}

func TestBefore(t *testing.T) {
	caller, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	ctx, end := Before(caller, time.Hour)
	defer end()
	d, _ := ctx.Deadline()
	c, _ := caller.Deadline()
	if left := c.Sub(d); left < 100*time.Millisecond || left > 200*time.Millisecond {
		t.Errorf("%v are left for the answer", left)
	}
	ctx, end2 := Before(t.Context(), time.Minute)
	defer end2()
	if d, ok := ctx.Deadline(); !ok || time.Until(d) > time.Minute {
		t.Error("it waits without limit")
	}
}
