package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/shopwright/shopwright/sdk/client"
)

// answers serves one answer after the other and keeps what was asked.
type answers struct {
	mu   sync.Mutex
	list []func(http.ResponseWriter)
	keys []string
	urls []string
}

func (a *answers) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.keys = append(a.keys, r.Header.Get("Idempotency-Key"))
	a.urls = append(a.urls, r.Method+" "+r.URL.String())
	next := a.list[0]
	if len(a.list) > 1 {
		a.list = a.list[1:]
	}
	next(w)
}

func says(status int, body string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) { w.WriteHeader(status); _, _ = w.Write([]byte(body)) }
}

func cutOff(http.ResponseWriter) { panic(http.ErrAbortHandler) }

func serve(t *testing.T, list ...func(http.ResponseWriter)) (*answers, *client.Client) {
	a := &answers{list: list}
	s := httptest.NewServer(a)
	t.Cleanup(s.Close)
	return a, client.New(s.URL+"/", "swk_test")
}

func TestABookingIsSentAgainWithItsKey(t *testing.T) {
	a, c := serve(t, says(503, `{"code":"db.busy"}`), says(502, `<html>`), cutOff, says(201, `{"id":"s1","total":"12.50","a_new_field":1}`))
	s, err := c.Sell(context.Background(), client.SaleIn{})
	if err != nil || s.ID != "s1" || s.Total != "12.50" {
		t.Fatal(s, err)
	}
	for _, k := range a.keys {
		if k == "" || k != a.keys[0] {
			t.Errorf("keys: %q", a.keys)
		}
	}
	if len(a.keys) < 4 {
		t.Errorf("sent %d times", len(a.keys))
	}
	if _, err := c.Sell(context.Background(), client.SaleIn{}, client.WithKey("mine")); err != nil || a.keys[len(a.keys)-1] != "mine" {
		t.Error(a.keys, err)
	}
	if _, err := c.Sell(context.Background(), client.SaleIn{}); err != nil || a.keys[len(a.keys)-1] == a.keys[0] {
		t.Error("another call has another key", a.keys, err)
	}
}

func TestAProblemIsNotSentAgain(t *testing.T) {
	a, c := serve(t, says(409, `{"status":409,"code":"checkout.total_changed","detail":"The price has moved.","quote":{"total":"9.00"}}`))
	_, err := c.Sell(context.Background(), client.SaleIn{})
	var p *client.Problem
	if !client.IsCode(err, "checkout.total_changed") || !errors.As(err, &p) || p.Quote == nil || p.Quote.Total != "9.00" || len(a.keys) != 1 {
		t.Errorf("%v after %d requests", err, len(a.keys))
	}
	if client.IsCode(err, "other") || client.IsCode(nil, "other") {
		t.Error("the code is another")
	}
	a, c = serve(t, says(500, `{}`))
	if _, err := c.UpdateMember(context.Background(), "m", client.MemberPatch{}); err == nil || len(a.keys) != 1 {
		t.Errorf("a PATCH without a key was sent %d times", len(a.keys))
	}
}

func TestPending(t *testing.T) {
	_, c := serve(t, says(202, `{"id":"s1","state":"open","code":"checkout.payment_pending","detail":"wait"}`))
	var p *client.Pending
	if _, err := c.Sell(context.Background(), client.SaleIn{}); !errors.As(err, &p) || p.SaleID != "s1" {
		t.Error(err)
	}
}

func TestAnEndedContextEndsTheCall(t *testing.T) {
	a, c := serve(t, says(503, `{}`))
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if _, err := c.Member(ctx, "a/b"); err == nil || len(a.urls) != 1 || a.urls[0] != "GET /api/v1/members/a%2Fb" {
		t.Error(a.urls, err)
	}
	if _, err := c.FindMembers(context.Background(), "Li & Na", client.Page{Limit: 2}); err == nil || a.urls[1] != "GET /api/v1/members?limit=2&q=Li+%26+Na" {
		t.Error(a.urls)
	}
}

