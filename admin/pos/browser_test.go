//go:build browser

// These tests drive a real browser (Chromium on PATH, or SHOPWRIGHT_CHROMIUM):
// go test -tags browser ./admin/pos
package pos

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
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/catalog"
	"github.com/shopwright/shopwright/core/coupon"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/web"
)

// tab is one of a real browser at the register.
type tab struct {
	t   *testing.T
	s   *shop
	ctx context.Context
}

func (s *shop) tab(role auth.Role) tab {
	t := s.t
	t.Helper()
	opts := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.Flag("disable-quic", true), chromedp.UserDataDir(t.TempDir()), chromedp.WindowSize(1280, 900))
	if bin := os.Getenv("SHOPWRIGHT_CHROMIUM"); bin != "" {
		opts = append(opts, chromedp.ExecPath(bin))
	}
	ctx, stop := chromedp.NewExecAllocator(t.Context(), opts...)
	t.Cleanup(stop)
	ctx, stop = context.WithTimeout(ctx, 3*time.Minute)
	t.Cleanup(stop)
	// What the console says of errors or of the policy fails the test.
	var mu sync.Mutex
	var said []string
	ctx, stop = chromedp.NewContext(ctx, chromedp.WithListener(func(e any) {
		mu.Lock()
		defer mu.Unlock()
		switch m := e.(type) {
		case *log.EventEntryAdded:
			if m.Entry.Level == "error" && !strings.HasSuffix(m.Entry.URL, "/favicon.ico") {
				said = append(said, m.Entry.Text+" "+m.Entry.URL)
			}
		case *runtime.EventExceptionThrown:
			said = append(said, m.ExceptionDetails.Text+" "+fmt.Sprint(m.ExceptionDetails.URL, m.ExceptionDetails.LineNumber, m.ExceptionDetails.Exception))
		}
	}))
	t.Cleanup(func() {
		_ = chromedp.Cancel(ctx) // the browser may be gone already
		stop()
		mu.Lock()
		defer mu.Unlock()
		for _, x := range said {
			t.Errorf("console: %s", x)
		}
	})
	b := tab{t, s, ctx}
	b.goTo("/signin")
	for name, value := range map[string]string{web.SessionCookie: s.token(role), web.LangCookie: "en"} {
		call(b, network.SetCookie, network.SetCookieParams{Name: name, Value: value, URL: s.url})
	}
	b.goTo("/pos")
	return b
}

func (b tab) goTo(path string) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, chromedp.Navigate(b.s.url+path), chromedp.WaitReady(chromedp.CSS("main"))); err != nil {
		b.t.Fatal(err)
	}
}

func js[T any](b tab, expr string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expr, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatal(expr[:min(len(expr), 200)], err)
	}
	return v
}

func call[P, R any](b tab, cmd cdp.Command[P, R], params P) {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, cmd, params); err != nil {
		b.t.Fatal(err)
	}
}

// keys presses each rune with a gap after it; a line feed is Enter. Without a gap
// the keys carry the times of a scanner: each waits here for the page, which a
// scanner does not.
func (b tab) keys(text string, gap time.Duration) {
	b.t.Helper()
	at := float64(time.Now().UnixNano()) / 1e9
	for i, r := range text {
		k := input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown, Key: string(r), Text: string(r)}
		if r == '\n' {
			k.Key, k.Text, k.WindowsVirtualKeyCode = "Enter", "\r", 13
		}
		if gap == 0 {
			k.Timestamp = input.TimeSinceEpoch(at + float64(i)*0.004)
		}
		call(b, input.DispatchKeyEvent, k)
		k.Type, k.Text = input.DispatchKeyEventTypeKeyUp, ""
		call(b, input.DispatchKeyEvent, k)
		time.Sleep(gap)
	}
}

// scan is what a scanner does: the code at once, then Enter.
func (b tab) scan(code string) { b.keys(code+"\n", 0) }

// write is what a person does.
func (b tab) write(text string) { b.keys(text, 130*time.Millisecond) }

var codes = map[string]int64{"F1": 112, "F2": 113, "F3": 114, "F4": 115, "F5": 116, "F6": 117, "F7": 118, "F8": 119, "F9": 120, "F10": 121, "F11": 122, "Escape": 27, "ArrowDown": 40}

func (b tab) press(key string) {
	b.t.Helper()
	call(b, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeRawKeyDown, Key: key, WindowsVirtualKeyCode: codes[key]})
	call(b, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyUp, Key: key, WindowsVirtualKeyCode: codes[key]})
}

