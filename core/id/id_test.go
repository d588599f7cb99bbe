package id_test

import (
	"errors"
	"sync"
	"testing"

	"github.com/shopwright/shopwright/core/id"
)

func TestIDsGrowAndAreUUIDv7(t *testing.T) {
	const at = 1_760_000_000_000_000
	prev := id.New(at)
	for i := range 20_000 {
		u := id.New(at + int64(i/100))
		if !prev.Less(u) {
			t.Fatalf("%s is not after %s", u, prev)
		}
		if s := u.String(); s[14] != '7' || (s[19] != '8' && s[19] != '9' && s[19] != 'a' && s[19] != 'b') {
			t.Fatal(s)
		}
		prev = u
	}
}

func TestIDsAreUniqueAcrossGoroutines(t *testing.T) {
	var mu sync.Mutex
	seen := map[id.ID]bool{}
	var wg sync.WaitGroup
	for range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for range 2000 {
				u := id.New(1_770_000_000_000_000)
				mu.Lock()
				if seen[u] {
					t.Error("twice", u)
				}
				seen[u] = true
				mu.Unlock()
			}
		}()
	}
	wg.Wait()
}

func TestTextForms(t *testing.T) {
	u := id.New(1_760_000_000_000_000)
	if back, err := id.Parse(u.String()); err != nil || back != u {
		t.Fatal(back, err)
	}
	for _, s := range []string{"", "x", u.String()[1:], u.String() + "0", "01a200c4-483b-7172-b987-5bb8d3e71f8g", "{" + u.String()[1:]} {
		if _, err := id.Parse(s); !errors.Is(err, id.ErrMalformed) {
			t.Errorf("%q: %v", s, err)
		}
	}
	var v id.ID
	if err := v.Scan(nil); err != nil || !v.IsNone() || v.String() != "" {
		t.Error(v, err)
	}
	if a, b := id.Derived("a", "bc"), id.Derived("ab", "c"); a == b || a != id.Derived("a", "bc") || a.String()[14] != '8' {
		t.Error("derived ids", a, b)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("01a200c4-483b-7172-b987-5bb8d3e71f86")
	f.Fuzz(func(t *testing.T, s string) {
		if u, err := id.Parse(s); err == nil && !u.IsNone() {
			if back, err := id.Parse(u.String()); err != nil || back != u {
				t.Fatal(s)
			}
		}
	})
}
