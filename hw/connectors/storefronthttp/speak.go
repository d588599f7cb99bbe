package storefronthttp

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/shopwright/shopwright/sdk/driver"
)

// What goes over the line. Amounts are integers of the minor unit, quantities are
// pieces as decimal texts, instants are RFC 3339.

type orderJSON struct {
	ID       string     `json:"id"`
	Version  int64      `json:"version"`
	State    string     `json:"state"`
	Currency string     `json:"currency"`
	Paid     int64      `json:"paid"`
	Shipping int64      `json:"shipping"`
	Discount int64      `json:"discount"`
	Refunded int64      `json:"refunded"`
	Buyer    string     `json:"buyer"`
	PlacedAt time.Time  `json:"placed_at"`
	PaidAt   *time.Time `json:"paid_at"`
	Lines    []lineJSON `json:"lines"`
}

type lineJSON struct {
	ID        string `json:"id"`
	SKU       string `json:"sku"`
	Name      string `json:"name"`
	Quantity  string `json:"quantity"`
	UnitPrice int64  `json:"unit_price"`
	Discount  int64  `json:"discount"`
	Refunded  string `json:"refunded"`
}

type pageJSON struct {
	Orders []orderJSON `json:"orders"`
	Cursor string      `json:"cursor"`
	More   bool        `json:"more"`
}

type figureJSON struct {
	SKU       string `json:"sku"`
	Available string `json:"available"`
}

type stockJSON struct {
	Seen    string       `json:"seen"`
	AsOf    int64        `json:"as_of"`
	All     bool         `json:"all"`
	Figures []figureJSON `json:"figures"`
}

type quantityJSON struct {
	ID       string `json:"id"`
	Quantity string `json:"quantity"`
}

type fulfilmentJSON struct {
	Reference string         `json:"reference"`
	Carrier   string         `json:"carrier"`
	Tracking  string         `json:"tracking"`
	Lines     []quantityJSON `json:"lines,omitempty"`
}

type refundJSON struct {
	Reference string         `json:"reference"`
	Amount    int64          `json:"amount"`
	Currency  string         `json:"currency"`
	Lines     []quantityJSON `json:"lines,omitempty"`
	Reason    string         `json:"reason,omitempty"`
}

type refundAnswerJSON struct {
	State  string `json:"state"`
	Reason string `json:"reason"`
}

type decisionJSON struct {
	Reference string `json:"reference"`
	Granted   bool   `json:"granted"`
	Reason    string `json:"reason,omitempty"`
}

type shipToJSON struct {
	Name     string `json:"name"`
	Phone    string `json:"phone"`
	Region   string `json:"region"`
	Address  string `json:"address"`
	Postcode string `json:"postcode"`
	Note     string `json:"note"`
}

type articleJSON struct {
	SKU      string `json:"sku"`
	Title    string `json:"title"`
	Price    int64  `json:"price"`
	Currency string `json:"currency"`
	Image    string `json:"image,omitempty"`
}

var states = map[string]driver.OrderState{
	"placed": driver.OrderPlaced, "paid": driver.OrderPaid, "cancelled": driver.OrderCancelled, "refund_requested": driver.OrderRefundRequested, "refunded": driver.OrderRefunded,
}

// thousandths reads a quantity: digits, with up to three behind a point. What is none
// is -1, which no order may have, so that the order is kept and somebody sees it.
func thousandths(s string) int64 {
	if s == "" {
		return 0
	}
	whole, frac := s, ""
	for i := range s {
		if s[i] == '.' {
			whole, frac = s[:i], s[i+1:]
			break
		}
	}
	if len(whole) == 0 || len(whole) > 9 || len(frac) > 3 {
		return -1
	}
	for len(frac) < 3 {
		frac += "0"
	}
	n, err := strconv.ParseUint(whole+frac, 10, 63)
	if err != nil {
		return -1
	}
	return int64(n)
}

func pieces(n int64) string {
	if n%1000 == 0 {
		return strconv.FormatInt(n/1000, 10)
	}
	return fmt.Sprintf("%d.%03d", n/1000, n%1000)
}

func (o *orderJSON) order() driver.Order {
	out := driver.Order{ID: o.ID, Version: o.Version, State: states[o.State], Currency: o.Currency, Paid: o.Paid, Shipping: o.Shipping, Discount: o.Discount, Refunded: o.Refunded, Buyer: o.Buyer, PlacedAt: o.PlacedAt.UnixMicro()}
	if o.PaidAt != nil {
		out.PaidAt = o.PaidAt.UnixMicro()
	}
	for _, l := range o.Lines {
		out.Lines = append(out.Lines, driver.OrderLine{ID: l.ID, SKU: l.SKU, Name: l.Name, Quantity: thousandths(l.Quantity), UnitPrice: l.UnitPrice, Discount: l.Discount, Refunded: thousandths(l.Refunded)})
	}
	return out
}

