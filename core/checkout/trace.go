package checkout

import "github.com/shopwright/shopwright/core/promotion"

// Trace is the part of a sale's explanation that is not an adjustment.
type Trace = promotion.Trace

// What a trace is made of.
type (
	TraceNote  = promotion.TraceNote
	TraceLost  = promotion.TraceLost
	TraceGrant = promotion.TraceGrant
)

// ParseTrace reads a stored trace; "" is empty.
func ParseTrace(s string) (Trace, error) { return promotion.ParseTrace(s) }
