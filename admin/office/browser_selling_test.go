//go:build browser

package office_test

import (
	"context"
	"strings"
	"testing"

	"github.com/shopwright/shopwright/core/payment"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/storefront"
)

// What is sold and paid elsewhere, in a browser: an online order is packed and sent, an
// online shop is set up, a payment without an answer is given up after a question, and
// the day names the online shop it was paid by.
func TestOnlineAndPaymentsInABrowser(t *testing.T) {
	d := newDesk(t)
	s := d.s
	channel, orders := s.onlineShop()
	at := "/office/online-channels/" + channel.String()

	d.goTo("/office/online")
	d.want(".stat", "Needs attention")
	d.click(`main a[href="` + orders["N-1"] + `"]`)
	d.want("h1", "N-1")
	d.click(`form[action$="/pack"] button`)
	d.want(".toast", "Packed")
	d.gone("main button", "Mark as packed")
	d.enter("#carrier", "SF")
	d.click(`form[action$="/ship"] button`) // the browser asks for the number itself
	d.until(`document.querySelector("#tracking:invalid")`, "a parcel needs a number")
	d.enter("#tracking", "SF-77")
	d.keys("\r")
	d.want(".toast", "Sent")
	d.want("main", "SF-77")
	d.goTo(orders["N-3"])
	d.click(`form[action$="/refuse"] button`)
	d.want(".toast", "Refused")

	d.goTo(at)
	d.enter("#items", "MALL-9,oil")
	d.click(`form[action="` + at + `/items"] button`)
	d.want(".toast", "1")
	d.want("table", "MALL-9")
	d.goTo(orders["N-2"])
	d.click(`form[action$="/retry"] button`)
	d.want(".toast", "again")
	o, err := storefront.FindByNo(context.Background(), s.db, s.m.ID, channel, "N-1")
	if err != nil || o.Stage != storefront.Shipped {
		t.Fatalf("%+v %v", o, err)
	}
	sold, err := sale.Get(context.Background(), s.db, s.m.ID, o.Sale)
	if err != nil {
		t.Fatal(err)
	}
	day := "/office/days/" + string(sold.BusinessDate)
	d.goTo(day)
	d.want("main", "Online shop · mall")
	d.gone("main", "online:mall")

	late := s.intent(0, payment.Paid, true, payment.Answer{Paid: 1530, Provider: "p-late"})
	open := s.intent(1, payment.Unknown, false, payment.Answer{Reason: "no line " + hostile})
	s.intent(2, payment.Refused, false, payment.Answer{Reason: "balance too low"})
	d.goTo("/office/payments?all=1")
	d.want(".alert-warn", "need attention")
	d.click(".alert-warn a")
	d.want("table", "No answer")
	d.gone("table", "balance too low")
	d.click(`[data-dialog-open="give-up-` + open.ID.String() + `"]`)
	d.want("dialog[open]", "")
	d.until(`(() => { const p = document.querySelector("dialog[open] .dialog-body"); return p.scrollWidth <= p.clientWidth; })()`, "the question runs out of its dialog")
	d.seen("give-up")
	d.click("dialog[open] .button-danger")
	d.want(".toast", "")
	if n := s.audited("payment.given_up"); n != 1 {
		t.Errorf("given up %d times", n)
	}
	if i, err := payment.GetID(context.Background(), s.db, s.m.ID, late.ID); err != nil || i.State != payment.Paid {
		t.Errorf("%+v %v", i, err)
	}
	pages := map[string]string{"online": "/office/online", "channel": at, "payments": "/office/payments", "payments-all": "/office/payments?all=1", "days": "/office/days", "day": day}
	for no, path := range orders {
		pages["order-"+strings.ToLower(no)] = path
	}
	d.look(pages)
}
