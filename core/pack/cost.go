package pack

import "time"

// Cost is what the calls of one hook of one version have cost since the program
// began.
type Cost struct {
	Pack, Version, Hook string
	Calls               int64
	Failures            map[string]int64 // by reason
	Fuel, FuelMax       int64            // of all calls, and of the dearest
	Nanos               int64            // of all calls
	P50, P99, Most      time.Duration
}

// Failed is how many calls failed.
func (c *Cost) Failed() (n int64) {
	for _, k := range c.Failures {
		n += k
	}
	return n
}
