package keys

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/shopwright/shopwright/hw/port"
)

// Supported answers nil where devices can be taken from other programs.
func Supported() error { return nil }

// grab is EVIOCGRAB: the kernel hands the device's events to this file alone.
const grab = 0x40044590

// OpenInput opens a keyboard's device file, for this program alone: what is typed
// reaches no other. A named pipe, which no other program reads from, is opened as
// it is.
func OpenInput(_ context.Context, path string) (*port.Conn, error) {
	f, err := open(path)
	if err != nil {
		return nil, err
	}
	if err := take(f); err != nil {
		f.Close()
		return nil, err
	}
	return port.Over(f), nil
}

// OpenHID opens a HID device by its file, and takes the keyboard that the kernel
// makes of it from the other programs; sys is HIDDir but in tests.
func OpenHID(_ context.Context, sys, path string) (*port.Conn, error) {
	f, err := open(path)
	if err != nil {
		return nil, err
	}
	h := &hid{File: f}
	beside, _ := filepath.Glob(filepath.Join(sys, filepath.Base(path), "device", "input", "input*", "event*")) // the pattern is good
	for _, b := range beside {
		k, err := open(filepath.Join("/dev/input", filepath.Base(b)))
		if err == nil {
			h.taken = append(h.taken, k)
			err = take(k)
		}
		if err != nil {
			h.Close()
			return nil, err
		}
	}
	return port.Over(h), nil
}

// hid is a HID device with the keyboards that were taken for it.
type hid struct {
	*os.File
	taken []*os.File
}

// Close lets go of all of it.
func (h *hid) Close() error {
	for _, f := range h.taken {
		f.Close()
	}
	return h.File.Close()
}

// open opens for reading and never waits: a pipe opened for both has its other end.
func open(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|unix.O_NONBLOCK, 0)
	if errors.Is(err, os.ErrPermission) {
		f, err = os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
	}
	switch {
	case errors.Is(err, os.ErrPermission):
		return nil, fmt.Errorf("this program may not read %s: its user must be in the group of that file", path)
	case err != nil:
		return nil, fmt.Errorf("no device at %s: %w", path, err)
	}
	return f, nil
}

func take(f *os.File) error {
	st, err := f.Stat()
	if err != nil {
		return err
	}
	if st.Mode()&os.ModeNamedPipe != 0 {
		return nil
	}
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	if err := raw.Control(func(fd uintptr) { failed = unix.IoctlSetInt(int(fd), grab, 1) }); err != nil {
		return err
	}
	switch {
	case errors.Is(failed, unix.EBUSY):
		return fmt.Errorf("another program holds %s", f.Name())
	case failed != nil:
		return fmt.Errorf("%s is no keyboard: %w", f.Name(), failed)
	}
	return nil
}
