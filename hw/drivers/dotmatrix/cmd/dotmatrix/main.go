// Command dotmatrix is the dot-matrix driver as a program of its own.
package main

import (
	"github.com/shopwright/shopwright/hw/drivers/dotmatrix"
	"github.com/shopwright/shopwright/sdk/driver"
)

func main() { driver.Serve(dotmatrix.New()) }
