package wallet

import (
	"context"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
)

var (
	ErrReason      = fault.New(fault.Invalid, "wallet.reason_required")
	ErrEndsEarlier = fault.New(fault.Invalid, "wallet.gift_card_end_earlier") // a card's end can only be moved later
)

const giftCardColumns = `c.id, c.number, c.state, c.currency, c.face, c.price, c.sale_id, c.line_id, c.shop_id, c.buyer_member_id, c.pin_hash, c.pin_failures, c.issued_at, c.expires_at, c.reason, c.changed_at`

func scanGiftCard(r db.Row, c *GiftCard, more ...any) error {
	var ends *int64
	err := r.Scan(append([]any{&c.ID, &c.Number, &c.State, &c.Currency, &c.Face, &c.Price, &c.Sale, &c.Line, &c.Shop, &c.Buyer, &c.PINHash, &c.PINFailures, &c.IssuedAt, &ends, &c.Reason, &c.ChangedAt}, more...)...)
	if ends != nil {
		c.ExpiresAt = clock.Instant(*ends)
	}
	return err
}

func askGiftCards(m id.ID, where string, lock bool, out *[]GiftCard, args ...any) db.Ask {
	*out = (*out)[:0]
	q := `select ` + giftCardColumns + ` from gift_cards c where c.merchant_id = $1 and ` + where + ` order by c.id`
	if lock {
		q += ` for no key update`
	}
	return db.Ask{SQL: q, Args: append([]any{m}, args...), Scan: func(r db.Row) error {
		c := GiftCard{Merchant: m}
		err := scanGiftCard(r, &c)
		*out = append(*out, c)
		return err
	}}
}

// AskGiftCard reads the card of a number as GiftCardNumber writes it; no row:
// out stays empty. With lock its row is locked, after the accounts.
func AskGiftCard(m id.ID, number string, lock bool, out *[]GiftCard) db.Ask {
	return askGiftCards(m, `c.number = $2`, lock, out, number)
}

// AskGiftCards reads cards by their ids. A transaction that spends asks for their
// purses first and for the rows after them, with lock.
func AskGiftCards(m id.ID, ids []id.ID, lock bool, out *[]GiftCard) db.Ask {
	return askGiftCards(m, `c.id in_ids($2)`, lock, out, ids)
}

// AskGiftCardsOf reads the cards that a sale sold.
func AskGiftCardsOf(m, sale id.ID, lock bool, out *[]GiftCard) db.Ask {
	return askGiftCards(m, `c.sale_id = $2`, lock, out, sale)
}

// AskGiftCardsPaying reads the cards that paid a sale or got a refund of it.
func AskGiftCardsPaying(m, sale id.ID, lock bool, out *[]GiftCard) db.Ask {
	return askGiftCards(m, `c.id in (select a.owner_id from sales s
		join entries e on e.merchant_id = s.merchant_id and e.sale_id = s.id
		join postings p on p.merchant_id = e.merchant_id and p.entry_id = e.id
		join accounts a on a.merchant_id = p.merchant_id and a.id = p.account_id
		where s.merchant_id = $1 and (s.id = $2 or s.of_sale_id = $2) and a.owner_kind = 'gift_card' and p.amount < 0)`, lock, out, sale)
}

// GiftCardView is a card with what is on it.
type GiftCardView struct {
	GiftCard
	Balance money.Amount
	Held    money.Amount
}

// Available is what may be paid with the card, whatever its state.
func (v *GiftCardView) Available() money.Amount { return v.Balance - v.Held }

const giftCardViews = `select ` + giftCardColumns + `, coalesce(a.balance, 0), coalesce(a.held, 0) from gift_cards c
	left join accounts a on a.merchant_id = c.merchant_id and a.owner_kind = 'gift_card' and a.owner_id = c.id and a.unit = c.currency and a.class = 'principal'
	where c.merchant_id = $1`

func listGiftCards(ctx context.Context, r db.Reader, m id.ID, where string, args ...any) ([]GiftCardView, error) {
	return db.All(ctx, r, func(row db.Row, v *GiftCardView) error {
		v.Merchant = m
		return scanGiftCard(row, &v.GiftCard, &v.Balance, &v.Held)
	}, giftCardViews+where, append([]any{m}, args...)...)
}

func oneGiftCard(vs []GiftCardView, err error) (GiftCardView, error) {
	if err != nil {
		return GiftCardView{}, err
	}
	if len(vs) == 0 {
		return GiftCardView{}, ErrGiftCardNotFound
	}
	return vs[0], nil
}

// GetGiftCard reads a card. Fault: wallet.gift_card_not_found.
func GetGiftCard(ctx context.Context, r db.Reader, m, card id.ID) (GiftCardView, error) {
	return oneGiftCard(listGiftCards(ctx, r, m, ` and c.id = $2`, card))
}

