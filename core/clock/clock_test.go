package clock_test

import (
	"errors"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/clock"
)

// TestA30_TheBusinessDateFollowsZoneAndCutOff: 23:59, 00:01, 03:59 and 04:00 in
// Shanghai with a cut-off at four.
func TestA30_TheBusinessDateFollowsZoneAndCutOff(t *testing.T) {
	four, err := clock.LoadZone("Asia/Shanghai", 240)
	if err != nil {
		t.Fatal(err)
	}
	midnight, err := clock.LoadZone("Asia/Shanghai", 0)
	if err != nil {
		t.Fatal(err)
	}
	for local, want := range map[string][2]clock.Date{
		"2026-05-20T23:59:00": {"2026-05-20", "2026-05-20"}, "2026-05-21T00:01:00": {"2026-05-20", "2026-05-21"},
		"2026-05-21T03:59:59": {"2026-05-20", "2026-05-21"}, "2026-05-21T04:00:00": {"2026-05-21", "2026-05-21"},
	} {
		at, err := time.ParseInLocation("2006-01-02T15:04:05", local, four.Loc)
		if err != nil {
			t.Fatal(err)
		}
		if a, b := four.BusinessDate(clock.Of(at)), midnight.BusinessDate(clock.Of(at)); a != want[0] || b != want[1] {
			t.Errorf("%s: %s and %s, want %v", local, a, b, want)
		}
	}
	for _, name := range []string{"", "Local", "Mars/Olympus"} {
		if _, err := clock.LoadZone(name, 0); !errors.Is(err, clock.ErrZone) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestInstantsAreMicrosecondsInText(t *testing.T) {
	i := clock.Of(time.Date(2026, 5, 20, 3, 0, 0, 123456789, time.UTC))
	if i.String() != "2026-05-20T03:00:00.123456Z" {
		t.Error(i)
	}
	var back clock.Instant
	if err := back.UnmarshalText([]byte(i.String())); err != nil || back != i {
		t.Error(back, err)
	}
	if d := clock.Date("2026-02-28"); d.AddDays(1) != "2026-03-01" {
		t.Error(d.AddDays(1))
	}
}
