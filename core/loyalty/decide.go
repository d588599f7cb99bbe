package loyalty

import (
	"slices"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/setting"
)

// Reasons of a decision, stored with the tier's history where the tier changes.
const (
	ReasonHeld   = "held"       // set by hand, and its date has not come
	ReasonRisen  = "risen"      // the figures deserve a higher tier
	ReasonWaits  = "waits"      // they do, and the period has not ended
	ReasonGrace  = "grace"      // the figures no longer reach the tier, the grace runs
	ReasonFallen = "fallen"     // the grace is over
	ReasonUndone = "undone"     // the sale that raised the member was refunded
	ReasonNone   = ""           // nothing to say
	Forever      = "9999-12-31" // HeldUntil of a tier that a person set without an end
)

// Policy is what the merchant decided about tiers.
type Policy struct {
	Upgrade   string   // next_receipt, at_once, period_end
	Downgrade string   // never, one_step, by_balance
	GraceDays int      // after the figures fell short
	Period    string   // day, month, quarter, year, membership_year
	Ladder    []string // the merchant's tier codes, the lowest first
}

// PolicyOf reads the policy; ladder is the merchant's tier codes, the lowest first.
func PolicyOf(v setting.Values, ladder []string) Policy {
	return Policy{Upgrade: setting.TierUpgrade.In(v), Downgrade: setting.TierDowngrade.In(v), GraceDays: int(setting.TierGraceDays.In(v)),
		Period: setting.TierPeriod.In(v), Ladder: ladder}
}

// rank is a tier's place on the ladder; no tier is below all.
func (p *Policy) rank(tier string) int { return slices.Index(p.Ladder, tier) }

func (p *Policy) higher(a, b string) string {
	if p.rank(b) > p.rank(a) {
		return b
	}
	return a
}

// below is the next tier down, "" under the lowest.
func (p *Policy) below(tier string) string {
	if n := p.rank(tier); n > 0 {
		return p.Ladder[n-1]
	}
	return ""
}

// State is where a member stands with the policy. Dates are business dates, ""
// none. The zero State is that of a member who was never looked at.
type State struct {
	Joined     clock.Date // membership years begin on its day
	Proposed   string     // what the figures deserved at the last review
	BelowSince clock.Date // since when they deserve less than the tier
	GraceUntil clock.Date // the last day of the grace
	HeldUntil  clock.Date // the last day of a tier set by hand; Forever
	ReviewOn   clock.Date // when the figures are next looked at
}

// Held reports whether a tier set by hand still holds.
func (s *State) Held(today clock.Date) bool { return s.HeldUntil != "" && today <= s.HeldUntil }

// Due reports whether the review that decides about falls, and about rises at the
// end of a period, has come.
func (s *State) Due(today clock.Date) bool { return s.ReviewOn != "" && today >= s.ReviewOn }

// AtSale is the tier to which a sale moves its member, given what the packs
// propose for the figures with the sale. Nobody falls at a sale. reprice says
// that the sale itself is to be priced on the new tier: the caller runs its rules
// once more with it and keeps the tier, whatever that does to the total.
func AtSale(p Policy, s State, current, proposed string, today clock.Date) (tier string, reprice bool) {
	if s.Held(today) || p.Upgrade == "period_end" || p.rank(proposed) <= p.rank(current) {
		return current, false
	}
	return proposed, p.Upgrade == "at_once"
}

// AsOf is the business date with which the windows of a review end: where the
// end of a period is due, the last day of the period that ended, otherwise today.
// In a grace the member may still make up for it, so today counts.
func AsOf(p Policy, s State, today clock.Date) clock.Date {
	if p.Period == "day" || !s.Due(today) || s.BelowSince != "" {
		return today
	}
	return p.periodStart(s.Joined, today).AddDays(-1)
}

// Decide applies the policy to what the figures deserve as of AsOf. proposed ""
// is that they deserve no tier; where the packs have no answer, Keep is called
// instead. The reason is one of the constants of this package.
func Decide(p Policy, s State, current, proposed string, today clock.Date) (tier string, next State, reason string) {
	next = s
	if s.Held(today) {
		next.Proposed, next.BelowSince, next.GraceUntil = proposed, "", ""
		next.ReviewOn = heldReview(s.HeldUntil, today)
		return current, next, ReasonHeld
	}
	next.HeldUntil = ""
	due := s.Due(today)
	if due || s.ReviewOn == "" {
		next.ReviewOn = p.nextReview(s.Joined, current, today)
	}
	deserved := proposed
	if s.BelowSince != "" && p.Period != "day" {
		deserved = p.higher(s.Proposed, proposed) // what the period gave still counts beside what came since
	}
	switch have, want := p.rank(current), p.rank(deserved); {
	case want > have:
		return p.rise(next, current, deserved, due, today)
	case want == have:
		next.Proposed, next.BelowSince, next.GraceUntil = proposed, "", ""
		return current, next, ReasonNone
	case !due || p.Downgrade == "never":
		if p.Downgrade == "never" {
			next.Proposed, next.BelowSince, next.GraceUntil = proposed, "", ""
		}
		return current, next, ReasonNone
	}
	return p.fall(next, current, deserved, today)
}

