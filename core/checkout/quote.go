package checkout

import (
	"context"
	"fmt"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/coupon"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/loyalty"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/setting"
	"github.com/shopwright/shopwright/core/tax"
	"github.com/shopwright/shopwright/core/tenant"
	"github.com/shopwright/shopwright/core/wallet"
)

// Quote is a basket priced by the rule packs. It binds until ExpiresAt: a sale
// that names Ref pays Total, whatever is switched meanwhile.
type Quote struct {
	Ref         string
	At          clock.Instant
	ExpiresAt   clock.Instant
	Basket      Basket
	Desk        tenant.Desk `json:"-"` // read again where a draft is taken up
	Currency    money.Currency
	MemberName  string `json:"-"` // for the screen; a draft holds no personal data
	Tier        string // before the sale
	TierAfter   string
	Wallet      wallet.Wallet
	Lines       []sale.Line
	Adjustments []sale.Adjustment
	Commissions []Commission
	Coupons     []coupon.Coupon
	Rules       []sale.RuleRun
	Input       []byte `json:",omitempty"` // of a member's sale that asks no pack: what one would have been told
	Trace       Trace
	Fallbacks   []Fallback
	Subtotal    money.Amount
	Discount    money.Amount
	Tax         money.Amount
	Total       money.Amount
	Points      int64
	Commission  money.Amount

	Warnings      []Warning // what the law or the shop's policy has to say, and lets pass
	PointsPerUnit int64
	TierPack      string
	Inclusive     bool
	CashStep      money.Amount     // the cash part is rounded to it; 0: not
	CashMode      money.Rounding   // how
	Levels        map[id.ID]string // of the staff that the lines name
	Plans         map[id.ID]int    `json:",omitempty"` // punch plans that are sold: valid for so many days
	Gifts         []loyalty.Gift   `json:",omitempty"`
	PINRule       string
	Law           string // the profile of rules for prepaid value
	LawLevel      wallet.LawLevel
	BuyerKnown    bool
	GiftMonths    int
	BonusDays     int
	CardAsksPIN   bool          // the card that was shown does
	AsksPIN       bool          // spending stored value needs the member's PIN
	NoEarn        []string      // tenders that earn no points
	PointsFrom    clock.Instant // when points earned with this sale can be spent; 0: at once
	PointsUntil   clock.Instant // when they expire; 0: never
	StrictShift   bool
	Paper         paper // what is printed by itself
	Policy        wallet.Policy
	Gives         []Give                `json:",omitempty"` // besides money: coupons, visits, gifts, chances, messages
	Limits        []promotion.TenderCap `json:",omitempty"` // what the member's own tenders may pay; one that is not named pays anything
	AllowNegative bool
	hash          string
	failing       []string // packs that failed before this quote
}

// CashDue is what the customer pays in cash where that much of the total is left
// to cash: rounded to the coins there are.
func (q *Quote) CashDue(rest money.Amount) money.Amount {
	return money.RoundCash(rest, q.CashStep, q.CashMode)
}

// Warning is something that is let pass, but said: a limit of the law that the
// merchant chose to be warned of.
type Warning struct {
	Reason string
	Args   map[string]any
}

// Commission is what a line pays its staff.
type Commission struct {
	Line        int // index
	Amount      money.Amount
	Basis       money.Amount
	Rate        money.Rate
	PackID      string
	PackVersion string
	Code        string
}

// Fallback is a pack that failed in this quote and what was used instead. Costly
// says that the customer may pay more for it, which the till shows before payment.
type Fallback struct {
	PackID, Version string
	Hook            string
	Reason          string
	Costly          bool
}

// Quote prices a basket: one read, the rule packs, no writes. Faults: checkout.*
// for what is wrong with the basket, coupon.*, tenant.*.
func (d *Desk) Quote(ctx context.Context, b Basket) (*Quote, error) {
	q, err := d.price(ctx, b)
	if err != nil {
		return nil, err
	}
	d.quotes.put(q)
	return q, nil
}

func (d *Desk) price(ctx context.Context, b Basket) (*Quote, error) { return d.priceAs(ctx, b, nil) }

