//go:build browser

// This test drives a real browser (Chromium on PATH, or SHOPWRIGHT_CHROMIUM):
// go test -tags browser -run InABrowser ./cmd/shopwright
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/shopwright/shopwright/core/web"
)

// aDayTakes is what a shop's day may take in the browser, its start included.
const aDayTakes = time.Minute

// browser is a window of a real one, looking at the program.
type browser struct {
	s   *server
	ctx context.Context
}

// browser opens a window. What its console says of errors or of the policy fails
// the test, and a test that fails leaves a picture of the window: in the folder
// that SHOPWRIGHT_SHOTS names, or with the artifacts of go test -artifacts.
func (s *server) browser() browser {
	s.t.Helper()
	opts := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.Flag("disable-quic", true), chromedp.UserDataDir(s.t.TempDir()), chromedp.WindowSize(1280, 900))
	if bin := os.Getenv("SHOPWRIGHT_CHROMIUM"); bin != "" {
		opts = append(opts, chromedp.ExecPath(bin))
	}
	// Not the test's context: that one ends before the picture is taken.
	ctx, stop := chromedp.NewExecAllocator(context.Background(), opts...)
	s.t.Cleanup(stop)
	ctx, stop = context.WithTimeout(ctx, aDayTakes+20*time.Second) // the rest is for the picture
	s.t.Cleanup(stop)
	var mu sync.Mutex
	var said []string
	ctx, stop = chromedp.NewContext(ctx, chromedp.WithListener(func(e any) {
		mu.Lock()
		defer mu.Unlock()
		switch m := e.(type) {
		case *log.EventEntryAdded:
			if m.Entry.Level == "error" {
				said = append(said, m.Entry.Text+" "+m.Entry.URL)
			}
		case *runtime.EventExceptionThrown:
			said = append(said, fmt.Sprint(m.ExceptionDetails.Text, " ", m.ExceptionDetails.URL, ":", m.ExceptionDetails.LineNumber))
		}
	}))
	b := browser{s, ctx}
	s.t.Cleanup(func() {
		if s.t.Failed() {
			b.shot()
		}
		_ = chromedp.Cancel(ctx) // the browser may be gone already
		stop()
		mu.Lock()
		defer mu.Unlock()
		for _, x := range said {
			s.t.Errorf("console: %s", x)
		}
	})
	return b
}

// shot keeps a picture of what the test saw last.
func (b browser) shot() {
	dir := os.Getenv("SHOPWRIGHT_SHOTS")
	if dir == "" {
		if t, ok := b.s.t.(interface{ ArtifactDir() string }); ok {
			dir = t.ArtifactDir()
		}
	}
	png, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	file := filepath.Join(dir, strings.ReplaceAll(b.s.t.Name(), "/", "_")+".png")
	if err == nil {
		err = os.WriteFile(file, png, 0o600)
	}
	b.s.t.Logf("the window as it was last: %s %v", file, err)
}

func (b browser) goTo(path string) {
	b.s.t.Helper()
	if err := chromedp.Do(b.ctx, chromedp.Navigate(b.s.url+path), chromedp.WaitReady(chromedp.CSS("main"))); err != nil {
		b.s.t.Fatalf("%s: %v", path, err)
	}
}

// ask answers the value of an expression in the page.
func ask[T any](b browser, expr string) T {
	b.s.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expr))
	if err != nil {
		b.s.t.Fatalf("%.200s: %v", expr, err)
	}
	return v
}

func command[P, R any](b browser, cmd cdp.Command[P, R], params P) {
	b.s.t.Helper()
	if _, err := chromedp.Call(b.ctx, cmd, params); err != nil {
		b.s.t.Fatal(err)
	}
}

func jsText(s string) string {
	raw, _ := json.Marshal(s) // a string
	return string(raw)
}

// waits polls an expression until it is true. A page on its way counts as not yet,
// and so does one whose scripts have not run: it would not hear the next key.
func (b browser) waits(what, expr string) {
	b.s.t.Helper()
	for end := time.Now().Add(15 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		ok, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](`document.readyState === 'complete' && (`+expr+`)`))
		if ok && err == nil {
			return
		}
		if time.Now().After(end) || b.ctx.Err() != nil {
			b.s.t.Fatalf("waited too long for %s (%v); the page at %s says\n%s", what, err, ask[string](b, `location.pathname`), ask[string](b, `document.body.innerText`))
		}
	}
}

