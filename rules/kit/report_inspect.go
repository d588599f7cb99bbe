package kit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/shopwright/shopwright/core/i18n"
	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/core/promotion"
)

// Write prints all of it, one thing a line.
func (x *Inspection) Write(w io.Writer) {
	fmt.Fprintf(w, "%s %s  %s\n", x.ID, x.Version, x.Name(english))
	tab := newTable()
	line := func(what string, values ...string) {
		text := strings.Join(values, ", ")
		if text == "" {
			text = "none"
		}
		tab.row(what, text)
	}
	line("bundle", fmt.Sprintf("%d bytes, sha256 %s", x.Bytes, x.Hash))
	line("module", fmt.Sprintf("%d bytes, sha256 %s", len(x.Bundle.Module()), x.ModuleHash()))
	line("abi", fmt.Sprintf("%d to %d", x.ABI.Min, x.ABI.Max))
	line("hooks", x.Hooks...)
	line("powers", x.Powers...)
	line("facts", facts(x.Facts)...)
	line("categories", x.Categories...)
	line("priority", fmt.Sprint(x.Priority))
	if l := x.Limits; l.Fuel+l.Depth+l.MemoryBytes+l.OutputBytes > 0 {
		line("limits", fmt.Sprintf("fuel %d, depth %d, memory %d bytes, output %d bytes (0: the host's)", l.Fuel, l.Depth, l.MemoryBytes, l.OutputBytes))
	}
	line("functions", fmt.Sprintf("%d, the largest of %d bytes", x.Module.Functions, x.Module.Largest))
	line("floats", fmt.Sprintf("%d instructions, %s", x.Module.Floats, map[bool]string{true: "asked for in the manifest", false: "not asked for"}[x.Floats]))
	line("imports", x.Module.Imports...)
	line("exports", x.Module.Exports...)
	line("settings", compact(x.Defaults))
	line("cases", fmt.Sprint(x.Cases))
	line("signer", x.signer())
	tab.write(w, "  ")
	x.writeFiles(w)
	x.writeTexts(w)
	if x.Refused != nil {
		fmt.Fprintf(w, "\nthe rule host refuses the module: %s\n", failure(x.Refused))
	}
}

func (x *Inspection) signer() string {
	switch {
	case x.Judged == nil && x.Signer != "":
		return fmt.Sprintf("%s (%s)", x.Signer, x.Trust)
	case x.Signed() && x.Judged != nil:
		return strings.TrimSpace(x.Signer + " " + failure(x.Judged))
	case x.Signed():
		return x.Signer
	}
	return "unsigned"
}

func (x *Inspection) writeFiles(w io.Writer) {
	fmt.Fprintln(w)
	tab := newTable(1)
	for _, f := range x.FileSizes {
		tab.row(f.Name, f.Bytes, f.Hash)
	}
	tab.write(w, "  ")
}

func (x *Inspection) writeTexts(w io.Writer) {
	fmt.Fprintf(w, "\n  messages: %s\n", strings.Join(x.Codes(), ", "))
	for _, tag := range i18n.Tags() {
		if m := x.Missing[tag]; len(m) > 0 {
			fmt.Fprintf(w, "  without a text in %s: %s\n", tag, strings.Join(m, ", "))
		}
	}
	if len(x.Untold) > 0 {
		fmt.Fprintf(w, "  answered in cases and without a text: %s\n", strings.Join(x.Untold, ", "))
	}
}

// facts says each kind once, with its windows.
func facts(fs []pack.Fact) (all []string) {
	windows := map[string][]string{}
	var kinds []string
	for _, f := range fs {
		if windows[f.Kind] == nil {
			kinds = append(kinds, f.Kind)
		}
		windows[f.Kind] = append(windows[f.Kind], window(f.WindowDays))
	}
	for _, k := range kinds {
		all = append(all, k+" ("+strings.Join(windows[k], ", ")+")")
	}
	return all
}

func window(days int) string {
	switch {
	case days == 0:
		return "whole life"
	case days < promotion.WindowMonth:
		return fmt.Sprintf("%d days", days)
	case days > promotion.WindowMonths:
		return fmt.Sprintf("%d months", days-promotion.WindowMonths)
	}
	return map[int]string{
		promotion.WindowMonth: "this month", promotion.WindowQuarter: "this quarter", promotion.WindowYear: "this year",
		promotion.WindowLastYear: "last year", promotion.WindowMembershipYear: "membership year",
	}[days]
}

// compact puts JSON on one line.
func compact(raw []byte) string {
	var w bytes.Buffer
	if json.Compact(&w, raw) != nil {
		return string(raw)
	}
	return w.String()
}
