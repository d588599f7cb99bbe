package rules_test

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/shopwright/shopwright/sdk/rule"
)

// probe is what testdata/probe does, with the guest library for Go.
func probe(in *rule.Input, out *rule.Output) {
	flag := func(b bool) uint32 {
		if b {
			return 1
		}
		return 0
	}
	for i := range in.Lines {
		l := &in.Lines[i]
		out.Say(rule.Note{Code: "line", Arg: rule.MulDiv(int64(l.Gross), int64(l.Net), int64(l.Cost), in.Rounding), Money: l.Gross.Times(rule.Rate(l.Unit), in.Rounding), LineNo: l.ID})
		if l.Merchandise() {
			out.Say(rule.Note{Code: "goods", LineNo: l.ID})
		}
	}
	for days := range uint32(3) {
		all, a := in.Fact(rule.FactVisits, days)
		here, b := in.FactHere(rule.FactVisits, days)
		if !a {
			all = -9
		}
		if !b {
			here = -9
		}
		out.Say(rule.Note{Code: "fact", Arg: all, Money: rule.Amount(here), LineNo: 2*flag(a) + flag(b)})
	}
	rank, ok := in.Rank(in.Member.Tier)
	if !ok {
		rank = -7
	}
	out.Say(rule.Note{Code: "tier", Arg: int64(rank), Money: -7})
	out.Say(rule.Note{Code: "date", Arg: in.MajorUnit(), Money: rule.Amount(in.Date.Weekday())})
	out.Say(rule.Note{Code: "asked", Arg: in.Event.Value, Money: in.Event.Amount, LineNo: uint32(in.Event.Kind)})
	out.Say(rule.Note{Code: "refund", Arg: in.Refund.Points, Money: in.Refund.Amount, LineNo: flag(in.Refund.Full)})
	for _, p := range in.Prizes {
		out.Say(rule.Note{Code: p.Code, Arg: p.Left})
	}
	out.Tier = rule.TierProposal{Tier: in.Member.Tier, Note: rule.Note{Arg: 3}}
	out.Keep(rule.ReturnTerm{Kind: rule.ReturnFee, Amount: 5, Note: rule.Note{Code: "fee"}})
	out.Limit(rule.TenderLimit{Tender: rule.TenderPoints, Most: 7})
}

// TestHelpersAgree: arithmetic at its edges, dates, facts and every kind of table
// that can be read and written, in C and AssemblyScript as in Go.
func TestHelpersAgree(t *testing.T) {
	h := newHost(t)
	edges := []int64{0, 1, -1, 2, 3, 5, 10, 999_999, 1_000_000, -1_000_000, rule.Max, -rule.Max, 1<<31 - 1, 1 << 32, -1 << 40, 1<<62 - 1, 1<<63 - 1, -1 << 63}
	r := rand.New(rand.NewPCG(1, 2))
	for round := range 40 {
		in := rule.Input{Hook: rule.HookPrice, Date: rule.Date((2024+round%4)*10_000 + (1+round%12)*100 + 1 + round%28), CurrencyDigits: uint32(round % 4), Rounding: rule.Rounding(round % 4),
			Member: rule.Member{Present: true, Tier: []string{"gold", "", "iron"}[round%3]}, Tiers: []rule.Tier{{Code: "tin", Rank: -1}, {Code: "gold", Rank: 1 << 30}},
			Facts: []rule.Fact{{Kind: rule.FactVisits, WindowDays: 1, Value: -5}, {Kind: rule.FactVisits, WindowDays: 1, Value: 6, Scope: rule.ScopeShop}, {Kind: rule.FactSpend, WindowDays: 2, Value: 7},
				{Kind: rule.FactVisits, WindowDays: 2, Value: 8, Scope: rule.ScopeShop}}}
		if round%2 == 0 {
			in.Event = rule.Event{Kind: rule.EventReferral, Level: 2, Value: -3, Amount: 4, Label: "x"}
			in.Refund = rule.Refund{Days: 1, Full: true, Amount: 9, Points: 8}
			in.Prizes = []rule.Prize{{Code: "tea", Left: -1}, {Code: "cup", Left: 3}}
		}
		pick := func() int64 {
			if r.IntN(3) == 0 {
				return r.Int64() - r.Int64()
			}
			return edges[r.IntN(len(edges))]
		}
		for i := range 40 {
			in.Lines = append(in.Lines, rule.Line{ID: uint32(i + 1), Kind: rule.LineKind(1 + i%5), Gross: rule.Amount(pick()), Net: rule.Amount(pick()), Cost: rule.Amount(pick()), Unit: rule.UnitPrice(pick())})
		}
		var out rule.Output
		probe(&in, &out)
		want, msg := rule.AppendOutput(nil, &out), rule.AppendInput(nil, &in)
		for _, lang := range []string{"c", "as"} {
			p := ref("probe", built(t, "testdata/probe/"+lang+"/rule.wasm"), []byte("{}"))
			got, _, err := h.Replay(ctx, p, msg)
			if err != nil || !bytes.Equal(got, want) {
				var o rule.Output
				_ = rule.DecodeOutput(got, string(got), &o)
				for i := range min(len(o.Notes), len(out.Notes)) {
					if o.Notes[i] != out.Notes[i] {
						t.Errorf("%s: %+v instead of %+v", lang, o.Notes[i], out.Notes[i])
					}
				}
				t.Fatalf("%s, round %d: %v\n%x\n%x", lang, round, err, got, want)
			}
		}
	}
}
