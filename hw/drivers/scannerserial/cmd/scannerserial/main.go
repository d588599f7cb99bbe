// Command scannerserial is the scannerserial driver as a program of its own.
package main

import (
	"github.com/shopwright/shopwright/hw/drivers/scannerserial"
	"github.com/shopwright/shopwright/sdk/driver"
)

func main() { driver.Serve(scannerserial.New()) }