// sees waits until a part of the page says all of that.
func (b browser) sees(sel string, texts ...string) {
	b.s.t.Helper()
	raw, _ := json.Marshal(texts) // texts
	b.waits(fmt.Sprintf("%q in %s", texts, sel), `(() => { const has = Array.from(document.querySelectorAll(`+jsText(sel)+`)).map(e => e.innerText).join('\n'); return `+string(raw)+`.every(t => has.includes(t)); })()`)
}

// focus waits until what the selector means has the focus.
func (b browser) focus(sel string) {
	b.s.t.Helper()
	b.waits("the focus on "+sel, `document.activeElement.matches(`+jsText(sel)+`)`)
}

// write types into the field that has the focus, each key after the one before
// has arrived there: nobody mistakes that for a scanner.
func (b browser) write(sel, text string) {
	b.s.t.Helper()
	b.waits(sel, `!!document.querySelector(`+jsText(sel)+`)`)
	ask[bool](b, `(() => { const e = document.querySelector(`+jsText(sel)+`); e.focus(); e.select(); return true; })()`)
	done := ""
	for _, r := range text {
		done += string(r)
		k := input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown, Key: string(r), Text: string(r)}
		command(b, input.DispatchKeyEvent, k)
		k.Type, k.Text = input.DispatchKeyEventTypeKeyUp, ""
		command(b, input.DispatchKeyEvent, k)
		b.waits("the key "+string(r)+" in "+sel, `document.querySelector(`+jsText(sel)+`).value === `+jsText(done))
	}
}

var virtualKeys = map[string]int64{"Enter": 13, "F1": 112, "F7": 118, "F9": 120}

func (b browser) press(key string) {
	b.s.t.Helper()
	k := input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeRawKeyDown, Key: key, WindowsVirtualKeyCode: virtualKeys[key]}
	if key == "Enter" { // which also is a character
		k.Type, k.Text = input.DispatchKeyEventTypeKeyDown, "\r"
	}
	command(b, input.DispatchKeyEvent, k)
	k.Type, k.Text = input.DispatchKeyEventTypeKeyUp, ""
	command(b, input.DispatchKeyEvent, k)
}

// code types into the register's one input and sees what comes of it.
func (b browser) code(text, sel string, wants ...string) {
	b.s.t.Helper()
	b.focus("#scan")
	b.write("#scan", text)
	b.press("Enter")
	b.sees(sel, wants...)
	b.waits("an empty input", `document.querySelector('#scan').value === ''`)
}

// choose takes the option of that text.
func (b browser) choose(sel, option string) {
	b.s.t.Helper()
	if !ask[bool](b, `(() => { const s = document.querySelector(`+jsText(sel)+`); const o = s && Array.from(s.options).find(o => o.text.includes(`+jsText(option)+`)); if (!o) return false; s.value = o.value; s.dispatchEvent(new Event('change', {bubbles: true})); return true; })()`) {
		b.s.t.Fatalf("%s does not offer %q", sel, option)
	}
}

// signIn is the owner's, with what setup printed.
func (b browser) signIn() {
	b.s.t.Helper()
	command(b, network.SetCookie, network.SetCookieParams{Name: web.LangCookie, Value: "en", URL: b.s.url})
	b.goTo("/signin")
	b.write("#login", b.s.Login)
	b.write("#password", b.s.Password)
	b.press("Enter")
	b.waits("the office", `location.pathname.startsWith('/office') && !!document.querySelector('.sidebar')`)
}

// next begins with the next customer, who says a phone number.
func (b browser) next(register, phone, name string) {
	b.s.t.Helper()
	b.goTo(register)
	b.code(phone, ".member-name", name)
}

// paid completes what the payment sheet shows, and answers the document's id.
func (b browser) paid() string {
	b.s.t.Helper()
	b.press("F9")
	b.waits("the paid document", `/\/sales\/[^/]+$/.test(location.pathname) && location.search.includes('paid=1') && !!document.querySelector('.pos-paper')`)
	b.focus(".key-pay") // Enter is the next customer
	return ask[string](b, `location.pathname.split('/').pop()`)
}

