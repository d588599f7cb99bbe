package promotion_test

import (
	"testing"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/promotion"
)

func TestWindowOf(t *testing.T) {
	for _, c := range []struct {
		name     string
		days     int
		from, to clock.Date
	}{
		{"the whole life", 0, "", "2026-05-15"},
		{"today alone", 1, "2026-05-15", "2026-05-15"},
		{"ninety days", 90, "2026-02-15", "2026-05-15"},
		{"month", promotion.WindowMonth, "2026-05-01", "2026-05-15"},
		{"quarter", promotion.WindowQuarter, "2026-04-01", "2026-05-15"},
		{"year", promotion.WindowYear, "2026-01-01", "2026-05-15"},
		{"last year", promotion.WindowLastYear, "2025-01-01", "2025-12-31"},
		{"membership year", promotion.WindowMembershipYear, "2025-06-01", "2026-05-15"},
		{"one month", promotion.WindowMonths + 1, "2026-04-16", "2026-05-15"},
		{"twelve months", promotion.WindowMonths + 12, "2025-05-16", "2026-05-15"},
	} {
		if from, to := promotion.WindowOf(c.days, "2026-05-15", "2023-06-01"); from != c.from || to != c.to {
			t.Errorf("%s: %s to %s", c.name, from, to)
		}
		if !promotion.WindowKnown(c.days) {
			t.Errorf("%s is refused", c.name)
		}
	}
	for _, n := range []int{-1, 3661, promotion.WindowMonth - 1, promotion.WindowMembershipYear + 1, promotion.WindowMonths, promotion.WindowMonths + 121} {
		if promotion.WindowKnown(n) {
			t.Errorf("%d is accepted", n)
		}
	}
}

func TestWindowName(t *testing.T) {
	for days, want := range map[int]string{0: "", 90: "90d", promotion.WindowMonth: "month", promotion.WindowLastYear: "last-year", promotion.WindowMonths + 3: "3m"} {
		if got := promotion.WindowName(days); got != want {
			t.Errorf("%d: %q, want %q", days, got, want)
		}
	}
}
