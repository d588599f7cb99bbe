package ruletest

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"sort"
	"testing"

	"github.com/shopwright/shopwright/sdk/rule"
)

var update = flag.Bool("update", false, "write the outputs that the rules give into the case files")

// Case is a golden input with the output that it must give.
type Case struct {
	File   string
	Name   string
	Config []byte // JSON; "{}" where the case gives none
	Input  rule.Input
	Want   rule.Output
}

// file is a case as it stands in a file.
type file struct {
	Name   string          `json:"name"`
	Config json.RawMessage `json:"config,omitempty"`
	Input  any             `json:"input"`
	Want   any             `json:"want"`
}

// Load reads every case of the *.json files in a directory, in order of name.
func Load(dir string) ([]Case, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return nil, err
	}
	sort.Strings(paths)
	var all []Case
	for _, p := range paths {
		b, err := os.ReadFile(p)
		if err != nil {
			return nil, err
		}
		cs, err := Parse(filepath.Base(p), b)
		if err != nil {
			return nil, err
		}
		all = append(all, cs...)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("no cases in %s", dir)
	}
	return all, nil
}

// Parse reads the cases of one file.
func Parse(name string, b []byte) ([]Case, error) {
	fs, err := readFile(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	cases := make([]Case, len(fs))
	for i, f := range fs {
		c := &cases[i]
		c.File, c.Name, c.Config = name, f.Name, f.Config
		if len(c.Config) == 0 {
			c.Config = []byte("{}")
		}
		if err := decode(f.Input, reflect.ValueOf(&c.Input).Elem(), "input"); err != nil {
			return nil, fmt.Errorf("%s: %s: %w", name, f.Name, err)
		}
		if f.Want == nil {
			continue
		}
		if err := decode(f.Want, reflect.ValueOf(&c.Want).Elem(), "want"); err != nil {
			return nil, fmt.Errorf("%s: %s: %w", name, f.Name, err)
		}
	}
	return cases, nil
}

func readFile(b []byte) ([]file, error) {
	var fs []file
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	d.DisallowUnknownFields()
	return fs, d.Decode(&fs)
}

// Native runs the case without a module and answers the message it gives.
func (c *Case) Native(r rule.Rule) ([]byte, error) {
	if err := r.Configure(c.Config); err != nil {
		return nil, err
	}
	// Through the codec, as a module would see it.
	msg := rule.AppendInput(nil, &c.Input)
	var in rule.Input
	if err := rule.DecodeInput(msg, string(msg), &in); err != nil {
		return nil, err
	}
	var out rule.Output
	if err := rule.Evaluate(r, &in, &out); err != nil {
		return nil, err
	}
	return rule.AppendOutput(nil, &out), nil
}

// Check compares an output message with the one that the case wants; "" where
// they are equal, else both as JSON.
func (c *Case) Check(output []byte) string {
	var got rule.Output
	if err := rule.DecodeOutput(output, string(output), &got); err != nil {
		return err.Error()
	}
	a, b := show(&got), show(&c.Want)
	if a == b {
		return ""
	}
	return "got  " + a + "\nwant " + b
}

func show(o *rule.Output) string {
	b, _ := json.Marshal(encode(reflect.ValueOf(o).Elem()))
	return string(b)
}

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
	paths, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return err
	}
	for _, p := range paths {
		b, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		fs, err := readFile(b)
		if err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
		cases, err := Parse(p, b)
		if err != nil {
			return err
		}
		for i := range cases {
			msg, err := cases[i].Native(newRule())
			if err != nil {
				return fmt.Errorf("%s: %s: %w", p, cases[i].Name, err)
			}
			var out rule.Output
			if err := rule.DecodeOutput(msg, string(msg), &out); err != nil {
				return err
			}
			fs[i].Input = encode(reflect.ValueOf(&cases[i].Input).Elem())
			fs[i].Want = encode(reflect.ValueOf(&out).Elem())
		}
		b, err = json.MarshalIndent(fs, "", "  ")
		if err != nil {
			return err
		}
		if err := os.WriteFile(p, append(b, '\n'), 0o644); err != nil {
			return err
		}
	}
	return nil
}
