package ui

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/money"
)

// Placeholder texts name their key, so that a test sees what was asked for.
func testCtx(locale string) Ctx {
	return Ctx{
		Locale: locale, Currency: money.MustCurrency("CNY"), Zone: time.UTC, PrefsURL: "/prefs", Path: "/office/members",
		Locales: []Locale{{"en", "English"}, {"zh-Hans", "简体中文"}, {"zh-Hant", "繁體中文"}},
		Brand:   Brand{Name: "Shopwright"},
		Can:     func(string) bool { return true },
		Translate: func(key string, args map[string]any) string {
			text, ok := texts[locale][key]
			if !ok {
				return key
			}
			for k, v := range args {
				text = strings.ReplaceAll(text, "{"+k+"}", fmt.Sprint(v))
			}
			return text
		},
	}
}

// texts are the package's own, as core/i18n has them.
var texts = func() (m map[string]map[string]string) {
	b, err := os.ReadFile("testdata/texts.json")
	if err == nil {
		err = json.Unmarshal(b, &m)
	}
	if err != nil {
		panic(err)
	}
	return m
}()

var keyUse = regexp.MustCompile(`"(ui\.[a-z_.]+)"`)

// sourceKeys are the i18n keys that the package's own sources name.
func sourceKeys(t *testing.T) map[string]bool {
	t.Helper()
	es, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]bool{}
	for _, e := range es {
		if n := e.Name(); strings.HasSuffix(n, ".templ") || strings.HasSuffix(n, ".go") && !strings.HasSuffix(n, "_test.go") && !strings.HasSuffix(n, "_templ.go") {
			b, err := os.ReadFile(n)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range keyUse.FindAllStringSubmatch(string(b), -1) {
				keys[m[1]] = true
			}
		}
	}
	return keys
}

// Every key that a component asks for has a text in each language, and no text is
// left over.
func TestTextsComplete(t *testing.T) {
	used := sourceKeys(t)
	for _, locale := range []string{"en", "zh-Hans", "zh-Hant"} {
		for k := range used {
			if texts[locale][k] == "" {
				t.Errorf("%s lacks %s", locale, k)
			}
		}
		for k := range texts[locale] {
			if !used[k] {
				t.Errorf("%s has %s, which nothing uses", locale, k)
			}
		}
	}
}
