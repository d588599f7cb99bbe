package plugins

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/shopwright/shopwright/core/fault"
)

func TestInstalledDriversAreJudged(t *testing.T) {
	makers, makersKey, _ := ed25519.GenerateKey(nil)
	shops, shopsKey, _ := ed25519.GenerateKey(nil)
	_, strange, _ := ed25519.GenerateKey(nil)
	dir := t.TempDir()
	put := func(version string, key ed25519.PrivateKey, change func(*Manifest)) {
		t.Helper()
		from := vendor(t, func(m *Manifest) {
			m.Version, m.Publisher = version, "Acme"
			if change != nil {
				change(m)
			}
		})
		if _, err := SignDir(from, key); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Join(dir, "acme"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(from, filepath.Join(dir, "acme", version)); err != nil {
			t.Fatal(err)
		}
	}
	put("1.9.0", makersKey, nil)
	put("1.10.0", shopsKey, nil)
	put("1.10.0-rc.1", strange, nil)
	put("2.0.0", makersKey, nil)
	put("3.0.0", makersKey, func(m *Manifest) { m.Files = map[string]FileHash{"plan9/mips": {File: "acme-9"}} })
	if err := os.WriteFile(filepath.Join(dir, "acme", "2.0.0", "acme"), []byte("another program"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(dir, "acme"), filepath.Join(dir, "linked")); err != nil {
		t.Skip(err)
	}
	h := newHost(t, Options{Dir: dir})
	trust := Trust{Signers: []Signer{{"Makers", "first_party", makers}, {"The shop", "merchant", shops}}}
	got := h.Installed(trust)
	type row struct{ version, signer, refused string }
	var rows []row
	for _, i := range got {
		r := row{i.Version, i.Signer.Name, ""}
		if i.Refused != nil {
			r.refused = fault.Of(i.Refused).Reason
		} else if i.Publisher != "Acme" || len(i.SHA256) != 64 || i.Signer.Level == "" {
			t.Errorf("%+v", i)
		}
		rows = append(rows, r)
	}
	want := []row{{"3.0.0", "Makers", "plugins.no_file_for_platform"}, {"2.0.0", "Makers", "plugins.altered"}, {"1.10.0", "The shop", ""},
		{"1.10.0-rc.1", "", "plugins.unsigned"}, {"1.9.0", "Makers", ""}}
	if !slices.Equal(rows, want) {
		t.Errorf("got  %v\nwant %v", rows, want)
	}
	if i := h.Judge("acme", "9.9.9", trust); !fault.ReasonIs(i.Refused, "plugins.unknown_driver") || i.ID != "acme" {
		t.Errorf("%+v", i)
	}
	if i := h.Judge("acme", "1.10.0-rc.1", Trust{Development: true}); i.Refused != nil || i.Signer.Name != "" || i.Publisher != "Acme" {
		t.Errorf("%+v", i)
	}
}

// Whose drivers run is a matter of each instance: merchants of one program trust others.
func TestEachInstanceHasItsOwnTrust(t *testing.T) {
	pub, key, _ := ed25519.GenerateKey(nil)
	dir := t.TempDir()
	install(t, dir, key, nil)
	h := newHost(t, Options{Dir: dir})
	start(t, h, Instance{ID: "trusted", Driver: "acme", Version: "1.0.0", Trust: Trust{Signers: []Signer{{"Acme", "merchant", pub}}}})
	start(t, h, Instance{ID: "not", Driver: "acme", Version: "1.0.0"})
	ready(t, h, "trusted")
	if err := h.WaitReady(t.Context(), "not"); err == nil || status(h, "not").Reason != "plugins.unsigned" {
		t.Errorf("%v %+v", err, status(h, "not"))
	}
}

// What a description says of the permissions is checked when it is installed.
func TestPermissionsOfAManifest(t *testing.T) {
	for _, c := range []struct {
		p  Permissions
		ok bool
	}{
		{Permissions{}, true},
		{Permissions{Folders: []string{"setting:folder", filepath.Join(os.TempDir(), "x")}, Programs: []string{"lp"}}, true},
		{Permissions{Folders: []string{"setting:"}}, false},
		{Permissions{Folders: []string{"setting:../x"}}, false},
		{Permissions{Folders: []string{"x"}}, false},
		{Permissions{Programs: []string{"../lp"}}, false},
		{Permissions{Programs: []string{""}}, false},
	} {
		if got := c.p.check(); (got == "") != c.ok {
			t.Errorf("%+v: %q", c.p, got)
		}
	}
}

func TestVersionsAreOrderedAsPeopleReadThem(t *testing.T) {
	want := []string{"0.9", "1.0-beta", "1.0-rc.2", "1.0-rc.10", "1.0", "1.0.1", "1.2", "1.10", "02", "10"}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortFunc(got, compareVersions)
	if !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
	for _, v := range want {
		if compareVersions(v, v) != 0 {
			t.Error(v)
		}
	}
}

// A signature is of the bytes that it stands beside, and of no others.
func TestSignerOf(t *testing.T) {
	pub, key, _ := ed25519.GenerateKey(nil)
	raw, _ := json.Marshal(map[string]string{"id": "x"})
	at := filepath.Join(t.TempDir(), "sig")
	if err := os.WriteFile(at, []byte(base64.StdEncoding.EncodeToString(ed25519.Sign(key, raw))), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := signerOf(raw, at, []ed25519.PublicKey{nil, pub}); !got.Equal(pub) {
		t.Error(got)
	}
	if got := signerOf(append(raw, ' '), at, []ed25519.PublicKey{pub}); got != nil {
		t.Error(got)
	}
}
