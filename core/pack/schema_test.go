package pack

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/shopwright/shopwright/core/fault"
)

func TestCheckConfig(t *testing.T) {
	b := open(t, build(t, testManifest(), testFiles()))
	for _, c := range []struct{ in, want string }{
		{``, `{"name":"gold","rate":0.1}`},
		{`{}`, `{"name":"gold","rate":0.1}`},
		{` { "rate" : 1.0e-1, "name":"gold" } `, `{"name":"gold","rate":0.1}`},
		{`{"rate":0.10}`, `{"name":"gold","rate":0.1}`},
		{`{"rate":-0}`, `{"name":"gold","rate":0}`},
		{`{"name":"<&>","more":{}}`, `{"more":{"deep":3},"name":"<&>","rate":0.1}`},
		{`{"steps":[{"at":1},{"at":2,"off":7}]}`, `{"name":"gold","rate":0.1,"steps":[{"at":1,"off":5},{"at":2,"off":7}]}`},
	} {
		got, err := b.CheckConfig([]byte(c.in))
		if err != nil || string(got) != c.want {
			t.Errorf("%s: %s %v, want %s", c.in, got, err, c.want)
		}
	}
	for _, c := range []struct{ in, param string }{
		{`{`, "/"}, {`[]`, "/"}, {`null`, "/"}, {`{}{}`, "/"},
		{`{"rate":2}`, "/rate"},
		{`{"rate":"x"}`, "/rate"},
		{`{"rate":null}`, "/rate"},
		{`{"rate":1e999999999}`, "/"},
		{`{"rate":` + strings.Repeat("1", 100) + `}`, "/"},
		{`{"other":1}`, "/other"},
		{`{"a/b~":1}`, "/a~1b~0"},
		{`{"name":"much too long"}`, "/name"},
		{`{"steps":[{"at":1},{"off":1}]}`, "/steps/1/at"},
		{`{"steps":[{"at":1.5}]}`, "/steps/0/at"},
		{`{"more":` + strings.Repeat(`{"x":`, 50) + `1` + strings.Repeat(`}`, 51), "/"},
		{`{"name":"` + strings.Repeat("x", maxConfig) + `"}`, "/"},
	} {
		_, err := b.CheckConfig([]byte(c.in))
		f := fault.Of(err)
		if !fault.ReasonIs(err, "pack.config_invalid") || f.Param != c.param || f.Args["detail"] == "" {
			t.Errorf("%.60s: %v, want %s", c.in, err, c.param)
			continue
		}
		if ps, ok := f.Hint.([]Problem); !ok || ps[0].Pointer != c.param {
			t.Errorf("%.60s: hint %v", c.in, f.Hint)
		}
	}
}

func TestProblemsAreListedInOrder(t *testing.T) {
	b := open(t, build(t, testManifest(), testFiles()))
	for range 20 {
		_, err := b.CheckConfig([]byte(`{"z":1,"rate":7,"name":7,"steps":[{}]}`))
		if got := fmt.Sprint(fault.Of(err).Hint); got != "[{/name got number, want string} {/rate maximum: got 7, want 1} {/steps/0/at missing} {/z not a setting of this pack}]" {
			t.Fatal(got)
		}
	}
}

// Equal settings have equal hashes, however they were written.
func TestRefIsStable(t *testing.T) {
	b := open(t, build(t, testManifest(), testFiles()))
	x, err := b.CheckConfig([]byte(`{"rate":0.5,"name":"a","more":{"deep":1}}`))
	if err != nil {
		t.Fatal(err)
	}
	y, err := b.CheckConfig([]byte(`{"more":{"deep":1.0},"name":"a","rate":5e-1}`))
	if err != nil {
		t.Fatal(err)
	}
	p, q := b.Ref(x, 7), b.Ref(y, 7)
	if p.ConfigHash != q.ConfigHash || p.ModuleHash != b.ModuleHash() || p.Priority != 7 || p.ID != b.ID || p.Version != b.Version || string(p.Config) != string(x) {
		t.Errorf("%+v\n%+v", p, q)
	}
}

func TestDefaultsAreNotChangedByAConfiguration(t *testing.T) {
	m := testManifest()
	m.Defaults = []byte(`{"more":{"deep":1},"steps":[{"at":1}]}`)
	b := open(t, build(t, m, testFiles()))
	if _, err := b.CheckConfig([]byte(`{"more":{"deep":9}}`)); err != nil {
		t.Fatal(err)
	}
	got, err := b.CheckConfig(nil)
	if err != nil || string(got) != `{"more":{"deep":1},"rate":0.1,"steps":[{"at":1,"off":5}]}` {
		t.Fatal(string(got), err)
	}
}

// Many tills ask at once.
func TestCheckConfigIsConcurrent(t *testing.T) {
	b := open(t, build(t, testManifest(), testFiles()))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				if got, err := b.CheckConfig([]byte(`{"steps":[{"at":1}]}`)); err != nil || len(got) < 40 {
					t.Error(string(got), err)
				}
			}
		})
	}
	wg.Wait()
}

func TestPropertyCanonicalIsAFixedPoint(t *testing.T) {
	b := open(t, build(t, testManifest(), testFiles()))
	rapid.Check(t, func(t *rapid.T) {
		in := fmt.Sprintf(`{"rate":%s,"name":%q,"steps":[{"at":%d}]}`,
			rapid.StringMatching(`0\.[0-9]{1,9}(e-[0-9])?`).Draw(t, "rate"),
			rapid.StringMatching(`[a-z<>&é会]{0,9}`).Draw(t, "name"), rapid.Int64().Draw(t, "at"))
		once, err := b.CheckConfig([]byte(in))
		if err != nil {
			t.Fatal(in, err)
		}
		twice, err := b.CheckConfig(once)
		if err != nil || string(once) != string(twice) {
			t.Fatalf("%s\n%s\n%v", once, twice, err)
		}
	})
}
