package db

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// rawPgx lends the pgx connection under a database/sql connection.
func rawPgx(conn interface{ Raw(func(any) error) error }, f func(*pgx.Conn) error) error {
	return conn.Raw(func(dc any) error { return f(dc.(*stdlib.Conn).Conn()) })
}

// flushPostgres sends BEGIN (once), the queue and, at the end, COMMIT as one batch.
func (t *Tx) flushPostgres(ctx context.Context, commit bool) error {
	queue := t.queue
	t.queue = nil
	if len(queue) == 0 && (!commit || !t.begun) {
		return nil
	}
	b := &pgx.Batch{}
	if !t.begun {
		b.Queue("begin")
	}
	for i := range queue {
		b.Queue(queue[i].text, queue[i].args...)
	}
	if commit {
		b.Queue("commit")
	}
	first := !t.begun
	t.begun = true
	return rawPgx(t.conn.Conn, func(c *pgx.Conn) error {
		return t.d.mapError(runBatch(ctx, c, b, queue, first, commit))
	})
}

func runBatch(ctx context.Context, c *pgx.Conn, b *pgx.Batch, queue []stmt, begin, commit bool) (err error) {
	res := c.SendBatch(ctx, b)
	defer func() {
		if e := res.Close(); err == nil {
			err = e
		}
	}()
	if begin {
		if _, err := res.Exec(); err != nil {
			return err
		}
	}
	for i := range queue {
		if err := takeResult(res, &queue[i]); err != nil {
			return err
		}
	}
	if commit {
		tag, err := res.Exec()
		if err != nil {
			return err
		}
		if tag.String() == "ROLLBACK" {
			return pgx.ErrTxCommitRollback
		}
	}
	return nil
}

func takeResult(res pgx.BatchResults, s *stmt) error {
	if s.scan == nil {
		tag, err := res.Exec()
		if err == nil && s.rows != nil {
			s.rows(tag.RowsAffected())
		}
		return err
	}
	rows, err := res.Query()
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := s.scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// rollbackPostgres ends the transaction even where the caller's context is gone;
// a connection on which that fails is closed, not reused.
func (t *Tx) rollbackPostgres() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	err := rawPgx(t.conn.Conn, func(c *pgx.Conn) error {
		if c.IsClosed() || c.PgConn().TxStatus() == 'I' {
			return nil
		}
		if _, err := c.Exec(ctx, "rollback"); err != nil {
			return c.Close(ctx)
		}
		return nil
	})
	if err != nil {
		t.d.log.Warn("rollback failed", "error", err)
	}
}

// readBatchPostgres runs reads outside a transaction in one trip.
func (d *DB) readBatchPostgres(ctx context.Context, asks []Ask) error {
	conn, err := d.read.Conn(ctx)
	if err != nil {
		return ErrUnreachable.Wrap(err)
	}
	defer conn.Close()
	b := &pgx.Batch{}
	queue := make([]stmt, len(asks))
	for i, a := range asks {
		queue[i] = stmt{text: d.dialect.text(a.SQL), args: d.dialect.args(a.Args), scan: a.Scan}
		b.Queue(queue[i].text, queue[i].args...)
	}
	return rawPgx(conn, func(c *pgx.Conn) error {
		return d.mapError(runBatch(ctx, c, b, queue, false, false))
	})
}
