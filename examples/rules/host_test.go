package rules_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/rules"
)

var ctx = context.Background()

// tmp holds what a whole run shares: modules of Go guests and compiled code.
var tmp string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "examples")
	if err != nil {
		panic(err)
	}
	tmp = dir
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// modules are the bytes that the hosts of the tests find by their hashes.
var modules sync.Map

func newHost(t testing.TB) *rules.Host {
	t.Helper()
	h, err := rules.New(ctx, rules.Options{CacheDir: filepath.Join(tmp, "cache"), Load: func(hash string) ([]byte, error) {
		if b, ok := modules.Load(hash); ok {
			return b.([]byte), nil
		}
		return nil, fmt.Errorf("no module %s", hash)
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close(ctx) })
	return h
}

func hash(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

// ref names a module with a configuration.
func ref(id string, module, config []byte) promotion.PackRef {
	modules.Store(hash(module), module)
	return promotion.PackRef{ID: id, Version: "1.0.0", ModuleHash: hash(module), ConfigHash: hash(config), Config: config}
}

// built reads the committed module of a folder or, where GUESTS names a folder of
// modules that were built just now, that one.
func built(t testing.TB, name string) []byte {
	t.Helper()
	dir := "."
	if d := os.Getenv("GUESTS"); d != "" {
		dir = d
	}
	b, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

var goGuests sync.Map

// goGuest builds a guest of the Go toolchain, once.
func goGuest(t testing.TB, pkg string) []byte {
	t.Helper()
	build := func() ([]byte, error) {
		out := filepath.Join(tmp, strings.ReplaceAll(pkg, "/", "-")+".wasm")
		cmd := exec.Command("go", "build", "-buildmode=c-shared", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid=", "-o", out, "./"+pkg)
		cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0", "GOFLAGS=-mod=readonly")
		if text, err := cmd.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("%w\n%s", err, text)
		}
		return os.ReadFile(out)
	}
	once, _ := goGuests.LoadOrStore(pkg, sync.OnceValues(build))
	b, err := once.(func() ([]byte, error))()
	if err != nil {
		t.Fatal(err)
	}
	return b
}
