package main

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

func load(t *testing.T) *schema {
	t.Helper()
	b, err := os.ReadFile(root + "/" + schemaPath)
	if err != nil {
		t.Fatal(err)
	}
	s, err := parse(b)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestBindingsAreWhole: every field of the schema has a name of its own in each
// guest library, and no name stands for two things.
func TestBindingsAreWhole(t *testing.T) {
	s := load(t)
	c, as := string(s.cHeader()), string(s.assemblyScript())
	for _, list := range [][]record{s.Groups, s.Records, s.Messages} {
		for _, r := range list {
			fields, class := block(t, c, "typedef struct sw_"+snake(r.Name)+" {"), block(t, as, "export class "+r.Name+" {")
			for _, f := range r.Fields {
				if f.Name == "_" {
					continue
				}
				if !regexp.MustCompile(`[ *]` + snake(f.Name) + `;`).MatchString(fields) {
					t.Errorf("C: %s.%s", r.Name, f.Name)
				}
				if f.Type != "group" && !strings.Contains(class, " get "+camel(f.Name)+"()") {
					t.Errorf("AssemblyScript: %s.%s", r.Name, f.Name)
				}
			}
			unique(t, r.Name, regexp.MustCompile(`(?m)^  (?:get )?(\w+)\(\)`).FindAllStringSubmatch(class, -1))
		}
	}
	unique(t, "C", regexp.MustCompile(`(?m)^\t(SW_\w+) = `).FindAllStringSubmatch(c, -1))
	unique(t, "C", regexp.MustCompile(`(?m)^(?:static inline|SW__FN) [^(]*?(\w+)\(`).FindAllStringSubmatch(c, -1))
	unique(t, "AssemblyScript", regexp.MustCompile(`(?m)^(?:export )?(?:abstract )?(?:class|enum|function) (\w+)`).FindAllStringSubmatch(as, -1))
}

// block is the text from a head to the brace that ends it at the line's start.
func block(t *testing.T, text, head string) string {
	t.Helper()
	_, rest, ok := strings.Cut(text, head)
	if !ok {
		t.Fatalf("no %q", head)
	}
	body, _, _ := strings.Cut(rest, "\n}")
	return body
}

func unique(t *testing.T, where string, found [][]string) {
	t.Helper()
	seen := map[string]bool{}
	for _, f := range found {
		if seen[f[1]] {
			t.Errorf("%s: %s stands for two things", where, f[1])
		}
		seen[f[1]] = true
	}
}

// TestAges: the versions that tests build guests with keep what was published.
func TestAges(t *testing.T) {
	now, old, later := load(t), load(t), load(t)
	if err := old.past(); err != nil {
		t.Fatal(err)
	}
	if err := later.future(); err != nil {
		t.Fatal(err)
	}
	for _, m := range []string{"Input", "Output"} {
		if a, b, c := old.byName[m].size, now.byName[m].size, later.byName[m].size; a >= b || b >= c {
			t.Errorf("%s: %d, %d, %d bytes", m, a, b, c)
		}
	}
	if err := later.checkLock(strings.Join(now.lockLines(), "\n")); err != nil {
		t.Errorf("the later version moves something: %v", err)
	}
	var kept []string
	have := fmt.Sprint(now.lockLines())
	for _, l := range old.lockLines() {
		if !strings.Contains(l, "._") && !strings.Contains(have, l) {
			kept = append(kept, l)
		}
	}
	if len(kept) > 0 {
		t.Errorf("the earlier version has %v", kept)
	}
	dir := t.TempDir()
	if err := writeBindings(root, dir, (*schema).future); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(dir + "/sw1.h")
	if err != nil || !strings.Contains(string(b), "later_number") {
		t.Errorf("%v", err)
	}
}

// TestExample: runs of bytes on the page follow each other without a gap.
func TestExample(t *testing.T) {
	s := load(t)
	for _, l := range []*layer{s.exampleInput(), s.exampleOutput()} {
		by := map[int]int{}
		for _, x := range l.spans {
			if by[x.at] != 0 {
				t.Errorf("two spans at %d", x.at)
			}
			by[x.at] = x.n
		}
		at := 0
		for at < len(l.b) && by[at] > 0 {
			at += by[at]
		}
		if at != len(l.b) {
			t.Errorf("%d of %d bytes explained", at, len(l.b))
		}
	}
}
