// Package fault is the error vocabulary of the program.
//
// A Fault says what kind of trouble it is (Kind), which one exactly (Reason,
// "<feature>.<snake_case>", stable for ever: it is the API's error code and the
// key of the message catalogue), and with which figures (Args). Features
// declare their faults as package variables; core/api maps a Kind to an HTTP
// status in one table; core/i18n holds a sentence for each Reason.
//
// Owns: Kind, Fault, the list of all reasons.
// Does not own: texts (core/i18n), HTTP statuses (core/api).
// Invariants: a reason is declared once; New panics at start-up otherwise.
package fault
