package checkout

import (
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/wallet"
)

// punchPool is a punch card that may pay visits in this basket: the member's own,
// or one that a family member shares.
type punchPool struct {
	owner id.ID
	unit  id.ID // the plan, or the service of a card without one
	left  int64
}

// setAside shares the visits of the cards out to the services of the basket: a
// card that covers several services gives each as many as the basket asks for,
// in the order of the lines, so that no two lines count on the same visit. The
// member's own cards go first.
func (s *stage) setAside(l *loaded) {
	var pools []punchPool
	if !s.q.Wallet.Frozen {
		pools = poolsOf(s.q.Basket.Member, s.q.Wallet.Punches)
	}
	for i := range l.family {
		if l.family[i].Frozen {
			continue
		}
		for _, p := range poolsOf(l.family[i].Member, l.family[i].Punches) {
			if plan := l.planOf(p.unit); plan != nil && plan.Shareable {
				pools = append(pools, p)
			}
		}
	}
	demand := map[id.ID]int64{}
	for i := range s.q.Lines {
		if line := &s.q.Lines[i]; line.Kind == sale.LineService {
			demand[line.SKU] += int64(line.Quantity / money.One)
		}
	}
	s.draws = map[id.ID][]sale.Draw{}
	for i := range s.q.Lines {
		line := &s.q.Lines[i]
		want, asked := demand[line.SKU]
		if line.Kind != sale.LineService || !asked {
			continue
		}
		delete(demand, line.SKU)
		var have int64
		for k := range pools {
			p := &pools[k]
			plan := l.planOf(p.unit)
			if p.unit != line.SKU && (plan == nil || !plan.Covers(line.SKU)) {
				continue
			}
			if n := min(want-have, p.left); n > 0 {
				p.left -= n
				have += n
				s.draws[line.SKU] = append(s.draws[line.SKU], sale.Draw{Owner: p.owner, Unit: p.unit, Visits: n})
			}
		}
		if have > 0 {
			s.In.Punches = append(s.In.Punches, promotion.PunchView{SKU: line.SKUCode, Available: have})
		}
	}
}

func poolsOf(owner id.ID, ps []wallet.Punches) (out []punchPool) {
	for _, p := range ps {
		out = append(out, punchPool{owner, p.SKU, p.Remaining})
	}
	return out
}

// draw names the cards that pay n visits of a line.
func (s *stage) draw(line *sale.Line, n int64) {
	line.Punches += n
	set := s.draws[line.SKU]
	for len(set) > 0 && n > 0 {
		d := set[0]
		d.Visits = min(d.Visits, n)
		n -= d.Visits
		line.Draws = append(line.Draws, d)
		if set[0].Visits -= d.Visits; set[0].Visits == 0 {
			set = set[1:]
		}
	}
	s.draws[line.SKU] = set
}
