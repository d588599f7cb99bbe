package ui

import (
	"maps"
	"time"

	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/money"
)

// Ctx is what every component may need to know about the request.
type Ctx struct {
	Translate func(key string, args map[string]any) string // core/i18n for Locale; nil shows keys
	Locale    string                                       // "en", "zh-Hans", "zh-Hant"
	Locales   []Locale                                     // offered in the language menu
	Brand     Brand
	Path      string // of this request: marks the current entry of the navigation
	Theme     string // "light", "dark" or "" as the device says
	PrefsURL  string // takes POST locale= or theme= with back=; "" hides both menus
	Can       func(permission string) bool
	Zone      *time.Location // the shop's; nil is UTC
	Currency  money.Currency // the merchant's base currency
}

// Locale is a language that the screen can be shown in, named in itself.
type Locale struct{ Code, Name string }

// T is the text of key with args given as pairs: c.T("ui.progress", "done", 3, "max", 9).
func (c Ctx) T(key string, pairs ...any) string {
	if c.Translate == nil {
		return key
	}
	var args map[string]any
	if len(pairs) > 0 {
		args = make(map[string]any, len(pairs)/2)
		for i := 0; i+1 < len(pairs); i += 2 {
			if k, ok := pairs[i].(string); ok {
				args[k] = pairs[i+1]
			}
		}
	}
	return c.Translate(key, args)
}

// FaultText is the translated sentence of an error and its reason code.
func (c Ctx) FaultText(err error) (text, reason string) {
	f := fault.Of(err)
	if f == nil {
		return "", ""
	}
	if c.Translate == nil {
		return f.Reason, f.Reason
	}
	args := f.Args
	if _, given := args["param"]; !given && f.Param != "" { // texts may name the field that is wrong
		args = maps.Clone(args)
		if args == nil {
			args = map[string]any{}
		}
		args["param"] = f.Param
	}
	return c.Translate(f.Reason, args), f.Reason
}

// May reports whether the actor has a permission; "" needs none.
func (c Ctx) May(permission string) bool {
	return permission == "" || c.Can != nil && c.Can(permission)
}

// Lang is the value of the lang attribute.
func (c Ctx) Lang() string {
	if c.Locale == "" {
		return "en"
	}
	return c.Locale
}
