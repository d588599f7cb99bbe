// Command calleridserial is the calleridserial driver as a program of its own.
package main

import (
	"github.com/shopwright/shopwright/hw/drivers/calleridserial"
	"github.com/shopwright/shopwright/sdk/driver"
)

func main() { driver.Serve(calleridserial.New()) }
