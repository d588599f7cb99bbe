package db

import (
	"context"
	"database/sql"
	"errors"

	"github.com/uptrace/bun"

	"github.com/shopwright/shopwright/core/fault"
)

// Reader reads: a *DB from its pool, a *Tx inside its transaction.
type Reader interface {
	// Read is bun's query builder over this reader.
	Read(ctx context.Context) bun.IDB
	// Rows runs one query with $1 parameters as a prepared statement.
	Rows(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	// Batch runs reads together: one trip on PostgreSQL.
	Batch(ctx context.Context, asks ...Ask) error
}

// Row is what a scan function gets.
type Row interface{ Scan(dest ...any) error }

// Ask is a read to be sent with others; Scan is called for each row.
type Ask struct {
	SQL  string
	Args []any
	Scan func(Row) error
}

// ErrNoRow is what One answers where there is none; callers turn it into their own fault.
var ErrNoRow = fault.New(fault.NotFound, "db.no_row")

// inTxKey marks a context inside InTx.
type inTxKey struct{}

func (d *DB) guardPool(ctx context.Context) {
	if ctx.Value(inTxKey{}) != nil {
		panic("db: a read through the pool inside a transaction: read through the *db.Tx")
	}
}

// Read implements Reader.
func (d *DB) Read(ctx context.Context) bun.IDB {
	d.guardPool(ctx)
	return d.bun
}

// Rows implements Reader.
func (d *DB) Rows(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	d.guardPool(ctx)
	text := d.dialect.text(query)
	if d.dialect == SQLite {
		st, err := d.prepared(ctx, text)
		if err != nil {
			return nil, d.mapError(err)
		}
		rows, err := st.QueryContext(ctx, d.dialect.args(args)...)
		return rows, d.mapError(err)
	}
	rows, err := d.read.QueryContext(ctx, text, d.dialect.args(args)...)
	return rows, d.mapError(err)
}

// prepared keeps SQLite's reads prepared; pgx does that by itself.
func (d *DB) prepared(ctx context.Context, text string) (*sql.Stmt, error) {
	if st, ok := d.reads.byText.Load(text); ok {
		return st.(*sql.Stmt), nil
	}
	st, err := d.read.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	if d.reads.count.Add(1) > maxPrepared { // texts made at run time: not worth keeping more
		d.reads.count.Store(0)
		d.reads.byText.Clear()
	}
	if old, taken := d.reads.byText.LoadOrStore(text, st); taken {
		_ = st.Close()
		return old.(*sql.Stmt), nil
	}
	return st, nil
}

// Batch implements Reader.
func (d *DB) Batch(ctx context.Context, asks ...Ask) error {
	d.guardPool(ctx)
	if d.dialect == Postgres {
		return d.readBatchPostgres(ctx, asks)
	}
	for _, a := range asks {
		if err := each(ctx, d, a.Scan, a.SQL, a.Args...); err != nil {
			return err
		}
	}
	return nil
}

func each(ctx context.Context, r Reader, scan func(Row) error, query string, args ...any) error {
	rows, err := r.Rows(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// All reads every row of a query.
func All[T any](ctx context.Context, r Reader, scan func(Row, *T) error, query string, args ...any) ([]T, error) {
	var out []T
	err := each(ctx, r, func(row Row) error {
		var v T
		if err := scan(row, &v); err != nil {
			return err
		}
		out = append(out, v)
		return nil
	}, query, args...)
	return out, err
}

// One reads the first row. Fault: db.no_row.
func One[T any](ctx context.Context, r Reader, scan func(Row, *T) error, query string, args ...any) (T, error) {
	var v T
	rows, err := r.Rows(ctx, query, args...)
	if err != nil {
		return v, err
	}
	defer rows.Close()
	if !rows.Next() {
		return v, errors.Join(rows.Err(), ErrNoRow)
	}
	err = scan(rows, &v)
	return v, err
}

// Value reads one column of one row. Fault: db.no_row.
func Value[T any](ctx context.Context, r Reader, query string, args ...any) (T, error) {
	return One(ctx, r, func(row Row, v *T) error { return row.Scan(v) }, query, args...)
}
