package checkout

import (
	"sync"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/id"
)

// openAsks remembers when recovery asked about each open sale, so that one whose
// payment nobody can tell about is asked ever less often and holds up no other. What
// it forgets with the process is asked once more.
type openAsks struct {
	mu sync.Mutex
	of map[id.ID]map[id.ID]openAsk // by merchant and sale
}

type openAsk struct{ first, last clock.Instant }

// rest is how long an open sale is left alone: a minute, then a quarter of the time
// since it was first asked about.
func (a openAsk) rest() time.Duration { return max(recoverAfter, a.last.Sub(a.first)/4) }

// due answers which of a merchant's open sales are to be asked about now, and notes
// that they are. Those that are not open any more are forgotten.
func (o *openAsks) due(m id.ID, open []id.ID, now clock.Instant) (out []id.ID) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.of == nil {
		o.of = map[id.ID]map[id.ID]openAsk{}
	}
	was, is := o.of[m], make(map[id.ID]openAsk, len(open))
	for _, s := range open {
		a, asked := was[s]
		if !asked {
			a = openAsk{now, now}
		} else if now.Sub(a.last) >= a.rest() {
			a.last, asked = now, false
		}
		is[s] = a
		if !asked {
			out = append(out, s)
		}
	}
	o.of[m] = is
	return out
}
