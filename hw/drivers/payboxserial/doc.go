// Package payboxserial is the driver of the small box before the customer that shows
// or says an amount and reads a payment code from a telephone, on a serial line or a
// serial server.
//
// How such a box is told an amount differs with its maker, and few publish it. So
// what is sent is a template of the settings with {amount} in it; the box's handbook
// has the rest. The default is our own, which the simulator speaks:
//
//	AMOUNT 12.50 CR LF    show and say it, and read a code
//	CANCEL CR LF          take it back
//
// What the box sends is a code, ended as a scanner's.
//
// Owns: the templates, when a code is a payment.
// Does not own: paying (a connector), the amount.
// Invariants: a code is handed on with the purpose "pay", only between Arm and Disarm,
// and two minutes after Arm at the latest; the same code once for one Arm; any other
// code goes nowhere; no code and no amount is logged; an amount is digits with a
// point, so that nothing else gets into the template.
package payboxserial
