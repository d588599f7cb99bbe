// Package alipay is the connector to Alipay for codes that the cashier reads from
// the customer's telephone (当面付: alipay.trade.pay, query, cancel, refund and
// fastpay.refund.query, and the asynchronous notices).
//
// Owns: that interface's language, RSA2 signatures both ways, what its codes mean
// for the money.
// Does not own: when it is asked (the program does).
// Invariants: an answer or a notice without a right signature is none; a code that
// does not say for certain that nothing is charged is unknown; the private key and
// the customer's code are in no error and no log.
package alipay
