package checkout

import (
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/id"
)

// A sale whose payment nobody can tell about is asked ever less often, and one that
// is new is asked at once, however many of those there are.
func TestOpenSalesAreAskedEverLessOften(t *testing.T) {
	var o openAsks
	m, other := id.New(1), id.New(2)
	var stuck []id.ID
	for range 500 {
		stuck = append(stuck, id.New(3))
	}
	at := clock.Of(time.Date(2026, 5, 20, 3, 0, 0, 0, time.UTC))
	asked := 0
	for range 7 * 24 * 60 { // a week, each minute
		asked += len(o.due(m, stuck[:1], at))
		at = at.Add(time.Minute)
	}
	if asked < 20 || asked > 60 {
		t.Errorf("asked %d times in a week", asked)
	}
	o.due(m, stuck, at)
	fresh := id.New(4)
	if got := o.due(m, append(stuck, fresh), at.Add(time.Second)); len(got) != 1 || got[0] != fresh {
		t.Errorf("%d", len(got))
	}
	if n := len(o.due(other, stuck, at)); n != len(stuck) {
		t.Errorf("another merchant's: %d", n)
	}
	o.due(m, nil, at) // they have ended
	if len(o.of[m]) != 0 {
		t.Error("ended sales are remembered")
	}
}
