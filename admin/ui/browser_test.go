//go:build browser

// These tests drive a real browser (Chromium on PATH, or SHOPWRIGHT_CHROMIUM):
// go test -tags browser ./admin/ui
package ui

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/a-h/templ"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/shopwright/shopwright/admin/static"
)

// counter is a register page with a server that notes what it is sent.
type counter struct {
	mu    sync.Mutex
	codes []string
	other []string
	slow  time.Duration
}

func (k *counter) got() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.codes)
}

func (k *counter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Security-Policy", static.CSP)
	c := testCtx("en")
	switch {
	case strings.HasPrefix(r.URL.Path, static.Prefix):
		static.Handler().ServeHTTP(w, r)
		return
	case r.URL.Path == "/edition.css":
		EditionHandler(func(*http.Request) Brand { return Brand{} }).ServeHTTP(w, r)
		return
	case r.URL.Path == "/scan":
		time.Sleep(k.slow)
		k.mu.Lock()
		k.codes = append(k.codes, r.FormValue("code"))
		k.mu.Unlock()
	case r.URL.Path == "/clicked":
		k.mu.Lock()
		k.other = append(k.other, r.URL.RawQuery)
		k.mu.Unlock()
	case strings.HasPrefix(r.URL.Path, "/gallery/"):
		_ = galleryPages(c)[strings.TrimPrefix(r.URL.Path, "/gallery/")].Render(r.Context(), w)
		return
	}
	side := join(Input(c, FieldProps{Name: "note", Label: "Note"}), Button(ButtonProps{Text: "Press", Type: "submit", Href: "/clicked?press", Attrs: templ.Attributes{"id": "press"}}),
		within(Dialog(c, "m", "Member"), within(DialogBody(), Input(c, FieldProps{Name: "phone", Label: "Phone"}))))
	_ = Register(c, RegisterProps{Title: "Register", ScanURL: "/scan", Target: "#basket", ScanGap: 60, Side: side, Focus: true,
		Keys: []KeyProps{{Text: "Member", Hotkey: "F3", Dialog: "m"}, {Text: "Recall", Hotkey: "F5", Href: "/clicked?recall"}, {Text: "Discount", Hotkey: "F8", Disabled: true}},
		Foot: PayKey(KeyProps{Text: "Pay", Hotkey: "F9", Href: "/clicked?pay"}, "")}).Render(r.Context(), w)
}

// page is a tab of a real browser.
type page struct {
	t   *testing.T
	ctx context.Context
	url string
}

func open(t *testing.T, h http.Handler, path string) page {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	opts := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.Flag("disable-quic", true), chromedp.UserDataDir(t.TempDir()), chromedp.WindowSize(1280, 860))
	if bin := os.Getenv("SHOPWRIGHT_CHROMIUM"); bin != "" {
		opts = append(opts, chromedp.ExecPath(bin))
	}
	ctx, stop := chromedp.NewExecAllocator(t.Context(), opts...)
	t.Cleanup(stop)
	ctx, stop = context.WithTimeout(ctx, 3*time.Minute)
	t.Cleanup(stop)
	// What the console says of errors or of the policy fails the test.
	var mu sync.Mutex
	var said []string
	ctx, stop = chromedp.NewContext(ctx, chromedp.WithListener(func(e any) {
		mu.Lock()
		defer mu.Unlock()
		switch m := e.(type) {
		case *log.EventEntryAdded:
			if m.Entry.Level == "error" && !strings.HasSuffix(m.Entry.URL, "/favicon.ico") {
				said = append(said, m.Entry.Text+" "+m.Entry.URL)
			}
		case *runtime.EventExceptionThrown:
			said = append(said, m.ExceptionDetails.Text)
		}
	}))
	t.Cleanup(func() {
		_ = chromedp.Cancel(ctx) // the browser may be gone already
		stop()
		mu.Lock()
		defer mu.Unlock()
		for _, s := range said {
			t.Errorf("console: %s", s)
		}
	})
	p := page{t, ctx, srv.URL}
	p.goTo(path)
	return p
}

func (p page) goTo(path string) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, chromedp.Navigate(p.url+path), chromedp.WaitReady(chromedp.CSS("main"))); err != nil {
		p.t.Fatal(err)
	}
}

// js answers the value of an expression.
func js[T any](p page, expr string) T {
	p.t.Helper()
	v, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](expr, chromedp.EvalAwaitPromise))
	if err != nil {
		p.t.Fatal(expr[:min(len(expr), 200)], err)
	}
	return v
}

func call[P, R any](p page, cmd cdp.Command[P, R], params P) {
	p.t.Helper()
	if _, err := chromedp.Call(p.ctx, cmd, params); err != nil {
		p.t.Fatal(err)
	}
}

func (p page) focus(id string) { js[bool](p, `document.getElementById("`+id+`").focus(), true`) }

func (p page) value(id string) string {
	return js[string](p, `document.getElementById("`+id+`").value`)
}

func (p page) path() string { return js[string](p, `location.pathname`) }

