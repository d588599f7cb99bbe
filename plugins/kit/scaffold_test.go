package kit

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/shopwright/shopwright/core/fault"
)

// Every class gives a module that builds, is formatted, and passes the suite.
func TestWhatIsWrittenPassesItsTests(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles Go modules")
	}
	for _, class := range Classes() {
		t.Run(class, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "acme")
			at, names, err := Scaffold(New{Name: "acme-device", Class: class, Dir: dir, Replace: "../.."})
			if err != nil || at != dir || len(names) != 8 {
				t.Fatalf("%s %v %v", at, names, err)
			}
			for _, args := range [][]string{{"vet", "."}, {"build", "-o", "acme-device", "."}, {"test", "-p", "1", "."}} {
				cmd := exec.Command("go", args...)
				cmd.Dir = dir
				cmd.Env = append(os.Environ(), "GOPROXY=off", "GOFLAGS=-mod=readonly -buildvcs=false", "GOWORK=off")
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Fatalf("go %v: %v\n%s", args, err, out)
				}
			}
			if out, err := exec.Command("gofmt", "-l", dir).Output(); err != nil || len(out) > 0 {
				t.Errorf("gofmt: %s %v", out, err)
			}
			for _, name := range names {
				raw, _ := os.ReadFile(filepath.Join(dir, name))
				if strings.Contains(string(raw), "__") {
					t.Errorf("%s was not filled in", name)
				}
			}
		})
	}
}

func TestScaffoldRefuses(t *testing.T) {
	full := t.TempDir()
	if err := os.WriteFile(filepath.Join(full, "x"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for want, n := range map[string]New{
		"driverkit.bad_name":         {Name: "Acme Printer", Version: "v1.0.0"},
		"driverkit.class_unknown":    {Name: "acme", Class: "toaster", Version: "v1.0.0"},
		"driverkit.folder_not_empty": {Name: "acme", Dir: full, Version: "v1.0.0"},
		"driverkit.not_a_checkout":   {Name: "acme", Dir: filepath.Join(t.TempDir(), "a"), Replace: full},
		"driverkit.no_release":       {Name: "acme"},
	} {
		if _, _, err := Scaffold(n); !fault.ReasonIs(err, want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	dir := filepath.Join(t.TempDir(), "a")
	if _, _, err := Scaffold(New{Name: "acme", Dir: dir, Version: "v1.2.3"}); err != nil {
		t.Fatal(err)
	}
	mod, _ := os.ReadFile(filepath.Join(dir, "go.mod"))
	if _, err := os.Stat(filepath.Join(dir, "go.sum")); !strings.Contains(string(mod), "shopwright v1.2.3") || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s %v", mod, err)
	}
}
