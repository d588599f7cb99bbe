package loyalty_test

import (
	"testing"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/db/dbtest"
	"github.com/shopwright/shopwright/core/loyalty"
)

var ladder = []string{"bronze", "silver", "gold"}

func policy(upgrade, downgrade, period string, grace int) loyalty.Policy {
	return loyalty.Policy{Upgrade: upgrade, Downgrade: downgrade, Period: period, GraceDays: grace, Ladder: ladder}
}

func TestPolicyIsWhatIsSet(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		p := loyalty.PolicyOf(set(t, d, "tier.upgrade", "period_end", "tier.downgrade", "one_step", "tier.grace_days", "9", "tier.period", "quarter"), ladder)
		if p.Upgrade != "period_end" || p.Downgrade != "one_step" || p.GraceDays != 9 || p.Period != "quarter" || len(p.Ladder) != 3 {
			t.Fatalf("%+v", p)
		}
	})
}

func TestA21_AtSale(t *testing.T) {
	const today = "2026-05-20"
	for _, c := range []struct {
		name              string
		upgrade           string
		state             loyalty.State
		current, proposed string
		tier              string
		reprice           bool
	}{
		{"rises for the next receipt", "next_receipt", loyalty.State{}, "silver", "gold", "gold", false},
		{"rises on this one", "at_once", loyalty.State{}, "silver", "gold", "gold", true},
		{"waits for the period", "period_end", loyalty.State{}, "silver", "gold", "silver", false},
		{"into the first tier", "next_receipt", loyalty.State{}, "", "bronze", "bronze", false},
		{"two at a time", "next_receipt", loyalty.State{}, "bronze", "gold", "gold", false},
		{"stays", "at_once", loyalty.State{}, "gold", "gold", "gold", false},
		{"never falls at a sale", "at_once", loyalty.State{}, "gold", "silver", "gold", false},
		{"no opinion", "at_once", loyalty.State{}, "gold", "", "gold", false},
		{"no tier of the merchant's", "at_once", loyalty.State{}, "silver", "platinum", "silver", false},
		{"held to the day", "next_receipt", loyalty.State{HeldUntil: today}, "bronze", "gold", "bronze", false},
		{"held until yesterday", "next_receipt", loyalty.State{HeldUntil: "2026-05-19"}, "bronze", "gold", "gold", false},
		{"held for ever", "at_once", loyalty.State{HeldUntil: loyalty.Forever}, "bronze", "gold", "bronze", false},
	} {
		tier, reprice := loyalty.AtSale(policy(c.upgrade, "by_balance", "day", 0), c.state, c.current, c.proposed, today)
		if tier != c.tier || reprice != c.reprice {
			t.Errorf("%s: %q %v", c.name, tier, reprice)
		}
	}
}

