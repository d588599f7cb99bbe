// Package host is the device host: a program beside a till that runs the drivers of
// devices there for a server elsewhere. hw/remote says how the two speak.
//
// Owns: who the host is (identity.go), the line to the server (link.go, feed.go), the
// drivers that the server wants run here (host.go), what is told (report.go), and the
// spool of print jobs on the host's disk (spool.go).
// Does not own: the protocol and the server's side (hw/remote), how a job is printed
// (hw.Queue), driver processes (plugins, behind the Drivers interface).
// Invariants: a job is on the disk before the server hears that it arrived; that a
// byte may leave is on the disk before it can; how a job ended stays on the disk until
// the server has written it down; so a kill at any point leaves a job printed once, or
// uncertain, and a line that is cut changes nothing but when the server hears of it.
// What the server last wanted to be run here is kept beside the host's token, readable
// for the same user alone: a host that is started while the line is cut prints what it
// holds. A host that is shut out or paired anew forgets it. One process works in a folder.
package host
