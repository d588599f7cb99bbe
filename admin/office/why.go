package office

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/core/report"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/sdk/rule"
)

// explanation is why a sale's amounts are what they are.
type explanation struct {
	f     *office
	p     *page
	s     *sale.Sale
	trace checkout.Trace
	by    string // who sold it: what was taken off by hand is theirs
}

func (f *office) whyPage(w http.ResponseWriter, r *http.Request, p *page) error {
	u, err := pathID(r, "id")
	if err != nil {
		return err
	}
	s, t, err := f.o.Desk.Explain(r.Context(), p.Merchant.ID, u)
	if err != nil {
		return err
	}
	people, err := f.staffNames(r.Context(), p.Merchant.ID)
	if err != nil {
		return err
	}
	return f.show(w, r, whyView(p, &explanation{f, p, s, t, dash(people[s.Actor])}))
}

// packName is a pack's name in the reader's language; its id where that version
// is not installed any more.
func (f *office) packName(p *page, packID, version string) string {
	if b, err := p.Packs.Get(packID, version); err == nil {
		return b.Name(p.Words)
	}
	return packID
}

// say renders a pack's note from its own catalogue.
func (x *explanation) say(packID, version, code string, n promotion.Note) string {
	b, err := x.p.Packs.Get(packID, version)
	if err != nil {
		return code
	}
	return b.Message(x.p.Words, code, n, x.s.Currency)
}

func (x *explanation) sayTrace(n checkout.TraceNote) string {
	return x.say(n.Pack, n.Version, n.Code, promotion.Note{Code: n.Code, Arg: n.Arg, Money: n.Money, Label: n.Label, LineNo: n.Line})
}

// line is the explanation of one line: what applied, then what lost.
func (x *explanation) line(i int) ui.Why {
	p, l := x.p, &x.s.Lines[i]
	w := ui.Why{ListLabel: p.T("office.why.list_price"), List: p.Money(l.Gross), PayLabel: p.T("office.why.to_pay"), Pay: p.Money(l.Net)}
	for _, a := range x.s.Adjustments {
		if a.Line != l.ID {
			continue
		}
		if byHand(a.Kind) {
			w.Reasons = append(w.Reasons, x.byHand(a))
			continue
		}
		r := ui.Reason{Text: x.say(a.PackID, a.PackVersion, a.Code, promotion.Note{Code: a.Code, Arg: a.Arg, Money: a.Money, Label: a.Label}),
			Pack: x.f.packName(p, a.PackID, a.PackVersion), Version: a.PackVersion, Amount: p.Money(a.Amount)}
		w.Reasons = append(w.Reasons, r)
	}
	for _, lost := range x.trace.Lost {
		if !onLine(lost, uint32(i+1)) { //nolint:gosec // lines are few
			continue
		}
		w.Reasons = append(w.Reasons, x.lost(lost))
	}
	return w
}

// byHand is what a person took off, with who it was and why.
func (x *explanation) byHand(a sale.Adjustment) ui.Reason {
	r := ui.Reason{Text: report.AdjustmentText(x.p.Packs, x.p.Words, x.s.Currency, a), Pack: x.p.T("office.why.by_hand", "name", x.by), Amount: x.p.Money(a.Amount)}
	if a.Label != "" {
		r.Text += ": " + a.Label
	}
	return r
}

func onLine(l checkout.TraceLost, no uint32) bool {
	for _, n := range l.Lines {
		if n == no {
			return true
		}
	}
	return l.Line == no
}

func (x *explanation) lost(l checkout.TraceLost) ui.Reason {
	r := ui.Reason{Text: x.sayTrace(l.TraceNote), Pack: x.f.packName(x.p, l.Pack, l.Version), Version: l.Version, State: ui.Lost}
	switch {
	case l.ByPack != "":
		r.Beaten = x.beater(l)
	case l.Why != "":
		key := "promotion.why." + l.Why
		if x.p.Words.Has(key) {
			r.Beaten = x.p.T(key)
		} else {
			r.Beaten = l.Why
		}
	}
	return r
}

// beater is what won instead, in words.
func (x *explanation) beater(l checkout.TraceLost) string {
	for _, a := range x.s.Adjustments {
		if a.PackID == l.ByPack && a.Code == l.ByCode {
			return x.say(a.PackID, a.PackVersion, a.Code, promotion.Note{Code: a.Code, Arg: a.Arg, Money: a.Money, Label: a.Label})
		}
	}
	return l.ByPack + ": " + l.ByCode
}

