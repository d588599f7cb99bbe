package pack

import (
	"encoding/json"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/i18n"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/promotion"
)

// ErrBadMessage says that a text of the pack does not parse, or shows what a note does
// not carry. {file} {code}
var ErrBadMessage = fault.New(fault.Invalid, "pack.bad_message")

// noteArgs is what a message can show of a note.
var noteArgs = []string{"arg", "label", "line", "money"}

// readTexts reads locales/<tag>.json: flat objects of code -> text.
func (b *Bundle) readTexts(files map[string][]byte) error {
	b.texts = map[string]map[string]i18n.Text{}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		dir, base := path.Split(name)
		if dir != "locales/" {
			continue
		}
		var raw map[string]string
		if err := json.Unmarshal(files[name], &raw); err != nil {
			return ErrMalformed.With("detail", name).Wrap(err)
		}
		texts := make(map[string]i18n.Text, len(raw))
		for _, code := range slices.Sorted(maps.Keys(raw)) {
			t, err := i18n.Parse(raw[code])
			if err != nil || len(t.Terms()) > 0 || slices.ContainsFunc(t.Args(), unknownArg) {
				return ErrBadMessage.On(name).With("file", name).With("code", shown(code))
			}
			texts[code] = t
		}
		b.texts[strings.TrimSuffix(base, ".json")] = texts
	}
	return nil
}

func unknownArg(name string) bool { return !slices.Contains(noteArgs, name) }

// Text is a text of the pack's own catalogue in the reader's language, else in
// English: "pack.name", "pack.description", the labels of its settings. False
// where there is none.
func (b *Bundle) Text(l i18n.Locale, key string) (string, bool) {
	t, ok := b.text(l, key)
	return t.Format(l), ok
}

func (b *Bundle) text(l i18n.Locale, key string) (i18n.Text, bool) {
	if t, ok := b.texts[l.Tag()][key]; ok {
		return t, true
	}
	t, ok := b.texts[i18n.English][key]
	return t, ok
}

// Name is the pack's name in the reader's language, its id where it has none.
func (b *Bundle) Name(l i18n.Locale) string {
	if s, ok := b.Text(l, "pack.name"); ok {
		return s
	}
	return b.ID
}

// Codes lists the codes that have an English text, sorted.
func (b *Bundle) Codes() []string { return slices.Sorted(maps.Keys(b.texts[i18n.English])) }

// Message says a note in the reader's language: the pack's text for the code
// with {arg}, {money}, {label} and {line}; in English where the locale has none,
// and the code itself where the pack has no text for it.
func (b *Bundle) Message(l i18n.Locale, code string, n promotion.Note, cur money.Currency) string {
	t, ok := b.text(l, code)
	if !ok {
		return shown(code)
	}
	return t.Format(l,
		"arg", n.Arg, "money", i18n.Cash{Currency: cur, Amount: n.Money}, "label", n.Label, "line", int64(n.LineNo))
}
