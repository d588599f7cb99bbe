package checkout

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/staff"
	"github.com/shopwright/shopwright/core/wallet"
)

const (
	maxLines   = 500
	maxCoupons = 20
	maxTenders = 20
	maxVisits  = 100_000
)

// Basket is what is rung up. Kind "" of a line is a SKU, by id or barcode.
type Basket struct {
	Merchant  id.ID
	Shop      id.ID
	Register  id.ID
	Member    id.ID
	Card      string // the member's card that was shown, if one was
	Lines     []LineIn
	Coupons   []string
	Discounts []Discount   `json:",omitempty"` // given by hand
	Drop      money.Amount `json:",omitempty"` // taken off the bill to make it round
	Place     string       `json:",omitempty"` // where it is brought: a table, a name to call
	Dropped   []id.ID      `json:",omitempty"` // lines that a station was told of and that are not wanted any more
}

// Discount is a reduction that a person gives, of one line or of the whole bill.
type Discount struct {
	Line   int          // 1-based; 0: the bill
	Rate   money.Rate   // a part of what is left, or
	Amount money.Amount // an amount
	Reason string
}

// LineIn is a line as it comes in.
type LineIn struct {
	Kind       string // "", sale.LineTopUp, LinePunchCard, LineGiftCard, LineGift
	SKU        id.ID  // punch cards without a plan: the service
	Barcode    string
	Quantity   money.Quantity
	Staff      id.ID
	Splits     []staff.Share `json:",omitempty"` // where several did the work, instead of Staff
	Amount     money.Amount  // top-up: the principal; punch card without a plan, gift card: the price
	Visits     int64         // punch card without a plan: visits paid for
	FreeVisits int64
	Plan       id.ID        `json:",omitzero"`  // punch card: the plan
	Face       money.Amount `json:",omitempty"` // gift card: what it may pay; 0: its price
	CardNumber string       `json:",omitempty"` // gift card: chosen by hand; empty: made here
	Gift       id.ID        `json:",omitzero"`  // gift
	Grant      id.ID        `json:",omitzero"`  // gift: the grant that it is fetched of, instead of points
	ID         id.ID        `json:",omitzero"`  // of a line that was told to a station before; its sale's line has it too
	Note       string       `json:",omitempty"` // for who prepares it
}

// TenderIn is a tender as it comes in.
type TenderIn struct {
	Type      string
	Amount    money.Amount
	Reference string // of a terminal that is not ours; the code read from the customer's telephone; the gift card's number
	PIN       string // of the member, where stored value asks for it, or of the gift card
}

// check validates the form of a basket, before anything is read.
func (b *Basket) check() error {
	if len(b.Lines) == 0 {
		return ErrEmpty.On("lines")
	}
	if len(b.Lines) > maxLines {
		return ErrTooManyLines.On("lines").With("limit", maxLines)
	}
	if len(b.Coupons) > maxCoupons {
		return ErrTooManyLines.On("coupons").With("limit", maxCoupons)
	}
	if !plainText(b.Place, maxPlace) || len(b.Dropped) > maxLines {
		return ErrNote.On("place")
	}
	ids := map[id.ID]bool{}
	for i := range b.Lines {
		if at := b.Lines[i].ID; !at.IsNone() {
			if ids[at] {
				return ErrLine.On(fmt.Sprintf("lines[%d].id", i))
			}
			ids[at] = true
		}
		if !plainText(b.Lines[i].Note, maxNote) {
			return ErrNote.On(fmt.Sprintf("lines[%d].note", i))
		}
	}
	seen := map[string]bool{}
	for i, c := range b.Coupons {
		c = strings.ToUpper(strings.TrimSpace(c))
		if seen[c] {
			return ErrCouponRepeated.On(fmt.Sprintf("coupons[%d]", i))
		}
		seen[c] = true
		b.Coupons[i] = c
	}
	for i := range b.Lines {
		if err := b.Lines[i].check(fmt.Sprintf("lines[%d]", i), b.Member); err != nil {
			return err
		}
	}
	for i := range b.Discounts {
		if err := b.Discounts[i].check(fmt.Sprintf("discounts[%d]", i), len(b.Lines)); err != nil {
			return err
		}
	}
	if b.Drop < 0 || !money.Fits(int64(b.Drop)) {
		return ErrDiscount.On("drop")
	}
	return nil
}

