// Package parts holds ready-made parts of rules: prices, benefits, points, tiers,
// top-ups, tenders, commission, returns, events, draws. A pack embeds the ones that
// it wants and adds its own.
//
// Owns: the parts, the names of their settings and of their note codes.
// Does not own: what a trade does differently (the packs).
// Invariants: as package rule; a part that is switched off answers nothing.
package parts
