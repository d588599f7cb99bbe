package rules

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"math/bits"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/promotion"
)

// Stats is what a host holds and what its calls have cost since it started.
type Stats struct {
	Calls      []CallStat // by pack, version and hook
	Modules    int        // compiled
	Images     int        // of modules with a configuration
	Instances  int        // idle or at work
	ImageBytes int64      // of all images together
	ImageLimit int64      // what they may hold
	Evicted    int64      // images dropped to make room
}

// CallStat is the calls of one hook of one pack. A call that its caller gave up
// on counts as a call, and not as a failure.
type CallStat struct {
	PackID   string
	Version  string
	Hook     promotion.Hook
	Calls    int64
	Failures map[string]int64 // by the reason of the fault; nil where none failed
	Fuel     int64            // of all calls
	FuelMax  int64
	Nanos    int64         // of all calls: the module's time and the restore
	P50      time.Duration // within an eighth
	P99      time.Duration
	NanosMax int64
}

// Stats answers the figures. It waits for no call.
func (h *Host) Stats() Stats {
	s := Stats{Instances: int(h.instances.Load()), ImageLimit: h.lim.ImageBytes, Evicted: h.evicted.Load()}
	h.mu.Lock()
	s.Images, s.Modules, s.ImageBytes = len(h.images), len(h.modules), h.held
	h.mu.Unlock()
	s.Calls = h.meters.read()
	return s
}

const hooks = int(promotion.HookReturn) + 1

// meters counts calls by pack and version.
type meters struct {
	mu  sync.RWMutex
	all map[[2]string]*meter
}

// meter is a version of a pack. An image remembers the one it used last, so that
// a call finds it without a look-up.
type meter struct {
	id, version string
	hooks       [hooks]atomic.Pointer[hookMeter]
}

type hookMeter struct {
	calls, fuel, fuelMax, nanos, nanosMax atomic.Int64
	spread                                [buckets]atomic.Uint32

	mu       sync.Mutex
	failures map[string]int64
}

func (ms *meters) of(id, version string) *meter {
	key := [2]string{id, version}
	ms.mu.RLock()
	m := ms.all[key]
	ms.mu.RUnlock()
	if m != nil {
		return m
	}
	ms.mu.Lock()
	defer ms.mu.Unlock()
	if m = ms.all[key]; m == nil {
		m = &meter{id: id, version: version}
		ms.all[key] = m
	}
	return m
}

// note counts one call.
func (m *meter) note(hook promotion.Hook, r *result, err error) {
	if int(hook) >= hooks {
		hook = 0
	}
	x := m.hooks[hook].Load()
	if x == nil {
		m.hooks[hook].CompareAndSwap(nil, &hookMeter{})
		x = m.hooks[hook].Load()
	}
	x.calls.Add(1)
	x.fuel.Add(r.fuel)
	raise(&x.fuelMax, r.fuel)
	x.nanos.Add(r.nanos)
	raise(&x.nanosMax, r.nanos)
	if r.nanos > 0 {
		x.spread[bucket(r.nanos)].Add(1)
	}
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return
	}
	reason := fault.Of(err).Reason
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.failures == nil {
		x.failures = map[string]int64{}
	}
	x.failures[reason]++
}

func raise(to *atomic.Int64, v int64) {
	for old := to.Load(); v > old && !to.CompareAndSwap(old, v); old = to.Load() {
	}
}

func (ms *meters) read() []CallStat {
	ms.mu.RLock()
	all := slices.Collect(maps.Values(ms.all))
	ms.mu.RUnlock()
	var out []CallStat
	for _, m := range all {
		for hook := range m.hooks {
			if x := m.hooks[hook].Load(); x != nil {
				s := CallStat{PackID: m.id, Version: m.version, Hook: promotion.Hook(hook)}
				x.read(&s)
				out = append(out, s)
			}
		}
	}
	slices.SortFunc(out, func(a, b CallStat) int {
		return cmp.Or(cmp.Compare(a.PackID, b.PackID), cmp.Compare(a.Version, b.Version), cmp.Compare(a.Hook, b.Hook))
	})
	return out
}

func (x *hookMeter) read(s *CallStat) {
	s.Calls, s.Fuel, s.FuelMax, s.Nanos, s.NanosMax = x.calls.Load(), x.fuel.Load(), x.fuelMax.Load(), x.nanos.Load(), x.nanosMax.Load()
	x.mu.Lock()
	s.Failures = maps.Clone(x.failures)
	x.mu.Unlock()
	var counts [buckets]uint32
	var n uint64
	for i := range counts {
		counts[i] = x.spread[i].Load()
		n += uint64(counts[i])
	}
	at := func(share uint64) time.Duration { // share in hundredths
		if n == 0 {
			return 0
		}
		rank, seen := (n*share+99)/100, uint64(0)
		for i, c := range counts {
			if seen += uint64(c); seen >= rank {
				return min(time.Duration(middle(i)), time.Duration(s.NanosMax))
			}
		}
		return time.Duration(s.NanosMax)
	}
	s.P50, s.P99 = at(50), at(99)
}

// buckets: eight for each power of two, from 256 ns to half a minute.
const (
	lowest  = 8  // 2^8 ns and less
	highest = 35 // 2^35 ns and more
	buckets = (highest - lowest) * 8
)

func bucket(nanos int64) int {
	v := uint64(nanos)
	e := bits.Len64(v) - 1
	switch {
	case e < lowest:
		return 0
	case e >= highest:
		return buckets - 1
	}
	return (e-lowest)*8 + int(v>>(e-3)&7)
}

// middle of a bucket.
func middle(i int) int64 {
	e := i/8 + lowest
	return int64(8+i%8)<<(e-3) + int64(1)<<(e-4)
}
