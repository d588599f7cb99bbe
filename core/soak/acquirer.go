package soak

import (
	"context"
	"hash/fnv"

	"github.com/shopwright/shopwright/core/checkout"
)

// Acquirer takes card payments: some it refuses, of some nothing is heard at first.
// What becomes of a payment follows from its reference, so that it holds after a
// restart too.
type Acquirer struct{}

var _ checkout.Acquirer = Acquirer{}

func fate(reference string) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(reference))
	v := h.Sum32()
	v ^= v >> 16
	return v * 0x45d9f3b >> 8 % 100
}

// Authorise answers paid to most, refused to some, unknown to a few.
func (Acquirer) Authorise(_ context.Context, c checkout.Charge) (checkout.Outcome, error) {
	switch n := fate(c.Reference); {
	case n < 88:
		return checkout.Paid, nil
	case n < 94:
		return checkout.Refused, nil
	}
	return checkout.Unknown, nil
}

// Query answers what became of it; of one in a hundred nothing is ever heard.
func (Acquirer) Query(_ context.Context, c checkout.Charge) (checkout.Outcome, error) {
	switch n := fate(c.Reference); {
	case n < 88, n >= 94 && n < 97:
		return checkout.Paid, nil
	case n < 99:
		return checkout.Refused, nil
	}
	return checkout.Unknown, nil
}

// Release implements checkout.Acquirer.
func (Acquirer) Release(context.Context, checkout.Charge) error { return nil }

// Takes implements checkout.Acquirer: it takes every one.
func (Acquirer) Takes(context.Context, checkout.Charge) bool { return true }
