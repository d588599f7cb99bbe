package storefrontsim

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/sdk/driver"
)

// What a mall refuses.
var (
	ErrSoldOut = errors.New("the simulated mall has no more of it")
	ErrNone    = errors.New("the simulated mall has no such order")
	ErrLess    = errors.New("the simulated mall cannot give back more than was paid")
	ErrCursor  = errors.New("the cursor is not of this mall")
)

const piece = 1000 // quantities are thousandths

// order is an order with what the mall alone knows.
type order struct {
	driver.Order
	Seq     int64         `json:"seq"`   // of its last change
	Began   int64         `json:"began"` // of its first
	ShipTo  driver.ShipTo `json:"ship_to"`
	Parcels []string      `json:"parcels,omitempty"`
	Answer  string        `json:"answer,omitempty"` // to a request for a refund
}

type figure struct {
	Told int64 `json:"told"`
	Seen int64 `json:"seen"` // up to which of the mall's own orders it counts
}

type book struct {
	Seq     int64             `json:"seq"`
	Number  int64             `json:"number"`
	AsOf    int64             `json:"as_of"`
	Acked   string            `json:"acked"`
	Orders  map[string]*order `json:"orders"`
	Figures map[string]figure `json:"figures"`
	Refunds map[string]int64  `json:"refunds"`
	Titles  map[string]driver.Article
}

// Mall is a simulated online shop. Safe for concurrent use.
type Mall struct {
	mu   sync.Mutex
	file string
	b    book
}

// OpenMall opens the mall that is kept in a folder, or an empty one; without a folder
// it is lost with the process.
func OpenMall(folder string) (*Mall, error) {
	m := &Mall{b: book{Orders: map[string]*order{}, Figures: map[string]figure{}, Refunds: map[string]int64{}, Titles: map[string]driver.Article{}}}
	if folder == "" {
		return m, nil
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("the folder cannot be made: %w", err)
	}
	m.file = filepath.Join(folder, "mall.json")
	raw, err := os.ReadFile(m.file)
	if errors.Is(err, os.ErrNotExist) {
		return m, nil
	}
	if err == nil {
		err = json.Unmarshal(raw, &m.b)
	}
	return m, err
}

// keep writes the book down before anybody hears of what is in it.
func (m *Mall) keep() error {
	if m.file == "" {
		return nil
	}
	raw, err := json.Marshal(m.b)
	if err != nil {
		return err
	}
	if err := os.WriteFile(m.file+".part", raw, 0o600); err != nil {
		return fmt.Errorf("the book cannot be written: %w", err)
	}
	return os.Rename(m.file+".part", m.file)
}

// Available is how many thousandths of an article the mall would sell now.
func (m *Mall) Available(sku string) int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.available(sku)
}

func (m *Mall) available(sku string) int64 {
	f := m.b.Figures[sku]
	left := f.Told
	for _, o := range m.b.Orders {
		if o.Began <= f.Seen || o.State == driver.OrderCancelled {
			continue
		}
		for _, l := range o.Lines {
			if l.SKU == sku {
				left -= l.Quantity - l.Refunded
			}
		}
	}
	return max(left, 0)
}

// Articles lists the codes that the mall was told of.
func (m *Mall) Articles() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Sorted(maps.Keys(m.b.Figures))
}

// Buy is what somebody orders.
type Buy struct {
	Lines    []driver.OrderLine // SKU, Quantity, UnitPrice, Discount
	Shipping int64
	Discount int64
	Off      int64 // a coupon of the mall, which the order's figures do not explain
	Currency string
	Buyer    string
	ShipTo   driver.ShipTo
	Unpaid   bool
	Force    bool // also what is sold out: two buyers at the same instant
}

