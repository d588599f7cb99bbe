package event

import (
	"context"
	"log/slog"
	"runtime/debug"
	"sort"
	"sync"
	"time"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
)

// Options tunes a dispatcher; the zero value is right.
type Options struct {
	Log   *slog.Logger  // default slog.Default()
	Poll  time.Duration // how often it looks without being woken; default 2 s
	Batch int           // events numbered in one transaction; default 200
}

// backlog is how many events may wait for one subscriber before publication
// waits for it.
const backlog = 1024

// Dispatcher publishes the events of all merchants. One runs in a process.
type Dispatcher struct {
	d       *db.DB
	opts    Options
	wake    chan struct{}
	ended   chan struct{}
	stop    context.CancelFunc // no more publication
	abort   context.CancelFunc // subscribers too
	aborted context.Context
	calls   sync.WaitGroup

	mu      sync.Mutex
	pending map[id.ID]struct{}
	waiters map[id.ID]chan struct{} // closed at the merchant's next publication
	subs    []*subscriber
	started bool
}

type subscriber struct {
	kind  string // a type, or "*"
	call  func(context.Context, Event)
	queue chan Event
}

// New makes a dispatcher that is not yet running.
func New(d *db.DB, o Options) *Dispatcher {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Poll <= 0 {
		o.Poll = 2 * time.Second
	}
	if o.Batch <= 0 {
		o.Batch = 200
	}
	return &Dispatcher{d: d, opts: o, wake: make(chan struct{}, 1), ended: make(chan struct{}),
		pending: map[id.ID]struct{}{}, waiters: map[id.ID]chan struct{}{}}
}

// Subscribe has f called for each event of the type, or of every type ("*"), in
// the order of each merchant's seq and never twice at once. A panic of f is
// logged and harms nobody else. Call it before Start.
func (d *Dispatcher) Subscribe(eventType string, f func(context.Context, Event)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.started {
		panic("event: Subscribe after Start")
	}
	d.subs = append(d.subs, &subscriber{kind: eventType, call: f, queue: make(chan Event, backlog)})
}

// Start begins to publish, with whatever an earlier process left behind. It
// panics where this database has a dispatcher in this process already.
func (d *Dispatcher) Start() {
	if _, dup := running.LoadOrStore(d.d, d); dup {
		panic("event: two dispatchers for one database")
	}
	d.mu.Lock()
	d.started = true
	d.mu.Unlock()
	var ctx context.Context
	ctx, d.stop = context.WithCancel(context.Background())
	d.aborted, d.abort = context.WithCancel(context.Background())
	for _, s := range d.subs {
		d.calls.Go(func() { d.serve(s) })
	}
	go d.run(ctx)
}

