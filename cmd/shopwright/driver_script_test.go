package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestDriverScripts runs the driver commands as people type them: testdata/driverscript.
func TestDriverScripts(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles Go modules and kills processes")
	}
	need(t, "go")
	source, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	cache, path := goEnv(t, "GOCACHE"), goEnv(t, "GOPATH")
	testscript.Run(t, testscript.Params{
		Dir: "testdata/driverscript",
		Setup: func(e *testscript.Env) error {
			for _, home := range []string{"HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"} {
				e.Setenv(home, e.WorkDir)
			}
			e.Setenv("GOCACHE", cache)
			e.Setenv("GOPATH", path)
			e.Setenv("GOPROXY", "off")
			e.Setenv("SOURCE", source)
			return nil
		},
	})
}

// TestDriverTutorial does what docs/drivers/tutorial.md says, word for word.
func TestDriverTutorial(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles Go modules")
	}
	need(t, "go")
	source, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	p := &tutor{t: t, dir: home, env: append(os.Environ(), "HOME="+home, "XDG_CONFIG_HOME="+home, "XDG_CACHE_HOME="+home,
		"GOPROXY=off", "GOFLAGS=", "GOCACHE="+goEnv(t, "GOCACHE"), "GOPATH="+goEnv(t, "GOPATH"), "SHOPWRIGHT_SOURCE="+source)}
	began := time.Now()
	for _, s := range tutorialSteps(t, "drivers") {
		switch s.lang {
		case "sh":
			p.run(s)
		case "diff":
			p.edit(s)
		case "text":
			p.compare(s)
		default:
			t.Fatalf("line %d: a block of %q, which nothing checks", s.line, s.lang)
		}
	}
	t.Logf("the whole tutorial: %s", time.Since(began).Round(time.Millisecond))
}

// TestDriverBench looks at the table, not at the figures: those are the machine's.
func TestDriverBench(t *testing.T) {
	if testing.Short() || runtime.GOOS != "linux" {
		t.Skip("it kills and freezes many processes")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	b := driverBench{kills: 2, calls: 20, events: 10, small: &driverTarget{path: self, args: []string{"driver-serve", benchDriverName}}}
	rows, err := b.run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	writeGoals(&out, rows)
	for _, want := range []string{
		`small program, p50 +< 20ms +[0-9.]+ms`, `small program, p99 +< 50ms +[0-9.]+`, `from this program, p50 +< 60ms +[0-9.]+`, `call p50 +< 200µs +[0-9.]+`, `call p99 +< 1ms +[0-9.]+`,
		`event p99 +< 2ms +[0-9.]+`, `hung driver is replaced +< 2s +[0-9.]+`, `from this program +- +[1-9][0-9.]* MB`, `small programs +< 60 MB +[1-9][0-9.]* MB`,
	} {
		if !regexp.MustCompile(want).MatchString(out.String()) {
			t.Errorf("%s is missing:\n%s", want, out.String())
		}
	}
	elsewhere := &driverBench{}
	t.Chdir(t.TempDir()) // without the source
	end := elsewhere.buildSmall(t.Context())
	end()
	if rows, err := elsewhere.restartsOfSmall(t.Context(), nil); err != nil || elsewhere.small != nil || !strings.HasPrefix(rows[0].is, unmeasured) {
		t.Errorf("%+v %v", rows, err)
	}
	missed := writeGoals(&bytes.Buffer{}, []goal{under("x", 3, 2), under("y", 1, 2), notMeasured("z", "< 1", "no")})
	if missed != 1 {
		t.Errorf("%d goals are missed", missed)
	}
}
