package api

import (
	"context"
	"fmt"
	"net/http"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/campaign"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/i18n"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/staff"
)

// LineIn is a line of a basket: a SKU by its id or its bar code, or something
// prepaid, or a gift for points.
type LineIn struct {
	Kind       string    `json:"kind,omitempty" enum:"top_up,punch_card,gift_card,gift" doc:"Without: a SKU."`
	SKUID      id.ID     `json:"sku_id,omitzero" format:"uuid" doc:"Punch card without a plan: the service."`
	Barcode    string    `json:"barcode,omitempty" maxLength:"80" doc:"Also the weight code of a label that was weighed elsewhere (catalog.weight_codes): with quantity 1, it says the weight itself."`
	Quantity   Quantity  `json:"quantity,omitempty" doc:"SKUs and gifts."`
	StaffID    id.ID     `json:"staff_id,omitzero" format:"uuid" doc:"Who is paid commission for it."`
	Splits     []SplitIn `json:"splits,omitempty" maxItems:"20" doc:"Where several did the work, instead of staff_id."`
	Amount     Money     `json:"amount,omitempty" doc:"Top-up: the principal. Gift card, punch card without a plan: the price."`
	Face       Money     `json:"face,omitempty" doc:"Gift card: what it may pay; default: its price."`
	CardNumber string    `json:"card_number,omitempty" maxLength:"40" doc:"Gift card: its number; default: one is made."`
	PlanID     id.ID     `json:"plan_id,omitzero" format:"uuid" doc:"Punch card: the plan."`
	Visits     int64     `json:"visits,omitempty" minimum:"0" doc:"Punch card without a plan."`
	FreeVisits int64     `json:"free_visits,omitempty" minimum:"0"`
	GiftID     id.ID     `json:"gift_id,omitzero" format:"uuid" doc:"Gift."`
	GrantID    id.ID     `json:"grant_id,omitzero" format:"uuid" doc:"Gift: the grant that it is fetched of, instead of points."`
	ID         id.ID     `json:"id,omitzero" format:"uuid" doc:"SKUs: made by the client where the line went to the preparation stations before; the sale's line has it too."`
	Note       string    `json:"note,omitempty" maxLength:"120" doc:"SKUs: for who prepares it."`
}

// SplitIn is one person's share of a line.
type SplitIn struct {
	StaffID id.ID  `json:"staff_id" format:"uuid"`
	Role    string `json:"role" enum:"performer,assistant,seller,receptionist"`
	Share   Rate   `json:"share" doc:"A part of one; the shares of a line add up to one."`
}

// DiscountIn is what somebody takes off by hand.
type DiscountIn struct {
	Line   int    `json:"line,omitempty" minimum:"0" doc:"1-based; 0: the whole bill."`
	Rate   Rate   `json:"rate,omitempty" doc:"A part of what is left, or"`
	Amount Money  `json:"amount,omitempty" doc:"an amount."`
	Reason string `json:"reason" maxLength:"200"`
}

// BasketIn is what is rung up.
type BasketIn struct {
	ShopID     id.ID        `json:"shop_id" format:"uuid"`
	RegisterID id.ID        `json:"register_id" format:"uuid"`
	MemberID   id.ID        `json:"member_id,omitzero" format:"uuid"`
	Lines      []LineIn     `json:"lines"`
	Coupons    []string     `json:"coupons,omitempty" doc:"Codes."`
	Card       string       `json:"card,omitempty" maxLength:"80" doc:"The member's card that was shown: whether it earns points."`
	Discounts  []DiscountIn `json:"discounts,omitempty" maxItems:"50" doc:"By hand; over discount.cashier_limit it needs the permission to adjust."`
	Drop       Money        `json:"drop,omitempty" doc:"Taken off to make the bill round, up to discount.drop_limit."`
	Place      string       `json:"place,omitempty" maxLength:"40" doc:"Where it is brought, on the tickets of the preparation stations: a table, a name to call."`
	Dropped    []id.ID      `json:"dropped_line_ids,omitempty" maxItems:"500" doc:"Lines that the preparation stations were told of and that are not wanted any more."`
	Tenders    []TenderIn   `json:"tenders,omitempty"`
}

