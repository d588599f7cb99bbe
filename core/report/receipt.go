package report

import (
	"context"
	"strings"

	"github.com/shopwright/shopwright/core/auth"
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
	"github.com/shopwright/shopwright/core/tenant"
)

// Receipts makes the receipt document of a sale or refund from what was stored
// with it, so that a copy made next year reads the same: balances are those of
// the sale's instant, texts of adjustments come from the version of the pack that
// made them.
type Receipts struct {
	DB    *db.DB
	Packs *pack.Registry
}

// Document builds it; locale "" is the shop's receipt language, else the
// merchant's. copyNo above 1 marks a duplicate. Fault: sale.not_found.
func (r *Receipts) Document(ctx context.Context, m, saleID id.ID, locale string, copyNo int) (receipt.Document, error) {
	s, err := sale.Get(ctx, r.DB, m, saleID)
	if err != nil {
		return receipt.Document{}, err
	}
	var desk tenant.Desk
	var settings setting.Values
	var profile member.Profile
	var balances []ledger.BalanceAt
	var people []auth.Staff
	of := &sale.Sale{}
	asks := []db.Ask{tenant.AskDesk(m, s.Register, &desk), setting.AskAll(m, s.Shop, s.Register, &settings)}
	if !s.Member.IsNone() {
		asks = append(asks, member.AskProfile(m, s.Member, &profile), ledger.AskBalancesAt(m, ledger.OwnerMember, s.Member, s.CompletedAt, &balances))
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
	if locale == "" {
		locale = setting.ReceiptLocale.In(settings)
	}
	if locale == "" {
		locale = desk.Merchant.Locale
	}
	w := &receiptWriter{packs: r.Packs, l: i18n.Match(locale), s: s, of: of, people: people}
	v := w.view(desk, settings, balances, profile)
	v.Copy = copyNo
	return receipt.Build(v, w.l.T), nil
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
	packs  *pack.Registry
	l      i18n.Locale
	s, of  *sale.Sale
	people []auth.Staff
}

func (w *receiptWriter) name(staff id.ID) string {
	for i := range w.people {
		if w.people[i].ID == staff {
			return w.people[i].Name
		}
	}
	return ""
}

func (w *receiptWriter) view(desk tenant.Desk, settings setting.Values, balances []ledger.BalanceAt, profile member.Profile) receipt.SaleView {
	s := w.s
	v := receipt.SaleView{
		Lang: w.l.Tag(), Currency: s.Currency, Merchant: desk.Merchant.Name, Shop: desk.Shop.Name, Address: desk.Shop.Address,
		Header: textLines(setting.ReceiptHeader.In(settings)), Footer: textLines(setting.ReceiptFooter.In(settings)),
		Number: s.ReceiptNumber(), At: w.l.DateTime(s.OccurredAt, desk.Shop.Zone), Register: desk.Register.Name, Cashier: w.name(s.Actor),
		Subtotal: s.Subtotal, Rounding: s.CashRounding, Total: s.Total, Saved: s.Discount, Change: s.Change, QR: s.ID.String(), QRCaption: s.ReceiptNumber(),
	}
	switch s.Kind {
	case sale.KindRefund:
		v.RefundOf = w.of.ReceiptNumber()
	case sale.KindVoid:
		v.VoidOf = w.of.ReceiptNumber()
	}
	for i := range s.Lines {
		v.Lines = append(v.Lines, w.line(&s.Lines[i]))
	}
	if s.Tax != 0 {
		base := s.Total - s.Tax
		v.Taxes = []receipt.TaxView{{Name: setting.TaxName.In(settings) + " " + w.l.Percent(taxRate(s)), Base: base, Amount: s.Tax, Included: setting.TaxInclusive.In(settings)}}
	}
	for _, t := range s.Tenders {
		amount := t.Tendered
		v.Tenders = append(v.Tenders, receipt.TenderView{Name: w.l.T("tender." + t.Type), Amount: amount, Reference: t.Reference})
	}
	if !s.Member.IsNone() {
		w.member(&v, balances, profile)
	}
	return v
}

func taxRate(s *sale.Sale) money.Rate {
	for i := range s.Lines {
		if s.Lines[i].TaxRate != 0 {
			return s.Lines[i].TaxRate
		}
	}
	return 0
}

func (w *receiptWriter) line(l *sale.Line) receipt.LineView {
	v := receipt.LineView{Name: l.Name, Quantity: l.Quantity, Price: l.UnitPrice, Amount: l.Gross, Staff: w.name(l.Staff)}
	switch l.Kind {
	case sale.LineTopUp:
		v.Name = w.l.T("sale.line_top_up")
	case sale.LinePunchCard:
		v.Name = w.l.T("sale.line_punch_card", "name", l.Name, "visits", l.Visits)
	}
	for _, a := range w.s.Adjustments {
		if a.Line == l.ID {
			v.Adjustments = append(v.Adjustments, receipt.AdjustmentView{Text: AdjustmentText(w.packs, w.l, w.s.Currency, a), Amount: a.Amount})
		}
	}
	if len(w.s.Adjustments) == 0 && l.Net != l.Gross { // a refund shows its share of what was taken off
		v.Adjustments = append(v.Adjustments, receipt.AdjustmentView{Text: w.l.T("sale.share_of_discounts"), Amount: l.Net - l.Gross})
	}
	return v
}

// AdjustmentText is an adjustment in the reader's language, from the catalogue of
// the pack version that made it; where that is not installed any more, its code.
func AdjustmentText(packs *pack.Registry, l i18n.Locale, ccy money.Currency, a sale.Adjustment) string {
	b, err := packs.Get(a.PackID, a.PackVersion)
	if err != nil {
		return a.PackID + ": " + a.Code
	}
	return b.Message(l, a.Code, promotion.Note{Code: a.Code, Arg: a.Arg, Money: a.Money, Label: a.Label}, ccy)
}

func (w *receiptWriter) member(v *receipt.SaleView, balances []ledger.BalanceAt, profile member.Profile) {
	s := w.s
	v.Member = &receipt.MemberView{Name: profile.DisplayName, Tier: s.TierAfter}
	sign := int64(1)
	if s.Kind != sale.KindSale {
		sign = -1
	}
	points, stored := &receipt.PointsView{Earned: sign * s.Points}, &receipt.StoredValueView{}
	hasPoints, hasStored := s.Points != 0, false
	for _, b := range balances {
		switch b.Class {
		case ledger.ClassPoints:
			points.Balance, hasPoints = int64(b.Balance), true
		case ledger.ClassPrincipal, ledger.ClassBonus:
			stored.Balance += b.Balance
			hasStored = true
		case ledger.ClassPunch:
			w.punches(v, b)
		}
	}
	for _, t := range s.Tenders {
		switch t.Type {
		case sale.TenderPoints:
			points.Spent = sign * t.Points
		case sale.TenderStoredValue:
			stored.Spent += money.Amount(sign) * t.Amount
		}
	}
	for i := range s.Lines {
		if l := &s.Lines[i]; l.Kind == sale.LineTopUp {
			stored.ToppedUp += money.Amount(sign) * l.Net
			stored.Bonus += money.Amount(sign) * l.Bonus
		}
	}
	if hasPoints {
		v.Points = points
	}
	if hasStored {
		v.StoredValue = stored
	}
}

// punches shows what is left of a punch card that this document touched.
func (w *receiptWriter) punches(v *receipt.SaleView, b ledger.BalanceAt) {
	p := receipt.PunchView{Left: int64(b.Balance)}
	for i := range w.s.Lines {
		if l := &w.s.Lines[i]; ledger.PunchUnit(l.SKU) == b.Unit {
			p.Name = l.Name
			p.Used += l.Punches
		}
	}
	if p.Name != "" {
		v.Punches = append(v.Punches, p)
	}
}

func textLines(s string) []string {
	if s = strings.TrimSpace(s); s == "" {
		return nil
	}
	return strings.Split(s, "\n")
}
