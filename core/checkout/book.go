package checkout

import (
	"slices"
	"strings"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/coupon"
	"github.com/shopwright/shopwright/core/event"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/staff"
	"github.com/shopwright/shopwright/core/stock"
	"github.com/shopwright/shopwright/core/till"
	"github.com/shopwright/shopwright/core/wallet"
)

// couponLocks are the coupons of a sale under their locks.
type couponLocks struct {
	ids  []id.ID
	rows []coupon.Coupon
}

// ask notes the locks and reads of trip 1, in the one lock order.
func (b *booking) ask() {
	b.purses.askToSpend(b.tx, spends(b.s))
	if len(b.q.Coupons) > 0 {
		b.coupons.ids = b.coupons.ids[:0]
		for i := range b.q.Coupons {
			b.coupons.ids = append(b.coupons.ids, b.q.Coupons[i].ID)
		}
		b.tx.AskAll(coupon.AskLockedFor(b.s.Merchant, b.coupons.ids, b.s.Member, &b.coupons.rows))
	}
	if ids := giftCardsOf(b.s); len(ids) > 0 {
		b.tx.AskAll(wallet.AskGiftCards(b.s.Merchant, ids, true, &b.cards))
	}
	b.askKitchen()
	b.counter.Ask(b.tx, b.s.Merchant, b.s.Register)
}

// spends lists the units that the sale takes from each wallet.
func spends(s *sale.Sale) map[id.ID][]string {
	units := map[id.ID][]string{}
	for _, t := range s.Tenders {
		switch t.Type {
		case sale.TenderStoredValue:
			units[s.Member] = append(units[s.Member], s.Currency.Code)
		case sale.TenderPoints:
			units[s.Member] = append(units[s.Member], ledger.UnitPoints)
		case sale.TenderGiftCard:
			units[t.GiftCard] = append(units[t.GiftCard], s.Currency.Code)
		}
	}
	for i := range s.Lines {
		for _, d := range s.Lines[i].Draws {
			units[d.Owner] = append(units[d.Owner], ledger.PunchUnit(d.Unit))
		}
		if s.Lines[i].PointsCost > 0 {
			units[s.Member] = append(units[s.Member], ledger.UnitPoints)
		}
	}
	return units
}

// giftCardsOf lists the cards that pay a document.
func giftCardsOf(s *sale.Sale) (ids []id.ID) {
	for _, t := range s.Tenders {
		if t.Type == sale.TenderGiftCard {
			ids = append(ids, t.GiftCard)
		}
	}
	return ids
}

// cardOf is a gift card under its lock.
func (b *booking) cardOf(card id.ID) (*wallet.GiftCard, error) {
	for i := range b.cards {
		if b.cards[i].ID == card {
			return &b.cards[i], nil
		}
	}
	return nil, wallet.ErrGiftCardNotFound
}

// write queues all that the sale does: document, books, coupons, shelf, member,
// commission, paper, event.
func (b *booking) write() error {
	s, tx, m := b.s, b.tx, b.s.Merchant
	if err := b.number(); err != nil {
		return err
	}
	if b.opened {
		sale.QueueComplete(tx, s)
	} else {
		sale.QueueInsert(tx, s)
	}
	e := ledger.Entry{Shop: s.Shop, BusinessDate: s.BusinessDate, Kind: "sale", Sale: s.ID, Actor: s.Actor}
	if err := b.post(&e); err != nil {
		return err
	}
	if err := b.d.book.Post(tx, m, &e); err != nil {
		return err
	}
	b.purses.queue(tx)
	for _, p := range b.issued {
		p.Queue(tx)
	}
	if err := b.redeem(); err != nil {
		return err
	}
	b.takeStock()
	b.credit()
	b.print()
	emitSale(b, "sale.completed.v1")
	return nil
}

