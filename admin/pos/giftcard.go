package pos

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/setting"
	"github.com/shopwright/shopwright/core/wallet"
)

const maxCards = 10 // gift cards that pay one sale

// cardTender is a gift card that pays. Its PIN is never sent back to the page.
type cardTender struct {
	Number, Amount string
	Left           string // what is on it
	AsksPIN        bool
	Err            error
	pin            string
}

func (c *cardTender) amount(v *view) (money.Amount, error) {
	if c.Amount == "" {
		return 0, nil
	}
	a, err := ui.ParseMoney(v.Currency, c.Amount)
	if err == nil && a < 0 {
		err = checkout.ErrTender.On("gift_card")
	}
	return a, err
}

// tail names a card on the screen, as it stands on the receipt.
func (c *cardTender) tail() string { return "…" + c.Number[max(len(c.Number)-4, 0):] }

func (f *payForm) readCards(r *http.Request) {
	for _, n := range r.PostForm["gc"] {
		if len(f.Cards) < maxCards && !slices.ContainsFunc(f.Cards, func(c cardTender) bool { return c.Number == n }) {
			f.Cards = append(f.Cards, cardTender{Number: n, Amount: strings.TrimSpace(r.PostForm.Get("gc." + n)), pin: r.PostForm.Get("gcpin." + n)})
		}
	}
}

// addCard looks at a card and lets it pay what is left, as far as it goes. What is
// wrong with the card is said at its field.
func (h *screens) addCard(ctx context.Context, v *view, f *payForm, number string) error {
	card, err := wallet.FindGiftCard(ctx, h.db, v.Desk.Merchant.ID, number)
	switch {
	case err == nil && card.Currency != v.Currency.Code:
		err = wallet.ErrGiftCardNotFound
	case err == nil:
		err = card.Usable(h.db.Now())
	}
	switch {
	case err != nil:
	case v.Basket.sellsValue():
		err = errCardForValue
	case card.Available() <= 0:
		err = errCardEmpty
	case slices.ContainsFunc(f.Cards, func(c cardTender) bool { return c.Number == card.Number }):
		f.Number = ""
		return nil
	case len(f.Cards) >= maxCards:
		err = checkout.ErrTooManyLines.With("limit", maxCards)
	}
	if err != nil {
		if k := fault.KindOf(err); k == fault.Internal || k == fault.Unavailable {
			return err
		}
		f.CardErr = err
		return nil
	}
	var other money.Amount
	for _, t := range tenderTypes {
		if a, err := f.amount(v, t); err == nil && t != sale.TenderCash {
			other += a
		}
	}
	var cards money.Amount // they have one limit together
	for i := range f.Cards {
		if a, err := f.Cards[i].amount(v); err == nil {
			cards += a
		}
	}
	c := cardTender{Number: card.Number}
	if a := v.Quote.Payable(sale.TenderGiftCard, cards+min(card.Available(), v.Quote.Total-other-cards)) - cards; a > 0 {
		c.Amount = v.Currency.Format(a)
	}
	f.Cards, f.Number = append(f.Cards, c), ""
	f.Amounts[sale.TenderCash] = ""
	return nil
}

var (
	errCardEmpty    = fault.New(fault.Conflict, "pos.gift_card_empty")
	errCardForValue = fault.New(fault.Conflict, "pos.gift_card_for_value") // top-ups and gift cards are not bought with gift cards
)

// fillCards says what is on the cards that pay.
func (h *screens) fillCards(ctx context.Context, v *view) error {
	for i := range v.Pay.Cards {
		c := &v.Pay.Cards[i]
		card, err := wallet.FindGiftCard(ctx, h.db, v.Desk.Merchant.ID, c.Number)
		if err != nil {
			if k := fault.KindOf(err); k == fault.Internal || k == fault.Unavailable {
				return err
			}
			c.Err = err
			continue
		}
		c.Left, c.AsksPIN = v.T("pos.on_card", "amount", v.Money(card.Available()))+v.limitOf(sale.TenderGiftCard), card.PINHash != ""
	}
	return nil
}

// giftShown is a gift card that was scanned: it pays, or it is said what is on it.
func (a *action) giftShown(ctx context.Context, number string) error {
	form := a.r.PostForm
	if form.Get("sheet") == sheetSell {
		return wallet.ErrGiftCardTaken
	}
	if len(a.b.Lines) == 0 {
		card, err := wallet.FindGiftCard(ctx, a.h.db, a.merchant(), number)
		if err != nil {
			return err
		}
		c := cardTender{Number: card.Number}
		a.v.Notes = append(a.v.Notes, a.v.T("pos.gift_card_has", "number", c.tail(), "amount", a.v.Money(card.Available())))
		if card.ExpiresAt != 0 {
			a.v.Notes = append(a.v.Notes, a.v.T("pos.coupon_until", "date", a.v.Date(a.v.Desk.Shop.Zone.BusinessDate(card.ExpiresAt))))
		}
		return card.Usable(a.h.db.Now())
	}
	a.v.Sheet, a.v.Pay = sheetPay, newPay(a.h.db.Now())
	if form.Has("sale") { // the sheet is open: what was typed stays
		if f, err := readPay(a.r); err == nil {
			a.v.Pay = f
		}
	}
	q, err := a.h.quote(ctx, &a.v.Desk, a.b)
	if err != nil {
		return err
	}
	v := &view{desk: a.v.desk, Basket: *a.b, Quote: q}
	return a.h.addCard(ctx, v, &a.v.Pay, number)
}

var tenderParam = regexp.MustCompile(`^tenders\[([0-9]{1,2})\]`)

// blame says at which of the cards a fault of the payment lies.
func (f *payForm) blame(err error) {
	m := tenderParam.FindStringSubmatch(fault.Of(err).Param)
	if m == nil || !strings.HasPrefix(fault.Of(err).Reason, "wallet.gift_card") {
		return
	}
	at, _ := strconv.Atoi(m[1])
	for _, t := range tenderTypes[1:] { // they go before the cards
		if f.Amounts[t] != "" && f.Amounts[t] != "0" {
			at--
		}
	}
	for i := range f.Cards {
		if f.Cards[i].Amount == "" {
			continue
		}
		if at == 0 {
			f.Cards[i].Err = err
		}
		at--
	}
}

// cashDue is how an amount is rounded that is paid in coins, as the flow does it.
func (h *screens) cashDue(ctx context.Context, d *desk) (func(money.Amount) money.Amount, error) {
	var settings setting.Values
	if err := h.db.Batch(ctx, setting.AskAll(d.Desk.Merchant.ID, d.Desk.Shop.ID, d.Register.ID, &settings)); err != nil {
		return nil, err
	}
	step, mode := setting.CashRounding(settings)
	return func(a money.Amount) money.Amount { return money.RoundCash(a, step, mode) }, nil
}

// sellsValue reports whether something is sold that money can be spent from: it is
// not paid from such a thing.
func (b *basket) sellsValue() bool { return b.sells(sale.LineTopUp, sale.LineGiftCard) }

// isPIN reports whether a fault asks for a PIN to be typed.
func isPIN(err error) bool {
	return err != nil && (strings.HasPrefix(fault.Of(err).Reason, "member.pin_") || errors.Is(err, wallet.ErrGiftCardPIN))
}
