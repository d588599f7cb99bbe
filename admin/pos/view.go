package pos

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/till"
	"github.com/shopwright/shopwright/core/wallet"
)

// The sheets lie over the basket, one at a time.
const (
	sheetNone   = ""
	sheetWhy    = "why"
	sheetMember = "member"
	sheetSell   = "sell"
	sheetRecall = "recall"
	sheetPay    = "pay"
	sheetChoice = "choice"
	sheetOff    = "off"
	sheetSign   = "sign"
	sheetShares = "shares"
	sheetCash   = "cashout"
	sheetOrder  = "order"
)

// view is the register as it is drawn.
type view struct {
	*desk
	frame
	Basket basket
	State  string // the basket's text
	Quote  *checkout.Quote
	Sheet  string
	Query  string
	Err    error
	Notes  []string
	Warned bool     // a note says that something is not as before
	Says   []string // the answer to what was pressed, before all else
	Undo   string   // the basket before it was cleared
	Found  found
	Lines  []lineView
	Member *memberView
	Staff  []auth.Staff
	Why    []whySection
	Parked []parkedView
	Failed []string // names of the packs that failed
	Pay    payForm
	Enrol  enrolForm
	Sell   sellForm
	Off    offForm
	Sign   signForm
	Shares sharesForm
	Cash   cashForm
	Order  orderForm
}

// frame is what stands around every screen of the register.
type frame struct {
	Shift       *till.Shift // nil: none open
	Devices     []DeviceState
	ParkedCount int
	ScanGap     int    // ms
	Feed        string // address of what the devices tell; "" none
}

// warn notes what the cashier should see before going on.
func (v *view) warn(text string) { v.Notes, v.Warned = append(v.Notes, text), true }

func (v *view) noteTone() ui.Tone {
	if v.Warned {
		return ui.Warn
	}
	return ui.Ok
}

type lineView struct {
	Index                     int
	Name, Sub, Quantity       string
	Amount, Before, Bonus     string
	Note                      string // for who prepares it
	Adjusts                   []adjustView
	Staff                     id.ID
	Shared                    string // who share it
	WantsStaff, Fixed, Active bool
}

type adjustView struct{ Text, Amount string }

type memberView struct {
	member.Member
	TierName, Phone  string
	Wallet           wallet.Wallet
	Punches          []punchView
	Coupons          []couponView
	Birthday         bool // today
	BirthdayMonth    bool
	NextTier, Points string
	Progress         string // what is missing to the next tier
	Pending          string // points that cannot be spent yet
	MayCashOut       bool
	Campaign         campaignView
}

type punchView struct {
	Name, Whose string // Whose: a relative's name, "" the member's own
	Left        int64
}

type couponView struct {
	Code, Name, Until, From string
	Applied, Idle           bool // Idle: applied, but it changes nothing in this basket
}

type enrolForm struct {
	Name, Phone string
	Err         error
}

// frameOf reads what stands around a screen. A badge that cannot be read is left
// out: it must not keep anybody from selling.
func (h *screens) frameOf(ctx context.Context, d *desk) (frame, error) {
	f := frame{ScanGap: int(h.o.ScanGap.Milliseconds())}
	if h.o.Counter != nil {
		f.Feed = d.path("feed")
	}
	shift, err := till.OpenShift(ctx, h.db, d.Desk.Merchant.ID, d.Register.ID)
	switch {
	case err == nil:
		f.Shift = &shift
	case !errors.Is(err, till.ErrNoShift):
		return f, err
	}
	if h.o.Devices != nil {
		if f.Devices, err = h.o.Devices.AtRegister(ctx, d.Desk.Merchant.ID, d.Register.ID); err != nil {
			h.o.Log.WarnContext(ctx, "the devices of a register could not be read", "error", err)
		}
	}
	f.ParkedCount, err = till.CountParked(ctx, h.db, d.Desk.Merchant.ID, d.Desk.Shop.ID, h.db.Now())
	return f, err
}

// draw prices the basket and shows the register.
func (h *screens) draw(w http.ResponseWriter, r *http.Request, v *view) error {
	if err := h.fill(r.Context(), v); err != nil {
		return err
	}
	v.State = v.Basket.encode()
	address := v.path()
	if v.State != "" && len(v.State) <= maxAddress && v.Basket.speaks() {
		address += "?b=" + v.State
	}
	v.Ctx.Path = address // the language menu comes back to this basket
	if isScripted(r) {
		w.Header().Set("HX-Replace-Url", address)
	}
	h.tellCustomer(v)
	h.armFor(v)
	return h.sh.Render(w, r, registerView(v))
}

// fill reads all that the register shows. A basket that cannot be priced any more
// loses what is wrong with it, and says so.
func (h *screens) fill(ctx context.Context, v *view) error {
	var err error
	if v.frame, err = h.frameOf(ctx, v.desk); err != nil {
		return err
	}
	for try := 0; len(v.Basket.Lines) > 0 && v.Quote == nil; try++ {
		if v.Quote, err = h.quote(ctx, &v.Desk, &v.Basket); err == nil {
			break
		}
		v.Quote = nil
		if try > maxLines+maxCoupons || !v.Basket.mend(err) {
			return err
		}
		if text, _ := v.FaultText(err); text != "" && len(v.Notes) < 3 {
			v.warn(text)
		}
	}
	if len(v.Basket.Lines) == 0 {
		v.Quote = nil
	}
	if err := h.fillMember(ctx, v); err != nil {
		return err
	}
	if v.Quote != nil {
		v.Failed = h.failed(v)
		if err := h.fillLines(ctx, v); err != nil {
			return err
		}
	}
	return h.fillSheet(ctx, v)
}

