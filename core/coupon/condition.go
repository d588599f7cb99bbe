package coupon

import (
	"strconv"
	"strings"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/id"
)

// Weekdays is a set of weekdays, bit 0 for Sunday; 0 means every day.
type Weekdays uint8

// EveryDay has all seven bits.
const EveryDay Weekdays = 1<<7 - 1

// On makes a set.
func On(days ...time.Weekday) (w Weekdays) {
	for _, d := range days {
		w |= 1 << d
	}
	return w
}

// Has tells whether the set holds the day 0..6.
func (w Weekdays) Has(day int) bool { return w == 0 || w>>day&1 == 1 }

// Slot is a span of the day in minutes after midnight, From in it, To not. Where
// From is after To the slot crosses midnight.
type Slot struct{ From, To int }

const dayMinutes = 24 * 60

// String is "22:00-02:00".
func (s Slot) String() string { return clockText(s.From) + "-" + clockText(s.To) }

func clockText(m int) string {
	return string([]byte{byte('0' + m/600), byte('0' + m/60%10), ':', byte('0' + m%60/10), byte('0' + m%10)})
}

// ParseSlot reads "22:00-02:00"; 24:00 is the end of a day. Fault:
// coupon.bad_definition.
func ParseSlot(s string) (Slot, error) {
	from, to, ok := strings.Cut(strings.ReplaceAll(s, " ", ""), "-")
	f, okF := parseClock(from)
	t, okT := parseClock(to)
	slot := Slot{f, t}
	if !ok || !okF || !okT || !slot.ok() {
		return Slot{}, ErrDefinition.On("slots")
	}
	return slot, nil
}

func parseClock(s string) (int, bool) {
	h, m, ok := strings.Cut(s, ":")
	hours, err1 := strconv.ParseUint(h, 10, 8)
	minutes, err2 := strconv.ParseUint(m, 10, 8)
	return int(hours*60 + minutes), ok && err1 == nil && err2 == nil && len(m) == 2 && minutes < 60 && hours <= 24
}

func (s Slot) ok() bool {
	return s.From >= 0 && s.From < dayMinutes && s.To > 0 && s.To <= dayMinutes && s.From != s.To || s.From > 0 && s.From < dayMinutes && s.To == 0
}

func slotsOK(list []Slot) bool {
	for _, s := range list {
		if !s.ok() {
			return false
		}
	}
	return len(list) <= 20
}

// holds tells whether the minute of a weekday lies in the slot, and the weekday
// on which the slot began.
func (s Slot) holds(weekday, minute int) (began int, in bool) {
	switch {
	case s.From < s.To:
		return weekday, minute >= s.From && minute < s.To
	case minute >= s.From:
		return weekday, true
	default:
		return (weekday + 6) % 7, minute < s.To
	}
}

// Use is where, when and for whom coupons are to be used.
type Use struct {
	Member  id.ID // none: nobody is named
	Shop    id.ID
	Sale    id.ID // the open sale that may hold them; none: a quote
	At      clock.Instant
	Weekday int        // 0 = Sunday, of the shop's local time
	Minute  int        // 0..1439, of the shop's local time
	Date    clock.Date // the shop's business date
}

// UseAt makes a Use of an instant in a shop's zone.
func UseAt(z clock.Zone, member, shop, sale id.ID, at clock.Instant) Use {
	t := z.Local(at)
	return Use{Member: member, Shop: shop, Sale: sale, At: at, Weekday: int(t.Weekday()), Minute: t.Hour()*60 + t.Minute(), Date: z.BusinessDate(at)}
}

