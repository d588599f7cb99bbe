package rulecase

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/shopwright/shopwright/sdk/rule"
)

const file1 = `[
  {
    "name": "one & only",
    "config": {
      "percent": 10
    },
    "input": {
      "hook": "benefit",
      "date": 20260113,
      "currency": "CNY",
      "currency_digits": 2,
      "member": {
        "present": true
      },
      "lines": [
        {
          "id": 1,
          "kind": "goods",
          "sku": "TEA",
          "net": 1800
        }
      ]
    },
    "want": {
      "candidates": [
        {
          "kind": "percent",
          "class": "line",
          "basis": "initial",
          "rate": 100000,
          "code": "off",
          "arg": 10
        }
      ]
    }
  }
]
`

// tenOff answers ten percent off everything where there is a member.
type tenOff struct{ refuse bool }

func (r *tenOff) Configure(config []byte) error {
	v, err := rule.ParseConfig(config)
	if r.refuse = v.Int("percent", 10) > 100; r.refuse {
		return rule.ErrConfig
	}
	return err
}

func (r *tenOff) Benefit(in *rule.Input, out *rule.Output) error {
	if in.Member.Present {
		out.Propose(rule.Candidate{Kind: rule.Percent, Class: rule.ClassLine, Basis: rule.Initial, Rate: 100_000, Note: rule.Note{Code: "off", Arg: 10}})
	}
	return nil
}

func TestParseRunCheckRewrite(t *testing.T) {
	cases, err := Parse("a.json", []byte(file1))
	if err != nil || len(cases) != 1 {
		t.Fatal(cases, err)
	}
	c := &cases[0]
	if c.Name != "one & only" || c.Input.Lines[0].Net != 1800 || c.Input.Hook != rule.HookBenefit || c.Want.Candidates[0].Basis != rule.Initial {
		t.Errorf("%+v", c)
	}
	out, err := c.Native(&tenOff{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := c.Check(out); diff != "" {
		t.Error(diff)
	}
	same, err := Rewrite("a.json", []byte(file1), [][]byte{out})
	if err != nil || string(same) != file1 {
		t.Errorf("%v\n%s", err, same)
	}
	none := rule.AppendOutput(nil, &rule.Output{})
	if diff := c.Check(none); !strings.Contains(diff, "got  {}") || !strings.Contains(diff, `"rate":100000`) {
		t.Error(diff)
	}
	changed, err := Rewrite("a.json", []byte(file1), [][]byte{none})
	if err != nil || bytes.Contains(changed, []byte("candidates")) || !bytes.Contains(changed, []byte(`"want": {}`)) {
		t.Errorf("%v\n%s", err, changed)
	}
	if _, err := Rewrite("a.json", []byte(file1), nil); err == nil {
		t.Error("no output for a case")
	}
	if _, err := Rewrite("a.json", []byte(file1), [][]byte{{1, 2}}); err == nil {
		t.Error("an output that is none")
	}
	c.Config = []byte(`{"percent":101}`)
	if _, err := c.Native(&tenOff{}); err == nil {
		t.Error("a configuration that the rule refuses")
	}
}

func TestParseRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"no list":       `{}`,
		"two lists":     `[] []`,
		"unknown field": `[{"name":"a","input":{"lines":[{"price":1}]}}]`,
		"unknown value": `[{"name":"a","input":{"hook":"gift"}}]`,
		"unknown part":  `[{"name":"a","inputs":{}}]`,
		"no object":     `[{"name":"a","input":[]}]`,
		"no table":      `[{"name":"a","input":{"lines":{}}}]`,
		"no number":     `[{"name":"a","input":{"date":"today"}}]`,
		"wrong want":    `[{"name":"a","input":{},"want":{"discount":1}}]`,
	} {
		if _, err := Parse("x.json", []byte(text)); err == nil || !strings.Contains(err.Error(), "x.json") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLoadNeedsCases(t *testing.T) {
	dir := t.TempDir()
	if _, err := Load(dir); err == nil {
		t.Error("an empty folder has cases")
	}
	for _, n := range []string{"b.json", "a.json"} {
		if err := os.WriteFile(filepath.Join(dir, n), []byte(file1), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cases, err := Load(dir)
	if err != nil || len(cases) != 2 || cases[0].File != "a.json" || string(cases[0].Config) == "{}" {
		t.Error(cases, err)
	}
}
