package pos

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/staff"
	"github.com/shopwright/shopwright/core/tenant"
)

var (
	errBasket   = fault.New(fault.Invalid, "pos.basket_unreadable") // the page's basket was cut off or changed
	errLineGone = fault.New(fault.Invalid, "pos.no_such_line")      // a button of an older page
	errFull     = fault.New(fault.Exceeded, "pos.basket_full")      // {limit}
)

const (
	maxLines   = 500
	maxCoupons = 20
	maxState   = 128 << 10 // bytes of a basket's text
	maxAddress = 6000      // bytes of a basket that may stand in an address
	maxUnits   = 100_000 * money.One
)

// basket is what is rung up, as it travels with the page. It holds no price.
type basket struct {
	Member  id.ID        `json:"m,omitzero"`
	Card    string       `json:"k,omitempty"` // the member's card that was shown
	Lines   []line       `json:"l,omitempty"`
	Coupons []string     `json:"c,omitempty"`
	Off     *off         `json:"d,omitempty"` // given by hand on the whole bill
	Drop    money.Amount `json:"r,omitempty"` // taken off to make the bill round
	Current int          `json:"n,omitempty"` // the line that was touched last, from 1
	Order   id.ID        `json:"o,omitzero"`  // what the stations know it by
	Place   string       `json:"w,omitempty"` // a table, a name to call
	Gone    []id.ID      `json:"x,omitempty"` // lines that the stations may know of and that were taken out
}

type line struct {
	Kind     string         `json:"k,omitempty"` // as in checkout.LineIn
	SKU      id.ID          `json:"s,omitzero"`
	Quantity money.Quantity `json:"q"`
	Staff    id.ID          `json:"t,omitzero"`
	Shares   []share        `json:"h,omitempty"` // where several did the work, instead of Staff
	Amount   money.Amount   `json:"a,omitempty"`
	Visits   int64          `json:"v,omitempty"`
	Free     int64          `json:"f,omitempty"`
	Plan     id.ID          `json:"p,omitzero"`
	Face     money.Amount   `json:"w,omitempty"`
	Number   string         `json:"g,omitempty"` // a gift card's, where it was chosen
	Gift     id.ID          `json:"i,omitzero"`
	Grant    id.ID          `json:"e,omitzero"` // that the gift is fetched of, instead of points
	Off      *off           `json:"d,omitempty"`
	ID       id.ID          `json:"y,omitzero"`  // what the stations know it by; the sale's line gets it too
	Note     string         `json:"z,omitempty"` // for who prepares it
	Weighed  bool           `json:"b,omitempty"` // a label of its own says how much it is
}

// off is a discount by hand: a rate or an amount.
type off struct {
	Rate   money.Rate   `json:"r,omitempty"`
	Amount money.Amount `json:"a,omitempty"`
	Reason string       `json:"w"`
}

// share is one person's part in a line.
type share struct {
	Staff id.ID      `json:"t"`
	Role  staff.Role `json:"r"`
	Share money.Rate `json:"s"`
}

// encode is the basket as a form field and as a part of an address.
func (b *basket) encode() string {
	if b.isEmpty() {
		return ""
	}
	raw, err := json.Marshal(b)
	if err != nil {
		panic(err) // plain values
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}

// decode reads a basket; "" is an empty one. Fault: pos.basket_unreadable.
func decode(s string) (basket, error) {
	var b basket
	if s == "" {
		return b, nil
	}
	if len(s) > maxState {
		return b, errBasket
	}
	raw, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return b, errBasket.Wrap(err)
	}
	if err := json.Unmarshal(raw, &b); err != nil {
		return basket{}, errBasket.Wrap(err)
	}
	if len(b.Lines) > maxLines || len(b.Coupons) > maxCoupons || len(b.Gone) > maxLines {
		return basket{}, errBasket
	}
	if b.Current < 0 || b.Current > len(b.Lines) {
		b.Current = len(b.Lines)
	}
	return b, nil
}

func (b *basket) isEmpty() bool {
	return b.Member.IsNone() && len(b.Lines) == 0 && len(b.Coupons) == 0 && b.Order.IsNone()
}

// speaks reports whether the basket's text may stand in an address: the number of
// a gift card is money, and addresses are kept in many places.
func (b *basket) speaks() bool {
	return !slices.ContainsFunc(b.Lines, func(l line) bool { return l.Number != "" })
}

func (b *basket) clone() basket {
	c := *b
	c.Lines, c.Coupons, c.Gone = slices.Clone(b.Lines), slices.Clone(b.Coupons), slices.Clone(b.Gone)
	return c
}

