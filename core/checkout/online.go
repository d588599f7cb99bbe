package checkout

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/i18n"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/loyalty"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/setting"
	"github.com/shopwright/shopwright/core/stock"
	"github.com/shopwright/shopwright/core/storefront"
)

// Online orders. What the customer paid is what is booked: prices, discounts and
// shipping come from the order, and the packs of prices and benefits are not asked;
// those that give points are. Nothing is shown at a till and nobody waits, so there is
// no quote that binds: the order does.

// onlineOrder is what is needed to book an order.
type onlineOrder struct {
	channel storefront.Channel
	order   storefront.Order
	lines   []storefront.Line
	member  id.ID
}

// BookOnline turns a paid order into a sale. An order that is booked already answers
// its sale; one that cannot be booked waits, with the reason as its attention, and
// answers none. Faults: storefront.order_not_found, till.*, rules and database faults,
// which pass.
func (d *Desk) BookOnline(ctx context.Context, m, order id.ID) (id.ID, error) {
	o := &onlineOrder{}
	var err error
	if o.order, err = storefront.Get(ctx, d.DB, m, order); err != nil || !o.order.Sale.IsNone() || !o.order.Told.IsPaid() {
		return o.order.Sale, err
	}
	if o.channel, err = storefront.GetChannel(ctx, d.DB, m, o.order.Channel); err != nil {
		return id.None, err
	}
	if o.lines, err = storefront.LinesOf(ctx, d.DB, m, order); err != nil {
		return id.None, err
	}
	if o.member, err = storefront.MemberOf(ctx, d.DB, &o.order); err != nil {
		return id.None, err
	}
	for i := range o.lines {
		if o.lines[i].SKU.IsNone() {
			return id.None, d.wait(ctx, &o.order, storefront.Unmapped)
		}
	}
	q, paid, err := d.quoteOnline(ctx, o)
	if word := waitsFor(err); word != "" {
		return id.None, d.wait(ctx, &o.order, word)
	}
	if err != nil {
		return id.None, err
	}
	return d.sellOnline(ctx, o, q, paid)
}

func (d *Desk) wait(ctx context.Context, o *storefront.Order, word string) error {
	return d.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		now, err := storefront.Lock(ctx, tx, o.Merchant, o.ID)
		if err != nil || now.Version != o.Version || now.UpdatedAt != o.UpdatedAt { // somebody has done something meanwhile
			return err
		}
		storefront.QueueWaiting(tx, &now, word)
		return nil
	})
}

var errOrderCurrency = errors.New("checkout: the order is in another currency")

// waitsFor names what a person has to do before an order can be booked, "" where it
// is no such thing.
func waitsFor(err error) string {
	switch {
	case errors.Is(err, ErrUnknownSKU):
		return storefront.Unmapped
	case errors.Is(err, errOrderCurrency):
		return storefront.Currency
	case errors.Is(err, money.ErrOverflow):
		return storefront.Unreadable
	}
	return ""
}

// quoteOnline prices an order as it was paid.
func (d *Desk) quoteOnline(ctx context.Context, o *onlineOrder) (*Quote, settlement, error) {
	b := Basket{Merchant: o.channel.Merchant, Shop: o.channel.Shop, Register: o.channel.Register, Member: o.member}
	for _, l := range o.lines {
		b.Lines = append(b.Lines, LineIn{SKU: l.SKU, Quantity: l.Quantity})
	}
	l, err := d.load(ctx, &b)
	if !b.Member.IsNone() && (errors.Is(err, ErrUnknownMember) || errors.Is(err, ErrMemberBlocked)) {
		b.Member = id.None // what is paid is booked, with or without the member
		l, err = d.load(ctx, &b)
	}
	if err != nil {
		return nil, settlement{}, err
	}
	if l.desk.Merchant.Currency.Code != o.order.Currency {
		return nil, settlement{}, errOrderCurrency
	}
	q := &Quote{At: l.now, ExpiresAt: l.now, Basket: b, Desk: l.desk, Currency: l.desk.Merchant.Currency, Tier: l.profile.Tier, TierAfter: l.profile.Tier,
		PointsPerUnit: setting.PointsPerUnit.In(l.settings), Inclusive: true, AllowNegative: setting.StockAllowNegative.In(l.settings), Levels: map[id.ID]string{}, hash: b.hash()}
	for _, t := range []string{sale.TenderStoredValue, o.channel.Tender()} {
		if !loyalty.Earns(l.settings, t) {
			q.NoEarn = append(q.NoEarn, t)
		}
	}
	if q.PointsFrom, q.PointsUntil = loyalty.Validity(l.settings, l.now, l.desk.Shop.Zone); q.PointsFrom == l.now {
		q.PointsFrom = 0
	}
	if err := q.makeLines(l); err != nil {
		return nil, settlement{}, err
	}
	if err := q.asPaid(o); err != nil {
		return nil, settlement{}, err
	}
	if !b.Member.IsNone() && l.earns() {
		if err := d.earnOnline(ctx, q, l); err != nil {
			return nil, settlement{}, err
		}
	}
	q.ship(o, l)
	if err := q.total(l); err != nil {
		return nil, settlement{}, err
	}
	st := settlement{}
	if q.Total > 0 {
		st.tenders = []sale.Tender{{Type: o.channel.Tender(), Amount: q.Total, Tendered: q.Total, State: "paid", Reference: o.order.OrderNo}}
	}
	st.points = q.earned(st.tenders, func(l *sale.Line) int64 { return l.Points })
	st.rebates = q.earned(st.tenders, func(l *sale.Line) int64 { return int64(l.Bonus) })
	return q, st, nil
}

