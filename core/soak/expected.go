package soak

import (
	"slices"

	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/coupon"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/loyalty"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/stock"
	"github.com/shopwright/shopwright/core/till"
	"github.com/shopwright/shopwright/core/wallet"
)

// refusals are the faults that a shop meets in business: somebody else was first,
// it is not there any more, it may not be.
var refusals = []*fault.Fault{
	checkout.ErrTotalChanged, checkout.ErrPaymentRefused, checkout.ErrPaymentPending, checkout.ErrNothingLeft, checkout.ErrVoidLate, checkout.ErrVoidPartial,
	checkout.ErrNotASale, checkout.ErrRefundPlan, checkout.ErrPointsSpent, checkout.ErrPrepaidUsed, checkout.ErrTender, checkout.ErrUnderpaid,
	checkout.ErrOverpaid, checkout.ErrDiscount,
	sale.ErrOverRefund, sale.ErrRequestPending, sale.ErrRequestDecided,
	wallet.ErrInsufficient, wallet.ErrFrozen, wallet.ErrPointsShort, wallet.ErrPunchesShort, wallet.ErrTopUpSpent, wallet.ErrPunchCardStarted, wallet.ErrHeld,
	wallet.ErrWithdrawalLate, wallet.ErrWithdrawalUsed, wallet.ErrGiftCardSpent, wallet.ErrGiftCardVoid, wallet.ErrAlreadyFrozen, wallet.ErrNotFrozen,
	coupon.ErrUsed, coupon.ErrExpired, coupon.ErrLocked, coupon.ErrMemberLimit, coupon.ErrMemberNeeded,
	stock.ErrInsufficient, loyalty.ErrGiftGone, loyalty.ErrGiftLimit,
	till.ErrNoShift, till.ErrClosed, till.ErrShiftOpen, till.ErrOpenSales,
}

// refused answers the reason where a fault is one of business, "" where it is a
// mistake of the program's.
func refused(err error) string {
	f := fault.Of(err)
	if slices.ContainsFunc(refusals, func(r *fault.Fault) bool { return r.Reason == f.Reason }) {
		return f.Reason
	}
	return ""
}
