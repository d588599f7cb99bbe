package connectors_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/shopwright/shopwright/hw/connectors"
	"github.com/shopwright/shopwright/hw/connectors/acquirersim"
	"github.com/shopwright/shopwright/hw/connectors/alipay"
	"github.com/shopwright/shopwright/hw/connectors/storefronthttp"
	"github.com/shopwright/shopwright/hw/connectors/storefrontsim"
	"github.com/shopwright/shopwright/hw/connectors/stripe"
	"github.com/shopwright/shopwright/hw/connectors/wechatpay"
	"github.com/shopwright/shopwright/hw/sim"
	"github.com/shopwright/shopwright/plugins"
	"github.com/shopwright/shopwright/sdk/driver"
	"github.com/shopwright/shopwright/sdk/driver/drivertest"
)

var builds = map[string]func() driver.Driver{acquirersim.Name: acquirersim.New, alipay.Name: alipay.New, stripe.Name: stripe.New, storefronthttp.Name: storefronthttp.New, storefrontsim.Name: storefrontsim.New, wechatpay.Name: wechatpay.New}

// The test binary serves the connectors as the program does.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "driver-serve" {
		driver.Serve(builds[os.Args[2]]())
	}
	os.Exit(m.Run())
}

func conforms(t *testing.T, name string, config any, wrong string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	drivertest.Run(t, drivertest.Target{Command: []string{self, "driver-serve", name}, Config: raw, Wrong: json.RawMessage(wrong), Payments: true})
}

func TestAcquirerSimConforms(t *testing.T) {
	conforms(t, acquirersim.Name, map[string]string{"folder": t.TempDir()}, `{"answer":"perhaps"}`)
}

func TestWeChatPayConforms(t *testing.T) {
	key := strings.Repeat("k", 32)
	s, err := sim.NewWeChatPay("wx1", "m1", key)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	conforms(t, wechatpay.Name, map[string]string{"app_id": "wx1", "mch_id": "m1", "api_key": key, "base_url": s.URL()}, `{"app_id":"wx1"}`)
}

func TestAlipayConforms(t *testing.T) {
	s, err := sim.NewAlipay("2021")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	conforms(t, alipay.Name, map[string]string{"app_id": "2021", "private_key": s.AppKey, "alipay_public_key": s.PublicKey, "base_url": s.URL()}, `{"app_id":"2021"}`)
}

func TestStripeConforms(t *testing.T) {
	s, err := sim.NewStripe("sk_test_1", "", "tmr_1")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	conforms(t, stripe.Name, map[string]string{"secret_key": "sk_test_1", "reader_id": "tmr_1", "base_url": s.URL()}, `{"secret_key":""}`)
}

func TestWhoTakesWhat(t *testing.T) {
	for _, c := range []struct {
		driver, method, code string
		want                 bool
	}{
		{wechatpay.Name, "qr", "134567890123456789", true}, {wechatpay.Name, "qr", "281234567890123456", false}, {wechatpay.Name, "card", "", false},
		{alipay.Name, "qr", "281234567890123456", true}, {alipay.Name, "qr", "134567890123456789", false},
		{stripe.Name, "card", "", true}, {stripe.Name, "qr", "", false}, {acquirersim.Name, "qr", "anything", true}, {"somebody-elses", "card", "", true},
	} {
		if got := connectors.Takes(c.driver, c.method, c.code); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

// A connector that is killed after it has charged knows of it afterwards, and a
// notice comes through the host.
func TestA26_ConnectorKilledAfterTheCharge(t *testing.T) {
	told := make(chan *driver.Event, 16)
	host := plugins.NewHost(plugins.Options{Events: func(_ string, e *driver.Event) { told <- e }})
	defer host.Close()
	config := fmt.Sprintf(`{"folder":%q,"later_ms":300}`, t.TempDir())
	if err := host.Start(t.Context(), plugins.Instance{ID: "pay", Driver: acquirersim.Name, Config: json.RawMessage(config)}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	acq := func() driver.Acquirer {
		t.Helper()
		if err := host.WaitReady(ctx, "pay"); err != nil {
			t.Fatal(err)
		}
		a, ok := host.Acquirer("pay")
		if !ok {
			t.Fatal("it is no acquirer")
		}
		return a
	}
	if _, err := acq().Authorise(ctx, driver.Payment{Reference: "lost", Amount: 106, Currency: "CNY", Method: "card"}); err == nil {
		t.Fatal("the answer was not lost")
	}
	if err := host.Kill("pay"); err != nil {
		t.Fatal(err)
	}
	for {
		if a, ok := host.Acquirer("pay"); ok {
			if st, err := a.QueryPayment(ctx, "lost"); err == nil {
				if st.State != driver.PaymentPaid || st.Paid != 106 {
					t.Fatalf("%+v", st)
				}
				break
			}
		}
		select {
		case <-ctx.Done():
			t.Fatal("it does not come back")
		case <-time.After(20 * time.Millisecond):
		}
	}
	time.Sleep(100 * time.Millisecond) // the host listens
	if st, err := acq().Authorise(ctx, driver.Payment{Reference: "twice", Amount: 107, Currency: "CNY", Method: "qr"}); err != nil || st.State != driver.PaymentPending {
		t.Fatal(st, err)
	}
	for range 2 {
		select {
		case e := <-told:
			if n := e.GetPayment(); n.GetReference() != "twice" || n.GetId() != "sim-twice" || n.GetPayment().GetState() != driver.PaymentPaid {
				t.Errorf("%v", n)
			}
		case <-ctx.Done():
			t.Fatal("no notice")
		}
	}
}

func TestStorefrontSimConforms(t *testing.T) {
	conforms(t, storefrontsim.Name, map[string]string{"folder": t.TempDir()}, `{"currency":"yuan"}`)
}

func TestStorefrontHTTPConforms(t *testing.T) {
	s, err := sim.NewMall(1)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.PushStock(driver.StockFigures{AsOf: 1, Figures: []driver.StockFigure{{SKU: "tea", Available: 5000}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Place(storefrontsim.Buy{Lines: []driver.OrderLine{{SKU: "tea", Quantity: 1500, UnitPrice: 1000}}, Currency: "CNY"}); err != nil {
		t.Fatal(err)
	}
	conforms(t, storefronthttp.Name, s.Config(), `{"base_url":"http://example.org","key_id":"k","secret":"0123456789abcdef"}`)
	if w := s.Wrong(); len(w) > 0 {
		t.Error(w)
	}
}
