package auth

import (
	"sync"
	"time"

	"github.com/shopwright/shopwright/core/clock"
)

const (
	failureWindow  = 15 * time.Minute
	maxPerLogin    = 10
	maxPerRemote   = 40 // a shop's staff share one address
	limiterEntries = 20_000
)

// limiter counts failed attempts by key within a window. It lives in memory: a
// restart forgets, which helps nobody who needs thousands of attempts.
type limiter struct {
	mu    sync.Mutex
	count map[string]*failures
}

type failures struct {
	n     int
	until clock.Instant // the count ends here
}

func newLimiter() *limiter { return &limiter{count: map[string]*failures{}} }

// take counts an attempt in advance, so that parallel attempts cannot all pass.
// It answers how long to wait where there were too many.
func (l *limiter) take(key string, most int, now clock.Instant) (wait time.Duration, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f := l.count[key]
	if f == nil || f.until <= now {
		l.tidy(now)
		f = &failures{until: now.Add(failureWindow)}
		l.count[key] = f
	}
	if f.n >= most {
		return f.until.Sub(now), false
	}
	f.n++
	return 0, true
}

// give takes an attempt back that did not fail; all of the key's where clear is set.
func (l *limiter) give(key string, clear bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f := l.count[key]
	switch {
	case f == nil:
	case clear || f.n <= 1:
		delete(l.count, key)
	default:
		f.n--
	}
}

// tidy bounds the memory: what is over goes, then anything.
func (l *limiter) tidy(now clock.Instant) {
	if len(l.count) < limiterEntries {
		return
	}
	for k, f := range l.count {
		if f.until <= now {
			delete(l.count, k)
		}
	}
	for k := range l.count {
		if len(l.count) < limiterEntries {
			return
		}
		delete(l.count, k)
	}
}
