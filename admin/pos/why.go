package pos

import (
	"slices"
	"strings"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/promotion"
	books "github.com/shopwright/shopwright/core/report"
	"github.com/shopwright/shopwright/core/sale"
)

// whySection is the answer to "why this price?" for one line or for the whole.
type whySection struct {
	Title string
	ui.Why
}

// story is what a quote and a stored sale have in common.
type story struct {
	lines     []sale.Line
	adjusts   []sale.Adjustment
	trace     checkout.Trace
	fallbacks []checkout.Fallback
}

func (h *screens) explainQuote(v *view) []whySection {
	q := v.Quote
	return h.explain(v.desk, story{q.Lines, q.Adjustments, q.Trace, q.Fallbacks})
}

func (h *screens) explainSale(d *desk, s *sale.Sale, t checkout.Trace) []whySection {
	st := story{lines: s.Lines, adjusts: s.Adjustments, trace: t}
	for i := range s.Rules {
		if r := &s.Rules[i]; r.Outcome != "ok" {
			st.fallbacks = append(st.fallbacks, checkout.Fallback{PackID: r.PackID, Version: r.PackVersion, Hook: r.Hook, Reason: r.Outcome})
		}
	}
	return h.explain(d, st)
}

// explain tells the story line by line, then what belongs to no line.
func (h *screens) explain(d *desk, st story) []whySection {
	var out []whySection
	for i := range st.lines {
		l := &st.lines[i]
		w := ui.Why{ListLabel: d.T("pos.list_price"), List: d.Money(l.Gross), PayLabel: d.T("pos.to_pay"), Pay: d.Money(l.Net)}
		for j := range st.adjusts {
			if a := &st.adjusts[j]; a.Line == l.ID {
				r := ui.Reason{Text: h.adjustText(d, a), Pack: h.packName(d, a.PackID, a.PackVersion), Version: a.PackVersion, Amount: d.MoneySigned(a.Amount)}
				if a.PackID == "" {
					r.Pack = d.T("pos.by_hand")
				}
				w.Reasons = append(w.Reasons, r)
			}
		}
		for j := range st.trace.Lost {
			if x := &st.trace.Lost[j]; slices.Contains(x.Lines, uint32(i+1)) || len(x.Lines) == 0 && x.Line == uint32(i+1) {
				w.Reasons = append(w.Reasons, h.lost(d, st, l.ID, x))
			}
		}
		for j := range st.trace.Grants {
			if g := &st.trace.Grants[j]; g.Line == uint32(i+1) && d.mayRead(g) {
				w.Reasons = append(w.Reasons, h.grant(d, g))
			}
		}
		out = append(out, whySection{d.lineName(l), w})
	}
	if w := h.explainWhole(d, st); len(w.Reasons) > 0 {
		out = append(out, whySection{d.T("pos.whole_sale"), w})
	}
	return out
}

func (h *screens) explainWhole(d *desk, st story) ui.Why {
	var w ui.Why
	for _, f := range st.fallbacks {
		w.Reasons = append(w.Reasons, ui.Reason{Text: d.T("pos.rule_failed", "pack", h.packName(d, f.PackID, f.Version)), Pack: d.Words.T(f.Reason), Version: f.Version, State: ui.Failed})
	}
	for j := range st.trace.Grants {
		if g := &st.trace.Grants[j]; g.Line == 0 && d.mayRead(g) {
			r := h.grant(d, g)
			if g.Kind == "tender_limit" && money.Amount(g.Amount) >= st.most() { // it says in which order, not how much
				r.Amount = ""
			}
			w.Reasons = append(w.Reasons, r)
		}
	}
	for j := range st.trace.Lost {
		if x := &st.trace.Lost[j]; len(x.Lines) == 0 && x.Line == 0 {
			w.Reasons = append(w.Reasons, h.lost(d, st, id.None, x))
		}
	}
	for j := range st.trace.Notes {
		n := &st.trace.Notes[j]
		w.Reasons = append(w.Reasons, ui.Reason{Text: h.noteText(d, n), Pack: h.packName(d, n.Pack, n.Version), Version: n.Version, State: ui.Lost})
	}
	return w
}

