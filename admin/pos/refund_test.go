package pos

import (
	"net/http"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/sale"
)

func (p *person) paid(s *shop) sale.Sale {
	p.t.Helper()
	p.press("pay")
	p.hotkey("F9")
	list := s.sales()
	if len(list) == 0 || !strings.Contains(p.at.Path, list[0].ID.String()) {
		p.t.Fatalf("%s: %s", p.at, p.see("alert"))
	}
	return list[0]
}

func (s *shop) pending() []sale.RefundRequest {
	s.t.Helper()
	list, err := sale.ListRequests(s.ctx, s.db, s.m.ID, sale.RequestPending, db.Page{})
	if err != nil {
		s.t.Fatal(err)
	}
	return list
}

// TestARefundIsAskedFor by a cashier, refused once, approved at the till by a
// manager's signature and at another one by a manager who has signed in.
func TestARefundIsAskedFor(t *testing.T) {
	s := newShop(t)
	s.password(auth.Manager, "correct horse")
	p := s.person(auth.Cashier)
	path := "/pos/" + s.register.ID.String()
	p.scan("2*SOAP")
	sold := p.paid(s)
	p.hotkey("F7")
	p.want("pos-sheet", "A manager decides")
	p.press("refund")
	list := s.pending()
	if len(list) != 1 || list[0].Total != 5000 || len(s.sales()) != 1 || p.see("pos-request") == "" {
		t.Fatalf("%+v at %s: %s", list, p.at, p.see("alert"))
	}
	p.get(path + "/sales/" + sold.ID.String() + "/refund")
	p.want("alert", "request")
	p.get(path + "/sales")
	p.want("alert", "1 refund waits")
	p.hotkey("F8")
	approve, refuse := "approve:"+list[0].ID.String(), "refuse:"+list[0].ID.String()
	p.press(approve)
	p.want("alert", "password")
	p.press(approve, "login", "cashier", "password", "correct horse")
	if len(s.pending()) != 1 {
		t.Fatal("a cashier has decided")
	}
	p.press(refuse, "login", "manager", "password", "correct horse", "note", "not ours")
	p.want("alert", "refused")
	p.want("pos-sheet", "No refund waits")
	if len(s.pending()) != 0 || len(s.sales()) != 1 {
		t.Fatal("it was not refused")
	}
	p.get(path + "/sales/" + sold.ID.String())
	p.hotkey("F7")
	p.press("refund")
	m := s.person(auth.Manager)
	m.get(path + "/requests")
	if strings.Contains(m.raw, "type=\"password\"") {
		t.Error("who may decide is asked to sign")
	}
	list = s.pending()
	form, v := m.at, m.fields(m.formOf(m.one("note", func(n *html.Node) bool { return attr(n, "name") == "note" })))
	m.press("approve:" + list[0].ID.String())
	if docs := s.sales(); len(docs) != 2 || docs[0].Kind != sale.KindRefund || docs[0].Actor != s.staff[auth.Manager] || docs[0].Total != 5000 {
		t.Fatalf("%+v at %s: %s", docs, m.at, m.see("alert"))
	}
	// Twice is once.
	v.Set("do", "approve:"+list[0].ID.String())
	m.at = form
	m.send(&html.Node{Attr: []html.Attribute{{Key: "action", Val: form.Path}, {Key: "method", Val: "post"}}}, v)
	if len(s.sales()) != 2 {
		t.Fatal("it was refunded twice")
	}
	v.Set("do", "refuse:"+list[0].ID.String())
	m.at = form
	m.send(&html.Node{Attr: []html.Attribute{{Key: "action", Val: form.Path}, {Key: "method", Val: "post"}}}, v)
	if m.code != http.StatusConflict {
		t.Errorf("refusing what was approved: %d", m.code)
	}
	s.proven()
}

