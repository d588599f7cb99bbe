package main

import (
	"net/http"

	"github.com/shopwright/shopwright/admin/office"
	"github.com/shopwright/shopwright/admin/pos"
	"github.com/shopwright/shopwright/admin/shell"
	"github.com/shopwright/shopwright/core/api"
	"github.com/shopwright/shopwright/core/web"
)

// mount joins the API and the screens on one mux behind one middleware.
func (a *app) mount(o openOptions) error {
	mux := http.NewServeMux()
	a.shell = shell.New(shell.Options{DB: a.db, Auth: a.auth, Packs: a.packs, Home: o.home, Log: a.log})
	a.shell.Mount(mux)
	pages := office.Options{Desk: a.desk, Backtests: a.backtests, Vault: a.vault, Receipts: a.receipts, Devices: a.devices, Papers: a.devices, Cards: a.devices, Hosts: a.devices, Online: a.online,
		Installer: a.bundles.installer, Meetings: a.bundles.meetings, Costs: a.bundles.costs, Log: a.log}
	if a.sims != nil {
		pages.Simulators = a.sims
	}
	office.Mount(mux, a.shell, pages)
	pos.Mount(mux, a.shell, pos.Options{Desk: a.desk, Vault: a.vault, Receipts: saleReceipts{a.receipts}, Devices: a.devices, Counter: a.counter, Log: a.log})
	api.New(mux, api.Options{DB: a.db, Desk: a.desk, Packs: a.packs, Vault: a.vault, Receipts: saleReceipts{a.receipts}, Installer: a.bundles.installer, Meetings: a.bundles.meetings, Backtests: a.backtests, SignIns: a.messages, Log: a.log, Version: version})
	a.hosts.Mount(mux)
	if o.extra != nil {
		o.extra(a, mux)
	}
	wrapped := web.Wrap(mux, web.Options{Auth: a.auth, Log: a.log, Dress: a.shell.Dress, LongLived: func(r *http.Request) bool { return takesBundle(r) || isFeed(r) }})
	// The probes stand outside the middleware: no session, no access log.
	outer := http.NewServeMux()
	outer.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	outer.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if err := a.db.Ready(r.Context()); err != nil {
			http.Error(w, "the database does not answer", http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write([]byte("ready\n"))
	})
	outer.Handle("/", wrapped)
	a.handler = outer
	return nil
}
