// Command escposnet is the escposnet driver as a program of its own.
package main

import (
	"github.com/shopwright/shopwright/hw/drivers/escposnet"
	"github.com/shopwright/shopwright/sdk/driver"
)

func main() { driver.Serve(escposnet.New()) }
