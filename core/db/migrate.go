package db

import (
	"context"
	"embed"
	"fmt"
	"io/fs"

	"github.com/uptrace/bun/migrate"
)

//go:embed migrations
var migrationFiles embed.FS

const migrationLock = 0x73776d67 // "swmg"

// Migrate brings the schema up to this program's and answers the names it
// applied. Several programs may start at once: PostgreSQL serialises them with
// an advisory lock, SQLite with its writer. Fault: db.schema_is_newer where the
// database knows a migration that this program does not.
func (d *DB) Migrate(ctx context.Context) ([]string, error) {
	files, err := fs.Sub(migrationFiles, "migrations/"+d.dialect.String())
	if err != nil {
		return nil, err
	}
	set := migrate.NewMigrations()
	if err := set.Discover(files); err != nil {
		return nil, err
	}
	if d.dialect == Postgres {
		conn, err := d.write.Conn(ctx)
		if err != nil {
			return nil, ErrUnreachable.Wrap(err)
		}
		defer conn.Close()
		if _, err := conn.ExecContext(ctx, "select pg_advisory_lock($1)", migrationLock); err != nil {
			return nil, ErrUnreachable.Wrap(err)
		}
		defer func() {
			_, _ = conn.ExecContext(context.WithoutCancel(ctx), "select pg_advisory_unlock($1)", migrationLock)
		}()
	}
	m := migrate.NewMigrator(d.bunW, set, migrate.WithTableName("schema_migrations"), migrate.WithLocksTableName("schema_locks"), migrate.WithMarkAppliedOnSuccess(true))
	if err := m.Init(ctx); err != nil {
		return nil, ErrUnreachable.Wrap(err)
	}
	if missing, err := m.MissingMigrations(ctx); err != nil {
		return nil, err
	} else if len(missing) > 0 {
		return nil, ErrNewerSchema.With("migration", missing[0].Name)
	}
	group, err := m.Migrate(ctx)
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	names := make([]string, len(group.Migrations))
	for i := range group.Migrations {
		names[i] = group.Migrations[i].String()
	}
	if d.dialect == SQLite {
		return names, d.assumeStatistics(ctx)
	}
	return names, nil
}

// Backup writes a consistent copy of a SQLite database while it is in use.
func (d *DB) Backup(ctx context.Context, file string) error {
	if d.dialect != SQLite {
		return ErrURL
	}
	_, err := d.write.ExecContext(ctx, "vacuum into ?", file)
	return d.mapError(err)
}
