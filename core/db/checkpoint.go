package db

import (
	"context"
	"database/sql"
	"sync/atomic"
	"time"
)

// SQLite copies its write-ahead log back into the file when a commit finds it
// long, but starts the log anew only at a moment at which nobody reads from it.
// Where registers never pause there is no such moment: the log grew to 1.5 GB in
// an hour's load, and every read searched it. So the log is copied beside the
// work, and started anew between two groups of transactions, when everything is
// copied: whoever starts to read then does so from the file, and those who still
// read from the log are waited for, shortly.
const (
	checkpointEvery = time.Second
	checkpointAfter = 64      // commits; fewer wait for checkpointRest
	checkpointRest  = 60      // ticks
	logPages        = 4_000   // a longer log is started anew
	logNet          = 40_000  // a commit copies by itself where the log is longer: the checkpointer does not come through
	logFileBytes    = 1 << 26 // what is kept of the log's file
	readersPatience = 100     // ms that transactions wait for those who read the old log
	restartRest     = 10      // ticks, after readers were not waited out
)

// checkpointer keeps the log of a SQLite file short.
type checkpointer struct {
	conn    *sql.DB // its own: it waits for nobody's connection
	commits atomic.Int64
	stop    chan struct{}
	done    chan struct{}
}

func (d *DB) startCheckpoints(conn *sql.DB) {
	c := &checkpointer{conn: conn, stop: make(chan struct{}), done: make(chan struct{})}
	d.logs = c
	go func() {
		defer close(c.done)
		tick := time.NewTicker(checkpointEvery)
		defer tick.Stop()
		for n, rest := 0, 0; ; {
			select {
			case <-c.stop:
				return
			case <-tick.C:
			}
			n, rest = n+1, max(0, rest-1)
			if commits := c.commits.Load(); commits == 0 || commits < checkpointAfter && n < checkpointRest {
				continue
			}
			n = 0
			c.commits.Store(0)
			busy, err := d.shortenLog(context.Background(), rest == 0)
			if busy {
				rest = restartRest
			}
			if err != nil {
				d.log.Warn("the write-ahead log could not be copied", "error", err)
			}
		}
	}()
}

// shortenLog copies the log into the file and, where it is long, lets the next
// transaction write at its beginning again. busy says that somebody still read
// from it.
func (d *DB) shortenLog(ctx context.Context, restart bool) (busy bool, err error) {
	_, pages, copied, err := d.logs.run(ctx, "passive")
	if err != nil || !restart || pages < logPages || copied < pages/2 {
		return false, err
	}
	g := d.group
	g.waiting.Add(1) // the group that is open ends here
	g.baton.Lock()
	g.waiting.Add(-1)
	defer g.baton.Unlock()
	g.end(ctx)
	busy, _, _, err = d.logs.run(ctx, "restart")
	return busy, err
}

// run answers how many pages the log has, how many of them are copied, and whether
// somebody was in the way.
func (c *checkpointer) run(ctx context.Context, mode string) (busy bool, pages, copied int64, err error) {
	err = c.conn.QueryRowContext(ctx, "pragma wal_checkpoint("+mode+")").Scan(&busy, &pages, &copied)
	return busy, pages, copied, err
}

func (c *checkpointer) close() error {
	if c == nil {
		return nil
	}
	close(c.stop)
	<-c.done
	return c.conn.Close()
}
