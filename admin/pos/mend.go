package pos

import (
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/shopwright/shopwright/core/catalog"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/wallet"
)

// mend takes out of a basket what no longer can be sold, because of cause, and
// reports whether it did: a basket that was set aside may hold a SKU that is
// gone, a coupon that was used meanwhile, a discount whose approval has ended.
func (b *basket) mend(cause error) bool {
	f := fault.Of(cause)
	i, has := lineIn(f.Param)
	switch {
	case errors.Is(cause, checkout.ErrDiscount), errors.Is(cause, checkout.ErrNeedsManager), strings.HasPrefix(f.Param, "discounts["):
		return b.mendGiven(f.Param)
	case errors.Is(cause, checkout.ErrUnknownStaff), strings.HasPrefix(f.Reason, "staff."):
		if has && i < len(b.Lines) && (!b.Lines[i].Staff.IsNone() || b.Lines[i].Shares != nil) {
			b.Lines[i].Staff, b.Lines[i].Shares = id.None, nil
			return true
		}
	case errors.Is(cause, checkout.ErrUnknownMember), errors.Is(cause, checkout.ErrMemberBlocked), errors.Is(cause, checkout.ErrMemberNeeded):
		before := len(b.Lines)
		had := !b.Member.IsNone()
		b.dropMember()
		return had || len(b.Lines) < before
	case f.Param == "card":
		had := b.Card != ""
		b.Card = ""
		return had
	case strings.HasPrefix(f.Reason, "coupon."), errors.Is(cause, checkout.ErrCouponRepeated):
		had := len(b.Coupons) > 0
		b.Coupons = nil
		return had
	case strings.HasPrefix(f.Reason, "wallet.law."):
		before := len(b.Lines)
		b.Lines = slices.DeleteFunc(b.Lines, func(l line) bool { return l.Kind == sale.LineTopUp || l.Kind == sale.LineGiftCard })
		b.Current = min(b.Current, len(b.Lines))
		return len(b.Lines) < before
	case errors.Is(cause, checkout.ErrUnknownSKU), errors.Is(cause, checkout.ErrLine), errors.Is(cause, checkout.ErrQuantity),
		errors.Is(cause, catalog.ErrPlanNotFound), errors.Is(cause, catalog.ErrPlanArchived), errors.Is(cause, wallet.ErrGiftCardNumber), strings.HasPrefix(f.Reason, "loyalty."), strings.HasPrefix(f.Reason, "campaign."):
		return has && b.remove(i) == nil
	}
	return false
}

// mendGiven takes off the discount that a parameter names, or the one that made
// the bill round.
func (b *basket) mendGiven(param string) bool {
	if m := givenParam.FindStringSubmatch(param); m != nil {
		list := b.given()
		if k, err := strconv.Atoi(m[1]); err == nil && k < len(list) {
			return b.give(list[k].Line, nil) == nil
		}
		return false
	}
	had := b.Drop != 0
	b.Drop = 0
	return had
}

var (
	lineParam  = regexp.MustCompile(`^lines\[([0-9]{1,4})\]`)
	givenParam = regexp.MustCompile(`^discounts\[([0-9]{1,4})\]`)
)

// lineIn reads the line's position out of a fault's parameter.
func lineIn(param string) (int, bool) {
	m := lineParam.FindStringSubmatch(param)
	if m == nil {
		return 0, false
	}
	n, err := strconv.Atoi(m[1])
	return n, err == nil
}
