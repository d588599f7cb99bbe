package storefront

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
)

// Told is what a channel says of an order.
type Told string

// What channels say.
const (
	Placed          Told = "placed"
	Paid            Told = "paid"
	Cancelled       Told = "cancelled"
	RefundRequested Told = "refund_requested"
	Refunded        Told = "refunded" // a part or all: the lines say which
)

// IsPaid reports whether the money has come in, whatever became of it later.
func (t Told) IsPaid() bool { return t == Paid || t == RefundRequested || t == Refunded }

// Stage is what became of an order here.
type Stage string

// The stages of an order.
const (
	Received Stage = "received" // kept
	Waiting  Stage = "waiting"  // somebody has to say something first
	Booked   Stage = "booked"   // a sale, to be sent
	Shipped  Stage = "shipped"
	Closed   Stage = "closed" // nothing is left to be done: never paid for, or all taken back
)

// What a person has to look at.
const (
	Unmapped      = "unmapped"         // an article that is no SKU yet
	Unreadable    = "unreadable"       // figures that cannot be
	Currency      = "currency"         // not the merchant's
	Oversold      = "oversold"         // sold, and not on the shelf
	Differs       = "differs"          // paid is not what the lines come to
	Changed       = "changed"          // other lines than were booked
	Conflict      = "version_conflict" // one version told with two contents
	Asked         = "refund_requested"
	RefundDiffers = "refund_differs"   // another amount was paid back than booked
	RefundRefused = "refund_refused"   // the channel does not pay back
	ShipRefused   = "shipping_refused" // the channel does not take the parcel's number
)

// Incoming is an order as a channel tells of it. Amounts are minor units.
type Incoming struct {
	OrderNo  string
	Version  int64
	Told     Told
	Currency string
	Paid     money.Amount
	Shipping money.Amount
	Discount money.Amount
	Refunded money.Amount
	Buyer    string // as the channel names the buyer; only a hash of it is kept
	PlacedAt clock.Instant
	PaidAt   clock.Instant
	Lines    []IncomingLine
}

// IncomingLine is one article of it.
type IncomingLine struct {
	Ref       string
	Code      string
	Name      string
	Quantity  money.Quantity
	UnitPrice money.Amount
	Discount  money.Amount
	Refunded  money.Quantity
}

// content is what two tellings of one version are compared by.
func (in *Incoming) content() string {
	raw, err := json.Marshal(in)
	if err != nil {
		panic(err) // plain values
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:16])
}

// readable reports whether the figures can be those of an order.
func (in *Incoming) readable() bool {
	if in.Paid < 0 || in.Shipping < 0 || in.Discount < 0 || in.Refunded < 0 || !money.Fits(int64(in.Paid)) || !money.Fits(int64(in.Shipping)) || !money.Fits(int64(in.Discount)) {
		return false
	}
	if len(in.Lines) == 0 && in.Told != Cancelled || len(in.Lines) > 500 {
		return false
	}
	for _, l := range in.Lines {
		if l.Code == "" || l.Quantity <= 0 || l.Quantity > 1_000_000*money.One || l.UnitPrice < 0 || !money.Fits(int64(l.UnitPrice)) || l.Discount < 0 || !money.Fits(int64(l.Discount)) || l.Refunded < 0 || l.Refunded > l.Quantity {
			return false
		}
	}
	return true
}

// Order is an order and what became of it.
type Order struct {
	Merchant       id.ID
	ID             id.ID
	Channel        id.ID
	OrderNo        string
	Version        int64
	Told           Told
	Stage          Stage
	Attention      string // words of the list above, with commas
	Currency       string
	Paid           money.Amount
	Shipping       money.Amount
	Discount       money.Amount
	Refunded       money.Amount
	Buyer          string // a hash
	PlacedAt       clock.Instant
	PaidAt         clock.Instant
	ReceivedAt     clock.Instant
	UpdatedAt      clock.Instant
	Sale           id.ID
	BookedAt       clock.Instant
	PackedAt       clock.Instant
	ShippedAt      clock.Instant
	Carrier        string
	Tracking       string
	ShipPushed     bool
	Decision       string // "refused": the request for a refund
	DecisionPushed bool
	Due            bool
	Tries          int
	TryAt          clock.Instant
	Failure        string
}

// Attends lists what a person has to look at.
func (o *Order) Attends() []string {
	if o.Attention == "" {
		return nil
	}
	return strings.Split(o.Attention, ",")
}

// With is an attention with one word more.
func With(attention, word string) string {
	list := words(attention)
	if slices.Contains(list, word) {
		return attention
	}
	list = append(list, word)
	slices.Sort(list)
	return strings.Join(list, ",")
}

// Without is an attention with a word less.
func Without(attention, word string) string {
	return strings.Join(slices.DeleteFunc(words(attention), func(w string) bool { return w == word }), ",")
}

func words(attention string) []string {
	if attention == "" {
		return nil
	}
	return strings.Split(attention, ",")
}

// Line is one article of an order.
type Line struct {
	Order     id.ID
	No        int
	Ref       string
	Code      string
	Name      string
	Quantity  money.Quantity
	UnitPrice money.Amount
	Discount  money.Amount
	Refunded  money.Quantity // as the channel says
	SKU       id.ID
	SaleLine  id.ID
	Short     money.Quantity // sold, and not on the shelf
}

// hashed is a buyer's name as it is kept: the channel's own name for the buyer is
// opaque and long, so that a hash of it tells nothing.
func hashed(m, channel id.ID, buyer string) string {
	if buyer == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(m.String() + "/" + channel.String() + "/" + buyer))
	return hex.EncodeToString(sum[:16])
}
