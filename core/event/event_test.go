package event_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/db/dbtest"
	"github.com/shopwright/shopwright/core/event"
	"github.com/shopwright/shopwright/core/id"
)

var (
	ctx   = context.Background()
	quiet = slog.New(slog.NewTextHandler(io.Discard, nil))
)

func emit(t *testing.T, d *db.DB, es ...event.Event) {
	t.Helper()
	err := d.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		for _, e := range es {
			event.Emit(tx, e)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func started(t *testing.T, d *db.DB, o event.Options, prepare func(*event.Dispatcher)) *event.Dispatcher {
	t.Helper()
	o.Log = quiet
	x := event.New(d, o)
	if prepare != nil {
		prepare(x)
	}
	x.Start()
	t.Cleanup(func() { stop(t, x) })
	return x
}

func stop(t *testing.T, x *event.Dispatcher) {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if err := x.Stop(ctx); err != nil {
		t.Error("Stop:", err)
	}
}

func waitFor(t *testing.T, x *event.Dispatcher, m id.ID, after int64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if err := x.Wait(ctx, m, after); err != nil {
		t.Fatal("Wait:", err)
	}
}

func types(t *testing.T, d *db.DB, m id.ID, after int64) (out []string) {
	t.Helper()
	es, err := event.After(ctx, d, m, after, 0)
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range es {
		if e.Seq != after+int64(i)+1 {
			t.Fatalf("seq %d at place %d after %d", e.Seq, i, after)
		}
		out = append(out, e.Type)
	}
	return out
}

func TestEventsAreNumberedAndDeliveredInOrder(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		m, other, shop := id.New(1), id.New(1), id.New(1)
		got := make(chan event.Event, 100)
		x := started(t, d, event.Options{Poll: time.Hour, Batch: 2}, func(x *event.Dispatcher) {
			x.Subscribe("*", func(_ context.Context, e event.Event) { got <- e })
			x.Subscribe("b.x.v1", func(context.Context, event.Event) { panic("a broken subscriber") })
		})
		emit(t, d, event.Event{Merchant: other, Type: "z.x.v1"})
		emit(t, d, event.Event{Merchant: m, Type: "a.x.v1", Shop: shop, Data: event.JSON(map[string]int{"n": 1})},
			event.Event{Merchant: m, Type: "b.x.v1"}, event.Event{Merchant: m, Type: "b.x.v1"},
			event.Event{Merchant: m, Type: "c.x.v1"}, event.Event{Merchant: m, Type: "d.x.v1"})
		var mine []event.Event
		for range 6 {
			select {
			case e := <-got:
				if e.Merchant == m {
					mine = append(mine, e)
				}
			case <-time.After(10 * time.Second):
				t.Fatalf("only %d were delivered", len(mine))
			}
		}
		for i, e := range mine {
			if e.Seq != int64(i+1) {
				t.Fatalf("%+v at %d", e, i)
			}
		}
		first := mine[0]
		var data struct{ N int }
		if err := first.Decode(&data); err != nil || data.N != 1 || first.Shop != shop || first.OccurredAt == 0 {
			t.Fatalf("%+v %v", first, err)
		}
		if s := fmt.Sprint(types(t, d, m, 0)); s != "[a.x.v1 b.x.v1 b.x.v1 c.x.v1 d.x.v1]" {
			t.Fatal(s)
		}
		if s := fmt.Sprint(types(t, d, m, 3)); s != "[c.x.v1 d.x.v1]" {
			t.Fatal(s)
		}
		waitFor(t, x, other, 0)
	})
}

func TestARolledBackEventNeverHappened(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		m := id.New(1)
		x := started(t, d, event.Options{Poll: time.Hour}, nil)
		broken := errors.New("no")
		err := d.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
			event.Emit(tx, event.Event{Merchant: m, Type: "a.x.v1"})
			return errors.Join(tx.Flush(ctx), broken)
		})
		if !errors.Is(err, broken) {
			t.Fatal(err)
		}
		emit(t, d, event.Event{Merchant: m, Type: "b.x.v1"})
		waitFor(t, x, m, 0)
		if s := fmt.Sprint(types(t, d, m, 0)); s != "[b.x.v1]" {
			t.Fatal(s)
		}
	})
}

