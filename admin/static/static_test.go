package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"strings"
	"testing"
)

func get(t *testing.T, method, url string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, httptest.NewRequest(method, url, nil))
	return w
}

func TestHandler(t *testing.T) {
	for _, n := range Names() {
		w := get(t, "GET", URL(n))
		if w.Code != 200 || !bytes.Equal(w.Body.Bytes(), Bytes(n)) {
			t.Errorf("%s: status %d, %d bytes", n, w.Code, w.Body.Len())
		}
		if got := w.Header().Get("Cache-Control"); !strings.Contains(got, "immutable") {
			t.Errorf("%s: Cache-Control %q", n, got)
		}
		if w.Header().Get("Content-Type") == "" || w.Header().Get("Content-Type") != types[path.Ext(n)] {
			t.Errorf("%s: Content-Type %q", n, w.Header().Get("Content-Type"))
		}
	}
	for url, want := range map[string]int{
		"/static/app.css":              404, // without its hash it could be stale for ever
		"/static/app.000000000000.css": 404,
		"/static/../static.go":         404,
	} {
		if got := get(t, "GET", url).Code; got != want {
			t.Errorf("%s: status %d, want %d", url, got, want)
		}
	}
	if got := get(t, "POST", URL("app.css")).Code; got != http.StatusMethodNotAllowed {
		t.Errorf("POST: status %d", got)
	}
	r := httptest.NewRequest("GET", URL("app.css"), nil)
	r.Header.Set("If-None-Match", get(t, "GET", URL("app.css")).Header().Get("ETag"))
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, r)
	if w.Code != http.StatusNotModified {
		t.Errorf("If-None-Match: status %d", w.Code)
	}
}

func TestURLFollowsContent(t *testing.T) {
	sum := sha256.Sum256(Bytes("app.css"))
	if want := "/static/app." + hex.EncodeToString(sum[:6]) + ".css"; URL("app.css") != want {
		t.Errorf("URL = %s, want %s", URL("app.css"), want)
	}
	defer func() {
		if recover() == nil {
			t.Error("an unknown name did not panic")
		}
	}()
	URL("nowhere.css")
}

// A page loads everything at most once; together it must stay small.
func TestWeight(t *testing.T) {
	total := 0
	for _, n := range []string{"app.css", "htmx.js", "app.js", "pos.js"} {
		var b bytes.Buffer
		z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
		if _, err := io.Copy(z, bytes.NewReader(Bytes(n))); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %d bytes compressed", n, b.Len())
		total += b.Len()
	}
	if total > 100_000 {
		t.Errorf("%d bytes compressed, more than 100 kB", total)
	}
}

func TestVendor(t *testing.T) {
	var v struct {
		Packages []struct {
			NPM, Version, License string
			Files                 []struct{ Path, From, SHA256 string }
		}
	}
	if err := json.Unmarshal(read("vendor.json"), &v); err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, p := range v.Packages {
		if p.NPM == "" || p.Version == "" || p.License == "" {
			t.Errorf("package %+v lacks a name, version or licence", p)
		}
		for _, f := range p.Files {
			seen++
			sum := sha256.Sum256(read(f.Path))
			if got := hex.EncodeToString(sum[:]); got != f.SHA256 {
				t.Errorf("%s: sha256 %s, vendor.json says %s", f.Path, got, f.SHA256)
			}
		}
	}
	if seen != 2 {
		t.Errorf("%d vendored files, want 2", seen)
	}
	if !strings.Contains(string(Bytes("htmx.js")), `"`+v.Packages[0].Version+`"`) {
		t.Error("htmx does not name the version of vendor.json")
	}
}

// What the content security policy forbids, and addresses of other hosts, must
// not appear in what we wrote ourselves.
func TestOwnFilesAreStrict(t *testing.T) {
	bad := regexp.MustCompile(`\beval\(|new Function|innerHTML|outerHTML|insertAdjacentHTML|document\.write|https?://|@import|setAttribute\('style'`)
	for _, n := range []string{"app.css", "app.js", "pos.js"} {
		if m := bad.FindAll(Bytes(n), -1); m != nil {
			t.Errorf("%s contains %q", n, m)
		}
	}
}

// A colour outside tokens.css would escape the edition's file and dark mode.
func TestColoursAreTokens(t *testing.T) {
	colour := regexp.MustCompile(`#[0-9a-fA-F]{3,8}\b|\brgba?\(|\bhsla?\(`)
	for _, e := range entries("css") {
		if e == "90-print.css" {
			continue // paper is white whatever the edition
		}
		for i, line := range strings.Split(string(read("css/"+e)), "\n") {
			if m := colour.FindString(line); m != "" {
				t.Errorf("css/%s:%d: %s is not a token", e, i+1, m)
			}
		}
	}
}

// Every custom property that is used is declared.
func TestTokensExist(t *testing.T) {
	css := string(Bytes("app.css"))
	declared := map[string]bool{}
	for _, m := range regexp.MustCompile(`(--[a-z0-9-]+)\s*:`).FindAllStringSubmatch(css, -1) {
		declared[m[1]] = true
	}
	for _, m := range regexp.MustCompile(`var\((--[a-z0-9-]+)`).FindAllStringSubmatch(css, -1) {
		if !declared[m[1]] {
			t.Errorf("%s is used and nowhere declared", m[1])
		}
	}
}
