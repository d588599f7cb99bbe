// Command scannerevdev is the scannerevdev driver as a program of its own.
package main

import (
	"github.com/shopwright/shopwright/hw/drivers/scannerevdev"
	"github.com/shopwright/shopwright/sdk/driver"
)

func main() { driver.Serve(scannerevdev.New()) }
