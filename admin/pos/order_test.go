package pos

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/kitchen"
)

// bar makes a station with a printer, for what is drunk.
func (s *shop) bar() {
	s.t.Helper()
	s.set("kitchen.tickets", "true")
	s.tx(func(ctx context.Context, tx *db.Tx) error {
		printer, err := device.Create(ctx, tx, device.Device{Merchant: s.m.ID, Shop: s.shop.ID, Name: "bar printer", Class: device.ClassPrinter, Driver: "virtual-printer", Enabled: true})
		if err != nil {
			return err
		}
		st, err := kitchen.Create(ctx, tx, kitchen.Station{Merchant: s.m.ID, Shop: s.shop.ID, Name: "Bar", Devices: []id.ID{printer.ID}})
		if err != nil {
			return err
		}
		return kitchen.SetRoute(ctx, tx, s.m.ID, s.shop.ID, kitchen.Route{Kind: kitchen.ByCategory, Ref: "drinks", Station: st.ID}, false)
	})
}

// told is what the stations were told, the oldest first: "T4: 2 tea (no ice)".
func (s *shop) told() string {
	s.t.Helper()
	list, _, err := kitchen.ListTickets(s.ctx, s.db, s.m.ID, s.shop.ID, db.Page{})
	if err != nil {
		s.t.Fatal(err)
	}
	var out []string
	for i := len(list) - 1; i >= 0; i-- {
		t, err := kitchen.GetTicket(s.ctx, s.db, s.m.ID, list[i].ID)
		if err != nil {
			s.t.Fatal(err)
		}
		text := t.Place + ":"
		for _, o := range t.Ops {
			text += " " + o.Quantity.String()
			if o.Note != "" {
				text += " (" + o.Note + ")"
			}
		}
		out = append(out, text)
	}
	return strings.Join(out, "; ")
}

// TestAnOrderGoesToTheKitchenBeforeItIsPaid: once, however often it is sent; what is
// added or taken out later alone follows, also where the sale brings it.
func TestAnOrderGoesToTheKitchenBeforeItIsPaid(t *testing.T) {
	s := newShop(t)
	p := s.person(auth.Cashier)
	p.scan("2*TEA")
	if p.offers("order") {
		t.Fatal("this shop has no tickets")
	}
	s.bar()
	p.scan("SOAP")
	p.press("order")
	page, at := p.page, p.at
	p.press("order:send", "place", "Table 4", "note.0", "no ice")
	p.want("alert", "1 ticket sent")
	p.want("pos-line", "no ice")
	p.want("pos-count", "Table 4")
	p.page, p.at = page, at // pressed twice
	p.press("order:send", "place", "Table 4", "note.0", "no ice")
	p.want("alert", "have all of it already")
	if got := s.told(); got != "Table 4: 2 (no ice)" {
		t.Fatal(got)
	}
	p.scan("TEA") // without the note: a line of its own
	p.press("minus:0")
	p.press("order")
	p.want("pos-order-line", "Sent: 2")
	p.press("order:park")
	if got := s.told(); got != "Table 4: 2 (no ice); Table 4: -1 (no ice) 1" {
		t.Fatal(got)
	}
	p.press("recall")
	p.want("pos-count", "Table 4")
	p.press("drop:2")
	sold := p.paid(s) // the sale takes back what was taken out since
	if got := s.told(); got != "Table 4: 2 (no ice); Table 4: -1 (no ice) 1; Table 4: -1" {
		t.Fatal(got)
	}
	if len(sold.Lines) != 0 && len(sold.Lines) != 2 {
		t.Error(len(sold.Lines))
	}
}

func TestAnOrderIsCalledOff(t *testing.T) {
	s := newShop(t)
	s.bar()
	p := s.person(auth.Cashier)
	p.scan("3*TEA")
	p.press("order")
	p.press("order:keep", "place", "Ann", "note.0", "hot")
	if got := s.told(); got != "" {
		t.Fatal(got)
	}
	p.want("pos-line", "hot")
	p.press("order")
	p.press("order:send")
	p.press("clear")
	p.want("alert", "the order is off")
	if got := s.told(); got != "Ann: 3 (hot); Ann: -3" {
		t.Fatal(got)
	}
	undo := p.one("way back", func(n *html.Node) bool { return n.Data == "form" && attr(n, "class") == "row row-between" })
	p.send(undo, p.fields(undo))
	p.want("pos-line", "hot")
	p.press("order")
	p.press("order:send")
	if got := s.told(); got != "Ann: 3 (hot); Ann: -3; Ann: 3 (hot)" {
		t.Fatal(got)
	}
	// The last line taken out: there is nothing to price, and still something to say.
	p.press("drop:0")
	p.press("order")
	p.want("pos-sheet", "1 line was taken out")
	p.press("order:send")
	if got := s.told(); got != "Ann: 3 (hot); Ann: -3; Ann: 3 (hot); Ann: -3" {
		t.Fatal(got)
	}
}

