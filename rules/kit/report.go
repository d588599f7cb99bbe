package kit

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/shopwright/shopwright/core/i18n"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/core/promotion"
)

// Write prints the cases with what they cost, what differs, and a last line.
func (t *TestResult) Write(w io.Writer) {
	fmt.Fprintf(w, "%s %s\n", t.ID, t.Version)
	tab := newTable(3, 4)
	tab.row("", "case", "hook", "fuel", "bytes in/out")
	failed := 0
	for i := range t.Cases {
		c := &t.Cases[i]
		mark := "ok"
		if !c.OK() {
			mark = "FAIL"
			failed++
		}
		tab.row(mark, c.File+": "+c.Name, hookName(c.Hook), c.Fuel, fmt.Sprintf("%d/%d", c.InputBytes, c.OutputBytes))
	}
	tab.write(w, "  ")
	for i := range t.Cases {
		if c := &t.Cases[i]; !c.OK() {
			c.write(w)
		}
	}
	for _, code := range t.Untold {
		fmt.Fprintf(w, "\nlocales/en.json has no text for %q, which the pack answers\n", code)
	}
	for _, f := range t.Updated {
		fmt.Fprintf(w, "\ncases/%s was written: look at what changed\n", f)
	}
	if t.Native != "" && !t.NativeOK {
		fmt.Fprintf(w, "\nnatively (go test):\n%s\n", indent(t.Native))
	}
	fmt.Fprintf(w, "\n%d cases as a module, twice and shuffled (seed %d): ", len(t.Cases), t.Seed)
	if failed > 0 {
		fmt.Fprintf(w, "%d failed\n", failed)
	} else {
		fmt.Fprintln(w, "ok")
	}
	if t.Native != "" {
		fmt.Fprintf(w, "natively: %s\n", map[bool]string{true: "ok", false: "failed"}[t.NativeOK])
	}
}

func (c *CaseResult) write(w io.Writer) {
	fmt.Fprintf(w, "\n%s: %s\n", c.File, c.Name)
	for _, p := range c.Problems {
		fmt.Fprintf(w, "  %s\n", p)
	}
	for i := range c.Money {
		fmt.Fprintf(w, "  %s\n", c.Money[i].Text(c.Currency))
	}
	if c.Got != c.Want {
		fmt.Fprintf(w, "  got  %s\n  want %s\n", c.Got, c.Want)
	}
}

func indent(s string) string { return "  " + strings.ReplaceAll(s, "\n", "\n  ") }

// Write prints the basket before and after, in the words of the pack.
func (r *RunResult) Write(w io.Writer, b *pack.Bundle, l i18n.Locale) {
	cur := r.In.Currency
	say := func(n promotion.Note) string { return b.Message(l, n.Code, n, cur) }
	var names []string
	for _, h := range r.Hooks {
		names = append(names, hookName(h))
	}
	fmt.Fprintf(w, "%s %s: %s\n%s\n\n", b.Name(l), b.Version, strings.Join(names, ", "), r.Case)
	tab := newTable(0, 2, 3, 4)
	tab.row("line", "sku", "quantity", "before", "after", "")
	for i := range r.Lines {
		v := &r.Lines[i]
		tab.row(v.ID, v.SKU, v.Quantity, cur.Format(v.Before), cur.Format(v.After), r.why(v, say, cur))
	}
	tab.row("", "", "", cur.Format(r.Before), cur.Format(r.After), "")
	tab.write(w, "")
	var rest []string
	for _, g := range r.Given {
		rest = append(rest, fmt.Sprintf("%s: %s", givenText(&g, cur), say(noteOf(&g.TraceNote))))
	}
	for i := range r.Lost {
		x := &r.Lost[i]
		by := ""
		if x.ByCode != "" {
			by = " by " + x.ByCode
		}
		rest = append(rest, fmt.Sprintf("not applied (%s%s): %s", x.Why, by, say(noteOf(&x.TraceNote))))
	}
	for i := range r.Notes {
		rest = append(rest, say(noteOf(&r.Notes[i])))
	}
	if len(rest) > 0 {
		fmt.Fprintf(w, "\n%s\n", strings.Join(rest, "\n"))
	}
	fmt.Fprintln(w)
	for i := range r.Runs {
		v := &r.Runs[i]
		fmt.Fprintf(w, "%s: %d fuel, %d bytes in, %d out\n", hookName(v.Hook), v.Fuel, len(v.Input), len(v.Output))
	}
}

