// Command virtualprinter is the virtual-printer driver as a program of its own.
package main

import (
	"github.com/shopwright/shopwright/hw/drivers/virtualprinter"
	"github.com/shopwright/shopwright/sdk/driver"
)

func main() { driver.Serve(virtualprinter.New()) }
