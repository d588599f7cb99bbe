package kit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/sdk"
)

var ctx = context.Background()

// cache is shared by all tests: a Go module is compiled once.
var cache = sync.OnceValue(func() string {
	dir, err := os.MkdirTemp("", "kit-cache")
	if err != nil {
		panic(err)
	}
	return dir
})

func TestMain(m *testing.M) {
	code := m.Run()
	_ = os.RemoveAll(cache())
	os.Exit(code)
}

// need says whether a compiler is there. A developer may be without; CI may not.
func need(t *testing.T, tools ...string) {
	t.Helper()
	for _, tool := range tools {
		program := tool
		if tool == "asc" || tool == "wasm-as" {
			if p := os.Getenv("SHOPWRIGHT_" + strings.ToUpper(strings.ReplaceAll(tool, "-", "_"))); p != "" {
				program = p
			}
		}
		if _, err := exec.LookPath(program); err != nil {
			if os.Getenv("CI") != "" {
				t.Fatalf("CI has no %s", tool)
			}
			t.Skipf("%s is not installed", tool)
		}
	}
}

// newPack is a scaffold in a folder of its own.
func newPack(t *testing.T, name string, lang Lang) string {
	t.Helper()
	dir, _, err := Scaffold(NewPack{Name: name, Lang: lang, Dir: filepath.Join(t.TempDir(), name)})
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func buildPack(t *testing.T, dir string) []byte {
	t.Helper()
	b, err := Build(ctx, dir, BuildOptions{})
	if err != nil {
		t.Fatalf("%v: %v", err, errors.Unwrap(err))
	}
	return b
}

func testPack(t *testing.T, bundle []byte) *TestResult {
	t.Helper()
	r, err := Test(ctx, bundle, TestOptions{Runner: RunnerOptions{CacheDir: cache()}, Seed: 7})
	if err != nil {
		t.Fatalf("%v: %v", err, errors.Unwrap(err))
	}
	return r
}

func runner(t *testing.T, bundle []byte) *Runner {
	t.Helper()
	b, err := pack.Open(bundle)
	if err != nil {
		t.Fatal(err)
	}
	r, err := NewRunner(ctx, b, RunnerOptions{CacheDir: cache()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// edit changes a file of a pack; the text must be there.
func edit(t *testing.T, dir, name, from, to string) {
	t.Helper()
	p := filepath.Join(dir, filepath.FromSlash(name))
	b, err := os.ReadFile(p)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(b), from) {
		t.Fatalf("%s has no %q", name, from)
	}
	if err := os.WriteFile(p, []byte(strings.Replace(string(b), from, to, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
}

// goPack is the Go scaffold, built once for the tests that only look at it.
var goPack = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "kit-pack")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if dir, _, err = Scaffold(NewPack{Name: "tea-club", Lang: Go, Dir: filepath.Join(dir, "tea-club")}); err != nil {
		return nil, err
	}
	return Build(ctx, dir, BuildOptions{})
})

func teaClub(t *testing.T) []byte {
	t.Helper()
	b, err := goPack()
	if err != nil {
		t.Fatalf("%v: %v", err, errors.Unwrap(err))
	}
	return b
}

// TestScaffoldsPassAsTheyAre: in each language a new pack builds, the same twice,
// in another folder too, passes its cases, and has its texts.
func TestScaffoldsPassAsTheyAre(t *testing.T) {
	t.Setenv("GOPROXY", "off") // it needs no network
	for lang, tools := range map[Lang][]string{Go: {"go"}, C: {"clang", "wasm-ld"}, AssemblyScript: {"asc"}} {
		t.Run(string(lang), func(t *testing.T) {
			need(t, tools...)
			dir := newPack(t, "tea-club", lang)
			data := buildPack(t, dir)
			if again := buildPack(t, newPack(t, "tea-club", lang)); !bytes.Equal(data, again) {
				t.Error("built elsewhere it has other bytes")
			}
			res := testPack(t, data)
			if !res.OK() || len(res.Cases) != 2 || res.Cases[0].Fuel == 0 || res.Cases[0].OutputBytes == 0 {
				t.Errorf("%+v", res)
			}
			said, ok, err := Native(ctx, dir)
			if err != nil || ok != (lang == Go) {
				t.Errorf("natively: %v %v\n%s", ok, err, said)
			}
			x, err := Inspect(data, pack.KeyRing{Development: true})
			if err != nil || x.Refused != nil || x.Judged != nil || x.Cases != 2 || len(x.Missing) > 0 || len(x.Untold) > 0 {
				t.Errorf("%+v %v", x, err)
			}
			if (x.Module.Floats > 0) != x.Floats {
				t.Errorf("%d floats, asked for: %v", x.Module.Floats, x.Floats)
			}
		})
	}
}

func TestScaffoldRefuses(t *testing.T) {
	for _, name := range []string{"", "Tea", "1tea", "-tea", "tea-", "tea club", "rule", "func", "tee/../x", strings.Repeat("a", 41), "茶"} {
		if _, _, err := Scaffold(NewPack{Name: name, Lang: Go, Dir: t.TempDir()}); !fault.ReasonIs(err, "kit.bad_name") {
			t.Errorf("%q: %v", name, err)
		}
	}
	if _, _, err := Scaffold(NewPack{Name: "tea", Lang: "cobol", Dir: t.TempDir()}); !fault.ReasonIs(err, "kit.language_unknown") {
		t.Error(err)
	}
	full := t.TempDir()
	if err := os.WriteFile(filepath.Join(full, "mine"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Scaffold(NewPack{Name: "tea", Lang: Go, Dir: full}); !fault.ReasonIs(err, "kit.folder_not_empty") {
		t.Error(err)
	}
	if _, _, err := Scaffold(NewPack{Name: "tea", Lang: Go, Dir: filepath.Join(full, "x"), Replace: full}); !fault.ReasonIs(err, "kit.not_a_checkout") {
		t.Error(err)
	}
}

// TestScaffoldAgainstACheckout builds with a replace directive, without a network.
func TestScaffoldAgainstACheckout(t *testing.T) {
	t.Setenv("GOPROXY", "off")
	here, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	root, err := Checkout(here)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "tea-club")
	if _, names, err := Scaffold(NewPack{Name: "tea-club", Lang: Go, Dir: dir, Replace: root}); err != nil || strings.Contains(fmt.Sprint(names), "vendor/") {
		t.Fatal(names, err)
	}
	// The file names in the two modules differ (one is a copy), their answers do not.
	if r := testPack(t, buildPack(t, dir)); !r.OK() {
		t.Errorf("%+v", r)
	}
	if said, ok, err := Native(ctx, dir); err != nil || !ok {
		t.Error(err, said)
	}
	if _, err := Checkout(t.TempDir()); !fault.ReasonIs(err, "kit.not_a_checkout") {
		t.Error(err)
	}
}

func TestBuildRefuses(t *testing.T) {
	type change func(t *testing.T, dir string)
	remove := func(names ...string) change {
		return func(t *testing.T, dir string) {
			for _, n := range names {
				if err := os.RemoveAll(filepath.Join(dir, n)); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	edited := func(name, from, to string) change {
		return func(t *testing.T, dir string) { edit(t, dir, name, from, to) }
	}
	for name, c := range map[string]struct {
		change change
		reason string
		says   string
	}{
		"no manifest":       {remove("pack.json"), "kit.not_a_pack", ""},
		"no source":         {remove("guest"), "kit.not_a_pack", ""},
		"no cases":          {remove("cases"), "kit.file_missing", ""},
		"no texts":          {remove("locales"), "kit.file_missing", ""},
		"no English":        {remove("locales/en.json"), "pack.missing_file", ""},
		"no schema":         {remove("config.schema.json"), "kit.file_missing", ""},
		"unknown field":     {edited("pack.json", `"abi"`, `"aby"`), "kit.manifest_not_source", ""},
		"files by hand":     {edited("pack.json", `"hooks"`, `"files": {"a":"b"}, "hooks"`), "kit.manifest_not_source", ""},
		"foreign power":     {edited("pack.json", `"discount"`, `"points"`), "pack.unknown_power", ""},
		"setting, no title": {edited("config.schema.json", `"title": "Category",`, ``), "kit.setting_incomplete", ""},
		"setting, no value": {edited("config.schema.json", `"default": 10`, `"x-more": 10`), "kit.setting_incomplete", ""},
		"floats, not asked": {edited("pack.json", ",\n  \"floats\": true", ""), "rules.floats_not_allowed", ""},
		"does not compile":  {edited("rule.go", "return nil", "return nix"), "kit.build_failed", "undefined: nix"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := newPack(t, "tea-club", Go)
			c.change(t, dir)
			_, err := Build(ctx, dir, BuildOptions{})
			if !fault.ReasonIs(err, c.reason) || !strings.Contains(fmt.Sprint(errors.Unwrap(fault.Of(err))), c.says) && c.says != "" {
				t.Error(err)
			}
		})
	}
}

func TestMissingToolsAreNamed(t *testing.T) {
	for lang, variable := range map[Lang]string{Go: "SHOPWRIGHT_GO", C: "SHOPWRIGHT_WASM_LD", AssemblyScript: "SHOPWRIGHT_ASC"} {
		t.Setenv(variable, "no-such-compiler")
		_, err := Build(ctx, newPack(t, "tea-club", lang), BuildOptions{})
		if f := fault.Of(err); f.Reason != "kit.tool_missing" || f.Args["tool"] == "" || !strings.Contains(fmt.Sprint(f.Args["hint"]), "nstall") {
			t.Errorf("%s: %v", lang, err)
		}
	}
}

// TestCopiesFollowTheSource: what a scaffold is given is what this repository has.
func TestCopiesFollowTheSource(t *testing.T) {
	mod, err := os.ReadFile(filepath.Join("..", "..", "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(mod), "\ngo "+goVersion) {
		t.Errorf("go.mod does not ask for Go %s", goVersion)
	}
	license, err := os.ReadFile(filepath.Join("..", "..", "LICENSE"))
	if err != nil || !bytes.Equal(license, sdk.License()) {
		t.Error("sdk/LICENSE is another text", err)
	}
	source := sdk.RuleSource()
	for _, p := range sdk.Packages() {
		have, err := filepath.Glob(filepath.Join("..", "..", "sdk", filepath.FromSlash(p), "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, f := range have {
			if name := p + "/" + filepath.Base(f); !strings.HasSuffix(name, "_test.go") {
				n++
				if b, err := os.ReadFile(f); err != nil || !bytes.Equal(b, source[name]) {
					t.Error(name, err)
				}
			}
		}
		if n == 0 {
			t.Errorf("%s is empty", p)
		}
	}
}