func (c caller) basket(b *BasketIn) (checkout.Basket, error) {
	out := checkout.Basket{Merchant: c.Merchant, Shop: b.ShopID, Register: b.RegisterID, Member: b.MemberID, Coupons: b.Coupons}
	out.Card, out.Place, out.Dropped = b.Card, b.Place, b.Dropped
	for i := range b.Lines {
		l, err := c.line(&b.Lines[i])
		if err != nil {
			return out, on(err, fmt.Sprintf("lines[%d].%s", i, fault.Of(err).Param))
		}
		out.Lines = append(out.Lines, l)
	}
	for i, d := range b.Discounts {
		v := checkout.Discount{Line: d.Line, Reason: d.Reason}
		var err error
		if d.Rate != "" {
			v.Rate, err = rate(d.Rate, "rate")
		}
		if d.Amount != "" && err == nil {
			v.Amount, err = c.amount(d.Amount, "amount")
		}
		if err != nil {
			return out, on(err, fmt.Sprintf("discounts[%d].%s", i, fault.Of(err).Param))
		}
		out.Discounts = append(out.Discounts, v)
	}
	if b.Drop != "" {
		var err error
		if out.Drop, err = c.amount(b.Drop, "drop"); err != nil {
			return out, err
		}
	}
	return out, nil
}

// line reads one line; faults name its own fields.
func (c caller) line(l *LineIn) (out checkout.LineIn, err error) {
	out = checkout.LineIn{Kind: l.Kind, SKU: l.SKUID, Barcode: l.Barcode, Staff: l.StaffID, CardNumber: l.CardNumber, Plan: l.PlanID, Visits: l.Visits, FreeVisits: l.FreeVisits, Gift: l.GiftID, Grant: l.GrantID,
		ID: l.ID, Note: l.Note}
	if l.Quantity != "" || l.Kind == "" {
		if out.Quantity, err = quantity(l.Quantity, "quantity"); err != nil {
			return out, err
		}
	}
	if l.Amount != "" {
		if out.Amount, err = c.amount(l.Amount, "amount"); err != nil {
			return out, err
		}
	}
	if l.Face != "" {
		if out.Face, err = c.amount(l.Face, "face"); err != nil {
			return out, err
		}
	}
	for i, sp := range l.Splits {
		share, err := rate(sp.Share, fmt.Sprintf("splits[%d].share", i))
		if err != nil {
			return out, err
		}
		out.Splits = append(out.Splits, staff.Share{Staff: sp.StaffID, Role: staff.Role(sp.Role), Share: share})
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
		out[i] = checkout.TenderIn{Type: t.Type, Amount: a, Reference: t.Reference, PIN: t.PIN}
	}
	return out, nil
}

// Line is a line of a quote or sale.
type Line struct {
	ID         id.ID     `json:"id" format:"uuid"`
	No         int       `json:"no"`
	Kind       string    `json:"kind" enum:"goods,service,top_up,punch_card,gift_card,gift,cash_out"`
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
	Rebate     Money     `json:"rebate,omitempty" doc:"Goods and services: bonus money given back into the wallet. A refund takes it back."`
	TaxName    string    `json:"tax_name,omitempty"`
	Face       Money     `json:"face,omitempty" doc:"Gift cards: what the card may pay; net is what was paid for it."`
	GiftCard   string    `json:"gift_card,omitempty" doc:"Gift cards: the number."`
	PointsCost int64     `json:"points_cost,omitempty" doc:"Gifts: points burnt."`
	PlanID     id.ID     `json:"plan_id,omitzero" format:"uuid" doc:"Punch cards: the plan."`
	Withheld   Money     `json:"withheld,omitempty" doc:"Refunds of prepaid lines: paid for, neither used nor given back."`
}

