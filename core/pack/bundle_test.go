package pack

import (
	"archive/zip"
	"bytes"
	"crypto/ed25519"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/i18n"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/promotion"
)

const testSchema = `{"type":"object","additionalProperties":false,"required":["rate"],
"properties":{"rate":{"type":"number","minimum":0,"maximum":1,"default":0.1},"name":{"type":"string","maxLength":9},
"steps":{"type":"array","items":{"$ref":"#/$defs/step"}},"more":{"type":"object","properties":{"deep":{"type":"integer","default":3}}}},
"$defs":{"step":{"type":"object","required":["at"],"properties":{"at":{"type":"integer"},"off":{"type":"integer","default":5}}}}}`

func testManifest() Manifest {
	return Manifest{
		ID: "tier-price", Version: "1.2.3", ABI: ABIRange{1, 1}, Hooks: []string{"price", "benefit"}, Powers: []string{"price", "discount"},
		Facts: []Fact{{Kind: "spend", WindowDays: 365}, {Kind: "last_visit"}}, Categories: []string{"tier"}, Priority: 5, Defaults: json.RawMessage(`{"name":"gold"}`),
	}
}

func testFiles() map[string][]byte {
	return map[string][]byte{
		"rule.wasm":            []byte("\x00asm\x01\x00\x00\x00"),
		"config.schema.json":   []byte(testSchema),
		"locales/en.json":      []byte(`{"pack.name":"Tier prices","tier_price":"{label}: {arg}% off, {money} on line {line}","free":"{arg} {arg|unit|units} free"}`),
		"locales/zh-Hans.json": []byte(`{"tier_price":"{label}：{arg}% 优惠，第 {line} 行 {money}"}`),
		"cases/gold.json":      []byte(`{"input":{}}`),
	}
}

