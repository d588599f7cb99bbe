package plugins

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/fault"
)

// install writes this test binary as an installed driver. It must be told to
// serve, so the file is a script that does.
func install(t *testing.T, dir string, key ed25519.PrivateKey, change func(*Manifest)) string {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("needs a shell script as the driver")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	script := []byte("#!/bin/sh\nexec " + self + " driver-serve test\n")
	sum := sha256.Sum256(script)
	at := filepath.Join(dir, "acme", "1.0.0")
	if err := os.MkdirAll(at, 0o755); err != nil {
		t.Fatal(err)
	}
	m := Manifest{ID: "acme", Version: "1.0.0", Protocols: []int{1}, ConfigSchema: json.RawMessage(`{"type":"object"}`),
		Files: map[string]FileHash{runtime.GOOS + "/" + runtime.GOARCH: {"acme.sh", hex.EncodeToString(sum[:])}}}
	if change != nil {
		change(&m)
	}
	raw, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name string, b []byte) {
		if err := os.WriteFile(filepath.Join(at, name), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("acme.sh", script)
	write("driver.json", raw)
	write("driver.json.sig", []byte(base64.StdEncoding.EncodeToString(ed25519.Sign(key, raw))+"\n"))
	return at
}

func TestInstalledDriverRunsFromItsPrivateCopy(t *testing.T) {
	pub, key, _ := ed25519.GenerateKey(nil)
	dir := t.TempDir()
	at := install(t, dir, key, nil)
	h := newHost(t, Options{Dir: dir, Keys: []ed25519.PublicKey{pub}})
	start(t, h, Instance{ID: "p", Driver: "acme", Version: "1.0.0"})
	pid := ready(t, h, "p").PID
	// What is changed on disk afterwards has no effect on a restart.
	if err := os.WriteFile(filepath.Join(at, "acme.sh"), []byte("#!/bin/sh\nexit 1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := h.Kill("p"); err != nil {
		t.Fatal(err)
	}
	until(t, 10*time.Second, "ready again", func() bool { s := status(h, "p"); return s.State == Ready && s.PID != pid && s.PID != 0 })
	private := h.store.private
	st, err := os.Stat(private)
	if err != nil || st.Mode().Perm() != 0o700 {
		t.Errorf("%v %v", st, err)
	}
	h.Close()
	if _, err := os.Stat(private); !os.IsNotExist(err) {
		t.Error("the private copies were left behind")
	}
}

func TestAlteredDriversAreRefused(t *testing.T) {
	pub, key, _ := ed25519.GenerateKey(nil)
	_, other, _ := ed25519.GenerateKey(nil)
	for name, c := range map[string]struct {
		key    ed25519.PrivateKey
		change func(*Manifest)
		after  func(at string) error
		want   string
	}{
		"signed by another": {key: other, want: "plugins.unsigned"},
		"no signature":      {key: key, after: func(at string) error { return os.Remove(filepath.Join(at, "driver.json.sig")) }, want: "plugins.unsigned"},
		"file changed":      {key: key, after: func(at string) error { return os.WriteFile(filepath.Join(at, "acme.sh"), []byte("#!"), 0o755) }, want: "plugins.altered"},
		"file is a link": {key: key, after: func(at string) error {
			p := filepath.Join(at, "acme.sh")
			if err := os.Rename(p, p+".real"); err != nil {
				return err
			}
			return os.Symlink(p+".real", p)
		}, want: "plugins.altered"},
		"path leaves the folder": {key: key, change: func(m *Manifest) {
			for k, f := range m.Files {
				f.File = "../acme.sh"
				m.Files[k] = f
			}
		}, want: "plugins.manifest_invalid"},
		"another version":  {key: key, change: func(m *Manifest) { m.Version = "2.0.0" }, want: "plugins.manifest_invalid"},
		"another protocol": {key: key, change: func(m *Manifest) { m.Protocols = []int{9} }, want: "plugins.manifest_invalid"},
		"another platform": {key: key, change: func(m *Manifest) { m.Files = nil }, want: "plugins.no_file_for_platform"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			at := install(t, dir, c.key, c.change)
			if c.after != nil {
				if err := c.after(at); err != nil {
					t.Fatal(err)
				}
			}
			s := newStore(Options{Dir: dir, Keys: []ed25519.PublicKey{pub}})
			defer s.close()
			if _, err := s.command("acme", "1.0.0", Trust{}); !fault.ReasonIs(err, c.want) {
				t.Errorf("%v, want %s", err, c.want)
			}
		})
	}
	s := newStore(Options{Dir: t.TempDir()})
	for _, name := range []string{"absent", "../x", ""} {
		if _, err := s.command(name, "1.0.0", Trust{}); !fault.ReasonIs(err, "plugins.unknown_driver") {
			t.Errorf("%q: %v", name, err)
		}
	}
}
