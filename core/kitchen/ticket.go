package kitchen

import (
	"context"
	"errors"
	"strings"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
)

// ErrTicketNotFound: no ticket has this id.
var ErrTicketNotFound = fault.New(fault.NotFound, "kitchen.ticket_not_found")

// Two who send the same line at once: the second adds up again.
var _ = db.GuardRetry("ux_prep_ticket_lines_line_id_seq")

// Item is a line as it is wanted now. Quantity 0: not any more.
type Item struct {
	Line     id.ID // stays with the line for its life, wherever the line is moved
	SKU      id.ID
	Category string
	Name     string
	Quantity money.Quantity
	Note     string
}

// Order is what items are of.
type Order struct {
	Merchant id.ID
	Shop     id.ID
	Register id.ID
	ID       id.ID
	Sale     id.ID  // none: it is open
	Title    string // what it is called by: the receipt's number, a name
	Place    string // table, "take away"; "" = none
}

// Sent is what a station was told of a line.
type Sent struct {
	Line     id.ID
	Station  id.ID
	SKU      id.ID
	Name     string
	Quantity money.Quantity // the sum
	Seq      int64          // of the line's last operation, whichever station's
}

const sentColumns = `select l.line_id, l.station_id, l.sku_id, max(l.name), cast(sum(l.quantity) as bigint),
	(select max(x.seq) from prep_ticket_lines x where x.merchant_id = l.merchant_id and x.line_id = l.line_id) from prep_ticket_lines l `

const sentGroup = ` group by l.merchant_id, l.line_id, l.station_id, l.sku_id order by l.line_id, l.station_id`

func scanSent(out *[]Sent) func(db.Row) error {
	return func(r db.Row) error {
		var s Sent
		err := r.Scan(&s.Line, &s.Station, &s.SKU, &s.Name, &s.Quantity, &s.Seq)
		*out = append(*out, s)
		return err
	}
}

// AskSent reads what stations were told of lines.
func AskSent(m id.ID, lines []id.ID, out *[]Sent) db.Ask {
	*out = nil
	return db.Ask{SQL: sentColumns + `where l.merchant_id = $1 and l.line_id in_ids($2)` + sentGroup, Args: []any{m, lines}, Scan: scanSent(out)}
}

// AskSentOf reads what stations were told of the lines of an order or a sale.
func AskSentOf(m, order id.ID, out *[]Sent) db.Ask {
	*out = nil
	return db.Ask{SQL: sentColumns + `where l.merchant_id = $1 and l.line_id in (select y.line_id from prep_ticket_lines y
		join prep_tickets t on t.merchant_id = y.merchant_id and t.id = y.ticket_id where t.merchant_id = $1 and (t.order_id = $2 or t.sale_id = $2))` + sentGroup,
		Args: []any{m, order}, Scan: scanSent(out)}
}

// Op is what one ticket says of a line: so many more, or fewer.
type Op struct {
	Line     id.ID
	Seq      int64
	SKU      id.ID
	Name     string
	Quantity money.Quantity // signed
	Note     string
}

// Ticket is what one station is told at one time.
type Ticket struct {
	Order
	ID      id.ID // of the ticket; Order.ID is that of the order
	Station id.ID
	At      clock.Instant
	Ops     []Op
}

// Voids reports whether the ticket takes back and orders nothing.
func (t *Ticket) Voids() bool {
	for _, o := range t.Ops {
		if o.Quantity > 0 {
			return false
		}
	}
	return true
}

// Tickets answers what stations are still to be told, one ticket for each in the
// plan's order: what is wanted of each item less what they were told of it. A line
// that was told stays with its station; a station that is not in use any more, or
// has no printer, is told nothing.
func (p *Plan) Tickets(o Order, items []Item, sent []Sent) []Ticket {
	by := map[id.ID]*Ticket{}
	add := func(station id.ID, op Op) {
		s := p.Station(station)
		if s == nil || len(s.Devices) == 0 || op.Quantity == 0 {
			return
		}
		t := by[station]
		if t == nil {
			t = &Ticket{Order: o, Station: station}
			by[station] = t
		}
		t.Ops = append(t.Ops, op)
	}
	seen := map[id.ID]bool{}
	for _, it := range items {
		if seen[it.Line] { // one line is one item
			continue
		}
		seen[it.Line] = true
		left, seq, known := it.Quantity, int64(0), id.None
		for _, s := range sent {
			if s.Line != it.Line {
				continue
			}
			left -= s.Quantity
			seq = max(seq, s.Seq)
			if s.Quantity != 0 || known.IsNone() {
				known = s.Station
			}
		}
		if known.IsNone() {
			station, found := p.Route(it.SKU, it.Category)
			if !found || left <= 0 {
				continue
			}
			known = station
		}
		add(known, Op{Line: it.Line, Seq: seq + 1, SKU: it.SKU, Name: it.Name, Quantity: left, Note: it.Note})
	}
	var out []Ticket
	for _, s := range p.Stations {
		if t := by[s.ID]; t != nil {
			out = append(out, *t)
		}
	}
	return out
}

