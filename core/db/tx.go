package db

import (
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/uptrace/bun"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
)

// Tx is a running transaction. A signature that takes one writes.
type Tx struct {
	Now clock.Instant // one instant for every row of the transaction

	d     *DB
	conn  bun.Conn
	begun bool // BEGIN was sent
	queue []stmt
	after []func()
}

type stmt struct {
	text string
	args []any
	scan func(Row) error // nil: a write
	rows func(int64)     // a write's count of rows, where wanted
}

const maxTries = 8

// InTx runs f in a transaction and commits what it queued. f may run again after
// a serialization failure or a deadlock, so it must not touch anything but its
// tx and variables that it sets anew. Faults: what f answers; the guards'
// faults; db.busy after too many conflicts.
func (d *DB) InTx(ctx context.Context, f func(context.Context, *Tx) error) error {
	d.guardPool(ctx)
	for try := 1; ; try++ {
		err := d.once(context.WithValue(ctx, inTxKey{}, true), f)
		if err == nil || !errors.Is(err, errRetry) {
			return err
		}
		if try == maxTries {
			return ErrBusy.Wrap(err)
		}
		if d.retried != nil {
			d.retried()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Duration(rand.Int64N(int64(time.Millisecond) << try))):
		}
	}
}

func (d *DB) once(ctx context.Context, f func(context.Context, *Tx) error) error {
	if d.dialect == SQLite {
		return d.onceSQLite(ctx, f)
	}
	conn, err := d.bunW.Conn(ctx)
	if err != nil {
		return ErrUnreachable.Wrap(err)
	}
	defer conn.Close()
	tx := &Tx{Now: d.clock.Now(), d: d, conn: conn}
	committed := false
	defer func() {
		if !committed && tx.begun {
			tx.rollbackPostgres()
		}
	}()
	if err := f(ctx, tx); err != nil {
		return err
	}
	if err := tx.flushPostgres(ctx, true); err != nil {
		return err
	}
	committed = true
	for _, a := range tx.after {
		a()
	}
	return nil
}

// NewID makes an id of the transaction's instant.
func (t *Tx) NewID() id.ID { return id.New(int64(t.Now)) }

// DB is the database that the transaction runs on, for its dialect; reading
// through it inside the transaction panics.
func (t *Tx) DB() *DB { return t.d }

// Queue notes a write; it is sent with the next Flush or with the COMMIT.
func (t *Tx) Queue(query string, args ...any) {
	t.queue = append(t.queue, stmt{text: t.d.dialect.text(query), args: t.d.dialect.args(args)})
}

// Ask notes a read; scan is called for each row during the next Flush.
func (t *Tx) Ask(scan func(Row) error, query string, args ...any) {
	t.queue = append(t.queue, stmt{text: t.d.dialect.text(query), args: t.d.dialect.args(args), scan: scan})
}

// AskAll notes several reads.
func (t *Tx) AskAll(asks ...Ask) {
	for _, a := range asks {
		t.Ask(a.Scan, a.SQL, a.Args...)
	}
}

// QueueCount notes a write and hands the count of its rows to got at the Flush.
func (t *Tx) QueueCount(got func(rows int64), query string, args ...any) {
	t.Queue(query, args...)
	t.queue[len(t.queue)-1].rows = got
}

// Flush sends what is noted in one trip.
func (t *Tx) Flush(ctx context.Context) error {
	if t.d.dialect == Postgres {
		return t.flushPostgres(ctx, false)
	}
	return t.flushSQLite(ctx)
}

// Exec sends what is noted and this write, and answers its count of rows.
func (t *Tx) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	var n int64
	t.QueueCount(func(rows int64) { n = rows }, query, args...)
	err := t.Flush(ctx)
	return n, err
}

// AfterCommit runs f once the transaction is durable.
func (t *Tx) AfterCommit(f func()) { t.after = append(t.after, f) }

func (t *Tx) mustBeFlushed() {
	if len(t.queue) > 0 {
		panic("db: a read inside a transaction with queued statements: Flush first")
	}
}

// Read implements Reader; bun sees the transaction.
func (t *Tx) Read(ctx context.Context) bun.IDB {
	t.mustBeFlushed()
	if err := t.begin(ctx); err != nil {
		panic(err) // only where BEGIN itself fails: the connection is gone
	}
	return t.conn
}

// Rows implements Reader.
func (t *Tx) Rows(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	t.mustBeFlushed()
	if err := t.begin(ctx); err != nil {
		return nil, err
	}
	rows, err := t.conn.Conn.QueryContext(ctx, t.d.dialect.text(query), t.d.dialect.args(args)...)
	return rows, t.d.mapError(err)
}

// Batch implements Reader.
func (t *Tx) Batch(ctx context.Context, asks ...Ask) error {
	t.mustBeFlushed()
	t.AskAll(asks...)
	return t.Flush(ctx)
}

func (t *Tx) begin(ctx context.Context) error {
	if t.begun {
		return nil
	}
	if _, err := t.conn.Conn.ExecContext(ctx, "begin"); err != nil {
		return fault.Of(t.d.mapError(err))
	}
	t.begun = true
	return nil
}
