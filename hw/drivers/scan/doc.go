// Package scan makes codes of what a scanner sends.
//
// Owns: where a code begins and ends, prefixes and suffixes, the AIM symbology
// identifiers, and what is no code.
// Does not own: where the bytes come from, what a code means.
// Invariants: two codes are never joined where the scanner marks their end; a code
// that did not come whole or holds what no code can hold is dropped, never handed
// on in part; a dropped code is told by its length alone, never by its content.
package scan
