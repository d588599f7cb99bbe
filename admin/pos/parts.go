package pos

import (
	"strconv"

	"github.com/a-h/templ"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/receipt"
)

// tillForm is the form of the one input; keys and lines belong to it by name, so
// that the basket travels once.
const tillForm = "till"

// swap lets htmx send a form and replace the register; it is sent once at a time.
func swap(to string) templ.Attributes {
	return templ.Attributes{"hx-post": to, "hx-target": "#register", "hx-select": "#register", "hx-swap": "outerHTML", "hx-sync": "this:drop"}
}

func ofTill() templ.Attributes { return templ.Attributes{"form": tillForm} }

// tillKey is a key that does something with the basket.
func tillKey(text, icon, hotkey, do string, disabled bool) ui.KeyProps {
	return ui.KeyProps{Text: text, Icon: icon, Hotkey: hotkey, Name: "do", Value: do, Disabled: disabled, Attrs: ofTill()}
}

// tillButton is a button that does.
func tillButton(p ui.ButtonProps, do string) ui.ButtonProps {
	p.Name, p.Value = "do", do
	a := ofTill()
	for k, x := range p.Attrs {
		a[k] = x
	}
	p.Attrs = a
	return p
}

// props is the frame with what every screen of the register has.
func (d *desk) props(f *frame, title string) ui.RegisterProps {
	return ui.RegisterProps{Title: title, Register: d.Register.Name, ScanURL: d.path(), Target: "#register", FormID: tillForm, ScanGap: f.ScanGap, Feed: f.Feed,
		Badges: badges(d, f), Flash: d.Flash()}
}

func registerView(v *view) templ.Component {
	p := v.props(&v.frame, v.T("pos.title"))
	p.Query, p.Focus = v.Query, v.Sheet == sheetNone
	switch v.Sheet { // a scan keeps what was typed
	case sheetPay:
		p.ScanWith = "#pay"
	case sheetSell:
		p.ScanWith = "#sell-card"
	}
	p.Basket, p.Side, p.Foot = mainPart(v), sidePart(v), footPart(v)
	p.Keys = v.keys()
	return ui.Register(v.Ctx, p)
}

func (v *view) keys() []ui.KeyProps {
	empty := len(v.Basket.Lines) == 0
	back := tillKey(v.T("pos.back"), "back", "Escape", "close", false)
	if v.Sheet == sheetPay { // F5 to F8 are the tenders'
		return []ui.KeyProps{back, v.roundKey("round:pay")}
	}
	if v.Sheet == sheetSign {
		return []ui.KeyProps{back}
	}
	var keys []ui.KeyProps
	if v.Sheet != sheetNone {
		keys = append(keys, back)
	}
	keys = append(keys, tillKey(v.T("pos.why_key"), "info", "F1", "why", empty))
	if v.May(string(auth.PermMembers)) {
		keys = append(keys, tillKey(v.T("pos.member"), "member", "F3", "members", false))
	}
	keys = append(keys, tillKey(v.T("pos.park"), "pause", "F4", "park", empty))
	recall := v.T("pos.recall")
	if v.ParkedCount > 0 {
		recall += " " + strconv.Itoa(v.ParkedCount)
	}
	keys = append(keys, tillKey(recall, "recall", "F5", "recall", v.ParkedCount == 0),
		ui.KeyProps{Text: v.T("pos.sales"), Icon: "sale", Hotkey: "F6", Href: v.path("sales")})
	if v.May(string(auth.PermTopUp)) {
		keys = append(keys, tillKey(v.T("pos.sell_more"), "wallet", "F7", "sell", false))
	}
	keys = append(keys, tillKey(v.T("pos.discount"), "percent", "F8", "off", empty), v.roundKey("round"))
	if v.hasScale() {
		keys = append(keys, tillKey(v.T("pos.weigh"), "scale", "", "weigh", empty))
	}
	if v.toStations() {
		keys = append(keys, tillKey(v.T("pos.order"), "print", "", "order", empty && len(v.Basket.Gone) == 0))
	}
	if v.Sheet == sheetNone {
		keys = append(keys, tillKey(v.T("pos.clear"), "trash", "", "clear", v.Basket.isEmpty()))
	}
	return append(keys, v.lastKeys()...)
}

// roundKey makes the bill round, or takes that back.
func (v *view) roundKey(do string) ui.KeyProps {
	text := v.T("pos.round")
	if v.Basket.Drop != 0 {
		text = v.T("pos.round_back")
	}
	return tillKey(text, "minus", "F11", do, v.Quote == nil || v.Basket.Drop == 0 && len(v.drops()) == 0)
}

// lastKeys lead away from the basket.
func (d *desk) lastKeys() []ui.KeyProps {
	if !d.May(string(auth.PermShift)) {
		return nil
	}
	return []ui.KeyProps{{Text: d.T("pos.shift"), Icon: "cash", Hotkey: "F10", Href: d.path("shift")}}
}

func awayKeys(d *desk) []ui.KeyProps {
	return append([]ui.KeyProps{{Text: d.T("pos.back"), Icon: "back", Hotkey: "Escape", Href: d.path()}, {Text: d.T("pos.sales"), Icon: "sale", Hotkey: "F6", Href: d.path("sales")},
		{Text: d.T("pos.requests"), Icon: "clock", Hotkey: "F8", Href: d.path("requests")}}, d.lastKeys()...)
}

