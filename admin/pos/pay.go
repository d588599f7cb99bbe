package pos

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/web"
)

// tenderTypes is the order in which tenders are offered and booked.
var tenderTypes = []string{sale.TenderCash, sale.TenderCard, sale.TenderQR, sale.TenderStoredValue, sale.TenderPoints}

// payForm is the payment sheet. Sale is made when the sheet opens: the sale gets
// it as its id and the request as its key, so that sending twice sells once.
type payForm struct {
	Sale      id.ID
	Amounts   map[string]string // as typed, by tender type
	Refs      map[string]string // slips of a terminal
	Err       error
	Changed   bool // the total is another than the one that was shown
	Rows      []tenderRow
	Quick     []quickCash
	Rest      money.Amount // what no tender pays yet
	Change    money.Amount
	CashGiven bool
	Due       money.Amount // what cash would have to pay, rounded to the coins there are
	Rounding  money.Amount // by how much Due was rounded
	Cards     []cardTender
	Number    string // of a gift card that is typed
	CardErr   error
	Frozen    bool // the member's wallet cannot be spent from
	ByCode    bool // a provider takes QR payments here, by the customer's code
	Waits     bool // the payment has no answer yet: nothing is changed meanwhile
	Say       string
	pins      map[string]string
}

func newPay(now clock.Instant) payForm {
	return payForm{Sale: id.New(int64(now)), Amounts: map[string]string{}, Refs: map[string]string{}}
}

type tenderRow struct {
	Type, Hotkey, Icon string
	Value, Ref         string
	Limit              string // what the member has of it
	Has                bool   // it can be used in this sale
	Terminal           bool   // paid on a terminal of its own
	AsksPIN            bool   // the member's
	ByCode             bool   // paid by the customer's payment code
	Err                error
}

type quickCash struct{ Text, Value string }

var tenderKeys = map[string][2]string{
	sale.TenderCash: {"", "cash"}, sale.TenderCard: {"F5", "card"}, sale.TenderQR: {"F6", "qr"}, sale.TenderStoredValue: {"F7", "wallet"}, sale.TenderPoints: {"F8", "coupon"},
}

func readPay(r *http.Request) (payForm, error) {
	f := payForm{Amounts: map[string]string{}, Refs: map[string]string{}, pins: map[string]string{}}
	var err error
	if f.Sale, err = id.Parse(r.PostForm.Get("sale")); err != nil {
		return f, web.ErrValidation.On("sale").With("param", "sale").With("problem", "")
	}
	for _, t := range tenderTypes {
		f.Amounts[t] = strings.TrimSpace(r.PostForm.Get(t))
		f.Refs[t] = strings.TrimSpace(r.PostForm.Get("ref." + t))
		f.pins[t] = r.PostForm.Get("pin." + t)
	}
	f.Number = strings.TrimSpace(r.PostForm.Get("gift_number"))
	f.readCards(r)
	return f, nil
}

// amount is what was typed for a tender, 0 for nothing.
func (f *payForm) amount(v *view, t string) (money.Amount, error) {
	s := f.Amounts[t]
	if s == "" {
		return 0, nil
	}
	a, err := ui.ParseMoney(v.Currency, s)
	if err == nil && a < 0 {
		err = checkout.ErrTender.On(t)
	}
	return a, err
}

// most is what a tender may pay of this sale at the most.
func (f *payForm) most(v *view, t string) money.Amount {
	q := v.Quote
	spends := v.Member != nil && !q.Wallet.Frozen && !v.Basket.sellsValue()
	switch {
	case t == sale.TenderStoredValue && spends:
		return q.Payable(t, max(min(q.Wallet.StoredValue(), q.Total), 0))
	case t == sale.TenderPoints && spends:
		return q.Payable(t, max(min(q.PointsWorth(max(q.Wallet.Points, 0)), q.Total), 0))
	case t == sale.TenderCard, t == sale.TenderQR, t == sale.TenderCash:
		return q.Total
	}
	return 0
}

// settle works out what the sheet shows: what is left, or the change.
func (f *payForm) settle(v *view) {
	q := v.Quote
	var other, cash money.Amount
	f.Rows = nil
	for _, t := range tenderTypes {
		a, err := f.amount(v, t)
		if t == sale.TenderCash {
			cash = a
		} else if err == nil {
			other += a
		}
		row := tenderRow{Type: t, Hotkey: tenderKeys[t][0], Icon: tenderKeys[t][1], Value: f.Amounts[t], Ref: f.Refs[t], Err: err, Has: f.most(v, t) > 0 || q.Total == 0 && t == sale.TenderCash,
			Terminal: (t == sale.TenderCard || t == sale.TenderQR) && a > 0}
		switch t {
		case sale.TenderStoredValue:
			row.Limit, row.AsksPIN = v.T("pos.available", "amount", v.Money(q.Wallet.StoredValue())), q.AsksPIN
		case sale.TenderQR:
			row.ByCode = f.ByCode
		case sale.TenderPoints:
			row.Limit = v.T("pos.available_points", "points", v.Int(q.Wallet.Points), "amount", v.Money(q.PointsWorth(max(q.Wallet.Points, 0))))
		}
		if c := q.LimitOf(t); c != nil && v.Member != nil {
			row.Has = row.Has || c.Effective() == 0 && row.Limit != "" // so that the screen says why it pays nothing
			row.Limit += v.limitOf(t)
		}
		if row.Has || row.Value != "" {
			f.Rows = append(f.Rows, row)
		}
	}
	for i := range f.Cards {
		if a, err := f.Cards[i].amount(v); err == nil {
			other += a
		} else {
			f.Cards[i].Err = err
		}
	}
	f.Frozen = q.Wallet.Frozen
	rest := max(q.Total-other, 0)
	f.Due = q.CashDue(rest)
	f.Rounding = f.Due - rest
	f.CashGiven = f.Amounts[sale.TenderCash] != ""
	f.Rest, f.Change = max(f.Due-cash, 0), max(cash-f.Due, 0)
	f.Quick = quickAmounts(v, f.Due)
}

