//go:build browser

package office_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db/dbtest"
	"github.com/shopwright/shopwright/core/web"
)

// desk is a tab of a real browser in which somebody works in the office.
type desk struct {
	t   *testing.T
	s   *shop
	ctx context.Context
}

// newDesk is a shop and its owner's tab, in English and by day.
func newDesk(t *testing.T) desk {
	t.Helper()
	c := clock.NewManual(time.Date(2026, 5, 18, 3, 0, 0, 0, time.UTC))
	s := newShop(t, dbtest.SQLite(t, dbtest.WithClock(c)), c)
	d := desk{t, s, openBrowser(t)}
	d.goTo("/signin")
	run[bool](t, d.ctx, `document.getElementById("login").value = "owner@`+s.handle+`", document.getElementById("password").value = "`+password+`", document.querySelector("form[action='/signin']").submit(), true`)
	d.want(".sidebar", "")
	d.dress("en", "light", 1280)
	return d
}

// dress chooses language, colours and width of the pages to come.
func (d desk) dress(lang, theme string, width int64) {
	d.t.Helper()
	for name, value := range map[string]string{web.LangCookie: lang, "theme": theme} {
		if _, err := chromedp.Call(d.ctx, network.SetCookie, network.SetCookieParams{Name: name, Value: value, URL: d.s.srv.URL}); err != nil {
			d.t.Fatal(err)
		}
	}
	if _, err := chromedp.Call(d.ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: 900, DeviceScaleFactor: 1, Mobile: width < 500}); err != nil {
		d.t.Fatal(err)
	}
}

func (d desk) goTo(path string) {
	d.t.Helper()
	if err := chromedp.Do(d.ctx, chromedp.Navigate(d.s.srv.URL+path), chromedp.WaitReady(chromedp.CSS("main"))); err != nil {
		d.t.Fatalf("%s: %v", path, err)
	}
}

func quoted(s string) string {
	raw, _ := json.Marshal(s) // a string
	return string(raw)
}

// until waits until an expression is true, across the change of a page.
func (d desk) until(expr, what string) {
	d.t.Helper()
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(15 * time.Millisecond) {
		if ok, err := chromedp.Run(d.ctx, chromedp.Evaluate[bool](`document.readyState === "complete" && !document.querySelector(".htmx-request, .htmx-swapping, .htmx-settling") && !!(`+expr+`)`)); err == nil && ok {
			return
		}
		if time.Now().After(end) {
			d.t.Fatalf("%s; the page says %q", what, run[string](d.t, d.ctx, `document.querySelector("main").innerText.slice(0, 1500)`))
		}
	}
}

// want waits until a part of the page says something.
func (d desk) want(sel, text string) {
	d.t.Helper()
	d.until(`Array.from(document.querySelectorAll(`+quoted(sel)+`)).some(e => e.innerText.includes(`+quoted(text)+`))`, sel+" does not say "+text)
}

// gone waits until no part of the page says something.
func (d desk) gone(sel, text string) {
	d.t.Helper()
	d.until(`!Array.from(document.querySelectorAll(`+quoted(sel)+`)).some(e => e.checkVisibility() && e.innerText.includes(`+quoted(text)+`))`, sel+" still says "+text)
}

// click presses with the mouse what can be seen and pressed.
func (d desk) click(sel string) {
	d.t.Helper()
	d.until(`Array.from(document.querySelectorAll(`+quoted(sel)+`)).some(e => e.checkVisibility() && !e.disabled)`, "there is no "+sel)
	ctx, stop := context.WithTimeout(d.ctx, 5*time.Second)
	defer stop()
	if err := chromedp.Do(ctx, chromedp.Click(chromedp.CSS(sel))); err != nil {
		d.t.Fatalf("%s: %v", sel, err)
	}
}

// enter types into a field, in the place of what stood there.
func (d desk) enter(sel, text string) {
	d.t.Helper()
	d.until(`document.querySelector(`+quoted(sel)+`)`, "there is no "+sel)
	run[bool](d.t, d.ctx, `document.querySelector(`+quoted(sel)+`).select(), true`)
	if err := chromedp.Do(d.ctx, chromedp.SendKeys(chromedp.CSS(sel), text)); err != nil {
		d.t.Fatalf("%s: %v", sel, err)
	}
}

// choose takes an option by its text.
func (d desk) choose(sel, text string) {
	d.t.Helper()
	if !run[bool](d.t, d.ctx, `(() => { const s = document.querySelector(`+quoted(sel)+`); const o = Array.from(s.options).find(o => o.text.includes(`+quoted(text)+`)); if (!o) return false; s.value = o.value; s.dispatchEvent(new Event("change", {bubbles: true})); return true; })()`) {
		d.t.Fatalf("%s has no choice %q", sel, text)
	}
}

func (d desk) keys(text string) {
	d.t.Helper()
	if err := chromedp.Do(d.ctx, chromedp.KeyEvent(text)); err != nil {
		d.t.Fatal(err)
	}
}