func TestASaleIsOneFlatObject(t *testing.T) {
	raw, err := json.Marshal(client.SaleIn{BasketIn: client.BasketIn{ShopID: "s", Lines: []client.LineIn{{Barcode: "1", Quantity: "2"}}}, QuoteRef: "q"})
	if err != nil || string(raw) != `{"shop_id":"s","register_id":"","lines":[{"barcode":"1","quantity":"2"}],"quote_ref":"q"}` {
		t.Error(string(raw), err)
	}
}

func TestWhatIsSentAgain(t *testing.T) {
	ctx := context.Background()
	busy := says(503, `{"code":"db.busy"}`)
	for name, call := range map[string]func(*client.Client) error{
		"a PUT":    func(c *client.Client) error { _, err := c.SetPIN(ctx, "m", client.NewPIN{}); return err },
		"a DELETE": func(c *client.Client) error { return c.RemoveTaxRate(ctx, "r") },
	} {
		a, c := serve(t, busy)
		if call(c) == nil || len(a.urls) != 1 || a.keys[0] != "" {
			t.Errorf("%s: %q with %q", name, a.urls, a.keys)
		}
	}
	for name, call := range map[string]func(*client.Client) error{
		"a quote":              func(c *client.Client) error { _, err := c.Quote(ctx, client.BasketIn{}); return err },
		"a cash-out's quote":   func(c *client.Client) error { _, err := c.QuoteCashOut(ctx, "m", client.CashOutIn{}); return err },
		"a read":               func(c *client.Client) error { _, err := c.Liabilities(ctx, "2026-05-01", "2026-05-31", ""); return err },
		"a receipt":            func(c *client.Client) error { _, err := c.Receipt(ctx, "s", "text/plain"); return err },
		"a key without a body": func(c *client.Client) error { _, err := c.FinaliseCommissionSettlement(ctx, "s"); return err },
	} {
		a, c := serve(t, busy, says(200, `{}`))
		if err := call(c); err != nil || len(a.urls) != 2 || a.keys[0] != a.keys[1] || (a.keys[0] != "") != (name == "a key without a body") {
			t.Errorf("%s: %q with %q, %v", name, a.urls, a.keys, err)
		}
	}
}

func TestABundleIsSentAsItIs(t *testing.T) {
	bundle := []byte("PK\x03\x04")
	n := 0
	var keys []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got, _ := io.ReadAll(r.Body)
		if string(got) != string(bundle) || r.Header.Get("Content-Type") != "application/zip" || r.URL.Path != "/api/v1/packs" {
			t.Errorf("%q as %q to %s", got, r.Header.Get("Content-Type"), r.URL.Path)
		}
		keys = append(keys, r.Header.Get("Idempotency-Key"))
		if n++; n == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write([]byte(`{"pack_id":"mine","version":"1.0.0","trust":"merchant"}`))
	}))
	t.Cleanup(s.Close)
	in, err := client.New(s.URL, "k").InstallPack(context.Background(), bundle)
	if err != nil || in.PackID != "mine" || in.Trust != "merchant" || n != 2 || keys[0] == "" || keys[0] != keys[1] {
		t.Error(in, err, n, keys)
	}
}

func TestAnswersThatAreNoDocument(t *testing.T) {
	ctx := context.Background()
	_, c := serve(t, says(204, ""))
	if err := c.RemoveTaxRate(ctx, "r"); err != nil {
		t.Error(err)
	}
	_, c = serve(t, says(200, `{"format":"x.v1"}`))
	if raw, err := c.ExportMember(ctx, "m"); err != nil || string(raw) != `{"format":"x.v1"}` {
		t.Error(string(raw), err)
	}
	a, c := serve(t, says(200, "code\nA\n"))
	from := time.Date(2026, 5, 1, 8, 0, 0, 0, time.FixedZone("", 8*3600))
	raw, err := c.StatementCSV(ctx, client.Owner{ID: "m/1"}, client.StatementFilter{From: from})
	if err != nil || string(raw) != "code\nA\n" || a.urls[0] != "GET /api/v1/ledger/statement?format=csv&from=2026-05-01T00%3A00%3A00Z&owner_id=m%2F1" {
		t.Error(string(raw), err, a.urls)
	}
	if _, err := c.BlockCard(ctx, "m/1", "c 2"); err == nil || a.urls[1] != "PUT /api/v1/members/m%2F1/cards/c%202/loss" {
		t.Error(a.urls, err)
	}
}
