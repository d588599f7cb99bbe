//go:build browser

package office_test

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db/dbtest"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
)

// Refunds from the form to the document, on a narrow phone and on a wide screen:
// nothing is wider than the screen.
func TestRefundsInABrowser(t *testing.T) {
	c := clock.NewManual(time.Date(2026, 5, 18, 3, 0, 0, 0, time.UTC))
	s := newShop(t, dbtest.SQLite(t, dbtest.WithClock(c)), c)
	by, card := s.soldByHand()
	request := s.ask(s.sales[6], "not what was meant")
	out := s.signIn("owner").cashOut(s.members[0].String(), "consumer", "moves away")
	s.sell(s.members[0], []checkout.LineIn{{Kind: sale.LineTopUp, Amount: 500_00}}, nil)
	topUp := s.sales[len(s.sales)-1]
	s.sell(s.members[0], []checkout.LineIn{{SKU: s.skus["colour"].ID, Quantity: money.One}}, nil)
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
	look := func(name string, width int64) {
		t.Helper()
		if got := run[int64](t, ctx, `document.documentElement.scrollWidth`); got > width {
			t.Errorf("%s: %d px wide", name, got)
		}
		shot(t, ctx, dir, name)
	}
	axe := ""
	if file := os.Getenv("SHOPWRIGHT_AXE"); file != "" {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		axe = string(b)
	}
	for _, lang := range []string{"en", "zh-Hant"} {
		for _, width := range []int64{360, 1280} {
			if _, err := chromedp.Call(ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: 900, DeviceScaleFactor: 1, Mobile: width < 500}); err != nil {
				t.Fatal(err)
			}
			at := lang + "-" + strconv.FormatInt(width, 10) + "-"
			cash := "/office/members/" + s.members[0].String() + "/cash-out"
			for name, path := range map[string]string{"sale": "/office/sales/" + by.ID.String(), "why": "/office/sales/" + by.ID.String() + "/why", "card": "/office/sales/" + card.ID.String(), "out": out, "requests": "/office/refund-requests",
				"request": "/office/refund-requests/" + request, "cash": cash, "cash-chosen": cash + "?case=consumer", "used": "/office/sales/" + topUp.ID.String() + "/refund", "today": "/office", "kinds": "/office/sales?kind=cash_out"} {
				sep := "?"
				if strings.Contains(path, "?") {
					sep = "&"
				}
				goTo(path + sep + "lang=" + lang)
				look(at+name, width)
				if axe != "" && name != "today" { // its chart is looked at with the other pages
					for _, v := range awaited[[]string](t, ctx, axe+`;axe.run(document).then(r => (r.passes.length > 5 ? [] : ["axe looked at nothing"]).concat(r.violations.map(v => v.id + ": " + v.nodes.map(n => n.html.slice(0, 160)).join(" | "))))`) {
						t.Errorf("%s%s: %s", at, name, v)
					}
				}
			}
			goTo("/office/sales/" + topUp.ID.String() + "/refund?lang=" + lang)
			run[bool](t, ctx, `document.querySelector("[name^='line:']").value = "1", document.getElementById("reason").value = "moves away", document.querySelector("[name=case][value=consumer]").click(), setTimeout(() => document.querySelector("button[value=check]").click(), 0), true`)
			if err := chromedp.Do(ctx, chromedp.WaitVisible(chromedp.CSS("button[value=book]"))); err != nil {
				t.Fatal(err)
			}
			look(at+"worked-out", width)
		}
	}
	run[bool](t, ctx, `setTimeout(() => document.querySelector("button[value=book]").click(), 0), true`)
	if err := chromedp.Do(ctx, chromedp.WaitVisible(chromedp.CSS(".receipt"))); err != nil {
		t.Fatal(err)
	}
	look("booked", 1280)
	s.proven()
}
