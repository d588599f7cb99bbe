package soak

import (
	"fmt"
	"io"
	"maps"
	"math/bits"
	"slices"
	"sync"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/id"
)

// Tally is what all lives of a run came to. Safe for concurrent use.
type Tally struct {
	mu       sync.Mutex
	kinds    map[string]*times
	refusals map[string]int64
	done     int64
	asked    int64 // calls with a key
	refusedN int64
	kills    int64
	resent   int64 // calls that no answer was heard of, sent again after a kill
	compared int64 // calls sent again after a kill whose answers were the same
	retries  int64 // of lives that have ended
	ofLife   int64
	checks   int64
	figures  int64
	ties     int64
	proof    times
	rest     times
	full     time.Duration

	documents map[id.ID]bool // that were answered
	byHand    map[id.ID]bool
	pending   map[id.ID]bool
	begun     map[string]*Call // and not answered yet
	order     []string         // of begun
	answered  []Answered       // the newest
	at        int
	now       clock.Instant
}

// keepAnswers is how many answers are kept for a restart to ask for again.
const keepAnswers = 200

// NewTally is an empty one.
func NewTally() *Tally {
	return &Tally{kinds: map[string]*times{}, refusals: map[string]int64{}, documents: map[id.ID]bool{}, byHand: map[id.ID]bool{}, pending: map[id.ID]bool{}, begun: map[string]*Call{}}
}

// Note takes an event in. It answers what is wrong where the books hold another
// number of documents than were answered.
func (t *Tally) Note(e Event) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case e.Begin != nil:
		t.begun[e.Begin.Key] = e.Begin
		t.order = append(t.order, e.Begin.Key)
	case e.End != nil:
		t.end(e.End)
	case e.Check != nil:
		return t.check(e.Check)
	}
	return nil
}

func (t *Tally) end(e *End) {
	t.now = max(t.now, e.Clock)
	k := t.kinds[e.Kind]
	if k == nil {
		k = &times{}
		t.kinds[e.Kind] = k
	}
	k.add(e.Took)
	if !e.Aside {
		t.done++
		if e.Refused != "" {
			t.refusals[e.Refused]++
			t.refusedN++
		}
	}
	if e.Key == "" {
		return
	}
	t.asked++
	if e.Refused == "" {
		if !e.Answer.Document.IsNone() {
			t.documents[e.Answer.Document] = true
		}
		if !e.Answer.Entry.IsNone() {
			t.byHand[e.Answer.Entry] = true
		}
		if c := t.begun[e.Key]; c != nil {
			t.keep(Answered{c, e.Answer.Text})
		}
	}
	if !e.Pending.IsNone() {
		t.pending[e.Pending] = true
	}
	delete(t.begun, e.Key)
	if len(t.order) > 1000 {
		t.order = slices.DeleteFunc(t.order, func(k string) bool { return t.begun[k] == nil })
	}
}

func (t *Tally) keep(a Answered) {
	if len(t.answered) < keepAnswers {
		t.answered = append(t.answered, a)
		return
	}
	t.answered[t.at] = a
	t.at = (t.at + 1) % keepAnswers
}

// check compares what was answered with what is there.
func (t *Tally) check(c *Check) error {
	t.now = max(t.now, c.Clock)
	t.checks++
	t.figures += int64(c.Checked)
	t.ties += int64(c.Ties)
	if c.Full {
		t.full = c.Proof
	} else {
		t.proof.add(c.Proof)
	}
	t.rest.add(c.Rest)
	t.ofLife = c.Retries
	// A sale that waited has ended: booked, or come to nothing.
	for sid := range t.pending {
		switch {
		case slices.Contains(c.Open, sid):
			continue
		case !slices.Contains(c.Abandoned, sid):
			t.documents[sid] = true
		}
		delete(t.pending, sid)
	}
	if len(t.begun) == 0 && (c.Documents != int64(len(t.documents)) || c.ByHand != int64(len(t.byHand))) {
		return fmt.Errorf("after operation %d: %d documents were answered and %d are in the books, %d changes by hand and %d",
			c.Operation, len(t.documents), c.Documents, len(t.byHand), c.ByHand)
	}
	return nil
}

