package report

import (
	"slices"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/receipt"
	"github.com/shopwright/shopwright/core/sale"
)

// purse is what a member had when a document was completed.
type purse struct {
	balances []ledger.BalanceAt
	lots     []lotAt
}

// lotAt is what was left of lots that become usable and end together.
type lotAt struct {
	unit, class string
	left        money.Amount
	from, until clock.Instant // until 0: never ends
}

// askLotsAt sums up what postings until an instant, that one included, had left
// of a member's points that were pending then, and of all visits; the first to
// end come first.
func askLotsAt(m, owner id.ID, at clock.Instant, out *[]lotAt) db.Ask {
	*out = nil
	return db.Ask{SQL: `select a.unit, a.class, l.available_at, coalesce(l.expires_at, 0), cast(sum(p.amount) as bigint) from accounts a
		join lots l on l.merchant_id = a.merchant_id and l.account_id = a.id
		join postings p on p.merchant_id = a.merchant_id and p.account_id = a.id and p.lot_id = l.id
		join entries e on e.merchant_id = p.merchant_id and e.id = p.entry_id
		where a.merchant_id = $1 and a.owner_kind = $2 and a.owner_id = $3 and e.at <= $4 and (a.class = $5 and l.available_at > $4 or a.class = $6)
		group by a.unit, a.class, l.available_at, coalesce(l.expires_at, 0) having sum(p.amount) > 0
		order by a.unit, a.class, case when coalesce(l.expires_at, 0) = 0 then 1 else 0 end, coalesce(l.expires_at, 0), l.available_at`,
		Args: []any{m, ledger.OwnerMember, owner, at, ledger.ClassPoints, ledger.ClassPunch},
		Scan: func(r db.Row) error {
			var l lotAt
			err := r.Scan(&l.unit, &l.class, &l.from, &l.until, &l.left)
			*out = append(*out, l)
			return err
		}}
}

// plansOf lists what the visits were drawn from: plans, and services of cards
// without one.
func plansOf(draws map[id.ID][]sale.Draw) (out []id.ID) {
	for _, ds := range draws {
		for _, d := range ds {
			if !slices.Contains(out, d.Unit) {
				out = append(out, d.Unit)
			}
		}
	}
	return out
}

func (w *receiptWriter) member(v *receipt.SaleView, had purse, profile member.Profile) {
	s := w.s
	v.Member = &receipt.MemberView{Name: profile.DisplayName, Tier: s.TierAfter}
	sign := int64(1)
	if s.Kind != sale.KindSale {
		sign = -1
	}
	points, stored := &receipt.PointsView{Earned: sign * s.Points}, &receipt.StoredValueView{}
	hasPoints, hasStored := s.Points != 0, false
	for _, b := range had.balances {
		switch b.Class {
		case ledger.ClassPoints:
			points.Balance, hasPoints = int64(b.Balance), true
		case ledger.ClassPrincipal, ledger.ClassBonus:
			stored.Balance += b.Balance
			hasStored = true
		case ledger.ClassPunch:
			w.punches(v, b, had.lots, sign)
		}
	}
	w.pending(points, had.lots)
	for _, t := range s.Tenders {
		switch t.Type {
		case sale.TenderPoints:
			points.Spent += sign * t.Points
		case sale.TenderStoredValue:
			stored.Spent += money.Amount(sign) * t.Amount
		}
	}
	for i := range s.Lines {
		l := &s.Lines[i]
		points.Spent += sign * l.PointsCost
		if l.Kind == sale.LineTopUp {
			stored.ToppedUp += money.Amount(sign) * l.Net
			stored.Bonus += money.Amount(sign) * l.Bonus
		}
	}
	if hasPoints {
		v.Points = points
	}
	if hasStored {
		v.StoredValue = stored
	}
}

// pending shows the points of the balance that cannot be spent yet.
func (w *receiptWriter) pending(p *receipt.PointsView, lots []lotAt) {
	var first clock.Instant
	for _, l := range lots {
		if l.class == ledger.ClassPoints {
			p.Pending += int64(l.left)
			if first == 0 || l.from < first {
				first = l.from
			}
		}
	}
	if first != 0 {
		p.PendingUntil = w.l.Date(w.zone.BusinessDate(first))
	}
}

// punches shows what is left, and until when, of the visits that this document
// sold, took or gave back.
func (w *receiptWriter) punches(v *receipt.SaleView, b ledger.BalanceAt, lots []lotAt, sign int64) {
	p := receipt.PunchView{Left: int64(b.Balance)}
	for i := range w.s.Lines {
		l := &w.s.Lines[i]
		if l.Kind == sale.LinePunchCard {
			of := l.Plan
			if of.IsNone() {
				of = l.SKU
			}
			if ledger.PunchUnit(of) == b.Unit {
				p.Name = l.Name
			}
			continue
		}
		for _, d := range w.drawn(l) {
			if d.Owner != w.s.Member || ledger.PunchUnit(d.Unit) != b.Unit {
				continue
			}
			p.Used += sign * d.Visits
			if p.Name == "" {
				p.Name = w.cardName(d.Unit, l.Name)
			}
		}
	}
	if p.Name == "" {
		return
	}
	for _, l := range lots {
		if l.unit == b.Unit && l.until != 0 {
			p.Until = append(p.Until, receipt.UntilView{Visits: int64(l.left), Day: w.l.Date(w.zone.BusinessDate(l.until - 1))})
		}
	}
	v.Punches = append(v.Punches, p)
}

// drawn is which cards paid a line's visits. What a later refund gave back is
// still counted where one card paid them all.
func (w *receiptWriter) drawn(l *sale.Line) []sale.Draw {
	ds := slices.Clone(w.draws[l.ID])
	if len(ds) == 1 {
		ds[0].Visits = l.Punches
	}
	return ds
}

// cardName is the plan's name, for a card without one its service's.
func (w *receiptWriter) cardName(unit id.ID, service string) string {
	for i := range w.plans {
		if w.plans[i].ID == unit {
			return w.plans[i].Name
		}
	}
	return service
}
