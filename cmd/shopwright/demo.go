package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"github.com/shopwright/shopwright/admin/static"
	"github.com/shopwright/shopwright/admin/tour"
	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/cmd/shopwright/demo"
	"github.com/shopwright/shopwright/core/i18n"
)

func demoCommand() *cobra.Command {
	d := demoServer{cfg: config{Addr: "127.0.0.1:8080"}}
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Three shops in business, ready to try: a salon, a supermarket, a noodle house",
		Long: "demo makes three merchants with sixty days of business behind them, once, and serves\n" +
			"them on this machine. Their logins and API keys are written to demo.json in the data\n" +
			"folder; the first page signs you in with one click. Nothing leaves the machine.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			log, err := d.cfg.logger()
			if err != nil {
				return err
			}
			d.log, d.bar = log, cmd.ErrOrStderr()
			return d.run(cmd.Context(), cmd.OutOrStdout())
		},
	}
	f := cmd.Flags()
	f.StringVar(&d.cfg.Addr, "addr", d.cfg.Addr, "address to listen on")
	f.StringVar(&d.cfg.Data, "data", demoData(), "folder of the demo")
	f.StringVar(&d.cfg.Log, "log", "warn", "debug, info, warn or error")
	return cmd
}

func demoData() string {
	if dir, err := os.UserCacheDir(); err == nil {
		return filepath.Join(dir, "shopwright-demo")
	}
	return "shopwright-demo"
}

// demoServer serves the demo. While it is being made, at the first start and
// after "reset", every page is one that shows the progress.
type demoServer struct {
	cfg  config
	opts demo.Options
	log  *slog.Logger
	bar  io.Writer // where the progress goes

	url   string
	front atomic.Pointer[http.Handler] // nil: the demo is being made
	again chan struct{}                // asked to begin anew
	calls atomic.Int64                 // requests in hand

	mu          sync.Mutex
	done, total int
	what        string
}

// run serves until ctx ends. Where that happens while the demo is being made, the
// next start begins it anew.
func (d *demoServer) run(ctx context.Context, out io.Writer) error {
	var err error
	if d.cfg.Data, err = filepath.Abs(d.cfg.Data); err != nil {
		return err
	}
	d.cfg.DB = "sqlite:" + filepath.Join(d.cfg.Data, "shop.db")
	d.again = make(chan struct{}, 1)
	ln, err := net.Listen("tcp", d.cfg.Addr)
	if err != nil {
		return err
	}
	d.url = "http://" + reachable(ln.Addr())
	srv := &http.Server{Handler: d, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, IdleTimeout: 2 * time.Minute, ErrorLog: slog.NewLogLogger(d.log.Handler(), slog.LevelWarn)}
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(ln) }()
	defer srv.Close() //nolint:errcheck // the program ends
	for told := false; ctx.Err() == nil; {
		a, stop, err := d.start(ctx)
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		if !told {
			fmt.Fprintf(out, "ready %s\n", d.url)
			told = true
		}
		select {
		case err = <-failed:
		case <-ctx.Done():
			d.log.Info("stopping")
		case <-d.again:
		}
		d.end(a, stop)
		if err != nil {
			return err
		}
		if ctx.Err() == nil {
			if err := d.wipe(); err != nil {
				return err
			}
		}
	}
	return nil
}

// reachable is an address that a browser on this machine can open.
func reachable(a net.Addr) string {
	host, port, err := net.SplitHostPort(a.String())
	if ip := net.ParseIP(host); err == nil && ip != nil && ip.IsUnspecified() {
		return net.JoinHostPort("127.0.0.1", port)
	}
	return a.String()
}

// start makes the demo where there is none, and puts the program behind the front.
func (d *demoServer) start(ctx context.Context) (a *app, stop func(context.Context), err error) {
	result, err := d.prepare(ctx)
	if err != nil {
		return nil, nil, err
	}
	var t *tour.Tour
	var tourErr error
	a, err = open(ctx, d.cfg, d.log, openOptions{
		cheap:   true,
		develop: true,
		home:    http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { t.Home(w, r) }),
		extra: func(a *app, mux *http.ServeMux) {
			if t, tourErr = d.tour(ctx, a, result); tourErr == nil {
				t.Mount(mux)
			}
		},
	})
	if err != nil {
		return nil, nil, err
	}
	if tourErr != nil {
		a.Close()
		return nil, nil, tourErr
	}
	stop = a.work(ctx)
	h := t.Observe(a.handler)
	d.front.Store(&h)
	return a, stop, nil
}

// end takes the program from behind the front, and lets what it has in hand end.
func (d *demoServer) end(a *app, stop func(context.Context)) {
	d.front.Store(nil)
	grace, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for wait := 0; d.calls.Load() > 0 && wait < 60; wait++ { // three seconds: somebody may wait for events
		time.Sleep(50 * time.Millisecond)
	}
	stop(grace)
	a.Close()
}

// reset has the demo made anew. The page that asks for it is answered first.
func (d *demoServer) reset() {
	d.front.Store(nil)
	select {
	case d.again <- struct{}{}:
	default: // it is asked for already
	}
}

// ServeHTTP hands a request to the program, or shows how far its making is.
func (d *demoServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.calls.Add(1)
	defer d.calls.Add(-1)
	if h := d.front.Load(); h != nil {
		(*h).ServeHTTP(w, r)
		return
	}
	d.making(w, r)
}

func (d *demoServer) making(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", static.CSP)
	h.Set("X-Content-Type-Options", "nosniff")
	switch {
	case len(r.URL.Path) > len(static.Prefix) && r.URL.Path[:len(static.Prefix)] == static.Prefix:
		static.Handler().ServeHTTP(w, r)
		return
	case r.URL.Path == "/edition.css":
		h.Set("Content-Type", "text/css; charset=utf-8")
		h.Set("Cache-Control", "no-store")
		return
	}
	l := i18n.Match(r.Header.Get("Accept-Language"), i18n.Tags()...)
	c := ui.Ctx{Translate: func(key string, args map[string]any) string { return l.T(key, args) }, Locale: l.Tag(), Brand: ui.Brand{Name: "Shopwright"}, Path: r.URL.Path}
	d.mu.Lock()
	done, total, what := d.done, d.total, d.what
	d.mu.Unlock()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Refresh", "1; url=/")
	h.Set("Retry-After", "1")
	w.WriteHeader(http.StatusServiceUnavailable) // for those who wait until it is ready
	if err := tour.Seeding(c, done, total, what).Render(r.Context(), w); err != nil && !errors.Is(err, context.Canceled) {
		d.log.Debug("the progress page could not be sent", "error", err)
	}
}
