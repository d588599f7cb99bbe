//go:build browser

package pos

import (
	"context"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/catalog"
	"github.com/shopwright/shopwright/core/coupon"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/loyalty"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/web"
)

// stocked is a shop that sells everything that there is to sell.
func stocked(t *testing.T) *shop {
	s := newShop(t, "retail", "salon")
	s.password(auth.Manager, "correct horse")
	s.coupon(coupon.Definition{Name: "Ten off", Kind: coupon.KindCash, Amount: 1000}, s.member)
	s.set("discount.drop_limit", "0", "cash.rounding_step", "10", "prepaid.law_profile", "cn_single_purpose", "prepaid.law_level", "warn")
	s.tx(func(ctx context.Context, tx *db.Tx) error {
		if _, err := catalog.CreatePlan(ctx, tx, s.m.ID, catalog.PunchPlan{Name: "Ten cuts", Price: 100000, Visits: 10, FreeVisits: 2, ValidDays: 365, Shareable: true, Services: []id.ID{s.skus["CUT"].ID}}); err != nil {
			return err
		}
		for _, g := range []loyalty.Gift{{Name: "Mug", Points: 50, Counted: true, OnHand: 7}, {Name: "Linen towel", Points: 5000, Money: 1000}} {
			if err := loyalty.CreateGift(tx, s.m.ID, &g); err != nil {
				return err
			}
		}
		return nil
	})
	return s
}

func (b tab) click(sel string) {
	b.t.Helper()
	if !js[bool](b, `(() => { const e = document.querySelector(`+quote(sel)+`); if (e) e.click(); return !!e; })()`) {
		b.t.Fatalf("there is no %s", sel)
	}
}

// fill writes into a field that has not the focus.
func (b tab) fill(sel, text string) {
	b.t.Helper()
	js[bool](b, `(() => { const e = document.querySelector(`+quote(sel)+`); e.focus(); e.value = `+quote(text)+`; e.dispatchEvent(new Event('input', {bubbles: true})); return true; })()`)
}

func (b tab) choose(sel, value string) {
	b.t.Helper()
	js[bool](b, `(() => { const e = document.querySelector(`+quote(sel)+`); e.value = `+quote(value)+`; e.dispatchEvent(new Event('change', {bubbles: true})); return true; })()`)
}

// TestGiftCardDropAndRefundByRequest is a cashier who sells a gift card, rounds a
// bill with a manager's signature, takes the card for it, and asks for a refund
// that the manager approves at the same till.
func TestGiftCardDropAndRefundByRequest(t *testing.T) {
	s := stocked(t)
	b := s.tab(auth.Cashier)
	b.press("F7")
	b.focus("#card_price") // nobody is attached: the card is the bearer's
	b.write("100")
	b.scan("GIFT-2026-0001")
	b.want(".pos-sheet", "Gift card")
	if got := js[string](b, `document.querySelector('#card_number').value + ' ' + document.querySelector('#card_price').value`); got != "GIFT20260001 100" {
		t.Fatalf("after the scan: %q", got)
	}
	b.shot("sell-card")
	b.focus("#card_price")
	b.keys("\n", 0)
	b.want(".till-due-amount", "¥100.00")
	b.press("F9")
	b.focus("#cash")
	b.keys("\n", 0)
	b.want(".pos-card-number", "GIFT 2026 0001")
	b.shot("card-sold")
	b.keys("\n", 0)
	b.want(".till-due-amount", "¥0.00")

	b.scan("6901234567892")
	b.scan("6902345678903")
	b.want(".till-due-amount", "¥33.50")
	b.press("F11")
	b.want(".pos-sheet", "A manager must agree")
	b.focus("#sign-login")
	b.shot("sign")
	b.write("manager")
	b.fill("#sign-password", "correct horse")
	b.keys("\n", 0)
	b.want(".till-due-amount", "¥33.00")
	b.want(".pos-said", "Chen Yu has agreed")
	b.press("F8")
	b.focus("#value")
	b.shot("off")
	b.press("Escape")
	b.focus("#scan")
	b.press("F9")
	b.focus("#cash")
	b.scan("GIFT-2026-0001")
	b.want("#pay-due", "Gift card …0001")
	b.want("#pay-due", "Change")
	b.shot("pay-card")
	b.press("F9")
	b.want(".pos-said", "A1-")
	b.want(".pos-sale", "33.00")
	if v := s.onCard("GIFT20260001"); v != 6700 {
		t.Fatalf("%d on the card", v)
	}
	sold := s.sales()[0]

	b.press("F7")
	b.want(".pos-sheet", "A manager decides")
	b.focus(".pos-quantity")
	b.shot("refund-ask")
	b.press("F9")
	b.want(".pos-request", "Customer return")
	b.shot("refund-asked")
	b.press("F8")
	b.want(".pos-sheet", "Refund asked for")
	b.shot("requests")
	b.fill(".pos-request input[name=login]", "manager")
	b.fill(".pos-request input[name=password]", "correct horse")
	b.click(".pos-request button[value^=approve]")
	b.want(".till-due", "Given back")
	if list := s.sales(); list[0].Kind != sale.KindRefund || list[0].Of != sold.ID || list[0].Total != 3300 || list[0].Actor != s.staff[auth.Manager] {
		t.Fatalf("%+v", list[0])
	}
	if v := s.onCard("GIFT20260001"); v != 10000 {
		t.Fatalf("%d on the card", v)
	}
	s.proven()
}

