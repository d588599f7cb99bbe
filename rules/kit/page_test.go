package kit

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/pack"
)

func readPage(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "docs", "rules", "reference.md"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(b), "\r\n", "\n")
}

func write(t *testing.T, dir, name string, b []byte) {
	t.Helper()
	p := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p, b, 0o644); err != nil {
		t.Fatal(err)
	}
}

// pagePack is a folder of what the reference page shows of a pack, with a module
// that was made elsewhere.
func pagePack(t *testing.T) (dir string, module []byte) {
	t.Helper()
	dir = t.TempDir()
	var names []string
	for _, m := range regexp.MustCompile("(?ms)^```json (\\S+)\n(.*?)^```$").FindAllStringSubmatch(readPage(t), -1) {
		names = append(names, m[1])
		write(t, dir, m[1], []byte(m[2]))
	}
	if got := strings.Join(names, " "); got != "pack.json locales/en.json config.schema.json cases/earn.json" {
		t.Fatalf("the page shows %s", got)
	}
	module, err := os.ReadFile(filepath.Join("..", "..", "examples", "rules", "wat", "rule.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "rule.wasm", module)
	return dir, module
}

// TestPagePack: the files on the page are a pack, and a rule.wasm without a source
// is taken as it is.
func TestPagePack(t *testing.T) {
	dir, module := pagePack(t)
	data := buildPack(t, dir)
	if r := testPack(t, data); !r.OK() || len(r.Cases) != 1 {
		t.Errorf("%+v", r)
	}
	if said, ok, err := Native(ctx, dir); said != "" || ok || err != nil {
		t.Error(said, ok, err)
	}
	r := runner(t, data)
	if !bytes.Equal(r.Bundle.Module(), module) {
		t.Error("another module")
	}
	whole, err := r.Bundle.CheckConfig(nil)
	if err != nil || string(whole) != `{"days":["mon"],"from":30000,"off":15,"points":50}` {
		t.Errorf("%s %v", whole, err)
	}
	cases, err := os.ReadFile(filepath.Join(dir, "cases", "earn.json"))
	if err != nil {
		t.Fatal(err)
	}
	res, err := r.Run(ctx, "earn.json", cases, RunOptions{})
	if err != nil || res.Lines[0].Points != 50 {
		t.Errorf("%+v %v", res, err)
	}
	// A source goes before a module that lies beside it.
	write(t, dir, "rule.c", []byte("int x;"))
	if lang, err := LangOf(dir); err != nil || lang != C {
		t.Error(lang, err)
	}
}

// TestPageOnCases: what the page says of cases holds.
func TestPageOnCases(t *testing.T) {
	const want = `"earns": [{"points": 50, "code": "birthday_points", "arg": 50}]`
	for name, c := range map[string]struct {
		file, from, to string
		says           string // "": it passes; "!": the file is refused
	}{
		"no want is an empty one":   {"cases/earn.json", `"want": {`, `"_": {`, "!"},
		"empty":                     {"cases/earn.json", want, "", `"points":50`},
		"a list for a table of one": {"cases/earn.json", `"member": {"present": true, "birthday_month": true, "birthday_today": true, "joined_days": 400, "tier": "gold", "points": 120}`, `"member": [{"present": true}]`, "!"},
		"a number for a flag":       {"cases/earn.json", `"present": true`, `"present": 1`, "!"},
		"a number for an enum":      {"cases/earn.json", `"kind": "goods"`, `"kind": 1`, "!"},
		"no defaults":               {"cases/earn.json", `{"points": 50}`, `{}`, "no points in the configuration"},
		"a refusal cannot be meant": {"cases/earn.json", want, `"error": "x"`, "!"},
		"no digits":                 {"cases/earn.json", `"currency_digits": 2, `, ``, ""},
		"a grant":                   {"cases/earn.json", want, `"grants": [{"kind": "coupon", "count": 1, "code": "TEN", "note_code": "gift", "arg": 1}]`, `"code":"TEN","note_code":"gift","arg":1`},
	} {
		t.Run(name, func(t *testing.T) {
			dir, _ := pagePack(t)
			edit(t, dir, c.file, c.from, c.to)
			r, err := Test(ctx, buildPack(t, dir), TestOptions{})
			if c.says == "!" {
				if !fault.ReasonIs(err, "kit.bad_cases") {
					t.Error(err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var w bytes.Buffer
			r.Write(&w)
			if r.OK() != (c.says == "") || !strings.Contains(w.String(), c.says) {
				t.Error(w.String())
			}
		})
	}
}

// TestPageOnManifests: what the page calls needed, filled in or refused is.
func TestPageOnManifests(t *testing.T) {
	for name, c := range map[string]struct{ file, from, to, reason string }{
		"no id":              {"pack.json", `"id": "birthday-points",`, ``, "pack.bad_manifest"},
		"no version":         {"pack.json", `"version": "1.0.0",`, ``, "pack.bad_manifest"},
		"no abi":             {"pack.json", `"abi": {"min": 1, "max": 1},`, ``, "pack.bad_manifest"},
		"no hooks":           {"pack.json", `"hooks": ["earn"],`, ``, "pack.bad_manifest"},
		"no powers":          {"pack.json", `"powers": ["points"]`, `"priority": 1`, "pack.unknown_power"},
		"defaults by hand":   {"pack.json", `"hooks"`, `"defaults": {"off": 1}, "hooks"`, "kit.manifest_not_source"},
		"another field":      {"pack.json", `"hooks"`, `"author": "x", "hooks"`, "kit.manifest_not_source"},
		"another argument":   {"locales/en.json", `{arg}`, `{points}`, "pack.bad_message"},
		"no name":            {"locales/en.json", `"pack.name": "Birthday points",`, ``, ""},
		"setting, no title":  {"config.schema.json", `"title": "Off", `, ``, "kit.setting_incomplete"},
		"outside references": {"config.schema.json", `"title": "Off", `, `"title": "Off", "$ref": "https://example.com/x.json", `, "pack.schema_invalid"},
	} {
		t.Run(name, func(t *testing.T) {
			dir, _ := pagePack(t)
			edit(t, dir, c.file, c.from, c.to)
			if _, err := Build(ctx, dir, BuildOptions{}); (err != nil || c.reason != "") && !fault.ReasonIs(err, c.reason) {
				t.Error(err)
			}
		})
	}
	dir, _ := pagePack(t)
	files, err := pack.Files(buildPack(t, dir))
	if err != nil {
		t.Fatal(err)
	}
	m, err := ReadManifest(dir)
	if err != nil {
		t.Fatal(err)
	}
	delete(files, "cases/earn.json")
	data, err := pack.Build(*m, files, nil) // neither defaults nor cases
	if err != nil {
		t.Fatal(err)
	}
	b, err := pack.Open(data)
	if err != nil {
		t.Fatal(err)
	}
	if whole, err := b.CheckConfig([]byte(`{"off":1}`)); err != nil || string(whole) != `{"days":["mon"],"from":30000,"off":1,"points":50}` {
		t.Errorf("%s %v", whole, err)
	}
}

// fakeTool is a compiler that says how it was called and fails.
func fakeTool(t *testing.T, variable, script string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("needs a shell")
	}
	p := filepath.Join(t.TempDir(), "tool")
	if err := os.WriteFile(p, []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv(variable, p)
}

// TestPageOnTools: the kit calls the tools as the page says.
func TestPageOnTools(t *testing.T) {
	fakeTool(t, "SHOPWRIGHT_WASM_LD", "exit 1")
	page := readPage(t)
	for _, c := range []struct{ source, tool, variable string }{
		{"guest/main.go", "go", "SHOPWRIGHT_GO"}, {"rule.c", "clang", "SHOPWRIGHT_CLANG"}, {"rule.ts", "asc", "SHOPWRIGHT_ASC"}, {"rule.wat", "wasm-as", "SHOPWRIGHT_WASM_AS"},
	} {
		t.Run(c.tool, func(t *testing.T) {
			row := regexp.MustCompile("(?m)^\\| `" + regexp.QuoteMeta(c.source) + "`.*`" + c.variable + "`.*\\| `([^`]+)`").FindStringSubmatch(page)
			if row == nil {
				t.Fatal("the page does not have it")
			}
			fakeTool(t, c.variable, `echo "GOOS=$GOOS GOARCH=$GOARCH CGO_ENABLED=$CGO_ENABLED `+c.tool+` $*"; exit 1`)
			dir := t.TempDir()
			write(t, dir, c.source, nil)
			write(t, dir, "sw1.h", nil)
			_, err := Compile(ctx, dir)
			if !fault.ReasonIs(err, "kit.build_failed") {
				t.Fatal(err)
			}
			got := regexp.MustCompile(`\S+rule\.wasm`).ReplaceAllString(errors.Unwrap(err).Error(), "rule.wasm")
			if c.tool != "go" {
				_, got, _ = strings.Cut(got, c.tool+" ")
				got = c.tool + " " + got
			}
			if want := strings.ReplaceAll(row[1], `"`, ""); got != want {
				t.Errorf("\n%s\nthe page:\n%s", got, want)
			}
		})
	}
}

// TestEarlierAssembler: a wasm-as that does not know the option for memory.copy by
// itself is called without it; another failure is not tried again.
func TestEarlierAssembler(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "rule.wat", nil)
	fakeTool(t, "SHOPWRIGHT_WASM_AS", `case "$*" in *--enable-bulk-memory-opt*) echo "Unknown option '--enable-bulk-memory-opt'"; exit 1;; esac
while [ "$1" != -o ]; do shift; done; printf early >"$2"`)
	if b, err := Compile(ctx, dir); err != nil || string(b) != "early" {
		t.Errorf("%s %v", b, err)
	}
	fakeTool(t, "SHOPWRIGHT_WASM_AS", `echo again >>log; echo "rule.wat:1: no module"; exit 1`)
	_, err := Compile(ctx, dir)
	log, lerr := os.ReadFile(filepath.Join(dir, "log"))
	if lerr != nil || string(log) != "again\n" || !strings.Contains(fmt.Sprint(errors.Unwrap(err)), "no module") {
		t.Errorf("%q %v %v", log, lerr, err)
	}
}

// TestWatFeatures: what the host allows beyond WebAssembly 1.0 can be written in
// text.
func TestWatFeatures(t *testing.T) {
	need(t, "wasm-as")
	dir, _ := pagePack(t)
	write(t, dir, "rule.wat", []byte(`(module
  (memory (export "memory") 1)
  (data $d "x")
  (global $n (mut i32) (i32.const 0))
  (func (export "sw_abi_1"))
  (func (export "sw_alloc") (param i32) (result i32) (i32.const 0))
  (func (export "sw_configure") (param i32 i32) (result i32)
    (memory.fill (i32.const 0) (i32.const 0) (i32.const 8))
    (memory.copy (i32.const 0) (i32.const 8) (i32.const 8))
    (memory.init $d (i32.const 0) (i32.const 0) (i32.const 1))
    (global.set $n (i32.extend8_s (local.get 0)))
    (i32.const 0))
  (func (export "sw_evaluate") (param i32 i32) (result i64) (i64.const 0)))`))
	buildPack(t, dir)
}
