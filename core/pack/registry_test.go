package pack

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/shopwright/shopwright/core/fault"
)

func bundleOf(t testing.TB, id, version, wasm string) []byte {
	m, files := testManifest(), testFiles()
	m.ID, m.Version = id, version
	files["rule.wasm"] = []byte(wasm)
	return build(t, m, files)
}

func TestRegistry(t *testing.T) {
	r := NewRegistry()
	for _, v := range []string{"1.9.0", "1.10.0", "2.0.0-rc.1", "0.1.0"} {
		if _, err := r.Install(bundleOf(t, "b", v, "wasm "+v)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := r.Install(bundleOf(t, "a", "3.0.0-beta", "wasm a")); err != nil {
		t.Fatal(err)
	}
	if b, err := r.Latest("b"); err != nil || b.Version != "1.10.0" {
		t.Error(b, err)
	}
	if b, err := r.Latest("a"); err != nil || b.Version != "3.0.0-beta" {
		t.Error(b, err)
	}
	b, err := r.Get("b", "1.9.0")
	if err != nil || b.Version != "1.9.0" {
		t.Fatal(b, err)
	}
	if m, err := r.Module(b.ModuleHash()); err != nil || string(m) != "wasm 1.9.0" {
		t.Error(string(m), err)
	}
	var order []string
	for _, b := range r.List() {
		order = append(order, b.ID+" "+b.Version)
	}
	if want := []string{"a 3.0.0-beta", "b 2.0.0-rc.1", "b 1.10.0", "b 1.9.0", "b 0.1.0"}; !slices.Equal(order, want) {
		t.Error(order)
	}
	if _, err := r.Install(bundleOf(t, "b", "1.9.0", "wasm 1.9.0")); err != nil {
		t.Error("the same content again:", err)
	}
	if _, err := r.Install(bundleOf(t, "b", "1.9.0", "other")); !fault.ReasonIs(err, "pack.version_taken") {
		t.Error(err)
	}
	if _, err := r.Get("b", "1.9.1"); !fault.ReasonIs(err, "pack.not_installed") {
		t.Error(err)
	}
	if _, err := r.Latest("c"); !fault.ReasonIs(err, "pack.not_installed") {
		t.Error(err)
	}
	if _, err := r.Module("00"); !fault.ReasonIs(err, "pack.unknown_module") {
		t.Error(err)
	}
	if _, err := r.Install([]byte("x")); !fault.ReasonIs(err, "pack.malformed") {
		t.Error(err)
	}
}

func TestRegistryIsConcurrent(t *testing.T) {
	r := NewRegistry()
	var bundles [][]byte
	for i := range 8 {
		bundles = append(bundles, bundleOf(t, "p", fmt.Sprintf("1.0.%d", i), fmt.Sprint(i)))
	}
	var wg sync.WaitGroup
	for _, data := range bundles {
		wg.Go(func() {
			if _, err := r.Install(data); err != nil {
				t.Error(err)
			}
			if _, err := r.Latest("p"); err != nil {
				t.Error(err)
			}
			r.List()
		})
	}
	wg.Wait()
	if b, err := r.Latest("p"); err != nil || b.Version != "1.0.7" || len(r.List()) != 8 {
		t.Error(b, err)
	}
}

func TestVersions(t *testing.T) {
	order := []string{"x", "0.0.1", "1.0.0-1", "1.0.0-2", "1.0.0-10", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-beta", "1.0.0", "1.0.1", "1.9.0", "1.10.0", "2.0.0"}
	for i := range order {
		for k := range order {
			if got, want := CompareVersions(order[i], order[k]), i-k; got*want < 0 || (got == 0) != (want == 0) {
				t.Errorf("%s and %s: %d", order[i], order[k], got)
			}
		}
	}
	for _, s := range []string{"", "1", "1.2", "1.2.3.4", "1.2.x", "01.2.3", "1.2.3-", "1.2.3-a..b", "1.2.3-a b", "v1.2.3", "1.2.3+x", "1.2.1234567890"} {
		if _, ok := parseVersion(s); ok {
			t.Errorf("%q is a version", s)
		}
	}
}
