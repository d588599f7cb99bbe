// Package catalog is what is sold: products, their SKUs, categories, bar codes,
// punch plans.
//
// Owns: products, skus, categories, barcodes, punch_plans, punch_plan_services; what a
// weight code means (WeightReader).
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
//
// # Goods that are weighed at another counter
//
// The labels of such goods carry an EAN-13 whose digits say the article and its
// weight or price: PP IIIII VVVVV C. Which prefixes do, the setting
// catalog.weight_codes says. A bar code or a SKU's code that is equal to what was
// scanned goes first; then the article is the SKU whose bar code is the same code
// with the value 00000 (and its own check digit), or whose bar code or code is IIIII,
// with or without its leading zeros. The unit of a SKU that is weighed is the
// kilogram.
//
// A line of a sale costs its unit price times its quantity, and nothing else: refunds,
// taxes and rules count on it. A code that says a price is therefore read as the
// quantity that costs this price. Where a thousandth of the unit costs no more than a
// minor unit there always is one; of dearer goods there is one as long as the price is
// the one that the label was printed with, because the scale weighed whole grams. Where
// what comes out is more than one minor unit off, the price has changed since and the
// code is refused, instead of taking from the customer what the label does not say.
// One minor unit is let pass, for a scale that rounds otherwise than the shop, or where
// price.rounding_at rounds the bill once, and the screen shows it.
package catalog
