package stock

import (
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
)

// Adjustment is a movement that a person enters: goods in, a return to the
// supplier, waste, a count's difference.
type Adjustment struct {
	Merchant, Shop id.ID
	Kind           Kind
	Actor          id.ID
	Reason         string
	Moves          []Move
}

// Adjust checks and queues it. Faults: stock.unknown_movement_kind,
// stock.bad_quantity; at the COMMIT stock.insufficient.
func Adjust(tx *db.Tx, a Adjustment) error {
	sign := money.Quantity(0)
	switch a.Kind {
	case KindReceipt:
		sign = 1
	case KindPurchaseReturn, KindWaste:
		sign = -1
	case KindCount, KindTransfer:
	default:
		return ErrKind.On("kind").With("kind", string(a.Kind))
	}
	for _, mv := range a.Moves {
		if mv.Quantity == 0 || sign != 0 && mv.Quantity*sign < 0 || !money.Fits(int64(mv.Quantity)) {
			return ErrQuantity.On("quantity")
		}
	}
	Queue(tx, Document{Merchant: a.Merchant, Location: Floor(a.Merchant, a.Shop), Kind: a.Kind, Actor: a.Actor, Reason: a.Reason}, a.Moves)
	return nil
}