// faults are what an eye would find on a page: what is wider than the screen, text that
// is squeezed into a column or hardly differs from its ground, a key that was not put
// into words, a control that does not show that it has the focus.
const faults = `(() => {
	const out = [];
	if (document.documentElement.scrollWidth > innerWidth) out.push("the page is " + document.documentElement.scrollWidth + " px wide: " + Array.from(document.querySelectorAll("main *")).filter(e => e.getBoundingClientRect().right > innerWidth + 1).slice(0, 3).map(e => e.tagName + "." + e.className).join(" "));
	if (innerWidth >= 1280) for (const w of document.querySelectorAll("main .table-wrap")) if (w.scrollWidth > w.clientWidth + 1) out.push("a table is cut off by " + (w.scrollWidth - w.clientWidth) + " px: " + w.innerText.slice(0, 60));
	const pen = Object.assign(document.createElement("canvas"), {width: 1, height: 1}).getContext("2d", {willReadFrequently: true});
	const known = {};
	const rgba = (c) => { if (!known[c]) { pen.clearRect(0, 0, 1, 1); pen.fillStyle = c; pen.fillRect(0, 0, 1, 1); known[c] = pen.getImageData(0, 0, 1, 1).data; } return known[c]; };
	const over = (top, under) => { const a = top[3] / 255; return [0, 1, 2].map(i => top[i] * a + under[i] * (1 - a)); };
	const ground = (e) => { if (!e) return [255, 255, 255]; const c = rgba(getComputedStyle(e).backgroundColor); return c[3] === 255 ? [c[0], c[1], c[2]] : c[3] === 0 ? ground(e.parentElement) : over(c, ground(e.parentElement)); };
	const light = (c) => { const [r, g, b] = c.map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : Math.pow((v + 0.055) / 1.055, 2.4)); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
	const walk = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
	const range = document.createRange();
	for (let n; (n = walk.nextNode());) {
		const e = n.parentElement, text = n.data.trim();
		if (!text || !e.checkVisibility({visibilityProperty: true, opacityProperty: true}) || e.closest(".visually-hidden, option, [aria-hidden=true], script, :disabled")) continue;
		if (/\b(office|ui|setting|device|message|kitchen|receipt|label|tender|storefront|payment)\.[a-z_]+/.test(text) && !e.closest("pre, code")) out.push("a key: " + text.slice(0, 80));
		range.selectNodeContents(n);
		const box = range.getBoundingClientRect(), style = getComputedStyle(e), size = parseFloat(style.fontSize);
		if (text.length > 5 && box.width < 2.2 * size && box.height > 3 * size) out.push("squeezed: " + text.slice(0, 60));
		if (/^[\u4e00-\u9fff]{2,4}$/.test(text) && range.getClientRects().length > 1) out.push("a word is broken: " + text);
		const fore = rgba(style.color), back = ground(e), a = light(over(fore, back)), b = light(back), ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
		if (ratio < (size >= 24 || size >= 18.66 && style.fontWeight >= 700 ? 3 : 4.5)) out.push("contrast " + ratio.toFixed(1) + ": " + text.slice(0, 60));
	}
	for (const e of document.querySelectorAll("main :is(a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0'])")) {
		if (!e.checkVisibility({visibilityProperty: true}) || e.disabled || e.closest(".visually-hidden, dialog") || e.tabIndex < 0) continue;
		e.focus({focusVisible: true, preventScroll: true});
		const s = getComputedStyle(e);
		if (document.activeElement === e && (s.outlineStyle === "none" || s.outlineWidth === "0px") && s.boxShadow === "none") out.push("no focus to be seen: " + e.outerHTML.slice(0, 100));
		e.blur();
	}
	return Array.from(new Set(out)).slice(0, 8);
})()`

// look opens pages on a desktop by day and on a phone by night, in two languages, and
// finds what an eye would. With SHOPWRIGHT_GALLERY set, the pictures of all ways to see
// them are written there.
func (d desk) look(pages map[string]string) {
	d.t.Helper()
	dir := os.Getenv("SHOPWRIGHT_GALLERY")
	type way struct {
		lang, theme string
		width       int64
	}
	ways := []way{{"en", "light", 1280}, {"zh-Hans", "dark", 390}}
	if dir != "" {
		ways = append(ways, way{"en", "light", 390}, way{"zh-Hans", "dark", 1280}, way{"en", "dark", 1280})
	}
	for _, w := range ways {
		d.dress(w.lang, w.theme, w.width)
		for name, path := range pages {
			d.goTo(path)
			name = fmt.Sprintf("%s-%s-%s-%d", name, w.lang, w.theme, w.width)
			for _, f := range run[[]string](d.t, d.ctx, faults) {
				d.t.Errorf("%s: %s", name, f)
			}
			shot(d.t, d.ctx, dir, name)
		}
	}
	d.dress("en", "light", 1280)
}

// seen checks and pictures the page as it stands.
func (d desk) seen(name string) {
	d.t.Helper()
	for _, f := range run[[]string](d.t, d.ctx, faults) {
		d.t.Errorf("%s: %s", name, f)
	}
	shot(d.t, d.ctx, os.Getenv("SHOPWRIGHT_GALLERY"), name)
}

// asked reports whether the device host was asked for it.
func (d desk) asked(what string) bool {
	for _, a := range d.s.devices.asked {
		if strings.HasPrefix(a, what) {
			return true
		}
	}
	return false
}
