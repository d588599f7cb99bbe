package member

import (
	"database/sql"
	"fmt"
	"strings"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/promotion"
)

// QueueDay adds to what a member did in a shop on a business date. A refund
// gives negative figures and the date of the sale that it refunds.

// AskFacts reads history facts as of today, today's own sales included: windows
// are in days and end with today, 0 is the whole life. Visits are dates with a
// visit, whatever the number of shops; the last visit is in days, -1 for never. The
// buckets are read once for all facts. out has one value for each ref, in order.
func OldFacts(m, memberID id.ID, today clock.Date, refs []promotion.FactRef, out *[]promotion.FactValue) []db.Ask {
	values := make([]promotion.FactValue, len(refs))
	*out = values
	if len(refs) == 0 {
		return nil
	}
	args := []any{m, memberID, string(today)}
	cols := make([]string, len(refs))
	for i, f := range refs {
		values[i].FactRef = f
		in := ""
		if f.WindowDays > 0 {
			args = append(args, string(today.AddDays(1-f.WindowDays)))
			in = fmt.Sprintf("date >= $%d", len(args))
		}
		cols[i] = factColumn(f.Kind, in)
	}
	return []db.Ask{{
		SQL:  `select ` + strings.Join(cols, ", ") + ` from member_day where merchant_id = $1 and member_id = $2 and date <= $3`,
		Args: args,
		Scan: func(r db.Row) error { return scanFacts(r, today, values) },
	}}
}

func factColumn(k promotion.FactKind, in string) string {
	and := ""
	if in == "" {
		in = "true"
	} else {
		and = " and " + in
	}
	switch k {
	case promotion.FactSpend:
		return "cast(coalesce(sum(case when " + in + " then spend end), 0) as bigint)"
	case promotion.FactPoints:
		return "cast(coalesce(sum(case when " + in + " then points end), 0) as bigint)"
	case promotion.FactVisits:
		return "count(distinct case when visits > 0" + and + " then date end)"
	case promotion.FactLastVisit:
		return "max(case when visits > 0" + and + " then date end)"
	}
	return "0" // a kind of a newer manifest: core/pack refuses it, and here it is nothing
}

func scanFacts(r db.Row, today clock.Date, values []promotion.FactValue) error {
	last := make([]sql.NullString, len(values))
	dest := make([]any, len(values))
	for i := range values {
		if values[i].Kind == promotion.FactLastVisit {
			dest[i] = &last[i]
		} else {
			dest[i] = &values[i].Value
		}
	}
	if err := r.Scan(dest...); err != nil {
		return err
	}
	for i := range values {
		if values[i].Kind != promotion.FactLastVisit {
			continue
		}
		values[i].Value = -1
		if last[i].Valid {
			values[i].Value = int64(today.Time().Sub(clock.Date(last[i].String).Time()).Hours() / 24)
		}
	}
	return nil
}