func TestA21_Decide(t *testing.T) {
	type S = loyalty.State
	for _, c := range []struct {
		name              string
		p                 loyalty.Policy
		s                 S
		today             clock.Date
		current, proposed string
		tier, reason      string
		next              S
	}{
		{"a first look", policy("next_receipt", "by_balance", "day", 0), S{}, "2026-05-20", "silver", "silver", "silver", "", S{Proposed: "silver", ReviewOn: "2026-05-21"}},
		{"a first look lowers nobody", policy("next_receipt", "by_balance", "day", 0), S{}, "2026-05-20", "silver", "", "silver", "", S{ReviewOn: "2026-05-21"}},
		{"nothing can happen: later", policy("next_receipt", "never", "day", 0), S{}, "2026-05-20", "silver", "silver", "silver", "", S{Proposed: "silver", ReviewOn: "2026-06-19"}},

		{"rises where a sale could not", policy("next_receipt", "never", "year", 0), S{ReviewOn: "2027-01-01"}, "2026-05-20", "", "silver", "silver", "risen", S{Proposed: "silver", ReviewOn: "2027-01-01"}},
		{"waits for the end", policy("period_end", "never", "year", 0), S{ReviewOn: "2027-01-01"}, "2026-12-31", "", "silver", "", "waits", S{Proposed: "silver", ReviewOn: "2027-01-01"}},
		{"rises at the end", policy("period_end", "never", "year", 0), S{ReviewOn: "2027-01-01"}, "2027-01-01", "", "silver", "silver", "risen", S{Proposed: "silver", ReviewOn: "2028-01-01"}},
		{"rises late where the program was off", policy("period_end", "never", "month", 0), S{ReviewOn: "2027-01-01"}, "2027-02-03", "", "silver", "silver", "risen", S{Proposed: "silver", ReviewOn: "2027-03-01"}},

		{"falls at once", policy("next_receipt", "by_balance", "day", 0), S{ReviewOn: "2026-05-20"}, "2026-05-20", "gold", "bronze", "bronze", "fallen", S{Proposed: "bronze", ReviewOn: "2026-05-21"}},
		{"falls out", policy("next_receipt", "by_balance", "day", 0), S{ReviewOn: "2026-05-20"}, "2026-05-20", "gold", "", "", "fallen", S{ReviewOn: "2026-06-19"}},
		{"one step", policy("next_receipt", "one_step", "day", 0), S{ReviewOn: "2026-05-20"}, "2026-05-20", "gold", "", "silver", "fallen", S{ReviewOn: "2026-05-21"}},
		{"one step is no more than deserved", policy("next_receipt", "one_step", "year", 0), S{ReviewOn: "2026-01-01"}, "2026-01-01", "gold", "silver", "silver", "fallen", S{Proposed: "silver", ReviewOn: "2027-01-01"}},
		{"never", policy("next_receipt", "never", "year", 0), S{ReviewOn: "2026-01-01"}, "2026-01-01", "gold", "", "gold", "", S{ReviewOn: "2027-01-01"}},
		{"not before the period has ended", policy("next_receipt", "by_balance", "quarter", 0), S{ReviewOn: "2026-07-01"}, "2026-06-30", "gold", "", "gold", "", S{ReviewOn: "2026-07-01"}},
		{"when it has", policy("next_receipt", "by_balance", "quarter", 0), S{ReviewOn: "2026-07-01"}, "2026-07-01", "gold", "", "", "fallen", S{ReviewOn: "2026-10-01"}},

		{"grace begins", policy("next_receipt", "by_balance", "day", 3), S{ReviewOn: "2026-05-20"}, "2026-05-20", "gold", "silver", "gold", "grace",
			S{Proposed: "silver", BelowSince: "2026-05-20", GraceUntil: "2026-05-22", ReviewOn: "2026-05-21"}},
		{"its last day", policy("next_receipt", "by_balance", "day", 3), S{Proposed: "silver", BelowSince: "2026-05-20", GraceUntil: "2026-05-22", ReviewOn: "2026-05-22"}, "2026-05-22", "gold", "silver",
			"gold", "grace", S{Proposed: "silver", BelowSince: "2026-05-20", GraceUntil: "2026-05-22", ReviewOn: "2026-05-23"}},
		{"the day after", policy("next_receipt", "by_balance", "day", 3), S{Proposed: "silver", BelowSince: "2026-05-20", GraceUntil: "2026-05-22", ReviewOn: "2026-05-23"}, "2026-05-23", "gold", "silver",
			"silver", "fallen", S{Proposed: "silver", ReviewOn: "2026-05-24"}},
		{"made up for in the grace", policy("next_receipt", "by_balance", "day", 3), S{Proposed: "silver", BelowSince: "2026-05-20", GraceUntil: "2026-05-22", ReviewOn: "2026-05-22"}, "2026-05-22", "gold", "gold",
			"gold", "", S{Proposed: "gold", ReviewOn: "2026-05-23"}},
		{"a rolling figure that fell on counts", policy("next_receipt", "by_balance", "day", 3), S{Proposed: "silver", BelowSince: "2026-05-20", GraceUntil: "2026-05-22", ReviewOn: "2026-05-23"}, "2026-05-23", "gold", "bronze",
			"bronze", "fallen", S{Proposed: "bronze", ReviewOn: "2026-05-24"}},
		{"what the ended year gave counts when the grace is over", policy("next_receipt", "by_balance", "year", 31), S{Proposed: "silver", BelowSince: "2026-01-01", GraceUntil: "2026-01-31", ReviewOn: "2026-02-01"}, "2026-02-01", "gold", "",
			"silver", "fallen", S{Proposed: "silver", ReviewOn: "2027-01-01"}},
		{"what came since does too", policy("next_receipt", "by_balance", "year", 31), S{Proposed: "bronze", BelowSince: "2026-01-01", GraceUntil: "2026-01-31", ReviewOn: "2026-02-01"}, "2026-02-01", "gold", "silver",
			"silver", "fallen", S{Proposed: "silver", ReviewOn: "2027-01-01"}},
		{"the year's grace begins", policy("next_receipt", "by_balance", "year", 31), S{ReviewOn: "2026-01-01"}, "2026-01-01", "gold", "silver",
			"gold", "grace", S{Proposed: "silver", BelowSince: "2026-01-01", GraceUntil: "2026-01-31", ReviewOn: "2026-02-01"}},

		{"held on its last day", policy("next_receipt", "by_balance", "day", 0), S{HeldUntil: "2026-05-20", ReviewOn: "2026-05-20"}, "2026-05-20", "gold", "", "gold", "held", S{HeldUntil: "2026-05-20", ReviewOn: "2026-05-21"}},
		{"held no more", policy("next_receipt", "by_balance", "day", 0), S{HeldUntil: "2026-05-20", ReviewOn: "2026-05-21"}, "2026-05-21", "gold", "silver", "silver", "fallen", S{Proposed: "silver", ReviewOn: "2026-05-22"}},
		{"held for ever", policy("at_once", "by_balance", "day", 0), S{HeldUntil: loyalty.Forever, ReviewOn: "2026-05-20"}, "2026-05-20", "silver", "gold", "silver", "held", S{Proposed: "gold", HeldUntil: loyalty.Forever, ReviewOn: "2026-06-19"}},

		{"a membership year ends on its day", policy("next_receipt", "by_balance", "membership_year", 0), S{Joined: "2024-05-20", ReviewOn: "2026-05-20"}, "2026-05-20", "gold", "bronze", "bronze", "fallen",
			S{Joined: "2024-05-20", Proposed: "bronze", ReviewOn: "2027-05-20"}},
		{"and not the day before", policy("next_receipt", "by_balance", "membership_year", 0), S{Joined: "2024-05-20", ReviewOn: "2026-05-20"}, "2026-05-19", "gold", "bronze", "gold", "",
			S{Joined: "2024-05-20", ReviewOn: "2026-05-20"}},
	} {
		tier, next, reason := loyalty.Decide(c.p, c.s, c.current, c.proposed, c.today)
		if tier != c.tier || reason != c.reason || next != c.next {
			t.Errorf("%s: %q %q\n  got  %+v\n  want %+v", c.name, tier, reason, next, c.next)
		}
	}
}

