// Command acquirersim is the simulated payment connector as a process of its own.
package main

import (
	"github.com/shopwright/shopwright/hw/connectors/acquirersim"
	"github.com/shopwright/shopwright/sdk/driver"
)

func main() { driver.Serve(acquirersim.New()) }
