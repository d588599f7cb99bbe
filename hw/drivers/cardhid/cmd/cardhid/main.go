// Command cardhid is the cardhid driver as a program of its own.
package main

import (
	"github.com/shopwright/shopwright/hw/drivers/cardhid"
	"github.com/shopwright/shopwright/sdk/driver"
)

func main() { driver.Serve(cardhid.New()) }
