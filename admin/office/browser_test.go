//go:build browser

// These tests drive a real browser (Chromium on PATH, or SHOPWRIGHT_CHROMIUM):
// go test -tags browser ./admin/office
package office_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db/dbtest"
)

func openBrowser(t *testing.T) context.Context {
	t.Helper()
	opts := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.Flag("disable-quic", true), chromedp.UserDataDir(t.TempDir()), chromedp.WindowSize(1280, 900))
	if bin := os.Getenv("SHOPWRIGHT_CHROMIUM"); bin != "" {
		opts = append(opts, chromedp.ExecPath(bin))
	}
	ctx, stop := chromedp.NewExecAllocator(t.Context(), opts...)
	t.Cleanup(stop)
	ctx, stop = context.WithTimeout(ctx, 5*time.Minute)
	t.Cleanup(stop)
	var mu sync.Mutex
	var said []string
	ctx, stop = chromedp.NewContext(ctx, chromedp.WithListener(func(e any) {
		mu.Lock()
		defer mu.Unlock()
		switch m := e.(type) {
		case *log.EventEntryAdded:
			if m.Entry.Level == "error" && !strings.Contains(m.Entry.Text, "400 (Bad Request)") { // a form that is refused is an answer
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
	return ctx
}

// Each page in a real browser, wide and on a phone: the policy lets everything
// through that the page needs, and nothing is wider than the screen. With
// SHOPWRIGHT_GALLERY set the pictures are written there, to be looked at.
func TestPagesInABrowser(t *testing.T) {
	c := clock.NewManual(time.Date(2026, 5, 18, 3, 0, 0, 0, time.UTC))
	s := newShop(t, dbtest.SQLite(t, dbtest.WithClock(c)), c)
	ctx := openBrowser(t)
	dir := os.Getenv("SHOPWRIGHT_GALLERY")
	goTo := func(path string) {
		t.Helper()
		if err := chromedp.Do(ctx, chromedp.Navigate(s.srv.URL+path), chromedp.WaitReady(chromedp.CSS("main"))); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
	}
	goTo("/signin")
	shot(t, ctx, dir, "signin")
	run[bool](t, ctx, `document.getElementById("login").value = "owner@lily", document.getElementById("password").value = "`+password+`", document.querySelector("form[action='/signin']").submit(), true`)
	if err := chromedp.Do(ctx, chromedp.WaitVisible(chromedp.CSS(".sidebar"))); err != nil {
		t.Fatal(err)
	}
	axe := "" // the accessibility checker's script, where SHOPWRIGHT_AXE names its file
	if file := os.Getenv("SHOPWRIGHT_AXE"); file != "" {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		axe = string(b)
	}
	only := os.Getenv("SHOPWRIGHT_GALLERY_ONLY")
	for _, lang := range []string{"en", "zh-Hans"} {
		for i, path := range s.pages() {
			if only != "" && !strings.Contains(path, only) {
				continue
			}
			for _, width := range []int64{1280, 390} {
				name := fmt.Sprintf("%s-%04d-%02d-%s", lang, width, i, strings.NewReplacer("/office", "", "/", "_", "?", "_", "&", "_", "=", "_").Replace(path))
				sep := "?"
				if strings.Contains(path, "?") {
					sep = "&"
				}
				size := emulation.SetDeviceMetricsOverrideParams{Width: width, Height: 900, DeviceScaleFactor: 1, Mobile: width < 500}
				if _, err := chromedp.Call(ctx, emulation.SetDeviceMetricsOverride, size); err != nil {
					t.Fatal(err)
				}
				goTo(path + sep + "lang=" + lang)
				if got := run[int64](t, ctx, `document.documentElement.scrollWidth`); got > width {
					t.Errorf("%s: %d px wide", name, got)
				}
				shot(t, ctx, dir, name)
				for _, theme := range []string{"light", "dark"} {
					if axe == "" || width < 500 {
						break
					}
					run[bool](t, ctx, axe+`;document.documentElement.dataset.theme = "`+theme+`", true`)
					// Buttons fade from one theme to the other, so the colours are looked at a little later.
					for _, v := range awaited[[]string](t, ctx, `new Promise(done => setTimeout(done, 300)).then(() => axe.run(document)).then(r => (r.passes.length > 5 ? [] : ["axe looked at nothing"]).concat(r.violations.map(v => v.id + ": " + v.nodes.map(n => n.html.slice(0, 160)).join(" | "))))`) {
						t.Errorf("%s, %s: %s", name, theme, v)
					}
				}
			}
		}
	}
}

// awaited answers what the promise of an expression becomes.
func awaited[T any](t *testing.T, ctx context.Context, expr string) T {
	t.Helper()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expr, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// run answers the value of an expression.
func run[T any](t *testing.T, ctx context.Context, expr string) T {
	t.Helper()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expr))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func shot(t *testing.T, ctx context.Context, dir, name string) {
	t.Helper()
	if dir == "" {
		return
	}
	b, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		t.Fatal(err)
	}
	if len(name) > 80 {
		name = name[:80]
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), b, 0o600); err != nil {
		t.Fatal(err)
	}
}
