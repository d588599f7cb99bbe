package keys

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Where Linux lists what is plugged in.
const (
	InputDir = "/dev/input/by-id"
	HIDDir   = "/sys/class/hidraw"
)

// ErrLinux is answered on other systems.
var ErrLinux = errors.New("only on Linux can a keyboard be taken from the other programs: set the device to its serial mode (virtual COM port) and use the driver for serial lines")

// FindInput answers the device file of the keyboard whose name in dir holds a text,
// upper and lower case alike. Its errors are for the shop.
func FindInput(dir, name string) (string, error) {
	names, err := list(dir)
	if err != nil {
		return "", err
	}
	var keyboards []string
	for _, n := range names {
		if strings.HasSuffix(n, "-event-kbd") {
			keyboards = append(keyboards, n)
		}
	}
	found, err := one(keyboards, name, strings.ReplaceAll(name, " ", "_"))
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, found), nil
}

// FindHID answers the name, as "hidraw0", of the HID device whose name holds a text;
// dir is HIDDir but in tests.
func FindHID(dir, name string) (string, error) {
	names, err := list(dir)
	if err != nil {
		return "", err
	}
	by := map[string]string{}
	var called []string
	for _, n := range names {
		about, err := os.ReadFile(filepath.Join(dir, n, "device", "uevent"))
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(about)) {
			if hid, ok := strings.CutPrefix(strings.TrimSpace(line), "HID_NAME="); ok {
				hid += " (" + n + ")"
				by[hid] = n
				called = append(called, hid)
			}
		}
	}
	found, err := one(called, name, name)
	return by[found], err
}

func list(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil // the folder is there once something is plugged in
	}
	if err != nil {
		return nil, err
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	return names, nil
}

// one answers the only name that holds what is asked for, in either spelling.
func one(names []string, asked, spelt string) (string, error) {
	var found []string
	for _, n := range names {
		low := strings.ToLower(n)
		if strings.Contains(low, strings.ToLower(asked)) || strings.Contains(low, strings.ToLower(spelt)) {
			found = append(found, n)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return "", fmt.Errorf("%q is the name of several devices: %s", asked, strings.Join(found, ", "))
	case len(names) == 0:
		return "", fmt.Errorf("no device %q: none is plugged in", asked)
	}
	return "", fmt.Errorf("no device %q: there are %s", asked, strings.Join(names, ", "))
}
