package static

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
)

//go:embed tokens.css css js icon.svg vendor vendor.json
var files embed.FS

// Prefix is where Handler expects to be mounted.
const Prefix = "/static/"

// CSP is the policy that every page of the program is written for: no inline
// script, no inline style, nothing from another host.
const CSP = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"

type asset struct {
	name string // "app.css"
	url  string // "/static/app.0123456789.css"
	kind string // content type
	body []byte
}

var types = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
}

// byName and byURL are written once, before main, and only read afterwards.
var byName, byURL = load()

func load() (map[string]*asset, map[string]*asset) {
	names, urls := map[string]*asset{}, map[string]*asset{}
	add := func(name string, body []byte) {
		sum := sha256.Sum256(body)
		ext := path.Ext(name)
		a := &asset{name: name, kind: types[ext], body: body}
		a.url = Prefix + strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:6]) + ext
		names[name], urls[a.url] = a, a
	}
	add("app.css", bundle())
	add("tokens.css", read("tokens.css"))
	add("icon.svg", read("icon.svg"))
	add("htmx.js", read("vendor/htmx/htmx.min.js"))
	for _, e := range entries("js") {
		add(e, read("js/"+e))
	}
	return names, urls
}

// bundle is the tokens followed by every part in the order of its name: one
// request, and a part of a readable size.
func bundle() []byte {
	var b bytes.Buffer
	b.Write(read("tokens.css"))
	for _, e := range entries("css") {
		b.WriteByte('\n')
		b.Write(read("css/" + e))
	}
	return b.Bytes()
}

func read(name string) []byte {
	b, err := files.ReadFile(name)
	if err != nil {
		panic("static: " + err.Error()) // embedded: absent only where the build is broken
	}
	return b
}

func entries(dir string) []string {
	es, err := fs.ReadDir(files, dir)
	if err != nil {
		panic("static: " + err.Error())
	}
	var out []string
	for _, e := range es {
		out = append(out, e.Name())
	}
	sort.Strings(out)
	return out
}

// URL is the address of an asset by its plain name ("app.css"). It panics where
// there is none: names are constants of our own templates.
func URL(name string) string {
	a, ok := byName[name]
	if !ok {
		panic(fmt.Sprintf("static: no asset %q", name))
	}
	return a.url
}

// Names lists the assets in order.
func Names() []string {
	out := make([]string, 0, len(byName))
	for n := range byName {
		out = append(out, n)
	}
	slices.Sort(out)
	return out
}

// Bytes is the content of an asset, for tools that inline or measure it.
func Bytes(name string) []byte { return bytes.Clone(byName[name].body) }

// Handler serves the assets below Prefix. An address with the right hash is
// answered as immutable; any other is 404, since an old page must not get new
// bytes under an old name.
func Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, ok := byURL[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
			return
		}
		h := w.Header()
		h.Set("Content-Type", a.kind)
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		h.Set("ETag", strconv.Quote(a.url))
		h.Set("X-Content-Type-Options", "nosniff")
		http.ServeContent(w, r, a.name, time.Time{}, bytes.NewReader(a.body))
	})
}
