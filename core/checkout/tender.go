package checkout

import (
	"context"
	"fmt"
	"slices"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/loyalty"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/wallet"
)

// settlement is how a sale is paid.
type settlement struct {
	tenders  []sale.Tender
	change   money.Amount
	rounding money.Amount // what the cash part was rounded by
	points   []int64      // earned by line, once it is known what was paid with what
	rebates  []int64      // likewise, money given back into the wallet
}

// settle turns the tenders that were offered into the tenders of the sale. Only
// cash may exceed what is due; it gives change. Faults: checkout.bad_tender,
// checkout.tender_not_allowed, checkout.underpaid, checkout.tender_exceeds_total,
// checkout.member_required,
// wallet.gift_card_*, member.pin_*.
func (d *Desk) settle(ctx context.Context, q *Quote, in []TenderIn) (settlement, error) {
	if len(in) > maxTenders {
		return settlement{}, ErrTooManyLines.On("tenders").With("limit", maxTenders)
	}
	cards, err := d.entitled(ctx, q, in)
	if err != nil {
		return settlement{}, err
	}
	st, err := q.settle(in, cards)
	if err != nil {
		return st, err
	}
	for _, t := range st.tenders {
		if t.Type == sale.TenderCash {
			return st, q.lawful(t.Amount)
		}
	}
	return st, nil
}

// entitled reads the gift cards that are offered and sees whether whoever pays may
// spend: the member's PIN for stored value, a gift card's own. It asks nothing
// where no such tender is offered.
func (d *Desk) entitled(ctx context.Context, q *Quote, in []TenderIn) (map[string]wallet.GiftCard, error) {
	m, member := q.Basket.Merchant, q.Basket.Member
	var asks []db.Ask
	found := make([][]wallet.GiftCard, len(in))
	var w who
	for i, t := range in {
		switch {
		case t.Type == sale.TenderGiftCard:
			n, err := wallet.GiftCardNumber(t.Reference)
			if err != nil {
				return nil, fault.Of(err).On(fmt.Sprintf("tenders[%d].reference", i))
			}
			in[i].Reference = n
			asks = append(asks, wallet.AskGiftCard(m, n, false, &found[i]))
		case t.Type == sale.TenderStoredValue && !member.IsNone() && q.AsksPIN:
			w.at, w.pays = i, true
			asks = append(asks, w.ask(m, member))
		}
	}
	if len(asks) == 0 {
		return nil, nil
	}
	if err := d.DB.Batch(ctx, asks...); err != nil {
		return nil, err
	}
	if w.pays {
		if err := d.checkPIN(ctx, q, &w, in[w.at].PIN); err != nil {
			return nil, fault.Of(err).On(fmt.Sprintf("tenders[%d].pin", w.at))
		}
	}
	cards := map[string]wallet.GiftCard{}
	for i, t := range in {
		if t.Type != sale.TenderGiftCard {
			continue
		}
		at := fmt.Sprintf("tenders[%d]", i)
		if len(found[i]) == 0 || found[i][0].Currency != q.Currency.Code {
			return nil, wallet.ErrGiftCardNotFound.On(at + ".reference")
		}
		c := found[i][0]
		if err := c.Usable(d.DB.Now()); err != nil {
			return nil, fault.Of(err).On(at + ".reference")
		}
		if err := d.checkCardPIN(ctx, &c, t.PIN); err != nil {
			return nil, fault.Of(err).On(at + ".pin")
		}
		cards[c.Number] = c
	}
	return cards, nil
}

// settle is the arithmetic of it.
func (q *Quote) settle(in []TenderIn, cards map[string]wallet.GiftCard) (st settlement, err error) {
	var other, cash money.Amount
	once := map[string]bool{}
	for i, t := range in {
		at := fmt.Sprintf("tenders[%d]", i)
		if t.Amount <= 0 || !money.Fits(int64(t.Amount)) {
			return st, ErrTender.On(at + ".amount")
		}
		tender := sale.Tender{Type: t.Type, Amount: t.Amount, Tendered: t.Amount, State: "paid", Reference: t.Reference}
		key := t.Type
		switch t.Type {
		case sale.TenderCash:
			cash += t.Amount
			continue
		case sale.TenderCard, sale.TenderQR:
			key = ""
		case sale.TenderStoredValue, sale.TenderPoints:
			if q.Basket.Member.IsNone() {
				return st, ErrMemberNeeded.On("member_id")
			}
			if t.Type == sale.TenderPoints {
				tender.Points = q.pointsFor(t.Amount)
			}
		case sale.TenderGiftCard:
			c := cards[t.Reference]
			tender.GiftCard, tender.Reference = c.ID, masked(c.Number)
			key += c.Number
		default:
			return st, ErrTender.On(at + ".type")
		}
		if key != "" && (once[key] || q.sellsValue()) { // nobody tops up from what is topped up
			return st, ErrTender.On(at + ".type")
		}
		once[key] = true
		other += t.Amount
		st.tenders = append(st.tenders, tender)
	}
	if err := q.allowed(st.tenders); err != nil {
		return st, err
	}
	if other > q.Total {
		return st, ErrOverpaid.On("tenders").With("total", q.Currency.Format(q.Total)).With("offered", q.Currency.Format(other))
	}
	rest := q.Total - other
	due := rest
	if cash > 0 || len(in) == 0 {
		due = q.CashDue(rest)
	}
	if cash < due {
		return st, ErrUnderpaid.On("tenders").With("missing", q.Currency.Format(due-cash))
	}
	st.rounding, st.change = due-rest, cash-due
	if cash > 0 && (due > 0 || len(st.tenders) == 0) {
		st.tenders = append(st.tenders, sale.Tender{Type: sale.TenderCash, Amount: due, Tendered: cash, State: "paid"})
	} else if cash > 0 {
		return st, ErrTender.On("tenders") // cash where nothing is due
	}
	st.points = q.earned(st.tenders, func(l *sale.Line) int64 { return l.Points })
	st.rebates = q.earned(st.tenders, func(l *sale.Line) int64 {
		if l.Kind == sale.LineTopUp {
			return 0
		}
		return int64(l.Bonus)
	})
	return st, nil
}

// masked keeps the end of a card's number: enough to tell cards apart, and not
// enough to pay with one.
func masked(number string) string { return "*" + number[max(len(number)-4, 0):] }

// earned is what the lines earn, less the part of the total that was paid with
// tenders that earn nothing.
func (q *Quote) earned(tenders []sale.Tender, of func(*sale.Line) int64) []int64 {
	points := make([]int64, len(q.Lines))
	for i := range q.Lines {
		points[i] = of(&q.Lines[i])
	}
	var without money.Amount
	for _, t := range tenders {
		if slices.Contains(q.NoEarn, t.Type) {
			without += t.Amount
		}
	}
	return loyalty.EarnOn(points, q.Total, without)
}