// TestA21_TheWholeWayDown walks a member through two years of periods.
func TestA21_TheWholeWayDown(t *testing.T) {
	p := policy("next_receipt", "one_step", "year", 60)
	s := loyalty.State{ReviewOn: "2026-01-01"}
	tier := "gold"
	var moved []clock.Date
	for today := clock.Date("2025-12-01"); today < "2029-06-01"; today = today.AddDays(1) {
		if !s.Due(today) {
			continue
		}
		was := tier
		if tier, s, _ = loyalty.Decide(p, s, tier, "", today); tier != was {
			moved = append(moved, today)
		}
	}
	want := []clock.Date{"2026-03-02", "2027-03-02", "2028-03-01"} // after 60 days, in the leap year too
	if tier != "" || len(moved) != 3 || moved[0] != want[0] || moved[1] != want[1] || moved[2] != want[2] {
		t.Fatal(tier, moved)
	}
}

func TestA21_AsOf(t *testing.T) {
	for _, c := range []struct {
		name  string
		p     loyalty.Policy
		s     loyalty.State
		today clock.Date
		want  clock.Date
	}{
		{"every day", policy("", "", "day", 0), loyalty.State{ReviewOn: "2026-01-01"}, "2026-01-01", "2026-01-01"},
		{"after a refund in the period", policy("", "", "year", 0), loyalty.State{ReviewOn: "2027-01-01"}, "2026-12-31", "2026-12-31"},
		{"the year that ended", policy("", "", "year", 0), loyalty.State{ReviewOn: "2027-01-01"}, "2027-01-01", "2026-12-31"},
		{"late", policy("", "", "month", 0), loyalty.State{ReviewOn: "2026-12-01"}, "2027-02-03", "2027-01-31"},
		{"in a grace", policy("", "", "year", 60), loyalty.State{BelowSince: "2027-01-01", ReviewOn: "2027-03-02"}, "2027-03-02", "2027-03-02"},
		{"a membership year", policy("", "", "membership_year", 0), loyalty.State{Joined: "2024-02-29", ReviewOn: "2026-02-28"}, "2026-02-28", "2026-02-27"},
	} {
		if got := loyalty.AsOf(c.p, c.s, c.today); got != c.want {
			t.Errorf("%s: %s", c.name, got)
		}
	}
}

