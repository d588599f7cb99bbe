// Package catalog is what is sold: products, their SKUs, categories, bar codes.
//
// Owns: products, skus, categories, barcodes.
// Does not own: what a SKU costs a certain member at a certain hour (rule
// packs), stock levels (core/stock), tax rates (core/tax).
// Invariants: a SKU's code and a bar code belong to one SKU of a merchant; a
// price is never negative; a service is never stocked; nothing is deleted, only
// archived. An EAN-8 or EAN-13 has its right check digit.
//
// A bar code that is scanned and is in no row of barcodes is tried as a SKU's
// code, so that a label with the shop's own code needs no second entry.
package catalog
