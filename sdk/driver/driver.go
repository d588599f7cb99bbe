package driver

import (
	"context"
	"encoding/json"
	"errors"

	hwv1 "github.com/shopwright/shopwright/sdk/driver/proto/shopwright/hw/v1"
)

// Info says who a driver is.
type Info struct {
	ID           string // "escpos-net"
	Version      string // semantic version
	Vendor       string
	Classes      []string // UnifiedPOS names: "POSPrinter", "CashDrawer"
	Capabilities []string // filled in by Serve
}

// Driver is implemented by every driver.
type Driver interface {
	Info() Info
}

// Configurable is implemented by drivers that have settings.
type Configurable interface {
	// ConfigSchema is the JSON Schema of the settings.
	ConfigSchema() json.RawMessage
	// Configure takes the settings, once, before any other call but Info and
	// ConfigSchema. An error ends the start; its text is shown to the shop.
	Configure(ctx context.Context, settings json.RawMessage) error
}

// Health is how a device is.
type Health struct {
	OK     bool
	Reason string // why not, for people: "no paper"
}

// Checker is implemented by drivers that know how their device is. Health must
// answer at once from what is known; a driver without it is always healthy
// while it answers.
type Checker interface {
	Health(ctx context.Context) Health
}

// Device is one thing that a driver sees.
type Device struct {
	ID           string // stable over restarts
	Class        string
	Name         string
	Capabilities []string
	Health       Health
}

// Lister is implemented by drivers that find devices by themselves.
type Lister interface {
	// Devices calls changed with the whole list, at once and whenever it
	// changes, until ctx ends or changed answers an error.
	Devices(ctx context.Context, changed func([]Device) error) error
}

// Event is something that a device reported; the message is the protocol's.
type Event = hwv1.Event

// Eventful is implemented by drivers whose devices report by themselves.
type Eventful interface {
	// Events calls happened for every event after that number (0 = from now
	// on) until ctx ends or happened answers an error.
	Events(ctx context.Context, since uint64, happened func(*Event) error) error
}

// Document is a receipt as blocks; the message is the protocol's.
type Document = hwv1.Document

// JobKey names one attempt to print a job.
type JobKey struct {
	ID      string
	Attempt int // from 1
}

// Job is what a printer is to print: a document, or bytes in its own language.
type Job struct {
	JobKey
	Device   string // "" = the driver's only one
	Document *Document
	Raw      []byte
}

// JobState is where a job stands with the driver.
type JobState int32

// The states of a job. The line that matters runs between those of which no
// byte has left and the others.
const (
	JobUnknown   = JobState(hwv1.JobState_JOB_STATE_UNKNOWN)   // the driver cannot tell
	JobPending   = JobState(hwv1.JobState_JOB_STATE_PENDING)   // accepted, no byte has left
	JobSending   = JobState(hwv1.JobState_JOB_STATE_SENDING)   // bytes are leaving
	JobSent      = JobState(hwv1.JobState_JOB_STATE_SENT)      // all bytes left; the device says no more
	JobConfirmed = JobState(hwv1.JobState_JOB_STATE_CONFIRMED) // the device says it is printed
	JobFailed    = JobState(hwv1.JobState_JOB_STATE_FAILED)    // no byte has left and none will
	JobUncertain = JobState(hwv1.JobState_JOB_STATE_UNCERTAIN) // some bytes left
	JobCancelled = JobState(hwv1.JobState_JOB_STATE_CANCELLED) // no byte has left and none will
)

// String is the state's name in lower case.
func (s JobState) String() string {
	switch s {
	case JobUnknown:
		return "unknown"
	case JobPending:
		return "pending"
	case JobSending:
		return "sending"
	case JobSent:
		return "sent"
	case JobConfirmed:
		return "confirmed"
	case JobFailed:
		return "failed"
	case JobUncertain:
		return "uncertain"
	case JobCancelled:
		return "cancelled"
	}
	return "invalid"
}

// Final reports whether the state will not change by itself. Failed and
// cancelled jobs may be submitted again.
func (s JobState) Final() bool { return s >= JobSent && s <= JobCancelled }

// JobStatus is a state and, where it is not good, why.
type JobStatus struct {
	State  JobState
	Reason string
}

// Printer is implemented by drivers of printers, and by the host's handle of
// one. An error means that the call failed and the state is not known;
// everything that is known about the job is in the status.
type Printer interface {
	// Submit prints and answers when the outcome is known. See Journal for the
	// replay protection that every driver needs.
	Submit(ctx context.Context, job Job) (JobStatus, error)
	// JobStatus answers for a job, also of an earlier process of this driver.
	JobStatus(ctx context.Context, key JobKey) (JobStatus, error)
	// Cancel stops a job of which no byte has left.
	Cancel(ctx context.Context, key JobKey) (JobStatus, error)
}

// Drawer is implemented by drivers of cash drawers.
type Drawer interface {
	// Open sends one pulse, never after ctx has ended, and at most once for an
	// id. Pin 0 is the first connector.
	Open(ctx context.Context, id, device string, pin int) error
}

// ErrConfig is wrapped by what Configure answers where the settings are wrong,
// so that the host shows the text and does not take it for a crash.
var ErrConfig = errors.New("driver: wrong settings")

// ErrUnsupported is answered by a host's handle where the driver lacks the
// capability.
var ErrUnsupported = errors.New("driver: not supported by this driver")
