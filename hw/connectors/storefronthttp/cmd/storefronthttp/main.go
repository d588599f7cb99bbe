// Command storefronthttp is the connector to an online shop as a process of its own.
package main

import (
	"github.com/shopwright/shopwright/hw/connectors/storefronthttp"
	"github.com/shopwright/shopwright/sdk/driver"
)

func main() { driver.Serve(storefronthttp.New()) }