// next is the life that follows a kill, or the first.
func (t *Tally) next(cfg Config) Config {
	t.mu.Lock()
	defer t.mu.Unlock()
	cfg.Life++
	cfg.First, cfg.Clock = t.done, max(cfg.Clock, t.now)
	cfg.Unanswered = nil
	for _, k := range t.order {
		if c := t.begun[k]; c != nil {
			cfg.Unanswered = append(cfg.Unanswered, c)
		}
	}
	cfg.Answered = slices.Clone(t.answered)
	if cfg.Life > 1 {
		t.kills++
		t.resent += int64(len(cfg.Unanswered))
		t.compared += int64(len(cfg.Answered))
		t.retries += t.ofLife
		t.ofLife = 0
	}
	return cfg
}

// Done is how many operations have ended.
func (t *Tally) Done() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.done
}

// Retries is how many transactions ran again after a conflict.
func (t *Tally) Retries() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.retries + t.ofLife
}

// Print writes the tally down: operations, refusals, conflicts, times, proofs.
func (t *Tally) Print(out io.Writer, took time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	fmt.Fprintf(out, "%d operations in %s, %.0f a second; %d requests with a key, %d refused for reasons of business\n",
		t.done, took.Round(time.Millisecond), float64(t.done)/max(took.Seconds(), 0.001), t.asked, t.refusedN)
	fmt.Fprintf(out, "%-28s %9s %10s %10s\n", "operation", "times", "p50", "p99")
	for _, k := range slices.Sorted(maps.Keys(t.kinds)) {
		v := t.kinds[k]
		fmt.Fprintf(out, "%-28s %9d %10s %10s\n", k, v.n, v.at(0.50), v.at(0.99))
	}
	fmt.Fprintln(out, "refused:")
	for _, k := range slices.Sorted(maps.Keys(t.refusals)) {
		fmt.Fprintf(out, "  %-40s %9d\n", k, t.refusals[k])
	}
	fmt.Fprintf(out, "conflicts retried: %d\n", t.retries+t.ofLife)
	fmt.Fprintf(out, "kills: %d; %d requests without an answer sent again, %d answers compared\n", t.kills, t.resent, t.compared)
	fmt.Fprintf(out, "documents: %d, changes by hand: %d, all of them answered once\n", len(t.documents), len(t.byHand))
	fmt.Fprintf(out, "proofs: %d, %d figures recomputed, %d figures of documents compared with the ledger\n", t.checks, t.figures, t.ties)
	fmt.Fprintf(out, "incremental proof p50 %s, p99 %s; full proof %s; other invariants p50 %s, p99 %s\n",
		t.proof.at(0.50), t.proof.at(0.99), t.full.Round(time.Millisecond), t.rest.at(0.50), t.rest.at(0.99))
}

// times is a histogram of durations: buckets of an eighth of a power of two.
type times struct {
	n       int64
	buckets [64 * 8]int64
}

func (h *times) add(d time.Duration) {
	h.n++
	h.buckets[bucketOf(uint64(max(d.Microseconds(), 1)))]++
}

func bucketOf(us uint64) int {
	e := bits.Len64(us) - 1
	part := 0
	if e >= 3 {
		part = int(us>>(e-3)) & 7
	}
	return e*8 + part
}

// at is the duration below which a share of all lies, rounded up to its bucket.
func (h *times) at(share float64) time.Duration {
	want, seen := int64(float64(h.n)*share+0.5), int64(0)
	for i, n := range h.buckets {
		if seen += n; n > 0 && seen >= want {
			e, part := i/8, i%8
			return time.Duration(uint64(1)<<e+(uint64(part)+1)<<max(e-3, 0)) * time.Microsecond
		}
	}
	return 0
}
