package kit

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/rules"
)

// BuildOptions vary a build; the zero value is the usual one.
type BuildOptions struct {
	Key    ed25519.PrivateKey // signs the bundle; nil: unsigned
	Module []byte             // a rule.wasm made elsewhere; nil: the folder's source is compiled, or its rule.wasm taken
}

// Build compiles a pack's folder and makes its bundle. The same sources and tools
// give the same bytes. Faults: those of Compile, ReadManifest, pack.Open and of a
// module's installation (rules), kit.file_missing, kit.setting_incomplete.
func Build(ctx context.Context, dir string, o BuildOptions) ([]byte, error) {
	m, err := ReadManifest(dir)
	if err != nil {
		return nil, err
	}
	files, err := packFiles(dir)
	if err != nil {
		return nil, err
	}
	if m.Defaults, err = Defaults(files["config.schema.json"]); err != nil {
		return nil, err
	}
	if files["rule.wasm"] = o.Module; o.Module == nil {
		if files["rule.wasm"], err = Compile(ctx, dir); err != nil {
			return nil, err
		}
	}
	if err := accepted(files["rule.wasm"], m.Floats); err != nil {
		return nil, err
	}
	return pack.Build(*m, files, o.Key)
}

// accepted reports why the rule host would refuse a module: better here than in
// the shop.
func accepted(module []byte, floats bool) error {
	info, err := rules.Inspect(module)
	if err == nil && info.Floats > 0 && !floats {
		err = rules.ErrFloats.With("floats", info.Floats)
	}
	return err
}

// ReadManifest reads the pack.json of a folder: a manifest without what the build
// fills in. Faults: kit.not_a_pack, kit.manifest_not_source.
func ReadManifest(dir string) (*pack.Manifest, error) {
	b, err := os.ReadFile(filepath.Join(dir, "pack.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrSource.With("dir", dir)
	} else if err != nil {
		return nil, ErrSource.With("dir", dir).Wrap(err)
	}
	m := &pack.Manifest{}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(m); err != nil {
		return nil, ErrManifest.With("detail", err.Error()).Wrap(err)
	}
	if len(m.Files) > 0 || len(m.Defaults) > 0 {
		return nil, ErrManifest.With("detail", `"files", "defaults"`)
	}
	return m, nil
}

// packFiles reads what goes into the bundle beside the module.
func packFiles(dir string) (map[string][]byte, error) {
	files, root := map[string][]byte{}, os.DirFS(dir)
	for _, pattern := range []string{"config.schema.json", "locales/*.json", "cases/*.json"} {
		found, err := fs.Glob(root, pattern)
		if err != nil || len(found) == 0 {
			return nil, ErrFile.With("file", pattern).Wrap(err)
		}
		for _, name := range found {
			if files[name], err = fs.ReadFile(root, name); err != nil {
				return nil, ErrFile.With("file", name).Wrap(err)
			}
		}
	}
	return files, nil
}

// Defaults collects the defaults of a schema's top-level properties, sorted: a
// pack's settings are flat, so that a form can be made of them. Fault:
// kit.setting_incomplete, pack.schema_invalid.
func Defaults(schema []byte) (json.RawMessage, error) {
	var s struct {
		Properties map[string]struct {
			Title   string
			Default json.RawMessage
		}
	}
	if err := json.Unmarshal(schema, &s); err != nil {
		return nil, pack.ErrSchemaInvalid.With("detail", err.Error()).Wrap(err)
	}
	all := map[string]json.RawMessage{}
	for name, p := range s.Properties {
		if len(p.Default) == 0 || p.Title == "" {
			return nil, ErrSchema.With("setting", name)
		}
		all[name] = p.Default
	}
	return json.Marshal(all)
}
