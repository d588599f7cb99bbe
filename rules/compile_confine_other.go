//go:build !linux && !darwin && !windows

package rules

// confine has nothing to bound with here; the clock, watchMemory and the parent
// hold.
func confine(Child) error { return nil }
