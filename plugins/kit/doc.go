// Package kit is what an author of device drivers uses: it writes a new driver that
// builds and passes its tests.
//
// Owns: the templates of new drivers.
// Does not own: signatures and installation (plugins), the conformance suite
// (sdk/driver/drivertest), the protocol (sdk/driver).
// Invariants: what is written is a whole module of its own; a folder with something
// in it is not touched.
package kit
