package pos

import (
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
)

var (
	errParkedGone = fault.New(fault.NotFound, "pos.parked_gone")  // recalled by somebody else, or ended
	errParkFull   = fault.New(fault.Exceeded, "pos.parking_full") // {limit}
	errParkEmpty  = fault.New(fault.Invalid, "pos.nothing_to_park")
)

const (
	parkFor  = 4 * time.Hour
	parkMost = 50 // baskets of one shop
)

// parked is a basket that was set aside.
type parked struct {
	No     string
	At     clock.Instant
	By     string
	Title  string // the first item's name
	Lines  int
	Basket basket
}

// parking keeps parked baskets in memory, so that every register of a shop can
// take them up. They end after parkFor or with the program.
type parking struct {
	mu    sync.Mutex
	last  int
	shops map[[2]id.ID][]parked
}

func (p *parking) fresh(key [2]id.ID, now clock.Instant) []parked {
	return slices.DeleteFunc(p.shops[key], func(v parked) bool { return v.At.Add(parkFor) <= now })
}

// put sets a basket aside. Fault: pos.parking_full.
func (p *parking) put(merchant, shop id.ID, v parked) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	key := [2]id.ID{merchant, shop}
	list := p.fresh(key, v.At)
	if len(list) >= parkMost {
		return errParkFull.With("limit", parkMost)
	}
	p.last++
	v.No = strconv.Itoa(p.last)
	if p.shops == nil {
		p.shops = map[[2]id.ID][]parked{}
	}
	p.shops[key] = append(list, v)
	return nil
}

// list answers what is parked in a shop, newest first.
func (p *parking) list(merchant, shop id.ID, now clock.Instant) []parked {
	p.mu.Lock()
	defer p.mu.Unlock()
	key := [2]id.ID{merchant, shop}
	list := p.fresh(key, now)
	if len(list) == 0 {
		delete(p.shops, key)
		return nil
	}
	p.shops[key] = list
	out := slices.Clone(list)
	slices.Reverse(out)
	return out
}

// take gives a basket out, once. Fault: pos.parked_gone.
func (p *parking) take(merchant, shop id.ID, no string, now clock.Instant) (basket, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	key := [2]id.ID{merchant, shop}
	list := p.fresh(key, now)
	i := slices.IndexFunc(list, func(v parked) bool { return v.No == no })
	if i < 0 {
		return basket{}, errParkedGone
	}
	b := list[i].Basket
	p.shops[key] = slices.Delete(list, i, i+1)
	return b, nil
}
