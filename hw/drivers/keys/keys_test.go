package keys

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// presses are the events that type a text on a US keyboard.
func presses(text string) (out []Event) {
	key := func(code uint16, value int32) {
		out = append(out, Event{4, 4, int32(code)}, Event{typeKey, code, value}, Event{}) // scan code, key, sync
	}
	for i := range len(text) {
		for code, c := range characters {
			if code > 70 || code == 86 || c[0] != text[i] && c[1] != text[i] {
				continue
			}
			if c[0] != text[i] {
				key(keyLeftShift, valueDown)
			}
			key(code, valueDown)
			key(code, 2) // the kernel's repetition
			key(code, valueUp)
			if c[0] != text[i] {
				key(keyLeftShift, valueUp)
			}
			break
		}
	}
	return out
}

func fed(es []Event) []byte {
	var b bytes.Buffer
	for _, e := range es {
		b.Write(e.Bytes())
	}
	return b.Bytes()
}

const everything = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~\t\r"

func TestEventsType(t *testing.T) {
	b := fed(presses(everything))
	for _, size := range []int{1, 7, EventSize, 1000, len(b)} {
		var e Events
		var got []byte
		for rest := b; len(rest) > 0; {
			n := min(size, len(rest))
			typed, lost := e.Feed(rest[:n])
			if lost {
				t.Fatal("lost")
			}
			got, rest = append(got, typed...), rest[n:]
		}
		if string(got) != everything {
			t.Errorf("in pieces of %d: %q", size, got)
		}
	}
	if EventSize != 24 && EventSize != 16 {
		t.Error(EventSize)
	}
}

func typed(es ...Event) string {
	var e Events
	out, _ := e.Feed(fed(es))
	return string(out)
}

func down(code uint16) Event { return Event{typeKey, code, valueDown} }
func up(code uint16) Event   { return Event{typeKey, code, valueUp} }

