// Package money is the only place that rounds.
//
// Owns: Amount (minor units), UnitPrice (1/10,000 of the major unit), Quantity
// (thousandths), Rate (millionths), currencies, rounding modes, largest
// remainder allocation, rounding for cash.
// Invariants: every value is an int64 and every product is computed exactly
// (shopspring/decimal) before it is rounded once; a result that does not fit is
// money.overflow, never a wrapped number; shares of an allocation sum to the
// total to the last unit.
//
// Quantity and Rate are integers of a fixed scale, not decimals: they are stored,
// compared and handed to rule modules as integers, and a scale that is fixed
// cannot be read in two ways.
package money
