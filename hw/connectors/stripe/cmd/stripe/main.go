// Command stripe is the Stripe connector as a process of its own.
package main

import (
	"github.com/shopwright/shopwright/hw/connectors/stripe"
	"github.com/shopwright/shopwright/sdk/driver"
)

func main() { driver.Serve(stripe.New()) }
