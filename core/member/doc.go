// Package member says who the members are: profile, cards with their designs and
// their life cycle, the PIN for spending, families, consents, tiers, the day
// buckets behind history facts, and erasure.
//
// Owns: members, member_private, member_cards, card_designs, card_batches,
// member_pins, member_families, member_subjects, member_consents, tiers, tier_history, member_day.
// Does not own: what a member holds (core/wallet), when a tier is entered
// (core/loyalty and the rule packs), what a birthday is worth (rule packs).
// Invariants:
//   - Personal data stands in member_private alone. All of it is sealed under a
//     data key of the member's own, which is wrapped under a key of the merchant's;
//     in plain there are only the display name, its search form and the month of
//     birth, because lists and look-ups need them.
//   - Phone numbers and document numbers are found by keyed hashes (blind
//     indexes); their text is in no column.
//   - Erase destroys the data key and blanks what was in plain. The member's row
//     stays, so that receipts and the ledger keep their owner. It is refused while
//     the law wants the buyer of prepaid value to be known (retain_until).
//   - A phone number, a document and a card number belong to one member of a
//     merchant. A number that was replaced stays blocked and names its successor.
//   - Balances belong to the member, not to a card: replacing a card moves nothing.
//   - A PIN stands as a hash alone. Five wrong ones lock it for 15 minutes, and
//     guessing at once is worth no more than one after the other.
//   - A member belongs to one family at most; a family's head to its own.
//   - Consents are only ever added; the newest of a purpose counts.
//
// # The search form
//
// search_name is the lower-case name, a space, and the pinyin initials of its
// Chinese characters ("王小明 wxm"), both simplified and traditional. The initials
// come from the pinyin collation of golang.org/x/text, so there is no table of
// characters here but for surnames that are read otherwise than the same
// character elsewhere.
package member
