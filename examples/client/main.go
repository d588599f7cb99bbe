// Command client sells a few things over Shopwright's HTTP API, with nothing but
// Go's standard library. Start the demo in one terminal, and this in another:
//
//	go run ./cmd/shopwright demo
//	go run ./examples/client
//
// It reads the demo's address and API key from its demo.json. Against another
// server, name both, and the bar codes to sell:
//
//	SHOPWRIGHT_URL=https://shop.example SHOPWRIGHT_API_KEY=swk_… go run ./examples/client 6901234567892 4006381333931
//
// It shows what every program at a till must do: ask for a quote, show its total,
// sell on that quote with a key of its own, and send the same request again, with
// the same key, where no answer came: the sale is booked once.
//
// With -gift 100.00 it sells a gift card first, pays with it, and has the sale
// refunded by request (giftcard.go).
package main

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

func main() {
	demo := flag.String("demo", defaultDemo(), "the demo.json to read address and key from")
	cash := flag.String("cash", "", "cash that the customer hands over (default: what is due)")
	gift := flag.String("gift", "", "sell a gift card of this amount, pay with it, and refund the sale")
	flag.Parse()
	if err := run(*demo, *cash, *gift, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "client:", err)
		os.Exit(1)
	}
}

func run(demo, cash, gift string, barcodes []string) error {
	s := shop{url: os.Getenv("SHOPWRIGHT_URL"), key: os.Getenv("SHOPWRIGHT_API_KEY")}
	if s.url == "" {
		if err := s.fromDemo(demo); err != nil {
			return fmt.Errorf("start the demo, or set SHOPWRIGHT_URL and SHOPWRIGHT_API_KEY: %w", err)
		}
	}
	b, err := s.basket(barcodes)
	if err != nil {
		return err
	}
	if gift != "" {
		return s.giftCard(gift, b)
	}
	var q quote
	if err := s.call("POST", "/quotes", "", b, &q); err != nil {
		return err
	}
	for _, l := range q.Lines {
		fmt.Printf("%-30s %6s × %8s  %10s\n", l.Name, l.Quantity, l.UnitPrice, l.Net)
	}
	for _, a := range q.Adjustments {
		fmt.Printf("  %-48s  %10s\n", a.Explanation, a.Amount)
	}
	fmt.Printf("to pay: %s %s\n\n", q.Currency, q.Total)
	if cash == "" {
		cash = q.Total
	}
	// The quote that the customer saw: should the price have moved meanwhile, the
	// answer is 409 checkout.total_changed, with the new quote.
	b.QuoteRef, b.ExpectedTotal, b.Tenders = q.QuoteRef, q.Total, []tender{{Type: "cash", Amount: cash}}
	var sold sale
	if err := s.call("POST", "/sales", rand.Text(), b, &sold); err != nil {
		return err
	}
	fmt.Printf("sold: receipt %s, change %s\n\n", sold.Number, sold.Change)
	receipt, err := s.receipt(sold.ID)
	if err != nil {
		return err
	}
	fmt.Println(receipt)
	return nil
}

// What of the API's documents this program uses. Money and quantities are texts:
// "12.50" stays exactly that.
type (
	line struct {
		Kind     string `json:"kind,omitempty"` // of what is no SKU: "gift_card"
		Amount   string `json:"amount,omitempty"`
		Barcode  string `json:"barcode,omitempty"`
		Quantity string `json:"quantity,omitempty"`
	}
	tender struct {
		Type      string `json:"type"`
		Amount    string `json:"amount"`
		Reference string `json:"reference,omitempty"` // a gift card's number
	}
	basket struct {
		ShopID        string   `json:"shop_id"`
		RegisterID    string   `json:"register_id"`
		Lines         []line   `json:"lines"`
		Tenders       []tender `json:"tenders,omitempty"`
		QuoteRef      string   `json:"quote_ref,omitempty"`
		ExpectedTotal string   `json:"expected_total,omitempty"`
	}
	quote struct {
		QuoteRef string   `json:"quote_ref"`
		Currency string   `json:"currency"`
		Total    string   `json:"total"`
		Tenders  []tender `json:"tenders"` // what was offered, the rest in cash
		Lines    []struct {
			Name      string `json:"name"`
			Quantity  string `json:"quantity"`
			UnitPrice string `json:"unit_price"`
			Net       string `json:"net"`
		} `json:"lines"`
		Adjustments []struct {
			Explanation string `json:"explanation"`
			Amount      string `json:"amount"`
		} `json:"adjustments"`
	}
	sale struct {
		ID     string `json:"id"`
		Number string `json:"number"`
		Change string `json:"change"`
		Total  string `json:"total"`
		Lines  []struct {
			GiftCard string `json:"gift_card"`
		} `json:"lines"`
	}
)