func (p *Policy) rise(next State, current, deserved string, due bool, today clock.Date) (string, State, string) {
	next.Proposed, next.BelowSince, next.GraceUntil = deserved, "", ""
	if p.Upgrade == "period_end" && !due {
		return current, next, ReasonWaits
	}
	if due {
		next.ReviewOn = p.nextReview(next.Joined, deserved, today)
	}
	return deserved, next, ReasonRisen
}

// fall lets the grace run, and lowers the member when it is over.
func (p *Policy) fall(next State, current, deserved string, today clock.Date) (string, State, string) {
	next.Proposed = deserved
	if next.BelowSince == "" {
		next.BelowSince, next.GraceUntil = today, today.AddDays(p.GraceDays-1)
	}
	if today <= next.GraceUntil {
		next.ReviewOn = next.GraceUntil.AddDays(1)
		if p.Period == "day" { // a member who makes up for it begins a new grace later
			next.ReviewOn = today.AddDays(1)
		}
		return current, next, ReasonGrace
	}
	to := deserved
	if p.Downgrade == "one_step" {
		to = p.higher(p.below(current), deserved)
	}
	next.BelowSince, next.GraceUntil = "", ""
	next.ReviewOn = p.nextReview(next.Joined, to, today)
	return to, next, ReasonFallen
}

// Undo answers the tier of a member who was raised by a sale and to whom something
// was refunded since: the best of what the member had before that sale and what
// the figures deserve, those of now and those of the day of the rise as the refund
// has left them. A tier set by hand stays. Falls by the policy are no matter here.
func Undo(p Policy, s State, current, before string, today clock.Date, deserved ...string) (tier, reason string) {
	to := before
	for _, d := range deserved {
		to = p.higher(to, d)
	}
	if s.Held(today) || p.rank(to) >= p.rank(current) {
		return current, ReasonNone
	}
	return to, ReasonUndone
}

// Above reports whether tier a is higher than b.
func (p *Policy) Above(a, b string) bool { return p.rank(a) > p.rank(b) }

// Keep is the next state where the packs had no answer: nothing is decided, and
// the figures are looked at again on the next day.
func Keep(s State, today clock.Date) State {
	if s.ReviewOn == "" || s.Due(today) {
		s.ReviewOn = today.AddDays(1)
	}
	return s
}

// Hold is the state of a member whose tier a person sets. until "" lets the
// policy decide again from the next review on.
func Hold(p Policy, s State, tier string, until, today clock.Date) State {
	s.HeldUntil, s.BelowSince, s.GraceUntil = until, "", ""
	if s.ReviewOn = p.nextReview(s.Joined, tier, today); until != "" {
		s.ReviewOn = heldReview(until, today)
	}
	return s
}

// heldReview is when a tier set by hand is next looked at.
func heldReview(until, today clock.Date) clock.Date {
	if until == Forever {
		return today.AddDays(idleDays)
	}
	return until.AddDays(1)
}

// idleDays is how long a member is left alone whom no review can move: the
// settings may change meanwhile.
const idleDays = 30

// nextReview is the first day after the running period; where a review could not
// change anything, later.
func (p *Policy) nextReview(joined clock.Date, tier string, today clock.Date) clock.Date {
	if p.Period == "day" {
		if p.Upgrade != "period_end" && (p.Downgrade == "never" || p.rank(tier) < 0) {
			return today.AddDays(idleDays)
		}
		return today.AddDays(1)
	}
	return p.nextStart(joined, today)
}

// periodStart is the first day of the period that holds the date.
func (p *Policy) periodStart(joined, d clock.Date) clock.Date {
	switch p.Period {
	case "month":
		return d.MonthStart()
	case "quarter":
		return d.QuarterStart()
	case "year":
		return d.YearStart()
	case "membership_year":
		return d.AnniversaryStart(joined)
	}
	return d
}

// nextStart is the first day of the period after the one that holds the date.
func (p *Policy) nextStart(joined, d clock.Date) clock.Date {
	switch p.Period {
	case "month":
		return d.MonthStart().AddMonths(1)
	case "quarter":
		return d.QuarterStart().AddMonths(3)
	case "year":
		return d.YearStart().AddMonths(12)
	case "membership_year":
		return d.NextAnniversary(joined)
	}
	return d.AddDays(1)
}

// Rest is the next state of a member whom no review can move: who is not active,
// or whose shop has no pack that knows tiers.
func Rest(s State, today clock.Date) State {
	s.ReviewOn = today.AddDays(idleDays)
	return s
}