// checkout is the basket for the flow.
func (b *basket) checkout(d *tenant.Desk) checkout.Basket {
	out := checkout.Basket{Merchant: d.Merchant.ID, Shop: d.Shop.ID, Register: d.Register.ID, Member: b.Member, Card: b.Card, Coupons: slices.Clone(b.Coupons), Drop: b.Drop,
		Place: b.Place, Dropped: slices.Clone(b.Gone)}
	for _, l := range b.Lines {
		in := checkout.LineIn{Kind: l.Kind, SKU: l.SKU, Quantity: l.Quantity, Staff: l.Staff, Amount: l.Amount, Visits: l.Visits, FreeVisits: l.Free, Plan: l.Plan, Face: l.Face, CardNumber: l.Number, Gift: l.Gift, Grant: l.Grant,
			ID: l.ID, Note: l.Note}
		for _, s := range l.Shares {
			in.Splits = append(in.Splits, staff.Share{Staff: s.Staff, Role: s.Role, Share: s.Share})
		}
		out.Lines = append(out.Lines, in)
	}
	for _, g := range b.given() {
		out.Discounts = append(out.Discounts, checkout.Discount{Line: g.Line, Rate: g.off.Rate, Amount: g.off.Amount, Reason: g.off.Reason})
	}
	return out
}

// given is a discount by hand with its place: a line from 1, or 0 for the bill.
type given struct {
	Line int
	*off
}

// given lists the discounts in the order in which the flow gets them.
func (b *basket) given() (out []given) {
	for i := range b.Lines {
		if b.Lines[i].Off != nil {
			out = append(out, given{i + 1, b.Lines[i].Off})
		}
	}
	if b.Off != nil {
		out = append(out, given{0, b.Off})
	}
	return out
}

// give sets the discount of a line, from 1, or of the bill; nil takes it off.
// Fault: pos.no_such_line.
func (b *basket) give(line int, o *off) error {
	switch {
	case line == 0:
		b.Off = o
	case line > 0 && line <= len(b.Lines):
		b.Lines[line-1].Off = o
	default:
		return errLineGone
	}
	return nil
}

// unround takes off what made the bill round, where the bill is another than it
// was then, and reports whether it did.
func (b *basket) unround(before *basket) bool {
	if b.Drop == 0 || b.Drop != before.Drop {
		return false
	}
	x, y := b.unnamed(), before.unnamed()
	if x.encode() == y.encode() {
		return false
	}
	b.Drop = 0
	return true
}

// add puts units of a SKU onto its line, or onto a new one where that has a note of
// its own. Faults:
// checkout.bad_quantity, pos.basket_full.
func (b *basket) add(sku id.ID, units money.Quantity) error {
	if units <= 0 || units > maxUnits {
		return checkout.ErrQuantity
	}
	for i := range b.Lines {
		l := &b.Lines[i]
		if l.Kind == "" && l.SKU == sku && l.Note == "" && !l.Weighed && l.Quantity+units <= maxUnits {
			l.Quantity += units
			b.Current = i + 1
			return nil
		}
	}
	return b.append(line{SKU: sku, Quantity: units})
}

func (b *basket) append(l line) error {
	if len(b.Lines) >= maxLines {
		return errFull.With("limit", maxLines)
	}
	b.Lines = append(b.Lines, l)
	b.Current = len(b.Lines)
	return nil
}

// change alters the quantity of a line; nothing left removes it. Faults:
// pos.no_such_line, checkout.bad_quantity.
func (b *basket) change(i int, by money.Quantity) error {
	if i < 0 || i >= len(b.Lines) {
		return errLineGone
	}
	return b.set(i, b.Lines[i].Quantity+by)
}

func (b *basket) set(i int, q money.Quantity) error {
	switch {
	case i < 0 || i >= len(b.Lines):
		return errLineGone
	case q > maxUnits:
		return checkout.ErrQuantity.On(fmt.Sprintf("lines[%d].quantity", i))
	case q <= 0:
		return b.remove(i)
	case b.Lines[i].Kind != "": // a top-up and a punch card are one each
		return checkout.ErrQuantity.On(fmt.Sprintf("lines[%d].quantity", i))
	}
	b.Lines[i].Quantity = q
	b.Current = i + 1
	return nil
}

func (b *basket) remove(i int) error {
	if i < 0 || i >= len(b.Lines) {
		return errLineGone
	}
	if gone := b.Lines[i].ID; !gone.IsNone() && len(b.Gone) < maxLines {
		b.Gone = append(b.Gone, gone)
	}
	b.Lines = slices.Delete(b.Lines, i, i+1)
	b.Current = min(i+1, len(b.Lines))
	if len(b.Lines) == 0 {
		b.Off, b.Drop = nil, 0
	}
	return nil
}

// useCoupon adds a code once; a second time changes nothing.
func (b *basket) useCoupon(code string) error {
	if slices.Contains(b.Coupons, code) {
		return nil
	}
	if len(b.Coupons) >= maxCoupons {
		return checkout.ErrTooManyLines.On("coupons").With("limit", maxCoupons)
	}
	b.Coupons = append(b.Coupons, code)
	return nil
}

func (b *basket) dropCoupon(code string) {
	b.Coupons = slices.DeleteFunc(b.Coupons, func(c string) bool { return c == code })
}

// dropMember takes the member off, and what only a member can buy.
func (b *basket) dropMember() {
	b.Member, b.Card = id.None, ""
	b.Lines = slices.DeleteFunc(b.Lines, func(l line) bool {
		return l.Kind == sale.LineTopUp || l.Kind == sale.LinePunchCard || l.Kind == sale.LineGift
	})
	b.Current = min(b.Current, len(b.Lines))
}
