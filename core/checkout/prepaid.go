package checkout

import (
	"github.com/shopwright/shopwright/core/campaign"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/loyalty"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/wallet"
)

// punchTerms is in which unit a punch card counts, and until when it holds: to the
// end of the last of its days.
func (q *Quote) punchTerms(l *sale.Line, now clock.Instant) (unit id.ID, until clock.Instant) {
	if l.Plan.IsNone() {
		return l.SKU, 0
	}
	if days := q.Plans[l.Plan]; days > 0 {
		z := q.Desk.Shop.Zone
		until = z.Start(z.BusinessDate(now).AddDays(days + 1))
	}
	return l.Plan, until
}

// issueGiftCard makes the card that a line sells: what it may pay is its face,
// what was paid for it the line's amount.
func (b *booking) issueGiftCard(e *ledger.Entry, l *sale.Line) error {
	c := wallet.GiftCard{Merchant: b.s.Merchant, ID: l.GiftCard, Number: l.CardNumber, Currency: b.s.Currency.Code, Face: l.Face, Price: l.Net,
		Sale: b.s.ID, Line: l.ID, Shop: b.s.Shop, Buyer: b.s.Member, ExpiresAt: b.q.giftCardEnds(b.tx.Now)}
	p, err := wallet.QueueIssueGiftCard(b.tx, e, &c)
	if err != nil {
		return err
	}
	b.issued = append(b.issued, p)
	return nil
}

// makeGift makes the line of a gift: it costs points, and money where the gift
// has a part in money.
func (q *Quote) makeGift(l *loaded, in *LineIn, line *sale.Line) error {
	g, n := l.giftOf(in.Gift), int64(in.Quantity/money.One)
	line.SKU, line.Name = g.SKU, g.Name
	if given := l.grantOf(in.Grant); given != nil {
		if err := given.Usable(q.Basket.Member, l.now, n); err != nil {
			return fault.Of(err).On("grant_id")
		}
		if g.Counted && g.OnHand < n {
			return loyalty.ErrGiftGone.With("name", g.Name).On("gift_id")
		}
	} else {
		if err := g.Check(l.now, l.giftCounts[g.ID], n); err != nil {
			return fault.Of(err).On("gift_id")
		}
		line.PointsCost = g.Points * n
		line.UnitPrice, line.Gross = q.Currency.Price(g.Money), g.Money*money.Amount(n)
	}
	if sku := l.giftSKU(g.SKU); sku != nil {
		line.SKUCode, line.Category, line.Stocked = sku.Code, sku.Category, sku.Stocked
	}
	return nil
}

// takeGift burns the points of a gift line and hands the gift out.
func (b *booking) takeGift(e *ledger.Entry, l *sale.Line) error {
	if l.Kind != sale.LineGift {
		return nil
	}
	if l.PointsCost > 0 {
		if err := wallet.BurnPoints(b.tx, b.purse, e, l.PointsCost, b.asOf); err != nil {
			return err
		}
		e.Add(house(b.s, ledger.UnitPoints, "gifts_redeemed"), money.Amount(l.PointsCost), nil)
	}
	if !b.giftsHeld {
		b.handOut(l)
	}
	return nil
}

// handOut takes a gift line's gifts from their own stock, and from the member's limit
// or the grant that they are fetched of.
func (b *booking) handOut(l *sale.Line) {
	b.eachGift(l, func(g *loyalty.Gift, grant id.ID, n int64) {
		if !grant.IsNone() {
			campaign.QueueFetch(b.tx, b.s.Merchant, grant, b.s.ID, l.ID, n)
		}
		loyalty.QueueGiftTaken(b.tx, b.s.Merchant, loyalty.Taking{Gift: g, Member: b.s.Member, Sale: b.s.ID, Line: l.ID, Quantity: n})
	})
}

// eachGift calls f for the gift of a line: how many, and the grant that they are
// fetched of, if any.
func (b *booking) eachGift(l *sale.Line, f func(g *loyalty.Gift, grant id.ID, n int64)) {
	if l.Kind != sale.LineGift {
		return
	}
	in := &b.q.Basket.Lines[l.No-1]
	for _, g := range b.q.Gifts {
		if g.ID == in.Gift {
			if !in.Grant.IsNone() {
				g.Points, g.PerMember = 0, 0 // it was given: no points, and no limit of what points buy
			}
			f(&g, in.Grant, int64(l.Quantity/money.One))
		}
	}
}

