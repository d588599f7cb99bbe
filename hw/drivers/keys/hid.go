package keys

// fromUsage are the kernel's codes of the keys of a HID keyboard, from usage 4 on.
var fromUsage = [...]uint16{
	30, 48, 46, 32, 18, 33, 34, 35, 23, 36, 37, 38, 50, 49, 24, 25, 16, 19, 31, 20, 22, 47, 17, 45, 21, 44, // a to z
	2, 3, 4, 5, 6, 7, 8, 9, 10, 11, // 1 to 0
	28, 1, 14, 15, 57, 12, 13, 26, 27, 43, 43, 39, 40, 41, 51, 52, 53, 58, // enter to caps lock
	59, 60, 61, 62, 63, 64, 65, 66, 67, 68, 87, 88, 99, 70, 119, 110, 102, 104, 111, 107, 109, 106, 105, 108, 103, // F1 to up
	69, 98, 55, 74, 78, 96, 79, 80, 81, 75, 76, 77, 71, 72, 73, 82, 83, 86, // the key pad
}

// modifiers are the kernel's codes of the bits of a report's first byte.
var modifiers = [8]uint16{keyLeftCtrl, keyLeftShift, keyLeftAlt, 125, keyRightCtrl, keyRightShift, keyRightAlt, 126}

const (
	reportSize = 8 // modifiers, nothing, six keys
	rollOver   = 1 // more keys at once than a report holds
)

// Reports reads the reports of a HID keyboard and types them. The zero value is ready.
type Reports struct {
	Keyboard
	last [reportSize]byte
}

// Feed takes one read's worth of reports, each with its number before it or not, and
// answers what was typed; lost where a report holds no keys or is none.
func (r *Reports) Feed(b []byte) (typed []byte, lost bool) {
	size, skip := reportSize, 0
	if len(b)%reportSize != 0 && len(b)%(reportSize+1) == 0 {
		size, skip = reportSize+1, 1
	}
	for ; len(b) >= size; b = b[size:] {
		if !r.report([reportSize]byte(b[skip:size])) {
			lost = true
		}
	}
	return r.Take(), lost || len(b) > 0
}

func (r *Reports) report(now [reportSize]byte) bool {
	for _, u := range now[2:] {
		if u >= rollOver && u < 4 {
			return false
		}
	}
	for i, code := range modifiers {
		if is, was := now[0]>>i&1, r.last[0]>>i&1; is != was {
			r.Key(code, is == 1)
		}
	}
	for _, u := range now[2:] {
		if u >= 4 && int(u-4) < len(fromUsage) && !holds(r.last, u) {
			r.Key(fromUsage[u-4], true)
		}
	}
	for _, u := range r.last[2:] {
		if u >= 4 && int(u-4) < len(fromUsage) && !holds(now, u) {
			r.Key(fromUsage[u-4], false)
		}
	}
	r.last = now
	return true
}

func holds(r [reportSize]byte, usage byte) bool {
	for _, u := range r[2:] {
		if u == usage {
			return true
		}
	}
	return false
}
