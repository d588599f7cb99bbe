// Command spooler is the spooler driver as a program of its own.
package main

import (
	"github.com/shopwright/shopwright/hw/drivers/spooler"
	"github.com/shopwright/shopwright/sdk/driver"
)

func main() { driver.Serve(spooler.New()) }
