package driver

import (
	"context"
	"encoding/json"
	"errors"
	"os"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	hwv1 "github.com/shopwright/shopwright/sdk/driver/proto/shopwright/hw/v1"
)

// Register serves a driver and the capabilities it implements. Serve calls it;
// tests use it to serve a driver in their own process.
func Register(s *grpc.Server, d Driver) {
	capabilities := []string{hwv1.Driver_ServiceDesc.ServiceName}
	if p, ok := d.(Printer); ok {
		hwv1.RegisterPrinterServer(s, printerServer{impl: p})
		capabilities = append(capabilities, hwv1.Printer_ServiceDesc.ServiceName)
	}
	if w, ok := d.(Drawer); ok {
		hwv1.RegisterDrawerServer(s, drawerServer{impl: w})
		capabilities = append(capabilities, hwv1.Drawer_ServiceDesc.ServiceName)
	}
	capabilities = append(capabilities, registerCounter(s, d)...)
	capabilities = append(capabilities, registerAcquirer(s, d)...)
	capabilities = append(capabilities, registerMessenger(s, d)...)
	capabilities = append(capabilities, registerIdentity(s, d)...)
	capabilities = append(capabilities, registerMemberCard(s, d)...)
	capabilities = append(capabilities, registerStorefront(s, d)...)
	hwv1.RegisterDriverServer(s, driverServer{impl: d, capabilities: capabilities})
}

type driverServer struct {
	hwv1.UnimplementedDriverServer
	impl         Driver
	capabilities []string
}

func (s driverServer) Info(context.Context, *hwv1.InfoRequest) (*hwv1.InfoReply, error) {
	i := s.impl.Info()
	return &hwv1.InfoReply{Id: i.ID, Version: i.Version, Vendor: i.Vendor, Classes: i.Classes, Capabilities: s.capabilities}, nil
}

func (s driverServer) ConfigSchema(context.Context, *hwv1.ConfigSchemaRequest) (*hwv1.ConfigSchemaReply, error) {
	if c, ok := s.impl.(Configurable); ok {
		return &hwv1.ConfigSchemaReply{JsonSchema: string(c.ConfigSchema())}, nil
	}
	return &hwv1.ConfigSchemaReply{JsonSchema: `{"type":"object","additionalProperties":false}`}, nil
}

func (s driverServer) Configure(ctx context.Context, in *hwv1.ConfigureRequest) (*hwv1.ConfigureReply, error) {
	if c, ok := s.impl.(Configurable); ok {
		settings := json.RawMessage(in.GetJson())
		if len(settings) == 0 {
			settings = json.RawMessage("{}")
		}
		if err := c.Configure(ctx, settings); err != nil {
			return nil, status.Error(codes.InvalidArgument, err.Error())
		}
	}
	return &hwv1.ConfigureReply{}, nil
}

func (s driverServer) Devices(_ *hwv1.DevicesRequest, out grpc.ServerStreamingServer[hwv1.DevicesReply]) error {
	send := func(ds []Device) error {
		r := &hwv1.DevicesReply{}
		for _, d := range ds {
			state, reason := healthOut(d.Health)
			r.Devices = append(r.Devices, &hwv1.Device{Id: d.ID, Class: d.Class, Name: d.Name, Capabilities: d.Capabilities, Health: state, Reason: reason})
		}
		return out.Send(r)
	}
	if l, ok := s.impl.(Lister); ok {
		return l.Devices(out.Context(), send)
	}
	if err := send(nil); err != nil {
		return err
	}
	<-out.Context().Done()
	return nil
}

func (s driverServer) Events(in *hwv1.EventsRequest, out grpc.ServerStreamingServer[hwv1.Event]) error {
	if e, ok := s.impl.(Eventful); ok {
		return e.Events(out.Context(), in.GetSince(), out.Send)
	}
	<-out.Context().Done()
	return nil
}

func (s driverServer) Health(ctx context.Context, _ *hwv1.HealthRequest) (*hwv1.HealthReply, error) {
	h := Health{OK: true}
	if c, ok := s.impl.(Checker); ok {
		h = c.Health(ctx)
	}
	if !h.OK && leave.more() {
		Logger().Info("ending to be started with a device that was plugged in since", "reason", h.Reason)
		os.Exit(ExitRenew)
	}
	state, reason := healthOut(h)
	return &hwv1.HealthReply{State: state, Reason: reason}, nil
}

func healthOut(h Health) (hwv1.HealthState, string) {
	if h.OK {
		return hwv1.HealthState_HEALTH_STATE_OK, ""
	}
	return hwv1.HealthState_HEALTH_STATE_DEGRADED, h.Reason
}

type printerServer struct {
	hwv1.UnimplementedPrinterServer
	impl Printer
}

func (s printerServer) Submit(ctx context.Context, in *hwv1.SubmitRequest) (*hwv1.JobReply, error) {
	if in.GetJobId() == "" || in.GetAttempt() < 1 {
		return nil, errJob
	}
	return jobOut(s.impl.Submit(ctx, Job{
		JobKey:   JobKey{in.GetJobId(), int(in.GetAttempt())},
		Device:   in.GetDevice(),
		Document: in.GetDocument(),
		Raw:      in.GetRaw(),
	}))
}

func (s printerServer) JobStatus(ctx context.Context, in *hwv1.JobRequest) (*hwv1.JobReply, error) {
	return jobOut(s.impl.JobStatus(ctx, JobKey{in.GetJobId(), int(in.GetAttempt())}))
}

func (s printerServer) Cancel(ctx context.Context, in *hwv1.JobRequest) (*hwv1.JobReply, error) {
	return jobOut(s.impl.Cancel(ctx, JobKey{in.GetJobId(), int(in.GetAttempt())}))
}

func jobOut(st JobStatus, err error) (*hwv1.JobReply, error) {
	if err != nil {
		return nil, errorOut(err)
	}
	return &hwv1.JobReply{State: hwv1.JobState(st.State), Reason: st.Reason}, nil
}

type drawerServer struct {
	hwv1.UnimplementedDrawerServer
	impl Drawer
}

func (s drawerServer) Open(ctx context.Context, in *hwv1.OpenRequest) (*hwv1.OpenReply, error) {
	if err := s.impl.Open(ctx, in.GetId(), in.GetDevice(), int(in.GetPin())); err != nil {
		return nil, errorOut(err)
	}
	return &hwv1.OpenReply{}, nil
}

// Calls that no host makes.
var (
	errJob     = status.Error(codes.InvalidArgument, "a job needs an id and an attempt from 1")
	errPayment = status.Error(codes.InvalidArgument, "a payment needs a reference and an amount")
)

// answer is a reply, or the error that took its place.
func answer[T any](reply *T, err error) (*T, error) {
	if err != nil {
		return nil, errorOut(err)
	}
	return reply, nil
}

func errorOut(err error) error {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return status.Error(codes.DeadlineExceeded, err.Error())
	case errors.Is(err, context.Canceled):
		return status.Error(codes.Canceled, err.Error())
	case errors.Is(err, ErrUnsupported):
		return status.Error(codes.Unimplemented, err.Error())
	}
	return status.Error(codes.Unknown, err.Error())
}
