package storefrontsim

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/shopwright/shopwright/sdk/driver"
)

func tea(n int64) []driver.OrderLine {
	return []driver.OrderLine{{SKU: "tea", Quantity: n * piece, UnitPrice: 850}}
}

func opened(t *testing.T, folder string) *Mall {
	t.Helper()
	m, err := OpenMall(folder)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func told(m *Mall, seen string, asOf, n int64) error {
	return m.PushStock(driver.StockFigures{Seen: seen, AsOf: asOf, Figures: []driver.StockFigure{{SKU: "tea", Available: n * piece}}})
}

func TestAMallSellsWhatItWasTold(t *testing.T) {
	m := opened(t, "")
	if err := told(m, "", 10, 5); err != nil {
		t.Fatal(err)
	}
	first, err := m.Place(Buy{Lines: tea(3), Currency: "CNY", Shipping: 600})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Place(Buy{Lines: tea(3), Currency: "CNY"}); !errors.Is(err, ErrSoldOut) {
		t.Error(err)
	}
	if o, _ := m.Order(first); o.Paid != 3*850+600 || o.Version != 1 || o.State != driver.OrderPaid {
		t.Errorf("%+v", o)
	}
	p, err := m.Orders("", 10)
	if err != nil || len(p.Orders) != 1 {
		t.Fatal(p, err)
	}
	second, err := m.Place(Buy{Lines: tea(1), Currency: "CNY"})
	if err != nil {
		t.Fatal(err)
	}
	// A figure that counts the first order, and not the second.
	if err := told(m, p.Cursor, 20, 2); err != nil || m.Available("tea") != 1*piece {
		t.Error(err, m.Available("tea"))
	}
	if err := told(m, p.Cursor, 15, 9); err != nil || m.Available("tea") != 1*piece {
		t.Error("an older figure is taken", err, m.Available("tea"))
	}
	if err := m.Cancel(second); err != nil || m.Available("tea") != 2*piece {
		t.Error(err, m.Available("tea"))
	}
	if sum, n := m.Paid(); sum != 3*850+600 || n != 2 {
		t.Error(sum, n)
	}
}

func TestWhatIsAskedTwiceHappensOnceAndOutlivesTheProcess(t *testing.T) {
	dir := t.TempDir()
	m := opened(t, dir)
	if err := told(m, "", 1, 9); err != nil {
		t.Fatal(err)
	}
	no, err := m.Place(Buy{Lines: tea(4), Currency: "CNY"})
	if err != nil {
		t.Fatal(err)
	}
	r := driver.OrderRefund{Order: no, Reference: "r1", Amount: 850, Lines: []driver.FulfilledLine{{ID: "1", Quantity: piece}}}
	for range 3 {
		m = opened(t, dir)
		if st, err := m.PushRefund(r); err != nil || st.State != driver.RefundDone {
			t.Fatal(st, err)
		}
		if err := m.PushFulfilment(driver.Fulfilment{Order: no, Reference: "f", Carrier: "SF", Tracking: "1"}); err != nil {
			t.Fatal(err)
		}
	}
	if o, _ := m.Order(no); o.Refunded != 850 || o.Lines[0].Refunded != piece || o.Version != 2 {
		t.Errorf("%+v", o)
	}
	if ps := m.Parcels(no); len(ps) != 1 {
		t.Error(ps)
	}
	r.Reference, r.Amount = "r2", 9999
	if st, err := m.PushRefund(r); err != nil || st.State != driver.RefundRefused {
		t.Error(st, err)
	}
	if _, err := m.Orders("x", 1); !errors.Is(err, ErrCursor) {
		t.Error(err)
	}
	if err := m.Decide(driver.RefundDecision{Order: "none"}); !errors.Is(err, ErrNone) {
		t.Error(err)
	}
}

func TestThePageOfTheMall(t *testing.T) {
	s := &Storefront{}
	if err := s.Configure(t.Context(), json.RawMessage(`{"listen":"127.0.0.1:0"}`)); err != nil {
		t.Fatal(err)
	}
	defer s.stop()
	m, err := s.open()
	if err != nil || told(m, "", 1, 5) != nil {
		t.Fatal(err)
	}
	at := "http://" + s.addr.String()
	post := func(path string, v url.Values) (int, string) {
		t.Helper()
		a, err := http.PostForm(at+path, v)
		if err != nil {
			t.Fatal(err)
		}
		defer a.Body.Close()
		raw, err := io.ReadAll(a.Body)
		if err != nil {
			t.Fatal(err)
		}
		return a.StatusCode, string(raw)
	}
	if status, body := post("/place", url.Values{"sku": {"tea"}, "pieces": {"2"}, "price": {"850"}}); status != http.StatusOK || !strings.Contains(body, "M000001") {
		t.Error(status, body)
	}
	if status, _ := post("/place", url.Values{"sku": {"tea"}, "pieces": {"4"}}); status != http.StatusConflict {
		t.Error(status)
	}
	if status, body := post("/refund", url.Values{"order": {"M000001"}}); status != http.StatusOK || !strings.Contains(body, "refunded") {
		t.Error(status, body)
	}
	for _, bad := range []string{"/place", "/cancel", "/nothing"} {
		if status, _ := post(bad, url.Values{"order": {"M9"}}); status != http.StatusConflict {
			t.Error(bad, status)
		}
	}
	for _, raw := range []string{`{"currency":"yuan"}`, `{"other":1}`, `[]`} {
		if err := (&Storefront{}).Configure(t.Context(), json.RawMessage(raw)); err == nil {
			t.Error(raw, "is taken")
		}
	}
	if _, err := (&Storefront{}).Orders(t.Context(), "", 1); err == nil || fmt.Sprint(err) == "" {
		t.Error("it answers without settings")
	}
}
