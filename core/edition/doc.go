// Package edition is what a reseller ships: the program under another name,
// with other colours, words, rule packs, modules and limits, from one file.
//
// Owns: the manifest edition.json, its check, the style sheet made from its
// colours, the editions that come with the program (shopwright, salon, retail,
// catering).
// Does not own: the design tokens' default values for the screen (the style
// sheet of the office; a test keeps the two tables equal), whether a pack's
// configuration fits its schema (core/pack, when it is switched on), counting
// against a limit (the features).
// Invariants: a manifest is accepted whole or not at all; text on an accepted
// edition's colours has the contrast of WCAG 2.2 AA in both themes; the style
// sheet holds parsed colours only, so nothing can be smuggled into it; a logo
// carries no script.
package edition