// why says what has changed a line, and by how much where several have.
func (r *RunResult) why(v *LineOutcome, say func(promotion.Note) string, cur money.Currency) string {
	var all []string
	mine := 0
	for i := range r.Applied {
		if r.Applied[i].Line == v.ID {
			mine++
		}
	}
	for i := range r.Applied {
		if a := &r.Applied[i]; a.Line == v.ID {
			text := say(a.Note)
			if mine > 1 {
				text += " (" + cur.Format(a.Amount) + ")"
			}
			all = append(all, text)
		}
	}
	return strings.Join(all, "; ")
}

func noteOf(n *promotion.TraceNote) promotion.Note {
	return promotion.Note{Code: n.Code, Arg: n.Arg, Money: n.Money, Label: n.Label, LineNo: n.Line}
}

// givenText names a grant with its figure.
func givenText(g *promotion.TraceGrant, cur money.Currency) string {
	amount := fmt.Sprint(g.Amount)
	if slices.Contains([]string{"bonus", "rebate", "commission", "tender_limit", "grant_money", "return_fee"}, g.Kind) {
		amount = cur.Format(money.Amount(g.Amount))
	}
	s := g.Kind
	if g.Ref != "" {
		s += " " + g.Ref
	}
	if g.Line > 0 {
		s += fmt.Sprintf(", line %d", g.Line)
	}
	return s + ", " + amount
}

// WriteBench prints what a pack's calls cost.
func WriteBench(w io.Writer, b *pack.Bundle, costs []HookCost) {
	fmt.Fprintf(w, "%s %s, module %d bytes\n", b.ID, b.Version, len(b.Module()))
	tab := newTable(1, 2, 3, 4, 5, 6, 7, 8)
	tab.row("hook", "cases", "calls", "fuel min", "median", "max", "p50", "p99", "bytes in/out")
	for i := range costs {
		c := &costs[i]
		tab.row(hookName(c.Hook), c.Cases, c.Calls, c.FuelMin, c.FuelMedian, c.FuelMax, micros(c.P50), micros(c.P99), fmt.Sprintf("%d/%d", c.InputBytes, c.OutputBytes))
	}
	tab.write(w, "  ")
}

func micros(d time.Duration) string {
	return fmt.Sprintf("%.1f µs", float64(d.Nanoseconds())/1000)
}

// Write prints what became of the calls.
func (r *ReplayResult) Write(w io.Writer) {
	fmt.Fprintf(w, "%d sales, %d calls of this pack\n", r.Sales, r.Calls)
	if r.Exact+r.Differ > 0 {
		fmt.Fprintf(w, "the recorded version with its settings: %d give the same bytes, %d do not\n", r.Exact, r.Differ)
	}
	if r.Compared > 0 {
		fmt.Fprintf(w, "another version or other settings: %d compared, %d come to something else\n", r.Compared, r.Changed)
	}
	for _, h := range slices.Sorted(maps.Keys(r.Figures)) {
		for _, f := range r.Figures[h] {
			fmt.Fprintf(w, "  %s, together: %s\n", hookName(h), strings.TrimPrefix(f.change(r.Currency), "basket: "))
		}
	}
	for _, reason := range slices.Sorted(maps.Keys(r.Failed)) {
		fmt.Fprintf(w, "%d calls end otherwise: %s\n", r.Failed[reason], reason)
	}
	for _, why := range slices.Sorted(maps.Keys(r.Unavailable)) {
		fmt.Fprintf(w, "%d calls could not be made: not in the file: %s\n", r.Unavailable[why], why)
	}
	for i := range r.Details {
		d := &r.Details[i]
		fmt.Fprintf(w, "\nsale %s of %s, %s: %s\n", d.Sale, d.Date, hookName(d.Hook), d.what())
		for _, f := range d.Figures {
			fmt.Fprintf(w, "  %s\n", f.change(r.Currency))
		}
	}
}

func (d *ReplayDetail) what() string {
	switch {
	case d.Fault != "":
		return "ends with " + d.Fault
	case d.Bytes:
		return "other bytes"
	}
	return "comes to something else"
}