// hint says what the keys do where nothing else is to be said.
func (v *view) hint() string {
	switch v.Sheet {
	case sheetNone:
		return v.T("pos.hint")
	case sheetPay:
		return v.T("pos.hint_pay")
	}
	return ""
}

// due is the figure that both sides of the counter read.
func (v *view) due() ui.DueProps {
	p := ui.DueProps{Label: v.T("pos.total"), Amount: v.Money(0)}
	q := v.Quote
	if q == nil {
		return p
	}
	p.Amount = v.Money(q.Total)
	if q.Discount != 0 {
		p.Rows = append(p.Rows, ui.DueRow{Label: v.T("pos.subtotal"), Amount: v.Money(q.Subtotal)}, ui.DueRow{Label: v.T("pos.saved"), Amount: v.Money(-q.Discount), Adjust: true})
	}
	if q.Tax != 0 && !q.Inclusive {
		p.Rows = append(p.Rows, ui.DueRow{Label: v.T("pos.tax"), Amount: v.Money(q.Tax)})
	}
	return p
}

// payDue is what is left to pay, or the change.
func (v *view) payDue() ui.DueProps {
	f, q := &v.Pay, v.Quote
	p := ui.DueProps{Label: v.T("pos.cash_to_take"), Amount: v.Money(f.Rest), Rows: []ui.DueRow{{Label: v.T("pos.total"), Amount: v.Money(q.Total)}}}
	for _, t := range tenderTypes {
		if a, err := f.amount(v, t); err == nil && a > 0 {
			p.Rows = append(p.Rows, ui.DueRow{Label: v.T("pos.tender." + t), Amount: v.Money(a)})
		}
	}
	for i := range f.Cards {
		if a, err := f.Cards[i].amount(v); err == nil && a > 0 {
			p.Rows = append(p.Rows, ui.DueRow{Label: v.T("pos.tender.gift_card") + " " + f.Cards[i].tail(), Amount: v.Money(a)})
		}
	}
	if f.Rounding != 0 {
		p.Rows = append(p.Rows, ui.DueRow{Label: v.T("pos.rounded"), Amount: v.MoneySigned(f.Rounding)})
	}
	switch {
	case f.Rest > 0 && f.CashGiven:
		p.Label = v.T("pos.missing")
	case f.Rest == 0:
		p.Label, p.Amount, p.Change = v.T("pos.change"), v.Money(f.Change), true
	}
	return p
}

// lawSays is what a quote lets pass and says, on every sheet that sells.
func (v *view) lawSays() []string {
	if v.Quote == nil || v.Sheet != sheetNone && v.Sheet != sheetPay {
		return nil
	}
	return v.warnings(v.Quote)
}

func deviceTone(s DeviceState) ui.Tone {
	if s.Online {
		return ui.Ok
	}
	return ui.Bad
}

func (f *frame) shiftText(d *desk) (ui.Tone, string) {
	if f.Shift == nil {
		return ui.Warn, d.T("pos.no_shift")
	}
	return ui.Ok, d.T("pos.shift_no", "no", f.Shift.No)
}

// receiptHTML is the document as it is printed. It is escaped by its renderer.
func receiptHTML(d receipt.Document) templ.Component { return templ.Raw(receipt.HTML(d)) }

func staffOptions(v *view) []ui.Option {
	out := []ui.Option{{Value: "", Text: v.T("pos.no_staff")}}
	for _, s := range v.Staff {
		out = append(out, ui.Option{Value: s.ID.String(), Text: s.Name})
	}
	return out
}

func itoa(n int) string { return strconv.Itoa(n) }

func firstOf(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}

// liveSum works the sheet's figure out anew while somebody types.
func liveSum(v *view) templ.Attributes {
	return templ.Attributes{"hx-post": v.path("pay"), "hx-vals": `{"do":"sum"}`, "hx-trigger": "input changed delay:120ms", "hx-target": "#pay-due", "hx-select": "#pay-due",
		"hx-select-oob": "#pay-quick", "hx-swap": "outerHTML", "hx-sync": "closest form:abort"}
}

// liveTopUp says what a top-up would bring while its amount is typed.
func liveTopUp(v *view) templ.Attributes {
	return templ.Attributes{"autocomplete": "off", "autofocus": v.Member != nil && v.Sell.CardNumber == "", "hx-post": v.path(), "hx-vals": `{"do":"sum-topup"}`, "hx-trigger": "input changed delay:200ms", "hx-target": "#topup-live",
		"hx-select": "#topup-live", "hx-swap": "outerHTML", "hx-sync": "closest form:abort"}
}

// topUps are the usual amounts.
func topUps(v *view) []quickCash {
	unit := unitOf(v.Currency)
	var out []quickCash
	for _, n := range []money.Amount{100, 200, 500, 1000, 2000, 5000} {
		out = append(out, quickCash{v.Money(n * unit), v.Currency.Format(n * unit)})
	}
	return out
}

func serviceOptions(v *view) []ui.Option {
	var out []ui.Option
	for _, s := range v.Sell.Services {
		out = append(out, ui.Option{Value: s.ID.String(), Text: s.Name + " · " + v.Words.Price(v.Currency, s.UnitPrice)})
	}
	return out
}