// limitOf says what a tender may pay, after what there is of it. A limit of all
// that is to be paid only sets steps, or the order in which it is spent.
func (v *view) limitOf(t string) (text string) {
	c := v.Quote.LimitOf(t)
	if c == nil {
		return ""
	}
	if c.Most < v.Quote.Total {
		text = " · " + v.T("checkout.tender_limit."+t, "most", v.Money(c.Effective()))
	}
	if c.Step > 0 {
		text += " · " + v.T("checkout.tender_step", "step", v.Money(c.Step))
	}
	return text
}

// quickAmounts are the notes that a customer is likely to hand over: what is due,
// then the next round amounts above it.
func quickAmounts(v *view, due money.Amount) []quickCash {
	unit := unitOf(v.Currency)
	list := []money.Amount{due}
	for _, step := range []money.Amount{5, 10, 20, 50, 100, 500, 1000} {
		step *= unit
		a := (due + step - 1) / step * step
		if a > due && !slices.Contains(list, a) && len(list) < 6 {
			list = append(list, a)
		}
	}
	var out []quickCash
	for _, a := range list {
		if a > 0 {
			out = append(out, quickCash{v.Money(a), v.Currency.Format(a)})
		}
	}
	return out
}

// fillRest puts what is left onto a tender, as far as it goes.
func (f *payForm) fillRest(v *view, t string) {
	if !slices.Contains(tenderTypes, t) || t == sale.TenderCash {
		return
	}
	var other money.Amount
	for _, o := range tenderTypes {
		if a, err := f.amount(v, o); err == nil && o != t && o != sale.TenderCash {
			other += a
		}
	}
	for i := range f.Cards {
		if a, err := f.Cards[i].amount(v); err == nil {
			other += a
		}
	}
	a := min(v.Quote.Total-other, f.most(v, t))
	if a <= 0 {
		f.Amounts[t] = ""
		return
	}
	f.Amounts[t] = v.Currency.Format(a)
	f.Amounts[sale.TenderCash] = ""
}

// tenders are what is paid with. Where no cash was typed, the rest is cash and
// exact: what it comes to in coins, cashDue says.
func (f *payForm) tenders(v *view, total money.Amount, cashDue func(money.Amount) money.Amount) ([]checkout.TenderIn, error) {
	var out []checkout.TenderIn
	rest := total
	for _, t := range tenderTypes[1:] {
		a, err := f.amount(v, t)
		if err != nil {
			return nil, fault.Of(err).On(t)
		}
		if a > 0 {
			out = append(out, checkout.TenderIn{Type: t, Amount: a, Reference: clip(f.Refs[t], 60), PIN: f.pins[t]})
			rest -= a
		}
	}
	for i := range f.Cards {
		c := &f.Cards[i]
		a, err := c.amount(v)
		if err != nil {
			return nil, fault.Of(err).On("gift_card")
		}
		if a > 0 {
			out = append(out, checkout.TenderIn{Type: sale.TenderGiftCard, Amount: a, Reference: c.Number, PIN: c.pin})
			rest -= a
		}
	}
	cash, err := f.amount(v, sale.TenderCash)
	if err != nil {
		return nil, fault.Of(err).On(sale.TenderCash)
	}
	if f.Amounts[sale.TenderCash] == "" && rest > 0 {
		cash = cashDue(rest)
	}
	if cash > 0 {
		out = append(out, checkout.TenderIn{Type: sale.TenderCash, Amount: cash})
	}
	return out, nil
}

func clip(s string, most int) string {
	r := []rune(s)
	return string(r[:min(len(r), most)])
}

