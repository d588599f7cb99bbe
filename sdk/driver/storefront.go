package driver

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	hwv1 "github.com/shopwright/shopwright/sdk/driver/proto/shopwright/hw/v1"
)

// OrderState is what an online shop says of an order.
type OrderState = hwv1.OrderState

// The states of an order.
const (
	OrderUnknown         = hwv1.OrderState_ORDER_STATE_UNKNOWN
	OrderPlaced          = hwv1.OrderState_ORDER_STATE_PLACED // not paid yet
	OrderPaid            = hwv1.OrderState_ORDER_STATE_PAID
	OrderCancelled       = hwv1.OrderState_ORDER_STATE_CANCELLED // all of it
	OrderRefundRequested = hwv1.OrderState_ORDER_STATE_REFUND_REQUESTED
	OrderRefunded        = hwv1.OrderState_ORDER_STATE_REFUNDED // a part or all: see the lines
)

// Order is an order as it is now, whole. Paid is the lines less all discounts, and
// shipping; amounts are minor units, instants microseconds since 1970.
type Order struct {
	ID       string
	Version  int64 // grows with each change
	State    OrderState
	Currency string
	Paid     int64
	Shipping int64
	Discount int64  // off the whole order, besides what the lines say
	Refunded int64  // paid back so far
	Buyer    string // the shop's own name for the buyer, opaque
	PlacedAt int64
	PaidAt   int64
	Lines    []OrderLine
}

// OrderLine is one article of an order. Quantities are thousandths.
type OrderLine struct {
	ID        string
	SKU       string // the article's code with the shop
	Name      string
	Quantity  int64
	UnitPrice int64
	Discount  int64 // off this line
	Refunded  int64 // quantity so far
}

// OrderPage is a part of what happened.
type OrderPage struct {
	Orders []Order
	Cursor string // after the last of them
	More   bool   // there is more at once
}

// StockFigures are how many can be sold. Seen is the cursor up to which the figures
// take account of the shop's own orders: it takes off what it has sold since.
type StockFigures struct {
	Seen    string
	AsOf    int64 // microseconds since 1970; older figures are passed over
	All     bool  // whatever is not named cannot be sold
	Figures []StockFigure
}

// StockFigure is how many thousandths of an article can be sold.
type StockFigure struct {
	SKU       string
	Available int64
}

// Fulfilment says that an order is on its way. No lines: all that is left.
type Fulfilment struct {
	Order     string
	Reference string // the caller's; a repetition with it changes nothing
	Carrier   string
	Tracking  string
	Lines     []FulfilledLine
}

// FulfilledLine is a quantity of a line, in thousandths.
type FulfilledLine struct {
	ID       string
	Quantity int64
}

// OrderRefund is what the online shop is to pay back.
type OrderRefund struct {
	Order     string
	Reference string // the caller's; paid back once
	Amount    int64  // minor units
	Currency  string
	Lines     []FulfilledLine
	Reason    string
}

// RefundDecision answers a buyer who has asked for a refund.
type RefundDecision struct {
	Order     string
	Reference string
	Granted   bool
	Reason    string
}

// ShipTo is where an order goes: personal data, to be shown and not kept.
type ShipTo struct {
	Name, Phone, Region, Address, Postcode, Note string
}

// Article is what an online shop may show of an article. Price is minor units.
type Article struct {
	SKU, Title string
	Price      int64
	Currency   string
	Image      string // an address
}

// Storefront is implemented by connectors to online shops. Every call may be
// repeated; a repetition changes nothing. An error means that nothing is known.
type Storefront interface {
	// Orders answers what happened after a cursor ("": from the beginning), oldest
	// first, at most limit orders.
	Orders(ctx context.Context, since string, limit int) (OrderPage, error)
	// Acknowledge says that everything up to a cursor is kept.
	Acknowledge(ctx context.Context, cursor string) error
	// PushStock sets how many can be sold, and answers the codes that the shop lacks.
	PushStock(ctx context.Context, f StockFigures) (unknown []string, err error)
	// PushFulfilment says that an order is on its way.
	PushFulfilment(ctx context.Context, f Fulfilment) error
	// PushRefund has the shop pay back.
	PushRefund(ctx context.Context, r OrderRefund) (RefundStatus, error)
	// DecideRefund answers a buyer's request.
	DecideRefund(ctx context.Context, d RefundDecision) error
	// ShipTo answers where an order goes.
	ShipTo(ctx context.Context, order string) (ShipTo, error)
	// PushCatalogue says what the articles are, and answers how many were taken.
	PushCatalogue(ctx context.Context, articles []Article) (taken int, err error)
}

var _ Storefront = (*Client)(nil)

// maxOrders is how many orders a page has at most.
const maxOrders = 100

var errOrder = status.Error(codes.InvalidArgument, "an order and a reference are needed")

