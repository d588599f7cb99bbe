package rules

import (
	"strings"
	"unsafe"

	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/sdk/rule"
)

// words answers strings of its own for strings that are parts of a message. Packs
// say the same few again and again: codes, categories, tiers.
type words struct {
	all  map[string]string
	near [16]word // of this message: a repeated string is the same place in it
}

type word struct {
	at   *byte
	size int
	own  string
}

// maxWords is how many are remembered; then all are forgotten.
const maxWords = 4096

func (w *words) begin() { w.near = [16]word{} }

func (w *words) own(s string) string {
	if s == "" {
		return ""
	}
	at := unsafe.StringData(s)
	n := &w.near[uintptr(unsafe.Pointer(at))>>1&15]
	if n.at == at && n.size == len(s) {
		return n.own
	}
	own, ok := w.all[s]
	if !ok {
		if w.all == nil || len(w.all) >= maxWords {
			w.all = map[string]string{}
		}
		own = strings.Clone(s)
		w.all[own] = own
	}
	*n = word{at, len(s), own}
	return own
}

func (s *scratch) note(n *rule.Note) promotion.Note {
	return promotion.Note{Code: s.words.own(n.Code), Arg: n.Arg, Money: money.Amount(n.Money), Label: s.words.own(n.Label), LineNo: n.LineNo}
}

// table answers n elements, those of have as far as it reaches.
func table[T any](have []T, n int) []T {
	if n <= cap(have) {
		return have[:n]
	}
	return make([]T, n)
}

// mapped converts a table; an empty one is nil.
func mapped[A, B any](from []A, f func(*A) B) []B {
	if len(from) == 0 {
		return nil
	}
	to := make([]B, len(from))
	for i := range from {
		to[i] = f(&from[i])
	}
	return to
}

// clearOutput empties the tables and keeps their memory.
func clearOutput(o *promotion.Output) {
	o.Candidates, o.Earns, o.Tier, o.Commissions = o.Candidates[:0], o.Earns[:0], promotion.TierProposal{}, o.Commissions[:0]
	o.Bonuses, o.Notes, o.Tenders, o.Grants, o.Returns = o.Bonuses[:0], o.Notes[:0], o.Tenders[:0], o.Grants[:0], o.Returns[:0]
}

// fromOutput translates into the tables that p has.
func (s *scratch) fromOutput(o *rule.Output, p *promotion.Output) {
	s.candidates(o.Candidates, p)
	p.Earns = table(p.Earns, len(o.Earns))
	for i := range o.Earns {
		e := &o.Earns[i]
		p.Earns[i] = promotion.Earn{Line: e.Line, Points: e.Points, Note: s.note(&e.Note)}
	}
	p.Tier = promotion.TierProposal{Code: s.words.own(o.Tier.Tier), Note: s.note(&o.Tier.Note)}
	p.Commissions = table(p.Commissions, len(o.Commissions))
	for i := range o.Commissions {
		c := &o.Commissions[i]
		p.Commissions[i] = promotion.CommissionProposal{Line: c.Line, Amount: money.Amount(c.Amount), Basis: money.Amount(c.Basis), Rate: money.Rate(c.Rate), Note: s.note(&c.Note)}
	}
	p.Bonuses = table(p.Bonuses, len(o.Bonuses))
	for i := range o.Bonuses {
		b := &o.Bonuses[i]
		p.Bonuses[i] = promotion.TopUpBonus{Line: b.Line, Amount: money.Amount(b.Amount), Note: s.note(&b.Note)}
	}
	p.Notes = table(p.Notes, len(o.Notes))
	for i := range o.Notes {
		p.Notes[i] = s.note(&o.Notes[i])
	}
	p.Tenders = table(p.Tenders, len(o.Tenders))
	for i := range o.Tenders {
		t := &o.Tenders[i]
		p.Tenders[i] = promotion.TenderLimit{Tender: promotion.TenderKind(t.Tender), Consume: promotion.Consumption(t.Consume),
			Most: money.Amount(t.Most), Step: money.Amount(t.Step), Note: s.note(&t.Note)}
	}
	p.Grants = table(p.Grants, len(o.Grants))
	for i := range o.Grants {
		g := &o.Grants[i]
		p.Grants[i] = promotion.Grant{Kind: promotion.GrantKind(g.Kind), Line: g.Line, Count: g.Count, Amount: money.Amount(g.Amount),
			Ref: s.words.own(g.Code), ValidDays: int(g.ValidDays), Prize: s.words.own(g.Prize), Note: s.note(&g.Note)}
	}
	p.Returns = table(p.Returns, len(o.Returns))
	for i := range o.Returns {
		r := &o.Returns[i]
		p.Returns[i] = promotion.ReturnTerm{Kind: promotion.ReturnKind(r.Kind), Line: r.Line, Amount: money.Amount(r.Amount), Points: r.Points,
			Coupon: r.Coupon, Note: s.note(&r.Note)}
	}
}

// candidates translates the candidates. Each uses its own table of targets again;
// those for which it is too short share one new block.
func (s *scratch) candidates(from []rule.Candidate, p *promotion.Output) {
	p.Candidates = table(p.Candidates, len(from))
	need := 0
	for i := range from {
		if n := len(from[i].Targets); n > cap(p.Candidates[i].Targets) {
			need += n
		}
	}
	var block []promotion.Target
	if need > 0 {
		block = make([]promotion.Target, need)
	}
	for i := range from {
		c, to := &from[i], &p.Candidates[i]
		n := len(c.Targets)
		ts := to.Targets
		if n > cap(ts) {
			ts, block = block[:n:n], block[n:]
		}
		ts = ts[:n]
		for j, t := range c.Targets {
			ts[j] = promotion.Target{Line: t.Line, Units: money.Quantity(t.Units)}
		}
		*to = promotion.Candidate{
			Kind: promotion.CandidateKind(c.Kind), Class: promotion.Class(c.Class), Basis: promotion.Basis(c.Basis), Targets: ts,
			Category: s.words.own(c.Category), Exclusive: c.Exclusive, Priority: c.Priority,
			Rate: money.Rate(c.Rate), Amount: money.Amount(c.Amount), Price: money.UnitPrice(c.Price), Units: money.Quantity(c.Units),
			Threshold: money.Amount(c.Threshold), Repeat: c.Repeat, Cap: money.Amount(c.Cap), Coupon: c.Coupon, Note: s.note(&c.Note),
		}
	}
}
