// Command messengerhttp is the text message connector as a process of its own.
package main

import (
	"github.com/shopwright/shopwright/hw/connectors/messengerhttp"
	"github.com/shopwright/shopwright/sdk/driver"
)

func main() { driver.Serve(messengerhttp.New()) }
