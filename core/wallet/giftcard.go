package wallet

import (
	"crypto/rand"
	"math/big"
	"strings"

	"golang.org/x/crypto/bcrypt"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/money"
)

var (
	ErrGiftCardNotFound = fault.New(fault.NotFound, "wallet.gift_card_not_found")
	ErrGiftCardTaken    = fault.New(fault.Conflict, "wallet.gift_card_number_taken")
	ErrGiftCardNumber   = fault.New(fault.Invalid, "wallet.gift_card_number_invalid")
	ErrGiftCardBlocked  = fault.New(fault.Conflict, "wallet.gift_card_blocked")
	ErrGiftCardVoid     = fault.New(fault.Conflict, "wallet.gift_card_void")
	ErrGiftCardExpired  = fault.New(fault.Conflict, "wallet.gift_card_expired") // what is on it stays; the card must be extended
	ErrGiftCardSpent    = fault.New(fault.Conflict, "wallet.gift_card_spent")   // the sale of a card of which something was spent cannot be undone whole
	ErrGiftCardPIN      = fault.New(fault.Denied, "wallet.gift_card_pin_wrong")
	ErrGiftCardPINForm  = fault.New(fault.Invalid, "wallet.gift_card_pin_invalid")
	ErrGiftCardFace     = fault.New(fault.Invalid, "wallet.gift_card_amount_invalid")
)

var (
	_ = db.Guard("ux_gift_cards_number", ErrGiftCardTaken)
	_ = db.Guard("gift_cards_pkey", ErrGiftCardTaken) // one quote sold twice
	_ = db.Guard("ck_gift_cards_face", ErrGiftCardFace)
)

// OwnerGiftCard is the owner kind of a gift card's account; the owner is the card.
const OwnerGiftCard = "gift_card"

// States of a gift card. Expired is not one: a card past its end may be extended.
const (
	GiftCardActive  = "active"
	GiftCardBlocked = "blocked" // reported lost, or too many wrong PINs
	GiftCardVoid    = "void"    // its sale was taken back
)

// pinTries is how many wrong PINs in a row block a card.
const pinTries = 5

// GiftCard is a wallet without a member. Face is what it was loaded with, Price
// what was paid for it; neither changes.
type GiftCard struct {
	Merchant    id.ID
	ID          id.ID
	Number      string
	State       string
	Currency    string
	Face        money.Amount
	Price       money.Amount
	Sale        id.ID
	Line        id.ID
	Shop        id.ID
	Buyer       id.ID // a member, where the buyer is known
	PINHash     string
	PINFailures int64
	IssuedAt    clock.Instant
	ExpiresAt   clock.Instant // 0: never
	Reason      string        // why it is blocked or void
	ChangedAt   clock.Instant
}

// Usable reports why the card cannot be paid with at that instant. Faults:
// wallet.gift_card_blocked, wallet.gift_card_void, wallet.gift_card_expired.
func (c *GiftCard) Usable(at clock.Instant) error {
	switch {
	case c.State == GiftCardBlocked:
		return ErrGiftCardBlocked
	case c.State != GiftCardActive:
		return ErrGiftCardVoid
	case c.ExpiresAt != 0 && c.ExpiresAt <= at:
		return ErrGiftCardExpired.With("on", c.ExpiresAt.String())
	}
	return nil
}

// CheckPIN compares a PIN with the card's; a card without one takes any. It is
// slow on purpose and belongs before the transaction. Fault:
// wallet.gift_card_pin_wrong, after which QueueWrongPIN counts it.
func (c *GiftCard) CheckPIN(pin string) error {
	if c.PINHash == "" || bcrypt.CompareHashAndPassword([]byte(c.PINHash), []byte(pin)) == nil {
		return nil
	}
	return ErrGiftCardPIN
}