func build(t testing.TB, m Manifest, files map[string][]byte) []byte {
	t.Helper()
	data, err := Build(m, files, nil)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func open(t testing.TB, data []byte) *Bundle {
	t.Helper()
	b, err := Open(data)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestOpen(t *testing.T) {
	data := build(t, testManifest(), testFiles())
	b := open(t, data)
	if b.ID != "tier-price" || b.ModuleHash() != hashOf(b.Module()) || len(b.Cases) != 1 || !b.Serves(promotion.HookPrice) || b.Serves(promotion.HookDraw) || !b.Has(PowerDiscount) {
		t.Errorf("%+v", b)
	}
	if got := b.FactRefs(); !slices.Equal(got, []promotion.FactRef{{Kind: promotion.FactSpend, WindowDays: 365}, {Kind: promotion.FactLastVisit}}) {
		t.Error(got)
	}
	if again := build(t, testManifest(), testFiles()); !bytes.Equal(data, again) {
		t.Error("the same input gave other bytes")
	}
	if string(b.Schema()) != testSchema {
		t.Error("schema")
	}
}

func TestSignature(t *testing.T) {
	pub, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	other, _, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	data, err := Build(testManifest(), testFiles(), key)
	if err != nil {
		t.Fatal(err)
	}
	if k, ok := open(t, data).SignedBy(other, pub); !ok || !k.Equal(pub) {
		t.Error("the signature was not found")
	}
	if _, ok := open(t, data).SignedBy(other, nil, ed25519.PublicKey{1}); ok {
		t.Error("a foreign key has signed")
	}
	if _, ok := open(t, build(t, testManifest(), testFiles())).SignedBy(pub); ok {
		t.Error("an unsigned pack is signed")
	}
}

// rawZip packs files as they are, without a look at them.
func rawZip(t testing.TB, names []string, files map[string][]byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, n := range names {
		w, err := z.Create(n)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(files[n]); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// hostile rebuilds a good bundle after a change of its files; the manifest's
// hashes are those of before.
func hostile(t *testing.T, change func(map[string][]byte)) []byte {
	t.Helper()
	files := testFiles()
	m := testManifest()
	m.Files = map[string]string{}
	for n, b := range files {
		m.Files[n] = hashOf(b)
	}
	raw, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	files[manifestFile] = raw
	change(files)
	return rawZip(t, slices.Sorted(maps.Keys(files)), files)
}

func TestHostileBundles(t *testing.T) {
	good := build(t, testManifest(), testFiles())
	many := map[string][]byte{}
	for i := range maxFiles + 1 {
		many[fmt.Sprintf("cases/c%d.json", i)] = []byte("{}")
	}
	lying := bytes.Clone(good) // the directory claims four gigabytes for the last entry
	dir := bytes.LastIndex(lying, []byte("PK\x01\x02"))
	binary.LittleEndian.PutUint32(lying[dir+24:], 0xfffffff0)
	put := func(name string, b []byte) []byte {
		return hostile(t, func(f map[string][]byte) { f[name] = b })
	}
	bomb := bytes.Repeat([]byte{0}, maxModule+1)
	for name, c := range map[string]struct {
		data   []byte
		reason string
	}{
		"no zip":                 {[]byte("hello"), "pack.malformed"},
		"nothing":                {nil, "pack.malformed"},
		"cut off":                {good[:len(good)-30], "pack.malformed"},
		"too large":              {make([]byte, MaxBundle+1), "pack.too_large"},
		"a bomb":                 {put("rule.wasm", bomb), "pack.too_large"},
		"a bomb of a case":       {put("cases/x.json", bomb), "pack.too_large"},
		"a size that lies":       {lying, "pack.too_large"},
		"many files":             {rawZip(t, slices.Sorted(maps.Keys(many)), many), "pack.too_large"},
		"a path upward":          {put("../../evil.json", nil), "pack.unknown_file"},
		"a path upward in cases": {put("cases/../rule.wasm", nil), "pack.unknown_file"},
		"an absolute path":       {put("/etc/passwd", nil), "pack.unknown_file"},
		"a backslash":            {put(`cases\x.json`, nil), "pack.unknown_file"},
		"a folder":               {put("cases/", nil), "pack.unknown_file"},
		"a strange locale":       {put("locales/xx.json", []byte("{}")), "pack.unknown_file"},
		"a program":              {put("install.sh", nil), "pack.unknown_file"},
		"a file twice":           {rawZip(t, []string{"pack.json", "pack.json"}, nil), "pack.unknown_file"},
		"no manifest":            {hostile(t, func(f map[string][]byte) { delete(f, manifestFile) }), "pack.missing_file"},
		"no module":              {hostile(t, func(f map[string][]byte) { delete(f, moduleFile) }), "pack.missing_file"},
		"no texts":               {hostile(t, func(f map[string][]byte) { delete(f, "locales/en.json") }), "pack.missing_file"},
		"a promised case":        {hostile(t, func(f map[string][]byte) { delete(f, "cases/gold.json") }), "pack.missing_file"},
		"another module":         {put("rule.wasm", []byte("evil")), "pack.hash_mismatch"},
		"a file more":            {put("cases/more.json", []byte("{}")), "pack.hash_mismatch"},
		"a manifest of no JSON":  {put(manifestFile, []byte("{")), "pack.malformed"},
		"two manifests in one":   {put(manifestFile, []byte("{}{}")), "pack.malformed"},
		"a manifest's new field": {put(manifestFile, []byte(`{"x":1}`)), "pack.malformed"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := Open(c.data); !fault.ReasonIs(err, c.reason) {
				t.Fatalf("%v, want %s", err, c.reason)
			}
		})
	}
}

func TestManifestChecks(t *testing.T) {
	for name, c := range map[string]struct {
		change        func(*Manifest)
		reason, param string
	}{
		"a later interface":                 {func(m *Manifest) { m.ABI = ABIRange{ABI + 1, ABI + 3} }, "pack.abi_not_supported", "abi"},
		"no interface":                      {func(m *Manifest) { m.ABI = ABIRange{} }, "pack.bad_manifest", "abi"},
		"a range upside down":               {func(m *Manifest) { m.ABI = ABIRange{2, 1} }, "pack.bad_manifest", "abi"},
		"an id":                             {func(m *Manifest) { m.ID = "../x" }, "pack.bad_manifest", "id"},
		"a version":                         {func(m *Manifest) { m.Version = "1.02.3" }, "pack.bad_manifest", "version"},
		"no hook":                           {func(m *Manifest) { m.Hooks = nil }, "pack.bad_manifest", "hooks"},
		"a hook":                            {func(m *Manifest) { m.Hooks = []string{"price", "x"} }, "pack.unknown_hook", "hooks[1]"},
		"a hook twice":                      {func(m *Manifest) { m.Hooks = []string{"price", "price"} }, "pack.unknown_hook", "hooks[1]"},
		"a hook without power":              {func(m *Manifest) { m.Hooks = []string{"earn"} }, "pack.unknown_power", "hooks[0]"},
		"a power":                           {func(m *Manifest) { m.Powers = []string{"price", "all"} }, "pack.unknown_power", "powers[1]"},
		"a power twice":                     {func(m *Manifest) { m.Powers = []string{"price", "price"} }, "pack.unknown_power", "powers[1]"},
		"a fact":                            {func(m *Manifest) { m.Facts = []Fact{{Kind: "phone", WindowDays: 1}} }, "pack.unknown_fact", "facts[0]"},
		"a fact twice":                      {func(m *Manifest) { m.Facts = []Fact{{Kind: "spend", WindowDays: 1}, {Kind: "spend", WindowDays: 1}} }, "pack.unknown_fact", "facts[1]"},
		"a window":                          {func(m *Manifest) { m.Facts = []Fact{{Kind: "spend", WindowDays: 99999}} }, "pack.unknown_fact", "facts[0]"},
		"facts without end":                 {func(m *Manifest) { m.Facts = make([]Fact, maxFacts+1) }, "pack.bad_manifest", "facts"},
		"a category":                        {func(m *Manifest) { m.Categories = []string{"A B"} }, "pack.bad_manifest", "categories[0]"},
		"a limit":                           {func(m *Manifest) { m.Limits.Fuel = -1 }, "pack.bad_manifest", "limits"},
		"defaults":                          {func(m *Manifest) { m.Defaults = json.RawMessage(`[]`) }, "pack.bad_manifest", "defaults"},
		"defaults that do not fit the form": {func(m *Manifest) { m.Defaults = json.RawMessage(`{"rate":7}`) }, "pack.config_invalid", "/rate"},
	} {
		t.Run(name, func(t *testing.T) {
			m := testManifest()
			c.change(&m)
			_, err := Build(m, testFiles(), nil)
			f := fault.Of(err)
			if err == nil || f.Reason != c.reason || f.Param != c.param {
				t.Fatalf("%v, want %s (%s)", err, c.reason, c.param)
			}
			for _, tag := range i18n.Tags() {
				if s := i18n.Fault(i18n.Must(tag), f); strings.Contains(s, "…") || strings.Contains(s, c.reason) {
					t.Errorf("%s: %s", tag, s)
				}
			}
		})
	}
}

func TestBrokenParts(t *testing.T) {
	for name, c := range map[string]struct{ file, text, reason string }{
		"a text":                    {"locales/en.json", `{"a":"{"}`, "pack.bad_message"},
		"a text with a secret":      {"locales/en.json", `{"a":"{phone}"}`, "pack.bad_message"},
		"texts that are no strings": {"locales/en.json", `{"a":1}`, "pack.malformed"},
		"a case":                    {"cases/gold.json", `{`, "pack.malformed"},
		"a form of no JSON":         {"config.schema.json", `{`, "pack.schema_invalid"},
		"a form of a number":        {"config.schema.json", `{"type":"number"}`, "pack.schema_invalid"},
		"a form that is none":       {"config.schema.json", `{"type":"object","properties":7}`, "pack.schema_invalid"},
		"a form from a file":        {"config.schema.json", `{"type":"object","$ref":"file:///etc/passwd"}`, "pack.schema_invalid"},
		"a form from a network":     {"config.schema.json", `{"type":"object","$ref":"https://example.com/x.json"}`, "pack.schema_invalid"},
		"a form's endless number":   {"config.schema.json", `{"type":"object","properties":{"a":{"multipleOf":1e999999999}}}`, "pack.schema_invalid"},
		"a form's pattern":          {"config.schema.json", `{"type":"object","properties":{"a":{"pattern":"("}}}`, "pack.schema_invalid"},
		"a form without an end":     {"config.schema.json", `{"type":"object","properties":` + strings.Repeat(`{"properties":`, 200) + `{}` + strings.Repeat("}", 201), "pack.schema_invalid"},
	} {
		t.Run(name, func(t *testing.T) {
			files := testFiles()
			files[c.file] = []byte(c.text)
			if _, err := Build(testManifest(), files, nil); !fault.ReasonIs(err, c.reason) {
				t.Fatalf("%v, want %s", err, c.reason)
			}
		})
	}
}

func TestMessages(t *testing.T) {
	b := open(t, build(t, testManifest(), testFiles()))
	cny := money.MustCurrency("CNY")
	n := promotion.Note{Arg: 12, Money: -123450, Label: "Gold", LineNo: 2}
	for _, c := range []struct{ tag, code, want string }{
		{"en", "tier_price", "Gold: 12% off, -¥1,234.50 on line 2"},
		{"zh-Hans", "tier_price", "Gold：12% 优惠，第 2 行 -¥1,234.50"},
		{"zh-Hant", "tier_price", "Gold: 12% off, -¥1,234.50 on line 2"},
		{"zh-Hans", "free", "12 units free"},
		{"en", "none\x00such", "none?such"},
	} {
		if got := b.Message(i18n.Must(c.tag), c.code, n, cny); got != c.want {
			t.Errorf("%s %s: %q, want %q", c.tag, c.code, got, c.want)
		}
	}
	if b.Name(i18n.Must("zh-Hant")) != "Tier prices" || !slices.Equal(b.Codes(), []string{"free", "pack.name", "tier_price"}) {
		t.Error(b.Name(i18n.Must("zh-Hant")), b.Codes())
	}
}

func FuzzOpen(f *testing.F) {
	f.Add(build(f, testManifest(), testFiles()))
	f.Add([]byte("PK\x05\x06"))
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := Open(data)
		if err != nil {
			if fault.Of(err).Kind == fault.Internal {
				t.Fatal(err)
			}
			return
		}
		if b.ModuleHash() != hashOf(b.Module()) {
			t.Fatal("a module of another hash")
		}
	})
}

// FuzzForm opens bundles whose form and defaults are anything.
func FuzzForm(f *testing.F) {
	f.Add(testSchema, `{"rate":0.2}`)
	f.Add(`{"type":"object","$ref":"#"}`, `{}`)
	f.Add(`{"type":"object","properties":{"a":{"$ref":"#/properties/a"}}}`, `{"a":{}}`)
	f.Add(`{"type":"object","properties":{"a":{"default":{},"$ref":"#"}}}`, `{}`)
	f.Fuzz(func(t *testing.T, schema, config string) {
		files := testFiles()
		files["config.schema.json"] = []byte(schema)
		m := testManifest()
		m.Defaults = nil
		data, err := Build(m, files, nil)
		if err != nil {
			if fault.Of(err).Kind == fault.Internal {
				t.Fatal(err)
			}
			return
		}
		b := open(t, data)
		once, err := b.CheckConfig([]byte(config))
		if err != nil {
			return
		}
		twice, err := b.CheckConfig(once)
		if err != nil || !bytes.Equal(once, twice) {
			t.Fatalf("%s\n%s\n%v", once, twice, err)
		}
	})
}

func TestDefaultsOfARecursiveFormEnd(t *testing.T) {
	files := testFiles()
	var props []string
	for i := range 100 { // 100 to the power of the depth
		props = append(props, fmt.Sprintf(`"p%d":{"default":{},"$ref":"#"}`, i))
	}
	files["config.schema.json"] = []byte(`{"type":"object","properties":{` + strings.Join(props, ",") + `}}`)
	m := testManifest()
	m.Defaults = nil
	if _, err := Build(m, files, nil); !fault.ReasonIs(err, "pack.config_invalid") {
		t.Fatal(err)
	}
}

// The sources of the first-party packs make bundles: manifest, form, texts and
// cases are accepted (the module is another package's to check).
func TestFirstPartyPacks(t *testing.T) {
	dirs, err := filepath.Glob("../../rules/packs/*/pack.json")
	if err != nil || len(dirs) == 0 {
		t.Fatal("there are none: ", err)
	}
	for _, name := range dirs {
		dir := filepath.Dir(name)
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var m Manifest
		if err := json.Unmarshal(raw, &m); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		files := map[string][]byte{"rule.wasm": []byte("module")}
		for _, pattern := range []string{"config.schema.json", "locales/*.json", "cases/*.json"} {
			found, err := filepath.Glob(filepath.Join(dir, pattern))
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range found {
				rel, err := filepath.Rel(dir, f)
				if err != nil {
					t.Fatal(err)
				}
				if files[filepath.ToSlash(rel)], err = os.ReadFile(f); err != nil {
					t.Fatal(err)
				}
			}
		}
		if _, err := Build(m, files, nil); err != nil {
			t.Errorf("%s: %v", dir, err)
		}
	}
}