// priceAs prices with what was loaded altered first.
func (d *Desk) priceAs(ctx context.Context, b Basket, alter func(*loaded)) (*Quote, error) {
	if err := b.check(); err != nil {
		return nil, err
	}
	l, err := d.load(ctx, &b)
	if err != nil {
		return nil, err
	}
	if alter != nil {
		alter(l)
	}
	q := &Quote{
		At: l.now, ExpiresAt: l.now.Add(quoteLife), Basket: b, Desk: l.desk, Currency: l.desk.Merchant.Currency,
		MemberName: l.profile.DisplayName, Tier: l.profile.Tier, TierAfter: l.profile.Tier, Wallet: wallet.OfWith(b.Member, l.accounts, l.usable),
		PointsPerUnit: setting.PointsPerUnit.In(l.settings), Inclusive: setting.TaxInclusive.In(l.settings), StrictShift: setting.StrictShift.In(l.settings),
		Policy: wallet.Policy(setting.StoredValueConsumption.In(l.settings)), AllowNegative: setting.StockAllowNegative.In(l.settings), Paper: paperOf(l.settings),
		hash: b.hash(),
	}
	q.CashStep, q.CashMode = setting.CashRounding(l.settings)
	q.PINRule, q.CardAsksPIN, q.Gifts, q.Levels, q.Plans = setting.StoredValuePIN.In(l.settings), l.card.AsksPIN, l.gifts, map[id.ID]string{}, map[id.ID]int{}
	q.AsksPIN = l.pin.Needed(q.PINRule, &l.card)
	for _, st := range l.staff {
		q.Levels[st.ID] = st.Level
	}
	for _, p := range l.sold {
		q.Plans[p.ID] = p.ValidDays
	}
	for _, t := range []string{sale.TenderStoredValue, sale.TenderGiftCard, sale.TenderPoints} {
		if !loyalty.Earns(l.settings, t) {
			q.NoEarn = append(q.NoEarn, t)
		}
	}
	if q.PointsFrom, q.PointsUntil = loyalty.Validity(l.settings, l.now, l.desk.Shop.Zone); q.PointsFrom == l.now {
		q.PointsFrom = 0
	}
	if err := q.makeLines(l); err != nil {
		return nil, err
	}
	if err := d.applyRules(ctx, q, l); err != nil {
		return nil, err
	}
	if err := l.stage.grants(ctx); err != nil {
		return nil, err
	}
	if err := q.total(l); err != nil {
		return nil, err
	}
	l.stage.tenders(ctx, l)
	l.stage.speakers()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	q.law(l)
	return q, q.lawful(0)
}

// makeLines turns the basket's lines into sale lines at list price.
func (q *Quote) makeLines(l *loaded) error {
	for i := range q.Basket.Lines {
		in := &q.Basket.Lines[i]
		line := sale.Line{ID: in.ID, No: i + 1, Kind: in.Kind, Quantity: l.quantityOf(in), Staff: in.Staff}
		if line.ID.IsNone() {
			line.ID = id.New(int64(l.now))
		}
		if len(in.Splits) > 0 {
			line.Staff = in.Splits[0].Staff
		}
		if err := q.makeLine(l, in, &line); err != nil {
			return fault.Of(err).On(fmt.Sprintf("lines[%d].%s", i, fault.Of(err).Param))
		}
		q.Lines = append(q.Lines, line)
	}
	return q.extend(l)
}

func (q *Quote) makeLine(l *loaded, in *LineIn, line *sale.Line) error {
	switch in.Kind {
	case sale.LineTopUp, sale.LineGiftCard:
		line.UnitPrice, line.Gross = q.Currency.Price(in.Amount), in.Amount
		if in.Kind == sale.LineGiftCard {
			line.Face, line.CardNumber, line.GiftCard = in.Face, in.CardNumber, id.New(int64(l.now))
			if line.CardNumber == "" {
				number, err := wallet.NewGiftCardNumber()
				line.CardNumber = number
				return err
			}
		}
	case sale.LinePunchCard:
		if p := l.planOf(in.Plan); p != nil {
			line.Plan, line.Name, line.UnitPrice, line.Gross, line.Visits = p.ID, p.Name, q.Currency.Price(p.Price), p.Price, p.Total()
			return nil
		}
		sku := l.skuOf(in)
		line.SKU, line.SKUCode, line.Name, line.Category = sku.ID, sku.Code, sku.Name, sku.Category
		line.UnitPrice, line.Gross, line.Visits = q.Currency.Price(in.Amount), in.Amount, in.Visits+in.FreeVisits
	case sale.LineGift:
		return q.makeGift(l, in, line)
	default:
		sku := l.skuOf(in)
		cost, err := q.Currency.Extend(sku.Cost, line.Quantity, money.HalfUp)
		if err != nil {
			return err
		}
		line.Kind = string(sku.Kind)
		line.SKU, line.SKUCode, line.Name, line.Category, line.Stocked = sku.ID, sku.Code, sku.Name, sku.Category, sku.Stocked
		line.UnitPrice, line.Cost, line.TaxCategory = sku.UnitPrice, cost, sku.TaxCategory
	}
	return nil
}

