package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	_ "modernc.org/sqlite" // the embedded database

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/fault"
)

var (
	ErrURL         = fault.New(fault.Invalid, "db.bad_url")          // neither sqlite:FILE nor postgres://…
	ErrUnreachable = fault.New(fault.Unavailable, "db.unreachable")  // cannot open or connect
	ErrNewerSchema = fault.New(fault.Conflict, "db.schema_is_newer") // the database was written by a newer program
	ErrBusy        = fault.New(fault.Unavailable, "db.busy")         // conflicts beyond the retries
)

// pingAfter is how long a connection may have been idle before it is asked whether
// it still lives: a trip that a busy till does not pay.
const pingAfter = 15 * time.Second

// Dialect is which database this is.
type Dialect uint8

const (
	SQLite Dialect = iota + 1
	Postgres
)

func (d Dialect) String() string {
	if d == Postgres {
		return "postgres"
	}
	return "sqlite"
}

// keptReads are SQLite's prepared reads.
type keptReads struct {
	byText sync.Map // text -> *sql.Stmt
	count  atomic.Int64
}

// Options tunes Open; the zero value is right for a shop.
type Options struct {
	Clock   clock.Clock  // default: the machine's
	Log     *slog.Logger // default: slog.Default()
	MaxOpen int          // connections; default 4 x processors
	// Dial replaces the network dialler of PostgreSQL; the round-trip test counts with it.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	// NoSync leaves SQLite's fsync out: for tests only.
	NoSync bool
	// Retried is called each time a transaction runs again after a conflict; for figures.
	Retried func()
}

// DB is an open database. Reads go through Read and Rows; writes only through InTx.
type DB struct {
	dialect Dialect
	read    *sql.DB
	write   *sql.DB // SQLite: the one writing connection; PostgreSQL: the same pool
	bun     *bun.DB
	bunW    *bun.DB
	clock   clock.Clock
	log     *slog.Logger
	group   *groupCommit // SQLite only
	file    string       // SQLite only
	retried func()       // nil: nobody counts
	maxOpen int          // connections

	reads *keptReads    // SQLite only
	logs  *checkpointer // SQLite only
}

// Open opens "sqlite:FILE" or "postgres://…" and proves that it answers.
// Faults: db.bad_url, db.unreachable.
func Open(ctx context.Context, dsn string, o Options) (*DB, error) {
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.MaxOpen == 0 {
		o.MaxOpen = 4 * runtime.NumCPU()
	}
	d := &DB{clock: o.Clock, log: o.Log, retried: o.Retried, maxOpen: o.MaxOpen}
	var err error
	switch {
	case strings.HasPrefix(dsn, "sqlite:"):
		err = d.openSQLite(strings.TrimPrefix(strings.TrimPrefix(dsn, "sqlite:"), "//"), o)
	case strings.HasPrefix(dsn, "postgres://"), strings.HasPrefix(dsn, "postgresql://"):
		err = d.openPostgres(dsn, o)
	default:
		return nil, ErrURL
	}
	if err != nil {
		return nil, err
	}
	if err := d.write.PingContext(ctx); err != nil {
		d.Close()
		return nil, ErrUnreachable.Wrap(err)
	}
	if err := d.read.PingContext(ctx); err != nil {
		d.Close()
		return nil, ErrUnreachable.Wrap(err)
	}
	return d, nil
}

func (d *DB) openSQLite(file string, o Options) error {
	if file == "" {
		return ErrURL
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return ErrUnreachable.Wrap(err)
	}
	sync := "FULL"
	if o.NoSync {
		sync = "OFF"
	}
	base := "file:" + (&url.URL{Path: file}).EscapedPath() +
		"?_pragma=journal_mode(WAL)&_pragma=foreign_keys(1)&_pragma=temp_store(2)&_pragma=cache_size(-16000)&_pragma=synchronous(" + sync + ")" +
		fmt.Sprintf("&_pragma=wal_autocheckpoint(%d)&_pragma=journal_size_limit(%d)&_pragma=busy_timeout(", logNet, logFileBytes)
	logs, err := sql.Open("sqlite", base+fmt.Sprintf("%d)", readersPatience))
	if err != nil {
		return ErrUnreachable.Wrap(err)
	}
	logs.SetMaxOpenConns(1)
	base += "10000)"
	if d.write, err = sql.Open("sqlite", base); err != nil {
		return ErrUnreachable.Wrap(err)
	}
	d.write.SetMaxOpenConns(2) // the writer's own, and one for migrations and backups
	d.write.SetConnMaxIdleTime(0)
	if d.read, err = sql.Open("sqlite", base+"&_pragma=query_only(1)"); err != nil {
		return ErrUnreachable.Wrap(err)
	}
	d.read.SetMaxOpenConns(o.MaxOpen)
	d.read.SetMaxIdleConns(o.MaxOpen)
	d.dialect, d.file, d.group, d.reads = SQLite, file, &groupCommit{}, &keptReads{}
	d.startCheckpoints(logs)
	d.bun = bun.NewDB(d.read, sqlitedialect.New())
	d.bunW = bun.NewDB(d.write, sqlitedialect.New())
	return nil
}

func (d *DB) openPostgres(dsn string, o Options) error {
	cfg, err := pgx.ParseConfig(dsn)
	if err != nil {
		return ErrURL.Wrap(errors.New("the connection string does not parse")) // pgx's own text may show the password
	}
	if o.Dial != nil {
		cfg.DialFunc = o.Dial
	}
	cfg.StatementCacheCapacity = 1024
	cfg.RuntimeParams["application_name"] = "shopwright"
	cfg.RuntimeParams["timezone"] = "UTC"
	d.read = stdlib.OpenDB(*cfg, stdlib.OptionShouldPing(func(_ context.Context, p stdlib.ShouldPingParams) bool { return p.IdleDuration > pingAfter }))
	d.read.SetMaxOpenConns(o.MaxOpen)
	d.read.SetMaxIdleConns(o.MaxOpen)
	d.read.SetConnMaxIdleTime(5 * time.Minute)
	d.write, d.dialect = d.read, Postgres
	d.bun = bun.NewDB(d.read, pgdialect.New())
	d.bunW = d.bun
	return nil
}

// Dialect says which database this is.
func (d *DB) Dialect() Dialect { return d.dialect }

// File is the path of the SQLite file, "" on PostgreSQL.
func (d *DB) File() string { return d.file }

// Now is the injected clock's time.
func (d *DB) Now() clock.Instant { return d.clock.Now() }

// Clock is the injected clock.
func (d *DB) Clock() clock.Clock { return d.clock }

// Ready proves that the database answers. Fault: db.unreachable.
func (d *DB) Ready(ctx context.Context) error {
	if err := d.read.PingContext(ctx); err != nil {
		return ErrUnreachable.Wrap(err)
	}
	return nil
}

// Close closes all connections.
func (d *DB) Close() error {
	errs := []error{d.logs.close()}
	if d.group != nil && d.group.conn.Conn != nil {
		errs = append(errs, d.group.conn.Close())
	}
	if d.read != nil {
		errs = append(errs, d.read.Close())
	}
	if d.write != nil && d.write != d.read {
		errs = append(errs, d.write.Close())
	}
	return errors.Join(errs...)
}