func (b tab) read(sel string) string {
	b.t.Helper()
	return js[string](b, `Array.from(document.querySelectorAll(`+quote(sel)+`)).map(e => e.innerText).join(' | ')`)
}

func quote(s string) string {
	raw, _ := json.Marshal(s) // a string
	return string(raw)
}

// settled says that the page is whole and no answer is under way: a person acts on
// what they see, and what they see has come by then.
func (b tab) settled() bool {
	return js[bool](b, `document.readyState === 'complete' && !document.querySelector('.htmx-request, .htmx-swapping, .htmx-settling')`)
}

// want waits until a part of the page says something.
func (b tab) want(sel, what string) {
	b.t.Helper()
	var got string
	for range 150 {
		if got = b.read(sel); strings.Contains(got, what) && b.settled() {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	b.t.Errorf("%s says %q, want %q in it", sel, got, what)
	b.shot("failed")
}

// focus waits until the element with that id or selector has the focus.
func (b tab) focus(sel string) {
	b.t.Helper()
	for range 100 {
		if js[bool](b, `document.activeElement.matches(`+quote(sel)+`)`) && b.settled() {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	b.t.Errorf("the focus is on %q, not on %s", js[string](b, `document.activeElement.outerHTML.slice(0, 150)`), sel)
}

func (b tab) size(w, h int64) {
	call(b, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: w, Height: h, DeviceScaleFactor: 1, Mobile: w < 500})
}

// shot keeps a picture where SHOPWRIGHT_GALLERY names a folder, and checks that no
// page is wider than its screen and no target smaller than a finger.
func (b tab) shot(name string) {
	b.t.Helper()
	dir := os.Getenv("SHOPWRIGHT_GALLERY")
	axe, _ := os.ReadFile(os.Getenv("SHOPWRIGHT_AXE")) // optional: the path of axe.min.js
	for _, v := range []struct {
		name string
		w, h int64
	}{{"desktop", 1280, 900}, {"tablet", 1024, 768}, {"phone", 360, 780}} {
		b.size(v.w, v.h)
		time.Sleep(60 * time.Millisecond)
		if wide := js[string](b, `document.documentElement.scrollWidth > innerWidth ? Array.from(document.querySelectorAll('body *')).filter(e => e.getBoundingClientRect().right > innerWidth + 1).slice(0, 5).map(e => e.tagName + '.' + e.className).join(' ') || 'unknown' : ''`); wide != "" {
			b.t.Errorf("%s on %s is too wide: %s", name, v.name, wide)
		}
		if small := js[string](b, `Array.from(document.querySelectorAll('#register button, #register select, #register .button, #register input:not([type=hidden])')).filter(e => e.offsetParent && !e.closest('.visually-hidden, .menu-panel, .register-badges') && e.getBoundingClientRect().height < 47.5).map(e => e.outerHTML.slice(0, 80)).join(' ')`); small != "" {
			b.t.Errorf("%s on %s: targets below 48 px: %s", name, v.name, small)
		}
		if dir != "" {
			png, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
			if err == nil {
				err = os.WriteFile(filepath.Join(dir, name+"."+v.name+".png"), png, 0o600)
			}
			if err != nil {
				b.t.Fatal(err)
			}
		}
		if len(axe) > 0 {
			js[int](b, string(axe)+";0")
			found := js[string](b, `axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']}).then(r => r.violations.map(v => v.id + ' ' + v.nodes.slice(0, 2).map(n => n.html.slice(0, 160)).join(' ')).join('\n'))`)
			if found != "" {
				b.t.Errorf("%s on %s: %s", name, v.name, found)
			}
		}
	}
	b.size(1280, 900)
}

// TestCashSale: n scans and two keys.
func TestCashSale(t *testing.T) {
	s := newShop(t)
	b := s.tab(auth.Cashier)
	b.focus("#scan")
	b.shot("empty")
	for range 3 {
		b.scan("6901234567892")
	}
	b.scan("6902345678903")
	b.want(".till-due-amount", "¥50.50")
	b.focus("#scan")
	b.press("F9")
	b.focus("#cash")
	b.keys("\n", 0)
	b.want(".pos-said", "A1-")
	b.focus(".key-pay")
	b.scan("6902345678903") // the next customer's first item needs no key
	b.want(".till-due-amount", "¥25.00")
	b.focus("#scan")
	if list := s.sales(); len(list) != 1 || list[0].Total != 5050 || list[0].Change != 0 {
		t.Fatalf("%+v", list)
	}
	s.proven()
}

// TestTheWholeJob is a cashier's five steps and a manager's refund, with scans as
// bursts of keys.
func TestTheWholeJob(t *testing.T) {
	s := newShop(t, "retail", "salon")
	s.coupon(coupon.Definition{Name: "Ten off", Kind: coupon.KindCash, Amount: 1000}, s.member)
	s.coupon(coupon.Definition{Name: "Half price", Kind: coupon.KindPercent, Rate: 500_000, MinSpend: 100000}, s.member)
	b := s.tab(auth.Manager)
	b.scan("6901234567892")
	b.want(".till-due-amount", "¥8.50")
	b.write("3*")
	b.scan("6902345678903")
	b.want(".till-due-amount", "¥83.50")
	b.scan("5555555555555")
	b.want(".pos-said", "5555555555555")
	b.want(".till-due-amount", "¥83.50")
	b.shot("unknown")
	b.scan("M-000213")
	b.want(".member-name", "李娜")
	b.scan("CUT")
	b.want(".basket", "Cut and blow-dry")
	js[bool](b, `(() => { const s = document.querySelector('.pos-staff select'); s.value = s.options[2].value; s.dispatchEvent(new Event('change', {bubbles: true})); return true; })()`)
	b.want(".pos-coupon", "Ten off")
	js[bool](b, `document.querySelector('.pos-coupon .button').click(), true`)
	b.want(".pos-coupon.is-on, .pos-idle", "")
	b.focus("#scan")
	time.Sleep(200 * time.Millisecond)
	b.shot("basket")
	b.write("?")
	b.want(".pos-why", "Birthday price")
	b.shot("why")
	b.press("Escape")
	b.focus("#scan")
	b.press("F7")
	b.want(".pos-sheet", "Punch card")
	b.focus("#amount")
	b.shot("sell")
	b.press("Escape")
	b.press("F3")
	b.want(".pos-sheet", "Enrol")
	b.focus("#q")
	b.write("wang")
	b.keys("\n", 0)
	b.want(".pos-said", "No member")
	b.shot("member")
	b.press("Escape")
	b.focus("#scan")
	b.press("F4")
	b.want(".till-due-amount", "¥0.00")
	b.press("F5")
	b.want(".member-name", "李娜")
	b.press("F9")
	b.focus("#cash")
	b.press("F5")
	b.want("#pay-due", "Card")
	b.shot("card")
	js[bool](b, `document.getElementById('card').value = '50.00', document.getElementById('card').dispatchEvent(new Event('input', {bubbles: true})), true`)
	b.want("#pay-due", "Cash to take")
	b.focus("#cash")
	b.write("200")
	b.want("#pay-due", "Change")
	b.shot("pay")
	b.keys("\n", 0)
	b.want(".till-change", "Change")
	b.focus(".key-pay")
	b.want(".pos-print", "printed")
	b.shot("done")
	sold := s.sales()[0]
	b.keys("\n", 0)
	b.want(".till-due-amount", "¥0.00")
	b.focus("#scan")
	// A refund: scan the receipt, F7, Enter.
	b.scan(sold.ReceiptNumber())
	b.want(".pos-said", sold.ReceiptNumber())
	b.press("F7")
	b.want(".pos-sheet", "Refund of")
	b.focus(".pos-quantity")
	b.shot("refund")
	b.press("F9")
	b.want(".till-due", "Given back")
	if list := s.sales(); list[0].Kind != sale.KindRefund || list[0].Total != sold.Total {
		t.Fatalf("%+v", list[0])
	}
	b.shot("refunded")
	b.press("F6")
	b.want(".pos-sheet", "Refund")
	b.shot("sales")
	b.press("F10")
	b.want(".pos-sheet", "X report")
	b.shot("shift")
	s.proven()
}

// TestAReloadKeepsTheBasket, and so does a lost connection.
func TestAReloadKeepsTheBasket(t *testing.T) {
	s := newShop(t)
	b := s.tab(auth.Cashier)
	b.scan("6902345678903")
	b.want(".till-due-amount", "¥25.00")
	js[bool](b, `location.reload(), true`)
	time.Sleep(300 * time.Millisecond)
	b.want(".till-due-amount", "¥25.00")
	b.focus("#scan")
}

// TestFastHands: keys and scans that come before the answer wait for it.
func TestFastHands(t *testing.T) {
	s := newShop(t)
	b := s.tab(auth.Cashier)
	js[bool](b, `(() => { const send = XMLHttpRequest.prototype.send; XMLHttpRequest.prototype.send = function (x) { setTimeout(() => send.call(this, x), 250); }; return true; })()`)
	b.scan("6902345678903")
	b.scan("6901234567892")
	b.press("F9")
	b.want("#pay-due", "¥33.50")
	b.focus("#cash")
	b.press("Escape")
	b.scan("6902345678903")
	b.press("F3")
	b.want(".pos-sheet", "Enrol")
	b.want(".till-due-amount", "¥58.50")
	b.press("Escape")
	b.focus("#scan")
	time.Sleep(300 * time.Millisecond)
	js[bool](b, `(() => { for (let i = 0; i < 3; i++) document.querySelector('button[value="plus:0"]').click(); return true; })()`)
	b.want(".till-due-amount", "¥133.50") // three taps are three
}

// TestA27_TwoHundredScansOfAScannerOfItsOwn: a scanner that a driver reads sends 20 a
// second; each is a unit in the basket, whatever is typed meanwhile, and none is taken
// for a quantity.
func TestA27_TwoHundredScansOfAScannerOfItsOwn(t *testing.T) {
	s := newShop(t)
	b := s.tab(auth.Cashier)
	for s.counter.listeners() == 0 {
		time.Sleep(5 * time.Millisecond)
	}
	codes := []string{"6902345678903", "6901234567892"} // 25.00 and 8.50
	for i := range 200 {
		s.counter.tell(device.InputScan, codes[i%2])
		time.Sleep(50 * time.Millisecond)
	}
	b.want(".till-due-amount", "¥3,350.00")
	b.focus("#scan")
	b.write("13")
	s.counter.tell(device.InputScan, codes[0])
	b.want(".till-due-amount", "¥3,375.00")
	s.counter.tell(device.InputCall, "13800000001")
	b.want(".toast", "李娜")
	js[bool](b, `(() => { document.querySelector('.toast button').click(); return true; })()`)
	b.want(".member-name", "李娜")
	b.press("F9")
	s.counter.tell(device.InputPay, "28763443825664394")
	b.want(".toast", "payment code")
}

func TestSearchWithTheArrows(t *testing.T) {
	s := newShop(t)
	b := s.tab(auth.Cashier)
	b.write("o")
	b.keys("\n", 0)
	b.want(".pos-pick", "Olive soap")
	b.shot("choice")
	b.press("ArrowDown")
	b.keys("\n", 0)
	b.want(".basket-line", "Olive soap")
	b.focus("#scan")
}

// TestInChineseAndDark: the same page in another language and at night.
func TestInChineseAndDark(t *testing.T) {
	s := newShop(t, "retail")
	b := s.tab(auth.Cashier)
	call(b, network.SetCookie, network.SetCookieParams{Name: web.LangCookie, Value: "zh-Hans", URL: s.url})
	call(b, network.SetCookie, network.SetCookieParams{Name: "theme", Value: "dark", URL: s.url})
	b.goTo("/pos")
	b.scan("6901234567892")
	b.scan("13800000001")
	b.want(".pos-count", "积分")
	b.shot("zh")
	b.press("F9")
	b.want("#pay-due", "应收现金")
	b.shot("zh-pay")
}

// TestScanToBasket keeps the time from a scan's Enter to the drawn basket in mind,
// with a member, a pack and thirty lines.
func TestScanToBasket(t *testing.T) {
	s := newShop(t, "retail")
	for i := range 30 {
		s.sku(fmt.Sprintf("X-10%02d", i), fmt.Sprintf("Item %02d", i), catalog.Goods, "home", perYuan, "")
	}
	b := s.tab(auth.Cashier)
	b.scan("M-000213")
	b.want(".member-name", "李娜")
	for i := range 30 {
		b.scan(fmt.Sprintf("X-10%02d", i))
		b.want(".till-due-amount", fmt.Sprintf("¥%d.00", i+1))
	}
	times := js[[]float64](b, `(async () => { const out = []; const form = document.getElementById('till'); for (let i = 0; i < 20; i++) {
		const one = document.getElementById('scan'); one.value = 'X-1005'; const from = performance.now();
		const done = new Promise((ok) => document.addEventListener('htmx:afterSwap', () => requestAnimationFrame(() => ok()), { once: true }));
		one.form.requestSubmit(); await done; out.push(performance.now() - from); await new Promise((ok) => setTimeout(ok, 60)); }
		return out; })()`)
	slices.Sort(times)
	t.Logf("scan to basket: median %.0f ms, worst of twenty %.0f ms", times[10], times[19])
	b.want(".till-due-amount", "¥50.00")
	if times[10] > 400 { // a machine that is busy with other tests is allowed a lot
		t.Errorf("a scan takes %.0f ms", times[10])
	}
}
