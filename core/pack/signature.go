package pack

import (
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"strings"

	"github.com/shopwright/shopwright/core/fault"
)

// ErrBadKey says that a text is no ed25519 key of the kind that is wanted. {detail}
var ErrBadKey = fault.New(fault.Invalid, "pack.bad_key")

// A signature file is the public key and the ed25519 signature of pack.json. It
// names its key so that a stranger's signature and a broken one can be told
// apart; what the key is worth is for a KeyRing to say.
const signatureSize = ed25519.PublicKeySize + ed25519.SignatureSize

// signManifest answers the content of a signature file.
func signManifest(key ed25519.PrivateKey, manifest []byte) []byte {
	pub := key.Public().(ed25519.PublicKey)
	return append(append(make([]byte, 0, signatureSize), pub...), ed25519.Sign(key, manifest)...)
}

// Signed reports whether the bundle carries a signature, good or bad.
func (b *Bundle) Signed() bool { return len(b.Signature) > 0 }

// Signer is the key that the bundle's signature names, where it has truly signed
// the manifest, and with it, through its hashes, every file. False for an
// unsigned pack and for a broken signature.
func (b *Bundle) Signer() (ed25519.PublicKey, bool) {
	if len(b.Signature) != signatureSize {
		return nil, false
	}
	key := ed25519.PublicKey(b.Signature[:ed25519.PublicKeySize])
	return key, ed25519.Verify(key, b.ManifestBytes, b.Signature[ed25519.PublicKeySize:])
}

// SignedBy finds which of the keys has signed the manifest. False for an
// unsigned pack.
func (b *Bundle) SignedBy(keys ...ed25519.PublicKey) (ed25519.PublicKey, bool) {
	signer, ok := b.Signer()
	if !ok {
		return nil, false
	}
	for _, k := range keys {
		if signer.Equal(k) {
			return k, true
		}
	}
	return nil, false
}

// Sign answers the same bundle with a signature of the key in place of the one
// that it may have. The same bundle and key give the same bytes. Faults: those of
// Open.
func Sign(bundle []byte, key ed25519.PrivateKey) ([]byte, error) {
	if len(key) != ed25519.PrivateKeySize {
		return nil, ErrBadKey.With("detail", "private key")
	}
	b, err := Open(bundle)
	if err != nil {
		return nil, err
	}
	files, err := unzip(bundle)
	if err != nil {
		return nil, err
	}
	files[signatureFile] = signManifest(key, b.ManifestBytes)
	data, err := zipped(files)
	if err != nil {
		return nil, fault.ErrInternal.Wrap(err)
	}
	_, err = Open(data)
	return data, err
}

// Files answers the files of a bundle by name, as Open has checked them. Faults:
// those of Open.
func Files(bundle []byte) (map[string][]byte, error) {
	if _, err := Open(bundle); err != nil {
		return nil, err
	}
	return unzip(bundle)
}

// keyPrefix marks a public key in text, so that it is known when it is pasted
// into a field or a manifest.
const keyPrefix = "ed25519:"

// FormatPublicKey is a public key as one line of text: "ed25519:BASE64".
func FormatPublicKey(key ed25519.PublicKey) string {
	return keyPrefix + base64.StdEncoding.EncodeToString(key)
}

// ParsePublicKey reads the line of FormatPublicKey, or a PEM block "PUBLIC KEY".
// Fault: pack.bad_key.
func ParsePublicKey(text string) (ed25519.PublicKey, error) {
	text = strings.TrimSpace(text)
	if line, ok := strings.CutPrefix(text, keyPrefix); ok {
		raw, err := base64.StdEncoding.DecodeString(line)
		if err != nil || len(raw) != ed25519.PublicKeySize {
			return nil, ErrBadKey.With("detail", keyPrefix).Wrap(err)
		}
		return raw, nil
	}
	block, _ := pem.Decode([]byte(text))
	if block == nil || block.Type != "PUBLIC KEY" {
		return nil, ErrBadKey.With("detail", keyPrefix+"…")
	}
	k, err := x509.ParsePKIXPublicKey(block.Bytes)
	pub, ok := k.(ed25519.PublicKey)
	if err != nil || !ok {
		return nil, ErrBadKey.With("detail", block.Type).Wrap(err)
	}
	return pub, nil
}

// FormatPrivateKey is a private key as PEM, PKCS #8: what other tools read too.
func FormatPrivateKey(key ed25519.PrivateKey) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, ErrBadKey.With("detail", "PKCS #8").Wrap(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// ParsePrivateKey reads FormatPrivateKey's text. Fault: pack.bad_key; it never
// carries a part of the key.
func ParsePrivateKey(text []byte) (ed25519.PrivateKey, error) {
	block, _ := pem.Decode(text)
	if block == nil || block.Type != "PRIVATE KEY" {
		return nil, ErrBadKey.With("detail", "PRIVATE KEY")
	}
	k, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	key, ok := k.(ed25519.PrivateKey)
	if err != nil || !ok {
		return nil, ErrBadKey.With("detail", "PRIVATE KEY")
	}
	return key, nil
}

// Fingerprint is a public key short enough to be compared by eye: 16 hex digits
// of its SHA-256 in groups of four.
func Fingerprint(key ed25519.PublicKey) string {
	sum := sha256.Sum256(key)
	h := hex.EncodeToString(sum[:8])
	return h[:4] + "-" + h[4:8] + "-" + h[8:12] + "-" + h[12:]
}