// keys presses each rune with a gap after it; a line feed is Enter.
func (p page) keys(text string, gap time.Duration) {
	p.t.Helper()
	for _, r := range text {
		k := input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown, Key: string(r), Text: string(r)}
		if r == '\n' {
			k.Key, k.Text, k.WindowsVirtualKeyCode = "Enter", "\r", 13
		}
		call(p, input.DispatchKeyEvent, k)
		k.Type, k.Text = input.DispatchKeyEventTypeKeyUp, ""
		call(p, input.DispatchKeyEvent, k)
		time.Sleep(gap)
	}
}

// scan is what a scanner does: the code at once, then Enter.
func (p page) scan(code string) { p.keys(code+"\n", 0) }

func (p page) press(key string, code int64) {
	p.t.Helper()
	call(p, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeRawKeyDown, Key: key, WindowsVirtualKeyCode: code})
	call(p, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyUp, Key: key, WindowsVirtualKeyCode: code})
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for range 100 {
		if ok() {
			return
		}
		time.Sleep(30 * time.Millisecond)
	}
	t.Errorf("not so: %s", what)
}

// The page under test takes 60 ms for a burst's gap, so that a slow machine's
// key events still make one; typing is well above it.
const (
	settleTime = 250 * time.Millisecond
	typing     = 150 * time.Millisecond
)

func TestScannerReachesTheOneInput(t *testing.T) {
	k := &counter{}
	p := open(t, k, "/")

	// From another field: the burst does not touch it, typing does.
	p.focus("note")
	p.keys("for Li", typing)
	p.scan("6901234567892")
	time.Sleep(settleTime)
	if got := p.value("note"); got != "for Li" {
		t.Errorf("the note is %q", got)
	}
	eventually(t, "one code came", func() bool { return slices.Equal(k.got(), []string{"6901234567892"}) })

	// With a button focused: the scanner's Enter does not press it.
	p.focus("press")
	p.scan("M-000213")
	time.Sleep(settleTime)
	if got := p.path(); got != "/" {
		t.Errorf("the button was pressed: %s", got)
	}
	eventually(t, "the card came", func() bool { return slices.Contains(k.got(), "M-000213") })

	// In a dialog.
	p.press("F3", 114)
	if !js[bool](p, `document.getElementById("m").open`) {
		t.Error("F3 opened nothing")
	}
	p.focus("phone")
	p.keys("138", typing)
	p.scan("ABC-99")
	time.Sleep(settleTime)
	if got := p.value("phone"); got != "138" {
		t.Errorf("the phone is %q", got)
	}
	eventually(t, "the coupon came", func() bool { return slices.Contains(k.got(), "ABC-99") })
	p.press("Escape", 27)

	// Typing with nothing focused goes to the one input; Enter sends it.
	n := len(k.got())
	js[bool](p, `document.activeElement.blur(), true`)
	p.keys("shampoo", typing)
	time.Sleep(settleTime)
	if got := p.value("scan"); got != "shampoo" {
		t.Errorf("typed into the one input: %q", got)
	}
	p.keys("\n", 0)
	eventually(t, "the search came", func() bool { g := k.got(); return len(g) == n+1 && g[n] == "shampoo" })
}

// Scans come faster than answers: none is lost, the order stays.
func TestScansQueue(t *testing.T) {
	k := &counter{slow: 150 * time.Millisecond}
	p := open(t, k, "/")
	want := []string{"10000001", "10000002", "10000003", "10000004", "10000001"}
	for _, c := range want {
		p.scan(c)
	}
	eventually(t, "all codes in order", func() bool { return slices.Equal(k.got(), want) })
}

func TestFastTypingLosesNothing(t *testing.T) {
	k := &counter{}
	p := open(t, k, "/")
	p.focus("note")
	// Two keys rolled over each other, then a pause: a fast typist, not a scanner.
	for _, pair := range []string{"th", "e ", "qu", "ic", "k"} {
		p.keys(pair, 0)
		time.Sleep(typing)
	}
	time.Sleep(settleTime)
	if got := p.value("note"); got != "the quick" || len(k.got()) != 0 {
		t.Errorf("typed %q, codes %q", got, k.got())
	}
}

// A page that was busy gets the keys late; their times still say "one burst".
func TestBusyPageKeepsTheBurst(t *testing.T) {
	k := &counter{}
	p := open(t, k, "/")
	p.focus("note")
	js[bool](p, `document.addEventListener('keydown', (e) => { if (e.key === '3') { const end = performance.now() + 300; while (performance.now() < end); } }, true), true`)
	now := float64(time.Now().UnixNano()) / 1e9
	var wg sync.WaitGroup
	for i, r := range "12345678" {
		wg.Go(func() {
			time.Sleep(time.Duration(i) * 25 * time.Millisecond)                                                                                                                                                                 // in order, however busy the machine is
			_, _ = chromedp.Call(p.ctx, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown, Key: string(r), Text: string(r), Timestamp: input.TimeSinceEpoch(now + float64(i)*0.004)}) // a failure shows in what arrives
		})
	}
	wg.Wait()
	time.Sleep(settleTime)
	if got := p.value("note"); got != "" {
		t.Errorf("the note is %q", got)
	}
	eventually(t, "the code came", func() bool { return slices.Equal(k.got(), []string{"12345678"}) })
}

