package plugins

import (
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// landlock answers the kernel's version of it, 0 where it has none.
func landlock() int {
	const createRuleset = 444 // on every architecture
	v, _, errno := syscall.Syscall(createRuleset, 0, 0, 1)
	if errno != 0 {
		return 0
	}
	return int(v)
}

func TestAnInstalledDriverHasWhatItAskedForAlone(t *testing.T) {
	version := landlock()
	if version == 0 {
		t.Skip("this kernel confines nobody")
	}
	home := t.TempDir()
	secret := filepath.Join(home, "shop.db")
	if err := os.WriteFile(secret, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	other, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	wants := []reach{{"read", secret}, {"write", filepath.Join(home, "new")}, {"read", "/etc/hostname"}, {"write", os.DevNull}, {"run", "/bin/true"},
		{"connect", l.Addr().String()}, {"connect", other.Addr().String()}}
	settings, err := json.Marshal(map[string]any{"reach": wants})
	if err != nil {
		t.Fatal(err)
	}
	pub, key, _ := ed25519.GenerateKey(nil)
	try := func(may Permissions) string {
		t.Helper()
		dir := t.TempDir()
		install(t, dir, key, func(m *Manifest) { m.Permissions = may })
		h := newHost(t, Options{Dir: dir, Keys: []ed25519.PublicKey{pub}})
		start(t, h, Instance{ID: "p", Driver: "acme", Version: "1.0.0", Config: settings})
		return ready(t, h, "p").Detail
	}
	has := func(said string, r reach) bool { return strings.Contains(said, r.How+" "+r.At) }
	some := try(Permissions{Network: []string{fmt.Sprintf("printer.example:%d", l.Addr().(*net.TCPAddr).Port)}})
	for i, want := range []bool{false, false, true, true, false, true, version < 4} {
		if has(some, wants[i]) != want {
			t.Errorf("%s %s: worked is %v", wants[i].How, wants[i].At, !want)
		}
	}
	if all := try(Permissions{Network: []string{"*"}}); !has(all, wants[5]) || !has(all, wants[6]) || has(all, wants[0]) {
		t.Errorf("with the whole network: %s", all)
	}
	// The program's own drivers are a part of it.
	h := newHost(t, Options{})
	start(t, h, Instance{ID: "own", Driver: "test", Config: settings})
	if own := ready(t, h, "own").Detail; !has(own, wants[0]) || !has(own, wants[6]) {
		t.Errorf("a driver of the program: %s", own)
	}
}

func TestADriverWritesItsFolderAndStartsItsPrograms(t *testing.T) {
	if landlock() == 0 {
		t.Skip("this kernel confines nobody")
	}
	home := t.TempDir()
	mine, other := filepath.Join(home, "receipts"), filepath.Join(home, "other")
	if err := os.Mkdir(other, 0o755); err != nil {
		t.Fatal(err)
	}
	wants := []reach{{"write", filepath.Join(mine, "new")}, {"read", filepath.Join(mine, "new")}, {"write", filepath.Join(other, "new")}, {"run", "/bin/true"}, {"run", "/bin/false"}, {"run", "/bin/pwd"}, {"listen", "127.0.0.1:0"}}
	settings, err := json.Marshal(map[string]any{"reach": wants, "folder": mine})
	if err != nil {
		t.Fatal(err)
	}
	pub, key, _ := ed25519.GenerateKey(nil)
	try := func(p Permissions) string {
		t.Helper()
		dir := t.TempDir()
		install(t, dir, key, func(m *Manifest) { m.Permissions = p })
		h := newHost(t, Options{Dir: dir, Keys: []ed25519.PublicKey{pub}})
		start(t, h, Instance{ID: "p", Driver: "acme", Version: "1.0.0", Config: settings})
		until(t, 30*time.Second, "it says what it could do", func() bool { return strings.HasPrefix(status(h, "p").Detail, "worked: ") })
		return status(h, "p").Detail
	}
	has := func(said string, r reach) bool { return strings.Contains(said, r.How+" "+r.At) }
	said := try(Permissions{Folders: []string{SettingFolder + "folder"}, Programs: []string{"true"}})
	for i, want := range []bool{true, true, false, true, false, false} { // listening by multipath TCP, as Go does, no kernel forbids yet
		if has(said, wants[i]) != want {
			t.Errorf("%s %s: worked is %v", wants[i].How, wants[i].At, !want)
		}
	}
	if said = try(Permissions{Folders: []string{other}, Listen: true}); !has(said, wants[2]) || has(said, wants[0]) || has(said, wants[3]) || !has(said, wants[6]) {
		t.Error(said)
	}
}
