package api

import (
	"context"
	"fmt"
	"net/http"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/i18n"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/core/sale"
)

// LineIn is a line of a basket: a SKU by its id or its bar code.
type LineIn struct {
	SKUID    id.ID    `json:"sku_id,omitzero" format:"uuid"`
	Barcode  string   `json:"barcode,omitempty" maxLength:"80"`
	Quantity Quantity `json:"quantity"`
	StaffID  id.ID    `json:"staff_id,omitzero" format:"uuid" doc:"Who is paid commission for it."`
}

// BasketIn is what is rung up.
type BasketIn struct {
	ShopID     id.ID      `json:"shop_id" format:"uuid"`
	RegisterID id.ID      `json:"register_id" format:"uuid"`
	MemberID   id.ID      `json:"member_id,omitzero" format:"uuid"`
	Lines      []LineIn   `json:"lines"`
	Coupons    []string   `json:"coupons,omitempty" doc:"Codes."`
	Tenders    []TenderIn `json:"tenders,omitempty"`
}

func (c caller) basket(b *BasketIn) (checkout.Basket, error) {
	out := checkout.Basket{Merchant: c.Merchant, Shop: b.ShopID, Register: b.RegisterID, Member: b.MemberID, Coupons: b.Coupons}
	for i, l := range b.Lines {
		q, err := quantity(l.Quantity, fmt.Sprintf("lines[%d].quantity", i))
		if err != nil {
			return out, err
		}
		out.Lines = append(out.Lines, checkout.LineIn{SKU: l.SKUID, Barcode: l.Barcode, Quantity: q, Staff: l.StaffID})
	}
	return out, nil
}

func (c caller) tenders(in []TenderIn) ([]checkout.TenderIn, error) {
	out := make([]checkout.TenderIn, len(in))
	for i, t := range in {
		a, err := c.amount(t.Amount, fmt.Sprintf("tenders[%d].amount", i))
		if err != nil {
			return nil, err
		}
		out[i] = checkout.TenderIn{Type: t.Type, Amount: a, Reference: t.Reference}
	}
	return out, nil
}

// Line is a line of a quote or sale.
type Line struct {
	ID         id.ID     `json:"id" format:"uuid"`
	No         int       `json:"no"`
	Kind       string    `json:"kind" enum:"goods,service,top_up,punch_card"`
	SKUID      id.ID     `json:"sku_id,omitzero" format:"uuid"`
	SKUCode    string    `json:"sku_code,omitempty"`
	Name       string    `json:"name"`
	Category   string    `json:"category,omitempty"`
	Quantity   Quantity  `json:"quantity"`
	Refunded   *Quantity `json:"refunded_quantity,omitempty" doc:"GET of a sale: what was given back so far."`
	UnitPrice  Money     `json:"unit_price" doc:"The list price."`
	Gross      Money     `json:"gross"`
	Net        Money     `json:"net" doc:"After all adjustments."`
	TaxRate    Rate      `json:"tax_rate"`
	Tax        Money     `json:"tax"`
	StaffID    id.ID     `json:"staff_id,omitzero" format:"uuid"`
	OfLineID   id.ID     `json:"of_line_id,omitzero" format:"uuid" doc:"Refunds: the line of the sale."`
	Points     int64     `json:"points_earned"`
	Commission Money     `json:"commission"`
	Punches    int64     `json:"punches,omitempty" doc:"Visits that a punch card paid."`
	Visits     int64     `json:"visits,omitempty" doc:"Punch cards: visits sold."`
	Bonus      Money     `json:"bonus,omitempty" doc:"Top-ups: the bonus."`
}

func lineOut(cur money.Currency, l *sale.Line) Line {
	m := moneyIn(cur)
	out := Line{
		ID: l.ID, No: l.No, Kind: l.Kind, SKUID: l.SKU, SKUCode: l.SKUCode, Name: l.Name, Category: l.Category, Quantity: Quantity(l.Quantity.String()), UnitPrice: Money(cur.FormatPrice(l.UnitPrice)),
		Gross: m(l.Gross), Net: m(l.Net), TaxRate: Rate(l.TaxRate.String()), Tax: m(l.Tax), StaffID: l.Staff, OfLineID: l.Of, Points: l.Points, Commission: m(l.Commission), Punches: l.Punches, Visits: l.Visits,
	}
	if l.Kind == sale.LineTopUp {
		out.Bonus = m(l.Bonus)
	}
	return out
}

