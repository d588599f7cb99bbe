package ruletest

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/shopwright/shopwright/sdk/rule"
	"github.com/shopwright/shopwright/sdk/rule/rulecase"
)

var update = flag.Bool("update", false, "write the outputs that the rules give into the case files")

// Case is a golden input with the output that it must give; see rulecase.
type Case = rulecase.Case

// Load reads every case of the *.json files in a directory, in order of name.
func Load(dir string) ([]Case, error) { return rulecase.Load(dir) }

// Parse reads the cases of one file.
func Parse(name string, b []byte) ([]Case, error) { return rulecase.Parse(name, b) }

// Run runs every case of a directory as a test, and all of them again in the
// reverse order on one rule: what a call leaves behind must not reach another.
func Run(t *testing.T, newRule func() rule.Rule, dir string) {
	t.Helper()
	if *update {
		if err := rewrite(newRule, dir); err != nil {
			t.Fatal(err)
		}
	}
	cases, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	outputs := make([][]byte, len(cases))
	for i := range cases {
		c := &cases[i]
		t.Run(c.File+"/"+c.Name, func(t *testing.T) {
			if outputs[i], err = c.Native(newRule()); err != nil {
				t.Fatal(err)
			}
			if diff := c.Check(outputs[i]); diff != "" {
				t.Error(diff)
			}
		})
	}
	one := newRule()
	for i := len(cases) - 1; i >= 0; i-- {
		again, err := cases[i].Native(one)
		if err != nil || !bytes.Equal(again, outputs[i]) {
			t.Errorf("%s/%s gives something else after other cases (%v)", cases[i].File, cases[i].Name, err)
		}
	}
}

// rewrite puts the outputs that the rule gives into the case files.
func rewrite(newRule func() rule.Rule, dir string) error {
	paths, err := rulecase.Files(dir)
	if err != nil {
		return err
	}
	for _, p := range paths {
		b, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		cases, err := Parse(filepath.Base(p), b)
		if err != nil {
			return err
		}
		outputs := make([][]byte, len(cases))
		for i := range cases {
			if outputs[i], err = cases[i].Native(newRule()); err != nil {
				return fmt.Errorf("%s: %s: %w", p, cases[i].Name, err)
			}
		}
		if b, err = rulecase.Rewrite(filepath.Base(p), b, outputs); err != nil {
			return err
		}
		if err := os.WriteFile(p, b, 0o644); err != nil {
			return err
		}
	}
	return nil
}
