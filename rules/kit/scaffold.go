package kit

import (
	"embed"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/sdk/rule/bindings"
)

//go:embed templates
var templates embed.FS

// NewPack says what a scaffold is to be.
type NewPack struct {
	Name    string // becomes the pack's id and its folder: "tea-club"
	Lang    Lang
	Dir     string // "": a folder of the pack's name in the current one
	Replace string // Go: a checkout of this program's source to build against; "": the SDK is copied into vendor/
	Version string // Go: the release of the SDK that the copy is of; "": v0.0.0
}

// Scaffold writes a pack that builds and passes its tests as it is, and answers
// the files written, by name. Faults: kit.bad_name, kit.language_unknown,
// kit.folder_not_empty, kit.not_a_checkout.
func Scaffold(n NewPack) (dir string, names []string, err error) {
	if !soundName(n.Name) {
		return "", nil, ErrName.With("name", n.Name)
	}
	if _, err := ParseLang(string(n.Lang)); err != nil {
		return "", nil, err
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
	names = slices.Sorted(maps.Keys(files))
	for _, name := range names {
		to := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return "", nil, fault.ErrInternal.Wrap(err)
		}
		if err := os.WriteFile(to, files[name], 0o644); err != nil {
			return "", nil, fault.ErrInternal.Wrap(err)
		}
	}
	return dir, names, nil
}

// soundName is stricter than a pack's id: it is also a folder, a Go module and,
// without its hyphens, a Go package.
func soundName(s string) bool {
	letters := strings.ReplaceAll(s, "-", "")
	return s != "" && len(s) <= 40 && s[0] >= 'a' && s[0] <= 'z' && !strings.HasSuffix(s, "-") &&
		strings.Trim(letters, "abcdefghijklmnopqrstuvwxyz0123456789") == "" && !token.IsKeyword(letters) &&
		!slices.Contains([]string{"main", "rule", "vendor", "guest", "internal", "std", "cmd", "init"}, letters)
}

func (n NewPack) files(dir string) (map[string][]byte, error) {
	files := map[string][]byte{}
	fill := n.filler()
	for _, folder := range []string{"common", folderOf[n.Lang]} {
		root := path.Join("templates", folder)
		err := fs.WalkDir(templates, root, func(p string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			b, err := templates.ReadFile(p)
			name := strings.TrimSuffix(strings.TrimPrefix(p, root+"/"), ".tmpl")
			if name == "gitignore" {
				name = ".gitignore"
			}
			files[name] = []byte(fill.Replace(string(b)))
			return err
		})
		if err != nil {
			return nil, fault.ErrInternal.Wrap(err)
		}
	}
	switch n.Lang {
	case C:
		files["sw1.h"] = bindings.C()
	case AssemblyScript:
		files["sw1.ts"] = bindings.AssemblyScript()
	case Go:
		return files, n.goModule(dir, files)
	}
	return files, nil
}

var folderOf = map[Lang]string{Go: "go", C: "c", AssemblyScript: "assemblyscript"}

// needs is what a scaffold's README says about tools.
var needs = map[Lang]string{
	Go: "\nIt needs Go and nothing else: `vendor/` holds a copy of the SDK. To follow the SDK's releases\n" +
		"instead, delete `vendor/` and run `go get github.com/shopwright/shopwright@latest`.\n",
	C:              "\nIt needs clang with the WebAssembly target and wasm-ld (Debian: `apt install clang lld`). `sw1.h` is\nthe whole library.\n",
	AssemblyScript: "\nIt needs Node.js and, once, `npm install` in this folder. `sw1.ts` is the whole library.\n",
}

func (n NewPack) filler() *strings.Replacer {
	language, source := n.Lang.entry()
	floats := ""
	if n.Lang == Go { // its runtime contains floating-point instructions
		floats = ",\n  \"floats\": true"
	}
	about := needs[n.Lang]
	if n.Lang == Go && n.Replace != "" {
		about = "\nIt needs Go. `go.mod` points at a checkout of Shopwright's source.\n"
	}
	title := strings.ReplaceAll(n.Name, "-", " ")
	title = strings.ToUpper(title[:1]) + title[1:]
	return strings.NewReplacer("__ID__", n.Name, "__TITLE__", title, "__PACKAGE__", strings.ReplaceAll(n.Name, "-", ""), "__MODULE__", n.Name,
		"__LANGUAGE__", language, "__SOURCE__", source, "__FLOATS__", floats, "__NEEDS__", about)
}