// Orders implements driver.Storefront.
func (s *Storefront) Orders(ctx context.Context, since string, limit int) (driver.OrderPage, error) {
	var in pageJSON
	if err := s.call(ctx, http.MethodGet, "/orders", url.Values{"since": {since}, "limit": {strconv.Itoa(limit)}}, nil, &in); err != nil {
		return driver.OrderPage{}, err
	}
	if len(in.Orders) > 0 && in.Cursor == "" {
		return driver.OrderPage{}, errors.New("the online shop names no cursor")
	}
	p := driver.OrderPage{Cursor: in.Cursor, More: in.More && len(in.Orders) > 0}
	if p.Cursor == "" {
		p.Cursor = since
	}
	for i := range in.Orders {
		p.Orders = append(p.Orders, in.Orders[i].order())
	}
	return p, nil
}

// Acknowledge implements driver.Storefront.
func (s *Storefront) Acknowledge(ctx context.Context, cursor string) error {
	return s.call(ctx, http.MethodPost, "/acknowledge", nil, map[string]string{"cursor": cursor}, nil)
}

// PushStock implements driver.Storefront.
func (s *Storefront) PushStock(ctx context.Context, f driver.StockFigures) ([]string, error) {
	in := stockJSON{Seen: f.Seen, AsOf: f.AsOf, All: f.All, Figures: []figureJSON{}}
	for _, v := range f.Figures {
		in.Figures = append(in.Figures, figureJSON{v.SKU, pieces(max(v.Available, 0))})
	}
	var out struct {
		Unknown []string `json:"unknown"`
	}
	err := s.call(ctx, http.MethodPut, "/stock", nil, in, &out)
	return out.Unknown, err
}

func of(order string) string { return "/orders/" + url.PathEscape(order) }

func quantities(lines []driver.FulfilledLine) (out []quantityJSON) {
	for _, l := range lines {
		out = append(out, quantityJSON{l.ID, pieces(l.Quantity)})
	}
	return out
}

// PushFulfilment implements driver.Storefront.
func (s *Storefront) PushFulfilment(ctx context.Context, f driver.Fulfilment) error {
	return s.call(ctx, http.MethodPost, of(f.Order)+"/fulfilments", nil, fulfilmentJSON{f.Reference, f.Carrier, f.Tracking, quantities(f.Lines)}, nil)
}

// PushRefund implements driver.Storefront.
func (s *Storefront) PushRefund(ctx context.Context, r driver.OrderRefund) (driver.RefundStatus, error) {
	var out refundAnswerJSON
	if err := s.call(ctx, http.MethodPost, of(r.Order)+"/refunds", nil, refundJSON{r.Reference, r.Amount, r.Currency, quantities(r.Lines), r.Reason}, &out); err != nil {
		return driver.RefundStatus{}, err
	}
	st := driver.RefundStatus{State: driver.RefundUnknown, Reason: out.Reason, ProviderID: r.Reference}
	switch out.State {
	case "done":
		st.State = driver.RefundDone
	case "pending":
		st.State = driver.RefundPending
	case "refused":
		st.State = driver.RefundRefused
	}
	return st, nil
}

// DecideRefund implements driver.Storefront.
func (s *Storefront) DecideRefund(ctx context.Context, d driver.RefundDecision) error {
	return s.call(ctx, http.MethodPost, of(d.Order)+"/refund-decision", nil, decisionJSON{d.Reference, d.Granted, d.Reason}, nil)
}

// ShipTo implements driver.Storefront.
func (s *Storefront) ShipTo(ctx context.Context, order string) (driver.ShipTo, error) {
	var a shipToJSON
	err := s.call(ctx, http.MethodGet, of(order)+"/ship-to", nil, nil, &a)
	return driver.ShipTo(a), err
}

// PushCatalogue implements driver.Storefront.
func (s *Storefront) PushCatalogue(ctx context.Context, articles []driver.Article) (int, error) {
	var in struct {
		Articles []articleJSON `json:"articles"`
	}
	for _, a := range articles {
		in.Articles = append(in.Articles, articleJSON(a))
	}
	var out struct {
		Taken int `json:"taken"`
	}
	err := s.call(ctx, http.MethodPut, "/catalogue", nil, in, &out)
	return out.Taken, err
}