func (h *screens) fillSheet(ctx context.Context, v *view) error {
	if v.Quote == nil && (v.Sheet == sheetPay || v.Sheet == sheetWhy || v.Sheet == sheetOff) {
		v.Sheet = sheetNone
		if v.Err == nil {
			v.Err = checkout.ErrEmpty
		}
	}
	var err error
	switch v.Sheet {
	case sheetWhy:
		v.Why = h.explainQuote(v)
	case sheetRecall:
		err = h.fillRecall(ctx, v)
	case sheetSell:
		err = h.fillSell(ctx, v)
	case sheetOff:
		v.fillOff()
	case sheetShares:
		err = h.fillShares(ctx, v)
	case sheetCash:
		err = h.fillCash(ctx, v)
	case sheetOrder:
		err = h.fillOrder(ctx, v)
	case sheetPay:
		if err = h.fillCards(ctx, v); err == nil {
			v.Pay.ByCode = h.takesCodes(ctx, v.desk)
			v.Pay.settle(v)
		}
	}
	return err
}

// bearers are the coupons in the basket that are not on the member's list.
func (v *view) bearers() []couponView {
	if v.Quote == nil {
		return nil
	}
	var out []couponView
	for i := range v.Quote.Coupons {
		c := &v.Quote.Coupons[i]
		if v.Member != nil && c.Member == v.Member.ID {
			continue
		}
		out = append(out, couponView{Code: c.Code, Name: c.Definition.Name, Applied: true, Idle: !takesOff(v.Quote, c.ID)})
	}
	return out
}

func (h *screens) fillLines(ctx context.Context, v *view) error {
	q := v.Quote
	wants := false
	for i := range q.Lines {
		l := &q.Lines[i]
		x := lineView{Index: i, Name: v.lineName(l), Quantity: l.Quantity.String(), Amount: v.Money(l.Net), Staff: l.Staff, Active: i+1 == v.Basket.Current,
			Fixed: l.Kind != sale.LineGoods && l.Kind != sale.LineService}
		x.WantsStaff = l.Kind == sale.LineService || l.Kind == sale.LinePunchCard || !l.Staff.IsNone()
		wants = wants || x.WantsStaff
		if l.Kind == sale.LineGift && l.Quantity != money.One { // it has no stepper
			x.Name += " × " + x.Quantity
		}
		if l.Net != l.Gross {
			x.Before = v.Money(l.Gross)
		}
		x.Sub = v.subOf(l)
		if i < len(v.Basket.Lines) {
			x.Note = v.Basket.Lines[i].Note
		}
		if l.Kind == sale.LineGiftCard && i < len(v.Basket.Lines) && v.Basket.Lines[i].Number == "" { // the sale makes one
			x.Sub = v.T("pos.face_of", "amount", v.Money(l.Face)) + " · " + v.T("pos.number_made")
		}
		if l.Bonus > 0 {
			x.Bonus = v.T("pos.bonus", "amount", v.Money(l.Bonus))
		}
		for j := range q.Adjustments {
			if a := &q.Adjustments[j]; a.Line == l.ID {
				x.Adjusts = append(x.Adjusts, adjustView{h.adjustText(v, a), v.MoneySigned(a.Amount)})
			}
		}
		v.Lines = append(v.Lines, x)
	}
	if !wants {
		return nil
	}
	if err := h.fillStaff(ctx, v); err != nil {
		return err
	}
	for i := range v.Lines {
		if i < len(v.Basket.Lines) {
			v.Lines[i].Shared = v.sharedBy(v.Basket.Lines[i].Shares)
		}
	}
	return nil
}

// lineName names what has no name of its own.
func (d *desk) lineName(l *sale.Line) string {
	switch l.Kind {
	case sale.LineTopUp:
		return d.T("pos.line_top_up")
	case sale.LinePunchCard:
		return d.T("pos.line_punch_card", "service", l.Name)
	case sale.LineGiftCard:
		return d.T("pos.line_gift_card")
	case sale.LineCashOut:
		return d.T("pos.line_cash_out")
	}
	return l.Name
}

func (d *desk) subOf(l *sale.Line) string {
	switch l.Kind {
	case sale.LineTopUp:
		return ""
	case sale.LinePunchCard:
		return d.T("pos.visits", "count", l.Visits)
	case sale.LineGiftCard:
		text := d.T("pos.face_of", "amount", d.Money(l.Face))
		if l.CardNumber != "" {
			text += " · …" + l.CardNumber[max(len(l.CardNumber)-4, 0):]
		}
		return text
	case sale.LineGift:
		if l.PointsCost == 0 && l.Gross == 0 {
			return d.T("pos.gift_given")
		}
		return d.T("pos.gift_for", "points", d.Int(l.PointsCost))
	case sale.LineCashOut:
		return ""
	}
	return l.SKUCode + " · " + d.Words.Price(d.Currency, l.UnitPrice)
}

// units is how many things are in the basket.
func (v *view) units() money.Quantity {
	var n money.Quantity
	for _, l := range v.Basket.Lines {
		if l.Quantity%money.One != 0 { // weighed goods are one thing
			n += money.One
			continue
		}
		n += l.Quantity
	}
	return n
}

// initial is the first character of a name.
func initial(name string) string {
	r, n := utf8.DecodeRuneInString(strings.TrimSpace(name))
	if n == 0 {
		return "?"
	}
	return strings.ToUpper(string(r))
}

// failed names the packs whose failure may cost the customer something.
func (h *screens) failed(v *view) []string {
	var out []string
	for _, f := range v.Quote.Fallbacks {
		if name := h.packName(v.desk, f.PackID, f.Version); f.Costly && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}
