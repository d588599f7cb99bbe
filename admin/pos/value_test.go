package pos

import (
	"context"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/catalog"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/loyalty"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/wallet"
)

func (s *shop) onCard(number string) money.Amount {
	s.t.Helper()
	v, err := wallet.FindGiftCard(s.ctx, s.db, s.m.ID, number)
	if err != nil {
		s.t.Fatal(err)
	}
	return v.Available()
}

// TestGiftCards are sold with a number that is made and one that is scanned, and
// pay: looked up, split with cash, never two at once for one.
func TestGiftCards(t *testing.T) {
	s := newShop(t)
	p := s.person(auth.Cashier)
	p.press("sell")
	p.enter("card_price", "90", "card_face", "100")
	p.want("pos-line", "worth ¥100.00")
	p.want("till-due-amount", "¥90.00")
	p.press("sell")
	p.enter("card_price", "20", "card_number", "no!")
	p.want("alert", "6 to 32")
	p.enter("card_price", "20", "card_number", "gift-0001")
	p.want("till-due-amount", "¥110.00")
	if strings.Contains(p.at.RawQuery, "b=") {
		t.Error("the number of a card stands in the address")
	}
	kept := p.address()
	p.press("clear")
	if strings.Contains(p.see("alert"), "Undo") {
		t.Error("the way back would put the number into an address")
	}
	p.get(kept)
	p.press("sell")
	p.enter("card_price", "20", "card_number", "GIFT0001")
	p.want("alert", "exists already")
	p.press("close")
	p.press("pay")
	if strings.Contains(p.raw, "name=\"gift_number\"") {
		t.Error("gift cards are offered to pay for gift cards")
	}
	p.hotkey("F9")
	sold, err := sale.Get(s.ctx, s.db, s.m.ID, s.sales()[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	made := sold.Lines[0].CardNumber
	p.want("pos-card-number", spaced(made))
	p.want("receipt", "GIFT0001")
	if s.onCard(made) != 10000 || s.onCard("gift 0001") != 2000 {
		t.Fatal("the cards are not loaded")
	}
	p.hotkey("Enter")
	p.scan(made) // nothing is rung up: what is on it
	p.want("alert", "¥100.00")
	p.scan("SOAP")
	p.scan("3*CUT")
	p.want("till-due-amount", "¥385.00")
	p.press("pay")
	p.press("card", "gift_number", "nothing")
	p.want("alert", "no such gift card")
	p.press("card", "gift_number", made)
	p.want("till-total", "¥100.00")
	p.want("till-due-amount", "¥285.00")
	p.press("card", "gift_number", "gift-0001")
	p.want("till-due-amount", "¥265.00")
	p.press("card", "gift_number", "gift-0001") // once is enough
	p.want("till-due-amount", "¥265.00")
	p.enter("gc.GIFT0001", "20.01")
	if len(s.sales()) != 1 {
		t.Fatal("a card paid more than is on it")
	}
	p.press("card-off:GIFT0001")
	p.enter("cash", "300")
	p.want("till-due", "¥15.00")
	if s.onCard(made) != 0 || s.onCard("GIFT0001") != 2000 {
		t.Fatal("the wrong card has paid")
	}
	// Scanned with a basket it pays at once.
	p.hotkey("Enter")
	p.scan("TEA")
	p.scan("gift0001")
	p.want("till-due-amount", "¥0.00")
	p.hotkey("F9")
	if s.onCard("GIFT0001") != 1150 {
		t.Fatalf("%s: %s", p.at, p.see("alert"))
	}
	s.proven()
}

func TestAGiftCardsPIN(t *testing.T) {
	s := newShop(t)
	hash, err := wallet.HashPIN("4711")
	if err != nil {
		t.Fatal(err)
	}
	p := s.person(auth.Cashier)
	p.press("sell")
	p.enter("card_price", "50", "card_number", "PINCARD1")
	p.press("pay")
	p.hotkey("F9")
	s.tx(func(_ context.Context, tx *db.Tx) error {
		tx.Queue(`update gift_cards set pin_hash = $2 where merchant_id = $1`, s.m.ID, hash)
		return nil
	})
	p.hotkey("Enter")
	p.scan("SOAP")
	p.scan("PINCARD1")
	p.enter("gcpin.PINCARD1", "1111")
	p.want("alert", "Wrong PIN")
	if strings.Contains(p.raw, "1111") {
		t.Error("the PIN is on the page")
	}
	p.enter("gcpin.PINCARD1", "4711")
	if s.onCard("PINCARD1") != 2500 {
		t.Fatalf("%s: %s", p.at, p.see("alert"))
	}
}

func TestStoredValueAsksForThePIN(t *testing.T) {
	s := newShop(t)
	s.set("stored_value.pin", "always")
	p := s.person(auth.Cashier)
	p.scan("M-000213")
	p.press("sell")
	p.press("topup:100.00")
	p.press("pay")
	p.hotkey("F9")
	hash, err := member.HashPIN(s.ctx, auth.CheapHash, "4827")
	if err != nil {
		t.Fatal(err)
	}
	s.tx(func(ctx context.Context, tx *db.Tx) error { return member.SetPIN(ctx, tx, s.m.ID, s.member, hash) })
	p.hotkey("Enter")
	p.scan("M-000213")
	p.scan("SOAP")
	p.press("pay")
	p.press("fill:stored_value")
	p.hotkey("F9")
	p.want("alert", "PIN is needed")
	for _, left := range []string{"4", "3", "2", "1", "0"} {
		p.enter("pin.stored_value", "1234")
		p.want("alert", left+" tr")
	}
	p.enter("pin.stored_value", "4827")
	p.want("alert", "locked")
	s.clock.Advance(16 * time.Minute)
	p.press("fill:stored_value")
	p.enter("pin.stored_value", "4827")
	if w := s.wallet(); w.Principal != 7500 {
		t.Fatalf("%+v at %s: %s", w, p.at, p.see("alert"))
	}
	s.proven()
}

func TestCashIsRoundedToTheCoins(t *testing.T) {
	s := newShop(t)
	s.set("cash.rounding_step", "10", "cash.rounding_mode", "nearest")
	p := s.person(auth.Cashier)
	p.scan("RICE") // 3.33
	p.press("pay")
	p.want("till-due-amount", "¥3.30")
	p.want("till-total", "−¥0.03")
	p.hotkey("F9")
	p.hotkey("Enter")
	p.scan("RICE")
	p.press("pay")
	p.enter("cash", "5")
	p.want("till-due", "¥1.70")
	p.hotkey("Enter")
	p.scan("2*RICE") // 6.66
	p.press("pay")
	p.press("fill:card")
	p.hotkey("F9")
	list := s.sales()
	if len(list) != 3 || list[0].Total != 666 || list[0].CashRounding != 0 || list[1].CashRounding != -3 || list[2].Paid != 330 {
		t.Fatalf("%+v", list)
	}
	s.proven()
}

// TestPlansGiftsAndAFamily: a plan is sold and shared, gifts are had for points.
func TestPlansGiftsAndAFamily(t *testing.T) {
	s := newShop(t, "retail")
	var other member.Member
	s.tx(func(ctx context.Context, tx *db.Tx) (err error) {
		if _, err = catalog.CreatePlan(ctx, tx, s.m.ID, catalog.PunchPlan{Name: "Ten cuts", Price: 100000, Visits: 10, FreeVisits: 2, ValidDays: 365, Shareable: true, Services: []id.ID{s.skus["CUT"].ID}}); err != nil {
			return err
		}
		for _, g := range []loyalty.Gift{{Name: "Car", Points: 1_000_000}, {Name: "Mug", Points: 50, Counted: true, OnHand: 1}} {
			if err := loyalty.CreateGift(tx, s.m.ID, &g); err != nil {
				return err
			}
		}
		other, err = member.Create(ctx, tx, s.desk.Vault, member.In{Merchant: s.m.ID, Name: "Wang Li", Phone: "13900000002"})
		return err
	})
	s.tx(func(ctx context.Context, tx *db.Tx) error {
		return member.JoinFamily(ctx, tx, s.m.ID, s.member, other.ID)
	})
	p := s.person(auth.Cashier)
	p.scan("M-000213")
	p.scan("CUT")
	p.press("pay")
	p.hotkey("F9")
	points := s.wallet().Points
	if points < 50 {
		t.Fatalf("%d points", points)
	}
	p.hotkey("Enter")
	p.scan("M-000213")
	p.press("sell")
	p.want("pos-pick", "12 visits, ¥83.33 each")
	if mug, car := strings.Index(p.raw, "Mug"), strings.Index(p.raw, "Car<"); mug < 0 || car < mug {
		t.Error("the gift that can be had does not come first")
	}
	plan := regexp.MustCompile(`plan:[0-9a-f-]{36}`).FindString(p.raw)
	gift := regexp.MustCompile(`gift:[0-9a-f-]{36}`).FindString(p.raw)
	p.press(gift)
	p.want("pos-line", "for 50")
	p.press("sell")
	if p.offers(gift) {
		t.Error("the last one is offered twice")
	}
	p.press(plan)
	p.want("till-due-amount", "¥1,000.00")
	p.press("pay")
	p.hotkey("F9")
	if list := s.sales(); len(list) != 2 {
		t.Fatalf("%s: %s", p.at, p.see("alert"))
	}
	p.hotkey("Enter")
	p.scan("13900000002")
	p.want("member-holds", "Ten cuts from 李娜")
	p.scan("CUT")
	s.proven()
}

func TestTopUpIsShownLive(t *testing.T) {
	s := newShop(t, "salon")
	s.set("prepaid.law_profile", "cn_single_purpose", "prepaid.law_level", "warn")
	p := s.person(auth.Cashier)
	p.scan("M-000213")
	p.press("sell")
	form := p.formOf(p.one("amount", func(n *html.Node) bool { return attr(n, "id") == "amount" }))
	v := p.fields(form)
	v.Set("do", "sum-topup")
	v.Set("amount", "6000")
	p.send(form, v)
	p.want("adjust", "bonus")
	p.want("alert", "above the limit")
	p.want("till-due-amount", "¥0.00")
	p.enter("amount", "6000")
	p.want("till-due-amount", "¥6,000.00")
	p.want("pos-said", "above the limit") // before it is paid
	p.press("pay")
	p.want("pos-said", "above the limit")
	p.press("close")
	s.set("prepaid.law_level", "block")
	p.get(p.address())
	p.press("clear")
	p.scan("M-000213")
	p.press("sell")
	p.press("topup:5000.00")
	p.want("alert", "document")
}

func TestAFrozenWallet(t *testing.T) {
	s := newShop(t)
	p := s.person(auth.Cashier)
	p.scan("M-000213")
	p.press("sell")
	p.press("topup:100.00")
	p.press("pay")
	p.hotkey("F9")
	s.tx(func(ctx context.Context, tx *db.Tx) error {
		return wallet.Freeze(ctx, tx, s.m.ID, s.member, s.staff[auth.Manager], "card reported lost")
	})
	p.hotkey("Enter")
	p.scan("M-000213")
	p.scan("SOAP")
	p.want("pos-frozen", "frozen")
	p.press("pay")
	if p.offers("fill:stored_value") {
		t.Error("a frozen wallet is offered")
	}
	p.want("pos-tenders", "frozen")
	p.hotkey("F9")
	if len(s.sales()) != 2 {
		t.Fatal("cash is not taken")
	}
}
