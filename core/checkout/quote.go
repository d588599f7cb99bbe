package checkout

import (
	"context"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/coupon"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/setting"
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
	Trace       Trace
	Fallbacks   []Fallback
	Subtotal    money.Amount
	Discount    money.Amount
	Tax         money.Amount
	Total       money.Amount
	Points      int64
	Commission  money.Amount

	PointsPerUnit int64
	TierPack      string
	Inclusive     bool
	StrictShift   bool
	Policy        wallet.Policy
	AllowNegative bool
	hash          string
	failing       []string // packs that failed before this quote
}

// Commission is what a line pays its staff.
type Commission struct {
	Line        int // index
	Staff       id.ID
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

func (d *Desk) price(ctx context.Context, b Basket) (*Quote, error) {
	if err := b.check(); err != nil {
		return nil, err
	}
	l, err := d.load(ctx, &b)
	if err != nil {
		return nil, err
	}
	q := &Quote{
		At: l.now, ExpiresAt: l.now.Add(quoteLife), Basket: b, Desk: l.desk, Currency: l.desk.Merchant.Currency,
		MemberName: l.profile.DisplayName, Tier: l.profile.Tier, TierAfter: l.profile.Tier, Wallet: wallet.Of(b.Member, l.accounts),
		PointsPerUnit: setting.PointsPerUnit.In(l.settings), Inclusive: setting.TaxInclusive.In(l.settings), StrictShift: setting.StrictShift.In(l.settings),
		Policy: wallet.Policy(setting.StoredValueConsumption.In(l.settings)), AllowNegative: setting.StockAllowNegative.In(l.settings),
		hash: b.hash(),
	}
	if err := q.makeLines(l); err != nil {
		return nil, err
	}
	if err := d.applyRules(ctx, q, l); err != nil {
		return nil, err
	}
	return q, q.total(l)
}

// makeLines turns the basket's lines into sale lines at list price.
func (q *Quote) makeLines(l *loaded) error {
	rounding := setting.Rounding(l.settings)
	for i := range q.Basket.Lines {
		in := &q.Basket.Lines[i]
		line := sale.Line{ID: id.New(int64(l.now)), No: i + 1, Kind: in.Kind, Quantity: in.Quantity, Staff: in.Staff}
		switch in.Kind {
		case sale.LineTopUp:
			line.Name, line.UnitPrice, line.Gross = "", q.Currency.Price(in.Amount), in.Amount
		case sale.LinePunchCard:
			sku := l.skuOf(in)
			line.SKU, line.SKUCode, line.Name, line.Category = sku.ID, sku.Code, sku.Name, sku.Category
			line.UnitPrice, line.Gross, line.Visits = q.Currency.Price(in.Amount), in.Amount, in.Visits+in.FreeVisits
		default:
			sku := l.skuOf(in)
			gross, err := q.Currency.Extend(sku.UnitPrice, in.Quantity, rounding)
			if err != nil {
				return err
			}
			cost, err := q.Currency.Extend(sku.Cost, in.Quantity, money.HalfUp)
			if err != nil {
				return err
			}
			line.Kind = string(sku.Kind)
			line.SKU, line.SKUCode, line.Name, line.Category, line.Stocked = sku.ID, sku.Code, sku.Name, sku.Category, sku.Stocked
			line.UnitPrice, line.Gross, line.Cost = sku.UnitPrice, gross, cost
		}
		line.Net = line.Gross
		q.Lines = append(q.Lines, line)
	}
	return nil
}

// total sums up: tax on what is left of each line, prepaid lines untaxed.
func (q *Quote) total(l *loaded) error {
	rate, rounding := setting.DefaultTaxRate(l.settings), setting.Rounding(l.settings)
	var err error
	for i := range q.Lines {
		line := &q.Lines[i]
		if rate > 0 && (line.Kind == sale.LineGoods || line.Kind == sale.LineService) {
			line.TaxRate = rate
			if q.Inclusive {
				line.Tax = line.Net.MulDiv(int64(rate), int64(money.Whole+rate), rounding)
			} else {
				line.Tax = line.Net.Times(rate, rounding)
			}
		}
		q.Tax += line.Tax
		if q.Subtotal, err = money.Sum(q.Subtotal, line.Gross); err != nil {
			return err
		}
		q.Total += line.Net
		q.Points += line.Points
		q.Commission += line.Commission
	}
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
	if sv := min(q.Wallet.StoredValue(), rest); sv > 0 && !q.sells(sale.LineTopUp) {
		plan = append(plan, TenderIn{Type: sale.TenderStoredValue, Amount: sv})
		rest -= sv
	}
	if rest > 0 {
		plan = append(plan, TenderIn{Type: sale.TenderCash, Amount: rest})
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
