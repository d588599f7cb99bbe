package catering

import (
	"errors"

	"github.com/shopwright/shopwright/sdk/rule"
)

var errTime = errors.New("a time is not of the form 15:04")

// slot is a price at some hours of some weekdays. Where its end lies before its
// start it runs past midnight and belongs to the day on which it began.
type slot struct {
	days     uint8 // bit 0 = Sunday
	from, to int   // minutes of the day; to is not part of it
	category string
	rate     rule.Rate
	label    string
}

func parseSlot(v rule.Value) (slot, bool) {
	from, ok1 := minutes(v.Text("from", "00:00"))
	to, ok2 := minutes(v.Text("to", "24:00"))
	return slot{
		days: daysOf(v.Text("days", "all")), from: from, to: to,
		category: v.Text("category", ""), rate: v.Percent("percent", 0),
		label: v.Text("from", "00:00") + "-" + v.Text("to", "24:00"),
	}, ok1 && ok2
}

// minutes reads "15:04"; "24:00" is the end of the day.
func minutes(s string) (int, bool) {
	if len(s) != 5 || s[2] != ':' {
		return 0, false
	}
	for _, i := range []int{0, 1, 3, 4} {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
	}
	h, m := int(s[0]-'0')*10+int(s[1]-'0'), int(s[3]-'0')*10+int(s[4]-'0')
	n := h*60 + m
	return n, m < 60 && n <= 24*60
}

func (s *slot) open(weekday, minute int) bool {
	today, yesterday := s.days>>(weekday%7)&1 == 1, s.days>>((weekday+6)%7)&1 == 1
	if s.from <= s.to {
		return today && minute >= s.from && minute < s.to
	}
	return today && minute >= s.from || yesterday && minute < s.to
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

// memberDay is a price for members on a weekday or on a day of the month; where
// both are given, either.
type memberDay struct {
	days     uint8
	monthDay int
	category string
	rate     rule.Rate
}

func (d *memberDay) is(date rule.Date) bool {
	return d.days>>date.Weekday()&1 == 1 || d.monthDay > 0 && date.Day() == d.monthDay
}
