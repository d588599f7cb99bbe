package storefronthttp

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/hw/connectors/storefrontsim"
	"github.com/shopwright/shopwright/hw/sim"
	"github.com/shopwright/shopwright/sdk/driver"
)

func joined(t *testing.T) (*sim.Mall, *Storefront) {
	t.Helper()
	m, err := sim.NewMall(7)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	s := &Storefront{clock: clock.System{}}
	if err := s.Configure(t.Context(), m.Config()); err != nil {
		t.Fatal(err)
	}
	return m, s
}

func TestTheWholeLanguage(t *testing.T) {
	m, s := joined(t)
	ctx := t.Context()
	if _, err := s.PushStock(ctx, driver.StockFigures{AsOf: 5, All: true, Figures: []driver.StockFigure{{SKU: "tea", Available: 5250}}}); err != nil || m.Available("tea") != 5250 {
		t.Fatal(err, m.Available("tea"))
	}
	no, err := m.Place(storefrontsim.Buy{Lines: []driver.OrderLine{{SKU: "tea", Quantity: 1250, UnitPrice: 1000, Discount: 50}}, Shipping: 600, Currency: "CNY", Buyer: "b1", ShipTo: driver.ShipTo{Name: "李雷", Phone: "1", Note: "n"}})
	if err != nil {
		t.Fatal(err)
	}
	want, _ := m.Order(no)
	p, err := s.Orders(ctx, "", 10)
	if err != nil || len(p.Orders) != 1 || p.More {
		t.Fatal(p, err)
	}
	got := p.Orders[0]
	if got.ID != no || got.Paid != want.Paid || got.PlacedAt != want.PlacedAt || got.PaidAt != want.PaidAt || got.State != driver.OrderPaid || len(got.Lines) != 1 || got.Lines[0] != want.Lines[0] || got.Buyer != "b1" || got.Shipping != 600 {
		t.Errorf("%+v\n%+v", got, want)
	}
	if err := s.Acknowledge(ctx, p.Cursor); err != nil {
		t.Error(err)
	}
	if next, err := s.Orders(ctx, p.Cursor, 10); err != nil || len(next.Orders) != 0 || next.Cursor != p.Cursor {
		t.Error(next, err)
	}
	if a, err := s.ShipTo(ctx, no); err != nil || a.Name != "李雷" || a.Note != "n" {
		t.Error(a, err)
	}
	if err := s.PushFulfilment(ctx, driver.Fulfilment{Order: no, Reference: "f1", Carrier: "SF", Tracking: "9"}); err != nil || len(m.Parcels(no)) != 1 {
		t.Error(err)
	}
	if st, err := s.PushRefund(ctx, driver.OrderRefund{Order: no, Reference: "r1", Amount: 100, Currency: "CNY", Lines: []driver.FulfilledLine{{ID: "1", Quantity: 250}}}); err != nil || st.State != driver.RefundDone {
		t.Error(st, err)
	}
	if st, err := s.PushRefund(ctx, driver.OrderRefund{Order: no, Reference: "r2", Amount: 1_000_000, Currency: "CNY"}); err != nil || st.State != driver.RefundRefused || st.Reason == "" {
		t.Error(st, err)
	}
	if o, _ := m.Order(no); o.Refunded != 100 || o.Lines[0].Refunded != 250 {
		t.Errorf("%+v", o)
	}
	if n, err := s.PushCatalogue(ctx, []driver.Article{{SKU: "tea", Title: "Tea", Price: 1000, Currency: "CNY"}}); err != nil || n != 1 {
		t.Error(n, err)
	}
	if err := s.DecideRefund(ctx, driver.RefundDecision{Order: "none", Reference: "d"}); err == nil {
		t.Error("an order that is none is decided about")
	}
	if w := m.Wrong(); len(w) != 0 {
		t.Error(w)
	}
	if !s.Health(ctx).OK {
		t.Error(s.Health(ctx))
	}
}

func TestWhatIsNotSignedIsNotBelieved(t *testing.T) {
	m, s := joined(t)
	m.Misbehave(sim.MallFaults{Forged: 100})
	if _, err := s.Orders(t.Context(), "", 1); err == nil || s.Health(t.Context()).OK {
		t.Error("a forged answer is believed", err)
	}
	m.Misbehave(sim.MallFaults{Down: 100})
	if _, err := s.Orders(t.Context(), "", 1); err == nil || !strings.Contains(err.Error(), "503") {
		t.Error(err)
	}
	m.Misbehave(sim.MallFaults{Cut: 100})
	if err := s.Acknowledge(t.Context(), "1"); err == nil {
		t.Error("no answer is taken for one")
	}
	m.Misbehave(sim.MallFaults{})
	config := strings.Replace(string(m.Config()), m.Secret, "another secret, as long", 1)
	if err := s.Configure(t.Context(), json.RawMessage(config)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Orders(t.Context(), "", 1); err == nil || !strings.Contains(err.Error(), "key") || s.Health(t.Context()).OK {
		t.Error(err)
	}
}

func TestAnErrorHasNoSecret(t *testing.T) {
	secret := "0123456789-very-secret"
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := []byte(`{"error":"the secret ` + secret + ` is wrong"}`)
		w.Header().Set(headerSignature, Sign(secret, body, "409", r.Header.Get(headerNonce)))
		w.WriteHeader(http.StatusConflict)
		_, _ = w.Write(body)
	}))
	defer srv.Close()
	s := &Storefront{clock: clock.System{}}
	if err := s.Configure(t.Context(), json.RawMessage(`{"base_url":"`+srv.URL+`","key_id":"k","secret":"`+secret+`"}`)); err != nil {
		t.Fatal(err)
	}
	if err := s.Acknowledge(t.Context(), "1"); err == nil || strings.Contains(err.Error(), secret) || !strings.Contains(err.Error(), "***") {
		t.Error(err)
	}
}

func TestQuantities(t *testing.T) {
	for s, want := range map[string]int64{"": 0, "0": 0, "2": 2000, "0.35": 350, "1.005": 1005, "12.5": 12500, "1.2345": -1, "-1": -1, ".5": -1, "x": -1, "1e3": -1, "1,5": -1} {
		if got := thousandths(s); got != want {
			t.Errorf("%q is %d, want %d", s, got, want)
		}
	}
	for n, want := range map[int64]string{0: "0", 1000: "1", 1250: "1.250", 5: "0.005"} {
		if got := pieces(n); got != want || thousandths(got) != n {
			t.Errorf("%d is %q", n, got)
		}
	}
}

func TestWrongSettings(t *testing.T) {
	for _, raw := range []string{`{}`, `{"base_url":"http://example.org","key_id":"k","secret":"0123456789abcdef"}`, `{"base_url":"https://example.org","key_id":"","secret":"0123456789abcdef"}`, `{"base_url":"https://example.org","key_id":"k","secret":"short"}`, `{"x":1}`} {
		if err := New().(*Storefront).Configure(t.Context(), json.RawMessage(raw)); err == nil {
			t.Error(raw, "is taken")
		}
	}
}