// TestEverySheetOfValue looks at what the rest of it is like.
func TestEverySheetOfValue(t *testing.T) {
	s := stocked(t)
	s.set("stored_value.pin", "always")
	b := s.tab(auth.Manager)
	b.scan("M-000213")
	b.want(".member-name", "李娜")
	b.press("F7")
	b.focus("#amount")
	b.fill("#amount", "6000")
	b.want("#topup-live", "bonus")
	b.want("#topup-live", "limit")
	b.shot("sell-topup")
	b.fill("#amount", "500")
	b.want("#topup-live", "600.00")
	b.keys("\n", 0)
	b.want(".till-due-amount", "¥500.00")
	b.press("F9")
	b.focus("#cash")
	b.keys("\n", 0)
	b.want(".pos-said", "A1-")
	topUp := s.sales()[0]
	b.keys("\n", 0)
	b.want(".till-due-amount", "¥0.00")
	b.scan("M-000213")
	b.want(".member-name", "李娜")
	b.scan("CUT")
	b.want(".pos-staff", "Share")
	b.click(`button[value="shares:0"]`)
	b.focus(`[name="who.0"]`)
	b.choose(`[name="who.0"]`, s.staff[auth.Manager].String())
	b.choose(`[name="who.1"]`, s.staff[auth.Cashier].String())
	b.choose(`[name="role.1"]`, "assistant")
	b.shot("shares")
	b.click(".pos-sheet form button[type=submit]")
	b.want(".pos-staff", "50 %")
	b.shot("shared")
	b.press("F8")
	b.focus("#value")
	b.write("10%")
	b.keys("\n", 0)
	b.want(".basket-line", "Discount")
	b.press("F8")
	b.want(".pos-sheet", "Regular")
	b.shot("off-given")
	b.press("Escape")
	b.press("F9")
	b.focus("#cash")
	b.press("F7")
	b.want("#pay-due", "Stored value")
	b.shot("pay-pin")
	b.press("F9")
	b.want(".pos-sheet", "no PIN")
	b.shot("pay-pin-wrong")
	b.fill("#stored_value", "")
	b.press("F5")
	b.want("#pay-due", "Card")
	b.press("Escape")
	b.focus("#scan")
	b.click(`button[value="member-off"]`)
	b.want(".pos-nobody", "No")
	b.scan("M-000213")
	b.want(".member-name", "李娜")
	b.click(`button[value=cashout]`)
	b.want(".pos-parts", "Top-up")
	b.choose("[name=case]", "agreement")
	b.want(".pos-sheet", "Agreed share")
	b.shot("cashout")
	b.press("Escape")
	b.goTo("/pos/" + s.register.ID.String() + "/sales/" + topUp.ID.String() + "/refund")
	b.want(".pos-sheet", "Refund of")
	b.shot("refund-topup")
	call(b, network.SetCookie, network.SetCookieParams{Name: web.LangCookie, Value: "zh-Hans", URL: s.url})
	call(b, network.SetCookie, network.SetCookieParams{Name: "theme", Value: "dark", URL: s.url})
	b.goTo("/pos")
	b.scan("M-000213")
	b.want(".member-name", "李娜")
	b.shot("zh-member")
	b.press("F7")
	b.focus("#amount")
	b.shot("zh-sell")
	b.press("Escape")
	b.scan("6902345678903")
	b.want(".till-due-amount", "25")
	time.Sleep(100 * time.Millisecond)
	b.press("F8")
	b.focus("#value")
	b.shot("zh-off")
	b.press("Escape")
	b.focus("#scan")
	b.press("F9")
	b.focus("#cash")
	b.shot("zh-pay-all")
}
