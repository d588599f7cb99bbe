package checkout

import (
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/kitchen"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/setting"
	"github.com/shopwright/shopwright/core/tenant"
	"github.com/shopwright/shopwright/core/till"
)

var (
	// ErrNote: a line's note or an order's place is too long or no text.
	ErrNote = fault.New(fault.Invalid, "checkout.note_invalid")
	// ErrKitchenOff: the shop has no tickets for its stations.
	ErrKitchenOff = fault.New(fault.Conflict, "checkout.kitchen_off")
)

// paper is what a shop prints by itself. The zero value prints every receipt and
// no tickets, which is what an open sale of before has.
type paper struct {
	NoSales   bool `json:",omitempty"`
	NoRefunds bool `json:",omitempty"`
	NoTopUps  bool `json:",omitempty"`
	Kitchen   bool `json:",omitempty"`
}

func paperOf(v setting.Values) paper {
	return paper{NoSales: !setting.ReceiptPrintSales.In(v), NoRefunds: !setting.ReceiptPrintRefunds.In(v), NoTopUps: !setting.ReceiptPrintTopUps.In(v), Kitchen: setting.KitchenTickets.In(v)}
}

// prints reports whether a document is printed by itself.
func (p paper) prints(s *sale.Sale) bool {
	if s.Kind != sale.KindSale {
		return !p.NoRefunds
	}
	for i := range s.Lines {
		switch s.Lines[i].Kind {
		case sale.LineTopUp, sale.LinePunchCard, sale.LineGiftCard:
		default:
			return !p.NoSales
		}
	}
	return !p.NoTopUps
}

// dishes is what a booking knows of the stations: read with the locks of trip 1.
type dishes struct {
	plan kitchen.Plan
	sent []kitchen.Sent
}

// askKitchen notes the reads that the tickets need. A line without an id of its own
// was never told to anybody.
func (b *booking) askKitchen() {
	if !b.q.Paper.Kitchen {
		return
	}
	b.tx.AskAll(kitchen.AskPlan(b.s.Merchant, b.s.Shop, &b.dishes.plan))
	lines := slices.Clone(b.q.Basket.Dropped)
	for _, in := range b.q.Basket.Lines {
		if !in.ID.IsNone() {
			lines = append(lines, in.ID)
		}
	}
	if len(lines) > 0 {
		b.tx.AskAll(kitchen.AskSent(b.s.Merchant, lines, &b.dishes.sent))
	}
}

// print queues what comes out on paper: the receipt, and the tickets that the
// stations have not had yet.
func (b *booking) print() {
	s := b.s
	if b.q.Paper.prints(s) {
		device.QueuePrint(b.tx, s.Merchant, s.Register, s.ID, device.KindReceipt)
	}
	if !b.q.Paper.Kitchen || len(b.dishes.plan.Stations) == 0 {
		return
	}
	order := kitchen.Order{Merchant: s.Merchant, Shop: s.Shop, Register: s.Register, ID: s.ID, Sale: s.ID, Title: s.ReceiptNumber(), Place: b.q.Basket.Place}
	var items []kitchen.Item
	for i := range s.Lines {
		l := &s.Lines[i]
		if l.Kind != sale.LineGoods && l.Kind != sale.LineService && l.Kind != sale.LineGift {
			continue
		}
		it := kitchen.Item{Line: l.ID, SKU: l.SKU, Category: l.Category, Name: l.Name, Quantity: l.Quantity}
		if i < len(b.q.Basket.Lines) {
			it.Note = b.q.Basket.Lines[i].Note
		}
		items = append(items, it)
	}
	b.dishes.plan.Queue(b.tx, b.dishes.plan.Tickets(order, append(items, b.dishes.gone(b.q.Basket.Dropped)...), b.dishes.sent))
}

// gone are lines that are not wanted any more, as the stations know them.
func (k *dishes) gone(lines []id.ID) (out []kitchen.Item) {
	for _, l := range lines {
		for _, s := range k.sent {
			if s.Line == l {
				out = append(out, kitchen.Item{Line: l, SKU: s.SKU, Name: s.Name})
				break
			}
		}
	}
	return out
}

// askKitchen notes the reads that a reversal's tickets need.
func (r *returning) askKitchen() {
	if !r.q.Paper.Kitchen || r.s.Kind != sale.KindVoid {
		return
	}
	lines := make([]id.ID, len(r.of.Lines))
	for i := range r.of.Lines {
		lines[i] = r.of.Lines[i].ID
	}
	r.tx.AskAll(kitchen.AskPlan(r.of.Merchant, r.of.Shop, &r.dishes.plan), kitchen.AskSent(r.of.Merchant, lines, &r.dishes.sent))
}

