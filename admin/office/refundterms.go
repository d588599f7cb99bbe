package office

import (
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/core/sale"
)

// refundTerm is one thing that a pack's terms keep from a refund.
type refundTerm struct {
	kind   string
	amount int64  // kept in fact: minor units of a fee, points that stay
	line   string // the line that it is about; "" is the whole refund
	text   string // the pack's explanation in the reader's language
	pack   string // the pack's name
}

// refundTerms are the terms of a refund, and what its lines would have given
// without them.
type refundTerms struct {
	list   []refundTerm
	before []money.Amount // by the refund's line; nil: as it gives now
}

func statesByLine(list []sale.LineState) map[id.ID]sale.LineState {
	out := make(map[id.ID]sale.LineState, len(list))
	for _, st := range list {
		out[st.Line] = st
	}
	return out
}

// refundTerms reads what the packs' terms keep of a refund that was worked out.
func (f *office) refundTerms(p *page, q *checkout.RefundQuote) (out refundTerms) {
	back := q.Refund
	trace, err := promotion.ParseTrace(back.Trace)
	if err != nil {
		return out // the document itself holds: only its explanation is missing
	}
	x := &explanation{f: f, p: p, s: back, trace: trace}
	out.before = q.Before
	for _, g := range trace.Grants {
		if !g.OfReturn() || g.Amount == 0 && g.Kind != promotion.TraceKeepCoupon {
			continue
		}
		t := refundTerm{kind: g.Kind, amount: g.Amount, text: x.sayTrace(g.TraceNote), pack: f.packName(p, g.Pack, g.Version)}
		if k := int(g.Line) - 1; k >= 0 && len(back.Lines) > 1 {
			t.line = lineName(p, &back.Lines[k])
		}
		out.list = append(out.list, t)
	}
	return out
}

// pair is the term in words, and what it keeps.
func (t *refundTerm) pair(p *page) (key, value string) {
	text := t.text
	if t.line != "" {
		text += " (" + t.line + ")"
	}
	switch t.kind {
	case promotion.TraceReturnFee:
		return p.T("office.refund.kept", "text", text), p.T("office.refund.kept_by", "amount", p.MoneySigned(-money.Amount(t.amount)), "pack", t.pack)
	case promotion.TraceKeepPoints:
		return p.T("office.refund.kept_points", "text", text), p.T("office.refund.kept_by", "amount", p.Int(t.amount), "pack", t.pack)
	}
	return p.T("office.refund.kept_coupon", "text", text), t.pack
}
