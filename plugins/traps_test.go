package plugins

import (
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"

	"github.com/shopwright/shopwright/sdk/driver"
)

// Hashing a driver's file takes longer than starting it: it is done once, while the
// private copy is written.
func TestAFileIsHashedOnce(t *testing.T) {
	pub, key, _ := ed25519.GenerateKey(nil)
	dir := t.TempDir()
	at := install(t, dir, key, nil)
	h := newHost(t, Options{Dir: dir, Keys: []ed25519.PublicKey{pub}})
	start(t, h, Instance{ID: "p", Driver: "acme", Version: "1.0.0"})
	pid := ready(t, h, "p").PID
	copies, err := filepath.Glob(filepath.Join(h.store.private, "*"))
	if err != nil || len(copies) != 1 {
		t.Fatalf("%v %v", copies, err)
	}
	if st, err := os.Stat(copies[0]); err != nil || st.Mode().Perm() != 0o500 {
		t.Errorf("%v %v", st.Mode(), err)
	}
	if err := os.RemoveAll(at); err != nil { // nothing is left to be read again
		t.Fatal(err)
	}
	if err := h.Kill("p"); err != nil {
		t.Fatal(err)
	}
	until(t, 10*time.Second, "ready again", func() bool { s := status(h, "p"); return s.State == Ready && s.PID != pid && s.PID != 0 })
}

// On Linux a child dies with the thread that started it, and Go's threads come and go:
// the host starts its drivers from one that stays.
func TestADriverOutlivesTheThreadThatAskedForIt(t *testing.T) {
	h := newHost(t, Options{})
	asked := make(chan error)
	go func() {
		runtime.LockOSThread() // and does not unlock: the thread ends with the goroutine
		asked <- h.Start(t.Context(), Instance{ID: "p", Driver: "test"})
	}()
	if err := <-asked; err != nil {
		t.Fatal(err)
	}
	pid := ready(t, h, "p").PID
	time.Sleep(300 * time.Millisecond)
	if st := status(h, "p"); st.PID != pid || st.Restarts != 0 || !lives(pid) {
		t.Errorf("%+v", st)
	}
}

// go-plugin asks for an older grpc, whose faults would be the host's.
func TestGRPCIsNotTheOneThatGoPluginPins(t *testing.T) {
	var major, minor int
	if n, err := fmt.Sscanf(grpc.Version, "%d.%d", &major, &minor); n != 2 || major != 1 || minor < 85 {
		t.Errorf("grpc %s %v, want 1.85 or later", grpc.Version, err)
	}
}

// The socket's folder is the boundary to other users of the machine.
func TestTheSocketIsForUsAlone(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("drivers listen on TCP there")
	}
	dir, err := os.MkdirTemp("", "sockets") // t.TempDir is too long for the name of a socket
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	h := newHost(t, Options{TempDir: dir})
	start(t, h, Instance{ID: "p", Driver: "test"})
	ready(t, h, "p")
	sockets, err := filepath.Glob(filepath.Join(dir, "*", "*"))
	if err != nil || len(sockets) != 1 {
		t.Fatalf("%v %v", sockets, err)
	}
	if st, err := os.Stat(filepath.Dir(sockets[0])); err != nil || st.Mode().Perm() != 0o700 {
		t.Errorf("%v %v", st.Mode(), err)
	}
	if st, err := os.Lstat(sockets[0]); err != nil || st.Mode().Type() != os.ModeSocket {
		t.Errorf("%v %v", st.Mode(), err)
	}
	if err := h.Stop(t.Context(), "p"); err != nil {
		t.Fatal(err)
	}
	until(t, 5*time.Second, "nothing is left of it", func() bool {
		left, err := os.ReadDir(dir)
		return err == nil && len(left) == 0
	})
}

// The page for authors of drivers in other languages names every variable that a
// driver gets, and the driver gets those that it names.
func TestTheHandshakesPageNamesTheEnvironment(t *testing.T) {
	raw, err := os.ReadFile("../docs/drivers/handshake.md")
	if err != nil {
		t.Fatal(err)
	}
	pub, key, _ := ed25519.GenerateKey(nil)
	dir := t.TempDir()
	install(t, dir, key, nil)
	h := newHost(t, Options{Dir: dir, Keys: []ed25519.PublicKey{pub}})
	start(t, h, Instance{ID: "p", Driver: "acme", Version: "1.0.0", Config: json.RawMessage(`{"environ":true}`)})
	seen := map[string]bool{driver.ConfineEnv: true} // it is taken away before anybody can look
	for line := range strings.SplitSeq(ready(t, h, "p").Detail, "\n") {
		name, _, _ := strings.Cut(line, "=")
		if seen[name] = true; !strings.Contains(string(raw), "`"+name+"`") && name != "PWD" && name != "OLDPWD" && name != "_" && name != "SHLVL" {
			t.Errorf("the page does not name %s", name) // the four are of the shell that the test's driver is
		}
	}
	for _, name := range []string{driver.Handshake.MagicCookieKey, driver.ParentEnv, "PLUGIN_PROTOCOL_VERSIONS", "PLUGIN_UNIX_SOCKET_DIR", "PLUGIN_MIN_PORT", "PLUGIN_MAX_PORT"} {
		if !seen[name] {
			t.Errorf("a driver does not get %s", name)
		}
	}
}
