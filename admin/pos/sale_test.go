package pos

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/html"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/coupon"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/wallet"
	"github.com/shopwright/shopwright/core/web"
)

// TestASaleWithoutAScript is a cashier with plain forms: scans, a member, a coupon,
// two tenders, the paper, and a manager who gives two things back.
func TestASaleWithoutAScript(t *testing.T) {
	s := newShop(t, "retail")
	code := s.coupon(coupon.Definition{Name: "Ten off", Kind: coupon.KindCash, Amount: 1000}, s.member)
	p := s.person(auth.Cashier)
	if !strings.HasSuffix(p.at.Path, s.register.ID.String()) {
		t.Fatalf("one register: it is chosen by itself, not %s", p.at)
	}
	p.scan("6901234567892")
	p.scan("6901234567892")
	p.scan("3*SOAP")
	p.want("till-due-amount", "¥92.00")
	p.scan("13800000001")
	p.want("member-name", "李娜")
	p.want("member-chip", "Birthday today")
	if !p.offers("coupon:" + code) {
		t.Fatal("the member's coupon is not offered")
	}
	p.press("coupon:" + code)
	p.want("till-due-amount", "¥82.00")
	p.want("pos-line", "10.00") // the benefit stands at a line
	p.press("why")
	p.want("why", "Coupon")
	p.press("close")
	p.press("pay")
	p.press("fill:card", "card", "")
	p.want("till-total", "Card ¥82.00")
	p.enter("cash", "50", "card", "40.00")
	if p.code != http.StatusOK || !strings.Contains(p.at.Path, "/sales/") {
		t.Fatalf("%d at %s: %s", p.code, p.at, p.see("pos-said"))
	}
	p.want("till-due", "¥8.00")
	p.want("receipt", "Longjing tea 100 g")
	p.want("pos-print", "Receipt printed")
	list := s.sales()
	if len(list) != 1 || list[0].Total != 8200 || list[0].Change != 800 || list[0].Member != s.member || list[0].Points == 0 {
		t.Fatalf("%+v", list)
	}
	sold, err := sale.Get(s.ctx, s.db, s.m.ID, list[0].ID)
	if err != nil || len(sold.Tenders) != 2 {
		t.Fatal(sold, err)
	}
	if got := p.see("pos-actions"); !strings.Contains(got, "Ask for the refund") || strings.Contains(got, "Refund F7") {
		t.Errorf("a cashier is offered %q", got)
	}
	s.proven()

	m := s.person(auth.Manager)
	m.scan(list[0].ReceiptNumber())
	m.hotkey("F7")
	m.enter("q."+sold.Lines[0].ID.String(), "1", "q."+sold.Lines[1].ID.String(), "")
	if !strings.Contains(m.at.Path, "/sales/") || !strings.Contains(m.at.RawQuery, "paid") {
		t.Fatalf("%s: %s", m.at, m.see("pos-said"))
	}
	list = s.sales()
	if len(list) != 2 || list[0].Kind != sale.KindRefund || list[0].Of != sold.ID {
		t.Fatalf("%+v", list)
	}
	m.want("till-due", m.money(list[0].Total))
	m.get("/pos/" + s.register.ID.String() + "/sales/" + sold.ID.String() + "/refund")
	m.want("basket-sub", "1 of 2 left")
	m.hotkey("F9") // the rest
	m.get("/pos/" + s.register.ID.String() + "/sales/" + sold.ID.String() + "/refund")
	m.want("alert", "nothing_left")
	if list = s.sales(); len(list) != 3 || list[0].Total+list[1].Total != sold.Total {
		t.Fatalf("%+v", list)
	}
	s.proven()
}

// TestWrongInputChangesNothing: whatever comes, the basket stays.
func TestWrongInputChangesNothing(t *testing.T) {
	s := newShop(t)
	p := s.person(auth.Cashier)
	p.scan("SOAP")
	for _, wrong := range []string{"9999999999999", "nothing like it", strings.Repeat("长", 500), "*0", "0*SOAP", "<script>alert(1)</script>", "%", "A9-000001"} {
		p.scan(wrong)
		p.want("till-due-amount", "¥25.00")
		if p.code != http.StatusOK || p.see("alert") == "" {
			t.Errorf("%q: status %d, said %q", wrong, p.code, p.see("alert"))
		}
		if strings.Contains(p.raw, "<script>alert") {
			t.Error("not escaped")
		}
	}
	p.scan("2*")
	p.want("till-due-amount", "¥50.00")
	p.scan("*3")
	p.want("till-due-amount", "¥75.00")
	p.scan("0.5*RICE")
	p.want("till-due-amount", "¥76.67")
	p.press("minus:1")
	p.want("till-due-amount", "¥75.00")
	p.press("plus:0")
	p.want("till-due-amount", "¥100.00")
	p.press("drop:0")
	p.want("till-due-amount", "¥0.00")
}