// UsableIn says why the coupon cannot be used there and then, or nil. Faults:
// coupon.void, .already_used, .locked, .not_yet_valid, .expired,
// .belongs_to_another_member, .wrong_shop, .wrong_weekday, .wrong_time,
// .member_needed, .member_limit.
func (c *Coupon) UsableIn(u Use) error {
	if done, err := c.usable(u.Member, u.Sale, u.At); done || err != nil {
		return err
	}
	switch {
	case c.FromDate != "" && u.Date < c.FromDate:
		return ErrNotYet.With("from", string(c.FromDate))
	case c.UntilDate != "" && u.Date > c.UntilDate:
		return ErrExpired
	}
	d := &c.Definition
	if err := d.holdsIn(u); err != nil {
		return err
	}
	if d.PerMember > 0 {
		if u.Member.IsNone() {
			return ErrMemberNeeded
		}
		if c.MemberUsed+c.MemberHeld >= d.PerMember {
			return ErrMemberLimit.With("limit", d.PerMember)
		}
	}
	return nil
}

// holdsIn checks place, weekday and time of day.
func (d *Definition) holdsIn(u Use) error {
	if len(d.Shops) > 0 {
		in := false
		for _, s := range d.Shops {
			in = in || s == u.Shop
		}
		if !in {
			return ErrWrongShop
		}
	}
	if len(d.Slots) == 0 {
		if !d.Weekdays.Has(u.Weekday) {
			return ErrWrongWeekday
		}
		return nil
	}
	err := error(ErrWrongTime)
	if !d.Weekdays.Has(u.Weekday) {
		err = ErrWrongWeekday
	}
	for _, s := range d.Slots {
		began, in := s.holds(u.Weekday, u.Minute)
		switch {
		case in && d.Weekdays.Has(began):
			return nil
		case in:
			err = ErrWrongWeekday
		}
	}
	return err
}

// UsableBy is UsableIn without place, weekday, time of day and limits per member:
// for callers that know no shop. Business days are taken as generously as any
// time zone has them.
func (c *Coupon) UsableBy(member, sale id.ID, at clock.Instant) error {
	if done, err := c.usable(member, sale, at); done || err != nil {
		return err
	}
	switch {
	case c.FromDate != "" && Anywhere(at.Add(widest)) < c.FromDate:
		return ErrNotYet.With("from", string(c.FromDate))
	case c.UntilDate != "" && Anywhere(at.Add(-widest)) > c.UntilDate:
		return ErrExpired
	}
	return nil
}

// widest is more than what the zone (14 hours) and the cut-off (24 hours) can move
// a business day by.
const widest = 38 * time.Hour

// Anywhere is the date of an instant in UTC.
func Anywhere(at clock.Instant) clock.Date { return clock.Date(at.Time().Format(time.DateOnly)) }

// usable checks what needs no shop. done: an open sale holds the coupon, which was
// checked when it took hold of it.
func (c *Coupon) usable(member, sale id.ID, at clock.Instant) (done bool, err error) {
	switch {
	case c.State == StateVoid:
		return true, ErrVoid
	case c.Used >= c.Uses:
		return true, ErrUsed
	case !c.LockedBy.IsNone() && c.LockedBy != sale:
		return true, ErrLocked
	case !c.Member.IsNone() && c.Member != member:
		return true, ErrNotOwner
	case !c.LockedBy.IsNone():
		return true, nil
	case at < c.ValidFrom:
		return true, ErrNotYet
	case c.ValidUntil != 0 && at >= c.ValidUntil:
		return true, ErrExpired
	}
	return false, nil
}

// Standing is a coupon's state as of an instant and a business date: the stored
// one, or what time and use have made of it.
type Standing string

// What a coupon may stand at.
const (
	Ready   Standing = "active"
	NotYet  Standing = "not_yet_valid"
	Held    Standing = "locked"
	UsedUp  Standing = "used"
	Expired Standing = "expired"
	Voided  Standing = "void"
)

// StandsAt answers the coupon's standing.
func (c *Coupon) StandsAt(now clock.Instant, today clock.Date) Standing {
	switch {
	case c.State == StateVoid:
		return Voided
	case c.Used >= c.Uses:
		return UsedUp
	case c.ValidUntil != 0 && now >= c.ValidUntil, c.UntilDate != "" && today > c.UntilDate:
		return Expired
	case !c.LockedBy.IsNone():
		return Held
	case now < c.ValidFrom, c.FromDate != "" && today < c.FromDate:
		return NotYet
	}
	return Ready
}
