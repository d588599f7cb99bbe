package scaleserial

import (
	"errors"
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strings"

	"github.com/shopwright/shopwright/hw/drivers/link"
)

// profile is how a scale speaks.
type profile struct {
	ask  string // what it is asked with; "" = it speaks by itself
	zero string // "" = it cannot be set to zero from here
	ends string // of an answer
	read func(line string) (reading, bool)
}

// reading is one answer of a scale.
type reading struct {
	milligrams int64
	known      bool // there is a weight in it
	stable     bool
	judge      bool // whether it is stable is to be told from the next ones
	overload   bool
	below      bool // below zero: nothing can be weighed
}

// units are milligrams as a fraction.
var units = map[string]*big.Rat{
	"g": big.NewRat(1000, 1), "kg": big.NewRat(1_000_000, 1), "jin": big.NewRat(500_000, 1),
	"lb": big.NewRat(45_359_237, 100), "oz": big.NewRat(28_349_523_125, 1_000_000),
}

// milligrams reads a decimal number of a unit.
func milligrams(digits, unit string) (int64, bool) {
	u, ok := units[strings.ToLower(unit)]
	if !ok || len(digits) > 12 {
		return 0, false
	}
	v, ok := new(big.Rat).SetString(digits)
	if !ok || strings.ContainsAny(digits, "eE/_xX") {
		return 0, false
	}
	v.Mul(v, u)
	// The nearest whole number, halves upwards.
	n := new(big.Int).Mul(v.Num(), big.NewInt(2))
	n.Add(n, v.Denom()).Div(n, new(big.Int).Mul(v.Denom(), big.NewInt(2)))
	return n.Int64(), n.IsInt64()
}

func (s settings) profile() (profile, error) {
	if _, ok := units[s.Unit]; !ok {
		return profile{}, fmt.Errorf("the unit %q is not known", s.Unit)
	}
	switch s.Profile {
	case "toledo8217":
		if s.Decimals < 0 || s.Decimals > 4 {
			return profile{}, errors.New("a weight has between 0 and 4 decimals")
		}
		return profile{ask: "W", zero: "Z", ends: "\r\n", read: func(line string) (reading, bool) { return toledo(line, s.Unit, s.Decimals) }}, nil
	case "continuous":
		return profile{zero: "Z\r\n", ends: "\r\n", read: func(line string) (reading, bool) { return continuous(line, s.Unit) }}, nil
	case "generic":
		return s.generic()
	}
	return profile{}, fmt.Errorf("the profile %q is not known", s.Profile)
}

var toledoWeight = regexp.MustCompile(`^[0-9]{1,6}(\.[0-9]{1,4})?$`)

func toledo(line, unit string, decimals int) (reading, bool) {
	if i := strings.LastIndexByte(line, 2); i >= 0 {
		line = line[i+1:] // what stands before the mark belongs to no answer
	}
	if rest, ok := strings.CutPrefix(line, "?"); ok && len(rest) == 1 {
		b := rest[0]
		return reading{overload: b&2 != 0, below: b&4 != 0 && b&2 == 0}, true
	}
	line = strings.TrimSpace(line)
	if !toledoWeight.MatchString(line) {
		return reading{}, false
	}
	if !strings.Contains(line, ".") && decimals > 0 {
		line = strings.Repeat("0", max(decimals+1-len(line), 0)) + line
		line = line[:len(line)-decimals] + "." + line[len(line)-decimals:]
	}
	mg, ok := milligrams(line, unit)
	return reading{milligrams: mg, known: ok, stable: true}, ok
}

var continuousLine = regexp.MustCompile(`^(ST|US|OL|QT)(?:[^0-9+.-]*)([+-]?)\s*([0-9]*\.?[0-9]+)?\s*(kg|g|lb|oz)?\s*$`)

func continuous(line, unit string) (reading, bool) {
	m := continuousLine.FindStringSubmatch(strings.TrimSpace(line))
	if m == nil {
		return reading{}, false
	}
	if m[1] == "OL" {
		return reading{overload: true}, true
	}
	if m[4] != "" {
		unit = m[4]
	}
	mg, ok := milligrams(m[3], unit)
	if m[2] == "-" {
		mg = -mg
	}
	return reading{milligrams: mg, known: ok, stable: m[1] == "ST"}, ok
}

func (s settings) generic() (profile, error) {
	re, err := regexp.Compile(s.Pattern)
	if err != nil {
		return profile{}, fmt.Errorf("the pattern cannot be read: %w", err)
	}
	names := re.SubexpNames()
	if !slices.Contains(names, "weight") {
		return profile{}, errors.New("the pattern has no group named weight: (?P<weight>[0-9.]+)")
	}
	for _, n := range names {
		switch n {
		case "", "weight", "unit", "sign", "stable", "moving", "overload":
		default:
			return profile{}, fmt.Errorf("a group named %s is not known", n)
		}
	}
	p := profile{ends: "\r\n", read: func(line string) (reading, bool) { return s.match(re, line) }}
	if p.ask, err = link.Bytes(s.Ask); err != nil {
		return profile{}, err
	}
	p.zero, err = link.Bytes(s.Zero)
	return p, err
}

func (s settings) match(re *regexp.Regexp, line string) (reading, bool) {
	m := re.FindStringSubmatch(line)
	if m == nil {
		return reading{}, false
	}
	group := func(name string) (string, bool) {
		if i := re.SubexpIndex(name); i >= 0 {
			return strings.TrimSpace(m[i]), true
		}
		return "", false
	}
	if o, _ := group("overload"); o != "" {
		return reading{overload: true}, true
	}
	unit := s.Unit
	if u, _ := group("unit"); u != "" {
		unit = u
	}
	weight, _ := group("weight")
	mg, ok := milligrams(weight, unit)
	if sign, _ := group("sign"); sign == "-" {
		mg = -mg
	}
	stable, says := group("stable")
	moving, denies := group("moving")
	return reading{milligrams: mg, known: ok, stable: (says || denies) && (!says || stable != "") && moving == "", judge: !says && !denies}, ok
}
