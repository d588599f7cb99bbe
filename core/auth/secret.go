package auth

import "context"

// secrets bounds the hashes of short secrets, as a Service bounds those of passwords.
var secrets = newHasher(DefaultHash)

// HashSecret hashes a secret that is checked elsewhere than at sign-in, such as a
// member's PIN; what it must look like is the caller's question. It takes its time
// and memory: call it before the transaction.
func HashSecret(ctx context.Context, p HashParams, secret string) (PasswordHash, error) {
	h := &hasher{params: p, slots: secrets.slots}
	return h.hash(ctx, secret)
}

// Matches compares in constant time. A hash that cannot be read matches nothing
// and costs as much as one that can.
func (p PasswordHash) Matches(ctx context.Context, secret string) (bool, error) {
	ok, _, err := secrets.verify(ctx, p, secret)
	return ok, err
}
