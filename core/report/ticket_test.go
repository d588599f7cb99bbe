package report_test

import (
	"context"
	"strings"
	"testing"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/kitchen"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/receipt"
	"github.com/shopwright/shopwright/core/setting"
)

// A ticket says what to prepare with the quantity first, in the shop's language,
// what is not wanted any more as such, and is marked where it is printed again.
func TestTicketsOfAStation(t *testing.T) {
	eachPaper(t, func(s *paper, _ *clock.Manual) {
		var st kitchen.Station
		s.tx(func(ctx context.Context, tx *db.Tx) error {
			p, err := device.Create(ctx, tx, device.Device{Merchant: s.m.ID, Shop: s.shop.ID, Name: "hot", Class: device.ClassPrinter, Driver: "virtual-printer", Enabled: true})
			if err != nil {
				return err
			}
			if st, err = kitchen.Create(ctx, tx, kitchen.Station{Merchant: s.m.ID, Shop: s.shop.ID, Name: "后厨", Devices: []id.ID{p.ID}}); err != nil {
				return err
			}
			if err := kitchen.SetRoute(ctx, tx, s.m.ID, s.shop.ID, kitchen.Route{Kind: kitchen.ByCategory, Ref: "dishes", Station: st.ID}, false); err != nil {
				return err
			}
			return setting.Set(tx, setting.Place{Merchant: s.m.ID}, "receipt.locale", "zh-Hans")
		})
		o := kitchen.Order{Merchant: s.m.ID, Shop: s.shop.ID, Register: s.register.ID, ID: id.New(1), Title: "A1-000042", Place: "5号桌"}
		beef, soup := id.New(1), id.New(1)
		send := func(q money.Quantity, sent ...kitchen.Sent) id.ID {
			var made []kitchen.Ticket
			s.tx(func(ctx context.Context, tx *db.Tx) error {
				plan, err := kitchen.ReadPlan(ctx, tx, s.m.ID, s.shop.ID)
				if err != nil {
					return err
				}
				made = plan.Tickets(o, []kitchen.Item{{Line: beef, Category: "dishes", Name: "宫保鸡丁", Quantity: q, Note: "少辣"}, {Line: soup, Category: "dishes", Name: "老火靓汤", Quantity: q / 2}}, sent)
				plan.Queue(tx, made)
				return nil
			})
			if len(made) != 1 {
				s.t.Fatalf("%+v", made)
			}
			return made[0].ID
		}
		text := func(ticket id.ID, copyNo int) string {
			d, err := s.receipts.Ticket(context.Background(), s.m.ID, ticket, copyNo)
			if err != nil {
				s.t.Fatal(err)
			}
			for _, l := range receipt.Layout(d, receipt.Metrics{Columns: 32}) {
				if strings.Contains(l.Text, "宫保鸡丁") && l.Style.Size != receipt.Tall {
					s.t.Error("the dish is not in big letters")
				}
			}
			return receipt.PlainText(d, 32)
		}
		first := send(2 * money.One)
		got := text(first, 1)
		for _, want := range []string{"后厨", "5号桌", "A1-000042", "2 × 宫保鸡丁\n", "» 少辣", "1 × 老火靓汤\n", "2026"} {
			if !strings.Contains(got, want) {
				s.t.Errorf("%q is not on\n%s", want, got)
			}
		}
		if strings.Contains(got, "退") || strings.Contains(got, "DUPLICATE") {
			s.t.Error(got)
		}
		if again := text(first, 2); strings.Count(again, "DUPLICATE 补打 #2") != 2 {
			s.t.Error(again)
		}
		gone := text(send(0, kitchen.Sent{Line: beef, Station: st.ID, Quantity: 2 * money.One, Seq: 1}, kitchen.Sent{Line: soup, Station: st.ID, Quantity: money.One, Seq: 1}), 1)
		if !strings.Contains(gone, "退单 2 × 宫保鸡丁") || strings.Count(gone, "退单") != 3 {
			s.t.Error(gone)
		}
	})
}
