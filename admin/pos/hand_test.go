package pos

import (
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/staff"
)

func TestDiscountsWithinTheLimit(t *testing.T) {
	s := newShop(t)
	s.set("discount.cashier_limit", "100000")
	p := s.person(auth.Cashier)
	p.scan("2*SOAP")
	p.scan("TEA")
	p.hotkey("F8")
	p.enter("value", "10%", "line", "1", "preset", "damaged")
	p.want("till-due-amount", "¥53.50")
	p.want("pos-line", "5.00")
	p.press("off")
	p.want("pos-list", "Damaged")
	p.enter("value", "2.5", "line", "0", "preset", "other")
	p.want("alert", "reason")
	p.enter("value", "2.5", "line", "0", "reason", "Old friend")
	p.want("till-due-amount", "¥51.00")
	for _, bad := range []string{"", "x", "-1", "101%", "0", "0%", "9999"} {
		p.press("off")
		p.enter("value", bad, "line", "0", "preset", "regular")
		p.want("till-due-amount", "¥51.00")
		if p.see("alert") == "" {
			t.Errorf("%q: nothing is said", bad)
		}
		if !p.offers("close") {
			t.Fatalf("%q: at %s", bad, text(p.page))
		}
		p.press("close")
	}
	p.press("off")
	p.press("give-up:0")
	p.want("till-due-amount", "¥53.50")
	p.press("close")
	p.press("drop:0") // a line goes, and its discount with it
	p.want("till-due-amount", "¥8.50")
	p.hotkey("F11")
	p.want("till-due-amount", "¥8.00")
	p.scan("TEA")
	p.want("till-due-amount", "¥17.00")
	p.want("alert", "rounding was taken back")
	if p.offers("round") {
		t.Error("a round bill is offered to be made round")
	}
}

// TestAManagerAgrees: above the limit nothing changes until somebody who may has
// signed, for this basket and for one sale.
func TestAManagerAgrees(t *testing.T) {
	s := newShop(t)
	s.password(auth.Manager, "correct horse")
	s.password(auth.Finance, "another horse")
	s.set("discount.drop_limit", "0")
	p := s.person(auth.Cashier)
	p.scan("TEA")
	p.scan("SOAP")
	p.hotkey("F11")
	p.want("alert", "More than ¥0.00 needs a manager")
	p.want("till-due-amount", "¥33.50")
	p.enter("login", "manager", "password", "wrong")
	p.want("alert", "password")
	p.enter("login", "finance", "password", "another horse")
	p.want("alert", "may not agree")
	p.enter("login", "manager@elsewhere", "password", "correct horse")
	p.want("till-due-amount", "¥33.50")
	if strings.Contains(p.raw, "correct horse") || strings.Contains(p.raw, "another horse") {
		t.Error("the page shows a password")
	}
	p.enter("login", "Manager", "password", "correct horse")
	p.want("till-due-amount", "¥33.00")
	p.want("alert", "Chen Yu has agreed")
	n, e := s.audited("discount.approved")
	if n != 1 || e.ActorID != s.staff[auth.Manager] || !strings.Contains(string(e.Detail), s.staff[auth.Cashier].String()) {
		t.Fatalf("%d %+v %s", n, e, e.Detail)
	}
	// Another basket was not agreed to.
	kept := p.address()
	p.scan("TEA")
	p.want("till-due-amount", "¥42.00")
	p.want("alert", "rounding was taken back")
	p.get(kept)
	p.press("pay")
	p.hotkey("F9")
	list := s.sales()
	if len(list) != 1 || list[0].Total != 3300 || list[0].Actor != s.staff[auth.Cashier] {
		t.Fatalf("%+v at %s: %s", list, p.at, p.see("alert"))
	}
	p.get(kept) // it was for one sale
	p.want("till-due-amount", "¥33.50")
	p.want("alert", "manager")
	s.proven()
}