// print queues the receipt and, where a whole sale is reversed, tells the stations
// that its lines are not wanted.
func (r *returning) print() {
	s := r.s
	if r.q.Paper.prints(s) {
		device.QueuePrint(r.tx, s.Merchant, s.Register, s.ID, device.KindReceipt)
	}
	if len(r.dishes.sent) == 0 {
		return
	}
	lines := make([]id.ID, len(r.of.Lines))
	for i := range r.of.Lines {
		lines[i] = r.of.Lines[i].ID
	}
	order := kitchen.Order{Merchant: s.Merchant, Shop: r.of.Shop, Register: s.Register, ID: r.of.ID, Sale: r.of.ID, Title: r.of.ReceiptNumber()}
	r.dishes.plan.Queue(r.tx, r.dishes.plan.Tickets(order, r.dishes.gone(lines), r.dishes.sent))
}

// Order is an order that is not paid yet, as it stands now: its tickets go out
// before its receipt.
type Order struct {
	Merchant id.ID
	Shop     id.ID
	Register id.ID
	ID       id.ID  // stays with the order; its sale may have another
	Title    string // what it is called by
	Place    string
	Lines    []LineIn // each with its ID; lines of other kinds than SKUs are passed over
	Dropped  []id.ID  // lines that are not wanted any more
}

const (
	maxNote  = 120 // characters of a line's note
	maxPlace = 40
)

// plainText reports whether s is a line of at most so many characters.
func plainText(s string, most int) bool {
	return utf8.ValidString(s) && utf8.RuneCountInString(s) <= most && !strings.ContainsFunc(s, unicode.IsControl)
}

// SendToKitchen tells the stations what they were not told of an order yet, and
// answers the tickets. Sent again, moved or merged, a line tells nobody anything.
// Faults: checkout.kitchen_off, checkout.line_invalid, checkout.note_invalid,
// checkout.unknown_sku, tenant.register_not_found, tenant.register_in_other_shop.
func (d *Desk) SendToKitchen(ctx context.Context, o Order) ([]kitchen.Ticket, error) {
	if o.ID.IsNone() || len(o.Lines) > maxLines || len(o.Dropped) > maxLines {
		return nil, ErrLine.On("lines")
	}
	b := Basket{Merchant: o.Merchant, Shop: o.Shop, Register: o.Register, Lines: o.Lines, Place: o.Place, Dropped: o.Dropped}
	if len(b.Lines) > 0 {
		if err := b.check(); err != nil {
			return nil, err
		}
	}
	if !plainText(o.Title, maxPlace) || !plainText(o.Place, maxPlace) {
		return nil, ErrNote.On("place")
	}
	var items []kitchen.Item
	if len(b.Lines) > 0 {
		l, err := d.load(ctx, &b)
		if err != nil {
			return nil, err
		}
		if !setting.KitchenTickets.In(l.settings) {
			return nil, ErrKitchenOff
		}
		for i := range b.Lines {
			in := &b.Lines[i]
			sku := l.skuOf(in)
			if in.Kind != "" || sku == nil {
				continue
			}
			if in.ID.IsNone() {
				return nil, ErrLine.On("lines")
			}
			items = append(items, kitchen.Item{Line: in.ID, SKU: sku.ID, Category: sku.Category, Name: sku.Name, Quantity: l.quantityOf(in), Note: in.Note})
		}
	} else if err := d.at(ctx, &o); err != nil {
		return nil, err
	}
	var tickets []kitchen.Ticket
	err := d.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		var k dishes
		lines := slices.Clone(o.Dropped)
		for i := range items {
			lines = append(lines, items[i].Line)
		}
		tx.AskAll(kitchen.AskPlan(o.Merchant, o.Shop, &k.plan), kitchen.AskSent(o.Merchant, lines, &k.sent))
		if err := tx.Flush(ctx); err != nil {
			return err
		}
		tickets = k.plan.Tickets(kitchen.Order{Merchant: o.Merchant, Shop: o.Shop, Register: o.Register, ID: o.ID, Title: o.Title, Place: o.Place}, append(items, k.gone(o.Dropped)...), k.sent)
		k.plan.Queue(tx, tickets)
		return nil
	})
	return tickets, err
}

// at looks whether an order's register is one of its shop.
func (d *Desk) at(ctx context.Context, o *Order) error {
	var desk tenant.Desk
	if err := d.DB.Batch(ctx, tenant.AskDesk(o.Merchant, o.Register, &desk)); err != nil {
		return err
	}
	return desk.CheckShop(o.Shop)
}

// PrintShift queues the report of a shift that was closed in this transaction, where
// the shop wants it on paper.
func PrintShift(ctx context.Context, tx *db.Tx, m id.ID, s till.Shift) error {
	if err := tx.Flush(ctx); err != nil {
		return err
	}
	v, err := setting.All(ctx, tx, m, s.Shop, s.Register)
	if err != nil || !setting.ReceiptPrintShifts.In(v) {
		return err
	}
	device.QueueAtRegister(tx, device.Job{Merchant: m, Register: s.Register, Ref: s.ID, Kind: device.KindShift})
	return nil
}
