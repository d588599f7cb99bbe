package main

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestPackScripts runs the pack commands as people type them: testdata/packscript.
// Compilers and their caches are this machine's, or each script would build Go's
// library anew.
func TestPackScripts(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles Go modules")
	}
	need(t, "go")
	cache, path := goEnv(t, "GOCACHE"), goEnv(t, "GOPATH")
	testscript.Run(t, testscript.Params{
		Dir: "testdata/packscript",
		Setup: func(e *testscript.Env) error {
			for _, home := range []string{"HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"} {
				e.Setenv(home, e.WorkDir)
			}
			e.Setenv("GOCACHE", cache)
			e.Setenv("GOPATH", path)
			e.Setenv("GOPROXY", "off")
			return nil
		},
	})
}
