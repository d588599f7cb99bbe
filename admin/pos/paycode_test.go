package pos

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/html"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/sale"
)

const (
	wechatCode = "134567890123456789"
	alipayCode = "28763443825664394"
)

// provider takes WeChat's codes and answers what a test says.
type provider struct {
	mu       sync.Mutex
	answer   checkout.Outcome
	codes    []string
	released int
	asked    chan struct{} // closed when it is asked; it answers then when ctx ends or hold is closed
	hold     chan struct{}
}

func (p *provider) Takes(_ context.Context, c checkout.Charge) bool {
	return c.Type == sale.TenderQR && (c.Code == "" || strings.HasPrefix(c.Code, "13"))
}

func (p *provider) Authorise(_ context.Context, c checkout.Charge) (checkout.Outcome, error) {
	p.mu.Lock()
	p.codes = append(p.codes, c.Code)
	asked, hold := p.asked, p.hold
	p.mu.Unlock()
	if hold != nil {
		close(asked)
		<-hold
	}
	return p.say()
}

func (p *provider) say() (checkout.Outcome, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.answer == checkout.Unknown {
		return checkout.Unknown, errors.New("no line")
	}
	return p.answer, nil
}

func (p *provider) Query(context.Context, checkout.Charge) (checkout.Outcome, error) { return p.say() }

func (p *provider) Release(context.Context, checkout.Charge) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.released++
	return nil
}

func (p *provider) set(o checkout.Outcome) { p.mu.Lock(); p.answer = o; p.mu.Unlock() }

func (p *provider) got() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.codes...)
}

func (s *shop) provided() *provider {
	p := &provider{answer: checkout.Paid}
	s.desk.Acquirer = p
	return p
}

func TestPayCodesAreKnownByTheirForm(t *testing.T) {
	for code, want := range map[string]bool{
		wechatCode: true, "100000000000000000": true, "159999999999999999": true, alipayCode: true, "2500000000000000": true, "300000000000000000000000": true,
		"160000000000000000": false, "13456789012345678": false, "1345678901234567890": false, "250000000000000": false, "3000000000000000000000000": false,
		"310000000000000000": false, "6901234567892": false, "": false, "13456789012345678x": false,
	} {
		if isPayCode(code) != want {
			t.Errorf("%q: %v", code, !want)
		}
	}
}

