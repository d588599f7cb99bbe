// Command storefrontsim is the connector to a simulated online shop as a process of
// its own.
package main

import (
	"github.com/shopwright/shopwright/hw/connectors/storefrontsim"
	"github.com/shopwright/shopwright/sdk/driver"
)

func main() { driver.Serve(storefrontsim.New()) }