// Another basket that is taken up does not make the register forget what the stations
// have of an order that was emptied.
func TestAnEmptiedOrderIsCalledOffByTheNext(t *testing.T) {
	s := newShop(t)
	s.bar()
	p := s.person(auth.Cashier)
	p.scan("SOAP")
	p.press("park")
	p.scan("TEA")
	p.press("order")
	p.press("order:send", "place", "T2")
	p.press("drop:0")
	p.press("recall")
	p.want("pos-line", "Olive soap")
	if got := s.told(); got != "T2: 1; T2: -1" {
		t.Fatal(got)
	}
}

func TestANoteThatIsTooLongIsSaid(t *testing.T) {
	s := newShop(t)
	s.bar()
	p := s.person(auth.Cashier)
	p.scan("TEA")
	for n, do := range []string{"send", "park", "keep"} {
		p.press("order")
		long := fmt.Sprint(n) + strings.Repeat("長", 120)
		p.press("order:"+do, "place", "T1", "note.0", long)
		p.want("alert", "too long")
		if !strings.Contains(p.raw, long) {
			t.Errorf("%s: what was typed is lost", do)
		}
		p.press("close")
		p.want("till-due-amount", "¥8.50")
	}
	if got := s.told(); got != "" {
		t.Fatal(got)
	}
}

func TestAnOrderThatNobodyPrepares(t *testing.T) {
	s := newShop(t)
	s.bar()
	p := s.person(auth.Cashier)
	p.scan("SOAP")
	p.press("order")
	p.press("order:send")
	p.want("alert", "no station prepares any of it")
	if !strings.Contains(p.raw, "alert-warn") {
		t.Error("it looks as if all were well")
	}
}

// A bill that was made round stays so where it only goes to the kitchen.
func TestAnOrderKeepsTheBill(t *testing.T) {
	s := newShop(t)
	s.bar()
	p := s.person(auth.Cashier)
	p.scan("TEA")
	p.hotkey("F11")
	p.want("till-due-amount", "¥8.00")
	p.press("order")
	p.press("order:send", "place", "T1", "note.0", "x")
	p.want("till-due-amount", "¥8.00")
	if strings.Contains(p.see("alert"), "rounding was taken back") {
		t.Error(p.see("alert"))
	}
}

// What a manager agreed to holds although the kitchen is told of the order then, and
// the stations are told of nothing twice when it is paid.
func TestASignedDiscountOutlastsTheKitchen(t *testing.T) {
	s := newShop(t)
	s.bar()
	s.password(auth.Manager, "correct horse")
	p := s.person(auth.Cashier)
	agreed := func() {
		t.Helper()
		p.scan("2*TEA")
		p.press("off")
		p.press("discount:20%", "preset", "complaint")
		p.enter("login", "manager", "password", "correct horse")
		p.want("till-due-amount", "¥13.60")
	}
	agreed()
	p.press("order")
	p.press("order:send", "place", "T9", "note.0", "no ice")
	p.want("till-due-amount", "¥13.60")
	if strings.Contains(p.see("alert"), "taken back") || p.see("pos-sign") != "" {
		t.Fatal(p.see("alert"))
	}
	sold := p.paid(s)
	if sold.Total != 1360 {
		t.Errorf("sold at %d", sold.Total)
	}
	if got := s.told(); got != "T9: 2 (no ice)" {
		t.Fatal(got)
	}
	// Another quantity is another basket: it is asked for again.
	agreed()
	p.press("order")
	p.press("order:send", "place", "T9")
	p.press("plus:0")
	if p.see("till-due-amount") == "¥20.40" {
		t.Error("what was agreed to for two is sold for three")
	}
}
