package clock

import (
	"fmt"
	"sync"
	"time"
	_ "time/tzdata" // a shop's zone must resolve on a machine without zoneinfo

	"github.com/shopwright/shopwright/core/fault"
)

// ErrZone: the time zone is not in the IANA database.
var ErrZone = fault.New(fault.Invalid, "clock.unknown_time_zone")

// Instant is a moment in UTC: microseconds since 1970. It is stored as a
// BIGINT in both databases, so that order, equality and arithmetic are the same.
// Zero means "none".
type Instant int64

// Of converts a time.
func Of(t time.Time) Instant { return Instant(t.UnixMicro()) }

// Time converts back, in UTC.
func (i Instant) Time() time.Time { return time.UnixMicro(int64(i)).UTC() }

// Add moves the instant.
func (i Instant) Add(d time.Duration) Instant { return i + Instant(d.Microseconds()) }

// Sub is the time from o to i.
func (i Instant) Sub(o Instant) time.Duration { return time.Duration(i-o) * time.Microsecond }

// String is RFC 3339 with microseconds.
func (i Instant) String() string {
	if i == 0 {
		return ""
	}
	return i.Time().Format("2006-01-02T15:04:05.000000Z07:00")
}

// MarshalText makes instants RFC 3339 strings in JSON.
func (i Instant) MarshalText() ([]byte, error) { return []byte(i.String()), nil }

// UnmarshalText reads RFC 3339; "" is none.
func (i *Instant) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*i = 0
		return nil
	}
	t, err := time.Parse(time.RFC3339Nano, string(b))
	if err != nil {
		return err
	}
	*i = Of(t)
	return nil
}

// Clock tells the time.
type Clock interface{ Now() Instant }

// System is the machine's clock.
type System struct{}

// Now reads the wall clock.
func (System) Now() Instant { return Of(time.Now()) }

// Manual is a clock that stands until it is moved; safe for concurrent use.
type Manual struct {
	mu  sync.Mutex
	now Instant
}

// NewManual starts at t.
func NewManual(t time.Time) *Manual { return &Manual{now: Of(t)} }

// Now answers the time that was set.
func (m *Manual) Now() Instant {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now
}

// Set moves the clock to t.
func (m *Manual) Set(t time.Time) {
	m.mu.Lock()
	m.now = Of(t)
	m.mu.Unlock()
}

// Advance moves the clock on.
func (m *Manual) Advance(d time.Duration) {
	m.mu.Lock()
	m.now = m.now.Add(d)
	m.mu.Unlock()
}

// Date is a business date, "2006-01-02"; it sorts as text and has no zone.
type Date string

// Time is the date's midnight in UTC, for arithmetic on dates alone.
func (d Date) Time() time.Time {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return time.Time{}
	}
	return t
}

// AddDays moves the date.
func (d Date) AddDays(n int) Date { return Date(d.Time().AddDate(0, 0, n).Format(time.DateOnly)) }

// Zone is a shop's time zone and the minute after midnight at which its
// business day begins (240 = 04:00).
type Zone struct {
	Loc    *time.Location
	CutOff int
}

// LoadZone resolves an IANA name. Fault: clock.unknown_time_zone.
func LoadZone(name string, cutOffMinutes int) (Zone, error) {
	loc, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" {
		return Zone{}, ErrZone.With("zone", name)
	}
	return Zone{loc, cutOffMinutes}, nil
}

// Local is the wall time of i in the zone.
func (z Zone) Local(i Instant) time.Time { return i.Time().In(z.Loc) }

// BusinessDate is the date on which a sale at i is booked: before the cut-off
// it is still yesterday.
func (z Zone) BusinessDate(i Instant) Date {
	t := z.Local(i)
	d := Date(t.Format(time.DateOnly))
	if minuteOf(t) < z.CutOff && !z.begun(t) {
		return d.AddDays(-1)
	}
	return d
}

// begun reports whether the clock has shown the cut-off of its date before: where
// clocks are put back it shows less again, and the business date must not.
func (z Zone) begun(t time.Time) bool {
	first := time.Date(t.Year(), t.Month(), t.Day(), 0, z.CutOff, 0, 0, z.Loc)
	if minuteOf(first) != z.CutOff { // the clock leaps over it: it is not reached yet
		return false
	}
	_, before := first.Add(-3 * time.Hour).Zone()
	_, at := first.Zone()
	if e := first.Add(time.Duration(at-before) * time.Second); at < before && minuteOf(e) == z.CutOff {
		first = e
	}
	return !t.Before(first)
}

func minuteOf(t time.Time) int { return t.Hour()*60 + t.Minute() }

// GoString helps in test failures.
func (i Instant) GoString() string { return fmt.Sprintf("clock.Instant(%s)", i.String()) }
