package office

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/wallet"
)

func (f *office) mountGiftCards() {
	f.on("GET /office/gift-cards", auth.PermMembers, f.giftCardsPage)
	f.on("GET /office/gift-cards/{id}", auth.PermMembers, f.giftCardPage)
	f.on("POST /office/gift-cards/{id}/block", auth.PermTopUp, f.giftCardDo("gift_card.blocked", func(ctx context.Context, tx *db.Tx, p *page, card id.ID, in form) error {
		_, err := wallet.BlockGiftCard(ctx, tx, p.Merchant.ID, card, in.get("reason"))
		return err
	}))
	f.on("POST /office/gift-cards/{id}/unblock", auth.PermAdjust, f.giftCardDo("gift_card.unblocked", func(ctx context.Context, tx *db.Tx, p *page, card id.ID, _ form) error {
		_, err := wallet.UnblockGiftCard(ctx, tx, p.Merchant.ID, card)
		return err
	}))
	f.on("POST /office/gift-cards/{id}/extend", auth.PermAdjust, f.giftCardDo("gift_card.extended", func(ctx context.Context, tx *db.Tx, p *page, card id.ID, in form) error {
		until, err := endOf(p, in.get("expires_at"))
		if err != nil {
			return err
		}
		_, err = wallet.ExtendGiftCard(ctx, tx, p.Merchant.ID, card, until)
		return err
	}))
}

// endOf is the end of a day in the shop's time; no day: never.
func endOf(p *page, day string) (clock.Instant, error) {
	if day == "" {
		return 0, nil
	}
	zone := p.Zone
	if zone == nil {
		zone = time.UTC
	}
	t, err := time.ParseInLocation(time.DateOnly, day, zone)
	if err != nil {
		return 0, wallet.ErrEndsEarlier.On("expires_at")
	}
	return clock.Of(t.AddDate(0, 0, 1)), nil
}

func giftCardURL(c id.ID) string { return "/office/gift-cards/" + c.String() }

type giftCardList struct {
	items         []wallet.GiftCardView
	buyers        map[id.ID]string
	now           clock.Instant
	number, state string
	first, next   string
}

func (f *office) giftCardsPage(w http.ResponseWriter, r *http.Request, p *page) error {
	at, err := pageOf(r, 30)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	l := &giftCardList{now: f.db.Now(), number: strings.TrimSpace(q.Get("number")), state: q.Get("state")}
	var next string
	if l.number != "" {
		v, err := wallet.FindGiftCard(r.Context(), f.db, p.Merchant.ID, l.number)
		switch {
		case err == nil:
			l.items = []wallet.GiftCardView{v}
		case !errors.Is(err, wallet.ErrGiftCardNotFound) && !errors.Is(err, wallet.ErrGiftCardNumber): // what cannot be a number finds nothing
			return err
		}
	} else if l.items, next, err = wallet.ListGiftCards(r.Context(), f.db, p.Merchant.ID, wallet.GiftCardFilter{State: l.state}, at); err != nil {
		return err
	}
	l.first, l.next = pager(r, next)
	var buyers []id.ID
	for _, c := range l.items {
		if !c.Buyer.IsNone() {
			buyers = append(buyers, c.Buyer)
		}
	}
	if l.buyers, err = member.Names(r.Context(), f.db, p.Merchant.ID, buyers); err != nil {
		return err
	}
	return f.show(w, r, giftCardsView(p, l))
}

func (l *giftCardList) table(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.gift_cards.title"), HideCaption: true, First: l.first, Next: l.next,
		Columns: []ui.Column{{Title: p.T("office.gift_cards.number")}, {Title: p.T("office.gift_cards.balance"), Numeric: true, Key: true}, {Title: p.T("office.gift_cards.face"), Numeric: true},
			{Title: p.T("office.gift_cards.price"), Numeric: true}, {Title: p.T("office.gift_cards.buyer")}, {Title: p.T("office.gift_cards.issued")}, {Title: p.T("office.wallet.ends")}, {Title: p.T("office.col.state")}},
		Empty: ui.EmptyState{Icon: "coupon", Title: p.T("office.gift_cards.none"), Text: p.T("office.gift_cards.none_text")}}
	for i := range l.items {
		c := &l.items[i]
		buyer := templ.Component(ui.Text("–"))
		if !c.Buyer.IsNone() {
			buyer = ui.Link(memberName(p, l.buyers[c.Buyer]), "/office/members/"+c.Buyer.String())
		}
		t.Rows = append(t.Rows, ui.Row(numberLink(c.Number, giftCardURL(c.ID)), p.Money(c.Balance), p.Money(c.Face), p.Money(c.Price), buyer, stamp2(p, c.IssuedAt), stamp2(p, c.ExpiresAt), giftCardState(p, &c.GiftCard, l.now)))
	}
	return t
}

func giftCardStates(p *page) []ui.Option {
	out := []ui.Option{{Value: "", Text: p.T("office.gift_cards.any_state")}}
	for _, s := range []string{wallet.GiftCardActive, wallet.GiftCardBlocked, wallet.GiftCardVoid} {
		out = append(out, ui.Option{Value: s, Text: p.T("office.gift_cards.state." + s)})
	}
	return out
}

