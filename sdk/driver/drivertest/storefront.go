package drivertest

import (
	"time"

	"github.com/shopwright/shopwright/sdk/driver"
)

// hasShop lets only those be asked whose settings are of a test account: figures are
// pushed, which a shop in business would sell by.
func hasShop(s *suite) string {
	if !s.info.Serves("Storefront") {
		return "the driver does not serve Storefront"
	}
	if !s.Payments {
		return "the settings are not of a test account"
	}
	return ""
}

// tellsOrders asks for orders twice and in pages, repeats what may be repeated, and
// names orders that are not there.
func tellsOrders(t *T) {
	p := t.start(true)
	page := func(since string, limit int) driver.OrderPage {
		o, err := p.Orders(t.timeout(20*time.Second), since, limit)
		if err != nil {
			t.fatalf("Orders since %q answers %v", since, err)
		}
		if len(o.Orders) > limit {
			t.errorf("a page of %d has %d orders", limit, len(o.Orders))
		}
		return o
	}
	first, again := page("", 100), page("", 100)
	if first.Cursor != again.Cursor || len(first.Orders) != len(again.Orders) {
		t.errorf("the same cursor answers two pages: %d orders to %q, %d to %q", len(first.Orders), first.Cursor, len(again.Orders), again.Cursor)
	}
	seen := map[string]int64{}
	for _, o := range first.Orders {
		if o.ID == "" || o.Currency == "" || o.State == driver.OrderUnknown || o.PlacedAt <= 0 {
			t.errorf("an order without number, currency, state or instant: %+v", o)
		}
		lines := map[string]bool{}
		for _, l := range o.Lines {
			if l.SKU == "" || l.Quantity <= 0 || l.Refunded < 0 || l.Refunded > l.Quantity || l.UnitPrice < 0 || l.ID != "" && lines[l.ID] {
				t.errorf("order %s has a line that cannot be: %+v", o.ID, l)
			}
			lines[l.ID] = true
		}
		seen[o.ID] = o.Version
	}
	since := ""
	for n := 0; n < 2*len(first.Orders)+2; n++ {
		one := page(since, 1)
		for _, o := range one.Orders {
			delete(seen, o.ID)
		}
		if one.Cursor == since {
			break
		}
		since = one.Cursor
	}
	if !first.More && len(seen) > 0 {
		t.errorf("pages of one leave out %d orders", len(seen))
	}
	for range 2 {
		if err := p.Acknowledge(t.timeout(20*time.Second), first.Cursor); err != nil {
			t.errorf("Acknowledge answers %v", err)
		}
		if _, err := p.PushStock(t.timeout(20*time.Second), driver.StockFigures{Seen: first.Cursor, AsOf: 1}); err != nil {
			t.errorf("PushStock answers %v", err)
		}
	}
	none := newJob()
	if _, err := p.ShipTo(t.timeout(20*time.Second), none); err == nil {
		t.errorf("an order that never was has an address")
	}
	if st, err := p.PushRefund(t.timeout(20*time.Second), driver.OrderRefund{Order: none, Reference: newJob(), Amount: 1, Currency: "CNY"}); err == nil && st.State == driver.RefundDone {
		t.errorf("an order that never was is paid back")
	}
	for _, bad := range []driver.OrderRefund{{Order: none}, {Reference: none}, {Order: none, Reference: none, Amount: -1}} {
		if st, err := p.PushRefund(t.timeout(20*time.Second), bad); err == nil && st.State == driver.RefundDone {
			t.errorf("a refund without an order, a reference or a sum is done: %+v", bad)
		}
	}
}