// A cursor on ids would lose the late event: its id is smaller than one that was read.
func TestALateCommitIsNotLost(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		m := id.New(1)
		early := id.New(int64(d.Now()))
		x := started(t, d, event.Options{Poll: time.Hour}, nil)
		emit(t, d, event.Event{Merchant: m, Type: "second.x.v1"})
		waitFor(t, x, m, 0)
		emit(t, d, event.Event{Merchant: m, Type: "first.x.v1", ID: early})
		waitFor(t, x, m, 1)
		if s := fmt.Sprint(types(t, d, m, 0)); s != "[second.x.v1 first.x.v1]" {
			t.Fatal(s)
		}
	})
}

func TestATransactionThatStaysOpenIsPublishedWhenItCommits(t *testing.T) {
	d := dbtest.Postgres(t) // SQLite has one writer: nothing commits beside an open transaction
	m := id.New(1)
	x := started(t, d, event.Options{Poll: time.Hour}, nil)
	written, commit, ended := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		ended <- d.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
			event.Emit(tx, event.Event{Merchant: m, Type: "slow.x.v1"})
			err := tx.Flush(ctx)
			close(written)
			<-commit
			return err
		})
	}()
	<-written
	emit(t, d, event.Event{Merchant: m, Type: "fast.x.v1"})
	waitFor(t, x, m, 0)
	if s := fmt.Sprint(types(t, d, m, 0)); s != "[fast.x.v1]" {
		t.Fatal(s)
	}
	close(commit)
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	waitFor(t, x, m, 1)
	if s := fmt.Sprint(types(t, d, m, 1)); s != "[slow.x.v1]" {
		t.Fatal(s)
	}
}

func TestWhatAnEarlierProcessLeftIsPublishedAtTheStart(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		m := id.New(1)
		emit(t, d, event.Event{Merchant: m, Type: "left.x.v1"})
		x := started(t, d, event.Options{Poll: time.Hour}, nil)
		waitFor(t, x, m, 0)
	})
}

func TestThePollFindsWhatNobodyAnnounced(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		m := id.New(1)
		x := started(t, d, event.Options{Poll: 20 * time.Millisecond}, nil)
		err := d.InTx(ctx, func(ctx context.Context, tx *db.Tx) error { // as another process would, without our wake-up
			tx.Queue(`insert into events (merchant_id, id, type, occurred_at, data) values ($1, $2, 'a.x.v1', 1, '{}')`, m, tx.NewID())
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		waitFor(t, x, m, 0)
	})
}