func lineOut(cur money.Currency, l *sale.Line) Line {
	m := moneyIn(cur)
	out := Line{
		ID: l.ID, No: l.No, Kind: l.Kind, SKUID: l.SKU, SKUCode: l.SKUCode, Name: l.Name, Category: l.Category, Quantity: Quantity(l.Quantity.String()), UnitPrice: Money(cur.FormatPrice(l.UnitPrice)),
		Gross: m(l.Gross), Net: m(l.Net), TaxRate: Rate(l.TaxRate.String()), Tax: m(l.Tax), StaffID: l.Staff, OfLineID: l.Of, Points: l.Points, Commission: m(l.Commission), Punches: l.Punches, Visits: l.Visits,
	}
	out.TaxName, out.GiftCard, out.PointsCost, out.PlanID = l.TaxName, l.CardNumber, l.PointsCost, l.Plan
	switch {
	case l.Kind == sale.LineTopUp, l.Kind == sale.LineCashOut:
		out.Bonus = m(l.Bonus)
	case l.Bonus != 0:
		out.Rebate = m(l.Bonus)
	}
	if l.Kind == sale.LineGiftCard {
		out.Face = m(l.Face)
	}
	if l.Withheld != 0 {
		out.Withheld = m(l.Withheld)
	}
	return out
}

// Adjustment is a signed change of a line's amount, and why.
type Adjustment struct {
	LineID      id.ID    `json:"line_id" format:"uuid"`
	Amount      Money    `json:"amount"`
	Kind        string   `json:"kind" enum:"percent,amount,fixed_price,free_units,punch,manual,drop"`
	Group       int      `json:"group" doc:"Shares of one benefit have one number."`
	PackID      string   `json:"pack_id"`
	PackVersion string   `json:"pack_version"`
	Code        string   `json:"code"`
	CouponID    id.ID    `json:"coupon_id,omitzero" format:"uuid"`
	Quantity    Quantity `json:"quantity,omitempty" doc:"Units that were free or paid by a punch card."`
	Explanation string   `json:"explanation" doc:"Why, in the language of the request."`
}

func (a *api) adjustmentsOut(m id.ID, l i18n.Locale, cur money.Currency, in []sale.Adjustment) []Adjustment {
	out := make([]Adjustment, len(in))
	for i, v := range in {
		out[i] = Adjustment{LineID: v.Line, Amount: Money(cur.Format(v.Amount)), Kind: v.Kind, Group: v.Group, PackID: v.PackID, PackVersion: v.PackVersion, Code: v.Code, CouponID: v.Coupon,
			Explanation: a.message(m, l, cur, v.PackID, v.PackVersion, promotion.Note{Code: v.Code, Arg: v.Arg, Money: v.Money, Label: v.Label})}
		if v.Units != 0 {
			out[i].Quantity = Quantity(v.Units.String())
		}
	}
	return out
}

// message says a pack's note in the reader's language; the label or the code where
// the pack is gone.
func (a *api) message(m id.ID, l i18n.Locale, cur money.Currency, packID, version string, n promotion.Note) string {
	if packID == "" { // by hand
		return l.T("adjustment."+n.Code, "reason", n.Label)
	}
	b, err := a.packTexts(m).Get(packID, version)
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
	Type      string `json:"type" pattern:"^(cash|card|qr|stored_value|points|gift_card|online:[a-z0-9-]{1,20})$" doc:"cash, card, qr, stored_value, points, gift_card, or online: and the short name of an online shop."`
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
	Role        string `json:"role"`
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
	CashDue     Money           `json:"cash_due" doc:"The total in cash, rounded to the coins there are."`
	AsksPIN     bool            `json:"asks_pin" doc:"Stored value is spent with the member's PIN."`
	Warnings    []Warning       `json:"warnings"`
	Limits      []TenderLimit   `json:"tender_limits" doc:"What the member's own tenders may pay; one that is not named pays anything."`
	Grants      []QuoteGrant    `json:"grants" doc:"What the sale would give besides money."`
}

// TenderLimit is what one of the member's own tenders may pay.
type TenderLimit struct {
	Type        string `json:"type" enum:"stored_value,points,gift_card"`
	Most        Money  `json:"most" doc:"In whole steps."`
	Step        Money  `json:"step,omitempty" doc:"It pays whole multiples of this."`
	Consumption string `json:"consumption,omitempty" enum:"proportional,principal_first,bonus_first" doc:"Stored value: which part goes first, where a pack has an opinion."`
	PackID      string `json:"pack_id,omitempty" doc:"Without: the merchant's setting."`
	PackVersion string `json:"pack_version,omitempty"`
	Code        string `json:"code,omitempty"`
	Text        string `json:"text" doc:"For people, in the language of the request."`
}

