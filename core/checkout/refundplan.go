package checkout

import (
	"fmt"
	"slices"

	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/setting"
	"github.com/shopwright/shopwright/core/wallet"
)

// purseOf tells tenders of one type apart: each gift card is one of its own.
type purseOf struct {
	kind string
	card id.ID
}

// planTenders spreads the refund over the sale's tenders: in proportion to what is
// left of each, in a stated order, or as stated. No tender gets more than what is
// left of it, so that the last refund has given back all of every tender. Faults:
// checkout.bad_refund_plan.
func (r *returning) planTenders(plan RefundPlan, settings setting.Values) error {
	var keys []purseOf
	whole := map[purseOf]sale.Tender{}
	for _, t := range r.of.Tenders {
		k := purseOf{t.Type, t.GiftCard}
		w, seen := whole[k]
		if !seen {
			keys = append(keys, k)
		}
		whole[k] = sale.Tender{Type: t.Type, GiftCard: t.GiftCard, Reference: t.Reference, Amount: w.Amount + t.Amount, Points: w.Points + t.Points}
	}
	rest := make([]money.Amount, len(keys))
	for i, k := range keys {
		rest[i] = whole[k].Amount
		for _, t := range r.refunded {
			if k == (purseOf{t.Type, t.GiftCard}) {
				rest[i] -= t.Amount
			}
		}
	}
	due := r.s.Total
	if r.last && !r.withheld { // what earlier roundings of the cash part have left over goes with the last refund
		// but never makes the customer pay: so little may go back that it is less.
		r.s.CashRounding = max(r.of.CashRounding-r.roundedBack, -due)
		due += r.s.CashRounding
	} else if most := total(rest); due > most { // earlier refunds were rounded up
		r.s.CashRounding, due = most-due, most
	}
	if err := r.voucher(due); err != nil {
		return err
	}
	shares, err := plan.spread(due-r.in.Voucher, keys, rest)
	if err != nil {
		return err
	}
	for i, k := range keys {
		if k.kind == sale.TenderCash && (!r.last || r.withheld) {
			step, mode := setting.CashRounding(settings)
			rounded := min(money.RoundCash(shares[i], step, mode), rest[i])
			r.s.CashRounding += rounded - shares[i]
			shares[i] = rounded
		}
		if shares[i] == 0 {
			continue
		}
		t := sale.Tender{Type: k.kind, GiftCard: k.card, Reference: whole[k].Reference, Amount: shares[i], Tendered: shares[i], State: "paid"}
		if k.kind == sale.TenderPoints {
			t.Points = whole[k].Points
			for _, b := range r.refunded {
				if b.Type == k.kind {
					t.Points -= b.Points
				}
			}
			if shares[i] < rest[i] {
				t.Points = int64(money.Amount(t.Points).MulDiv(int64(shares[i]), int64(rest[i]), money.Down))
			}
		}
		r.s.Tenders = append(r.s.Tenders, t)
		r.s.Paid += t.Amount
	}
	return nil
}

// voucher puts a part of the refund on a new gift card.
func (r *returning) voucher(due money.Amount) error {
	if r.in.Voucher == 0 {
		return nil
	}
	if r.in.Voucher < 0 || r.in.Voucher > due {
		return ErrRefundPlan.On("voucher")
	}
	number, err := wallet.NewGiftCardNumber()
	if err != nil {
		return err
	}
	r.slip = &wallet.GiftCard{Merchant: r.s.Merchant, ID: r.tx.NewID(), Number: number, Currency: r.s.Currency.Code, Face: r.in.Voucher, Price: r.in.Voucher, Shop: r.s.Shop, Buyer: r.s.Member}
	r.s.Tenders = append(r.s.Tenders, sale.Tender{Type: sale.TenderGiftCard, GiftCard: r.slip.ID, Reference: masked(number), Amount: r.in.Voucher, Tendered: r.in.Voucher, State: "paid"})
	r.s.Paid += r.in.Voucher
	return nil
}

// spread divides what is due among the tenders by what is left of each.
func (p RefundPlan) spread(due money.Amount, keys []purseOf, rest []money.Amount) ([]money.Amount, error) {
	if len(p.Amounts) > 0 {
		return p.stated(due, keys, rest)
	}
	shares := make([]money.Amount, len(keys))
	left := due
	for at, kind := range p.Order {
		found := false
		for i, k := range keys {
			if k.kind == kind {
				found = true
				give := min(left, rest[i]-shares[i])
				shares[i] += give
				left -= give
			}
		}
		if !found || slices.Index(p.Order, kind) != at {
			return nil, ErrRefundPlan.On(fmt.Sprintf("tender_order[%d]", at))
		}
	}
	open := make([]money.Amount, len(keys))
	for i := range open {
		open[i] = rest[i] - shares[i]
	}
	more, over := money.Allocate(left, open, open)
	if over != 0 {
		return nil, ErrRefundPlan.With("rest", int64(over))
	}
	for i := range shares {
		shares[i] += more[i]
	}
	return shares, nil
}

func (p RefundPlan) stated(due money.Amount, keys []purseOf, rest []money.Amount) ([]money.Amount, error) {
	shares := make([]money.Amount, len(keys))
	left := due
	for at, t := range p.Amounts {
		give := t.Amount
		for i, k := range keys {
			if k.kind == t.Type {
				part := min(give, rest[i]-shares[i])
				shares[i] += part
				give -= part
			}
		}
		if t.Amount < 0 || give > 0 {
			return nil, ErrRefundPlan.On(fmt.Sprintf("tenders[%d]", at))
		}
		left -= t.Amount
	}
	if left != 0 {
		return nil, ErrRefundPlan.On("tenders")
	}
	return shares, nil
}
