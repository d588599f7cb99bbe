package driver

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// A device that is plugged in again has its old name and is another file: what was
// allowed to this process is not that one.
func TestADeviceThatIsPluggedInAgainIsAnother(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("nothing is confined here")
	}
	dir := t.TempDir()
	plug := func(name string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	plug("ttyUSB0")
	plug("mouse")
	l := leaveFor([]string{filepath.Join(dir, "tty*")})
	if l.more() {
		t.Error("nothing was plugged in")
	}
	plug("keyboard")
	if l.more() {
		t.Error("a device that it may not use anyway")
	}
	// Both exist at once, so that the second cannot be given the first one's number.
	plug("other")
	if err := os.Rename(filepath.Join(dir, "other"), filepath.Join(dir, "ttyUSB0")); err != nil {
		t.Fatal(err)
	}
	if !l.more() {
		t.Error("the same name hides another device")
	}
	if err := os.Remove(filepath.Join(dir, "ttyUSB0")); err != nil {
		t.Fatal(err)
	}
	if l.more() {
		t.Error("what is unplugged is taken for plugged in")
	}
	plug("ttyUSB1")
	if !l.more() || leaveFor(nil).more() || leaveFor(l.patterns).more() {
		t.Error("a new device is not seen, or one that was there is")
	}
}
