package pack

import (
	"cmp"
	"crypto/ed25519"
	"slices"
	"strings"

	"github.com/shopwright/shopwright/core/edition"
	"github.com/shopwright/shopwright/core/fault"
)

var (
	ErrUnsigned      = fault.New(fault.Denied, "pack.unsigned")           // {id}
	ErrSignature     = fault.New(fault.Denied, "pack.signature_invalid")  // {id}
	ErrSignerUnknown = fault.New(fault.Denied, "pack.signer_unknown")     // {id} {key}: its fingerprint
	errFirstParty    = fault.New(fault.Internal, "pack.first_party_keys") // a release was built with broken keys
)

// Trust is by whom a bundle may be vouched for; more is higher. Its text is what
// tables and the API hold.
type Trust uint8

const (
	TrustNone        Trust = iota // nobody vouches for it: it is not loaded
	TrustDevelopment              // nobody does, and the edition lets it load all the same
	TrustMerchant                 // a key that the merchant trusts
	TrustReseller                 // a key of the edition's manifest
	TrustFirstParty               // a key of this program's makers
	TrustEmbedded                 // it is a part of the program, which vouches for it as for its own code
)

var trustNames = [...]string{"none", "development", "merchant", "reseller", "first_party", "embedded"}

// String is the name of the level.
func (t Trust) String() string {
	if int(t) < len(trustNames) {
		return trustNames[t]
	}
	return trustNames[TrustNone]
}

// TrustOf finds a level by its name.
func TrustOf(name string) (Trust, bool) {
	i := slices.Index(trustNames[:], name)
	return Trust(max(i, 0)), i >= 0
}

// Key is a public key that vouches for bundles, with the name by which people
// know its owner.
type Key struct {
	Name   string
	Level  Trust // TrustMerchant, TrustReseller or TrustFirstParty
	Public ed25519.PublicKey
}

// KeyRing is the keys that one merchant's installation trusts. The zero KeyRing
// trusts nobody. It is not changed after it was made and is safe for concurrent
// use.
//
// The packs that come with the program are not judged: they are embedded in it, so
// whoever runs the program has trusted them already, and no private key has to lie
// where they are built.
type KeyRing struct {
	Keys        []Key
	Development bool // unsigned packs and those of unknown signers load too
}

// firstPartyKeys is set by a release build (-ldflags "-X
// github.com/shopwright/shopwright/core/pack.firstPartyKeys=NAME=ed25519:BASE64,…");
// a build from source trusts no first-party key beyond what is embedded.
var firstPartyKeys string

// NewKeyRing joins the keys of the program's makers, those that the edition's
// manifest lists, and the merchant's own. Faults: pack.bad_key,
// pack.first_party_keys.
func NewKeyRing(e *edition.Edition, merchant ...Key) (KeyRing, error) {
	keys, err := parseFirstParty(firstPartyKeys)
	if err != nil {
		return KeyRing{}, err
	}
	r := KeyRing{Keys: keys}
	if e != nil {
		r.Development = e.Development
		for _, k := range e.PackKeys {
			pub, err := ParsePublicKey(k.Key)
			if err != nil {
				return KeyRing{}, fault.Of(err).On("pack_keys." + k.Name)
			}
			r.Keys = append(r.Keys, Key{k.Name, TrustReseller, pub})
		}
	}
	for _, k := range merchant { // whatever a row says, the merchant's keys are the merchant's
		r.Keys = append(r.Keys, Key{k.Name, TrustMerchant, k.Public})
	}
	return r, nil
}

func parseFirstParty(list string) ([]Key, error) {
	var keys []Key
	for entry := range strings.SplitSeq(list, ",") {
		if entry == "" {
			continue
		}
		name, text, _ := strings.Cut(entry, "=")
		pub, err := ParsePublicKey(text)
		if err != nil || name == "" {
			return nil, errFirstParty.Wrap(cmp.Or(err, error(ErrBadKey)))
		}
		keys = append(keys, Key{name, TrustFirstParty, pub})
	}
	return keys, nil
}

// Judge says by whom a bundle is vouched for, and under which name; a key that
// stands in several rings counts at its highest. In development mode an unsigned
// bundle and one of an unknown signer are TrustDevelopment; a signature that does
// not fit its bundle is refused even there, since something has changed the
// bundle. Faults: pack.unsigned, pack.signature_invalid, pack.signer_unknown.
func (r KeyRing) Judge(b *Bundle) (Trust, string, error) {
	if !b.Signed() {
		if r.Development {
			return TrustDevelopment, "", nil
		}
		return TrustNone, "", ErrUnsigned.With("id", b.ID)
	}
	signer, ok := b.Signer()
	if !ok {
		return TrustNone, "", ErrSignature.With("id", b.ID)
	}
	best, name := TrustNone, ""
	for _, k := range r.Keys {
		if k.Level > best && k.Level <= TrustFirstParty && signer.Equal(k.Public) {
			best, name = k.Level, k.Name
		}
	}
	switch {
	case best >= TrustMerchant:
		return best, name, nil
	case r.Development:
		return TrustDevelopment, Fingerprint(signer), nil
	}
	return TrustNone, "", ErrSignerUnknown.With("id", b.ID).With("key", Fingerprint(signer))
}
