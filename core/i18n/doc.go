// Package i18n holds every sentence that a person reads.
//
// Owns: the catalogues (locales/<tag>.json, and locales/<tag>/*.json beside it
// where one file grows too long), the choice of a locale, and how numbers,
// money and dates are written.
// Does not own: which locales a merchant offers and which words a reseller has
// changed (core/edition hands them to With), the catalogues of rule packs
// (core/pack).
// Invariants: a catalogue is one flat JSON object of key -> text, sorted by key;
// every locale has every key, with the same placeholders; every fault's reason
// is a key. A key that is missing shows itself rather than nothing.
//
// # Texts
//
//	{name}             an argument
//	{n|visit|visits}   the first word where the argument is 1, else the second
//	{=member}          a term: the text of the key term.member; {=Member} begins
//	                   with a capital. A reseller who says "client" changes the
//	                   term, not every sentence.
//
// golang.org/x/text/language does the matching of Accept-Language. The texts
// themselves are not in go-i18n's format: its messages are Go templates with
// one entry per plural form, which a merchant or a translator cannot edit
// safely, and the plural that three locales need is the one line above.
//
// # Adding texts
//
//	go run ./core/i18n/merge new.json …
//
// merges files of the form {"en": {key: text}, "zh-Hans": {…}, "zh-Hant": {…}}
// into the catalogues, in order, and refuses a key that has another text already.
package i18n
