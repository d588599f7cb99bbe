// Package loyalty is the merchant's policy for points and tiers, and the gifts
// that points buy.
//
// Owns: what the settings of points mean (from when and until when points hold,
// what earns them, what a refund does to expired ones), gifts with their own
// count and their redemptions, where each member stands with the tier policy.
// Does not own: how many points a line earns and which tier the figures deserve
// (rule packs), the points themselves (core/wallet, core/ledger), a member's tier
// and its history (core/member), the review's flow (core/checkout).
// Invariants: the policy is pure, one result for the same figures; a gift's own
// count never falls below nothing and no member takes more than the limit, which
// constraints say; a tier set by hand stays until its date; nobody falls without
// an answer from every pack that was asked.
package loyalty
