package driver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	hwv1 "github.com/shopwright/shopwright/sdk/driver/proto/shopwright/hw/v1"
)

// Client is the host's handle of a running driver. It satisfies every
// capability's interface; a call to a capability that the driver lacks answers ErrUnsupported.
type Client struct {
	driver   hwv1.DriverClient
	printer  hwv1.PrinterClient
	drawer   hwv1.DrawerClient
	display  hwv1.DisplayClient
	scale    hwv1.ScaleClient
	paybox   hwv1.PayBoxClient
	cards    hwv1.CardStationClient
	labels   hwv1.LabelerClient
	acquirer hwv1.AcquirerClient

	messenger   hwv1.MessengerClient
	identity    hwv1.IdentityClient
	memberCards hwv1.MemberCardClient
	storefront  hwv1.StorefrontClient
}

var (
	_ Printer = (*Client)(nil)
	_ Drawer  = (*Client)(nil)
)

// Dial makes a handle on a connection.
func Dial(c grpc.ClientConnInterface) *Client {
	return &Client{hwv1.NewDriverClient(c), hwv1.NewPrinterClient(c), hwv1.NewDrawerClient(c), hwv1.NewDisplayClient(c), hwv1.NewScaleClient(c),
		hwv1.NewPayBoxClient(c), hwv1.NewCardStationClient(c), hwv1.NewLabelerClient(c), hwv1.NewAcquirerClient(c),
		hwv1.NewMessengerClient(c), hwv1.NewIdentityClient(c), hwv1.NewMemberCardClient(c), hwv1.NewStorefrontClient(c)}
}

// CallOptions are what a host must dial with.
func CallOptions() []grpc.DialOption {
	return []grpc.DialOption{grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxMessage), grpc.MaxCallSendMsgSize(maxMessage))}
}

// Info asks who the driver is.
func (c *Client) Info(ctx context.Context) (Info, error) {
	r, err := c.driver.Info(ctx, &hwv1.InfoRequest{})
	if err != nil {
		return Info{}, errorIn(err)
	}
	return Info{ID: r.GetId(), Version: r.GetVersion(), Vendor: r.GetVendor(), Classes: r.GetClasses(), Capabilities: r.GetCapabilities()}, nil
}

// Serves reports whether the driver has a capability, by the name of its service
// without the package: "Printer", "Display".
func (i Info) Serves(capability string) bool {
	return slices.Contains(i.Capabilities, "shopwright.hw.v1."+capability)
}

// Prints reports whether the driver serves Printer.
func (i Info) Prints() bool { return i.Serves("Printer") }

// Kicks reports whether the driver serves Drawer.
func (i Info) Kicks() bool { return i.Serves("Drawer") }

// ConfigSchema asks for the JSON Schema of the settings.
func (c *Client) ConfigSchema(ctx context.Context) (json.RawMessage, error) {
	r, err := c.driver.ConfigSchema(ctx, &hwv1.ConfigSchemaRequest{})
	if err != nil {
		return nil, errorIn(err)
	}
	return json.RawMessage(r.GetJsonSchema()), nil
}

// Configure hands the settings over; wrong ones answer an ErrConfig whose text
// is for the shop.
func (c *Client) Configure(ctx context.Context, settings json.RawMessage) error {
	_, err := c.driver.Configure(ctx, &hwv1.ConfigureRequest{Json: string(settings)})
	if status.Code(err) == codes.InvalidArgument {
		return fmt.Errorf("%w: %s", ErrConfig, status.Convert(err).Message())
	}
	return errorIn(err)
}

// Health asks how the device is.
func (c *Client) Health(ctx context.Context) (Health, error) {
	r, err := c.driver.Health(ctx, &hwv1.HealthRequest{})
	if err != nil {
		return Health{}, errorIn(err)
	}
	return Health{r.GetState() == hwv1.HealthState_HEALTH_STATE_OK, r.GetReason()}, nil
}

// Devices calls changed with the list, at once and whenever it changes.
func (c *Client) Devices(ctx context.Context, changed func([]Device) error) error {
	stream, err := c.driver.Devices(ctx, &hwv1.DevicesRequest{})
	if err != nil {
		return errorIn(err)
	}
	for {
		r, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return errorIn(err)
		}
		ds := make([]Device, len(r.GetDevices()))
		for i, d := range r.GetDevices() {
			ds[i] = Device{ID: d.GetId(), Class: d.GetClass(), Name: d.GetName(), Capabilities: d.GetCapabilities(),
				Health: Health{d.GetHealth() == hwv1.HealthState_HEALTH_STATE_OK, d.GetReason()}}
		}
		if err := changed(ds); err != nil {
			return err
		}
	}
}

// Events calls happened for every event after that number.
func (c *Client) Events(ctx context.Context, since uint64, happened func(*Event) error) error {
	stream, err := c.driver.Events(ctx, &hwv1.EventsRequest{Since: since})
	if err != nil {
		return errorIn(err)
	}
	for {
		e, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return errorIn(err)
		}
		if err := happened(e); err != nil {
			return err
		}
	}
}

// Submit prints a job.
func (c *Client) Submit(ctx context.Context, job Job) (JobStatus, error) {
	in := &hwv1.SubmitRequest{JobId: job.ID, Attempt: int32(job.Attempt), Device: job.Device}
	if job.Document != nil {
		in.Payload = &hwv1.SubmitRequest_Document{Document: job.Document}
	} else {
		in.Payload = &hwv1.SubmitRequest_Raw{Raw: job.Raw}
	}
	return jobIn(c.printer.Submit(ctx, in))
}

// JobStatus asks for a job.
func (c *Client) JobStatus(ctx context.Context, key JobKey) (JobStatus, error) {
	return jobIn(c.printer.JobStatus(ctx, &hwv1.JobRequest{JobId: key.ID, Attempt: int32(key.Attempt)}))
}

// Cancel stops a job of which no byte has left.
func (c *Client) Cancel(ctx context.Context, key JobKey) (JobStatus, error) {
	return jobIn(c.printer.Cancel(ctx, &hwv1.JobRequest{JobId: key.ID, Attempt: int32(key.Attempt)}))
}

// Open opens a drawer.
func (c *Client) Open(ctx context.Context, id, device string, pin int) error {
	_, err := c.drawer.Open(ctx, &hwv1.OpenRequest{Id: id, Device: device, Pin: int32(pin)})
	return errorIn(err)
}

func jobIn(r *hwv1.JobReply, err error) (JobStatus, error) {
	if err != nil {
		return JobStatus{}, errorIn(err)
	}
	return JobStatus{JobState(r.GetState()), r.GetReason()}, nil
}

func errorIn(err error) error {
	if status.Code(err) == codes.Unimplemented {
		return fmt.Errorf("%w: %s", ErrUnsupported, status.Convert(err).Message())
	}
	return err
}