// Adjustment is a signed change of a line's amount, and why.
type Adjustment struct {
	LineID      id.ID    `json:"line_id" format:"uuid"`
	Amount      Money    `json:"amount"`
	Kind        string   `json:"kind" enum:"percent,amount,fixed_price,free_units,punch"`
	Group       int      `json:"group" doc:"Shares of one benefit have one number."`
	PackID      string   `json:"pack_id"`
	PackVersion string   `json:"pack_version"`
	Code        string   `json:"code"`
	CouponID    id.ID    `json:"coupon_id,omitzero" format:"uuid"`
	Quantity    Quantity `json:"quantity,omitempty" doc:"Units that were free or paid by a punch card."`
	Explanation string   `json:"explanation" doc:"Why, in the language of the request."`
}

func (a *api) adjustmentsOut(l i18n.Locale, cur money.Currency, in []sale.Adjustment) []Adjustment {
	out := make([]Adjustment, len(in))
	for i, v := range in {
		out[i] = Adjustment{LineID: v.Line, Amount: Money(cur.Format(v.Amount)), Kind: v.Kind, Group: v.Group, PackID: v.PackID, PackVersion: v.PackVersion, Code: v.Code, CouponID: v.Coupon,
			Explanation: a.message(l, cur, v.PackID, v.PackVersion, promotion.Note{Code: v.Code, Arg: v.Arg, Money: v.Money, Label: v.Label})}
		if v.Units != 0 {
			out[i].Quantity = Quantity(v.Units.String())
		}
	}
	return out
}

// message says a pack's note in the reader's language; the label or the code where
// the pack is gone.
func (a *api) message(l i18n.Locale, cur money.Currency, packID, version string, n promotion.Note) string {
	b, err := a.Packs.Get(packID, version)
	switch {
	case err == nil:
		return b.Message(l, n.Code, n, cur)
	case n.Label != "":
		return n.Label
	}
	return n.Code
}

// Tender is one means of payment.
type Tender struct {
	Type      string `json:"type" enum:"cash,card,qr,stored_value,points"`
	Amount    Money  `json:"amount" doc:"Its part of the total."`
	Tendered  Money  `json:"tendered" doc:"What was handed over."`
	Points    int64  `json:"points,omitempty" doc:"Points tenders: how many."`
	Reference string `json:"reference,omitempty"`
}

func tendersOut(cur money.Currency, in []sale.Tender) []Tender {
	m := moneyIn(cur)
	out := make([]Tender, len(in))
	for i, t := range in {
		out[i] = Tender{Type: t.Type, Amount: m(t.Amount), Tendered: m(t.Tendered), Points: t.Points, Reference: t.Reference}
	}
	return out
}

// Fallback is a rule that failed, and that its list price or nothing was used.
type Fallback struct {
	PackID      string `json:"pack_id"`
	PackVersion string `json:"pack_version"`
	Hook        string `json:"hook,omitempty"`
	Reason      string `json:"reason"`
	Text        string `json:"text"`
	Costly      bool   `json:"costly" doc:"The customer may pay more for it."`
}

// QuoteMember is what the member has and gets.
type QuoteMember struct {
	ID          id.ID       `json:"id" format:"uuid"`
	Tier        string      `json:"tier"`
	TierAfter   string      `json:"tier_after"`
	StoredValue Money       `json:"stored_value"`
	Points      int64       `json:"points"`
	PointsWorth Money       `json:"points_worth" doc:"What all the points would pay."`
	PunchCards  []PunchCard `json:"punch_cards"`
}

// CommissionOut is what a line pays its staff.
type CommissionOut struct {
	LineID      id.ID  `json:"line_id" format:"uuid"`
	StaffID     id.ID  `json:"staff_id" format:"uuid"`
	Amount      Money  `json:"amount"`
	Basis       Money  `json:"basis"`
	Rate        Rate   `json:"rate"`
	PackID      string `json:"pack_id"`
	PackVersion string `json:"pack_version"`
	Code        string `json:"code"`
}