// Place orders, and answers the order's number. Error: ErrSoldOut.
func (m *Mall) Place(b Buy) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	want := map[string]int64{}
	sum := b.Shipping - b.Discount - b.Off
	o := &order{ShipTo: b.ShipTo}
	for i, l := range b.Lines {
		want[l.SKU] += l.Quantity
		l.ID, l.Refunded = strconv.Itoa(i+1), 0
		if l.Name == "" {
			l.Name = l.SKU
		}
		o.Lines = append(o.Lines, l)
		sum += l.Quantity*l.UnitPrice/piece - l.Discount
	}
	for sku, n := range want {
		if !b.Force && m.available(sku) < n {
			return "", ErrSoldOut
		}
	}
	m.b.Number++
	o.ID = fmt.Sprintf("M%06d", m.b.Number)
	o.Currency, o.Paid, o.Shipping, o.Discount, o.Buyer, o.PlacedAt = b.Currency, max(sum, 0), b.Shipping, b.Discount, b.Buyer, now()
	o.State = driver.OrderPlaced
	if !b.Unpaid {
		o.State, o.PaidAt = driver.OrderPaid, now()
	}
	m.b.Orders[o.ID] = o
	m.touch(o)
	o.Began = o.Seq
	return o.ID, m.keep()
}

func now() int64 { return int64(clock.System{}.Now()) }

func (m *Mall) touch(o *order) {
	m.b.Seq++
	o.Seq = m.b.Seq
	o.Version++
}

// change alters an order, where f finds something to alter.
func (m *Mall) change(id string, f func(*order) (bool, error)) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	o := m.b.Orders[id]
	if o == nil {
		return ErrNone
	}
	changed, err := f(o)
	if err != nil || !changed {
		return err
	}
	m.touch(o)
	return m.keep()
}

// Pay pays an order that was placed.
func (m *Mall) Pay(id string) error {
	return m.change(id, func(o *order) (bool, error) {
		if o.State != driver.OrderPlaced {
			return false, nil
		}
		o.State, o.PaidAt = driver.OrderPaid, now()
		return true, nil
	})
}

// Cancel cancels an order; what was paid is given back.
func (m *Mall) Cancel(id string) error {
	return m.change(id, func(o *order) (bool, error) {
		if o.State == driver.OrderCancelled {
			return false, nil
		}
		if o.State = driver.OrderCancelled; o.PaidAt != 0 {
			o.Refunded = o.Paid
		}
		return true, nil
	})
}

// AskRefund is a buyer who wants the money back.
func (m *Mall) AskRefund(id string) error {
	return m.change(id, func(o *order) (bool, error) {
		if o.State != driver.OrderPaid {
			return false, nil
		}
		o.State = driver.OrderRefundRequested
		return true, nil
	})
}

// Refund gives an amount and quantities of lines (thousandths) back, as the mall's own
// staff do. No lines: all of them, and everything that was paid.
func (m *Mall) Refund(id string, amount int64, lines map[string]int64) error {
	return m.change(id, func(o *order) (bool, error) { return true, o.giveBack(amount, lines) })
}

func (o *order) giveBack(amount int64, lines map[string]int64) error {
	if o.State == driver.OrderPlaced || o.State == driver.OrderCancelled {
		return ErrLess
	}
	if len(lines) == 0 {
		amount = o.Paid - o.Refunded
	}
	if o.Refunded+amount > o.Paid {
		return ErrLess
	}
	for _, l := range o.Lines {
		if lines[l.ID] > l.Quantity-l.Refunded {
			return ErrLess
		}
	}
	for i := range o.Lines {
		l := &o.Lines[i]
		if len(lines) == 0 {
			l.Refunded = l.Quantity
		}
		l.Refunded += lines[l.ID]
	}
	o.Refunded += amount
	o.State = driver.OrderRefunded
	return nil
}

func cursorOf(s string) (int64, error) {
	if s == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		return 0, ErrCursor
	}
	return n, nil
}