// TestARefundOfWhatWasUsed shows what a case gives before anything happens.
func TestARefundOfWhatWasUsed(t *testing.T) {
	s := newShop(t, "salon")
	p := s.person(auth.Manager)
	p.scan("M-000213")
	p.press("sell")
	p.press("topup:500.00") // and 100 bonus
	top := p.paid(s)
	p.hotkey("Enter")
	p.scan("M-000213")
	p.scan("2*SOAP")
	p.scan("2*SOAP")
	p.press("pay")
	p.press("fill:stored_value")
	p.hotkey("F9")
	p.get("/pos/" + s.register.ID.String() + "/sales/" + top.ID.String() + "/refund")
	p.want("alert", "has been used")
	p.want("till-due-amount", "¥0.00")
	p.press("refund")
	p.want("alert", "by which case")
	p.press("sum", "case", "withdrawal")
	p.want("alert", "used already")
	p.press("sum", "case", "merchant") // 100 of 600 used at 500/600: 83.33
	p.want("basket-amount", "¥416.67")
	p.want("till-due-amount", "¥416.67")
	p.press("refund", "shown", "1")
	p.want("alert", "another than the one")
	if len(s.sales()) != 2 {
		t.Fatal("it was refunded before it was shown")
	}
	p.press("sum", "case", "agreement", "share", "50", "reason", "Moves away")
	agreed := p.see("basket-amount")
	p.press("sum", "case", "merchant")
	p.press("refund")
	list := s.sales()
	if len(list) != 3 || list[0].Kind != sale.KindRefund || list[0].Total != 41667 || agreed == "" {
		t.Fatalf("%+v at %s: %s", list[0], p.at, p.see("alert"))
	}
	if w := s.wallet(); w.Principal != 0 || w.Bonus != 0 {
		t.Fatalf("%+v", w)
	}
	s.proven()
}

// TestARefundToOneTenderFirst, and a gift card of which something is gone.
func TestARefundToOneTenderFirst(t *testing.T) {
	s := newShop(t)
	p := s.person(auth.Manager)
	p.scan("4*SOAP")
	p.press("pay")
	p.enter("cash", "", "card", "60")
	sold := s.sales()[0]
	p.get("/pos/" + s.register.ID.String() + "/sales/" + sold.ID.String() + "/refund")
	full, err := sale.Get(s.ctx, s.db, s.m.ID, sold.ID)
	if err != nil {
		t.Fatal(err)
	}
	line := "q." + full.Lines[0].ID.String()
	p.enter(line, "1", "plan", "cash")
	back, err := sale.Get(s.ctx, s.db, s.m.ID, s.sales()[0].ID)
	if err != nil || len(back.Tenders) != 1 || back.Tenders[0].Type != sale.TenderCash || back.Tenders[0].Amount != 2500 {
		t.Fatalf("%+v %v at %s: %s", back.Tenders, err, p.at, p.see("alert"))
	}
	p.hotkey("Enter")
	p.press("sell")
	p.enter("card_price", "80", "card_face", "100", "card_number", "HALFGONE")
	card := p.paid(s)
	p.hotkey("Enter")
	p.scan("2*SOAP")
	p.scan("HALFGONE")
	p.hotkey("F9")
	p.get("/pos/" + s.register.ID.String() + "/sales/" + card.ID.String() + "/refund")
	p.press("sum", "case", "policy")
	p.want("till-due-amount", "¥40.00")
	p.press("refund")
	if got := s.sales()[0]; got.Kind != sale.KindRefund || got.Total != 4000 {
		t.Fatalf("%+v at %s: %s", got, p.at, p.see("alert"))
	}
	s.proven()
}

func TestAWalletIsPaidOut(t *testing.T) {
	s := newShop(t, "salon")
	s.password(auth.Manager, "correct horse")
	p := s.person(auth.Cashier)
	p.scan("M-000213")
	p.press("sell")
	p.press("topup:500.00")
	p.paid(s)
	p.hotkey("Enter")
	p.scan("M-000213")
	p.press("sell")
	p.press("topup:100.00")
	p.paid(s)
	p.hotkey("Enter")
	p.scan("M-000213")
	p.press("cashout")
	p.want("till-due-amount", "¥600.00")
	if n := strings.Count(p.raw, "pos-part\""); n != 2 {
		t.Errorf("%d parts", n)
	}
	p.press("sum", "case", "agreement", "share", "x")
	p.want("alert", "agreed share")
	p.press("sum", "share", "50") // less than the law gives: that counts
	p.want("till-due-amount", "¥600.00")
	p.press("sum", "case", "merchant")
	p.press("pay", "reason", "Moves away", "login", "manager", "password", "wrong")
	p.want("alert", "password")
	p.press("pay", "expected", "1", "login", "manager", "password", "correct horse")
	p.want("alert", "600")
	if len(s.sales()) != 2 {
		t.Fatal("paid what was not shown")
	}
	p.press("pay", "login", "manager", "password", "correct horse")
	list := s.sales()
	if len(list) != 3 || list[0].Kind != sale.KindCashOut || list[0].Total != 60000 || list[0].Actor != s.staff[auth.Manager] {
		t.Fatalf("%+v at %s: %s", list[0], p.at, p.see("alert"))
	}
	p.want("till-due", "¥600.00")
	p.want("alert", "Cash-out")
	p.hotkey("Enter")
	p.scan("M-000213")
	if p.offers("cashout") {
		t.Error("an empty wallet is offered to be paid out")
	}
	s.proven()
}