// Queue writes tickets and their print jobs in the transaction of what they are of.
func (p *Plan) Queue(tx *db.Tx, tickets []Ticket) {
	for i := range tickets {
		t := &tickets[i]
		t.ID, t.At = tx.NewID(), tx.Now
		tx.Queue(`insert into prep_tickets (merchant_id, id, station_id, shop_id, register_id, order_id, sale_id, title, place, at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
			t.Merchant, t.ID, t.Station, t.Shop, t.Register, t.Order.ID, t.Sale, t.Title, t.Place, t.At)
		for no, op := range t.Ops {
			tx.Queue(`insert into prep_ticket_lines (merchant_id, ticket_id, no, line_id, seq, station_id, sku_id, name, quantity, note) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
				t.Merchant, t.ID, no+1, op.Line, op.Seq, t.Station, op.SKU, op.Name, op.Quantity, op.Note)
		}
		for _, dev := range p.Station(t.Station).Devices {
			device.QueueFor(tx, dev, device.Job{Merchant: t.Merchant, Register: t.Register, Sale: t.Sale, Ref: t.ID, Kind: device.KindKitchen})
		}
	}
}

const ticketColumns = `merchant_id, id, station_id, shop_id, register_id, order_id, sale_id, title, place, at`

func scanTicket(r db.Row, t *Ticket) error {
	return r.Scan(&t.Merchant, &t.ID, &t.Station, &t.Shop, &t.Register, &t.Order.ID, &t.Sale, &t.Title, &t.Place, &t.At)
}

// GetTicket reads a ticket with its operations. Fault: kitchen.ticket_not_found.
func GetTicket(ctx context.Context, r db.Reader, m, ticket id.ID) (Ticket, error) {
	t, err := db.One(ctx, r, scanTicket, `select `+ticketColumns+` from prep_tickets where merchant_id = $1 and id = $2`, m, ticket)
	if errors.Is(err, db.ErrNoRow) {
		return Ticket{}, ErrTicketNotFound
	}
	if err != nil {
		return Ticket{}, err
	}
	t.Ops, err = db.All(ctx, r, func(row db.Row, o *Op) error {
		return row.Scan(&o.Line, &o.Seq, &o.SKU, &o.Name, &o.Quantity, &o.Note)
	}, `select line_id, seq, sku_id, name, quantity, note from prep_ticket_lines where merchant_id = $1 and ticket_id = $2 order by no`, m, ticket)
	return t, err
}

// AskTitles reads what tickets are called by: the place, then the title.
func AskTitles(m id.ID, tickets []id.ID, out map[id.ID]string) db.Ask {
	return db.Ask{SQL: `select id, title, place from prep_tickets where merchant_id = $1 and id in_ids($2)`, Args: []any{m, tickets}, Scan: func(r db.Row) error {
		var ticket id.ID
		var title, place string
		err := r.Scan(&ticket, &title, &place)
		out[ticket] = strings.TrimSpace(place + " " + title)
		return err
	}}
}

// ListTickets lists the tickets of a shop without their operations, the newest first.
func ListTickets(ctx context.Context, r db.Reader, m, shop id.ID, page db.Page) (items []Ticket, next string, err error) {
	args := []any{m, shop, page.Size() + 1}
	after := ""
	if !page.After.IsNone() {
		after, args = ` and id < $4`, append(args, page.After)
	}
	rows, err := db.All(ctx, r, scanTicket, `select `+ticketColumns+` from prep_tickets where merchant_id = $1 and shop_id = $2`+after+` order by id desc limit $3`, args...)
	if err != nil {
		return nil, "", err
	}
	items, next = db.Cut(page, rows, func(t Ticket) id.ID { return t.ID })
	return items, next, nil
}
