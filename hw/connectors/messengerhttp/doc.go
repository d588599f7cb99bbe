// Package messengerhttp is the connector to gateways of text messages that are called
// by HTTP: Aliyun's, Tencent Cloud's and Twilio's, and any other by a template.
//
// Owns: the gateways' languages and signatures, what their answers mean for a message,
// their delivery notices.
// Does not own: what is said, to whom and when (the program).
// Invariants: a message's key that this process has handed over is not handed over
// again; an answer that does not say for certain that nothing was sent is unknown;
// notices come in under a secret path alone and, where the gateway signs them, with a
// right signature; neither keys nor recipients are in an error or a log.
package messengerhttp