// problem is every error of the API (RFC 9457). Programs go by Code.
type problem struct {
	Status int    `json:"status"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
	Param  string `json:"param"`
}

func (p *problem) Error() string {
	if p.Param != "" {
		return fmt.Sprintf("%s (%s: %s)", p.Detail, p.Code, p.Param)
	}
	return fmt.Sprintf("%s (%s)", p.Detail, p.Code)
}

// shop is a server and the key of one of its merchants.
type shop struct{ url, key string }

func defaultDemo() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "demo.json"
	}
	return filepath.Join(dir, "shopwright-demo", "demo.json")
}

// fromDemo takes the retail shop of the demo.
func (s *shop) fromDemo(file string) error {
	raw, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var d struct {
		URL       string `json:"url"`
		Merchants []struct {
			Edition string `json:"edition"`
			APIKey  string `json:"api_key"`
		} `json:"merchants"`
	}
	if err := json.Unmarshal(raw, &d); err != nil {
		return err
	}
	for _, m := range d.Merchants {
		if m.Edition == "retail" {
			s.url, s.key = d.URL, m.APIKey
			return nil
		}
	}
	return errors.New("the demo has no retail shop")
}

// basket takes one of each bar code, at the first register there is. Without bar
// codes it takes the first three that are on sale.
func (s *shop) basket(barcodes []string) (b basket, err error) {
	var registers struct {
		Items []struct {
			ID       string `json:"id"`
			ShopID   string `json:"shop_id"`
			Archived bool   `json:"archived"`
		} `json:"items"`
	}
	if err := s.call("GET", "/registers", "", nil, &registers); err != nil {
		return b, err
	}
	for _, r := range registers.Items {
		if !r.Archived {
			b.ShopID, b.RegisterID = r.ShopID, r.ID
			break
		}
	}
	if len(barcodes) == 0 {
		var skus struct {
			Items []struct {
				Barcodes []string `json:"barcodes"`
			} `json:"items"`
		}
		if err := s.call("GET", "/skus?kind=goods&limit=50", "", nil, &skus); err != nil {
			return b, err
		}
		for _, k := range skus.Items {
			if len(k.Barcodes) > 0 && len(barcodes) < 3 {
				barcodes = append(barcodes, k.Barcodes[0])
			}
		}
	}
	for _, code := range barcodes {
		b.Lines = append(b.Lines, line{Barcode: code, Quantity: "1"})
	}
	return b, nil
}

func (s *shop) receipt(sale string) (string, error) {
	req, err := http.NewRequest("GET", s.url+"/api/v1/sales/"+sale+"/receipt", nil)
	if err != nil {
		return "", err
	}
	req.Header.Set("Accept", "text/plain")
	raw, err := s.send(req)
	return string(raw), err
}

// call sends a request until it is answered. A request that books has a key: it
// may be sent again and again, and is booked once.
func (s *shop) call(method, path, key string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	for attempt := 1; ; attempt++ {
		req, err := http.NewRequest(method, s.url+"/api/v1"+path, bytes.NewReader(body))
		if err != nil {
			return err
		}
		req.Header.Set("Content-Type", "application/json")
		if key != "" {
			req.Header.Set("Idempotency-Key", key)
		}
		raw, err := s.send(req)
		if err == nil {
			return json.Unmarshal(raw, out)
		}
		// 4xx: sending it again would change nothing.
		if p := (*problem)(nil); attempt == 5 || errors.As(err, &p) && p.Status < 500 {
			return err
		}
		time.Sleep(time.Duration(attempt) * 200 * time.Millisecond)
	}
}

var client = http.Client{Timeout: 35 * time.Second}

func (s *shop) send(req *http.Request) ([]byte, error) {
	req.Header.Set("Authorization", "Bearer "+s.key)
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode >= 300 {
		p := &problem{Status: resp.StatusCode, Detail: resp.Status}
		_ = json.Unmarshal(raw, p) // a proxy's answer is no problem document
		return nil, p
	}
	return raw, nil
}
