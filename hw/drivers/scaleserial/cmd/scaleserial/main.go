// Command scaleserial is the scaleserial driver as a program of its own.
package main

import (
	"github.com/shopwright/shopwright/hw/drivers/scaleserial"
	"github.com/shopwright/shopwright/sdk/driver"
)

func main() { driver.Serve(scaleserial.New()) }
