package report

import (
	"context"
	"strings"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/catalog"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/i18n"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/core/receipt"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/setting"
	"github.com/shopwright/shopwright/core/tax"
	"github.com/shopwright/shopwright/core/tenant"
)

// Receipts makes the receipt document of a sale or refund from what was stored
// with it, so that a copy made next year reads the same: balances are those of
// the sale's instant, texts of adjustments come from the version of the pack that
// made them. How it looks is the shop's template of today.
type Receipts struct {
	DB    *db.DB
	Packs *pack.Registry

	logos logoCache
}

// Document builds it; locale "" is the languages of the shop's template, else the
// shop's receipt language, else the merchant's. copyNo above 1 marks a duplicate.
// Fault: sale.not_found.
func (r *Receipts) Document(ctx context.Context, m, saleID id.ID, locale string, copyNo int) (receipt.Document, error) {
	s, err := sale.Get(ctx, r.DB, m, saleID)
	if err != nil {
		return receipt.Document{}, err
	}
	var desk tenant.Desk
	var settings setting.Values
	var profile member.Profile
	var had purse
	var people []auth.Staff
	var draws map[id.ID][]sale.Draw
	var tpl receipt.Template
	of := &sale.Sale{}
	asks := []db.Ask{tenant.AskDesk(m, s.Register, &desk), setting.AskAll(m, s.Shop, s.Register, &settings), receipt.AskTemplate(m, s.Shop, &tpl)}
	if !s.Member.IsNone() {
		asks = append(asks, member.AskProfile(m, s.Member, &profile), ledger.AskBalancesAt(m, ledger.OwnerMember, s.Member, s.CompletedAt, &had.balances),
			askLotsAt(m, s.Member, s.CompletedAt, &had.lots), sale.AskDraws(m, s.ID, &draws))
	}
	if ids := peopleOf(s); len(ids) > 0 {
		asks = append(asks, auth.AskStaff(m, ids, &people))
	}
	if !s.Of.IsNone() {
		asks = append(asks, sale.AskWhole(m, s.Of, of)...)
	}
	if err := r.DB.Batch(ctx, asks...); err != nil {
		return receipt.Document{}, err
	}
	if err := desk.Check(); err != nil {
		return receipt.Document{}, err
	}
	langs := languages(tpl, locale, setting.ReceiptLocale.In(settings), desk.Merchant.Locale)
	w := &receiptWriter{packs: r.Packs.For(ctx, m), l: i18n.Match(langs[0]), t: receipt.Texts(langs, " "), langs: langs, s: s, of: of, people: people, zone: desk.Shop.Zone, draws: draws}
	if ids := plansOf(draws); len(ids) > 0 {
		if err := r.DB.Batch(ctx, catalog.AskPlans(m, ids, &w.plans)); err != nil {
			return receipt.Document{}, err
		}
	}
	v := w.view(desk, settings, had, profile)
	v.Copy = copyNo
	if err := r.fill(ctx, w, tpl, &v); err != nil {
		return receipt.Document{}, err
	}
	return receipt.Build(tpl.Apply(v, langs), w.t), nil
}

func peopleOf(s *sale.Sale) []id.ID {
	var out []id.ID
	seen := map[id.ID]bool{}
	for _, p := range append([]id.ID{s.Actor}, staffOf(s)...) {
		if !p.IsNone() && !seen[p] {
			seen[p] = true
			out = append(out, p)
		}
	}
	return out
}

func staffOf(s *sale.Sale) (out []id.ID) {
	for i := range s.Lines {
		out = append(out, s.Lines[i].Staff)
	}
	return out
}

type receiptWriter struct {
	packs  Texts
	l      i18n.Locale                          // the first language: dates, numbers
	t      func(key string, args ...any) string // in all languages of the receipt
	langs  []string
	s, of  *sale.Sale
	people []auth.Staff
	zone   clock.Zone
	draws  map[id.ID][]sale.Draw
	plans  []catalog.PunchPlan
}

