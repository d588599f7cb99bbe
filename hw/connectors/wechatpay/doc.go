// Package wechatpay is the connector to WeChat Pay for codes that the cashier reads
// from the customer's telephone (付款码支付, the merchant interface of version 2:
// micropay, orderquery, reverse, refund, refundquery).
//
// Owns: that interface's language, its signatures (HMAC-SHA256 or MD5) both ways,
// what its error codes mean for the money.
// Does not own: when it is asked (the program does).
// Invariants: an answer without a right signature is no answer; an error code that
// does not say for certain that nothing is charged is unknown; a payment is not
// reversed within the fifteen seconds in which the provider forbids it; the key, the
// certificate and the customer's code are in no error and no log.
package wechatpay
