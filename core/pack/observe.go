package pack

import (
	"context"
	"slices"

	"github.com/shopwright/shopwright/core/i18n"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/promotion"
)

// Evaluator runs rules; the rule host does.
type Evaluator interface {
	Evaluate(ctx context.Context, p promotion.PackRef, in *promotion.Input) (promotion.Answer, error)
}

// Placed is a pack as it is on in a shop, or would be.
type Placed struct {
	Bundle   *Bundle
	Config   []byte
	Priority int32
}

// Phase is when the candidates of a category have their turn.
type Phase string

// The phases in their order; a price is one of its own, before all.
const (
	PhasePrice  Phase = "price"
	PhaseVisits Phase = "visits"
	PhaseLine   Phase = "line"
	PhaseOrder  Phase = "order"
	PhaseTender Phase = "tender"
	PhaseAny    Phase = "" // the category is declared, and no candidate of it has been seen
)

var phases = []Phase{PhasePrice, PhaseVisits, PhaseLine, PhaseOrder, PhaseTender}

// Group is the candidates of one category that a pack proposes in one phase.
type Group struct {
	Pack     string
	Category string
	Phase    Phase
}

// Trait is what was seen of a group.
type Trait struct {
	Seen      int  // candidates
	Exclusive bool // some are
	Joint     bool // some are
	Lowest    int64
	Highest   int64 // priorities, the merchant's own included
	Codes     []string
}

// Encounter is how two groups have met on the samples.
type Encounter struct {
	Baskets int      // where both proposed something for one line
	Won     [2]int   // baskets where the first, and the second, beat the other
	Both    int      // baskets where both were applied on one line
	Sample  []string // names of some of them
}

// Observation is what packs proposed on samples, and what became of it.
type Observation struct {
	Baskets  int
	Past     int // of them receipts
	Failed   map[string]int
	Traits   map[Group]*Trait
	Met      map[[2]Group]*Encounter
	Coupons  map[[2]string]int // baskets in which both packs listed one coupon
	NoText   map[string][]string
	Unknown  map[string][]string // categories that the manifest does not declare
	packs    []Placed
	evaluate Evaluator
}

// CouponCategory stands for what coupons do, whatever categories they name.
const CouponCategory = "coupon"

const (
	maxNames = 5
	maxCodes = 20
)

// Observe runs the packs on the samples, each alone as a quote would, and resolves
// what they propose together. A pack that fails on a basket is counted and left
// out there. It answers an error only where ctx ends.
func Observe(ctx context.Context, ev Evaluator, packs []Placed, samples []Sample) (*Observation, error) {
	o := &Observation{Failed: map[string]int{}, Traits: map[Group]*Trait{}, Met: map[[2]Group]*Encounter{}, Coupons: map[[2]string]int{},
		NoText: map[string][]string{}, Unknown: map[string][]string{}, packs: packs, evaluate: ev}
	for i := range samples {
		if err := o.basket(ctx, &samples[i]); err != nil {
			return o, err
		}
	}
	return o, nil
}

func (o *Observation) basket(ctx context.Context, s *Sample) error {
	ps, err := o.ask(ctx, &s.Input)
	if err != nil {
		return err
	}
	o.Baskets++
	if s.Past {
		o.Past++
	}
	lines, net := resolverLines(&s.Input)
	if len(lines) == 0 || len(ps) == 0 {
		return nil
	}
	var res promotion.Result
	if s.Input.Hook == promotion.HookPrice {
		_, res = promotion.ResolvePrice(s.Input.Currency, s.Input.Rounding, lines, ps)
	} else {
		visits := map[string]int64{}
		for _, p := range s.Input.Punches {
			visits[p.SKU] = p.Available
		}
		res = promotion.Resolve(s.Input.Currency, s.Input.Rounding, lines, net, visits, ps)
	}
	o.meet(s, lines, ps, &res)
	return nil
}

// ask gives what each pack proposes for a basket, and notes its traits.
func (o *Observation) ask(ctx context.Context, in *promotion.Input) ([]promotion.Proposal, error) {
	var ps []promotion.Proposal
	for i := range o.packs {
		p := &o.packs[i]
		if !p.Bundle.Serves(in.Hook) {
			continue
		}
		ref := p.Bundle.Ref(p.Config, p.Priority)
		a, err := o.evaluate.Evaluate(ctx, ref, in)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			o.Failed[p.Bundle.ID]++
			continue
		}
		if len(a.Output.Candidates) == 0 {
			continue
		}
		for k := range a.Output.Candidates {
			o.note(p, in.Hook, &a.Output.Candidates[k])
		}
		ps = append(ps, promotion.Proposal{Pack: ref, Candidates: a.Output.Candidates})
	}
	return ps, nil
}