// elsewhere are the losers that name no line: coupons whose condition was not met.
func (x *explanation) elsewhere() ui.Why {
	var w ui.Why
	for _, l := range x.trace.Lost {
		if len(l.Lines) == 0 && l.Line == 0 {
			w.Reasons = append(w.Reasons, x.lost(l))
		}
	}
	for _, n := range x.trace.Notes {
		w.Reasons = append(w.Reasons, ui.Reason{Text: x.sayTrace(n), Pack: x.f.packName(x.p, n.Pack, n.Version), Version: n.Version})
	}
	return w
}

// grants are points, bonus, tier and commission.
func (x *explanation) grants() ui.TableProps {
	p := x.p
	t := ui.TableProps{Caption: p.T("office.why.grants"), HideCaption: true,
		Columns: []ui.Column{{Title: p.T("office.why.grant")}, {Title: p.T("office.why.reason")}, {Title: p.T("office.why.pack")}, {Title: p.T("office.why.line")}, {Title: p.T("office.col.amount"), Numeric: true, Key: true}},
		Empty:   ui.EmptyState{Icon: "info", Title: p.T("office.why.no_grants")}}
	for _, g := range x.trace.Grants {
		amount := p.Int(g.Amount)
		switch g.Kind {
		case "bonus", "commission", "rebate", "grant_money", "tender_limit", "return_fee":
			amount = p.Money(money.Amount(g.Amount))
		case "tier":
			amount = g.Label
		}
		line := "–"
		if g.Line > 0 && int(g.Line) <= len(x.s.Lines) {
			line = lineName(p, &x.s.Lines[g.Line-1])
		}
		t.Rows = append(t.Rows, ui.Row(p.T("office.grant."+g.Kind), x.sayTrace(g.TraceNote), x.f.packName(p, g.Pack, g.Version)+" "+g.Version, line, amount))
	}
	return t
}

// run is one call of a pack as an integrator wants to see it.
type run struct {
	sale.RuleRun
	no     int
	name   string
	input  string // indented JSON
	output string
}

func (x *explanation) runs() []run {
	out := make([]run, len(x.s.Rules))
	for i, v := range x.s.Rules {
		out[i] = run{RuleRun: v, no: i + 1, name: x.f.packName(x.p, v.PackID, v.PackVersion), input: inputJSON(v.Input), output: outputJSON(v.Output)}
	}
	return out
}

func (v run) ok() bool { return v.Outcome == "" || v.Outcome == "ok" }

// outcome is what became of the call, in the reader's language.
func (v run) outcome(p *page) string {
	switch {
	case v.ok():
		return p.T("office.why.ran")
	case p.Words.Has(v.Outcome):
		return p.T(v.Outcome)
	}
	return v.Outcome
}

func (v run) micros(p *page) string { return p.Int((v.Nanos+500)/1000) + " µs" }

func (v run) title(p *page) string {
	return p.T("office.hook."+v.Hook) + " · " + v.name
}

// inputJSON decodes a message of the rule interface for reading; a message of
// another version of it shows as nothing.
func inputJSON(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	var in rule.Input
	if err := rule.DecodeInput(b, string(b), &in); err != nil {
		return ""
	}
	return indented(&in)
}

func outputJSON(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	var out rule.Output
	if err := rule.DecodeOutput(b, string(b), &out); err != nil {
		return ""
	}
	return indented(&out)
}

func indented(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	var w bytes.Buffer
	if json.Indent(&w, b, "", "  ") != nil {
		return string(b)
	}
	return w.String()
}

// noticeText says what a pack's activation has to report.
func noticeText(p *page, reason string, failures int) string {
	if reason == "" {
		return p.T("office.packs.failing", "n", failures)
	}
	key, detail, _ := strings.Cut(reason, ": ")
	if p.Words.Has(key) {
		text := p.T(key)
		if detail != "" {
			text += " (" + detail + ")"
		}
		return p.T("office.packs.off_because", "reason", text)
	}
	return p.T("office.packs.off_because", "reason", reason)
}

func runTone(v run) ui.Tone {
	if v.ok() {
		return ui.Ok
	}
	return ui.Bad
}
