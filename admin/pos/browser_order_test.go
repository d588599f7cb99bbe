//go:build browser

package pos

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/web"
)

// tabTo presses Tab until the element has the focus, as somebody without a mouse does.
func (b tab) tabTo(sel string) {
	b.t.Helper()
	for range 60 {
		if js[bool](b, `document.activeElement.matches(`+quote(sel)+`)`) {
			if !js[bool](b, `(() => { const s = getComputedStyle(document.activeElement); return s.outlineStyle !== 'none' && s.outlineWidth !== '0px' || s.boxShadow !== 'none'; })()`) {
				b.t.Errorf("%s does not show that it has the focus", sel)
			}
			return
		}
		for _, typ := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeRawKeyDown, input.DispatchKeyEventTypeKeyUp} {
			call(b, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: typ, Key: "Tab", Code: "Tab", WindowsVirtualKeyCode: 9})
		}
	}
	b.t.Fatalf("Tab does not lead to %s", sel)
}

// until waits until an expression is true.
func (b tab) until(expr, what string) {
	b.t.Helper()
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(15 * time.Millisecond) {
		if js[bool](b, `!!(`+expr+`)`) && b.settled() {
			return
		}
	}
	b.t.Fatal(what)
}

// TestTheKitchenByKeyboard: an order is noted, sent, parked and taken up again, at
// another register's tab as well, with no hand on a mouse.
func TestTheKitchenByKeyboard(t *testing.T) {
	s := newShop(t)
	s.bar()
	b := s.tab(auth.Cashier)
	b.scan("TEA")
	b.want(".till-due-amount", "¥")
	b.tabTo(`button[value="order"]`)
	b.keys("\n", 0)
	b.want(".pos-sheet", "To the kitchen")
	b.focus("#place")
	b.shot("order")
	b.write("T4")
	b.tabTo("#note-0")
	b.write("hot")
	b.shot("order-filled")
	b.keys("\n", 0) // Enter sends, from any field
	b.want(".pos-said .alert-ok", "1 ticket sent")
	b.want(".pos-line, .basket-line", "hot")
	b.focus("#scan")
	if got := s.told(); got != "T4: 1 (hot)" {
		t.Fatal(got)
	}
	b.shot("order-sent")
	b.until(`(() => { const k = document.querySelector('.register-keys'); return k.scrollWidth <= k.clientWidth; })()`, "a key of the till is out of sight")

	// What no station prepares is no success.
	b.press("F4")
	b.want(".till-due-amount", "¥0.00")
	b.scan("SOAP")
	b.want(".basket", "soap")
	b.tabTo(`button[value="order"]`)
	b.keys("\n", 0)
	b.focus("#place")
	b.keys("\n", 0)
	b.want(".pos-said .alert-warn", "no station prepares")
	b.shot("order-nowhere")
	b.press("F4")
	b.want(".till-due-amount", "¥0.00")
	b.focus("#scan")
	b.want(`[data-hotkey="F5"]`, "2")

	// Two are parked: the list is gone through with the arrows, from another tab too.
	other := s.tab(auth.Manager)
	other.focus("#scan")
	other.press("F5")
	other.want(".pos-pick", "T4")
	other.want(".pos-pick", "soap")
	other.shot("parked")
	other.until(`document.activeElement.matches('.pos-pick button')`, "no basket of the list has the focus")
	if !js[bool](other, `document.activeElement.innerText.includes('T4')`) {
		other.press("ArrowDown")
	}
	other.until(`document.activeElement.innerText.includes('T4')`, "the arrows do not go through the list")
	other.keys("\n", 0)
	other.want(".pos-line, .basket-line", "hot")
	other.focus("#scan")

	// Gone from here: the one that is left is taken up without a list.
	b.press("F5")
	b.want(".basket", "soap")
	b.focus("#scan")
	b.press("F4")
	b.want(".till-due-amount", "¥0.00")

	// A basket that is under way goes back to the list when another is taken up.
	other.press("F5")
	other.want(".pos-pick", "soap")
	other.press("Escape")
	other.focus("#scan")
	other.press("F5")
	other.want(".pos-pick", "soap")
	other.until(`document.activeElement.matches('.pos-pick button')`, "the list does not have the focus")
	other.keys("\n", 0)
	other.want(".basket", "soap")
	other.want(`[data-hotkey="F5"]`, "1")
	js[bool](b, `location.reload(), true`)
	b.until(`document.querySelector('#scan')`, "the page does not come back")
	b.press("F5")
	b.want(".pos-line, .basket-line", "hot")

	// Sent again and parked at once: nothing new is told.
	b.tabTo(`button[value="order"]`)
	b.keys("\n", 0)
	b.want(".pos-sheet", "Sent: 1")
	b.tabTo(`button[value="order:park"]`)
	b.keys("\n", 0)
	b.want(".till-due-amount", "¥0.00")
	b.focus("#scan")
	if got := s.told(); got != "T4: 1 (hot)" {
		t.Fatal(got)
	}
}

// TestTheKitchenInChineseAndDark: the sheet and the parked list by night.
func TestTheKitchenInChineseAndDark(t *testing.T) {
	s := newShop(t)
	s.bar()
	b := s.tab(auth.Cashier)
	for name, value := range map[string]string{web.LangCookie: "zh-Hans", "theme": "dark"} {
		call(b, network.SetCookie, network.SetCookieParams{Name: name, Value: value, URL: s.url})
	}
	b.goTo("/pos")
	for _, place := range []string{"A12", strings.Repeat("长", 40)} {
		b.scan("TEA")
		b.want(".basket", "1")
		b.tabTo(`button[value="order"]`)
		b.keys("\n", 0)
		b.focus("#place")
		js[bool](b, `document.getElementById('place').value = `+quote(place)+`, true`)
		b.shot("zh-order-" + place[:3])
		b.tabTo(`button[value="order:park"]`)
		b.keys("\n", 0)
		b.want(".till-due-amount", "¥0.00")
		b.focus("#scan")
	}
	b.press("F5")
	b.want(".pos-pick", "A12")
	b.shot("zh-parked")
}
