package checkout

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
)

const (
	maxLines   = 500
	maxCoupons = 20
	maxTenders = 20
	maxVisits  = 100_000
)

// Basket is what is rung up. Kind "" of a line is a SKU, by id or barcode.
type Basket struct {
	Merchant id.ID
	Shop     id.ID
	Register id.ID
	Member   id.ID
	Lines    []LineIn
	Coupons  []string
}

// LineIn is a line as it comes in.
type LineIn struct {
	Kind       string // "", sale.LineTopUp, sale.LinePunchCard
	SKU        id.ID  // punch cards: the service
	Barcode    string
	Quantity   money.Quantity
	Staff      id.ID
	Amount     money.Amount // top-up: the principal; punch card: its price
	Visits     int64        // punch card: visits paid for
	FreeVisits int64
}

// TenderIn is a tender as it comes in.
type TenderIn struct {
	Type      string
	Amount    money.Amount
	Reference string // of a terminal that is not ours
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
	return nil
}

func (l *LineIn) check(at string, member id.ID) error {
	switch l.Kind {
	case "":
		if l.SKU.IsNone() == (l.Barcode == "") || len(l.Barcode) > 80 {
			return ErrLine.On(at + ".sku_id")
		}
		if l.Quantity <= 0 || l.Quantity > 1_000_000*money.One {
			return ErrQuantity.On(at + ".quantity")
		}
		return nil
	case sale.LineTopUp, sale.LinePunchCard:
		if member.IsNone() {
			return ErrMemberNeeded.On("member_id")
		}
		if l.Amount < 0 || l.Amount == 0 && l.Kind == sale.LineTopUp || !money.Fits(int64(l.Amount)) {
			return ErrLine.On(at + ".amount")
		}
		if l.Kind == sale.LinePunchCard && (l.SKU.IsNone() || l.Visits < 1 || l.FreeVisits < 0 || l.Visits+l.FreeVisits > maxVisits) {
			return ErrLine.On(at + ".visits")
		}
		l.Quantity = money.One
		return nil
	}
	return ErrLine.On(at + ".kind")
}

// hash says whether two baskets are the same.
func (b *Basket) hash() string {
	raw, err := json.Marshal(b)
	if err != nil {
		panic(err) // plain values
	}
	h := sha256.Sum256(raw)
	return hex.EncodeToString(h[:])
}
