package i18n

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"

	"golang.org/x/text/language"

	"github.com/shopwright/shopwright/core/fault"
)

//go:embed locales
var files embed.FS

// ErrText says that a text does not parse.
var ErrText = fault.New(fault.Invalid, "i18n.malformed_text")

// Locales in the order in which they are offered; the first is the fallback.
const (
	English     = "en"
	Simplified  = "zh-Hans"
	Traditional = "zh-Hant"
)

var tags = []string{English, Simplified, Traditional}

// Tags lists the locales that the program has.
func Tags() []string { return slices.Clone(tags) }

// Known reports whether there is a catalogue for a tag.
func Known(tag string) bool { return slices.Contains(tags, tag) }

var catalogues = sync.OnceValue(func() map[string]map[string]Text {
	all := map[string]map[string]Text{}
	for _, tag := range tags {
		c, err := load(files, tag)
		if err != nil {
			panic(err) // the catalogues are part of the program
		}
		all[tag] = c
	}
	return all
})

// load reads locales/<tag>.json and locales/<tag>/*.json. A key may stand in one
// of them only.
func load(fsys fs.FS, tag string) (map[string]Text, error) {
	names, err := fs.Glob(fsys, path.Join("locales", tag, "*.json"))
	if err != nil {
		return nil, err
	}
	c := map[string]Text{}
	for _, name := range append([]string{path.Join("locales", tag+".json")}, names...) {
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, err
		}
		var raw map[string]string
		if err := json.Unmarshal(data, &raw); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		for k, v := range raw {
			if _, dup := c[k]; dup {
				return nil, fmt.Errorf("%s: %s stands in another file of the locale, too", name, k)
			}
			if c[k], err = Parse(v); err != nil {
				return nil, fmt.Errorf("%s: %s: %w", name, k, err)
			}
		}
	}
	return c, nil
}

// Locale is one language, perhaps with a reseller's own words. The zero value
// is English. It is small, immutable and safe for concurrent use.
type Locale struct {
	tag string
	own map[string]Text
}

// Get finds a locale by its exact tag; false (and English) where there is none.
func Get(tag string) (Locale, bool) {
	if Known(tag) {
		return Locale{tag: tag}, true
	}
	return Locale{}, false
}

// Must is Get for constants.
func Must(tag string) Locale {
	l, ok := Get(tag)
	if !ok {
		panic("i18n: no locale " + tag)
	}
	return l
}

var matchers sync.Map // offered tags, joined -> language.Matcher

// Match chooses the best of the offered locales (none given: all) for an
// Accept-Language header or a single tag such as "zh-TW". Where nothing fits it
// is the first offered one. A header that is malformed fits nothing.
func Match(acceptLanguage string, offered ...string) Locale {
	offered = slices.DeleteFunc(slices.Clone(offered), func(t string) bool { return !Known(t) })
	if len(offered) == 0 {
		offered = tags
	}
	if slices.Contains(offered, acceptLanguage) {
		return Locale{tag: acceptLanguage}
	}
	if len(acceptLanguage) > 500 {
		acceptLanguage = "" // nobody reads that many languages
	}
	want, _, err := language.ParseAcceptLanguage(acceptLanguage)
	if err != nil || len(want) == 0 {
		return Locale{tag: offered[0]}
	}
	key := strings.Join(offered, ",")
	m, ok := matchers.Load(key)
	if !ok {
		supported := make([]language.Tag, len(offered))
		for i, t := range offered {
			supported[i] = language.Make(t)
		}
		m, _ = matchers.LoadOrStore(key, language.NewMatcher(supported))
	}
	_, i, sure := m.(language.Matcher).Match(want...)
	if sure == language.No { // the matcher's guess, English for French, is not the merchant's
		i = 0
	}
	return Locale{tag: offered[i]}
}

// Tag is the locale's BCP 47 tag, as for the lang attribute of a page.
func (l Locale) Tag() string {
	if l.tag == "" {
		return English
	}
	return l.tag
}

// With returns the locale with a reseller's own texts over those of the
// catalogue, key by key. Fault: i18n.malformed_text on the key whose text does
// not parse.
func (l Locale) With(own map[string]string) (Locale, error) {
	merged := maps.Clone(l.own)
	if merged == nil {
		merged = make(map[string]Text, len(own))
	}
	for k, v := range own {
		t, err := Parse(v)
		if err != nil {
			return l, fault.Of(err).On(k)
		}
		merged[k] = t
	}
	return Locale{tag: l.tag, own: merged}, nil
}

func (l Locale) find(key string) (Text, bool) {
	if t, ok := l.own[key]; ok {
		return t, true
	}
	all := catalogues()
	if t, ok := all[l.Tag()][key]; ok {
		return t, true
	}
	t, ok := all[English][key]
	return t, ok
}

// Has reports whether T has a text for the key.
func (l Locale) Has(key string) bool {
	_, ok := l.find(key)
	return ok
}

// Placeholders lists the argument names of a key's text, sorted.
func (l Locale) Placeholders(key string) []string {
	t, _ := l.find(key)
	return t.Args()
}

// T is the text of a key. Arguments are one map[string]any, or names and values
// in turn: T("sale.lines", "count", 3). An argument that is not given shows as
// an ellipsis; a key without a text shows itself.
func (l Locale) T(key string, args ...any) string {
	t, ok := l.find(key)
	if !ok {
		if base, variant, cut := strings.Cut(key, ":"); cut && l.Has(base) { // "tender.online:mall": of that kind, and which
			return l.T(base, args...) + " · " + variant
		}
		return key
	}
	return t.render(l, lookup(args))
}

// lookup gives arguments by name.
func lookup(args []any) func(string) (any, bool) {
	if len(args) == 1 {
		if m, ok := args[0].(map[string]any); ok {
			return func(name string) (any, bool) {
				v, ok := m[name]
				return v, ok
			}
		}
	}
	return func(name string) (any, bool) {
		for i := 0; i+1 < len(args); i += 2 {
			if args[i] == name {
				return args[i+1], true
			}
		}
		return nil, false
	}
}

// Keys lists all keys of the catalogues, sorted.
func Keys() []string { return slices.Sorted(maps.Keys(catalogues()[English])) }

// Fault is the sentence for a fault: the text of its reason with its figures;
// {param} is the input field that is wrong. A reason without a text gives the
// sentence for an unexpected error, with the reason.
func Fault(l Locale, f *fault.Fault) string {
	if f == nil {
		return ""
	}
	t, ok := l.find(f.Reason)
	if !ok {
		return l.T(fault.ErrInternal.Reason) + " (" + f.Reason + ")"
	}
	return t.render(l, func(name string) (any, bool) {
		if v, ok := f.Args[name]; ok {
			return v, true
		}
		return f.Param, name == "param" && f.Param != ""
	})
}
