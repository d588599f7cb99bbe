package checkout

import (
	"container/list"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
)

const (
	quoteLife = 15 * time.Minute
	quoteMost = 5000
)

// quoteCache keeps the newest quotes. A quote that is not at hand (a restart,
// another node) is priced again; its reference carries the total that the screen
// showed, so that it binds all the same.
type quoteCache struct {
	mu    sync.Mutex
	byRef map[string]*list.Element
	order list.List
}

func (c *quoteCache) put(q *Quote) {
	q.Ref = "q." + id.New(int64(q.At)).String() + "." + strconv.FormatInt(int64(q.Total), 10)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byRef == nil {
		c.byRef = map[string]*list.Element{}
	}
	c.byRef[q.Ref] = c.order.PushBack(q)
	for c.order.Len() > quoteMost {
		old := c.order.Remove(c.order.Front()).(*Quote)
		delete(c.byRef, old.Ref)
	}
}

func (c *quoteCache) get(ref string, now clock.Instant) *Quote {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.byRef[ref]
	if e == nil {
		return nil
	}
	q := e.Value.(*Quote)
	if q.ExpiresAt <= now {
		c.order.Remove(e)
		delete(c.byRef, ref)
		return nil
	}
	return q
}

// drop ends a quote that was sold: it is sold once.
func (c *quoteCache) drop(q *Quote) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.byRef[q.Ref]; e != nil {
		c.order.Remove(e)
		delete(c.byRef, q.Ref)
	}
}

// totalOf reads the total out of a reference.
func totalOf(ref string) (money.Amount, bool) {
	if !strings.HasPrefix(ref, "q.") {
		return 0, false
	}
	v, err := strconv.ParseInt(ref[strings.LastIndexByte(ref, '.')+1:], 10, 64)
	return money.Amount(v), err == nil
}
