package keys

// The kernel's key codes that are more than a character.
const (
	keyEnter      = 28
	keyLeftCtrl   = 29
	keyLeftShift  = 42
	keyRightShift = 54
	keyLeftAlt    = 56
	keyCapsLock   = 58
	keyKPEnter    = 96
	keyRightCtrl  = 97
	keyRightAlt   = 100
)

// unknown is what a character becomes that cannot be told: no code holds it.
const unknown = 0

// characters are the keys of a US keyboard by the kernel's code, without and with shift.
var characters = func() map[uint16][2]byte {
	m := map[uint16][2]byte{15: {'\t', '\t'}, 57: {' ', ' '}, 41: {'`', '~'}, 43: {'\\', '|'}, 86: {'\\', '|'}, keyEnter: {'\r', '\r'}, keyKPEnter: {'\r', '\r'}}
	row := func(first uint16, plain, shifted string) {
		for i := range len(plain) {
			m[first+uint16(i)] = [2]byte{plain[i], shifted[i]}
		}
	}
	row(2, "1234567890-=", "!@#$%^&*()_+")
	row(16, "qwertyuiop[]", "QWERTYUIOP{}")
	row(30, "asdfghjkl;'", `ASDFGHJKL:"`)
	row(44, "zxcvbnm,./", "ZXCVBNM<>?")
	row(71, "789-456+1230.", "789-456+1230.") // the key pad, whatever num lock says
	m[55], m[98] = [2]byte{'*', '*'}, [2]byte{'/', '/'}
	return m
}()

// Keyboard makes characters of keys going down and up. The zero value is ready.
type Keyboard struct {
	shift, ctrl, alt uint8 // one bit for the left and one for the right
	caps             bool
	typed            int // digits typed on the key pad while alt is down
	number           int // which make the number of a character
	out              []byte
}

// Key takes a key, by the kernel's code.
func (k *Keyboard) Key(code uint16, down bool) {
	switch code {
	case keyLeftShift, keyRightShift:
		hold(&k.shift, code == keyLeftShift, down)
		return
	case keyLeftCtrl, keyRightCtrl:
		hold(&k.ctrl, code == keyLeftCtrl, down)
		return
	case keyLeftAlt, keyRightAlt:
		hold(&k.alt, code == keyLeftAlt, down)
		if k.alt == 0 {
			k.byNumber()
		}
		return
	case keyCapsLock:
		k.caps = k.caps != down // changes when the key goes down
		return
	}
	if !down {
		return
	}
	c, ok := characters[code]
	if !ok {
		return
	}
	ch := c[0]
	letter := ch >= 'a' && ch <= 'z'
	if k.shift != 0 != (letter && k.caps) {
		ch = c[1]
	}
	switch {
	case k.alt != 0 && code >= 71 && code <= 82 && ch >= '0' && ch <= '9':
		k.typed, k.number = k.typed+1, min(k.number*10+int(ch-'0'), 9999)
	case k.alt != 0:
		k.out = append(k.out, unknown)
	case k.ctrl != 0:
		k.out = append(k.out, control(ch))
	default:
		k.out = append(k.out, ch)
	}
}

func hold(bits *uint8, left, down bool) {
	bit := uint8(2)
	if left {
		bit = 1
	}
	if down {
		*bits |= bit
	} else {
		*bits &^= bit
	}
}

// control is the character of ctrl and a key: the separators of GS1 codes, and the
// ends of a line.
func control(ch byte) byte {
	switch {
	case ch >= 'a' && ch <= 'z':
		ch -= 'a' - 'A'
	case ch == '6':
		ch = '^'
	case ch == '-':
		ch = '_'
	}
	if ch >= '@' && ch <= '_' {
		return ch & 0x1f
	}
	return unknown
}

// byNumber ends a character that was typed as alt and its number. Beyond ASCII the
// number means a code page that nobody names.
func (k *Keyboard) byNumber() {
	n, typed := k.number, k.typed
	k.number, k.typed = 0, 0
	switch {
	case typed == 0:
	case n < 0x7f:
		k.out = append(k.out, byte(n))
	default:
		k.out = append(k.out, unknown)
	}
}

// Take answers the characters typed since the last call.
func (k *Keyboard) Take() []byte {
	out := k.out
	k.out = nil
	return out
}

// Reset lets go of every key: the device was unplugged, or events were lost.
func (k *Keyboard) Reset() { *k = Keyboard{caps: k.caps, out: k.out} }
