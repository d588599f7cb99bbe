package sim

import (
	"strings"
	"sync"
)

// PayBox is the box before the customer. It understands "AMOUNT 12.50" and "CANCEL",
// each ended by LF.
type PayBox struct {
	*Device

	mu    sync.Mutex
	line  strings.Builder
	shows string
	told  []string
}

// NewPayBox makes a box.
func NewPayBox() (*PayBox, error) {
	p := &PayBox{}
	var err error
	p.Device, err = NewDevice(p.took)
	return p, err
}

// Shows is the amount that is announced, "" where none is.
func (p *PayBox) Shows() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.shows
}

// Told is every command it got.
func (p *PayBox) Told() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.told...)
}

// Pay holds a customer's telephone before it.
func (p *PayBox) Pay(code string) { p.Say([]byte(code + "\r\n")) }

func (p *PayBox) took(b []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range b {
		if c != '\n' {
			p.line.WriteByte(c)
			continue
		}
		line := strings.TrimSpace(p.line.String())
		p.line.Reset()
		p.told = append(p.told, line)
		if amount, ok := strings.CutPrefix(line, "AMOUNT "); ok {
			p.shows = amount
		} else if line == "CANCEL" {
			p.shows = ""
		}
	}
}
