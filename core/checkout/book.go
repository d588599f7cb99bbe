package checkout

import (
	"strings"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/coupon"
	"github.com/shopwright/shopwright/core/device"
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
	if b.purse != nil {
		b.purse.AskToSpend(b.tx, spends(b.s))
	}
	if len(b.q.Coupons) > 0 {
		b.coupons.ids = b.coupons.ids[:0]
		for i := range b.q.Coupons {
			b.coupons.ids = append(b.coupons.ids, b.q.Coupons[i].ID)
		}
		b.tx.AskAll(coupon.AskLocked(b.s.Merchant, b.coupons.ids, &b.coupons.rows))
	}
	b.counter.Ask(b.tx, b.s.Merchant, b.s.Register)
}

// spends lists the units that the sale takes from the member's wallet.
func spends(s *sale.Sale) (units []string) {
	for _, t := range s.Tenders {
		switch t.Type {
		case sale.TenderStoredValue:
			units = append(units, s.Currency.Code)
		case sale.TenderPoints:
			units = append(units, ledger.UnitPoints)
		}
	}
	for i := range s.Lines {
		if s.Lines[i].Punches > 0 {
			units = append(units, ledger.PunchUnit(s.Lines[i].SKU))
		}
	}
	return units
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
	if b.purse != nil {
		b.purse.Queue(tx)
	}
	if err := b.redeem(); err != nil {
		return err
	}
	stock.Queue(tx, stock.Document{Merchant: m, Location: stock.Floor(m, s.Shop), Kind: stock.KindSale, Sale: s.ID, Actor: s.Actor, AllowNegative: b.q.AllowNegative}, stockMoves(s, -1))
	b.credit()
	device.QueuePrint(tx, m, s.Register, s.ID, device.KindReceipt)
	emitSale(b, "sale.completed.v1")
	return nil
}

// number gives the document its shift, business date and receipt number.
func (b *booking) number() error {
	s := b.s
	if b.counter.Register.IsNone() {
		return till.ErrNoRegister
	}
	shift, err := b.counter.NeedShift(b.tx, s.Merchant, s.Actor, b.q.Desk.Shop.Zone, b.q.StrictShift)
	if err != nil {
		return err
	}
	s.Shift, s.BusinessDate, s.RecordedAt = shift.ID, shift.BusinessDate, b.tx.Now
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
	s, ccy := b.s, b.s.Currency.Code
	for _, t := range s.Tenders {
		switch t.Type {
		case sale.TenderStoredValue:
			if err := wallet.Spend(b.tx, b.purse, e, ccy, t.Amount, b.asOf); err != nil {
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
	var revenue, tax money.Amount
	for i := range s.Lines {
		l := &s.Lines[i]
		o := wallet.Origin{Shop: s.Shop, Sale: s.ID, Line: l.ID}
		switch l.Kind {
		case sale.LineTopUp:
			wallet.TopUp(b.tx, b.purse, e, ccy, l.Net, l.Bonus, b.q.Policy, o)
		case sale.LinePunchCard:
			wallet.SellPunches(b.tx, b.purse, e, l.SKU, l.Visits, l.Net, o)
			e.Add(house(s, ccy, "deferred:punches"), l.Net, nil)
		default:
			revenue += l.Net
			tax += l.Tax
			if b.q.Inclusive {
				revenue -= l.Tax
			}
			if l.Punches > 0 {
				worth, err := wallet.Punch(b.tx, b.purse, e, l.SKU, l.Punches, b.asOf)
				if err != nil {
					return err
				}
				e.Add(house(s, ledger.PunchUnit(l.SKU), "punches_redeemed"), money.Amount(l.Punches), nil)
				e.Add(house(s, ccy, "deferred:punches"), -worth, nil)
				revenue += worth
			}
		}
	}
	e.Add(house(s, ccy, "sales"), revenue, nil)
	e.Add(house(s, ccy, "tax"), tax, nil)
	if b.purse != nil && s.Points > 0 {
		wallet.Earn(b.tx, b.purse, e, s.Points, 0, wallet.Origin{Shop: s.Shop, Sale: s.ID, Line: s.ID})
	}
	return nil
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
		if err := c.UsableBy(b.s.Member, b.s.ID, b.asOf); err != nil {
			return err
		}
		coupon.QueueRedeem(b.tx, b.s.Merchant, c, b.s.ID)
	}
	return nil
}

// stockMoves lists what the lines take from (-1) or bring to (+1) the shelf.
func stockMoves(s *sale.Sale, sign money.Quantity) []stock.Move {
	var out []stock.Move
	for i := range s.Lines {
		if l := &s.Lines[i]; l.Stocked && l.Kind == sale.LineGoods {
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

// credit books what the sale means to the member and to the staff.
func (b *booking) credit() {
	s, tx, m := b.s, b.tx, b.s.Merchant
	if !s.Member.IsNone() {
		if spend, visit := spendOf(s); visit {
			member.QueueDay(tx, m, s.Member, s.BusinessDate, s.Shop, spend, 1, s.Points)
		}
		if s.TierAfter != s.TierBefore {
			member.QueueTier(tx, m, s.Member, s.TierBefore, s.TierAfter, s.ID, b.q.TierPack, "sale")
		}
	}
	for _, c := range b.q.Commissions {
		staff.QueueCommission(tx, m, staff.CommissionEntry{Staff: c.Staff, Sale: s.ID, Line: s.Lines[c.Line].ID, Amount: c.Amount, Basis: c.Basis, Rate: c.Rate,
			PackID: c.PackID, PackVersion: c.PackVersion, Code: c.Code, BusinessDate: s.BusinessDate})
	}
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
