package cardserial

import (
	"errors"

	"github.com/shopwright/shopwright/hw/drivers/cards"
	"github.com/shopwright/shopwright/sdk/driver"
)

const (
	stx = 0x02
	etx = 0x03
)

// frame is a command with its data.
type frame struct {
	command byte
	data    []byte
}

func (f frame) bytes() []byte {
	b := append([]byte{stx, byte(1 + len(f.data)), f.command}, f.data...)
	var lrc byte
	for _, c := range b[1:] {
		lrc ^= c
	}
	return append(b, lrc, etx)
}

// frames reads frames from bytes as they come. What is none is left out.
type frames struct {
	rest []byte
	junk int // bytes that were left out
}

func (f *frames) feed(b []byte) (out []frame) {
	f.rest = append(f.rest, b...)
	for {
		for len(f.rest) > 0 && (f.rest[0] != stx || len(f.rest) > 1 && f.rest[1] == 0) {
			f.skip()
		}
		if len(f.rest) < 2 || len(f.rest) < int(f.rest[1])+4 {
			return out
		}
		n := int(f.rest[1])
		var lrc byte
		for _, c := range f.rest[1 : n+3] { // with the LRC it becomes 0
			lrc ^= c
		}
		if lrc != 0 || f.rest[n+3] != etx {
			f.skip() // perhaps another begins within it
			continue
		}
		out = append(out, frame{f.rest[2], append([]byte(nil), f.rest[3:n+2]...)})
		f.rest = f.rest[n+4:]
	}
}

func (f *frames) skip() { f.rest, f.junk = f.rest[1:], f.junk+1 }

// paused drops a frame that does not go on.
func (f *frames) paused() { f.junk, f.rest = f.junk+len(f.rest), nil }

// Why a station could not do something.
var (
	errNoCard = errors.New("no card lies on the station")
	errSilent = errors.New("the card station does not answer")
	reasons   = map[byte]error{1: errNoCard, 2: errors.New("the card cannot be read"), 3: errors.New("the card cannot be written"), 4: errors.New("the station cannot do that")}
	errOther  = errors.New("the station reports an error")
	errFrame  = errors.New("no frame")
	errCard   = errors.New("the station's answer is no card")
)

func failure(data []byte) error {
	if len(data) == 1 && reasons[data[0]] != nil {
		return reasons[data[0]]
	}
	return errOther
}

var (
	letters      = map[string]byte{cards.Magnetic: 'M', cards.IC: 'I', cards.RFID: 'R'}
	technologies = map[byte]string{'M': cards.Magnetic, 'I': cards.IC, 'R': cards.RFID}
)

// card reads a card from an answer. A card without a number, as a new one, has none.
func card(data []byte) (driver.Card, error) {
	if len(data) < 2 || len(data) < 2+int(data[1]) || technologies[data[0]] == "" {
		return driver.Card{}, errCard
	}
	c := driver.Card{Technology: technologies[data[0]], Data: append([]byte(nil), data[2:2+int(data[1])]...)}
	rest := data[2+int(data[1]):]
	if len(rest) == 0 {
		return c, nil
	}
	parsed, err := cards.Parse(rest, c.Technology)
	if err != nil {
		return driver.Card{}, err
	}
	c.Number = parsed.Number
	return c, nil
}
