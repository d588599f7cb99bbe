package soak

import (
	"context"
	"hash/fnv"

	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
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
func (Acquirer) Authorise(_ context.Context, _, _ id.ID, reference, _ string, _ money.Amount) (checkout.Outcome, error) {
	switch n := fate(reference); {
	case n < 88:
		return checkout.Paid, nil
	case n < 94:
		return checkout.Refused, nil
	}
	return checkout.Unknown, nil
}

// Query answers what became of it; of one in a hundred nothing is ever heard.
func (Acquirer) Query(_ context.Context, _, _ id.ID, reference string) (checkout.Outcome, error) {
	switch n := fate(reference); {
	case n < 88, n >= 94 && n < 97:
		return checkout.Paid, nil
	case n < 99:
		return checkout.Refused, nil
	}
	return checkout.Unknown, nil
}

// Release implements checkout.Acquirer.
func (Acquirer) Release(context.Context, id.ID, id.ID, string) error { return nil }