// Why a line was paid less for than its price.
const (
	onlineKind     = "amount"
	onlineLine     = "online.line_discount"
	onlineOrderOff = "online.order_discount"
	onlineOff      = "online.difference"
)

// asPaid puts the order's prices into the lines: the price that it names, less what
// it takes off the line, the order's discount by what is left, and whatever the sum
// differs from what was paid.
func (q *Quote) asPaid(o *onlineOrder) error {
	weights := make([]money.Amount, len(q.Lines))
	var sum money.Amount
	for i := range q.Lines {
		line, in := &q.Lines[i], &o.lines[i]
		line.UnitPrice = q.Currency.Price(in.UnitPrice)
		gross, err := q.Currency.Extend(line.UnitPrice, in.Quantity, money.HalfUp)
		if err != nil {
			return err
		}
		line.Gross, line.Net = gross, gross
		q.takeOff(i, min(in.Discount, gross), 0, onlineLine)
		weights[i] = line.Net
		if sum, err = money.Sum(sum, line.Net); err != nil {
			return err
		}
	}
	q.spread(min(o.order.Discount, sum), weights, 1, onlineOrderOff)
	sum -= min(o.order.Discount, sum)
	if less := sum + o.order.Shipping - o.order.Paid; less > 0 { // a coupon of the platform, say
		for i := range q.Lines {
			weights[i] = q.Lines[i].Net
		}
		q.spread(min(less, sum), weights, 2, onlineOff)
	}
	return nil
}

func (q *Quote) spread(off money.Amount, weights []money.Amount, group int, code string) {
	shares, _ := money.Allocate(off, weights, weights)
	for i, s := range shares {
		q.takeOff(i, s, group, code)
	}
}

func (q *Quote) takeOff(i int, off money.Amount, group int, code string) {
	if off <= 0 {
		return
	}
	q.Lines[i].Net -= off
	q.Adjustments = append(q.Adjustments, sale.Adjustment{Line: q.Lines[i].ID, Amount: -off, Group: group, Kind: onlineKind, Code: code, Money: off})
}

// ship adds what was paid for besides the articles: shipping, and what the order does
// not explain.
func (q *Quote) ship(o *onlineOrder, l *loaded) {
	var sum money.Amount
	for i := range q.Lines {
		sum += q.Lines[i].Net
	}
	words := i18n.Must(i18n.English)
	for _, tag := range []string{setting.ReceiptLocale.In(l.settings), l.desk.Merchant.Locale} {
		if w, ok := i18n.Get(tag); ok {
			words = w
			break
		}
	}
	fee := min(o.order.Shipping, max(o.order.Paid-sum, 0))
	for _, extra := range []struct {
		code   string
		amount money.Amount
	}{{"online.shipping", fee}, {"online.difference", o.order.Paid - sum - fee}} {
		if extra.amount > 0 {
			q.Lines = append(q.Lines, sale.Line{ID: id.New(int64(l.now)), No: len(q.Lines) + 1, Kind: sale.LineService, Name: words.T(extra.code), Quantity: money.One,
				UnitPrice: q.Currency.Price(extra.amount), Gross: extra.amount, Net: extra.amount})
		}
	}
}

// differs reports whether the order's own figures do not come to what was paid.
func (o *onlineOrder) differs(ccy money.Currency) bool {
	sum := o.order.Shipping - o.order.Discount
	for _, l := range o.lines {
		gross, err := ccy.Extend(ccy.Price(l.UnitPrice), l.Quantity, money.HalfUp)
		if err != nil {
			return true
		}
		sum += gross - l.Discount
	}
	return sum != o.order.Paid
}

// earnOnline asks the packs that give points, and no others.
func (d *Desk) earnOnline(ctx context.Context, q *Quote, l *loaded) error {
	packs := d.packsOn(ctx, q, l, false)
	for i := range packs {
		packs[i].Hooks = slices.DeleteFunc(packs[i].Hooks, func(h promotion.Hook) bool { return h != promotion.HookEarn })
	}
	s := &stage{d: d, q: q}
	if err := s.fill(l, packs); err != nil {
		return err
	}
	l.stage = s
	s.earn(ctx, l.settings)
	s.fold()
	s.conclude(ctx)
	return ctx.Err()
}

