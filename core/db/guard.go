package db

import (
	"context"
	"errors"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"

	"github.com/shopwright/shopwright/core/fault"
)

// errRetry marks a failure after which the same transaction may succeed.
var errRetry = errors.New("db: run the transaction again")

var guards = struct {
	sync.RWMutex
	byName map[string]error
}{byName: map[string]error{}}

// Guard says which fault a violated constraint means. Features call it at
// package level beside the fault: var _ = db.Guard("ck_account_available", ErrInsufficientFunds).
func Guard(constraint string, f *fault.Fault) bool { return guard(constraint, f) }

// GuardRetry says that a violated constraint means a lost race, after which the
// transaction runs again and sees the winner.
func GuardRetry(constraint string) bool { return guard(constraint, errRetry) }

func guard(name string, err error) bool {
	guards.Lock()
	defer guards.Unlock()
	if _, dup := guards.byName[name]; dup {
		panic("db: two faults for constraint " + name)
	}
	guards.byName[name] = err
	return true
}

func guardOf(name string) error {
	guards.RLock()
	defer guards.RUnlock()
	return guards.byName[name]
}

// twoUpdaters begins what PostgreSQL says when it sees a transaction between two of
// the steps of its abort: recorded as aborted, so that nobody waits for it to update
// the row, and still listed as running, so that it counts as the row's updater (heapam.c
// asks TransactionIdDidAbort, multixact.c TransactionIdIsInProgress). Nothing is damaged
// and nothing was written; a moment later the same transaction goes through.
const twoUpdaters = "new multixact has more than one updating member"

// mapError turns a driver's error into the fault that its constraint stands for.
func (d *DB) mapError(err error) error {
	if err == nil {
		return nil
	}
	var f *fault.Fault
	if errors.As(err, &f) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, errRetry) {
		return err
	}
	if pgconn.SafeToRetry(err) { // nothing was sent: the connection had died
		return errors.Join(errRetry, err)
	}
	var pe *pgconn.PgError
	if errors.As(err, &pe) {
		switch pe.Code {
		case "40001", "40P01", "55P03":
			return errors.Join(errRetry, err)
		case "23505", "23514", "23503":
			return withGuard(pe.ConstraintName, err)
		}
		if pe.Code == "XX000" && strings.HasPrefix(pe.Message, twoUpdaters) {
			return errors.Join(errRetry, err)
		}
		return fault.ErrInternal.Wrap(err)
	}
	var se *sqlite.Error
	if errors.As(err, &se) {
		switch se.Code() & 0xff {
		case 5, 6: // SQLITE_BUSY, SQLITE_LOCKED: another process writes
			return errors.Join(errRetry, err)
		case 19:
			return withGuard(sqliteConstraint(se.Error()), err)
		}
	}
	return fault.ErrInternal.Wrap(err)
}

func withGuard(name string, err error) error {
	switch g := guardOf(name).(type) {
	case nil:
		return fault.ErrInternal.Wrap(err)
	case *fault.Fault:
		return g.Wrap(err)
	default:
		return errors.Join(g, err)
	}
}

// sqliteConstraint finds the constraint's name in SQLite's message. A CHECK is
// named there; a unique index is given by its columns, for which the schema's
// naming rule is used: "t.merchant_id, t.code" is index "ux_t_code" and the
// primary key "t.merchant_id, t.id" is "t_pkey".
func sqliteConstraint(msg string) string {
	if _, rest, ok := strings.Cut(msg, "CHECK constraint failed: "); ok {
		name, _, _ := strings.Cut(rest, " ")
		return name
	}
	_, rest, ok := strings.Cut(msg, "UNIQUE constraint failed: ")
	if !ok {
		return ""
	}
	rest, _, _ = strings.Cut(rest, " (")
	if _, name, isIndex := strings.Cut(rest, "index '"); isIndex {
		return strings.TrimSuffix(name, "'")
	}
	cols := strings.Split(rest, ", ")
	table, _, _ := strings.Cut(cols[0], ".")
	names := make([]string, 0, len(cols))
	for _, c := range cols {
		if _, col, _ := strings.Cut(c, "."); col != "merchant_id" {
			names = append(names, col)
		}
	}
	if n := "ux_" + table + "_" + strings.Join(names, "_"); guardOf(n) != nil {
		return n
	}
	return table + "_pkey"
}
