package checkout

import (
	"context"
	"errors"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/wallet"
)

// who is the member that pays from a wallet, as far as the PIN goes.
type who struct {
	pin  member.PIN
	pays bool
	at   int // the tender
}

func (w *who) ask(m, memberID id.ID) db.Ask { return member.AskPIN(m, memberID, &w.pin) }

// checkPIN compares the PIN where spending asks for one. A wrong one is counted in
// a transaction of its own, since the sale does not come about; a right one ends
// the count.
func (d *Desk) checkPIN(ctx context.Context, q *Quote, w *who, entered string) error {
	if !w.pin.Needed(q.PINRule, &member.Card{AsksPIN: q.CardAsksPIN}) {
		return nil
	}
	result := w.pin.Check(entered, d.DB.Now())
	if result != nil && !errors.Is(result, member.ErrPINWrong) {
		return result
	}
	err := d.DB.InTx(ctx, func(_ context.Context, tx *db.Tx) error {
		member.QueuePINResult(tx, q.Basket.Merchant, q.Basket.Member, result)
		return nil
	})
	if err != nil {
		return err
	}
	return result
}

// checkCardPIN does the same for a gift card, which the fifth wrong PIN blocks.
func (d *Desk) checkCardPIN(ctx context.Context, c *wallet.GiftCard, entered string) error {
	wrong := c.CheckPIN(entered)
	if wrong == nil && c.PINFailures == 0 {
		return nil
	}
	err := d.DB.InTx(ctx, func(_ context.Context, tx *db.Tx) error {
		if wrong != nil {
			wallet.QueueWrongPIN(tx, c.Merchant, c.ID)
		} else {
			wallet.QueueRightPIN(tx, c.Merchant, c.ID)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return wrong
}