// Orders answers what has changed after a cursor.
func (m *Mall) Orders(since string, limit int) (driver.OrderPage, error) {
	from, err := cursorOf(since)
	if err != nil {
		return driver.OrderPage{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var changed []*order
	for _, o := range m.b.Orders {
		if o.Seq > from {
			changed = append(changed, o)
		}
	}
	slices.SortFunc(changed, func(a, b *order) int { return int(a.Seq - b.Seq) })
	p := driver.OrderPage{Cursor: since}
	for i, o := range changed {
		if i == limit {
			p.More = true
			break
		}
		v := o.Order
		v.Lines = slices.Clone(v.Lines)
		p.Orders, p.Cursor = append(p.Orders, v), strconv.FormatInt(o.Seq, 10)
	}
	return p, nil
}

// Acknowledge notes what is kept elsewhere.
func (m *Mall) Acknowledge(cursor string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.b.Acked = cursor
	return m.keep()
}

// PushStock takes figures over.
func (m *Mall) PushStock(f driver.StockFigures) error {
	seen, err := cursorOf(f.Seen)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if f.AsOf < m.b.AsOf {
		return nil // what is newer is known already
	}
	m.b.AsOf = f.AsOf
	if f.All {
		clear(m.b.Figures)
	}
	for _, v := range f.Figures {
		m.b.Figures[v.SKU] = figure{max(v.Available, 0), seen}
	}
	return m.keep()
}

// PushFulfilment notes a parcel.
func (m *Mall) PushFulfilment(f driver.Fulfilment) error {
	return m.change(f.Order, func(o *order) (bool, error) {
		if parcel := f.Carrier + " " + f.Tracking; !slices.Contains(o.Parcels, parcel) {
			o.Parcels = append(o.Parcels, parcel)
		}
		return false, nil
	})
}

// Parcels lists what an order was sent with.
func (m *Mall) Parcels(id string) []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if o := m.b.Orders[id]; o != nil {
		return slices.Clone(o.Parcels)
	}
	return nil
}

// PushRefund pays out, once for each reference.
func (m *Mall) PushRefund(r driver.OrderRefund) (driver.RefundStatus, error) {
	lines := map[string]int64{}
	for _, l := range r.Lines {
		lines[l.ID] += l.Quantity
	}
	refused := ""
	err := m.change(r.Order, func(o *order) (bool, error) {
		if _, done := m.b.Refunds[r.Reference]; done {
			return false, nil
		}
		if len(lines) == 0 {
			lines = map[string]int64{"": 0} // an amount alone
		}
		if err := o.giveBack(r.Amount, lines); err != nil {
			refused = err.Error()
			return false, nil
		}
		m.b.Refunds[r.Reference] = r.Amount
		return true, nil
	})
	if err != nil {
		return driver.RefundStatus{}, err
	}
	if refused != "" {
		return driver.RefundStatus{State: driver.RefundRefused, Reason: refused}, nil
	}
	return driver.RefundStatus{State: driver.RefundDone, ProviderID: r.Reference}, nil
}

// Decide takes the answer to a request for a refund over.
func (m *Mall) Decide(d driver.RefundDecision) error {
	return m.change(d.Order, func(o *order) (bool, error) {
		if o.State != driver.OrderRefundRequested {
			return false, nil
		}
		o.State, o.Answer = driver.OrderPaid, "refused"
		if d.Granted {
			o.Answer = "granted"
			return true, o.giveBackAll()
		}
		return true, nil
	})
}

func (o *order) giveBackAll() error { return o.giveBack(0, nil) }

// ShipTo answers where an order goes.
func (m *Mall) ShipTo(id string) (driver.ShipTo, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if o := m.b.Orders[id]; o != nil {
		return o.ShipTo, nil
	}
	return driver.ShipTo{}, ErrNone
}

// PushCatalogue takes texts over.
func (m *Mall) PushCatalogue(articles []driver.Article) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, a := range articles {
		m.b.Titles[a.SKU] = a
	}
	return len(articles), m.keep()
}

// Article is what the mall was told of an article last.
func (m *Mall) Article(sku string) driver.Article {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.b.Titles[sku]
}

// Paid is what the mall has taken, less what it gave back, in minor units, and how
// many orders were paid for.
func (m *Mall) Paid() (sum int64, orders int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, o := range m.b.Orders {
		if o.PaidAt != 0 {
			sum += o.Paid - o.Refunded
			orders++
		}
	}
	return sum, orders
}

// Order answers an order.
func (m *Mall) Order(id string) (driver.Order, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	o := m.b.Orders[id]
	if o == nil {
		return driver.Order{}, false
	}
	v := o.Order
	v.Lines = slices.Clone(v.Lines)
	return v, true
}

// Recent lists the newest orders.
func (m *Mall) Recent(most int) (out []driver.Order) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, id := range slices.Backward(slices.Sorted(maps.Keys(m.b.Orders))) {
		if len(out) == most {
			break
		}
		out = append(out, m.b.Orders[id].Order)
	}
	return out
}
