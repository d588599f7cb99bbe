package kit

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/shopwright/shopwright/sdk"
)

const (
	modulePath = "github.com/shopwright/shopwright"
	// goVersion is the language version of a scaffold whose SDK is a copy.
	goVersion = "1.26"
)

// goModule adds go.mod and what it needs to build without a network.
func (n NewPack) goModule(dir string, files map[string][]byte) error {
	version := n.Version
	if version == "" {
		version = "v0.0.0"
	}
	if n.Replace != "" {
		return n.replaced(dir, files)
	}
	files["go.mod"] = fmt.Appendf(nil, "module %s\n\ngo %s\n\nrequire %s %s\n", n.Name, goVersion, modulePath, version)
	list := fmt.Sprintf("# %s %s\n## explicit; go %s\n", modulePath, version, goVersion)
	for _, p := range sdk.Packages() {
		list += modulePath + "/sdk/" + p + "\n"
	}
	files["vendor/modules.txt"] = []byte(list)
	files["vendor/"+modulePath+"/LICENSE"] = sdk.License()
	for name, b := range sdk.RuleSource() {
		files["vendor/"+modulePath+"/sdk/"+name] = b
	}
	return nil
}

// replaced points go.mod at a checkout, with the Go version that the checkout
// asks for. The path is kept as it was given where it is absolute; a relative one
// is seen from the current folder, so it is turned to the pack's.
func (n NewPack) replaced(dir string, files map[string][]byte) error {
	text, err := readModule(n.Replace)
	if err != nil {
		return err
	}
	want := goVersion
	for line := range strings.Lines(text) {
		if v, ok := strings.CutPrefix(line, "go "); ok {
			want = strings.TrimSpace(v)
			break
		}
	}
	to := n.Replace
	if !filepath.IsAbs(to) {
		from, err := filepath.Abs(dir)
		if err != nil {
			return ErrReplace.With("dir", n.Replace).Wrap(err)
		}
		checkout, err := filepath.Abs(to)
		if err != nil {
			return ErrReplace.With("dir", n.Replace).Wrap(err)
		}
		if to, err = filepath.Rel(from, checkout); err != nil {
			return ErrReplace.With("dir", n.Replace).Wrap(err)
		}
		if to = filepath.ToSlash(to); !strings.HasPrefix(to, ".") {
			to = "./" + to
		}
	}
	files["go.mod"] = fmt.Appendf(nil, "module %s\n\ngo %s\n\nrequire %s v0.0.0\n\nreplace %s => %s\n", n.Name, want, modulePath, modulePath, filepath.ToSlash(to))
	return nil
}

// readModule reads the go.mod of a checkout of this program's source. Fault:
// kit.not_a_checkout.
func readModule(dir string) (string, error) {
	mod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	text := strings.ReplaceAll(string(mod), "\r\n", "\n")
	if err != nil || !strings.HasPrefix(text, "module "+modulePath+"\n") {
		return "", ErrReplace.With("dir", dir).Wrap(err)
	}
	return text, nil
}

// Checkout finds the checkout of this program's source that a folder is in. Fault:
// kit.not_a_checkout.
func Checkout(dir string) (string, error) {
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := readModule(at); err == nil {
			return at, nil
		}
		if at == filepath.Dir(at) {
			return "", ErrReplace.With("dir", dir)
		}
	}
}
