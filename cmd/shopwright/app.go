package main

import (
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/shopwright/shopwright/admin/shell"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/backtest"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/event"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/job"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/core/report"
	"github.com/shopwright/shopwright/hw"
	"github.com/shopwright/shopwright/hw/remote"
	"github.com/shopwright/shopwright/plugins"
	"github.com/shopwright/shopwright/rules"
	"github.com/shopwright/shopwright/rules/packs"
	"github.com/shopwright/shopwright/sdk/driver"
)

// app is the program's parts, joined. Open makes them, Run works, Close ends them.
type app struct {
	cfg       config
	log       *slog.Logger
	db        *db.DB
	auth      *auth.Service
	vault     *member.Vault
	packs     *pack.Registry
	backtests *backtest.Service
	rules     *rules.Host
	bundles   *bundleDesk // installs rule packs
	desk      *checkout.Desk
	book      ledger.Book // of what is booked outside a sale
	receipts  *report.Receipts
	events    *event.Dispatcher
	jobs      *job.Runner
	plugins   *plugins.Host
	devices   *deviceDesk
	pay       *payDesk
	messages  *messageDesk
	online    *storefrontDesk
	counter   *counterDesk
	hosts     *remote.Hosts
	reach     reach // devices here and at device hosts
	secrets   *secretBox
	queue     *hw.Queue
	shell     *shell.Shell
	handler   http.Handler

	development bool // unsigned drivers run, devices are simulated
	sims        *simDesk
}

// openOptions are what the demo and tests set apart from the configuration.
type openOptions struct {
	clock   clock.Clock
	cheap   bool         // password hashes that cost little: the demo
	develop bool         // unsigned drivers run, devices are simulated: the demo
	retried func()       // told of each transaction that runs again: the soak
	home    http.Handler // the first page instead of the redirect by role
	extra   func(a *app, mux *http.ServeMux)

	called func(ctx context.Context, device, method string) // told of each call to a driver: driver kill
}

// openCore opens what a flow needs: database, keys, packs, rule host, checkout.
func openCore(ctx context.Context, cfg config, log *slog.Logger, o openOptions) (a *app, err error) {
	a = &app{cfg: cfg, log: log, development: o.develop}
	defer func(opened *app) { // a is nil by then
		if err != nil {
			opened.Close()
		}
	}(a)
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return nil, err
	}
	if a.db, err = db.Open(ctx, cfg.DB, db.Options{Clock: o.clock, Log: log, Retried: o.retried}); err != nil {
		return nil, err
	}
	applied, err := a.db.Migrate(ctx)
	if err != nil {
		return nil, err
	}
	if len(applied) > 0 {
		log.Info("schema brought up to date", "migrations", len(applied))
	}
	key, err := masterKey(filepath.Join(cfg.Data, "master.key"))
	if err != nil {
		return nil, err
	}
	if a.vault, err = member.NewVault(key); err != nil {
		return nil, err
	}
	if a.secrets, err = newSecretBox(key); err != nil {
		return nil, err
	}
	a.packs = pack.NewRegistry()
	a.packs.Use(a.db)
	a.bundles = newBundleDesk(a)
	shipped := map[string]bool{} // hashes of the modules that the program brings along
	for _, data := range packs.Bundles() {
		b, err := pack.Open(data)
		if err != nil {
			return nil, err
		}
		if err := a.packs.Add(b); err != nil {
			return nil, err
		}
		shipped[b.ModuleHash()] = true
	}
	a.rules, err = rules.New(ctx, rules.Options{CacheDir: filepath.Join(cfg.Data, "rule-cache"), Load: a.packs.Module, Log: log,
		Child: &rules.Child{}, Trusted: func(module string) bool { return shipped[module] }, Progress: a.bundles.progress})
	if err != nil {
		return nil, err
	}
	hash := auth.DefaultHash
	if o.cheap {
		hash = auth.CheapHash
	}
	a.auth = auth.New(a.db, auth.Options{Log: log, Hash: hash})
	a.desk = &checkout.Desk{DB: a.db, Rules: a.rules, Packs: a.packs, Vault: a.vault, Encode: rules.Encode, Log: log}
	a.receipts = &report.Receipts{DB: a.db, Packs: a.packs}
	a.backtests = &backtest.Service{DB: a.db, Rules: a.rules, Vault: a.vault, Log: log,
		Codec: backtest.Codec{Encode: rules.Encode, DecodeInput: rules.DecodeInput, Decode: rules.Decode},
		Packs: func(ctx context.Context, m id.ID) backtest.Bundles { return a.packs.For(ctx, m) }}
	return a, nil
}

