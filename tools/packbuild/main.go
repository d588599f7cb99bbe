// Command packbuild builds the first-party rule packs: for each folder of
// rules/packs with a pack.json it compiles guest/ to rule.wasm and writes
// <id>.swpack, a zip of the manifest, the module, the schema, the locales and
// the cases.
//
//	go run ./tools/packbuild          # write rules/packs/*.swpack
//	go run ./tools/packbuild -check   # build again, exit 1 where a bundle differs
//
// Owns: the bytes of a bundle. They depend on the sources and the Go toolchain
// only: fixed order, fixed times, no paths, no build id.
// Does not own: what a manifest means (core/pack reads it), signing.
// Invariants: the manifest in the bundle names the SHA-256 of every other file
// and the default configuration, which is that of the schema's defaults.
package main

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"sort"
	"strings"
	"time"
)

// manifest is pack.json. The last two fields are filled in here.
type manifest struct {
	ID         string                     `json:"id"`
	Version    string                     `json:"version"`
	ABI        abiRange                   `json:"abi"`
	Hooks      []string                   `json:"hooks"`
	Facts      []fact                     `json:"facts"`
	Powers     []string                   `json:"powers"`
	Priority   int                        `json:"priority"`
	Categories []string                   `json:"categories"`
	Limits     map[string]int64           `json:"limits"`
	Defaults   map[string]json.RawMessage `json:"defaults"`
	Files      map[string]string          `json:"files"`
}

type abiRange struct {
	Min int `json:"min"`
	Max int `json:"max"`
}

type fact struct {
	Kind       string `json:"kind"`
	WindowDays int    `json:"window_days"`
}

const packsDir = "rules/packs"

func main() {
	check := flag.Bool("check", false, "compare with the committed bundles instead of writing them")
	root := flag.String("root", ".", "the repository's root")
	flag.Parse()
	if err := run(*root, *check, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "packbuild:", err)
		os.Exit(1)
	}
}

// run builds the packs named, or all.
func run(root string, check bool, only []string) error {
	dirs, err := filepath.Glob(filepath.Join(root, packsDir, "*", "pack.json"))
	if err != nil {
		return err
	}
	for _, d := range dirs {
		dir := filepath.Dir(d)
		id := filepath.Base(dir)
		if len(only) > 0 && !contains(only, id) {
			continue
		}
		b, err := bundle(root, dir, id)
		if err != nil {
			return fmt.Errorf("%s: %w", id, err)
		}
		to := filepath.Join(root, packsDir, id+".swpack")
		if check {
			if old, err := os.ReadFile(to); err != nil || !bytes.Equal(old, b) {
				return fmt.Errorf("%s.swpack is not what its sources build: go run ./tools/packbuild", id)
			}
			continue
		}
		if err := os.WriteFile(to, b, 0o644); err != nil {
			return err
		}
		fmt.Printf("%s.swpack %d bytes\n", id, len(b))
	}
	return nil
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// bundle is the zip of a pack.
func bundle(root, dir, id string) ([]byte, error) {
	m, err := readManifest(dir, id)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	if files["rule.wasm"], err = compile(root, id); err != nil {
		return nil, err
	}
	for _, pattern := range []string{"config.schema.json", "locales/*.json", "cases/*.json"} {
		found, err := filepath.Glob(filepath.Join(dir, filepath.FromSlash(pattern)))
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			return nil, fmt.Errorf("no %s", pattern)
		}
		for _, f := range found {
			b, err := os.ReadFile(f)
			if err != nil {
				return nil, err
			}
			files[path.Join(path.Dir(pattern), filepath.Base(f))] = b
		}
	}
	if m.Defaults, err = defaults(files["config.schema.json"]); err != nil {
		return nil, err
	}
	m.Files = map[string]string{}
	for name, b := range files {
		sum := sha256.Sum256(b)
		m.Files[name] = hex.EncodeToString(sum[:])
	}
	mb, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return nil, err
	}
	files["pack.json"] = append(mb, '\n')
	return pack(files)
}

func readManifest(dir, id string) (*manifest, error) {
	b, err := os.ReadFile(filepath.Join(dir, "pack.json"))
	if err != nil {
		return nil, err
	}
	m := &manifest{}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(m); err != nil {
		return nil, err
	}
	if m.ID != id || len(m.Files) > 0 || len(m.Defaults) > 0 {
		return nil, fmt.Errorf("pack.json: the id must be the folder's name, and files and defaults are filled in by the build")
	}
	return m, nil
}

// defaults collects the defaults of the schema's top-level properties: a pack's
// configuration is flat, so that a form can be made of it.
func defaults(schema []byte) (map[string]json.RawMessage, error) {
	var s struct {
		Properties map[string]struct {
			Title   string
			Default json.RawMessage
		}
	}
	if err := json.Unmarshal(schema, &s); err != nil {
		return nil, err
	}
	all := map[string]json.RawMessage{}
	for name, p := range s.Properties {
		if len(p.Default) == 0 || p.Title == "" {
			return nil, fmt.Errorf("config.schema.json: %s has no title or no default", name)
		}
		all[name] = p.Default
	}
	return all, nil
}

// compile builds guest/ with nothing in it that depends on where it is built.
func compile(root, id string) ([]byte, error) {
	tmp, err := os.MkdirTemp("", "packbuild")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(tmp) }()
	out := filepath.Join(tmp, "rule.wasm")
	cmd := exec.Command("go", "build", "-buildmode=c-shared", "-trimpath", "-buildvcs=false", "-pgo=off",
		"-ldflags=-s -w -buildid=", "-o", out, "./"+path.Join(packsDir, id, "guest"))
	cmd.Dir = root
	for _, kv := range os.Environ() {
		switch name, _, _ := strings.Cut(kv, "="); name {
		case "GOOS", "GOARCH", "GOWASM", "GOFLAGS", "GOEXPERIMENT", "CGO_ENABLED":
		default:
			cmd.Env = append(cmd.Env, kv)
		}
	}
	cmd.Env = append(cmd.Env, "GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0", "GOFLAGS=-mod=readonly")
	if text, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w\n%s", err, text)
	}
	return os.ReadFile(out)
}

// pack writes the zip: the manifest first, then by name.
func pack(files map[string][]byte) ([]byte, error) {
	names := make([]string, 0, len(files))
	for n := range files {
		names = append(names, n)
	}
	sort.Slice(names, func(i, j int) bool {
		if a, b := names[i] == "pack.json", names[j] == "pack.json"; a != b {
			return a
		}
		return names[i] < names[j]
	})
	var w bytes.Buffer
	z := zip.NewWriter(&w)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) {
		return flate.NewWriter(w, flate.BestCompression)
	})
	for _, n := range names {
		h := &zip.FileHeader{Name: n, Method: zip.Deflate, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)}
		f, err := z.CreateHeader(h)
		if err != nil {
			return nil, err
		}
		if _, err := f.Write(files[n]); err != nil {
			return nil, err
		}
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return w.Bytes(), nil
}
