package pos

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"unicode"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/catalog"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/coupon"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/setting"
	"github.com/shopwright/shopwright/core/tenant"
	"github.com/shopwright/shopwright/core/wallet"
)

var (
	errUnknownCode = fault.New(fault.NotFound, "pos.unknown_code")   // {code}: nothing of that code or name
	errNoMember    = fault.New(fault.NotFound, "pos.no_such_member") // {code}
)

const (
	maxCode   = 80 // characters of a code or of a search
	maxChoice = 8  // hits of each kind that are offered
)

var (
	timesForm   = regexp.MustCompile(`^([0-9]{1,5}(?:\.[0-9]{1,3})?)\s*[*×]\s*(.*)$`)
	setForm     = regexp.MustCompile(`^[*×]\s*([0-9]{1,5}(?:\.[0-9]{1,3})?)$`)
	receiptForm = regexp.MustCompile(`^([A-Z0-9]{1,8})-([0-9]{1,12})$`)
)

// typed is what was scanned or typed, taken apart.
type typed struct {
	Text  string
	Times money.Quantity
	Said  bool // how many was said
}

// units is how many are meant.
func (t typed) units() money.Quantity {
	if t.Said {
		return t.Times
	}
	return money.One
}

// parseCode reads "3*6901…" and "3*" or "*3" alone, which speak of the current line.
func parseCode(s string) typed {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, " "))
	s = clip(strings.Join(strings.Fields(s), " "), maxCode)
	if m := setForm.FindStringSubmatch(s); m != nil {
		if q, err := money.ParseQuantity(m[1]); err == nil {
			return typed{"", q, true}
		}
	}
	if m := timesForm.FindStringSubmatch(s); m != nil {
		if q, err := money.ParseQuantity(m[1]); err == nil {
			return typed{strings.TrimSpace(m[2]), q, true}
		}
	}
	return typed{Text: s}
}

// found is what a code or a search means.
type found struct {
	SKU     id.ID
	Weighed money.Quantity // of that SKU, where a weight code was read
	Coupon  string
	Member  id.ID
	Card    string // of that member, where a card was shown
	Receipt id.ID  // a document to be shown
	Gift    string // the number of a gift card that exists
	// Of a search that hit nothing exactly:
	SKUs    []catalog.SKU
	Members []member.Member
}

func (f *found) isNothing() bool {
	return f.SKU.IsNone() && f.Coupon == "" && f.Member.IsNone() && f.Receipt.IsNone() && f.Gift == "" && len(f.SKUs)+len(f.Members) == 0
}

// resolve decides what a text means: an item's code exactly, a coupon's, a
// member's phone or card, a receipt's number, a gift card's, a weight code; else names
// are searched. Faults: pos.unknown_code, member.card_blocked, those of
// catalog.WeightReader.Read.
func (h *screens) resolve(ctx context.Context, m id.ID, text string) (found, error) {
	var hits []catalog.Hit
	var coupons []coupon.Coupon
	upper := strings.ToUpper(text)
	if err := h.db.Batch(ctx, catalog.AskSKUs(m, nil, append(catalog.WeightArticles(text), text, upper), &hits), coupon.AskByCodes(m, []string{upper}, &coupons)); err != nil {
		return found{}, err
	}
	for _, want := range []string{text, upper} { // as it stands goes before capitals
		for i := range hits {
			if !hits[i].Archived && hits[i].Barcode == want {
				return found{SKU: hits[i].ID}, nil
			}
		}
	}
	if len(coupons) > 0 {
		return found{Coupon: coupons[0].Code}, nil
	}
	card, mem, err := member.FindCard(ctx, h.db, h.o.Vault, m, text)
	switch {
	case err == nil:
		return found{Member: mem.ID, Card: card.Number}, nil
	case errors.Is(err, member.ErrCardBlocked):
		return found{}, err
	case fault.KindOf(err) != fault.NotFound && fault.KindOf(err) != fault.Invalid:
		return found{}, err
	}
	if r := receiptForm.FindStringSubmatch(upper); r != nil {
		doc, err := sale.FindByNumber(ctx, h.db, m, r[1], r[2])
		if err == nil {
			return found{Receipt: doc}, nil
		}
		if !errors.Is(err, sale.ErrNotFound) {
			return found{}, err
		}
	}
	gift, err := wallet.FindGiftCard(ctx, h.db, m, text)
	if err == nil {
		return found{Gift: gift.Number}, nil
	}
	if k := fault.KindOf(err); k != fault.NotFound && k != fault.Invalid {
		return found{}, err
	}
	if w, ok, err := h.weighed(ctx, m, text, hits); ok || err != nil {
		return found{SKU: w.SKU.ID, Weighed: w.Quantity}, err
	}
	return h.search(ctx, m, text)
}

// weighed reads a weight code.
func (h *screens) weighed(ctx context.Context, m id.ID, text string, hits []catalog.Hit) (w catalog.Weighed, ok bool, err error) {
	if !catalog.LooksWeighed(text) {
		return w, false, nil
	}
	v, err := setting.All(ctx, h.db, m, id.None, id.None)
	if err != nil {
		return w, false, err
	}
	mm, err := tenant.GetMerchant(ctx, h.db, m)
	if err != nil {
		return w, false, err
	}
	return catalog.WeightReaderOf(v, mm.Currency).Read(text, hits)
}

// search looks for names. Only who may see members finds any.
func (h *screens) search(ctx context.Context, m id.ID, text string) (found, error) {
	var f found
	var err error
	if f.SKUs, _, err = catalog.List(ctx, h.db, m, catalog.Filter{Query: text}, db.Page{Limit: maxChoice}); err != nil {
		return f, err
	}
	if auth.ActorOf(ctx).May(auth.PermMembers) {
		if f.Members, _, err = member.Find(ctx, h.db, h.o.Vault, m, text, db.Page{Limit: maxChoice}); err != nil {
			return f, err
		}
	}
	if f.isNothing() {
		return f, errUnknownCode.With("code", text)
	}
	return f, nil
}

// take does with the basket what a code means. Choices are left to the cashier.
func (h *screens) take(ctx context.Context, m id.ID, b *basket, t typed) (found, error) {
	if t.Text == "" {
		if !t.Said {
			return found{}, nil
		}
		if t.Times == 0 {
			return found{}, checkout.ErrQuantity
		}
		if b.Current == 0 {
			return found{}, errLineGone
		}
		return found{}, b.set(b.Current-1, t.Times)
	}
	f, err := h.resolve(ctx, m, t.Text)
	if err != nil {
		return f, err
	}
	switch {
	case f.Weighed > 0:
		if t.units() != money.One {
			return f, catalog.ErrWeightCount
		}
		return f, b.append(line{SKU: f.SKU, Quantity: f.Weighed, Weighed: true}) // labels are not added up: each is rounded by itself, as it says
	case !f.SKU.IsNone():
		return f, b.add(f.SKU, t.units())
	case f.Coupon != "":
		return f, b.useCoupon(f.Coupon)
	case !f.Member.IsNone():
		b.Member, b.Card = f.Member, f.Card
	}
	return f, nil
}