// number gives the document its shift, business date and receipt number.
func (b *booking) number() error {
	s := b.s
	if b.counter.Register.IsNone() {
		return till.ErrNoRegister
	}
	shift, err := b.counter.NeedShift(b.tx, s.Merchant, s.Actor, b.q.Desk.Shop.Zone, b.q.StrictShift && !b.opened) // what is paid is booked
	if err != nil {
		return err
	}
	s.Shift, s.BusinessDate = shift.ID, shift.BusinessDate
	if !b.opened { // an open sale was recorded when it was opened
		s.RecordedAt = b.tx.Now
	}
	if s.OccurredAt == 0 {
		s.OccurredAt = b.tx.Now
	}
	if s.ID.IsNone() {
		s.ID = b.tx.NewID()
	}
	s.Series, s.Number = b.counter.Take(b.tx, s.Merchant)
	return nil
}

func house(s *sale.Sale, unit, class string) *ledger.Account {
	a := ledger.House(s.Merchant, s.Shop, unit, class)
	return &a
}

// post makes the sale's entry: what came in by each tender against what was sold.
func (b *booking) post(e *ledger.Entry) error {
	if err := b.postTenders(e); err != nil {
		return err
	}
	s, ccy := b.s, b.s.Currency.Code
	var revenue, tax money.Amount
	for i := range s.Lines {
		l := &s.Lines[i]
		o := wallet.Origin{Shop: s.Shop, Sale: s.ID, Line: l.ID}
		switch l.Kind {
		case sale.LineTopUp:
			wallet.TopUpOn(b.tx, b.purse, e, ccy, wallet.TopUpTerms{Principal: l.Net, Bonus: l.Bonus, Policy: b.q.Policy, BonusEnds: b.q.bonusEnds(b.tx.Now)}, o)
		case sale.LinePunchCard:
			unit, until := b.q.punchTerms(l, b.tx.Now)
			wallet.SellPunchesUntil(b.tx, b.purse, e, unit, l.Visits, l.Net, until, o)
			e.Add(house(s, ccy, "deferred:punches"), l.Net, nil)
		case sale.LineGiftCard:
			if err := b.issueGiftCard(e, l); err != nil {
				return err
			}
		default:
			revenue += l.Net
			tax += l.Tax
			if b.q.Inclusive {
				revenue -= l.Tax
			}
			worth, err := b.punch(e, l)
			if err != nil {
				return err
			}
			revenue += worth
			if err := b.takeGift(e, l); err != nil {
				return err
			}
			if l.Bonus > 0 {
				wallet.Rebate(b.tx, b.purse, e, ccy, l.Bonus, b.q.bonusEnds(b.tx.Now), o)
			}
		}
	}
	e.Add(house(s, ccy, "sales"), revenue, nil)
	e.Add(house(s, ccy, "tax"), tax, nil)
	if b.purse != nil && s.Points > 0 {
		wallet.EarnFrom(b.tx, b.purse, e, s.Points, b.q.PointsFrom, b.q.PointsUntil, wallet.Origin{Shop: s.Shop, Sale: s.ID, Line: s.ID})
	}
	b.give(e)
	return nil
}

func (b *booking) postTenders(e *ledger.Entry) error {
	s, ccy := b.s, b.s.Currency.Code
	for _, t := range s.Tenders {
		switch t.Type {
		case sale.TenderStoredValue:
			if err := wallet.SpendBy(b.tx, b.purse, e, ccy, t.Amount, b.asOf, b.q.consumption(t.Type)); err != nil {
				return err
			}
		case sale.TenderGiftCard:
			c, err := b.cardOf(t.GiftCard)
			if err != nil {
				return err
			}
			if err := wallet.SpendGiftCard(b.tx, b.purses.find(t.GiftCard), e, c, t.Amount, b.asOf); err != nil {
				return err
			}
		case sale.TenderPoints:
			if err := wallet.BurnPoints(b.tx, b.purse, e, t.Points, b.asOf); err != nil {
				return err
			}
			e.Add(house(s, ledger.UnitPoints, "points_redeemed"), money.Amount(t.Points), nil)
			e.Add(house(s, ccy, "tender:points"), -t.Amount, nil)
		default:
			e.Add(house(s, ccy, "tender:"+t.Type), -t.Amount, nil)
		}
	}
	e.Add(house(s, ccy, "cash_rounding"), s.CashRounding, nil)
	return nil
}

