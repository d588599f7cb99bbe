package pos

import (
	"context"
	"net/http"
	"strings"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/sale"
)

// fillTerms says what the rules of the sale make of the refund as it is typed: what
// they keep of it, what stays with the member, what is taken back. Without anything
// to say, or where it cannot be worked out, the sheet stays as it is.
func (h *screens) fillTerms(ctx context.Context, v *saleView, r *http.Request) {
	in, err := v.refundIn(r)
	if err != nil || len(in.Lines) == 0 {
		return
	}
	q, err := h.o.Desk.QuoteRefund(ctx, in)
	if err != nil {
		if k := fault.KindOf(err); k == fault.Internal || k == fault.Unavailable {
			h.o.Log.WarnContext(ctx, "the terms of a refund could not be worked out", "sale", v.Sale.ID.String(), "error", err)
		}
		return
	}
	list := h.terms(v, q.Refund)
	if len(list) == 0 {
		return
	}
	f := &v.Refund
	f.Terms = &ui.Why{Reasons: list, PayLabel: v.T("pos.refund_comes_back"), Pay: v.Money(q.Refund.Total)}
	f.Shown = q.Refund.Total
}

// refundIn is the refund that the form asks for; without a form, all that is left.
func (v *saleView) refundIn(r *http.Request) (in checkout.RefundIn, err error) {
	in = checkout.RefundIn{Merchant: v.Desk.Merchant.ID, Sale: v.Sale.ID, Reason: firstOf(strings.TrimSpace(v.Refund.Reason), v.T("pos.reason_return")), Register: v.Register.ID, Actor: v.Actor.ID, Origin: sale.OriginTill}
	if r == nil {
		for _, l := range v.Refund.Lines {
			in.Lines = append(in.Lines, checkout.RefundLine{Line: l.ID, Quantity: l.Rest})
		}
	} else if in.Lines, err = v.chosen(r); err != nil {
		return in, err
	}
	if v.Refund.Used {
		if in.Prepaid, in.UsedAtList, err = v.Refund.Claim.claim(v.desk); err != nil {
			return in, err
		}
	}
	if v.Refund.Plan != "" {
		in.Plan.Order = []string{v.Refund.Plan}
	}
	return in, nil
}

// terms lists what a refund's rules have done to it, with their explanations.
func (h *screens) terms(v *saleView, back *sale.Sale) (out []ui.Reason) {
	trace, err := checkout.ParseTrace(back.Trace)
	if err != nil {
		return nil // its explanation alone is missing
	}
	for i := range trace.Grants {
		g := &trace.Grants[i]
		x := h.grant(v.desk, g)
		if k := int(g.Line) - 1; g.OfReturn() && k >= 0 && len(back.Lines) > 1 {
			x.Text += " (" + v.lineName(&back.Lines[k]) + ")"
		}
		out = append(out, x)
	}
	for i := range trace.Notes {
		n := &trace.Notes[i]
		out = append(out, ui.Reason{Text: h.noteText(v.desk, n), Pack: h.packName(v.desk, n.Pack, n.Version), Version: n.Version})
	}
	for name := range strings.SplitSeq(back.Fallbacks, ",") {
		if name != "" {
			out = append(out, ui.Reason{Text: v.T("pos.refund_rule_failed", "pack", h.packName(v.desk, name, "")), State: ui.Failed})
		}
	}
	return out
}
