package staff

import (
	"context"
	"slices"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/tenant"
)

// ErrPeriod: neither week, month nor quarter, or a date that is none.
var ErrPeriod = fault.New(fault.Invalid, "commission.period_malformed")

// Period is how long a plan adds up before it pays.
type Period string

// The periods.
const (
	Week    Period = "week" // from Monday
	Month   Period = "month"
	Quarter Period = "quarter"
)

// Periods lists them.
func Periods() []Period { return []Period{Week, Month, Quarter} }

// Of is the period in which a date falls: its first and its last date. Fault:
// commission.period_malformed.
func (p Period) Of(on clock.Date) (first, last clock.Date, err error) {
	if !isDate(on) || !slices.Contains(Periods(), p) {
		return "", "", ErrPeriod
	}
	t := on.Time()
	switch p {
	case Week:
		first = on.AddDays(-(int(t.Weekday()) + 6) % 7)
		return first, first.AddDays(6), nil
	case Quarter:
		t = t.AddDate(0, -(int(t.Month())-1)%3, 0-t.Day()+1)
		return clock.Date(t.Format("2006-01-02")), clock.Date(t.AddDate(0, 3, -1).Format("2006-01-02")), nil
	}
	t = t.AddDate(0, 0, 1-t.Day())
	return clock.Date(t.Format("2006-01-02")), clock.Date(t.AddDate(0, 1, -1).Format("2006-01-02")), nil
}

// isDate accepts what is a day of the calendar.
func isDate(d clock.Date) bool {
	return len(d) == 10 && d[0] >= '1' && !d.Time().IsZero() && d.AddDays(0) == d
}

// BusinessToday is the earliest business date that any shop of the merchant has
// at an instant: a day before it is over everywhere.
func BusinessToday(ctx context.Context, r db.Reader, m id.ID, now clock.Instant) (clock.Date, error) {
	shops, err := tenant.ListShops(ctx, r, m)
	if err != nil {
		return "", err
	}
	today := clock.Zone{Loc: time.UTC}.BusinessDate(now) // of a merchant without a shop
	for i, s := range shops {
		if d := s.Zone.BusinessDate(now); i == 0 || d < today {
			today = d
		}
	}
	return today, nil
}
