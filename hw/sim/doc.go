// Package sim simulates devices, for tests and the demo.
//
// Owns: a printer in memory whose process can be made to die at any point, a
// network printer that captures, stalls, resets, or answers status bytes, and
// what stands on its paper; a dot matrix printer, a label printer, a print
// queue, a serial line; the devices of a counter (scanner, scale, display, card reader
// and station, caller-id, pay box), each on a port of this machine; what a driver
// tells and logs; payment providers (WeChatPay, Alipay, Stripe) that check what is
// signed by the published rules, with books that say what was really charged.
// Does not own: anything that a shop uses; production code never imports it.
// Invariants: what is on a simulated printer's paper is exactly what a real
// one would have printed by then.
package sim
