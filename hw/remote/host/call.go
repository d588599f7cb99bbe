package host

import (
	"context"
	"errors"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/hw/remote"
)

// call makes a call to a driver, unless it comes too late.
func (h *Host) call(ctx context.Context, c remote.Call) remote.Answer {
	body, err := h.obey(ctx, c)
	if err == nil {
		return remote.Answer{ID: c.ID, Body: body}
	}
	st := status.Convert(err)
	var f *fault.Fault
	if errors.As(err, &f) {
		st = status.New(codes.FailedPrecondition, f.Error())
	}
	return remote.Answer{ID: c.ID, Code: uint32(st.Code()), Message: st.Message()}
}

func (h *Host) obey(ctx context.Context, c remote.Call) ([]byte, error) {
	left := clock.Instant(c.Micros).Sub(h.link.times.latest(time.Now()))
	if left <= 0 {
		return nil, status.Error(codes.DeadlineExceeded, "it came too late")
	}
	if _, ours := h.runs()[c.Device]; !ours {
		return nil, status.Error(codes.Unavailable, "this device is not at this host")
	}
	ctx, cancel := context.WithTimeout(ctx, left)
	defer cancel()
	switch c.Method {
	case remote.AskKill:
		return nil, h.drivers.Kill(c.Device)
	case remote.AskRestart:
		return nil, h.drivers.Restart(c.Device)
	case remote.AskRecord:
		return h.record(c.Device)
	}
	in, out, err := messages(c.Method)
	if err != nil {
		return nil, err
	}
	if err := proto.Unmarshal(c.Body, in); err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	conn, ok := h.drivers.Conn(c.Device)
	if !ok {
		return nil, status.Error(codes.Unavailable, "the driver is not running")
	}
	if err := conn.Invoke(ctx, c.Method, in, out); err != nil {
		return nil, err
	}
	return proto.Marshal(out)
}

// messages makes the request and the reply of a capability's method. What a driver is
// started and supervised with is the host's own matter.
func messages(method string) (in, out proto.Message, err error) {
	unknown := status.Error(codes.Unimplemented, "this host does not know "+method)
	service, name, ok := strings.Cut(strings.TrimPrefix(method, "/"), "/")
	if !ok || !strings.HasPrefix(service, "shopwright.hw.v1.") || service == "shopwright.hw.v1.Driver" {
		return nil, nil, unknown
	}
	d, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(service))
	s, ok := d.(protoreflect.ServiceDescriptor)
	if err != nil || !ok {
		return nil, nil, unknown
	}
	m := s.Methods().ByName(protoreflect.Name(name))
	if m == nil || m.IsStreamingServer() || m.IsStreamingClient() {
		return nil, nil, unknown
	}
	a, err := protoregistry.GlobalTypes.FindMessageByName(m.Input().FullName())
	b, err2 := protoregistry.GlobalTypes.FindMessageByName(m.Output().FullName())
	if err != nil || err2 != nil {
		return nil, nil, unknown
	}
	return a.New().Interface(), b.New().Interface(), nil
}