func TestTwoProcessesNumberWithoutGapsOrDoubles(t *testing.T) {
	url := dbtest.PostgresURL(t)
	const each, batches = 40, 5
	m := id.New(1)
	var dbs [2]*db.DB
	var mu sync.Mutex
	seen := map[int64]int{}
	for i := range dbs {
		d, err := db.Open(ctx, url, db.Options{Log: quiet})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { d.Close() })
		dbs[i] = d
	}
	var xs [2]*event.Dispatcher
	for i, d := range dbs {
		xs[i] = started(t, d, event.Options{Poll: 5 * time.Millisecond, Batch: 7}, func(x *event.Dispatcher) {
			x.Subscribe("*", func(_ context.Context, e event.Event) {
				mu.Lock()
				seen[e.Seq]++
				mu.Unlock()
			})
		})
	}
	var wg sync.WaitGroup
	for i := range each {
		wg.Go(func() {
			for range batches {
				emit(t, dbs[i%2], event.Event{Merchant: m, Type: "a.x.v1"}, event.Event{Merchant: m, Type: "b.x.v1"})
			}
		})
	}
	wg.Wait()
	const total = each * batches * 2
	waitFor(t, xs[0], m, total-1)
	es, err := event.After(ctx, dbs[0], m, 0, 1000)
	if err != nil || len(es) != total {
		t.Fatalf("%d events, %v", len(es), err)
	}
	ids := map[id.ID]bool{}
	for i, e := range es {
		ids[e.ID] = true
		if e.Seq != int64(i+1) {
			t.Fatalf("seq %d at place %d", e.Seq, i)
		}
	}
	if len(ids) != total {
		t.Fatalf("%d different events", len(ids))
	}
	deadline := time.Now().Add(5 * time.Second)
	for {
		mu.Lock()
		n := len(seen)
		mu.Unlock()
		if n == total || time.Now().After(deadline) {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	mu.Lock()
	defer mu.Unlock()
	for s := int64(1); s <= total; s++ {
		if seen[s] != 1 {
			t.Fatalf("event %d was delivered %d times", s, seen[s])
		}
	}
}

func TestStopWaitsForSubscribers(t *testing.T) {
	d := dbtest.SQLite(t)
	m := id.New(1)
	begun, done := make(chan struct{}), false
	x := event.New(d, event.Options{Log: quiet})
	x.Subscribe("a.x.v1", func(context.Context, event.Event) {
		close(begun)
		time.Sleep(50 * time.Millisecond)
		done = true
	})
	x.Start()
	emit(t, d, event.Event{Merchant: m, Type: "a.x.v1"})
	<-begun
	stop(t, x)
	if !done {
		t.Fatal("Stop did not wait")
	}
	emit(t, d, event.Event{Merchant: m, Type: "b.x.v1"}) // nobody listens: stays unpublished
	if s := fmt.Sprint(types(t, d, m, 0)); s != "[a.x.v1]" {
		t.Fatal(s)
	}
}

func TestStopGivesUpOnAStuckSubscriber(t *testing.T) {
	d := dbtest.SQLite(t)
	m := id.New(1)
	begun := make(chan struct{}, 2000)
	x := event.New(d, event.Options{Log: quiet})
	x.Subscribe("*", func(ctx context.Context, _ event.Event) { begun <- struct{}{}; <-ctx.Done() })
	x.Start()
	emit(t, d, event.Event{Merchant: m, Type: "a.x.v1"}, event.Event{Merchant: m, Type: "b.x.v1"})
	<-begun
	short, cancel := context.WithTimeout(ctx, 30*time.Millisecond)
	defer cancel()
	if err := x.Stop(short); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
}

func TestWaitEndsWithItsContext(t *testing.T) {
	d := dbtest.SQLite(t)
	x := started(t, d, event.Options{}, nil)
	short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	if err := x.Wait(short, id.New(1), 0); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
}

func TestTheJSONForm(t *testing.T) {
	e := event.Event{ID: id.MustParse("00000000-0000-7000-8000-000000000001"), Merchant: id.New(1), Seq: 3, Type: "a.x.v1", OccurredAt: 1, Data: event.JSON(map[string]string{"k": "v"})}
	b, err := json.Marshal(e)
	const want = `{"id":"00000000-0000-7000-8000-000000000001","seq":3,"type":"a.x.v1","occurred_at":"1970-01-01T00:00:00.000001Z","data":{"k":"v"}}`
	if err != nil || string(b) != want {
		t.Fatalf("%s %v", b, err)
	}
}

func TestMalformedEventsPanic(t *testing.T) {
	d := dbtest.SQLite(t)
	for _, e := range []event.Event{{Merchant: id.New(1), Type: "a.x"}, {Type: "a.x.v1"}, {Merchant: id.New(1), Type: "a.x.v1", Data: json.RawMessage("{")}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("no panic: %+v", e)
				}
			}()
			_ = d.InTx(ctx, func(_ context.Context, tx *db.Tx) error { event.Emit(tx, e); return nil })
		}()
	}
}
