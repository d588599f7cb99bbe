package pos

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/catalog"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/loyalty"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/wallet"
)

// sellForm is the sheet of what is not on a shelf.
type sellForm struct {
	TopUp, Price, Visits, Free, SKU string
	CardPrice, CardFace, CardNumber string
	Bonus                           string   // what the top-up that is typed would bring
	Warnings                        []string // what the law says of it
	Plans                           []planView
	Gifts                           []giftView
	Services                        []catalog.SKU
	Err                             error
}

type planView struct {
	ID         id.ID
	Name       string
	Sub, Price string
}

type giftView struct {
	ID                id.ID
	Name, Sub, Points string
	Why               string // why it cannot be had; "" it can
}

// fillSell offers plans and gifts; gifts that can be had now come first.
func (h *screens) fillSell(ctx context.Context, v *view) error {
	f, m := &v.Sell, v.Desk.Merchant.ID
	plans, err := catalog.ListPlans(ctx, h.db, m, false)
	if err != nil {
		return err
	}
	for i := range plans {
		p := &plans[i]
		x := planView{ID: p.ID, Name: p.Name, Price: v.Money(p.Price), Sub: v.T("pos.plan_sub", "count", p.Total(), "each", v.Money(p.PerVisit()))}
		if p.ValidDays > 0 {
			x.Sub += " · " + v.T("pos.plan_days", "days", p.ValidDays)
		}
		f.Plans = append(f.Plans, x)
	}
	if f.Services, _, err = catalog.List(ctx, h.db, m, catalog.Filter{Kind: catalog.Service}, db.Page{Limit: 200}); err != nil {
		return err
	}
	return h.fillGifts(ctx, v)
}