// givesBack refunds at the sale's page what the named lines hold, or all that is
// left, and answers the refund's id.
func (b browser) givesBack(salePage string, lines ...string) string {
	b.s.t.Helper()
	b.goTo(salePage)
	b.press("F7")
	b.sees(".pos-sheet", "Refund of")
	b.focus(".pos-quantity")
	if len(lines) > 0 {
		raw, _ := json.Marshal(lines) // texts
		if left := ask[int](b, `(() => { let n = 0; for (const l of document.querySelectorAll('#refund .basket-line')) { if (`+string(raw)+`.includes(l.querySelector('.basket-name').innerText)) n++; else l.querySelector('.pos-quantity').value = ''; } return n; })()`); left != len(lines) {
			b.s.t.Fatalf("%d of the lines %q are offered", left, lines)
		}
	}
	refund := b.paid()
	b.sees(".till-due", "Given back")
	return refund
}

// TestAShopsDayInABrowser is the end-to-end script at the screens: sign in, top up
// 500 and get 100, sell a punch card, sell five lines with a coupon and the card
// and two tenders, read the paper and why it costs that, refund two lines, refund
// the rest, prove the books.
func TestAShopsDayInABrowser(t *testing.T) {
	each(t, "salon", func(s *server) {
		cut := s.sku("cut", "service", "120.00", "")
		s.sku("colour", "service", "300.00", "")
		shampoo := s.sku("shampoo", "goods", "68.00", "10", "6901234567892")
		mask := s.sku("mask", "goods", "45.50", "10", "4006381333931")
		comb := s.sku("comb", "goods", "12.80", "10")
		const phone = "13800001234"
		mei := s.member("Lin Mei", phone)
		coupon := s.post("/coupons", body{"name": "20 off 100", "kind": "cash", "amount": "20.00", "min_spend": "100.00", "member_id": mei}).text("code")
		register, began := "/pos/"+s.Register.String(), time.Now()
		b := s.browser()
		b.signIn()

		b.next(register, phone, "Lin Mei")
		b.sees(".member-holds", "¥0.00")
		b.press("F7")
		b.focus("#amount")
		b.write("#amount", "500")
		b.press("Enter")
		b.sees(".till-due-amount", "¥500.00")
		b.press("F9")
		b.focus("#cash")
		b.paid()
		s.is(s.get("/members/"+mei+"/wallet"), map[string]string{"principal": "500.00", "bonus": "100.00", "available": "600.00"})

		b.press("Enter")
		b.waits("an empty register", `location.pathname === `+jsText(register))
		b.code(phone, ".member-holds", "¥600.00")
		b.press("F7")
		b.focus("#amount")
		b.choose("select[name=sku]", "Cut")
		b.write("input[name=visits]", "10")
		b.write("input[name=free]", "2")
		b.write("input[name=price]", "800")
		b.press("Enter")
		b.sees(".till-due-amount", "¥800.00")
		b.press("F9")
		b.focus("#cash")
		b.write("#cash", "1000")
		b.sees("#pay-due", "Change", "¥200.00")
		b.paid()
		b.sees(".till-due", "Change", "¥200.00")
		before, stockBefore := s.purse(mei), s.onHand(shampoo, mask, comb)
		s.is(s.get("/members/"+mei+"/wallet"), map[string]string{"punch_cards.0.service_sku_id": cut, "punch_cards.0.remaining": "12"})

		b.next(register, phone, "Lin Mei")
		b.sees(".member-holds", "¥600.00", "12")
		b.code("2*cut", ".basket-name", "Cut")
		b.sees(".till-due-amount", "¥0.00") // two visits of the card
		// Who types on while the answer is on its way loses nothing of it.
		ask[bool](b, `(() => { const send = XMLHttpRequest.prototype.send; XMLHttpRequest.prototype.send = function (x) { XMLHttpRequest.prototype.send = send; setTimeout(() => send.call(this, x), 120); }; return true; })()`)
		b.choose("select[name='staff.0']", "one")
		b.code("colour", ".till-due-amount", "¥300.00")
		b.choose("select[name='staff.1']", "one")
		b.code("6901234567892", ".till-due-amount", "¥368.00")
		b.code("2*4006381333931", ".till-due-amount", "¥459.00")
		b.code("3*comb", ".till-due-amount", "¥497.40")
		b.code(coupon, ".till-due-amount", "¥477.40")
		b.sees(".pos-coupon.is-on", "20 off 100")
		if n := ask[int](b, `document.querySelectorAll('.pos-line').length`); n != 5 {
			t.Errorf("the basket shows %d lines", n)
		}
		b.press("F9")
		b.focus("#cash")
		b.write("#stored_value", "300")
		b.sees("#pay-due", "¥177.40")
		b.write("#cash", "200")
		b.sees("#pay-due", "Change", "¥22.60")
		id := b.paid()
		sold := s.get("/sales/" + id)
		s.is(sold, map[string]string{"state": "completed", "total": "477.40", "change": "22.60", "commission": "14.40", "lines.0.punches": "2",
			"tenders.0.type": "stored_value", "tenders.0.amount": "300.00", "tenders.1.type": "cash", "tenders.1.amount": "177.40", "tenders.1.tendered": "200.00"})
		s.is(s.get("/members/"+mei+"/wallet"), map[string]string{"available": "300.00", "points": "177", "punch_cards.0.remaining": "10"})
		s.is(s.get("/coupons?code="+coupon), map[string]string{"items.0.used": "1"})
		if got := fmt.Sprint(s.onHand(shampoo, mask, comb)); got != "[9 8 7]" {
			t.Error("on hand:", got)
		}

		b.sees(".pos-said", sold.text("number"))
		b.sees(".pos-paper", sold.text("number"), "Colour", "Shampoo", "Mask", "Comb", "477.40", "22.60")
		b.sees(".till-due", "Change", "¥22.60")
		if ask[bool](b, `document.querySelector('.pos-details').open`) {
			t.Error("why is open before somebody asks")
		}
		b.press("F1")
		b.sees(".pos-why .why li", "Coupon: ¥20.00 off")
		if off := ask[[]string](b, `Array.from(document.querySelectorAll('.pos-why .why li')).filter(l => l.innerText.includes('Coupon:')).map(l => l.querySelector('.why-amount').innerText.replace(/[^0-9.]/g, ''))`); len(off) == 0 || sum(t, off) != 2000 {
			t.Errorf("why says of the coupon: %q", off)
		}

		page := register + "/sales/" + id
		first, rest := s.get("/sales/"+b.givesBack(page, "Colour", "Shampoo")), s.get("/sales/"+b.givesBack(page))
		s.is(first, map[string]string{"kind": "refund", "of_sale_id": id})
		if len(first.list("lines")) != 2 || len(rest.list("lines")) != 3 || amount(t, first.text("total"))+amount(t, rest.text("total")) != 47740 {
			t.Errorf("refunded\n%s\n%s", first.raw, rest.raw)
		}
		b.goTo(page)
		b.sees(".pos-list", first.text("number"), rest.text("number"))
		if ask[bool](b, `!!document.querySelector('[data-hotkey=F7]')`) {
			t.Error("a sale with nothing left offers a refund")
		}
		if after := s.purse(mei); after != before {
			t.Errorf("the wallet is not as before\n%s\n%s", before, after)
		}
		if after := s.onHand(shampoo, mask, comb); fmt.Sprint(after) != fmt.Sprint(stockBefore) {
			t.Error("the stock is not as before:", stockBefore, after)
		}
		s.is(s.get("/coupons?code="+coupon), map[string]string{"items.0.used": "0"})

		b.goTo("/office/proof")
		b.sees("main", "Prove now")
		ask[bool](b, `document.querySelector("form[action='/office/proof'] button").click(), true`)
		b.sees("main", "Everything follows from its entries.", "no difference")
		if took := time.Since(began); took > aDayTakes {
			t.Errorf("the day took %v", took)
		}
		s.mustVerify()
	})
}

func sum(t testing.TB, amounts []string) (total int64) {
	t.Helper()
	for _, a := range amounts {
		total += amount(t, a)
	}
	return total
}
