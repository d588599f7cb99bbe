package rule

// Windows of facts that are no number of days: values of Fact.WindowDays, in a
// manifest and in Input.Fact. The numbers are the ABI's and are never reused.
const (
	WindowMonth          = 100_001 // the calendar month
	WindowQuarter        = 100_002 // the calendar quarter
	WindowYear           = 100_003 // the calendar year
	WindowLastYear       = 100_004 // the calendar year before, whole
	WindowMembershipYear = 100_005 // since the latest anniversary of joining
	// WindowMonths + n is the last n months to the day, n from 1 to 120.
	WindowMonths = 110_000
)
