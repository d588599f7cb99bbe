package shell

import (
	"context"
	"sync"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/tenant"
)

// merchantFor is how long a merchant's particulars are remembered: they change a
// few times a year and every request needs them. Forget makes a change visible at
// once in this process.
const merchantFor = 5 * time.Second

type merchants struct {
	mu    sync.Mutex
	known map[id.ID]knownMerchant
}

type knownMerchant struct {
	m     tenant.Merchant
	until clock.Instant
}

// get reads a merchant, through the memory. Fault: tenant.merchant_not_found.
func (c *merchants) get(ctx context.Context, d *db.DB, merchant id.ID) (tenant.Merchant, error) {
	now := d.Now()
	c.mu.Lock()
	k, ok := c.known[merchant]
	c.mu.Unlock()
	if ok && now < k.until && k.until <= now.Add(merchantFor) { // a clock that was set back makes it stale
		return k.m, nil
	}
	m, err := tenant.GetMerchant(ctx, d, merchant)
	if err != nil {
		return m, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil || len(c.known) > 10_000 {
		c.known = map[id.ID]knownMerchant{}
	}
	c.known[merchant] = knownMerchant{m, now.Add(merchantFor)}
	return m, nil
}

// Forget drops what is remembered of a merchant, after its edition or name changed.
func (s *Shell) Forget(merchant id.ID) {
	s.merchants.mu.Lock()
	defer s.merchants.mu.Unlock()
	delete(s.merchants.known, merchant)
}
