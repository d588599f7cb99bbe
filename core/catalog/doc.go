// Package catalog is what is sold: products, their SKUs, categories, bar codes,
// punch plans.
//
// Owns: products, skus, categories, barcodes, punch_plans, punch_plan_services.
// Does not own: what a SKU costs a certain member at a certain hour (rule
// packs), stock levels (core/stock), tax rates (core/tax), the visits that are left
// on a card (core/wallet).
// Invariants: a SKU's code and a bar code belong to one SKU of a merchant; a
// price is never negative; a service is never stocked; nothing is deleted, only
// archived. An EAN-8 or EAN-13 has its right check digit. The services of a punch
// plan only become more: a card that was sold keeps what it promised.
//
// A bar code that is scanned and is in no row of barcodes is tried as a SKU's
// code, so that a label with the shop's own code needs no second entry.
package catalog
