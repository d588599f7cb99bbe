package checkout_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/kitchen"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
)

// jobs counts the print jobs of each kind.
func (s *shop) jobs() string {
	s.t.Helper()
	list, _, err := device.ListJobs(s.ctx, s.db, s.m.ID, device.JobFilter{}, db.Page{Limit: 100})
	if err != nil {
		s.t.Fatal(err)
	}
	n := map[string]int{}
	for _, j := range list {
		n[j.Kind]++
	}
	return fmt.Sprintf("%d receipts %d tickets", n[device.KindReceipt], n[device.KindKitchen])
}

// A sale prints its receipt where the shop wants it, and tells each station its lines
// once: what was sent while the order was open is not sent again when it is paid, and
// a reversal takes it back.
func TestReceiptsAndTicketsOfASale(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 1)
		var hot device.Device
		s.tx(func(ctx context.Context, tx *db.Tx) (err error) {
			if _, err = device.Create(ctx, tx, device.Device{Merchant: s.m.ID, Shop: s.shop.ID, Register: s.registers[0].ID, Name: "counter", Class: device.ClassPrinter, Driver: "virtual-printer", Enabled: true}); err != nil {
				return err
			}
			if hot, err = device.Create(ctx, tx, device.Device{Merchant: s.m.ID, Shop: s.shop.ID, Name: "hot", Class: device.ClassPrinter, Driver: "virtual-printer", Enabled: true}); err != nil {
				return err
			}
			st, err := kitchen.Create(ctx, tx, kitchen.Station{Merchant: s.m.ID, Shop: s.shop.ID, Name: "Bar", Devices: []id.ID{hot.ID}})
			if err != nil {
				return err
			}
			return kitchen.SetRoute(ctx, tx, s.m.ID, s.shop.ID, kitchen.Route{Kind: kitchen.ByCategory, Ref: "drinks", Station: st.ID}, false)
		})
		paid := func(b checkout.Basket) *sale.Sale {
			s.t.Helper()
			return s.sell(b, cash(1_000_00))
		}
		paid(s.basket(0, false, s.line("tea", "1")))
		if got := s.jobs(); got != "1 receipts 0 tickets" {
			s.t.Fatal("tickets that nobody asked for:", got)
		}
		order := checkout.Order{Merchant: s.m.ID, Shop: s.shop.ID, Register: s.registers[0].ID, ID: id.New(int64(s.db.Now())), Title: "table 5"}
		tea := s.line("tea", "2")
		tea.ID, tea.Note = id.New(int64(s.db.Now())), "no ice"
		order.Lines = []checkout.LineIn{tea}
		if _, err := s.desk.SendToKitchen(s.ctx, order); !errors.Is(err, checkout.ErrKitchenOff) {
			s.t.Fatal(err)
		}
		s.set("kitchen.tickets", "true")
		s.set("receipt.print_refunds", "false")
		for range 2 {
			if _, err := s.desk.SendToKitchen(s.ctx, order); err != nil {
				s.t.Fatal(err)
			}
		}
		if got := s.jobs(); got != "1 receipts 1 tickets" {
			s.t.Fatal(got)
		}
		sold := paid(s.basket(0, false, tea, s.line("soap", "1")))
		if got := s.jobs(); got != "2 receipts 1 tickets" || sold.Lines[0].ID != tea.ID {
			s.t.Fatal("told again when it was paid:", got)
		}
		whole := paid(s.basket(0, false, s.line("tea", "3"), s.line("soap", "1")))
		if got := s.jobs(); got != "3 receipts 2 tickets" {
			s.t.Fatal(got)
		}
		tickets, _, err := kitchen.ListTickets(s.ctx, s.db, s.m.ID, s.shop.ID, db.Page{})
		if err != nil || len(tickets) != 2 || tickets[0].Sale != whole.ID || tickets[0].Title != whole.ReceiptNumber() || tickets[1].Title != "table 5" {
			s.t.Fatalf("%+v %v", tickets, err)
		}
		if got, err := kitchen.GetTicket(s.ctx, s.db, s.m.ID, tickets[1].ID); err != nil || len(got.Ops) != 1 || got.Ops[0].Quantity != 2*money.One || got.Ops[0].Note != "no ice" {
			s.t.Fatalf("%+v %v", got, err)
		}
		// A reversal takes back what was told; its own document is not wanted on paper.
		if _, err := s.desk.Void(s.ctx, checkout.RefundIn{Merchant: s.m.ID, Sale: whole.ID, Reason: "mistake"}); err != nil {
			s.t.Fatal(err)
		}
		if tickets, _, err = kitchen.ListTickets(s.ctx, s.db, s.m.ID, s.shop.ID, db.Page{}); err != nil || len(tickets) != 3 || s.jobs() != "3 receipts 3 tickets" {
			s.t.Fatal(len(tickets), s.jobs(), err)
		}
		if got, err := kitchen.GetTicket(s.ctx, s.db, s.m.ID, tickets[0].ID); err != nil || !got.Voids() || len(got.Ops) != 1 || got.Ops[0].Quantity != -3*money.One {
			s.t.Fatalf("%+v %v", got, err)
		}
		// Fewer than were sent, and a line that is dropped.
		tea.ID = id.New(int64(s.db.Now()))
		gone := s.line("tea", "1")
		gone.ID = id.New(int64(s.db.Now()))
		order.ID, order.Lines = id.New(int64(s.db.Now())), []checkout.LineIn{tea, gone}
		if _, err := s.desk.SendToKitchen(s.ctx, order); err != nil {
			s.t.Fatal(err)
		}
		fewer := tea
		fewer.Quantity = money.One
		b := s.basket(0, false, fewer)
		b.Dropped = []id.ID{gone.ID}
		paid(b)
		if tickets, _, err = kitchen.ListTickets(s.ctx, s.db, s.m.ID, s.shop.ID, db.Page{}); err != nil || len(tickets) != 5 {
			s.t.Fatal(len(tickets), err)
		}
		if got, err := kitchen.GetTicket(s.ctx, s.db, s.m.ID, tickets[0].ID); err != nil || !got.Voids() || len(got.Ops) != 2 || got.Ops[0].Quantity != -money.One || got.Ops[1].Quantity != -money.One {
			s.t.Fatalf("%+v %v", got, err)
		}
		b.Lines = append(b.Lines, fewer)
		if _, err := s.desk.Quote(s.ctx, b); !errors.Is(err, checkout.ErrLine) {
			s.t.Error("one line twice:", err)
		}
	})
}
