// Command payboxserial is the payboxserial driver as a program of its own.
package main

import (
	"github.com/shopwright/shopwright/hw/drivers/payboxserial"
	"github.com/shopwright/shopwright/sdk/driver"
)

func main() { driver.Serve(payboxserial.New()) }