func TestHotkeys(t *testing.T) {
	k := &counter{}
	p := open(t, k, "/")
	p.focus("note")
	p.press("F2", 113)
	if got := js[string](p, `document.activeElement.id`); got != "scan" {
		t.Errorf("F2 goes to %q", got)
	}
	p.press("F8", 119)
	time.Sleep(settleTime)
	if got := p.path(); got != "/" {
		t.Errorf("F8 is off and led to %s", got)
	}
	clicked := func(want ...string) func() bool {
		return func() bool { k.mu.Lock(); defer k.mu.Unlock(); return slices.Equal(k.other, want) }
	}
	p.press("F5", 116)
	eventually(t, "F5 recalls", clicked("recall"))
	time.Sleep(settleTime)
	p.press("F9", 120)
	eventually(t, "F9 pays", clicked("recall", "pay"))
}

func TestRowsWithScript(t *testing.T) {
	p := open(t, &counter{}, "/gallery/pack")
	count := func() int { return js[int](p, `document.querySelectorAll('#cfg\\/tiers > [data-row]').length`) }
	if n := count(); n != 2 {
		t.Errorf("%d rows at first", n)
	}
	js[bool](p, `document.querySelector('[data-add-row="cfg/tiers"]').click(), true`)
	if n, name := count(), js[string](p, `document.activeElement.name`); n != 3 || name != "/tiers/3/code" {
		t.Errorf("%d rows, the new one is %q", n, name)
	}
	// A row within a new row gets both numbers.
	js[bool](p, `document.querySelector('[data-add-row="cfg/tiers/3/gifts"]').click(), true`)
	if name := js[string](p, `document.activeElement.name`); !strings.HasPrefix(name, "/tiers/3/gifts/") || strings.Contains(name, "__") || !strings.HasSuffix(name, "/sku") {
		t.Errorf("the inner row is %q", name)
	}
	js[bool](p, `document.querySelector('#cfg\\/tiers > [data-row] [data-remove-row]').click(), true`)
	if n := count(); n != 2 && n != 3 {
		t.Errorf("%d rows after removal", n)
	}
}

// No page is wider than a phone. With SHOPWRIGHT_GALLERY the pictures are kept;
// with SHOPWRIGHT_AXE (the path of axe.min.js) every page is audited too.
func TestPagesFit(t *testing.T) {
	p := open(t, &counter{}, "/gallery/home")
	dir := os.Getenv("SHOPWRIGHT_GALLERY")
	axe, _ := os.ReadFile(os.Getenv("SHOPWRIGHT_AXE")) // optional
	for name := range galleryPages(testCtx("en")) {
		for _, v := range []struct {
			name string
			w, h int64
			dark bool
		}{{"desktop", 1280, 900, false}, {"phone", 390, 844, false}, {"dark", 1280, 900, true}, {"phone-dark", 390, 844, true}} {
			scheme := "light"
			if v.dark {
				scheme = "dark"
			}
			call(p, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: v.w, Height: v.h, DeviceScaleFactor: 1, Mobile: v.w < 500})
			call(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}}})
			p.goTo("/gallery/" + name)
			time.Sleep(100 * time.Millisecond)
			if wide := js[string](p, `document.documentElement.scrollWidth > innerWidth ? Array.from(document.querySelectorAll('body *')).filter(e => e.getBoundingClientRect().right > innerWidth + 1).slice(0, 5).map(e => e.tagName + '.' + e.className).join(' ') || 'unknown' : ''`); wide != "" {
				t.Errorf("%s on %s is too wide: %s", name, v.name, wide)
			}
			if small := js[string](p, `document.querySelector('.register') ? Array.from(document.querySelectorAll('.key, .key-pay, .stepper .button, #scan')).filter(e => e.getBoundingClientRect().height < 47.9).map(e => e.outerHTML.slice(0, 80)).join(' ') : ''`); small != "" {
				t.Errorf("%s on %s: targets below 48 px: %s", name, v.name, small)
			}
			if dir != "" {
				shot, err := chromedp.Run(p.ctx, chromedp.FullScreenshot(100))
				if err == nil {
					err = os.WriteFile(filepath.Join(dir, name+"."+v.name+".png"), shot, 0o600)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			if len(axe) == 0 {
				continue
			}
			js[int](p, string(axe)+";0")
			found := js[string](p, `axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}).then(r => JSON.stringify(r.violations.map(v => [v.id, v.nodes.slice(0, 3).map(n => n.html.slice(0, 160) + ' ' + (n.any[0] ? n.any[0].message : ''))])))`)
			var list [][]any
			if err := json.Unmarshal([]byte(found), &list); err != nil {
				t.Fatal(err)
			}
			for _, x := range list {
				t.Errorf("%s on %s: %v", name, v.name, x)
			}
		}
	}
}
