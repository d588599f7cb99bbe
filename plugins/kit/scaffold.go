package kit

import (
	"embed"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"github.com/shopwright/shopwright/core/fault"
)

//go:embed templates
var templates embed.FS

// Faults of Scaffold.
var (
	ErrName     = fault.New(fault.Invalid, "driverkit.bad_name")          // {name}
	ErrClass    = fault.New(fault.Invalid, "driverkit.class_unknown")     // {class} {known}
	ErrFolder   = fault.New(fault.Conflict, "driverkit.folder_not_empty") // {dir}
	ErrCheckout = fault.New(fault.Invalid, "driverkit.not_a_checkout")    // {dir}
	ErrVersion  = fault.New(fault.Invalid, "driverkit.no_release")
)

const module = "github.com/shopwright/shopwright"

// classes are the kinds of drivers that can be written, with their UnifiedPOS names.
var classes = map[string]string{"printer": "POSPrinter", "scanner": "Scanner", "display": "LineDisplay", "scale": "Scale"}

// Classes lists the kinds of drivers that Scaffold writes.
func Classes() []string { return slices.Sorted(maps.Keys(classes)) }

// New says what a scaffold is to be.
type New struct {
	Name    string // becomes the driver's id, its module and its folder: "acme-printer"
	Class   string // one of Classes; "" = printer
	Dir     string // "" = a folder of the driver's name in the current one
	Replace string // a checkout of this program's source to build against; "" = the release Version
	Version string // "v1.2.3"
}

var goodName = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// Scaffold writes a driver that builds and passes its tests, and answers the names of
// its files. Without Replace its dependencies are still to be fetched (go mod tidy).
// Faults: driverkit.bad_name, driverkit.class_unknown, driverkit.folder_not_empty,
// driverkit.not_a_checkout, driverkit.no_release.
func Scaffold(n New) (dir string, names []string, err error) {
	if n.Class == "" {
		n.Class = "printer"
	}
	switch {
	case !goodName.MatchString(n.Name) || len(n.Name) > 40:
		return "", nil, ErrName.With("name", n.Name)
	case classes[n.Class] == "":
		return "", nil, ErrClass.With("class", n.Class).With("known", strings.Join(Classes(), ", "))
	case n.Replace == "" && n.Version == "":
		return "", nil, ErrVersion
	}
	if dir = n.Dir; dir == "" {
		dir = n.Name
	}
	if have, err := os.ReadDir(dir); err == nil && len(have) > 0 {
		return "", nil, ErrFolder.With("dir", dir)
	}
	files, err := n.files(dir)
	if err != nil {
		return "", nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", nil, fault.ErrInternal.Wrap(err)
	}
	names = slices.Sorted(maps.Keys(files))
	for _, name := range names {
		if err := os.WriteFile(filepath.Join(dir, name), files[name], 0o644); err != nil {
			return "", nil, fault.ErrInternal.Wrap(err)
		}
	}
	return dir, names, nil
}

func (n New) files(dir string) (map[string][]byte, error) {
	files := map[string][]byte{}
	fill := strings.NewReplacer("__ID__", n.Name, "__CLASS__", classes[n.Class], "__PLATFORM__", runtime.GOOS+"/"+runtime.GOARCH, "__FILE__", n.Name+exe())
	for name, from := range map[string]string{
		"main.go": n.Class + ".go.tmpl", "main_test.go": n.Class + "_test.go.tmpl", "conformance.json": n.Class + ".json",
		"driver.json": "driver.json", "README.md": "README.md", ".gitignore": "gitignore",
	} {
		raw, err := templates.ReadFile("templates/" + from)
		if err != nil {
			return nil, fault.ErrInternal.Wrap(err)
		}
		files[name] = []byte(fill.Replace(string(raw)))
	}
	head := "module " + n.Name + "\n\n"
	if n.Replace == "" {
		files["go.mod"] = []byte(head + "go 1.26\n\nrequire " + module + " " + n.Version + "\n")
		return files, nil
	}
	return files, n.against(dir, head, files)
}

// against makes a go.mod that builds against a checkout without asking anybody: it
// requires what the checkout requires.
func (n New) against(dir, head string, files map[string][]byte) error {
	bad := func(err error) error { return ErrCheckout.With("dir", n.Replace).Wrap(err) }
	mod, err := os.ReadFile(filepath.Join(n.Replace, "go.mod"))
	if err != nil {
		return bad(err)
	}
	rest, ok := strings.CutPrefix(string(mod), "module "+module+"\n")
	if !ok {
		return bad(errors.New("its go.mod is of another module"))
	}
	if files["go.sum"], err = os.ReadFile(filepath.Join(n.Replace, "go.sum")); err != nil {
		return bad(err)
	}
	to, err := filepath.Abs(n.Replace)
	if err != nil {
		return bad(err)
	}
	if from, err := filepath.Abs(dir); err == nil {
		if rel, err := filepath.Rel(from, to); err == nil {
			to = filepath.ToSlash(rel)
		}
	}
	files["go.mod"] = []byte(head + strings.TrimSpace(rest) + "\n\nrequire " + module + " v0.0.0\n\nreplace " + module + " => " + to + "\n")
	return nil
}

// exe is what a program's file ends with here.
func exe() string {
	if runtime.GOOS == "windows" {
		return ".exe"
	}
	return ""
}
