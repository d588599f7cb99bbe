package sim

// Caller is a telephone line with a device that tells who calls.
type Caller struct {
	*Device
	report func(number string) []byte // "" is hidden
}

// NewModem makes a modem that reports numbers.
func NewModem() (*Caller, error) {
	c := &Caller{report: modemReport}
	var line []byte
	var err error
	c.Device, err = NewDevice(func(b []byte) {
		for _, ch := range b {
			if line = append(line, ch); ch == '\r' {
				line = nil
				c.Say([]byte("\r\nOK\r\n"))
			}
		}
	})
	return c, err
}

// NewCallerBox makes a box for DTMF lines.
func NewCallerBox() (*Caller, error) {
	l, err := NewDevice(func([]byte) {})
	return &Caller{l, func(number string) []byte {
		if number == "" {
			return nil // there is nothing to hear
		}
		return []byte(number + "#")
	}}, err
}

// NewFSKBox makes a box that hands on the network's frames.
func NewFSKBox() (*Caller, error) {
	l, err := NewDevice(func([]byte) {})
	return &Caller{l, fskReport}, err
}

// Ring lets the telephone ring once; number "" is hidden.
func (c *Caller) Ring(number string) { c.Say(c.report(number)) }

func modemReport(number string) []byte {
	if number == "" {
		number = "P"
	}
	return []byte("\r\nRING\r\n\r\nDATE=0901\r\nTIME=0900\r\nNMBR=" + number + "\r\nNAME=A PERSON\r\n")
}

// fskReport is a multiple data message: when, the number or why there is none, a name.
func fskReport(number string) []byte {
	var body []byte
	param := func(kind byte, value string) {
		body = append(append(body, kind, byte(len(value))), value...)
	}
	param(1, "09010900")
	if number == "" {
		param(4, "P")
	} else {
		param(2, number)
	}
	param(7, "A PERSON")
	b := append([]byte{0x80, byte(len(body))}, body...)
	sum := byte(0)
	for _, c := range b {
		sum += c
	}
	return append([]byte{0x55, 0x55}, append(b, -sum)...)
}
