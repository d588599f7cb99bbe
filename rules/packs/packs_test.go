package packs_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/shopwright/shopwright/rules/packs"
	"github.com/shopwright/shopwright/rules/packs/catering"
	"github.com/shopwright/shopwright/rules/packs/fitness"
	"github.com/shopwright/shopwright/rules/packs/membership"
	"github.com/shopwright/shopwright/rules/packs/retail"
	"github.com/shopwright/shopwright/rules/packs/salon"
	"github.com/shopwright/shopwright/sdk/rule"
	"github.com/shopwright/shopwright/sdk/rule/ruletest"
)

var logic = map[string]rule.Rule{
	"salon": &salon.Rule{}, "retail": &retail.Rule{}, "catering": &catering.Rule{}, "fitness": &fitness.Rule{}, "membership": &membership.Rule{},
}

func unzip(t *testing.T, b []byte) map[string][]byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if files[f.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
		_ = r.Close()
	}
	return files
}

// TestBundles: the manifest names every file by its hash and the hooks that the
// logic has; defaults are accepted; every note that a case gives has a text in
// every locale, with placeholders that are known; the bundle is small.
func TestBundles(t *testing.T) {
	all := packs.Bundles()
	if len(all) != len(logic) {
		t.Fatalf("%d bundles", len(all))
	}
	for id, b := range all {
		if len(b) > 1<<20 {
			t.Errorf("%s: %d bytes", id, len(b))
		}
		files := unzip(t, b)
		var m struct {
			ID       string
			Hooks    []string
			Defaults json.RawMessage
			Files    map[string]string
		}
		if err := json.Unmarshal(files["pack.json"], &m); err != nil || m.ID != id {
			t.Fatalf("%s: %v", id, err)
		}
		if len(m.Files) != len(files)-1 {
			t.Errorf("%s: %d files named, %d there", id, len(m.Files), len(files)-1)
		}
		for name, want := range m.Files {
			if sum := sha256.Sum256(files[name]); hex.EncodeToString(sum[:]) != want {
				t.Errorf("%s: %s has another hash", id, name)
			}
		}
		if got := rule.Serves(logic[id]); len(got) != len(m.Hooks) {
			t.Errorf("%s: serves %v, declares %v", id, got, m.Hooks)
		}
		if err := logic[id].Configure(m.Defaults); err != nil {
			t.Errorf("%s: defaults: %v", id, err)
		}
		texts(t, id, files)
	}
}

func texts(t *testing.T, id string, files map[string][]byte) {
	t.Helper()
	locales := map[string]map[string]string{}
	for _, l := range []string{"en", "zh-Hans", "zh-Hant"} {
		m := map[string]string{}
		if err := json.Unmarshal(files["locales/"+l+".json"], &m); err != nil {
			t.Fatal(err)
		}
		locales[l] = m
		for key, text := range m {
			rest := strings.NewReplacer("{arg}", "", "{money}", "", "{label}", "").Replace(text)
			if text == "" || strings.ContainsAny(rest, "{}") {
				t.Errorf("%s %s: %s: %q", id, l, key, text)
			}
		}
	}
	keys := slices.Sorted(maps.Keys(locales["en"]))
	for l, m := range locales {
		if !slices.Equal(keys, slices.Sorted(maps.Keys(m))) {
			t.Errorf("%s: %s has other keys than en", id, l)
		}
	}
	for name, b := range files {
		if path.Dir(name) != "cases" {
			continue
		}
		cases, err := ruletest.Parse(name, b)
		if err != nil {
			t.Fatal(err)
		}
		for i := range cases {
			for _, code := range codes(&cases[i].Want) {
				if locales["en"][code] == "" {
					t.Errorf("%s: no text for %s", id, code)
				}
			}
		}
	}
}

func codes(o *rule.Output) (all []string) {
	for i := range o.Candidates {
		all = append(all, o.Candidates[i].Code)
	}
	for i := range o.Earns {
		all = append(all, o.Earns[i].Code)
	}
	for i := range o.Commissions {
		all = append(all, o.Commissions[i].Code)
	}
	for i := range o.Bonuses {
		all = append(all, o.Bonuses[i].Code)
	}
	for i := range o.Notes {
		all = append(all, o.Notes[i].Code)
	}
	for i := range o.Tenders {
		all = append(all, o.Tenders[i].Note.Code)
	}
	for i := range o.Grants {
		all = append(all, o.Grants[i].Note.Code)
	}
	for i := range o.Returns {
		all = append(all, o.Returns[i].Note.Code)
	}
	if o.Tier.Code != "" {
		all = append(all, o.Tier.Code)
	}
	return all
}
