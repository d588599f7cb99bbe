package parts

import "github.com/shopwright/shopwright/sdk/rule"

// ReturnTerms says what a refund keeps beyond what the sale has stored.
//
// Settings: return_on, return_fees (list of kind, category, days, percent, fee: from
// so many days after the sale on, this part of what goes back and this amount are
// kept; the row that names most of the line holds, of those the latest),
// return_coupons (back, or kept: a used coupon does not come back), return_points
// (taken, or kept: the member keeps the points). Notes: return_fee, return_coupon,
// return_points.
type ReturnTerms struct {
	on, coupons, points bool
	fees                []returnFee
}

type returnFee struct {
	kind     rule.LineKind // 0 = any
	category string
	days     int64
	rate     rule.Rate
	fee      rule.Amount
}

// Configure reads the part's settings.
func (r *ReturnTerms) Configure(v rule.Value) {
	r.on = v.Bool("return_on", false)
	r.coupons, r.points = v.Text("return_coupons", "back") == "kept", v.Text("return_points", "taken") == "kept"
	r.fees = r.fees[:0]
	for _, x := range v.List("return_fees") {
		r.fees = append(r.fees, returnFee{kindOf(x.Text("kind", "any")), x.Text("category", ""), x.Int("days", 0), x.Percent("percent", 0), x.Amount("fee", 0)})
	}
}

// Return proposes the terms: one fee for each line, never more than goes back.
func (r *ReturnTerms) Return(in *rule.Input, out *rule.Output) error {
	if !r.on {
		return nil
	}
	for i := range in.Lines {
		l := &in.Lines[i]
		if f := r.find(l, int64(in.Refund.Days)); f != nil && l.Net > 0 {
			if fee := min(part(l.Net, f.rate)+max(f.fee, 0), l.Net); fee > 0 {
				out.Keep(rule.ReturnTerm{Kind: rule.ReturnFee, Line: l.ID, Amount: fee,
					Note: rule.Note{Code: "return_fee", Arg: percent(f.rate), Money: fee, LineNo: l.ID}})
			}
		}
		if r.points && l.Points > 0 {
			out.Keep(rule.ReturnTerm{Kind: rule.ReturnKeepPoints, Line: l.ID, Points: l.Points,
				Note: rule.Note{Code: "return_points", Arg: l.Points, LineNo: l.ID}})
		}
	}
	if r.coupons {
		for i := range in.Coupons {
			out.Keep(rule.ReturnTerm{Kind: rule.ReturnKeepCoupon, Coupon: in.Coupons[i].Ref, Note: rule.Note{Code: "return_coupon"}})
		}
	}
	return nil
}

func (r *ReturnTerms) find(l *rule.Line, days int64) *returnFee {
	var best *returnFee
	score := -1
	for i := range r.fees {
		f, n := &r.fees[i], 0
		if days < f.days || f.kind != 0 && f.kind != l.Kind || f.category != "" && !same(f.category, l.Category) {
			continue
		}
		if f.category != "" {
			n += 2
		}
		if f.kind != 0 {
			n++
		}
		if n > score || n == score && f.days > best.days {
			best, score = f, n
		}
	}
	return best
}
