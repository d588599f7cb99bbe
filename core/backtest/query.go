package backtest

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
)

const runColumns = `id, pack_id, state, spec, sales, done, reason, created_at, created_by, started_at, ended_at`

func scanRun(r db.Row, v *Run) error {
	var spec string
	if err := r.Scan(&v.ID, &v.Pack, &v.State, &spec, &v.Sales, &v.Done, &v.Reason, &v.CreatedAt, &v.By, &v.StartedAt, &v.EndedAt); err != nil {
		return err
	}
	return json.Unmarshal([]byte(spec), &v.Spec)
}

// Get reads a run. Fault: backtest.not_found.
func Get(ctx context.Context, r db.Reader, m, run id.ID) (Run, error) {
	v, err := db.One(ctx, r, scanRun, `select `+runColumns+` from backtests where merchant_id = $1 and id = $2`, m, run)
	if errors.Is(err, db.ErrNoRow) {
		return v, ErrNotFound
	}
	return v, err
}

// ReportOf reads the report of a run that is done. Faults: backtest.not_found,
// backtest.not_ready.
func ReportOf(ctx context.Context, r db.Reader, m, run id.ID) (*Report, error) {
	b, err := db.Value[[]byte](ctx, r, `select result from backtests where merchant_id = $1 and id = $2`, m, run)
	switch {
	case errors.Is(err, db.ErrNoRow):
		return nil, ErrNotFound
	case err != nil:
		return nil, err
	case b == nil:
		return nil, ErrNotReady
	}
	out := &Report{}
	return out, unpack(b, out)
}

// List reads runs, the newest first; pack "" is every pack's.
func List(ctx context.Context, r db.Reader, m id.ID, pack string, p db.Page) (items []Run, next string, err error) {
	rows, err := db.All(ctx, r, scanRun, `select `+runColumns+` from backtests where merchant_id = $1 and (pack_id = $2 or $2 = '') and (id < $3 or cast($3 as text) is null)
		order by id desc limit $4`, m, pack, p.After, p.Size()+1)
	if err != nil {
		return nil, "", err
	}
	items, next = db.Cut(p, rows, func(v Run) id.ID { return v.ID })
	return items, next, nil
}