// holdGifts hands the gifts of an open sale out already, so that nobody else takes
// the last one, or the member another, while the payment is under way.
func (b *booking) holdGifts() {
	for i := range b.s.Lines {
		b.handOut(&b.s.Lines[i])
	}
}

// releaseGifts takes back what holdGifts handed out.
func (b *booking) releaseGifts() {
	for i := range b.s.Lines {
		l := &b.s.Lines[i]
		b.eachGift(l, func(_ *loyalty.Gift, grant id.ID, n int64) {
			if !grant.IsNone() {
				campaign.QueueFetchReleased(b.tx, b.s.Merchant, l.ID, n)
			}
			loyalty.QueueGiftReleased(b.tx, b.s.Merchant, b.s.ID, l.ID, n)
		})
	}
}

// prepaid computes what comes back of a top-up, a punch card or a gift card: the
// price where nothing of it was used, otherwise what the stated case gives.
// Faults: checkout.prepaid_used and those of wallet.Calculate.
func (r *returning) prepaid(l, line *sale.Line, back *sale.LineState) error {
	var net money.Amount
	switch l.Kind {
	case sale.LineTopUp, sale.LinePunchCard:
		groups := *r.groups[l.ID]
		if len(groups) == 0 || groups[0].Used() == 0 && groups[0].Principal > 0 && r.in.Prepaid.Case == "" {
			return nil // takeBackPrepaid sees whether it is all there
		}
		if r.in.Prepaid.Case == "" {
			return ErrPrepaidUsed.With("line", l.Name)
		}
		for i := range groups {
			groups[i].UsedAtList = r.in.UsedAtList
		}
		claim := r.in.Prepaid
		if claim.At = r.tx.Now; !r.in.request.IsNone() {
			claim.At = r.request.RequestedAt // asked for in time is in time
		}
		st, err := wallet.Calculate(claim, groups)
		if err != nil {
			return err
		}
		r.payout[l.ID] = st
		net = st.Refund
		line.Bonus = 0
		for _, p := range st.Payments {
			line.Withheld += p.Withheld
			if !p.Visits() {
				line.Bonus += p.BonusLeft
			}
		}
	case sale.LineGiftCard:
		c := r.soldCard(l.ID)
		if c == nil {
			return wallet.ErrGiftCardNotFound
		}
		left := wallet.SpendableNow(r.purses.of(wallet.OwnerGiftCard, c.ID), r.of.Currency.Code, r.tx.Now)
		if left == c.Face {
			return nil
		}
		if r.in.Prepaid.Case == "" {
			return wallet.ErrGiftCardSpent.With("left", r.of.Currency.Format(left))
		}
		net = c.Price.MulDiv(int64(left), int64(c.Face), money.Down)
	default:
		return nil
	}
	line.Gross, line.Net, back.NetBack = net, net, net
	return nil
}

// soldCard is the gift card that a line of the sale sold.
func (r *returning) soldCard(line id.ID) *wallet.GiftCard {
	for i := range r.sold {
		if r.sold[i].Line == line {
			return &r.sold[i]
		}
	}
	return nil
}

// takeBackPrepaid empties what a line of the sale had filled.
func (r *returning) takeBackPrepaid(e *ledger.Entry, l *sale.Line) error {
	s, ccy := r.s, r.s.Currency.Code
	o := wallet.Origin{Shop: s.Shop, Sale: r.of.ID, Line: l.Of}
	if st, partly := r.payout[l.Of]; partly {
		_, err := wallet.PayOut(r.tx, r.purse, e, ccy, st)
		return err
	}
	switch l.Kind {
	case sale.LineTopUp:
		return wallet.TakeBackTopUp(r.purse, e, o, ccy, r.tx.Now)
	case sale.LinePunchCard:
		e.Add(house(s, ccy, "deferred:punches"), -l.Net, nil)
		return wallet.TakeBackPunches(r.purse, e, o, r.tx.Now)
	}
	c := r.soldCard(l.Of)
	_, err := wallet.KillGiftCard(r.tx, r.purses.of(wallet.OwnerGiftCard, c.ID), e, c, r.in.Prepaid.Case != "", s.Reason)
	return err
}