// QuoteGrant is something that the sale would give besides money.
type QuoteGrant struct {
	Kind        string `json:"kind" enum:"coupon,visits,gift,message,chances"`
	Ref         string `json:"ref"`
	Count       int64  `json:"count"`
	LineID      id.ID  `json:"line_id,omitzero" format:"uuid"`
	PackID      string `json:"pack_id"`
	PackVersion string `json:"pack_version"`
	Code        string `json:"code"`
	Text        string `json:"text" doc:"Why, in the language of the request."`
}

// limitsOut says what the member's own tenders may pay.
func (a *api) limitsOut(l i18n.Locale, q *checkout.Quote) []TenderLimit {
	out := []TenderLimit{}
	for i := range q.Limits {
		c := &q.Limits[i]
		v := TenderLimit{Type: promotion.TenderName(c.Tender), Most: Money(q.Currency.Format(c.Effective())), PackID: c.PackID, PackVersion: c.PackVersion, Code: c.Code, Consumption: q.Consumption(promotion.TenderName(c.Tender))}
		if c.Step > 0 {
			v.Step = Money(q.Currency.Format(c.Step))
		}
		if v.Text = l.T("checkout.tender_limit."+v.Type, "most", q.Currency.Format(c.Effective())); c.PackID != "" {
			v.Text = a.message(q.Basket.Merchant, l, q.Currency, c.PackID, c.PackVersion, c.Note)
		}
		out = append(out, v)
	}
	return out
}

// grantsOut says what the sale would give besides money.
func (a *api) grantsOut(l i18n.Locale, q *checkout.Quote) []QuoteGrant {
	out := []QuoteGrant{}
	for i := range q.Gives {
		g := &q.Gives[i]
		v := QuoteGrant{Kind: campaign.KindOf(g.Kind), Ref: g.Ref, Count: g.Count, PackID: g.PackID, PackVersion: g.Version, Code: g.Code, Text: a.message(q.Basket.Merchant, l, q.Currency, g.PackID, g.Version, g.Note)}
		if n := int(g.Line); n > 0 && n <= len(q.Lines) {
			v.LineID = q.Lines[n-1].ID
		}
		out = append(out, v)
	}
	return out
}

// Warning is something that is let pass, but said.
type Warning struct {
	Reason string `json:"reason"`
	Text   string `json:"text"`
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
		Lines: []Line{}, Adjustments: a.adjustmentsOut(q.Basket.Merchant, l, q.Currency, q.Adjustments), Subtotal: m(q.Subtotal), Discount: m(q.Discount), Tax: m(q.Tax), Total: m(q.Total), Points: q.Points,
		Commission: m(q.Commission), Commissions: []CommissionOut{}, Tenders: []Tender{}, Fallbacks: []Fallback{}, CashDue: m(q.CashDue(q.Total)), AsksPIN: q.AsksPIN, Warnings: []Warning{},
		Limits: a.limitsOut(l, q), Grants: a.grantsOut(l, q),
	}
	for _, w := range q.Warnings {
		out.Warnings = append(out.Warnings, Warning{w.Reason, l.T(w.Reason, args(w.Args)...)})
	}
	for i := range q.Lines {
		out.Lines = append(out.Lines, lineOut(q.Currency, &q.Lines[i]))
	}
	for _, c := range q.Commissions {
		for _, e := range q.CommissionOf(c) {
			out.Commissions = append(out.Commissions, CommissionOut{LineID: q.Lines[c.Line].ID, StaffID: e.Staff, Role: string(e.Role), Amount: m(e.Amount), Basis: m(e.Basis), Rate: Rate(e.Rate.String()), PackID: c.PackID, PackVersion: c.PackVersion, Code: c.Code})
		}
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

// args puts a fault's figures into a text's order of arguments.
func args(m map[string]any) (out []any) {
	for k, v := range m {
		out = append(out, k, v)
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
		offered = append(offered, checkout.TenderIn{Type: sale.TenderCash, Amount: q.CashDue(rest)})
	}
	return offered
}
