package sim

import (
	"strings"
	"sync"

	"golang.org/x/text/encoding"
)

// Display is a customer display: letters by the ESC/POS commands, and digits with
// lamps. It is both at once; look at what the driver is set to.
type Display struct {
	*Device
	columns int
	chars   encoding.Encoding

	mu      sync.Mutex
	cells   [][]byte
	x, y    int
	pending []byte // of a command that has not come whole
	digits  string
	lamp    int
	resets  int
}

// NewDisplay makes a display of that size and encoding.
func NewDisplay(columns, lines int, chars encoding.Encoding) (*Display, error) {
	d := &Display{columns: columns, chars: chars, cells: make([][]byte, lines)}
	d.clear()
	var err error
	d.Device, err = NewDevice(d.took)
	return d, err
}

// Screen is what its lines show, without blanks at the end.
func (d *Display) Screen() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := make([]string, len(d.cells))
	for i, c := range d.cells {
		s, err := d.chars.NewDecoder().Bytes(c)
		if err != nil {
			s = []byte("unreadable")
		}
		out[i] = strings.TrimRight(string(s), " ")
	}
	return out
}

// Digits is the amount it shows and the lamp that is lit: 1 price, 2 total, 3 paid,
// 4 change, 0 none.
func (d *Display) Digits() (amount string, lamp int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.digits, d.lamp
}

// Resets is how often it was set up.
func (d *Display) Resets() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.resets
}

func (d *Display) clear() {
	for i := range d.cells {
		d.cells[i] = []byte(strings.Repeat(" ", d.columns))
	}
	d.x, d.y, d.digits = 0, 0, ""
}

func (d *Display) took(b []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	b = append(d.pending, b...)
	for len(b) > 0 {
		n := d.command(b)
		if n == 0 {
			break // the rest is to come
		}
		b = b[n:]
	}
	d.pending = append([]byte(nil), b...)
}

// command runs what stands at the beginning and answers its length, 0 where it is not
// whole.
func (d *Display) command(b []byte) int {
	two := func() byte {
		if len(b) > 1 {
			return b[1]
		}
		return 0
	}
	switch {
	case b[0] == 0x0c:
		d.clear()
		return 1
	case (b[0] == 0x1b || b[0] == 0x1f) && len(b) < 2:
		return 0
	case b[0] == 0x1b && two() == '@':
		d.clear()
		d.lamp = 0
		d.resets++
		return 2
	case b[0] == 0x1b && two() == 's':
		if len(b) < 3 {
			return 0
		}
		d.lamp = int(b[2] - '0')
		return 3
	case b[0] == 0x1b && two() == 'Q':
		end := strings.IndexByte(string(b), '\r')
		if end < 0 {
			return 0
		}
		d.digits = string(b[3:end])
		return end + 1
	case b[0] == 0x1f && two() == '$':
		if len(b) < 4 {
			return 0
		}
		d.x, d.y = int(b[2])-1, int(b[3])-1
		return 4
	case b[0] == 0x1f && two() == 'C':
		if len(b) < 3 {
			return 0
		}
		return 3
	case b[0] == 0x1f:
		return 2
	case b[0] >= 0x20 && d.y >= 0 && d.y < len(d.cells) && d.x >= 0:
		if d.x == d.columns { // a real one goes on in the next line
			d.x, d.y = 0, (d.y+1)%len(d.cells)
		}
		d.cells[d.y][d.x] = b[0]
		d.x++
	}
	return 1
}
