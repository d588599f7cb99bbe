package sim

// Scanner is a barcode scanner.
type Scanner struct {
	*Device
	End string // what it sends behind a code
}

// NewScanner makes a scanner that ends its codes with CR LF.
func NewScanner() (*Scanner, error) {
	l, err := NewDevice(func([]byte) {})
	return &Scanner{l, "\r\n"}, err
}

// Scan reads a code.
func (s *Scanner) Scan(code string) { s.Say([]byte(code + s.End)) }
