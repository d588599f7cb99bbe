package plugins

import (
	"crypto/ed25519"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/shopwright/shopwright/core/fault"
)

// vendor writes a driver's folder as a vendor has it, unsigned.
func vendor(t *testing.T, change func(*Manifest)) string {
	t.Helper()
	dir := t.TempDir()
	m := Manifest{ID: "acme", Version: "1.0.0", Protocols: []int{1}, Classes: []string{"POSPrinter"},
		Files: map[string]FileHash{runtime.GOOS + "/" + runtime.GOARCH: {File: "acme"}, "plan9/mips": {File: "acme-9"}}}
	if change != nil {
		change(&m)
	}
	raw, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{"acme": []byte("a program"), "acme-9": []byte("another"), "notes.txt": []byte("x"), ManifestFile: raw} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestSignAndInstall(t *testing.T) {
	pub, key, _ := ed25519.GenerateKey(nil)
	other, _, _ := ed25519.GenerateKey(nil)
	dir, to := vendor(t, nil), t.TempDir()
	if _, _, err := VerifyDir(dir, []ed25519.PublicKey{pub}, false); !fault.ReasonIs(err, "plugins.unsigned") {
		t.Error(err)
	}
	if _, err := SignDir(dir, key); err != nil {
		t.Fatal(err)
	}
	first, _ := os.ReadFile(filepath.Join(dir, ManifestFile))
	if _, err := SignDir(dir, key); err != nil {
		t.Fatal(err)
	}
	if again, _ := os.ReadFile(filepath.Join(dir, ManifestFile)); string(again) != string(first) {
		t.Error("signed twice it is another file")
	}
	if _, signer, err := VerifyDir(dir, []ed25519.PublicKey{other, pub}, false); err != nil || !signer.Equal(pub) {
		t.Errorf("%v %v", signer, err)
	}
	if _, _, err := Install(dir, to, []ed25519.PublicKey{other}, false); !fault.ReasonIs(err, "plugins.unsigned") {
		t.Error(err)
	}
	for range 2 { // the second time nothing is to be done
		at, m, err := Install(dir, to, []ed25519.PublicKey{pub}, false)
		if err != nil || at != filepath.Join(to, "acme", "1.0.0") || m.ID != "acme" {
			t.Fatalf("%s %+v %v", at, m, err)
		}
	}
	if _, err := os.Stat(filepath.Join(to, "acme", "1.0.0", "notes.txt")); !os.IsNotExist(err) {
		t.Error("what the manifest does not name was copied")
	}
	if left, _ := filepath.Glob(filepath.Join(to, "acme", ".installing-*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	s := newStore(Options{Dir: to, Keys: []ed25519.PublicKey{pub}})
	defer s.close()
	if _, err := s.command("acme", "1.0.0", Trust{}); err != nil {
		t.Errorf("the host refuses what was installed: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "acme"), []byte("changed"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Install(dir, t.TempDir(), []ed25519.PublicKey{pub}, false); !fault.ReasonIs(err, "plugins.altered") {
		t.Error(err)
	}
	if _, err := SignDir(dir, key); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Install(dir, to, []ed25519.PublicKey{pub}, false); !fault.ReasonIs(err, "plugins.version_installed") {
		t.Error(err)
	}
}

func TestBrokenManifestsAreNotSigned(t *testing.T) {
	_, key, _ := ed25519.GenerateKey(nil)
	for name, change := range map[string]func(*Manifest){
		"id":       func(m *Manifest) { m.ID = "../acme" },
		"version":  func(m *Manifest) { m.Version = "" },
		"protocol": func(m *Manifest) { m.Protocols = nil },
		"class":    func(m *Manifest) { m.Classes = nil },
		"files":    func(m *Manifest) { m.Files = nil },
		"path":     func(m *Manifest) { m.Files["plan9/mips"] = FileHash{File: "../x"} },
	} {
		if _, err := SignDir(vendor(t, change), key); !fault.ReasonIs(err, "plugins.manifest_invalid") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := SignDir(vendor(t, func(m *Manifest) { m.Files["plan9/mips"] = FileHash{File: "absent"} }), key); !fault.ReasonIs(err, "plugins.altered") {
		t.Error(err)
	}
	if _, err := SignDir(t.TempDir(), key); !fault.ReasonIs(err, "plugins.unknown_driver") {
		t.Error(err)
	}
}
