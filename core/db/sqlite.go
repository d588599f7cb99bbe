package db

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/uptrace/bun"
)

// groupCommit lets waiting transactions of SQLite share one COMMIT, and so one
// fsync. The holder of the baton runs on the only writing connection, as a
// savepoint of the group's transaction; where others wait it passes the baton on
// and waits for the group's end, else it commits for all. Nobody is answered
// before the COMMIT.
type groupCommit struct {
	baton   sync.Mutex
	waiting atomic.Int64
	open    *commitGroup         // guarded by baton; nil: no transaction is open
	conn    bun.Conn             // guarded by baton; the writing connection, kept for ever
	stmts   map[string]*sql.Stmt // guarded by baton; prepared on conn: parsing costs more than most statements
}

type commitGroup struct {
	size int
	done chan struct{}
	err  error
}

const groupMax = 32

func (d *DB) onceSQLite(ctx context.Context, f func(context.Context, *Tx) error) error {
	g := d.group
	g.waiting.Add(1)
	g.baton.Lock()
	g.waiting.Add(-1)
	grp, tx, err := d.inGroup(ctx, f)
	if grp != nil {
		// Also where f failed: what made it fail may be a row of the group that is
		// not yet committed ("this key was answered before").
		<-grp.done
		if grp.err != nil {
			return d.mapError(grp.err)
		}
	}
	if err != nil {
		return err
	}
	for _, a := range tx.after {
		a()
	}
	return nil
}

// end commits what is open and tells those who wait for it. The caller has the
// baton.
func (g *groupCommit) end(ctx context.Context) {
	grp := g.open
	if grp == nil {
		return
	}
	g.open = nil
	if _, grp.err = g.conn.Conn.ExecContext(ctx, "commit"); grp.err != nil {
		_, _ = g.conn.Conn.ExecContext(ctx, "rollback")
	}
	close(grp.done)
}

// inGroup runs f with the baton and gives the baton back. It answers the group
// whose end must be waited for.
func (d *DB) inGroup(ctx context.Context, f func(context.Context, *Tx) error) (joined *commitGroup, tx *Tx, err error) {
	g := d.group
	// A statement that is interrupted makes SQLite roll the whole transaction back,
	// and so the other members of the group: f does not see its caller's cancellation.
	bg := context.WithoutCancel(ctx)
	if g.conn.Conn == nil {
		if g.conn, err = d.bunW.Conn(bg); err != nil {
			g.baton.Unlock()
			return nil, nil, ErrUnreachable.Wrap(err)
		}
	}
	exec := func(q string) error { _, e := g.conn.Conn.ExecContext(bg, q); return e }
	defer func() { // runs on a panic of f too
		if grp := g.open; grp != nil && (grp.size == 0 || grp.size >= groupMax || g.waiting.Load() == 0) {
			g.end(bg)
			d.logs.commits.Add(1)
		}
		g.baton.Unlock()
	}()
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	if g.open == nil {
		if err := exec("begin immediate"); err != nil {
			return nil, nil, d.mapError(err)
		}
		g.open = &commitGroup{done: make(chan struct{})}
	}
	if err := exec("savepoint one"); err != nil {
		return nil, nil, d.mapError(err)
	}
	kept := false
	defer func() {
		if kept {
			return
		}
		if e := errors.Join(exec("rollback to one"), exec("release one")); e != nil {
			// SQLite gave the whole transaction up (disk full): the group is lost with it.
			_ = exec("rollback")
			grp := g.open
			g.open, grp.err = nil, e
			close(grp.done)
		}
	}()
	tx = &Tx{Now: d.clock.Now(), d: d, conn: g.conn, begun: true}
	if g.open.size > 0 {
		joined = g.open
	}
	if err := f(bg, tx); err != nil {
		return joined, nil, err
	}
	if err := tx.flushSQLite(bg); err != nil {
		return joined, nil, err
	}
	if err := exec("release one"); err != nil {
		return joined, nil, d.mapError(err)
	}
	kept = true
	g.open.size++
	return g.open, tx, nil
}

func (t *Tx) flushSQLite(ctx context.Context) error {
	queue := t.queue
	t.queue = nil
	for i := range queue {
		if err := t.runSQLite(ctx, &queue[i]); err != nil {
			return t.d.mapError(err)
		}
	}
	return nil
}

// maxPrepared bounds the prepared statements that are kept.
const maxPrepared = 1000

func (t *Tx) prepared(ctx context.Context, text string) (*sql.Stmt, error) {
	g := t.d.group
	if st, ok := g.stmts[text]; ok {
		return st, nil
	}
	st, err := t.conn.Conn.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	if g.stmts == nil || len(g.stmts) >= maxPrepared {
		for _, old := range g.stmts {
			_ = old.Close()
		}
		g.stmts = map[string]*sql.Stmt{}
	}
	g.stmts[text] = st
	return st, nil
}

func (t *Tx) runSQLite(ctx context.Context, s *stmt) error {
	st, err := t.prepared(ctx, s.text)
	if err != nil {
		return err
	}
	if s.scan == nil {
		res, err := st.ExecContext(ctx, s.args...)
		if err != nil || s.rows == nil {
			return err
		}
		n, err := res.RowsAffected()
		s.rows(n)
		return err
	}
	rows, err := st.QueryContext(ctx, s.args...)
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
