package kit

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/pack"
)

// retold is the Go scaffold's bundle with a file in other words.
func retold(t *testing.T, name, from, to string) []byte {
	t.Helper()
	files, err := pack.Files(teaClub(t))
	if err != nil {
		t.Fatal(err)
	}
	b, err := pack.Open(teaClub(t))
	if err != nil {
		t.Fatal(err)
	}
	if name == "pack.json" {
		b.Hooks, b.Powers = strings.Fields(to), append(b.Powers, "points")
	} else {
		if !bytes.Contains(files[name], []byte(from)) {
			t.Fatalf("%s has no %q", name, from)
		}
		files[name] = bytes.Replace(files[name], []byte(from), []byte(to), 1)
	}
	data, err := pack.Build(b.Manifest, files, nil)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestFailuresAreShown: what is wrong with a case fails it and is said in words
// and in money.
func TestFailuresAreShown(t *testing.T) {
	for name, c := range map[string]struct {
		data []byte
		says []string
	}{
		"another rate": {retold(t, "cases/benefit.json", `"rate": 100000`, `"rate": 200000`), []string{
			"FAIL", "line 1 TEA: to pay 32.40, want 28.80 (+360)", `"rate":100000`, "2 cases as a module, twice and shuffled (seed 7): 1 failed"}},
		"no output":     {retold(t, "cases/benefit.json", `"want": {}`, `"want": {"notes":[{"code":"member_percent"}]}`), []string{"without a member nothing changes\n  got  {}"}},
		"refused":       {retold(t, "cases/benefit.json", `"percent": 10`, `"percent": 101`), []string{"its config can never be stored"}},
		"another hook":  {retold(t, "cases/benefit.json", `"hook": "benefit"`, `"hook": "earn"`), []string{`the manifest does not name the hook "earn"`}},
		"not served":    {retold(t, "cases/benefit.json", `"hook": "benefit"`, `"hook": "price"`), []string{`the hook "price"`}},
		"no text":       {retold(t, "locales/en.json", `"member_percent"`, `"another"`), []string{`locales/en.json has no text for "member_percent"`}},
		"the rule says": {retold(t, "pack.json", "", "earn"), []string{`the manifest does not name the hook "benefit"`}},
	} {
		t.Run(name, func(t *testing.T) {
			r := testPack(t, c.data)
			var w bytes.Buffer
			r.Write(&w)
			if r.OK() {
				t.Error("it passed")
			}
			for _, s := range c.says {
				if !strings.Contains(w.String(), s) {
					t.Errorf("no %q in\n%s", s, w.String())
				}
			}
		})
	}
}

func TestARuleThatFailsIsNamed(t *testing.T) {
	// The manifest serves earn, the rule does not: it fails when it is asked.
	data := retold(t, "cases/benefit.json", `"hook": "benefit"`, `"hook": "earn"`)
	b, err := pack.Open(data)
	if err != nil {
		t.Fatal(err)
	}
	files, err := pack.Files(data)
	if err != nil {
		t.Fatal(err)
	}
	b.Hooks, b.Powers = []string{"benefit", "earn"}, []string{"discount", "points"}
	if data, err = pack.Build(b.Manifest, files, nil); err != nil {
		t.Fatal(err)
	}
	r := testPack(t, data)
	if r.OK() || len(r.Cases[0].Problems) == 0 || !strings.Contains(r.Cases[0].Problems[0], "rules.no_answer") {
		t.Errorf("%+v", r.Cases[0])
	}
}

func TestUpdateWritesWhatThePackAnswers(t *testing.T) {
	dir := newPack(t, "tea-club", Go)
	file := filepath.Join(dir, "cases", "benefit.json")
	good, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	edit(t, dir, "cases/benefit.json", `"rate": 100000`, `"rate": 1`)
	edit(t, dir, "cases/benefit.json", `"want": {}`, `"want": {"notes":[{"code":"x"}]}`)
	r := testPack(t, buildPack(t, dir))
	if r.OK() {
		t.Fatal("it passed")
	}
	if err := Update(dir, r); err != nil {
		t.Fatal(err)
	}
	if now, err := os.ReadFile(file); err != nil || !bytes.Equal(now, good) {
		t.Errorf("%v\n%s", err, now)
	}
	if !r.OK() || len(r.Updated) != 1 {
		t.Errorf("%+v", r)
	}
	if again := testPack(t, buildPack(t, dir)); !again.OK() {
		t.Errorf("%+v", again)
	}
	if err := Update(dir, r); err != nil || len(r.Updated) != 1 {
		t.Error("a file that does not change was written", err)
	}
}

func TestUpdateStopsAtACaseWithoutAnAnswer(t *testing.T) {
	dir := newPack(t, "tea-club", Go)
	edit(t, dir, "cases/benefit.json", `"hook": "benefit"`, `"hook": "earn"`)
	before, _ := os.ReadFile(filepath.Join(dir, "cases", "benefit.json"))
	if err := Update(dir, testPack(t, buildPack(t, dir))); !fault.ReasonIs(err, "kit.bad_cases") {
		t.Error(err)
	}
	if after, _ := os.ReadFile(filepath.Join(dir, "cases", "benefit.json")); !bytes.Equal(before, after) {
		t.Error("it was written all the same")
	}
}

func TestNativeFailureIsTold(t *testing.T) {
	dir := newPack(t, "tea-club", Go)
	edit(t, dir, "rule.go", "!in.Member.Present ||", "")
	said, ok, err := Native(ctx, dir)
	if err != nil || ok || !strings.Contains(said, "without_a_member_nothing_changes") {
		t.Error(ok, err, said)
	}
	var w bytes.Buffer
	r := &TestResult{ID: "tea-club", Native: said, NativeOK: ok}
	r.Write(&w)
	if r.OK() || !strings.Contains(w.String(), "natively: failed") {
		t.Error(w.String())
	}
}

func TestBadCases(t *testing.T) {
	data := retold(t, "cases/benefit.json", `"sku": "TEA"`, `"barcode": "TEA"`)
	if _, err := Test(ctx, data, TestOptions{}); !fault.ReasonIs(err, "kit.bad_cases") {
		t.Error(err)
	}
	b, err := pack.Open(teaClub(t))
	if err != nil {
		t.Fatal(err)
	}
	b.Cases = nil
	if _, err := Cases(b); !fault.ReasonIs(err, "kit.no_cases") {
		t.Error(err)
	}
}

func TestSettingsAreWrittenAsTheHostWritesThem(t *testing.T) {
	for from, want := range map[string]string{
		"{}":                                   "{}",
		"{\n  \"b\": 1.50,\n  \"a\": \"<\"\n}": `{"a":"<","b":1.50}`,
		"no JSON":                              "no JSON",
	} {
		if got := string(written([]byte(from))); got != want {
			t.Errorf("%q: %q", from, got)
		}
	}
}
