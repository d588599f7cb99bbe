// Command wechatofficial is the connector to an official account of WeChat as a
// process of its own.
package main

import (
	"github.com/shopwright/shopwright/hw/connectors/wechatofficial"
	"github.com/shopwright/shopwright/sdk/driver"
)

func main() { driver.Serve(wechatofficial.New()) }
