package packs_test

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/rules/packs/retail"
	"github.com/shopwright/shopwright/rules/packs/salon"
	"github.com/shopwright/shopwright/sdk/rule"
)

var ctx = context.Background()

// settingsOf are the ways in which the packs are tried: as they are switched on,
// and with all that they can do.
var settingsOf = map[string][]string{"defaults": nil, "everything": {everything}, "otherwise": {everything, other}}

// outcome is what a basket comes to; the order of the lines is not in it.
type outcome struct {
	Total, Rebates, Bonuses, Commission money.Amount
	Points                              int64
	Tier                                string
	Grants                              []string
	Tenders                             []promotion.TenderLimit
	Applied                             []string // the reductions, as often as each applied
}

// play prices a basket and fails where a pack did or a line went wrong.
func play(t *rapid.T, w *world, ps []promotion.Pack, in promotion.Input) (outcome, *promotion.Pipeline) {
	p := promotion.NewPipeline(w.host, ps, in)
	var o outcome
	prices := p.Price(ctx)
	conserved(t, &in, prices.Lines, prices.Adjustments, prices.Net, nil)
	benefits := p.Benefit(ctx)
	conserved(t, &in, benefits.Lines, benefits.Adjustments, benefits.Net, prices.Adjustments)
	for i := range p.In.Lines {
		o.Total += p.In.Lines[i].Net
	}
	group := uint32(0)
	for _, a := range benefits.Adjustments {
		if a.Group != group { // the shares of one stand together
			group = a.Group
			a.Note.LineNo = 0
			o.Applied = append(o.Applied, fmt.Sprintf("%s %+v", a.PackID, a.Note))
		}
	}
	slices.Sort(o.Applied)
	for _, b := range p.TopUp(ctx) {
		o.Bonuses += b.Amount
	}
	if in.Member.Present {
		e := p.Earn(ctx, nil)
		for _, x := range e.Points {
			o.Points += x.Points
		}
		for _, x := range e.Rebates {
			o.Rebates += x.Amount
			if l := p.In.Lines[x.Line-1]; x.Amount > l.Net {
				t.Fatalf("line %d gives %d back of %d", x.Line, x.Amount, l.Net)
			}
		}
		o.Tier = p.Tier(ctx).Code
	}
	for _, c := range p.Commission(ctx) {
		o.Commission += c.Amount
	}
	for _, c := range p.Tender(ctx, nil) {
		c.Note, c.PackID = promotion.Note{}, ""
		o.Tenders = append(o.Tenders, c.TenderLimit)
	}
	for _, g := range p.Grants {
		o.Grants = append(o.Grants, fmt.Sprint(g.Pack.ID, g.Kind, g.Ref, g.Count, g.Amount))
	}
	slices.Sort(o.Grants)
	sound(t, p)
	return o, p
}

// sound: no pack failed, which is how an answer that the host refuses shows.
func sound(t interface{ Fatalf(string, ...any) }, p *promotion.Pipeline) {
	for _, f := range p.Failures {
		t.Fatalf("%s fails at %s: %s", f.Pack.ID, f.Hook, f.Reason)
	}
}

// conserved: a line's net is its gross and its adjustments, and never below zero;
// so a refund of every line gives back what was paid, to the cent, by what is stored.
func conserved(t *rapid.T, in *promotion.Input, lines []promotion.Line, now []promotion.Adjustment, net []money.Amount, before []promotion.Adjustment) {
	sum := map[uint32]money.Amount{}
	for _, a := range slices.Concat(before, now) {
		sum[a.Line] += a.Amount
		if a.Amount > 0 {
			t.Fatalf("%s raises line %d by %d", a.Code, a.Line, a.Amount)
		}
	}
	for i, l := range lines {
		if want := in.Lines[l.ID-1].Gross + sum[l.ID]; net[i] != want || net[i] < 0 {
			t.Fatalf("line %d: net %d, gross and adjustments %d", l.ID, net[i], want)
		}
	}
}

// TestPacksHoldTogether: whatever the basket, every answer passes the host's check,
// no line goes below zero and everything adds up; a pack alone and all of them at
// once, in any order, on any settings.
func TestPacksHoldTogether(t *testing.T) {
	w := newWorld(t)
	for name, settings := range settingsOf {
		t.Run(name, func(t *testing.T) {
			var all []promotion.Pack
			for _, id := range ids {
				all = append(all, w.ref(t, id, settings...))
			}
			rapid.Check(t, func(t *rapid.T) {
				in := basket(t, w, 6)
				alone := rapid.SampledFrom(all).Draw(t, "pack")
				one, _ := play(t, w, []promotion.Pack{alone}, in)
				together, p := play(t, w, all, in)
				again, q := play(t, w, rapid.Permutation(all).Draw(t, "order"), in)
				if !reflect.DeepEqual(together, again) || p.Trace.Text() != q.Trace.Text() {
					t.Fatalf("the order of packs matters: %+v, %+v", together, again)
				}
				shuffled, _ := play(t, w, []promotion.Pack{alone}, reordered(in, rapid.Permutation(upTo(len(in.Lines))).Draw(t, "lines")))
				// The same reductions apply. A cent that does not divide goes to the earlier
				// line, and a later reduction of some of the lines sees it.
				cents := money.Amount(len(one.Applied))
				if d := one.Total - shuffled.Total; d > cents || -d > cents || !slices.Equal(one.Applied, shuffled.Applied) {
					t.Fatalf("the order of lines matters: %+v, %+v", one, shuffled)
				}
				refund(t, w, all, p)
			})
		})
	}
}

