package packs_test

import (
	"encoding/json"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/shopwright/shopwright/rules/packs"
)

// form is what the tests need of a pack's schema.
type form struct {
	Title      string                    `json:"title"`
	XTitle     map[string]string         `json:"x-title"`
	XHelp      map[string]string         `json:"x-description"`
	XLabels    map[string]map[string]any `json:"x-labels"`
	Enum       []any
	Items      *form
	Properties map[string]*form
}

func formsOf(t *testing.T) map[string]map[string]any {
	t.Helper()
	all := map[string]map[string]any{}
	for id, b := range packs.Bundles() {
		var s struct{ Properties map[string]any }
		if err := json.Unmarshal(unzip(t, b)["config.schema.json"], &s); err != nil {
			t.Fatal(err)
		}
		all[id] = s.Properties
	}
	return all
}

// TestGuideNamesWhatIsOnTheScreen: every bold name of the merchants' guide is the
// title of a setting or of a pack.
func TestGuideNamesWhatIsOnTheScreen(t *testing.T) {
	text, err := os.ReadFile("../../docs/rules/packs.md")
	if err != nil {
		t.Fatal(err)
	}
	titles := map[string]bool{"Salon": true, "Retail": true, "Catering": true, "Fitness": true, "Membership": true, "bold": true}
	for _, b := range packs.Bundles() {
		var f form
		if err := json.Unmarshal(unzip(t, b)["config.schema.json"], &f); err != nil {
			t.Fatal(err)
		}
		walk(&f, "", func(_ string, f *form) { titles[f.Title] = true })
	}
	found := regexp.MustCompile(`\*\*([^*]+)\*\*`).FindAllStringSubmatch(string(text), -1)
	if len(found) < 50 {
		t.Fatalf("%d names", len(found))
	}
	for _, m := range found {
		if !titles[m[1]] {
			t.Errorf("no setting is called %q", m[1])
		}
	}
}

func walk(f *form, at string, each func(at string, f *form)) {
	each(at, f)
	for name, p := range f.Properties {
		walk(p, at+"/"+name, each)
	}
	if f.Items != nil {
		walk(f.Items, at+"/-", each)
	}
}

// TestFormsSpeakEveryLanguage: each setting and each choice has its texts in all
// languages.
func TestFormsSpeakEveryLanguage(t *testing.T) {
	for id, b := range packs.Bundles() {
		var f form
		if err := json.Unmarshal(unzip(t, b)["config.schema.json"], &f); err != nil {
			t.Fatal(err)
		}
		walk(&f, id, func(at string, f *form) {
			if strings.HasSuffix(at, "/-") {
				return // a row has no name of its own
			}
			for _, l := range []string{"zh-Hans", "zh-Hant"} {
				if f.XTitle[l] == "" || at != id && f.XHelp[l] == "" {
					t.Errorf("%s has no text in %s", at, l)
				}
			}
			if len(f.Enum) != len(f.XLabels) && !strings.HasSuffix(at, "tier_window_days") {
				t.Errorf("%s: %d choices, %d names", at, len(f.Enum), len(f.XLabels))
			}
		})
	}
}

// TestSharedSettingsAreTheSame: a setting that several packs have means the same in
// all of them; what it is at first may differ.
func TestSharedSettingsAreTheSame(t *testing.T) {
	own := map[string]bool{"tier_steps": true, "tier_metric": true} // each pack's own measure first
	seen := map[string]any{}
	shared := 0
	for id, form := range formsOf(t) {
		for key, v := range form {
			m := v.(map[string]any)
			delete(m, "default")
			if had := seen[key]; had == nil {
				seen[key] = v
			} else if shared++; !own[key] && !reflect.DeepEqual(had, v) {
				t.Errorf("%s: %s is not as in another pack", id, key)
			}
		}
	}
	if shared < 100 {
		t.Fatalf("%d settings are shared", shared)
	}
}
