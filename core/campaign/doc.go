// Package campaign is who gets what and when: what rules give besides money, what
// sets them off, draws and their prizes.
//
// Owns: grants (what was given, by which pack, how much of it was used or taken
// back), trigger runs and their limits, check-ins with their streaks, who brought
// whom, prizes and draws.
// Does not own: coupons, gifts, points, money and visits (the features of their
// books, which the flow writes beside a grant); the running of packs (core/checkout).
// Invariants: a pack runs once over an event, whoever delivers it how often; a
// chance is played once and a prize leaves its stock in the same transaction; no
// more of a grant is used and taken back than was given; a member checks in once a
// business date; nobody brought themselves, and nobody is brought twice.
//
// # Limits
//
// A merchant limits how often triggers give a member something in a day, and all
// members together: what is over the limit is recorded as a run that gave nothing,
// so that an event never comes up again.
package campaign
