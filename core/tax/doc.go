// Package tax says which tax applies to what is sold, and computes it.
//
// Owns: tax categories, their rates with validity (for all shops of a merchant or
// for one), the computation of tax per line and per rate.
// Does not own: which category a SKU has (catalog), the rate of SKUs without one
// (the setting tax.rate), what was charged (sale: every line keeps its category,
// the rate's name, the rate and the tax, so that nothing here changes a past sale).
//
// Rounding: with RoundLines every line's tax is rounded by itself. With RoundTotal
// the tax of a rate is computed on the sum of its lines and rounded once; the lines
// get shares of it by largest remainder. Either way a refund gives back portions of
// the stored tax of a line (money.Portion), never a tax that is computed anew.
//
// Invariants: base + tax = what is paid, to the minor unit, per line, per rate and
// in total; the taxes of the lines sum to those of the rates and to the total; tax
// is on what is left after discounts; lines of prepaid money (top-ups, punch cards,
// gift cards) are not taxed: tax arises when it is spent.
package tax
