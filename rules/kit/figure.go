package kit

import (
	"fmt"
	"slices"

	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/i18n"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/promotion"
)

var english = i18n.Must(i18n.English)

// Figure is one number that two outcomes do not agree on.
type Figure struct {
	Line      uint32 // 0: the whole basket
	SKU       string
	What      string // "to pay", "points", "bonus", "commission", or the kind and the thing of a grant
	Money     bool   // the figures are minor units
	Want, Got int64
}

// Differences lists what two outcomes on one input do not agree on, line by line.
func Differences(want, got *Outcome) []Figure {
	var fs []Figure
	add := func(l *LineOutcome, what string, isMoney bool, w, g int64) {
		if w != g {
			fs = append(fs, Figure{l.ID, l.SKU, what, isMoney, w, g})
		}
	}
	for i := range min(len(want.Lines), len(got.Lines)) {
		w, g := &want.Lines[i], &got.Lines[i]
		add(w, "to pay", true, int64(w.After), int64(g.After))
		add(w, "points", false, w.Points, g.Points)
		add(w, "bonus", true, int64(w.Bonus), int64(g.Bonus))
		add(w, "commission", true, int64(w.Commission), int64(g.Commission))
	}
	w, g := grants(want), grants(got)
	keys := append(slices.Clone(w.order), g.order...)
	for i, k := range keys {
		if !slices.Contains(keys[:i], k) && w.sum[k] != g.sum[k] {
			fs = append(fs, Figure{What: k.kind, SKU: k.ref, Money: k.money(), Want: w.sum[k], Got: g.sum[k]})
		}
	}
	return fs
}

// granted names what is given apart from the lines' own figures.
type granted struct{ kind, ref string }

func (g granted) money() bool {
	return slices.Contains([]string{"tender_limit", "grant_money", "return_fee"}, g.kind)
}

type grantSums struct {
	order []granted
	sum   map[granted]int64
}

func grants(o *Outcome) grantSums {
	s := grantSums{sum: map[granted]int64{}}
	for _, v := range o.Given {
		if slices.Contains([]string{"points", "bonus", "rebate", "commission"}, v.Kind) {
			continue // in the lines
		}
		k := granted{v.Kind, v.Ref}
		if _, seen := s.sum[k]; !seen {
			s.order = append(s.order, k)
		}
		s.sum[k] += v.Amount
	}
	return s
}

// Text says a figure against what was wanted: "line 2 CAKE: to pay 11.25, want
// 12.50 (-125)".
func (f *Figure) Text(cur money.Currency) string {
	return fmt.Sprintf("%s %s, want %s (%+d)", f.where(), f.show(cur, f.Got), f.show(cur, f.Want), f.Got-f.Want)
}

// change says a figure then and now: "basket: to pay 12.50 -> 11.25 (-125)".
func (f *Figure) change(cur money.Currency) string {
	return fmt.Sprintf("%s %s -> %s (%+d)", f.where(), f.show(cur, f.Want), f.show(cur, f.Got), f.Got-f.Want)
}

func (f *Figure) show(cur money.Currency, v int64) string {
	if f.Money {
		return cur.Format(money.Amount(v))
	}
	return fmt.Sprint(v)
}

func (f *Figure) where() string {
	where := "basket"
	if f.Line > 0 {
		where = fmt.Sprintf("line %d", f.Line)
	}
	if f.SKU != "" {
		where += " " + f.SKU
	}
	return where + ": " + f.What
}

// codes are the codes of all notes of an answer.
func codes(o *promotion.Output) (all []string) {
	add := func(n *promotion.Note) {
		if n.Code != "" {
			all = append(all, n.Code)
		}
	}
	for i := range o.Candidates {
		add(&o.Candidates[i].Note)
	}
	for i := range o.Earns {
		add(&o.Earns[i].Note)
	}
	add(&o.Tier.Note)
	for i := range o.Commissions {
		add(&o.Commissions[i].Note)
	}
	for i := range o.Bonuses {
		add(&o.Bonuses[i].Note)
	}
	for i := range o.Notes {
		add(&o.Notes[i])
	}
	for i := range o.Tenders {
		add(&o.Tenders[i].Note)
	}
	for i := range o.Grants {
		add(&o.Grants[i].Note)
	}
	for i := range o.Returns {
		add(&o.Returns[i].Note)
	}
	return all
}

func hookName(h promotion.Hook) string {
	if s := h.String(); s != "" {
		return s
	}
	return fmt.Sprintf("hook %d", h)
}

// failure says a fault with its code and its cause, in English.
func failure(err error) string {
	f := fault.Of(err)
	s := i18n.Fault(english, f) + " [" + f.Reason + "]"
	if cause := f.Unwrap(); cause != nil {
		s += ": " + cause.Error()
	}
	return s
}
