// Package parts holds ready-made parts of rules: points, tiers, the top-up
// ladder, commission. A pack embeds the ones that it wants and adds its own.
//
// Owns: the parts, the names of their settings and of their note codes.
// Does not own: what a trade does differently (the packs).
// Invariants: as package rule; a part that is switched off answers nothing.
package parts
