package edition

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"github.com/shopwright/shopwright/core/fault"
)

// ErrBadKey says that an entry of pack_keys has no name, a name that is taken, or
// no ed25519 public key. {name}
var ErrBadKey = fault.New(fault.Invalid, "edition.bad_pack_key")

// PackKey is a public key whose rule packs load in this edition: the reseller's
// own, or that of a maker of packs whom the reseller vouches for.
type PackKey struct {
	Name string `json:"name"`
	Key  string `json:"key"` // "ed25519:" and the key in base64, as `shopwright pack keygen` writes it
}

const maxPackKeys = 64

func (e *Edition) checkPackKeys() error {
	if len(e.PackKeys) > maxPackKeys {
		return ErrBadKey.On("pack_keys").With("name", len(e.PackKeys))
	}
	for i, k := range e.PackKeys {
		twice := slices.ContainsFunc(e.PackKeys[:i], func(o PackKey) bool { return o.Name == k.Name })
		text, ok := strings.CutPrefix(k.Key, "ed25519:")
		raw, err := base64.StdEncoding.DecodeString(text)
		if !ok || err != nil || len(raw) != 32 || !isName(k.Name) || twice {
			return ErrBadKey.On(fmt.Sprintf("pack_keys[%d]", i)).With("name", k.Name)
		}
	}
	return nil
}