// masterKey reads the key that personal data is encrypted under, and makes it at
// the first start. Losing it loses the personal data, and nothing else.
func masterKey(file string) ([]byte, error) {
	key, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		key = make([]byte, 32)
		if _, err := rand.Read(key); err != nil {
			return nil, err
		}
		return key, os.WriteFile(file, key, 0o600)
	}
	return key, err
}

// open joins the edges to the core.
func open(ctx context.Context, cfg config, log *slog.Logger, o openOptions) (*app, error) {
	a, err := openCore(ctx, cfg, log, o)
	if err != nil {
		return nil, err
	}
	a.events = event.New(a.db, event.Options{Log: log})
	a.jobs = job.New(a.db, job.Options{Log: log, Context: jobContext})
	a.pay = newPayDesk(a)
	a.desk.Acquirer = a.pay.payments
	a.plugins = plugins.NewHost(plugins.Options{Log: log, Clock: a.db.Clock(), Dir: filepath.Join(cfg.Data, "drivers"), Permissions: builtInPermissions, Events: a.happened, Called: o.called})
	a.devices = &deviceDesk{a: a}
	a.counter = newCounterDesk(a)
	a.hosts = newHosts(a)
	a.reach = reach{a.plugins, a.hosts}
	a.queue = hw.NewQueue(hw.QueueOptions{Jobs: device.NewPrintQueue(a.db), Documents: printDocuments{a.receipts}, Printers: a.plugins, Labels: printLabels{a.db}, Labelers: a.reach, Log: log, Worker: workerName()})
	a.registerJobs()
	a.registerPayments()
	a.messages = newMessageDesk(a)
	a.online = newStorefrontDesk(a)
	if a.development {
		if a.sims, err = openSims(ctx, a); err != nil {
			a.Close()
			return nil, err
		}
	}
	if err := a.mount(o); err != nil {
		a.Close()
		return nil, err
	}
	return a, nil
}

// Close ends every part that was opened.
func (a *app) Close() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if a.plugins != nil {
		a.plugins.Close()
	}
	if a.sims != nil {
		a.sims.close()
	}
	if a.auth != nil {
		a.auth.Close()
	}
	if a.rules != nil {
		_ = a.rules.Close(ctx)
	}
	if a.db != nil {
		_ = a.db.Close()
	}
}

// run serves until ctx ends, then lets running requests, jobs and print jobs end.
func (a *app) run(ctx context.Context, ready func(addr string)) error {
	ln, err := net.Listen("tcp", a.cfg.Addr)
	if err != nil {
		return err
	}
	srv := &http.Server{Handler: a.handler, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, IdleTimeout: 2 * time.Minute, ErrorLog: slog.NewLogLogger(a.log.Handler(), slog.LevelWarn)}
	srv.RegisterOnShutdown(a.counter.endStreams)
	closeMetrics, err := a.serveMetrics()
	if err != nil {
		ln.Close()
		return err
	}
	defer closeMetrics()
	stop := a.work(ctx)
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(ln) }()
	ready(ln.Addr().String())
	select {
	case err = <-failed:
	case <-ctx.Done():
		a.log.Info("stopping")
	}
	grace, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	if e := srv.Shutdown(grace); e != nil && err == nil {
		err = e
	}
	stop(grace)
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return err
}

// happened hands on what a device or a payment provider told.
func (a *app) happened(instance string, e *driver.Event) {
	a.pay.event(instance, e)
	a.messages.event(instance, e)
	a.counter.hub.Happened(instance, e)
}

// work starts what runs beside the requests; stop lets it end.
func (a *app) work(ctx context.Context) (stop func(grace context.Context)) {
	work, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	var wg sync.WaitGroup
	background := func(f func(context.Context)) {
		wg.Add(1)
		go func() { defer wg.Done(); f(work) }()
	}
	a.events.Start()
	a.jobs.Start()
	background(a.devices.run)
	background(a.counter.run)
	background(a.runHosts)
	background(a.queue.Run)
	background(a.pay.run)
	background(a.messages.run)
	background(a.online.run)
	background(a.seal)
	background(a.warmRules)
	return func(grace context.Context) {
		a.counter.endStreams()
		_ = a.jobs.Stop(grace)
		_ = a.events.Stop(grace)
		stopWork()
		wg.Wait()
	}
}