// Quote is a basket priced by the rule packs. It binds until expires_at.
type Quote struct {
	ID          string          `json:"id" doc:"The same as quote_ref."`
	QuoteRef    string          `json:"quote_ref" doc:"Name it in the sale."`
	ExpiresAt   Instant         `json:"expires_at"`
	ShopID      id.ID           `json:"shop_id" format:"uuid"`
	RegisterID  id.ID           `json:"register_id" format:"uuid"`
	MemberID    id.ID           `json:"member_id,omitzero" format:"uuid"`
	Member      *QuoteMember    `json:"member,omitempty"`
	Currency    string          `json:"currency"`
	Lines       []Line          `json:"lines"`
	Adjustments []Adjustment    `json:"adjustments"`
	Subtotal    Money           `json:"subtotal"`
	Discount    Money           `json:"discount"`
	Tax         Money           `json:"tax"`
	Total       Money           `json:"total"`
	Points      int64           `json:"points_earned"`
	Commission  Money           `json:"commission"`
	Commissions []CommissionOut `json:"commissions"`
	Tenders     []Tender        `json:"tenders" doc:"A plan: what was asked for, the rest in cash; without, stored value as far as it goes."`
	Fallbacks   []Fallback      `json:"fallbacks"`
}

func (a *api) quotes() {
	add(a, route{id: "quote", method: http.MethodPost, path: "/quotes", tag: "sales", summary: "Price a basket", doc: "Writes nothing.", any: []auth.Permission{auth.PermSell}},
		func(ctx context.Context, c caller, in *struct{ Body BasketIn }) (*read[Quote], error) {
			b, err := c.basket(&in.Body)
			if err != nil {
				return nil, err
			}
			offered, err := c.tenders(in.Body.Tenders)
			if err != nil {
				return nil, err
			}
			q, err := a.Desk.Quote(ctx, b)
			if err != nil {
				return nil, err
			}
			return reads(a.quoteOut(localeOf(ctx), q, offered)), nil
		})
}

func (a *api) quoteOut(l i18n.Locale, q *checkout.Quote, offered []checkout.TenderIn) Quote {
	m := moneyIn(q.Currency)
	out := Quote{
		ID: q.Ref, QuoteRef: q.Ref, ExpiresAt: instant(q.ExpiresAt), ShopID: q.Basket.Shop, RegisterID: q.Basket.Register, MemberID: q.Basket.Member, Currency: q.Currency.Code,
		Lines: []Line{}, Adjustments: a.adjustmentsOut(l, q.Currency, q.Adjustments), Subtotal: m(q.Subtotal), Discount: m(q.Discount), Tax: m(q.Tax), Total: m(q.Total), Points: q.Points,
		Commission: m(q.Commission), Commissions: []CommissionOut{}, Tenders: []Tender{}, Fallbacks: []Fallback{},
	}
	for i := range q.Lines {
		out.Lines = append(out.Lines, lineOut(q.Currency, &q.Lines[i]))
	}
	for _, c := range q.Commissions {
		out.Commissions = append(out.Commissions, CommissionOut{LineID: q.Lines[c.Line].ID, StaffID: c.Staff, Amount: m(c.Amount), Basis: m(c.Basis), Rate: Rate(c.Rate.String()), PackID: c.PackID, PackVersion: c.PackVersion, Code: c.Code})
	}
	for _, t := range planned(q, offered) {
		out.Tenders = append(out.Tenders, Tender{Type: t.Type, Amount: m(t.Amount), Tendered: m(t.Amount), Reference: t.Reference})
	}
	for _, f := range q.Fallbacks {
		out.Fallbacks = append(out.Fallbacks, Fallback{PackID: f.PackID, PackVersion: f.Version, Hook: f.Hook, Reason: f.Reason, Text: l.T(f.Reason), Costly: f.Costly})
	}
	if !q.Basket.Member.IsNone() {
		w := q.Wallet
		out.Member = &QuoteMember{ID: q.Basket.Member, Tier: q.Tier, TierAfter: q.TierAfter, StoredValue: m(w.StoredValue()), Points: w.Points, PointsWorth: m(q.PointsWorth(max(w.Points, 0))), PunchCards: []PunchCard{}}
		for _, p := range w.Punches {
			out.Member.PunchCards = append(out.Member.PunchCards, PunchCard{p.SKU, p.Remaining})
		}
	}
	return out
}

// planned completes what the caller wants to pay with by cash, or proposes.
func planned(q *checkout.Quote, offered []checkout.TenderIn) []checkout.TenderIn {
	if len(offered) == 0 {
		return q.PlanTenders()
	}
	rest := q.Total
	for _, t := range offered {
		rest -= t.Amount
	}
	if rest > 0 {
		offered = append(offered, checkout.TenderIn{Type: sale.TenderCash, Amount: rest})
	}
	return offered
}
