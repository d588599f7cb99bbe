// Package ui is the visual language of every screen, as templ components.
//
// Owns: the page frames (Page, Plain, Register), controls, tables, feedback,
// charts, barcodes, receipts, explanations, the form made from a JSON Schema and
// the way back (FormValues), the contrast of a brand's colours (CheckBrand) and
// the edition's style sheet (EditionCSS).
// Does not own: colours and sizes (admin/static/tokens.css), texts (core/i18n,
// through Ctx.Translate), data: a component is given what it shows.
// Invariants: everything given to a component is escaped; no inline script, no
// inline style, no event attribute, so that static.CSP holds; each form works
// without a script; FormValues(s, the form of v) is v for every v that s allows;
// money, rates and times of day are converted exactly or refused, never rounded.
package ui
