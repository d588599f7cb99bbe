package drivers_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/shopwright/shopwright/hw/drivers/keys"
)

// fifo is a named pipe in the place of a device file, open at both ends.
func fifo(t *testing.T) *os.File {
	t.Helper()
	path := filepath.Join(t.TempDir(), "device")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func TestScannerEvdevConforms(t *testing.T) {
	f := fifo(t)
	conforms(t, input{
		name: "scanner-evdev", config: fmt.Sprintf(`{"device":%q}`, f.Name()), wrong: `{"device":""}`,
		happen: func() {
			for _, code := range []uint16{7, 10, 11, 28} { // 6 9 0 enter
				for _, value := range []int32{1, 0} {
					_, _ = f.Write(append(keys.Event{Type: 1, Code: code, Value: value}.Bytes(), keys.Event{}.Bytes()...))
				}
			}
		},
	})
}

func TestCardHIDConforms(t *testing.T) {
	f, n := fifo(t), 0
	conforms(t, input{
		name: "card-hid", config: fmt.Sprintf(`{"device":%q}`, f.Name()), wrong: `{"device":"x","technology":"wood"}`,
		happen: func() {
			n++
			for _, digit := range fmt.Sprintf("%06d", n) {
				usage := byte(0x27)
				if digit > '0' {
					usage = 0x1e + byte(digit-'1')
				}
				_, _ = f.Write([]byte{0, 0, usage, 0, 0, 0, 0, 0})
				_, _ = f.Write(make([]byte, 8))
			}
			_, _ = f.Write([]byte{0, 0, 0x28, 0, 0, 0, 0, 0})
			_, _ = f.Write(make([]byte, 8))
		},
	})
}
