// Package connectors knows which first-party connector is meant for which payment.
//
// Owns: the choice by the means of payment and by the code that was read: the
// customer's telephone says by its first digits whose code it shows.
// Does not own: the connectors (the packages below), the list of drivers
// (hw/drivers), which of them a shop has (core/device).
// Invariants: a connector of somebody else's is asked for everything that it is
// assigned to.
package connectors