// punch takes the visits that pay a line from the cards that the quote named, and
// answers what they are worth.
func (b *booking) punch(e *ledger.Entry, l *sale.Line) (worth money.Amount, err error) {
	for _, d := range l.Draws {
		w, err := wallet.Punch(b.tx, b.purses.find(d.Owner), e, d.Unit, d.Visits, b.asOf)
		if err != nil {
			return 0, err
		}
		e.Add(house(b.s, ledger.PunchUnit(d.Unit), "punches_redeemed"), money.Amount(d.Visits), nil)
		worth += w
	}
	e.Add(house(b.s, b.s.Currency.Code, "deferred:punches"), -worth, nil)
	b.worth[l.ID] = worth
	return worth, nil
}

// redeem books one use of each coupon that took part; one that lost to another
// stays with its owner.
func (b *booking) redeem() error {
	used := map[id.ID]bool{}
	for _, a := range b.s.Adjustments {
		used[a.Coupon] = true
	}
	for i := range b.coupons.rows {
		c := &b.coupons.rows[i]
		if !used[c.ID] {
			continue
		}
		u := b.couponUse()
		if err := c.UsableIn(u); err != nil {
			return err
		}
		coupon.QueueUse(b.tx, b.s.Merchant, c, u)
	}
	return nil
}

// couponUse is where and when the coupons are used: when the quote was made, since
// an hour that ends before the payment takes nothing away from what was shown.
func (b *booking) couponUse() coupon.Use {
	return coupon.UseAt(b.q.Desk.Shop.Zone, b.s.Member, b.s.Shop, b.s.ID, b.q.At)
}

// stockMoves lists what the lines take from (-1) or bring to (+1) the shelf.
func stockMoves(s *sale.Sale, sign money.Quantity) []stock.Move {
	var out []stock.Move
	for i := range s.Lines {
		if l := &s.Lines[i]; l.Stocked && (l.Kind == sale.LineGoods || l.Kind == sale.LineGift) {
			mv := stock.Move{SKU: l.SKU, Quantity: sign * l.Quantity, Line: l.ID}
			if l.Cost > 0 {
				mv.UnitCost = l.Cost.MulDiv(int64(money.One), int64(l.Quantity), money.HalfUp)
			}
			out = append(out, mv)
		}
	}
	return out
}

// spendOf is what counts as spending: goods and services, not prepayments.
func spendOf(s *sale.Sale) (spend money.Amount, visit bool) {
	for i := range s.Lines {
		if k := s.Lines[i].Kind; k == sale.LineGoods || k == sale.LineService {
			spend += s.Lines[i].Net
			visit = true
		}
	}
	return spend, visit
}

// toppedUp is what was paid for top-ups.
func toppedUp(s *sale.Sale) (sum money.Amount) {
	for i := range s.Lines {
		if s.Lines[i].Kind == sale.LineTopUp {
			sum += s.Lines[i].Net
		}
	}
	return sum
}

// credit books what the sale means to the member and to the staff.
func (b *booking) credit() {
	s, tx, m := b.s, b.tx, b.s.Merchant
	if !s.Member.IsNone() {
		if spend, visit := spendOf(s); visit {
			member.QueueDay(tx, m, s.Member, s.BusinessDate, s.Shop, spend, 1, s.Points)
		}
		if sum := toppedUp(s); sum != 0 {
			member.QueueTopUps(tx, m, s.Member, s.BusinessDate, s.Shop, sum)
		}
		if s.TierAfter != s.TierBefore {
			member.QueueTier(tx, m, s.Member, s.TierBefore, s.TierAfter, s.ID, b.q.TierPack, "sale")
		}
	}
	proposals := map[int]staff.Proposal{}
	for _, c := range b.q.Commissions {
		proposals[c.Line] = c.proposal()
	}
	for i := range s.Lines {
		shares := b.q.sharesOf(i)
		if len(shares) == 0 {
			continue
		}
		w := workOf(s, &s.Lines[i], b.q.Inclusive)
		w.Worth = b.worth[s.Lines[i].ID]
		staff.QueueLineStaff(tx, m, w.Rows(shares)...)
		for _, e := range staff.Entries(w, shares, proposals[i]) {
			staff.QueueCommission(tx, m, e)
		}
	}
	b.retain()
}

