package pack

import (
	"bytes"
	"crypto/ed25519"
	"strings"
	"testing"

	"github.com/shopwright/shopwright/core/edition"
	"github.com/shopwright/shopwright/core/fault"
)

// keyOf is a key pair that is the same in every run.
func keyOf(seed byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize))
}

func public(k ed25519.PrivateKey) ed25519.PublicKey { return k.Public().(ed25519.PublicKey) }

func TestSignIsReproducibleAndReplaces(t *testing.T) {
	plain := build(t, testManifest(), testFiles())
	one, err := Sign(plain, keyOf(1))
	if err != nil {
		t.Fatal(err)
	}
	again, err := Sign(plain, keyOf(1))
	if err != nil || !bytes.Equal(one, again) {
		t.Error("the same bundle and key gave other bytes", err)
	}
	built, err := Build(testManifest(), testFiles(), keyOf(1))
	if err != nil || !bytes.Equal(one, built) {
		t.Error("signing at once and afterwards differ", err)
	}
	two, err := Sign(one, keyOf(2))
	if err != nil {
		t.Fatal(err)
	}
	if s, ok := open(t, two).Signer(); !ok || !s.Equal(public(keyOf(2))) {
		t.Error("the second signature did not replace the first")
	}
	if a, b := open(t, plain), open(t, two); !bytes.Equal(a.ManifestBytes, b.ManifestBytes) {
		t.Error("signing changed the manifest")
	}
	if _, err := Sign(plain, nil); !fault.ReasonIs(err, "pack.bad_key") {
		t.Error(err)
	}
	if _, err := Sign([]byte("PK"), keyOf(1)); !fault.ReasonIs(err, "pack.malformed") {
		t.Error(err)
	}
}

func TestKeysAsText(t *testing.T) {
	key := keyOf(7)
	text, err := FormatPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	back, err := ParsePrivateKey(text)
	if err != nil || !back.Equal(key) {
		t.Error(err)
	}
	pub, err := ParsePublicKey(" " + FormatPublicKey(public(key)) + "\n")
	if err != nil || !pub.Equal(public(key)) {
		t.Error(err)
	}
	// What openssl pkey -pubout writes for the seed of 32 zero bytes.
	pem := "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAO2onvM62pC1io6jQKm8Nc2UyFXcd4kOmOsBIoYtZ2ik=\n-----END PUBLIC KEY-----\n"
	if pub, err := ParsePublicKey(pem); err != nil || !pub.Equal(public(keyOf(0))) {
		t.Error(err)
	}
	for _, bad := range []string{"", "ed25519:", "ed25519:AAAA", "ed25519:!", string(text), strings.Replace(pem, "MCow", "MCoA", 1)} {
		if _, err := ParsePublicKey(bad); !fault.ReasonIs(err, "pack.bad_key") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	for _, bad := range []string{"", pem, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"} {
		if _, err := ParsePrivateKey([]byte(bad)); !fault.ReasonIs(err, "pack.bad_key") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if f := Fingerprint(public(key)); len(f) != 19 || f == Fingerprint(public(keyOf(8))) {
		t.Error(f)
	}
}

func TestTrustNames(t *testing.T) {
	for l := TrustNone; l <= TrustEmbedded; l++ {
		if back, ok := TrustOf(l.String()); !ok || back != l {
			t.Error(l, back, ok)
		}
	}
	if _, ok := TrustOf("anybody"); ok {
		t.Error("an unknown level")
	}
	if Trust(99).String() != "none" {
		t.Error("a level that is not there is worth nothing")
	}
}

func TestJudge(t *testing.T) {
	reseller, merchant, stranger := keyOf(1), keyOf(2), keyOf(3)
	e := &edition.Edition{PackKeys: []edition.PackKey{{Name: "Acme", Key: FormatPublicKey(public(reseller))}}}
	own := Key{"our integrator", TrustEmbedded, public(merchant)} // a row cannot give itself a higher level
	ring, err := NewKeyRing(e, own)
	if err != nil {
		t.Fatal(err)
	}
	e.Development = true
	open4all, err := NewKeyRing(e, own, Key{"the reseller, once more", TrustMerchant, public(reseller)})
	if err != nil {
		t.Fatal(err)
	}
	sign := func(k ed25519.PrivateKey) *Bundle {
		data, err := Build(testManifest(), testFiles(), k)
		if err != nil {
			t.Fatal(err)
		}
		return open(t, data)
	}
	broken := sign(merchant)
	broken.ManifestBytes = append([]byte(" "), broken.ManifestBytes...)
	short := sign(merchant)
	short.Signature = short.Signature[:64]
	borrowed := sign(stranger) // a trusted key's name over a stranger's signature
	copy(borrowed.Signature, public(merchant))
	for _, c := range []struct {
		name   string
		ring   KeyRing
		b      *Bundle
		trust  Trust
		by     string
		reason string
	}{
		{"reseller", ring, sign(reseller), TrustReseller, "Acme", ""},
		{"merchant", ring, sign(merchant), TrustMerchant, "our integrator", ""},
		{"in two rings", open4all, sign(reseller), TrustReseller, "Acme", ""},
		{"unsigned", ring, sign(nil), TrustNone, "", "pack.unsigned"},
		{"stranger", ring, sign(stranger), TrustNone, "", "pack.signer_unknown"},
		{"broken", ring, broken, TrustNone, "", "pack.signature_invalid"},
		{"short", ring, short, TrustNone, "", "pack.signature_invalid"},
		{"borrowed", ring, borrowed, TrustNone, "", "pack.signature_invalid"},
		{"nobody is trusted", KeyRing{}, sign(merchant), TrustNone, "", "pack.signer_unknown"},
		{"development, unsigned", open4all, sign(nil), TrustDevelopment, "", ""},
		{"development, stranger", open4all, sign(stranger), TrustDevelopment, Fingerprint(public(stranger)), ""},
		{"development, broken", open4all, broken, TrustNone, "", "pack.signature_invalid"},
	} {
		trust, by, err := c.ring.Judge(c.b)
		if trust != c.trust || by != c.by || (err == nil) != (c.reason == "") || err != nil && !fault.ReasonIs(err, c.reason) {
			t.Errorf("%s: %v %q %v", c.name, trust, by, err)
		}
	}
}

func TestFirstPartyKeysOfARelease(t *testing.T) {
	text := FormatPublicKey(public(keyOf(4)))
	keys, err := parseFirstParty("2026=" + text + ",2027=" + FormatPublicKey(public(keyOf(5))))
	if err != nil || len(keys) != 2 || keys[0].Name != "2026" || keys[1].Level != TrustFirstParty {
		t.Fatal(keys, err)
	}
	data, err := Build(testManifest(), testFiles(), keyOf(5))
	if err != nil {
		t.Fatal(err)
	}
	if trust, by, err := (KeyRing{Keys: keys}).Judge(open(t, data)); trust != TrustFirstParty || by != "2027" {
		t.Error(trust, by, err)
	}
	for _, bad := range []string{"x", text, "=" + text, "a=ed25519:AA"} {
		if _, err := parseFirstParty(bad); !fault.ReasonIs(err, "pack.first_party_keys") {
			t.Error(bad, err)
		}
	}
	if keys, err := parseFirstParty(""); err != nil || len(keys) != 0 {
		t.Error(keys, err)
	}
	if _, err := NewKeyRing(&edition.Edition{PackKeys: []edition.PackKey{{Name: "a", Key: "b"}}}); !fault.ReasonIs(err, "pack.bad_key") {
		t.Error(err)
	}
}
