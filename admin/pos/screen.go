package pos

import (
	"net/http"
	"sync"
	"time"

	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
)

// screenState is what a register's customer sees on the second screen.
type screenState struct {
	Kind         device.ShownKind
	Lines        []screenLine
	Total        money.Amount
	Paid, Change money.Amount
	Member       string
}

type screenLine struct {
	Name, Quantity string
	Net, Gross     money.Amount
}

// saved is what the customer pays less than the list prices.
func (s *screenState) saved() (sum money.Amount) {
	for _, l := range s.Lines {
		sum += l.Gross - l.Net
	}
	return sum
}

// shownLines is how many lines the second screen has room for: the newest.
const shownLines = 12

// tail are the lines that are shown.
func (s *screenState) tail() []screenLine {
	return s.Lines[max(len(s.Lines)-shownLines, 0):]
}

// hidden is how many lines are not.
func (s *screenState) hidden() int { return max(len(s.Lines)-shownLines, 0) }

// secondScreens remembers what each register's customer sees. The zero value is
// ready; it is safe for concurrent use.
type secondScreens struct {
	mu  sync.Mutex
	all map[id.ID]*secondScreen
}

type secondScreen struct {
	state   screenState
	changed chan struct{} // closed at the next change
}

func (s *secondScreens) of(register id.ID) *secondScreen {
	if s.all == nil {
		s.all = map[id.ID]*secondScreen{}
	}
	x, ok := s.all[register]
	if !ok {
		x = &secondScreen{changed: make(chan struct{})}
		s.all[register] = x
	}
	return x
}

func (s *secondScreens) show(register id.ID, st screenState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.of(register)
	x.state = st
	close(x.changed)
	x.changed = make(chan struct{})
}

func (s *secondScreens) look(register id.ID) (screenState, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.of(register)
	return x.state, x.changed
}

// customerScreen is the second screen: a page for the customer's side of the counter,
// or the part of it that changes.
func (h *screens) customerScreen(w http.ResponseWriter, r *http.Request, d *desk) error {
	st, _ := h.second.look(d.Register.ID)
	if r.URL.Query().Has("part") {
		return h.sh.Render(w, r, screenPart(d, &st))
	}
	return h.sh.Render(w, r, screenPage(d, &st))
}

func (h *screens) closing() <-chan struct{} {
	if h.o.Counter == nil {
		return nil
	}
	return h.o.Counter.Closing()
}

// screenFeed tells the second screen that there is something else to see.
func (h *screens) screenFeed(w http.ResponseWriter, r *http.Request, d *desk) error {
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	return stream(w, func(tell func(uint64, string, []byte) error) error {
		_, changed := h.second.look(d.Register.ID) // before it is told: what changes from here on is told again
		err := tell(0, "change", nil)              // what happened while it was away
		for err == nil {
			select {
			case <-r.Context().Done():
				return nil
			case <-h.closing():
				return nil
			case <-beat.C:
				err = tell(0, "", nil)
			case <-changed:
				_, changed = h.second.look(d.Register.ID)
				err = tell(0, "change", nil)
			}
		}
		return err
	})
}
