package main

import (
	"os/exec"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestScripts runs the command line as people type it: testdata/script.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			// A home of its own, so that a default folder is not the developer's.
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("XDG_CONFIG_HOME", e.WorkDir)
			return nil
		},
		Condition: func(cond string) (bool, error) {
			_, err := exec.LookPath(cond) // [bash]
			return err == nil, nil
		},
	})
}
