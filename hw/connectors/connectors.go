package connectors

import (
	"github.com/shopwright/shopwright/hw/connectors/acquirersim"
	"github.com/shopwright/shopwright/hw/connectors/alipay"
	"github.com/shopwright/shopwright/hw/connectors/stripe"
	"github.com/shopwright/shopwright/hw/connectors/wechatpay"
)

// Class is the class of a device that is a connector to a payment provider.
const Class = "acquirer"

var takes = map[string]func(method, code string) bool{
	acquirersim.Name: acquirersim.Takes,
	alipay.Name:      alipay.Takes,
	stripe.Name:      stripe.Takes,
	wechatpay.Name:   wechatpay.Takes,
}

// Takes reports whether a driver is meant for a means of payment ("card", "qr") and
// the code that was read for it ("" where none was).
func Takes(driver, method, code string) bool {
	if f, ok := takes[driver]; ok {
		return f(method, code)
	}
	return true
}
