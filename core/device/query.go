package device

import (
	"context"
	"fmt"
	"strings"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
)

const jobColumns = `merchant_id, id, register_id, device_id, sale_id, ref_id, kind, copy_no, attempt, state`

func (j *Job) dest() []any {
	return []any{&j.Merchant, &j.ID, &j.Register, &j.Device, &j.Sale, &j.Ref, &j.Kind, &j.Attempt, &j.Failures, &j.State}
}

// JobRecord is a job as a list shows it.
type JobRecord struct {
	Job
	Reason    string // SplitReason parts it
	RunAt     clock.Instant
	CreatedAt clock.Instant
	UpdatedAt clock.Instant
}

// JobFilter narrows a list; zero fields do not.
type JobFilter struct {
	Register id.ID
	Device   id.ID
	Sale     id.ID
	Ref      id.ID
	States   []State
}

const recordColumns = jobColumns + `, reason, run_at, created_at, updated_at`

func scanRecord(r db.Row, j *JobRecord) error {
	return r.Scan(append(j.dest(), &j.Reason, &j.RunAt, &j.CreatedAt, &j.UpdatedAt)...)
}

// ListJobs lists print jobs, the newest first.
func ListJobs(ctx context.Context, r db.Reader, m id.ID, f JobFilter, page db.Page) (items []JobRecord, next string, err error) {
	args := []any{m}
	conds := []string{"merchant_id = $1"}
	add := func(cond string, arg any) {
		args = append(args, arg)
		conds = append(conds, fmt.Sprintf(cond, len(args)))
	}
	for _, c := range []struct {
		cond string
		v    id.ID
	}{{"id < $%d", page.After}, {"register_id = $%d", f.Register}, {"device_id = $%d", f.Device}, {"sale_id = $%d", f.Sale}, {"ref_id = $%d", f.Ref}} {
		if !c.v.IsNone() {
			add(c.cond, c.v)
		}
	}
	if len(f.States) > 0 {
		states := make([]string, len(f.States))
		for i, s := range f.States {
			states[i] = string(s)
		}
		add("state in_texts($%d)", states)
	}
	args = append(args, page.Size()+1)
	rows, err := db.All(ctx, r, scanRecord, `select `+recordColumns+` from print_jobs where `+strings.Join(conds, " and ")+fmt.Sprintf(` order by id desc limit $%d`, len(args)), args...)
	if err != nil {
		return nil, "", err
	}
	items, next = db.Cut(page, rows, func(j JobRecord) id.ID { return j.ID })
	return items, next, nil
}

// CountJobs counts a merchant's jobs by state; a state without jobs is missing.
// Settled jobs count from since on, so that the figure stays cheap and current.
func CountJobs(ctx context.Context, r db.Reader, m id.ID, since clock.Instant) (map[State]int, error) {
	type count struct {
		state State
		n     int
	}
	rows, err := db.All(ctx, r, func(row db.Row, c *count) error { return row.Scan(&c.state, &c.n) },
		`select state, count(*) from print_jobs where merchant_id = $1 and (updated_at >= $2 or state in ('queued', 'claimed', 'sending', 'failed')) group by state`, m, since)
	out := make(map[State]int, len(rows))
	for _, c := range rows {
		out[c.state] = c.n
	}
	return out, err
}
