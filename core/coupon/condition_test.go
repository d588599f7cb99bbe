package coupon_test

import (
	"errors"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/coupon"
	"github.com/shopwright/shopwright/core/id"
)

func TestA08ASlotHoldsToTheMinute(t *testing.T) {
	z := shanghai(t)
	local := func(day, hour, minute, second int) clock.Instant {
		return clock.Of(time.Date(2026, 5, day, hour, minute, second, 999_999_000, z.Loc))
	}
	lunch, night := coupon.Slot{From: 11 * 60, To: 14 * 60}, coupon.Slot{From: 22 * 60, To: 2 * 60}
	fridays := coupon.On(time.Friday) // 15 May 2026
	for _, c := range []struct {
		name     string
		weekdays coupon.Weekdays
		slots    []coupon.Slot
		at       clock.Instant
		want     error
	}{
		{"the minute before", 0, []coupon.Slot{lunch}, local(15, 10, 59, 59), coupon.ErrWrongTime},
		{"the first minute", 0, []coupon.Slot{lunch}, clock.Of(time.Date(2026, 5, 15, 11, 0, 0, 0, z.Loc)), nil},
		{"the last minute", 0, []coupon.Slot{lunch}, local(15, 13, 59, 59), nil},
		{"the minute after", 0, []coupon.Slot{lunch}, clock.Of(time.Date(2026, 5, 15, 14, 0, 0, 0, z.Loc)), coupon.ErrWrongTime},
		{"before midnight", 0, []coupon.Slot{night}, local(15, 23, 59, 59), nil},
		{"midnight", 0, []coupon.Slot{night}, clock.Of(time.Date(2026, 5, 16, 0, 0, 0, 0, z.Loc)), nil},
		{"the last minute after midnight", 0, []coupon.Slot{night}, local(16, 1, 59, 59), nil},
		{"after the night", 0, []coupon.Slot{night}, clock.Of(time.Date(2026, 5, 16, 2, 0, 0, 0, z.Loc)), coupon.ErrWrongTime},
		{"one of several", 0, []coupon.Slot{lunch, night}, local(15, 22, 0, 0), nil},
		{"between several", 0, []coupon.Slot{lunch, night}, local(15, 21, 59, 59), coupon.ErrWrongTime},
		{"to the end of the day", 0, []coupon.Slot{{From: 22 * 60, To: 0}}, local(15, 23, 59, 59), nil},
		{"the end of the day is over", 0, []coupon.Slot{{From: 22 * 60, To: 24 * 60}}, local(16, 0, 0, 0), coupon.ErrWrongTime},
		{"a Friday", fridays, nil, local(15, 0, 0, 0), nil},
		{"a Friday's last minute", fridays, nil, local(15, 23, 59, 59), nil},
		{"Friday in the shop's zone while it is Thursday in UTC", fridays, nil, local(15, 7, 0, 0), nil},
		{"Saturday in the shop's zone while it is Friday in UTC", fridays, nil, local(16, 7, 0, 0), coupon.ErrWrongWeekday},
		{"the night of Friday goes on on Saturday", fridays, []coupon.Slot{night}, local(16, 1, 0, 0), nil},
		{"the night of Thursday is not Friday's", fridays, []coupon.Slot{night}, local(15, 1, 0, 0), coupon.ErrWrongWeekday},
		{"Saturday's night", fridays, []coupon.Slot{night}, local(16, 22, 0, 0), coupon.ErrWrongWeekday},
		{"Friday at another time", fridays, []coupon.Slot{night}, local(15, 12, 0, 0), coupon.ErrWrongTime},
		{"Sunday by its bit", coupon.On(time.Sunday), []coupon.Slot{night}, local(18, 1, 59, 0), nil}, // Monday
	} {
		cp := coupon.Coupon{Uses: 1, Definition: coupon.Definition{Weekdays: c.weekdays, Slots: c.slots}}
		if err := cp.UsableIn(coupon.UseAt(z, id.None, shop, id.None, c.at)); !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

func TestA08ConditionsOfPlaceOwnerAndDate(t *testing.T) {
	u := coupon.Use{Member: ann, Shop: shop, At: 1000, Date: "2026-05-15"}
	with := func(f func(*coupon.Use)) coupon.Use { v := u; f(&v); return v }
	for _, c := range []struct {
		name string
		c    coupon.Coupon
		u    coupon.Use
		want error
	}{
		{"anything", coupon.Coupon{Uses: 1}, u, nil},
		{"this shop", coupon.Coupon{Uses: 1, Definition: coupon.Definition{Shops: []id.ID{fake(21), shop}}}, u, nil},
		{"another shop", coupon.Coupon{Uses: 1, Definition: coupon.Definition{Shops: []id.ID{fake(21)}}}, u, coupon.ErrWrongShop},
		{"theirs", coupon.Coupon{Uses: 1, Member: ann}, u, nil},
		{"another's", coupon.Coupon{Uses: 1, Member: ben}, u, coupon.ErrNotOwner},
		{"nobody named", coupon.Coupon{Uses: 1, Member: ann}, with(func(u *coupon.Use) { u.Member = id.None }), coupon.ErrNotOwner},
		{"the first day", coupon.Coupon{Uses: 1, FromDate: "2026-05-15"}, u, nil},
		{"the day before", coupon.Coupon{Uses: 1, FromDate: "2026-05-16"}, u, coupon.ErrNotYet},
		{"the last day", coupon.Coupon{Uses: 1, UntilDate: "2026-05-15"}, u, nil},
		{"the day after", coupon.Coupon{Uses: 1, UntilDate: "2026-05-14"}, u, coupon.ErrExpired},
		{"the first instant", coupon.Coupon{Uses: 1, ValidFrom: 1000}, u, nil},
		{"the instant before", coupon.Coupon{Uses: 1, ValidFrom: 1001}, u, coupon.ErrNotYet},
		{"the last instant", coupon.Coupon{Uses: 1, ValidUntil: 1001}, u, nil},
		{"the end", coupon.Coupon{Uses: 1, ValidUntil: 1000}, u, coupon.ErrExpired},
		{"void", coupon.Coupon{Uses: 1, State: coupon.StateVoid}, u, coupon.ErrVoid},
		{"used up", coupon.Coupon{Uses: 2, Used: 2}, u, coupon.ErrUsed},
		{"held by another sale", coupon.Coupon{Uses: 1, LockedBy: fake(99)}, u, coupon.ErrLocked},
		{"the member's last", coupon.Coupon{Uses: 1, MemberUsed: 1, MemberHeld: 1, Definition: coupon.Definition{PerMember: 3}}, u, nil},
		{"the member's limit", coupon.Coupon{Uses: 1, MemberUsed: 2, MemberHeld: 1, Definition: coupon.Definition{PerMember: 3}}, u, coupon.ErrMemberLimit},
		{"a limit needs a member", coupon.Coupon{Uses: 1, Definition: coupon.Definition{PerMember: 3}}, with(func(u *coupon.Use) { u.Member = id.None }), coupon.ErrMemberNeeded},
		{"held by this sale, ended meanwhile", coupon.Coupon{Uses: 1, LockedBy: fake(99), ValidUntil: 1000, UntilDate: "2026-05-14"}, with(func(u *coupon.Use) { u.Sale = fake(99) }), nil},
		{"held by this sale, void", coupon.Coupon{Uses: 1, LockedBy: fake(99), State: coupon.StateVoid}, with(func(u *coupon.Use) { u.Sale = fake(99) }), coupon.ErrVoid},
	} {
		if err := c.c.UsableIn(c.u); !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

func TestUsableByKnowsNoShopAndTakesDaysGenerously(t *testing.T) {
	at := clock.Of(start) // 15 May, noon in Shanghai
	for _, c := range []struct {
		until, from clock.Date
		want        error
	}{{"2026-05-15", "", nil}, {"2026-05-14", "", nil}, {"2026-05-12", "", coupon.ErrExpired}, {"", "2026-05-16", nil}, {"", "2026-05-18", coupon.ErrNotYet}} {
		cp := coupon.Coupon{Uses: 1, UntilDate: c.until, FromDate: c.from, Definition: coupon.Definition{Shops: []id.ID{fake(21)}, PerMember: 1}}
		if err := cp.UsableBy(ann, id.None, at); !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func TestSlotsAreReadAndWritten(t *testing.T) {
	for in, want := range map[string]string{"9:00-11:30": "09:00-11:30", "22:00 - 02:00": "22:00-02:00", "00:00-24:00": "00:00-24:00", "22:00-00:00": "22:00-00:00"} {
		if s, err := coupon.ParseSlot(in); err != nil || s.String() != want {
			t.Errorf("%q: %v %v", in, s, err)
		}
	}
	for _, in := range []string{"", "9-11", "09:00", "09:00-09:00", "24:00-02:00", "09:60-10:00", "09:00-24:01", "25:00-01:00", "9:0-10:00", "-1:00-02:00"} {
		if s, err := coupon.ParseSlot(in); !errors.Is(err, coupon.ErrDefinition) {
			t.Errorf("%q: %v %v", in, s, err)
		}
	}
}

func TestStandings(t *testing.T) {
	for _, c := range []struct {
		c    coupon.Coupon
		want coupon.Standing
	}{
		{coupon.Coupon{Uses: 1}, coupon.Ready}, {coupon.Coupon{Uses: 1, State: coupon.StateVoid}, coupon.Voided}, {coupon.Coupon{Uses: 1, Used: 1}, coupon.UsedUp},
		{coupon.Coupon{Uses: 1, ValidUntil: 10}, coupon.Expired}, {coupon.Coupon{Uses: 1, UntilDate: "2026-05-14"}, coupon.Expired}, {coupon.Coupon{Uses: 1, UntilDate: "2026-05-15"}, coupon.Ready},
		{coupon.Coupon{Uses: 1, ValidFrom: 11}, coupon.NotYet}, {coupon.Coupon{Uses: 1, FromDate: "2026-05-16"}, coupon.NotYet}, {coupon.Coupon{Uses: 1, LockedBy: ann}, coupon.Held},
	} {
		if got := c.c.StandsAt(10, "2026-05-15"); got != c.want {
			t.Errorf("%+v: %s", c.c, got)
		}
	}
}
