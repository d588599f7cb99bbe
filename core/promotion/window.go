package promotion

import (
	"strconv"

	"github.com/shopwright/shopwright/core/clock"
)

// Windows of facts that are no number of days. They are values of
// FactRef.WindowDays beyond any number of days, and part of the ABI: the numbers
// are never reused.
const (
	WindowMonth          = 100_001 // the calendar month
	WindowQuarter        = 100_002 // the calendar quarter
	WindowYear           = 100_003 // the calendar year
	WindowLastYear       = 100_004 // the calendar year before, whole
	WindowMembershipYear = 100_005 // since the latest anniversary of joining
	// WindowMonths + n is the last n months to the day, n from 1 to 120: on 15 May
	// one month began on 16 April.
	WindowMonths = 110_000
)

const (
	maxWindowDays   = 3660 // ten years
	maxWindowMonths = 120
)

// WindowKnown reports whether a manifest may ask for that window.
func WindowKnown(days int) bool {
	return days >= 0 && days <= maxWindowDays || days >= WindowMonth && days <= WindowMembershipYear ||
		days > WindowMonths && days <= WindowMonths+maxWindowMonths
}

// WindowName is how a window is written: "90d", "month", "3m"; "" for the whole life.
func WindowName(days int) string {
	switch {
	case days <= 0:
		return ""
	case days == WindowMonth:
		return "month"
	case days == WindowQuarter:
		return "quarter"
	case days == WindowYear:
		return "year"
	case days == WindowLastYear:
		return "last-year"
	case days == WindowMembershipYear:
		return "membership-year"
	case days > WindowMonths:
		return strconv.Itoa(days-WindowMonths) + "m"
	}
	return strconv.Itoa(days) + "d"
}

// WindowOf is the first and the last day of a window that ends with today; from ""
// is the whole life. joined is needed for the membership year alone.
func WindowOf(days int, today, joined clock.Date) (from, to clock.Date) {
	switch {
	case days == WindowMonth:
		return today.MonthStart(), today
	case days == WindowQuarter:
		return today.QuarterStart(), today
	case days == WindowYear:
		return today.YearStart(), today
	case days == WindowLastYear:
		return today.YearStart().AddMonths(-12), today.YearStart().AddDays(-1)
	case days == WindowMembershipYear:
		return today.AnniversaryStart(joined), today
	case days > WindowMonths && days <= WindowMonths+maxWindowMonths:
		return today.AddMonths(WindowMonths - days).AddDays(1), today
	case days > 0:
		return today.AddDays(1 - days), today
	}
	return "", today
}