// retain keeps the buyer of prepaid value from being erased before the law lets go.
func (b *booking) retain() {
	for i := range b.s.Lines {
		if k := b.s.Lines[i].Kind; !b.s.Member.IsNone() && (k == sale.LineTopUp || k == sale.LinePunchCard || k == sale.LineGiftCard) {
			member.QueueRetain(b.tx, b.s.Merchant, b.s.Member, member.RetainUntil(b.tx.Now))
			return
		}
	}
}

// sharesOf is who did the work of a line.
func (q *Quote) sharesOf(i int) []staff.Share {
	if i >= len(q.Basket.Lines) {
		return nil
	}
	in := &q.Basket.Lines[i]
	switch {
	case len(in.Splits) > 0:
		shares := slices.Clone(in.Splits)
		for k := range shares {
			shares[k].Level = q.Levels[shares[k].Staff]
		}
		return shares
	case !in.Staff.IsNone():
		return staff.Alone(in.Staff, q.Levels[in.Staff])
	}
	return nil
}

// CommissionOf divides a line's commission among those who did the work.
func (q *Quote) CommissionOf(c Commission) []staff.CommissionEntry {
	return staff.Entries(workOf(&sale.Sale{}, &q.Lines[c.Line], q.Inclusive), q.sharesOf(c.Line), c.proposal())
}

func (c *Commission) proposal() staff.Proposal {
	return staff.Proposal{Amount: c.Amount, Basis: c.Basis, Rate: c.Rate, PackID: c.PackID, PackVersion: c.PackVersion, Code: c.Code}
}

// workOf is what a line was, for the figures of its staff: its own part of what
// stored value paid too.
func workOf(s *sale.Sale, l *sale.Line, inclusive bool) staff.Work {
	w := staff.Work{Sale: s.ID, Line: l.ID, Shop: s.Shop, LineKind: l.Kind, SKUCode: l.SKUCode, Category: l.Category, BusinessDate: s.BusinessDate,
		Quantity: l.Quantity, Gross: l.Gross, Net: l.Net, Cost: l.Cost}
	if inclusive {
		w.Tax = l.Tax
	}
	for _, t := range s.Tenders {
		if t.Type == sale.TenderStoredValue && s.Total > 0 {
			w.Prepaid += l.Net.MulDiv(int64(t.Amount), int64(s.Total), money.Down)
		}
	}
	return w
}

// saleEvent is the data of sale.*.v1: ids and figures, nothing personal.
type saleEvent struct {
	Sale         id.ID      `json:"sale_id"`
	Kind         string     `json:"kind"`
	Of           id.ID      `json:"of_sale_id,omitzero"`
	Number       string     `json:"number"`
	Register     id.ID      `json:"register_id"`
	Member       id.ID      `json:"member_id,omitzero"`
	Currency     string     `json:"currency"`
	Total        string     `json:"total"`
	Points       int64      `json:"points"`
	BusinessDate clock.Date `json:"business_date"`
	TierAfter    string     `json:"tier,omitempty"`
	Fallbacks    []string   `json:"rule_fallbacks,omitempty"`
	Tenders      []string   `json:"tenders"`
	Lines        int        `json:"lines"`
}

func emitSale(b *booking, kind string) {
	s := b.s
	data := saleEvent{Sale: s.ID, Kind: s.Kind, Of: s.Of, Number: s.ReceiptNumber(), Register: s.Register, Member: s.Member, Currency: s.Currency.Code,
		Total: s.Currency.Format(s.Total), Points: s.Points, BusinessDate: s.BusinessDate, TierAfter: s.TierAfter, Lines: len(s.Lines)}
	if s.Fallbacks != "" {
		data.Fallbacks = strings.Split(s.Fallbacks, ",")
	}
	for _, t := range s.Tenders {
		data.Tenders = append(data.Tenders, t.Type)
	}
	event.Emit(b.tx, event.Event{Merchant: s.Merchant, Type: kind, OccurredAt: s.OccurredAt, Shop: s.Shop, Data: event.JSON(data)})
}