func TestSearchOffersHits(t *testing.T) {
	s := newShop(t)
	p := s.person(auth.Cashier)
	p.scan("soap") // a code, whatever its case
	p.want("till-due-amount", "¥25.00")
	p.scan("2*olive") // a part of a name: to be picked
	p.want("pos-pick", "Olive soap")
	p.want("till-due-amount", "¥25.00")
	p.press("add:" + s.skus["SOAP"].ID.String())
	p.want("till-due-amount", "¥75.00")
	p.scan("李")
	p.press("member:" + s.member.String())
	p.want("member-name", "李娜")
}

func TestABasketThatWasChanged(t *testing.T) {
	s := newShop(t)
	p := s.person(auth.Cashier)
	path := "/pos/" + s.register.ID.String()
	gone := basket{Lines: []line{{SKU: s.member, Quantity: 1000}, {SKU: s.skus["SOAP"].ID, Quantity: 1000}}}
	p.get(path + "?b=" + gone.encode())
	p.want("till-due-amount", "¥25.00") // what does not exist is taken out, and said
	if p.see("alert") == "" {
		t.Error("nothing is said of the line that went")
	}
	for _, bad := range []string{"%25%25", "e30x", "bm90IGpzb24", strings.Repeat("A", 5000)} {
		p.get(path + "?b=" + bad)
		if p.code != http.StatusOK {
			t.Errorf("%q: %d", bad, p.code)
		}
	}
	negative := basket{Lines: []line{{SKU: s.skus["SOAP"].ID, Quantity: -1000}}}
	p.get(path + "?b=" + negative.encode())
	p.want("till-due-amount", "¥0.00")
}

func TestPayingTwiceSellsOnce(t *testing.T) {
	s := newShop(t)
	p := s.person(auth.Cashier)
	p.scan("SOAP")
	p.press("pay")
	form := p.formOf(p.one("cash", func(n *html.Node) bool { return attr(n, "name") == "cash" }))
	v := p.fields(form)
	v.Set("do", "sell")
	var wg sync.WaitGroup
	ends := make([]string, 8)
	for i := range ends {
		wg.Go(func() {
			q := &person{t: t, http: p.http, base: p.base, at: p.at, page: p.page}
			q.send(form, v)
			ends[i] = q.at.Path
		})
	}
	wg.Wait()
	for _, e := range ends {
		if e != ends[0] || !strings.Contains(e, "/sales/") {
			t.Errorf("ended at %v", ends)
		}
	}
	// The same sheet with other tenders, after it has sold: that sale stands.
	v.Set("cash", "100")
	p.send(form, v)
	if p.at.Path != ends[0] || len(s.sales()) != 1 {
		t.Errorf("at %s, %d sales", p.at, len(s.sales()))
	}
	s.proven()
}

func TestAChangedTotalIsAskedFor(t *testing.T) {
	s := newShop(t)
	p := s.person(auth.Cashier)
	p.scan("SOAP")
	p.press("pay")
	form := p.formOf(p.one("cash", func(n *html.Node) bool { return attr(n, "name") == "cash" }))
	v := p.fields(form)
	v.Set("do", "sell")
	v.Set("quote", "") // as after a restart: the price has moved meanwhile
	v.Set("total", "2000")
	p.send(form, v)
	p.want("alert", "The total has changed")
	p.want("till-total", "¥25.00")
	if len(s.sales()) != 0 {
		t.Fatal("it was sold for what nobody was shown")
	}
	p.hotkey("F9")
	if len(s.sales()) != 1 || s.sales()[0].Total != 2500 {
		t.Fatalf("%+v", s.sales())
	}
}

