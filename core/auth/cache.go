package auth

import (
	"sync"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
)

const (
	cacheFor     = 5 * time.Second
	cacheEntries = 10_000
)

// cache remembers verified tokens by their hash.
type cache struct {
	mu    sync.Mutex
	round uint64 // grows with every invalidation
	known map[string]cached
}

type cached struct {
	actor Actor
	until clock.Instant
}

func newCache() *cache { return &cache{known: map[string]cached{}} }

func (c *cache) get(hash string, now clock.Instant) (a Actor, round uint64, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.known[hash]
	return e.actor, c.round, ok && now < e.until
}

// put remembers what was read, unless something was revoked since round: the
// row may have been read before that.
func (c *cache) put(hash string, a Actor, round uint64, now, expires clock.Instant) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if round != c.round {
		return
	}
	if len(c.known) >= cacheEntries {
		clear(c.known) // seldom, and refilled within a trip each
	}
	until := now.Add(cacheFor)
	if expires != 0 {
		until = min(until, expires)
	}
	c.known[hash] = cached{a, until}
}

// forget drops everything: revocations are rare, and this cannot miss one.
func (c *cache) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.round++
	clear(c.known)
}

// services finds the services of a database, so that a revocation needs no more
// than its Tx.
var services sync.Map // *Service -> *db.DB

// forgetAfter empties the caches once the transaction is durable.
func forgetAfter(tx *db.Tx) {
	d := tx.DB()
	tx.AfterCommit(func() {
		services.Range(func(s, of any) bool {
			if of == d {
				s.(*Service).cache.forget()
			}
			return true
		})
	})
}
