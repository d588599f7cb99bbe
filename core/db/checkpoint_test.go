package db_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/db"
)

// TestTheLogStaysShortWhereReadersNeverPause writes 100 MB while somebody reads at
// every moment: without a checkpointer the write-ahead log has all of it.
func TestTheLogStaysShortWhereReadersNeverPause(t *testing.T) {
	ctx := context.Background()
	file := filepath.Join(t.TempDir(), "log.db")
	d, err := db.Open(ctx, "sqlite:"+file, db.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	write := func(q string, args ...any) {
		t.Helper()
		if err := d.InTx(ctx, func(_ context.Context, tx *db.Tx) error { tx.Queue(q, args...); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	write(`create table things (id integer primary key, body blob not null)`)
	write(`insert into things values (0, x'00')`)

	stop := make(chan struct{})
	var readers sync.WaitGroup
	for range 3 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				// A few milliseconds, so that one of three always reads.
				_, err := db.Value[int64](ctx, d, `with recursive n(i) as (select 1 union all select i + 1 from n where i < 20000) select count(*) + (select count(*) from things where id < 1) from n`)
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	body := bytes.Repeat([]byte{7}, 200_000)
	longest, written := int64(0), 0
	for began := time.Now(); written < 500 || time.Since(began) < 5*time.Second; written++ {
		write(`insert into things values ($1, $2)`, written+1, body)
		if info, err := os.Stat(file + "-wal"); err == nil {
			longest = max(longest, info.Size())
		}
		time.Sleep(10 * time.Millisecond)
	}
	close(stop)
	readers.Wait()
	t.Logf("%d MB written, the log had %d MB", int64(written)*int64(len(body))>>20, longest>>20)
	if total := int64(written) * int64(len(body)); longest > total*2/3 {
		t.Errorf("the log grew to %d MB of %d MB written", longest>>20, total>>20)
	}
	n, err := db.Value[int64](ctx, d, `select count(*) from things`)
	if err != nil || n != int64(written)+1 {
		t.Errorf("%d rows of %d: %v", n, written+1, err)
	}
}