func (w *receiptWriter) name(staff id.ID) string {
	for i := range w.people {
		if w.people[i].ID == staff {
			return w.people[i].Name
		}
	}
	return ""
}

func (w *receiptWriter) view(desk tenant.Desk, settings setting.Values, had purse, profile member.Profile) receipt.SaleView {
	s := w.s
	v := receipt.SaleView{
		Lang: w.l.Tag(), Currency: s.Currency, Merchant: desk.Merchant.Name, Shop: desk.Shop.Name, Address: desk.Shop.Address,
		Header: textLines(setting.ReceiptHeader.In(settings)), Footer: textLines(setting.ReceiptFooter.In(settings)),
		Number: s.ReceiptNumber(), At: w.l.DateTime(s.OccurredAt, desk.Shop.Zone), Register: desk.Register.Name, Cashier: w.name(s.Actor),
		Rounding: s.CashRounding, Total: s.Total, Saved: s.Discount, Change: s.Change, QR: s.ID.String(), QRCaption: s.ReceiptNumber(),
	}
	switch s.Kind {
	case sale.KindRefund:
		v.RefundOf = w.of.ReceiptNumber()
	case sale.KindVoid:
		v.VoidOf = w.of.ReceiptNumber()
	case sale.KindCashOut:
		v.PayOut = true
	}
	ofBill := w.billLevel()
	for i := range s.Lines {
		l := w.line(&s.Lines[i], ofBill)
		v.Lines = append(v.Lines, l)
		v.Subtotal += l.Amount + sumOf(l.Adjustments)
	}
	v.Adjustments = w.billAdjustments(ofBill)
	v.Taxes = w.taxes()
	for _, t := range s.Tenders {
		amount := t.Tendered
		v.Tenders = append(v.Tenders, receipt.TenderView{Name: w.t("tender." + t.Type), Amount: amount, Reference: t.Reference})
	}
	if !s.Member.IsNone() {
		w.member(&v, had, profile)
	}
	return v
}

// addsTax reports whether tax came on top of a document's prices.
func addsTax(s *sale.Sale) bool { return s.Tax != 0 && s.Total == s.Subtotal-s.Discount+s.Tax }

// taxes are the rates of the document with what was charged at each, from its
// lines: no rate that is changed later changes a copy.
func (w *receiptWriter) taxes() (out []receipt.TaxView) {
	lines := make([]tax.Stored, len(w.s.Lines))
	for i := range w.s.Lines {
		l := &w.s.Lines[i]
		lines[i] = tax.Stored{Line: tax.Line{Net: l.Net, Rate: l.TaxRate, Name: l.TaxName, Prepaid: l.Kind != sale.LineGoods && l.Kind != sale.LineService}, Tax: l.Tax}
	}
	onTop := addsTax(w.s)
	for _, x := range tax.Breakdown(!onTop, lines) {
		name := x.Name
		if x.Rate > 0 {
			name = strings.TrimSpace(name + " " + w.l.Percent(x.Rate))
		}
		out = append(out, receipt.TaxView{Name: name, Base: x.Base, Amount: x.Tax, Included: !onTop})
	}
	return out
}

func sumOf(as []receipt.AdjustmentView) (t money.Amount) {
	for _, a := range as {
		t += a.Amount
	}
	return t
}

// billLevel lists the groups of adjustments that are shown once for the whole
// document: what was dropped, and amounts off the bill that several lines share.
func (w *receiptWriter) billLevel() map[int]bool {
	lines := map[int]int{}
	for _, a := range w.s.Adjustments {
		lines[a.Group]++
	}
	out := map[int]bool{}
	for _, a := range w.s.Adjustments {
		out[a.Group] = a.Group > 0 && (a.Kind == adjustDrop || lines[a.Group] > 1 && (a.Kind == adjustManual || a.Kind == adjustAmount))
	}
	return out
}

