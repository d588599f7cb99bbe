// Command labelzpl is the label-zpl driver as a program of its own.
package main

import (
	"github.com/shopwright/shopwright/hw/drivers/labelzpl"
	"github.com/shopwright/shopwright/sdk/driver"
)

func main() { driver.Serve(labelzpl.New()) }