func (o *Observation) note(p *Placed, hook promotion.Hook, c *promotion.Candidate) {
	g := groupOf(p.Bundle.ID, hook, c)
	t := o.Traits[g]
	at := int64(c.Priority) + int64(p.Priority)
	if t == nil {
		t = &Trait{Lowest: at, Highest: at}
		o.Traits[g] = t
	}
	t.Seen++
	t.Exclusive = t.Exclusive || c.Exclusive
	t.Joint = t.Joint || !c.Exclusive
	t.Lowest, t.Highest = min(t.Lowest, at), max(t.Highest, at)
	t.Codes = noted(t.Codes, c.Code, maxCodes)
	if _, ok := p.Bundle.texts[i18n.English][c.Code]; !ok {
		o.NoText[p.Bundle.ID] = noted(o.NoText[p.Bundle.ID], c.Code, maxCodes)
	}
	if c.Category != "" && c.Coupon == 0 && !slices.Contains(p.Bundle.Categories, c.Category) {
		o.Unknown[p.Bundle.ID] = noted(o.Unknown[p.Bundle.ID], c.Category, maxCodes)
	}
}

func noted(list []string, s string, most int) []string {
	if len(list) >= most || slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

func groupOf(packID string, hook promotion.Hook, c *promotion.Candidate) Group {
	g := Group{Pack: packID, Category: c.Category, Phase: PhaseLine}
	if c.Coupon != 0 { // each coupon brings its own category
		g.Category = CouponCategory
	}
	switch {
	case hook == promotion.HookPrice:
		g.Phase = PhasePrice
	case c.Kind == promotion.Punch:
		g.Phase = PhaseVisits
	case c.Class == promotion.ClassOrder:
		g.Phase = PhaseOrder
	case c.Class == promotion.ClassTender:
		g.Phase = PhaseTender
	}
	return g
}

// meet notes which groups of different packs spoke of one line, and who won there.
func (o *Observation) meet(s *Sample, lines []promotion.Line, ps []promotion.Proposal, res *promotion.Result) {
	hook := s.Input.Hook
	spoke := map[Group]map[uint32]bool{}
	coupons := map[uint32][]string{}
	code := map[string]Group{} // pack and code -> group, to find who beat whom
	for i := range ps {
		for k := range ps[i].Candidates {
			c := &ps[i].Candidates[k]
			g := groupOf(ps[i].Pack.ID, hook, c)
			if spoke[g] == nil {
				spoke[g] = map[uint32]bool{}
			}
			for _, n := range linesOf(c, lines) {
				spoke[g][n] = true
			}
			code[g.Pack+"\x00"+c.Code] = g
			if c.Coupon != 0 {
				coupons[c.Coupon] = noted(coupons[c.Coupon], g.Pack, len(o.packs))
			}
		}
	}
	for _, who := range coupons {
		slices.Sort(who)
		for i := range who {
			for k := i + 1; k < len(who); k++ {
				o.Coupons[[2]string{who[i], who[k]}]++
			}
		}
	}
	applied := map[Group]map[uint32]bool{}
	for i := range res.Adjustments {
		a := &res.Adjustments[i]
		if g, ok := code[a.PackID+"\x00"+a.Code]; ok {
			if applied[g] == nil {
				applied[g] = map[uint32]bool{}
			}
			applied[g][a.Line] = true
		}
	}
	beat := map[[2]Group]bool{}
	for i := range res.Lost {
		l := &res.Lost[i]
		by, ok := code[l.ByPack+"\x00"+l.ByCode]
		if ok && l.Why == promotion.WhyBeaten {
			beat[[2]Group{by, groupOf(l.PackID, hook, &l.Candidate)}] = true
		}
	}
	o.encounters(s, spoke, applied, beat)
}

func (o *Observation) encounters(s *Sample, spoke, applied map[Group]map[uint32]bool, beat map[[2]Group]bool) {
	for a := range spoke {
		for b := range spoke {
			if a.Pack >= b.Pack || !share(spoke[a], spoke[b]) {
				continue
			}
			e := o.Met[[2]Group{a, b}]
			if e == nil {
				e = &Encounter{}
				o.Met[[2]Group{a, b}] = e
			}
			e.Baskets++
			e.Sample = noted(e.Sample, s.Name, maxNames)
			if beat[[2]Group{a, b}] {
				e.Won[0]++
			}
			if beat[[2]Group{b, a}] {
				e.Won[1]++
			}
			if share(applied[a], applied[b]) {
				e.Both++
			}
		}
	}
}

func share(a, b map[uint32]bool) bool {
	for n := range a {
		if b[n] {
			return true
		}
	}
	return false
}

// linesOf are the lines that a candidate speaks of.
func linesOf(c *promotion.Candidate, lines []promotion.Line) []uint32 {
	var out []uint32
	if len(c.Targets) == 0 {
		for i := range lines {
			out = append(out, lines[i].ID)
		}
		return out
	}
	for _, t := range c.Targets {
		out = append(out, t.Line)
	}
	return out
}

func resolverLines(in *promotion.Input) (lines []promotion.Line, net []money.Amount) {
	for i := range in.Lines {
		v := &in.Lines[i]
		if v.Kind == promotion.KindGoods || v.Kind == promotion.KindService {
			lines = append(lines, promotion.Line{ID: v.ID, Kind: v.Kind, SKU: v.SKU, Quantity: v.Quantity, Unit: v.Unit, Gross: v.Gross})
			net = append(net, v.Net)
		}
	}
	return lines, net
}