// Kinds of adjustment that the receipt knows apart.
const (
	adjustManual = "manual"
	adjustDrop   = "drop"
	adjustAmount = "amount"
)

func (w *receiptWriter) billAdjustments(ofBill map[int]bool) (out []receipt.AdjustmentView) {
	at := map[int]int{}
	for _, a := range w.s.Adjustments {
		if !ofBill[a.Group] {
			continue
		}
		n, seen := at[a.Group]
		if !seen {
			n, at[a.Group] = len(out), len(out)
			out = append(out, receipt.AdjustmentView{Text: w.adjustment(a)})
		}
		out[n].Amount += a.Amount
	}
	return out
}

func (w *receiptWriter) line(l *sale.Line, ofBill map[int]bool) receipt.LineView {
	v := receipt.LineView{Name: l.Name, Code: l.SKUCode, Quantity: l.Quantity, Price: l.UnitPrice, Amount: l.Gross, Staff: w.name(l.Staff)}
	share := "sale.share_of_discounts"
	switch l.Kind {
	case sale.LineTopUp:
		v.Name, share = w.t("sale.line_top_up"), "sale.share_used"
	case sale.LinePunchCard:
		v.Name, share = w.t("sale.line_punch_card", "name", l.Name, "visits", l.Visits), "sale.share_used"
	case sale.LineGiftCard:
		v.Name, share = w.t("sale.line_gift_card"), "sale.share_used"
		v.Face, v.Number = l.Face, l.CardNumber
		if w.s.Kind != sale.KindSale { // only its buyer's receipt has the number
			v.Number = lastDigits(l.CardNumber)
		}
	case sale.LineGift:
		v.Points = l.PointsCost
	case sale.LineCashOut:
		v.Name, share = w.t("sale.line_cash_out"), "sale.share_used"
		if l.Visits > 0 {
			v.Name = w.t("sale.line_cash_out_visits", "visits", l.Visits)
		}
	}
	for _, a := range w.s.Adjustments {
		if a.Line == l.ID && !ofBill[a.Group] {
			v.Adjustments = append(v.Adjustments, receipt.AdjustmentView{Text: w.adjustment(a), Amount: a.Amount})
		}
	}
	if len(w.s.Adjustments) == 0 && l.Net != l.Gross { // a refund shows its share of what was taken off, or was used
		v.Adjustments = append(v.Adjustments, receipt.AdjustmentView{Text: w.t(share), Amount: l.Net - l.Gross})
	}
	return v
}

// lastDigits hides all but the end of a card's number.
func lastDigits(number string) string {
	if n := len(number); n > 4 {
		return "**** " + number[n-4:]
	}
	return number
}

// Texts finds the version of a pack that made something; a merchant's pack.View is
// one. Fault: pack.not_installed.
type Texts interface {
	Get(id, version string) (*pack.Bundle, error)
}

// AdjustmentText is an adjustment in the reader's language, from the catalogue of
// the pack version that made it; where that is not installed any more, its code.
// What a person took off is named without the reason, which is for the shop.
func AdjustmentText(packs Texts, l i18n.Locale, ccy money.Currency, a sale.Adjustment) string {
	switch {
	case a.Kind == adjustManual && a.Arg > 0:
		return l.T("sale.adjustment_manual_rate", "rate", l.Percent(money.Rate(a.Arg)))
	case a.Kind == adjustManual:
		return l.T("sale.adjustment_manual")
	case a.Kind == adjustDrop:
		return l.T("sale.adjustment_drop")
	}
	b, err := packs.Get(a.PackID, a.PackVersion)
	if err != nil {
		return a.PackID + ": " + a.Code
	}
	return b.Message(l, a.Code, promotion.Note{Code: a.Code, Arg: a.Arg, Money: a.Money, Label: a.Label}, ccy)
}

func textLines(s string) []string {
	if s = strings.TrimSpace(s); s == "" {
		return nil
	}
	return strings.Split(s, "\n")
}
