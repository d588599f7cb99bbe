package rules_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/rules"
	"github.com/shopwright/shopwright/rules/kit"
	"github.com/shopwright/shopwright/sdk/rule"
	"github.com/shopwright/shopwright/sdk/rule/rulecase"
)

var update = flag.Bool("update", false, "write the outputs that the rules give into the case files, and the bundles")

// examples are the folders of packs. The bundle of the one in Go is not kept: it
// weighs half a megabyte and needs no other tool than Go.
var examples = []string{"go", "assemblyscript", "c", "wat"}

// bundle builds a pack's bundle around a module that is there.
func bundle(t *testing.T, dir string) *pack.Bundle {
	t.Helper()
	module := []byte(nil)
	if dir == "go" {
		module = goGuest(t, "go/guest")
	} else {
		module = built(t, dir+"/rule.wasm")
	}
	data, err := kit.Build(ctx, dir, kit.BuildOptions{Module: module})
	if err != nil {
		t.Fatal(err)
	}
	b, err := pack.Open(data)
	if err != nil {
		t.Fatal(err)
	}
	if dir == "go" || os.Getenv("GUESTS") != "" {
		return b
	}
	file := filepath.Join(dir, b.ID+".swpack")
	if *update {
		if err := os.WriteFile(file, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if kept, err := os.ReadFile(file); err != nil || !bytes.Equal(kept, data) {
		t.Errorf("%s is not what the folder holds: go test ./examples/rules -update", file)
	}
	return b
}

// TestCases: each case of each pack, as the host runs it, twice and in both orders.
func TestCases(t *testing.T) {
	h := newHost(t)
	for _, dir := range examples {
		t.Run(dir, func(t *testing.T) {
			b := bundle(t, dir)
			if *update {
				rewrite(t, h, b, dir)
				b = bundle(t, dir)
			}
			cases := load(t, dir)
			order := append(slices.Clone(cases), cases...)
			slices.Reverse(order[len(cases):])
			for i := range order {
				c := &order[i]
				got, err := run(t, h, b, c)
				if err != nil {
					t.Errorf("%s: %v", c.Name, err)
				} else if diff := c.Check(got.OutputBytes); diff != "" {
					t.Errorf("%s:\n%s", c.Name, diff)
				} else if !sayable(b, &got.Output) {
					t.Errorf("%s: a note without a text", c.Name)
				}
			}
		})
	}
}

func load(t *testing.T, dir string) []rulecase.Case {
	t.Helper()
	cases, err := rulecase.Load(filepath.Join(dir, "cases"))
	if err != nil {
		t.Fatal(err)
	}
	return cases
}

// run is one case under its own configuration, as it stands in the file.
func run(t *testing.T, h *rules.Host, b *pack.Bundle, c *rulecase.Case) (promotion.Answer, error) {
	t.Helper()
	if _, err := b.CheckConfig(c.Config); err != nil {
		t.Fatalf("%s: %v", c.Name, err)
	}
	var config bytes.Buffer
	if err := json.Compact(&config, c.Config); err != nil {
		t.Fatal(err)
	}
	in, err := rules.DecodeInput(rule.AppendInput(nil, &c.Input))
	if err != nil {
		t.Fatal(err)
	}
	if err := h.VerifyFor(b.Module(), b.Floats); err != nil {
		t.Fatal(err)
	}
	return h.Evaluate(ctx, ref(b.ID, b.Module(), config.Bytes()), &in)
}

func rewrite(t *testing.T, h *rules.Host, b *pack.Bundle, dir string) {
	t.Helper()
	files, err := rulecase.Files(filepath.Join(dir, "cases"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		cases, err := rulecase.Parse(f, text)
		if err != nil {
			t.Fatal(err)
		}
		var outputs [][]byte
		for i := range cases {
			a, err := run(t, h, b, &cases[i])
			if err != nil {
				t.Fatal(err)
			}
			outputs = append(outputs, a.OutputBytes)
		}
		if text, err = rulecase.Rewrite(f, text, outputs); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(f, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// sayable reports whether the pack has a text for every code of an answer.
func sayable(b *pack.Bundle, o *promotion.Output) bool {
	known := b.Codes()
	var used []string
	for i := range o.Candidates {
		used = append(used, o.Candidates[i].Code)
	}
	for i := range o.Earns {
		used = append(used, o.Earns[i].Code)
	}
	for i := range o.Grants {
		used = append(used, o.Grants[i].Code)
	}
	for i := range o.Notes {
		used = append(used, o.Notes[i].Code)
	}
	return !slices.ContainsFunc(used, func(c string) bool { return !slices.Contains(known, c) })
}

// TestTexts: every pack has a name and the same texts in each language.
func TestTexts(t *testing.T) {
	for _, dir := range examples {
		var first []string
		for _, l := range []string{"en", "zh-Hans", "zh-Hant"} {
			texts := map[string]string{}
			readJSON(t, filepath.Join(dir, "locales", l+".json"), &texts)
			keys := slices.Sorted(maps.Keys(texts))
			if first == nil {
				first = keys
			}
			if !slices.Equal(keys, first) || texts["pack.name"] == "" || texts["pack.description"] == "" {
				t.Errorf("%s %s: %v", dir, l, keys)
			}
		}
		if _, err := os.Stat(filepath.Join(dir, "README.md")); err != nil {
			t.Error(err)
		}
	}
}

// TestSmall: what is not Go is a few kilobytes, without imports and floats.
func TestSmall(t *testing.T) {
	for _, name := range []string{"assemblyscript", "c", "wat", "basket/c", "basket/as"} {
		b := built(t, name+"/rule.wasm")
		info, err := rules.Inspect(b)
		if err != nil || len(info.Imports) > 0 || info.Floats > 0 || len(b) > 16<<10 {
			t.Errorf("%s: %v, %d bytes, %d floats, imports %v", name, err, len(b), info.Floats, info.Imports)
		}
	}
}

func readJSON(t *testing.T, file string, v any) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(b, v)
	}
	if err != nil {
		t.Fatal(err)
	}
}