// extend computes price x quantity: line by line, or rounded once on the bill and
// shared out, as the shop has it.
func (q *Quote) extend(l *loaded) (err error) {
	rounding := setting.Rounding(l.settings)
	var prices []money.UnitPrice
	var quantities []money.Quantity
	var at []int
	for i := range q.Lines {
		line := &q.Lines[i]
		if line.Kind != sale.LineGoods && line.Kind != sale.LineService {
			line.Net = line.Gross
			continue
		}
		if line.Gross, err = q.Currency.Extend(line.UnitPrice, line.Quantity, rounding); err != nil {
			return err
		}
		line.Net = line.Gross
		prices, quantities, at = append(prices, line.UnitPrice), append(quantities, line.Quantity), append(at, i)
	}
	if !setting.PricePerTotal(l.settings) || len(at) < 2 {
		return nil
	}
	amounts, _, err := q.Currency.ExtendAll(prices, quantities, rounding)
	for k, i := range at {
		if err == nil {
			q.Lines[i].Gross, q.Lines[i].Net = amounts[k], amounts[k]
		}
	}
	return err
}

// total sums up: tax on what is left of each line, prepaid lines untaxed.
func (q *Quote) total(l *loaded) error {
	date := q.Desk.Shop.Zone.BusinessDate(l.now)
	def := tax.Default{Rate: setting.DefaultTaxRate(l.settings), Name: setting.TaxName.In(l.settings)}
	policy := tax.Policy{Inclusive: q.Inclusive, Mode: setting.Rounding(l.settings)}
	if setting.TaxPerTotal(l.settings) {
		policy.At = tax.RoundTotal
	}
	taxed := make([]tax.Line, len(q.Lines))
	var err error
	for i := range q.Lines {
		line := &q.Lines[i]
		prepaid := line.Kind == sale.LineTopUp || line.Kind == sale.LinePunchCard || line.Kind == sale.LineGiftCard
		if !prepaid {
			line.TaxRate, line.TaxName = l.rates.For(line.TaxCategory, date, def)
		}
		taxed[i] = tax.Line{Net: line.Net, Rate: line.TaxRate, Name: line.TaxName, Prepaid: prepaid}
		if q.Subtotal, err = money.Sum(q.Subtotal, line.Gross); err != nil {
			return err
		}
		q.Total += line.Net
		q.Points += line.Points
		q.Commission += line.Commission
	}
	res, err := tax.Compute(policy, taxed)
	if err != nil {
		return err
	}
	for i := range q.Lines {
		q.Lines[i].Tax = res.Lines[i]
	}
	q.Tax = res.Tax
	q.Discount = q.Subtotal - q.Total
	if !q.Inclusive {
		q.Total += q.Tax
	}
	return nil
}

// PlanTenders proposes how to pay: stored value as far as it goes, the rest in
// cash. It is a proposal: the cashier decides.
func (q *Quote) PlanTenders() []TenderIn {
	var plan []TenderIn
	rest := q.Total
	if sv := q.Payable(sale.TenderStoredValue, min(q.Wallet.StoredValue(), rest)); sv > 0 && !q.sellsValue() && !q.Wallet.Frozen {
		plan = append(plan, TenderIn{Type: sale.TenderStoredValue, Amount: sv})
		rest -= sv
	}
	if rest > 0 {
		plan = append(plan, TenderIn{Type: sale.TenderCash, Amount: q.CashDue(rest)})
	}
	return plan
}

func (q *Quote) sells(kind string) bool {
	for i := range q.Lines {
		if q.Lines[i].Kind == kind {
			return true
		}
	}
	return false
}

// sellsValue reports whether something is sold that money can be spent from: it
// is not paid from such a thing.
func (q *Quote) sellsValue() bool { return q.sells(sale.LineTopUp) || q.sells(sale.LineGiftCard) }

// PointsWorth is what an amount of points pays, rounded down.
func (q *Quote) PointsWorth(points int64) money.Amount {
	return money.Amount(points).MulDiv(pow10(q.Currency.Digits), q.PointsPerUnit, money.Down)
}

// pointsFor is how many points an amount costs: spent points round up.
func (q *Quote) pointsFor(a money.Amount) int64 {
	return int64(a.MulDiv(q.PointsPerUnit, pow10(q.Currency.Digits), money.Up))
}

func pow10(n int32) int64 {
	v := int64(1)
	for ; n > 0; n-- {
		v *= 10
	}
	return v
}
