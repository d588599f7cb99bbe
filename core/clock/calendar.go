package clock

import "time"

// Start is the first instant of a business date.
func (z Zone) Start(d Date) Instant {
	t := d.Time()
	at := Of(time.Date(t.Year(), t.Month(), t.Day(), 0, z.CutOff, 0, 0, z.Loc))
	if z.BusinessDate(at) == d && z.BusinessDate(at-1) < d {
		return at
	}
	// Where clocks change at the cut-off the wall time alone does not say which.
	from, to := at.Add(-5*time.Hour), at.Add(5*time.Hour)
	for from+1 < to {
		if mid := from + (to-from)/2; z.BusinessDate(mid) < d {
			from = mid
		} else {
			to = mid
		}
	}
	return to
}

func dateOf(t time.Time) Date { return Date(t.Format(time.DateOnly)) }

func ymd(y int, m time.Month, d int) Date { return dateOf(time.Date(y, m, d, 0, 0, 0, 0, time.UTC)) }

// AddMonths moves the date by months; where that month is shorter, to its last
// day: 31 January and one month is 28 or 29 February.
func (d Date) AddMonths(n int) Date {
	t := d.Time()
	first := time.Date(t.Year(), t.Month()+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	return dateOf(first.AddDate(0, 0, min(t.Day(), first.AddDate(0, 1, -1).Day())-1))
}

// MonthStart is the first day of the date's calendar month.
func (d Date) MonthStart() Date { t := d.Time(); return ymd(t.Year(), t.Month(), 1) }

// QuarterStart is the first day of the date's calendar quarter.
func (d Date) QuarterStart() Date { t := d.Time(); return ymd(t.Year(), (t.Month()-1)/3*3+1, 1) }

// YearStart is the first day of the date's calendar year.
func (d Date) YearStart() Date { return ymd(d.Time().Year(), 1, 1) }

// AnniversaryStart is the latest anniversary of since that is not after the date,
// the first day itself being one; for 29 February it is the 28th in other years.
// Without since it is the calendar year's first day.
func (d Date) AnniversaryStart(since Date) Date {
	if since.Time().IsZero() {
		return d.YearStart()
	}
	years := d.Time().Year() - since.Time().Year()
	if a := since.AddMonths(12 * years); a <= d {
		return a
	}
	return since.AddMonths(12 * (years - 1))
}

// NextAnniversary is the first anniversary of since after the date; without since
// the first day of the next calendar year.
func (d Date) NextAnniversary(since Date) Date {
	if since.Time().IsZero() {
		return d.YearStart().AddMonths(12)
	}
	years := d.Time().Year() - since.Time().Year()
	if a := since.AddMonths(12 * years); a > d {
		return a
	}
	return since.AddMonths(12 * (years + 1))
}