func TestTopUpAndPunchCardAtTheTill(t *testing.T) {
	s := newShop(t, "salon")
	p := s.person(auth.Cashier)
	p.press("sell")
	p.want("alert", "Attach")
	p.press("close")
	p.scan("M-000213")
	p.press("sell")
	p.press("topup:500.00")
	p.want("pos-line", "¥100.00 bonus")
	p.press("sell")
	p.enter("visits", "10", "free", "2", "price", "1000")
	p.want("till-due-amount", "¥1,500.00")
	p.press("pay")
	p.hotkey("F9")
	w, err := wallet.Get(s.ctx, s.db, s.m.ID, s.member)
	if err != nil || w.Principal != 50000 || w.Bonus != 10000 || len(w.Punches) != 1 || w.Punches[0].Remaining != 12 {
		t.Fatalf("%+v %v at %s %s", w, err, p.at, p.see("alert"))
	}
	// The next visit is paid by the card, the tea from the wallet.
	p.hotkey("Enter")
	p.scan("CUT")
	p.scan("TEA")
	p.scan("M-000213")
	p.want("member-holds", "12 left")
	p.press("staff", "staff.0", s.staff[auth.Manager].String())
	p.want("till-due-amount", "¥8.50")
	p.press("pay")
	p.press("fill:stored_value")
	p.hotkey("F9")
	if list := s.sales(); len(list) != 2 || list[0].Total != 850 || list[0].Change != 0 {
		t.Fatalf("%+v at %s %s", list, p.at, p.see("alert"))
	}
	s.proven()
}

func TestEnrolAtTheTill(t *testing.T) {
	s := newShop(t, "retail")
	p := s.person(auth.Cashier)
	p.scan("SOAP")
	p.press("members")
	p.enter("q", "13900000002")
	p.want("alert", "No member")
	p.enter("name", "Wang Li", "phone", "13900000002")
	p.want("member-name", "Wang Li")
	p.want("till-due-amount", "¥25.00")
	p.press("member-off")
	p.press("members")
	p.enter("name", "Somebody", "phone", "13900000002")
	p.want("alert", "phone")
	p.want("pos-pick", "Wang Li") // who has the number is offered
}

func TestParkAndRecall(t *testing.T) {
	s := newShop(t)
	p := s.person(auth.Cashier)
	p.scan("SOAP")
	p.press("park")
	p.want("till-due-amount", "¥0.00")
	p.scan("TEA")
	q := s.person(auth.Manager) // another browser
	q.press("recall")
	q.want("till-due-amount", "¥25.00")
	p.press("recall") // the page is older: it is gone
	p.want("pos-sheet", "Nothing is parked")
	p.press("close")
	p.want("till-due-amount", "¥8.50")
	p.press("clear")
	p.want("till-due-amount", "¥0.00")
	p.send(p.formOf(p.one("undo", func(n *html.Node) bool { return n.Data == "button" && text(n) == "Undo" })), p.fields(p.formOf(p.one("undo", func(n *html.Node) bool { return n.Data == "button" && text(n) == "Undo" }))))
	p.want("till-due-amount", "¥8.50")
}

func TestShiftFromFloatToZ(t *testing.T) {
	s := newShop(t)
	p := s.person(auth.Manager)
	path := "/pos/" + s.register.ID.String()
	p.get(path + "/shift")
	p.enter("float", "200")
	p.want("kv", "¥200.00")
	p.get(path)
	p.scan("SOAP")
	p.press("pay")
	p.hotkey("F9")
	first := p.at.Path
	p.get(path + "/shift")
	p.press("out", "amount", "50", "reason", "flowers")
	p.press("in", "amount", "5", "reason", "")
	p.want("alert", "reason")
	p.get(path + "/shift")
	p.want("kv", "¥175.00")
	p.enter("counted", "174")
	p.want("kv", "−¥1.00")
	p.get(first)
	if strings.Contains(p.raw, "/void\"") {
		t.Error("a sale of a closed shift can be voided")
	}
	p.get(path)
	p.want("pos-place", "no open shift")
}

func TestVoidWithinTheShift(t *testing.T) {
	s := newShop(t)
	p := s.person(auth.Manager)
	p.scan("SOAP")
	p.press("pay")
	p.hotkey("F9")
	form := p.formOf(p.one("void", func(n *html.Node) bool { return n.Data == "button" && strings.Contains(text(n), "Void the whole") }))
	p.send(form, p.fields(form))
	if list := s.sales(); len(list) != 2 || list[0].Kind != sale.KindVoid {
		t.Fatalf("%+v %s", list, p.see("alert"))
	}
	s.proven()
}

