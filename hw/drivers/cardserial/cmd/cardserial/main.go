// Command cardserial is the cardserial driver as a program of its own.
package main

import (
	"github.com/shopwright/shopwright/hw/drivers/cardserial"
	"github.com/shopwright/shopwright/sdk/driver"
)

func main() { driver.Serve(cardserial.New()) }
