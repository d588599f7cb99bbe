package member

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
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

// QueueTopUps adds to what a member topped up in a shop on a business date; a refund
// gives a negative figure and the date of its sale.
func QueueTopUps(tx *db.Tx, m, memberID id.ID, date clock.Date, shop id.ID, amount money.Amount) {
	tx.Queue(`insert into member_day (merchant_id, member_id, date, shop_id, spend, visits, points, top_ups) values ($1, $2, $3, $4, 0, 0, 0, $5)
		on conflict (merchant_id, member_id, date, shop_id) do update set top_ups = member_day.top_ups + excluded.top_ups`,
		m, memberID, string(date), shop, int64(amount))
}

// AskFacts is AskFactsIn for a member whose day of joining is taken in UTC, which
// matters to membership years alone.
func AskFacts(m, memberID id.ID, today clock.Date, refs []promotion.FactRef, out *[]promotion.FactValue) []db.Ask {
	return AskFactsIn(clock.Zone{Loc: time.UTC}, m, memberID, today, refs, out)
}

// AskFactsIn reads history facts as of today, today's own sales included: windows
// end with today (promotion.WindowOf), 0 is the whole life. Visits are dates with
// a visit, whatever the number of shops; the last visit is in days, -1 for never.
// It is one row, whatever the number of facts: the days of the widest window that
// has a beginning, which are summed up here for all windows, and where a fact of
// the whole life is asked for, the sums of the days before. out has one value for
// each ref, in order.
func AskFactsIn(zone clock.Zone, m, memberID id.ID, today clock.Date, refs []promotion.FactRef, out *[]promotion.FactValue) []db.Ask {
	return AskFactsAt(zone, m, memberID, id.None, today, refs, out)
}

// AskFactsAt is AskFactsIn with the shop that facts of one shop are counted in;
// without a shop they are nothing. Check-ins, referrals and top-ups, which few
// packs ask for, are one more row source each.
func AskFactsAt(zone clock.Zone, m, memberID, shop id.ID, today clock.Date, refs []promotion.FactRef, out *[]promotion.FactValue) []db.Ask {
	values := make([]promotion.FactValue, len(refs))
	*out = values
	var wide, local []int
	other := map[promotion.FactKind][]int{}
	for i, f := range refs {
		values[i].FactRef = f
		switch {
		case f.Kind >= promotion.FactCheckIns:
			other[f.Kind] = append(other[f.Kind], i)
		case f.Shop:
			local = append(local, i)
			if f.Kind == promotion.FactLastVisit {
				values[i].Value = -1
			}
		default:
			wide = append(wide, i)
		}
	}
	var asks []db.Ask
	if len(wide) > 0 {
		asks = append(asks, askDays(zone, m, memberID, id.None, today, values, wide))
	}
	if len(local) > 0 && !shop.IsNone() {
		asks = append(asks, askDays(zone, m, memberID, shop, today, values, local))
	}
	return append(asks, askCounts(zone, m, memberID, shop, today, values, other)...)
}

// askDays sums up the days of a member for the values at some positions.
func askDays(zone clock.Zone, m, memberID, shop id.ID, today clock.Date, values []promotion.FactValue, at []int) db.Ask {
	life, yearly := false, false
	first := today.AddDays(1)
	for _, i := range at {
		f := values[i].FactRef
		switch from, _ := promotion.WindowOf(f.WindowDays, today, ""); {
		case from == "":
			life = true
		case f.WindowDays == promotion.WindowMembershipYear:
			yearly, first = true, min(first, today.AddMonths(-12).AddDays(-1)) // the longest; its first day is known in the same trip
		default:
			first = min(first, from)
		}
	}
	args := []any{m, memberID, string(first), string(today)}
	if !shop.IsNone() {
		args = append(args, shop)
	}
	return db.Ask{
		SQL: factsSQL(life, yearly, !shop.IsNone()), Args: args,
		Scan: func(r db.Row) error {
			var joined clock.Instant
			var days string
			var before figures
			if err := r.Scan(&joined, &days, &before.spend, &before.points, &before.visits, &before.last); err != nil {
				return err
			}
			list, err := bucketsOf(days)
			if err != nil {
				return err
			}
			some := make([]promotion.FactValue, len(at))
			for k, i := range at {
				some[k] = values[i]
			}
			sumUp(some, list, before, today, zone.BusinessDate(joined))
			for k, i := range at {
				values[i] = some[k]
			}
			return nil
		},
	}
}