// HashPIN hashes a PIN of 4 to 12 digits; "" is no PIN. It is slow on purpose and
// belongs before the transaction. Fault: wallet.gift_card_pin_invalid.
func HashPIN(pin string) (string, error) {
	if pin == "" {
		return "", nil
	}
	if len(pin) < 4 || len(pin) > 12 || strings.Trim(pin, "0123456789") != "" {
		return "", ErrGiftCardPINForm.On("pin")
	}
	h, err := bcrypt.GenerateFromPassword([]byte(pin), bcrypt.DefaultCost)
	return string(h), err
}

// NewGiftCardNumber makes a random number of 16 digits, the last of which checks
// the others (Luhn).
func NewGiftCardNumber() (string, error) {
	n, err := rand.Int(rand.Reader, big.NewInt(100_000_000_000_000))
	if err != nil {
		return "", err
	}
	body := n.String()
	// It begins with 6, so that no spreadsheet drops leading zeros.
	body = "6" + strings.Repeat("0", 14-len(body)) + body
	return body + string(luhn(body)), nil
}

// luhn is the check digit that belongs behind the digits.
func luhn(digits string) byte {
	sum := 0
	for i := range len(digits) {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return byte('0' + (10-sum%10)%10)
}

// GiftCardNumber writes a number as it is stored: without blanks and hyphens,
// letters large. Fault: wallet.gift_card_number_invalid unless 6 to 32 letters
// and digits remain.
func GiftCardNumber(s string) (string, error) {
	s = strings.ToUpper(strings.NewReplacer(" ", "", "-", "").Replace(strings.TrimSpace(s)))
	if len(s) < 6 || len(s) > 32 || strings.Trim(s, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return "", ErrGiftCardNumber.On("number")
	}
	return s, nil
}

// NewGiftCardPurse is a card's purse for a transaction; it is locked like a
// member's, in the order of owner ids (Ask).
func NewGiftCardPurse(m, card id.ID) *ledger.Purse {
	return &ledger.Purse{Merchant: m, OwnerKind: OwnerGiftCard, Owner: card}
}

// QueueIssueGiftCard makes the card, loads it and answers its purse, to be queued
// after the entry is posted. Given: Merchant, Number (GiftCardNumber), Currency,
// Face, Price, Sale, Line, Shop, and where they apply Buyer, PINHash, ExpiresAt;
// set here: ID where none, State, IssuedAt. The caller posts the tenders for the
// price; this function posts the face on the card and face less price against
// the shop's gift_card_discount. Faults: wallet.gift_card_amount_invalid; at the
// COMMIT wallet.gift_card_number_taken.
func QueueIssueGiftCard(tx *db.Tx, e *ledger.Entry, c *GiftCard) (*ledger.Purse, error) {
	if c.Face <= 0 || c.Price < 0 || !money.Fits(int64(c.Face)) || !money.Fits(int64(c.Price)) {
		return nil, ErrGiftCardFace.On("amount")
	}
	if c.ID.IsNone() {
		c.ID = tx.NewID()
	}
	c.State, c.IssuedAt, c.ChangedAt = GiftCardActive, tx.Now, tx.Now
	var ends any
	if c.ExpiresAt != 0 {
		ends = c.ExpiresAt
	}
	tx.Queue(`insert into gift_cards (merchant_id, id, number, state, currency, face, price, sale_id, line_id, shop_id, buyer_member_id, pin_hash, issued_at, expires_at, changed_at)
		values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15)`,
		c.Merchant, c.ID, c.Number, c.State, c.Currency, c.Face, c.Price, c.Sale, c.Line, c.Shop, c.Buyer, c.PINHash, c.IssuedAt, ends, c.ChangedAt)
	p := NewGiftCardPurse(c.Merchant, c.ID)
	a := p.Open(tx, c.Currency, ledger.ClassPrincipal, 0)
	// The lot never ends: a card past its end keeps what is on it.
	l := p.AddLot(tx, a, ledger.Lot{Amount: c.Face, Remaining: c.Face, Group: c.groupID(), Paid: c.Price, Policy: string(Proportional), OriginShop: c.Shop, OriginSale: c.Sale})
	e.Add(a, c.Face, l)
	house(p, e, c.Shop, c.Currency, HouseGiftCardDiscount, c.Price-c.Face)
	return p, nil
}

// groupID is the line that sold the card, or the card where it was not sold.
func (c *GiftCard) groupID() id.ID {
	if c.Line.IsNone() {
		return c.ID
	}
	return c.Line
}

// SpendGiftCard takes an amount from a card for a tender. Faults:
// wallet.gift_card_blocked, wallet.gift_card_void, wallet.gift_card_expired,
// wallet.insufficient_funds.
func SpendGiftCard(tx *db.Tx, p *ledger.Purse, e *ledger.Entry, c *GiftCard, amount money.Amount, asOf clock.Instant) error {
	if err := c.Usable(asOf); err != nil {
		return err
	}
	return Spend(tx, p, e, c.Currency, amount, asOf)
}

// GiveBackGiftCard returns an amount to the card that paid. A void card becomes
// active again by it, since its holder is owed the money; a blocked one stays
// blocked. It answers what found no place.
func GiveBackGiftCard(tx *db.Tx, p *ledger.Purse, e *ledger.Entry, c *GiftCard, taken []Taken, amount money.Amount) (rest money.Amount) {
	rest = GiveBack(p, e, taken, c.Currency, []string{ledger.ClassPrincipal}, amount)
	if c.State == GiftCardVoid && rest < amount {
		c.queueState(tx, GiftCardActive, "")
	}
	return rest
}

// KillGiftCard undoes the sale of a card: it is emptied, becomes void, and what
// was paid for it is answered, which the caller posts on the tenders. Of a card
// that was partly spent only the rest can be taken back, at price/face rounded
// down, and only where the caller says so (rest). Faults: wallet.gift_card_spent,
// wallet.gift_card_void, wallet.held.
func KillGiftCard(tx *db.Tx, p *ledger.Purse, e *ledger.Entry, c *GiftCard, rest bool, reason string) (refund money.Amount, err error) {
	a := p.Find(c.Currency, ledger.ClassPrincipal)
	if c.State == GiftCardVoid || a == nil {
		return 0, ErrGiftCardVoid
	}
	if a.Held > 0 {
		return 0, ErrHeld
	}
	lots := p.Of(a)
	left := remaining(lots)
	if left < c.Face && !rest {
		return 0, ErrGiftCardSpent.With("left", int64(left))
	}
	refund = c.Price.MulDiv(int64(left), int64(c.Face), money.Down)
	takeFrom(p, e, a, lots, left)
	house(p, e, e.Shop, c.Currency, HouseGiftCardDiscount, left-refund)
	c.queueState(tx, GiftCardVoid, reason)
	return refund, nil
}

func (c *GiftCard) queueState(tx *db.Tx, state, reason string) {
	c.State, c.Reason, c.ChangedAt = state, reason, tx.Now
	tx.Queue(`update gift_cards set state = $3, reason = $4, changed_at = $5 where merchant_id = $1 and id = $2`, c.Merchant, c.ID, c.State, c.Reason, c.ChangedAt)
}

// QueueWrongPIN counts a wrong PIN; the fifth in a row blocks the card. It goes
// into a transaction of its own, since the sale that asked does not happen.
func QueueWrongPIN(tx *db.Tx, m, card id.ID) {
	tx.Queue(`update gift_cards set pin_failures = pin_failures + 1, changed_at = $3 where merchant_id = $1 and id = $2`, m, card, tx.Now)
	tx.Queue(`update gift_cards set state = 'blocked', reason = 'pin' where merchant_id = $1 and id = $2 and state = 'active' and pin_failures >= $3`, m, card, pinTries)
}

// QueueRightPIN ends the count of wrong ones.
func QueueRightPIN(tx *db.Tx, m, card id.ID) {
	tx.Queue(`update gift_cards set pin_failures = 0 where merchant_id = $1 and id = $2 and pin_failures > 0`, m, card)
}
