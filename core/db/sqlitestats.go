package db

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// assumedRows is how large SQLite's planner takes every table to be.
const assumedRows = 1_000_000

// assumeStatistics tells SQLite's planner the shape of the indexes: every key
// begins with the merchant, of whom there are few, and each column behind it
// narrows by ten. Without statistics it takes the merchant alone for as good a key
// as any and reads all of a merchant's postings to find those of one sale. The
// figures are assumed and not measured, so that plans are the same on the first
// day and in the tenth year; an ANALYZE by hand replaces them.
func (d *DB) assumeStatistics(ctx context.Context) error {
	conn, err := d.write.Conn(ctx)
	if err != nil {
		return ErrUnreachable.Wrap(err)
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, `analyze sqlite_schema`); err != nil { // makes the table
		return d.mapError(err)
	}
	rows, err := conn.QueryContext(ctx, `select m.name, l.name, l."unique", (select group_concat(i.name) from pragma_index_info(l.name) i)
		from sqlite_schema m join pragma_index_list(m.name) l
		where m.type = 'table' and not exists (select 1 from sqlite_stat1 s where s.tbl = m.name and s.idx = l.name)`)
	if err != nil {
		return d.mapError(err)
	}
	defer rows.Close()
	type stat struct{ table, index, shape string }
	var missing []stat
	for rows.Next() {
		var v stat
		var unique bool
		var columns sql.NullString
		if err := rows.Scan(&v.table, &v.index, &unique, &columns); err != nil {
			return d.mapError(err)
		}
		if names := strings.Split(columns.String, ","); names[0] == "merchant_id" {
			v.shape = shapeOf(len(names), unique)
			missing = append(missing, v)
		}
	}
	if err := rows.Err(); err != nil || len(missing) == 0 {
		return d.mapError(err)
	}
	for _, v := range missing {
		if _, err := conn.ExecContext(ctx, `insert into sqlite_stat1 (tbl, idx, stat) values (?, ?, ?)`, v.table, v.index, v.shape); err != nil {
			return d.mapError(err)
		}
	}
	if _, err := conn.ExecContext(ctx, `analyze sqlite_schema`); err != nil { // read them again here
		return d.mapError(err)
	}
	// Other connections read them when they open.
	d.read.SetMaxIdleConns(0)
	d.read.SetMaxIdleConns(d.maxOpen)
	return nil
}

// shapeOf is a line of sqlite_stat1: the rows of the index, then how many share
// the first column, the first two, and so on.
func shapeOf(columns int, unique bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d %d", assumedRows, assumedRows/100)
	for i := 2; i <= columns; i++ {
		share := 1
		for range min(columns-i, 3) {
			share *= 10
		}
		if !unique {
			share *= 10
		}
		fmt.Fprintf(&b, " %d", share)
	}
	return b.String()
}
