package checkout

import (
	"fmt"

	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
)

// settle turns the tenders that were offered into the tenders of the sale. Only
// cash may exceed what is due; it gives change. Faults: checkout.bad_tender,
// checkout.underpaid, checkout.tender_exceeds_total, checkout.member_required.
func (q *Quote) settle(in []TenderIn) (tenders []sale.Tender, change money.Amount, err error) {
	if len(in) > maxTenders {
		return nil, 0, ErrTooManyLines.On("tenders").With("limit", maxTenders)
	}
	var other, cash money.Amount
	once := map[string]bool{}
	for i, t := range in {
		at := fmt.Sprintf("tenders[%d]", i)
		if t.Amount <= 0 || !money.Fits(int64(t.Amount)) {
			return nil, 0, ErrTender.On(at + ".amount")
		}
		switch t.Type {
		case sale.TenderCash:
			cash += t.Amount
			continue
		case sale.TenderCard, sale.TenderQR:
		case sale.TenderStoredValue, sale.TenderPoints:
			if q.Basket.Member.IsNone() {
				return nil, 0, ErrMemberNeeded.On("member_id")
			}
			if once[t.Type] || q.sells(sale.LineTopUp) { // nobody tops up from what is topped up
				return nil, 0, ErrTender.On(at + ".type")
			}
			once[t.Type] = true
		default:
			return nil, 0, ErrTender.On(at + ".type")
		}
		tender := sale.Tender{Type: t.Type, Amount: t.Amount, Tendered: t.Amount, State: "paid", Reference: t.Reference}
		if t.Type == sale.TenderPoints {
			tender.Points = q.pointsFor(t.Amount)
		}
		other += t.Amount
		tenders = append(tenders, tender)
	}
	if other > q.Total {
		return nil, 0, ErrOverpaid.On("tenders").With("total", q.Currency.Format(q.Total)).With("offered", q.Currency.Format(other))
	}
	due := q.Total - other
	if cash < due {
		return nil, 0, ErrUnderpaid.On("tenders").With("missing", q.Currency.Format(due-cash))
	}
	if cash > 0 {
		tenders = append(tenders, sale.Tender{Type: sale.TenderCash, Amount: due, Tendered: cash, State: "paid"})
	}
	return tenders, cash - due, nil
}

// needsAcquirer reports whether a tender is taken by a connector.
func (d *Desk) needsAcquirer(ts []sale.Tender) bool {
	if d.Acquirer == nil {
		return false
	}
	for _, t := range ts {
		if t.Type == sale.TenderCard || t.Type == sale.TenderQR {
			return true
		}
	}
	return false
}
