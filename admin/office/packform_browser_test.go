//go:build browser

package office_test

import (
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db/dbtest"
	"github.com/shopwright/shopwright/core/money"
)

// The sections of a pack's settings: closed where their switch is off, said by a
// word that follows the switch, reached by the index on a wide screen, fitting a
// phone; and a refund of which a pack keeps something.
func TestPackFormInABrowser(t *testing.T) {
	c := clock.NewManual(time.Date(2026, 5, 18, 3, 0, 0, 0, time.UTC))
	s := newShop(t, dbtest.SQLite(t, dbtest.WithClock(c)), c)
	s.setPack("salon", `{"return_on":true,"return_fees":[{"kind":"any","days":0,"percent":10}],"return_points":"kept"}`)
	of := s.sell(s.members[2], []checkout.LineIn{{SKU: s.skus["oil"].ID, Quantity: 2 * money.One}, {SKU: s.skus["colour"].ID, Quantity: money.One}}, nil)
	ctx := openBrowser(t)
	dir := os.Getenv("SHOPWRIGHT_GALLERY")
	goTo := func(path string) {
		t.Helper()
		if err := chromedp.Do(ctx, chromedp.Navigate(s.srv.URL+path), chromedp.WaitReady(chromedp.CSS("main"))); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
	}
	goTo("/signin")
	run[bool](t, ctx, `document.getElementById("login").value = "owner@lily", document.getElementById("password").value = "`+password+`", document.querySelector("form[action='/signin']").submit(), true`)
	if err := chromedp.Do(ctx, chromedp.WaitVisible(chromedp.CSS(".sidebar"))); err != nil {
		t.Fatal(err)
	}
	axe := ""
	if file := os.Getenv("SHOPWRIGHT_AXE"); file != "" {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		axe = string(b)
	}
	look := func(name string, width int64) {
		t.Helper()
		if got := run[int64](t, ctx, `document.documentElement.scrollWidth`); got > width {
			t.Errorf("%s: %d px wide", name, got)
		}
		shot(t, ctx, dir, name)
		if axe == "" {
			return
		}
		for _, v := range awaited[[]string](t, ctx, axe+`;axe.run(document).then(r => (r.passes.length > 5 ? [] : ["axe looked at nothing"]).concat(r.violations.map(v => v.id + ": " + v.nodes.map(n => n.html.slice(0, 160)).join(" | "))))`) {
			t.Errorf("%s: %s", name, v)
		}
	}
	const section = `document.getElementById("section-cfg/combos_on")`
	for _, lang := range []string{"en", "zh-Hans", "zh-Hant"} {
		for _, width := range []int64{360, 1280} {
			if _, err := chromedp.Call(ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: 900, DeviceScaleFactor: 1, Mobile: width < 500}); err != nil {
				t.Fatal(err)
			}
			at := lang + "-" + strconv.FormatInt(width, 10) + "-"
			goTo("/office/packs/salon?lang=" + lang)
			look(at+"settings", width)
			if shown := run[bool](t, ctx, `document.querySelector(".form-index").checkVisibility()`); shown != (width > 500) {
				t.Errorf("%s: the index is shown: %v", at, shown)
			}
			said := func() (on, off bool) {
				return run[bool](t, ctx, section+`.querySelector(".section-on").checkVisibility()`), run[bool](t, ctx, section+`.querySelector(".section-off").checkVisibility()`)
			}
			if open := run[bool](t, ctx, section+`.open`); open {
				t.Errorf("%s: combos are off and open", at)
			}
			if on, off := said(); on || !off {
				t.Errorf("%s: combos are off; said on %v, off %v", at, on, off)
			}
			// By keyboard: the summary is reached and opened, then its switch.
			run[bool](t, ctx, section+`.querySelector("summary").focus(), true`)
			if err := chromedp.Do(ctx, chromedp.KeyEvent(" ")); err != nil {
				t.Fatal(err)
			}
			if open := run[bool](t, ctx, section+`.open`); !open {
				t.Errorf("%s: the space bar does not open a section", at)
			}
			run[bool](t, ctx, section+`.querySelector("[role=switch]").click(), true`)
			if on, off := said(); !on || off {
				t.Errorf("%s: combos are on; said on %v, off %v", at, on, off)
			}
			goTo("/office/packs/salon/backtest?lang=" + lang)
			run[bool](t, ctx, `document.querySelectorAll("main details").forEach(d => { if (d.querySelector("[data-schema-form]")) d.open = true }), true`)
			look(at+"backtest", width)
			goTo("/office/packs/salon/preview?sku=oil&quantity=2&lang=" + lang)
			look(at+"preview", width)
			goTo("/office/sales/" + of.ID.String() + "/refund?lang=" + lang)
			run[bool](t, ctx, `document.getElementById("reason").value = "broken", setTimeout(() => document.querySelector("button[name=all]").click(), 0), true`)
			if err := chromedp.Do(ctx, chromedp.WaitVisible(chromedp.CSS("button[value=book]"))); err != nil {
				t.Fatal(err)
			}
			look(at+"refund", width)
			if tall := run[int64](t, ctx, `Math.max(...[...document.querySelectorAll(".kv dd")].map(d => Math.round(d.getBoundingClientRect().height)))`); tall > 80 {
				t.Errorf("%s: an amount is squeezed to %d px of height", at, tall)
			}
		}
	}
}