func giftCardState(p *page, c *wallet.GiftCard, now clock.Instant) templ.Component {
	switch err := c.Usable(now); {
	case err == nil:
		return ui.Badge(ui.Ok, p.T("office.gift_cards.state.active"))
	case c.State == wallet.GiftCardBlocked:
		return ui.Badge(ui.Bad, p.T("office.gift_cards.state.blocked"))
	case c.State == wallet.GiftCardVoid:
		return ui.Badge(ui.Neutral, p.T("office.gift_cards.state.void"))
	}
	return ui.Badge(ui.Warn, p.T("office.gift_cards.state.expired"))
}

type giftCardPage struct {
	card  wallet.GiftCardView
	moves []wallet.Movement
	now   clock.Instant
	in    form
}

func (f *office) readGiftCard(ctx context.Context, p *page, card id.ID) (*giftCardPage, error) {
	v := &giftCardPage{now: f.db.Now(), in: values("reason", "", "expires_at", "")}
	var err error
	if v.card, err = wallet.GetGiftCard(ctx, f.db, p.Merchant.ID, card); err != nil {
		return nil, err
	}
	v.moves, err = wallet.GiftCardMovements(ctx, f.db, p.Merchant.ID, card, movementsShown)
	return v, err
}

func (f *office) giftCardPage(w http.ResponseWriter, r *http.Request, p *page) error {
	u, err := pathID(r, "id")
	if err != nil {
		return err
	}
	v, err := f.readGiftCard(r.Context(), p, u)
	if err != nil {
		return err
	}
	return f.show(w, r, giftCardView(p, v))
}

func (f *office) giftCardDo(action string, do func(context.Context, *db.Tx, *page, id.ID, form) error) func(http.ResponseWriter, *http.Request, *page) error {
	return func(w http.ResponseWriter, r *http.Request, p *page) error {
		u, err := pathID(r, "id")
		if err != nil {
			return err
		}
		in, err := formOf(r)
		if err != nil {
			return err
		}
		err = f.audited(r.Context(), action, "gift_card", nil, func(ctx context.Context, tx *db.Tx) (string, error) {
			return u.String(), do(ctx, tx, p, u, in)
		})
		if err == nil {
			return done(w, r, p, giftCardURL(u), "office."+strings.Replace(action, "gift_card.", "gift_cards.done.", 1))
		}
		v, readErr := f.readGiftCard(r.Context(), p, u)
		if readErr != nil {
			return readErr
		}
		in.err = err
		v.in = in
		return f.again(w, r, err, giftCardView(p, v))
	}
}

func (v *giftCardPage) stats(p *page) []ui.StatProps {
	return []ui.StatProps{
		{Label: p.T("office.gift_cards.balance"), Value: p.Money(v.card.Balance)},
		{Label: p.T("office.wallet.held"), Value: p.Money(v.card.Held)},
		{Label: p.T("office.gift_cards.face"), Value: p.Money(v.card.Face)},
		{Label: p.T("office.gift_cards.price"), Value: p.Money(v.card.Price)},
	}
}

func (v *giftCardPage) about(p *page) []ui.Pair {
	c := &v.card
	pin := p.T("office.gift_cards.no_pin")
	if c.PINHash != "" {
		pin = p.T("office.gift_cards.has_pin")
	}
	reason := dash(c.Reason)
	if c.Reason == "pin" {
		reason = p.T("office.gift_cards.too_many_pins")
	}
	return []ui.Pair{
		{Key: p.T("office.gift_cards.number"), Value: word(c.Number)},
		{Key: p.T("office.gift_cards.issued"), Value: stamp(p, c.IssuedAt)},
		{Key: p.T("office.wallet.ends"), Value: stamp(p, c.ExpiresAt)},
		{Key: p.T("office.gift_cards.pin"), Value: ui.Text(pin)},
		{Key: p.T("office.col.reason"), Value: ui.Text(reason)},
	}
}

func (v *giftCardPage) table(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.gift_cards.movements"), HideCaption: true, Dense: true,
		Columns: []ui.Column{{Title: p.T("office.col.date")}, {Title: p.T("office.col.receipt")}, {Title: p.T("office.col.amount"), Numeric: true, Key: true}},
		Empty:   ui.EmptyState{Icon: "coupon", Title: p.T("office.gift_cards.no_movements")}}
	for _, m := range v.moves {
		link := templ.Component(ui.Text("–"))
		if !m.Sale.IsNone() {
			link = numberLink(p.T("office.gift_cards.receipt"), "/office/sales/"+m.Sale.String())
		}
		t.Rows = append(t.Rows, ui.Row(stamp2(p, m.At), link, p.MoneySigned(money.Amount(m.Amount))))
	}
	return t
}

// ways are the directions of a change by hand.
func ways(p *page) []ui.Option {
	return []ui.Option{{Value: "give", Text: p.T("office.wallet.give")}, {Value: "take", Text: p.T("office.wallet.take")}}
}
