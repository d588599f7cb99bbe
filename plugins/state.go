package plugins

import (
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/fault"
)

// State is where the supervisor stands with a driver.
type State string

// The states of a driver.
const (
	Verified    State = "verified"    // known and unaltered, not yet started
	Starting    State = "starting"    // the process runs, it is not configured yet
	Ready       State = "ready"       // it answers, and so does its device
	Degraded    State = "degraded"    // it answers and says what is wrong with its device
	Suspect     State = "suspect"     // it missed a health call
	Killed      State = "killed"      // it is dead or being killed
	Backoff     State = "backoff"     // it waits before the next start
	Quarantined State = "quarantined" // it died too often, or must not run
	Stopped     State = "stopped"     // it was asked to stop
)

// Faults. The crash reasons are shown as a Status's Reason and never returned.
var (
	ErrUnknown   = fault.New(fault.NotFound, "plugins.unknown_instance")
	ErrStarted   = fault.New(fault.Conflict, "plugins.already_started")
	ErrClosed    = fault.New(fault.Unavailable, "plugins.closed")
	ErrNotReady  = fault.New(fault.Unavailable, "plugins.not_ready")
	ErrNoDriver  = fault.New(fault.NotFound, "plugins.unknown_driver")
	ErrManifest  = fault.New(fault.Invalid, "plugins.manifest_invalid")
	ErrUnsigned  = fault.New(fault.Denied, "plugins.unsigned")
	ErrAltered   = fault.New(fault.Denied, "plugins.altered")
	ErrPlatform  = fault.New(fault.Invalid, "plugins.no_file_for_platform")
	errCrashed   = fault.New(fault.Unavailable, "plugins.crashed")
	errHung      = fault.New(fault.Unavailable, "plugins.hung")
	errStart     = fault.New(fault.Unavailable, "plugins.start_failed")
	errSettings  = fault.New(fault.Invalid, "plugins.wrong_settings")
	errKilled    = fault.New(fault.Unavailable, "plugins.killed_by_hand")
	errTooOften  = fault.New(fault.Unavailable, "plugins.crashed_too_often")
	errRenewed   = fault.New(fault.Unavailable, "plugins.device_plugged_in")
	errDeviceBad = fault.New(fault.Unavailable, "plugins.device_not_ready")
)

// Status is what the devices page shows of a driver.
type Status struct {
	ID       string
	Driver   string
	Version  string // what the driver says, or what its manifest pins
	State    State
	Reason   string // a fault's reason, the key of its text; "" where all is well
	Detail   string // the driver's or the system's own words, untranslated
	PID      int    // 0 where none runs
	Restarts int
	Since    clock.Instant // when the state was entered
}

// Usable reports whether jobs may be handed to the driver.
func (s Status) Usable() bool { return s.State == Ready || s.State == Degraded || s.State == Suspect }

// The supervisor's figures. Health is asked often enough that the second miss,
// which follows the first at once, falls within two seconds of the hang.
const (
	healthEvery    = 800 * time.Millisecond
	healthDeadline = 500 * time.Millisecond
	startDeadline  = 10 * time.Second
	stopDeadline   = time.Second

	backoffFirst = 50 * time.Millisecond
	backoffMost  = 10 * time.Second

	renewRest = 500 * time.Millisecond // a device that is just plugged in brings several files
	renewMost = 20                     // afterwards each counts as a death

	crashLimit  = 5
	crashWindow = 10 * time.Minute
)

// backoff is the rest before the restart after that many deaths in the window:
// none after the first, then 50 ms doubling to 10 s.
func backoff(deaths int) time.Duration {
	if deaths <= 1 {
		return 0
	}
	d := backoffFirst
	for i := 2; i < deaths && d < backoffMost; i++ {
		d *= 2
	}
	return min(d, backoffMost)
}
