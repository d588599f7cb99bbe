package checkout

import (
	"context"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/wallet"
)

// ExchangeIn takes lines of a sale back and sells a basket for them.
type ExchangeIn struct {
	Refund RefundIn // its Voucher is set here
	Sale   SaleIn   // its Tenders pay what the exchange does not
}

// Exchanged is what an exchange came to.
type Exchanged struct {
	Refund  *sale.Sale
	Sale    *sale.Sale
	Voucher string // the number of the gift card between them
}

// Exchange is a refund and a sale, each a document of its own. What the goods
// that come back are worth goes on a gift card up to the price of the new ones,
// and the card pays for them; the rest goes back to the tenders of the first sale,
// or is paid on top. A cut between the two loses nothing: the value is on the
// card, and the same keys go on where it stopped. Faults: those of Refund and
// Complete; checkout.nothing_left_to_refund where nothing comes back.
func (d *Desk) Exchange(ctx context.Context, in ExchangeIn) (Exchanged, error) {
	q, err := d.binding(ctx, &in.Sale)
	if err != nil {
		return Exchanged{}, err
	}
	would, err := d.QuoteRefund(ctx, in.Refund)
	if err != nil {
		return d.exchanged(ctx, in, err)
	}
	in.Refund.Voucher = min(would.Refund.Total, q.Total)
	in.Sale.QuoteRef = q.Ref
	back, err := d.Refund(ctx, in.Refund)
	if err != nil {
		return d.exchanged(ctx, in, err)
	}
	return d.payWithVoucher(ctx, in, back)
}

// exchanged goes on with an exchange whose refund was made by an earlier try.
func (d *Desk) exchanged(ctx context.Context, in ExchangeIn, cause error) (Exchanged, error) {
	r, err := d.findPrior(ctx, in.Refund.Merchant, in.Refund.Idem)
	if err != nil || r == nil {
		return Exchanged{}, cause
	}
	back, err := d.replayed(ctx, in.Refund.Merchant, r.sale)
	if err != nil {
		return Exchanged{}, err
	}
	return d.payWithVoucher(ctx, in, back)
}

func (d *Desk) payWithVoucher(ctx context.Context, in ExchangeIn, back *sale.Sale) (Exchanged, error) {
	out := Exchanged{Refund: back}
	for _, t := range back.Tenders {
		if t.Type != sale.TenderGiftCard {
			continue
		}
		cards, _, err := wallet.ListGiftCards(ctx, d.DB, back.Merchant, wallet.GiftCardFilter{Sale: back.ID}, db.Page{Limit: 200})
		if err != nil {
			return out, err
		}
		for _, c := range cards {
			if c.ID == t.GiftCard {
				out.Voucher = c.Number
				in.Sale.Tenders = append([]TenderIn{{Type: sale.TenderGiftCard, Amount: t.Amount, Reference: c.Number}}, in.Sale.Tenders...)
			}
		}
	}
	var err error
	out.Sale, err = d.Complete(ctx, in.Sale)
	return out, err
}
