// Command escposusb is the escposusb driver as a program of its own.
package main

import (
	"github.com/shopwright/shopwright/hw/drivers/escposusb"
	"github.com/shopwright/shopwright/sdk/driver"
)

func main() { driver.Serve(escposusb.New()) }