// sellOnline writes the sale with everything it does to the books, and the order's
// new state with it.
func (d *Desk) sellOnline(ctx context.Context, o *onlineOrder, q *Quote, paid settlement) (id.ID, error) {
	m := o.channel.Merchant
	sold, failed := id.None, false
	err := d.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		s := q.sale(&SaleIn{Basket: q.Basket, Origin: sale.OriginOnline, OccurredAt: o.order.PaidAt}, paid)
		b := newBooking(d, tx, q, s)
		var now storefront.Order
		var lines []storefront.Line
		tx.AskAll(storefront.AskLocked(m, o.order.ID, &now, &lines)...)
		b.ask()
		b.askShelf()
		if err := tx.Flush(ctx); err != nil {
			return err
		}
		switch {
		case now.ID.IsNone():
			return storefront.ErrNotFound
		case !now.Sale.IsNone():
			sold = now.Sale
			return nil
		case now.Version != o.order.Version || now.UpdatedAt != o.order.UpdatedAt: // it has changed: it is looked at again
			sold = id.None
			return nil
		}
		b.setShort()
		if err := b.write(); err != nil {
			return err
		}
		attention := storefront.Without(now.Attention, storefront.Unmapped)
		if o.differs(q.Currency) {
			attention = storefront.With(attention, storefront.Differs)
		}
		for i := range lines {
			lines[i].SaleLine, lines[i].SKU, lines[i].Short = s.Lines[i].ID, s.Lines[i].SKU, b.short[s.Lines[i].ID]
			if lines[i].Short > 0 {
				attention = storefront.With(attention, storefront.Oversold)
			}
		}
		storefront.QueueBooked(tx, &now, s.ID, lines, attention)
		sold, failed = s.ID, true
		return nil
	})
	if err != nil {
		return id.None, fmt.Errorf("order %s: %w", o.order.OrderNo, err)
	}
	if failed && !sold.IsNone() {
		d.noteFailures(ctx, q, sold)
	}
	return sold, nil
}

// askShelf locks the levels that the lines take from, after everything else that a
// sale locks.
func (b *booking) askShelf() {
	var skus []id.ID
	for _, mv := range stockMoves(b.s, -1) {
		skus = append(skus, mv.SKU)
	}
	b.shelf = nil
	if len(skus) > 0 {
		b.tx.AskAll(stock.AskLocked(b.s.Merchant, stock.Floor(b.s.Merchant, b.s.Shop), skus, &b.shelf))
	}
}

// setShort finds what is sold and not on the shelf: the last lines go short first.
func (b *booking) setShort() {
	free := map[id.ID]money.Quantity{}
	known := map[id.ID]bool{}
	for i := range b.shelf {
		l := &b.shelf[i]
		known[l.SKU] = true
		free[l.SKU] = max(l.Available(), 0)
		if l.AllowNegative {
			free[l.SKU] = money.Quantity(1) << 60
		}
	}
	b.short = map[id.ID]money.Quantity{}
	for _, mv := range stockMoves(b.s, -1) {
		if !known[mv.SKU] && b.q.AllowNegative {
			continue // a level that goes below zero is made
		}
		want := -mv.Quantity
		have := min(want, free[mv.SKU])
		free[mv.SKU] -= have
		if want > have {
			b.short[mv.Line] = want - have
		}
	}
}

// takeStock takes what is sold from the floor, and what is not there from the place
// where a shop's debts stand.
func (b *booking) takeStock() {
	s, tx, m := b.s, b.tx, b.s.Merchant
	floor, owed := stockMoves(s, -1), []stock.Move(nil)
	if len(b.short) > 0 {
		all := floor
		floor = nil
		for _, mv := range all {
			short := b.short[mv.Line]
			if mv.Quantity += short; mv.Quantity != 0 {
				floor = append(floor, mv)
			}
			if mv.Quantity = -short; short > 0 {
				owed = append(owed, mv)
			}
		}
	}
	stock.Queue(tx, stock.Document{Merchant: m, Location: stock.Floor(m, s.Shop), Kind: stock.KindSale, Sale: s.ID, Actor: s.Actor, AllowNegative: b.q.AllowNegative}, floor)
	if len(owed) > 0 {
		stock.QueueOwedLocation(tx, m, s.Shop)
		stock.Queue(tx, stock.Document{Merchant: m, Location: stock.Owed(m, s.Shop), Kind: stock.KindSale, Sale: s.ID, Actor: s.Actor, AllowNegative: true}, owed)
	}
}