func registerStorefront(s *grpc.Server, d Driver) []string {
	v, ok := d.(Storefront)
	if !ok {
		return nil
	}
	hwv1.RegisterStorefrontServer(s, storefrontServer{impl: v})
	return []string{hwv1.Storefront_ServiceDesc.ServiceName}
}

type storefrontServer struct {
	hwv1.UnimplementedStorefrontServer
	impl Storefront
}

func (s storefrontServer) Orders(ctx context.Context, in *hwv1.OrdersRequest) (*hwv1.OrdersReply, error) {
	limit := int(in.GetLimit())
	if limit <= 0 || limit > maxOrders {
		limit = maxOrders
	}
	p, err := s.impl.Orders(ctx, in.GetSince(), limit)
	out := &hwv1.OrdersReply{Cursor: p.Cursor, More: p.More}
	for i := range p.Orders {
		out.Orders = append(out.Orders, orderOut(&p.Orders[i]))
	}
	return answer(out, err)
}

func (s storefrontServer) Acknowledge(ctx context.Context, in *hwv1.AcknowledgeRequest) (*hwv1.AcknowledgeReply, error) {
	return answer(&hwv1.AcknowledgeReply{}, s.impl.Acknowledge(ctx, in.GetCursor()))
}

func (s storefrontServer) PushStock(ctx context.Context, in *hwv1.PushStockRequest) (*hwv1.PushStockReply, error) {
	f := StockFigures{Seen: in.GetSeen(), AsOf: in.GetAsOf(), All: in.GetAll()}
	for _, v := range in.GetFigures() {
		f.Figures = append(f.Figures, StockFigure{v.GetSku(), v.GetAvailable()})
	}
	unknown, err := s.impl.PushStock(ctx, f)
	return answer(&hwv1.PushStockReply{Unknown: unknown}, err)
}

func (s storefrontServer) PushFulfilment(ctx context.Context, in *hwv1.FulfilmentRequest) (*hwv1.FulfilmentReply, error) {
	if in.GetOrder() == "" || in.GetReference() == "" {
		return nil, errOrder
	}
	return answer(&hwv1.FulfilmentReply{}, s.impl.PushFulfilment(ctx, Fulfilment{in.GetOrder(), in.GetReference(), in.GetCarrier(), in.GetTracking(), linesIn(in.GetLines())}))
}

func (s storefrontServer) PushRefund(ctx context.Context, in *hwv1.OrderRefundRequest) (*hwv1.OrderRefundReply, error) {
	if in.GetOrder() == "" || in.GetReference() == "" || in.GetAmount() < 0 {
		return nil, errOrder
	}
	st, err := s.impl.PushRefund(ctx, OrderRefund{in.GetOrder(), in.GetReference(), in.GetAmount(), in.GetCurrency(), linesIn(in.GetLines()), in.GetReason()})
	return answer(&hwv1.OrderRefundReply{State: st.State, Reason: st.Reason}, err)
}

func (s storefrontServer) RefundDecision(ctx context.Context, in *hwv1.RefundDecisionRequest) (*hwv1.RefundDecisionReply, error) {
	if in.GetOrder() == "" || in.GetReference() == "" {
		return nil, errOrder
	}
	return answer(&hwv1.RefundDecisionReply{}, s.impl.DecideRefund(ctx, RefundDecision{in.GetOrder(), in.GetReference(), in.GetGranted(), in.GetReason()}))
}

func (s storefrontServer) ShipTo(ctx context.Context, in *hwv1.ShipToRequest) (*hwv1.ShipToReply, error) {
	a, err := s.impl.ShipTo(ctx, in.GetOrder())
	return answer(&hwv1.ShipToReply{Name: a.Name, Phone: a.Phone, Region: a.Region, Address: a.Address, Postcode: a.Postcode, Note: a.Note}, err)
}

func (s storefrontServer) PushCatalogue(ctx context.Context, in *hwv1.CatalogueRequest) (*hwv1.CatalogueReply, error) {
	var articles []Article
	for _, a := range in.GetArticles() {
		articles = append(articles, Article{a.GetSku(), a.GetTitle(), a.GetPrice(), a.GetCurrency(), a.GetImage()})
	}
	taken, err := s.impl.PushCatalogue(ctx, articles)
	return answer(&hwv1.CatalogueReply{Taken: int32(taken)}, err)
}

func linesIn(in []*hwv1.FulfilledLine) (out []FulfilledLine) {
	for _, l := range in {
		out = append(out, FulfilledLine{l.GetId(), l.GetQuantity()})
	}
	return out
}

func linesOut(in []FulfilledLine) (out []*hwv1.FulfilledLine) {
	for _, l := range in {
		out = append(out, &hwv1.FulfilledLine{Id: l.ID, Quantity: l.Quantity})
	}
	return out
}

