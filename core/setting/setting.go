package setting

import (
	"fmt"
	"slices"
	"sort"
	"strconv"
	"unicode/utf8"

	"github.com/shopwright/shopwright/core/fault"
)

var (
	ErrUnknown = fault.New(fault.Invalid, "setting.unknown_key")
	ErrValue   = fault.New(fault.Invalid, "setting.bad_value")   // not of the kind, or outside its bounds
	ErrScope   = fault.New(fault.Invalid, "setting.wrong_scope") // more specific than the setting allows
)

// Kind is what a setting's value looks like.
type Kind string

const (
	KindBool   Kind = "bool"   // "true", "false"
	KindInt    Kind = "int"    // a decimal integer
	KindText   Kind = "text"   // any text
	KindChoice Kind = "choice" // one of Choices
)

// Scope is where a setting is set; later is more specific and wins.
type Scope uint8

const (
	PerMerchant Scope = iota
	PerShop
	PerRegister
)

var scopeNames = [...]string{"merchant", "shop", "register"}

// String is the stored form.
func (s Scope) String() string { return scopeNames[s] }

// MarshalText is the stored form.
func (s Scope) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

func scopeOf(name string) (Scope, bool) {
	i := slices.Index(scopeNames[:], name)
	return Scope(max(i, 0)), i >= 0
}

// Declaration is what is known of a key.
type Declaration struct {
	Key     string
	Kind    Kind
	Scope   Scope // the most specific place where it may be set
	Default string
	Min     int64 // KindInt
	Max     int64 // KindInt: largest value; KindText: most characters
	Choices []string
	Doc     string // for developers; screens use the catalogue's "setting.<key>"

	form func(text string) error // KindText: what more it has to be
}

var registry = map[string]*Declaration{}

func declare(d Declaration) *Declaration {
	if _, dup := registry[d.Key]; dup {
		panic("setting: declared twice: " + d.Key)
	}
	if err := d.check(d.Default); err != nil {
		panic(fmt.Sprintf("setting: %s: the default is refused: %v", d.Key, err))
	}
	registry[d.Key] = &d
	return &d
}

// Declarations lists every setting by key.
func Declarations() []Declaration {
	out := make([]Declaration, 0, len(registry))
	for _, d := range registry {
		out = append(out, *d)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Key < out[j].Key })
	return out
}

// Lookup finds a declaration. Fault: setting.unknown_key.
func Lookup(key string) (Declaration, error) {
	d, ok := registry[key]
	if !ok {
		return Declaration{}, ErrUnknown.With("key", key)
	}
	return *d, nil
}

// check validates a value. Fault: setting.bad_value, or that of the text's own form.
func (d *Declaration) check(value string) error {
	ok := true
	switch d.Kind {
	case KindBool:
		ok = value == "true" || value == "false"
	case KindInt:
		n, err := strconv.ParseInt(value, 10, 64)
		ok = err == nil && n >= d.Min && n <= d.Max && strconv.FormatInt(n, 10) == value
	case KindText:
		ok = utf8.ValidString(value) && int64(utf8.RuneCountInString(value)) <= d.Max && !slices.Contains([]byte(value), 0)
	case KindChoice:
		ok = slices.Contains(d.Choices, value)
	}
	if !ok {
		return ErrValue.On(d.Key).With("key", d.Key)
	}
	if d.form != nil {
		if err := d.form(value); err != nil {
			return fault.Of(err).On(d.Key)
		}
	}
	return nil
}

// BoolSetting is a declared yes or no.
type BoolSetting struct{ d *Declaration }

// Bool declares one.
func Bool(key string, def bool, scope Scope, doc string) BoolSetting {
	return BoolSetting{declare(Declaration{Key: key, Kind: KindBool, Scope: scope, Default: strconv.FormatBool(def), Doc: doc})}
}

// Key is its key.
func (s BoolSetting) Key() string { return s.d.Key }

// In is its value among v.
func (s BoolSetting) In(v Values) bool { return v.get(s.d) == "true" }

// IntSetting is a declared integer.
type IntSetting struct{ d *Declaration }

// Int declares one with its bounds.
func Int(key string, def, least, most int64, scope Scope, doc string) IntSetting {
	return IntSetting{declare(Declaration{Key: key, Kind: KindInt, Scope: scope, Default: strconv.FormatInt(def, 10), Min: least, Max: most, Doc: doc})}
}

// Key is its key.
func (s IntSetting) Key() string { return s.d.Key }

// In is its value among v.
func (s IntSetting) In(v Values) int64 {
	n, _ := strconv.ParseInt(v.get(s.d), 10, 64) // checked when it was taken up
	return n
}

// TextSetting is a declared text.
type TextSetting struct{ d *Declaration }

// Text declares one of at most so many characters.
func Text(key, def string, most int64, scope Scope, doc string) TextSetting {
	return TextSetting{declare(Declaration{Key: key, Kind: KindText, Scope: scope, Default: def, Max: most, Doc: doc})}
}

// TextOf declares a text that has to be of a form, so that what cannot be read is
// refused where it is typed.
func TextOf(key, def string, most int64, scope Scope, form func(text string) error, doc string) TextSetting {
	return TextSetting{declare(Declaration{Key: key, Kind: KindText, Scope: scope, Default: def, Max: most, Doc: doc, form: form})}
}

// Key is its key.
func (s TextSetting) Key() string { return s.d.Key }

// In is its value among v.
func (s TextSetting) In(v Values) string { return v.get(s.d) }

// ChoiceSetting is a declared choice; the first is the default.
type ChoiceSetting struct{ d *Declaration }

// Choice declares one.
func Choice(key string, choices []string, scope Scope, doc string) ChoiceSetting {
	return ChoiceSetting{declare(Declaration{Key: key, Kind: KindChoice, Scope: scope, Default: choices[0], Choices: choices, Doc: doc})}
}

// Key is its key.
func (s ChoiceSetting) Key() string { return s.d.Key }

// In is its value among v.
func (s ChoiceSetting) In(v Values) string { return v.get(s.d) }
