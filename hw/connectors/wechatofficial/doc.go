// Package wechatofficial is the connector to an official account of WeChat (公众号):
// template and subscription messages, sign-in by web authorisation, members' cards.
//
// Owns: the account's interface, its access token and when it is fetched anew, what its
// error codes mean, the notices of delivery.
// Does not own: who is told what (the program), which member an account belongs to.
// Invariants: one token at a time, fetched once however many ask; a call that the
// provider refused for its token alone is made once more with a new one, because
// nothing was done; a message's key that this process has handed over is not handed
// over again; the secret, tokens and openids are in no error and no log; notices count
// only with a right signature.
package wechatofficial
