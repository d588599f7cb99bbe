package rules

import "testing"

// lesserKeepers are those of a kernel that can do less.
func lesserKeepers(ks map[string]func() keeper) {
	ks["no fault count"] = func() keeper { c := probe(); c.faults = false; return &mapKeeper{can: c} }
	ks["no page map"] = func() keeper { c := probe(); c.faults, c.marks = false, nil; return &mapKeeper{can: c} }
}

// TestProbe: on a kernel that tells the truth the fast way is chosen; where
// nothing works memory is copied.
func TestProbe(t *testing.T) {
	c := probe()
	t.Logf("memory files %v, page map %v, fault count %v", c.maps, c.marks != nil, c.faults)
	if c.faults && c.marks == nil {
		t.Error("a fault count alone does not tell which pages were written")
	}
	if _, ok := keeperFor(abilities{}).(*copyKeeper); !ok {
		t.Error("without memory files memory is to be copied")
	}
	if _, ok := keeperFor(abilities{maps: true}).(*mapKeeper); !ok {
		t.Error("memory files are to be used")
	}
}