// lost says what did not apply, and why or because of what.
func (h *screens) lost(d *desk, st story, at id.ID, x *checkout.TraceLost) ui.Reason {
	r := ui.Reason{Text: h.noteText(d, &x.TraceNote), Pack: h.packName(d, x.Pack, x.Version), Version: x.Version, State: ui.Lost}
	if x.Why != string(promotion.WhyBeaten) {
		r.Text += " – " + d.T("promotion.why."+x.Why)
		return r
	}
	r.Beaten = h.packName(d, x.ByPack, "")
	for i := range st.adjusts {
		if a := &st.adjusts[i]; a.PackID == x.ByPack && a.Code == x.ByCode && (a.Line == at || at.IsNone()) {
			r.Beaten = h.adjustText(d, a)
			break
		}
	}
	return r
}

// mayRead keeps commission off a screen that customers look at, unless whoever
// has signed in sees figures across staff anyway.
func (d *desk) mayRead(g *checkout.TraceGrant) bool {
	return g.Kind != "commission" || d.May(string(auth.PermReports))
}

// most is more than any tender can pay.
func (st *story) most() (sum money.Amount) {
	for i := range st.lines {
		sum += st.lines[i].Net + st.lines[i].Tax
	}
	return sum
}

func (h *screens) grant(d *desk, g *checkout.TraceGrant) ui.Reason {
	r := ui.Reason{Text: h.noteText(d, &g.TraceNote), Pack: h.packName(d, g.Pack, g.Version), Version: g.Version}
	switch g.Kind {
	case "points", "grant_points", "grant_coupon", "grant_visits", "grant_gift", "grant_chances":
		r.Amount = "+" + d.Int(g.Amount)
	case "tender_limit":
		r.Amount = d.Money(money.Amount(g.Amount))
	case "bonus", "commission", "rebate", "grant_money":
		r.Amount = d.MoneySigned(money.Amount(g.Amount))
	case "return_fee":
		r.Amount = d.MoneySigned(-money.Amount(g.Amount))
	case "return_keep_coupon":
	default:
		if ofRefund(g) {
			r.Amount = d.Int(g.Amount)
		}
	}
	if ofRefund(g) {
		r.Text = d.T("office.grant."+g.Kind) + ": " + r.Text
	}
	return r
}

// ofRefund reports whether a grant tells what a refund kept, left or took back.
func ofRefund(g *checkout.TraceGrant) bool {
	what, _, _ := strings.Cut(g.Kind, "_")
	return what == "return" || what == "taken" || what == "kept"
}

// speaker is whoever reads: a desk or a view of one.
type speaker interface{ reader() *desk }

func (d *desk) reader() *desk { return d }

// adjustText says an adjustment in the reader's language, in its pack's words.
func (h *screens) adjustText(s speaker, a *sale.Adjustment) string {
	if a.PackID == "" { // by a person
		d := s.reader()
		return books.AdjustmentText(d.Packs, d.Words, d.Currency, *a)
	}
	return h.say(s.reader(), a.PackID, a.PackVersion, promotion.Note{Code: a.Code, Arg: a.Arg, Money: a.Money, Label: a.Label})
}

func (h *screens) noteText(d *desk, n *checkout.TraceNote) string {
	return h.say(d, n.Pack, n.Version, promotion.Note{Code: n.Code, Arg: n.Arg, Money: n.Money, Label: n.Label, LineNo: n.Line})
}

func (h *screens) say(d *desk, packID, version string, n promotion.Note) string {
	b, err := d.Packs.Get(packID, version)
	if err != nil { // the pack is no longer installed: its code is all there is
		return n.Code
	}
	return b.Message(d.Words, n.Code, n, d.Currency)
}

func (h *screens) packName(d *desk, packID, version string) string {
	b, err := d.Packs.Get(packID, version)
	if version == "" {
		b, err = d.Packs.Latest(packID)
	}
	if err != nil {
		return packID
	}
	return b.Name(d.Words)
}