func (d *Discount) check(at string, lines int) error {
	d.Reason = strings.TrimSpace(d.Reason)
	switch {
	case d.Line < 0 || d.Line > lines:
		return ErrDiscount.On(at + ".line")
	case (d.Rate == 0) == (d.Amount == 0) || d.Rate < 0 || d.Rate > money.Whole || d.Amount < 0 || !money.Fits(int64(d.Amount)):
		return ErrDiscount.On(at + ".amount")
	case d.Reason == "" || utf8.RuneCountInString(d.Reason) > 200:
		return ErrReason.On(at + ".reason")
	}
	return nil
}

func (l *LineIn) check(at string, member id.ID) error {
	if len(l.Splits) > 0 {
		if err := staff.CheckShares(l.Splits); err != nil {
			return fault.Of(err).On(at + ".splits")
		}
	}
	switch l.Kind {
	case "":
		if l.SKU.IsNone() == (l.Barcode == "") || len(l.Barcode) > 80 {
			return ErrLine.On(at + ".sku_id")
		}
		if l.Quantity <= 0 || l.Quantity > 1_000_000*money.One {
			return ErrQuantity.On(at + ".quantity")
		}
		return nil
	case sale.LineTopUp, sale.LinePunchCard, sale.LineGiftCard:
		if member.IsNone() && l.Kind != sale.LineGiftCard { // a gift card is the bearer's
			return ErrMemberNeeded.On("member_id")
		}
		if l.Amount < 0 || l.Amount == 0 && l.Kind != sale.LinePunchCard && l.Face == 0 || !money.Fits(int64(l.Amount)) {
			return ErrLine.On(at + ".amount")
		}
		if l.Kind == sale.LinePunchCard && l.Plan.IsNone() && (l.SKU.IsNone() || l.Visits < 1 || l.FreeVisits < 0 || l.Visits+l.FreeVisits > maxVisits) {
			return ErrLine.On(at + ".visits")
		}
		if l.Kind == sale.LineGiftCard {
			if l.Face == 0 {
				l.Face = l.Amount
			}
			if l.Face < 0 || !money.Fits(int64(l.Face)) {
				return ErrLine.On(at + ".face")
			}
			if l.CardNumber != "" {
				number, err := wallet.GiftCardNumber(l.CardNumber)
				if err != nil {
					return fault.Of(err).On(at + ".card_number")
				}
				l.CardNumber = number
			}
		}
		l.Quantity = money.One
		return nil
	case sale.LineGift:
		if member.IsNone() {
			return ErrMemberNeeded.On("member_id")
		}
		if l.Gift.IsNone() {
			return ErrLine.On(at + ".gift_id")
		}
		if l.Quantity == 0 {
			l.Quantity = money.One
		}
		if l.Quantity < 0 || l.Quantity%money.One != 0 || l.Quantity > 1000*money.One {
			return ErrQuantity.On(at + ".quantity")
		}
		return nil
	}
	return ErrLine.On(at + ".kind")
}

// Priced is the basket without what the stations alone are told, which has no price.
func (b *Basket) Priced() Basket {
	c := *b
	c.Place, c.Dropped, c.Lines = "", nil, slices.Clone(b.Lines)
	for i := range c.Lines {
		c.Lines[i].ID, c.Lines[i].Note = id.None, ""
	}
	return c
}

// named is the basket with what the stations are told of another, whose lines are the
// same.
func (b *Basket) named(as *Basket) Basket {
	c := *b
	c.Place, c.Dropped, c.Lines = as.Place, as.Dropped, slices.Clone(b.Lines)
	for i := range c.Lines {
		c.Lines[i].ID, c.Lines[i].Note = as.Lines[i].ID, as.Lines[i].Note
	}
	return c
}

// hash says whether two baskets are the same and cost the same.
func (b *Basket) hash() string {
	raw, err := json.Marshal(b.Priced())
	if err != nil {
		panic(err) // plain values
	}
	h := sha256.Sum256(raw)
	return hex.EncodeToString(h[:])
}
