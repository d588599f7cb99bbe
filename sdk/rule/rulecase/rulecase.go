package rulecase

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"sort"

	"github.com/shopwright/shopwright/sdk/rule"
)

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

// Load reads every case of the *.json files in a directory, in order of name. No
// case at all is an error.
func Load(dir string) ([]Case, error) {
	paths, err := Files(dir)
	if err != nil {
		return nil, err
	}
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

// Files lists the case files of a directory in order of name.
func Files(dir string) ([]string, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.json"))
	sort.Strings(paths)
	return paths, err
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
	if err := d.Decode(&fs); err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fmt.Errorf("text after the end")
	}
	return fs, nil
}

// Rewrite answers a case file with these outputs as what its cases want, one
// output message for each case in their order. Inputs come out in the ABI's order
// of fields.
func Rewrite(name string, b []byte, outputs [][]byte) ([]byte, error) {
	cases, err := Parse(name, b)
	if err != nil {
		return nil, err
	}
	fs, err := readFile(b)
	if err != nil {
		return nil, err
	}
	if len(outputs) != len(cases) {
		return nil, fmt.Errorf("%s: %d cases, %d outputs", name, len(cases), len(outputs))
	}
	for i := range fs {
		var out rule.Output
		if err := rule.DecodeOutput(outputs[i], string(outputs[i]), &out); err != nil {
			return nil, fmt.Errorf("%s: %s: %w", name, fs[i].Name, err)
		}
		fs[i].Input = encode(reflect.ValueOf(&cases[i].Input).Elem())
		fs[i].Want = encode(reflect.ValueOf(&out).Elem())
	}
	var w bytes.Buffer
	e := json.NewEncoder(&w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err = e.Encode(fs)
	return w.Bytes(), err
}

// Message is the case's input as a module sees it.
func (c *Case) Message() []byte { return rule.AppendInput(nil, &c.Input) }

// Native runs the case without a module and answers the message it gives.
func (c *Case) Native(r rule.Rule) ([]byte, error) {
	if err := r.Configure(c.Config); err != nil {
		return nil, err
	}
	// Through the codec, as a module would see it.
	msg := c.Message()
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
	a, b := Show(&got), Show(&c.Want)
	if a == b {
		return ""
	}
	return "got  " + a + "\nwant " + b
}

// Show is an output as it stands in a case file, on one line.
func Show(o *rule.Output) string {
	b, _ := json.Marshal(encode(reflect.ValueOf(o).Elem()))
	return string(b)
}