func TestWhatWasAgreedToEnds(t *testing.T) {
	s := newShop(t)
	s.password(auth.Manager, "correct horse")
	p := s.person(auth.Cashier)
	p.scan("SOAP")
	p.press("off")
	p.press("discount:20%", "preset", "complaint")
	p.want("alert", "More than 0 % needs a manager")
	p.enter("login", "manager", "password", "correct horse")
	p.want("till-due-amount", "¥20.00")
	p.press("pay")
	s.clock.Advance(16 * time.Minute)
	p.hotkey("F9")
	if len(s.sales()) != 0 {
		t.Fatal("it was sold for what nobody agrees to any more")
	}
	p.want("pos-sheet", "A manager must agree")
	p.want("till-due-amount", "¥25.00")
	p.enter("login", "manager", "password", "correct horse")
	p.press("pay")
	p.hotkey("F9")
	if list := s.sales(); len(list) != 1 || list[0].Total != 2000 {
		t.Fatalf("%+v", list)
	}
	s.proven()
}

func TestAManagerNeedsNobody(t *testing.T) {
	s := newShop(t)
	p := s.person(auth.Manager)
	p.scan("TEA")
	p.press("pay")
	p.press("round:pay") // in the payment sheet, which stays
	p.want("till-total", "¥8.00")
	p.press("fill:card")
	p.hotkey("F9")
	if list := s.sales(); len(list) != 1 || list[0].Total != 800 {
		t.Fatalf("%+v", list)
	}
	p.want("receipt", "8.00")
	p.hotkey("Enter")
	p.scan("SOAP")
	p.scan("TEA")
	p.press("off")
	p.enter("value", "20", "line", "0", "preset", "regular")
	p.want("till-due-amount", "¥13.50")
	p.press("drop:0") // more than what is left to lower
	p.want("till-due-amount", "¥8.50")
	p.want("alert", "discount was taken off")
	// A rounded basket comes back from parking as it was.
	p.hotkey("F11")
	p.want("till-due-amount", "¥8.00")
	p.press("park")
	p.scan("TEA")
	p.hotkey("F11")
	p.press("recall")
	p.press(p.parked())
	p.want("till-due-amount", "¥8.00")
	s.proven()
}

func TestSeveralShareALine(t *testing.T) {
	s := newShop(t)
	p := s.person(auth.Cashier)
	p.scan("CUT")
	p.press("shares:0")
	chen, mei := s.staff[auth.Manager].String(), s.staff[auth.Cashier].String()
	p.enter("who.0", chen, "who.1", mei, "role.1", "assistant", "part.0", "70")
	p.want("alert", "share")
	p.enter("who.0", chen, "who.1", mei, "role.1", "assistant", "part.0", "70", "part.1", "20%")
	p.want("alert", "add up to 1")
	p.enter("who.0", chen, "who.1", mei, "role.1", "assistant", "part.0", "70", "part.1", "30")
	p.want("pos-staff", "Chen Yu 70 % · Mei 30 %")
	p.press("shares:0")
	p.enter("who.0", chen, "role.0", "performer", "part.0", "", "part.1", "")
	p.want("pos-staff", "Chen Yu 50 % · Mei 50 %")
	p.press("pay")
	p.hotkey("F9")
	list := s.sales()
	if len(list) != 1 {
		t.Fatalf("%s: %s", p.at, p.see("alert"))
	}
	var work []staff.LineStaff
	if err := s.db.Batch(s.ctx, staff.AskLineStaffOfSale(s.m.ID, list[0].ID, &work)); err != nil || len(work) != 2 || work[0].Share.Share != money.Whole/2 || work[0].Level != "senior" {
		t.Fatalf("%+v %v", work, err)
	}
	p.hotkey("Enter")
	p.scan("CUT")
	p.press("shares:0")
	p.enter("who.0", chen, "who.1", "", "who.2", "")
	p.press("staff", "staff.0", "")
	p.press("shares:0")
	p.enter("who.0", "")
	p.want("till-due-amount", "¥120.00")
	p.get("/pos/" + s.register.ID.String() + "?b=" + (&basket{Lines: []line{{SKU: s.skus["CUT"].ID, Quantity: money.One, Shares: []share{{s.member, staff.RolePerformer, money.Whole}}}}}).encode())
	p.want("till-due-amount", "¥120.00") // a share of nobody is taken off
	if got := s.sales()[0]; got.Kind != sale.KindSale {
		t.Fatal(got)
	}
}

// parked is the button of the basket that is listed first.
func (p *person) parked() string {
	p.t.Helper()
	return attr(p.one("parked basket", func(n *html.Node) bool { return n.Data == "button" && strings.HasPrefix(attr(n, "value"), "recall:") }), "value")
}
