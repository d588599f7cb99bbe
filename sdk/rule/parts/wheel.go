package parts

import (
	"math/bits"

	"github.com/shopwright/shopwright/sdk/rule"
)

// Wheel draws a prize by weight: the wheel of fortune and the scratch card. The
// host supplies the seed, so that a draw can be checked afterwards.
//
// Settings: draw_on, draw_prizes (list of prize, name, weight and a gift; kind none
// is a blank). Notes: prize_<kind of gift>, draw_nothing. A prize of which none is
// left is not drawn: its weight falls to the others.
type Wheel struct {
	on     bool
	prizes []prize
}

type prize struct {
	gift
	id, label string
	weight    uint64
}

// Configure reads the part's settings.
func (w *Wheel) Configure(v rule.Value) {
	w.on = v.Bool("draw_on", false)
	w.prizes = w.prizes[:0]
	for _, x := range v.List("draw_prizes") {
		p := prize{giftOf(x), x.Text("prize", ""), x.Text("name", ""), uint64(min(max(x.Int("weight", 1), 0), maxGrant))}
		if x.Text("kind", "none") == "none" {
			p.kind = 0
		}
		w.prizes = append(w.prizes, p)
	}
}

// Draw answers one prize, or a note that it is a blank.
func (w *Wheel) Draw(in *rule.Input, out *rule.Output) error {
	if !w.on {
		return nil
	}
	var all uint64
	for i := range w.prizes {
		if p := &w.prizes[i]; p.there(in) {
			all += p.weight
		}
	}
	at, _ := bits.Mul64(mix(in.Seed), all) // even to one part in 2^64
	for i := range w.prizes {
		p := &w.prizes[i]
		if !p.there(in) {
			continue
		}
		if at < p.weight {
			if from := len(out.Grants); p.kind != 0 && p.give(out, "prize", 1, rule.Note{Label: p.label}) {
				out.Grants[from].Prize = p.id
				return nil
			}
			break
		}
		at -= p.weight
	}
	out.Say(rule.Note{Code: "draw_nothing"})
	return nil
}

// there: a blank always is, a prize where the host has some left.
func (p *prize) there(in *rule.Input) bool {
	if p.kind == 0 {
		return true
	}
	for i := range in.Prizes {
		if x := &in.Prizes[i]; x.Code == p.id {
			return x.Left != 0
		}
	}
	return false
}

// mix spreads a seed over all its bits (the finalizer of splitmix64): seeds that
// follow one another give unrelated draws.
func mix(s uint64) uint64 {
	s += 0x9e3779b97f4a7c15
	s = (s ^ s>>30) * 0xbf58476d1ce4e5b9
	s = (s ^ s>>27) * 0x94d049bb133111eb
	return s ^ s>>31
}
