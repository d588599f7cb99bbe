package remote

import (
	"encoding/json"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/id"
)

// Where the server is called.
const (
	PathPair   = "/devicehost/v1/pair"
	PathHello  = "/devicehost/v1/hello"
	PathFeed   = "/devicehost/v1/feed"
	PathReport = "/devicehost/v1/report"
	PathClaim  = "/devicehost/v1/jobs/claim"
	PathTell   = "/devicehost/v1/jobs/tell"
)

// The headers of every call: the host's token, and the server's time in microseconds
// since 1970 on every answer.
const (
	TokenHeader = "Shopwright-Host"
	NowHeader   = "Shopwright-Now"
)

// What the stream carries.
const (
	EventConfig = "config" // Config
	EventCall   = "call"   // Call
	EventWork   = "work"   // {}: print jobs may be claimed
	EventEnd    = "end"    // End: the host is not welcome any more
)

// PairRequest asks for a token with a pairing code.
type PairRequest struct {
	Code     string `json:"code"`
	Version  string `json:"version"`
	Platform string `json:"platform"`
}

// Paired is what the host keeps.
type Paired struct {
	ID    id.ID  `json:"id"`
	Name  string `json:"name"`
	Token string `json:"token"`
}

// Hello is what a host says when it has started and whenever it connects.
type Hello struct {
	Version  string  `json:"version"`
	Platform string  `json:"platform"`
	Boot     string  `json:"boot"`    // differs for each start of the program
	Started  bool    `json:"started"` // first time since it started: Have is all it knows
	Have     []id.ID `json:"have,omitempty"`
}

// Welcome answers a Hello.
type Welcome struct {
	Name string `json:"name"`
}

// Instance is a device that the host runs a driver for.
type Instance struct {
	ID      id.ID           `json:"id"`
	Name    string          `json:"name"`
	Class   string          `json:"class"`
	Driver  string          `json:"driver"`
	Version string          `json:"version,omitempty"` // of an installed driver; "" = built in
	Config  json.RawMessage `json:"config"`            // with its secrets open
	Trust   json.RawMessage `json:"trust,omitempty"`   // who may have signed an installed driver
}

// Config is everything that the host runs.
type Config struct {
	Devices []Instance `json:"devices"`
}

// Call asks a device's driver for something, once, by then or not at all.
type Call struct {
	ID     string        `json:"id"`
	Device id.ID         `json:"device"`
	Method string        `json:"method"` // "/shopwright.hw.v1.Drawer/Open", or one of the Ask constants
	Body   []byte        `json:"body,omitempty"`
	Until  clock.Instant `json:"-"`
	Micros int64         `json:"until"` // Until, by the server's clock
}

// What is asked of the host itself.
const (
	AskKill    = "host/kill"    // end the driver's process, as a crash would
	AskRestart = "host/restart" // start the driver anew where it was given up
	AskRecord  = "host/record"  // the driver's recording, as lines of JSON
)

// Answer answers a Call.
type Answer struct {
	ID      string `json:"id"`
	Code    uint32 `json:"code,omitempty"` // gRPC's; 0 = OK
	Message string `json:"message,omitempty"`
	Body    []byte `json:"body,omitempty"`
}

// End says why a host is not welcome.
type End struct {
	Code string `json:"code"` // a fault's reason
}

// Happening is something that a device told.
type Happening struct {
	Seq    uint64 `json:"seq"` // rises within a boot; what comes twice is passed over
	Device id.ID  `json:"device"`
	Micros int64  `json:"at"` // by the server's clock, the earliest that it may have been
	Event  []byte `json:"event"`
}

// Status is where the host stands with a device's driver.
type Status struct {
	Device       id.ID    `json:"device"`
	State        string   `json:"state"` // the supervisor's word, e.g. "ready"
	Usable       bool     `json:"usable"`
	Reason       string   `json:"reason,omitempty"`
	Detail       string   `json:"detail,omitempty"`
	Version      string   `json:"version,omitempty"`
	PID          int      `json:"pid,omitempty"`
	Restarts     int      `json:"restarts,omitempty"`
	SinceMicros  int64    `json:"since,omitempty"` // by the server's clock
	Capabilities []string `json:"capabilities,omitempty"`
}

// Report is what a host has to say.
type Report struct {
	Boot       string      `json:"boot"`
	Happenings []Happening `json:"happenings,omitempty"`
	Answers    []Answer    `json:"answers,omitempty"`
	Status     []Status    `json:"status,omitempty"`
	Full       bool        `json:"full,omitempty"` // Status is of all devices
}

// Claim asks for print jobs.
type Claim struct {
	N    int     `json:"n"`
	Have []id.ID `json:"have,omitempty"` // the jobs that the host knows of
}

// Job is a print job with everything that printing it takes.
type Job struct {
	Job      device.Job `json:"job"`
	Document []byte     `json:"document,omitempty"` // hw.v1.Document, without the mark of a copy
	CopyMark string     `json:"copy_mark,omitempty"`
	Label    []byte     `json:"label,omitempty"` // hw.v1.Label of a job of labels, instead
	Copies   int        `json:"copies,omitempty"`
}

// Claimed answers a Claim.
type Claimed struct {
	Jobs []Job `json:"jobs"`
}

// Tell says where print jobs stand.
type Tell struct {
	Told []device.Standing `json:"told"`
}
