// Package remote lets a device host, a program beside a till, run the drivers of
// devices there for a server elsewhere.
//
// Owns: the protocol between both (protocol.go), the server's side of it: the hosts
// that are connected, their devices' state, calls to their drivers (hosts.go, conn.go),
// and the HTTP handlers (http.go, feed.go).
// Does not own: the host's side (hw/remote/host), the rows of hosts and of what they
// have in hand (core/device), what is printed (hw), driver processes (plugins).
// Invariants: the server never calls a host, the host calls; nobody waits for a host
// that is away, and for one that is there no longer than the call's own deadline; a
// call that comes after its deadline is not made; a host hears of its own devices
// alone, and what it tells of others is passed over; settings go over the host's own
// stream and nowhere else, and are never logged.
//
// # The protocol
//
// The host gets one stream of server-sent events (its devices with their settings,
// calls to their drivers, "there is work") and posts what it has to say: events,
// states, answers to calls, where print jobs stand. That passes every proxy that lets
// a browser through. The token travels in a header of its own, because Authorization
// belongs to the API's keys.
//
// A call is one of the driver protocol itself, request and reply as they are: a
// capability that is added there is at the hosts by itself.
//
// # Two clocks
//
// Clocks need not agree. Every answer of the server carries its time; from when it
// asked and when the answer came the host knows the server's time within one round
// trip. It judges deadlines by the latest that it may be there, and dates what its
// devices tell by the earliest. So a line that stands still for a while can neither
// open a drawer late nor make a scan look fresh.
//
// # One process
//
// A host is connected to one process of the server, which alone can reach its devices
// at once; print jobs reach it through the database from any. Behind a balancer the
// addresses of device hosts and registers belong to one process.
package remote