func TestShiftAndItsLike(t *testing.T) {
	for want, es := range map[string][]Event{
		"Ab":       {down(keyCapsLock), up(keyCapsLock), down(30), up(30), down(keyRightShift), down(48), up(48), up(keyRightShift), down(keyCapsLock), up(keyCapsLock)},
		"1!":       {down(keyCapsLock), down(2), down(keyLeftShift), down(keyRightShift), up(keyLeftShift), down(2)}, // caps is for letters; one of two shifts is enough
		"\x1d":     {down(keyLeftCtrl), down(27), up(27), up(keyLeftCtrl)},                                           // ctrl ]: the separator of GS1
		"\n":       {down(keyLeftCtrl), down(36)},                                                                    // ctrl J
		"7-.*/":    {down(71), down(74), down(83), down(55), down(98)},                                               // the key pad
		"\r":       {down(keyKPEnter)},
		"A":        {down(keyLeftAlt), down(77), down(76), up(keyLeftAlt)},                // alt 65
		"\x1d1":    {down(keyRightAlt), down(80), down(71 + 2), up(keyRightAlt), down(2)}, // alt 29
		"\x00":     {down(keyLeftAlt), down(79), down(71), down(79), up(keyLeftAlt)},      // alt 171: ½ in one code page
		"\x00\x00": {down(keyLeftAlt), down(30), up(keyLeftAlt), down(keyLeftCtrl), down(2)},
		"":         {down(183), up(183), {Type: 2, Code: 0, Value: 5}},
	} {
		if got := typed(es...); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestLostEventsAreTold(t *testing.T) {
	var e Events
	if _, lost := e.Feed(fed([]Event{down(keyLeftShift), down(30), {typeSync, syncDropped, 0}})); !lost {
		t.Error("a loss was not told")
	}
	if got, lost := e.Feed(fed([]Event{down(30)})); lost || string(got) != "a" {
		t.Errorf("%q %v: shift is held by nobody", got, lost)
	}
}

// reports are those of a HID keyboard that types a text, each key let go.
func reports(text string, id bool) (out []byte) {
	for _, e := range presses(text) {
		if e.Type != typeKey || e.Value != valueDown || e.Code == keyLeftShift {
			continue
		}
		for usage, code := range fromUsage {
			if code != e.Code {
				continue
			}
			shift := byte(0)
			if c := characters[code]; c[0] != text[0] {
				shift = 2
			}
			for _, keys := range [][2]byte{{shift, byte(usage + 4)}, {0, 0}} {
				if id {
					out = append(out, 1)
				}
				out = append(out, keys[0], 0, keys[1], 0, 0, 0, 0, 0)
			}
			text = text[1:]
			break
		}
	}
	return out
}

func TestReportsType(t *testing.T) {
	for _, id := range []bool{false, true} {
		size := reportSize
		if id {
			size++
		}
		var r Reports
		var got []byte
		for b := reports(everything, id); len(b) > 0; b = b[size:] { // one a read, as the kernel hands them on
			typed, lost := r.Feed(b[:size])
			if lost {
				t.Fatal("lost")
			}
			got = append(got, typed...)
		}
		if string(got) != everything {
			t.Errorf("%q", got)
		}
	}
	var r Reports
	// Keys that overlap: the second goes down before the first is up.
	got, _ := r.Feed([]byte{0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 4, 5, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 5, 5, 0, 0, 0, 0})
	if string(got) != "ab" {
		t.Errorf("%q", got)
	}
	if _, lost := r.Feed([]byte{0, 0, 1, 1, 1, 1, 1, 1}); !lost {
		t.Error("too many keys at once were not told")
	}
	if _, lost := r.Feed([]byte{0, 0, 4}); !lost {
		t.Error("a report that is none was not told")
	}
}

func TestNoBytesBreakTheReaders(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	var e Events
	var r Reports
	for range 5000 {
		b := make([]byte, rng.IntN(60))
		for i := range b {
			b[i] = byte(rng.Uint32())
		}
		e.Feed(b)
		r.Feed(b)
		if len(e.rest) >= EventSize {
			t.Fatalf("%d bytes are kept", len(e.rest))
		}
	}
}

func TestFindInput(t *testing.T) {
	dir := t.TempDir()
	if _, err := FindInput(filepath.Join(dir, "absent"), "x"); err == nil || !strings.Contains(err.Error(), "none is plugged in") {
		t.Error(err)
	}
	for _, n := range []string{"usb-Honeywell_Xenon_1900-event-kbd", "usb-Newland_HR22-event-kbd", "usb-Newland_HR32-event-kbd", "usb-Logitech_Mouse-event-mouse"} {
		if err := os.WriteFile(filepath.Join(dir, n), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"honeywell", "Xenon 1900", "xenon_1900"} {
		if p, err := FindInput(dir, name); err != nil || p != filepath.Join(dir, "usb-Honeywell_Xenon_1900-event-kbd") {
			t.Errorf("%s: %s %v", name, p, err)
		}
	}
	for name, want := range map[string]string{"newland": "several", "mouse": "there are", "zebra": "there are"} {
		if p, err := FindInput(dir, name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %s %v", name, p, err)
		}
	}
}

func TestFindHID(t *testing.T) {
	dir := t.TempDir()
	for n, about := range map[string]string{"hidraw0": "DRIVER=hid-generic\nHID_NAME=Sycreader RFID\nHID_UNIQ=\n", "hidraw1": "HID_NAME=MSR Reader\n", "hidraw2": ""} {
		if err := os.MkdirAll(filepath.Join(dir, n, "device"), 0o755); err != nil {
			t.Fatal(err)
		}
		if about != "" {
			if err := os.WriteFile(filepath.Join(dir, n, "device", "uevent"), []byte(about), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, want := range map[string]string{"rfid": "hidraw0", "msr reader": "hidraw1", "hidraw1": "hidraw1"} {
		if got, err := FindHID(dir, name); err != nil || got != want {
			t.Errorf("%s: %s %v", name, got, err)
		}
	}
	if _, err := FindHID(dir, "reader"); err == nil || !strings.Contains(err.Error(), "several") {
		t.Error(err)
	}
}