// factsSQL answers one row. The days come as one text, because a hundred rows cost
// more on their way than their reading does.
func factsSQL(life, yearly, local bool) string {
	joined, in := "0", ""
	if yearly {
		joined = `coalesce((select joined_at from members where merchant_id = $1 and id = $2), 0)`
	}
	if local {
		in = ` and shop_id = $5`
	}
	days := `coalesce((select string_agg(concat_ws(' ', date, spend, visits, points), ';') from member_day where merchant_id = $1 and member_id = $2 and date >= $3 and date <= $4` + in + `), '')`
	if !life {
		return `select ` + joined + `, ` + days + `, 0, 0, 0, ''`
	}
	return `select ` + joined + `, ` + days + `, cast(coalesce(sum(spend), 0) as bigint), cast(coalesce(sum(points), 0) as bigint),
		count(distinct case when visits > 0 then date end), coalesce(max(case when visits > 0 then date end), '')
		from member_day where merchant_id = $1 and member_id = $2 and date < $3` + in
}

// figures are what days come to; last is the last one with a visit, "" none.
type figures struct {
	spend, points, visits int64
	last                  string
}

// bucket is what a member did on a date in one shop.
type bucket struct {
	date                  string
	spend, visits, points int64
}

// bucketsOf reads "date spend visits points;…" and puts it in the order of dates.
func bucketsOf(days string) ([]bucket, error) {
	if days == "" {
		return nil, nil
	}
	out := make([]bucket, 0, strings.Count(days, ";")+1)
	for rest, more := days, true; more; {
		var one string
		one, rest, more = strings.Cut(rest, ";")
		var b bucket
		b.date, one, _ = strings.Cut(one, " ")
		for _, n := range []*int64{&b.spend, &b.visits, &b.points} {
			var text string
			text, one, _ = strings.Cut(one, " ")
			var err error
			if *n, err = strconv.ParseInt(text, 10, 64); err != nil {
				return nil, fault.ErrInternal.Wrap(err)
			}
		}
		out = append(out, b)
	}
	byDate := func(a, b bucket) int { return strings.Compare(a.date, b.date) }
	if !slices.IsSortedFunc(out, byDate) { // no database promises the order in which it puts a text together
		slices.SortFunc(out, byDate)
	}
	return out, nil
}

// sumUp fills in the values: days in the order of dates, before them what is older.
func sumUp(values []promotion.FactValue, days []bucket, before figures, today, joined clock.Date) {
	windows := make(map[int]figures, 12)
	for i := range values {
		f, known := windows[values[i].WindowDays]
		if !known {
			from, to := promotion.WindowOf(values[i].WindowDays, today, joined)
			if from == "" {
				f = before
			}
			f.add(days, string(from), string(to))
			windows[values[i].WindowDays] = f
		}
		switch v := &values[i]; v.Kind {
		case promotion.FactSpend:
			v.Value = f.spend
		case promotion.FactPoints:
			v.Value = f.points
		case promotion.FactVisits:
			v.Value = f.visits
		case promotion.FactLastVisit:
			v.Value = -1
			if f.last != "" {
				v.Value = daysTo(clock.Date(f.last), today)
			}
		}
	}
}

// add sums up the days from one date to another, both included; they are all later
// than what f holds already.
func (f *figures) add(days []bucket, from, to string) {
	start, _ := slices.BinarySearchFunc(days, from, func(b bucket, d string) int { return strings.Compare(b.date, d) })
	for i := start; i < len(days) && days[i].date <= to; i++ {
		b := &days[i]
		f.spend += b.spend
		f.points += b.points
		if b.visits > 0 && b.date != f.last { // a second shop on the day is no second visit
			f.visits++
			f.last = b.date
		}
	}
}

func daysTo(from, to clock.Date) int64 { return int64(to.Time().Sub(from.Time()).Hours() / 24) }
