package pack

import (
	"archive/zip"
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/i18n"
	"github.com/shopwright/shopwright/core/promotion"
)

const (
	manifestFile  = "pack.json"
	moduleFile    = "rule.wasm"
	schemaFile    = "config.schema.json"
	signatureFile = "signature"
)

// Limits of a bundle. A zip can claim and hold far more than it weighs, so both
// what it claims and what comes out of it are bounded.
const (
	MaxBundle    = 8 << 20
	maxUnpacked  = 16 << 20
	maxModule    = 4 << 20
	maxSmallFile = 256 << 10
	maxManifest  = 64 << 10
	maxFiles     = 512
	maxSignature = 1024
)

// Bundle is an opened rule pack; it is immutable and safe for concurrent use.
type Bundle struct {
	Manifest
	Hash  string            // hex SHA-256 of the zip
	Cases map[string][]byte // golden cases by file name, JSON
	// ManifestBytes is what Signature signs.
	ManifestBytes []byte
	Signature     []byte // nil where the pack is unsigned

	module   []byte
	schema   []byte
	form     *form
	defaults map[string]any
	texts    map[string]map[string]i18n.Text // locale -> code -> text
}

// Open reads a bundle and checks all of it. Faults: pack.malformed,
// pack.too_large, pack.missing_file, pack.unknown_file, pack.hash_mismatch,
// pack.bad_manifest, pack.abi_not_supported, pack.unknown_hook,
// pack.unknown_power, pack.unknown_fact, pack.bad_message, pack.schema_invalid,
// pack.config_invalid (its own defaults do not fit its form).
func Open(data []byte) (*Bundle, error) {
	if len(data) > MaxBundle {
		return nil, ErrTooLarge.With("file", "*.zip").With("limit", MaxBundle)
	}
	files, err := unzip(data)
	if err != nil {
		return nil, err
	}
	raw, ok := files[manifestFile]
	if !ok {
		return nil, ErrMissingFile.With("file", manifestFile)
	}
	m, err := parseManifest(raw)
	if err != nil {
		return nil, err
	}
	if err := m.match(files); err != nil {
		return nil, err
	}
	b := &Bundle{
		Manifest: *m, Hash: hashOf(data), ManifestBytes: raw, Signature: files[signatureFile],
		Cases: map[string][]byte{}, module: files[moduleFile], schema: files[schemaFile],
	}
	if err := b.readTexts(files); err != nil {
		return nil, err
	}
	for name, c := range files {
		if dir, base := path.Split(name); dir == "cases/" {
			if !json.Valid(c) {
				return nil, ErrMalformed.With("detail", name)
			}
			b.Cases[base] = c
		}
	}
	if err := b.readForm(); err != nil {
		return nil, err
	}
	return b, nil
}

// match compares the files with the manifest's hashes, both ways.
func (m *Manifest) match(files map[string][]byte) error {
	for _, need := range []string{moduleFile, schemaFile, "locales/en.json"} {
		if _, ok := files[need]; !ok {
			return ErrMissingFile.With("file", need)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(m.Files)) {
		if _, ok := files[name]; !ok {
			return ErrMissingFile.With("file", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if name == manifestFile || name == signatureFile {
			continue
		}
		if m.Files[name] != hashOf(files[name]) {
			return ErrHashMismatch.With("file", name)
		}
	}
	return nil
}

func hashOf(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

// unzip reads the files that have a place in a bundle, within the limits.
func unzip(data []byte) (map[string][]byte, error) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, ErrMalformed.With("detail", "zip").Wrap(err)
	}
	if len(z.File) > maxFiles {
		return nil, ErrTooLarge.With("file", "*").With("limit", maxFiles)
	}
	files := map[string][]byte{}
	left := int64(maxUnpacked)
	for _, f := range z.File {
		limit := limitOf(f.Name)
		if _, twice := files[f.Name]; twice || limit == 0 || !f.Mode().IsRegular() {
			return nil, ErrUnknownFile.With("file", shown(f.Name))
		}
		limit = min(limit, left)
		if f.UncompressedSize64 > uint64(limit) {
			return nil, ErrTooLarge.With("file", f.Name).With("limit", limit)
		}
		b, err := readEntry(f, limit)
		if err != nil {
			return nil, err
		}
		left -= int64(len(b))
		files[f.Name] = b
	}
	return files, nil
}

func readEntry(f *zip.File, limit int64) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, ErrMalformed.With("detail", f.Name).Wrap(err)
	}
	b, err := io.ReadAll(io.LimitReader(r, limit+1))
	if cerr := r.Close(); err == nil {
		err = cerr
	}
	if int64(len(b)) > limit {
		return nil, ErrTooLarge.With("file", f.Name).With("limit", limit)
	}
	if err != nil {
		return nil, ErrMalformed.With("detail", f.Name).Wrap(err)
	}
	return b, nil
}

