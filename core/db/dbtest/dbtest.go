// Package dbtest gives tests real databases: SQLite in a file and a throw-away
// PostgreSQL that it starts itself.
//
// Owns: Each, the cluster of a test process. Production code never imports it.
// Invariants: every test gets a database of its own with the newest schema; in
// CI (the variable CI is set) a missing PostgreSQL fails the test, elsewhere that
// half is skipped with a message, since `go test ./...` must pass on a machine
// that has only Go.
package dbtest

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
)

// Option changes how the databases are opened.
type Option func(*db.Options)

// WithClock injects a clock.
func WithClock(c clock.Clock) Option { return func(o *db.Options) { o.Clock = c } }

// Each runs f on SQLite and on PostgreSQL, each as a subtest.
func Each(t *testing.T, f func(t *testing.T, d *db.DB), opts ...Option) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, SQLite(t, opts...)) })
	t.Run("postgres", func(t *testing.T) { f(t, Postgres(t, opts...)) })
}

func options(opts []Option) db.Options {
	o := db.Options{NoSync: true, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
	for _, f := range opts {
		f(&o)
	}
	return o
}

// SQLite opens a migrated database in the test's folder.
func SQLite(t testing.TB, opts ...Option) *db.DB {
	t.Helper()
	return open(t, "sqlite:"+filepath.Join(t.TempDir(), "shop.db"), true, opts)
}

func open(t testing.TB, dsn string, migrated bool, opts []Option) *db.DB {
	t.Helper()
	d, err := db.Open(context.Background(), dsn, options(opts))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	if migrated {
		if _, err := d.Migrate(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

var (
	once     sync.Once
	baseURL  string
	startErr error
	serial   atomic.Int64
)

// Postgres creates a migrated database on the process's cluster.
func Postgres(t testing.TB, opts ...Option) *db.DB {
	t.Helper()
	return open(t, PostgresURL(t), false, opts)
}

// PostgresURL creates a migrated database and answers its connection string.
func PostgresURL(t testing.TB) string {
	t.Helper()
	once.Do(func() {
		if baseURL, startErr = startCluster(); startErr == nil {
			startErr = makeTemplate(baseURL)
		}
	})
	if startErr != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("PostgreSQL is needed in CI: %v", startErr)
		}
		t.Skipf("no PostgreSQL here, this half is not tested: %v", startErr)
	}
	name := fmt.Sprintf("t%d", serial.Add(1))
	if err := admin(baseURL, "create database "+name+" template shopwright_template"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = admin(baseURL, "drop database if exists "+name+" with (force)") })
	return fmt.Sprintf(baseURL, name)
}

func makeTemplate(base string) error {
	if err := admin(base, "create database shopwright_template"); err != nil {
		return err
	}
	d, err := db.Open(context.Background(), fmt.Sprintf(base, "shopwright_template"), options(nil))
	if err != nil {
		return err
	}
	defer d.Close()
	_, err = d.Migrate(context.Background())
	return err
}

func admin(base, query string) error {
	c, err := sql.Open("pgx", fmt.Sprintf(base, "postgres"))
	if err != nil {
		return err
	}
	defer c.Close()
	_, err = c.Exec(query)
	return err
}
