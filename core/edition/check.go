package edition

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/i18n"
)

// check validates everything that needs no file and fills what is derived.
func (e *Edition) check() error {
	if !isID(e.ID) {
		return ErrBadID.On("id").With("id", e.ID)
	}
	if !isName(e.Name) {
		return ErrNoName.On("name")
	}
	if !isName(e.Brand.Name) {
		return ErrNoName.On("brand.name")
	}
	for _, step := range []func() error{e.checkLocales, e.checkTerms, e.checkPacks, e.checkPackKeys, e.checkModules, e.checkLimits, e.checkColors} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func isName(s string) bool { return strings.TrimSpace(s) != "" && len(s) <= 120 }

func (e *Edition) checkLocales() error {
	if len(e.Locales) == 0 {
		e.Locales = i18n.Tags()
	}
	for i, tag := range e.Locales {
		if !i18n.Known(tag) || slices.Contains(e.Locales[:i], tag) {
			return ErrUnknownLocale.On(fmt.Sprintf("locales[%d]", i)).With("locale", tag)
		}
	}
	return nil
}

// checkTerms lays the words over the catalogues. A key must be there, and a text
// may show only what the text in its place is given.
func (e *Edition) checkTerms() error {
	for _, tag := range slices.Sorted(maps.Keys(e.Terms)) {
		if !i18n.Known(tag) {
			return ErrUnknownLocale.On("terms."+tag).With("locale", tag)
		}
		base := i18n.Must(tag)
		for _, key := range slices.Sorted(maps.Keys(e.Terms[tag])) {
			field := "terms." + tag + "." + key
			if !base.Has(key) {
				return ErrUnknownText.On(field).With("key", key)
			}
			text, err := i18n.Parse(e.Terms[tag][key])
			if err != nil {
				return ErrBadText.On(field).With("key", key).With("detail", e.Terms[tag][key]).Wrap(err)
			}
			given := base.Placeholders(key)
			for _, name := range text.Args() {
				if !slices.Contains(given, name) {
					return ErrBadText.On(field).With("key", key).With("detail", "{"+name+"}")
				}
			}
			for _, name := range text.Terms() {
				if !base.Has("term."+name) || strings.HasPrefix(key, "term.") { // a term of terms could go in circles
					return ErrBadText.On(field).With("key", key).With("detail", "{="+name+"}")
				}
			}
		}
	}
	e.locales = make(map[string]i18n.Locale, len(e.Locales))
	for _, tag := range e.Locales {
		l, err := i18n.Must(tag).With(e.Terms[tag])
		if err != nil {
			return fault.Of(err).On("terms." + tag)
		}
		e.locales[tag] = l
	}
	return nil
}

func (e *Edition) checkPacks() error {
	if len(e.Packs) > maxPacks {
		return ErrBadPack.On("packs").With("pack", len(e.Packs))
	}
	for i, p := range e.Packs {
		field := fmt.Sprintf("packs[%d]", i)
		twice := slices.ContainsFunc(e.Packs[:i], func(o Pack) bool { return o.ID == p.ID })
		if !isID(p.ID) || twice {
			return ErrBadPack.On(field+".id").With("pack", p.ID)
		}
		if p.Config == nil {
			continue
		}
		if trimmed := bytes.TrimSpace(p.Config); len(trimmed) > maxConfig || !json.Valid(trimmed) || trimmed[0] != '{' {
			return ErrBadPack.On(field+".config").With("pack", p.ID)
		}
	}
	return nil
}

func (e *Edition) checkModules() error {
	for i, m := range e.Modules {
		if !slices.Contains(modules, m) || slices.Contains(e.Modules[:i], m) {
			return ErrUnknownModule.On(fmt.Sprintf("modules[%d]", i)).With("module", m)
		}
	}
	return nil
}

func (e *Edition) checkLimits() error {
	for _, name := range slices.Sorted(maps.Keys(e.Limits)) {
		field := "limits." + name
		if !slices.Contains(limits, name) {
			return ErrUnknownLimit.On(field).With("limit", name)
		}
		if e.Limits[name] < 1 {
			return ErrBadLimit.On(field).With("limit", name)
		}
	}
	return nil
}