// The box announces what is to be paid by code, and the code starts the payment; plain
// forms do.
func TestPayingByTheCustomersCode(t *testing.T) {
	s := newShop(t)
	bank := s.provided()
	p := s.person(auth.Cashier)
	p.scan("2*SOAP")
	if s.counter.announced() != "" {
		t.Error("nothing is to be paid yet")
	}
	p.press("pay")
	if s.counter.announced() != "" {
		t.Error("nobody chose to pay by code")
	}
	p.press("fill:qr")
	if got := s.counter.announced(); got != "50.00" {
		t.Fatalf("the box announces %q", got)
	}
	p.press("fill:qr", "qr", "", "cash", "50")
	p.press("sum", "qr", "20.00")
	if got := s.counter.announced(); got != "20.00" {
		t.Errorf("the box announces %q", got)
	}
	p.press("close")
	if got := s.counter.announced(); got != "" {
		t.Errorf("the payment was left, and the box announces %q", got)
	}
	p.press("pay")
	p.press("fill:qr")
	p.press("paycode", "ref.qr", wechatCode)
	if p.code != http.StatusOK || !strings.Contains(p.at.Path, "/sales/") {
		t.Fatalf("%d at %s: %s", p.code, p.at, p.see("pos-sheet"))
	}
	if got := bank.got(); len(got) != 1 || got[0] != wechatCode {
		t.Errorf("the provider was asked for %q", got)
	}
	list := s.sales()
	if len(list) != 1 {
		t.Fatalf("%d sales, at %s: %s", len(list), p.at, p.see("pos-said"))
	}
	sold, err := sale.Get(s.ctx, s.db, s.m.ID, list[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	if sold.State != sale.StateCompleted || strings.Contains(sold.Tenders[0].Reference, wechatCode) {
		t.Errorf("%+v", sold)
	}
	if got := s.counter.announced(); got != "" {
		t.Errorf("it is paid, and the box announces %q", got)
	}
}

// At a wrong moment a code takes nothing, and the cashier is told why.
func TestAPayCodeAtAWrongMoment(t *testing.T) {
	s := newShop(t)
	bank := s.provided()
	p := s.person(auth.Cashier)
	p.scan("SOAP")
	p.scan(wechatCode)
	p.want("alert", "payment code")
	if strings.Contains(p.raw, wechatCode) {
		t.Error("the code is said back")
	}
	p.press("pay")
	p.press("paycode", "ref.qr", wechatCode)
	p.want("alert", "QR")
	p.press("fill:qr")
	p.press("paycode", "ref.qr", alipayCode)
	p.want("alert", "No payment provider")
	if strings.Contains(p.raw, alipayCode) {
		t.Error("the code is said back")
	}
	p.press("sell", "ref.qr", alipayCode) // not taken for a terminal's slip either
	p.want("alert", "No payment provider")
	p.press("paycode", "qr", "20.00", "ref.qr", wechatCode) // the rest is not taken for cash by itself
	p.want("alert", "¥5.00")
	if len(bank.got()) != 0 || len(s.sales()) != 0 {
		t.Errorf("%v %v", bank.got(), s.sales())
	}
	// Where nobody takes codes, the field is the slip's, and a code is none.
	s.desk.Acquirer = nil
	p.press("sum")
	if strings.Contains(p.raw, "data-pay-code") || s.counter.announced() != "" {
		t.Error("nobody takes codes here")
	}
	p.press("sell", "qr", "25.00", "ref.qr", wechatCode)
	p.want("alert", "No payment provider")
}

// A payment without an answer is asked again or given up; then the basket is paid
// otherwise.
func TestGivingUpAPayment(t *testing.T) {
	s := newShop(t)
	bank := s.provided()
	p := s.person(auth.Cashier)
	unanswered := func() {
		t.Helper()
		bank.set(checkout.Unknown)
		p.scan("2*SOAP")
		p.press("pay")
		p.press("fill:qr")
		p.press("paycode", "ref.qr", wechatCode)
		p.want("alert", "no answer yet")
		if strings.Contains(p.raw, wechatCode) || p.offers("sell") || !p.offers("leave") {
			t.Fatal(p.see("pos-sheet"))
		}
	}
	unanswered()
	p.press("ask")
	p.want("alert", "no answer yet")
	bank.set(checkout.Paid)
	p.press("ask")
	if !strings.Contains(p.at.Path, "/sales/") || s.sales()[0].State != sale.StateCompleted {
		t.Fatal(p.at, p.see("pos-sheet"))
	}
	p.get("/pos")

	unanswered()
	bank.set(checkout.Refused)
	p.press("ask")
	p.want("alert", "refused")
	p.press("close")
	p.press("clear")

	unanswered()
	p.press("leave")
	p.want("alert", "given up")
	if bank.released != 2 { // the refused one too
		t.Errorf("released %d times", bank.released)
	}
	p.enter("cash", "50")
	if !strings.Contains(p.at.Path, "/sales/") {
		t.Fatal(p.see("pos-sheet"))
	}
	p.get("/pos")

	unanswered()
	bank.set(checkout.Paid) // at the last moment
	p.press("leave")
	if !strings.Contains(p.at.Path, "/sales/") {
		t.Fatal(p.see("pos-sheet"))
	}
	log, _, err := auth.ListAudit(s.ctx, s.db, s.m.ID, auth.AuditFilter{Action: "payment."}, db.Page{})
	if err != nil || len(log) != 2 {
		t.Errorf("%+v %v", log, err)
	}
	if done := len(s.sales()); done != 3 { // open and abandoned ones are none
		t.Errorf("%d sales", done)
	}
}

// While the provider is being asked the cashier may stop waiting, by a request of its
// own.
func TestGivingUpWhileTheProviderIsAsked(t *testing.T) {
	s := newShop(t)
	bank := s.provided()
	bank.set(checkout.Unknown)
	bank.asked, bank.hold = make(chan struct{}), make(chan struct{})
	p, q := s.person(auth.Cashier), s.person(auth.Cashier)
	p.scan("SOAP")
	p.press("pay")
	p.press("fill:qr")
	form := p.one("pay", func(n *html.Node) bool { return n.Data == "form" && attr(n, "id") == "pay" })
	document, path := p.fields(form).Get("sale"), p.at.Path
	post := func(sale string) string {
		t.Helper()
		req, err := http.NewRequest(http.MethodPost, q.base+strings.TrimSuffix(path, "/pay")+"/pay/give-up", strings.NewReader(url.Values{"sale": {sale}}.Encode()))
		if req != nil {
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			req.Header.Set("Origin", q.base)
		}
		q.do(req, err)
		return q.raw
	}
	if got := post(document); !strings.Contains(got, "no payment under way") {
		t.Error(got)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		p.press("paycode", "ref.qr", wechatCode)
	}()
	<-bank.asked
	if got := post(document); !strings.Contains(got, "given up") {
		t.Error(got)
	}
	close(bank.hold)
	<-ended
	if list := s.sales(); len(list) != 0 || bank.released != 1 {
		t.Errorf("%+v, released %d times", list, bank.released)
	}
}
