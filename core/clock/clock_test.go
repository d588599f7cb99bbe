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

// TestA30_TheBusinessDateAcrossChangesOfTheClock: a cut-off that the clock leaps
// over, one that it shows twice, and a date that never goes back.
func TestA30_TheBusinessDateAcrossChangesOfTheClock(t *testing.T) {
	for _, c := range []struct {
		zone   string
		cutOff int
		utc    string
		want   clock.Date
	}{
		{"Europe/Berlin", 240, "2026-03-29T01:59:59Z", "2026-03-28"}, {"Europe/Berlin", 240, "2026-03-29T02:00:00Z", "2026-03-29"}, // 03:59, 04:00 summer time
		{"Europe/Berlin", 240, "2026-10-25T02:59:59Z", "2026-10-24"}, {"Europe/Berlin", 240, "2026-10-25T03:00:00Z", "2026-10-25"}, // 03:59, 04:00 winter time
		{"Europe/Berlin", 150, "2026-03-29T00:59:59Z", "2026-03-28"}, {"Europe/Berlin", 150, "2026-03-29T01:00:00Z", "2026-03-29"}, // 02:30 is leapt over
		{"Europe/Berlin", 150, "2026-10-25T00:29:59Z", "2026-10-24"}, {"Europe/Berlin", 150, "2026-10-25T00:30:00Z", "2026-10-25"}, // 02:30 for the first time
		{"Europe/Berlin", 150, "2026-10-25T01:00:00Z", "2026-10-25"}, // 02:00 again
		{"Europe/Berlin", 200, "2026-10-25T01:25:00Z", "2026-10-24"}, // 02:25 again, 03:20 not yet
		{"America/New_York", 240, "2026-11-01T08:59:00Z", "2026-10-31"}, {"America/New_York", 240, "2026-11-01T09:00:00Z", "2026-11-01"},
	} {
		z, err := clock.LoadZone(c.zone, c.cutOff)
		if err != nil {
			t.Fatal(err)
		}
		at, err := time.Parse(time.RFC3339, c.utc)
		if err != nil {
			t.Fatal(err)
		}
		if got := z.BusinessDate(clock.Of(at)); got != c.want {
			t.Errorf("%s at %s (%s): %s, want %s", c.zone, c.utc, z.Local(clock.Of(at)).Format(time.DateTime), got, c.want)
		}
	}
	for _, name := range []string{"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Beirut", "America/Havana", "Asia/Shanghai"} {
		for _, cutOff := range []int{0, 30, 105, 150, 179, 240} {
			z, err := clock.LoadZone(name, cutOff)
			if err != nil {
				t.Fatal(err)
			}
			last := clock.Date("")
			for at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC); at.Year() == 2026; at = at.Add(5 * time.Minute) {
				d := z.BusinessDate(clock.Of(at))
				if d < last || last != "" && d > last.AddDays(1) {
					t.Fatalf("%s, cut-off %d: %s after %s at %s", name, cutOff, d, last, z.Local(clock.Of(at)))
				}
				last = d
			}
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
