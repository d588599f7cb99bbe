package kit

import (
	"encoding/json"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/shopwright/shopwright/core/i18n"
	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/rules"
)

// FileSize is one file of a bundle.
type FileSize struct {
	Name  string
	Bytes int
	Hash  string // hex SHA-256; "" for the manifest and the signature, which are not in the manifest
}

// Inspection is what there is to know about a bundle without running it.
type Inspection struct {
	*pack.Bundle
	Bytes     int
	FileSizes []FileSize
	Module    rules.Info
	Refused   error // why the rule host would not take the module; nil where it would
	Cases     int
	Trust     pack.Trust
	Signer    string // name in the key ring, or the fingerprint of a stranger
	Judged    error  // why the key ring does not vouch for it; nil where it does
	// Missing are, for each language of the program, the codes with an English text
	// that it has none for; a language without a file misses all of them.
	Missing map[string][]string
	Untold  []string // codes that golden cases want and English has no text for
}

// Inspect looks into a bundle. A module or a signature that would be refused is
// part of the answer, not an error. Faults: those of pack.Open, kit.bad_cases.
func Inspect(bundle []byte, ring pack.KeyRing) (*Inspection, error) {
	b, err := pack.Open(bundle)
	if err != nil {
		return nil, err
	}
	files, err := pack.Files(bundle)
	if err != nil {
		return nil, err
	}
	x := &Inspection{Bundle: b, Bytes: len(bundle), Missing: map[string][]string{}}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		x.FileSizes = append(x.FileSizes, FileSize{name, len(files[name]), b.Files[name]})
	}
	x.Module, _ = rules.Inspect(b.Module())
	x.Refused = accepted(b.Module(), b.Floats)
	x.Trust, x.Signer, x.Judged = ring.Judge(b)
	if key, ok := b.Signer(); ok && x.Signer == "" {
		x.Signer = pack.Fingerprint(key)
	}
	for _, tag := range i18n.Tags() {
		var has map[string]string
		if raw, ok := files["locales/"+tag+".json"]; ok {
			if err := json.Unmarshal(raw, &has); err != nil {
				return nil, pack.ErrMalformed.With("detail", tag).Wrap(err)
			}
		}
		for _, code := range b.Codes() {
			if strings.TrimSpace(has[code]) == "" {
				x.Missing[tag] = append(x.Missing[tag], code)
			}
		}
	}
	return x, x.readCases()
}

// readCases counts the golden cases and looks for answers without a text.
func (x *Inspection) readCases() error {
	cases, err := Cases(x.Bundle)
	if err != nil {
		if len(x.Bundle.Cases) == 0 {
			return nil // a bundle may come without
		}
		return err
	}
	x.Cases = len(cases)
	for i := range cases {
		out, err := decodeWant(&cases[i])
		if err != nil {
			return ErrCases.With("file", path.Join("cases", cases[i].File)).Wrap(err)
		}
		for _, code := range codes(&out) {
			if _, ok := x.Text(english, code); !ok && !slices.Contains(x.Untold, code) {
				x.Untold = append(x.Untold, code)
			}
		}
	}
	slices.Sort(x.Untold)
	return nil
}
