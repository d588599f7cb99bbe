package member

import (
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/promotion"
)

// counted are the sources of facts that are not days: each answers date, shop and
// figure, the newest first.
var counted = []struct {
	kinds []promotion.FactKind
	sql   string
}{
	{[]promotion.FactKind{promotion.FactCheckIns, promotion.FactStreak}, `select date, shop_id, 1 from check_ins where merchant_id = $1 and member_id = $2 and date <= $3 order by date desc`},
	{[]promotion.FactKind{promotion.FactReferrals}, `select s.business_date, s.shop_id, 1 from member_referrals r join sales s on s.merchant_id = r.merchant_id and s.id = r.sale_id
		where r.merchant_id = $1 and r.referrer_id = $2 and s.business_date <= $3`},
	{[]promotion.FactKind{promotion.FactTopUps}, `select date, shop_id, top_ups from member_day where merchant_id = $1 and member_id = $2 and date <= $3 and top_ups <> 0`},
}

// askCounts reads what the positions in at ask for, by kind.
func askCounts(zone clock.Zone, m, memberID, shop id.ID, today clock.Date, values []promotion.FactValue, at map[promotion.FactKind][]int) []db.Ask {
	if len(at) == 0 {
		return nil
	}
	var joined clock.Date
	var asks []db.Ask
	for _, positions := range at {
		for _, i := range positions {
			if values[i].WindowDays == promotion.WindowMembershipYear && len(asks) == 0 { // before those that need it
				asks = append(asks, db.Ask{SQL: `select joined_at from members where merchant_id = $1 and id = $2`, Args: []any{m, memberID}, Scan: func(r db.Row) error {
					var t clock.Instant
					err := r.Scan(&t)
					joined = zone.BusinessDate(t)
					return err
				}})
			}
		}
	}
	for _, src := range counted {
		var want []int
		for _, k := range src.kinds {
			want = append(want, at[k]...)
		}
		if len(want) == 0 {
			continue
		}
		rows := map[int]*streak{}
		asks = append(asks, db.Ask{SQL: src.sql, Args: []any{m, memberID, string(today)}, Scan: func(r db.Row) error {
			var date clock.Date
			var in id.ID
			var n int64
			if err := r.Scan(&date, &in, &n); err != nil {
				return err
			}
			for _, i := range want {
				v := &values[i]
				if v.Shop && (shop.IsNone() || in != shop) {
					continue
				}
				if v.Kind == promotion.FactStreak {
					if rows[i] == nil {
						rows[i] = &streak{next: today}
					}
					v.Value += rows[i].take(date, today)
					continue
				}
				if from, to := promotion.WindowOf(v.WindowDays, today, joined); (from == "" || date >= from) && date <= to {
					v.Value += n
				}
			}
			return nil
		}})
	}
	return asks
}

// streak counts days in a row backwards. It lives on today, while today's check-in
// may still come.
type streak struct {
	next clock.Date // the day that continues it
	over bool
}

func (s *streak) take(date, today clock.Date) int64 {
	if date == today.AddDays(-1) && s.next == today {
		s.next = date
	}
	if s.over || date != s.next {
		s.over = true
		return 0
	}
	s.next = date.AddDays(-1)
	return 1
}
