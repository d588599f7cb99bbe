// Package setting holds what a merchant may adjust, per merchant, shop or register.
//
// Owns: the registry (every key with its kind, default, bounds and meaning), the
// table settings, the rule that the most specific value wins.
// Does not own: what a setting does (the feature that reads it), its labels
// (core/i18n: "setting.<key>"), whether the shop or register exists (the caller
// has its Desk).
// Invariants: a key is declared once, in declare.go; what Set stores has passed
// the declaration's check; a stored value that a newer declaration no longer
// accepts counts as not set, so that reading never fails; Values is read in one
// row set with the other reads of a trip.
package setting