func upTo(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

// reordered is the same basket rung up in another order.
func reordered(in promotion.Input, order []int) promotion.Input {
	out := in
	out.Lines = make([]promotion.LineView, len(in.Lines))
	for i, from := range order {
		out.Lines[i] = in.Lines[from]
		out.Lines[i].ID = uint32(i + 1)
	}
	return out
}

// refund gives everything back: nothing is kept beyond what goes back.
func refund(t *rapid.T, w *world, ps []promotion.Pack, sale *promotion.Pipeline) {
	in := sale.In
	in.Refund = promotion.RefundView{Present: true, Full: true, Days: rapid.IntRange(0, 60).Draw(t, "days")}
	in.Lines = slices.Clone(in.Lines)
	for i := range in.Lines {
		in.Lines[i].Points = rapid.Int64Range(0, 100).Draw(t, "points")
		in.Refund.Amount += in.Lines[i].Net
		in.Refund.Points += in.Lines[i].Points
	}
	p := promotion.NewPipeline(w.host, ps, in)
	kept := map[uint32]money.Amount{}
	for _, term := range p.Return(ctx) {
		kept[term.Line] += term.Amount
		if l := term.Line; l > 0 && kept[l] > in.Lines[l-1].Net {
			t.Fatalf("line %d: %d kept of %d", l, kept[l], in.Lines[l-1].Net)
		}
	}
	sound(t, p)
}

// TestSumsDoNotKnowTheOrder: what a rule gives line by line comes to the same for
// any order of the same lines.
func TestSumsDoNotKnowTheOrder(t *testing.T) {
	for name, r := range map[string]rule.Rule{"salon": &salon.Rule{}, "retail": &retail.Rule{}} {
		if err := r.Configure([]byte(everything)); err != nil {
			t.Fatal(err)
		}
		w := newWorld(t)
		rapid.Check(t, func(t *rapid.T) {
			in := basket(t, w, 9)
			order := rapid.Permutation(upTo(len(in.Lines))).Draw(t, "lines")
			for _, h := range []promotion.Hook{promotion.HookEarn, promotion.HookTopUp, promotion.HookTier, promotion.HookCommission, promotion.HookTender} {
				if a, b := sums(t, r, h, in), sums(t, r, h, reordered(in, order)); a != b {
					t.Fatalf("%s %s: %s, reordered %s", name, h, a, b)
				}
			}
		})
	}
}

// sums runs a rule natively and adds up its answer.
func sums(t *rapid.T, r rule.Rule, h promotion.Hook, in promotion.Input) string {
	in.Hook = h
	var guest rule.Input
	var out rule.Output
	msg := encode(&in)
	if err := rule.DecodeInput(msg, string(msg), &guest); err != nil {
		t.Fatal(err)
	}
	if err := rule.Evaluate(r, &guest, &out); err != nil {
		t.Fatal(err)
	}
	var points, count int64
	var commission, bonus, most rule.Amount
	for _, e := range out.Earns {
		points += e.Points
	}
	for _, c := range out.Commissions {
		commission += c.Amount
	}
	for _, b := range out.Bonuses {
		bonus += b.Amount
	}
	for _, g := range out.Grants {
		count += g.Count + int64(g.Amount)
	}
	for _, l := range out.Tenders {
		most += l.Most
	}
	return fmt.Sprint(points, commission, bonus, count, most, out.Tier.Tier, len(out.Notes))
}

// TestEventsAndDraws: every event and every draw passes the host's check; a prize
// is one of those that are there, and over many seeds each comes as often as it
// weighs.
func TestEventsAndDraws(t *testing.T) {
	w := newWorld(t)
	for _, id := range []string{"fitness", "membership"} {
		p := w.ref(t, id, everything)
		for kind := promotion.EventJoined; kind <= promotion.EventTopUp; kind++ {
			for _, value := range []int64{0, 1, 7, 60, 1 << 40} {
				for level := range 4 {
					in := promotion.Input{Now: 1, Date: "2026-01-13", Currency: cny, Member: promotion.MemberView{Present: true, Tier: "gold"},
						Event: promotion.EventView{Kind: kind, Level: level, Value: value, Amount: money.Amount(value), At: 1, Label: "gold"}}
					pl := promotion.NewPipeline(w.host, []promotion.Pack{p}, in)
					given := pl.Trigger(ctx)
					sound(t, pl)
					if kind == promotion.EventReferral && (level < 1 || level > 2) && len(given) > 0 {
						t.Fatalf("a referral of level %d gives %+v", level, given)
					}
				}
			}
		}
	}
	p := w.ref(t, "membership", everything)
	won := map[string]int{}
	const draws = 6000
	for seed := range uint64(draws) {
		in := promotion.Input{Now: 1, Date: "2026-01-13", Currency: cny, Seed: seed, Member: promotion.MemberView{Present: true},
			Prizes: []promotion.PrizeView{{Code: "ten", Left: -1}, {Code: "bike", Left: 1}}}
		pl := promotion.NewPipeline(w.host, []promotion.Pack{p}, in)
		got := pl.Draw(ctx)
		if sound(t, pl); len(got) > 1 {
			t.Fatalf("%d prizes", len(got))
		}
		name := "blank"
		if len(got) == 1 {
			name = got[0].Prize
		}
		won[name]++
	}
	for name, weight := range map[string]int{"bike": 1, "ten": 5, "blank": 6} {
		if want := draws * weight / 12; won[name] < want*8/10 || won[name] > want*12/10 {
			t.Errorf("%s came %d times, its weight says %d", name, won[name], want)
		}
	}
}