func orderOut(o *Order) *hwv1.Order {
	out := &hwv1.Order{Id: o.ID, Version: o.Version, State: o.State, Currency: o.Currency, Paid: o.Paid, Shipping: o.Shipping, Discount: o.Discount,
		Refunded: o.Refunded, Buyer: o.Buyer, PlacedAt: o.PlacedAt, PaidAt: o.PaidAt}
	for _, l := range o.Lines {
		out.Lines = append(out.Lines, &hwv1.OrderLine{Id: l.ID, Sku: l.SKU, Name: l.Name, Quantity: l.Quantity, UnitPrice: l.UnitPrice, Discount: l.Discount, Refunded: l.Refunded})
	}
	return out
}

func orderIn(in *hwv1.Order) Order {
	o := Order{ID: in.GetId(), Version: in.GetVersion(), State: in.GetState(), Currency: in.GetCurrency(), Paid: in.GetPaid(), Shipping: in.GetShipping(), Discount: in.GetDiscount(),
		Refunded: in.GetRefunded(), Buyer: in.GetBuyer(), PlacedAt: in.GetPlacedAt(), PaidAt: in.GetPaidAt()}
	for _, l := range in.GetLines() {
		o.Lines = append(o.Lines, OrderLine{l.GetId(), l.GetSku(), l.GetName(), l.GetQuantity(), l.GetUnitPrice(), l.GetDiscount(), l.GetRefunded()})
	}
	return o
}

// Orders asks what happened.
func (c *Client) Orders(ctx context.Context, since string, limit int) (OrderPage, error) {
	r, err := c.storefront.Orders(ctx, &hwv1.OrdersRequest{Since: since, Limit: int32(limit)})
	if err != nil {
		return OrderPage{}, errorIn(err)
	}
	p := OrderPage{Cursor: r.GetCursor(), More: r.GetMore()}
	for _, o := range r.GetOrders() {
		p.Orders = append(p.Orders, orderIn(o))
	}
	return p, nil
}

// Acknowledge says what is kept.
func (c *Client) Acknowledge(ctx context.Context, cursor string) error {
	_, err := c.storefront.Acknowledge(ctx, &hwv1.AcknowledgeRequest{Cursor: cursor})
	return errorIn(err)
}

// PushStock sets how many can be sold.
func (c *Client) PushStock(ctx context.Context, f StockFigures) ([]string, error) {
	in := &hwv1.PushStockRequest{Seen: f.Seen, AsOf: f.AsOf, All: f.All}
	for _, v := range f.Figures {
		in.Figures = append(in.Figures, &hwv1.StockFigure{Sku: v.SKU, Available: v.Available})
	}
	r, err := c.storefront.PushStock(ctx, in)
	return r.GetUnknown(), errorIn(err)
}

// PushFulfilment says that an order is on its way.
func (c *Client) PushFulfilment(ctx context.Context, f Fulfilment) error {
	_, err := c.storefront.PushFulfilment(ctx, &hwv1.FulfilmentRequest{Order: f.Order, Reference: f.Reference, Carrier: f.Carrier, Tracking: f.Tracking, Lines: linesOut(f.Lines)})
	return errorIn(err)
}

// PushRefund has the shop pay back.
func (c *Client) PushRefund(ctx context.Context, p OrderRefund) (RefundStatus, error) {
	r, err := c.storefront.PushRefund(ctx, &hwv1.OrderRefundRequest{Order: p.Order, Reference: p.Reference, Amount: p.Amount, Currency: p.Currency, Lines: linesOut(p.Lines), Reason: p.Reason})
	return RefundStatus{State: r.GetState(), Reason: r.GetReason()}, errorIn(err)
}

// DecideRefund answers a buyer's request.
func (c *Client) DecideRefund(ctx context.Context, d RefundDecision) error {
	_, err := c.storefront.RefundDecision(ctx, &hwv1.RefundDecisionRequest{Order: d.Order, Reference: d.Reference, Granted: d.Granted, Reason: d.Reason})
	return errorIn(err)
}

// ShipTo asks where an order goes.
func (c *Client) ShipTo(ctx context.Context, order string) (ShipTo, error) {
	r, err := c.storefront.ShipTo(ctx, &hwv1.ShipToRequest{Order: order})
	return ShipTo{r.GetName(), r.GetPhone(), r.GetRegion(), r.GetAddress(), r.GetPostcode(), r.GetNote()}, errorIn(err)
}

// PushCatalogue says what the articles are.
func (c *Client) PushCatalogue(ctx context.Context, articles []Article) (int, error) {
	in := &hwv1.CatalogueRequest{}
	for _, a := range articles {
		in.Articles = append(in.Articles, &hwv1.Article{Sku: a.SKU, Title: a.Title, Price: a.Price, Currency: a.Currency, Image: a.Image})
	}
	r, err := c.storefront.PushCatalogue(ctx, in)
	return int(r.GetTaken()), errorIn(err)
}
