package parts

import (
	"errors"

	"github.com/shopwright/shopwright/sdk/rule"
)

var errTime = errors.New("a time is not of the form 15:04")

// day is a weekday, a day of the month, or either where both are given.
type day struct {
	days     uint8 // bit 0 = Sunday
	monthDay int
}

func dayOf(v rule.Value) day {
	return day{daysOf(v.Text("weekday", "none")), int(v.Int("day_of_month", 0))}
}

func (d *day) is(date rule.Date) bool {
	return d.days>>date.Weekday()&1 == 1 || d.monthDay > 0 && date.Day() == d.monthDay
}

// daysOf turns a name into a set of weekdays; an unknown name is no day.
func daysOf(name string) uint8 {
	switch name {
	case "all":
		return 0b1111111
	case "weekdays":
		return 0b0111110
	case "weekend":
		return 0b1000001
	}
	for i, n := range [7]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"} {
		if n == name {
			return 1 << i
		}
	}
	return 0
}

// hours are some hours of some weekdays. Where their end lies before their start
// they run past midnight and belong to the day on which they began.
type hours struct {
	days     uint8 // bit 0 = Sunday
	from, to int   // minutes of the day; to is not part of it
	label    string
}

func hoursOf(v rule.Value) (hours, error) {
	from, ok1 := minutes(v.Text("from", "00:00"))
	to, ok2 := minutes(v.Text("to", "24:00"))
	h := hours{daysOf(v.Text("days", "all")), from, to, v.Text("from", "00:00") + "-" + v.Text("to", "24:00")}
	if !ok1 || !ok2 {
		return h, errTime
	}
	return h, nil
}

// minutes reads "15:04"; "24:00" is the end of the day.
func minutes(s string) (int, bool) {
	if len(s) != 5 || s[2] != ':' {
		return 0, false
	}
	for _, i := range [...]int{0, 1, 3, 4} {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
	}
	h, m := int(s[0]-'0')*10+int(s[1]-'0'), int(s[3]-'0')*10+int(s[4]-'0')
	n := h*60 + m
	return n, m < 60 && n <= 24*60
}

func (h *hours) open(in *rule.Input) bool {
	weekday, minute := int(in.Weekday), int(in.MinuteOfDay)
	today, yesterday := h.days>>(weekday%7)&1 == 1, h.days>>((weekday+6)%7)&1 == 1
	if h.from <= h.to {
		return today && minute >= h.from && minute < h.to
	}
	return today && minute >= h.from || yesterday && minute < h.to
}

// MemberDays is a price for members on a weekday or on a day of the month.
//
// Settings: member_days_on, member_days (list of weekday, day_of_month, category,
// percent). Note: member_day.
type MemberDays struct {
	rows []memberDay
}

type memberDay struct {
	day
	selector
	rate rule.Rate
}

// Configure reads the part's settings.
func (m *MemberDays) Configure(v rule.Value) {
	m.rows = m.rows[:0]
	if !v.Bool("member_days_on", false) {
		return
	}
	for _, x := range v.List("member_days") {
		m.rows = append(m.rows, memberDay{dayOf(x), selector{category: x.Text("category", "")}, x.Percent("percent", 0)})
	}
}

// Price proposes the prices of the day.
func (m *MemberDays) Price(in *rule.Input, out *rule.Output) error {
	if !in.Member.Present || len(m.rows) == 0 {
		return nil
	}
	b := basketOf(in)
	for i := range m.rows {
		if d := &m.rows[i]; d.is(in.Date) {
			PercentPrice(out, d.targets(b), d.rate, rule.Note{Code: "member_day", Arg: percent(d.rate)})
		}
	}
	return nil
}

// Slots is a price at some hours of some weekdays: the happy hour.
//
// Settings: slots_on, slots (list of days, from, to, category, sku, percent,
// price, members; a price holds instead of the percentage). Notes: slot_price,
// slot_fixed.
type Slots struct {
	rows []slot
}

type slot struct {
	hours
	selector
	rate    rule.Rate
	price   rule.Amount
	members bool
}

// Configure reads the part's settings. An error says that a time is none.
func (s *Slots) Configure(v rule.Value) error {
	s.rows = s.rows[:0]
	if !v.Bool("slots_on", false) {
		return nil
	}
	for _, x := range v.List("slots") {
		h, err := hoursOf(x)
		if err != nil {
			return err
		}
		s.rows = append(s.rows, slot{h, selectorOf(x), x.Percent("percent", 0), x.Amount("price", 0), x.Bool("members", false)})
	}
	return nil
}

// Price proposes the prices of the hour. A fixed price needs a category or an
// SKU: it would be the price of everything.
func (s *Slots) Price(in *rule.Input, out *rule.Output) error {
	if len(s.rows) == 0 {
		return nil
	}
	b := basketOf(in)
	for i := range s.rows {
		r := &s.rows[i]
		if !r.open(in) || r.members && !in.Member.Present {
			continue
		}
		if r.price > 0 {
			if !r.empty() {
				FixedPrice(in, out, r.targets(b), r.price, rule.Note{Code: "slot_fixed", Money: r.price, Label: r.label})
			}
			continue
		}
		PercentPrice(out, r.targets(b), r.rate, rule.Note{Code: "slot_price", Arg: percent(r.rate), Label: r.label})
	}
	return nil
}
