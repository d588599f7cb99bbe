// Command wechatpay is the WeChat Pay connector as a process of its own.
package main

import (
	"github.com/shopwright/shopwright/hw/connectors/wechatpay"
	"github.com/shopwright/shopwright/sdk/driver"
)

func main() { driver.Serve(wechatpay.New()) }