// pay recalculates the sheet, or sells.
func (h *screens) pay(w http.ResponseWriter, r *http.Request, d *desk) error {
	if err := r.ParseForm(); err != nil {
		return web.ErrMalformed.Wrap(err)
	}
	b, err := decode(r.PostForm.Get("b"))
	if err != nil {
		return err
	}
	v := &view{desk: d, Basket: b, Sheet: sheetPay}
	if v.Pay, err = readPay(r); err != nil {
		return err
	}
	do, arg, _ := strings.Cut(r.PostForm.Get("do"), ":")
	switch do {
	case "ask":
		return h.askPayment(w, r, v)
	case "leave":
		return h.leavePayment(w, r, v)
	case "paycode":
		return h.payByCode(w, r, v)
	case "sum":
		return h.draw(w, r, v)
	case "cash":
		v.Pay.Amounts[sale.TenderCash] = arg
		return h.draw(w, r, v)
	case "fill", "card", "card-off":
		first := &view{desk: d, Basket: b}
		if err := h.fill(r.Context(), first); err != nil {
			return err
		}
		if first.Quote != nil {
			v.Basket, v.Quote, v.Notes = first.Basket, first.Quote, first.Notes
			switch do {
			case "fill":
				v.Pay.fillRest(first, arg)
			case "card":
				if err := h.addCard(r.Context(), first, &v.Pay, v.Pay.Number); err != nil {
					return err
				}
			default:
				v.Pay.Cards = slices.DeleteFunc(v.Pay.Cards, func(c cardTender) bool { return c.Number == arg })
			}
		}
		return h.draw(w, r, v)
	}
	if v.Pay.Number != "" { // typed and not yet looked at: Enter means that
		r.PostForm.Set("do", "card")
		return h.pay(w, r, d)
	}
	return h.sell(w, r, v)
}

// sell completes the sale and shows it. Where the total is another than the one
// that was shown, or a tender does not do, the sheet says so and asks again.
func (h *screens) sell(w http.ResponseWriter, r *http.Request, v *view) error {
	ctx := r.Context()
	if v.Basket.sells(sale.LineTopUp, sale.LinePunchCard, sale.LineGiftCard) {
		if err := auth.Require(ctx, auth.PermTopUp); err != nil {
			return err
		}
	}
	shown, err := strconv.ParseInt(r.PostForm.Get("total"), 10, 64)
	if err != nil {
		return web.ErrValidation.On("total").With("param", "total").With("problem", "")
	}
	total := money.Amount(shown)
	b, err := h.basketOf(ctx, &v.Desk, &v.Basket)
	if err != nil {
		return err
	}
	cashDue, err := h.cashDue(ctx, v.desk)
	if err != nil {
		return err
	}
	tenders, err := v.Pay.tenders(v, total, cashDue)
	if err == nil {
		err = h.checkPayCode(ctx, v.desk, tenders)
	}
	if err == nil {
		h.disarm(v.desk) // its customer has shown the code, or pays otherwise
		in := checkout.SaleIn{Basket: b, ID: v.Pay.Sale, QuoteRef: r.PostForm.Get("quote"), ExpectedTotal: &total, Tenders: tenders,
			Actor: v.Actor.ID, Origin: sale.OriginTill,
			Idem: db.Idem{Key: "pos." + v.Pay.Sale.String(), Route: "POST /pos/pay", BodyHash: bodyHash(v.Basket.encode(), shown, tenders)}}
		var s *sale.Sale
		if s, err = h.o.Desk.Complete(ctx, in); err == nil {
			agreed := v.Basket.checkout(&v.Desk)
			h.signed.end(&agreed)
			h.cashed(v.desk, s)
			return h.goTo(w, r, v.path("sales", s.ID.String()+"?paid=1"))
		}
	}
	switch {
	case errors.Is(err, db.ErrKeyReused), errors.Is(err, sale.ErrIDTaken):
		// This sheet has sold already, with other amounts: that sale stands.
		if s, e := sale.Get(ctx, h.db, v.Desk.Merchant.ID, v.Pay.Sale); e == nil && s.State == sale.StateCompleted {
			return h.goTo(w, r, v.path("sales", s.ID.String()+"?paid=1"))
		}
		v.Pay.Sale = id.New(int64(h.db.Now()))
	case errors.Is(err, checkout.ErrPaymentRefused):
		v.Pay.Sale = id.New(int64(h.db.Now())) // the attempt ended: the next one is another
	case errors.Is(err, checkout.ErrPaymentPending), errors.Is(err, db.ErrKeyInFlight):
		v.Pay.Waits = true
	case fault.KindOf(err) == fault.Internal || fault.KindOf(err) == fault.Unavailable:
		return err
	case errors.Is(err, checkout.ErrTotalChanged):
		v.Pay.Changed = true
	case errors.Is(err, checkout.ErrNeedsManager): // what was agreed to has ended
		asked := v.Basket.clone()
		v.ask(&asked, err)
		v.Basket.mend(err)
		return h.draw(w, r, v)
	}
	v.Pay.blame(err)
	v.Pay.Err = err
	return h.draw(w, r, v)
}

func bodyHash(state string, total int64, tenders []checkout.TenderIn) string {
	s := fmt.Sprintf("%s|%d", state, total)
	for _, t := range tenders {
		s += fmt.Sprintf("|%s %d %q", t.Type, t.Amount, t.Reference)
	}
	return hashOf(s)
}