func TestWhoMayWhat(t *testing.T) {
	s := newShop(t)
	f := s.person(auth.Finance)
	if f.code != http.StatusForbidden {
		t.Errorf("finance at the register: %d", f.code)
	}
	c := s.person(auth.Cashier)
	c.scan("SOAP")
	c.press("pay")
	c.hotkey("F9")
	doc := c.at.Path
	c.get(doc + "/refund")
	form := c.formOf(c.one("reason", func(n *html.Node) bool { return attr(n, "name") == "reason" }))
	v := c.fields(form)
	v.Set("do", "refund")
	c.send(form, v)
	if list := s.sales(); len(list) != 1 {
		t.Errorf("a cashier has refunded: %+v", list)
	}
	c.send(&html.Node{Attr: []html.Attribute{{Key: "action", Val: doc + "/void"}, {Key: "method", Val: "post"}}}, url.Values{"key": {"void"}, "reason": {"x"}})
	if c.code != http.StatusForbidden {
		t.Errorf("void: %d", c.code)
	}
	c.get("/pos/" + s.member.String())
	if c.code != http.StatusNotFound {
		t.Errorf("a register that is none: %d", c.code)
	}
}

// broken is a rule host whose packs all fail.
type broken struct{}

func (broken) Evaluate(context.Context, promotion.PackRef, *promotion.Input) (promotion.Answer, error) {
	return promotion.Answer{}, fault.ErrInternal
}

// TestAFailedRuleIsShown before payment, and the sale goes on at list price.
func TestAFailedRuleIsShown(t *testing.T) {
	s := newShop(t, "retail")
	s.desk.Rules = broken{}
	p := s.person(auth.Cashier)
	p.scan("SOAP")
	p.want("alert", "A rule of “Retail” failed")
	p.press("why")
	p.want("why-failed", "Retail")
	p.press("close")
	p.press("pay")
	p.want("alert", "A rule of “Retail” failed")
	p.hotkey("F9")
	if list := s.sales(); len(list) != 1 || list[0].Total != 2500 || !strings.Contains(list[0].Fallbacks, "retail") {
		t.Fatalf("%+v", list)
	}
}

// TestThreeLanguages: every screen is whole in each.
func TestThreeLanguages(t *testing.T) {
	s := newShop(t, "salon")
	s.coupon(coupon.Definition{Name: "Ten off", Kind: coupon.KindCash, Amount: 1000}, s.member)
	for _, lang := range []string{"en", "zh-Hans", "zh-Hant"} {
		p := s.person(auth.Manager)
		u, _ := url.Parse(s.url)
		p.http.Jar.SetCookies(u, []*http.Cookie{{Name: web.LangCookie, Value: lang}})
		whole := func(what string) {
			t.Helper()
			if p.code != http.StatusOK {
				t.Errorf("%s in %s: %d", what, lang, p.code)
			}
			if m := untranslated.FindString(text(p.page)); m != "" {
				t.Errorf("%s in %s shows %q", what, lang, m)
			}
		}
		path := "/pos/" + s.register.ID.String()
		p.get("/pos?choose=1")
		whole("choose")
		p.get(path)
		whole("empty")
		p.scan("CUT")
		p.scan("M-000213")
		whole("basket")
		for _, do := range []string{"why", "members", "sell", "off", "shares:0"} {
			p.press(do)
			whole(do)
			p.press("close")
		}
		c := s.person(auth.Cashier)
		c.http.Jar.SetCookies(u, []*http.Cookie{{Name: web.LangCookie, Value: lang}})
		c.get(path)
		c.scan("CUT")
		c.press("off")
		c.press("discount:50%")
		if m := untranslated.FindString(text(c.page)); m != "" || c.see("pos-sign") == "" {
			t.Errorf("signing in %s shows %q", lang, m)
		}
		p.press("park")
		whole("parked")
		p.scan("TEA")
		p.press("recall")
		whole("recall")
		p.press("close")
		p.press("pay")
		whole("pay")
		p.hotkey("F9")
		whole("done")
		p.hotkey("F7")
		whole("refund")
		p.get(path + "/sales")
		whole("sales")
		p.get(path + "/requests")
		whole("requests")
		p.get(path + "/shift")
		whole("shift")
	}
}

// untranslated is a key that stands where its text should.
var untranslated = regexp.MustCompile(`\b(pos|ui|shell|checkout|till|promotion|receipt|wallet|sale|loyalty|staff|member)\.[a-z_]+(\.[a-z_]+)*\b`)
