package member

import (
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/promotion"
)

// QueueDay adds to what a member did in a shop on a business date. A refund
// gives negative figures and the date of the sale that it refunds.
func QueueDay(tx *db.Tx, m, memberID id.ID, date clock.Date, shop id.ID, spend money.Amount, visits, points int64) {
	tx.Queue(`insert into member_day (merchant_id, member_id, date, shop_id, spend, visits, points) values ($1, $2, $3, $4, $5, $6, $7)
		on conflict (merchant_id, member_id, date, shop_id) do update
		set spend = member_day.spend + excluded.spend, visits = member_day.visits + excluded.visits, points = member_day.points + excluded.points`,
		m, memberID, string(date), shop, int64(spend), visits, points)
}

// AskFacts is AskFactsIn for a member whose day of joining is taken in UTC, which
// matters to membership years alone.
func AskFacts(m, memberID id.ID, today clock.Date, refs []promotion.FactRef, out *[]promotion.FactValue) []db.Ask {
	return AskFactsIn(clock.Zone{Loc: time.UTC}, m, memberID, today, refs, out)
}

// AskFactsIn reads history facts as of today, today's own sales included: windows
// end with today (promotion.WindowOf), 0 is the whole life. Visits are dates with
// a visit, whatever the number of shops; the last visit is in days, -1 for never.
// The whole life is summed up by the database; the days of the other windows are
// read once and summed up here, for any number of windows. out has one value for
// each ref, in order.
func AskFactsIn(zone clock.Zone, m, memberID id.ID, today clock.Date, refs []promotion.FactRef, out *[]promotion.FactValue) []db.Ask {
	values := make([]promotion.FactValue, len(refs))
	*out = values
	w := windows{today: today, values: values, from: make([]clock.Date, len(refs)), to: make([]clock.Date, len(refs))}
	var life, yearly bool
	first := today.AddDays(1)
	for i, f := range refs {
		values[i].FactRef = f
		if f.Kind == promotion.FactLastVisit {
			values[i].Value = -1
		}
		w.from[i], w.to[i] = promotion.WindowOf(f.WindowDays, today, "")
		switch {
		case w.from[i] == "":
			life = true
			continue
		case f.WindowDays == promotion.WindowMembershipYear:
			yearly, w.from[i] = true, today.AddMonths(-12).AddDays(-1) // the longest; the day is known in the same trip
		}
		first = min(first, w.from[i])
	}
	var asks []db.Ask
	if life {
		asks = append(asks, db.Ask{
			SQL: `select cast(coalesce(sum(spend), 0) as bigint), cast(coalesce(sum(points), 0) as bigint), count(distinct case when visits > 0 then date end),
				coalesce(max(case when visits > 0 then date end), '') from member_day where merchant_id = $1 and member_id = $2 and date <= $3`,
			Args: []any{m, memberID, string(today)}, Scan: w.life,
		})
	}
	if yearly {
		asks = append(asks, db.Ask{
			SQL: `select joined_at from members where merchant_id = $1 and id = $2`, Args: []any{m, memberID},
			Scan: func(r db.Row) error {
				var joined clock.Instant
				err := r.Scan(&joined)
				for i, f := range refs {
					if f.WindowDays == promotion.WindowMembershipYear {
						w.from[i], w.to[i] = promotion.WindowOf(f.WindowDays, today, zone.BusinessDate(joined))
					}
				}
				return err
			},
		})
	}
	if first <= today {
		asks = append(asks, db.Ask{
			SQL:  `select date, spend, visits, points from member_day where merchant_id = $1 and member_id = $2 and date >= $3 and date <= $4 order by date`,
			Args: []any{m, memberID, string(first), string(today)}, Scan: w.day,
		})
	}
	return asks
}

// windows sums up days into the facts whose windows they lie in.
type windows struct {
	today    clock.Date
	values   []promotion.FactValue
	from, to []clock.Date // of each value; from "" is the whole life
	seen     clock.Date   // the last date with a visit
}

// life takes the sums of the whole life.
func (w *windows) life(r db.Row) error {
	var spend, points, visits int64
	var last clock.Date
	if err := r.Scan(&spend, &points, &visits, &last); err != nil {
		return err
	}
	for i := range w.values {
		if w.from[i] != "" {
			continue
		}
		switch v := &w.values[i]; v.Kind {
		case promotion.FactSpend:
			v.Value = spend
		case promotion.FactPoints:
			v.Value = points
		case promotion.FactVisits:
			v.Value = visits
		case promotion.FactLastVisit:
			if last != "" {
				v.Value = daysTo(last, w.today)
			}
		}
	}
	return nil
}

// day takes the bucket of a date in one shop; they come in the order of dates.
func (w *windows) day(r db.Row) error {
	var day clock.Date
	var spend, visits, points int64
	if err := r.Scan(&day, &spend, &visits, &points); err != nil {
		return err
	}
	for i := range w.values {
		if w.from[i] == "" || day < w.from[i] || day > w.to[i] {
			continue
		}
		switch v := &w.values[i]; v.Kind {
		case promotion.FactSpend:
			v.Value += spend
		case promotion.FactPoints:
			v.Value += points
		case promotion.FactVisits:
			if visits > 0 && day != w.seen { // a second shop on the day is no second visit
				v.Value++
			}
		case promotion.FactLastVisit:
			if visits > 0 {
				v.Value = daysTo(day, w.today)
			}
		}
	}
	if visits > 0 {
		w.seen = day
	}
	return nil
}

func daysTo(from, to clock.Date) int64 { return int64(to.Time().Sub(from.Time()).Hours() / 24) }
