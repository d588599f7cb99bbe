package sim

import (
	"fmt"
	"io"
	"net"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// Line is a serial line (a pseudo terminal) whose other end is a simulated
// device on a TCP port.
type Line struct {
	Path string // the device file

	ptmx  *os.File
	held  *os.File // the line's own end, so that a driver that closes it hangs up nothing
	plug  net.Conn
	close sync.Once
}

// NewLine joins a line to the device at that host and port.
func NewLine(addr string) (*Line, error) {
	m, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		return nil, err
	}
	var n int
	raw, err := m.SyscallConn()
	if err == nil {
		var inner error
		err = raw.Control(func(fd uintptr) {
			if inner = unix.IoctlSetPointerInt(int(fd), unix.TIOCSPTLCK, 0); inner == nil {
				n, inner = unix.IoctlGetInt(int(fd), unix.TIOCGPTN)
			}
		})
		if err == nil {
			err = inner
		}
	}
	l := &Line{ptmx: m, Path: fmt.Sprintf("/dev/pts/%d", n)}
	if err == nil {
		l.held, err = os.OpenFile(l.Path, os.O_RDWR|unix.O_NOCTTY, 0)
	}
	if err == nil {
		err = plain(l.held)
	}
	if err == nil {
		l.plug, err = net.Dial("tcp", addr)
	}
	if err != nil {
		l.Close()
		return nil, err
	}
	go func() { _, _ = io.Copy(l.plug, m) }()
	go func() { _, _ = io.Copy(m, l.plug) }()
	return l, nil
}

// plain makes a terminal pass bytes as they are.
func plain(f *os.File) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var inner error
	err = raw.Control(func(fd uintptr) {
		var t *unix.Termios
		if t, inner = unix.IoctlGetTermios(int(fd), unix.TCGETS); inner != nil {
			return
		}
		t.Iflag, t.Oflag, t.Lflag = 0, 0, 0
		t.Cflag = unix.CS8 | unix.CREAD | unix.CLOCAL | unix.B9600
		t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
		inner = unix.IoctlSetTermios(int(fd), unix.TCSETS, t)
	})
	if err == nil {
		err = inner
	}
	return err
}

// Close pulls the plug.
func (l *Line) Close() {
	l.close.Do(func() {
		if l.plug != nil {
			l.plug.Close()
		}
		if l.held != nil {
			l.held.Close()
		}
		l.ptmx.Close()
	})
}
