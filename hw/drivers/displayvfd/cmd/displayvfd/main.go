// Command displayvfd is the displayvfd driver as a program of its own.
package main

import (
	"github.com/shopwright/shopwright/hw/drivers/displayvfd"
	"github.com/shopwright/shopwright/sdk/driver"
)

func main() { driver.Serve(displayvfd.New()) }