// Stop ends publication and waits until the subscribers have had what was
// published, or until ctx ends. What is not yet published stays for the next start.
func (d *Dispatcher) Stop(ctx context.Context) error {
	running.CompareAndDelete(d.d, d)
	d.stop()
	defer d.abort()
	unhook := context.AfterFunc(ctx, d.abort)
	defer unhook()
	done := make(chan struct{})
	go func() {
		<-d.ended
		d.calls.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (d *Dispatcher) due(merchant id.ID) {
	d.mu.Lock()
	d.pending[merchant] = struct{}{}
	d.mu.Unlock()
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

func (d *Dispatcher) run(ctx context.Context) {
	defer func() {
		for _, s := range d.subs {
			close(s.queue)
		}
		close(d.ended)
	}()
	tick := time.NewTicker(d.opts.Poll)
	defer tick.Stop()
	d.look(ctx)
	for {
		d.round(ctx)
		select {
		case <-ctx.Done():
			return
		case <-d.wake:
		case <-tick.C:
			d.look(ctx)
		}
	}
}

// look finds merchants with unpublished events: left by another process, by a
// crash, or by a publication that failed.
func (d *Dispatcher) look(ctx context.Context) {
	ms, err := db.All(ctx, d.d, func(r db.Row, m *id.ID) error { return r.Scan(m) }, `select distinct merchant_id from events where seq is null`)
	if err != nil {
		if ctx.Err() == nil {
			d.opts.Log.Error("looking for unpublished events failed", "error", err)
		}
		return
	}
	for _, m := range ms {
		d.due(m)
	}
}

// round publishes one batch for each merchant that is due.
func (d *Dispatcher) round(ctx context.Context) {
	d.mu.Lock()
	ms := d.pending
	d.pending = map[id.ID]struct{}{}
	d.mu.Unlock()
	for m := range ms {
		if ctx.Err() != nil {
			return
		}
		es, err := d.publish(ctx, m)
		if err != nil {
			if ctx.Err() == nil {
				d.opts.Log.Error("publishing events failed; trying again at the next look", "merchant", m, "error", err)
			}
			continue
		}
		if len(es) > 0 {
			d.deliver(m, es)
		}
		if len(es) == d.opts.Batch {
			d.due(m) // after the others' turn
		}
	}
}

// publish gives the next numbers to the merchant's unpublished events, oldest
// id first. It locks nothing but those rows. "e.seq is null" outside, too: a row
// that another publisher numbered in the meantime must not be numbered again.
func (d *Dispatcher) publish(ctx context.Context, merchant id.ID) ([]Event, error) {
	var out []Event
	err := d.d.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		out = out[:0]
		tx.Ask(func(r db.Row) error {
			var e Event
			err := scan(merchant)(r, &e)
			out = append(out, e)
			return err
		}, `update events as e set seq = top.last_seq + due.no
		    from (select id as due_id, row_number() over (order by id) as no from events where merchant_id = $1 and seq is null order by id limit $2) as due,
		         (select coalesce(max(seq), 0) as last_seq from events where merchant_id = $1) as top
		    where e.merchant_id = $1 and e.id = due.due_id and e.seq is null
		    returning id, seq, type, occurred_at, shop_id, data`, merchant, d.opts.Batch)
		return nil
	})
	if err != nil {
		return nil, err
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Seq < out[j].Seq })
	return out, nil
}

// deliver hands events to the subscribers and wakes those who wait.
func (d *Dispatcher) deliver(merchant id.ID, es []Event) {
	d.mu.Lock()
	if ch, ok := d.waiters[merchant]; ok {
		close(ch)
		delete(d.waiters, merchant)
	}
	d.mu.Unlock()
	for _, e := range es {
		for _, s := range d.subs {
			if s.kind != "*" && s.kind != e.Type {
				continue
			}
			select {
			case s.queue <- e:
			case <-d.aborted.Done():
				return
			}
		}
	}
}

func (d *Dispatcher) serve(s *subscriber) {
	for e := range s.queue {
		if d.aborted.Err() != nil {
			return
		}
		d.call(s, e)
	}
}

func (d *Dispatcher) call(s *subscriber, e Event) {
	defer func() {
		if p := recover(); p != nil {
			d.opts.Log.Error("a subscriber panicked", "type", e.Type, "event", e.ID, "panic", p, "stack", string(debug.Stack()))
		}
	}()
	s.call(d.aborted, e)
}

// Wait returns nil once the merchant has a published event after seq, or ctx's
// error. Events that another process publishes are seen at the next poll.
func (d *Dispatcher) Wait(ctx context.Context, merchant id.ID, seq int64) error {
	for {
		changed := d.changed(merchant) // before reading: a publication in between is not missed
		last, err := LastSeq(ctx, d.d, merchant)
		if err != nil {
			return err
		}
		if last > seq {
			return nil
		}
		poll := time.NewTimer(d.opts.Poll)
		select {
		case <-ctx.Done():
			poll.Stop()
			return ctx.Err()
		case <-changed:
			poll.Stop()
		case <-poll.C:
		}
	}
}

func (d *Dispatcher) changed(merchant id.ID) <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	ch, ok := d.waiters[merchant]
	if !ok {
		ch = make(chan struct{})
		d.waiters[merchant] = ch
	}
	return ch
}
