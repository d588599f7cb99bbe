package pos

import (
	"context"
	"slices"
	"strings"

	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/kitchen"
	"github.com/shopwright/shopwright/core/money"
)

// orderForm is the sheet of what the stations (kitchen, bar) are told before it is paid.
type orderForm struct {
	Place string
	Lines []orderLine
	Gone  int // lines that they know of and that were taken out
	Err   error
	notes map[int]string // as typed, by line
}

type orderLine struct {
	Index          int
	Name, Quantity string
	Note           string
	Sent           string // what they have of it already; "" nothing
}

// toStations reports whether this shop has tickets for its stations.
func (v *view) toStations() bool {
	return !v.Basket.Order.IsNone() || v.Quote != nil && v.Quote.Paper.Kitchen
}

// name gives the order and its lines the ids by which the stations know them. Those of
// the lines are their quote's, so that what a manager agreed to still holds; q may be
// nil.
func (b *basket) name(q *checkout.Quote, now clock.Instant) {
	if b.Order.IsNone() {
		b.Order = id.New(int64(now))
	}
	for i := range b.Lines {
		l := &b.Lines[i]
		switch {
		case l.Kind != "" || !l.ID.IsNone():
		case q != nil && i < len(q.Lines):
			l.ID = q.Lines[i].ID
		default:
			l.ID = id.New(int64(now))
		}
	}
}

// unnamed is the basket without what the stations alone are told.
func (b *basket) unnamed() basket {
	c := b.clone()
	c.Order, c.Place, c.Gone, c.Current = id.None, "", nil, 0
	for i := range c.Lines {
		c.Lines[i].ID, c.Lines[i].Note = id.None, ""
	}
	return c
}

// forStations is the order as the flow takes it; dropped are lines besides those that
// were taken out.
func (b *basket) forStations(d *desk, dropped ...id.ID) checkout.Order {
	o := checkout.Order{Merchant: d.Desk.Merchant.ID, Shop: d.Desk.Shop.ID, Register: d.Register.ID, ID: b.Order, Place: b.Place, Dropped: append(slices.Clone(b.Gone), dropped...)}
	tail := b.Order.String()
	o.Title = "#" + strings.ToUpper(tail[len(tail)-4:])
	for _, in := range b.checkout(&d.Desk).Lines {
		if in.Kind == "" {
			o.Lines = append(o.Lines, in)
		}
	}
	return o
}

// order opens the sheet, or does what its buttons say. The ids are given when it opens
// and travel with the page, so that what is sent twice tells nobody twice.
func (a *action) order(ctx context.Context, arg string) error {
	if len(a.b.Lines) == 0 && len(a.b.Gone) == 0 {
		return checkout.ErrEmpty
	}
	f := &a.v.Order
	q, err := a.h.quote(ctx, &a.v.Desk, a.b)
	if err != nil && (fault.KindOf(err) == fault.Internal || fault.KindOf(err) == fault.Unavailable) {
		return err
	}
	a.b.name(q, a.h.db.Now()) // also where it cannot be sold as it is: it can be sent
	if arg == "" {
		a.v.Sheet = sheetOrder
		return nil
	}
	f.Place, f.notes = strings.TrimSpace(a.r.PostForm.Get("place")), map[int]string{}
	next := a.b.clone()
	next.Place = f.Place
	for i := range next.Lines {
		if name := "note." + itoa(i); a.r.PostForm.Has(name) {
			f.notes[i] = strings.TrimSpace(a.r.PostForm.Get(name))
			next.Lines[i].Note = f.notes[i]
		}
	}
	if err := a.tell(ctx, &next, arg); err != nil {
		if k := fault.KindOf(err); k == fault.Internal || k == fault.Unavailable {
			return err
		}
		a.v.Sheet, f.Err = sheetOrder, err
		return nil
	}
	*a.b = next
	if arg == "park" {
		return a.park(ctx, "")
	}
	return nil
}

// tell sends an order, or looks whether it could be sent where it is only noted.
func (a *action) tell(ctx context.Context, b *basket, do string) error {
	if do == "keep" {
		_, err := a.h.quote(ctx, &a.v.Desk, b)
		return err
	}
	tickets, err := a.h.o.Desk.SendToKitchen(ctx, b.forStations(a.v.desk))
	if err != nil {
		return err
	}
	if b.Gone = nil; len(b.Lines) == 0 {
		b.Order, b.Place = id.None, ""
	}
	text := a.v.T("pos.order_told", "count", len(tickets))
	if len(tickets) == 0 {
		sent, err := a.h.sentOf(ctx, a.merchant(), b)
		if err != nil {
			return err
		}
		if text = a.v.T("pos.order_known"); len(sent) == 0 {
			a.v.warn(a.v.T("pos.order_nowhere"))
			return nil
		}
	}
	a.v.Notes = append(a.v.Notes, text)
	return nil
}

// takeBack tells the stations that nothing of the order is wanted any more.
func (a *action) takeBack(ctx context.Context) error {
	if a.b.Order.IsNone() || len(a.b.named())+len(a.b.Gone) == 0 {
		return nil
	}
	o := a.b.forStations(a.v.desk, a.b.named()...)
	o.Lines = nil
	tickets, err := a.h.o.Desk.SendToKitchen(ctx, o)
	if err == nil && len(tickets) > 0 {
		a.v.Notes = append(a.v.Notes, a.v.T("pos.order_taken_back"))
	}
	return err
}

// named are the ids of the lines that have one.
func (b *basket) named() (out []id.ID) {
	for _, l := range b.Lines {
		if !l.ID.IsNone() {
			out = append(out, l.ID)
		}
	}
	return out
}

// sentOf reads what the stations have of a basket's lines.
func (h *screens) sentOf(ctx context.Context, m id.ID, b *basket) (sent []kitchen.Sent, err error) {
	if ids := b.named(); len(ids) > 0 {
		err = h.db.Batch(ctx, kitchen.AskSent(m, ids, &sent))
	}
	return sent, err
}

// fillOrder lists the lines with what the stations have of each.
func (h *screens) fillOrder(ctx context.Context, v *view) error {
	f, b := &v.Order, &v.Basket
	f.Gone = len(b.Gone)
	if f.notes == nil {
		f.Place = b.Place
	}
	if v.Quote == nil {
		return nil
	}
	sent, err := h.sentOf(ctx, v.Desk.Merchant.ID, b)
	if err != nil {
		return err
	}
	for i := range b.Lines {
		l := &b.Lines[i]
		if l.Kind != "" || i >= len(v.Quote.Lines) {
			continue
		}
		x := orderLine{Index: i, Name: v.lineName(&v.Quote.Lines[i]), Quantity: l.Quantity.String(), Note: l.Note}
		if typed, ok := f.notes[i]; ok {
			x.Note = typed
		}
		var has money.Quantity
		for _, s := range sent {
			if s.Line == l.ID {
				has += s.Quantity
			}
		}
		if has != 0 {
			x.Sent = v.T("pos.order_sent", "count", has)
		}
		f.Lines = append(f.Lines, x)
	}
	return nil
}
