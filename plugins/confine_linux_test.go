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
