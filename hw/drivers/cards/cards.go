package cards

import (
	"errors"
	"regexp"
	"strings"

	"github.com/shopwright/shopwright/sdk/driver"
)

// The technologies of member cards.
const (
	Magnetic = "magnetic"
	IC       = "ic"
	RFID     = "rfid"
)

// Why something that was read is no member card.
var (
	ErrBank   = errors.New("a bank card")
	ErrNumber = errors.New("no card number")
)

// MostDigits is the longest number of a card.
const MostDigits = 64

var (
	track1 = regexp.MustCompile(`%([A-Z]?)([^?]*)\?`)
	track2 = regexp.MustCompile(`;([0-9]+)(=([0-9]*))?\?`)
	number = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z-]*$`)
	// expires is what follows the number of a bank card: year, month, service code.
	expires = regexp.MustCompile(`^[0-9]{2}(0[1-9]|1[0-2])[0-9]{3}`)
)

// Parse reads what a reader sent of one card: the tracks of a magnetic card with
// their marks, else a bare number of the technology given. It answers ErrBank or
// ErrNumber.
func Parse(line []byte, technology string) (driver.Card, error) {
	s := strings.TrimSpace(string(line))
	if m := track2.FindStringSubmatch(s); m != nil {
		if bank(m[1], m[3]) {
			return driver.Card{}, ErrBank
		}
		return named(m[1], Magnetic)
	}
	if m := track1.FindStringSubmatch(s); m != nil {
		if m[1] == "E" && m[2] == "" {
			return driver.Card{}, ErrNumber // the reader could not read the track
		}
		digits, rest, fields := strings.Cut(m[2], "^")
		_, behind, _ := strings.Cut(rest, "^")
		if m[1] == "B" && fields && (luhn(digits) && len(digits) >= 13 || bank(digits, behind)) {
			return driver.Card{}, ErrBank
		}
		if m[1] != "" && !fields && m[1] != "B" {
			digits = m[1] + digits // no format letter: the number begins with one
		}
		return named(strings.TrimSpace(digits), Magnetic)
	}
	if strings.ContainsAny(s, "%;?=^") {
		return driver.Card{}, ErrNumber // part of a track
	}
	return named(s, technology)
}

func named(n, technology string) (driver.Card, error) {
	if len(n) > MostDigits || !number.MatchString(n) {
		return driver.Card{}, ErrNumber
	}
	return driver.Card{Number: n, Technology: technology}, nil
}

// bank: a number as banks give them, with what banks write behind it.
func bank(n, behind string) bool {
	return len(n) >= 13 && len(n) <= 19 && n[0] >= '3' && n[0] <= '6' && luhn(n) && expires.MatchString(behind)
}

// luhn reports whether a number ends in its check digit.
func luhn(n string) bool {
	sum := 0
	for i := range len(n) {
		d := int(n[len(n)-1-i] - '0')
		if d < 0 || d > 9 {
			return false
		}
		if i%2 == 1 {
			d = d*2/10 + d*2%10
		}
		sum += d
	}
	return sum%10 == 0 && n != ""
}
