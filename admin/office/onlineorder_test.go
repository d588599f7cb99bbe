package office_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/i18n"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/storefront"
)

// onlineShop connects an online shop that has told of three orders: one to be sent,
// one with an unknown article, one that the buyer wants the money back for.
func (s *shop) onlineShop() (channel id.ID, orders map[string]string) {
	s.t.Helper()
	s.tx(func(ctx context.Context, tx *db.Tx) error {
		d, err := device.Create(ctx, tx, device.Device{Merchant: s.m.ID, Shop: s.shop.ID, Name: "Mall " + hostile, Class: storefront.Class, Driver: "storefront-sim", Enabled: true})
		channel = d.ID
		return err
	})
	s.signIn("owner").post("/office/online-channels/"+channel.String(), "code", "mall", "register", s.register.ID.String(), "buffer", "2").want(s.t, http.StatusOK, "mall")
	line := func(code string) []storefront.IncomingLine {
		return []storefront.IncomingLine{{Ref: "1", Code: code, Name: code + hostile, Quantity: money.One, UnitPrice: 10_000}}
	}
	told := func(no, code string, t storefront.Told) storefront.Incoming {
		return storefront.Incoming{OrderNo: no, Version: 1, Told: t, Currency: s.m.Currency.Code, Paid: 10_000, Buyer: "open-" + no, PlacedAt: s.db.Now(), PaidAt: s.db.Now(), Lines: line(code)}
	}
	s.tx(func(ctx context.Context, tx *db.Tx) error {
		_, err := storefront.Receive(ctx, tx, s.m.ID, channel, "", "1", []storefront.Incoming{told("N-1", "oil", storefront.Paid), told("N-2", "MALL-9", storefront.Paid), told("N-3", "cut", storefront.RefundRequested)})
		return err
	})
	orders = map[string]string{}
	for _, no := range []string{"N-1", "N-2", "N-3"} {
		o, err := storefront.FindByNo(context.Background(), s.db, s.m.ID, channel, no)
		if err != nil {
			s.t.Fatal(err)
		}
		if _, err := s.desk.SettleOnline(context.Background(), s.m.ID, o.ID); err != nil {
			s.t.Fatal(err)
		}
		orders[no] = "/office/online/" + o.ID.String()
	}
	return channel, orders
}

func TestOnlineOrdersInTheOffice(t *testing.T) {
	eachShop(t, func(t *testing.T, s *shop) {
		channel, orders := s.onlineShop()
		b, at := s.signIn("owner"), "/office/online-channels/"+channel.String()
		for _, lang := range i18n.Tags() {
			b.lang = lang
			for _, path := range []string{"/office/online", "/office/online?attention=true&stage=waiting", "/office/online?no=N-1", at, at + "?unmapped=true", orders["N-1"], orders["N-2"], orders["N-3"]} {
				checkPage(t, lang+" "+path, b.get(path).want(t, http.StatusOK).body, lang)
			}
		}
		b.lang = i18n.English
		b.get(orders["N-1"]).want(t, http.StatusOK, "To be sent")
		b.get(orders["N-2"]).want(t, http.StatusOK, "Unknown article", "Waiting")
		b.post(at+"/items", "items", "code,sku\nMALL-9,none\n").want(t, http.StatusNotFound, "none")
		b.post(at+"/items", "items", "MALL-9").want(t, http.StatusBadRequest, "Line 1")
		b.post(at+"/items", "items", "MALL-8,oil\nMALL\"9,oil").want(t, http.StatusBadRequest, "Line 2")
		b.post(at+"/items", "items", "code,sku\nMALL-9,oil\n").want(t, http.StatusOK)
		if csv := b.get(at + "/items.csv"); csv.status != http.StatusOK || !strings.Contains(csv.body, "MALL-9,oil") {
			t.Error(csv.body)
		}
		b.post(at+"/offer").want(t, http.StatusOK)
		b.post(at+"/resync").want(t, http.StatusOK)
		b.post(at, "code", "mall", "register", s.register.ID.String(), "buffer", "many").want(t, http.StatusBadRequest)
		b.post(orders["N-1"]+"/pack").want(t, http.StatusOK, "Packed")
		b.post(orders["N-1"]+"/ship", "carrier", "SF", "tracking", "").want(t, http.StatusBadRequest, "tracking number")
		b.post(orders["N-1"]+"/ship", "carrier", "SF", "tracking", "SF-77").want(t, http.StatusOK, "SF-77")
		b.post(orders["N-2"]+"/ship", "carrier", "SF", "tracking", "SF-78").want(t, http.StatusConflict)
		b.post(orders["N-3"]+"/refuse").want(t, http.StatusOK, "Refused")
		b.post(orders["N-1"]+"/refuse").want(t, http.StatusConflict)
		b.post(orders["N-2"]+"/retry").want(t, http.StatusOK)
		b.post(orders["N-2"]+"/seen").want(t, http.StatusOK)
		b.post(orders["N-1"]+"/member", "card", "000").want(t, http.StatusNotFound)
		b.post(orders["N-1"]+"/address").want(t, http.StatusServiceUnavailable)
		for action, n := range map[string]int{"online_channel.saved": 1, "online_channel.items": 1, "online_order.packed": 1, "online_order.shipped": 1, "online_order.refund_refused": 1} {
			if got := s.audited(action); got != n {
				t.Errorf("%s is in the audit log %d times", action, got)
			}
		}
		// The shop's day and its shift name the way it was paid by, not by its code.
		o, err := storefront.FindByNo(context.Background(), s.db, s.m.ID, channel, "N-1")
		if err != nil {
			t.Fatal(err)
		}
		sold, err := sale.Get(context.Background(), s.db, s.m.ID, o.Sale)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{"/office/days/" + string(sold.BusinessDate), "/office/sales/" + sold.ID.String(), "/office/shifts/" + sold.Shift.String()} {
			if got := b.get(path).want(t, http.StatusOK, "Online shop · mall"); strings.Contains(textOf(t, got.body), "online:mall") {
				t.Errorf("%s shows a code", path)
			}
		}
		s.signIn("cashier").get("/office/online").want(t, http.StatusForbidden)
	})
}
