// Command escposserial is the escposserial driver as a program of its own.
package main

import (
	"github.com/shopwright/shopwright/hw/drivers/escposserial"
	"github.com/shopwright/shopwright/sdk/driver"
)

func main() { driver.Serve(escposserial.New()) }