// limitOf is how large a file of that name may be; 0 where a bundle has no place
// for it.
func limitOf(name string) int64 {
	switch name {
	case manifestFile:
		return maxManifest
	case moduleFile:
		return maxModule
	case schemaFile:
		return maxSmallFile
	case signatureFile:
		return maxSignature
	}
	dir, base := path.Split(name)
	stem, ok := strings.CutSuffix(base, ".json")
	switch {
	case !ok:
		return 0
	case dir == "locales/" && i18n.Known(stem):
		return maxSmallFile
	case dir == "cases/" && isName(strings.ToLower(stem), 80):
		return maxSmallFile
	}
	return 0
}

// shown makes a hostile file name fit for a message.
func shown(name string) string {
	if len(name) > 80 {
		name = name[:80]
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == 0xfffd {
			return '?'
		}
		return r
	}, name)
}

// ModuleHash is the hex SHA-256 of rule.wasm.
func (b *Bundle) ModuleHash() string { return b.Files[moduleFile] }

// Module is rule.wasm; it is shared and must not be changed.
func (b *Bundle) Module() []byte { return b.module }

// Schema is the settings form, JSON Schema; it is shared and must not be changed.
func (b *Bundle) Schema() []byte { return b.schema }

// Ref names exactly this rule with a configuration that CheckConfig answered.
func (b *Bundle) Ref(config []byte, priority int32) promotion.PackRef {
	return promotion.PackRef{
		ID: b.ID, Version: b.Version, ModuleHash: b.ModuleHash(),
		ConfigHash: hashOf(config), Config: config, Priority: priority,
		Limits: promotion.Limits{Fuel: b.Limits.Fuel, Depth: b.Limits.Depth, MemoryBytes: b.Limits.MemoryBytes, OutputBytes: b.Limits.OutputBytes},
	}
}

// Build makes a bundle: the manifest with the hashes of the files, and a
// signature where a key is given. The same input gives the same bytes. The
// result is opened once, so that it has Open's faults.
func Build(m Manifest, files map[string][]byte, key ed25519.PrivateKey) ([]byte, error) {
	m.Files = map[string]string{}
	all := map[string][]byte{}
	for name, b := range files {
		if name == manifestFile || name == signatureFile {
			continue
		}
		m.Files[name] = hashOf(b)
		all[name] = b
	}
	raw, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return nil, ErrMalformed.With("detail", manifestFile).Wrap(err)
	}
	all[manifestFile] = append(raw, '\n')
	if key != nil {
		all[signatureFile] = signManifest(key, all[manifestFile])
	}
	data, err := zipped(all)
	if err != nil {
		return nil, fault.ErrInternal.Wrap(err)
	}
	if _, err := Open(data); err != nil {
		return nil, err
	}
	return data, nil
}

// zipped writes files in the order of their names, without times.
func zipped(files map[string][]byte) ([]byte, error) {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate})
		if err != nil {
			return nil, err
		}
		if _, err := w.Write(files[name]); err != nil {
			return nil, err
		}
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