func (h *screens) fillGifts(ctx context.Context, v *view) error {
	m := v.Desk.Merchant.ID
	gifts, err := loyalty.ListGifts(ctx, h.db, m, false)
	if err != nil || len(gifts) == 0 || v.Member == nil {
		return err
	}
	var ids []id.ID
	for i := range gifts {
		ids = append(ids, gifts[i].ID)
	}
	var have map[id.ID]int64
	if err := h.db.Batch(ctx, loyalty.AskGiftCounts(m, v.Member.ID, ids, &have)); err != nil {
		return err
	}
	left := v.Member.Wallet.Points
	for i := range gifts { // what the basket takes already
		left -= gifts[i].Points * v.Basket.gifts(gifts[i].ID)
	}
	for i := range gifts {
		g := &gifts[i]
		x := giftView{ID: g.ID, Name: g.Name, Points: v.T("pos.points", "points", v.Int(g.Points))}
		if g.Money > 0 {
			x.Points += " + " + v.Money(g.Money)
		}
		if g.Counted {
			x.Sub = v.T("pos.gifts_left", "count", g.OnHand)
		}
		if err := g.Check(h.db.Now(), have[g.ID], v.Basket.gifts(g.ID)+1); err != nil {
			x.Why, _ = v.FaultText(err)
		} else if g.Points > left {
			x.Why = v.T("pos.points_missing", "points", v.Int(g.Points-left))
		}
		v.Sell.Gifts = append(v.Sell.Gifts, x)
	}
	slices.SortStableFunc(v.Sell.Gifts, func(a, b giftView) int { return cmp.Compare(btoi(a.Why != ""), btoi(b.Why != "")) })
	return nil
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// gifts is how many of a gift lie in the basket for points.
func (b *basket) gifts(gift id.ID) (n int64) {
	for _, l := range b.Lines {
		if l.Gift == gift && l.Grant.IsNone() {
			n += int64(l.Quantity / money.One)
		}
	}
	return n
}

func (a *action) topUpLine(typed string) (line, error) {
	a.v.Sell.TopUp = typed
	amount, err := ui.ParseMoney(a.v.Currency, typed)
	if err == nil && amount <= 0 {
		err = checkout.ErrLine.On("amount")
	}
	return line{Kind: sale.LineTopUp, Quantity: money.One, Amount: amount}, err
}

func (a *action) topUp(ctx context.Context, arg string) error {
	if err := auth.Require(ctx, auth.PermTopUp); err != nil {
		return err
	}
	if arg == "" {
		arg = a.r.PostForm.Get("amount")
	}
	l, err := a.topUpLine(arg)
	return a.sold(ctx, l, err)
}

// sumTopUp shows what a top-up would bring while it is typed; nothing is changed.
func (a *action) sumTopUp(ctx context.Context, _ string) error {
	if err := auth.Require(ctx, auth.PermTopUp); err != nil {
		return err
	}
	a.v.Sheet = sheetSell
	f := &a.v.Sell
	l, err := a.topUpLine(a.r.PostForm.Get("amount"))
	if err != nil || a.b.Member.IsNone() {
		return nil // it is being typed
	}
	b := a.b.clone()
	if err := b.append(l); err != nil {
		return err
	}
	q, err := a.h.quote(ctx, &a.v.Desk, &b)
	if err != nil {
		if k := fault.KindOf(err); k == fault.Internal || k == fault.Unavailable {
			return err
		}
		text, _ := a.v.FaultText(err)
		f.Warnings = append(f.Warnings, text)
		return nil
	}
	f.Bonus = a.v.T("pos.bonus_will_be", "bonus", a.v.Money(q.Lines[len(q.Lines)-1].Bonus), "amount", a.v.Money(l.Amount+q.Lines[len(q.Lines)-1].Bonus))
	f.Warnings = a.v.warnings(q)
	return nil
}

// warnings is what the law has to say of a basket, and lets pass.
func (d *desk) warnings(q *checkout.Quote) (out []string) {
	for _, w := range q.Warnings {
		out = append(out, d.Words.T(w.Reason, w.Args))
	}
	return out
}

func (a *action) plan(ctx context.Context, arg string) error {
	if err := auth.Require(ctx, auth.PermTopUp); err != nil {
		return err
	}
	plan, err := id.Parse(arg)
	if err != nil {
		return catalog.ErrPlanNotFound
	}
	return a.sold(ctx, line{Kind: sale.LinePunchCard, Quantity: money.One, Plan: plan}, nil)
}

// gift takes one for points.
func (a *action) gift(ctx context.Context, arg string) error {
	gift, err := id.Parse(arg)
	if err != nil {
		return loyalty.ErrGiftNotFound
	}
	for i := range a.b.Lines {
		if l := &a.b.Lines[i]; l.Gift == gift && l.Kind == sale.LineGift && l.Grant.IsNone() {
			l.Quantity += money.One
			a.b.Current = i + 1
			return nil
		}
	}
	return a.sold(ctx, line{Kind: sale.LineGift, Quantity: money.One, Gift: gift}, nil)
}

func (a *action) giftCard(ctx context.Context, arg string) error {
	if err := auth.Require(ctx, auth.PermTopUp); err != nil {
		return err
	}
	f, form := &a.v.Sell, a.r.PostForm
	f.CardPrice, f.CardFace, f.CardNumber = form.Get("card_price"), strings.TrimSpace(form.Get("card_face")), strings.TrimSpace(form.Get("card_number"))
	if arg != "" {
		f.CardPrice, f.CardFace = arg, ""
	}
	l := line{Kind: sale.LineGiftCard, Quantity: money.One}
	var err error
	if l.Amount, err = ui.ParseMoney(a.v.Currency, f.CardPrice); err != nil {
		return a.sold(ctx, l, fault.Of(err).On("card_price"))
	}
	if f.CardFace != "" {
		if l.Face, err = ui.ParseMoney(a.v.Currency, f.CardFace); err != nil {
			return a.sold(ctx, l, fault.Of(err).On("card_face"))
		}
	}
	if l.Face == 0 {
		l.Face = l.Amount
	}
	if l.Amount < 0 || l.Face <= 0 {
		return a.sold(ctx, l, checkout.ErrLine.On("card_price"))
	}
	if f.CardNumber != "" {
		if l.Number, err = wallet.GiftCardNumber(f.CardNumber); err != nil {
			return a.sold(ctx, l, fault.Of(err).On("card_number"))
		}
		switch _, err = wallet.FindGiftCard(ctx, a.h.db, a.merchant(), l.Number); {
		case err == nil || slices.ContainsFunc(a.b.Lines, func(o line) bool { return o.Number == l.Number }):
			return a.sold(ctx, l, wallet.ErrGiftCardTaken.On("card_number"))
		case fault.KindOf(err) != fault.NotFound:
			return err
		}
	}
	return a.sold(ctx, l, nil)
}

// numberForSale takes a scan in the sheet of what is sold as the number of the gift
// card to be sold.
func (a *action) numberForSale(t typed) bool {
	if a.r.PostForm.Get("sheet") != sheetSell {
		return false
	}
	n, err := wallet.GiftCardNumber(t.Text)
	if err != nil {
		return false
	}
	form := a.r.PostForm
	a.v.Sheet = sheetSell
	a.v.Sell.CardPrice, a.v.Sell.CardFace, a.v.Sell.CardNumber = form.Get("card_price"), form.Get("card_face"), n
	return true
}

// punchCard sells visits of one service without a plan.
func (a *action) punchCard(ctx context.Context, _ string) error {
	if err := auth.Require(ctx, auth.PermTopUp); err != nil {
		return err
	}
	f := &a.v.Sell
	form := a.r.PostForm
	f.SKU, f.Visits, f.Free, f.Price = form.Get("sku"), form.Get("visits"), form.Get("free"), form.Get("price")
	l := line{Kind: sale.LinePunchCard, Quantity: money.One}
	price, err := ui.ParseMoney(a.v.Currency, f.Price)
	sku, skuErr := id.Parse(f.SKU)
	visits, visitsErr := strconv.ParseInt(f.Visits, 10, 32)
	var free int64
	var freeErr error
	if f.Free != "" {
		free, freeErr = strconv.ParseInt(f.Free, 10, 32)
	}
	switch {
	case err != nil:
	case skuErr != nil:
		err = checkout.ErrUnknownSKU.On("sku")
	case visitsErr != nil || visits < 1:
		err = checkout.ErrLine.On("visits")
	case freeErr != nil || free < 0:
		err = checkout.ErrLine.On("free")
	}
	l.SKU, l.Visits, l.Free, l.Amount = sku, visits, free, price
	return a.sold(ctx, l, err)
}

// sold puts a line into the basket, or shows the form again.
func (a *action) sold(ctx context.Context, l line, err error) error {
	if err == nil && a.b.Member.IsNone() && l.Kind != sale.LineGiftCard {
		err = checkout.ErrMemberNeeded
	}
	if err == nil {
		b := a.b.clone()
		if err = b.append(l); err == nil {
			if _, err = a.h.quote(ctx, &a.v.Desk, &b); err == nil {
				*a.b = b
				return nil
			}
		}
	}
	if k := fault.KindOf(err); k == fault.Internal || k == fault.Unavailable {
		return err
	}
	a.v.Sheet, a.v.Sell.Err = sheetSell, err
	return nil
}
