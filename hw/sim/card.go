package sim

import (
	"sync"
)

// SimCard is a card as it lies on a station.
type SimCard struct {
	Technology string // "magnetic", "ic", "rfid"
	UID        []byte // its own identity
	Number     string // "" on a new one
	ReadOnly   bool
}

// CardReader is a reader that sends each card as a line.
type CardReader struct{ *Device }

// NewCardReader makes one.
func NewCardReader() (*CardReader, error) {
	l, err := NewDevice(func([]byte) {})
	return &CardReader{l}, err
}

// Swipe sends what a card's tracks, or its number, make.
func (r *CardReader) Swipe(line string) { r.Say([]byte(line + "\r\n")) }

// CardStation is a station that reads and writes, with the frames of the driver
// card-serial.
type CardStation struct {
	*Device

	mu     sync.Mutex
	card   *SimCard
	in     []byte
	writes int
	deaf   bool
	spoils bool
	mute   bool
	after  func() // called after the next write
}

// NewCardStation makes a station without a card.
func NewCardStation() (*CardStation, error) {
	s := &CardStation{}
	var err error
	s.Device, err = NewDevice(s.took)
	return s, err
}

// Put lays a card on the station, which tells of it.
func (s *CardStation) Put(c SimCard) {
	s.mu.Lock()
	s.card = &c
	out := framed('P', record(c))
	s.mu.Unlock()
	s.Say(out)
}

// Swap exchanges the card without a word.
func (s *CardStation) Swap(c SimCard) {
	s.mu.Lock()
	s.card = &c
	s.mu.Unlock()
}

// Take takes the card away and answers it.
func (s *CardStation) Take() (SimCard, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.card == nil {
		return SimCard{}, false
	}
	c := *s.card
	s.card = nil
	return c, true
}

// Writes is how often it was told to write.
func (s *CardStation) Writes() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.writes
}

// Deaf makes it answer nothing, or answer again.
func (s *CardStation) Deaf(deaf bool) { s.mu.Lock(); s.deaf = deaf; s.mu.Unlock() }

// Spoil makes it write wrongly and say that it is well, or write rightly again.
func (s *CardStation) Spoil(spoils bool) { s.mu.Lock(); s.spoils = spoils; s.mu.Unlock() }

// LoseWriteAnswers makes it write and not say so.
func (s *CardStation) LoseWriteAnswers(lose bool) { s.mu.Lock(); s.mute = lose; s.mu.Unlock() }

// AfterWrite is called once, after the next write and before its answer.
func (s *CardStation) AfterWrite(f func()) { s.mu.Lock(); s.after = f; s.mu.Unlock() }

var cardLetters = map[string]byte{"magnetic": 'M', "ic": 'I', "rfid": 'R'}

func record(c SimCard) []byte {
	b := append([]byte{cardLetters[c.Technology], byte(len(c.UID))}, c.UID...)
	return append(b, c.Number...)
}

func framed(command byte, data []byte) []byte {
	b := append([]byte{2, byte(len(data) + 1), command}, data...)
	lrc := byte(0)
	for _, c := range b[1:] {
		lrc ^= c
	}
	return append(b, lrc, 3)
}

func (s *CardStation) took(b []byte) {
	s.in = append(s.in, b...)
	for len(s.in) > 0 {
		if s.in[0] != 2 {
			s.in = s.in[1:]
			continue
		}
		if len(s.in) < 2 || len(s.in) < int(s.in[1])+4 {
			return
		}
		n := int(s.in[1])
		command, data := s.in[2], s.in[3:n+2]
		answer, after := s.answer(command, data)
		if after != nil {
			after()
		}
		if answer != nil {
			s.Say(answer)
		}
		s.in = s.in[n+4:]
	}
}

func (s *CardStation) answer(command byte, data []byte) (answer []byte, after func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if command == 'W' {
		s.writes++
	}
	fails := func(why byte) ([]byte, func()) { return framed('e', []byte{why}), nil }
	switch {
	case s.deaf:
		return nil, nil
	case command == 'S':
		there := byte(0)
		if s.card != nil {
			there = 1
		}
		return framed('s', []byte{there}), nil
	case s.card == nil:
		return fails(1)
	case len(data) == 0 || cardLetters[s.card.Technology] != data[0]:
		return fails(2)
	case command == 'R':
		return framed('r', record(*s.card)), nil
	case command == 'W' && s.card.ReadOnly:
		return fails(3)
	case command == 'W':
		after, s.after = s.after, nil
		s.card.Number = string(data[1:])
		answer = framed('w', record(*s.card))
		if s.spoils {
			s.card.Number = s.card.Number[1:] + "0"
		}
		if s.mute {
			answer = nil
		}
		return answer, after
	}
	return fails(4)
}