// FindGiftCard reads the card of a number, written in any way. Faults:
// wallet.gift_card_number_invalid, wallet.gift_card_not_found.
func FindGiftCard(ctx context.Context, r db.Reader, m id.ID, number string) (GiftCardView, error) {
	n, err := GiftCardNumber(number)
	if err != nil {
		return GiftCardView{}, err
	}
	return oneGiftCard(listGiftCards(ctx, r, m, ` and c.number = $2`, n))
}

// GiftCardFilter narrows a list; the zero value lists all.
type GiftCardFilter struct {
	State string
	Buyer id.ID
	Sale  id.ID
}

// ListGiftCards lists cards, newest first, and answers the next page's cursor.
func ListGiftCards(ctx context.Context, r db.Reader, m id.ID, f GiftCardFilter, pg db.Page) ([]GiftCardView, string, error) {
	where, args := ``, []any{}
	add := func(cond string, v any) {
		args = append(args, v)
		where += cond + `$` + strconv.Itoa(len(args)+1)
	}
	if f.State != "" {
		add(` and c.state = `, f.State)
	}
	if !f.Buyer.IsNone() {
		add(` and c.buyer_member_id = `, f.Buyer)
	}
	if !f.Sale.IsNone() {
		add(` and c.sale_id = `, f.Sale)
	}
	if !pg.After.IsNone() {
		add(` and c.id < `, pg.After)
	}
	add(` order by c.id desc limit `, pg.Size()+1)
	vs, err := listGiftCards(ctx, r, m, where, args...)
	if err != nil {
		return nil, "", err
	}
	items, next := db.Cut(pg, vs, func(v GiftCardView) id.ID { return v.ID })
	return items, next, nil
}

// GiftCardMovements lists the postings of a card, newest first.
func GiftCardMovements(ctx context.Context, r db.Reader, m, card id.ID, limit int) ([]Movement, error) {
	return movements(ctx, r, m, OwnerGiftCard, card, limit)
}

// needReason trims a reason that a person gives. Fault: wallet.reason_required.
func needReason(s string) (string, error) {
	s = strings.TrimSpace(s)
	if s == "" || utf8.RuneCountInString(s) > 500 {
		return "", ErrReason.On("reason")
	}
	return s, nil
}

func lockGiftCard(ctx context.Context, tx *db.Tx, m, card id.ID) (*GiftCard, error) {
	var cs []GiftCard
	tx.AskAll(AskGiftCards(m, []id.ID{card}, true, &cs))
	if err := tx.Flush(ctx); err != nil {
		return nil, err
	}
	if len(cs) == 0 {
		return nil, ErrGiftCardNotFound
	}
	return &cs[0], nil
}

// BlockGiftCard stops a card, as when it is reported lost. Faults:
// wallet.gift_card_not_found, wallet.gift_card_void, wallet.reason_required.
func BlockGiftCard(ctx context.Context, tx *db.Tx, m, card id.ID, reason string) (GiftCard, error) {
	reason, err := needReason(reason)
	if err != nil {
		return GiftCard{}, err
	}
	c, err := lockGiftCard(ctx, tx, m, card)
	if err != nil {
		return GiftCard{}, err
	}
	if c.State == GiftCardVoid {
		return GiftCard{}, ErrGiftCardVoid
	}
	c.queueState(tx, GiftCardBlocked, reason)
	return *c, nil
}

// UnblockGiftCard lets a blocked card be used again and forgets wrong PINs; an
// active one stays as it is. Faults: wallet.gift_card_not_found,
// wallet.gift_card_void.
func UnblockGiftCard(ctx context.Context, tx *db.Tx, m, card id.ID) (GiftCard, error) {
	c, err := lockGiftCard(ctx, tx, m, card)
	if err != nil {
		return GiftCard{}, err
	}
	if c.State == GiftCardVoid {
		return GiftCard{}, ErrGiftCardVoid
	}
	c.PINFailures = 0
	QueueRightPIN(tx, m, card)
	c.queueState(tx, GiftCardActive, "")
	return *c, nil
}

// ExtendGiftCard moves a card's end later, also after it has passed; until 0:
// for ever. Faults: wallet.gift_card_not_found, wallet.gift_card_void,
// wallet.gift_card_end_earlier.
func ExtendGiftCard(ctx context.Context, tx *db.Tx, m, card id.ID, until clock.Instant) (GiftCard, error) {
	c, err := lockGiftCard(ctx, tx, m, card)
	if err != nil {
		return GiftCard{}, err
	}
	if c.State == GiftCardVoid {
		return GiftCard{}, ErrGiftCardVoid
	}
	if until != 0 && (c.ExpiresAt == 0 || until < c.ExpiresAt || until <= tx.Now) {
		return GiftCard{}, ErrEndsEarlier.On("expires_at")
	}
	var ends any
	if until != 0 {
		ends = until
	}
	c.ExpiresAt, c.ChangedAt = until, tx.Now
	tx.Queue(`update gift_cards set expires_at = $3, changed_at = $4 where merchant_id = $1 and id = $2`, m, card, ends, tx.Now)
	return *c, nil
}