func TestA21_ARefundTakesTheRiseBack(t *testing.T) {
	p := policy("next_receipt", "never", "day", 0)
	for _, c := range []struct {
		name                      string
		s                         loyalty.State
		current, before, proposed string
		tier, reason              string
	}{
		{"to where the member was", loyalty.State{}, "gold", "silver", "bronze", "silver", "undone"},
		{"to what is still deserved", loyalty.State{}, "gold", "", "silver", "silver", "undone"},
		{"out", loyalty.State{}, "bronze", "", "", "", "undone"},
		{"still deserved", loyalty.State{}, "gold", "silver", "gold", "gold", ""},
		{"held by hand", loyalty.State{HeldUntil: loyalty.Forever}, "gold", "silver", "", "gold", ""},
	} {
		if tier, reason := loyalty.Undo(p, c.s, c.current, c.before, "2026-05-20", "", c.proposed); tier != c.tier || reason != c.reason {
			t.Errorf("%s: %q %q", c.name, tier, reason)
		}
	}
}

func TestHoldAndKeep(t *testing.T) {
	p := policy("next_receipt", "by_balance", "year", 30)
	s := loyalty.State{Proposed: "silver", BelowSince: "2026-01-01", GraceUntil: "2026-01-30", ReviewOn: "2026-01-31"}
	for _, c := range []struct{ until, review clock.Date }{{"2026-06-30", "2026-07-01"}, {"2028-06-30", "2028-07-01"}, {loyalty.Forever, "2026-02-19"}, {"", "2027-01-01"}} {
		if got := loyalty.Hold(p, s, "gold", c.until, "2026-01-20"); got.ReviewOn != c.review || got.HeldUntil != c.until || got.BelowSince != "" || got.GraceUntil != "" {
			t.Errorf("%s: %+v", c.until, got)
		}
	}
	if got := loyalty.Keep(s, "2026-01-30"); got != s {
		t.Errorf("%+v", got)
	}
	if got := loyalty.Keep(s, "2026-01-31"); got.ReviewOn != "2026-02-01" || got.BelowSince != s.BelowSince {
		t.Errorf("%+v", got)
	}
	for until, ok := range map[clock.Date]bool{"": true, "2026-05-20": true, loyalty.Forever: true, "2026-05-19": false, "soon": false, "2026-02-30": false} {
		if err := loyalty.CheckUntil(until, "2026-05-20"); (err == nil) != ok {
			t.Error(until, err)
		}
	}
}
