// Command virtualprinter is the virtualprinter driver as a program of its own.
package main

import (
	"github.com/shopwright/shopwright/hw/drivers/virtualprinter"
	"github.com/shopwright/shopwright/sdk/driver"
)

func main() { driver.Serve(virtualprinter.New()) }
