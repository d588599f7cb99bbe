package rule

import "strconv"

// CouponPriority is the priority of coupon candidates: below a pack's own
// benefits, so that a coupon looks at what remains.
const CouponPriority = -100

// ProposeCoupons turns the coupons presented with the basket into candidates,
// one each. Every pack proposes a coupon with the same category, exclusively, so
// that several packs that propose it compete and it applies once. A coupon with
// a Stacking category competes in that one instead. A coupon that cannot apply
// to this basket becomes a note: coupon_no_line or coupon_min_spend.
func ProposeCoupons(in *Input, out *Output) {
	for i := range in.Coupons {
		c := &in.Coupons[i]
		cand := Candidate{
			Class:     ClassOrder,
			Basis:     Remaining,
			Category:  c.Stacking,
			Exclusive: true,
			Priority:  CouponPriority,
			Threshold: c.MinSpend,
			Coupon:    c.Ref,
		}
		if cand.Category == "" {
			cand.Category = "coupon:" + strconv.FormatUint(uint64(c.Ref), 10)
		}
		if c.Category != "" && c.Kind != CouponProduct {
			if cand.Targets = in.InCategory(c.Category); len(cand.Targets) == 0 {
				out.Say(Note{Code: "coupon_no_line", Arg: int64(c.Ref), Label: c.Category})
				continue
			}
		}
		switch c.Kind {
		case CouponPercent:
			cand.Kind, cand.Rate = Percent, c.Rate
			cand.Note = Note{Code: "coupon_percent", Label: c.Rate.PercentText()}
		case CouponCash:
			cand.Kind, cand.Amount = AmountOff, c.Amount
			cand.Note = Note{Code: "coupon_cash", Money: c.Amount}
		case CouponProduct:
			l := in.dearest(c.SKU)
			if l == nil {
				out.Say(Note{Code: "coupon_no_line", Arg: int64(c.Ref), Label: c.SKU})
				continue
			}
			// The least spend of a product coupon is the basket's, not that of
			// the one unit it makes free, so it cannot be the candidate's threshold.
			if in.Spend() < c.MinSpend {
				out.Say(Note{Code: "coupon_min_spend", Arg: int64(c.Ref), Money: c.MinSpend})
				continue
			}
			cand.Kind, cand.Class, cand.Threshold = FreeUnits, ClassLine, 0
			cand.Units = One
			cand.Targets = []Target{{Line: l.ID, Units: One}}
			cand.Note = Note{Code: "coupon_product", Label: c.SKU, LineNo: l.ID}
		default:
			continue // a kind of a later version: the host says that it was not used
		}
		out.Propose(cand)
	}
}

// InCategory is every line of goods and services in the category, as targets.
func (in *Input) InCategory(category string) []Target {
	var ts []Target
	for i := range in.Lines {
		if l := &in.Lines[i]; l.Merchandise() && l.Category == category {
			ts = append(ts, Target{Line: l.ID})
		}
	}
	return ts
}

// Spend is what the goods and services of the basket cost so far.
func (in *Input) Spend() Amount {
	var sum Amount
	for i := range in.Lines {
		if l := &in.Lines[i]; l.Merchandise() {
			sum += l.Net
		}
	}
	return sum
}

// dearest is the line of the SKU with at least one unit and the highest price, of
// several the longest, of those one with staff: which of them was rung up first does
// not matter.
func (in *Input) dearest(sku string) *Line {
	var best *Line
	for i := range in.Lines {
		if l := &in.Lines[i]; l.SKU == sku && l.Merchandise() && l.Quantity >= One && (best == nil || l.dearer(best)) {
			best = l
		}
	}
	return best
}

func (l *Line) dearer(than *Line) bool {
	switch {
	case l.Unit != than.Unit:
		return l.Unit > than.Unit
	case l.Quantity != than.Quantity:
		return l.Quantity > than.Quantity
	case l.HasStaff != than.HasStaff:
		return l.HasStaff
	}
	return l.StaffLevel > than.StaffLevel
}
