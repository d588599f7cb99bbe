// Command alipay is the Alipay connector as a process of its own.
package main

import (
	"github.com/shopwright/shopwright/hw/connectors/alipay"
	"github.com/shopwright/shopwright/sdk/driver"
)

func main() { driver.Serve(alipay.New()) }
