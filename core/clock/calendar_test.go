package clock_test

import (
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/clock"
)

func TestCalendar(t *testing.T) {
	for _, c := range []struct {
		name      string
		got, want clock.Date
	}{
		{"a month on", clock.Date("2026-03-15").AddMonths(1), "2026-04-15"},
		{"to a shorter month", clock.Date("2026-01-31").AddMonths(1), "2026-02-28"},
		{"to a leap February", clock.Date("2027-11-30").AddMonths(3), "2028-02-29"},
		{"back over the year", clock.Date("2026-01-31").AddMonths(-2), "2025-11-30"},
		{"month", clock.Date("2026-05-31").MonthStart(), "2026-05-01"},
		{"first quarter's end", clock.Date("2026-03-31").QuarterStart(), "2026-01-01"},
		{"second quarter's first day", clock.Date("2026-04-01").QuarterStart(), "2026-04-01"},
		{"last quarter", clock.Date("2026-12-31").QuarterStart(), "2026-10-01"},
		{"year", clock.Date("2026-12-31").YearStart(), "2026-01-01"},
		{"the day before the anniversary", clock.Date("2026-05-19").AnniversaryStart("2024-05-20"), "2025-05-20"},
		{"the anniversary", clock.Date("2026-05-20").AnniversaryStart("2024-05-20"), "2026-05-20"},
		{"the first day", clock.Date("2024-05-20").AnniversaryStart("2024-05-20"), "2024-05-20"},
		{"a leap day's", clock.Date("2025-02-28").AnniversaryStart("2024-02-29"), "2025-02-28"},
		{"a leap day's, the day before", clock.Date("2025-02-27").AnniversaryStart("2024-02-29"), "2024-02-29"},
		{"a leap day's, in a leap year", clock.Date("2028-02-28").AnniversaryStart("2024-02-29"), "2027-02-28"},
		{"next from the day itself", clock.Date("2026-05-20").NextAnniversary("2024-05-20"), "2027-05-20"},
		{"next from the day before", clock.Date("2026-05-19").NextAnniversary("2024-05-20"), "2026-05-20"},
		{"without a first day", clock.Date("2026-05-20").AnniversaryStart(""), "2026-01-01"},
		{"next without a first day", clock.Date("2026-05-20").NextAnniversary(""), "2027-01-01"},
	} {
		if c.got != c.want {
			t.Errorf("%s: %s, want %s", c.name, c.got, c.want)
		}
	}
}

// TestStart: the first instant of a date is on it, and the one before is not.
func TestStart(t *testing.T) {
	for _, name := range []string{"Asia/Shanghai", "Europe/Berlin", "America/New_York"} {
		for _, cutOff := range []int{0, 120, 150, 240} {
			z, err := clock.LoadZone(name, cutOff)
			if err != nil {
				t.Fatal(err)
			}
			for d := clock.Date("2026-01-01"); d < "2027-01-02"; d = d.AddDays(1) {
				at := z.Start(d)
				if got := z.BusinessDate(at); got != d {
					t.Fatalf("%s %d: %s begins on %s", name, cutOff, d, got)
				}
				if got := z.BusinessDate(at.Add(-time.Microsecond)); got != d.AddDays(-1) {
					t.Fatalf("%s %d: before %s is %s", name, cutOff, d, got)
				}
			}
		}
	}
}
