package keys

import (
	"encoding/binary"
	"strconv"
)

// EventSize is the size of one of the kernel's input events here: its instant takes
// two machine words.
const EventSize = strconv.IntSize/4 + 8

// The kernel's event types and values.
const (
	typeSync = 0
	typeKey  = 1

	syncDropped = 3

	valueUp   = 0
	valueDown = 1
)

// Event is an input event without its instant.
type Event struct {
	Type, Code uint16
	Value      int32
}

// Bytes is the event as the kernel writes it, its instant 0.
func (e Event) Bytes() []byte {
	b := make([]byte, EventSize)
	binary.NativeEndian.PutUint16(b[EventSize-8:], e.Type)
	binary.NativeEndian.PutUint16(b[EventSize-6:], e.Code)
	binary.NativeEndian.PutUint32(b[EventSize-4:], uint32(e.Value))
	return b
}

// Events reads the kernel's events and types them on a keyboard. The zero value is
// ready.
type Events struct {
	Keyboard
	rest []byte // of an event that has not come whole
}

// Feed takes bytes as they come, and answers what was typed; lost where the kernel
// says that events were dropped, or where the bytes are none of its events.
func (e *Events) Feed(b []byte) (typed []byte, lost bool) {
	b = append(e.rest, b...)
	for len(b) >= EventSize {
		ev := Event{binary.NativeEndian.Uint16(b[EventSize-8:]), binary.NativeEndian.Uint16(b[EventSize-6:]), int32(binary.NativeEndian.Uint32(b[EventSize-4:]))}
		b = b[EventSize:]
		switch {
		case ev.Type == typeSync && ev.Code == syncDropped:
			e.Reset()
			lost = true
		case ev.Type == typeKey && (ev.Value == valueDown || ev.Value == valueUp): // not the kernel's own repetition
			e.Key(ev.Code, ev.Value == valueDown)
		}
	}
	e.rest = append([]byte(nil), b...)
	return e.Take(), lost
}
