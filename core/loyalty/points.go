package loyalty

import (
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/setting"
)

// Validity answers from when points earned now can be spent and from when on they
// are expired; expiresAt 0 is never. Both are beginnings of business days, except
// that without a pending time points are there at once. A validity counts from the
// day on which the points become available, that day not included: points that
// are valid one day hold to the end of the next.
func Validity(v setting.Values, now clock.Instant, zone clock.Zone) (availableAt, expiresAt clock.Instant) {
	from := zone.BusinessDate(now)
	availableAt = now
	if n := int(setting.PointsPendingDays.In(v)); n > 0 {
		from = from.AddDays(n)
		availableAt = zone.Start(from)
	}
	n := int(setting.PointsValidityCount.In(v))
	switch setting.PointsValidity.In(v) {
	case "days":
		expiresAt = zone.Start(from.AddDays(n + 1))
	case "months":
		expiresAt = zone.Start(from.AddMonths(n).AddDays(1))
	case "year_end":
		expiresAt = zone.Start(from.YearStart().AddMonths(12 * (n + 1)))
	}
	return availableAt, expiresAt
}

// GivenBack answers until when points hold that a refund gives back although
// their lot has expired; lost says that they do not come back at all.
func GivenBack(v setting.Values, now clock.Instant, zone clock.Zone) (expiresAt clock.Instant, lost bool) {
	switch setting.PointsRefundExpired.In(v) {
	case "lost":
		return 0, true
	case "grace":
		n := int(setting.PointsRefundGraceDays.In(v))
		return zone.Start(zone.BusinessDate(now).AddDays(n + 1)), false
	}
	_, expiresAt = Validity(v, now, zone)
	return expiresAt, false
}

// MayOwe reports whether a refund may leave a member with fewer points than none.
func MayOwe(v setting.Values) bool { return setting.PointsRefundNegative.In(v) == "allow" }

// EarnBase is the amount of a line that the packs are shown for points: gross is
// what it costs before its benefits, net after.
func EarnBase(v setting.Values, gross, net money.Amount) money.Amount {
	if setting.PointsEarnBase.In(v) == "before_discount" {
		return gross
	}
	return net
}

// Earns reports whether what is paid with a tender earns points; own-wallet
// tenders do only where the merchant says so, because their money or their points
// were counted when they came in.
func Earns(v setting.Values, tender string) bool {
	switch tender {
	case "stored_value":
		return setting.PointsOnStoredValue.In(v)
	case "points":
		return setting.PointsOnPoints.In(v)
	}
	return true
}

// EarnOn is what is left of the points per line where a part of the total was
// paid with tenders that earn nothing: each line's share, the sum rounded down
// once. Nothing excluded leaves every line as it is, everything leaves none.
func EarnOn(points []int64, total money.Amount, excluded ...money.Amount) []int64 {
	var out money.Amount
	for _, x := range excluded {
		out += max(x, 0)
	}
	kept := make([]int64, len(points))
	if total <= 0 || out <= 0 {
		copy(kept, points)
		return kept
	}
	earning := max(total-out, 0)
	var whole, given int64
	for i, p := range points {
		// Shares of the running sum: a fraction that one line loses the next may have.
		whole += p
		upTo := int64(money.Amount(whole).MulDiv(int64(earning), int64(total), money.Down))
		kept[i] = upTo - given
		given = upTo
	}
	return kept
}
