package remote

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/sdk/driver"
)

// callLimit is how long a call may take whose caller named no limit.
const callLimit = 30 * time.Second

// Printer answers the handle of a driver that can print now, for the page that tries
// it; print jobs go the way of the queue.
func (h *Hosts) Printer(dev string) (driver.Printer, bool) { return h.serving(dev, "Printer") }

// Drawer answers the handle of a driver that can open a drawer now.
func (h *Hosts) Drawer(dev string) (driver.Drawer, bool) { return h.serving(dev, "Drawer") }

// Display answers the handle of a driver that can show something now.
func (h *Hosts) Display(dev string) (driver.Display, bool) { return h.serving(dev, "Display") }

// Scale answers the handle of a driver that can weigh now.
func (h *Hosts) Scale(dev string) (driver.Scale, bool) { return h.serving(dev, "Scale") }

// PayBox answers the handle of a driver that can announce an amount now.
func (h *Hosts) PayBox(dev string) (driver.PayBox, bool) { return h.serving(dev, "PayBox") }

// CardStation answers the handle of a driver that can read and write cards now.
func (h *Hosts) CardStation(dev string) (driver.CardStation, bool) {
	return h.serving(dev, "CardStation")
}

// Labeler answers the handle of a driver that can print labels now.
func (h *Hosts) Labeler(dev string) (driver.Labeler, bool) { return h.serving(dev, "Labeler") }

func (h *Hosts) serving(dev, capability string) (*driver.Client, bool) {
	d, err := id.Parse(dev)
	if err != nil {
		return nil, false
	}
	st, err := h.Status(d)
	if err != nil || !st.Usable || !slices.Contains(st.Capabilities, methodPrefix+capability) {
		return nil, false
	}
	return driver.Dial(&conn{h, d}), true
}

// methodPrefix begins the services of the driver protocol.
const methodPrefix = "shopwright.hw.v1."

// Do asks a device's host for something that is not the driver's: one of the Ask
// constants. Faults: hw.host_away, hw.host_not_running, which wraps what the host says.
func (h *Hosts) Do(ctx context.Context, dev id.ID, what string) ([]byte, error) {
	a, err := h.call(ctx, dev, what, nil)
	if err != nil {
		return nil, err
	}
	if a.Code != 0 {
		return nil, ErrNotRun.Wrap(errors.New(a.Message))
	}
	return a.Body, nil
}

// call sends a call over the host's stream and waits for its answer, no longer than
// ctx. A call that went out may have been made, whatever is answered here.
func (h *Hosts) call(ctx context.Context, dev id.ID, method string, body []byte) (Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, callLimit) // the caller's own limit is the earlier one
	defer cancel()
	until, _ := ctx.Deadline()
	now := h.o.Clock.Now()
	c := Call{ID: rand.Text(), Device: dev, Method: method, Body: body, Until: now.Add(left(until))}
	c.Micros = int64(c.Until)
	w := &waiting{answer: make(chan Answer, 1)}
	h.mu.Lock()
	v := h.hosts[h.devices[dev]]
	if v == nil || v.line == nil {
		h.mu.Unlock()
		return Answer{}, ErrAway
	}
	w.host, w.line = h.devices[dev], v.line
	select {
	case w.line.calls <- c:
		h.calls[c.ID] = w
	default: // it takes nothing any more
		h.mu.Unlock()
		return Answer{}, ErrAway
	}
	h.mu.Unlock()
	defer func() {
		h.mu.Lock()
		delete(h.calls, c.ID)
		h.mu.Unlock()
	}()
	select {
	case a := <-w.answer:
		return a, nil
	case <-w.line.gone:
		return Answer{}, ErrAway
	case <-ctx.Done():
		return Answer{}, ctx.Err()
	}
}

// left is how long it is until then, by the clock that contexts go by.
func left(until time.Time) time.Duration { return clock.Of(until).Sub(clock.System{}.Now()) }

// conn is the connection to a driver at a host.
type conn struct {
	h   *Hosts
	dev id.ID
}

var _ grpc.ClientConnInterface = (*conn)(nil)

// Invoke implements grpc.ClientConnInterface.
func (c *conn) Invoke(ctx context.Context, method string, args, reply any, _ ...grpc.CallOption) error {
	in, ok := args.(proto.Message)
	out, ok2 := reply.(proto.Message)
	if !ok || !ok2 {
		return status.Error(codes.Internal, "not a message of the protocol")
	}
	body, err := proto.Marshal(in)
	if err != nil {
		return status.Error(codes.Internal, err.Error())
	}
	a, err := c.h.call(ctx, c.dev, method, body)
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return status.FromContextError(err).Err()
	case err != nil:
		return status.Error(codes.Unavailable, "the device host is away")
	case a.Code != 0:
		return status.Error(codes.Code(a.Code), a.Message)
	}
	if err := proto.Unmarshal(a.Body, out); err != nil {
		return status.Error(codes.Internal, err.Error())
	}
	return nil
}

// NewStream implements grpc.ClientConnInterface: what streams are for, a host tells by
// itself.
func (c *conn) NewStream(context.Context, *grpc.StreamDesc, string, ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, status.Error(codes.Unimplemented, "a device host is asked for no streams")
}
